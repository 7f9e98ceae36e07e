"""The Markdown tables."""

from __future__ import annotations

from bench.cases import CASES, HEADINGS, Case
from bench.figures import Figures, entries, fastest, figures, least, median
from bench.results import Report
from bench.roster import ROSTER, TITLES, Entry


class Footnotes:
    """Numbers notes in the order in which they are first needed; the same text has one number."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def marks(self, texts: list[str]) -> str:
        """Return the marks of these notes."""
        for text in texts:
            if text not in self.texts:
                self.texts.append(text)
        return "".join(f"<sup>{self.texts.index(text) + 1}</sup>" for text in texts)

    def lines(self) -> list[str]:
        """Return the notes."""
        return [f"{number}. {text}" for number, text in enumerate(self.texts, 1)]


def databases(report: Report) -> list[str]:
    """Return the databases that were measured."""
    return [database for database in ROSTER if any(run.database == database for run in report.runs)]


def cases_of(report: Report, database: str, heading: str) -> list[Case]:
    """Return the cases under a heading that were measured on a database."""
    ran = {run.case for run in report.runs if run.database == database}
    return [case for case in CASES if case.heading == heading and case.key in ran]


def grid(head: list[str], rows: list[list[str]]) -> str:
    """Return a Markdown table."""
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, ["---", *["---:"] * (len(head) - 1)], *rows])


def ratios(report: Report, database: str, heading: str, footnotes: Footnotes) -> str:
    """Return the table of one database: wall time ÷ floor, client CPU ÷ floor in brackets; floors in milliseconds; the fastest in bold."""
    cases = cases_of(report, database, heading)
    if not cases:
        return ""
    best = {case.key: fastest(report, database, case.key) for case in cases}
    rows = []
    for entry in entries(report, database):
        marks = footnotes.marks(report.note(database, entry.name, "")[:1])
        cells = [cell(report, database, case.key, entry, best[case.key], footnotes) for case in cases]
        rows.append([entry.label + marks, *cells])
    return grid([TITLES[database], *[case.key for case in cases]], rows)


def cell(report: Report, database: str, case: str, entry: Entry, best: str | None, footnotes: Footnotes) -> str:
    """Return one cell."""
    run = report.run(database, case, entry.name)
    if run is None:
        return "-"
    if run.fault:
        return "fault" + footnotes.marks([f"{entry.label}, {case}: {run.fault}"])
    found = figures(report, database, case, entry)
    if found is None:
        return "-"
    text = times(found) if entry.is_floor else compared(found)
    own = [note for note in report.note(database, entry.name, case) if note not in report.note(database, entry.name, "")]
    return (f"**{text}**" if entry.name == best else text) + footnotes.marks(own)


def times(found: Figures) -> str:
    """Return milliseconds, wall and CPU."""
    return f"{milliseconds(found.wall)} ms ({milliseconds(found.cpu)})"


def compared(found: Figures) -> str:
    """Return ratios to the floor; times where the floor has none."""
    if found.to_floor is None:
        return times(found)
    cpu = "-" if found.cpu_to_floor is None else f"{found.cpu_to_floor:.1f}"
    return f"{found.to_floor:.2f} ({cpu})"


def milliseconds(seconds: float) -> str:
    """Return milliseconds with about three digits."""
    value = seconds * 1000
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def main_tables(report: Report) -> str:
    """Return every table of ratios with their footnotes."""
    parts, footnotes = [], Footnotes()
    for heading in HEADINGS:
        found = [text for database in databases(report) if (text := ratios(report, database, heading, footnotes))]
        if found:
            legend = [
                f"* **{case.key}**: {case.described(report.sizes)}" for case in CASES if case.heading == heading and measured(report, case)
            ]
            parts += [f"### {heading}", "\n".join(legend), *found]
    notes = footnotes.lines()
    return "\n\n".join([*parts, *(["Where a peer does less, or other work:\n\n" + "\n".join(notes)] if notes else [])])


def measured(report: Report, case: Case) -> bool:
    """Whether anybody ran a case."""
    return any(run.case == case.key for run in report.runs)


def everything(report: Report) -> str:
    """Return all tables, each with a heading."""
    parts = [("The same ORM, sync against async", headline(report)), ("Beside the bare driver", main_tables(report))]
    parts += [("Beside SQLAlchemy", rivalry(report)), ("What an object costs", objects(report)), ("Import time", imports(report))]
    return "\n\n".join(f"## {title}\n\n{text}" for title, text in parts if text)


def headline(report: Report) -> str:
    """Return, for each library that has both colours, what async costs beside sync in each case."""
    return "\n\n".join(filter(None, (colours(report, database) for database in databases(report))))


def colours(report: Report, database: str) -> str:
    """Return the headline table of one database: milliseconds of the sync side, and async ÷ sync."""
    pairs = [(one, other) for one in entries(report, database) if one.colour == "sync" for other in twins(report, database, one)]
    if not pairs:
        return ""
    syncs = list(dict.fromkeys(one.name for one, _ in pairs))
    head, rows = [TITLES[database]], []
    for name in syncs:
        one = next(entry for entry, _ in pairs if entry.name == name)
        head += [one.label, *[f"÷: {other.label.removeprefix(other.library + ' ')}" for of, other in pairs if of is one]]
    for case in CASES:
        cells = []
        for name in syncs:
            one = next(entry for entry, _ in pairs if entry.name == name)
            base = figures(report, database, case.key, one)
            cells.append(f"{milliseconds(base.wall)} ms" if base else "-")
            for other in [other for of, other in pairs if of is one]:
                found = figures(report, database, case.key, other)
                cells.append(f"{found.wall / base.wall:.2f}" if found and base else "-")
        if any(text != "-" for text in cells):
            rows.append([case.key, *cells])
    return grid(head, rows)


def twins(report: Report, database: str, one: Entry) -> list[Entry]:
    """Return the async entries of the same library."""
    return [other for other in entries(report, database) if one.library and other.library == one.library and other.colour == "async"]


def rivalry(report: Report) -> str:
    """Return ambo's times as parts of SQLAlchemy's in the same colour, on the same driver."""
    rows = []
    cases = [case for case in CASES if measured(report, case)]
    for database in databases(report):
        for entry in entries(report, database):
            if entry.library == "ambo":
                found = [figures(report, database, case.key, entry) for case in cases]
                cells = [
                    f"{one.to_rival:.2f} ({one.cpu_to_rival:.2f})" if one and one.to_rival and one.cpu_to_rival else "-" for one in found
                ]
                rows.append([f"{TITLES[database]}: {entry.label}", *cells])
    return grid(["÷ SQLAlchemy", *[case.key for case in cases]], rows) if rows else ""


def objects(report: Report) -> str:
    """Return bytes an object and nanoseconds an attribute."""
    labels = {entry.name: f"{entry.label}, a tuple" if entry.is_floor else entry.label for entry in ROSTER["sqlite"]}
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
