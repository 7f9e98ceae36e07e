"""A driver without a database: it answers from a script and remembers what it was asked. For your tests, and for ours.

    driver = MockDriver([[(1, "ada")], IntegrityError("taken")])
    link = driver.connect()
    link.execute("SELECT …").rows    [(1, "ada")]
    driver.asked                     [("SELECT …", ())]

An answer is a list of rows, a `Fetched`, an int (the row count), None (nothing), an exception to raise, or a function of (sql, params) that
returns one of these. Instead of a list, the script may be such a function. Transaction statements are answered without
looking at the script, unless `transactions=True`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ambo import errors
from ambo.drivers.base import AsyncLink, Cursor, Driver, Link, Params, Statements, SyncLink, Target
from ambo.effects import Execute, Fetched

Script = Iterable[Any] | Callable[[str, Any], Any]
_TRANSACTION_WORDS = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")


class MockDriver(Driver):
    """Answers from a script.

    `asked` lists (sql, parameters) of every statement, `batches` how many statements each round trip had, `links` the
    connections opened so far. Raises InvalidRequestError when the script is at its end.
    """

    name = "mock"
    database = "mock"
    module = "ambo"

    def __init__(self, script: Script = (), *, is_async: bool = False, transactions: bool = False, dialect: Any = None) -> None:
        super().__init__(dialect)
        self.is_async = is_async
        self.transactions = transactions
        self.asked: list[tuple[str, Any]] = []
        self.batches: list[int] = []
        self.links: list[Link] = []
        self._function: Callable[[str, Any], Any] | None = script if callable(script) else None
        self._answers = iter(()) if callable(script) else iter(script)

    def connect_args(self, url: Target) -> dict[str, Any]:
        return {}

    def connect(self, url: Target | None = None, connect_args: Mapping[str, Any] | None = None) -> Any:
        """Return a link, or a coroutine of one."""
        return self._connect() if self.is_async else self._made(MockLink(None, self))

    async def _connect(self) -> Any:
        return self._made(AsyncMockLink(None, self))

    def _made(self, link: Any) -> Any:
        self.links.append(link)
        return link

    def answer(self, sql: str, params: Any) -> Fetched:
        """Take the next answer; raises it if it is an exception."""
        self.asked.append((sql, params))
        if not self.transactions and sql.split(None, 1)[0].upper() in _TRANSACTION_WORDS:
            return Fetched([])
        found = self._function(sql, params) if self._function is not None else self._next(sql)
        if callable(found) and not isinstance(found, type):
            found = found(sql, params)
        if isinstance(found, BaseException):
            raise found
        if isinstance(found, Fetched):
            return Fetched(list(found.rows), found.names, found.rowcount, found.lastrowid)  # who asks may use up the rows
        if isinstance(found, int):
            return Fetched([], (), found)
        rows = list(found or ())
        return Fetched(rows, (), len(rows))

    def _next(self, sql: str) -> Any:
        for found in self._answers:
            return found
        raise errors.InvalidRequestError(f"the mock driver's script has no answer left, and was asked: {sql}")


class _MockShared(Link):
    driver: MockDriver

    def answer(self, sql: str, params: Any, many: bool = False) -> Fetched:
        """Count a round trip and take the next answer."""
        self.round_trips += 1
        self.driver.batches.append(1)
        return self.driver.answer(sql, params)

    def answers(self, effects: Statements) -> list[Fetched]:
        """Count one round trip and take an answer for each."""
        self.round_trips += 1
        self.driver.batches.append(len(effects))
        return [self.driver.answer(one.sql, one.params if isinstance(one, Execute) else one.param_rows) for one in effects]

    def terminate(self) -> None:
        self.mark_closed()

    @classmethod
    def drop(cls, raw: Any) -> None:
        """Do nothing: there is nothing."""


class MockLink(_MockShared, SyncLink):
    """A scripted blocking connection."""

    def execute(self, sql: str, params: Params = ()) -> Fetched:
        return self.answer(sql, params)

    def execute_many(self, sql: str, param_rows: Sequence[Params]) -> Fetched:
        return self.answer(sql, param_rows)

    def driver_sql(self, sql: str, params: Any = None, many: bool = False) -> Fetched:
        return self.answer(sql, params)

    def batch(self, effects: Statements) -> list[Fetched]:
        return self.answers(effects)

    def open_cursor(self, sql: str, params: Params = ()) -> Cursor:
        found = self.answer(sql, params)
        return Cursor(found.rows, found.names)

    def fetch_chunk(self, cursor: Cursor, size: int) -> list[Any]:
        part, cursor.raw = cursor.raw[:size], cursor.raw[size:]
        return list(part)

    def close_cursor(self, cursor: Cursor) -> None:
        cursor.raw = []

    def ping(self) -> None:
        self.round_trips += 1

    def close(self) -> None:
        self.mark_closed()


class AsyncMockLink(_MockShared, AsyncLink):
    """A scripted awaiting connection."""

    loop_bound = False

    async def execute(self, sql: str, params: Params = ()) -> Fetched:
        return self.answer(sql, params)

    async def execute_many(self, sql: str, param_rows: Sequence[Params]) -> Fetched:
        return self.answer(sql, param_rows)

    async def driver_sql(self, sql: str, params: Any = None, many: bool = False) -> Fetched:
        return self.answer(sql, params)

    async def batch(self, effects: Statements) -> list[Fetched]:
        return self.answers(effects)

    async def open_cursor(self, sql: str, params: Params = ()) -> Cursor:
        found = self.answer(sql, params)
        return Cursor(found.rows, found.names)

    async def fetch_chunk(self, cursor: Cursor, size: int) -> list[Any]:
        part, cursor.raw = cursor.raw[:size], cursor.raw[size:]
        return list(part)

    async def close_cursor(self, cursor: Cursor) -> None:
        cursor.raw = []

    async def ping(self) -> None:
        self.round_trips += 1

    async def call_listener(self, listener: Callable[..., Any], *rest: Any) -> Any:
        return listener(self.raw, *rest)

    async def close(self) -> None:
        self.mark_closed()
