"""Peers in processes of their own, asked for one case after the other in random order, and whether they all did the same."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.cases import Case, Sizes
from bench.results import Introduction, Measured, ObjectCost, Run
from bench.roster import Entry


class Worker:
    """A peer's process."""

    def __init__(self, entry: Entry, url: str, sizes: Sizes) -> None:
        self.entry = entry
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bench.worker", entry.name, url, json.dumps(asdict(sizes))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
        )

    def introduction(self, database: str) -> Introduction:
        """Return what the peer says of itself when it is ready; nothing if it did not start, which its cases will show as faults."""
        answer = self.answer()
        return Introduction(database, self.entry.name, answer.get("notes", {}), answer.get("versions", {}))

    def ask(self, case: str, verify: bool = False) -> dict[str, Any]:
        """Have the peer run a case; return its answer."""
        assert self.process.stdin
        try:
            self.process.stdin.write(json.dumps({"case": case, "verify": verify}) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            return {"error": "the peer's process ended, or did not start"}
        return self.answer()

    def answer(self) -> dict[str, Any]:
        """Read a line."""
        assert self.process.stdout
        line = self.process.stdout.readline()
        return json.loads(line) if line else {"error": "the peer's process ended"}

    def stop(self) -> None:
        """End the process."""
        try:
            self.process.communicate(timeout=30)
        except (subprocess.TimeoutExpired, BrokenPipeError):
            self.process.kill()


class Progress:
    """Says on standard error how far it is: on a terminal all the time, elsewhere a line every ten seconds."""

    def __init__(self, what: str, total: int) -> None:
        self.what, self.total, self.done = what, total, 0
        self.live = sys.stderr.isatty()
        self.began = self.spoke = time.monotonic()

    def step(self, doing: str) -> None:
        """One thing more is about to be done."""
        self.done += 1
        now = time.monotonic()
        spent = now - self.began
        left = spent / max(self.done - 1, 1) * (self.total - self.done)
        text = f"{self.what}: {self.done}/{self.total} {doing}, {spent:.0f} s, about {left:.0f} s left"
        if self.live:
            print(f"\r{text:70}", end="", file=sys.stderr, flush=True)
        elif now - self.spoke >= 10 or self.done == self.total:
            self.spoke = now
            print(text, file=sys.stderr, flush=True)

    def end(self) -> None:
        """Leave the line."""
        if self.live:
            print(file=sys.stderr)


def measure(
    database: str,
    url: str,
    peers: list[Entry],
    cases: list[Case],
    rounds: int,
    sizes: Sizes,
    *,
    with_objects: bool = False,
    before: Callable[[Case], None] = lambda case: None,
) -> Measured:
    """Have every peer run every case: once to warm up and to be verified, then `rounds` times, in another order each.

    `before` is called before each run; `with_objects` measures what an object costs as well.
    """
    workers = [Worker(entry, url, sizes) for entry in peers]
    found = Measured()
    try:
        found.introductions = [worker.introduction(database) for worker in workers]
        runs = {(worker, case): Run(database, case.key, worker.entry.name) for worker in workers for case in cases}
        progress = Progress(
            f"{database}{', far' if cases and cases[0].distance else ''}", (rounds + 1) * len(runs) + len(workers) * with_objects
        )
        for case in cases:
            before(case)
            verify(case, runs, progress, found.introductions)
        for number in range(rounds):
            jobs = [job for job in runs if not runs[job].fault]
            random.shuffle(jobs)
            for worker, case in jobs:
                progress.step(f"{worker.entry.name} {case.key}, round {number + 1}")
                before(case)
                take(runs[worker, case], worker.ask(case.key))
        if with_objects:
            found.objects = [cost for worker in workers if (cost := object_cost(worker, progress))]
        progress.end()
        found.runs = [run for run in runs.values() if run.fault != MISSING]
    finally:
        for worker in workers:
            worker.stop()
    return found


MISSING = "missing"


def take(run: Run, answer: dict[str, Any]) -> None:
    """Keep the times of one round, or why there are none."""
    if "error" in answer:
        run.fault = answer["error"]
        return
    run.wall.append(answer["wall"])
    run.cpu.append(answer["cpu"])


def verify(case: Case, runs: dict[tuple[Worker, Case], Run], progress: Progress, introductions: list[Introduction]) -> None:
    """Run a case once on every peer; whoever did something else than the floor is at fault, and says so instead of times."""
    answers: dict[str, dict[str, Any]] = {}
    for worker, of in runs:
        if of is case:
            progress.step(f"{worker.entry.name} {case.key}, warming up")
            answers[worker.entry.name] = worker.ask(case.key, verify=True)
    wrong = faults(answers)
    for (_, of), run in runs.items():
        if of is case:
            run.fault = wrong.get(run.peer, "")
    for introduction in introductions:
        if answers[introduction.peer].get("keys_known") is False:
            introduction.notes[case.key] = "; ".join(
                filter(None, [introduction.notes.get(case.key), "new objects do not learn their keys"])
            )


def faults(answers: dict[str, dict[str, Any]]) -> dict[str, str]:
    """Return what is wrong with the answer of each peer that is at fault: it failed, or did not do what the first, a floor, did."""
    wrong = {peer: MISSING if "missing" in answer else answer["error"] for peer, answer in answers.items() if "wall" not in answer}
    sound = {peer: answer for peer, answer in answers.items() if peer not in wrong}
    for what, meaning in (("count", "counted"), ("sum", "saw"), ("written", "left in the table")):
        for peer, answer in sound.items():
            first = next(iter(sound.values()))
            if answer[what] != first[what] and peer not in wrong:
                shown = "sample" if what == "sum" else what
                wrong[peer] = f"{meaning} {answer[shown]} where the bare driver has {first[shown]}"
    return wrong


def object_cost(worker: Worker, progress: Progress) -> ObjectCost | None:
    """Measure what an object costs, where the peer says how to hold some."""
    progress.step(f"{worker.entry.name}, objects")
    answer = worker.ask("objects")
    if "error" in answer:
        print(f"{worker.entry.name}, objects: {answer['error']}", file=sys.stderr)
    return ObjectCost(worker.entry.name, answer["bytes"], answer["get"], answer["set"]) if "bytes" in answer else None
