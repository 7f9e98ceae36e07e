"""SQLite for asyncio: one worker thread a connection, work handed over as data, results handed back to the loop.

    await link.execute(...)  ->  Job into the worker's queue  ->  worker: SqliteLink.execute  ->  loop.call_soon_threadsafe

Rule 1: one hand-over an effect, and one for a whole batch. Between two jobs the worker holds nothing of SQLite.
Rule 2: a cancelled job ends before the await does: it is dropped if it has not begun, interrupted if it has.
Rule 3: `close` and `terminate` end the thread; `close` waits until it has ended.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from queue import SimpleQueue
from typing import Any

from ambo.drivers.base import AsyncLink, Cursor, Params, Target
from ambo.drivers.sqlite import SqliteDriver, SqliteLink, is_memory
from ambo.effects import Fetched
from ambo.rendering.sqlite import SQLITE_DIALECT

_INTERRUPT_EVERY = 0.02


class Job:
    """One call for the worker, and the future that waits for it."""

    __slots__ = ("args", "begun", "call", "done", "dropped", "error", "finished", "loop", "result")

    def __init__(self, loop: asyncio.AbstractEventLoop, call: Callable[..., Any], args: tuple[Any, ...]) -> None:
        self.loop = loop
        self.call = call
        self.args = args
        self.done: asyncio.Future[None] = loop.create_future()
        self.begun = False
        self.dropped = False
        self.finished = False
        self.result: Any = None
        self.error: BaseException | None = None

    def run(self) -> None:
        """Do the work, on the worker thread."""
        self.begun = True
        if not self.dropped:
            try:
                self.result = self.call(*self.args)
            except BaseException as error:
                self.error = error
        try:
            self.loop.call_soon_threadsafe(self.wake)
        except RuntimeError:
            pass  # the loop was closed while the statement ran: nobody waits any more

    def wake(self) -> None:
        """Tell the waiting task, on the loop."""
        self.finished = True
        if not self.done.done():
            self.done.set_result(None)

    def answer(self) -> Any:
        """Return the result, or raise the error."""
        if self.error is not None:
            try:
                raise self.error
            finally:
                self.error = None
        return self.result


class Worker:
    """A thread that runs jobs one after the other until it is told to stop."""

    def __init__(self) -> None:
        self.jobs: SimpleQueue[Job | Callable[[], Any]] = SimpleQueue()
        self.running = True
        self.thread = threading.Thread(target=_work, args=(self.jobs,), name="ambo-sqlite", daemon=True)
        self.thread.start()

    async def perform(self, call: Callable[..., Any], *args: Any, interrupt: Callable[[], None] | None = None) -> Any:
        """Have a call done by the thread and wait for it, also when cancelled."""
        job = Job(asyncio.get_running_loop(), call, args)
        self.jobs.put(job)
        try:
            await job.done
        except asyncio.CancelledError:
            job.dropped = True
            await _outlast(job, interrupt)
            raise
        return job.answer()

    def stop(self, last: Callable[[], Any]) -> None:
        """Have the thread do one last thing and end, without waiting for it."""
        if self.running:
            self.running = False
            self.jobs.put(last)


def _work(jobs: SimpleQueue[Job | Callable[[], Any]]) -> None:
    """Run jobs; anything else in the queue is the last call."""
    while True:
        job = jobs.get()
        if not isinstance(job, Job):
            job()
            return
        job.run()
        del job


async def _outlast(job: Job, interrupt: Callable[[], None] | None) -> None:
    """Wait until a cancelled job is over, whatever else is cancelled meanwhile.

    The interrupt is repeated, since one that arrives just before the statement starts has no effect.
    """
    job.done = over = job.loop.create_future()
    while not job.finished:
        if job.begun and interrupt is not None:
            interrupt()
        try:
            await asyncio.wait([over], timeout=_INTERRUPT_EVERY)
        except asyncio.CancelledError:
            continue


class AsyncSqliteLink(AsyncLink):
    """One SQLite connection with its thread. `raw` is the plain `sqlite3.Connection`."""

    raw: sqlite3.Connection
    loop_bound = False

    def __init__(self, inner: SqliteLink, worker: Worker) -> None:
        self.inner = inner
        self.worker = worker
        super().__init__(inner.raw, inner.driver)
        self.cursors = inner.cursors
        self.server_version = inner.server_version

    @property
    def round_trips(self) -> int:
        """Hand-overs so far."""
        return self.inner.round_trips

    @round_trips.setter
    def round_trips(self, count: int) -> None:
        self.inner.round_trips = count

    @property
    def is_broken(self) -> bool:
        """Whether the connection is of no more use."""
        return self.inner.is_broken

    @is_broken.setter
    def is_broken(self, value: bool) -> None:
        self.inner.is_broken = value

    @property
    def shared(self) -> bool:
        """Whether several checkouts use this connection at once."""
        return self.inner.shared

    @shared.setter
    def shared(self, value: bool) -> None:
        self.inner.shared = value

    @property
    def in_transaction(self) -> bool:
        return self.raw.in_transaction

    async def _perform(self, call: Callable[..., Any], *args: Any) -> Any:
        if self.closed:
            raise self.translate(sqlite3.ProgrammingError("Cannot operate on a closed database."))
        try:
            return await self.worker.perform(call, *args, interrupt=self.inner.interrupt)
        except asyncio.CancelledError:
            self.inner.tidy()  # SQLite goes on interrupting until no statement is open any more
            raise

    async def execute(self, sql: str, params: Params = ()) -> Fetched:
        found: Fetched = await self._perform(self.inner.execute, sql, params)
        return found

    async def execute_many(self, sql: str, param_rows: Sequence[Params]) -> Fetched:
        found: Fetched = await self._perform(self.inner.execute_many, sql, param_rows)
        return found

    async def driver_sql(self, sql: str, params: Any = None, many: bool = False) -> Fetched:
        found: Fetched = await self._perform(self.inner.driver_sql, sql, params, many)
        return found

    async def batch(self, effects: Sequence[Any]) -> list[Fetched]:
        found: list[Fetched] = await self._perform(self.inner.batch, effects)
        return found

    async def open_cursor(self, sql: str, params: Params = ()) -> Cursor:
        found: Cursor = await self._perform(self.inner.open_cursor, sql, params)
        return found

    async def fetch_chunk(self, cursor: Cursor, size: int) -> list[Any]:
        found: list[Any] = await self._perform(self.inner.fetch_chunk, cursor, size)
        return found

    async def close_cursor(self, cursor: Cursor) -> None:
        await self._perform(self.inner.close_cursor, cursor)

    async def ping(self) -> None:
        await self._perform(self.inner.ping)

    async def call_listener(self, listener: Callable[..., Any], *rest: Any) -> Any:
        return await self._perform(listener, self.raw, *rest)

    def tidy(self) -> None:
        self.inner.tidy()

    def interrupt(self) -> None:
        self.inner.interrupt()

    async def close(self) -> None:
        if not self.closed:
            self.mark_closed()
            try:
                await self.worker.perform(self.inner.close)
            finally:
                self.worker.stop(_nothing)
                self.worker.thread.join()

    def terminate(self) -> None:
        if not self.closed:
            self.mark_closed()
            self.inner.interrupt()
            self.worker.stop(self.inner.close)


def _nothing() -> None:
    """The last call of a thread whose connection is closed already."""


class AsyncSqliteDriver(SqliteDriver):
    """`sqlite+aiosqlite://` (the package aiosqlite is not needed), and `sqlite://` in an async engine."""

    name = "sqlite+aiosqlite"
    is_async = True
    default_dialect = SQLITE_DIALECT.with_driver("aiosqlite")

    def pool_name(self, url: Target) -> str:
        return "StaticPool" if is_memory(url) else "QueuePool"

    async def connect(self, url: Target, connect_args: Mapping[str, Any]) -> AsyncSqliteLink:
        """Open the file on a thread of its own."""
        worker = Worker()
        opened: list[sqlite3.Connection] = []
        try:
            await worker.perform(lambda: opened.append(self.open(url, connect_args)))
        except BaseException:
            worker.stop(opened[0].close if opened else _nothing)
            raise
        return AsyncSqliteLink(SqliteLink(opened[0], self), worker)

    def wrap(self, raw: Any) -> AsyncSqliteLink:
        raw.isolation_level = None
        return AsyncSqliteLink(SqliteLink(raw, self), Worker())
