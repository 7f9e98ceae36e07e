"""The plots, as SVG with text as text: the same figures give the same file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bench.cases import CASES
from bench.figures import entries, figures
from bench.results import Report
from bench.roster import TITLES
from bench.summaries import pairs
from bench.tables import databases

COLOURS = {
    "ambo": "#d6336c",
    "SQLAlchemy": "#1c7ed6",
    "Oxyde": "#e8590c",
    "Django": "#2b8a3e",
    "Peewee": "#9c8500",
    "Tortoise": "#7048e8",
    "Piccolo": "#0c8599",
    "Pony": "#868e96",
    "SQLModel": "#495057",
}


def draw(report: Report, folder: Path) -> list[Path]:
    """Draw every plot into a folder; return the files."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams.update(
        {"svg.fonttype": "none", "svg.hashsalt": "ambo", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False}
    )
    made = []
    for database in databases(report):
        made += [ratios(report, database, folder / f"ratios-{database}.svg"), colours(report, database, folder / f"colours-{database}.svg")]
    return [path for path in made if path]


def canvas(rows: int, title: str, label: str) -> tuple[Any, Any]:
    """Return an empty figure and its axes: cases downwards, a logarithm to the right."""
    from matplotlib import pyplot
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    figure, axes = pyplot.subplots(figsize=(8, 0.8 + 0.42 * rows), layout="constrained")
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(10, (1, 2, 5)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel(label)
    axes.set_title(title, loc="left")
    axes.grid(axis="x", which="both", linewidth=0.4, alpha=0.5)
    axes.axvline(1, color="black", linewidth=1)
    axes.invert_yaxis()
    return figure, axes


def save(figure: Any, path: Path) -> Path:
    """Write an SVG without a date."""
    from matplotlib import pyplot

    figure.savefig(path, metadata={"Date": None}, transparent=False, facecolor="white")
    pyplot.close(figure)
    path.write_text("\n".join(line.rstrip() for line in path.read_text().splitlines()) + "\n")
    return path


def ratios(report: Report, database: str, path: Path) -> Path | None:
    """Draw wall time ÷ bare driver: a row for each case, a mark for each peer, filled for sync and hollow for async."""
    cases = [case for case in CASES if any(run.case == case.key and run.database == database for run in report.runs)]
    if not cases:
        return None
    figure, axes = canvas(
        len(cases), f"{TITLES[database]}: wall time ÷ the bare driver of the same kind (1 = no overhead)", "times the bare driver"
    )
    for entry in entries(report, database):
        found = [(row, one) for row, case in enumerate(cases) if (one := figures(report, database, case.key, entry)) and one.to_floor]
        if entry.is_floor or not found:
            continue
        colour = COLOURS[entry.library]
        axes.scatter(
            [one.to_floor for _, one in found],
            [row + (0.14 if entry.colour == "async" else -0.14) for row, _ in found],
            s=60 if entry.library == "ambo" else 26,
            marker="o" if entry.floor != "floor_psycopg_async" else "D",
            facecolors=colour if entry.colour == "sync" else "none",
            edgecolors=colour,
            label=entry.label,
            zorder=3 if entry.library == "ambo" else 2,
        )
    axes.set_yticks(range(len(cases)), [f"{case.short}  {case.key}" for case in cases])
    figure.legend(loc="outside lower center", ncols=3, frameon=False)
    return save(figure, path)


def colours(report: Report, database: str, path: Path) -> Path | None:
    """Draw async ÷ sync for each library that has both."""
    both = [(one, other) for one, twins in pairs(report, database).items() for other in twins]
    cases = [case for case in CASES if any(figures(report, database, case.key, other) for _, other in both)]
    if not cases:
        return None
    figure, axes = canvas(
        len(cases), f"{TITLES[database]}: the same ORM, async ÷ sync wall time (left of 1: async is faster)", "async ÷ sync"
    )
    for one, other in both:
        found = []
        for row, case in enumerate(cases):
            base, mine = figures(report, database, case.key, one), figures(report, database, case.key, other)
            if base and mine:
                found.append((mine.wall / base.wall, row))
        marker = "D" if other.driver == "psycopg" else "o"
        colour = COLOURS[one.library]
        axes.scatter(
            [x for x, _ in found],
            [row for _, row in found],
            s=40,
            marker=marker,
            color=colour,
            label=f"{one.library}: {other.colour} ({other.driver}) ÷ sync",
        )
    axes.set_yticks(range(len(cases)), [f"{case.short}  {case.key}" for case in cases])
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    return save(figure, path)
