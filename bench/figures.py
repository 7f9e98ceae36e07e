"""The arithmetic: medians and minima, ratios to the floor of the same kind and to SQLAlchemy in the same colour."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.results import Report, Run
from bench.roster import ROSTER, Entry, rival

Summary = Callable[[Sequence[float]], float]
median: Summary = statistics.median
least: Summary = min


@dataclass(frozen=True)
class Figures:
    """One peer in one case: seconds, and ratios where there is something to divide by."""

    entry: Entry
    wall: float
    cpu: float
    least_wall: float
    to_floor: float | None
    cpu_to_floor: float | None
    least_to_floor: float | None
    to_rival: float | None
    cpu_to_rival: float | None


def figures(report: Report, database: str, case: str, entry: Entry) -> Figures | None:
    """Return the figures of a peer in a case; None where it has none."""
    mine = timed(report, database, case, entry.name)
    if mine is None:
        return None
    floor = timed(report, database, case, entry.floor)
    other = timed(report, database, case, rival(database, entry).name)
    floor_wall, floor_cpu = (floor.wall, floor.cpu) if floor else (None, None)
    other_wall, other_cpu = (other.wall, other.cpu) if other else (None, None)
    return Figures(
        entry,
        median(mine.wall),
        median(mine.cpu),
        least(mine.wall),
        to_floor=ratio(mine.wall, floor_wall),
        cpu_to_floor=ratio(mine.cpu, floor_cpu),
        least_to_floor=ratio(mine.wall, floor_wall, least),
        to_rival=ratio(mine.wall, other_wall),
        cpu_to_rival=ratio(mine.cpu, other_cpu),
    )


def timed(report: Report, database: str, case: str, peer: str) -> Run | None:
    """Return a run that has times and no fault."""
    run = report.run(database, case, peer)
    return run if run and run.wall and not run.fault else None


def ratio(mine: Sequence[float], theirs: Sequence[float] | None, summary: Summary = median) -> float | None:
    """Divide one summary by the other; None where there is nothing to divide by."""
    if not theirs or not summary(theirs):
        return None
    return summary(mine) / summary(theirs)


def entries(report: Report, database: str) -> list[Entry]:
    """Return who took part on a database, in the roster's order."""
    present = {run.peer for run in report.runs if run.database == database}
    return [entry for entry in ROSTER[database] if entry.name in present]


def fastest(report: Report, database: str, case: str) -> str | None:
    """Return the name of the peer with the least median wall time that is not a floor."""
    found = [one for entry in entries(report, database) if not entry.is_floor and (one := figures(report, database, case, entry))]
    return min(found, key=lambda one: one.wall).entry.name if found else None
