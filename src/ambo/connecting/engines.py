"""What an engine is in either colour: its URL, driver, pool, options, statement cache and listeners. No I/O.

    EngineBase ─┬─ Engine (sync.py, generated)         .sync_engine of an AsyncEngine is one too
                └─ AsyncEngine (aio.py)

Rule 1: engines made by `execution_options()` share everything but their options and listeners with the one they come from.
Rule 2: listeners are one set for both colours: `listen(engine.sync_engine, ...)` and `listen(async_engine, ...)` are the same; an
`async def` listener is awaited and given the AsyncConnection, a plain one is called and given the Connection.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, ClassVar, Self, TypeVar

from ambo.connecting.checkout import EVENTS as POOL_EVENTS
from ambo.connecting.url import URL
from ambo.drivers.base import Driver
from ambo.effects import Op
from ambo.listening import Dispatch
from ambo.operations.channel import Channel
from ambo.operations.connection import Scope
from ambo.operations.echo import Echo, make_echo
from ambo.statements.keys import LRU

E = TypeVar("E", bound="EngineBase")

EVENTS = frozenset(
    ["before_execute", "after_execute", "before_cursor_execute", "after_cursor_execute", "handle_error", "engine_connect", "engine_disposed", "set_connection_execution_options", "set_engine_execution_options", "begin", "commit", "rollback", "savepoint", "release_savepoint", "rollback_savepoint", "begin_twophase", "prepare_twophase", "commit_twophase", "rollback_twophase", "do_connect"]
)


@dataclass
class Shared:
    """What an engine and those derived from it have in common."""

    url: URL
    driver: Driver
    pool: Any
    plans: LRU[Any, Any]
    echo: bool | str | None = None
    echo_log: Echo | None = None
    logging_name: str | None = None
    hide_parameters: bool = False


@dataclass(frozen=True)
class Shells:
    """The classes of one colour; `create.py` notes them here, so that neither colour imports the other."""

    engine: Any
    connection: Any
    transactions: dict[str, Any]


SHELLS: dict[bool, Shells] = {}


class _EventTarget:
    """`__event_dispatch__` of engine classes and of engines: pool events go to the pool's listeners."""

    def __get__(self, engine: EngineBase | None, owner: type[EngineBase]) -> Callable[[str], Dispatch | None]:
        if engine is None:
            return lambda name: EngineBase.class_dispatch if name in EVENTS or name in POOL_EVENTS else None
        own = engine
        return lambda name: own.dispatch if name in EVENTS else own.pool.dispatch if name in POOL_EVENTS else None


class EngineBase:
    """The parts of Engine and AsyncEngine that need no I/O."""

    is_async: ClassVar[bool] = False
    class_dispatch: ClassVar[Dispatch] = Dispatch()
    dispatch: Dispatch = class_dispatch
    __event_dispatch__ = _EventTarget()
    quiet_since = -1

    def __new__(cls, shared: Any = None, *args: Any) -> Self:
        """Return the twin that an engine has in this colour: `AsyncEngine(engine.sync_engine)` is `engine`."""
        if isinstance(shared, EngineBase):
            known = shared if shared.is_async is cls.is_async else shared._twin
            if isinstance(known, cls):
                return known
        return object.__new__(cls)

    def __init__(self, shared: Shared | EngineBase, options: dict[str, Any] | None = None, parent: EngineBase | None = None) -> None:
        if isinstance(shared, EngineBase):
            if "shared" not in self.__dict__:
                self._become(shared)
            return
        self.shared = shared
        self.dialect: Any = shared.driver.dialect
        self.plans = shared.plans
        self.hide_parameters = shared.hide_parameters
        self._execution_options = options if options is not None else {}
        self._twin: EngineBase | None = None
        self.spares: list[Any] = []
        self.dispatch = Dispatch(parent.dispatch if parent is not None else self.class_dispatch)
        if parent is None and self.class_dispatch not in shared.pool.dispatch.parents:
            shared.pool.dispatch.parents += (self.class_dispatch,)

    def perform(self, operation: Op[Any]) -> Any:
        """Run an operation in this engine's colour."""
        raise NotImplementedError

    @property
    def url(self) -> URL:
        """The URL; printing it hides the password."""
        return self.shared.url

    # two properties without a frame: they are asked in each transaction
    pool: Any = property(attrgetter("shared.pool"), doc="The pool of the moment; `dispose()` puts another one in its place.")
    echo_log: Any = property(attrgetter("shared.echo_log"), doc="Where statements are logged, or None.")

    @property
    def name(self) -> str:
        """The database's name, such as `postgresql`."""
        found: str = self.dialect.name
        return found

    @property
    def driver(self) -> str:
        """The driver's name, such as `asyncpg`."""
        found: str = self.dialect.driver
        return found

    @property
    def engine(self) -> Any:
        """The engine itself, as a connection's `.engine`."""
        return self

    @property
    def echo(self) -> bool | str | None:
        """Whether statements are logged: False, True, or "debug" for rows too. May be assigned."""
        return self.shared.echo or False

    @echo.setter
    def echo(self, value: bool | str | None) -> None:
        self.shared.echo = value
        self.shared.echo_log = make_echo(value, self.shared.logging_name)

    @property
    def logging_name(self) -> str | None:
        """What is appended to the logger's name."""
        return self.shared.logging_name

    def execution_options(self: E, **opt: Any) -> E:
        """Return an engine with the same pool and further execution options, such as `isolation_level`."""
        made = type(self)(self.shared, dict(self._execution_options), self)
        made.update_execution_options(**opt)
        return made

    def get_execution_options(self) -> dict[str, Any]:
        """Return the options that every connection starts with."""
        return self._execution_options

    def update_execution_options(self, **opt: Any) -> None:
        """Change the options that every further connection starts with."""
        for listener in self.dispatch.of("set_engine_execution_options"):
            listener(self, opt)
        self._execution_options.update(opt)  # in place: the engine's twin has the same dict

    def clear_compiled_cache(self) -> None:
        """Forget all compiled statements and load plans."""
        self.shared.plans.clear()

    def facade(self, channel: Channel, for_async: bool) -> Any:
        """Return the connection object that a listener, or `run_sync`, is given for a channel."""
        engine = self if for_async == self.is_async else self.relative(for_async)
        return SHELLS[for_async].connection.of_scope(engine, channel.scope or Scope(channel))

    def relative(self, for_async: bool) -> Any:
        """Return the same engine in the other colour, always the same object."""
        if self._twin is None:
            self._twin = SHELLS[for_async].engine(self)
        return self._twin

    def _become(self, other: EngineBase) -> None:
        """Be the other engine, in this class's colour."""
        self.__dict__.update(other.__dict__)
        self.spares = []
        self._twin = other
        other._twin = self

    def forget_pool(self) -> Any:
        """Put a new, empty pool in place and return the old one."""
        old = self.shared.pool
        self.shared.pool = old.recreate()
        for listener in self.dispatch.of("engine_disposed"):
            listener(self)
        return old

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.url!r})"
