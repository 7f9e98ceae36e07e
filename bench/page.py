"""docs/benchmarks.md, its plots and docs/benchmarks/figures.md, written from a report: `python -m bench.page build/bench/results.json`.

The prose stands in page.md beside this file; `$names` in it are the figures.
"""

from __future__ import annotations

import datetime
import sys
from pathlib import Path
from string import Template

from bench import plots, summaries, tables
from bench.cases import FULL
from bench.results import Report, loaded
from bench.roster import TITLES


def write(report: Report, docs: Path) -> None:
    """Write the page, the page of all figures, and the plots."""
    folder = docs / "benchmarks"
    folder.mkdir(exist_ok=True)
    drawn = [path.name for path in plots.draw(report, folder)]
    (docs / "benchmarks.md").write_text(page(report, drawn))
    (folder / "figures.md").write_text(f"# Every figure of the benchmark\n\n{FIGURES}\n\n{summaries.details(report)}\n")


FIGURES = """Written by `python -m bench.page` from the run that [Benchmarks](../benchmarks.md) describes. *median* and *least* are wall time, *CPU* is the
median of the client's CPU time, *÷ driver* the median divided by that of the bare driver of the same kind."""


def page(report: Report, drawn: list[str]) -> str:
    """Return the page; `drawn` names the plots there are."""
    text = Template((Path(__file__).parent / "page.md").read_text())
    return text.substitute(
        date=datetime.datetime.fromisoformat(report.date).strftime("%-d %B %Y, %H:%M %Z").strip(),
        command=report.command,
        rounds=report.rounds,
        minutes=f"{report.seconds / 60:.0f}",
        warnings=warnings(report),
        headline=summaries.headline(report),
        colours=pictures(drawn, "colours", "async ÷ sync, the same ORM"),
        ratios=tables.main_tables(report),
        pictures=pictures(drawn, "ratios", "wall time ÷ the bare driver"),
        next_best=summaries.next_best(report),
        rivalry=summaries.rivalry(report),
        targets=summaries.targets(report),
        objects=summaries.objects(report),
        imports=summaries.imports(report),
        distances=distances(report),
        machine=machine(report),
        versions=versions(report),
    )


def warnings(report: Report) -> str:
    """Return what makes this run worth less."""
    found = []
    if report.sizes != FULL:
        found.append("These are figures of a quick run, on a smaller scale: fewer rounds, fewer rows.")
    if report.machine.load > report.machine.cores / 2:
        found.append("The machine was busy with other work: CPU time and [minima](benchmarks/figures.md) tell more than wall time.")
    return "".join(f"\n**{text}**\n" for text in found)


def pictures(drawn: list[str], kind: str, title: str) -> str:
    """Return the plots of one kind."""
    found = {database: f"{kind}-{database}.svg" for database in TITLES if f"{kind}-{database}.svg" in drawn}
    return "\n\n".join(f"![{TITLES[database]}: {title}](benchmarks/{name})" for database, name in found.items())


def distances(report: Report) -> str:
    """Return what round trips through the proxy took."""
    return ", ".join(f"{seconds * 1000:.1f} ms in {case}" for case, seconds in report.distances.items()) or "not measured"


def machine(report: Report) -> str:
    """Return the machine as a table."""
    it = report.machine
    rows = [
        ["processor", f"{it.processor}, {it.cores} cores"],
        ["memory", it.memory],
        ["system", it.system],
        ["Python", it.python],
        ["databases", f"SQLite {it.sqlite}, PostgreSQL {it.postgresql}"],
        ["load average when it began", f"{it.load}"],
    ]
    return tables.grid(["", "value"], rows)


def versions(report: Report) -> str:
    """Return the versions of everything that took part."""
    found = {name: version for one in report.introductions for name, version in one.versions.items()}
    return ", ".join(f"{name} {found[name]}" for name in sorted(found, key=str.lower))


if __name__ == "__main__":
    write(loaded(Path(sys.argv[1])), Path(__file__).parent.parent / "docs")
