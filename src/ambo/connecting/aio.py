"""`AsyncEngine`, `AsyncConnection` and their transaction objects. `sync.py` is generated from this file by `tools/unasync.py`.

    async with engine.begin() as connection:
        result = await connection.execute(select(users))

Rule 1: a body is one statement: an operation of `operations/` by the same name, run by the engine.
Rule 2: what is not a coroutine here but starts something (connect, begin, stream) goes through `_begun`: here it starts when it is awaited
or entered, in the blocking colour at once. `colours.SHAPES` lists these.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self, TypeVar, overload

from ambo.connecting.connections import (
    AsyncConnectionExtras,
    AsyncEngineExtras,
    AsyncStarting,
    AsyncTransactionExtras,
    ConnectionBase,
    TransactionBase,
    shell_of,
)
from ambo.connecting.engines import EngineBase
from ambo.connecting.runtime import arun
from ambo.effects import Op
from ambo.loading.async_results import AsyncResult, AsyncScalarResult
from ambo.loading.cursor_result import CursorResult
from ambo.loading.results import ScalarResult
from ambo.loading.rows import TP
from ambo.operations import connection as verbs, execute as statements
from ambo.statements.row_statements import TypedReturnsRows

T = TypeVar("T")
Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]] | None


class AsyncEngine(AsyncEngineExtras, EngineBase):
    """A database: its pool of connections, its dialect and its cache of compiled statements. Made by `create_async_engine()`."""

    async def perform(self, operation: Op[T]) -> T:
        """Run an operation of `ambo.operations`."""
        return await arun(operation)

    def connect(self) -> AsyncConnection:
        """Check a connection out: `async with engine.connect() as connection`, or `await engine.connect()`.

        Leaving the block rolls back what was not committed. Raises TimeoutError if the pool has none in time.
        """
        found: AsyncConnection = self._begun(AsyncConnection(self))
        return found

    def begin(self) -> AsyncEngineBlock:
        """Check a connection out and begin: `async with engine.begin() as connection`. Leaving the block commits, an error rolls back."""
        return AsyncEngineBlock(self)

    async def dispose(self, close: bool = True) -> None:
        """Close all idle connections and go on with an empty pool; with `close=False` leave them to their other owners (after a fork)."""
        old = self.forget_pool()
        if close:
            await old.dispose()

    async def raw_connection(self) -> Any:
        """Check out the driver's own connection; `close()` gives it back."""
        return await self.pool.connect()


class AsyncEngineBlock:
    """What `engine.begin()` returns."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._connection = AsyncConnection(engine)

    async def __aenter__(self) -> AsyncConnection:
        await self._connection.start()
        await self._connection._run(verbs.begin_block(self._connection.scope))
        return self._connection

    async def __aexit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        await self._connection._engine.perform(verbs.leave_engine_block(self._connection.scope, error))


class AsyncConnection(AsyncConnectionExtras, ConnectionBase):
    """A connection and its transaction, for SQL without an ORM.

    The first statement begins a transaction; `commit()` makes it durable, closing without it rolls back.
    """

    async def start(self, is_ctxmanager: bool = False) -> Self:
        """Check the connection out; doing so twice is harmless."""
        await self._engine.perform(verbs.open_scope(self._opened_scope()))
        return self

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(self, *exc_info: object) -> None:
        await self.close()

    async def _run(self, operation: Op[T]) -> T:
        found: T = await self._engine.perform(verbs.exclusive(self.scope.channel, operation))
        return found

    @overload
    async def execute(
        self, statement: TypedReturnsRows[TP], parameters: Parameters = None, *, execution_options: Mapping[str, Any] | None = None
    ) -> CursorResult[TP]: ...

    @overload
    async def execute(
        self, statement: Any, parameters: Parameters = None, *, execution_options: Mapping[str, Any] | None = None
    ) -> CursorResult[Any]: ...

    async def execute(
        self, statement: Any, parameters: Parameters = None, *, execution_options: Mapping[str, Any] | None = None
    ) -> CursorResult[Any]:
        """Run a statement: `select(...)`, `insert(...)`, `text(...)`, DDL, a `Sequence`, a function.

        `parameters` is a mapping of values, or a list of them to run the statement for each. Raises what the database raises, as
        one of ambo's `DBAPIError`s.
        """
        return await self._run(statements.execute(self.scope, statement, parameters, execution_options))

    @overload
    async def scalar(
        self, statement: TypedReturnsRows[tuple[T]], parameters: Parameters = None, *, execution_options: Mapping[str, Any] | None = None
    ) -> T | None: ...

    @overload
    async def scalar(
        self, statement: Any, parameters: Parameters = None, *, execution_options: Mapping[str, Any] | None = None
    ) -> Any: ...

    async def scalar(
        self, statement: Any, parameters: Parameters = None, *, execution_options: Mapping[str, Any] | None = None
    ) -> Any:
        """Run a statement and return the first column of its first row, or None."""
        return (await self.execute(statement, parameters, execution_options=execution_options)).scalar()

    @overload
    async def scalars(
        self, statement: TypedReturnsRows[tuple[T]], parameters: Parameters = None, *, execution_options: Mapping[str, Any] | None = None
    ) -> ScalarResult[T]: ...

    @overload
    async def scalars(
        self, statement: Any, parameters: Parameters = None, *, execution_options: Mapping[str, Any] | None = None
    ) -> ScalarResult[Any]: ...

    async def scalars(
        self, statement: Any, parameters: Parameters = None, *, execution_options: Mapping[str, Any] | None = None
    ) -> ScalarResult[Any]:
        """Run a statement and return the first column of its rows."""
        return (await self.execute(statement, parameters, execution_options=execution_options)).scalars()

    async def exec_driver_sql(
        self, statement: str, parameters: Any = None, execution_options: Mapping[str, Any] | None = None
    ) -> CursorResult[Any]:
        """Run SQL as it stands, with parameters in the driver's own style; a list of parameter sets runs it for each."""
        return await self._run(statements.exec_driver_sql(self.scope, statement, parameters, execution_options))

    def stream(
        self, statement: Any, parameters: Parameters = None, *, execution_options: Mapping[str, Any] | None = None
    ) -> AsyncStream:
        """Run a statement whose rows stay with the server until they are read: `async for row in await connection.stream(statement)`."""
        found: AsyncStream = self._begun(AsyncStream(self, statement, parameters, execution_options))
        return found

    def stream_scalars(
        self, statement: Any, parameters: Parameters = None, *, execution_options: Mapping[str, Any] | None = None
    ) -> AsyncScalarStream:
        """As `stream`, for the first column only."""
        found: AsyncScalarStream = self._begun(AsyncScalarStream(self, statement, parameters, execution_options))
        return found

    def begin(self) -> AsyncRootTransaction:
        """Begin a transaction: `async with connection.begin():`, or `await connection.begin()`.

        Raises InvalidRequestError if one is open already.
        """
        found: AsyncRootTransaction = self._begun(AsyncRootTransaction(self))
        return found

    def begin_nested(self) -> AsyncNestedTransaction:
        """Set a savepoint, as an object that can be committed or rolled back."""
        found: AsyncNestedTransaction = self._begun(AsyncNestedTransaction(self))
        return found

    def begin_twophase(self, xid: str | None = None) -> AsyncTwoPhaseTransaction:
        """Begin a transaction that can be prepared before it is committed."""
        found: AsyncTwoPhaseTransaction = self._begun(AsyncTwoPhaseTransaction(self, xid))
        return found

    async def commit(self) -> None:
        """Commit what was done since the last commit or rollback; without a transaction this does nothing."""
        await self._run(verbs.commit_all(self.scope))

    async def rollback(self) -> None:
        """Undo what was done since the last commit or rollback."""
        await self._run(verbs.rollback_all(self.scope))

    async def close(self) -> None:
        """Roll back what is open and give the connection back to its pool; doing so twice is harmless."""
        await self._engine.perform(verbs.close_optional(self._scope))

    async def aclose(self) -> None:
        """As `close`."""
        await self.close()

    async def invalidate(self, exception: BaseException | None = None) -> None:
        """Close the driver's connection at once; the next transaction gets another one."""
        await self._run(verbs.invalidate(self.scope))

    async def detach(self) -> None:
        """Take the driver's connection out of its pool: closing this one then closes it for good."""
        await self._run(verbs.detach(self.scope))

    async def get_raw_connection(self) -> Any:
        """Return the driver's connection as the pool hands it out; its `driver_connection` is the driver's own object."""
        await self._run(verbs.open_scope(self.scope))
        return self._proxied()

    async def get_isolation_level(self) -> str:
        """Ask the database for the isolation level in force."""
        return await self._run(verbs.isolation_level(self.scope))

    async def execution_options(self, **opt: Any) -> Self:
        """Add execution options to this connection, such as `isolation_level="SERIALIZABLE"`, and return it.

        Raises InvalidRequestError if the isolation level changes inside a transaction.
        """
        await self._run(verbs.set_options(self.scope, opt))
        return self

    def get_transaction(self) -> AsyncTransaction | None:
        """Return the open root transaction, or None."""
        found: AsyncTransaction | None = shell_of(self.scope.root, self)
        return found

    def get_nested_transaction(self) -> AsyncTransaction | None:
        """Return the innermost open savepoint, or None."""
        found: AsyncTransaction | None = shell_of(self.scope.nested, self)
        return found


class AsyncTransaction(AsyncTransactionExtras, TransactionBase):
    """A transaction: `async with` commits it at the end of the block, or rolls back if the block fails."""

    async def start(self, is_ctxmanager: bool = False) -> Self:
        """Begin."""
        return self._started(await self._connection._run(verbs.begin(self._connection.scope, self.kind, self._xid)))

    async def commit(self) -> None:
        """Make durable what was done; of a savepoint: keep it. Raises InvalidRequestError if the transaction has ended."""
        await self._connection._run(verbs.commit(self.state))

    async def rollback(self) -> None:
        """Undo what was done; doing so twice is harmless."""
        await self._connection._run(verbs.rollback(self.state))

    async def close(self) -> None:
        """Roll back unless the transaction has ended."""
        await self._connection._run(verbs.rollback(self.state))

    async def __aenter__(self) -> Self:
        if self._state is None:
            await self.start()
        return self._enter_block()

    async def __aexit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        await self._connection._run(verbs.leave_block(self.state, error, self._outer_block))


class AsyncRootTransaction(AsyncTransaction):
    """The outermost transaction of a connection."""


class AsyncNestedTransaction(AsyncTransaction):
    """A savepoint."""

    kind = "nested"


class AsyncTwoPhaseTransaction(AsyncTransaction):
    """A transaction that is prepared before it is committed."""

    kind = "twophase"

    async def prepare(self) -> None:
        """Do the first phase; after it only `commit` and `rollback` are possible."""
        await self._connection._run(verbs.prepare(self.state))


class AsyncStream(AsyncStarting):
    """What `stream()` returns: a result that is awaited, or entered and then closed with the block."""

    def __init__(self, connection: AsyncConnection, *statement: Any) -> None:
        self._connection = connection
        self._statement = statement
        self._result: AsyncResult[Any] | None = None

    async def start(self) -> AsyncResult[Any]:
        """Run the statement."""
        shape, wire, chunk = await self._connection._run(statements.stream(self._connection.scope, *self._statement))
        self._result = AsyncResult.over(wire, shape, chunk=chunk)
        return self._result

    async def __aenter__(self) -> AsyncResult[Any]:
        return await self.start()

    async def __aexit__(self, *exc_info: object) -> None:
        if self._result is not None:
            await self._result.close()


class AsyncScalarStream(AsyncStarting):
    """What `stream_scalars()` returns."""

    def __init__(self, connection: AsyncConnection, *statement: Any) -> None:
        self._stream = AsyncStream(connection, *statement)

    async def start(self) -> AsyncScalarResult[Any]:
        """Run the statement."""
        return (await self._stream.start()).scalars()

    async def __aenter__(self) -> AsyncScalarResult[Any]:
        return await self.start()

    async def __aexit__(self, *exc_info: object) -> None:
        await self._stream.__aexit__(*exc_info)
