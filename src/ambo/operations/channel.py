"""What a Connection and a Session talk through: a `Channel`, and what it asks of an engine, a `Bind`.

Rule 1: a channel is data; `transaction.py` has its verbs, `listeners.py` shows what it does to whoever listens.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, ClassVar, Protocol

from ambo.effects import Op
from ambo.listening import Dispatch, clock, heard
from ambo.operations.echo import Echo
from ambo.rendering.transactions import TransactionSQL

_CURSOR_EVENTS = ("before_cursor_execute", "after_cursor_execute", "handle_error")


class Bind(Protocol):
    """What an engine is to operations."""

    is_async: ClassVar[bool]
    dialect: Any
    plans: Any
    dispatch: Dispatch
    hide_parameters: bool
    spares: list[Any]
    """Channels whose transactions are over, for those to come (`enlist.keep`)."""
    quiet_since: int
    """The last moment (of `listening.clock`) at which nobody was to be shown the statements of a channel that has no log."""

    @property
    def pool(self) -> Any:
        """The pool of the moment; `dispose()` puts another one in its place."""
        ...

    @property
    def echo_log(self) -> Echo | None:
        """Where statements are logged, or None."""
        ...

    def perform(self, operation: Op[Any]) -> Any:
        """Run an operation, or return the coroutine that does."""
        ...

    def facade(self, channel: Channel, for_async: bool) -> Any:
        """Return the Connection or AsyncConnection that a listener is given."""
        ...


class Channel:
    """A link, when there is one, and the state of its transaction.

    `begun` tells whether a transaction is open in the database (or may be), `autocommit` that none is wanted, `savepoints` the names of
    the open ones, `begin_sql` the statements that open a transaction, `invalidated` that the link was lost or given up inside one. `held` tells
    that somebody may still reach the channel when its transaction is over.
    """

    __slots__ = (
        "__weakref__",
        "autocommit",
        "begin_sql",
        "beginning",
        "begun",
        "bind",
        "busy",
        "closed",
        "dialect",
        "dispatch",
        "facades",
        "held",
        "invalidated",
        "isolation_level",
        "link",
        "log",
        "options",
        "pool",
        "quiet_since",
        "savepoint_count",
        "savepoints",
        "scope",
        "xid",
    )

    def __init__(self, bind: Bind, options: dict[str, Any] | None = None) -> None:
        self.bind = bind
        self.pool: Any = None
        self.dialect = bind.dialect
        self.dispatch = bind.dispatch
        self.log = bind.echo_log
        self.options: dict[str, Any] = options or {}
        self.link: Any = None
        self.begun = False
        self.beginning = False
        self.autocommit = False
        self.isolation_level: str | None = None
        self.begin_sql: tuple[str, ...] = bind.dialect.transactions.plain_begin
        self.savepoints: list[str] = []
        self.savepoint_count = 0
        self.xid: str | None = None
        self.scope: Any = None
        self.invalidated = False
        self.closed = False
        self.busy: str | None = None
        self.quiet_since = -1 if self.log is not None or bind.hide_parameters else bind.quiet_since
        self.held = False
        self.facades: tuple[Any, Any] = (None, None)
        if options:
            set_transaction_options(self, options)

    @property
    def keeps_link(self) -> bool:
        """Whether the link stays here when no transaction comes about: a Connection has its link until it is closed."""
        return True

    def facade(self, for_async: bool) -> Any:
        """Return the connection object that listeners see; the same one each time."""
        found = self.facades[for_async]
        if found is None:
            self.held = True
            found = self.bind.facade(self, for_async)
            self.facades = (self.facades[0], found) if for_async else (found, self.facades[1])
        return found

    @property
    def heard(self) -> bool:
        """Whether each statement must be shown to somebody: listeners, a log, an error that hides its parameters."""
        if self.quiet_since == clock.now:
            return False
        of = self.dispatch.of
        if self.log is not None or self.bind.hide_parameters or any(of(name) for name in _CURSOR_EVENTS if name in heard):
            return True
        self.quiet_since = self.bind.quiet_since = clock.now
        return False


class SessionChannel(Channel):
    """A session's own channel to an engine, which has a link only for its transactions."""

    __slots__ = ()

    @property
    def keeps_link(self) -> bool:
        """Without a transaction the link goes back to its pool."""
        return False


def set_transaction_options(channel: Channel, options: dict[str, Any]) -> None:
    """Note the isolation level and mode of the transactions to come, from execution options."""
    level: str | None = options.get("isolation_level")
    readonly = deferrable = None
    if level is None or len(options) > 1:
        if level is None and not any(name.endswith(("_readonly", "_deferrable")) for name in options):
            return
        readonly = next((value for name, value in options.items() if name.endswith("_readonly")), None)
        deferrable = next((value for name, value in options.items() if name.endswith("_deferrable")), None)
    channel.isolation_level, channel.begin_sql = _mode(channel.dialect.transactions, level or channel.isolation_level, readonly, deferrable)
    channel.autocommit = channel.isolation_level == "AUTOCOMMIT"


@lru_cache(64)
def _mode(forms: TransactionSQL, level: str | None, readonly: bool | None, deferrable: bool | None) -> tuple[str | None, tuple[str, ...]]:
    """Return an isolation level as the database spells it, and what opens its transactions; asked for each session of an engine."""
    if level is not None:
        level = forms.check_level(level)
    return level, forms.begin(None if level == "AUTOCOMMIT" else level, readonly, deferrable)
