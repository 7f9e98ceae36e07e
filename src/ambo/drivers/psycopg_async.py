"""PostgreSQL through psycopg 3, awaiting: the twin of `psycopg.py`; `psycopg_wire.py` holds all that does not wait.

`psycopg_watch.py` replaces psycopg's own waiting, which costs 20 µs more a round trip.

Cancellation: the server is sent a cancel request, what is left is read, and only then the CancelledError goes on; a server that does not
answer within seconds, or a second cancellation, costs the connection. `settle` finds out which it was.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from psycopg import generators

from ambo import errors
from ambo.drivers.base import AsyncLink, Cursor, Driver, Params, Statements, Target
from ambo.drivers.postgresql import begins_transaction, can_declare
from ambo.drivers.psycopg import PsycopgDriver
from ambo.drivers.psycopg_watch import Watch
from ambo.drivers.psycopg_wire import (
    PIPELINE_PART,
    PsycopgShared,
    Single,
    Waiting,
    buffered,
    cursor_result,
    declared,
    failed,
    flattened,
    gathered,
    is_stale_plan,
    next_part,
)
from ambo.drivers.scripted_connection import call_scripted
from ambo.effects import Execute, ExecuteMany, Fetched

_PATIENCE = 5.0


class AsyncPsycopgLink(PsycopgShared, AsyncLink):
    """One awaiting psycopg connection."""

    def __init__(self, raw: Any, driver: Driver) -> None:
        super().__init__(raw, driver)
        self.watch = Watch(self.pgconn.socket)

    async def execute(self, sql: str, params: Params = ()) -> Fetched:
        self.round_trips += 1
        try:
            known = self.send(sql, params)
            if known is None:
                return (await self.pipeline([(sql, params, None)]))[0]
            return self.take(known, await self.wait(generators.execute(self.pgconn)))
        except errors.AmboError as error:
            if isinstance(error, errors.StatementError) and self.may_repeat(error.orig):  # prepared, but sent behind a ROLLBACK
                return await self.execute(sql, params)
            raise
        except BaseException as error:
            self.settle()
            if not isinstance(error, Exception):
                raise
            if self.may_repeat(error):
                return await self.execute(sql, params)
            raise self.translate(error, sql, params) from error

    def roll_back_at_once(self) -> bool:
        done = super().roll_back_at_once()
        self.watch.expected = self.pgconn.consume_input
        return done

    def hear(self) -> None:
        self.watch.expected = None
        super().hear()

    async def wait(self, waiting: Waiting) -> Any:
        """Drive one of psycopg's waiting generators, and return its result."""
        try:
            return await self.watch.drive(waiting)
        except asyncio.CancelledError:
            await self.stop(waiting)
            raise

    async def stop(self, waiting: Waiting) -> None:
        """Have the server stop a statement, and read what it still sends."""
        if self.watch.has_answer:
            return
        try:
            async with asyncio.timeout(_PATIENCE):
                await self.handle.cancel_safe(timeout=_PATIENCE)
                await self.watch.drive_on(waiting)
        except psycopg.Error:
            return
        except (TimeoutError, asyncio.CancelledError):
            self.pgconn.finish()

    async def pipeline(self, statements: Sequence[Single]) -> list[Fetched]:
        """Run statements in one round trip (counted by the caller)."""
        return self.taken(statements, await self.wait(self.pipelined(statements)))

    async def execute_many(self, sql: str, param_rows: Sequence[Params]) -> Fetched:
        return (await self.batch([ExecuteMany(self, sql, param_rows)]))[0]

    async def batch(self, effects: Statements) -> list[Fetched]:
        if len(effects) > 1 and not self.may_pipeline(effects):
            return await super().batch(effects)
        singles, counts = flattened(effects)
        fetched: list[Fetched] = []
        try:
            for start in range(0, len(singles), PIPELINE_PART):
                self.round_trips += 1
                fetched += await self.pipeline(singles[start : start + PIPELINE_PART])
        except errors.StatementError as error:
            if is_stale_plan(error.orig) and begins_transaction(singles[0][0]):
                await self.execute("ROLLBACK")
            if self.may_repeat(error.orig):
                return await self.batch(effects)
            raise
        except BaseException as error:
            self.settle()
            if not isinstance(error, Exception):
                raise
            raise self.translate(error, singles[0][0], singles[0][1]) from error
        return gathered(effects, fetched, counts)

    async def driver_sql(self, sql: str, params: Any = None, many: bool = False) -> Fetched:
        self.round_trips += 1
        try:
            async with psycopg.AsyncCursor(self.raw) as cursor:
                if many:
                    await cursor.executemany(sql, params)
                else:
                    await cursor.execute(sql, params)
                return cursor_result(self, cursor, [] if many or cursor.description is None else await cursor.fetchall())
        except BaseException as error:
            self.settle()
            if not isinstance(error, Exception):
                raise
            raise self.translate(error, sql, params) from error

    async def open_cursor(self, sql: str, params: Params = ()) -> Cursor:
        if not can_declare(sql):
            return buffered(await self.execute(sql, params))
        name, declare = declared(self, sql)
        _, first = await self.batch([Execute(self, declare, params), Execute(self, f"FETCH 0 FROM {name}")])
        return Cursor(name, first.names)

    async def fetch_chunk(self, cursor: Cursor, size: int) -> list[Any]:
        if isinstance(cursor.raw, list):
            return next_part(cursor.raw, size)
        return (await self.execute(f"FETCH {size} FROM {cursor.raw}")).rows

    async def close_cursor(self, cursor: Cursor) -> None:
        if isinstance(cursor.raw, str) and not failed(self):
            self.cursors.discard(cursor.raw)
            await self.execute(f"CLOSE {cursor.raw}")

    async def ping(self) -> None:
        await self.execute("SELECT 1")

    async def call_listener(self, listener: Any, *rest: Any) -> Any:
        found = await call_scripted(self, listener, rest)
        self.refresh()
        return found

    async def close(self) -> None:
        self.mark_closed()
        self.watch.close()
        await self.handle.close()

    def terminate(self) -> None:
        self.watch.close()
        super().terminate()


class AsyncPsycopgDriver(PsycopgDriver):
    """`postgresql+psycopg_async://`, and `postgresql+psycopg://` in async engines."""

    name = "postgresql+psycopg_async"
    default_dialect = PsycopgDriver.default_dialect.with_driver("psycopg_async")
    is_async = True

    async def connect(self, url: Target, connect_args: Mapping[str, Any]) -> AsyncPsycopgLink:
        """Open a connection in autocommit mode."""
        arguments = {"prepare_threshold": 1, **self.connect_args(url), **connect_args, "autocommit": True}
        try:
            return AsyncPsycopgLink(await psycopg.AsyncConnection.connect(**arguments), self)
        except psycopg.Error as error:
            raise self.translate(error, None, None) from error

    def wrap(self, raw: Any) -> Any:
        raw._autocommit = True
        return AsyncPsycopgLink(raw, self)
