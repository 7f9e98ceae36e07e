"""The vocabulary of I/O: what an operation may ask for, as data.

An operation is a generator that yields effects and is sent their results: `Op[T]`. It can name what it wants and
cannot wait for it; a runtime (`connecting/runtime.py`) performs each effect in its own colour.

Rule 1: a bare `yield` stands in this file only, wrapped in a typed helper: `rows = yield from fetch(link, sql, params)`.
Rule 2: an effect is inert data. A `link` is a driver's connection (`drivers/base.py`), opaque to operations.
Rule 3: an error in an effect is thrown into the operation where it asked, so `try/finally` means what it says.

`link`s come from `acquire` and go back with `release`; between the two every effect names the link it wants. What waits for nobody needs
no effect: operations first ask `pool.idle_link()`, and `pool.give_back(link)` at the end (both decline while effects are recorded).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import Any, Protocol, TypeAlias, TypeVar

T = TypeVar("T")


class Effect:
    """The base of all effects."""

    __slots__ = ()


Op: TypeAlias = Generator[Effect, Any, T]


class Fetched:
    """What a statement brought back.

    `rows` is a list of plain tuples (or the driver's tuple-like records) that belongs to whoever asked, who may empty it; `names` the column names as the database
    reported them (empty if the statement returns no rows), `rowcount` the number of rows matched or -1,
    `lastrowid` the last generated integer key where the driver knows one.
    """

    __slots__ = ("lastrowid", "names", "rowcount", "rows")

    def __init__(self, rows: list[Any], names: tuple[str, ...] = (), rowcount: int = -1, lastrowid: Any = None) -> None:
        self.rows = rows
        self.names = names
        self.rowcount = rowcount
        self.lastrowid = lastrowid

    def __repr__(self) -> str:
        return f"Fetched({len(self.rows)} rows, rowcount={self.rowcount})"


class Acquire(Effect):
    """Check a link out of a pool. Result: the link."""

    __slots__ = ("pool",)

    def __init__(self, pool: Any) -> None:
        self.pool = pool


class Release(Effect):
    """Give a link back to its pool; `broken` closes it instead. Result: None. Never waits for a resource."""

    __slots__ = ("broken", "link", "pool")

    def __init__(self, pool: Any, link: Any, broken: bool = False) -> None:
        self.pool = pool
        self.link = link
        self.broken = broken


class Reader(Protocol):
    """Takes the rows of a statement part by part, while the server sends more; never raises, since the rest is to be read first.

    `part` is how many rows at a time are worth while.
    """

    part: int

    def __call__(self, rows: list[Any]) -> None:
        """Take some rows."""


class Execute(Effect):
    """Run one statement. Result: `Fetched`, without rows if the `reader` was given them (which not every driver does)."""

    __slots__ = ("link", "params", "reader", "sql")

    def __init__(self, link: Any, sql: str, params: Sequence[Any] = (), reader: Reader | None = None) -> None:
        self.link = link
        self.sql = sql
        self.params = params
        self.reader = reader

    def __repr__(self) -> str:
        return f"Execute({self.sql!r}, {self.params!r})"


class ExecuteMany(Effect):
    """Run one statement once for each parameter row, results discarded. Result: `Fetched` with the summed rowcount."""

    __slots__ = ("link", "param_rows", "sql")

    def __init__(self, link: Any, sql: str, param_rows: Sequence[Sequence[Any]]) -> None:
        self.link = link
        self.sql = sql
        self.param_rows = param_rows

    def __repr__(self) -> str:
        return f"ExecuteMany({self.sql!r}, {self.param_rows!r})"


class Driver(Effect):
    """Run a raw statement in the driver's own parameter style (`exec_driver_sql`). Result: `Fetched`."""

    __slots__ = ("link", "many", "params", "sql")

    def __init__(self, link: Any, sql: str, params: Any = None, many: bool = False) -> None:
        self.link = link
        self.sql = sql
        self.params = params
        self.many = many


class Batch(Effect):
    """Run several statements of one link in order, stopping at the first error. Result: a list of their `Fetched`.

    A driver with a pipeline sends them in one round trip. The error of a failed statement is thrown; what came
    before it has run, what comes after it has not.
    """

    __slots__ = ("effects", "link")

    def __init__(self, link: Any, effects: Sequence[Execute | ExecuteMany]) -> None:
        self.link = link
        self.effects = effects

    def __repr__(self) -> str:
        return f"Batch({list(self.effects)!r})"


class OpenCursor(Effect):
    """Run a statement whose rows stay with the server. Result: an opaque cursor with `.names`."""

    __slots__ = ("link", "params", "sql")

    def __init__(self, link: Any, sql: str, params: Sequence[Any] = ()) -> None:
        self.link = link
        self.sql = sql
        self.params = params


class FetchChunk(Effect):
    """Take up to `size` rows from an open cursor. Result: a list of rows, empty at the end."""

    __slots__ = ("cursor", "link", "size")

    def __init__(self, link: Any, cursor: Any, size: int) -> None:
        self.link = link
        self.cursor = cursor
        self.size = size


class CloseCursor(Effect):
    """Close an open cursor. Result: None."""

    __slots__ = ("cursor", "link")

    def __init__(self, link: Any, cursor: Any) -> None:
        self.link = link
        self.cursor = cursor


class Call(Effect):
    """Call a listener; under asyncio a coroutine function is awaited. Result: what it returned."""

    __slots__ = ("args", "kwargs", "listener")

    def __init__(self, listener: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.listener = listener
        self.args = args
        self.kwargs = kwargs


def acquire(pool: Any) -> Op[Any]:
    """Ask a pool for a link."""
    return (yield Acquire(pool))


def release(pool: Any, link: Any, broken: bool = False) -> Op[None]:
    """Give a link back, or have it closed if it is broken."""
    yield Release(pool, link, broken)


def fetch(link: Any, sql: str, params: Sequence[Any] = ()) -> Op[Fetched]:
    """Run one statement and return what it brought back."""
    fetched: Fetched = yield Execute(link, sql, params)
    return fetched


def fetch_after(
    link: Any, ahead: Sequence[Execute], sql: str, params: Sequence[Any] = (), reader: Reader | None = None
) -> Op[Fetched]:
    """Run one statement after others in one batch, and return what the one brought back."""
    answers: list[Fetched] = yield Batch(link, (*ahead, Execute(link, sql, params, reader)))
    return answers[-1]


def fetch_each(link: Any, ahead: Sequence[Execute], statements: Sequence[Execute | ExecuteMany]) -> Op[list[Fetched]]:
    """Run statements after others in one batch (a single one by itself), and return what each brought back."""
    if not ahead and len(statements) == 1 and getattr(statements[0], "reader", None) is None:
        return [(yield statements[0])]
    answers: list[Fetched] = yield Batch(link, [*ahead, *statements])
    return answers[len(ahead) :] if ahead else answers


def fetch_many(link: Any, sql: str, param_rows: Sequence[Sequence[Any]]) -> Op[Fetched]:
    """Run one statement for many parameter rows."""
    fetched: Fetched = yield ExecuteMany(link, sql, param_rows)
    return fetched


def driver_sql(link: Any, sql: str, params: Any = None, many: bool = False) -> Op[Fetched]:
    """Run a statement as it stands, parameters in the driver's own style."""
    fetched: Fetched = yield Driver(link, sql, params, many)
    return fetched


def batch(link: Any, effects: Sequence[Execute | ExecuteMany]) -> Op[list[Fetched]]:
    """Run several statements, in one round trip where the driver can."""
    fetched: list[Fetched] = yield Batch(link, effects)
    return fetched


def open_cursor(link: Any, sql: str, params: Sequence[Any] = ()) -> Op[Any]:
    """Run a statement whose rows are taken in chunks."""
    return (yield OpenCursor(link, sql, params))


def fetch_chunk(link: Any, cursor: Any, size: int) -> Op[list[Any]]:
    """Take the next rows of an open cursor."""
    rows: list[Any] = yield FetchChunk(link, cursor, size)
    return rows


def close_cursor(link: Any, cursor: Any) -> Op[None]:
    """Close an open cursor."""
    yield CloseCursor(link, cursor)


def call(listener: Callable[..., Any], *args: Any, **kwargs: Any) -> Op[Any]:
    """Call a listener in the colour of the runtime."""
    return (yield Call(listener, args, kwargs))


def passed_on(effect: Effect) -> Op[Any]:
    """Ask for what another operation asked for: an operation around an operation."""
    return (yield effect)
