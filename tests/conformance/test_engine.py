"""Engines and connections: URLs, transactions, raw SQL, pools, `:memory:`, echo and events, in both colours."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from ambo import Column, ForeignKey, Integer, MetaData, String, Table, event, func, insert, inspect, make_url, select, text
from ambo.exc import (
    ArgumentError,
    DBAPIError,
    IntegrityError,
    InvalidRequestError,
    OperationalError,
    ProgrammingError,
    ResourceClosedError,
    TimeoutError as PoolTimeout,
)
from ambo.pool import NullPool, StaticPool
from twin import Twin

metadata = MetaData()
parents = Table("parents", metadata, Column("id", Integer, primary_key=True), Column("name", String(20), nullable=False))
children = Table("children", metadata, Column("id", Integer, primary_key=True), Column("parent_id", ForeignKey("parents.id", name="fk_parent")))

pytestmark = pytest.mark.tables(metadata)


async def count(connection: Any) -> int:
    return (await connection.execute(select(func.count()).select_from(parents))).scalar_one()


async def test_begin_commits_and_connect_rolls_back(twin: Twin) -> None:
    async with twin.engine.begin() as connection:
        result = await connection.execute(insert(parents).values(name="one"))
        assert result.inserted_primary_key == (1,) and result.rowcount == 1
    async with twin.engine.connect() as connection:
        await connection.execute(insert(parents), [{"name": "two"}, {"name": "three"}])
        assert await count(connection) == 3
    async with twin.engine.connect() as connection:
        assert await count(connection) == 1
        await connection.execute(insert(parents).values(name="two"))
        await connection.commit()
        await connection.execute(insert(parents).values(name="three"))
        await connection.rollback()
        assert await count(connection) == 2
    with pytest.raises(RuntimeError):
        async with twin.engine.begin() as connection:
            await connection.execute(insert(parents).values(name="lost"))
            raise RuntimeError
    async with twin.engine.connect() as connection:
        assert await count(connection) == 2


async def test_transactions_by_hand(twin: Twin) -> None:
    connection = await twin.engine.connect()
    transaction = await connection.begin()
    assert connection.in_transaction() and transaction.is_active
    await connection.execute(insert(parents).values(name="one"))
    savepoint = await connection.begin_nested()
    assert connection.in_nested_transaction()
    await connection.execute(insert(parents).values(name="two"))
    await savepoint.rollback()
    async with connection.begin_nested():
        await connection.execute(insert(parents).values(name="three"))
    with pytest.raises(InvalidRequestError, match="already"):
        await connection.begin()
    await transaction.commit()
    assert not transaction.is_active and not connection.in_transaction()
    assert await count(connection) == 2
    await connection.close()
    assert connection.closed
    with pytest.raises(ResourceClosedError, match="closed"):
        await count(connection)


async def test_raw_sql_goes_to_the_driver_as_it_stands(twin: Twin) -> None:
    mark = {"sqlite": "?", "psycopg": "%s", "asyncpg": "$1", "mariadb": "%s"}[twin.driver]
    async with twin.engine.begin() as connection:
        await connection.exec_driver_sql("INSERT INTO parents (name) VALUES ('raw')")
        rows = await connection.exec_driver_sql(f"SELECT id, name FROM parents WHERE name = {mark}", ("raw",))
        assert rows.first() == (1, "raw")


async def test_run_sync_gives_the_plain_connection(twin: Twin) -> None:
    def names(connection: Any) -> list[str]:
        assert connection.execute(select(func.count()).select_from(parents)).scalar_one() == 0
        return sorted(inspect(connection).get_table_names())

    async with twin.engine.connect() as connection:
        assert await connection.run_sync(names) == ["children", "parents"]


async def test_create_all_looks_first_and_drop_all_keeps_the_order(twin: Twin) -> None:
    async with twin.engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
        await connection.run_sync(metadata.drop_all)
        await connection.run_sync(metadata.drop_all)
    async with twin.engine.connect() as connection:
        with pytest.raises((OperationalError, ProgrammingError), match="parents"):
            await count(connection)


async def test_reflection_reads_a_table(twin: Twin) -> None:
    other = MetaData()
    async with twin.engine.connect() as connection:
        table = await connection.run_sync(lambda plain: Table("children", other, autoload_with=plain))
        assert [column.name for column in table.columns] == ["id", "parent_id"]
        assert table.c.id.primary_key and isinstance(table.c.parent_id.type, Integer)
        assert next(iter(table.c.parent_id.foreign_keys)).column.table is other.tables["parents"]


async def test_autocommit_and_isolation_levels(twin: Twin) -> None:
    async with twin.engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(insert(parents).values(name="one"))
    async with twin.engine.connect() as connection:
        assert await count(connection) == 1
        await connection.rollback()
        await connection.execution_options(isolation_level="SERIALIZABLE")
        assert await count(connection) == 1
        if twin.database == "postgresql":
            assert (await connection.execute(text("SHOW transaction_isolation"))).scalar_one() == "serializable"
    async with twin.engine.connect() as connection:
        if twin.database == "postgresql":
            assert (await connection.execute(text("SHOW transaction_isolation"))).scalar_one() == "read committed"
    engine = twin.create_engine(isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(insert(parents).values(name="two"))
    async with twin.engine.connect() as connection:
        assert await count(connection) == 2


@pytest.mark.worlds("sqlite")
async def test_the_foreign_key_snippet_that_everyone_uses(twin: Twin) -> None:
    engine = twin.create_engine()

    @event.listens_for(engine.sync_engine if twin.is_async else engine.target, "connect")
    def switch_on(connection: Any, record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    async with engine.connect() as connection:
        with pytest.raises(IntegrityError, match="FOREIGN KEY"):
            await connection.execute(insert(children).values(parent_id=5))
    async with twin.engine.begin() as connection:
        await connection.execute(insert(children).values(parent_id=5))


async def test_connect_and_checkout_events(twin: Twin) -> None:
    engine = twin.create_engine()
    seen: list[str] = []
    target = engine.sync_engine if twin.is_async else engine.target
    for name in ("connect", "checkout", "checkin"):
        event.listen(target, name, lambda *args, name=name: seen.append(name))
    for _ in range(2):
        async with engine.connect() as connection:
            await count(connection)
    assert seen == ["connect", "checkout", "checkin", "checkout", "checkin"]


async def test_statements_are_seen_by_cursor_events(twin: Twin) -> None:
    seen: list[str] = []
    event.listen(twin.dispatch_engine, "before_cursor_execute", lambda conn, cursor, statement, parameters, context, many: seen.append(statement))
    async with twin.engine.connect() as connection:
        await count(connection)
    assert any("count" in statement for statement in seen)


async def test_a_full_pool_says_so_in_time(twin: Twin) -> None:
    engine = twin.create_engine(pool_size=1, max_overflow=0, pool_timeout=0.05)
    async with engine.connect() as connection:
        await count(connection)
        with pytest.raises(PoolTimeout, match="pool|connection"):
            async with engine.connect() as second:
                await count(second)
    async with engine.connect() as connection:
        assert await count(connection) == 0


async def test_pools_of_other_kinds(twin: Twin) -> None:
    for kind in (NullPool, StaticPool):
        engine = twin.create_engine(poolclass=kind)
        for _ in range(2):
            async with engine.connect() as connection:
                assert await count(connection) == 0


@pytest.mark.worlds("sqlite")
async def test_memory_is_one_database_for_all_sessions(twin: Twin) -> None:
    engine = twin.create_engine("sqlite+aiosqlite://" if twin.is_async else "sqlite://")
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
        await connection.execute(insert(parents).values(name="one"))
    async with engine.connect() as connection:
        assert await count(connection) == 1


async def test_pre_ping_replaces_a_dead_connection(twin: Twin) -> None:
    engine = twin.create_engine(pool_pre_ping=True)
    async with engine.connect() as connection:
        await count(connection)
        if twin.database == "postgresql":
            pid = (await connection.execute(text("SELECT pg_backend_pid()"))).scalar_one()
    if twin.database == "postgresql":
        async with twin.engine.connect() as killer:
            await killer.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
    async with engine.connect() as connection:
        assert await count(connection) == 0


@pytest.mark.worlds("psycopg", "asyncpg", "mariadb")
async def test_a_dead_connection_is_reported_and_replaced(twin: Twin) -> None:
    engine = twin.create_engine()
    who, kill = ("connection_id()", "KILL :pid") if twin.database == "mariadb" else ("pg_backend_pid()", "SELECT pg_terminate_backend(:pid)")
    async with engine.connect() as connection:
        pid = (await connection.execute(text(f"SELECT {who}"))).scalar_one()
        async with twin.engine.connect() as killer:
            await killer.execute(text(kill), {"pid": pid})
        with pytest.raises(DBAPIError) as caught:
            await count(connection)
        assert caught.value.connection_invalidated
    async with engine.connect() as connection:
        assert await count(connection) == 0


async def test_echo_logs_the_statements(twin: Twin, caplog: pytest.LogCaptureFixture) -> None:
    engine = twin.create_engine(echo=True)
    with caplog.at_level(logging.INFO):
        async with engine.connect() as connection:
            await count(connection)
    assert any("count" in record.getMessage() for record in caplog.records)


async def test_an_sql_error_carries_statement_parameters_and_cause(twin: Twin) -> None:
    async with twin.engine.connect() as connection:
        with pytest.raises((OperationalError, ProgrammingError)) as caught:
            await connection.execute(text("SELECT * FROM nowhere WHERE x = :x"), {"x": 5})
        assert "nowhere" in str(caught.value) and "5" in str(caught.value) and caught.value.statement.startswith("SELECT * FROM nowhere")
        assert caught.value.__cause__ is caught.value.orig and not isinstance(caught.value.orig, DBAPIError)
        await connection.rollback()
        assert await count(connection) == 0


@pytest.mark.worlds("psycopg", "asyncpg", "mariadb")
async def test_a_foreign_key_violation_names_the_constraint(twin: Twin) -> None:
    async with twin.engine.connect() as connection:
        with pytest.raises(IntegrityError) as caught:
            await connection.execute(insert(children).values(parent_id=5))
        assert caught.value.constraint == "fk_parent" and caught.value.table == "children"


def test_urls_are_read_and_written() -> None:
    url = make_url("postgresql+asyncpg://me:s%40cret@db.example:5433/shop?application_name=x")
    assert (url.drivername, url.username, url.password, url.host, url.port, url.database) == ("postgresql+asyncpg", "me", "s@cret", "db.example", 5433, "shop")
    assert dict(url.query) == {"application_name": "x"}
    assert url.get_backend_name() == "postgresql"
    assert "cret" not in repr(url) and "s%40cret" in url.render_as_string(hide_password=False)
    assert url.set(database="other").database == "other"
    with pytest.raises(ArgumentError, match="URL|url"):
        make_url("not a database url")
