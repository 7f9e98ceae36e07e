"""What every link promises, in each driver and colour."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import pytest

from ambo import errors
from ambo.effects import Execute, ExecuteMany
from worlds import WORLDS

CREATE = "CREATE TABLE item (id INTEGER PRIMARY KEY, name VARCHAR(20) NOT NULL, rank INTEGER UNIQUE, CONSTRAINT positive CHECK (rank > 0))"


async def table(world: Any) -> Any:
    link = await world.link()
    await world.do(link.execute, CREATE)
    await world.do(link.execute_many, f"INSERT INTO item VALUES ({world.one()}, {world.one(2)}, {world.one(3)})", [(1, "a", 1), (2, "b", 2), (3, "c", 3)])
    return link


async def test_rows_names_and_row_counts(world: Any) -> None:
    link = await table(world)
    found = await world.do(link.execute, f"SELECT id, name FROM item WHERE id > {world.one()} ORDER BY id", (1,))
    assert [tuple(row) for row in found.rows] == [(2, "b"), (3, "c")]
    assert found.names == ("id", "name")
    assert (await world.do(link.execute, f"UPDATE item SET name = {world.one()} WHERE id > 1", ("z",))).rowcount == 2
    returned = await world.do(link.execute, "DELETE FROM item RETURNING id")
    assert (len(returned.rows), returned.names, returned.rowcount) == (3, ("id",), 3)
    assert (await world.do(link.execute, "SELECT id FROM item")).rows == []


async def test_no_rows_still_have_names(world: Any) -> None:
    link = await table(world)
    found = await world.do(link.execute, "SELECT id AS x FROM item WHERE 1 = 0")
    assert (found.rows, found.names) == ([], ("x",))


async def test_a_batch_returns_a_result_for_each(world: Any) -> None:
    link = await table(world)
    insert = f"INSERT INTO item VALUES ({world.one()}, 'x', NULL)"
    _, _, query = await world.do(
        link.batch, [Execute(link, "BEGIN"), ExecuteMany(link, insert, [(11,), (12,)]), Execute(link, "SELECT count(*) FROM item")]
    )
    assert [tuple(row) for row in query.rows] == [(5,)]
    assert link.in_transaction
    await world.do(link.execute, "ROLLBACK")
    assert not link.in_transaction
    assert (await world.do(link.execute, "SELECT count(*) FROM item")).rows[0][0] == 3


async def test_a_failed_batch_stops_there_and_names_the_statement(world: Any) -> None:
    link = await table(world)
    statements = [Execute(link, "BEGIN"), Execute(link, f"INSERT INTO item VALUES ({world.one()}, 'x', NULL)", (1,)), Execute(link, "SELECT 1")]
    with pytest.raises(errors.IntegrityError) as caught:
        await world.do(link.batch, statements)
    assert caught.value.statement == statements[1].sql
    assert caught.value.params == (1,)
    await world.do(link.execute, "ROLLBACK")
    assert not link.is_broken


async def test_a_batch_outside_a_transaction_keeps_what_came_before_the_error(world: Any) -> None:
    link = await table(world)
    insert = f"INSERT INTO item VALUES ({world.one()}, 'x', NULL)"
    with pytest.raises(errors.IntegrityError):
        await world.do(link.batch, [Execute(link, insert, (7,)), Execute(link, insert, (7,))])
    assert (await world.do(link.execute, "SELECT count(*) FROM item WHERE id = 7")).rows[0][0] == 1


@pytest.mark.parametrize(
    ("sql", "columns", "constraint"),
    [
        ("INSERT INTO item VALUES (4, 'x', 1)", ("rank",), "item_rank_key"),
        ("INSERT INTO item VALUES (4, NULL, 9)", ("name",), None),
        ("INSERT INTO item VALUES (4, 'x', -1)", (), "positive"),
    ],
)
async def test_integrity_errors_name_what_was_violated(world: Any, sql: str, columns: tuple[str, ...], constraint: str | None) -> None:
    link = await table(world)
    with pytest.raises(errors.IntegrityError) as caught:
        await world.do(link.execute, sql)
    error = caught.value
    if world.is_mariadb:  # names a key without its table
        constraint = constraint and constraint.removeprefix("item_").removesuffix("_key")
    assert error.columns == columns
    assert error.orig is error.__cause__ is not None
    if constraint == "positive" or not world.is_sqlite:
        assert error.constraint == constraint
    if constraint != "positive" or not world.is_sqlite:
        assert error.table == "item"


async def test_a_composite_key_violation_names_all_columns(world: Any) -> None:
    link = await world.link()
    await world.do(link.execute, "CREATE TABLE pair (a INTEGER, b INTEGER, PRIMARY KEY (a, b))")
    await world.do(link.execute, "INSERT INTO pair VALUES (1, 2)")
    with pytest.raises(errors.IntegrityError) as caught:
        await world.do(link.execute, "INSERT INTO pair VALUES (1, 2)")
    assert caught.value.table == "pair"
    if world.is_mariadb:
        assert caught.value.constraint == "PRIMARY"
    assert caught.value.columns == ("a", "b")


async def test_wrong_sql_is_one_of_ours_and_shows_the_statement(world: Any) -> None:
    link = await world.link()
    with pytest.raises(errors.DBAPIError) as caught:
        await world.do(link.execute, "SELEC 1")
    assert "[SQL: SELEC 1]" in str(caught.value)
    assert not caught.value.connection_invalidated
    assert (await world.do(link.execute, "SELECT 1")).rows[0][0] == 1


async def test_a_value_of_the_wrong_type_is_named(world: Any) -> None:
    link = await world.link()
    place = world.one() if world.is_sqlite or world.is_mariadb else "$1::INTEGER"
    with pytest.raises(errors.DBAPIError) as caught:
        await world.do(link.execute, f"SELECT {place}", (object,))
    assert "class 'object'" in str(caught.value)
    assert (await world.do(link.execute, "SELECT 1")).rows[0][0] == 1


@pytest.mark.parametrize("world", [name for name in WORLDS if "my" not in name], indirect=True)
async def test_a_number_too_large(world: Any) -> None:
    link = await world.link()
    place = world.one() if world.is_sqlite else "$1::BIGINT"
    with pytest.raises(errors.DataError) as caught:
        await world.do(link.execute, f"SELECT {place}", (2**70,))
    assert str(2**70) in str(caught.value)


async def test_chunks(world: Any) -> None:
    link = await table(world)
    await world.do(link.execute, "BEGIN")
    cursor = await world.do(link.open_cursor, f"SELECT id FROM item WHERE id > {world.one()} ORDER BY id", (0,))
    assert cursor.names == ("id",)
    chunks = [await world.do(link.fetch_chunk, cursor, 2) for _ in range(3)]
    assert [[row[0] for row in chunk] for chunk in chunks] == [[1, 2], [3], []]
    await world.do(link.close_cursor, cursor)
    await world.do(link.execute, "COMMIT")


async def test_chunks_outside_a_transaction_and_of_a_write(world: Any) -> None:
    link = await table(world)
    for sql in ("SELECT id FROM item ORDER BY id", "DELETE FROM item RETURNING id"):
        cursor = await world.do(link.open_cursor, sql)
        rows = await world.do(link.fetch_chunk, cursor, 2) + await world.do(link.fetch_chunk, cursor, 2)
        assert sorted(row[0] for row in rows) == [1, 2, 3]
        assert await world.do(link.fetch_chunk, cursor, 2) == []
        await world.do(link.close_cursor, cursor)


async def test_raw_statements_in_the_drivers_own_style(world: Any) -> None:
    link = await table(world)
    place = {"sqlite": "?", "psycopg": "%s", "asyncpg": "$1", "pymysql": "%s", "asyncmy": "%s"}[world.name.partition("-")[0]]
    found = await world.do(link.driver_sql, f"SELECT name FROM item WHERE id = {place}", (2,))
    assert [tuple(row) for row in found.rows] == [("b",)]
    await world.do(link.driver_sql, f"DELETE FROM item WHERE id = {place}", [(1,), (2,)], True)
    assert (await world.do(link.driver_sql, "SELECT count(*) FROM item")).rows[0][0] == 1


async def test_ping_and_close(world: Any) -> None:
    link = await world.link()
    await world.do(link.ping)
    await world.do(link.close)
    assert link.closed
    with pytest.raises(errors.DBAPIError):
        await world.do(link.execute, "SELECT 1")


TRIPS = {  # first execution, later ones, a batch of three
    "sqlite": (1, 1, 1),
    "psycopg": (1, 1, 1),
    "asyncpg": (2, 1, 3),
    "pymysql": (1, 1, 3),
    "asyncmy": (1, 1, 3),
}


async def test_round_trips_are_counted_exactly(world: Any) -> None:
    link = await table(world)
    first, later, batch = TRIPS[world.name.partition("-")[0]]
    sql = f"SELECT name FROM item WHERE id = {world.one()}"
    counts = []
    for number in range(1, 5):
        before = link.round_trips
        await world.do(link.execute, sql, (number,))
        counts.append(link.round_trips - before)
    assert counts == [first, later, later, later]
    before = link.round_trips
    await world.do(link.batch, [Execute(link, "BEGIN"), Execute(link, sql, (1,)), Execute(link, "SELECT 1")])
    assert link.round_trips - before == batch
    await world.do(link.execute, "ROLLBACK")


async def test_prepared_statements_survive_changes_of_their_table(world: Any) -> None:
    link, other = await table(world), await world.link()
    for _ in range(3):
        assert len((await world.do(link.execute, "SELECT * FROM item WHERE id = 1")).rows[0]) == 3
    await world.do(other.execute, "ALTER TABLE item ADD COLUMN extra INTEGER")
    found = await world.do(link.execute, "SELECT * FROM item WHERE id = 1")
    assert len(found.rows[0]) == 4
    assert found.names[-1] == "extra"
    await world.do(other.execute, "ALTER TABLE item ADD COLUMN more INTEGER")
    _, found = await world.do(link.batch, [Execute(link, "BEGIN"), Execute(link, "SELECT * FROM item WHERE id = 1")])
    assert len(found.rows[0]) == 5
    assert link.in_transaction
    await world.do(link.execute, "ROLLBACK")


SLOW = {
    "sqlite": "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n",
    "psycopg": "SELECT pg_sleep(30)",
    "asyncpg": "SELECT pg_sleep(30)",
}


@pytest.mark.parametrize("world", ["sqlite-async", "psycopg-async", "asyncpg-async"], indirect=True)
@pytest.mark.parametrize("in_batch", [False, True])
async def test_a_cancelled_statement_ends_on_the_server_and_the_link_goes_on(world: Any, in_batch: bool) -> None:
    link = await table(world)
    slow = Execute(link, SLOW[world.name.partition("-")[0]])
    begin = Execute(link, "BEGIN")
    write = Execute(link, "DELETE FROM item")
    work = link.batch([begin, write, slow]) if in_batch else link.execute(slow.sql)
    task = asyncio.ensure_future(work)
    await asyncio.sleep(0.1)
    task.cancel()
    start = time.monotonic()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not link.is_broken
    if in_batch:
        await link.execute("ROLLBACK")
    assert not link.in_transaction
    assert (await link.execute("SELECT count(*) FROM item")).rows[0][0] == 3
    assert time.monotonic() - start < 5


async def test_listeners_can_use_the_connection(world: Any) -> None:
    link = await world.link()
    seen: list[Any] = []

    def listener(dbapi_connection: Any, record: Any) -> None:
        cursor = dbapi_connection.cursor()
        cursor.execute("CREATE TABLE made (id INTEGER)")
        cursor.close()
        seen.append((record, threading.current_thread()))

    await world.do(link.call_listener, listener, "record")
    assert seen[0][0] == "record"
    assert (seen[0][1] is threading.main_thread()) is (world.name != "sqlite-async")
    assert (await world.do(link.execute, "SELECT count(*) FROM made")).rows[0][0] == 0


async def test_connecting_to_nothing_says_so(world: Any) -> None:
    if world.is_sqlite:
        world.url = world.url.set(database="/no/such/directory/x.db")
    else:
        world.url = world.url.set(host="127.0.0.1", port=1, query={"connect_timeout": "2"})
    with pytest.raises(errors.OperationalError) as caught:
        await world.link()
    assert caught.value.__cause__ is not None


@pytest.mark.parametrize("world", ["psycopg-sync", "psycopg-async", "asyncpg-async"], indirect=True)
async def test_a_dead_server_marks_the_link_broken(world: Any) -> None:
    link, other = await world.link(), await world.link()
    pid = (await world.do(link.execute, "SELECT pg_backend_pid()")).rows[0][0]
    await world.do(other.execute, "SELECT pg_terminate_backend($1::INTEGER)", (pid,))
    with pytest.raises(errors.OperationalError) as caught:
        for _ in range(3):
            await world.do(link.execute, "SELECT 1")
    assert caught.value.connection_invalidated
    assert link.is_broken


@pytest.mark.parametrize("world", ["psycopg-async", "asyncpg-async"], indirect=True)
async def test_a_round_trip_takes_two_turns_of_the_loop(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """One finds the answer on the socket, the next lets the task go on; a cold trip, or an answer in two parts, takes more."""
    link = await world.link()
    for _ in range(3):
        await link.execute("SELECT 1")
    loop: Any = asyncio.get_running_loop()
    turns = 0
    once = loop._run_once

    def counting() -> None:
        nonlocal turns
        turns += 1
        once()

    monkeypatch.setattr(loop, "_run_once", counting)
    for _ in range(20):
        await link.execute("SELECT 1")
    assert turns <= 45
    turns = 0
    trips = link.round_trips
    for _ in range(20):
        await link.batch([Execute(link, "BEGIN"), Execute(link, "SELECT 1")])
        await link.execute("ROLLBACK")
    assert link.round_trips == trips + 40
    assert turns <= 90
