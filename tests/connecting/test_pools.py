"""Both pools: limits, waiting, staleness, events, what comes back broken or not at all."""

from __future__ import annotations

import asyncio
import gc
import inspect
import os
import sqlite3
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from ambo import create_engine, errors, select
from ambo.connecting import async_pool, sync_pool
from ambo.connecting.async_pool import AsyncAdaptedQueuePool, AsyncNullPool, AsyncStaticPool
from ambo.connecting.checkout import BasePool
from ambo.connecting.sync_pool import AssertionPool, NullPool, QueuePool, SingletonThreadPool, StaticPool
from ambo.drivers.mock import MockDriver
from ambo.ext.asyncio import create_async_engine
from ambo.listening import listen, listens_for

KINDS = {"sync": sync_pool, "async": async_pool}


class Twin:
    """A pool of mock links in one colour, its methods awaitable in both."""

    def __init__(self, colour: str) -> None:
        self.is_async = colour == "async"
        self.driver = MockDriver(lambda sql, params: [], is_async=self.is_async)

    def pool(self, kind: str = "QueuePool", **options: Any) -> Any:
        names = {"QueuePool": "AsyncAdaptedQueuePool"} | {name: f"Async{name}" for name in ("NullPool", "StaticPool", "AssertionPool")}
        made = getattr(async_pool, names[kind]) if self.is_async else getattr(sync_pool, kind)
        return made(self.driver.connect, **options)

    async def do(self, method: Callable[..., Any], *args: Any) -> Any:
        found = method(*args)
        return await found if inspect.isawaitable(found) else found


@pytest.fixture(params=["sync", "async"])
def both(request: pytest.FixtureRequest) -> Twin:
    """Both colours."""
    return Twin(request.param)


async def test_links_are_reused_and_counted(both: Twin) -> None:
    pool = both.pool(pool_size=2, max_overflow=1)
    links = [await both.do(pool.acquire) for _ in range(3)]
    assert (pool.size(), pool.checkedin(), pool.checkedout(), pool.overflow()) == (2, 0, 3, 1)
    for link in links:
        pool.release(link)
    assert (pool.checkedin(), pool.checkedout(), pool.overflow()) == (2, 0, 0)
    assert [link.closed for link in links] == [False, False, True]
    assert await both.do(pool.acquire) is links[0]
    assert "Pool size: 2  Connections in pool: 1" in pool.status()


async def test_timeout_says_what_to_do(both: Twin) -> None:
    pool = both.pool(pool_size=1, max_overflow=0, timeout=0.02)
    link = await both.do(pool.acquire)
    with pytest.raises(errors.TimeoutError, match=r"all 1 of this .*pool_size=1, max_overflow=0.*pool_timeout"):
        await both.do(pool.acquire)
    pool.release(link)
    assert pool.waiting() == 0
    assert await both.do(pool.acquire) is link


async def test_a_broken_link_is_closed_and_its_slot_free(both: Twin) -> None:
    pool = both.pool(pool_size=1, max_overflow=0, timeout=0)
    link = await both.do(pool.acquire)
    pool.release(link, broken=True)
    assert link.closed
    assert (await both.do(pool.acquire)) is not link


async def test_a_link_that_is_dropped_gives_its_slot_back(both: Twin) -> None:
    pool = both.pool(pool_size=1, max_overflow=0, timeout=0.5)
    link = await both.do(pool.acquire)
    both.driver.links.clear()
    del link
    gc.collect()
    await both.do(pool.acquire)
    assert pool.checkedout() == 1


async def test_failing_to_open_gives_the_slot_back(both: Twin) -> None:
    pool = both.pool(pool_size=1, max_overflow=0, timeout=0.1)
    opener = pool.opener

    def failing() -> Any:
        raise errors.OperationalError("no server")

    pool.opener = failing
    for _ in range(3):
        with pytest.raises(errors.OperationalError):
            await both.do(pool.acquire)
    assert pool.checkedout() == 0
    pool.opener = opener
    await both.do(pool.acquire)


async def test_a_failing_connect_listener_closes_and_gives_the_slot_back(both: Twin) -> None:
    pool = both.pool(pool_size=1, max_overflow=0, timeout=0.1)

    @listens_for(pool, "connect")
    def refuse(connection: Any, record: Any) -> None:
        raise ValueError("no")

    for _ in range(2):
        with pytest.raises(ValueError, match="no"):
            await both.do(pool.acquire)
    assert pool.checkedout() == 0
    assert all(link.closed for link in both.driver.links)


async def test_recycle(both: Twin) -> None:
    pool = both.pool(recycle=100)
    link = await both.do(pool.acquire)
    pool.release(link)
    link.pool_record.born -= 101
    other = await both.do(pool.acquire)
    assert other is not link
    assert link.closed
    assert (pool.checkedout(), pool.checkedin()) == (1, 0)


async def test_pre_ping_replaces_the_dead_and_everything_as_old(both: Twin) -> None:
    pool = both.pool(pre_ping=True)
    links = [await both.do(pool.acquire) for _ in range(2)]
    for link in links:
        pool.release(link)
        dead(link)
    fresh = [await both.do(pool.acquire) for _ in range(2)]
    assert all(link.closed for link in links)
    assert not set(fresh) & set(links)
    assert pool.checkedout() == 2


def dead(link: Any) -> None:
    error = errors.OperationalError("gone", connection_invalidated=True)

    async def ping_async() -> None:
        raise error

    def ping() -> None:
        raise error

    link.ping = ping_async if link.is_async else ping


async def test_dispose_closes_idle_now_and_the_others_when_they_return(both: Twin) -> None:
    pool = both.pool()
    used, idle = await both.do(pool.acquire), await both.do(pool.acquire)
    pool.release(idle)
    await both.do(pool.dispose)
    assert (idle.closed, used.closed) == (True, False)
    pool.release(used)
    assert used.closed
    assert pool.checkedout() == 0
    await both.do(pool.acquire)


async def test_events_and_their_arguments(both: Twin) -> None:
    pool = both.pool(pool_size=1)
    seen: list[tuple[str, int]] = []
    for name in ("first_connect", "connect", "checkout", "reset", "checkin", "close", "invalidate"):
        listen(pool, name, lambda *args, name=name: seen.append((name, len(args))))
    for _ in range(2):
        pool.release(await both.do(pool.acquire))
    link = await both.do(pool.acquire)
    link.pool_record.invalidate()
    pool.release(link)
    one = [("checkout", 3), ("reset", 3), ("checkin", 2)]
    assert seen == [("first_connect", 2), ("connect", 2), *one, *one, ("checkout", 3), ("invalidate", 3), ("checkin", 2), ("close", 2)]


async def test_listeners_of_the_class(both: Twin) -> None:
    seen: list[Any] = []
    listener = seen.append

    @listens_for(BasePool, "close")
    def note(connection: Any, record: Any) -> None:
        listener(record)

    pool = both.pool()
    pool.release(await both.do(pool.acquire), broken=True)
    assert len(seen) == 1


async def test_a_checkout_listener_can_refuse_a_connection(both: Twin) -> None:
    pool = both.pool(pool_size=1, max_overflow=0, timeout=0.1)
    refusals = [errors.DisconnectionError("stale")]

    @listens_for(pool, "checkout")
    def check(connection: Any, record: Any, proxy: Any) -> None:
        if refusals:
            raise refusals.pop()

    link = await both.do(pool.acquire)
    assert both.driver.links[0].closed
    assert link is both.driver.links[1]
    pool.release(link)
    refusals += [errors.DisconnectionError("stale")] * 3
    with pytest.raises(errors.InvalidRequestError, match="3 connections in turn"):
        await both.do(pool.acquire)
    assert pool.checkedout() == 0


async def test_null_pool(both: Twin) -> None:
    pool = both.pool("NullPool")
    link = await both.do(pool.acquire)
    pool.release(link)
    assert link.closed
    with pytest.raises(errors.ArgumentError, match="no option pool_size"):
        both.pool("NullPool", pool_size=3)


async def test_static_pool_shares_one(both: Twin) -> None:
    pool = both.pool("StaticPool")
    first, second = await both.do(pool.acquire), await both.do(pool.acquire)
    assert first is second
    assert first.shared
    pool.release(first)
    pool.release(second)
    assert not first.closed
    pool.release(await both.do(pool.acquire), broken=True)
    assert first.closed
    assert not (await both.do(pool.acquire)).closed


async def test_assertion_pool(both: Twin) -> None:
    pool = both.pool("AssertionPool")
    link = await both.do(pool.acquire)
    with pytest.raises(AssertionError, match="checked out already"):
        await both.do(pool.acquire)
    pool.release(link)
    await both.do(pool.acquire)


async def test_a_proxied_connection(both: Twin) -> None:
    pool = both.pool()
    proxy = await both.do(pool.connect)
    assert proxy.is_valid
    proxy.info["x"] = 1
    proxy.close()
    proxy.close()
    assert pool.checkedin() == 1
    with pytest.raises(errors.ResourceClosedError):
        proxy.cursor()
    proxy = await both.do(pool.connect)
    assert proxy.info == {"x": 1}
    link = proxy._link
    proxy.detach()
    assert pool.checkedout() == 0
    proxy.close()
    assert link.closed


# ------------------------------------------------------------------------------------------------------------ threads
def test_threads_wait_in_order_and_nobody_is_lost() -> None:
    driver = MockDriver(lambda sql, params: [])
    pool = QueuePool(driver.connect, pool_size=2, max_overflow=1)
    most = [0]

    def work() -> None:
        for _ in range(30):
            link = pool.acquire()
            most[0] = max(most[0], pool.checkedout())
            time.sleep(0.0002)
            pool.release(link, broken=threading.get_ident() % 7 == 0)

    threads = [threading.Thread(target=work) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most[0] == 3
    assert (pool.checkedout(), pool.waiting()) == (0, 0)
    assert pool.checkedin() <= 2


def test_one_connection_a_thread_for_memory() -> None:
    driver = MockDriver(lambda sql, params: [])
    pool = SingletonThreadPool(driver.connect)
    first = pool.acquire()
    assert pool.acquire() is first
    pool.release(first)
    others: list[Any] = []
    thread = threading.Thread(target=lambda: others.append(pool.acquire()))
    thread.start()
    thread.join()
    assert others[0] is not first
    pool.dispose()
    assert first.closed
    assert pool.acquire() is not first


def test_a_pool_of_ones_own() -> None:
    for kind in (QueuePool, NullPool, StaticPool, SingletonThreadPool, AssertionPool):
        pool = kind(lambda: sqlite3.connect(":memory:", check_same_thread=False))
        with pool.connect() as connection:
            assert connection.cursor().execute("select 5").fetchall() == [(5,)]
            assert isinstance(connection.dbapi_connection, sqlite3.Connection)
        pool.dispose()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_child_leaves_its_parents_connections_alone() -> None:
    driver = MockDriver(lambda sql, params: [])
    pool = QueuePool(driver.connect, pool_size=1, max_overflow=0, timeout=1)
    link = pool.acquire()
    pool.release(link)
    child = os.fork()
    if child == 0:
        fresh = pool.acquire()
        os._exit(0 if fresh is not link and pool.checkedout() == 1 else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert pool.acquire() is link


# -------------------------------------------------------------------------------------------------------------- asyncio
async def test_tasks_wait_in_order() -> None:
    driver = MockDriver(lambda sql, params: [], is_async=True)
    pool = AsyncAdaptedQueuePool(driver.connect, pool_size=1, max_overflow=0)
    order: list[int] = []

    async def work(number: int) -> None:
        link = await pool.acquire()
        order.append(number)
        await asyncio.sleep(0)
        pool.release(link, broken=number % 3 == 0)

    await asyncio.gather(*[work(number) for number in range(10)])
    assert order == list(range(10))
    assert (pool.checkedout(), pool.waiting()) == (0, 0)


async def test_a_waiter_cancelled_in_the_moment_it_is_answered_passes_the_link_on() -> None:
    driver = MockDriver(lambda sql, params: [], is_async=True)
    for broken in (False, True):
        pool = AsyncAdaptedQueuePool(driver.connect, pool_size=1, max_overflow=0)
        link = await pool.acquire()
        first, second = asyncio.ensure_future(pool.acquire()), asyncio.ensure_future(pool.acquire())
        await asyncio.sleep(0)
        pool.release(link, broken)
        first.cancel()
        assert not (await second).closed
        assert first.cancelled()
        assert pool.checkedout() == 1


def test_each_loop_has_its_own_links_and_those_of_dead_loops_end() -> None:
    driver = MockDriver(lambda sql, params: [], is_async=True)
    pool = AsyncAdaptedQueuePool(driver.connect)

    async def use() -> Any:
        link = await pool.acquire()
        pool.release(link)
        return link

    first = asyncio.run(use())
    second = asyncio.run(use())
    assert first is not second
    assert first.closed
    assert (pool.checkedin(), pool.checkedout()) == (1, 0)


def test_a_connection_that_is_bound_to_no_loop_serves_them_all_in_a_static_pool() -> None:
    driver = MockDriver(lambda sql, params: [], is_async=True)
    pool = AsyncStaticPool(driver.connect)

    async def use() -> Any:
        link = await pool.acquire()
        pool.release(link)
        return link

    assert asyncio.run(use()) is asyncio.run(use())


async def test_async_listeners_are_awaited_but_not_when_giving_back() -> None:
    driver = MockDriver(lambda sql, params: [], is_async=True)
    pool = AsyncNullPool(driver.connect)
    seen = []

    @listens_for(pool, "connect")
    async def greet(connection: Any, record: Any) -> None:
        await asyncio.sleep(0)
        seen.append(record)

    link = await pool.acquire()
    assert seen == [link.pool_record]

    @listens_for(pool, "checkin")
    async def leave(connection: Any, record: Any) -> None:
        pass

    with pytest.raises(errors.ArgumentError, match="plain function"):
        pool.release(link)
    assert link.closed


@pytest.mark.parametrize("maker", [create_engine, create_async_engine])
@pytest.mark.parametrize("options", [{}, {"pool_use_lifo": False}, {"pool_use_lifo": True}])
def test_engines_use_the_connection_used_last_unless_told_otherwise(maker: Any, options: dict[str, bool]) -> None:
    engine = maker("sqlite:///never_opened.db" if maker is create_engine else "sqlite+aiosqlite:///never_opened.db", **options)
    assert engine.pool.new_policy().lifo is options.get("pool_use_lifo", True)


@pytest.mark.parametrize("kind", [NullPool, StaticPool, AssertionPool])
async def test_a_pool_that_needs_no_waiting_serves_an_async_engine(kind: type[sync_pool.Pool]) -> None:
    seen = []
    pool = kind(lambda: sqlite3.connect(":memory:", check_same_thread=False))
    listen(pool, "connect", lambda *_: seen.append(1))
    engine = create_async_engine("sqlite+aiosqlite://", pool=pool)
    async with engine.connect() as connection:
        assert await connection.scalar(select(1)) == 1
    await engine.dispose()
    assert seen == [1]


def test_pools_that_make_threads_wait_serve_no_async_engine() -> None:
    for kind in (QueuePool, SingletonThreadPool):
        with pytest.raises(errors.ArgumentError, match="AsyncAdaptedQueuePool"):
            create_async_engine("sqlite+aiosqlite://", pool=kind(lambda: sqlite3.connect(":memory:")))
