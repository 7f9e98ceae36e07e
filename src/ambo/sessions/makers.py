"""What makes sessions: `sessionmaker`, `scoped_session` and their async twins.

    Session = sessionmaker(engine)         with Session() as session: …       with Session.begin() as session: …
    registry = scoped_session(Session)     registry.add(obj)                  registry.remove()

Rule 1: each maker has a session class of its own, so that events can be registered on the maker.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager, contextmanager
from typing import Any, Generic, TypeVar, overload

from ambo.errors import AmboWarning, ArgumentError, InvalidRequestError
from ambo.listening import Dispatch
from ambo.sessions.aio import AsyncSession
from ambo.sessions.base import SessionBase, all_sessions
from ambo.sessions.colours import view_of
from ambo.sessions.events import checked, class_dispatch
from ambo.sessions.sync import Session

S = TypeVar("S", bound=SessionBase)

AsyncSession.view_class = view_of(Session)


class Maker(Generic[S]):
    """What both makers share: the class and the arguments of the sessions to come."""

    def __init__(self, bind: Any, class_: type[S], expire_on_commit: bool, info: dict[Any, Any] | None, kw: dict[str, Any]) -> None:
        self.kw: dict[str, Any] = {"bind": bind, "expire_on_commit": expire_on_commit, **kw}
        if info is not None:
            self.kw["info"] = info
        self.class_: type[S] = type(class_.__name__, (class_,), {"__module__": class_.__module__})

    def configure(self, **new_kw: Any) -> None:
        """Change the arguments of the sessions to come."""
        self.kw.update(new_kw)

    def __call__(self, **local_kw: Any) -> S:
        """Make a session; the arguments take precedence over the maker's."""
        if not local_kw:
            return self.class_(**self.kw)
        given = {**self.kw, **local_kw}
        if "info" in self.kw and "info" in local_kw:
            given["info"] = {**self.kw["info"], **local_kw["info"]}
        return self.class_(**given)

    @staticmethod
    def object_session(instance: object) -> Any:
        """Return the session an object belongs to."""
        return SessionBase.object_session(instance)

    @staticmethod
    def identity_key(*args: Any, **kwargs: Any) -> Any:
        """As `Session.identity_key`."""
        return SessionBase.identity_key(*args, **kwargs)

    def __event_dispatch__(self, name: str) -> Dispatch:
        return checked(name, class_dispatch(self.class_))

    def __repr__(self) -> str:
        arguments = ", ".join(f"{key}={value!r}" for key, value in self.kw.items())
        return f"{type(self).__name__}(class_={self.class_.__name__!r}, {arguments})"


class sessionmaker(Maker[S]):
    """Makes sessions: `Session = sessionmaker(engine)`, then `with Session() as session:`.

    The arguments are those of `Session`, given once.
    """

    @overload
    def __init__(
        self: sessionmaker[Session],
        bind: Any = None,
        *,
        autoflush: bool = True,
        expire_on_commit: bool = True,
        info: dict[Any, Any] | None = None,
        **kw: Any,
    ) -> None: ...
    @overload
    def __init__(
        self,
        bind: Any = None,
        *,
        class_: type[S],
        autoflush: bool = True,
        expire_on_commit: bool = True,
        info: dict[Any, Any] | None = None,
        **kw: Any,
    ) -> None: ...
    def __init__(
        self,
        bind: Any = None,
        *,
        class_: type[Any] = Session,
        autoflush: bool = True,
        expire_on_commit: bool = True,
        info: dict[Any, Any] | None = None,
        **kw: Any,
    ) -> None:
        super().__init__(bind, class_, expire_on_commit, info, {"autoflush": autoflush, **kw})

    def begin(self) -> AbstractContextManager[S]:
        """A session and its transaction: committed at the end of the block, rolled back on an error, closed in any case.

        With `class_=AsyncSession` it is entered by `async with`.
        """
        if issubclass(self.class_, AsyncSession):
            return _begun_async(self)  # type: ignore[return-value]  # as the class says
        return _begun(self)

    @staticmethod
    def close_all() -> None:
        """Close every session."""
        close_all_sessions()


class async_sessionmaker(Maker[S]):
    """Makes sessions for asyncio: `Session = async_sessionmaker(engine)`, then `async with Session() as session:`."""

    @overload
    def __init__(
        self: async_sessionmaker[AsyncSession],
        bind: Any = None,
        *,
        autoflush: bool = True,
        expire_on_commit: bool = False,
        info: dict[Any, Any] | None = None,
        **kw: Any,
    ) -> None: ...
    @overload
    def __init__(
        self,
        bind: Any = None,
        *,
        class_: type[S],
        autoflush: bool = True,
        expire_on_commit: bool = False,
        info: dict[Any, Any] | None = None,
        **kw: Any,
    ) -> None: ...
    def __init__(
        self,
        bind: Any = None,
        *,
        class_: type[Any] = AsyncSession,
        autoflush: bool = True,
        expire_on_commit: bool = False,
        info: dict[Any, Any] | None = None,
        **kw: Any,
    ) -> None:
        super().__init__(bind, class_, expire_on_commit, info, {"autoflush": autoflush, **kw})

    def begin(self) -> AbstractAsyncContextManager[S]:
        """A session and its transaction: committed at the end of the block, rolled back on an error, closed in any case."""
        return _begun_async(self)


@contextmanager
def _begun(maker: Maker[S]) -> Iterator[S]:
    with maker() as session, session.begin():  # type: ignore[attr-defined]  # S is of this colour
        yield session


@asynccontextmanager
async def _begun_async(maker: Maker[S]) -> AsyncIterator[S]:
    async with maker() as session, session.begin():  # type: ignore[attr-defined]  # S is of this colour
        yield session


# ---- scoped sessions


class ThreadScope:
    """One session a thread."""

    def __init__(self, make: Callable[..., Any]) -> None:
        self._make = make
        self._local = threading.local()

    def __call__(self) -> Any:
        if not self.has():
            self._local.session = self._make()
        return self._local.session

    def has(self) -> bool:
        """Tell whether this thread has a session."""
        return hasattr(self._local, "session")

    def set(self, session: Any) -> None:
        """Give this thread a session."""
        self._local.session = session

    def clear(self) -> None:
        """Forget this thread's session."""
        if self.has():
            del self._local.session


class FunctionScope:
    """One session for each value of a function, such as the current request or task."""

    def __init__(self, make: Callable[..., Any], scope: Callable[[], Any]) -> None:
        self._make = make
        self._scope = scope
        self.registry: dict[Any, Any] = {}

    def __call__(self) -> Any:
        key = self._scope()
        found = self.registry.get(key)
        if found is None:
            found = self.registry[key] = self._make()
        return found

    def has(self) -> bool:
        """Tell whether the present scope has a session."""
        return self._scope() in self.registry

    def set(self, session: Any) -> None:
        """Give the present scope a session."""
        self.registry[self._scope()] = session

    def clear(self) -> None:
        """Forget the present scope's session."""
        self.registry.pop(self._scope(), None)


class Scoped:
    """A session that is another one in each scope; everything a session has is passed on to the one of the present scope."""

    def __init__(self, session_factory: Any, scopefunc: Callable[[], Any] | None = None) -> None:
        self.session_factory = session_factory
        self.registry: Any = ThreadScope(session_factory) if scopefunc is None else FunctionScope(session_factory, scopefunc)

    def __call__(self, **kw: Any) -> Any:
        """Return the present scope's session, made with these arguments if there is none.

        Raises InvalidRequestError if there is one and arguments are given.
        """
        if not kw:
            return self.registry()
        if self.registry.has():
            raise InvalidRequestError("Scoped session is already present; no new arguments may be specified. Call remove() first.")
        session = self.session_factory(**kw)
        self.registry.set(session)
        return session

    def configure(self, **kwargs: Any) -> None:
        """Change the arguments of the sessions to come."""
        if self.registry.has():
            warnings.warn(
                "At least one scoped session is already present. configure() can not affect sessions that have already been created.",
                AmboWarning,
                stacklevel=2,
            )
        self.session_factory.configure(**kwargs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name in ("registry", "session_factory"):
            raise AttributeError(name)
        return getattr(self.registry(), name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in ("registry", "session_factory"):
            object.__setattr__(self, name, value)
        else:
            setattr(self.registry(), name, value)

    def __contains__(self, obj: object) -> bool:
        return obj in self.registry()

    def __iter__(self) -> Iterator[Any]:
        return iter(self.registry())

    def __event_dispatch__(self, name: str) -> Dispatch:
        factory = self.session_factory
        if isinstance(factory, (Maker, type)) and hasattr(factory, "__event_dispatch__"):
            found: Dispatch = factory.__event_dispatch__(name)
            return found
        raise ArgumentError("Session event listen on a scoped_session requires that its creation callable is associated with the Session class.")

    @staticmethod
    def object_session(instance: object) -> Any:
        """Return the session an object belongs to."""
        return SessionBase.object_session(instance)

    @staticmethod
    def identity_key(*args: Any, **kwargs: Any) -> Any:
        """As `Session.identity_key`."""
        return SessionBase.identity_key(*args, **kwargs)


class QueryProperty:
    """`Base.query`: a query on the class it is read from, in the present scope's session."""

    def __init__(self, scoped: Scoped, query_cls: Any) -> None:
        self._scoped = scoped
        self._query_cls = query_cls

    def __get__(self, obj: Any, owner: type[Any]) -> Any:
        session = self._scoped.registry()
        return session.query(owner) if self._query_cls is None else self._query_cls(owner, session=session)


class scoped_session(Scoped, Generic[S]):
    """One session a thread (or for each value of `scopefunc`), used as if it were one: `Session = scoped_session(sessionmaker(engine))`."""

    def remove(self) -> None:
        """Close the present scope's session, if it has one, and forget it."""
        if self.registry.has():
            self.registry().close()
        self.registry.clear()

    def query_property(self, query_cls: Any = None) -> Any:
        """Return a class attribute for `Base.query = Session.query_property()`, with which `User.query.all()` works."""
        return QueryProperty(self, query_cls)


class async_scoped_session(Scoped, Generic[S]):
    """One AsyncSession for each value of `scopefunc`, which is usually `asyncio.current_task`."""

    def __init__(self, session_factory: Any, scopefunc: Callable[[], Any]) -> None:
        super().__init__(session_factory, scopefunc)

    async def remove(self) -> None:
        """Close the present scope's session, if it has one, and forget it."""
        if self.registry.has():
            await self.registry().close()
        self.registry.clear()

    def query_property(self, query_cls: Any = None) -> Any:
        """Return a class attribute for `Base.query = Session.query_property()`."""
        return QueryProperty(self, query_cls)


# ---- all sessions there are


def close_all_sessions() -> None:
    """Close every blocking session of this process, as a test suite may want to.

    Raises nothing for AsyncSessions, which can only be closed by awaiting: use `close_all_async_sessions`.
    """
    for session in [found for one in list(all_sessions) if (found := one()) is not None]:
        if not session.is_async and session.in_use:
            session.close()


async def close_all_async_sessions() -> None:
    """Close every AsyncSession of this process."""
    for session in [found for one in list(all_sessions) if (found := one()) is not None]:
        if session.is_async and session.in_use:
            await session.close()
