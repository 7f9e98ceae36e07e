"""The tour's outcome in a terminal: the two programs side by side, the SQL they sent, and what it cost."""

from __future__ import annotations

from collections.abc import Sequence

from rich.columns import Columns
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.rule import Rule
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from ambo.cli.tour.performing import Outcome, Run
from ambo.cli.tour.telling import cost, one_line, verdict

SYNC, ASYNC, GOOD, BAD = "cyan", "magenta", "green", "bold red"
THEME = "ansi_dark"


def picture(outcomes: Sequence[Outcome], console: Console | None = None) -> None:
    """Draw every operation and a table of them all."""
    console = console or Console()
    console.print()
    console.print(Text.assemble(("ambo", "bold"), "  one ORM, ", ("sync", SYNC), " and ", ("async", ASYNC)), justify="center")
    for outcome in outcomes:
        console.print()
        console.print(Rule(Text.assemble((outcome.pair.name, "bold"), "  ", (outcome.pair.title, "dim")), align="left", style="dim"))
        console.print(programs(outcome, console.width))
        console.print(sql(outcome))
        console.print(costs(outcome))
    console.print()
    console.print(summary(outcomes))
    good = all(outcome.is_equal for outcome in outcomes)
    console.print(Text(("✓ " if good else "✗ ") + verdict(outcomes), style=GOOD if good else BAD))


def programs(outcome: Outcome, width: int) -> RenderableType:
    """Draw the two programs: side by side if the terminal is wide enough, else one above the other."""
    panels = [code_panel("sync", outcome.pair.sync_code, SYNC), code_panel("async", outcome.pair.async_code, ASYNC)]
    if width < 110:
        return Group(*panels)
    grid = Table.grid(expand=True, padding=(0, 1))
    grid.add_column(ratio=1)
    grid.add_column(ratio=1)
    grid.add_row(*panels)
    return grid


def code_panel(title: str, code: str, colour: str) -> Panel:
    """Draw one program."""
    return Panel(Syntax(code, "python", theme=THEME, background_color="default", word_wrap=True), title=title, title_align="left", border_style=colour)


def sql(outcome: Outcome) -> RenderableType:
    """Draw the statements; once, if both colours sent the same."""
    if outcome.blocking.statements == outcome.awaiting.statements:
        return statements("SQL, the same in both", outcome.blocking, "blue")
    return Columns([statements("SQL of sync", outcome.blocking, SYNC), statements("SQL of async", outcome.awaiting, ASYNC)])


def statements(title: str, run: Run, colour: str) -> Panel:
    """Draw the statements of one colour."""
    text = ";\n".join(one_line(statement) for statement in run.statements)
    return Panel(Syntax(text, "sql", theme=THEME, background_color="default", word_wrap=True), title=title, title_align="left", border_style=f"dim {colour}")


def costs(outcome: Outcome) -> Text:
    """Write what each colour cost and whether they agree, on one line."""
    line = Text(" ")
    for name, colour, run in (("sync", SYNC, outcome.blocking), ("async", ASYNC, outcome.awaiting)):
        line.append(name, style=colour)
        line.append(f" {cost(run, ' · ')}     ", style="dim")
    line.append("✓ equal" if outcome.is_equal else f"✗ different: {', '.join(outcome.differences)}", style=GOOD if outcome.is_equal else BAD)
    return line


def summary(outcomes: Sequence[Outcome]) -> Table:
    """Draw the table at the end."""
    table = Table(title=None, header_style="bold", border_style="dim")
    table.add_column("operation")
    for title, colour in (("sync", SYNC), ("async", ASYNC)):
        for what in ("statements", "trips", "ms"):
            table.add_column(f"{title} {what}" if what == "statements" else what, justify="right", style=colour)
    table.add_column("")
    for outcome in outcomes:
        cells = [cell for run in (outcome.blocking, outcome.awaiting) for cell in (str(len(run.statements)), str(run.round_trips), f"{run.seconds * 1000:.2f}")]
        table.add_row(outcome.pair.name, *cells, Text("✓", GOOD) if outcome.is_equal else Text("✗", BAD))
    return table
