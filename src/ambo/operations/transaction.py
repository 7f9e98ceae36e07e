"""What a Connection and a Session talk through: a `Channel`, and the verbs of transactions.

    closed ──(statement, savepoint, open)──> has a link ──(statement)──> begun ──commit/rollback──> has a link ──close──> closed
                                                           │ BEGIN rides in the batch of the first statement

Rule 1: `begun` is set before BEGIN is sent. Whatever happens to that first batch, ROLLBACK is then due, and `rollback` or `close` sends
it before anybody else gets the link.
Rule 2: a link goes back to its pool exactly once; in doubt it goes back broken, which closes it and thereby ends its transaction.
Rule 3: nothing rides in a batch with a listener's back: where a listener may run, statements go one by one.
Rule 4: while a listener is called the channel is not busy: the listener may use the connection it was given.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, ClassVar, Protocol, TypeAlias

from ambo.effects import (
    Execute,
    ExecuteMany,
    Fetched,
    Op,
    Reader,
    acquire,
    call,
    driver_sql,
    fetch,
    fetch_after,
    fetch_each,
    fetch_many,
    release,
)
from ambo.errors import DBAPIError, InvalidRequestError, PendingRollbackError, ResourceClosedError, StatementError
from ambo.listening import Dispatch, Registered, clock, heard
from ambo.operations.echo import Echo
from ambo.rendering.transactions import TransactionSQL

Statement: TypeAlias = "Execute | ExecuteMany"
_TRANSACTION_EVENTS = ("begin", "commit")
_CURSOR_EVENTS = ("before_cursor_execute", "after_cursor_execute", "handle_error")
_BEGINS = re.compile(r"\s*(BEGIN|START\s+TRANSACTION)\b", re.IGNORECASE)


class Bind(Protocol):
    """What an engine is to operations."""

    is_async: ClassVar[bool]
    dialect: Any
    plans: Any
    dispatch: Dispatch
    hide_parameters: bool
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


_NO_FACADES: tuple[Any, Any] = (None, None)


class Channel:
    """A link, when there is one, and the state of its transaction.

    `begun` tells whether a transaction is open in the database (or may be), `autocommit` that none is wanted, `savepoints` the names of
    the open ones, `begin_sql` the statements that open a transaction, `invalidated` that the link was lost or given up inside one.
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
        self.facades = _NO_FACADES
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
            found = self.bind.facade(self, for_async)
            self.facades = (self.facades[0], found) if for_async else (found, self.facades[1])
        return found

    @property
    def is_untouched(self) -> bool:
        """Whether a closed channel is as good as a new one for the next transaction: nobody holds its connection, and it has no options."""
        return self.facades is _NO_FACADES and not self.options and self.log is self.bind.echo_log

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


# -------------------------------------------------------------------------------------------------------------- listeners
def emit(channel: Channel, name: str, *args: Any) -> Op[None]:
    """Call the listeners of a connection event; they are given the connection and `args`."""
    for listener in channel.dispatch.of(name):
        yield from notify(channel, listener, args)


def notify(channel: Channel, listener: Registered, args: tuple[Any, ...]) -> Op[Any]:
    """Call one listener with the connection it may use, and return its answer."""
    if listener.is_async and not channel.bind.is_async:
        raise InvalidRequestError(f"{listener.fn!r} is an `async def` listener, and this engine is a blocking one; write a plain function")
    busy, channel.busy = channel.busy, None
    try:
        return (yield from call(listener, channel.facade(listener.is_async), *args))
    finally:
        channel.busy = busy


# ------------------------------------------------------------------------------------------------------------------- links
def _link_at_hand(channel: Channel) -> Any:
    """Return the link, taken from the pool if one is idle there; None if it takes more, and `open` is due."""
    link = channel.link
    if link is None and not (channel.closed or channel.invalidated or "engine_connect" in heard):
        pool = channel.pool = channel.bind.pool
        link = channel.link = pool.idle_link()
    return None if link is None or link.is_broken else link


def open(channel: Channel) -> Op[Any]:
    """Have a link, from the pool if need be.

    Raises ResourceClosedError after `close`, PendingRollbackError when the link was lost inside a transaction.
    """
    link = channel.link
    if link is not None and not link.is_broken:
        return link
    if channel.closed:
        raise ResourceClosedError("this connection is closed; take a new one with engine.connect()")
    if link is not None:
        yield from _lose(channel)
    if channel.invalidated:
        raise PendingRollbackError("the connection was lost inside a transaction; call rollback() before anything else")
    pool = channel.pool = channel.bind.pool
    link = channel.link = yield from acquire(pool)
    if "engine_connect" in heard and channel.dispatch.of("engine_connect"):
        try:
            yield from emit(channel, "engine_connect")
        except BaseException:
            yield from close(channel)
            raise
    return link


def _lose(channel: Channel) -> Op[None]:
    """Give up a broken link."""
    link, channel.link = channel.link, None
    channel.invalidated = channel.invalidated or channel.begun
    channel.begun = False
    channel.savepoints.clear()
    if link is not None:
        yield from release(channel.pool, link, True)


def invalidate(channel: Channel) -> Op[None]:
    """Close the link, whatever it is doing; the next transaction gets a new one."""
    if channel.link is not None:
        channel.link.terminate()
        yield from _lose(channel)


def detach(channel: Channel) -> Op[Any]:
    """Take the link out of its pool for good; closing the channel then closes it."""
    link = yield from open(channel)
    channel.pool.forget(link)
    return link


def closed_at_once(channel: Channel) -> bool:
    """Close a channel whose link the pool takes back as it is; else return False, and `close` is due.

    A transaction is undone on the way if nobody is to be told and the driver can do it without waiting (`Link.roll_back_at_once`).
    """
    link, begun = channel.link, channel.begun
    if begun and (channel.log is not None or channel.xid is not None or ("rollback" in heard and channel.dispatch.of("rollback"))):
        return False
    if link is not None and not channel.pool.give_back(link, begun):
        return False
    channel.link = None
    channel.begun = False
    if channel.invalidated or channel.savepoints or channel.scope is not None:
        _ended(channel)
    return True


def close(channel: Channel) -> Op[None]:
    """Roll back what is open and give the link back; doing so twice is harmless."""
    try:
        if channel.begun:
            yield from rollback(channel)
        else:
            _ended(channel)
    finally:
        link, channel.link = channel.link, None
        if link is not None and not channel.pool.give_back(link):
            yield from release(channel.pool, link, link.is_broken)


# -------------------------------------------------------------------------------------------------------------- statements
def send(channel: Channel, sql: str, params: Sequence[Any] = (), context: Any = None, reader: Reader | None = None) -> Op[Fetched]:
    """Run one statement inside the channel's transaction, which begins with it if need be; `context` is shown to listeners.

    A `reader` may be given the rows as they come; it knows whether it was.
    """
    link = channel.link
    if link is None or link.is_broken:
        link = _link_at_hand(channel)
    if link is not None:
        ahead = _ahead(channel, link)
        if ahead is not None:
            return fetch_after(link, ahead, sql, params, reader) if ahead or reader is not None else fetch(link, sql, params)
    return _send(channel, Execute(None, sql, params, reader), context)


def send_alone(channel: Channel, sql: str, params: Sequence[Any] = ()) -> Op[Fetched]:
    """Run a statement that is all of its transaction. The database commits it by itself if BEGIN and COMMIT would add nothing to that.

    Afterwards `channel.begun` tells whether COMMIT is due.
    """
    link = _link_at_hand(channel)
    if link is None:
        return _send_alone(channel, sql, params)
    plain = channel.begin_sql is channel.dialect.transactions.plain_begin and not (link.shared or channel.begun)
    return fetch(link, sql, params) if plain and _is_unheard(channel) else send(channel, sql, params)


def _send_alone(channel: Channel, sql: str, params: Sequence[Any]) -> Op[Fetched]:
    yield from open(channel)
    return (yield from send_alone(channel, sql, params))


def _is_unheard(channel: Channel) -> bool:
    """Tell whether nobody is to be told of BEGIN, COMMIT and statements."""
    of = channel.dispatch.of
    return (channel.quiet_since == clock.now or not channel.heard) and not any(of(name) for name in _TRANSACTION_EVENTS if name in heard)


def send_many(channel: Channel, sql: str, param_rows: Sequence[Sequence[Any]], context: Any = None) -> Op[Fetched]:
    """Run one statement for each row of parameters; results are discarded, row counts summed."""
    return _send(channel, ExecuteMany(None, sql, param_rows), context)


def _send(channel: Channel, statement: Statement, context: Any) -> Op[Fetched]:
    results = yield from send_batch(channel, (statement,), context)
    return results[0]


def send_batch(channel: Channel, statements: Sequence[Statement], context: Any = None) -> Op[list[Fetched]]:
    """Run several statements in order, in one round trip where driver and listeners allow it.

    The statements' `link` is filled in here. Results are those of the statements, without BEGIN's.
    """
    link = channel.link
    if link is None or link.is_broken:
        link = _link_at_hand(channel)
    ahead = None if link is None else _ahead(channel, link)
    if ahead is None:
        return _send_each(channel, statements, context)
    for statement in statements:
        statement.link = link
    return fetch_each(link, ahead, statements)


def _send_each(channel: Channel, statements: Sequence[Statement], context: Any) -> Op[list[Fetched]]:
    """Run several statements where a link is to be waited for, or somebody listens."""
    link = _link_at_hand(channel) or (yield from open(channel))
    ahead = _ahead(channel, link)
    if ahead is not None:
        for statement in statements:
            statement.link = link
        return (yield from fetch_each(link, ahead, statements))
    yield from begin(channel)
    results = []
    for statement in statements:
        results.append((yield from _send_heard(channel, statement, context)))
    return results


def _ahead(channel: Channel, link: Any) -> Sequence[Execute] | None:
    """Return what is to be sent ahead of statements, in their batch: BEGIN or nothing. None if somebody listens, and each goes alone."""
    if channel.quiet_since != clock.now and channel.heard:
        return None
    if link.shared and channel.begun:
        channel.begun = link.in_transaction  # another user of the link may have ended the transaction
    if channel.begun or channel.autocommit:
        return ()
    if "begin" in heard and channel.dispatch.of("begin"):
        return None
    channel.begun = True
    return _effects(channel.begin_sql) if not link.shared else _opening(channel, link)


class Bare:
    """The `context` that listeners are shown of a statement that no execution belongs to, such as a question to the catalog."""

    executemany = isinsert = isupdate = isdelete = False
    compiled = None
    invoked_statement = None

    def __init__(self, channel: Channel, statement: str) -> None:
        self.channel = channel
        self.statement = statement
        self.parameters: Any = None
        self.execution_options = channel.options


def _send_heard(channel: Channel, statement: Statement, context: Any) -> Op[Fetched]:
    """Run one statement with everybody listening."""
    many = isinstance(statement, ExecuteMany)
    params: Any = statement.param_rows if isinstance(statement, ExecuteMany) else statement.params
    if context is None:
        context = Bare(channel, statement.sql)
    context.parameters = params if many else [params]
    sql, params = yield from shown(channel, statement.sql, params, context, many)
    try:
        found = yield from (fetch_many(channel.link, sql, params) if many else fetch(channel.link, sql, params))
    except StatementError as error:
        yield from explain_error(channel, error, context)
        raise
    if channel.log is not None:
        channel.log.rows(found)
    yield from emit(channel, "after_cursor_execute", channel.link.raw, sql, params, context, many)
    return found


def shown(channel: Channel, sql: str, params: Any, context: Any, many: bool = False) -> Op[Any]:
    """Show a statement to listeners and log, before it is sent; return what is to be sent."""
    sql, params = yield from _replaced(channel, sql, params, context, many)
    if channel.log is not None:
        shown_params = params if params is not None else ()
        channel.log.statement(sql, shown_params, context, many, channel.bind.hide_parameters, channel.options)
    return sql, params


def _replaced(channel: Channel, sql: str, params: Any, context: Any, many: bool) -> Op[Any]:
    """Show a statement to `before_cursor_execute`, whose listeners may replace it."""
    for listener in channel.dispatch.of("before_cursor_execute"):
        answer = yield from notify(channel, listener, (channel.link.raw, sql, params, context, many))
        if listener.options.get("retval"):
            sql, params = answer
    return sql, params


class ExceptionContext:
    """What a `handle_error` listener is told; assigning `chained_exception` or returning an exception replaces the error."""

    def __init__(self, channel: Channel, error: StatementError, context: Any) -> None:
        self.connection = channel.facade(False)
        self.engine = self.connection.engine
        self.dialect = channel.dialect
        self.statement = error.statement
        self.parameters = error.params
        self.original_exception = error.orig if error.orig is not None else error
        self.sqlalchemy_exception = error
        self.chained_exception: BaseException | None = None
        self.execution_context = context
        self.is_disconnect = isinstance(error, DBAPIError) and error.connection_invalidated
        self.invalidate_pool_on_disconnect = True
        self.is_pre_ping = False


def explain_error(channel: Channel, error: StatementError, context: Any) -> Op[None]:
    """Hide parameters if the engine says so, and show the error to `handle_error`; raises what a listener puts in its place."""
    error.hide_parameters = channel.bind.hide_parameters
    listeners = channel.dispatch.of("handle_error")
    if not listeners:
        return
    told = ExceptionContext(channel, error, context)
    for listener in listeners:
        busy, channel.busy = channel.busy, None
        try:
            answer = yield from call(listener, told)
        finally:
            channel.busy = busy
        if isinstance(answer, BaseException):
            told.chained_exception = answer
    if told.is_disconnect and channel.link is not None:
        channel.link.is_broken = True
    if told.chained_exception is not None:
        raise told.chained_exception from error


def send_driver(channel: Channel, sql: str, params: Any, many: bool, context: Any = None) -> Op[Fetched]:
    """Run a statement as it stands, parameters in the driver's style.

    `BEGIN IMMEDIATE` and its like, sent while BEGIN is still pending, take its place.
    """
    yield from open(channel)
    own_begin = _BEGINS.match(sql) is not None
    if own_begin and not channel.begun:
        channel.begun = not channel.autocommit
    elif not channel.begun and not channel.autocommit and not channel.dialect.transactions.runs_outside(sql):
        yield from begin(channel)
    sql, params = yield from shown(channel, sql, params, context, many)
    try:
        found = yield from driver_sql(channel.link, sql, params, many)
    except StatementError as error:
        yield from explain_error(channel, error, context)
        raise
    if channel.log is not None:
        channel.log.rows(found)
    yield from emit(channel, "after_cursor_execute", channel.link.raw, sql, params, context, many)
    return found


# ------------------------------------------------------------------------------------------------------------ transactions
def begin(channel: Channel) -> Op[None]:
    """Send BEGIN now, unless a transaction is open; a listener of `begin` may send its own, or refuse the transaction by raising."""
    link = yield from open(channel)
    if channel.begun or channel.autocommit:
        return
    if not channel.beginning:
        if channel.log is not None:
            channel.log.line("BEGIN (implicit)", channel.options)
        channel.beginning = True  # a listener's own statements need a transaction, but no second announcement
        try:
            yield from emit(channel, "begin")
        except BaseException:
            yield from (rollback if channel.keeps_link else close)(channel)
            raise
        finally:
            channel.beginning = False
        if channel.begun:
            return
    channel.begun = True
    for effect in _opening(channel, link):
        yield from fetch(link, effect.sql)


def _opening(channel: Channel, link: Any) -> Sequence[Execute]:
    """Return what opens a transaction: nothing where another user of a shared link has opened one."""
    if link.shared and link.in_transaction:
        return ()
    return _effects(channel.begin_sql)


@lru_cache(64)
def _effects(statements: tuple[str, ...]) -> tuple[Execute, ...]:
    """Return the effects of statements that are the same for every transaction; they ride in batches, which know the link."""
    return tuple([Execute(None, sql) for sql in statements])


def announce_begin(channel: Channel) -> Op[None]:
    """Begin at once if somebody listens to it; otherwise the first statement brings BEGIN along."""
    if channel.dispatch.of("begin") or channel.log is not None:
        yield from begin(channel)


def commit(channel: Channel, riding: Sequence[Statement] = ()) -> Op[list[Fetched]]:
    """Make the transaction durable; if COMMIT fails, `rollback` is still due.

    `riding` are last statements whose results cannot raise in ambo, sent in the same round trip. Returns their results.
    """
    if not channel.begun:
        if channel.invalidated:
            raise PendingRollbackError("the connection was lost inside a transaction; call rollback() before anything else")
        if not riding:
            _ended(channel)
            return []
    results: list[Fetched] = []
    is_heard = "commit" in heard and channel.dispatch.of("commit")
    if riding and (is_heard or channel.heard):
        results = yield from send_batch(channel, riding)
        riding = ()
    if is_heard:
        yield from emit(channel, "commit")
    if channel.log is not None and not channel.autocommit:
        channel.log.line("COMMIT", channel.options)
    if riding:
        ending = () if channel.autocommit else (Execute(None, "COMMIT"),)
        results = yield from send_batch(channel, (*riding, *ending))
        results = results[: len(riding)]
    elif not channel.link.shared or channel.link.in_transaction:
        yield from fetch(channel.link, "COMMIT")
    _ended(channel)
    return results


def rollback(channel: Channel) -> Op[None]:
    """Undo the transaction. When ROLLBACK cannot be sent the link is given up, which undoes it too."""
    if channel.link is None or not channel.begun:
        _ended(channel)
        return
    if channel.link.is_broken:
        yield from _lose(channel)
        _ended(channel)
        return
    done = False
    try:
        if "rollback" in heard and channel.dispatch.of("rollback"):
            yield from emit(channel, "rollback")
        if channel.log is not None:
            channel.log.line("ROLLBACK", channel.options)
        try:
            if not channel.link.shared or channel.link.in_transaction:
                yield from fetch(channel.link, "ROLLBACK")
        except DBAPIError:  # the server ended the transaction by itself, or is gone: undone in either case
            if channel.link.is_broken:
                yield from _lose(channel)
        done = True
    finally:
        if not done and channel.link is not None:
            yield from _lose(channel)
        _ended(channel)


def _ended(channel: Channel) -> None:
    """The transaction is over, one way or the other."""
    channel.begun = channel.invalidated = False
    if channel.savepoints:
        channel.savepoints.clear()
    if channel.scope is not None:
        channel.scope.end()


def savepoint(channel: Channel, name: str | None = None) -> Op[str]:
    """Set a savepoint and return its name."""
    if name is None:
        channel.savepoint_count += 1
        name = f"ambo_savepoint_{channel.savepoint_count}"
    if channel.dispatch.of("savepoint"):
        yield from begin(channel)
        yield from emit(channel, "savepoint", name)
    yield from send(channel, f"SAVEPOINT {name}")
    channel.savepoints.append(name)
    return name


def release_savepoint(channel: Channel, name: str) -> Op[None]:
    """Keep what was done since the savepoint."""
    _require_savepoint(channel, name)
    if channel.dispatch.of("release_savepoint"):
        yield from emit(channel, "release_savepoint", name, None)
    yield from _certainly(channel, f"RELEASE SAVEPOINT {name}")
    del channel.savepoints[channel.savepoints.index(name) :]


def rollback_to_savepoint(channel: Channel, name: str) -> Op[None]:
    """Undo what was done since the savepoint. If the link is lost, so is the transaction, and there is nothing to undo."""
    if channel.link is None or channel.link.is_broken or name not in channel.savepoints:
        return
    if channel.dispatch.of("rollback_savepoint"):
        yield from emit(channel, "rollback_savepoint", name, None)
    yield from _certainly(channel, f"ROLLBACK TO SAVEPOINT {name}")
    del channel.savepoints[channel.savepoints.index(name) :]


def _certainly(channel: Channel, sql: str) -> Op[None]:
    """End a savepoint; when a cancellation leaves open whether that happened, give the link up and thereby the whole transaction."""
    try:
        yield from send(channel, sql)
    except Exception:
        raise
    except BaseException:
        yield from invalidate(channel)
        raise


def _require_savepoint(channel: Channel, name: str) -> None:
    if name not in channel.savepoints:
        raise InvalidRequestError(f"the savepoint {name} is gone: it was released or rolled back, by itself or with an outer one")


# --------------------------------------------------------------------------------------------------------------- two-phase
def begin_prepared(channel: Channel, xid: str) -> Op[None]:
    """Begin a transaction that will be prepared."""
    channel.xid = xid
    channel.begin_sql = channel.dialect.transactions.phases(xid)[0]
    yield from begin(channel)


def prepare(channel: Channel, xid: str | None = None) -> Op[None]:
    """Do the first phase: after it the database can commit whatever happens to this connection."""
    if channel.xid is None:
        channel.xid = xid
    assert channel.xid is not None
    for sql in channel.dialect.transactions.prepare(channel.xid):
        yield from fetch(channel.link, sql)


def commit_prepared(channel: Channel, xid: str | None = None) -> Op[None]:
    """Do the second phase."""
    yield from _end_prepared(channel, xid, 1)


def rollback_prepared(channel: Channel, xid: str | None = None) -> Op[None]:
    """Undo a prepared transaction."""
    yield from _end_prepared(channel, xid, 2)


def _end_prepared(channel: Channel, xid: str | None, which: int) -> Op[None]:
    xid = xid or channel.xid
    assert xid is not None
    sql: Any = channel.dialect.transactions.phases(xid)[which]
    channel.begun = False  # a prepared transaction no longer belongs to the connection
    yield from fetch(channel.link, sql)
    channel.xid = None
    channel.begin_sql = channel.dialect.transactions.begin(channel.isolation_level, None, None)
    _ended(channel)


def current_isolation_level(channel: Channel, link: Any) -> Op[str]:
    """Ask the database for the isolation level in force."""
    forms: TransactionSQL = channel.dialect.transactions
    found = yield from fetch(link, forms.current_level_sql)
    return forms.level_of(found.rows[0][0])
