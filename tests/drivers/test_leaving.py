"""Transactions that are undone without waiting: a ROLLBACK that is sent, and answered with the next statement."""

from __future__ import annotations

import asyncio
import os
import time
from typing import Any

import pytest
from psycopg import pq

from ambo import errors
from ambo.drivers.postgresql import only_reads
from ambo.effects import Execute

PSYCOPG = pytest.mark.parametrize("world", ["psycopg-sync", "psycopg-async"], indirect=True)
ASYNC = pytest.mark.parametrize("world", ["psycopg-async"], indirect=True)


async def left(world: Any) -> Any:
    """Return a link whose transaction was undone so, with a table t(id) of three rows."""
    link = await world.link()
    await world.do(link.execute, "CREATE TABLE t AS SELECT generate_series(1, 3) AS id")
    await read(world, link)
    assert link.roll_back_at_once()
    return link


async def read(world: Any, link: Any) -> None:
    await world.do(link.batch, [Execute(link, "BEGIN"), Execute(link, "SELECT count(*) FROM t")])
    assert link.in_transaction


def await_end(pid: int) -> None:
    """Wait until a server's process on this machine has ended, and thereby its connection: its activity is forgotten a moment earlier."""
    for _ in range(500):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        except PermissionError:
            pass
        time.sleep(0.01)


async def condition(world: Any, other: Any, pid: int) -> str:
    """Return what the server says a link is doing, once it has done what it was sent."""
    for _ in range(200):
        found: str = (await world.do(other.execute, "SELECT state FROM pg_stat_activity WHERE pid = $1::INTEGER", (pid,))).rows[0][0]
        if found == "idle":
            break
        time.sleep(0.01)
    return found


@PSYCOPG
async def test_the_transaction_ends_though_nobody_asks(world: Any) -> None:
    link, other = await left(world), await world.link()
    assert not link.in_transaction and await condition(world, other, link.pgconn.backend_pid) == "idle"


@PSYCOPG
async def test_what_comes_next_gets_its_own_answer(world: Any) -> None:
    link = await left(world)
    for _ in range(4):
        trips = link.round_trips
        assert (await world.do(link.execute, "SELECT id FROM t WHERE id > $1::INTEGER ORDER BY id", (1,))).rows == [(2,), (3,)]
        assert link.round_trips == trips + 1
        assert not link.in_transaction and link.pgconn.pipeline_status == pq.PipelineStatus.OFF
        await read(world, link)
        assert link.roll_back_at_once()
        _, found = await world.do(link.batch, [Execute(link, "BEGIN"), Execute(link, "SELECT 7")])
        assert found.rows == [(7,)] and link.in_transaction and link.roll_back_at_once()
    await world.do(link.execute, "INSERT INTO t VALUES (4)")
    assert (await world.do(link.execute, "SELECT count(*) FROM t")).rows == [(4,)]


@PSYCOPG
async def test_raw_connections_have_nothing_unread(world: Any) -> None:
    link = await left(world)
    raw = link.raw
    assert raw.pgconn.pipeline_status == pq.PipelineStatus.OFF and raw.pgconn.transaction_status == pq.TransactionStatus.IDLE
    cursor = await world.do(raw.execute, "SELECT %s", (7,))
    assert await world.do(cursor.fetchone) == (7,)
    await read(world, link)
    assert link.roll_back_at_once()
    assert (await world.do(link.driver_sql, "SELECT %s", (8,))).rows == [(8,)]


@PSYCOPG
async def test_an_error_of_the_next_statement_is_its_own(world: Any) -> None:
    link = await left(world)
    with pytest.raises(errors.ProgrammingError, match="nothing_like_it"):
        await world.do(link.execute, "SELECT * FROM nothing_like_it")
    assert not link.is_broken and not link.in_transaction
    await read(world, link)
    assert link.roll_back_at_once()
    with pytest.raises(errors.StatementError):
        await world.do(link.execute, "SELECT $1::INTEGER", (object(),))
    assert (await world.do(link.execute, "SELECT 1")).rows == [(1,)]


@PSYCOPG
@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO t VALUES (9)",
        "SELECT id FROM t FOR UPDATE",
        "SELECT id FROM t FOR KEY SHARE",
        "SELECT pg_advisory_xact_lock(1)",
        "SAVEPOINT one",
        "LOCK TABLE t",
        "WITH gone AS (DELETE FROM t RETURNING id) SELECT * FROM gone",
    ],
)
async def test_of_changes_and_locks_one_can_be_sure_that_they_are_gone(world: Any, sql: str) -> None:
    link = await left(world)
    await read(world, link)
    await world.do(link.execute, sql)
    await world.do(link.execute, "SELECT 1")
    assert not link.roll_back_at_once() and link.in_transaction
    await world.do(link.execute, "ROLLBACK")
    await read(world, link)
    assert link.roll_back_at_once()


@PSYCOPG
async def test_a_statement_that_is_prepared_anew_after_it(world: Any) -> None:
    """Its plan is of no more use, since somebody changed the table; outside of a transaction it is repeated, whatever it was sent behind."""
    link, other = await left(world), await world.link()
    for kind in ("BIGINT", "TEXT", "INTEGER USING id::INTEGER"):
        for _ in range(4):
            await world.do(link.execute, "INSERT INTO t VALUES (7) RETURNING id")
        await read(world, link)
        assert link.roll_back_at_once()
        await world.do(other.execute, f"ALTER TABLE t ALTER COLUMN id TYPE {kind}")
        assert len((await world.do(link.execute, "INSERT INTO t VALUES (7) RETURNING id")).rows) == 1
    assert (await world.do(link.execute, "SELECT count(*) FROM t")).rows == [(3 + 15,)]


@PSYCOPG
async def test_a_failed_transaction_is_waited_for(world: Any) -> None:
    link = await left(world)
    await read(world, link)
    with pytest.raises(errors.DBAPIError):
        await world.do(link.execute, "SELECT 1 / 0")
    assert not link.roll_back_at_once()


@PSYCOPG
@pytest.mark.parametrize("before", [True, False])
async def test_a_server_that_goes_costs_the_link(world: Any, before: bool) -> None:
    link, other = await left(world), await world.link()
    pid = link.pgconn.backend_pid
    if before:
        await read(world, link)
    await world.do(other.execute, "SELECT pg_terminate_backend($1::INTEGER)", (pid,))
    while (await world.do(other.execute, "SELECT count(*) FROM pg_stat_activity WHERE pid = $1::INTEGER", (pid,))).rows != [(0,)]:
        time.sleep(0.01)
    await_end(pid)
    if before:
        assert not link.roll_back_at_once()
    else:
        with pytest.raises(errors.OperationalError) as caught:
            await world.do(link.execute, "SELECT 1")
        assert caught.value.connection_invalidated
    assert link.is_broken


@ASYNC
async def test_the_answer_is_read_by_the_loop_and_registers_nothing(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    link = await left(world)
    loop, seen = asyncio.get_running_loop(), []
    for name in ("add_reader", "remove_reader", "add_writer", "remove_writer"):
        monkeypatch.setattr(loop, name, lambda *args, name=name: seen.append(name))
    for _ in range(3):
        async with asyncio.timeout(10):
            while link.watch.expected is not None:
                await asyncio.sleep(0)
        await read(world, link)
        assert link.roll_back_at_once()
    monkeypatch.undo()
    assert seen == []
    assert (await link.execute("SELECT 1")).rows == [(1,)]


@ASYNC
async def test_a_cancelled_statement_after_it(world: Any) -> None:
    link = await left(world)
    task = asyncio.ensure_future(link.execute("SELECT pg_sleep(30)"))
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await link.execute("SELECT 2")).rows == [(2,)] and not link.in_transaction


def test_which_statements_only_read() -> None:
    assert only_reads("SELECT users.id FROM users WHERE users.name = $1::VARCHAR")
    assert not only_reads("select * from users for share")
    assert not only_reads("SELECT id INTO copy FROM users")
    assert not only_reads("DELETE FROM users RETURNING id")
