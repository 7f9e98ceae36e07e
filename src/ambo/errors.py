"""Every exception and warning that ambo raises: one tree, under `AmboError`.

    AmboError
    ├── ArgumentError                    a call is wrong, whatever the database says
    │   ├── NoSuchModuleError            an unknown database or driver in a URL
    │   ├── DuplicateColumnError, ConstraintColumnNotFoundError
    │   ├── UnknownAttributeError        a misspelt attribute of a mapped class, with a suggestion
    │   ├── AmbiguousForeignKeysError, NoForeignKeysError, CircularDependencyError
    │   └── MappedAnnotationError
    ├── InvalidRequestError              the call is right, but not now or not on this object
    │   ├── NoResultFound, MultipleResultsFound, NoInspectionAvailable
    │   ├── NoSuchTableError, NoSuchColumnError, NoReferencedTableError, NoReferencedColumnError
    │   ├── ResourceClosedError, PendingRollbackError, IllegalStateChangeError
    │   ├── LazyLoadError                a value is not loaded, and attribute access may not load it
    │   ├── SessionBusyError             one session in two overlapping uses
    │   ├── BlockingError                a sync session inside a running event loop
    │   └── UnmappedError, DetachedInstanceError, ObjectDeletedError, UnknownPolymorphicIdentityError
    ├── CompileError                     a statement has no form in this dialect
    ├── TimeoutError                     the pool had no connection in time
    ├── StaleDataError, FlushError       a flush found other rows than it expected (BlankedKeyError: it would lose a key)
    └── StatementError                   something failed while one statement was run
        └── DBAPIError                   the driver said no; its own error is `__cause__` and `.orig`
            ├── InterfaceError
            └── DatabaseError
                ├── DataError, OperationalError, InternalError, ProgrammingError, NotSupportedError
                └── IntegrityError       carries `.table`, `.columns`, `.constraint` where the database tells them

Rule 1: a message says what happened, to which named thing, and what would make it work.
Rule 2: an error about a value that is merely not loaded is never an AttributeError (`hasattr` would lie).
Rule 3: the driver's exception is kept as `__cause__`, and never wrapped twice.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any


class AmboError(Exception):
    """The root of every exception ambo raises."""

    code: str | None = None

    def __init__(self, *args: object, code: str | None = None) -> None:
        super().__init__(*args)
        if code is not None:
            self.code = code


class ArgumentError(AmboError):
    """A function was called with arguments that can never work."""


class DuplicateColumnError(ArgumentError):
    """Two columns of one table have the same name."""


class ConstraintColumnNotFoundError(ArgumentError):
    """A constraint or index names a column that its table does not have."""


class NoSuchModuleError(ArgumentError):
    """A URL names a database or driver that ambo does not have."""


class UnknownAttributeError(ArgumentError):
    """A mapped class, table or statement has no attribute of that name."""


class AmbiguousForeignKeysError(ArgumentError):
    """More than one foreign key links two tables, and none was chosen."""


class NoForeignKeysError(ArgumentError):
    """No foreign key links two tables that are to be joined."""


class MappedAnnotationError(ArgumentError):
    """A `Mapped[...]` annotation cannot be turned into a column or relationship."""


class CircularDependencyError(AmboError):
    """Tables or objects depend on one another in a cycle.

    `cycles` is the set of elements that take part, `edges` the pairs (parent, child) between them.
    """

    def __init__(
        self, message: str, cycles: Iterable[Any] = (), edges: Iterable[Any] = (), msg: str | None = None, code: str | None = None
    ) -> None:
        super().__init__(message if msg is None else msg, code=code)
        self.cycles = set(cycles)
        self.edges = set(edges)


class CompileError(AmboError):
    """A statement cannot be written in this dialect."""


class UnsupportedCompilationError(CompileError):
    """A dialect has no rendering for a kind of node."""


class IdentifierError(AmboError):
    """A name is longer than the database allows."""


class TimeoutError(AmboError):
    """No connection became free in time."""


class DisconnectionError(AmboError):
    """A connection turned out to be dead when it was checked."""


class InvalidatePoolError(DisconnectionError):
    """A connection turned out to be dead, and all its siblings with it."""

    invalidate_pool = True


class InvalidRequestError(AmboError):
    """The call is well formed, but impossible in the present state."""


class IllegalStateChangeError(InvalidRequestError):
    """A transaction method was called while another one was in progress."""


class NoInspectionAvailable(InvalidRequestError):
    """`inspect()` knows nothing about that object."""


class PendingRollbackError(InvalidRequestError):
    """The transaction failed earlier; `rollback()` is due before anything else."""


class ResourceClosedError(InvalidRequestError):
    """A connection, result or transaction is used after it was closed."""


class NoSuchColumnError(InvalidRequestError, KeyError):
    """A row has no such column."""

    def __str__(self) -> str:
        return Exception.__str__(self)


class AmbiguousColumnError(InvalidRequestError):
    """`filter_by()` names an attribute that several of the statement's sources have."""


class NoSuchTableError(InvalidRequestError):
    """The database has no such table."""


class UnreflectableTableError(InvalidRequestError):
    """A table exists, but its description cannot be read."""


class NoReferenceError(InvalidRequestError):
    """A foreign key refers to something that does not exist (yet)."""

    table_name: str


class NoReferencedTableError(NoReferenceError):
    """A foreign key names a table that its MetaData does not have."""

    def __init__(self, message: str, table_name: str) -> None:
        super().__init__(message)
        self.table_name = table_name


class NoReferencedColumnError(NoReferenceError):
    """A foreign key names a column that its table does not have."""

    def __init__(self, message: str, table_name: str, column_name: str) -> None:
        super().__init__(message)
        self.table_name = table_name
        self.column_name = column_name


class NoResultFound(InvalidRequestError):
    """Exactly one row was required, and there was none."""


class MultipleResultsFound(InvalidRequestError):
    """One row was required, and there were more."""


class UnboundExecutionError(InvalidRequestError):
    """A session has no engine for this statement or class."""


class AwaitRequired(InvalidRequestError):
    """An operation that waits was used where nothing can be awaited."""


class AsyncMethodRequired(InvalidRequestError):
    """A result that arrives in parts was asked of a method that returns whole ones."""


class AsyncContextNotStarted(InvalidRequestError):
    """An awaitable context manager was used before it was awaited or entered."""


class SessionBusyError(InvalidRequestError):
    """A session was used while another operation of it was still running."""


class BlockingError(InvalidRequestError):
    """A sync session was used on a thread whose event loop is running."""


class DetachedInstanceError(InvalidRequestError):
    """An object without a session needed one."""


class LazyLoadError(InvalidRequestError):
    """An attribute is not loaded, and reading it may not load it here.

    Raised under asyncio, by `raiseload()` and by `strict="async"`. `instance` is the object and `key` the
    attribute's name.
    """

    def __init__(self, message: str, instance: object = None, key: str | None = None) -> None:
        super().__init__(message)
        self.instance = instance
        self.key = key


class UnmappedError(InvalidRequestError):
    """Something that is not mapped was used as if it were."""


class UnmappedClassError(UnmappedError):
    """A class is not mapped."""


class UnmappedInstanceError(UnmappedError):
    """An object's class is not mapped."""


class UnmappedColumnError(InvalidRequestError):
    """A column does not belong to the mapped class."""


class ObjectDeletedError(InvalidRequestError):
    """The row of an object is gone."""


class ObjectDereferencedError(AmboError):
    """An object was garbage collected while its state was still needed."""


class StaleDataError(AmboError):
    """An UPDATE or DELETE matched fewer rows than there were objects."""


class FlushError(AmboError):
    """A flush cannot go on."""


class UnknownPolymorphicIdentityError(InvalidRequestError, AssertionError):
    """A row's discriminator is that of no mapped class."""


class BlankedKeyError(FlushError, AssertionError):
    """A relationship wants to set a foreign key to NULL that is part of a primary key."""


class LoaderStrategyException(InvalidRequestError):
    """A loader option does not fit the attribute it is applied to."""


class ObjectNotExecutableError(ArgumentError):
    """Something that is not a statement was executed."""

    def __init__(self, target: object) -> None:
        if isinstance(target, str):
            super().__init__(f"Textual SQL expression {target!r} should be explicitly declared as text({target!r})")
        else:
            super().__init__(f"Not an executable object: {target!r}; pass a statement such as select(...) or text('...')")
        self.target = target

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.target,))


class DontWrapMixin:
    """Mixed into an exception so that ambo lets it pass unwrapped through statement execution."""


class StatementError(AmboError):
    """Something failed while a statement was prepared or run.

    `statement` is the SQL, `params` its parameters, `orig` the first cause.
    """

    def __init__(
        self,
        message: str,
        statement: str | None = None,
        params: Any = None,
        orig: BaseException | None = None,
        hide_parameters: bool = False,
        code: str | None = None,
        ismulti: bool | None = None,
    ) -> None:
        super().__init__(message, code=code)
        self.statement = statement
        self.params = params
        self.orig = orig
        self.hide_parameters = hide_parameters
        self.ismulti = ismulti
        self.detail: list[str] = []

    def add_detail(self, message: str) -> None:
        """Add a line to the message."""
        self.detail.append(message)

    def __str__(self) -> str:
        lines = [f"({line})" for line in self.detail]
        lines.append(str(self.args[0]) if self.args else "")
        if self.statement:
            lines.append(f"[SQL: {self.statement}]")
            if self.params:
                lines.append("[parameters hidden]" if self.hide_parameters else f"[parameters: {self.params!r}]")
        return "\n".join(lines)


class UnreadableValueError(StatementError, ValueError, LookupError):
    """A value that came from the database cannot be converted by its column's type; also what types raise by themselves."""


class DBAPIError(StatementError):
    """The driver raised; its exception is `orig` and `__cause__`.

    `connection_invalidated` tells whether the connection was found dead and dropped. A test that needs one writes
    `IntegrityError("INSERT ...", {}, Exception("duplicate"))`; an argument alone is the message.
    """

    def __init__(
        self,
        statement: str | None = None,
        params: Any = None,
        orig: BaseException | None = None,
        hide_parameters: bool = False,
        connection_invalidated: bool = False,
        code: str | None = None,
        ismulti: bool | None = None,
        *,
        message: str | None = None,
    ) -> None:
        if message is None and params is None and orig is None:
            message, statement = statement or "", None
        elif message is None:
            message = f"({type(orig).__module__}.{type(orig).__name__}) {orig}"
        super().__init__(message, statement, params, orig, hide_parameters, code, ismulti)
        self.connection_invalidated = connection_invalidated


class InterfaceError(DBAPIError):
    """The driver itself was used wrongly or lost its connection."""


class DatabaseError(DBAPIError):
    """The database reported an error."""


class DataError(DatabaseError):
    """A value is out of range or of the wrong form."""


class OperationalError(DatabaseError):
    """The database could not do its work: disconnect, lock, missing table (SQLite), out of memory."""


class IntegrityError(DatabaseError):
    """A constraint was violated.

    `constraint`, `table` and `columns` name it as far as the database tells.
    """

    constraint: str | None = None
    table: str | None = None
    columns: tuple[str, ...] = ()


class InternalError(DatabaseError):
    """The database reports an inconsistency of its own."""


class ProgrammingError(DatabaseError):
    """The SQL is wrong: syntax, unknown table or column."""


class NotSupportedError(DatabaseError):
    """The database cannot do this."""


class AmboWarning(RuntimeWarning):
    """Something is legal but probably not meant."""


class AmboDeprecationWarning(DeprecationWarning):
    """Something will go away."""


class AmboPendingDeprecationWarning(PendingDeprecationWarning):
    """Something will be deprecated."""


class LegacyAPIWarning(AmboDeprecationWarning):
    """A 1.x form with a better successor."""


class BlockingWarning(AmboWarning):
    """A sync session runs on a thread whose event loop is running."""


class NPlusOneWarning(AmboWarning):
    """The same attribute was loaded object by object; the message names the loader option that loads it at once."""


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return `"; did you mean 'x'?"` for the known name nearest to `name`, or an empty string."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"; did you mean {near[0]!r}?" if near else ""
