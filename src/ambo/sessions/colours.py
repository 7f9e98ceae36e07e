"""What differs between the colours of a session: how an operation is run, how a transaction begins, what attribute access may do.

    Colour        run() blocks; attributes load when they are read; one thread at a time
    AsyncColour   arun() is awaited; an unloaded attribute raises LazyLoadError; one operation at a time
    SyncView      a Session's face on an AsyncSession: for plain listeners and `sync_session`; nothing that waits
    Bridged       the same, but its operations are performed by the AsyncSession's loop: what `run_sync` hands over

Rule 1: "busy" means overlapping use, not who owns the session: a session may wander between tasks and threads.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, ClassVar, Concatenate, ParamSpec, TypeVar

from ambo.connecting.runtime import arun, run
from ambo.effects import Op
from ambo.errors import AwaitRequired, LazyLoadError, SessionBusyError
from ambo.operations import session_query, unit_transaction
from ambo.sessions.base import SessionBase
from ambo.sessions.handles import AsyncSessionTransaction, SessionTransaction
from ambo.unitofwork.frames import Frame

T = TypeVar("T")
P = ParamSpec("P")


def busy(session: Any, running: str, wanted: str) -> SessionBusyError:
    """Say that a session is in use."""
    return SessionBusyError(
        f"this {type(session).__name__} is already running {running!r}, and {wanted!r} was called meanwhile; "
        "one session serves one task (or thread) at a time. Give each its own session."
    )


class Colour(SessionBase):
    """The blocking colour."""

    is_async = False

    def _run(self, operation: Op[T]) -> T:
        """Perform an operation; nested calls on the same thread (from listeners, from attribute access) are fine."""
        me = threading.get_ident()
        before = self._busy
        if before is not None and before[1] != me:
            operation.close()
            raise busy(self, before[0], operation.__name__)
        self._busy = (operation.__name__, me)
        try:
            return run(operation)
        finally:
            self._busy = before

    def begin(self, nested: bool = False) -> SessionTransaction:
        """Begin a transaction: `with session.begin(): ...` commits at the end of the block and rolls back on an error."""
        found: SessionTransaction = self._run(unit_transaction.begin(self, nested))
        return found

    def begin_nested(self) -> SessionTransaction:
        """Flush and begin a savepoint: `with session.begin_nested(): ...`."""
        found: SessionTransaction = self._run(unit_transaction.begin_nested(self))
        return found

    def make_handle(self, frame: Frame) -> SessionTransaction:
        """Return what users see of a transaction."""
        return SessionTransaction(self, frame)

    def load_attribute(self, obj: Any, state: Any, prop: Any) -> Any:
        """Load the value of an attribute that is being read."""
        return self._run(session_query.load_attribute(self, obj, state, prop))

    def run_sync(self, fn: Callable[Concatenate[Any, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call `fn(session, ...)`; the twin of `AsyncSession.run_sync`."""
        return fn(self, *args, **kwargs)


class AsyncColour(SessionBase):
    """The awaiting colour."""

    is_async = True
    view_class: ClassVar[Any] = None
    bridged_class: ClassVar[Any] = None

    def __init__(self, bind: Any = None, *, expire_on_commit: bool = False, sync_session_class: Any = None, **kw: Any) -> None:
        super().__init__(bind, expire_on_commit=expire_on_commit, **kw)
        self._view: Any = None

    async def _run(self, operation: Op[T]) -> T:
        """Perform an operation, unless another one is under way."""
        if self._busy is not None:
            operation.close()
            raise busy(self, self._busy, operation.__name__)
        self._busy = operation.__name__
        try:
            return await arun(operation)
        finally:
            self._busy = None

    def begin(self) -> AsyncSessionTransaction:
        """Begin a transaction: `async with session.begin(): ...` commits at the end of the block and rolls back on an error."""
        return AsyncSessionTransaction(self, None, unit_transaction.begin(self))

    def begin_nested(self) -> AsyncSessionTransaction:
        """Flush and begin a savepoint: `async with session.begin_nested(): ...`."""
        return AsyncSessionTransaction(self, None, unit_transaction.begin_nested(self))

    def make_handle(self, frame: Frame) -> AsyncSessionTransaction:
        """Return what users see of a transaction."""
        return AsyncSessionTransaction(self, frame)

    def load_attribute(self, obj: Any, state: Any, prop: Any) -> Any:
        """Answer from memory, or raise LazyLoadError: nothing hidden waits under asyncio."""
        found = session_query.attribute_in_memory(self, obj, state, prop)
        if found is not session_query.ABSENT:
            return found
        name = f"{type(obj).__name__}.{prop.key}"
        remedy = f"or add '.options(selectinload({name}))' to the query" if prop.is_relationship else f"or undefer({name}) in the query"
        raise LazyLoadError(
            f"{name} is not loaded, and an AsyncSession cannot load it on attribute access. "
            f"Load it first: 'await session.load({type(obj).__name__.lower()}, {name})', {remedy}.",
            obj,
            prop.key,
        )

    @property
    def sync_session(self) -> Any:
        """A Session's face of this one: the target of events, and whatever needs no I/O."""
        if self._view is None:
            self._view = self.view_class.over(self)
        return self._view

    def facade(self, for_async: bool) -> Any:
        """Return the session that a listener of one colour is given."""
        return self if for_async else self.sync_session

    async def run_sync(self, fn: Callable[Concatenate[Any, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call `fn(session, ...)` in a thread of its own, with a blocking Session whose I/O is awaited here."""
        raise NotImplementedError
