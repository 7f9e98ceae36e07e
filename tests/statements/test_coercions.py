"""What statements take for columns, conditions and rows, as SQLAlchemy does."""

from __future__ import annotations

from typing import Any

import pytest

from ambo import (
    ARRAY,
    Column,
    Enum,
    Integer,
    MetaData,
    Sequence,
    String,
    Table,
    any_,
    bindparam,
    case,
    column,
    func,
    inspect,
    literal,
    select,
    values,
)
from ambo.exc import ArgumentError

people = Table("people", MetaData(), Column("id", Integer, primary_key=True), Column("name", String(20)), Column("marks", ARRAY(Integer)))


def lines(statement: Any) -> str:
    return " ".join(str(statement).split())


def test_a_star_stands_for_all_columns() -> None:
    assert lines(select("*").select_from(people)) == "SELECT * FROM people"


def test_case_takes_lists_and_bound_conditions() -> None:
    assert str(case([people.c.id == 1, "x"], (12, "z"))) == "CASE WHEN (people.id = :id_1) THEN :param_1 WHEN :param_2 THEN :param_3 END"


def test_lambdas_stand_for_what_they_return() -> None:
    statement = select(lambda: people.c.id).where(lambda: people.c.id == 3).order_by(lambda: people.c.id)
    assert lines(statement) == "SELECT people.id FROM people WHERE people.id = :id_1 ORDER BY people.id"


def test_any_compares_with_values_of_the_item_type() -> None:
    assert isinstance((any_(people.c.marks) == 5).left.type, Integer)
    with pytest.raises(ArgumentError, match="Only comparison operators"):
        5 + any_(people.c.marks)


def test_insert_from_a_table_or_subquery_takes_all_its_columns() -> None:
    statement = people.insert().from_select(["id", "name", "marks"], people)
    assert lines(statement) == "INSERT INTO people (id, name, marks) SELECT people.id, people.name, people.marks FROM people"


def test_core_columns_are_described_without_entities() -> None:
    assert select(people).column_descriptions[0] == {"name": "id", "type": people.c.id.type, "expr": people.c.id}
    assert [one["name"] for one in select(func.count(people.c.id)).column_descriptions] == ["count"]


def test_what_inspect_returns_has_a_selectable() -> None:
    assert inspect(people).selectable is people


def test_wrong_values_are_refused() -> None:
    with pytest.raises(ArgumentError, match="Wrong number of elements"):
        values(column("a", Integer), column("b", Integer), name="v").data([(1, 2), (3,)])
    with pytest.raises(ArgumentError, match="Literal Python value expected"):
        literal(bindparam("x"))
    with pytest.raises(ValueError, match="Enum length"):
        Enum("a", "long", native_enum=False, length=1)


def test_reprs_can_be_read_back() -> None:
    assert repr(ARRAY(Integer)) == "ARRAY(Integer())"
    assert repr(Sequence("s", start=5)) == "Sequence('s', start=5)"


def test_a_column_of_a_subquery_tells_what_it_references() -> None:
    assert not select(people).subquery().c.id.references(people.c.id)
