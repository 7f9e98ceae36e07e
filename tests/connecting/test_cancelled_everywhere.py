"""Cancelling at every suspension point of one unit of work, with every asyncio driver: nothing leaks, everything goes on."""

from __future__ import annotations

import asyncio
import gc
import types
from collections.abc import Coroutine, Generator
from typing import Any

import pytest

from ambo.connecting.registry import pool_class
from ambo.connecting.runtime import arun
from ambo.effects import Execute, Op, acquire, batch, close_cursor, fetch, fetch_chunk, open_cursor, release

ASYNC = pytest.mark.parametrize("world", ["sqlite-async", "psycopg-async", "asyncpg-async", "asyncmy-async"], indirect=True)


@types.coroutine
def cancelling(body: Coroutine[Any, Any, Any], at: int) -> Generator[Any, Any, Any]:
    """Run a coroutine, and cancel the task at its n-th suspension (from 0)."""
    count, value, error = 0, None, None
    while True:
        try:
            waited_for = body.throw(error) if error is not None else body.send(value)
        except StopIteration as stop:
            return stop.value
        if count == at:
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
        count += 1
        value = error = None
        try:
            value = yield waited_for
        except BaseException as thrown:
            error = thrown


async def cancelled_at(body: Coroutine[Any, Any, Any], at: int) -> bool:
    """Return whether the work was cancelled; False if it ended before its n-th suspension."""

    async def task() -> None:
        await cancelling(body, at)

    running = asyncio.ensure_future(task())
    await asyncio.wait([running])
    if running.cancelled():
        return True
    running.result()
    return False


def unit_of_work(pool: Any, number: int, place: str) -> Op[None]:
    """Insert a row and read it back, as an operation does."""
    link = yield from acquire(pool)
    broken = True
    try:
        try:
            yield from batch(link, [Execute(link, "BEGIN"), Execute(link, f"INSERT INTO t VALUES ({place})", (number,))])
            yield from fetch(link, "SELECT count(*) FROM t")
            cursor = yield from open_cursor(link, "SELECT id FROM t")
            yield from fetch_chunk(link, cursor, 2)
            yield from close_cursor(link, cursor)
            yield from fetch(link, "COMMIT")
        except BaseException:
            if not link.is_broken:
                yield from fetch(link, "ROLLBACK")
            raise
        broken = False
    except asyncio.CancelledError:
        broken = link.in_transaction
        raise
    finally:
        yield from release(pool, link, broken)


@ASYNC
@pytest.mark.parametrize("warm", [False, True])
async def test_cancelled_at_each_suspension(world: Any, warm: bool) -> None:
    pool = pool_class(world.driver, world.url)(lambda: world.driver.connect(world.url, {}), pool_size=1, max_overflow=0, timeout=5)
    setup = await world.link()
    await setup.execute("CREATE TABLE t (id INTEGER PRIMARY KEY)")
    for at in range(200):
        if warm:
            pool.release(await pool.acquire())
        else:
            await pool.dispose()
        cancelled = await cancelled_at(arun(unit_of_work(pool, at + 1000, world.one())), at)
        assert pool.checkedout() == 0, f"cancelled at suspension {at}"
        link = await pool.acquire(timeout=1)
        assert not link.in_transaction
        count = (await link.execute("SELECT count(*) FROM t")).rows[0][0]
        pool.release(link)
        if not cancelled:
            break
        assert count in (0, 1), f"cancelled at suspension {at}"
        await setup.execute("DELETE FROM t")
    else:
        pytest.fail("the work never ended")
    assert at > 3
    await pool.dispose()
    await setup.close()
    gc.collect()


@ASYNC
async def test_cancelled_while_waiting_for_the_pool(world: Any) -> None:
    pool = pool_class(world.driver, world.url)(lambda: world.driver.connect(world.url, {}), pool_size=1, max_overflow=0, timeout=5)
    held = await pool.acquire()
    waiter = asyncio.ensure_future(pool.acquire())
    await asyncio.sleep(0)
    assert pool.waiting() == 1
    waiter.cancel()
    await asyncio.wait([waiter])
    assert pool.waiting() == 0
    pool.release(held)
    assert (pool.checkedin(), pool.checkedout()) == (1, 0)
    await pool.dispose()


@ASYNC
async def test_many_tasks_cancelled_at_random(world: Any) -> None:
    pool = pool_class(world.driver, world.url)(lambda: world.driver.connect(world.url, {}), pool_size=3, max_overflow=0, timeout=20)
    setup = await world.link()
    await setup.execute("CREATE TABLE t (id INTEGER PRIMARY KEY)")
    tasks = [asyncio.ensure_future(arun(unit_of_work(pool, number, world.one()))) for number in range(30)]
    for number, task in enumerate(tasks):
        if number % 2:
            asyncio.get_running_loop().call_later(0.0007 * number, task.cancel)
    found = await asyncio.gather(*tasks, return_exceptions=True)
    unexpected = [one for one in found if isinstance(one, Exception) and "locked" not in str(one)]
    assert unexpected == []
    assert (pool.checkedout(), pool.waiting()) == (0, 0)
    for _ in range(3):
        assert not (await pool.acquire()).in_transaction
    await pool.dispose()
