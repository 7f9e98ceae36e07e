"""Creating and dropping in real databases, with every driver."""

from __future__ import annotations

from typing import Any

import pytest

from ambo import (
    Boolean,
    Column,
    Enum,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Sequence,
    String,
    Table,
    create_engine,
    event,
    insert,
    inspect,
    select,
    text,
)
from ambo.exc import ArgumentError, OperationalError
from ambo.ext.asyncio import create_async_engine
from ambo.schema import DDL, CreateSchema, CreateTable


def _metadata() -> MetaData:
    metadata = MetaData()
    Table("child", metadata, Column("id", Integer, primary_key=True), Column("parent_id", ForeignKey("parent.id")), Column("s", String(9), index=True))
    Table("parent", metadata, Column("id", Integer, primary_key=True), Column("kind", Enum("a", "b", name="kind")), Column("b", Boolean))
    return metadata


def test_what_is_there_is_left_alone(every_driver: Any) -> None:
    metadata = _metadata()

    def body(connection: Any) -> None:
        metadata.create_all(connection, tables=[metadata.tables["parent"]])
        assert inspect(connection).get_table_names() == ["parent"]
        metadata.create_all(connection)
        metadata.create_all(connection)
        assert inspect(connection).get_table_names() == ["child", "parent"]
        own = [index["name"] for index in inspect(connection).get_indexes("child")]
        assert own == (["ix_child_s", "parent_id"] if connection.dialect.name == "mariadb" else ["ix_child_s"])  # a foreign key is indexed there
        metadata.drop_all(connection, tables=[metadata.tables["child"]])
        assert inspect(connection).get_table_names() == ["parent"]
        metadata.drop_all(connection)
        metadata.drop_all(connection)
        assert inspect(connection).get_table_names() == []

    every_driver(body)


def test_cycles_are_created_and_dropped(every_driver: Any) -> None:
    metadata = MetaData()
    Table("a", metadata, Column("id", Integer, primary_key=True), Column("b_id", ForeignKey("b.id", name="ab")))
    Table("b", metadata, Column("id", Integer, primary_key=True), Column("a_id", ForeignKey("a.id", name="ba", use_alter=True)))

    def body(connection: Any) -> None:
        metadata.create_all(connection)
        found = inspect(connection)
        assert [key["referred_table"] for key in found.get_foreign_keys("a")] == ["b"]
        assert [key["name"] for key in found.get_foreign_keys("b")] == ["ba"]
        metadata.drop_all(connection)

    every_driver(body)


def test_single_items_are_created_and_dropped(every_driver: Any) -> None:
    metadata = _metadata()
    parent = metadata.tables["parent"]
    index = Index("by_kind", parent.c.kind)

    def body(connection: Any) -> None:
        parent.create(connection)
        parent.create(connection, checkfirst=True)
        assert inspect(connection).has_index("parent", "by_kind")
        index.drop(connection)
        assert not inspect(connection).has_index("parent", "by_kind")
        index.create(connection, checkfirst=True)
        index.create(connection, checkfirst=True)
        parent.drop(connection)
        parent.drop(connection, checkfirst=True)
        assert not inspect(connection).has_table("parent")

    every_driver(body)


def test_sequences_and_schemas(every_postgres: Any) -> None:
    metadata = MetaData(schema="other")
    table = Table("t", metadata, Column("id", Integer, Sequence("numbers", start=7), primary_key=True), Column("e", Enum("a", "b", name="letters")))

    def body(connection: Any) -> None:
        connection.execute(CreateSchema("other"))
        metadata.create_all(connection)
        metadata.create_all(connection)
        found = inspect(connection)
        assert found.has_sequence("numbers") and found.has_table("t", schema="other") and not found.has_table("t")
        assert [one["name"] for one in found.get_enums(schema="other")] == ["letters"]
        assert connection.execute(insert(table).values(e="a").returning(table.c.id)).scalar_one() == 7
        assert connection.execute(select(table.c.e)).scalar_one() == "a"
        metadata.drop_all(connection)
        assert inspect(connection).get_table_names(schema="other") == []
        assert inspect(connection).get_enums(schema="other") == []

    every_postgres(body)


def test_listeners_run_around_tables_and_may_use_the_connection(every_driver: Any) -> None:
    metadata = _metadata()
    told: list[tuple[str, str]] = []
    for name in ("before_create", "after_create", "before_drop", "after_drop"):
        event.listen(metadata, name, lambda target, connection, name=name, **kw: told.append((name, "metadata")))
    event.listen(metadata.tables["parent"], "after_create", lambda target, connection, **kw: connection.execute(insert(target).values(id=5)))
    event.listen(metadata.tables["parent"], "after_create", DDL("INSERT INTO %(table)s (id) VALUES (6)").execute_if(dialect="sqlite"))
    event.listen(
        metadata.tables["parent"], "after_create", DDL("INSERT INTO parent (id) VALUES (7)").execute_if(callable_=lambda ddl, target, bind, **kw: False)
    )

    def body(connection: Any) -> None:
        metadata.create_all(connection)
        found = connection.execute(select(metadata.tables["parent"].c.id)).scalars().all()
        assert found == ([5, 6] if connection.dialect.name == "sqlite" else [5])
        metadata.drop_all(connection)

    every_driver(body)
    assert [name for name, _ in told] == ["before_create", "after_create", "before_drop", "after_drop"]


def test_schema_statements_are_executed_like_others(every_driver: Any) -> None:
    table = Table("t", MetaData(), Column("id", Integer, primary_key=True))

    def body(connection: Any) -> None:
        connection.execute(CreateTable(table))
        connection.execute(text("INSERT INTO t (id) VALUES (1)"))
        connection.execute(DDL("DROP TABLE t"))
        assert not inspect(connection).has_table("t")

    every_driver(body)


def test_an_engine_is_a_bind_of_its_own() -> None:
    engine = create_engine("sqlite://")
    metadata = _metadata()
    metadata.create_all(engine)
    with pytest.raises(OperationalError, match="already exists"):
        metadata.create_all(engine, checkfirst=False)
    assert inspect(engine).get_table_names() == ["child", "parent"]
    metadata.drop_all(bind=engine)
    engine.dispose()


async def test_an_async_engine_says_what_to_write() -> None:
    engine = create_async_engine("sqlite+aiosqlite://")
    with pytest.raises(ArgumentError, match="run_sync"):
        _metadata().create_all(engine)
    with pytest.raises(ArgumentError, match="run_sync"):
        _metadata().tables["parent"].create(engine)
    await engine.dispose()
