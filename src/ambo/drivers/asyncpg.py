"""PostgreSQL through asyncpg.

    execute   a prepared statement, kept by its SQL (its preparation is a round trip of its own, counted)
    BEGIN…    and whatever else has neither parameters nor a plan: the simple protocol, one round trip
    batch     one after the other: asyncpg has no pipeline; but a BEGIN travels in front of a statement that is prepared

A prepared statement is run through asyncpg's protocol object, as `PreparedStatement.fetch` does, without the wrappers around it (4 µs of 19).

json and jsonb come and go as `str`; UUID, Decimal, datetime, arrays as Python's own. asyncpg asks the server for each statement's
parameter types and wants Python values of just these: a `str` for an integer is a DataError that names the value.

Rules: statements are forgotten after DDL, and when the server says that a table changed; `execute_many` has no row count (-1).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg
from asyncpg import exceptions as driver_errors

from ambo import errors
from ambo.drivers.base import AsyncLink, Cursor, Driver, Link, Params, Statements, Target, dbapi_error, drop_transport
from ambo.drivers.postgresql import (
    GONE,
    begins_transaction,
    class_of_state,
    conninfo,
    hint_for,
    is_preparable,
    violation_of,
)
from ambo.drivers.scripted_connection import call_scripted
from ambo.effects import Execute, Fetched
from ambo.rendering.dialect import Adapters
from ambo.rendering.postgresql import POSTGRESQL_DIALECT

_STATEMENT_LIMIT = 200
_STALE = (driver_errors.OutdatedSchemaCacheError, driver_errors.InvalidCachedStatementError)
_BRINGS_ROWS = re.compile(r"\s*(?:\(|SHOW\b|EXPLAIN\b|TABLE\b|FETCH\b|CALL\b|EXECUTE\b|/\*|--)", re.IGNORECASE)


def in_front(sql: str) -> bytes:
    """Return the messages that run a statement without parameters, to be sent in front of a prepared one's: Parse, Bind, Execute, no Sync.

    asyncpg takes the answers to these for a part of those to its own; the last command's tag is what it reports.
    """
    bodies = ((b"P", b"\0" + sql.encode() + b"\0\0\0"), (b"B", bytes(8)), (b"E", bytes(5)))
    return b"".join([kind + (len(body) + 4).to_bytes(4, "big") + body for kind, body in bodies])


_IN_FRONT = {"BEGIN": in_front("BEGIN")}


class Prepared:
    """A prepared statement, its column names, and whether it was used since the last look at it."""

    __slots__ = ("names", "state", "statement", "used")

    def __init__(self, statement: Any) -> None:
        self.statement = statement
        self.state = statement._state
        self.names = tuple([one.name for one in statement.get_attributes()])
        self.used = True


class AsyncpgLink(AsyncLink):
    """One asyncpg connection."""

    raw: Any

    def __init__(self, raw: Any, driver: Driver, limit: int = _STATEMENT_LIMIT) -> None:
        super().__init__(raw, driver)
        self.statements: dict[str, Prepared] = {}
        self.limit = limit
        self.is_opening = False
        self.loop = asyncio.get_running_loop()
        version = raw.get_server_version()
        self.server_version = (version.major, version.micro)

    @property
    def in_transaction(self) -> bool:
        return self.is_opening or bool(not self.raw.is_closed() and self.raw.is_in_transaction())

    async def execute(self, sql: str, params: Params = ()) -> Fetched:
        try:
            known = self.statements.get(sql)
            if known is None:
                if not params and not is_preparable(sql) and not _BRINGS_ROWS.match(sql):
                    return await self.simple(sql)
                known = await self.prepare(sql)
            return await self.run(self.protocol(), known, params)
        except Exception as error:
            if await self.may_repeat(error):
                return await self.execute(sql, params)
            raise self.translate(error, sql, params) from error

    async def run(self, protocol: Any, known: Prepared, params: Params) -> Fetched:
        """Run a prepared statement."""
        known.used = True
        self.round_trips += 1
        rows, status, _ = await protocol.bind_execute(known.state, params, "", 0, True, None)
        self.is_opening = False
        return Fetched(rows, known.names, count_of(status))

    def protocol(self) -> Any:
        """Return asyncpg's protocol object; raises what a server that is gone means, though the event loop may have heard of it before us."""
        raw = self.raw
        if raw.is_closed():
            raise driver_errors.ConnectionDoesNotExistError("connection is closed")
        return raw._protocol

    @property
    def is_cancelling(self) -> bool:
        """Whether asyncpg still waits for the end of a cancelled statement."""
        return not self.raw.is_closed() and bool(self.raw._protocol._is_cancelling())

    async def opened_by(self, begin: str, statement: Execute, known: Prepared) -> list[Fetched]:
        """Begin a transaction and run a prepared statement in it, in one round trip."""
        try:
            protocol = self.protocol()
            self.is_opening = True  # until an answer comes: a value that cannot be sent leaves a BEGIN without its Sync
            self.raw._transport.write(_IN_FRONT.get(begin) or in_front(begin))
            return [Fetched([], ()), await self.run(protocol, known, statement.params)]
        except Exception as error:
            await self.forget_stale(error)
            raise self.translate(error, statement.sql, statement.params) from error

    async def simple(self, sql: str) -> Fetched:
        """Run a statement (or several) that brings no rows."""
        self.round_trips += 1
        status = await self.raw.execute(sql)
        self.is_opening = False
        if status and status.startswith(("CREATE", "DROP", "ALTER", "DISCARD", "DEALLOCATE")):
            self.statements.clear()
        return Fetched([], (), count_of(status))

    async def prepare(self, sql: str) -> Prepared:
        """Prepare a statement and keep it."""
        while len(self.statements) >= max(1, self.limit):
            oldest_sql = next(iter(self.statements))
            oldest = self.statements.pop(oldest_sql)
            if oldest.used and self.limit:
                oldest.used = False
                self.statements[oldest_sql] = oldest
        self.round_trips += 1
        found = Prepared(await self.raw.prepare(sql))
        if self.limit:
            self.statements[sql] = found
        return found

    async def may_repeat(self, error: BaseException) -> bool:
        """Whether a statement met a table that was changed meanwhile, outside of a transaction; all are forgotten then."""
        return await self.forget_stale(error) and not self.in_transaction

    async def forget_stale(self, error: BaseException) -> bool:
        """Forget all statements if one of them met a table that was changed meanwhile, and tell whether that is so."""
        if not isinstance(error, _STALE):
            return False
        self.statements.clear()
        await self.raw.reload_schema_state()
        return True

    async def execute_many(self, sql: str, param_rows: Sequence[Params]) -> Fetched:
        try:
            known = self.statements.get(sql) or await self.prepare(sql)
            self.round_trips += 1
            await known.statement.executemany(param_rows)
        except Exception as error:
            if await self.may_repeat(error):
                return await self.execute_many(sql, param_rows)
            raise self.translate(error, sql, param_rows) from error
        return Fetched([], ())

    async def batch(self, effects: Statements) -> list[Fetched]:
        try:
            return await self.one_by_one(effects)
        except errors.StatementError as error:
            if not isinstance(error.orig, _STALE) or not begins_transaction(effects[0].sql):
                raise
            await self.simple("ROLLBACK")  # the batch began the transaction, so all of it can be run again
            return await self.one_by_one(effects)

    async def one_by_one(self, effects: Statements) -> list[Fetched]:
        """Run a batch; where it begins a transaction, a prepared statement after that takes the BEGIN along."""
        if len(effects) > 1:
            first, second = effects[0], effects[1]
            known = self.statements.get(second.sql)
            if known is not None and isinstance(second, Execute) and begins_transaction(first.sql) and not self.is_cancelling:
                found = await self.opened_by(first.sql, second, known)
                return found if len(effects) == 2 else found + await super().batch(effects[2:])
        return await super().batch(effects)

    async def driver_sql(self, sql: str, params: Any = None, many: bool = False) -> Fetched:
        if many:
            return await self.execute_many(sql, params)
        return await self.execute(sql, params or ())

    async def open_cursor(self, sql: str, params: Params = ()) -> Cursor:
        try:
            if not self.in_transaction:
                fetched = await self.execute(sql, params)
                return Cursor(fetched.rows[::-1], fetched.names)
            known = self.statements.get(sql) or await self.prepare(sql)
            self.round_trips += 1
            return Cursor(await known.statement.cursor(*params), known.names)
        except Exception as error:
            raise self.translate(error, sql, params) from error

    async def fetch_chunk(self, cursor: Cursor, size: int) -> list[Any]:
        if isinstance(cursor.raw, list):
            part = cursor.raw[-size:][::-1]
            del cursor.raw[-size:]
            return part
        self.round_trips += 1
        try:
            rows: list[Any] = await cursor.raw.fetch(size)
        except Exception as error:
            raise self.translate(error) from error
        return rows

    async def close_cursor(self, cursor: Cursor) -> None:
        cursor.raw = []  # the portal ends with its transaction, at the latest

    async def ping(self) -> None:
        await self.execute("SELECT 1")

    async def call_listener(self, listener: Any, *rest: Any) -> Any:
        return await call_scripted(self, listener, rest)

    async def close(self) -> None:
        if not self.closed:
            self.mark_closed()
            self.statements.clear()
            try:
                await self.raw.close()
            except BaseException:
                self.raw.terminate()
                raise

    def terminate(self) -> None:
        if self.closed:
            return
        self.mark_closed()
        self.statements.clear()
        if self.loop.is_closed():
            self.drop(self.raw)
        elif self.loop.is_running() and asyncio._get_running_loop() is not self.loop:
            self.loop.call_soon_threadsafe(self.raw.terminate)  # a link collected on another thread
        else:
            self.raw.terminate()

    @classmethod
    def drop(cls, raw: Any) -> None:
        """Close the socket of a connection whose event loop is closed, so that nothing can be called on it any more."""
        if raw.is_closed():
            return
        raw._aborted = True
        drop_transport(raw._transport)


def count_of(status: str | bytes | None) -> int:
    """Return 3 for `INSERT 0 3` and `UPDATE 3`, -1 for `BEGIN`."""
    last = status.split()[-1] if status else ""
    return int(last) if last.isdigit() else -1


_SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_NUMBERS = {
    "timeout": float,
    "connect_timeout": float,
    "command_timeout": float,
    "statement_cache_size": int,
    "max_cached_statement_lifetime": int,
    "max_cacheable_statement_size": int,
}


def asyncpg_arguments(words: dict[str, str]) -> dict[str, Any]:
    """Translate libpq's keywords to asyncpg's arguments; what asyncpg does not know is a server setting."""
    found: dict[str, Any] = {}
    settings: dict[str, str] = {}
    for word, value in words.items():
        if word == "dbname":
            found["database"] = value
        elif word in ("user", "password", "passfile", "service", "servicefile", "target_session_attrs", "krbsrvname", "gsslib"):
            found[word] = value
        elif word == "host":
            hosts = value.split(",")
            found["host"] = hosts if len(hosts) > 1 else value
        elif word == "port":
            ports = [int(one) if one else 5432 for one in value.split(",")]
            found["port"] = ports if len(ports) > 1 else ports[0]
        elif word in ("sslmode", "ssl"):
            found["ssl"] = checked_ssl(value)
        elif word in _NUMBERS:
            found["timeout" if word == "connect_timeout" else word] = _NUMBERS[word](value)
        elif word == "prepared_statement_cache_size":
            found["statement_cache_size"] = int(value)
        elif word == "options":
            settings |= dict(re.findall(r"-c\s*([\w.]+)=((?:\\.|[^\s\\])*)", value))
        else:
            settings[word] = value
    if settings:
        found["server_settings"] = settings
    return found


def checked_ssl(mode: str) -> str:
    """Return an sslmode, or complain."""
    if mode not in _SSL_MODES and mode not in ("true", "false"):
        raise errors.ArgumentError(f"unknown sslmode {mode!r}{errors.suggestion(mode, _SSL_MODES)}; one of {', '.join(_SSL_MODES)}")
    return {"true": "require", "false": "disable"}.get(mode, mode)


def made_range(lower: Any, upper: Any, bounds: str = "[)", empty: bool = False) -> Any:
    """Make asyncpg's range."""
    return asyncpg.Range(lower, upper, lower_inc=bounds[0] == "[", upper_inc=bounds[1] == "]", empty=empty)


ADAPTERS = Adapters(
    range_in=made_range,
    multirange_in=list,
    bits_in=asyncpg.BitString,
    bits_out=lambda value: value.as_string().replace(" ", ""),
)


class AsyncpgDriver(Driver):
    """`postgresql+asyncpg://`."""

    name = "postgresql+asyncpg"
    default_dialect = POSTGRESQL_DIALECT.with_driver("asyncpg", adapters=ADAPTERS, native_json=False)
    database = "postgresql"
    module = "asyncpg"
    extra = "asyncpg"
    is_async = True

    def connect_args(self, url: Target) -> dict[str, Any]:
        return asyncpg_arguments(conninfo(url))

    async def connect(self, url: Target, connect_args: Mapping[str, Any]) -> AsyncpgLink:
        """Open a connection; asyncpg's own statement cache stays off, since links keep their statements themselves."""
        arguments = {**self.connect_args(url), **connect_args}
        limit = arguments.pop("prepared_statement_cache_size", arguments.get("statement_cache_size", _STATEMENT_LIMIT))
        arguments.pop("prepared_statement_name_func", None)
        arguments["statement_cache_size"] = 0 if limit == 0 else arguments.get("statement_cache_size", 100)
        try:
            return AsyncpgLink(await asyncpg.connect(**arguments), self, limit)
        except Exception as error:
            raise self.translate(error, None, None) from error

    def wrap(self, raw: Any) -> AsyncpgLink:
        return AsyncpgLink(raw, self)

    def translate(self, error: BaseException, sql: str | None, params: Any, link: Link | None = None) -> errors.AmboError:
        if isinstance(error, errors.AmboError):
            return error
        state = getattr(error, "sqlstate", None)
        lost = isinstance(error, driver_errors.InternalClientError)  # what asyncpg says when the server ended the session meanwhile
        invalidated = state in GONE or (link is not None and (lost or link.raw.is_closed()))
        found = dbapi_error(error, sql, params, class_of(error), invalidated=invalidated, hint=hint_for(state))
        violation_of(found, error)
        return found


def class_of(error: BaseException) -> type[errors.DBAPIError]:
    """Return ambo's class for one of asyncpg's errors, for a lost connection, or for a value of the wrong type."""
    if isinstance(error, driver_errors.PostgresError):
        return class_of_state(error.sqlstate)
    if isinstance(error, driver_errors.DataError | OverflowError | UnicodeError | ValueError | TypeError):
        return errors.DataError
    if isinstance(error, driver_errors.UnsupportedServerFeatureError | driver_errors.UnsupportedClientFeatureError):
        return errors.NotSupportedError
    if isinstance(error, driver_errors.InterfaceError):
        return errors.InterfaceError
    return errors.OperationalError
