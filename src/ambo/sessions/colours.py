"""What differs between the colours of a session: how an operation is run, how a transaction begins, what attribute access may do.

    Colour        run() blocks; attributes load when they are read; one thread at a time
    AsyncColour   arun() is awaited; an unloaded attribute raises LazyLoadError; one operation at a time
    view          a Session over the same objects: `sync_session`, and what plain listeners and `run_sync` functions are given. Its I/O is
                  awaited by the event loop inside `run_sync`, and an error (AwaitRequired) anywhere else

Rule 1: "busy" means overlapping use, not who owns the session: a session may wander between tasks and threads.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from threading import get_ident
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

from ambo.connecting.blocking import guard, running_loop
from ambo.connecting.bridge import on_bridge, run_in_thread
from ambo.connecting.recording import recorded
from ambo.connecting.runtime import arun, run
from ambo.effects import Op
from ambo.errors import LazyLoadError, SessionBusyError
from ambo.operations import session_query, unit_transaction
from ambo.sessions.base import SessionBase
from ambo.sessions.handles import AsyncSessionTransaction, SessionTransaction
from ambo.unitofwork.frames import Frame

T = TypeVar("T")
P = ParamSpec("P")


def verb_of(running: Op[Any] | str) -> str:
    """Return the name of an operation, or of what is named already."""
    return running if isinstance(running, str) else str(getattr(running, "__name__", "an operation"))


def busy(session: Any, running: str, wanted: str) -> SessionBusyError:
    """Say that a session is in use."""
    return SessionBusyError(
        f"this {type(session).__name__} is already running {running!r}, and {wanted!r} was called meanwhile; "
        "one session serves one task (or thread) at a time. Give each its own session."
    )


def lazy_load_error(obj: Any, prop: Any, who: str) -> LazyLoadError:
    """Say that an attribute is not loaded, and the two remedies."""
    name = f"{type(obj).__name__}.{prop.key}"
    remedy = f"selectinload({name})" if prop.is_relationship else f"undefer({name})"
    return LazyLoadError(
        f"{name} is not loaded, and {who} cannot load it on attribute access. "
        f"Load it first: 'await session.load({type(obj).__name__.lower()}, {name})', or add '.options({remedy})' to the query.",
        obj,
        prop.key,
    )


GIVING_BACK: Final = frozenset({"close", "rollback", "reset", "invalidate"})
"""What the blocking guard never refuses: it would hide the first refusal, and keep a connection."""


class Colour(SessionBase):
    """The blocking colour.

    `blocking` says what happens inside a running event loop ("warn", "raise", "allow"); `strict="async"` raises LazyLoadError exactly
    where an AsyncSession would, so that code can be prepared before it is migrated.
    """

    is_async = False

    def _run(self, operation: Op[T]) -> T:
        """Perform an operation; nested calls on the same thread (from listeners, from attribute access) are fine."""
        before = self._busy
        me = get_ident()
        if before is not None and before[1] != me:
            operation.close()
            raise busy(self, verb_of(before[0]), verb_of(operation))
        if running_loop() is not None and self.blocking != "allow" and verb_of(operation) not in GIVING_BACK:
            guard(self.blocking, f"{type(self).__name__}.{verb_of(operation)}()")
        self._busy = (operation, me)
        try:
            return run(operation if self._log is None else recorded(operation, self._log))
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
        if self.strict is not None:
            found = session_query.attribute_in_memory(self, obj, state, prop)
            if found is not session_query.ABSENT:
                return found
            raise lazy_load_error(obj, prop, "a Session with strict='async'")
        return self._run(session_query.load_attribute(self, obj, state, prop))

    def run_sync(self, fn: Callable[Concatenate[Any, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call `fn(session, ...)`; the twin of `AsyncSession.run_sync`."""
        return fn(self, *args, **kwargs)


class AsyncColour(SessionBase):
    """The awaiting colour."""

    is_async = True
    view_class: Any = None
    sync_session_class: Any = None
    """What `sync_session` and the session given to `run_sync` functions look like; set it in a subclass."""
    _view: Any = None

    def __init__(self, bind: Any = None, *, expire_on_commit: bool = False, sync_session_class: Any = None, **kw: Any) -> None:
        chosen = sync_session_class or self.sync_session_class
        router = None if chosen is None else chosen.take_router(kw)
        super().__init__(bind, expire_on_commit=expire_on_commit, blocking="allow", strict=None, **kw)  # given again, these two are refused
        if chosen is not None:
            self.sync_session_class = chosen
            self.view_class = view_of(chosen)
            self.router = router
            if chosen.get_bind is not SessionBase.get_bind:
                self.get_bind = self.sync_session.get_bind  # type: ignore[method-assign]  # this session's own

    async def _run(self, operation: Op[T]) -> T:
        """Perform an operation, unless another one is under way."""
        if self._busy is not None:
            operation.close()
            raise busy(self, verb_of(self._busy), verb_of(operation))
        self._busy = operation
        try:
            return await arun(operation if self._log is None else recorded(operation, self._log))
        finally:
            self._busy = None

    def begin(self, nested: bool = False) -> AsyncSessionTransaction:
        """Begin a transaction: `async with session.begin(): ...` commits at the end of the block and rolls back on an error."""
        return AsyncSessionTransaction(self, None, unit_transaction.begin(self, nested))

    def begin_nested(self) -> AsyncSessionTransaction:
        """Flush and begin a savepoint: `async with session.begin_nested(): ...`."""
        return AsyncSessionTransaction(self, None, unit_transaction.begin_nested(self))

    def make_handle(self, frame: Frame) -> AsyncSessionTransaction:
        """Return what users see of a transaction."""
        return AsyncSessionTransaction(self, frame)

    def load_attribute(self, obj: Any, state: Any, prop: Any) -> Any:
        """Answer from memory, or raise LazyLoadError: nothing hidden waits under asyncio, but in `run_sync`."""
        if (self._busy is None or self._busy == "run_sync") and on_bridge():
            return self.sync_session.load_attribute(obj, state, prop)
        found = session_query.attribute_in_memory(self, obj, state, prop)
        if found is not session_query.ABSENT:
            return found
        raise lazy_load_error(obj, prop, "an AsyncSession")

    @property
    def sync_session(self) -> Any:
        """A Session's face of this one: the target of events, and whatever needs no I/O."""
        if self._view is None:
            view = object.__new__(self.view_class)
            self._view = view
            self.dispatch  # noqa: B018  # made for this class, before the view would make one for its own
            view.__dict__ = self.__dict__
        return self._view

    def facade(self, for_async: bool) -> Any:
        """Return the session that a listener of one colour is given."""
        return self if for_async else self.sync_session

    async def run_sync(self, fn: Callable[Concatenate[Any, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call `fn(session, ...)` in a thread of its own, with a blocking Session over the same objects, whose I/O is awaited here."""
        if self._busy is not None:
            raise busy(self, verb_of(self._busy), "run_sync")
        self._busy = "run_sync"
        try:
            return await run_in_thread(fn, self.sync_session, *args, **kwargs)
        finally:
            self._busy = None


class ViewRunning:
    """How a view runs operations: by the event loop that waits in `run_sync`; whoever else tries gets AwaitRequired."""

    _log: Any

    def _run(self, operation: Op[T]) -> T:
        return run(operation if self._log is None else recorded(operation, self._log))


@cache
def view_of(session_class: type[Any]) -> type[Any]:
    """Return the class of views that look like a session class."""
    return type(session_class.__name__, (ViewRunning, session_class), {"__module__": session_class.__module__, "_is_view": True})
