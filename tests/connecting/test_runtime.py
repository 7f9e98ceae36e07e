"""The two loops, recording, the thread bridge and the blocking guard, on scripted links."""

from __future__ import annotations

import asyncio
import contextvars
import sys
import threading
import time
import warnings
from typing import Any

import pytest

from ambo import errors
from ambo.connecting import blocking
from ambo.connecting.async_pool import AsyncAdaptedQueuePool
from ambo.connecting.bridge import run_in_thread
from ambo.connecting.recording import Log, recorded
from ambo.connecting.runtime import arun, run
from ambo.connecting.sync_pool import QueuePool
from ambo.drivers.mock import MockDriver
from ambo.effects import (
    Execute,
    ExecuteMany,
    Op,
    acquire,
    batch,
    call,
    close_cursor,
    driver_sql,
    fetch,
    fetch_chunk,
    fetch_many,
    open_cursor,
    release,
)


def everything(pool: Any, listener: Any) -> Op[list[Any]]:
    """Ask for one effect of each kind."""
    link = yield from acquire(pool)
    found: list[Any] = []
    try:
        found.append((yield from fetch(link, "SELECT 1")).rows)
        found.append((yield from fetch_many(link, "INSERT", [(1,), (2,)])).rows)
        found.append((yield from driver_sql(link, "RAW")).rows)
        found.append([one.rows for one in (yield from batch(link, [Execute(link, "A"), ExecuteMany(link, "B", [(1,)])]))])
        cursor = yield from open_cursor(link, "STREAM")
        found.append((yield from fetch_chunk(link, cursor, 1)))
        yield from close_cursor(link, cursor)
        found.append((yield from call(listener, 5, key=6)))
    finally:
        yield from release(pool, link)
    return found


def echo(sql: str, params: Any) -> list[Any]:
    return [(sql,)]


EXPECTED = [[("SELECT 1",)], [("INSERT",)], [("RAW",)], [[("A",)], [("B",)]], [("STREAM",)], 11]


def pools() -> tuple[QueuePool, AsyncAdaptedQueuePool]:
    return QueuePool(MockDriver(echo).connect), AsyncAdaptedQueuePool(MockDriver(echo, is_async=True).connect)


def test_both_loops_do_the_same() -> None:
    sync, waiting = pools()

    async def listener(value: int, key: int) -> int:
        await asyncio.sleep(0)
        return value + key

    assert run(everything(sync, lambda value, key: value + key)) == EXPECTED
    assert asyncio.run(arun(everything(waiting, listener))) == EXPECTED
    assert asyncio.run(arun(everything(waiting, lambda value, key: value + key))) == EXPECTED


def failing(pool: Any, seen: list[str]) -> Op[str]:
    link = yield from acquire(pool)
    try:
        yield from fetch(link, "BAD")
    except errors.IntegrityError:
        seen.append("caught")
    finally:
        yield from fetch(link, "ROLLBACK")
        yield from release(pool, link)
    return "went on"


def test_errors_are_thrown_where_the_effect_was_asked_for() -> None:
    script = [errors.IntegrityError("taken")]
    for is_async in (False, True):
        driver, seen = MockDriver(script, is_async=is_async), list[str]()
        operation = failing((AsyncAdaptedQueuePool if is_async else QueuePool)(driver.connect), seen)
        assert (asyncio.run(arun(operation)) if is_async else run(operation)) == "went on"
        assert (seen, [sql for sql, _ in driver.asked]) == (["caught"], ["BAD", "ROLLBACK"])


async def test_a_coroutine_that_is_closed_breaks_its_links() -> None:
    driver = MockDriver(echo, is_async=True)
    pool = AsyncAdaptedQueuePool(driver.connect)

    async def forever(value: int, key: int) -> None:
        await asyncio.get_running_loop().create_future()

    coroutine = arun(everything(pool, forever))
    coroutine.send(None)
    coroutine.close()
    assert driver.links[0].closed
    assert pool.checkedout() == 0


# ------------------------------------------------------------------------------------------------------------ recording
def test_one_event_an_effect() -> None:
    for pool in pools():
        log = Log()
        operation = recorded(everything(pool, lambda value, key: 0), log)
        if pool.is_async:
            asyncio.run(arun(operation))
        else:
            run(operation)
        assert [event.kind for event in log] == [
            "acquire", "execute", "execute many", "driver sql", "batch", "open cursor", "fetch", "closecursor", "call", "release",
        ]  # fmt: skip
        assert log.statements == ["SELECT 1", "INSERT", "RAW", "A", "B", "STREAM"]
        assert (log.round_trips, log.rows) == (5, 6)
        assert {event.operation for event in log} == {"everything"}
        assert all(event.line.startswith(__file__) or "asyncio" in event.line for event in log)
        assert {event.connection for event in log if event.kind != "call"} == {log[0].connection}
        assert all(event.end is not None and event.duration >= 0 for event in log)
        assert len(log) == 10


def test_recording_shows_errors_and_the_inner_operation() -> None:
    def outer(pool: Any) -> Op[str]:
        return (yield from failing(pool, []))

    log = Log()
    run(recorded(outer(QueuePool(MockDriver([errors.IntegrityError("taken")]).connect)), log))
    bad = next(event for event in log if event.sql == ("BAD",))
    assert isinstance(bad.error, errors.IntegrityError)
    assert bad.operation == "failing"
    assert "IntegrityError" in repr(bad)
    assert log.queries == ["BAD"]


def test_recording_passes_results_and_errors_on() -> None:
    def raising(pool: Any) -> Op[None]:
        link = yield from acquire(pool)
        yield from release(pool, link)
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        run(recorded(raising(pools()[0]), Log()))


# --------------------------------------------------------------------------------------------------------------- bridge
async def test_a_thread_whose_effects_are_performed_by_the_loop() -> None:
    pool = pools()[1]
    variable: contextvars.ContextVar[int] = contextvars.ContextVar("variable")
    variable.set(7)

    def work(extra: str) -> Any:
        assert threading.current_thread() is not threading.main_thread()
        return run(everything(pool, lambda value, key: value + key)), variable.get(), extra

    assert await run_in_thread(work, extra="x") == (EXPECTED, 7, "x")
    assert pool.checkedout() == 0
    assert "ambo-run-sync" not in [thread.name for thread in threading.enumerate()]


async def test_errors_of_the_function_and_of_effects_come_through() -> None:
    driver = MockDriver([errors.IntegrityError("taken")], is_async=True)
    pool = AsyncAdaptedQueuePool(driver.connect)
    seen: list[str] = []
    assert await run_in_thread(lambda: run(failing(pool, seen))) == "went on"
    assert seen == ["caught"]
    with pytest.raises(ZeroDivisionError):
        await run_in_thread(lambda: 1 // 0)


async def test_cancellation_comes_at_the_next_effect_and_waits_for_the_function() -> None:
    pool = pools()[1]
    ended: list[Any] = []

    def work() -> None:
        try:
            while True:
                run(everything(pool, lambda value, key: 0))
        except asyncio.CancelledError as error:
            time.sleep(0.05)
            ended.append(error)
            raise

    task = asyncio.ensure_future(run_in_thread(work))
    await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(ended) == 1
    assert pool.checkedout() == 0


async def test_a_cancelled_call_whose_function_asks_for_nothing_more_is_still_cancelled() -> None:
    task = asyncio.ensure_future(run_in_thread(time.sleep, 0.05))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_blocking_code_outside_of_a_bridge_gets_an_error_that_says_what_to_do() -> None:
    pool = pools()[1]
    with pytest.raises(errors.AwaitRequired, match="run_sync"):
        run(everything(pool, lambda value, key: 0))


# ---------------------------------------------------------------------------------------------------------------- guard
async def test_the_guard_inside_a_running_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(errors.BlockingError, match="Session.execute blocks this thread"):
        blocking.guard("raise", "Session.execute")
    with pytest.warns(errors.BlockingWarning):
        blocking.guard("warn", "Session.execute")
    with warnings.catch_warnings():
        blocking.guard("allow", "Session.execute")
        monkeypatch.setattr(sys, "ps1", ">>> ", raising=False)
        blocking.guard("raise", "Session.execute")
    await asyncio.to_thread(blocking.guard, "raise", "Session.execute")


def test_the_guard_without_a_loop() -> None:
    blocking.guard("raise", "Session.execute")
