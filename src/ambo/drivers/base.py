"""What a driver is to the rest of ambo: a `Driver` opens links, a link is one open connection in one colour.

    Driver        one DB-API in one colour; knows how a URL becomes connect arguments
    SyncLink      one open connection, methods block
    AsyncLink     the same methods as coroutines

Rule 1: every link runs in the DB-API's autocommit mode; BEGIN, COMMIT and SAVEPOINT are statements that operations send.
Rule 2: every error leaves a link as one of ambo's `StatementError`s (made by `Driver.translate`), the driver's as its cause.
Rule 3: `round_trips` counts what went to the server and back, no more and no less. What a driver asks on its own while
        connecting counts in `connect_trips`. In-process SQLite counts one for each effect. A ROLLBACK that nobody waits for is no trip.
Rule 4: `terminate` and `interrupt` never wait; after any error or cancellation a link is either usable or `is_broken`.
"""

from __future__ import annotations

import atexit
import importlib.util
import itertools
import os
import re
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Protocol

from ambo import errors
from ambo.effects import Execute, ExecuteMany, Fetched

Params = Sequence[Any]
Statements = Sequence[Execute | ExecuteMany]

_numbers = itertools.count(1)

# The driver's connections of all open links. Held here, a connection outlives its link, also where both are garbage of one
# cycle and finalizers run in any order: so the link closes it before it can complain of being left open.
_open: dict[int, tuple[type[Link], Any, weakref.ref[Link]]] = {}

# Those of the parent process, in a forked child: kept, so that nothing here says goodbye on the parent's sockets.
_inherited: list[Any] = []


class Target(Protocol):
    """The parts of a URL that a driver reads."""

    @property
    def drivername(self) -> str: ...
    @property
    def username(self) -> str | None: ...
    @property
    def password(self) -> Any: ...
    @property
    def host(self) -> str | None: ...
    @property
    def port(self) -> int | None: ...
    @property
    def database(self) -> str | None: ...
    @property
    def query(self) -> Mapping[str, str | tuple[str, ...]]: ...


class Cursor:
    """An open server-side cursor: its column names and the driver's own object."""

    __slots__ = ("names", "raw")

    def __init__(self, raw: Any, names: tuple[str, ...]) -> None:
        self.raw = raw
        self.names = names


class Link:
    """What both colours of link have in common.

    `raw` is the driver's own connection, `info` a dict for the user, `number` tells links apart in a recording,
    `pool_record` is the pool's own note, `server_version` a tuple of ints, `shared` whether several checkouts may
    use it at once (in-memory SQLite), `cursors` what was opened and not closed yet.
    """

    is_async: ClassVar[bool] = False

    def __init__(self, raw: Any, driver: Driver) -> None:
        self.raw = raw
        self.driver = driver
        self.dialect = driver.dialect
        self.info: dict[Any, Any] = {}
        self.number = next(_numbers)
        self.round_trips = 0
        self.connect_trips = 0
        self.is_broken = False
        self.closed = False
        self.shared = False
        self.server_version: tuple[int, ...] = ()
        self.pool_record: Any = None
        self.cursors: set[Any] = set()
        _open[self.number] = (type(self), raw, weakref.ref(self))

    def __repr__(self) -> str:
        condition = "closed" if self.closed else "broken" if self.is_broken else "open"
        return f"<{condition} link {self.number} to {self.driver.name}>"

    @property
    def in_transaction(self) -> bool:
        """Whether the database is known to be inside a transaction on this connection."""
        return False

    def translate(self, error: BaseException, sql: str | None = None, params: Any = None) -> errors.AmboError:
        """Turn a driver's error into ambo's, and note when the connection is gone."""
        found = self.driver.translate(error, sql, params, self)
        if isinstance(found, errors.DBAPIError) and found.connection_invalidated:
            self.is_broken = True
        return found

    def roll_back_at_once(self) -> bool:
        """Have the open transaction undone without waiting; False: that is not to be had, and ROLLBACK is to be executed."""
        return False

    def tidy(self) -> None:
        """Give up the cursors that a cancelled operation left open, without waiting."""
        self.cursors.clear()

    def interrupt(self) -> None:
        """Ask for the running statement to stop, without waiting for it."""

    def mark_closed(self) -> None:
        """Note that the connection is closed, or about to be."""
        self.closed = True
        _open.pop(self.number, None)

    def terminate(self) -> None:
        """Close the connection without waiting for anybody."""
        raise NotImplementedError

    @classmethod
    def drop(cls, raw: Any) -> None:
        """Close a driver's connection at the end of the program, when nothing can wait."""
        raw.close()

    def __del__(self) -> None:
        if not self.closed:
            record = self.pool_record
            self.terminate()
            if record is not None:
                record.lost()


@atexit.register
def _drop_all() -> None:
    """Close what the program left open, quietly."""
    while _open:
        _, (kind, raw, reference) = _open.popitem()
        link = reference()
        if link is not None:
            link.closed = True
        try:
            kind.drop(raw)
        except Exception:
            continue


def _leave_to_parent() -> None:
    """In a forked child: count every open link as closed."""
    for _, _, reference in _open.values():
        link = reference()
        if link is not None:
            link.closed = True
    _inherited.extend(_open.values())
    _open.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_to_parent)


def drop_transport(transport: Any) -> None:
    """Close the socket of an asyncio transport whose event loop is closed, so that nothing can be called on it any more."""
    socket = getattr(transport, "_sock", None)
    if socket is not None:
        socket.close()
        transport._sock = None
    elif transport is not None:
        try:
            transport.abort()
        except RuntimeError:
            return


class SyncLink(Link):
    """A connection whose methods block."""

    def execute(self, sql: str, params: Params = ()) -> Fetched:
        """Run one statement and take all its rows."""
        raise NotImplementedError

    def execute_many(self, sql: str, param_rows: Sequence[Params]) -> Fetched:
        """Run one statement for each row of parameters."""
        raise NotImplementedError

    def driver_sql(self, sql: str, params: Any = None, many: bool = False) -> Fetched:
        """Run a statement in the driver's own parameter style."""
        raise NotImplementedError

    def batch(self, effects: Statements) -> list[Fetched]:
        """Run several statements in order, up to the first error."""
        return [
            self.execute(one.sql, one.params) if type(one) is Execute else self.execute_many(one.sql, one.param_rows)  # type: ignore[union-attr]
            for one in effects
        ]

    def open_cursor(self, sql: str, params: Params = ()) -> Cursor:
        """Run a statement whose rows are taken in chunks."""
        raise NotImplementedError

    def fetch_chunk(self, cursor: Cursor, size: int) -> list[Any]:
        """Take up to `size` rows of an open cursor."""
        raise NotImplementedError

    def close_cursor(self, cursor: Cursor) -> None:
        """Close an open cursor."""
        raise NotImplementedError

    def ping(self) -> None:
        """Make a round trip; raises if the server is gone."""
        raise NotImplementedError

    def call_listener(self, listener: Callable[..., Any], *rest: Any) -> Any:
        """Call an event listener whose first argument is the driver's connection."""
        return listener(self.raw, *rest)

    def close(self) -> None:
        """Say goodbye to the server and close."""
        raise NotImplementedError


class PlainLink(SyncLink):
    """Any DB-API connection in a pool of the user's own; it only has to be closed."""

    def ping(self) -> None:
        cursor = self.raw.cursor()
        try:
            cursor.execute("SELECT 1")
            cursor.fetchall()
        except Exception as error:
            self.is_broken = True
            raise self.translate(error, "SELECT 1") from error
        finally:
            cursor.close()

    def close(self) -> None:
        self.mark_closed()
        self.raw.close()

    terminate = close


class AsyncLink(Link):
    """A connection whose methods are coroutines; the same names as `SyncLink`'s."""

    is_async = True
    loop_bound: ClassVar[bool] = True
    """Whether the connection works in the event loop that opened it only."""

    def at_once(self, sql: str, params: Params = ()) -> Fetched | None:
        """Run one statement if that needs no waiting; None: it is to be awaited. Asked before `execute`, by the runtime."""
        return None

    def batch_at_once(self, effects: Statements) -> list[Fetched]:
        """Run as many of several statements as need no waiting; the rest is to be awaited. Asked before `batch`."""
        return []

    async def execute(self, sql: str, params: Params = ()) -> Fetched:
        """Run one statement and take all its rows."""
        raise NotImplementedError

    async def execute_many(self, sql: str, param_rows: Sequence[Params]) -> Fetched:
        """Run one statement for each row of parameters."""
        raise NotImplementedError

    async def driver_sql(self, sql: str, params: Any = None, many: bool = False) -> Fetched:
        """Run a statement in the driver's own parameter style."""
        raise NotImplementedError

    async def batch(self, effects: Statements) -> list[Fetched]:
        """Run several statements in order, up to the first error."""
        return [
            await self.execute(one.sql, one.params)
            if type(one) is Execute
            else await self.execute_many(one.sql, one.param_rows)  # type: ignore[union-attr]
            for one in effects
        ]

    async def open_cursor(self, sql: str, params: Params = ()) -> Cursor:
        """Run a statement whose rows are taken in chunks."""
        raise NotImplementedError

    async def fetch_chunk(self, cursor: Cursor, size: int) -> list[Any]:
        """Take up to `size` rows of an open cursor."""
        raise NotImplementedError

    async def close_cursor(self, cursor: Cursor) -> None:
        """Close an open cursor."""
        raise NotImplementedError

    async def ping(self) -> None:
        """Make a round trip; raises if the server is gone."""
        raise NotImplementedError

    async def call_listener(self, listener: Callable[..., Any], *rest: Any) -> Any:
        """Call an event listener that was written for a blocking connection."""
        raise NotImplementedError

    async def close(self) -> None:
        """Say goodbye to the server and close."""
        raise NotImplementedError


class Driver:
    """One DB-API in one colour.

    `name` is the drivername of its URLs, `module` what is imported, `extra` the optional dependency of ambo that
    brings it, `dialect` the SQL it takes.
    """

    name: ClassVar[str]
    database: ClassVar[str]
    module: ClassVar[str]
    extra: ClassVar[str | None] = None
    is_async: bool = False
    default_pool: ClassVar[str] = "QueuePool"
    default_dialect: ClassVar[Any] = None

    def __init__(self, dialect: Any = None) -> None:
        self.dialect = dialect if dialect is not None else self.default_dialect

    @classmethod
    def available(cls) -> bool:
        """Whether the driver's package is installed."""
        return importlib.util.find_spec(cls.module) is not None

    def pool_name(self, url: Target) -> str:
        """Return the name of the pool class that fits this URL."""
        return self.default_pool

    def connect_args(self, url: Target) -> dict[str, Any]:
        """Return the keyword arguments with which the driver opens this URL."""
        raise NotImplementedError

    def connect(self, url: Target, connect_args: Mapping[str, Any]) -> Any:
        """Open a connection; the result is a link (sync) or a coroutine of one (async)."""
        raise NotImplementedError

    def wrap(self, raw: Any) -> Any:
        """Make a link of a connection that the user's `creator` opened."""
        raise NotImplementedError

    def translate(self, error: BaseException, sql: str | None, params: Any, link: Link | None = None) -> errors.AmboError:
        """Turn one of the driver's errors into ambo's."""
        return dbapi_error(error, sql, params, dbapi_class(error))


_CLASSES: dict[str, type[errors.DBAPIError]] = {
    "IntegrityError": errors.IntegrityError,
    "DataError": errors.DataError,
    "OperationalError": errors.OperationalError,
    "InternalError": errors.InternalError,
    "ProgrammingError": errors.ProgrammingError,
    "NotSupportedError": errors.NotSupportedError,
    "InterfaceError": errors.InterfaceError,
    "DatabaseError": errors.DatabaseError,
}


def dbapi_class(error: BaseException) -> type[errors.DBAPIError]:
    """Return ambo's class for a DB-API error, by the names of its bases."""
    for base in type(error).__mro__:
        if base.__name__ in _CLASSES:
            return _CLASSES[base.__name__]
    return errors.DBAPIError


def error_name(error: BaseException) -> str:
    """Return `sqlite3.IntegrityError` or `psycopg.errors.UniqueViolation`: how messages name a driver's error."""
    module = type(error).__module__.removeprefix("_").replace(".exceptions._base", "").replace(".exceptions", "")
    return f"{module}.{type(error).__qualname__}"


def dbapi_error(
    error: BaseException,
    sql: str | None,
    params: Any,
    cls: type[errors.DBAPIError],
    *,
    invalidated: bool = False,
    hint: str = "",
) -> errors.DBAPIError:
    """Make ambo's error of a driver's; `hint` is a sentence about the remedy."""
    message = f"({error_name(error)}) {str(error).strip()}" + (f"\n{hint}" if hint else "")
    return cls(sql, params, error, connection_invalidated=invalidated, message=message)


def value_error(error: BaseException, sql: str | None, params: Any, what: str) -> errors.DataError:
    """Make the DataError of a parameter that the driver cannot send."""
    return errors.DataError(sql, params, error, message=f"({error_name(error)}) {what}")


_PARAMETER_NUMBER = re.compile(r"(?:parameter|argument)[^0-9]{0,12}(\d+)")


def named_parameter(message: str, params: Any) -> str:
    """Say which value a driver's message about `parameter 2` means, counting from one."""
    found = _PARAMETER_NUMBER.search(message)
    if found is None or not isinstance(params, Sequence) or not 1 <= int(found[1]) <= len(params):
        return message
    value = params[int(found[1]) - 1]
    return f"parameter {found[1]} is {value!r} ({type(value).__name__}): {message}"


def listed(value: str | tuple[str, ...]) -> Iterator[str]:
    """Iterate over a URL's query value, which is a string or a tuple of them."""
    if isinstance(value, str):
        yield value
    else:
        yield from value
