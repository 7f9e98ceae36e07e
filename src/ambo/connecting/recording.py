"""Recording: one event for every effect that an operation performs, on request.

    with session.recorded() as log:
        session.scalars(select(User)).all()
    log.statements   ['BEGIN', 'SELECT …']
    log.round_trips  1

`recorded(operation, log)` is an operation around an operation: it passes the effects on and notes what came of them. So the two
loops in `runtime.py` know nothing of recording, and it costs nothing where there is none.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any, TypeVar

from ambo.effects import Acquire, Batch, Driver, Effect, Execute, ExecuteMany, FetchChunk, Fetched, Op, OpenCursor, passed_on

T = TypeVar("T")

_OWN = os.path.dirname(os.path.dirname(__file__)) + os.sep


class Event:
    """One effect: what was asked for, by whom, on which connection, how long it took, and what came of it.

    Times are seconds of `time.perf_counter()`. `operation` is the name of the innermost operation that asked, `line` the application's
    `file:line`, `waited` how long a pool let it wait (for an `acquire`), `trips` how many round trips it took.
    """

    __slots__ = ("connection", "effect", "end", "error", "first_row", "kind", "line", "operation", "params", "rows", "sent", "sql", "task", "trips")

    def __init__(self, effect: Effect, operation: str, line: str) -> None:
        self.effect = effect
        self.kind = _KINDS.get(type(effect), type(effect).__name__.lower())
        self.operation = operation
        self.line = line
        self.sql: tuple[str, ...] = sql_of(effect)
        self.params = params_of(effect)
        link = getattr(effect, "link", None)
        self.connection: int | None = link.number if link is not None else None
        self.task = name_of_task()
        self.rows = -1
        self.trips = 0
        self.error: BaseException | None = None
        self.sent = time.perf_counter()
        self.first_row: float | None = None
        self.end: float | None = None

    @property
    def duration(self) -> float:
        """Seconds from asking to the answer."""
        return (self.end if self.end is not None else time.perf_counter()) - self.sent

    @property
    def waited(self) -> float:
        """Seconds in which a pool had no connection."""
        return self.duration if isinstance(self.effect, Acquire) else 0.0

    def __repr__(self) -> str:
        what = "; ".join(self.sql) or self.kind
        outcome = f"{type(self.error).__name__}" if self.error is not None else f"{self.rows} rows" if self.rows >= 0 else "done"
        return f"<{what} -> {outcome} in {self.duration * 1000:.2f} ms, {self.trips} trips, from {self.line}>"


class Log:
    """What was recorded, in order. Iterating gives `Event`s, as `events` does."""

    def __init__(self, on_close: Callable[[Log], None] | None = None) -> None:
        self.events: list[Event] = []
        self._on_close = on_close

    @property
    def statements(self) -> list[str]:
        """The SQL sent, in order; BEGIN, COMMIT and the like too."""
        return [sql for event in self.events for sql in event.sql]

    @property
    def queries(self) -> list[str]:
        """The SQL sent, without what opens and ends transactions."""
        return [sql for sql in self.statements if sql.split(None, 1)[0].upper() not in _TRANSACTION_WORDS]

    @property
    def round_trips(self) -> int:
        """How often the server was waited for."""
        return sum(event.trips for event in self.events)

    @property
    def rows(self) -> int:
        """How many rows came back."""
        return sum(event.rows for event in self.events if event.rows > 0)

    @property
    def waited(self) -> float:
        """Seconds spent waiting for a free connection."""
        return sum(event.waited for event in self.events)

    def __iter__(self) -> Iterator[Event]:
        return iter(self.events)

    def __len__(self) -> int:
        return len(self.events)

    def __getitem__(self, index: int) -> Event:
        return self.events[index]

    def clear(self) -> None:
        """Forget what was recorded so far."""
        self.events.clear()

    def __enter__(self) -> Log:
        return self

    def __exit__(self, *exc: object) -> None:
        if self._on_close is not None:
            self._on_close(self)

    async def __aenter__(self) -> Log:
        return self

    async def __aexit__(self, *exc: object) -> None:
        self.__exit__()

    def __repr__(self) -> str:
        return f"<Log of {len(self.statements)} statements in {self.round_trips} round trips>"


running: set[object] = set()
"""One thing for each recorded operation under way: meanwhile pools hand links out by effects only, so that they can be seen."""


def recorded(operation: Op[T], log: Log) -> Op[T]:
    """Perform an operation and note each effect in a log."""
    this = object()
    running.add(this)
    try:
        return (yield from _recorded(operation, log))
    finally:
        running.discard(this)


def _recorded(operation: Op[T], log: Log) -> Op[T]:
    line = application_line()
    send: Callable[[Any], Effect] = operation.send
    answer: Any = None
    while True:
        try:
            effect = send(answer)
        except StopIteration as stop:
            value: T = stop.value
            return value
        event = Event(effect, innermost(operation), line)
        log.events.append(event)
        link = getattr(effect, "link", None)
        before = link.round_trips if link is not None else 0
        try:
            answer = yield from passed_on(effect)
            send = operation.send
        except BaseException as error:
            event.error = answer = error
            send = operation.throw
        event.end = time.perf_counter()
        note_answer(event, answer, link, before)


def note_answer(event: Event, answer: Any, link: Any, before: int) -> None:
    """Note what an effect brought."""
    if link is not None:
        event.trips = link.round_trips - before
    elif isinstance(event.effect, Acquire) and event.error is None:
        event.connection = answer.number
    if event.error is None:
        event.rows = rows_of(event.effect, answer)
        if event.rows > 0:
            event.first_row = event.end


_KINDS: dict[type[Effect], str] = {Driver: "driver sql", ExecuteMany: "execute many", OpenCursor: "open cursor", FetchChunk: "fetch"}
_TRANSACTION_WORDS = frozenset(["BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "START"])


def sql_of(effect: Effect) -> tuple[str, ...]:
    """Return the statements of an effect."""
    if isinstance(effect, Batch):
        return tuple(one.sql for one in effect.effects)
    if isinstance(effect, Execute | ExecuteMany | Driver | OpenCursor):
        return (effect.sql,)
    return ()


def params_of(effect: Effect) -> Any:
    """Return the parameters of an effect; of a batch, a list."""
    if isinstance(effect, Batch):
        return [params_of(one) for one in effect.effects]
    if isinstance(effect, ExecuteMany):
        return effect.param_rows
    return getattr(effect, "params", None)


def rows_of(effect: Effect, answer: Any) -> int:
    """Count the rows that an effect brought; -1 where there can be none."""
    if isinstance(effect, Batch):
        return sum(map(_count, effect.effects, answer))
    if isinstance(effect, FetchChunk):
        return len(answer)
    rows = getattr(answer, "rows", None)
    return len(rows) if rows is not None else -1


def _count(asked: Execute | ExecuteMany, answer: Fetched) -> int:
    if isinstance(asked, Execute) and asked.reader is not None and not answer.rows:
        return max(0, answer.rowcount)  # the reader was given the rows
    return len(answer.rows)


def innermost(operation: Any) -> str:
    """Return the name of the operation that asked: follows the chain of `yield from`."""
    name: str = operation.__name__
    inner = operation.gi_yieldfrom
    while inner is not None and hasattr(inner, "gi_yieldfrom"):
        if inner.gi_code.co_filename.endswith("effects.py"):
            break
        name = inner.__name__
        inner = inner.gi_yieldfrom
    return name


def application_line() -> str:
    """Return `file:line` of the nearest caller outside of ambo."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(_OWN):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}" if frame is not None else "?"


def name_of_task() -> str:
    """Return the name of the current task, or of the thread."""
    try:
        task = asyncio.current_task()
    except RuntimeError:
        task = None
    return task.get_name() if task is not None else threading.current_thread().name
