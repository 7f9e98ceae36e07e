"""SQLite through the standard library's `sqlite3`, blocking; `sqlite_async.py` puts a thread around it.

Every connection runs with `isolation_level=None`: transactions are what operations say. A connection that several
checkouts share (in-memory databases) takes a BEGIN inside a transaction and a COMMIT outside of one as done, since
another user of the same connection may have got there first.

Rule: a cursor never outlives the call that opened it, but for those of `open_cursor`; an open cursor keeps a lock.
"""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any
from urllib.parse import urlencode

from ambo import errors
from ambo.drivers.base import Cursor, Driver, Link, Params, SyncLink, Target, dbapi_class, dbapi_error, listed, named_parameter, value_error
from ambo.effects import Execute, Fetched
from ambo.rendering.sqlite import SQLITE_DIALECT


class Rows(Fetched):
    """What a statement with columns brought back. Their names are read out of the description when somebody asks: objects need none."""

    __slots__ = ("described",)

    def __init__(self, rows: list[Any], described: Sequence[Any], rowcount: int, lastrowid: Any) -> None:
        self.rows = rows
        self.described = described
        self.rowcount = rowcount
        self.lastrowid = lastrowid

    @property
    def names(self) -> tuple[str, ...]:  # type: ignore[override]  # nobody assigns it
        return next(zip(*self.described, strict=True))


NOTHING = Fetched([])
"""What BEGIN, ROLLBACK and their like bring back: the same each time."""


def fetched(cursor: sqlite3.Cursor) -> Fetched:
    """Take all that a cursor has."""
    described = cursor.description
    if described is not None:
        return Rows(cursor.fetchall(), described, cursor.rowcount, cursor.lastrowid)
    rowcount = cursor.rowcount
    return NOTHING if rowcount < 0 else Fetched([], (), rowcount, cursor.lastrowid)


class SqliteCalls(Link):
    """What a link of either colour does with its connection, blocking: the blocking link itself, the awaiting one by its worker.

    `handle` is the plain connection.
    """

    def __init__(self, raw: sqlite3.Connection, driver: Driver) -> None:
        self.handle = raw
        super().__init__(raw, driver)
        self.server_version = sqlite3.sqlite_version_info

    in_transaction: Any = property(attrgetter("handle.in_transaction"))  # without a frame: asked whenever a connection is given back

    def do_execute(self, sql: str, params: Params = ()) -> Fetched:
        self.round_trips += 1
        try:
            cursor = self.handle.execute(sql, params)
            described = cursor.description
            if described is not None:
                return Rows(cursor.fetchall(), described, cursor.rowcount, cursor.lastrowid)
        except Exception as error:
            return self.nothing_or_error(error, sql, params)
        rowcount = cursor.rowcount
        return NOTHING if rowcount < 0 else Fetched([], (), rowcount, cursor.lastrowid)

    def nothing_or_error(self, error: Exception, sql: str, params: Any) -> Fetched:
        """Return what a moot statement brings back; raises what the error of another one means."""
        if self.is_moot(sql):
            return NOTHING
        raise self.translate(error, sql, params) from error

    def is_moot(self, sql: str) -> bool:
        """Whether a transaction statement failed only because its purpose is reached already.

        SQLite ends a transaction by itself when a write is interrupted; of a shared connection, another user may have
        begun or ended it.
        """
        word = sql.strip().rstrip(";").upper()
        if self.closed:
            return False
        if self.handle.in_transaction:
            return self.shared and word.startswith("BEGIN")
        return word == "ROLLBACK" or (self.shared and word == "COMMIT")

    def roll_back_at_once(self) -> bool:
        try:
            self.do_execute("ROLLBACK")
        except errors.StatementError:
            return False
        return True

    def do_execute_many(self, sql: str, param_rows: Sequence[Params]) -> Fetched:
        self.round_trips += 1
        try:
            return fetched(self.handle.executemany(sql, param_rows))
        except Exception as error:
            raise self.translate(error, sql, param_rows) from error

    def do_driver_sql(self, sql: str, params: Any = None, many: bool = False) -> Fetched:
        self.round_trips += 1
        try:
            run = self.handle.executemany if many else self.handle.execute
            return fetched(run(sql, params if params is not None else ()))
        except Exception as error:
            return self.nothing_or_error(error, sql, params)

    def do_batch(self, effects: Sequence[Any]) -> list[Fetched]:
        self.round_trips += 1
        found = []
        execute, execute_many = self.handle.execute, self.handle.executemany
        for one in effects:
            params = one.params if type(one) is Execute else one.param_rows
            try:
                found.append(fetched((execute if type(one) is Execute else execute_many)(one.sql, params)))
            except Exception as error:
                found.append(self.nothing_or_error(error, one.sql, params))
        return found

    def do_open_cursor(self, sql: str, params: Params = ()) -> Cursor:
        self.round_trips += 1
        try:
            raw = self.handle.execute(sql, params)
        except Exception as error:
            raise self.translate(error, sql, params) from error
        self.cursors.add(raw)
        return Cursor(raw, tuple(one[0] for one in raw.description or ()))

    def do_fetch_chunk(self, cursor: Cursor, size: int) -> list[Any]:
        self.round_trips += 1
        try:
            rows: list[Any] = cursor.raw.fetchmany(size)
        except Exception as error:
            raise self.translate(error) from error
        return rows

    def do_close_cursor(self, cursor: Cursor) -> None:
        self.cursors.discard(cursor.raw)
        cursor.raw.close()

    def tidy(self) -> None:
        while self.cursors:
            self.cursors.pop().close()

    def interrupt(self) -> None:
        if not self.closed:
            self.handle.interrupt()

    def do_close(self) -> None:
        self.mark_closed()
        self.handle.close()


class SqliteLink(SqliteCalls, SyncLink):
    """One blocking SQLite connection."""

    raw: sqlite3.Connection

    execute = SqliteCalls.do_execute
    execute_many = SqliteCalls.do_execute_many
    driver_sql = SqliteCalls.do_driver_sql
    batch = SqliteCalls.do_batch
    open_cursor = SqliteCalls.do_open_cursor
    fetch_chunk = SqliteCalls.do_fetch_chunk
    close_cursor = SqliteCalls.do_close_cursor
    close = terminate = SqliteCalls.do_close

    def ping(self) -> None:
        self.execute("SELECT 1")


_FILE_ARGUMENTS: dict[str, Callable[[str], Any]] = {
    "timeout": float,
    "isolation_level": str,
    "detect_types": int,
    "check_same_thread": lambda text: text.lower() in ("1", "true", "yes"),
    "cached_statements": int,
    "inline_reads": lambda text: text.lower() in ("1", "true", "yes"),
}


def is_memory(url: Target) -> bool:
    """Whether a URL means a database that lives in its connection only."""
    name = url.database
    return not name or ":memory:" in name or (name.startswith("file:") and "memory" in listed(url.query.get("mode", "")))


def file_arguments(url: Target) -> dict[str, Any]:
    """Return the arguments of `sqlite3.connect` for a URL."""
    if url.host or url.username or url.password or url.port:
        raise errors.ArgumentError(
            f"invalid SQLite URL for {url.drivername}: a file has no host; write sqlite:///relative/path.db or sqlite:////absolute/path.db"
        )
    query = dict(url.query)
    found: dict[str, Any] = {key: convert(str(query.pop(key))) for key, convert in _FILE_ARGUMENTS.items() if key in query}
    as_uri = str(query.pop("uri", "")).lower() in ("1", "true", "yes")
    name = url.database or ":memory:"
    if as_uri or name.startswith("file:"):
        pairs = [(key, one) for key, value in query.items() for one in listed(value)]
        found |= {"database": name + ("?" + urlencode(pairs) if pairs else ""), "uri": True}
    elif query:
        known = ", ".join(sorted([*_FILE_ARGUMENTS, "uri"]))
        raise errors.ArgumentError(f"SQLite does not know {', '.join(map(repr, query))} in a URL's query; it knows {known}")
    else:
        found["database"] = name if name == ":memory:" else os.path.abspath(name)
    return found


_ABOUT = re.compile(r"(?P<kind>UNIQUE|NOT NULL|CHECK|FOREIGN KEY) constraint failed(?:: (?P<what>.*))?")


def integrity_error(error: errors.IntegrityError, text: str) -> None:
    """Read table, columns and constraint out of SQLite's message."""
    found = _ABOUT.search(text)
    if found is None or found["what"] is None:
        return
    what = found["what"]
    if found["kind"] == "CHECK" or what.startswith("index "):
        error.constraint = what.removeprefix("index ").strip("'")
        return
    pairs = [one.strip().rpartition(".") for one in what.split(",")]
    error.table = pairs[0][0] or None
    error.columns = tuple(column for _, _, column in pairs)


_UNSENDABLE = re.compile(r"type '.*' is not supported|probably unsupported type")


class SqliteDriver(Driver):
    """`sqlite://`, `sqlite+pysqlite://`."""

    name = "sqlite+pysqlite"
    database = "sqlite"
    module = "sqlite3"
    default_dialect = SQLITE_DIALECT.with_driver("pysqlite")

    def pool_name(self, url: Target) -> str:
        return "SingletonThreadPool" if is_memory(url) else "QueuePool"

    def connect_args(self, url: Target) -> dict[str, Any]:
        return file_arguments(url)

    def open(self, url: Target, connect_args: Mapping[str, Any]) -> sqlite3.Connection:
        """Open the file in autocommit mode, usable from every thread (one at a time)."""
        arguments = {**self.connect_args(url), **connect_args, "isolation_level": None}
        arguments.setdefault("check_same_thread", False)
        arguments.pop("inline_reads", None)  # means something under asyncio only
        try:
            raw: sqlite3.Connection = sqlite3.connect(**arguments)
        except Exception as error:
            raise self.translate(error, None, None) from error
        return raw

    def connect(self, url: Target, connect_args: Mapping[str, Any]) -> Any:
        return SqliteLink(self.open(url, connect_args), self)

    def wrap(self, raw: Any) -> Any:
        raw.isolation_level = None
        return SqliteLink(raw, self)

    def translate(self, error: BaseException, sql: str | None, params: Any, link: Link | None = None) -> errors.AmboError:
        text = str(error)
        if isinstance(error, OverflowError | UnicodeEncodeError | ValueError | TypeError) or _UNSENDABLE.search(text):
            cls = errors.InterfaceError if isinstance(error, sqlite3.InterfaceError) else errors.ProgrammingError
            if isinstance(error, sqlite3.Error):
                return cls(sql, params, error, message=f"(sqlite3.{type(error).__name__}) {named_parameter(text, params)}")
            return value_error(error, sql, params, named_parameter(text, params))
        invalidated = "closed database" in text
        found = dbapi_error(error, sql, params, dbapi_class(error), invalidated=invalidated, hint=hint_for(text))
        if isinstance(found, errors.IntegrityError):
            integrity_error(found, text)
        return found


def hint_for(text: str) -> str:
    """Return the remedy for SQLite's best-known messages."""
    if text == "database is locked":
        return (
            "Another connection holds the write lock; keep write transactions short, raise `timeout` in connect_args, "
            "or turn on WAL (PRAGMA journal_mode=WAL)."
        )
    if text == "unable to open database file":
        return "The directory must exist and be writable; sqlite:///x.db is relative to the working directory, sqlite:////x.db absolute."
    return ""
