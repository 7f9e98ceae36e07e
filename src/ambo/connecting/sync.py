# Generated from connecting/aio.py by tools/unasync.py; change that file and run `make unasync`.
# ruff: noqa: I001, RUF100
"""`Engine`, `Connection` and their transaction objects. `sync.py` is generated from this file by `tools/unasync.py`.

    with engine.begin() as connection:
        result = connection.execute(select(users))

Rule 1: a body is one statement: an operation of `operations/` by the same name, run by the engine.
Rule 2: what is not a coroutine here but starts something (connect, begin, stream) goes through `_begun`: here it starts when it is awaited
or entered, in the blocking colour at once. `colours.SHAPES` lists these.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self, TypeVar, overload

from ambo.connecting.connections import (
    ConnectionBase,
    ConnectionExtras,
    EngineExtras,
    Starting,
    TransactionBase,
    TransactionExtras,
    shell_of,
)
from ambo.connecting.engines import EngineBase
from ambo.connecting.runtime import run
from ambo.effects import Op
from ambo.loading.cursor_result import CursorResult
from ambo.loading.results import Result, ScalarResult
from ambo.loading.rows import TP
from ambo.operations import connection as verbs, execute as statements
from ambo.statements.row_statements import TypedReturnsRows

T = TypeVar("T")
Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]] | None


class Engine(EngineExtras, EngineBase):
    """A database: its pool of connections, its dialect and its cache of compiled statements. Made by `create_async_engine()`."""

    def perform(self, operation: Op[T]) -> T:
        """Run an operation of `ambo.operations`."""
        return run(operation)

    def connect(self) -> Connection:
        """Check a connection out: `with engine.connect() as connection`, or `await engine.connect()`.

        Leaving the block rolls back what was not committed. Raises TimeoutError if the pool has none in time.
        """
        found: Connection = self._begun(Connection(self))
        return found

    def begin(self) -> EngineBlock:
        """Check a connection out and begin: `with engine.begin() as connection`. Leaving the block commits, an error rolls back."""
        return EngineBlock(self)

    def dispose(self, close: bool = True) -> None:
        """Close all idle connections and go on with an empty pool; with `close=False` leave them to their other owners (after a fork)."""
        old = self.forget_pool()
        if close:
            old.dispose()

    def raw_connection(self) -> Any:
        """Check out the driver's own connection; `close()` gives it back."""
        return self.pool.connect()


class EngineBlock:
    """What `engine.begin()` returns."""

    def __init__(self, engine: Engine) -> None:
        self._connection = Connection(engine)

    def __enter__(self) -> Connection:
        self._connection.start()
        self._connection._run(verbs.begin_block(self._connection.scope))
        return self._connection

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        self._connection._engine.perform(verbs.leave_engine_block(self._connection.scope, error))


class Connection(ConnectionExtras, ConnectionBase):
    """A connection and its transaction, for SQL without an ORM.

    The first statement begins a transaction; `commit()` makes it durable, closing without it rolls back.
    """

    def start(self, is_ctxmanager: bool = False) -> Self:
        """Check the connection out; doing so twice is harmless."""
        self._engine.perform(verbs.open_scope(self._opened_scope()))
        return self

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def _run(self, operation: Op[T]) -> T:
        found: T = self._engine.perform(verbs.exclusive(self.scope.channel, operation))
        return found

    @overload
    def execute(
        self, statement: TypedReturnsRows[TP], parameters: Parameters = None, *, execution_options: Mapping[str, Any] | None = None
    ) -> CursorResult[TP]: ...

    @overload
    def execute(
        self, statement: Any, parameters: Parameters = None, *, execution_options: Mapping[str, Any] | None = None
    ) -> CursorResult[Any]: ...

    def execute(
        self, statement: Any, parameters: Parameters = None, *, execution_options: Mapping[str, Any] | None = None
    ) -> CursorResult[Any]:
        """Run a statement: `select(...)`, `insert(...)`, `text(...)`, DDL, a `Sequence`, a function.

        `parameters` is a mapping of values, or a list of them to run the statement for each. Raises what the database raises, as
        one of ambo's `DBAPIError`s.
        """
        return self._run(statements.execute(self.scope, statement, parameters, execution_options))

    @overload
    def scalar(
        self, statement: TypedReturnsRows[tuple[T]], parameters: Parameters = None, *, execution_options: Mapping[str, Any] | None = None
    ) -> T | None: ...

    @overload
    def scalar(
        self, statement: Any, parameters: Parameters = None, *, execution_options: Mapping[str, Any] | None = None
    ) -> Any: ...

    def scalar(
        self, statement: Any, parameters: Parameters = None, *, execution_options: Mapping[str, Any] | None = None
    ) -> Any:
        """Run a statement and return the first column of its first row, or None."""
        return (self.execute(statement, parameters, execution_options=execution_options)).scalar()

    @overload
    def scalars(
        self, statement: TypedReturnsRows[tuple[T]], parameters: Parameters = None, *, execution_options: Mapping[str, Any] | None = None
    ) -> ScalarResult[T]: ...

    @overload
    def scalars(
        self, statement: Any, parameters: Parameters = None, *, execution_options: Mapping[str, Any] | None = None
    ) -> ScalarResult[Any]: ...

    def scalars(
        self, statement: Any, parameters: Parameters = None, *, execution_options: Mapping[str, Any] | None = None
    ) -> ScalarResult[Any]:
        """Run a statement and return the first column of its rows."""
        return (self.execute(statement, parameters, execution_options=execution_options)).scalars()

    def exec_driver_sql(
        self, statement: str, parameters: Any = None, execution_options: Mapping[str, Any] | None = None
    ) -> CursorResult[Any]:
        """Run SQL as it stands, with parameters in the driver's own style; a list of parameter sets runs it for each."""
        return self._run(statements.exec_driver_sql(self.scope, statement, parameters, execution_options))

    def stream(
        self, statement: Any, parameters: Parameters = None, *, execution_options: Mapping[str, Any] | None = None
    ) -> Stream:
        """Run a statement whose rows stay with the server until they are read: `for row in connection.stream(statement)`."""
        found: Stream = self._begun(Stream(self, statement, parameters, execution_options))
        return found

    def stream_scalars(
        self, statement: Any, parameters: Parameters = None, *, execution_options: Mapping[str, Any] | None = None
    ) -> ScalarStream:
        """As `stream`, for the first column only."""
        found: ScalarStream = self._begun(ScalarStream(self, statement, parameters, execution_options))
        return found

    def begin(self) -> RootTransaction:
        """Begin a transaction: `with connection.begin():`, or `connection.begin()`.

        Raises InvalidRequestError if one is open already.
        """
        found: RootTransaction = self._begun(RootTransaction(self))
        return found

    def begin_nested(self) -> NestedTransaction:
        """Set a savepoint, as an object that can be committed or rolled back."""
        found: NestedTransaction = self._begun(NestedTransaction(self))
        return found

    def begin_twophase(self, xid: str | None = None) -> TwoPhaseTransaction:
        """Begin a transaction that can be prepared before it is committed."""
        found: TwoPhaseTransaction = self._begun(TwoPhaseTransaction(self, xid))
        return found

    def commit(self) -> None:
        """Commit what was done since the last commit or rollback; without a transaction this does nothing."""
        self._run(verbs.commit_all(self.scope))

    def rollback(self) -> None:
        """Undo what was done since the last commit or rollback."""
        self._run(verbs.rollback_all(self.scope))

    def close(self) -> None:
        """Roll back what is open and give the connection back to its pool; doing so twice is harmless."""
        self._engine.perform(verbs.close_optional(self._scope))

    def invalidate(self, exception: BaseException | None = None) -> None:
        """Close the driver's connection at once; the next transaction gets another one."""
        self._run(verbs.invalidate(self.scope))

    def detach(self) -> None:
        """Take the driver's connection out of its pool: closing this one then closes it for good."""
        self._run(verbs.detach(self.scope))

    def get_raw_connection(self) -> Any:
        """Return the driver's connection as the pool hands it out; its `driver_connection` is the driver's own object."""
        self._run(verbs.open_scope(self.scope))
        return self._proxied()

    def get_isolation_level(self) -> str:
        """Ask the database for the isolation level in force."""
        return self._run(verbs.isolation_level(self.scope))

    def execution_options(self, **opt: Any) -> Self:
        """Add execution options to this connection, such as `isolation_level="SERIALIZABLE"`, and return it.

        Raises InvalidRequestError if the isolation level changes inside a transaction.
        """
        self._run(verbs.set_options(self.scope, opt))
        return self

    def get_transaction(self) -> Transaction | None:
        """Return the open root transaction, or None."""
        found: Transaction | None = shell_of(self.scope.root, self)
        return found

    def get_nested_transaction(self) -> Transaction | None:
        """Return the innermost open savepoint, or None."""
        found: Transaction | None = shell_of(self.scope.nested, self)
        return found


class Transaction(TransactionExtras, TransactionBase):
    """A transaction: `with` commits it at the end of the block, or rolls back if the block fails."""

    def start(self, is_ctxmanager: bool = False) -> Self:
        """Begin."""
        return self._started(self._connection._run(verbs.begin(self._connection.scope, self.kind, self._xid)))

    def commit(self) -> None:
        """Make durable what was done; of a savepoint: keep it. Raises InvalidRequestError if the transaction has ended."""
        self._connection._run(verbs.commit(self.state))

    def rollback(self) -> None:
        """Undo what was done; doing so twice is harmless."""
        self._connection._run(verbs.rollback(self.state))

    def close(self) -> None:
        """Roll back unless the transaction has ended."""
        self._connection._run(verbs.rollback(self.state))

    def __enter__(self) -> Self:
        if self._state is None:
            self.start()
        return self._enter_block()

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        self._connection._run(verbs.leave_block(self.state, error, self._outer_block))


class RootTransaction(Transaction):
    """The outermost transaction of a connection."""


class NestedTransaction(Transaction):
    """A savepoint."""

    kind = "nested"


class TwoPhaseTransaction(Transaction):
    """A transaction that is prepared before it is committed."""

    kind = "twophase"

    def prepare(self) -> None:
        """Do the first phase; after it only `commit` and `rollback` are possible."""
        self._connection._run(verbs.prepare(self.state))


class Stream(Starting):
    """What `stream()` returns: a result that is awaited, or entered and then closed with the block."""

    def __init__(self, connection: Connection, *statement: Any) -> None:
        self._connection = connection
        self._statement = statement
        self._result: Result[Any] | None = None

    def start(self) -> Result[Any]:
        """Run the statement."""
        shape, wire, chunk = self._connection._run(statements.stream(self._connection.scope, *self._statement))
        self._result = Result.over(wire, shape, chunk=chunk)
        return self._result

    def __enter__(self) -> Result[Any]:
        return self.start()

    def __exit__(self, *exc_info: object) -> None:
        if self._result is not None:
            self._result.close()


class ScalarStream(Starting):
    """What `stream_scalars()` returns."""

    def __init__(self, connection: Connection, *statement: Any) -> None:
        self._stream = Stream(connection, *statement)

    def start(self) -> ScalarResult[Any]:
        """Run the statement."""
        return (self._stream.start()).scalars()

    def __enter__(self) -> ScalarResult[Any]:
        return self.start()

    def __exit__(self, *exc_info: object) -> None:
        self._stream.__exit__(*exc_info)
