"""What a Connection and its Transaction objects are in either colour, without I/O; and what only one colour has.

Rule: state lives in `operations.connection.Scope` and `.Transaction`; the objects here are handles on it. Two handles on one scope are
equal: a Connection and its AsyncConnection twin share everything.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, ClassVar, Self, TypeVar

from ambo.connecting.bridge import run_in_thread
from ambo.connecting.checkout import ProxiedConnection
from ambo.connecting.engines import EVENTS, SHELLS, EngineBase
from ambo.errors import AsyncContextNotStarted, InvalidRequestError, ResourceClosedError
from ambo.listening import Dispatch
from ambo.operations import connection as verbs, schema
from ambo.operations.channel import Channel
from ambo.operations.connection import Scope, Transaction

T = TypeVar("T")


class ConnectionBase:
    """The parts of Connection and AsyncConnection that need no I/O."""

    is_async: ClassVar[bool] = False

    def __init__(self, engine: Any, like: ConnectionBase | None = None) -> None:
        self._engine: EngineBase = engine
        self._scope: Scope | None = like.scope if like is not None else None

    @classmethod
    def of_scope(cls, engine: Any, scope: Scope) -> Self:
        """Make a handle on a scope that exists."""
        made = cls(engine)
        made._scope = scope
        return made

    def _opened_scope(self) -> Scope:
        """Return the scope, made at the first call; the connection's own options are the engine's."""
        if self._scope is None:
            channel = Channel(self._engine, dict(self._engine.get_execution_options()))
            self._scope = Scope(channel)
            channel.facades = (None, self) if self.is_async else (self, None)
        return self._scope

    @property
    def scope(self) -> Scope:
        """What is open on this connection.

        Raises AsyncContextNotStarted if the connection was neither awaited nor entered.
        """
        if self._scope is None:
            raise AsyncContextNotStarted(
                f"{type(self).__name__} context has not been started and object has not been awaited.  "
                "Write `async with engine.connect() as connection:` or `connection = await engine.connect()`"
            )
        return self._scope

    @property
    def channel(self) -> Channel:
        """What statements are sent through."""
        return self.scope.channel

    @property
    def engine(self) -> Any:
        """The engine this connection comes from."""
        return self._engine

    @property
    def dialect(self) -> Any:
        """The SQL dialect."""
        return self._engine.dialect

    @property
    def closed(self) -> bool:
        """Whether the connection was given back."""
        return self._scope is None or self._scope.channel.closed

    @property
    def invalidated(self) -> bool:
        """Whether the driver's connection was found dead, or given up."""
        channel = self.scope.channel
        return not channel.closed and (channel.link is None or channel.link.is_broken)

    @property
    def info(self) -> dict[Any, Any]:
        """The user's own dict, living as long as the driver's connection."""
        link = self.scope.channel.link
        if link is None:
            raise ResourceClosedError("this connection has no driver connection at the moment, so it has no info")
        found: dict[Any, Any] = link.info
        return found

    @property
    def default_isolation_level(self) -> str:
        """The isolation level in force when none is asked for."""
        found: str = self.dialect.transactions.default_level
        return found

    def in_transaction(self) -> bool:
        """Tell whether a transaction is open."""
        return self._scope is not None and self._scope.in_transaction

    def in_nested_transaction(self) -> bool:
        """Tell whether a savepoint is open."""
        return self._scope is not None and self._scope.nested is not None

    def get_execution_options(self) -> dict[str, Any]:
        """Return the execution options in force."""
        return self.scope.channel.options

    @property
    def _execution_options(self) -> dict[str, Any]:
        return self.scope.channel.options

    def __event_dispatch__(self, name: str) -> Dispatch | None:
        if name not in EVENTS:
            return None
        channel = self.scope.channel
        if channel.dispatch is self._engine.dispatch:
            channel.dispatch = Dispatch(self._engine.dispatch)
            channel.quiet_since = -1
        return channel.dispatch

    def _proxied(self) -> ProxiedConnection:
        """Return the driver's connection as the pool hands it out, always the same object while it lives."""
        scope = self.scope
        found: ProxiedConnection | None = scope.proxied
        if found is None or found._link is not scope.channel.link:
            if found is not None:
                found._link = None
            found = scope.proxied = ProxiedConnection(scope.channel.pool, scope.channel.link)
        return found

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, ConnectionBase) and self.is_async == other.is_async and self._scope is not None and self._scope is other._scope
        )

    def __hash__(self) -> int:
        return id(self._scope) if self._scope is not None else id(self)


class AsyncStarting:
    """Something that starts when it is awaited."""

    def __await__(self) -> Generator[Any, Any, Any]:
        found: Generator[Any, Any, Any] = self.start().__await__()  # type: ignore[attr-defined]  # of the subclasses
        return found


class Starting:
    """Something that has started when it is returned."""


class ConnectionExtras:
    """What only the blocking Connection has."""

    is_async: ClassVar[bool] = False
    scope: Scope

    @property
    def connection(self) -> Any:
        """The driver's connection as the pool hands it out, with the transaction begun."""
        assert isinstance(self, ConnectionBase)
        self._engine.perform(verbs.exclusive(self.channel, verbs.raw(self.scope)))
        return self._proxied()

    def _run_schema_verb(self, verb: str, element: Any, **options: Any) -> Any:
        """Create, drop or reflect; see `operations/schema.py`."""
        assert isinstance(self, ConnectionBase)
        return self._engine.perform(verbs.exclusive(self.channel, schema.run_on(self.scope, verb, element, options)))

    @staticmethod
    def _begun(thing: Any) -> Any:
        """Start what is started at once in this colour."""
        return thing.start()


class AsyncConnectionExtras(AsyncStarting):
    """What only the AsyncConnection has."""

    is_async: ClassVar[bool] = True

    @property
    def connection(self) -> Any:
        """Not available here; use `await connection.get_raw_connection()`."""
        raise InvalidRequestError(
            "AsyncConnection.connection accessor is not implemented as the attribute may need to reconnect on an invalidated connection. "
            "Use `await connection.get_raw_connection()`"
        )

    @property
    def sync_connection(self) -> Any:
        """The Connection that plain listeners and `run_sync` functions are given; it performs I/O inside `run_sync` only."""
        assert isinstance(self, ConnectionBase)
        return None if self._scope is None else self._scope.channel.facade(False)

    @property
    def sync_engine(self) -> Any:
        """The engine that `sync_connection` belongs to."""
        assert isinstance(self, ConnectionBase)
        return self._engine.relative(False)

    async def run_sync(self, fn: Callable[..., T], *arg: Any, **kw: Any) -> T:
        """Call a plain function with the sync Connection as its first argument, such as `metadata.create_all`.

        The function runs in a thread of its own; its database work is done by the event loop.
        """
        assert isinstance(self, ConnectionBase)
        self._opened_scope()
        return await run_in_thread(fn, self.channel.facade(False), *arg, **kw)

    @staticmethod
    def _begun(thing: T) -> T:
        """Hand out what starts when it is awaited or entered."""
        return thing


class AsyncEngineExtras:
    """What only the AsyncEngine has."""

    is_async: ClassVar[bool] = True

    @property
    def sync_engine(self) -> Any:
        """The same engine for plain functions: listeners are registered on it, `run_sync` functions find it as `connection.engine`.

        Its own `connect()` works inside `run_sync` only.
        """
        assert isinstance(self, EngineBase)
        return self.relative(False)

    _begun = staticmethod(AsyncConnectionExtras._begun)


class EngineExtras:
    """What only the blocking Engine has."""

    is_async: ClassVar[bool] = False
    _begun = staticmethod(ConnectionExtras._begun)

    def _run_schema_verb(self, verb: str, element: Any, **options: Any) -> Any:
        """Create, drop or reflect, in a transaction of its own."""
        with self.begin() as connection:  # type: ignore[attr-defined]  # of Engine
            return connection._run_schema_verb(verb, element, **options)


class TransactionBase:
    """The parts of the transaction objects that need no I/O. `kind` is "root", "nested" or "twophase"."""

    kind: ClassVar[str] = "root"

    def __init__(self, connection: Any, xid: str | None = None, state: Transaction | None = None) -> None:
        self._connection = connection
        self._scope: Scope = connection.scope
        self._xid = xid
        self._state = state
        self._outer_block: Transaction | None = None
        if state is not None:
            state.shells[connection.is_async] = self

    def _started(self, state: Transaction) -> Self:
        self._state = state
        state.shells[self._connection.is_async] = self
        return self

    @property
    def state(self) -> Transaction:
        """The transaction itself.

        Raises AsyncContextNotStarted if it was neither awaited nor entered.
        """
        if self._state is None:
            raise AsyncContextNotStarted(
                "AsyncTransaction context has not been started and object has not been awaited.  "
                "Write `async with connection.begin():` or `transaction = await connection.begin()`"
            )
        return self._state

    @property
    def connection(self) -> Any:
        """The connection this is a transaction of."""
        return self._connection

    @property
    def is_active(self) -> bool:
        """Whether the transaction is open."""
        return self._state is not None and self._state.is_active

    @property
    def is_valid(self) -> bool:
        """Whether the transaction is open and its connection alive."""
        return self.is_active and not self._connection.invalidated

    @property
    def nested(self) -> bool:
        """Whether this is a savepoint."""
        return self.kind == "nested"

    @property
    def _deactivated_from_connection(self) -> bool:
        return self._state is not (self._scope.nested if self.nested else self._scope.root)

    @property
    def xid(self) -> str | None:
        """The name of a two-phase transaction."""
        return self.state.name

    def _enter_block(self) -> Self:
        scope = self.state.scope
        self._outer_block, scope.barred_by = scope.barred_by, self.state
        return self

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, type(self)) and self._state is not None and self._state is other._state)

    def __hash__(self) -> int:
        return id(self._state) if self._state is not None else id(self)


class AsyncTransactionExtras(AsyncStarting):
    """What only the async transaction objects have."""

    @property
    def sync_transaction(self) -> Any:
        """The same transaction for plain functions."""
        assert isinstance(self, TransactionBase)
        if self._state is None:
            return None
        return shell_of(self._state, self._connection.sync_connection)


class TransactionExtras:
    """What only the blocking transaction objects have: nothing."""


def shell_of(state: Transaction | None, connection: Any) -> Any:
    """Return the transaction object of one colour, always the same one."""
    if state is None:
        return None
    found = state.shells.get(connection.is_async)
    if found is None:
        found = SHELLS[connection.is_async].transactions[state.kind](connection, state=state)
    return found
