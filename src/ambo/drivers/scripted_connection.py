"""What a plain listener is given on an asyncio driver: a connection that notes what to do, done when the listener has returned.

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(dbapi_connection, connection_record):
        cursor = dbapi_connection.cursor()
        cursor.execute("SET TIME ZONE 'UTC'")
        cursor.close()

Rule: whatever would have to wait here and now (a fetch) raises an error that says to make the listener `async def`; that one is
awaited and gets the driver's own connection. Everything else is asked of the driver's connection.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from ambo.drivers.base import AsyncLink
from ambo.errors import AwaitRequired

Step = Callable[[], Awaitable[Any]]


class ScriptedCursor:
    """Collects statements; has no results."""

    description = None
    rowcount = -1

    def __init__(self, connection: ScriptedConnection) -> None:
        self.connection = connection

    def execute(self, sql: str, params: Any = None) -> ScriptedCursor:
        """Have a statement run when the listener has returned."""
        self.connection.note(sql, params, False)
        return self

    def executemany(self, sql: str, params: Any) -> ScriptedCursor:
        """Have a statement run for many parameter rows when the listener has returned."""
        self.connection.note(sql, params, True)
        return self

    def _no_results(self, *args: Any) -> Any:
        raise AwaitRequired(
            "a plain listener cannot wait for results on an asyncio driver; write `async def listener(connection, record)`: "
            "it is awaited and gets the driver's own connection"
        )

    fetchone = fetchall = fetchmany = __iter__ = __next__ = _no_results

    def close(self) -> None:
        """Do nothing."""

    def __enter__(self) -> ScriptedCursor:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


class ScriptedConnection:
    """Collects what a listener wants done; see the module."""

    def __init__(self, link: AsyncLink) -> None:
        self._link = link
        self._steps: list[Step] = []

    @property
    def driver_connection(self) -> Any:
        """The driver's own connection."""
        return self._link.raw

    def cursor(self, *args: Any, **kwargs: Any) -> ScriptedCursor:
        """Return an object with `execute` and `executemany`."""
        return ScriptedCursor(self)

    def execute(self, sql: str, params: Any = None) -> ScriptedCursor:
        """Have a statement run when the listener has returned."""
        return self.cursor().execute(sql, params)

    def run_async(self, fn: Callable[[Any], Awaitable[Any]]) -> None:
        """Have `fn(driver's connection)` awaited when the listener has returned."""
        self._steps.append(lambda: fn(self._link.raw))

    def note(self, sql: str, params: Any, many: bool) -> None:
        """Put a statement on the list."""
        self._steps.append(lambda: self._link.driver_sql(sql, params, many))

    def commit(self) -> None:
        """Do nothing: these connections are in autocommit mode."""

    rollback = commit

    async def perform(self) -> None:
        """Do what was asked for."""
        for step in self._steps:
            await step()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._link.raw, name)


async def call_scripted(link: AsyncLink, listener: Callable[..., Any], rest: tuple[Any, ...]) -> Any:
    """Call a plain listener with a scripted connection, then do what it asked for."""
    connection = ScriptedConnection(link)
    found = listener(connection, *rest)
    await connection.perform()
    return found
