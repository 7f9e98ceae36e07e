"""The tour's outcome as plain text, for pipes and files, and as JSON, for programs."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from ambo.cli.tour.performing import Outcome, Run


def as_json(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return everything as plain values: `{"equal": …, "operations": [{"name", "sync": {…}, "async": {…}, …}]}`."""
    return {
        "equal": all(outcome.is_equal for outcome in outcomes),
        "operations": [
            {
                "name": outcome.pair.name,
                "title": outcome.pair.title,
                "equal": outcome.is_equal,
                "differences": outcome.differences,
                "sync": run_as_json(outcome.pair.sync_code, outcome.blocking),
                "async": run_as_json(outcome.pair.async_code, outcome.awaiting),
            }
            for outcome in outcomes
        ],
    }


def run_as_json(code: str, run: Run) -> dict[str, Any]:
    """Return one colour of an operation as plain values."""
    return {
        "code": code,
        "sql": list(run.statements),
        "statements": len(run.statements),
        "round_trips": run.round_trips,
        "milliseconds": round(run.seconds * 1000, 3),
        "result": run.result,
    }


def as_text(outcomes: Sequence[Outcome]) -> str:
    """Return everything as plain text without colours or boxes."""
    return "\n".join(line for outcome in outcomes for line in lines_of(outcome)) + "\n" + verdict(outcomes)


def lines_of(outcome: Outcome) -> Iterator[str]:
    """Write one operation, line by line."""
    yield f"== {outcome.pair.name}: {outcome.pair.title}"
    for colour, code in (("sync", outcome.pair.sync_code), ("async", outcome.pair.async_code)):
        yield f"{colour}:"
        yield textwrap.indent(code, "    ")
    yield "SQL:"
    for statement in outcome.blocking.statements:
        yield textwrap.indent(one_line(statement), "    ")
    if outcome.awaiting.statements != outcome.blocking.statements:
        yield "SQL (async):"
        for statement in outcome.awaiting.statements:
            yield textwrap.indent(one_line(statement), "    ")
    for colour, run in (("sync", outcome.blocking), ("async", outcome.awaiting)):
        yield f"{colour + ':':7}{cost(run, ', ')}"
    yield "equal" if outcome.is_equal else f"DIFFERENT: {', '.join(outcome.differences)}"
    yield ""


def cost(run: Run, between: str) -> str:
    """Return what a run cost, in words."""
    statements, trips = len(run.statements), run.round_trips
    counts = f"{statements} statement{'s' if statements != 1 else ''}", f"{trips} round trip{'s' if trips != 1 else ''}"
    return between.join([*counts, f"{run.seconds * 1000:.2f} ms"])


def one_line(statement: str) -> str:
    """Return a statement on one line."""
    return " ".join(statement.split())


def verdict(outcomes: Sequence[Outcome]) -> str:
    """Return the last sentence of the tour."""
    different = [outcome.pair.name for outcome in outcomes if not outcome.is_equal]
    if different:
        return f"{len(different)} of {len(outcomes)} operations differ between the colours: {', '.join(different)}"
    return f"all {len(outcomes)} operations: the same SQL, the same results, the same round trips in both colours"
