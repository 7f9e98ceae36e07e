"""MariaDB and MySQL through PyMySQL, blocking; `mariadb_async.py` is the twin.

Placeholders are `%s`; the driver writes the values into the SQL. There is no pipeline: each statement is a round trip. A stream
(`open_cursor`) occupies the connection, so its rest is read into memory as soon as another statement is run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import pymysql
from pymysql.constants import CLIENT
from pymysql.constants.SERVER_STATUS import SERVER_STATUS_IN_TRANS
from pymysql.cursors import Cursor as DriverCursor, SSCursor

from ambo import errors
from ambo.drivers.base import Cursor, Driver, Link, Params, SyncLink, Target
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
from ambo.effects import Fetched
from ambo.errors import AmboError, IntegrityError
from ambo.rendering.mariadb import MARIADB_DIALECT


class PymysqlLink(SyncLink):
    """One blocking PyMySQL connection."""

    raw: Any

    def __init__(self, raw: Any, driver: Driver) -> None:
        super().__init__(raw, driver)
        self.server_version = version_of(raw.get_server_info())
        self.streaming: Cursor | None = None

    @property
    def in_transaction(self) -> bool:
        return bool(self.raw.open and self.raw.server_status & SERVER_STATUS_IN_TRANS)

    def execute(self, sql: str, params: Params = ()) -> Fetched:
        check_sendable(sql, params)
        return self.driver_sql(sql, tuple(params))

    def execute_many(self, sql: str, param_rows: Sequence[Params]) -> Fetched:
        if self.streaming is not None:
            self.read_rest()
        for row in param_rows:
            check_sendable(sql, row)
        count, first = 0, None
        try:
            with DriverCursor(self.raw) as cursor:
                for statement in combined(sql, param_rows, lambda text, row: cursor.mogrify(text, tuple(row))):
                    self.round_trips += 1
                    count += cursor.execute(statement)
                    first = first or cursor.lastrowid
        except Exception as error:
            raise self.named(self.translate(error, sql, param_rows)) from error
        return Fetched([], (), count, first)

    def named(self, error: AmboError) -> AmboError:
        """Ask for the columns of a violated key, which the server's message lacks."""
        key = unnamed_key(error)
        if key is not None and isinstance(error, IntegrityError):
            with suppress(Exception), DriverCursor(self.raw) as cursor:
                self.round_trips += 1
                cursor.execute(KEY_COLUMNS, key)
                error.columns = tuple(name for (name,) in cursor.fetchall())
        return error

    def driver_sql(self, sql: str, params: Any = None, many: bool = False) -> Fetched:
        if many:
            return self.execute_many(sql, params)
        if self.streaming is not None:
            self.read_rest()
        try:
            with DriverCursor(self.raw) as cursor:
                self.round_trips += 1
                cursor.execute(sql, params)
                return from_cursor(cursor, cursor.fetchall() if cursor.description else ())
        except BaseException as error:
            if not isinstance(error, Exception):
                self.is_broken = True  # an answer may be unread
                raise
            raise self.named(self.translate(error, sql, params)) from error

    def open_cursor(self, sql: str, params: Params = ()) -> Cursor:
        if self.streaming is not None:
            self.read_rest()
        self.round_trips += 1
        try:
            raw = SSCursor(self.raw)
            raw.execute(sql, tuple(params))
        except Exception as error:
            raise self.translate(error, sql, params) from error
        found = self.streaming = Cursor(raw, column_names(raw))
        self.cursors.add(raw)
        return found

    def fetch_chunk(self, cursor: Cursor, size: int) -> list[Any]:
        if isinstance(cursor.raw, list):
            part, cursor.raw = cursor.raw[:size], cursor.raw[size:]
            return part
        try:
            return list(cursor.raw.fetchmany(size))
        except Exception as error:
            raise self.translate(error) from error

    def close_cursor(self, cursor: Cursor) -> None:
        if not isinstance(cursor.raw, list):
            self.streaming = None
            self.cursors.discard(cursor.raw)
            cursor.raw.close()

    def read_rest(self) -> None:
        """Read what a stream has left, so that another statement can be sent."""
        cursor, self.streaming = self.streaming, None
        if cursor is not None:
            raw = cursor.raw
            cursor.raw = list(raw.fetchall())
            self.cursors.discard(raw)
            raw.close()

    def tidy(self) -> None:
        self.cursors.clear()
        self.read_rest()

    def ping(self) -> None:
        self.execute("SELECT 1")

    def close(self) -> None:
        self.mark_closed()
        self.streaming = None
        if self.raw.open:
            self.raw.close()

    def terminate(self) -> None:
        self.mark_closed()
        self.raw._force_close()


class PymysqlDriver(Driver):
    """`mariadb://`, `mysql://` and both with `+pymysql`, in blocking engines."""

    name = "mariadb+pymysql"
    database = "mariadb"
    module = "pymysql"
    extra = "mariadb"
    default_dialect = MARIADB_DIALECT.with_driver("pymysql")

    def connect_args(self, url: Target) -> dict[str, Any]:
        return {"charset": "utf8mb4", **connect_words(url)}

    def connect(self, url: Target, connect_args: Mapping[str, Any]) -> Any:
        arguments = {**self.connect_args(url), **connect_args, "autocommit": True}
        arguments["client_flag"] = arguments.get("client_flag", 0) | CLIENT.FOUND_ROWS  # rowcount: rows matched, not changed
        try:
            return PymysqlLink(pymysql.connect(**arguments), self)
        except Exception as error:
            raise self.translate(error, None, None) from error

    def wrap(self, raw: Any) -> Any:
        raw.autocommit(True)
        return PymysqlLink(raw, self)

    def translate(self, error: BaseException, sql: str | None, params: Any, link: Link | None = None) -> errors.AmboError:
        return translated(error, sql, params, link is not None and not link.raw.open)
