"""SQLite for asyncio: one worker thread a connection, work handed over as data, results handed back to the loop.

    link.at_once(...)        a short read: here and now, on the loop's thread (`sqlite_inline.py` says which, and how short)
    await link.execute(...)  ->  Job into the worker's queue  ->  worker: SqliteLink.execute  ->  loop.call_soon_threadsafe

Rule 1: one hand-over an effect, and one for a whole batch. Between two jobs the worker holds nothing of SQLite, so the loop's thread
        may use the connection.
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

from ambo import errors
from ambo.drivers.base import AsyncLink, Cursor, Driver, Params, Statements as Effects, Target
from ambo.drivers.sqlite import SqliteCalls, SqliteDriver, is_memory
from ambo.drivers.sqlite_inline import BEGINS, ENDS, NEVER, READS, SEEN, WRITES, Inline, LoopConnection, Statements
from ambo.effects import Execute, Fetched
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
        self.finished = True
        try:
            self.loop.call_soon_threadsafe(self.wake)
        except RuntimeError:
            pass  # the loop was closed while the statement ran: nobody waits any more

    def wake(self) -> None:
        """Tell the waiting task, on the loop."""
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


class Idle:
    """The last job of a worker that has had none."""

    finished = True


IDLE = Idle()


class Worker:
    """A thread that runs jobs one after the other until it is told to stop."""

    def __init__(self) -> None:
        self.jobs: SimpleQueue[Job | Callable[[], Any]] = SimpleQueue()
        self.running = True
        self.last: Job | Idle = IDLE
        self.handed_over = 0
        self.thread = threading.Thread(target=_work, args=(self.jobs,), name="ambo-sqlite", daemon=True)
        self.thread.start()

    async def perform(self, call: Callable[..., Any], *args: Any, interrupt: Callable[[], None] | None = None) -> Any:
        """Have a call done by the thread and wait for it, also when cancelled."""
        job = self.last = Job(asyncio.get_running_loop(), call, args)
        self.handed_over += 1
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


class AsyncSqliteLink(SqliteCalls, AsyncLink):
    """One SQLite connection with its thread. `inline` is None where everything goes through the thread."""

    loop_bound = False

    def __init__(self, raw: sqlite3.Connection, driver: Driver, worker: Worker, statements: Statements | None = None) -> None:
        self.worker = worker
        self.inline = Inline(raw, statements) if statements is not None and isinstance(raw, LoopConnection) else None
        self.has_written = False
        super().__init__(raw, driver)

    @property
    def raw(self) -> sqlite3.Connection:
        """The plain connection, as its user set it up, who may do anything with it."""
        inline = self.inline
        if inline is not None:
            self.has_written = True
            inline.foreign = None
            if inline.is_entered and self.worker.last.finished and not self.closed:
                inline.leave()
        return self.handle

    @raw.setter
    def raw(self, raw: sqlite3.Connection) -> None:
        assert raw is self.handle

    # ---- on the loop's thread

    def at_once(self, sql: str, params: Params = ()) -> Fetched | None:
        inline = self.inline
        if inline is None or self.closed or not self.worker.last.finished:
            return None
        known = inline.known.get(sql, NEVER)
        if known == READS:
            trips = self.round_trips
            found: Fetched | None = inline.run(sql, self.do_execute, params)
            if found is None:
                self.round_trips = trips
            return found
        if known == WRITES:
            return self.write_at_once(inline, sql, params)
        if known == BEGINS or (known == ENDS and not self.has_written):
            self.has_written = self.has_written and self.in_transaction
            return self.do_execute(sql)
        return None

    def roll_back_at_once(self) -> bool:
        return self.at_once("ROLLBACK") is not None

    def write_at_once(self, inline: Inline, sql: str, params: Params) -> Fetched | None:
        """Run a short write inside a transaction; None if another connection writes: the worker waits for it."""
        if not self.in_transaction:
            return None
        trips = self.round_trips
        self.has_written = True
        try:
            found: Fetched | None = inline.write(sql, self.do_execute, params)
        except errors.OperationalError as error:
            if not is_locked(error.orig) or not self.in_transaction:
                raise
            self.round_trips = trips
            return None
        return found

    def batch_at_once(self, effects: Effects) -> list[Fetched]:
        found: list[Fetched] = []
        inline = self.inline
        if inline is None or inline.known.get(effects[-1].sql, NEVER) <= SEEN:
            return found
        trips = self.round_trips
        try:
            for one in effects:
                answer = self.at_once(one.sql, one.params) if type(one) is Execute else None
                if answer is None:
                    trips -= 1  # it counts with the rest
                    break
                found.append(answer)
        finally:
            self.round_trips = trips + 1
        return found

    # ---- by the worker

    async def perform(self, call: Callable[..., Any], *args: Any, writes: bool = True, waits: bool = True) -> Any:
        """Have the worker make a call; `writes` tells that it may change something, `waits` that it may meet a lock or take long."""
        if self.closed:
            raise self.translate(sqlite3.ProgrammingError("Cannot operate on a closed database."))
        inline = self.inline
        if inline is not None:
            self.has_written = self.has_written or writes
            if inline.is_entered and self.worker.last.finished and (waits or not inline.has_wal):
                inline.leave()
        try:
            return await self.worker.perform(call, *args, interrupt=self.interrupt)
        except asyncio.CancelledError:
            self.tidy()  # SQLite goes on interrupting until no statement is open any more
            raise

    async def handed_over(self, effects: Effects) -> list[Fetched]:
        """Have the worker run statements, one hand-over for all."""
        found: list[Fetched]
        if self.inline is None:
            found = await self.perform(self.do_batch, effects)
            return found
        statements = self.inline.statements
        unknown = [one for one in effects if type(one) is Execute and statements.meet(one.sql)]
        writes = not all(statements.only_reads(one.sql) for one in effects)
        waits = statements.known.get(effects[0].sql) != ENDS  # with WAL the end of a transaction waits for no lock
        found = await self.perform(self.run_and_judge, effects, unknown, writes=writes, waits=waits)
        return found

    def run_and_judge(self, effects: Effects, unknown: list[Execute]) -> list[Fetched]:
        """Run statements, on the worker's thread, and find out what the unknown ones do."""
        found = self.do_batch(effects)
        for one in unknown:
            assert self.inline is not None
            self.inline.judge(one.sql, one.params)
        return found

    async def execute(self, sql: str, params: Params = ()) -> Fetched:
        return (await self.batch([Execute(self, sql, params)]))[0]

    async def batch(self, effects: Effects) -> list[Fetched]:
        inline = self.inline
        if inline is None:
            return await self.handed_over(effects)
        if inline.statements.turn.is_over:
            await inline.statements.turn.passed()
        found = self.batch_at_once(effects)  # `run_sync` and pings have not asked before
        return found if len(found) == len(effects) else found + await self.handed_over(effects[len(found) :])

    async def execute_many(self, sql: str, param_rows: Sequence[Params]) -> Fetched:
        found: Fetched = await self.perform(self.do_execute_many, sql, param_rows)
        return found

    async def driver_sql(self, sql: str, params: Any = None, many: bool = False) -> Fetched:
        found: Fetched = await self.perform(self.do_driver_sql, sql, params, many)
        return found

    async def open_cursor(self, sql: str, params: Params = ()) -> Cursor:
        found: Cursor = await self.perform(self.do_open_cursor, sql, params)
        return found

    async def fetch_chunk(self, cursor: Cursor, size: int) -> list[Any]:
        found: list[Any] = await self.perform(self.do_fetch_chunk, cursor, size)
        return found

    async def close_cursor(self, cursor: Cursor) -> None:
        await self.perform(self.do_close_cursor, cursor)

    async def ping(self) -> None:
        await self.execute("SELECT 1")

    async def call_listener(self, listener: Callable[..., Any], *rest: Any) -> Any:
        return await self.perform(listener, self.raw, *rest)

    async def close(self) -> None:
        if not self.closed:
            self.mark_closed()
            try:
                await self.worker.perform(self.handle.close)
            finally:
                self.worker.stop(_nothing)
                self.worker.thread.join()

    def terminate(self) -> None:
        if not self.closed:
            self.interrupt()
            self.mark_closed()
            self.worker.stop(self.handle.close)


def is_locked(error: BaseException | None) -> bool:
    """Whether a statement failed since another connection is in the way."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _nothing() -> None:
    """The last call of a thread whose connection is closed already."""


class AsyncSqliteDriver(SqliteDriver):
    """`sqlite+aiosqlite://` (the package aiosqlite is not needed), and `sqlite://` in an async engine."""

    name = "sqlite+aiosqlite"
    is_async = True
    default_dialect = SQLITE_DIALECT.with_driver("aiosqlite")

    def pool_name(self, url: Target) -> str:
        return "StaticPool" if is_memory(url) else "QueuePool"

    def __init__(self, dialect: Any = None) -> None:
        super().__init__(dialect)
        self.statements = Statements()

    async def connect(self, url: Target, connect_args: Mapping[str, Any]) -> AsyncSqliteLink:
        """Open the file on a thread of its own; `inline_reads=False` keeps everything there."""
        worker = Worker()
        arguments = {"factory": LoopConnection, **self.connect_args(url), **connect_args}
        inline = arguments.pop("inline_reads", True) and not arguments.get("check_same_thread", False)
        opened: list[sqlite3.Connection] = []
        try:
            await worker.perform(lambda: opened.append(self.open(url, arguments)))
        except BaseException:
            worker.stop(opened[0].close if opened else _nothing)
            raise
        return AsyncSqliteLink(opened[0], self, worker, self.statements if inline else None)

    def wrap(self, raw: Any) -> AsyncSqliteLink:
        raw.isolation_level = None
        return AsyncSqliteLink(raw, self, Worker())
