"""The other Markdown tables: async beside sync, ambo beside SQLAlchemy and beside its targets, objects, imports, and every figure there is."""

from __future__ import annotations

import statistics

from bench.cases import CASES
from bench.figures import entries, figures, least, median
from bench.results import Report
from bench.roster import ROSTER, SQLITE, TITLES, Entry
from bench.tables import databases, grid, main_tables, measured, milliseconds

TARGETS = {
    "postgresql": {"a": 1.8, "at": 1.4, "b": 1.7, "cs": 1.8, "cj": 1.6, "d": 1.6, "e1": 2.0, "e2": 1.8, "f": 1.7, "g": 0.5, "h": 1.5},
    "sqlite": {"a": 3.5, "b": 2.2, "cs": 2.2, "cj": 2.2, "d": 2.5, "e1": 2.5, "e2": 2.2, "f": 2.2, "g": 1.7, "h": 2.0},
}
"""Wall time ÷ bare driver that ambo set out for, by database and case."""


def everything(report: Report) -> str:
    """Return all tables, each with a heading."""
    parts = [
        ("The same ORM, sync against async", headline(report)),
        ("Beside the bare driver", main_tables(report)),
        ("Beside the next best", next_best(report)),
        ("Beside SQLAlchemy", rivalry(report)),
        ("Beside the targets", targets(report)),
        ("What an object costs", objects(report)),
        ("Import time", imports(report)),
    ]
    return "\n\n".join(f"## {title}\n\n{text}" for title, text in parts if text)


def pairs(report: Report, database: str) -> dict[Entry, list[Entry]]:
    """Return the sync entries of libraries that have both colours, each with its async ones."""
    here = [entry for entry in entries(report, database) if entry.library]
    found = {one: [two for two in here if two.library == one.library and two.colour == "async"] for one in here if one.colour == "sync"}
    return {one: twins for one, twins in found.items() if twins}


def headline(report: Report) -> str:
    """Return, for each library that has both colours, what async costs beside sync in each case."""
    return "\n\n".join(filter(None, (colours(report, database) for database in databases(report))))


def colours(report: Report, database: str) -> str:
    """Return the headline table of one database: milliseconds of the sync side, async ÷ sync, and the geometric mean over all cases."""
    columns = pairs(report, database)
    cases = [case for case in CASES if any(figures(report, database, case.key, one) for one in columns)]
    if not cases:
        return ""
    head, rows, means = [TITLES[database]], [[f"{case.key}: {case.short}"] for case in cases], ["geometric mean"]
    for one, twins in columns.items():
        base = [figures(report, database, case.key, one) for case in cases]
        head.append(one.label)
        means.append("")
        for row, mine in zip(rows, base, strict=True):
            row.append(f"{milliseconds(mine.wall)} ms" if mine else "-")
        for twin in twins:
            other = [figures(report, database, case.key, twin) for case in cases]
            quotients = [two.wall / mine.wall if mine and two else None for mine, two in zip(base, other, strict=True)]
            head.append(f"{twin.label} ÷ sync")
            means.append(mean([one for one in quotients if one]))
            for row, quotient in zip(rows, quotients, strict=True):
                row.append(f"{quotient:.2f}" if quotient else "-")
    return grid(head, [*rows, means])


def mean(values: list[float]) -> str:
    """Return the geometric mean of ratios."""
    return f"**{statistics.geometric_mean(values):.2f}**" if values else "-"


def rivalry(report: Report) -> str:
    """Return ambo's times as parts of SQLAlchemy's in the same colour, on the same driver."""
    cases = [case for case in CASES if measured(report, case)]
    rows = []
    for database in databases(report):
        for entry in entries(report, database):
            if entry.library == "ambo":
                found = [figures(report, database, case.key, entry) for case in cases]
                cells = [
                    f"{one.to_rival:.2f} ({one.cpu_to_rival:.2f})" if one and one.to_rival and one.cpu_to_rival else "-" for one in found
                ]
                if set(cells) != {"-"}:
                    rows.append([f"{TITLES[database]}: {entry.label}", *cells])
    return grid(["ambo ÷ SQLAlchemy", *[case.key for case in cases]], rows) if rows else ""


def next_best(report: Report) -> str:
    """Return, for each case, ambo and the best of the others in each colour: medians, and theirs divided by ambo's."""
    rows = []
    for database in databases(report):
        for case in CASES:
            cells = [text for colour in ("sync", "async") for text in contest(report, database, case.key, colour)]
            if set(cells) != {"-"}:
                rows.append([f"{TITLES[database]}, {case.key}: {case.short}", *cells])
    return grid(["", "ambo sync", "best other sync", "÷ ambo", "ambo async", "best other async", "÷ ambo"], rows) if rows else ""


def contest(report: Report, database: str, case: str, colour: str) -> tuple[str, str, str]:
    """Return ambo's best median in a colour, the best of the others, and the quotient."""
    here = [entry for entry in entries(report, database) if entry.colour == colour and not entry.is_floor]
    found = [one for entry in here if (one := figures(report, database, case, entry))]
    mine = min((one for one in found if one.entry.library == "ambo"), key=lambda one: one.wall, default=None)
    other = min((one for one in found if one.entry.library != "ambo"), key=lambda one: one.wall, default=None)
    if not mine or not other:
        return "-", "-", "-"
    quotient = f"{other.wall / mine.wall:.2f}"
    return (
        f"{milliseconds(mine.wall)} ms",
        f"{other.entry.library}, {milliseconds(other.wall)} ms",
        quotient if other.wall > mine.wall else f"**{quotient}**",
    )


def targets(report: Report) -> str:
    """Return ambo's ratios to the bare driver beside what it set out for; those within it in bold."""
    rows = []
    for database in databases(report):
        mine = [entry for entry in entries(report, database) if entry.library == "ambo"]
        for case, target in TARGETS[database].items():
            found = [figures(report, database, case, entry) for entry in mine]
            cells = [f"{one.to_floor:.2f}" if one and one.to_floor else "-" for one in found]
            marked = [f"**{cell}**" if cell != "-" and float(cell) <= target else cell for cell in cells]
            if set(cells) - {"-"}:
                rows.append([f"{TITLES[database]}, {case}", f"{target}", *marked, *["-"] * (3 - len(marked))])
    return grid(["wall ÷ bare driver", "target", "ambo sync", "async (psycopg or sqlite3)", "async (asyncpg)"], rows) if rows else ""


def objects(report: Report) -> str:
    """Return bytes an object and nanoseconds an attribute."""
    labels = {entry.name: f"{entry.label}, a tuple" if entry.is_floor else entry.label for entry in ROSTER[SQLITE]}
    rows = [[labels[one.peer], f"{one.bytes:.0f}", number(one.get), number(one.set)] for one in report.objects]
    return grid(["", "bytes an object", "read an attribute, ns", "set an attribute, ns"], rows) if rows else ""


def number(value: float | None) -> str:
    """Return a number without decimals."""
    return "-" if value is None else f"{value:.0f}"


def imports(report: Report) -> str:
    """Return the time to import each library."""
    rows = [
        [f"`{one.module}`", f"{milliseconds(median(one.seconds))} ms", f"{milliseconds(least(one.seconds))} ms"] for one in report.imports
    ]
    return grid(["", "median", "least"], rows) if rows else ""


def details(report: Report) -> str:
    """Return every figure: a table for each database and case."""
    return "\n\n".join(
        f"## {TITLES[database]}, {case.key}: {case.described(report.sizes)}\n\n{detail(report, database, case.key)}"
        for database in databases(report)
        for case in CASES
        if any(run.case == case.key and run.database == database for run in report.runs)
    )


def detail(report: Report, database: str, case: str) -> str:
    """Return everything about one case: medians and minima, wall and CPU, and all ratios."""
    head = ["", "median", "least", "CPU", "÷ driver", "least ÷ least", "CPU ÷ driver", "÷ SQLAlchemy", "CPU ÷ SQLAlchemy"]
    rows = []
    for entry in entries(report, database):
        if found := figures(report, database, case, entry):
            spent = [f"{milliseconds(value)} ms" for value in (found.wall, found.least_wall, found.cpu)]
            quotients = (found.to_floor, found.least_to_floor, found.cpu_to_floor, found.to_rival, found.cpu_to_rival)
            rows.append([entry.label, *spent, *["-" if value is None else f"{value:.2f}" for value in quotients]])
    return grid(head, rows)
