"""What is measured: the cases, and how much work one run of a case is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """How much work one run of a case is."""

    users: int = 10_000
    gets: int = 500
    parents: int = 1_000
    selects: int = 500
    inserts: int = 10_000
    commits: int = 300
    changes: int = 1_000
    tasks: int = 1_000
    near: int = 20
    trips: int = 10


FULL = Sizes()
QUICK = Sizes(users=2_000, gets=100, parents=300, selects=60, inserts=2_000, commits=40, changes=300, tasks=200, trips=3)


@dataclass(frozen=True)
class Case:
    """One thing that every peer does: `verb` names the method (`case_VERB`), `title` fills in numbers of the sizes, `short` says it in a word or two."""

    key: str
    short: str
    title: str
    heading: str
    verb: str = ""
    distance: float = 0.0
    """Seconds that a proxy adds to each round trip; a case with a distance runs on a server only."""
    writes: bool = False
    """The case writes to `people`, which is filled anew before each run."""
    starts_with: str = ""
    """The field of the sizes that says how many rows `people` has then."""

    @property
    def method(self) -> str:
        """The end of the peer's method names."""
        return self.verb or self.key

    def described(self, sizes: Sizes) -> str:
        """Return the title with its numbers."""
        return self.title.format(sizes=sizes)


READING, WRITING, MANY = "Reading", "Writing", "Many at once, and far away"
CASES = [
    Case("a", "get by key", "{sizes.gets:,} times: get a user by primary key in a fresh session, autocommit", READING),
    Case("at", "get, transaction", "the same, each in a transaction of its own", READING),
    Case("b", "load all", "{sizes.users:,} users as objects", READING),
    Case("cs", "graph, select-in", "{sizes.parents:,} users with their addresses and orders, by select-in loads", READING),
    Case("cj", "graph, joined", "{sizes.parents:,} users with their addresses, by a join", READING),
    Case(
        "d", "filter, limit", "{sizes.selects:,} times: `age > ? AND name LIKE ? ORDER BY id LIMIT 10`, the statement built afresh", READING
    ),
    Case("e1", "insert many", "make {sizes.inserts:,} objects, insert them and commit", WRITING, writes=True),
    Case("e2", "insert one by one", "{sizes.commits:,} times: make an object, insert it and commit", WRITING, writes=True),
    Case("f", "update", "change {sizes.changes:,} loaded objects and commit", WRITING, writes=True, starts_with="changes"),
    Case("g", "delete", "delete {sizes.changes:,} loaded objects and commit", WRITING, writes=True, starts_with="changes"),
    Case("h", "many at once", "{sizes.tasks:,} tasks or threads at once: a user and its addresses; 10 connections", MANY),
    Case(
        "cp1",
        "graph, 1 ms away",
        "{sizes.trips} times: cs with {sizes.near} parents, each round trip 1 ms longer",
        MANY,
        verb="cp",
        distance=0.001,
    ),
    Case("cp5", "graph, 5 ms away", "the same, each round trip 5 ms longer", MANY, verb="cp", distance=0.005),
]
HEADINGS = [READING, WRITING, MANY]


def named(key: str) -> Case:
    """Return the case called `key`."""
    for case in CASES:
        if case.key == key:
            return case
    raise SystemExit(f"there is no case {key!r}; there are {', '.join(case.key for case in CASES)}")
