"""The verbs of a Connection and of its Transaction objects: who may begin, commit or roll back what, and when.

    Scope           what a Connection and its async twin share: the channel, the open root transaction, the innermost savepoint
    Transaction     the state behind a transaction object: root, nested (a savepoint) or two-phase

Rule 1: a first statement begins a root transaction by itself ("autobegin"); BEGIN itself goes with the statement (`transaction.py`).
Rule 2: a transaction that ended inside its `with` block bars the connection until the block is left: what comes after it in
the block would silently belong to another transaction.
Rule 3: ending a transaction ends the savepoints inside it; ending a savepoint makes the one around it the innermost again.
"""

from __future__ import annotations

import uuid
from typing import Any, TypeVar

from ambo.effects import Op
from ambo.errors import InvalidRequestError, ResourceClosedError, SessionBusyError
from ambo.operations import listeners, transaction, two_phase
from ambo.operations.channel import Channel, set_transaction_options

T = TypeVar("T")
ALREADY_BEGUN = (
    "a transaction is already begun on this connection, by begin() or by its first statement; call begin() before the first statement, "
    "or end the transaction with commit() or rollback()"
)
BARRED = (
    "Can't operate on closed transaction inside context manager.  Please complete the context manager before emitting further commands: "
    "the transaction of this `with` block was committed or rolled back inside it"
)


class Scope:
    """What is open on a connection. `barred_by` is the transaction whose `with` block is running."""

    __slots__ = ("barred_by", "channel", "nested", "proxied", "root")

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.root: Transaction | None = None
        self.nested: Transaction | None = None
        self.barred_by: Transaction | None = None
        self.proxied: Any = None
        channel.scope = self

    @property
    def in_transaction(self) -> bool:
        """Whether a root transaction is open."""
        return self.root.is_active if self.root is not None else self.channel.begun

    def end(self) -> None:
        """The root transaction is over, and every savepoint with it."""
        while self.nested is not None:
            self.nested.is_active = False
            self.nested = self.nested.outer
        if self.root is not None:
            self.root.is_active = False
            self.root = None


class Transaction:
    """A root transaction or a savepoint, and whether it is still open.

    `kind` is "root", "nested" or "twophase"; `outer` the savepoint around a savepoint; `shells` its objects in both colours.
    """

    __slots__ = ("in_block", "is_active", "is_prepared", "kind", "name", "outer", "scope", "shells")

    def __init__(self, scope: Scope, kind: str, name: str | None = None) -> None:
        self.scope = scope
        self.kind = kind
        self.name = name
        self.is_active = True
        self.is_prepared = False
        self.in_block = False
        self.outer = scope.nested if kind == "nested" else None
        self.shells: dict[bool, Any] = {}

    def __repr__(self) -> str:
        return f"<{self.kind} transaction, {'active' if self.is_active else 'ended'}>"


def exclusive(channel: Channel, operation: Op[T]) -> Op[T]:
    """Perform an operation unless another one is under way on the same connection.

    Raises SessionBusyError if there is one.
    """
    name: str = getattr(operation, "__name__", "an operation")
    if channel.busy is not None:
        operation.close()
        raise SessionBusyError(
            f"this connection is still running {channel.busy!r}, and {name!r} was called meanwhile; "
            "one connection serves one task or thread at a time: take another one with engine.connect()"
        )
    channel.busy = name
    try:
        return (yield from operation)
    finally:
        channel.busy = None


def enter(scope: Scope) -> None:
    """Check that statements may run, and begin a root transaction if none is open."""
    if scope.barred_by is not None and not scope.barred_by.is_active:
        raise InvalidRequestError(BARRED)
    if scope.channel.closed:
        raise ResourceClosedError("this connection is closed; take a new one with engine.connect()")
    if scope.root is None:
        scope.root = Transaction(scope, "root")


def begin(scope: Scope, kind: str = "root", xid: str | None = None) -> Op[Transaction]:
    """Begin a root or two-phase transaction, or set a savepoint.

    Raises InvalidRequestError if a root transaction is open and another one asked for.
    """
    if kind == "nested":
        return (yield from begin_nested(scope))
    if scope.root is not None:
        raise InvalidRequestError(ALREADY_BEGUN)
    enter(scope)
    found = scope.root = Transaction(scope, kind, xid)
    try:
        if kind == "twophase":
            found.name = xid or f"ambo_{uuid.uuid4().hex}"
            yield from two_phase.begin_prepared(scope.channel, found.name)
        else:
            yield from transaction.announce_begin(scope.channel)
    except BaseException:
        scope.root = None
        raise
    return found


def begin_nested(scope: Scope) -> Op[Transaction]:
    """Set a savepoint, beginning a transaction first if there is none."""
    enter(scope)
    name = yield from transaction.savepoint(scope.channel)
    found = scope.nested = Transaction(scope, "nested", name)
    return found


def commit_all(scope: Scope) -> Op[None]:
    """Commit the root transaction, if there is one."""
    if scope.root is not None:
        yield from commit(scope.root)


def rollback_all(scope: Scope) -> Op[None]:
    """Roll the root transaction back, if there is one."""
    if scope.root is not None:
        yield from rollback(scope.root)


def commit(one: Transaction) -> Op[None]:
    """Commit a transaction or release a savepoint.

    Raises InvalidRequestError if it has ended.
    """
    if not one.is_active:
        raise InvalidRequestError(f"this transaction has ended already: {one!r}; begin a new one")
    scope = one.scope
    if one.kind == "nested":
        assert one.name is not None
        try:
            yield from transaction.release_savepoint(scope.channel, one.name)
        finally:
            _leave(one)
    elif one.kind == "twophase":
        if not one.is_prepared:
            yield from prepare(one)
        yield from two_phase.commit_prepared(scope.channel)
        scope.end()
    else:
        yield from transaction.commit(scope.channel)
        scope.end()


def rollback(one: Transaction) -> Op[None]:
    """Undo a transaction or what was done since a savepoint; doing so twice is harmless."""
    scope = one.scope
    if not one.is_active:
        return
    try:
        if one.kind == "nested":
            assert one.name is not None
            yield from transaction.rollback_to_savepoint(scope.channel, one.name)
        elif one.is_prepared:
            yield from two_phase.rollback_prepared(scope.channel)
        else:
            yield from transaction.rollback(scope.channel)
    finally:
        if one.kind == "nested":
            _leave(one)
        else:
            scope.end()


def _leave(one: Transaction) -> None:
    """A savepoint is over, and those inside it."""
    scope = one.scope
    while scope.nested is not None:
        last, scope.nested = scope.nested, scope.nested.outer
        last.is_active = False
        if last is one:
            return
    one.is_active = False


def prepare(one: Transaction) -> Op[None]:
    """Do the first phase of a two-phase commit."""
    if one.kind != "twophase":
        raise InvalidRequestError("only a transaction made by begin_twophase() can be prepared")
    yield from two_phase.prepare(one.scope.channel)
    one.is_prepared = True


def leave_block(one: Transaction, error: BaseException | None, outer: Transaction | None) -> Op[None]:
    """End a `with` block: commit, or roll back if the block or the commit failed."""
    one.scope.barred_by = outer
    if error is not None or not one.is_active:
        yield from rollback(one)
        return
    try:
        yield from commit(one)
    except BaseException:
        if one.is_active:
            yield from rollback(one)
        raise


def open_scope(scope: Scope) -> Op[None]:
    """Check a connection out of the pool."""
    yield from transaction.open(scope.channel)


def close(scope: Scope) -> Op[None]:
    """Roll back what is open and give the connection back to its pool.

    A statement that is still running in another task or thread is cut off: the link is closed under it.
    """
    scope.channel.closed = True
    if scope.channel.busy is not None and scope.channel.link is not None:
        scope.channel.link.terminate()
        scope.channel.link.is_broken = True
    try:
        if not transaction.closed_at_once(scope.channel):
            yield from transaction.close(scope.channel)
    finally:
        scope.end()
        scope.barred_by = None


def close_optional(scope: Scope | None) -> Op[None]:
    """Close a connection if it was ever opened."""
    if scope is not None:
        yield from close(scope)


def begin_block(scope: Scope) -> Op[None]:
    """Begin the transaction of a `with engine.begin()` block."""
    try:
        scope.barred_by = yield from begin(scope)
    except BaseException:
        yield from close(scope)
        raise


def leave_engine_block(scope: Scope, error: BaseException | None) -> Op[None]:
    """End a `with engine.begin()` block: commit or roll back, then close."""
    try:
        if scope.root is not None:
            yield from leave_block(scope.root, error, None)
    finally:
        yield from close(scope)


def set_options(scope: Scope, options: dict[str, Any]) -> Op[None]:
    """Add execution options to a connection.

    Raises InvalidRequestError if the isolation level changes inside a transaction.
    """
    level = options.get("isolation_level")
    if level is not None and scope.in_transaction:
        raise InvalidRequestError(
            "isolation_level may not be altered inside a transaction: this connection has begun one, by begin() or by its first statement; "
            "call rollback() or commit() first"
        )
    channel = scope.channel
    yield from listeners.emit(channel, "set_connection_execution_options", options)
    set_transaction_options(channel, options)
    channel.options = {**channel.options, **options}


def isolation_level(scope: Scope) -> Op[str]:
    """Ask the database for the isolation level in force."""
    channel = scope.channel
    link = yield from transaction.open(channel)
    if channel.autocommit:
        return "AUTOCOMMIT"
    if channel.isolation_level is not None and not channel.begun:
        return channel.isolation_level
    return (yield from transaction.current_isolation_level(channel, link))


def raw(scope: Scope) -> Op[Any]:
    """Have a link whose transaction is begun, for use past ambo."""
    enter(scope)
    link = yield from transaction.open(scope.channel)
    yield from transaction.begin(scope.channel)
    return link


def invalidate(scope: Scope) -> Op[None]:
    """Close the driver's connection at once; an open transaction is lost and wants a `rollback()`."""
    yield from transaction.invalidate(scope.channel)


def detach(scope: Scope) -> Op[None]:
    """Take the driver's connection out of its pool."""
    yield from transaction.detach(scope.channel)
