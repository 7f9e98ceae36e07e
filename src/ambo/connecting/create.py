"""`create_engine`, `create_async_engine` and their kin: from a URL and options to an engine.

    URL -> driver (registry) -> dialect -> pool of the driver's colour -> engine

Rule: every option is taken by exactly one of pool, dialect, engine; one that nobody takes is a TypeError that names the nearest known one.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from ambo.connecting import aio, engines, sync
from ambo.connecting.async_pool import AsyncAdaptedQueuePool
from ambo.connecting.checkout import BasePool
from ambo.connecting.engines import EngineBase, Shared, Shells
from ambo.connecting.registry import BLOCKING_ONLY, awaiting_pool, driver_for, pool_class
from ambo.connecting.sync_pool import QueuePool
from ambo.connecting.url import URL, make_url
from ambo.drivers.base import Driver, Link
from ambo.errors import ArgumentError, AsyncMethodRequired, NoInspectionAvailable, suggestion
from ambo.mapping.inspection import inspects
from ambo.operations.echo import make_echo
from ambo.operations.inspector import Inspector
from ambo.statements.keys import plan_cache

E = TypeVar("E", bound=EngineBase)

engines.SHELLS[False] = Shells(
    sync.Engine,
    sync.Connection,
    {"root": sync.RootTransaction, "nested": sync.NestedTransaction, "twophase": sync.TwoPhaseTransaction},
)
engines.SHELLS[True] = Shells(
    aio.AsyncEngine,
    aio.AsyncConnection,
    {"root": aio.AsyncRootTransaction, "nested": aio.AsyncNestedTransaction, "twophase": aio.AsyncTwoPhaseTransaction},
)



@inspects(sync.Engine, sync.Connection)
def inspector_of(bind: Any) -> Inspector:
    """Answer `inspect(engine)` and `inspect(connection)`."""
    return Inspector(bind)


@inspects(aio.AsyncEngine, aio.AsyncConnection)
def no_inspector_of(bind: Any) -> Inspector:
    """Refuse `inspect(async_engine)`: asking the database waits."""
    kind = type(bind).__name__
    article = "an" if kind[0] in "AEIOU" else "a"
    raise NoInspectionAvailable(
        f"Inspection on {article} {kind} is currently not supported. "
        "Ask inside a function: `await connection.run_sync(lambda sync_connection: inspect(sync_connection).get_table_names())`"
    )


POOL_OPTIONS = {
    "pool_timeout": "timeout",
    "pool_recycle": "recycle",
    "pool_pre_ping": "pre_ping",
    "pool_reset_on_return": "reset_on_return",
    "pool_logging_name": "logging_name",
    "pool_events": "events",
    "echo_pool": "echo",
}
POLICY_OPTIONS = {"pool_size": "pool_size", "max_overflow": "max_overflow", "pool_use_lifo": "use_lifo"}
DIALECT_OPTIONS = ("json_serializer", "json_deserializer", "max_identifier_length", "label_length")
ENGINE_OPTIONS = ["connect_args", "creator", "async_creator", "echo", "execution_options", "hide_parameters", "isolation_level", "logging_name", "pool", "poolclass", "query_cache_size"]
WITHOUT_EFFECT = frozenset(
    ["future", "enable_from_linting", "implicit_returning", "insertmanyvalues_page_size", "use_insertmanyvalues", "native_inet_types", "max_allowed_packet", "skip_autocommit_rollback", "use_native_hstore", "sqlite_share_pool"]
)
"""Options of SQLAlchemy that change nothing here: what they switch is always on, or decided by ambo."""
REFUSED = {
    "plugins": "ambo has no engine plugins; use events",
    "strategy": "use create_mock_engine()",
    "paramstyle": "ambo writes the parameter style that its driver takes",
    "module": "name the driver in the URL",
    "dialect": "name the driver in the URL",
    "convert_unicode": "every string is Unicode",
    "encoding": "every string is Unicode",
}


def create_engine(url: str | URL, **kwargs: Any) -> sync.Engine:
    """Make an engine whose connections block.

        engine = create_engine("postgresql://user:secret@localhost/shop", pool_size=10)

    Nothing is connected yet. Options: `echo`, `isolation_level`, `execution_options`, `connect_args`, `creator`, `poolclass`, `pool`,
    `pool_size`, `max_overflow`, `pool_timeout`, `pool_recycle`, `pool_pre_ping`, `pool_use_lifo`, `pool_reset_on_return`,
    `hide_parameters`, `json_serializer`, `json_deserializer`, `query_cache_size`, `logging_name`.

    Raises ArgumentError for a text that is no URL, NoSuchModuleError for an unknown or missing driver, TypeError for an unknown option.
    """
    return _create(sync.Engine, url, kwargs)


def create_async_engine(url: str | URL, **kwargs: Any) -> aio.AsyncEngine:
    """Make an engine whose connections are awaited; options as for `create_engine`, and `async_creator`, a coroutine function.

    engine = create_async_engine("postgresql+asyncpg://user:secret@localhost/shop")
    """
    if kwargs.pop("server_side_cursors", False):
        raise AsyncMethodRequired("Can't set server_side_cursors for async engine globally; use connection.stream() where rows are to stay with the server")
    if "async_creator" in kwargs and "creator" in kwargs:
        raise ArgumentError("Can only specify one of 'async_creator' or 'creator', not both.")
    return _create(aio.AsyncEngine, url, kwargs)


def _create(engine_class: type[E], url: str | URL, options: dict[str, Any]) -> E:
    url = make_url(url)
    name = "create_async_engine()" if engine_class.is_async else "create_engine()"
    _check_names(options, name)
    driver = driver_for(url, is_async=engine_class.is_async)
    dialect_options = {one: options[one] for one in DIALECT_OPTIONS if options.get(one) is not None}
    if dialect_options:
        driver.dialect = driver.dialect.configured(**dialect_options)
    driver.dialect = copy.copy(driver.dialect)  # an engine's own: what a program sets on it is no other engine's business
    if driver.dialect.is_async is not driver.is_async:
        driver.dialect.is_async = driver.is_async
    engine = object.__new__(engine_class)
    pool = _pool(engine, driver, url, options)
    echo = options.get("echo")
    shared = Shared(url, driver, pool, plan_cache(options.get("query_cache_size", 500) or 1), echo)
    shared.logging_name = options.get("logging_name")
    shared.hide_parameters = bool(options.get("hide_parameters"))
    shared.echo_log = make_echo(echo, shared.logging_name)
    execution_options = dict(options.get("execution_options") or {})
    if options.get("isolation_level") is not None:
        execution_options["isolation_level"] = options["isolation_level"]
    if "isolation_level" in execution_options:
        driver.dialect.transactions.check_level(execution_options["isolation_level"])
    EngineBase.__init__(engine, shared, execution_options)
    return engine


def _check_names(options: Mapping[str, Any], function: str) -> None:
    """Refuse what nobody takes."""
    for name in options:
        if name in REFUSED and options[name] is not None:
            raise ArgumentError(f"{function} takes no {name!r}: {REFUSED[name]}")
    known = {*POOL_OPTIONS, *POLICY_OPTIONS, *DIALECT_OPTIONS, *ENGINE_OPTIONS, *WITHOUT_EFFECT, *REFUSED}
    for name in options:
        if name not in known:
            raise TypeError(f"{function} takes no option {name!r}{suggestion(name, known)}")


def _pool(engine: EngineBase, driver: Driver, url: URL, options: Mapping[str, Any]) -> Any:
    """Make the engine's pool, or take the one given."""
    opener = _opener(engine, driver, url, options)
    given = options.get("pool")
    if given is not None:
        if given.is_async != driver.is_async:
            found = awaiting_pool(given) if driver.is_async else None
            if found is None:
                raise ArgumentError(_wrong_colour(type(given), driver))
            given = found
        given.opener = _wrapping(given.opener, driver)
        return given
    asked = options.get("poolclass")
    if asked is not None and (asked in BLOCKING_ONLY if driver.is_async else asked.is_async):
        raise ArgumentError(_wrong_colour(asked, driver))
    wanted = pool_class(driver, url, asked)
    settings = {POOL_OPTIONS[name]: value for name, value in options.items() if name in POOL_OPTIONS and value is not None}
    settings |= {POLICY_OPTIONS[name]: value for name, value in options.items() if name in POLICY_OPTIONS and value is not None}
    if "pool_reset_on_return" in options:
        settings["reset_on_return"] = options["pool_reset_on_return"]
    if wanted in (QueuePool, AsyncAdaptedQueuePool):
        settings.setdefault("use_lifo", True)  # the connection used last is warm, here and in the server: half the time of the others
    return wanted(opener, dialect=driver.dialect, **settings)


def _wrong_colour(pool: type[BasePool], driver: Driver) -> str:
    colour = "asyncio" if driver.is_async else "non-asyncio"
    instead = "AsyncAdaptedQueuePool, NullPool or StaticPool" if driver.is_async else "QueuePool, NullPool or StaticPool"
    return f"Pool class {pool.__name__} cannot be used with {colour} engine; use {instead}"


def _opener(engine: EngineBase, driver: Driver, url: URL, options: Mapping[str, Any]) -> Callable[[], Any]:
    """Return the function that opens a link: by the driver, by the user's `creator`, or by a `do_connect` listener."""
    creator = options.get("async_creator") or options.get("creator")
    if creator is not None:
        return _wrapping(creator, driver)
    given = dict(options.get("connect_args") or {})

    def by_listener() -> tuple[Any, dict[str, Any]]:
        arguments = {**driver.connect_args(url), **given}
        for listener in engine.dispatch.of("do_connect"):
            found = listener(driver.dialect, None, [], arguments)
            if found is not None:
                return found, arguments
        return None, arguments

    def open_link() -> Any:
        found, arguments = by_listener() if engine.dispatch.of("do_connect") else (None, given)
        return driver.wrap(found) if found is not None else driver.connect(url, arguments)

    return open_link


def _wrapping(creator: Callable[[], Any], driver: Driver) -> Callable[[], Any]:
    """Return a function that makes links of the connections a user's function opens."""

    def open_blocking() -> Any:
        found = creator()
        return found if isinstance(found, Link) else driver.wrap(found)

    async def open_waiting() -> Any:
        found = creator()
        if inspect.isawaitable(found):
            found = await found
        if isinstance(found, Link):
            return found
        wrapped = driver.wrap(found)
        return await wrapped if inspect.isawaitable(wrapped) else wrapped

    return open_waiting if driver.is_async else open_blocking


# ---------------------------------------------------------------------------------------------------------------- from text
_TRUE = frozenset({"true", "yes", "on", "y", "t", "1"})
_FALSE = frozenset({"false", "no", "off", "n", "f", "0", ""})
_NUMBERS = frozenset({"pool_size", "max_overflow", "pool_recycle", "query_cache_size", "max_identifier_length"})
_FLAGS = frozenset({"pool_pre_ping", "pool_use_lifo", "hide_parameters", "future", "echo", "echo_pool", "use_insertmanyvalues"})


def _value_of(name: str, value: Any) -> Any:
    """Turn an option's text from a configuration file into its value."""
    if not isinstance(value, str):
        return value
    text = value.strip().lower()
    if name in _NUMBERS:
        return int(text)
    if name == "pool_timeout":
        return float(text)
    if name in _FLAGS:
        return True if text in _TRUE else False if text in _FALSE else value
    if name == "pool_reset_on_return" and text in _FALSE | _TRUE | {"none"}:
        return None if text == "none" else text in _TRUE
    return value


def _configured(configuration: Mapping[str, Any], prefix: str, kwargs: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    found = {name[len(prefix) :]: value for name, value in configuration.items() if name.startswith(prefix)}
    options = {name: _value_of(name, value) for name, value in found.items() if name != "_coerce_config"}
    options |= kwargs
    if "url" not in options:
        raise KeyError(f"the configuration has no {prefix + 'url'!r}")
    return options.pop("url"), options


def engine_from_config(configuration: Mapping[str, Any], prefix: str = "sqlalchemy.", **kwargs: Any) -> sync.Engine:
    """Make an engine from a mapping of texts, such as a section of a configuration file: `{"sqlalchemy.url": ..., "sqlalchemy.echo": "true"}`."""
    url, options = _configured(configuration, prefix, kwargs)
    return create_engine(url, **options)


def async_engine_from_config(configuration: Mapping[str, Any], prefix: str = "sqlalchemy.", **kwargs: Any) -> aio.AsyncEngine:
    """Make an async engine from a mapping of texts."""
    url, options = _configured(configuration, prefix, kwargs)
    return create_async_engine(url, **options)


_POOL_NAMES = {
    name.removeprefix("pool_").removesuffix("_pool"): name for name in (*POOL_OPTIONS, *POLICY_OPTIONS) if name != "pool_logging_name"
} | {"logging_name": "pool_logging_name"}


def _pool_options(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    return {_POOL_NAMES.get(name, name): value for name, value in kwargs.items()}


def create_pool_from_url(url: str | URL, **kwargs: Any) -> Any:
    """Make the pool that `create_engine` would make, without an engine; pool options lose their `pool_`: `size`, `timeout`, `recycle`, …"""
    return create_engine(url, **_pool_options(kwargs)).pool


def create_async_pool_from_url(url: str | URL, **kwargs: Any) -> Any:
    """Make the pool that `create_async_engine` would make."""
    return create_async_engine(url, **_pool_options(kwargs)).pool


