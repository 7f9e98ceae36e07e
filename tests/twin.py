"""One test body, two colours: `async def` tests run against the sync classes through a proxy, without an event loop.

    async def test_add(twin: Twin) -> None:
        async with twin.session() as session:
            session.add(User(name="x"))
            await session.commit()

In the async colour `twin.session()` is an `AsyncSession` itself. In the sync colour it is a `Session` behind a `Proxy` that makes
exactly those methods awaitable which are coroutines on `AsyncSession`; the body is stepped with `send(None)` and must never
suspend.

Rule 1: the proxy adds `await`, `async with` and `async for`, and no behaviour.
Rule 2: a test sets explicitly what differs by default between the colours (docs/differences.md), so `Twin.session` does it.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import inspect
from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ambo import create_engine
from ambo.connecting import aio as connecting_aio, sync as connecting_sync
from ambo.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from ambo.loading.async_results import AsyncMappingResult, AsyncResult, AsyncScalarResult, AsyncTupleResult
from ambo.loading.results import MappingResult, Result, ScalarResult, TupleResult
from ambo.orm import Session, sessionmaker
from ambo.sessions import aio as sessions_aio, sync as sessions_sync
from ambo.sessions.handles import AsyncSessionTransaction, SessionTransaction


def step(body: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine that never waits, and return its result."""
    try:
        body.send(None)
    except StopIteration as end:
        return end.value
    body.close()
    raise AssertionError("the sync run suspended: something in it waits for an event loop")


def pairs() -> dict[type, type]:
    """Find the classes that exist in both colours: `X` here, `AsyncX` there."""
    found: dict[type, type] = {}
    for sync_module, async_module in ((connecting_sync, connecting_aio), (sessions_sync, sessions_aio)):
        for name, value in vars(async_module).items():
            twin = getattr(sync_module, name.removeprefix("Async"), None)
            if inspect.isclass(value) and name.startswith("Async") and inspect.isclass(twin) and "results" not in value.__module__:
                found[twin] = value
    found[sessionmaker] = async_sessionmaker
    found[SessionTransaction] = AsyncSessionTransaction
    return found


PAIRS = pairs()
STREAMS = {Result: AsyncResult, ScalarResult: AsyncScalarResult, MappingResult: AsyncMappingResult, TupleResult: AsyncTupleResult}
"""Results are the same in both colours, but for those that `stream()` returns: they stay asynchronous in the async colour."""



class Proxy:
    """A sync object that looks like its async twin."""

    def __init__(self, target: Any, twin_class: type | None = None) -> None:
        self.target = target
        self.twin_class = twin_class or next((PAIRS[cls] for cls in type(target).__mro__ if cls in PAIRS), None)

    def __getattr__(self, name: str) -> Any:
        if name == "run_sync" and not hasattr(self.target, name):
            return self._run_sync
        value = getattr(self.target, name)
        if not callable(value) or inspect.isclass(value) or hasattr(value, "__enter__"):
            return wrap(value)
        twin = inspect.getattr_static(self.twin_class, name, None)
        if name in {"stream", "stream_scalars"} or (self.twin_class in STREAMS.values() and not inspect.iscoroutinefunction(twin)):
            return streaming(value)
        return awaitable(value) if inspect.iscoroutinefunction(twin) else passing(value)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in {"target", "twin_class"}:
            object.__setattr__(self, name, value)
        else:
            setattr(self.target, name, unwrap(value))

    async def _run_sync(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return fn(self.target, *args, **kwargs)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return passing(self.target)(*args, **kwargs)

    def __contains__(self, value: Any) -> bool:
        return value in self.target

    def __iter__(self) -> Iterator[Any]:
        return iter(self.target)

    def __getitem__(self, key: Any) -> Any:
        found = self.target[key]
        return wrap(found) if isinstance(key, slice) else done(found)

    def __eq__(self, other: object) -> bool:
        return bool(self.target == unwrap(other))

    def __hash__(self) -> int:
        return hash(self.target)

    def __str__(self) -> str:
        return str(self.target)

    def __await__(self) -> Generator[Any, Any, Any]:
        return done(self).__await__()

    def __enter__(self) -> Any:
        return wrap(self.target.__enter__())

    def __exit__(self, *failure: Any) -> Any:
        return self.target.__exit__(*failure)

    async def __aenter__(self) -> Any:
        return wrap(self.target.__enter__())

    async def __aexit__(self, *failure: Any) -> Any:
        return self.target.__exit__(*failure)

    async def __aiter__(self) -> AsyncIterator[Any]:
        for value in self.target:
            yield value


async def done(value: Any) -> Any:
    return value


def unwrap(value: Any) -> Any:
    return value.target if isinstance(value, Proxy) else value


def is_coloured(value: Any) -> bool:
    """Whether a value has a twin of another kind; results are the same in both colours, but for streams."""
    if any(cls in STREAMS for cls in type(value).__mro__):
        return False
    return any(cls in PAIRS for cls in type(value).__mro__) or (hasattr(value, "__enter__") and hasattr(value, "__exit__"))


def wrap(value: Any) -> Any:
    return Proxy(value) if is_coloured(value) else value


def called(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    return wrap(function(*map(unwrap, args), **{key: unwrap(value) for key, value in kwargs.items()}))


def passing(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function, updated=())
    def plain(*args: Any, **kwargs: Any) -> Any:
        return called(function, args, kwargs)

    return plain


def awaitable(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function, updated=())
    async def waiting(*args: Any, **kwargs: Any) -> Any:
        return called(function, args, kwargs)

    return waiting


def streaming(function: Callable[..., Any]) -> Callable[..., Any]:
    def starting(*args: Any, **kwargs: Any) -> Any:
        value = unwrap(called(function, args, kwargs))
        return Proxy(value, next((STREAMS[cls] for cls in type(value).__mro__ if cls in STREAMS), None))

    return starting


@dataclass
class Twin:
    """A database and a colour: makes the engines and sessions of one test and disposes of them.

    `name` is for example `psycopg-async`; `url` opens the database in this colour.
    """

    name: str
    url: str
    colour: str
    folder: Path
    opened: list[Any] = field(default_factory=list)
    _engine: Any = None

    @property
    def is_async(self) -> bool:
        """Whether this run is the async one."""
        return self.colour == "async"

    @property
    def database(self) -> str:
        """`sqlite` or `postgresql`."""
        return self.url.partition(":")[0].partition("+")[0]

    @property
    def driver(self) -> str:
        """`sqlite`, `psycopg` or `asyncpg`."""
        return self.name.partition("-")[0]

    def create_engine(self, url: str | None = None, **options: Any) -> Any:
        """Make an engine of this colour, disposed of after the test."""
        url = self.url if url is None else url
        engine = create_async_engine(url, **options) if self.is_async else Proxy(create_engine(url, **options))
        self.opened.append(engine)
        return engine

    @property
    def engine(self) -> Any:
        """The engine that the test's sessions share."""
        if self._engine is None:
            self._engine = self.create_engine()
        return self._engine

    @property
    def dispatch_engine(self) -> Any:
        """The engine that events are registered on."""
        return self.engine.sync_engine if self.is_async else self.engine.target

    def session(self, engine: Any = None, **options: Any) -> Any:
        """Make a session; `expire_on_commit` is False in both colours unless given."""
        options.setdefault("expire_on_commit", False)
        bind = engine if engine is not None else self.engine
        return AsyncSession(bind, **options) if self.is_async else Proxy(Session(unwrap(bind), **options))

    def sessionmaker(self, engine: Any = None, **options: Any) -> Any:
        """Make a sessionmaker; `expire_on_commit` is False in both colours unless given."""
        options.setdefault("expire_on_commit", False)
        bind = engine if engine is not None else self.engine
        return async_sessionmaker(bind, **options) if self.is_async else Proxy(sessionmaker(unwrap(bind), **options))

    async def create(self, metadata: Any) -> None:
        """Create the tables."""
        async with self.engine.begin() as connection:
            await connection.run_sync(metadata.create_all)

    async def close(self) -> None:
        """Dispose of every engine the test made."""
        for engine in self.opened:
            await engine.dispose()

    def run(self, body: Coroutine[Any, Any, Any]) -> Any:
        """Run a test body in this colour."""
        return asyncio.run(self._whole(body)) if self.is_async else step(self._whole(body))

    async def _whole(self, body: Coroutine[Any, Any, Any]) -> Any:
        async with contextlib.AsyncExitStack() as stack:
            stack.push_async_callback(self.close)
            return await body
