"""SQL, word for word. Each golden file is a list of expressions, each with the SQL it must become.

`AMBO_GOLDEN=write pytest tests/rendering/test_golden.py` writes the files anew; read the difference before committing it.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ambo.errors import AmboError
from golden_names import DIALECTS, database_names, expression_names, select_names

FOLDER = Path(__file__).parent / "golden"
WRITES = os.environ.get("AMBO_GOLDEN") == "write"


def shown(render: Callable[[], Any]) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            return str(render())
        except (AmboError, NotImplementedError) as error:
            return f"{type(error).__name__}: {error}"


def plain(expression: str, names: dict[str, Any]) -> str:
    return shown(lambda: eval(expression, names))


def per_database(expression: str, names: dict[str, Any]) -> str:
    parts = [f"{name}: " + shown(lambda d=dialect: eval(expression, names).compile(dialect=d)) for name, dialect in DIALECTS.items()]
    return "\n".join(parts)


FILES: dict[str, tuple[Callable[[], dict[str, Any]], Callable[[str, dict[str, Any]], str]]] = {
    "expressions.txt": (expression_names, plain),
    "selects.txt": (select_names, plain),
    "databases.txt": (database_names, per_database),
}


def cases(name: str) -> Iterator[tuple[str, str]]:
    for block in (FOLDER / name).read_text().split("## ")[1:]:
        expression, _, expected = block.partition("\n")
        yield expression, expected.rstrip("\n")


@pytest.mark.parametrize("name", list(FILES))
def test_every_expression_renders_as_written(name: str) -> None:
    make, render = FILES[name]
    names = make()
    found = {expression: render(expression, names) for expression, _ in cases(name)}
    if WRITES:
        (FOLDER / name).write_text("".join(f"## {expression}\n{sql}\n\n" for expression, sql in found.items()))
    assert found == dict(cases(name))
