"""The entry point of the command `ambo`.

typer and rich come with the extra `cli`; without them the command says so in one sentence and ends with status 2.
"""

from __future__ import annotations

import sys
from typing import Any

app: Any
missing: str | None
try:
    from ambo.cli.commands import app

    missing = None
except ModuleNotFoundError as error:
    if error.name is None or error.name.split(".")[0] not in {"typer", "rich", "click"}:
        raise
    app, missing = None, error.name


def main() -> None:
    """Run the command line."""
    if missing is not None:
        sys.stderr.write(f"The command `ambo` needs {missing}, which is not installed: pip install 'ambo[cli]'\n")
        sys.exit(2)
    app()
