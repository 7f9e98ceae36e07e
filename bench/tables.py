"""The Markdown tables of ratios to the bare driver, their footnotes, and what other tables are made with."""

from __future__ import annotations

from bench.cases import CASES, HEADINGS, Case
from bench.figures import Figures, entries, fastest, figures
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
    return grid([TITLES[database], *[f"{case.key}: {case.short}" for case in cases]], rows)


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
