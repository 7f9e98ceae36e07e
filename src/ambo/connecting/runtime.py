"""The two loops that perform what operations ask for: `run` blocks, `arun` awaits.

    run(operation)          next effect -> perform it -> send the result in (or throw the error in) -> … -> the return value
    await arun(operation)   the same, word for word, with `await`

Rule 1: an effect's error is thrown into the operation, so its `try/finally` decides; a cancellation too.
Rule 2: nothing is known here of statements, sessions or databases: an effect is a method of its link or pool.
Rule 3: in a `run_sync` thread `run` meets awaiting links; their coroutines are handed over to the event loop (`bridge.py`).

Recording is not done here: `recording.recorded(operation, log)` is an operation around an operation.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from types import CoroutineType
from typing import Any, TypeVar

from ambo.connecting.bridge import hand_over
from ambo.effects import (
    Acquire,
    Batch,
    Call,
    CloseCursor,
    Driver,
    Effect,
    Execute,
    ExecuteMany,
    FetchChunk,
    Op,
    OpenCursor,
    Release,
)

T = TypeVar("T")

# An effect as a call on its link or pool: the same for both colours, which differ in whether the result is awaited.
_CALLS: dict[type[Effect], Callable[[Any], Any]] = {
    Execute: lambda one: one.link.execute(one.sql, one.params),
    ExecuteMany: lambda one: one.link.execute_many(one.sql, one.param_rows),
    Driver: lambda one: one.link.driver_sql(one.sql, one.params, one.many),
    Batch: lambda one: one.link.batch(one.effects),
    Acquire: lambda one: one.pool.acquire(),
    OpenCursor: lambda one: one.link.open_cursor(one.sql, one.params),
    FetchChunk: lambda one: one.link.fetch_chunk(one.cursor, one.size),
    CloseCursor: lambda one: one.link.close_cursor(one.cursor),
}


def run(operation: Op[T]) -> T:
    """Perform an operation, blocking.

    Returns what the operation returns; raises what it raises.
    """
    try:
        effect = operation.send(None)
        while True:
            try:
                if type(effect) is Execute:
                    result = effect.link.execute(effect.sql, effect.params)
                elif type(effect) is Batch:
                    result = effect.link.batch(effect.effects)
                else:
                    result = perform(effect)
                if type(result) is CoroutineType:
                    result = hand_over(result)
            except BaseException as error:
                effect = operation.throw(error)
            else:
                effect = operation.send(result)
    except StopIteration as stop:
        value: T = stop.value
        return value


async def arun(operation: Op[T]) -> T:
    """Perform an operation in the running task.

    Returns what the operation returns; raises what it raises.
    """
    try:
        effect = operation.send(None)
        while True:
            try:
                if type(effect) is Execute:
                    link = effect.link
                    result = link.at_once(effect.sql, effect.params)
                    if result is None:
                        result = await link.execute(effect.sql, effect.params)
                elif type(effect) is Batch:
                    link, effects = effect.link, effect.effects
                    result = link.batch_at_once(effects)
                    if len(result) < len(effects):
                        result += await link.batch(effects[len(result) :])
                else:
                    result = await aperform(effect)
            except GeneratorExit:
                abandon(operation)
                raise
            except BaseException as error:
                effect = operation.throw(error)
            else:
                effect = operation.send(result)
    except StopIteration as stop:
        value: T = stop.value
        return value


def abandon(operation: Op[Any]) -> None:
    """End an operation whose coroutine is being closed, so that nothing may be awaited.

    Links that it gives back are closed, since their transactions could not be ended.
    """
    leave: Effect | None = None
    try:
        while True:
            if type(leave) is Release:
                leave.pool.release(leave.link, True)
                leave = operation.send(None)
            else:
                leave = operation.throw(GeneratorExit())
    except (StopIteration, GeneratorExit):
        return


def perform(effect: Effect) -> Any:
    """Perform one effect, blocking; what an awaiting link or pool answers is a coroutine."""
    kind = type(effect)
    if kind is Acquire:
        return effect.pool.acquire()  # type: ignore[attr-defined]
    if kind is Release:
        if effect.link.is_async:  # type: ignore[attr-defined]
            return hand_over(aperform(effect), always=True)
        return effect.pool.release(effect.link, effect.broken)  # type: ignore[attr-defined]
    if kind is Call:
        return effect.listener(*effect.args, **effect.kwargs)  # type: ignore[attr-defined]
    return _CALLS[kind](effect)


async def aperform(effect: Effect) -> Any:
    """Perform one effect, awaiting what cannot be had at once."""
    kind = type(effect)
    if kind is Acquire:
        return await effect.pool.acquire()  # type: ignore[attr-defined]
    if kind is Release:
        return effect.pool.release(effect.link, effect.broken)  # type: ignore[attr-defined]
    if kind is Call:
        answer = effect.listener(*effect.args, **effect.kwargs)  # type: ignore[attr-defined]
        return await answer if isinstance(answer, Awaitable) else answer
    return await _CALLS[kind](effect)
