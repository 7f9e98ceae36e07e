"""`@compiles` as programs use it: columns left out of CREATE TABLE, functions whose arguments come in parentheses."""

from __future__ import annotations

from typing import Any

from ambo import Column, Integer, MetaData, Table, column
from ambo.ext.compiler import compiles, deregister
from ambo.schema import CreateColumn, CreateTable
from ambo.sql.functions import FunctionElement


def lines(statement: Any) -> str:
    return " ".join(str(statement).split())


def test_a_column_that_is_rendered_as_none_is_left_out() -> None:
    @compiles(CreateColumn)
    def skip(element: Any, compiler: Any, **kw: Any) -> Any:
        return None if element.element.name == "xmin" else compiler.visit_create_column(element, **kw)

    try:
        table = Table("t", MetaData(), Column("a", Integer), Column("xmin", Integer), Column("c", Integer))
        assert lines(CreateTable(table)) == "CREATE TABLE t ( a INTEGER, c INTEGER )"
    finally:
        deregister(CreateColumn)


def test_the_arguments_of_a_function_in_parentheses() -> None:
    class seen(FunctionElement[Any]):
        inherit_cache = True

    @compiles(seen)
    def render(element: Any, compiler: Any, **kw: Any) -> str:
        return f"seen{compiler.process(element.clause_expr, **kw)}"

    assert (str(seen()), str(seen(column("x"), column("y")))) == ("seen()", "seen(x, y)")
