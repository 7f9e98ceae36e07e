"""Which connection a session's statement runs on: enlisting connections in its transaction.

    channel_for(session, mapper, clause)
        session.get_bind(...)           an engine or a connection, decided without I/O
        the innermost frame knows it?   that is all
        else the frames outside enlist it first, then this one: the root opens a Channel, a savepoint frame sets its savepoint
    channel_at_hand(session)            the same without a generator, for what nearly every statement needs: a session with one engine;
                                        `frame.usual` remembers it

Rule 1: a connection joins a transaction at its first use, a savepoint likewise; nothing is begun for nothing.
Rule 2: an engine's Channel is the session's own, and closed with its transaction; a user's Connection stays open.
Rule 3: a Channel whose transaction is over serves another one of its engine, unless a listener, a result or the user may still reach it.
"""

from __future__ import annotations

import uuid
import warnings
from typing import Any

from ambo.effects import Op, call
from ambo.errors import AmboWarning
from ambo.listening import heard
from ambo.operations import connection as verbs, transaction, two_phase
from ambo.operations.channel import Channel, SessionChannel, set_transaction_options
from ambo.unitofwork.frames import ACTIVE, Enlisted, Frame

_MOST_SPARES = 50


def channel_for(session: Any, mapper: Any = None, clause: Any = None, bind: Any = None, options: dict[str, Any] | None = None) -> Op[Channel]:
    """Return the channel that a statement for this mapper or clause runs on.

    Raises UnboundExecutionError if the session has no engine for it, PendingRollbackError after a failed flush.
    """
    frame = session.usable_frame()
    has_one = session.has_one_bind
    if bind is None:
        if has_one and session.bind is not None:
            bind = session.bind
        elif session.router is not None:
            return session.router.unplaced  # type: ignore[no-any-return]  # prepares statements; which shards run them is decided then
        else:
            bind = session.get_bind(clause=clause) if mapper is None else session.get_bind(mapper=mapper, clause=clause)
    found = frame.enlisted.get(bind)
    if found is None:
        found = yield from _enlist(session, frame, bind, options)
    if has_one:
        frame.usual = found
    channel: Channel = found.channel
    return channel


def channel_at_hand(session: Any) -> Channel | None:
    """Return the channel of every statement of a session with one engine; None if `channel_for` has to choose, to wait or to tell somebody.

    Raises PendingRollbackError after a failed flush.
    """
    frame = session._frame
    bind = session.bind
    found: Enlisted | None = None if frame is None else frame.usual
    if found is not None and found.bind is bind:
        return found.channel  # type: ignore[no-any-return]
    if bind is None or session.twophase or "after_begin" in heard or not session.has_one_bind or hasattr(bind, "exec_driver_sql"):
        return None
    if frame is None or frame.status is not ACTIVE or session._block is not None:
        frame = session.usable_frame()
    found = frame.enlisted.get(bind)
    if found is None:
        if frame.parent is not None:
            return None
        found = frame.enlisted[bind] = _own(bind, None)
    frame.usual = found
    return found.channel  # type: ignore[no-any-return]


def connection(session: Any, bind: Any = None, bind_arguments: dict[str, Any] | None = None, execution_options: Any = None) -> Op[Any]:
    """Return the connection of the session's transaction, with its BEGIN sent."""
    given = dict(bind_arguments or {})
    bind = bind or given.pop("bind", None) or session.get_bind(**given)
    if execution_options and bind in session.usable_frame().enlisted:
        warnings.warn(
            "connection(execution_options=...) came too late: this session's transaction uses the connection already, so the options are "
            "ignored; ask for it before the first statement",
            AmboWarning,
            stacklevel=2,
        )
    channel = yield from channel_for(session, bind=bind, options=dict(execution_options or {}))
    yield from transaction.begin(channel)
    return channel.facade(session.is_async)


def _enlist(session: Any, frame: Frame, bind: Any, options: dict[str, Any] | None) -> Op[Enlisted]:
    if frame.parent is not None:
        found = frame.parent.enlisted.get(bind)
        if found is None:
            found = yield from _enlist(session, frame.parent, bind, options)
        entry = Enlisted(bind, found.channel, False)
        entry.savepoint = yield from transaction.savepoint(found.channel)
    else:
        entry = _join(session, bind, options)
        if entry.mode == "create_savepoint":
            entry.joined = yield from verbs.begin_nested(entry.channel.scope)
        elif entry.mode == "own" and session.twophase:
            entry.xid = f"ambo_{uuid.uuid4().hex}"
            yield from two_phase.begin_prepared(entry.channel, entry.xid)
    frame.enlisted[bind] = entry
    if "after_begin" in heard and session.dispatch.of("after_begin"):
        yield from _announce(session, frame, entry)
    return entry


def _own(bind: Any, options: dict[str, Any] | None) -> Enlisted:
    """Open a channel to an engine, or take one that is as good as new."""
    usual = bind.get_execution_options()
    if bind.spares and not options:
        try:
            spare: Enlisted = bind.spares.pop()
        except IndexError:  # another thread was faster
            return _own(bind, options)
        if spare.channel.options == usual and spare.channel.log is bind.echo_log:
            return spare
    return Enlisted(bind, SessionChannel(bind, {**usual, **(options or {})} if usual or options else None), True)


def keep(entry: Enlisted) -> None:
    """Keep a session's channel, whose transaction is over, for the next one of its engine, unless somebody may have got hold of it."""
    channel = entry.channel
    if entry.owned and entry.xid is None and not channel.held and channel.link is None and len(entry.bind.spares) < _MOST_SPARES:
        entry.bind.spares.append(entry)


def _join(session: Any, bind: Any, options: dict[str, Any] | None) -> Enlisted:
    """Open a channel to an engine, or join a user's connection in the way `join_transaction_mode` says."""
    if not hasattr(bind, "exec_driver_sql"):  # an engine, not a user's connection
        return _own(bind, options)
    scope = bind.scope
    channel = scope.channel
    if options:
        channel.options = {**channel.options, **options}
        set_transaction_options(channel, options)
    if not bind.in_transaction():
        verbs.enter(scope)
        return Enlisted(bind, channel, False)
    mode = session.join_transaction_mode
    if mode == "conditional_savepoint":
        mode = "create_savepoint" if bind.in_nested_transaction() else "rollback_only"
    entry = Enlisted(bind, channel, False, mode)
    entry.joined = scope.nested or scope.root
    return entry


def _announce(session: Any, frame: Frame, entry: Enlisted) -> Op[None]:
    yield from transaction.begin(entry.channel)
    for listener in session.dispatch.of("after_begin"):
        with session.lent():
            yield from call(listener, session.facade(listener.is_async), frame.handle, entry.channel.facade(listener.is_async))
