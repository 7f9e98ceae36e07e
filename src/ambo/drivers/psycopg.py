"""PostgreSQL through psycopg 3, blocking; `psycopg_wire.py` holds all that does not wait, `psycopg_async.py` is the twin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from psycopg import errors as driver_errors, generators
from psycopg.types.multirange import Multirange
from psycopg.types.range import Range

from ambo import errors
from ambo.drivers.base import Cursor, Driver, Params, Statements, SyncLink, Target, dbapi_error
from ambo.drivers.postgresql import (
    GONE,
    begins_transaction,
    can_declare,
    conninfo,
    hint_for,
    violation_of,
)
from ambo.drivers.psycopg_wire import (
    PIPELINE_PART,
    PsycopgShared,
    Single,
    buffered,
    cursor_result,
    declared,
    failed,
    flattened,
    gathered,
    is_stale_plan,
    next_part,
)
from ambo.effects import Execute, ExecuteMany, Fetched
from ambo.rendering.dialect import Adapters
from ambo.rendering.postgresql import POSTGRESQL_DIALECT


class PsycopgLink(PsycopgShared, SyncLink):
    """One blocking psycopg connection."""

    def execute(self, sql: str, params: Params = ()) -> Fetched:
        self.round_trips += 1
        try:
            known = self.send(sql, params)
            if known is None:
                return self.pipeline([(sql, params, None)])[0]
            return self.take(known, self.handle.wait(generators.execute(self.pgconn)))
        except errors.AmboError as error:
            if isinstance(error, errors.StatementError) and self.may_repeat(error.orig):  # prepared, but sent behind a ROLLBACK
                return self.execute(sql, params)
            raise
        except BaseException as error:
            self.settle()
            if not isinstance(error, Exception):
                raise
            if self.may_repeat(error):
                return self.execute(sql, params)
            raise self.translate(error, sql, params) from error

    def pipeline(self, statements: Sequence[Single]) -> list[Fetched]:
        """Run statements in one round trip (counted by the caller)."""
        return self.taken(statements, self.handle.wait(self.pipelined(statements)))

    def execute_many(self, sql: str, param_rows: Sequence[Params]) -> Fetched:
        return self.batch([ExecuteMany(self, sql, param_rows)])[0]

    def batch(self, effects: Statements) -> list[Fetched]:
        if len(effects) > 1 and not self.may_pipeline(effects):
            return super().batch(effects)
        singles, counts = flattened(effects)
        fetched: list[Fetched] = []
        try:
            for start in range(0, len(singles), PIPELINE_PART):
                self.round_trips += 1
                fetched += self.pipeline(singles[start : start + PIPELINE_PART])
        except errors.StatementError as error:
            if is_stale_plan(error.orig) and begins_transaction(singles[0][0]):
                self.execute("ROLLBACK")
            if self.may_repeat(error.orig):
                return self.batch(effects)
            raise
        except BaseException as error:
            self.settle()
            if not isinstance(error, Exception):
                raise
            raise self.translate(error, singles[0][0], singles[0][1]) from error
        return gathered(effects, fetched, counts)

    def driver_sql(self, sql: str, params: Any = None, many: bool = False) -> Fetched:
        self.round_trips += 1
        try:
            with psycopg.Cursor(self.raw) as cursor:
                if many:
                    cursor.executemany(sql, params)
                else:
                    cursor.execute(sql, params)
                return self.from_cursor(cursor, many)
        except BaseException as error:
            self.settle()
            if not isinstance(error, Exception):
                raise
            raise self.translate(error, sql, params) from error

    def from_cursor(self, cursor: Any, many: bool) -> Fetched:
        """Take what an ordinary cursor has."""
        return cursor_result(self, cursor, [] if many or cursor.description is None else cursor.fetchall())

    def open_cursor(self, sql: str, params: Params = ()) -> Cursor:
        if not can_declare(sql):
            return buffered(self.execute(sql, params))
        name, declare = declared(self, sql)
        _, first = self.batch([Execute(self, declare, params), Execute(self, f"FETCH 0 FROM {name}")])
        return Cursor(name, first.names)

    def fetch_chunk(self, cursor: Cursor, size: int) -> list[Any]:
        if isinstance(cursor.raw, list):
            return next_part(cursor.raw, size)
        return self.execute(f"FETCH {size} FROM {cursor.raw}").rows

    def close_cursor(self, cursor: Cursor) -> None:
        if isinstance(cursor.raw, str) and not failed(self):
            self.cursors.discard(cursor.raw)
            self.execute(f"CLOSE {cursor.raw}")

    def ping(self) -> None:
        self.execute("SELECT 1")

    def call_listener(self, listener: Any, *rest: Any) -> Any:
        found = listener(self.raw, *rest)
        self.refresh()
        return found

    def interrupt(self) -> None:
        self.handle.cancel()

    def close(self) -> None:
        self.mark_closed()
        self.handle.close()


def made_range(lower: Any, upper: Any, bounds: str = "[)", empty: bool = False) -> Range[Any]:
    """Make psycopg's range."""
    return Range(lower, upper, bounds, empty)


ADAPTERS = Adapters(range_in=made_range, multirange_in=Multirange)


class PsycopgDriver(Driver):
    """`postgresql://`, `postgresql+psycopg://` in blocking engines."""

    name = "postgresql+psycopg"
    default_dialect = POSTGRESQL_DIALECT.with_driver("psycopg", adapters=ADAPTERS, pipelining=True)
    database = "postgresql"
    module = "psycopg"
    extra = "postgresql"

    def connect_args(self, url: Target) -> dict[str, Any]:
        return dict(conninfo(url))

    def connect(self, url: Target, connect_args: Mapping[str, Any]) -> Any:
        arguments = {"prepare_threshold": 1, **self.connect_args(url), **connect_args, "autocommit": True}
        try:
            return PsycopgLink(psycopg.connect(**arguments), self)
        except psycopg.Error as error:
            raise self.translate(error, None, None) from error

    def wrap(self, raw: Any) -> Any:
        raw.autocommit = True
        return PsycopgLink(raw, self)

    def translate(self, error: BaseException, sql: str | None, params: Any, link: Any = None) -> errors.AmboError:
        if isinstance(error, errors.AmboError):
            return error
        state = getattr(error, "sqlstate", None)
        invalidated = state in GONE or (link is not None and link.handle.closed)
        found = dbapi_error(error, sql, params, class_of(error), invalidated=invalidated, hint=hint_for(state))
        if isinstance(error, driver_errors.IntegrityError):
            violation_of(found, error.diag)
        return found


def class_of(error: BaseException) -> type[errors.DBAPIError]:
    """Return ambo's class for one of psycopg's errors."""
    for cls in type(error).__mro__:
        if cls.__module__ == "psycopg" and cls.__name__ in _NAMES:
            return _NAMES[cls.__name__]
    return errors.DBAPIError


_NAMES: dict[str, type[errors.DBAPIError]] = {
    "IntegrityError": errors.IntegrityError,
    "DataError": errors.DataError,
    "OperationalError": errors.OperationalError,
    "InternalError": errors.InternalError,
    "ProgrammingError": errors.ProgrammingError,
    "NotSupportedError": errors.NotSupportedError,
    "InterfaceError": errors.InterfaceError,
    "DatabaseError": errors.DatabaseError,
}
