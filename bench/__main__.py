"""`python -m bench`: the command line, and the path of a run.

servers.filled -> running.measure (worker.py, a process a peer) -> results.Report -> tables.main_tables
"""

from __future__ import annotations

import argparse
import datetime
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from bench import imports, machine, page, plots, proxy, roster, running, servers, summaries
from bench.cases import CASES, FULL, QUICK, Case, named
from bench.results import Report

ROOT = Path(__file__).parent.parent


def parsed() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="ambo beside the bare drivers and other ORMs")
    parser.add_argument("--db", choices=[*roster.ROSTER, "both"], default="both")
    parser.add_argument("--cases", default="", help=f"a comma-separated choice of {','.join(case.key for case in CASES)}")
    parser.add_argument("--peers", default="", help="a comma-separated choice (names of modules in bench/peers); their floors run too")
    parser.add_argument("--rounds", type=int, help="rounds that count (7; with --quick 3)")
    parser.add_argument("--users", type=int, help="rows of users (10,000; with --quick 2,000)")
    parser.add_argument("--out", type=Path, help="a folder for results.json, tables.md and the plots")
    parser.add_argument("--docs", action="store_true", help="write docs/benchmarks.md and its figures from this run as well")
    parser.add_argument("--quick", action="store_true", help="everything on a smaller scale, in less than three minutes")
    chosen = parser.parse_args()
    if chosen.docs and not chosen.out:
        chosen.out = ROOT / "build" / "bench"
    return chosen


def main() -> None:
    """Measure, then print the tables."""
    chosen = parsed()
    sizes = QUICK if chosen.quick else FULL
    report = Report(
        date=datetime.datetime.now().astimezone().isoformat(timespec="minutes"),
        command="python -m bench " + " ".join(sys.argv[1:]),
        rounds=chosen.rounds or (3 if chosen.quick else 7),
        sizes=replace(sizes, users=chosen.users) if chosen.users else sizes,
        machine=machine.described(),
    )
    cases = [named(key) for key in chosen.cases.split(",")] if chosen.cases else CASES
    names = set(filter(None, chosen.peers.split(",")))
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        for database in roster.ROSTER if chosen.db == "both" else [chosen.db]:
            run(report, database, Path(folder), names, cases)
    if not chosen.cases:
        libraries = {entry.library for database in roster.ROSTER for entry in roster.chosen(database, names)}
        report.imports = imports.measured(libraries, report.rounds)
    report.seconds = time.monotonic() - began
    print(summaries.everything(report))
    if chosen.out:
        written(report, chosen.out)
    if chosen.docs:
        page.write(report, ROOT / "docs")
    if wrong := [f"{run.database} {run.peer} {run.case}: {run.fault}" for run in report.runs if run.fault]:
        raise SystemExit("\n".join(["these peers failed, or did other work than the bare driver:", *wrong]))


def run(report: Report, database: str, folder: Path, names: set[str], cases: list[Case]) -> None:
    """Measure one database, near and far."""
    peers = roster.chosen(database, names)
    near, far = ([case for case in cases if bool(case.distance) is distant] for distant in (False, True))
    with servers.filled(database, folder, report.sizes.users) as url:
        if database == roster.POSTGRESQL:
            report.machine.postgresql = servers.version(url)
        with_objects = database == roster.SQLITE and cases is CASES
        if near:
            report.add(running.measure(database, url, peers, near, report.rounds, report.sizes, with_objects=with_objects))
        if far and database == roster.POSTGRESQL:
            run_far(report, url, peers, far)


def run_far(report: Report, url: str, peers: list[roster.Entry], cases: list[Case]) -> None:
    """Measure PostgreSQL through the proxy."""
    far = proxy.Proxy(url)
    try:
        report.distances = {case.key: far.measured(case.distance) for case in cases}
        far.hold(0)
        rounds, sizes = report.rounds, report.sizes
        report.add(running.measure(roster.POSTGRESQL, far.url, peers, cases, rounds, sizes, before=lambda case: far.hold(case.distance)))
    finally:
        far.stop()


def written(report: Report, folder: Path) -> None:
    """Write results.json, the tables and the plots."""
    folder.mkdir(parents=True, exist_ok=True)
    report.save(folder / "results.json")
    (folder / "tables.md").write_text(summaries.everything(report) + "\n")
    plots.draw(report, folder)
    print(f"results.json, tables.md and plots are in {folder}", file=sys.stderr)


if __name__ == "__main__":
    main()
