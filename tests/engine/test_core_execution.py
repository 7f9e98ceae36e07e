"""Core statements on connections: defaults, RETURNING, results, options, events, streams; in both colours on every database."""

from __future__ import annotations

import asyncio
import itertools
import logging
from typing import Any

import pytest

import ambo
from ambo import (
    Column,
    ForeignKey,
    Integer,
    MetaData,
    Sequence,
    String,
    Table,
    bindparam,
    delete,
    event,
    func,
    insert,
    literal_column,
    select,
    text,
    update,
)
from ambo.engine import CursorResult, Engine
from ambo.exc import (
    ArgumentError,
    IntegrityError,
    InvalidRequestError,
    NoSuchColumnError,
    ObjectNotExecutableError,
    ResourceClosedError,
    SessionBusyError,
    StatementError,
)
from twin import Twin

metadata = MetaData()
numbers = itertools.count(1)
things = Table(
    "things",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(30), nullable=False),
    Column("size", Integer, default=lambda: 7),
    Column("twice", Integer, default=lambda context: context.get_current_parameters()["size"] * 2, onupdate=99),
    Column("made", Integer, default=func.length("four")),
    Column("server", Integer, server_default=text("5")),
)
pairs = Table("pairs", metadata, Column("a", Integer, primary_key=True), Column("b", String(5), primary_key=True, default="x"))
children = Table("children", metadata, Column("id", Integer, primary_key=True), Column("thing_id", ForeignKey("things.id")))

pytestmark = pytest.mark.tables(metadata)


async def names(connection: Any) -> list[str]:
    return (await connection.scalars(select(things.c.name).order_by(things.c.id))).all()


async def test_defaults_of_every_kind_are_filled_in(twin: Twin) -> None:
    async with twin.engine.begin() as connection:
        result = await connection.execute(insert(things), {"name": "a"})
        assert result.inserted_primary_key == (1,) and result.inserted_primary_key.id == 1
        assert result.last_inserted_params() == {"name": "a", "size": 7, "twice": 14}
        assert [column.name for column in result.prefetch_cols()] == ["size", "twice"]
        await connection.execute(insert(things).values(name="b", size=2))
        await connection.execute(insert(things), [{"name": "c", "size": 3}, {"name": "d", "size": 4}])
        await connection.execute(insert(things).values([{"name": "e", "size": 5}, {"name": "f", "size": 6}]))
        rows = (await connection.execute(select(things.c.size, things.c.twice, things.c.made, things.c.server).order_by(things.c.id))).all()
        assert rows == [(7, 14, 4, 5), (2, 4, 4, 5), (3, 6, 4, 5), (4, 8, 4, 5), (5, 10, 4, 5), (6, 12, 4, 5)]
        result = await connection.execute(update(things).where(things.c.name == "a").values(size=1))
        assert result.rowcount == 1 and result.last_updated_params() == {"size": 1, "twice": 99}
        assert await connection.scalar(select(things.c.twice).where(things.c.name == "a")) == 99


async def test_generated_keys_come_back_in_every_form(twin: Twin) -> None:
    async with twin.engine.begin() as connection:
        assert (await connection.execute(insert(pairs), {"a": 1})).inserted_primary_key == (1, "x")
        result = await connection.execute(insert(things).returning(things.c.id, things.c.server), [{"name": "r"}, {"name": "s"}])
        assert result.all() == [(1, 5), (2, 5)]
        result = await connection.execute(insert(things).return_defaults(things.c.server), {"name": "t"})
        assert result.returned_defaults.server == 5 and result.inserted_primary_key == (3,)
        many = await connection.execute(insert(things), [{"id": 10, "name": "u"}, {"id": 11, "name": "v"}])
        assert many.inserted_primary_key_rows == [(10,), (11,)]
        with pytest.raises(InvalidRequestError, match="inserted_primary_key_rows"):
            _ = many.inserted_primary_key
        result = await connection.execute(select(things.c.id))
        with pytest.raises(InvalidRequestError, match="insert"):
            _ = result.inserted_primary_key


async def test_writes_tell_how_many_and_return_rows(twin: Twin) -> None:
    async with twin.engine.begin() as connection:
        await connection.execute(insert(things), [{"name": name} for name in "abcd"])
        result = await connection.execute(update(things).where(things.c.id > 2).values(name="z"))
        assert result.rowcount == 2
        with pytest.raises(ResourceClosedError, match="returns no rows"):
            result.all()
        assert not result.returns_rows
        statement = update(things).where(things.c.name == bindparam("old")).values(name=bindparam("new"))
        await connection.execute(statement, [{"old": "a", "new": "A"}, {"old": "b", "new": "B"}])
        assert await names(connection) == ["A", "B", "z", "z"]
        gone = (await connection.scalars(delete(things).where(things.c.name == "z").returning(things.c.id))).all()
        assert sorted(gone) == [3, 4]


async def test_parameters_are_dictionaries(twin: Twin) -> None:
    async with twin.engine.connect() as connection:
        assert await connection.scalar(text("SELECT :a"), {"a": "x"}) == "x"
        with pytest.raises(ArgumentError, match="dictionar"):
            await connection.execute(select(1), [1, 2])
        with pytest.raises(ArgumentError, match="dictionar"):
            await connection.execute(select(1), 5)
        with pytest.raises(StatementError, match="'missing'"):
            await connection.execute(select(things).where(things.c.id == bindparam("missing")))
        with pytest.raises(ObjectNotExecutableError, match="text"):
            await connection.execute("SELECT 1")
        assert await connection.scalar(func.length("abc")) == 3
        assert (await connection.execute(select(1), [])).scalar() == 1


async def test_rows_are_asked_by_name_column_and_label(twin: Twin) -> None:
    async with twin.engine.begin() as connection:
        await connection.execute(insert(things), [{"name": "a"}, {"name": "b"}])
        for _ in range(2):  # the second time the plan comes from the cache, and the label is another object
            label = (things.c.size + 1).label("more")
            row = (await connection.execute(select(things.c.name, label).where(things.c.id == 1))).one()
            assert (row.name, row.more) == ("a", 8) == row
            assert row._mapping[things.c.name] == "a" and row._mapping[label] == 8 and row._mapping["more"] == 8
            with pytest.raises(NoSuchColumnError):
                row._mapping[things.c.id]
        star = (await connection.execute(select(literal_column("*")).select_from(things).where(things.c.id == 2))).one()
        assert star.name == "b" and len(star) == 6
        typed = await connection.execute(text("SELECT name, id FROM things WHERE id = 1").columns(id=Integer, name=String))
        assert typed.mappings().one() == {"name": "a", "id": 1}


async def test_streams_fetch_part_by_part(twin: Twin) -> None:
    async with twin.engine.begin() as connection:
        await connection.execute(insert(things), [{"name": str(number)} for number in range(25)])
    async with twin.engine.connect() as connection:
        statement = select(things.c.id).order_by(things.c.id)
        result = await connection.stream(statement)
        assert await result.fetchmany(3) == [(1,), (2,), (3,)] if twin.is_async else True
        await result.close()
        async with connection.stream(statement.execution_options(yield_per=10)) as opened:
            sizes = (
                [len(part) async for part in opened.partitions()]
                if twin.is_async
                else [len(part) for part in getattr(opened, "target", opened).partitions()]
            )
            assert sizes == [10, 10, 5]
        scalars = await connection.stream_scalars(statement)
        found = [one async for one in scalars] if twin.is_async else list(getattr(scalars, "target", scalars))
        assert found == list(range(1, 26))
        assert await connection.scalar(select(func.count()).select_from(things)) == 25


async def test_events_of_statements_and_transactions(twin: Twin) -> None:
    seen: list[str] = []
    engine = twin.create_engine()
    target = engine.sync_engine if twin.is_async else engine.target
    for name in ("engine_connect", "begin", "commit", "rollback", "savepoint", "release_savepoint", "rollback_savepoint"):
        event.listen(target, name, lambda conn, *rest, name=name: seen.append(name))

    @event.listens_for(target, "before_execute", retval=True)
    def before(conn: Any, clause: Any, many: Any, params: Any, options: Any) -> Any:
        seen.append(f"before {type(clause).__name__} {many} {params}")
        return clause, many, params

    @event.listens_for(target, "after_execute")
    def after(conn: Any, clause: Any, many: Any, params: Any, options: Any, result: Any) -> None:
        seen.append(f"after {isinstance(result, CursorResult)}")

    @event.listens_for(target, "before_cursor_execute", retval=True)
    def comment(conn: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> Any:
        return f"{statement} /* {conn.info.setdefault('mine', 'hello')} */", parameters

    async with engine.connect() as connection:
        await connection.execute(select(1))
        async with connection.begin_nested():
            pass
        nested = await connection.begin_nested()
        await nested.rollback()
        await connection.commit()
        await connection.execute(text("SELECT :x"), {"x": "y"})
    assert [one for one in seen if not one.startswith(("before", "after"))] == [
        "engine_connect", "begin", "savepoint", "release_savepoint", "savepoint", "rollback_savepoint", "commit", "begin", "rollback",
    ]  # fmt: skip
    assert [one for one in seen if one.startswith(("before", "after"))] == [
        "before Select [] {}", "after True", "before TextClause [] {'x': 'y'}", "after True",
    ]  # fmt: skip


async def test_listeners_may_use_the_connection_they_are_given(twin: Twin) -> None:
    engine = twin.create_engine()
    target = engine.sync_engine if twin.is_async else engine.target
    seen: list[Any] = []
    if twin.is_async:

        @event.listens_for(target, "begin")
        async def ask(conn: Any) -> None:
            seen.append((await conn.exec_driver_sql("SELECT 5")).scalar())
    else:

        @event.listens_for(target, "begin")
        def ask_now(conn: Any) -> None:
            seen.append(conn.exec_driver_sql("SELECT 5").scalar())

    async with engine.begin() as connection:
        await connection.execute(insert(things), {"name": "a"})
    assert seen == [5]


@pytest.mark.worlds("sqlite")
async def test_the_begin_snippet_for_sqlite_savepoints_still_works(twin: Twin) -> None:
    engine = twin.create_engine()
    target = engine.sync_engine if twin.is_async else engine.target
    event.listen(target, "connect", lambda connection, record: setattr(connection, "isolation_level", None))
    if twin.is_async:

        @event.listens_for(target, "begin")
        async def begin(conn: Any) -> None:
            await conn.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        event.listen(target, "begin", lambda conn: conn.exec_driver_sql("BEGIN IMMEDIATE"))
    async with engine.begin() as connection:
        await connection.execute(insert(things), {"name": "a"})
    async with twin.engine.connect() as connection:
        assert await names(connection) == ["a"]


async def test_listeners_of_classes_and_of_single_connections(twin: Twin) -> None:
    seen: list[str] = []

    def on_class(conn: Any) -> None:
        seen.append("class")

    event.listen(Engine, "begin", on_class)
    try:
        async with twin.engine.connect() as connection:
            event.listen(connection if twin.is_async else connection.target, "begin", lambda conn: seen.append("connection"))
            await connection.execute(select(1))
        async with twin.engine.connect() as connection:
            await connection.execute(select(1))
    finally:
        event.remove(Engine, "begin", on_class)
    assert seen == ["class", "connection", "class"]


async def test_errors_are_shown_and_may_be_replaced(twin: Twin) -> None:
    engine = twin.create_engine(hide_parameters=True)
    target = engine.sync_engine if twin.is_async else engine.target
    seen: list[Any] = []

    @event.listens_for(target, "handle_error")
    def handle(context: Any) -> Exception | None:
        seen.append((type(context.sqlalchemy_exception).__name__, context.is_disconnect, context.statement is not None))
        return ValueError("replaced") if isinstance(context.sqlalchemy_exception, IntegrityError) else None

    async with engine.connect() as connection:
        await connection.execute(insert(pairs), {"a": 1, "b": "s3cret"[:5]})
        with pytest.raises(ValueError, match="replaced") as caught:
            await connection.execute(insert(pairs), {"a": 1, "b": "s3cret"[:5]})
        assert "[parameters hidden]" in str(caught.value.__cause__)
        assert seen == [("IntegrityError", False, True)]


async def test_a_transaction_ended_inside_its_block_bars_the_rest_of_it(twin: Twin) -> None:
    async with twin.engine.connect() as connection:
        async with connection.begin() as transaction:
            await connection.execute(insert(things), {"name": "a"})
            await transaction.rollback()
            with pytest.raises(InvalidRequestError, match="context manager"):
                await connection.execute(select(1))
        assert await names(connection) == []
        await connection.rollback()
        async with connection.begin():
            outer = await connection.begin_nested()
            await connection.execute(insert(things), {"name": "b"})
            inner = await connection.begin_nested()
            assert connection.get_nested_transaction() == inner
            await outer.commit()
            assert not inner.is_active and not connection.in_nested_transaction()
            with pytest.raises(InvalidRequestError, match="ended"):
                await inner.commit()
        assert await names(connection) == ["b"]


async def test_options_of_connections_and_statements(twin: Twin, caplog: pytest.LogCaptureFixture) -> None:
    engine = twin.create_engine(echo="debug", execution_options={"logging_token": "web"})
    async with engine.connect() as connection:
        await connection.execute(insert(things), {"name": "a" * 30})
        with caplog.at_level(logging.DEBUG):
            await connection.execute(select(things.c.name))
        lines = [record.getMessage() for record in caplog.records if record.name == "ambo.engine.Engine"]
        assert any(line.startswith("[web] SELECT things.name") for line in lines) and any("generated in" in line for line in lines)
        assert any(line.startswith("Row ('aaa") for line in lines)
        caplog.clear()
        with caplog.at_level(logging.INFO):
            await connection.execute(select(things.c.name))
        assert any("cached since" in record.getMessage() for record in caplog.records)
        await connection.execution_options(compiled_cache=None)
        caplog.clear()
        with caplog.at_level(logging.INFO):
            await connection.execute(select(things.c.name))
        assert any("generated in" in record.getMessage() for record in caplog.records)
        with pytest.raises(InvalidRequestError, match="isolation_level"):
            await connection.execution_options(isolation_level="SERIALIZABLE")
    derived = engine.execution_options(isolation_level="AUTOCOMMIT")
    assert (derived.pool if twin.is_async else derived.target.pool) is (engine.pool if twin.is_async else engine.target.pool)
    async with derived.connect() as connection:
        assert await connection.get_isolation_level() == "AUTOCOMMIT"
        await connection.execute(insert(things), {"name": "kept"})
    async with engine.connect() as connection:
        assert await names(connection) == ["kept"]


@pytest.mark.worlds("psycopg", "asyncpg")
async def test_schemas_are_translated(twin: Twin) -> None:
    async with twin.engine.begin() as connection:
        await connection.execute(text("CREATE SCHEMA other"))
        await connection.execution_options(schema_translate_map={None: "other"})
        await connection.run_sync(metadata.create_all)
        await connection.execute(insert(things), {"name": "there"})
        assert await connection.scalar(text("SELECT name FROM other.things")) == "there"
        assert await names(connection) == ["there"]
        await connection.execution_options(schema_translate_map=None)
        assert await names(connection) == []


@pytest.mark.worlds("psycopg", "asyncpg", "mariadb")
async def test_sequences_are_executable_and_defaults(twin: Twin) -> None:
    other = MetaData()
    sequence = Sequence("numbers", start=100, metadata=other)
    table = Table("numbered", other, Column("id", Integer, sequence, primary_key=True), Column("x", Integer))
    async with twin.engine.begin() as connection:
        await connection.run_sync(other.create_all)
        assert await connection.scalar(sequence) == 100
        assert await connection.scalar(sequence.next_value()) == 101
        assert (await connection.execute(insert(table), {"x": 1})).inserted_primary_key == (102,)


async def test_one_connection_serves_one_task(twin: Twin) -> None:
    if not twin.is_async:
        pytest.skip("a blocking connection is used by one thread, which cannot overlap with itself")
    async with twin.engine.connect() as connection:
        found = await asyncio.gather(*[connection.scalar(select(1)) for _ in range(2)], return_exceptions=True)
        assert found[0] == 1 and isinstance(found[1], SessionBusyError)
        assert await connection.scalar(select(2)) == 2


async def test_the_driver_s_connection_can_be_had_and_given_up(twin: Twin) -> None:
    engine = twin.create_engine(pool_size=1, max_overflow=0)
    async with engine.connect() as connection:
        raw = await connection.get_raw_connection()
        assert raw.is_valid and raw.driver_connection is not None
        await connection.execute(select(1))
        await connection.invalidate()
        assert connection.invalidated
        with pytest.raises(InvalidRequestError, match="rollback"):
            await connection.execute(select(1))
        await connection.rollback()
        assert await connection.scalar(select(3)) == 3
    pool = engine.pool if twin.is_async else engine.target.pool
    assert pool.checkedout() == 0
    async with engine.connect() as connection:
        await connection.detach()
        assert await connection.scalar(select(4)) == 4
        assert pool.checkedout() == 0


def test_options_that_nobody_takes_are_refused_with_the_nearest() -> None:
    with pytest.raises(TypeError, match=r"'pool_sise'; did you mean 'pool_size'"):
        ambo.create_engine("sqlite://", pool_sise=5)
    with pytest.raises(ArgumentError, match="plugins"):
        ambo.create_engine("sqlite://", plugins=["x"])
    with pytest.raises(ArgumentError, match="SQLite has AUTOCOMMIT"):
        ambo.create_engine("sqlite://", isolation_level="SERIALISABLE")
    with pytest.raises(ArgumentError, match="AsyncAdaptedQueuePool"):
        ambo.create_engine("sqlite://", poolclass=ambo.AsyncAdaptedQueuePool)
    with pytest.raises(KeyError, match=r"sqlalchemy\.url"):
        ambo.engine_from_config({"url": "sqlite://"})


def test_engines_from_text(tmp_path: Any) -> None:
    options = {
        "sqlalchemy.url": f"sqlite:///{tmp_path}/x.db",
        "sqlalchemy.pool_size": "3",
        "sqlalchemy.hide_parameters": "true",
        "other": "x",
    }
    engine = ambo.engine_from_config(options)
    assert engine.pool.size() == 3 and engine.hide_parameters is True
    assert ambo.create_pool_from_url("sqlite:///x.db", size=7).size() == 7


def test_a_mock_engine_prints_ddl() -> None:
    lines: list[str] = []
    engine = ambo.create_mock_engine("postgresql://", lambda statement, *rest: lines.append(str(statement)))
    metadata.create_all(engine, checkfirst=False)
    assert len(lines) == 3 and "CREATE TABLE things" in "".join(lines) and "SERIAL" in "".join(lines)


def test_async_listeners_belong_to_async_engines() -> None:
    engine = ambo.create_engine("sqlite://")

    @event.listens_for(engine, "begin")
    async def begin(conn: Any) -> None: ...

    with engine.connect() as connection, pytest.raises(InvalidRequestError, match="async def"):
        connection.execute(select(1))


async def test_options_of_a_call_win_over_those_of_the_connection_and_these_over_the_statements(twin: Twin) -> None:
    seen: list[Any] = []
    async with twin.engine.connect() as connection:
        await connection.execution_options(of_connection="c", shared="c", all="c")
        event.listen(twin.dispatch_engine, "before_execute", lambda *args: seen.append(dict(args[4])))
        statement = select(literal_column("1")).execution_options(shared="s", all="s", of_statement="s")
        await connection.execute(statement, execution_options={"all": "e"})
    assert {"of_connection": "c", "of_statement": "s", "shared": "c", "all": "e"}.items() <= seen[0].items()


async def test_listeners_of_engine_options_get_the_new_engine(twin: Twin) -> None:
    seen: list[Any] = []
    event.listen(twin.dispatch_engine, "set_engine_execution_options", lambda engine, options: seen.append((engine.get_execution_options(), options)))
    made = twin.engine.execution_options(mine=1)
    assert seen[0][1] == {"mine": 1} and made.get_execution_options() == {"mine": 1}
