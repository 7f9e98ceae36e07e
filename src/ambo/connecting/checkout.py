"""What the blocking and the awaiting pool have in common: options, counters, events, and what listeners are given.

Events: `connect`, `first_connect`, `checkout`, `checkin`, `reset`, `close`, `invalidate`, `soft_invalidate`, `close_detached`.
Listeners get (dbapi_connection, connection_record, …) as in SQLAlchemy. Which object the first one is, by driver:

    sqlite, both colours            the `sqlite3.Connection`; on the async side the listener runs on the connection's own thread
    psycopg, sync                   the `psycopg.Connection`
    psycopg async, asyncpg, asyncmy a `ScriptedConnection`: `cursor().execute(sql, params)` collects statements, which are run right
                                    after the listener returned; results cannot be read. An `async def` listener is
                                    awaited and gets the driver's own connection.
"""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable
from typing import Any, ClassVar, Self, TypeVar

from ambo.connecting.bridge import hand_over
from ambo.connecting.pool import Policy
from ambo.drivers.base import Link
from ambo.errors import ArgumentError, ResourceClosedError
from ambo.listening import Dispatch, clock

EVENTS = frozenset(
    ["connect", "first_connect", "checkout", "checkin", "reset", "close", "invalidate", "soft_invalidate", "detach", "close_detached"]
)


_EACH_TIME = ("checkout", "reset", "checkin")


class Record:
    """The pool's note about one link; listeners know it as `connection_record`."""

    __slots__ = ("_link", "born", "generation", "pool", "record_info", "slots")

    def __init__(self, pool: BasePool, slots: Any, link: Link) -> None:
        self.pool = pool
        self.slots = slots
        self._link = weakref.ref(link)  # no cycle: a link that is dropped is closed at once
        self.born = time.monotonic()
        self.generation = pool.generation
        self.record_info: dict[Any, Any] = {}

    @property
    def link(self) -> Link | None:
        """The link, None when it is gone."""
        return self._link()

    @property
    def dbapi_connection(self) -> Any:
        """The driver's connection."""
        return self.link.raw if self.link is not None else None

    driver_connection = dbapi_connection

    @property
    def info(self) -> dict[Any, Any]:
        """The user's own dict, living as long as the connection."""
        return self.link.info if self.link is not None else {}

    @property
    def in_use(self) -> bool:
        """Whether the connection is checked out."""
        return self.link is not None and self.link not in self.slots.policy.idle

    def invalidate(self, e: BaseException | None = None, soft: bool = False) -> None:
        """Have the connection closed when it comes back (now, unless `soft`, for everybody else)."""
        self.generation = -1
        if self.link is not None:
            if not soft:
                self.link.is_broken = True
            self.pool.tell("soft_invalidate" if soft else "invalidate", self.link, e)

    def close(self) -> None:
        """Close the connection now."""
        if self.link is not None:
            self.link.is_broken = True
            self.link.terminate()

    def lost(self) -> None:
        """A link was garbage collected instead of being given back."""
        if self.slots is not None:
            self.slots.lost(self)


class ProxiedConnection:
    """A checked-out driver connection: what `engine.raw_connection()` returns and `checkout` listeners get last.

    Everything the driver's connection can do can be asked of it; `close()` gives it back to the pool.
    """

    def __init__(self, pool: Any, link: Link) -> None:
        self._pool = pool
        self._link: Link | None = link

    def _open(self) -> Link:
        if self._link is None:
            raise ResourceClosedError("this pooled connection was given back already; check out another one")
        return self._link

    @property
    def dbapi_connection(self) -> Any:
        """The driver's connection, None after `close()`."""
        return self._link.raw if self._link is not None else None

    driver_connection = connection = dbapi_connection

    @property
    def is_valid(self) -> bool:
        """Whether the connection is checked out and usable."""
        return self._link is not None and not self._link.is_broken

    @property
    def info(self) -> dict[Any, Any]:
        """The user's own dict, living as long as the driver's connection."""
        return self._open().info

    @property
    def record_info(self) -> dict[Any, Any]:
        """As `info`."""
        found: dict[Any, Any] = self._open().pool_record.record_info
        return found

    def cursor(self, *args: Any, **kwargs: Any) -> Any:
        """Return a cursor of the driver's connection."""
        return self._open().raw.cursor(*args, **kwargs)

    def invalidate(self, e: BaseException | None = None, soft: bool = False) -> None:
        """Give the connection back and have it closed."""
        link = self._open()
        link.pool_record.invalidate(e, soft)
        if not soft:
            self.close()

    def run_async(self, fn: Callable[[Any], Any]) -> Any:
        """Inside `run_sync`: await `fn(driver's own connection)` on the event loop and return its result."""
        return hand_over(fn(self._open().raw))

    def detach(self) -> None:
        """Take the connection out of its pool; `close()` then closes it."""
        link = self._open()
        self._pool.forget(link)

    def close(self) -> None:
        """Give the connection back."""
        link, self._link = self._link, None
        if link is not None:
            self._pool.release(link)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._open().raw, name)

    def __enter__(self) -> ProxiedConnection:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


class _DispatchOf:
    """`__event_dispatch__` of a class and of its instances: each has a Dispatch of its own."""

    def __get__(self, instance: BasePool | None, owner: type[BasePool]) -> Callable[[str], Dispatch | None]:
        found = instance.dispatch if instance is not None else owner.class_dispatch
        return lambda name: found if name in EVENTS else None


P = TypeVar("P", bound="BasePool")


class BasePool:
    """Options, counters and listeners of a pool; its colour adds `acquire`, `release` and `dispose`.

    `opener` opens a link. `recycle` is the age in seconds after which a connection is replaced (-1: never),
    `timeout` how long to wait for one, `pre_ping` whether to test each before use, `reset_on_return` what happens to a
    transaction that somebody left open (True or "rollback", "commit", None).
    """

    is_async: ClassVar[bool] = False
    class_dispatch: ClassVar[Dispatch] = Dispatch()
    dispatch: Dispatch = class_dispatch
    __event_dispatch__ = _DispatchOf()

    def __init__(
        self,
        opener: Callable[[], Any],
        *,
        recycle: float = -1,
        timeout: float | None = 30.0,
        pre_ping: bool = False,
        reset_on_return: bool | str | None = True,
        logging_name: str | None = None,
        echo: bool | str | None = None,
        events: Any = (),
        dialect: Any = None,
        **policy: Any,
    ) -> None:
        self.opener = opener
        self.recycle = recycle
        self.timeout = timeout
        self.pre_ping = pre_ping
        self.reset_on_return = reset_on_return
        self.logging_name = logging_name
        self.echo = echo
        self.dialect = dialect
        self.generation = 0
        self.opened_once = False
        self.quiet_since = -1
        self.dispatch = Dispatch(self.class_dispatch)
        self.policy_options = policy
        self.new_policy()  # complain about unknown options now
        for fn, name in events:
            self.dispatch.add(name, fn, {})

    def __init_subclass__(cls) -> None:
        cls.dispatch = cls.class_dispatch = Dispatch(*(base.class_dispatch for base in cls.__bases__ if issubclass(base, BasePool)))

    @property
    def _creator(self) -> Callable[[], Any]:
        return self.opener

    def new_policy(self) -> Policy:
        """Make the rules of this kind of pool, from the options given to the constructor."""
        raise NotImplementedError

    def policies(self) -> list[Policy]:
        """Return the rules in force: one, or one for each event loop."""
        raise NotImplementedError

    def remade(self, kind: type[P]) -> P:
        """Return a new, empty pool of another kind, or of another colour, with the same options and listeners."""
        names = ("recycle", "timeout", "pre_ping", "reset_on_return", "logging_name", "echo", "dialect")
        fresh = kind(self.opener, **{name: getattr(self, name) for name in names}, **self.policy_options)
        fresh.dispatch = self.dispatch
        return fresh

    def recreate(self) -> Self:
        """Return a new, empty pool with the same options and listeners."""
        return self.remade(type(self))

    def is_stale(self, link: Link) -> bool:
        """Whether a link is to be replaced instead of used."""
        record = link.pool_record
        return (
            link.is_broken
            or link.closed
            or record.generation != self.generation
            or (self.recycle > -1 and time.monotonic() - record.born > self.recycle)
        )

    def heard(self) -> bool:
        """Whether anybody listens to what happens at each checkout and return; `quiet_since` remembers that nobody does."""
        if any(self.dispatch.of(name) for name in _EACH_TIME):
            return True
        self.quiet_since = clock.now
        return False

    def tell(self, name: str, link: Link, *rest: Any) -> None:
        """Call the plain listeners of an event in which nothing can wait."""
        for listener in self.dispatch.of(name):
            if listener.is_async:
                raise ArgumentError(f"a listener to {name!r} must be a plain function: giving a connection back never waits")
            listener(link.raw, link.pool_record, *rest)

    def size(self) -> int:
        """Return how many connections are kept."""
        return self.policies()[0].size if self.policies() else self.new_policy().size

    def checkedin(self) -> int:
        """Return how many connections are idle."""
        return sum(len(one.idle) for one in self.policies())

    def checkedout(self) -> int:
        """Return how many connections are in use."""
        return sum(one.checkedout for one in self.policies())

    def overflow(self) -> int:
        """Return how many connections there are above `size` (negative: below)."""
        return sum(one.opened - one.size for one in self.policies()) if self.policies() else -self.size()

    def status(self) -> str:
        """Describe the pool in one line."""
        return (
            f"Pool size: {self.size()}  Connections in pool: {self.checkedin()} "
            f"Current Overflow: {self.overflow()} Current Checked out connections: {self.checkedout()}"
        )

    def waiting(self) -> int:
        """Return how many are queuing for a connection."""
        return sum(len(one.waiters) for one in self.policies())

    def timeout_message(self, waited: float | None, policy: Policy) -> str:
        """Say why nobody got a connection."""
        return (
            f"no connection became free within {waited:g} s: all {policy.opened} of this {type(self).__name__} are in use "
            f"(pool_size={policy.size}, max_overflow={(policy.limit or 0) - policy.size}); close sessions sooner, "
            "or raise pool_size, max_overflow or pool_timeout"
        )
