"""The commands of `ambo`, as typer sees them: options and exit statuses; the work is done elsewhere."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer

from ambo.cli.tour.performing import Outcome, perform
from ambo.cli.tour.picturing import picture
from ambo.cli.tour.programs import PAIRS
from ambo.cli.tour.telling import as_json, as_text
from ambo.errors import AmboError, suggestion

app = typer.Typer(name="ambo", help="One ORM for both worlds: sync and async.", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def commands() -> None:
    """One ORM for both worlds: sync and async."""


@app.command()
def tour(
    url: Annotated[str | None, typer.Option(help="A database to use instead of embedded SQLite; the tour makes and drops its own tables tour_*.")] = None,
    json_output: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    only: Annotated[list[str] | None, typer.Option(help="Show only the operation of this name; may be given more than once.")] = None,
) -> None:
    """Run each operation in both colours and show code, SQL, round trips and time side by side.

    Ends with status 1 if a pair differs.
    """
    known = [pair.name for pair in PAIRS]
    for name in only or ():
        if name not in known:
            typer.echo(f"no operation {name!r} in the tour{suggestion(name, known)}; there are: {', '.join(known)}", err=True)
            raise typer.Exit(2)
    try:
        outcomes = perform([pair for pair in PAIRS if not only or pair.name in only], url)
    except AmboError as error:
        typer.echo(f"the tour cannot run: {error}", err=True)
        raise typer.Exit(2) from error
    show(outcomes, json_output)
    raise typer.Exit(0 if all(outcome.is_equal for outcome in outcomes) else 1)


def show(outcomes: list[Outcome], json_output: bool) -> None:
    """Print what was found in the form that suits where it goes: JSON, a terminal, or a pipe."""
    if json_output:
        typer.echo(json.dumps(as_json(outcomes), indent=2, ensure_ascii=False))
    elif sys.stdout.isatty():
        picture(outcomes)
    else:
        typer.echo(as_text(outcomes))
