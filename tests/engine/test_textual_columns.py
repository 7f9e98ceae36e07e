"""Rows of hand-written SQL whose columns are declared: by position, or by name."""

from __future__ import annotations

from typing import Any

import pytest

from ambo import Column, Integer, MetaData, String, Table, column, select, text
from ambo.exc import InvalidRequestError, ResourceClosedError, SAWarning
from ambo.sql.expression import TextualSelect
from twin import Twin

metadata = MetaData()
people = Table("textual_people", metadata, Column("id", Integer, primary_key=True), Column("name", String(20)))
pytestmark = pytest.mark.tables(metadata)


async def row_of(twin: Twin, statement: Any) -> Any:
    async with twin.engine.begin() as connection:
        await connection.execute(people.insert(), [{"id": 1, "name": "ann"}])
        return (await connection.execute(statement)).one()


async def test_columns_given_in_order_are_those_of_the_text_in_order(twin: Twin) -> None:
    q, p = column("q"), column("p", String)
    row = await row_of(twin, text("SELECT id, name FROM textual_people").columns(q, p))
    assert (row._mapping[p], row.p, row._fields) == ("ann", "ann", ("id", "name"))


async def test_columns_of_another_order_are_found_by_name(twin: Twin) -> None:
    textual = text("SELECT name AS textual_people_name, id FROM textual_people")
    row = await row_of(twin, TextualSelect(textual, [people.c.id, people.c.name], positional=False))
    assert (row._mapping[people.c.id], row._mapping[people.c.name]) == (1, "ann")


async def test_too_many_columns_are_reported(twin: Twin) -> None:
    one, other = column("q"), column("p")
    with pytest.warns(SAWarning, match="Number of columns in textual SQL"):
        row = await row_of(twin, text("SELECT id FROM textual_people").columns(one, other))
    assert row._mapping[one] == 1


async def test_a_column_declared_twice_is_an_error(twin: Twin) -> None:
    one = column("q")
    with pytest.raises(InvalidRequestError, match="Duplicate column expression"):
        await row_of(twin, text("SELECT id, name FROM textual_people").columns(one, one))


async def test_what_a_cursor_tells_and_what_a_statement_without_rows_does_not(twin: Twin) -> None:
    async with twin.engine.begin() as connection:
        result = await connection.execute(text("SELECT id, name FROM textual_people"))
        assert [one[0] for one in result.cursor.description] == ["id", "name"]
        result = await connection.execute(text("UPDATE textual_people SET name = 'x'"))
        assert result.cursor is None
        with pytest.raises(ResourceClosedError):
            result.keys()
        assert await connection.run_sync(lambda one: one.dialect.has_table(one, "textual_people"))
        assert not await connection.run_sync(lambda one: one.dialect.has_table(one, "nobodys"))


async def test_a_distinct_column_is_found_by_the_column(twin: Twin) -> None:
    row = await row_of(twin, select(people.c.name.distinct()))
    assert row._mapping[people.c.name] == "ann"
