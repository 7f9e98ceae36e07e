"""MariaDB and MySQL through asyncmy, awaiting: the twin of `mariadb.py`.

The protocol has no way to stop a statement on its own connection: a cancelled statement costs the link (`is_broken`). The server would go on
with the statement and keep its locks, so another connection is opened to KILL that one before the CancelledError goes on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import asyncmy
from asyncmy.constants import CLIENT
from asyncmy.cursors import Cursor as DriverCursor, SSCursor

from ambo import errors
from ambo.drivers.base import AsyncLink, Cursor, Driver, Link, Params, Target, drop_transport
from ambo.drivers.mysql_protocol import (
    KEY_COLUMNS,
    check_sendable,
    column_names,
    combined,
    connect_words,
    from_cursor,
    translated,
    unnamed_key,
    version_of,
)
from ambo.drivers.scripted_connection import call_scripted
from ambo.effects import Fetched
from ambo.errors import AmboError, IntegrityError
from ambo.rendering.mariadb import MARIADB_DIALECT

_PATIENCE = 3.0


class AsyncmyLink(AsyncLink):
    """One asyncmy connection."""

    raw: Any

    def __init__(self, raw: Any, driver: Driver, arguments: Mapping[str, Any] | None = None) -> None:
        super().__init__(raw, driver)
        self.arguments = arguments
        self.thread: int = raw.thread_id()
        self.server_version = version_of(raw.get_server_info())
        self.streaming: Cursor | None = None
        self.loop = asyncio.get_running_loop()

    @property
    def in_transaction(self) -> bool:
        return bool(self.raw.connected and self.raw.get_transaction_status())

    async def execute(self, sql: str, params: Params = ()) -> Fetched:
        check_sendable(sql, params)
        return await self.driver_sql(sql, tuple(params))

    async def execute_many(self, sql: str, param_rows: Sequence[Params]) -> Fetched:
        if self.streaming is not None:
            await self.read_rest()
        for row in param_rows:
            check_sendable(sql, row)
        count = 0
        first: Any = None
        try:
            cursor = DriverCursor(self.raw)
            for statement in combined(sql, param_rows, lambda text, row: cursor.mogrify(text, tuple(row))):
                self.round_trips += 1
                count += await cursor.execute(statement)
                first = first or cursor.lastrowid
            await cursor.close()
        except Exception as error:
            raise await self.named(self.translate(error, sql, param_rows)) from error
        except BaseException as error:
            await self.give_up(error)
            raise
        return Fetched([], (), count, first)

    async def driver_sql(self, sql: str, params: Any = None, many: bool = False) -> Fetched:
        if many:
            return await self.execute_many(sql, params)
        if self.streaming is not None:
            await self.read_rest()
        try:
            cursor = DriverCursor(self.raw)
            self.round_trips += 1
            await cursor.execute(sql, params)
            found = from_cursor(cursor, await cursor.fetchall() if cursor.description else ())
            await cursor.close()
        except Exception as error:
            raise await self.named(self.translate(error, sql, params)) from error
        except BaseException as error:
            await self.give_up(error)
            raise
        return found

    async def named(self, error: AmboError) -> AmboError:
        """Ask for the columns of a violated key, which the server's message lacks."""
        key = unnamed_key(error)
        if key is not None and isinstance(error, IntegrityError):
            try:
                cursor = DriverCursor(self.raw)
                self.round_trips += 1
                await cursor.execute(KEY_COLUMNS, key)
                error.columns = tuple([name for (name,) in await cursor.fetchall()])
                await cursor.close()
            except Exception:  # the error there is says more than one about describing it
                pass
            except BaseException as cancelled:
                await self.give_up(cancelled)
                raise
        return error

    async def open_cursor(self, sql: str, params: Params = ()) -> Cursor:
        if self.streaming is not None:
            await self.read_rest()
        self.round_trips += 1
        try:
            raw = SSCursor(self.raw)
            await raw.execute(sql, tuple(params))
        except Exception as error:
            raise self.translate(error, sql, params) from error
        except BaseException as error:
            await self.give_up(error)
            raise
        found = self.streaming = Cursor(raw, column_names(raw))
        return found

    async def fetch_chunk(self, cursor: Cursor, size: int) -> list[Any]:
        if isinstance(cursor.raw, list):
            part, cursor.raw = cursor.raw[:size], cursor.raw[size:]
            return part
        try:
            return list(await cursor.raw.fetchmany(size))
        except Exception as error:
            raise self.translate(error) from error
        except BaseException as error:
            await self.give_up(error)
            raise

    async def close_cursor(self, cursor: Cursor) -> None:
        if not isinstance(cursor.raw, list) and not self.is_broken:
            self.streaming = None
            try:
                await cursor.raw.close()
            except Exception as error:
                raise self.translate(error) from error
            except BaseException as error:
                await self.give_up(error)
                raise

    async def read_rest(self) -> None:
        """Read what a stream has left, so that another statement can be sent."""
        cursor, self.streaming = self.streaming, None
        if cursor is not None:
            raw = cursor.raw
            try:
                cursor.raw = list(await raw.fetchall())
                await raw.close()
            except Exception as error:
                raise self.translate(error) from error
            except BaseException as error:
                await self.give_up(error)
                raise

    async def give_up(self, error: BaseException) -> None:
        """Note that an answer is unread; after a cancellation end the connection at the server, too."""
        self.is_broken = True
        if self.arguments is None or not isinstance(error, asyncio.CancelledError):
            return
        try:
            async with asyncio.timeout(_PATIENCE):
                other: Any = await asyncmy.connect(**self.arguments)
                try:
                    await other.query(f"KILL {self.thread}")
                finally:
                    other.close()
        except (Exception, asyncio.CancelledError):
            return  # the server ends the statement when it finds the connection closed

    async def ping(self) -> None:
        await self.execute("SELECT 1")

    async def call_listener(self, listener: Any, *rest: Any) -> Any:
        return await call_scripted(self, listener, rest)

    async def close(self) -> None:
        if not self.closed:
            self.mark_closed()
            self.streaming = None
            await self.raw.ensure_closed()

    def terminate(self) -> None:
        if not self.closed:
            self.mark_closed()
            if self.loop.is_closed():
                self.drop(self.raw)
            elif self.loop.is_running() and asyncio._get_running_loop() is not self.loop:
                self.loop.call_soon_threadsafe(self.raw.close)  # a link collected on another thread
            else:
                self.raw.close()

    @classmethod
    def drop(cls, raw: Any) -> None:
        writer = getattr(raw, "_writer", None)
        drop_transport(getattr(raw, "_transport", None) or getattr(writer, "transport", None))


class AsyncmyDriver(Driver):
    """`mariadb://`, `mysql://` and both with `+asyncmy`, in async engines."""

    name = "mariadb+asyncmy"
    database = "mariadb"
    module = "asyncmy"
    extra = "mariadb"
    is_async = True
    default_dialect = MARIADB_DIALECT.with_driver("asyncmy")

    def connect_args(self, url: Target) -> dict[str, Any]:
        return {"charset": "utf8mb4", **connect_words(url)}

    async def connect(self, url: Target, connect_args: Mapping[str, Any]) -> AsyncmyLink:
        """Open a connection in autocommit mode."""
        arguments = {**self.connect_args(url), **connect_args, "autocommit": True}
        arguments["client_flag"] = arguments.get("client_flag", 0) | CLIENT.FOUND_ROWS  # rowcount: rows matched, not changed
        try:
            return AsyncmyLink(await asyncmy.connect(**arguments), self, arguments)
        except Exception as error:
            raise self.translate(error, None, None) from error

    def wrap(self, raw: Any) -> AsyncmyLink:
        return AsyncmyLink(raw, self)

    def translate(self, error: BaseException, sql: str | None, params: Any, link: Link | None = None) -> errors.AmboError:
        return translated(error, sql, params, link is not None and not link.raw.connected)
