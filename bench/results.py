"""What a run of the benchmark found, and how it is kept (`results.json`). Everything that is printed or drawn is made from this."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bench.cases import Sizes


@dataclass
class Run:
    """The times of one peer in one case on one database, a value for each round that counts, in seconds."""

    database: str
    case: str
    peer: str
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    fault: str = ""
    """Why there are no times to be shown: an error, or other values than everybody else's. A peer without the case has no run."""


@dataclass
class Introduction:
    """What a peer says of itself: footnotes by case (`*`: all), versions by distribution."""

    database: str
    peer: str
    notes: dict[str, str]
    versions: dict[str, str]


@dataclass
class ObjectCost:
    """Bytes an object; nanoseconds to read and to set an attribute."""

    peer: str
    bytes: float
    get: float | None
    set: float | None


@dataclass
class ImportTime:
    """Seconds to import a module in a fresh interpreter, the interpreter's own start taken off."""

    library: str
    module: str
    seconds: list[float]


@dataclass
class Measured:
    """What the peers of one database answered."""

    runs: list[Run] = field(default_factory=list)
    introductions: list[Introduction] = field(default_factory=list)
    objects: list[ObjectCost] = field(default_factory=list)


@dataclass
class Machine:
    """Where it ran."""

    processor: str
    cores: int
    memory: str
    system: str
    python: str
    sqlite: str
    postgresql: str = ""
    load: float = 0.0
    """The load average when the run began: other work on the machine makes the figures worse."""


@dataclass
class Report:
    """One run of the benchmark."""

    date: str
    command: str
    rounds: int
    sizes: Sizes
    machine: Machine
    seconds: float = 0.0
    runs: list[Run] = field(default_factory=list)
    introductions: list[Introduction] = field(default_factory=list)
    objects: list[ObjectCost] = field(default_factory=list)
    imports: list[ImportTime] = field(default_factory=list)
    distances: dict[str, float] = field(default_factory=dict)
    """What a round trip through the proxy took, by case, in seconds."""

    def add(self, found: Measured) -> None:
        """Take in what the peers of one database answered."""
        self.runs += found.runs
        self.objects += found.objects
        known = {(one.database, one.peer): one for one in self.introductions}
        for one in found.introductions:
            if earlier := known.get((one.database, one.peer)):
                earlier.notes |= one.notes
            else:
                self.introductions.append(one)

    def run(self, database: str, case: str, peer: str) -> Run | None:
        """Return the run with these names."""
        for run in self.runs:
            if (run.database, run.case, run.peer) == (database, case, peer):
                return run
        return None

    def note(self, database: str, peer: str, case: str) -> list[str]:
        """Return what a peer says of a case, what it says of all of them first."""
        for one in self.introductions:
            if (one.database, one.peer) == (database, peer):
                return [one.notes[key] for key in ("*", case) if key in one.notes]
        return []

    def save(self, path: Path) -> None:
        """Write the report as JSON."""
        path.write_text(json.dumps(asdict(self), indent=1) + "\n")


def loaded(path: Path) -> Report:
    """Read a report."""
    return restored(json.loads(path.read_text()))


def restored(data: dict[str, Any]) -> Report:
    """Make a report of what JSON says."""
    return Report(
        **{
            **data,
            "sizes": Sizes(**data["sizes"]),
            "machine": Machine(**data["machine"]),
            "runs": [Run(**one) for one in data["runs"]],
            "introductions": [Introduction(**one) for one in data["introductions"]],
            "objects": [ObjectCost(**one) for one in data["objects"]],
            "imports": [ImportTime(**one) for one in data["imports"]],
        }
    )
