"""The verbs of a `Channel`: links, statements, transactions, savepoints.

    closed ──(statement, savepoint, open)──> has a link ──(statement)──> begun ──commit/rollback──> has a link ──close──> closed
                                                           │ BEGIN rides in the batch of the first statement

Rule 1: `begun` is set before BEGIN is sent. Whatever happens to that first batch, ROLLBACK is then due, and `rollback` or `close` sends
it before anybody else gets the link.
Rule 2: a link goes back to its pool exactly once; in doubt it goes back broken, which closes it and thereby ends its transaction.
Rule 3: nothing rides in a batch with a listener's back: where a listener may run, statements go one by one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, TypeAlias

from ambo.effects import (
    Execute,
    ExecuteMany,
    Fetched,
    Op,
    Reader,
    acquire,
    driver_sql,
    fetch,
    fetch_after,
    fetch_each,
    release,
)
from ambo.errors import DBAPIError, InvalidRequestError, PendingRollbackError, ResourceClosedError, StatementError
from ambo.listening import clock, heard
from ambo.operations import listeners
from ambo.operations.channel import Channel
from ambo.rendering.transactions import TransactionSQL

Statement: TypeAlias = "Execute | ExecuteMany"
_TRANSACTION_EVENTS = ("begin", "commit")
_BEGINS = re.compile(r"\s*(BEGIN|START\s+TRANSACTION)\b", re.IGNORECASE)


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
            yield from listeners.emit(channel, "engine_connect")
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
        ended(channel)
    return True


def close(channel: Channel) -> Op[None]:
    """Roll back what is open and give the link back; doing so twice is harmless."""
    try:
        if channel.begun:
            yield from rollback(channel)
        else:
            ended(channel)
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
    if channel.quiet_since != clock.now and channel.heard:
        return False
    return heard.isdisjoint(_TRANSACTION_EVENTS) or not any(map(channel.dispatch.of, _TRANSACTION_EVENTS))


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
        results.append((yield from listeners.send_heard(channel, statement, context)))
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
    sql, params = yield from listeners.shown(channel, sql, params, context, many)
    try:
        found = yield from driver_sql(channel.link, sql, params, many)
    except StatementError as error:
        yield from listeners.explain_error(channel, error, context)
        raise
    if channel.log is not None:
        channel.log.rows(found)
    yield from listeners.emit(channel, "after_cursor_execute", channel.link.raw, sql, params, context, many)
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
            yield from listeners.emit(channel, "begin")
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
            ended(channel)
            return []
    results: list[Fetched] = []
    is_heard = "commit" in heard and channel.dispatch.of("commit")
    if riding and (is_heard or channel.heard):
        results = yield from send_batch(channel, riding)
        riding = ()
    if is_heard:
        yield from listeners.emit(channel, "commit")
    if channel.log is not None and not channel.autocommit:
        channel.log.line("COMMIT", channel.options)
    if riding:
        ending = () if channel.autocommit else (Execute(None, "COMMIT"),)
        results = yield from send_batch(channel, (*riding, *ending))
        results = results[: len(riding)]
    elif not channel.link.shared or channel.link.in_transaction:
        yield from fetch(channel.link, "COMMIT")
    ended(channel)
    return results


def rollback(channel: Channel) -> Op[None]:
    """Undo the transaction. When ROLLBACK cannot be sent the link is given up, which undoes it too."""
    if channel.link is None or not channel.begun:
        ended(channel)
        return
    if channel.link.is_broken:
        yield from _lose(channel)
        ended(channel)
        return
    done = False
    try:
        if "rollback" in heard and channel.dispatch.of("rollback"):
            yield from listeners.emit(channel, "rollback")
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
        ended(channel)


def ended(channel: Channel) -> None:
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
        yield from listeners.emit(channel, "savepoint", name)
    yield from send(channel, f"SAVEPOINT {name}")
    channel.savepoints.append(name)
    return name


def release_savepoint(channel: Channel, name: str) -> Op[None]:
    """Keep what was done since the savepoint."""
    _require_savepoint(channel, name)
    if channel.dispatch.of("release_savepoint"):
        yield from listeners.emit(channel, "release_savepoint", name, None)
    yield from _certainly(channel, f"RELEASE SAVEPOINT {name}")
    del channel.savepoints[channel.savepoints.index(name) :]


def rollback_to_savepoint(channel: Channel, name: str) -> Op[None]:
    """Undo what was done since the savepoint. If the link is lost, so is the transaction, and there is nothing to undo."""
    if channel.link is None or channel.link.is_broken or name not in channel.savepoints:
        return
    if channel.dispatch.of("rollback_savepoint"):
        yield from listeners.emit(channel, "rollback_savepoint", name, None)
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


def current_isolation_level(channel: Channel, link: Any) -> Op[str]:
    """Ask the database for the isolation level in force."""
    forms: TransactionSQL = channel.dialect.transactions
    found = yield from fetch(link, forms.current_level_sql)
    return forms.level_of(found.rows[0][0])
