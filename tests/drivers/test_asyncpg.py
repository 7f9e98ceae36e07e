"""What only asyncpg's links do: a BEGIN that travels in front of a prepared statement."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from ambo import errors
from ambo.effects import Execute

pytestmark = pytest.mark.parametrize("world", ["asyncpg-async"], indirect=True)

ADD = "SELECT 1 / $1::INTEGER"
SLEEP = "SELECT pg_sleep($1::DOUBLE PRECISION)"


async def warm(world: Any, *statements: tuple[str, Any]) -> Any:
    link = await world.link()
    for sql, value in statements:
        await link.execute(sql, (value,))
    return link


async def test_begin_costs_no_trip_of_its_own(world: Any) -> None:
    link = await warm(world, (ADD, 1))
    for begin in ("BEGIN", "BEGIN ISOLATION LEVEL SERIALIZABLE"):
        before = link.round_trips
        opened, found = await link.batch([Execute(link, begin), Execute(link, ADD, (1,))])
        assert link.round_trips == before + 1
        assert (opened.rows, opened.rowcount, found.rows[0][0], found.rowcount) == ([], -1, 1, 1)
        assert link.in_transaction
        level = (await link.execute("SHOW transaction_isolation")).rows[0][0]
        assert level == ("serializable" if "SERIAL" in begin else "read committed")
        await link.execute("ROLLBACK")
        assert not link.in_transaction


@pytest.mark.parametrize("value", [0, "x", 2**40])
async def test_an_error_leaves_the_transaction_open_for_rollback(world: Any, value: Any) -> None:
    link = await warm(world, (ADD, 1))
    with pytest.raises(errors.DBAPIError) as caught:
        await link.batch([Execute(link, "BEGIN"), Execute(link, ADD, (value,))])
    assert caught.value.statement == ADD and caught.value.params == (value,)
    assert link.in_transaction
    await link.execute("ROLLBACK")
    assert not link.in_transaction and not link.is_broken
    assert (await link.execute(ADD, (1,))).rows[0][0] == 1
    assert not link.in_transaction


async def test_a_wrong_number_of_values(world: Any) -> None:
    link = await warm(world, (ADD, 1))
    with pytest.raises(errors.DBAPIError):
        await link.batch([Execute(link, "BEGIN"), Execute(link, ADD, (1, 2))])
    await link.execute("ROLLBACK")
    assert (await link.execute(ADD, (1,))).rows[0][0] == 1


async def test_a_cancelled_one_can_be_rolled_back(world: Any) -> None:
    link = await warm(world, (SLEEP, 0.0))
    task = asyncio.ensure_future(link.batch([Execute(link, "BEGIN"), Execute(link, SLEEP, (30.0,))]))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert link.in_transaction
    await link.execute("ROLLBACK")
    assert not link.in_transaction
    opened, _ = await link.batch([Execute(link, "BEGIN"), Execute(link, SLEEP, (0.0,))])
    assert link.in_transaction and opened.rows == []


async def test_right_after_a_cancellation_begin_goes_alone(world: Any) -> None:
    link = await warm(world, (SLEEP, 0.0), (ADD, 1))
    for _ in range(20):
        task = asyncio.ensure_future(link.execute(SLEEP, (30.0,)))
        await asyncio.sleep(0.002)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        _, found = await link.batch([Execute(link, "BEGIN"), Execute(link, ADD, (1,))])
        assert found.rows[0][0] == 1 and link.in_transaction
        await link.execute("ROLLBACK")


async def test_a_lost_server_is_noticed(world: Any) -> None:
    link, other = await warm(world, (ADD, 1)), await world.link()
    pid = (await link.execute("SELECT pg_backend_pid()")).rows[0][0]
    await other.execute("SELECT pg_terminate_backend($1::INTEGER)", (pid,))
    with pytest.raises(errors.DBAPIError) as caught:
        for _ in range(3):
            await link.batch([Execute(link, "BEGIN"), Execute(link, ADD, (1,))])
    assert caught.value.connection_invalidated and link.is_broken
