"""Reading a schema back: what was created is found again, with every driver."""

from __future__ import annotations

from typing import Any

import pytest

from ambo import (
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Numeric,
    String,
    Table,
    UniqueConstraint,
    create_engine,
    event,
    func,
    inspect,
    text,
)
from ambo.engine.reflection import Inspector
from ambo.exc import InvalidRequestError, NoInspectionAvailable, NoSuchTableError
from ambo.ext.asyncio import create_async_engine
from ambo.pool import StaticPool
from ambo.types import INTEGER, VARCHAR


def _metadata(features: Any) -> MetaData:
    metadata = MetaData()
    Table(
        "user", metadata, Column("id", Integer, primary_key=True), Column("name", String(50), nullable=False, server_default="it's"),
        Column("Mixed Case", Integer), Column("amount", Numeric(10, 2)), Column("b", Boolean), Column("at", DateTime, server_default=func.now()),
        Column("double", Integer, Computed("amount * 2", persisted=True)), UniqueConstraint("name", "amount", name="uq_name"),
        CheckConstraint("amount > 0", name="positive"),
    )  # fmt: skip
    name = metadata.tables["user"].c.name
    Index("ix_lower", func.lower(name) if features.expression_indexes else name, unique=True)
    Index("ix_part", metadata.tables["user"].c.amount, sqlite_where=text("amount > 5"), postgresql_where=text("amount > 5"))
    Table("pair", metadata, Column("x", Integer, primary_key=True, autoincrement=False), Column("y", Integer, primary_key=True))
    Table(
        "link", metadata, Column("user_id", ForeignKey("user.id", ondelete="CASCADE"), primary_key=True), Column("x", Integer), Column("y", Integer),
        ForeignKeyConstraint(["x", "y"], ["pair.x", "pair.y"], name="fk_pair", onupdate="SET NULL", deferrable=True, initially="DEFERRED"),
    )  # fmt: skip
    return metadata


def _unique_indexes(connection: Any) -> set[str]:
    """Return the names of UNIQUE constraints that are read back as unique indexes: for MariaDB they are one thing."""
    return {"uq_name"} if connection.dialect.name == "mariadb" else set()


def test_the_inspector_tells_what_is_there(every_driver: Any) -> None:
    def body(connection: Any) -> None:
        _metadata(connection.dialect.features).create_all(connection)
        features = connection.dialect.features
        quote = connection.dialect.identifier_preparer.quote
        connection.execute(text(f"CREATE VIEW grown AS SELECT id FROM {quote('user')} WHERE id > 18"))
        found = inspect(connection)
        assert found.get_table_names() == ["link", "pair", "user"]
        assert found.get_view_names() == ["grown"] and "18" in found.get_view_definition("grown")
        assert found.has_table("grown") and found.has_table("user") and not found.has_table("nothing")
        columns = {column["name"]: column for column in found.get_columns("user")}
        assert list(columns) == ["id", "name", "Mixed Case", "amount", "b", "at", "double"]
        assert isinstance(columns["name"]["type"], VARCHAR) and columns["name"]["type"].length == 50
        assert isinstance(columns["amount"]["type"], Numeric) and columns["amount"]["type"].scale == 2
        assert not columns["name"]["nullable"] and columns["amount"]["nullable"]
        assert columns["name"]["default"].startswith("'it''s'") and columns["double"]["computed"]["persisted"] is True
        assert found.get_pk_constraint("pair")["constrained_columns"] == ["x", "y"]
        keys = {key["referred_table"]: key for key in found.get_foreign_keys("link")}
        assert keys["user"]["options"] == {"ondelete": "CASCADE"}
        assert keys["pair"]["name"] == "fk_pair" and keys["pair"]["constrained_columns"] == ["x", "y"]
        deferred = {"deferrable": True, "initially": "DEFERRED"} if features.deferrable_constraints else {}
        assert keys["pair"]["options"] == {"onupdate": "SET NULL", **deferred}
        unique = [(one["name"], one["column_names"]) for one in found.get_unique_constraints("user") if one["name"] != "ix_lower"]
        assert unique == [("uq_name", ["name", "amount"])]
        assert [one["name"] for one in found.get_check_constraints("user")] == ["positive"]
        indexes = {one["name"]: one for one in found.get_indexes("user") if not one.get("duplicates_constraint")}
        assert set(indexes) == {"ix_lower", "ix_part", *_unique_indexes(connection)} and indexes["ix_lower"]["unique"]
        assert indexes["ix_lower"]["column_names"] == ([None] if features.expression_indexes else ["name"])
        if connection.dialect.name != "mariadb":  # which has no indexes of a part of the rows
            assert any(str(value).startswith("amount > ") for value in indexes["ix_part"]["dialect_options"].values())
        assert found.get_sorted_table_and_fkc_names()[-2][0] == "link"
        with pytest.raises(NoSuchTableError, match="nothing"):
            found.get_columns("nothing")

    every_driver(body)


def test_tables_are_read_back(every_driver: Any) -> None:
    def body(connection: Any) -> None:
        _metadata(connection.dialect.features).create_all(connection)
        metadata = MetaData()
        link = Table("link", metadata, autoload_with=connection)
        assert set(metadata.tables) == {"link", "user", "pair"}
        user = metadata.tables["user"]
        assert link.c.user_id.references(user.c.id) and link.c.x.references(metadata.tables["pair"].c.x)
        assert user.c["Mixed Case"].name == "Mixed Case" and isinstance(user.c.id.type, INTEGER)
        assert user.autoincrement_column is user.c.id
        unique = _unique_indexes(connection)
        assert {type(one).__name__ for one in user.constraints} - {"UniqueConstraint"} == {"PrimaryKeyConstraint", "CheckConstraint"}
        assert any(type(one).__name__ == "UniqueConstraint" for one in user.constraints) != bool(unique)
        assert {index.name for index in user.indexes} == {"ix_lower", "ix_part", *unique}
        connection.execute(user.insert().values(name="x", amount=7))
        assert connection.execute(user.select()).one().double == 14
        again = MetaData()
        again.reflect(connection)
        again.drop_all(connection)
        again.create_all(connection)
        assert inspect(connection).get_table_names() == ["link", "pair", "user"]

    every_driver(body)


def test_columns_given_beforehand_win(every_driver: Any) -> None:
    def body(connection: Any) -> None:
        _metadata(connection.dialect.features).create_all(connection)
        given = Column("name", String(5), key="label")
        table = Table("user", MetaData(), given, autoload_with=connection, include_columns=["id", "amount", "name"])
        assert table.c.label is given and sorted(table.c.keys()) == ["amount", "id", "label"]
        lonely = Table("link", metadata := MetaData(), autoload_with=connection, resolve_fks=False)
        assert set(metadata.tables) == {"link"} and len(lonely.foreign_keys) == 3
        with pytest.raises(NoSuchTableError, match="did you mean 'user'"):
            Table("usr", metadata, autoload_with=connection)
        assert "usr" not in metadata.tables
        with pytest.raises(InvalidRequestError, match="nothing"):
            metadata.reflect(connection, only=["nothing"])
        metadata.reflect(connection, only=lambda name, _: name == "pair")
        assert "pair" in metadata.tables

    every_driver(body)


def test_listeners_may_change_what_is_reflected(every_driver: Any) -> None:
    def body(connection: Any) -> None:
        _metadata(connection.dialect.features).create_all(connection)
        metadata = MetaData()

        @event.listens_for(metadata, "column_reflect")
        def change(inspector: Any, table: Table, column: dict[str, Any]) -> None:
            column["key"] = f"{table.name}_{column['name']}"

        assert Table("pair", metadata, autoload_with=connection).c.keys() == ["pair_x", "pair_y"]

    every_driver(body)


async def test_an_async_engine_is_inspected_inside_run_sync() -> None:
    engine = create_async_engine("sqlite+aiosqlite://")
    with pytest.raises(NoInspectionAvailable, match="run_sync"):
        inspect(engine)
    async with engine.connect() as connection:
        await connection.run_sync(_metadata(engine.dialect.features).create_all)
        assert await connection.run_sync(lambda sync: inspect(sync).get_table_names()) == ["link", "pair", "user"]
    await engine.dispose()


def test_column_reflect_listeners_may_ask_the_inspector() -> None:
    engine = create_engine("sqlite://", poolclass=StaticPool)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE seen (id INTEGER PRIMARY KEY, name VARCHAR(10))"))
    metadata = MetaData()

    @event.listens_for(metadata, "column_reflect")
    def note(inspector: Inspector, table: Table, column: dict[str, Any]) -> None:
        column["key"] = f"{column['name']}_of_{len(inspector.get_columns(table.name))}"

    assert Table("seen", metadata, autoload_with=engine).c.keys() == ["id_of_2", "name_of_2"]
    with engine.connect() as connection:
        metadata.clear()
        assert Table("seen", metadata, autoload_with=connection).c.keys() == ["id_of_2", "name_of_2"]
