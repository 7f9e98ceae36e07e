"""`reduce_columns()`, and facts of a dialect that a program changes."""

from __future__ import annotations

from ambo import Column, ForeignKey, Integer, MetaData, Table, select
from ambo.dialects import sqlite
from ambo.engine.default import DefaultDialect

metadata = MetaData()
a = Table("a", metadata, Column("id", Integer, primary_key=True), Column("x", Integer))
b = Table("b", metadata, Column("id", Integer, ForeignKey("a.id"), primary_key=True), Column("x", Integer))
c = Table("c", metadata, Column("id", Integer, ForeignKey("b.id"), primary_key=True), Column("y", Integer))


def test_a_foreign_key_repeats_what_it_refers_to_also_through_another() -> None:
    joined = a.join(b).join(c).select().reduce_columns()
    assert [str(one) for one in joined.selected_columns] == ["a.id", "a.x", "b.x", "c.y"]
    assert "a JOIN b ON a.id = b.id JOIN c" in str(joined)


def test_an_equation_repeats_a_column_of_the_same_name_unless_names_do_not_matter() -> None:
    same = select(a, b).where(a.c.x == b.c.x)
    assert [str(one) for one in same.reduce_columns().selected_columns] == ["a.id", "a.x"]
    other = select(a.c.x, c.c.y).where(a.c.x == c.c.y)
    assert len(other.reduce_columns().selected_columns) == 2
    assert [str(one) for one in other.reduce_columns(only_synonyms=False).selected_columns] == ["a.x"]


def test_a_fact_of_a_dialect_is_changed_by_the_name_it_has_in_sqlalchemy() -> None:
    dialect = DefaultDialect()
    dialect.insert_executemany_returning = False
    assert not dialect.insert_returning and not dialect.features.insert_returning
    assert sqlite.dialect().insert_returning
