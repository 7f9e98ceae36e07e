"""The transactions of a session: begin, begin_nested, commit, rollback, prepare, close.

    commit    before_commit listeners -> flush until nothing is left -> (prepare) -> COMMIT on each connection -> forget, expire
              (the INSERT of a plain flush may have been all of the transaction, and is committed already: `transaction.send_alone`)
    rollback  ROLLBACK (TO SAVEPOINT) on each connection -> objects go back to where they were

Rule 1: whatever happens, a frame that was ended is popped: an error or cancellation leaves the session rolled back.
Rule 2: memory follows the database: objects are restored after the ROLLBACK was sent, made final after the COMMIT.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from ambo.effects import Op, call
from ambo.errors import AmboWarning, FlushError, InvalidRequestError
from ambo.listening import heard
from ambo.operations import connection as verbs, transaction, two_phase
from ambo.operations.channel import Channel
from ambo.operations.enlist import keep
from ambo.unitofwork.frame_stack import unusable
from ambo.unitofwork.frames import ACTIVE, AUTOBEGIN, BEGIN, BEGIN_NESTED, COMMITTED, DEACTIVE, PREPARED, Enlisted, Frame

_MANY_FLUSHES = 100


def emit(session: Any, name: str, *args: Any) -> Op[None]:
    """Call the listeners of a session event; while they run they may use the session."""
    for listener in session.dispatch.of(name):
        with session.lent():
            yield from call(listener, session.facade(listener.is_async), *args)


def begin(session: Any, nested: bool = False) -> Op[Any]:
    """Begin a transaction, or a savepoint inside one; return its handle.

    Raises InvalidRequestError if there is a transaction already and `nested` is false.
    """
    if nested:
        return (yield from begin_nested(session))
    if session._frame is not None:
        raise InvalidRequestError("A transaction is already begun on this Session; use begin_nested() for a savepoint inside it.")
    return session.handle_of(session.push_frame(BEGIN))


def begin_nested(session: Any) -> Op[Any]:
    """Flush, then begin a savepoint frame; the SAVEPOINT is sent with its first statement."""
    frame = session._frame or session.push_frame(AUTOBEGIN)
    if frame.status is not ACTIVE:
        raise unusable(frame)
    if session.has_work and not session._flushing:
        yield from session.flush_operation()
    return session.handle_of(session.push_frame(BEGIN_NESTED))


def commit(session: Any, frame: Frame | None = None) -> Op[None]:
    """Flush, and commit a frame with the savepoints inside it; the whole transaction without one, and there is one even if nothing was done."""
    if frame is None:
        frame = session._frame or session.ensure_frame()
        frame = frame if frame.parent is None else frame.root
    if frame.status is not PREPARED:
        yield from _prepare(session, frame)
    yield from (_commit_root if frame.parent is None else _release)(session, frame)
    session.remember_commit(frame)
    session.pop_frame(frame)


def _prepare(session: Any, frame: Frame) -> Op[None]:
    """Do everything that may fail before the first COMMIT is sent."""
    if frame.status is not ACTIVE:
        raise unusable(frame)
    if "before_commit" in heard:
        yield from emit(session, "before_commit")
    if session._frame is not frame:
        for inner in _inside(session._frame, frame):  # those open now: a listener may begin another one as soon as one has ended
            yield from commit(session, inner)
    if not session._flushing:
        for _ in range(_MANY_FLUSHES):
            if not (session._new or session._modified or session._deleted):
                break
            yield from session.flush_operation(last=frame.parent is None and not session.twophase)
        else:
            raise FlushError(
                f"Over {_MANY_FLUSHES} subsequent flushes have occurred within commit(), and there is still something to flush: "
                "does an after_flush() listener make new objects each time?"
            )
    if frame.parent is None and session.twophase:
        yield from _prepare_each(session, frame)


def _inside(innermost: Frame | None, frame: Frame) -> list[Frame]:
    """Return the savepoint frames inside a frame, innermost first."""
    found = []
    while innermost is not frame:
        if innermost is None:
            raise InvalidRequestError("This session's transaction was ended by a before_commit listener.")
        found.append(innermost)
        innermost = innermost.parent
    return found


def _prepare_each(session: Any, frame: Frame) -> Op[None]:
    try:
        for entry in frame.enlisted.values():
            if entry.xid is not None:
                yield from two_phase.prepare(entry.channel)
    except BaseException:
        yield from rollback_frame(session, frame)
        raise
    frame.become(PREPARED)


def prepare(session: Any) -> Op[None]:
    """Prepare the transaction for a two-phase commit; only commit() and rollback() are possible afterwards.

    Raises InvalidRequestError without `twophase=True`.
    """
    frame = session.ensure_frame() if session.twophase else session._frame
    if frame is None or frame.parent is not None or not session.twophase:
        raise InvalidRequestError("prepare() needs a begun root transaction of a Session(twophase=True); it is done in two phases only")
    yield from _prepare(session, frame)


def _commit_root(session: Any, frame: Frame) -> Op[None]:
    entries = list(frame.enlisted.values())
    try:
        for entry in entries:
            if entry.xid is not None or entry.joined is not None:
                yield from _commit_otherwise(entry)
            elif entry.channel.begun or entry.channel.invalidated:  # else there is nothing to commit, or it is done
                yield from transaction.commit(entry.channel)
        frame.status, frame.usual = COMMITTED, None
        if "after_commit" in heard:
            yield from emit(session, "after_commit")
    except BaseException:
        if frame.status is not COMMITTED:
            yield from rollback_frame(session, frame)
        else:
            session.remember_commit(frame)
            session.pop_frame(frame)
        raise
    finally:
        for entry in entries:
            if entry.owned and not transaction.closed_at_once(entry.channel):
                yield from _let_go(entries)  # those that were closed do not mind
                break
        else:
            for entry in entries:
                keep(entry)


def _commit_otherwise(entry: Enlisted) -> Op[None]:
    """Commit what was prepared, or what the session began on a user's connection, unless that is the user's to commit."""
    if entry.xid is not None:
        yield from two_phase.commit_prepared(entry.channel)
    elif entry.mode != "rollback_only" and entry.joined.is_active:
        yield from verbs.commit(entry.joined)


def _let_go(entries: Sequence[Enlisted]) -> Op[None]:
    """Give the session's own connections back, also when one of them fails."""
    owned = [one.channel for one in entries if one.owned]
    return transaction.close(owned[0]) if len(owned) == 1 else _close_each(owned)


def _close_each(channels: Sequence[Channel]) -> Op[None]:
    if not channels:
        return
    try:
        yield from transaction.close(channels[0])
    finally:
        yield from _close_each(channels[1:])


def _release(session: Any, frame: Frame) -> Op[None]:
    try:
        for entry in frame.enlisted.values():
            if entry.savepoint is not None:
                yield from transaction.release_savepoint(entry.channel, entry.savepoint)
        frame.become(COMMITTED)
        yield from emit(session, "after_commit")
    except BaseException:
        yield from rollback_frame(session, frame)
        raise


def rollback(session: Any) -> Op[None]:
    """Roll the whole transaction back, if there is one."""
    if session._frame is not None:
        yield from rollback_frame(session, session._frame.root)


def rollback_frame(session: Any, frame: Frame) -> Op[None]:
    """Roll one frame back, the savepoints inside it first, and end it."""
    while session._frame is not frame:
        if session._frame is None:
            return
        yield from _roll_back_innermost(session, session._frame)
    yield from _roll_back_innermost(session, frame)


def leave_frame(session: Any, frame: Frame, failed: bool) -> Op[None]:
    """End a `with` block: commit its frame, or roll it back if the block or the commit failed."""
    if frame.is_closed:
        return
    if failed or frame.status is DEACTIVE:
        yield from rollback_frame(session, frame)
        return
    try:
        yield from commit(session, frame)
    except BaseException:
        if not frame.is_closed:
            yield from rollback_frame(session, frame)
        raise


def _roll_back_innermost(session: Any, frame: Frame) -> Op[None]:
    handle = session.handle_of(frame) if "after_soft_rollback" in heard else None
    try:
        if frame.status is not DEACTIVE:
            yield from undo(session, frame)
        elif session.has_work:
            warnings.warn(
                "the session was changed after its transaction had failed; these changes are discarded by the rollback", AmboWarning, stacklevel=2
            )
            session.restore(frame)
    finally:
        if session._frame is frame:
            session.pop_frame(frame)
    if handle is not None:
        yield from emit(session, "after_soft_rollback", handle)


def undo(session: Any, frame: Frame, failure: BaseException | None = None) -> Op[None]:
    """Roll back in the database and in memory without ending the frame, which is DEACTIVE afterwards."""
    entries = list(frame.enlisted.values())
    was_prepared = frame.is_prepared
    frame.become(DEACTIVE)
    frame.failure = failure
    try:
        yield from _roll_back_each(entries, frame.nested, was_prepared)
        yield from emit(session, "after_rollback")
    finally:
        frame.enlisted.clear()
        session.restore(frame)
        yield from _let_go(entries)


def _roll_back_each(entries: Sequence[Enlisted], nested: bool, was_prepared: bool = False) -> Op[None]:
    """Roll each connection back, also when one of them fails."""
    if not entries:
        return
    try:
        yield from _roll_back_entry(entries[0], nested, was_prepared)
    finally:
        yield from _roll_back_each(entries[1:], nested, was_prepared)


def _roll_back_entry(entry: Enlisted, nested: bool, was_prepared: bool) -> Op[None]:
    if was_prepared and entry.xid is not None:
        yield from two_phase.rollback_prepared(entry.channel)
    elif entry.joined is not None:
        yield from verbs.rollback(entry.joined)
    elif entry.savepoint is not None:
        yield from transaction.rollback_to_savepoint(entry.channel, entry.savepoint)
    elif not nested:
        yield from transaction.rollback(entry.channel)


def closed_at_once(session: Any) -> bool:
    """Close a session whose connection can be let go without waiting, as after reading; else return False, and `close` is due."""
    frame = session._frame
    only = None if frame is None else frame.usual
    if session._busy is not None or session._log is not None:
        return False
    if frame is not None and (only is None or not only.owned or len(frame.enlisted) != 1):
        return False
    session.expunge_all()
    if only is not None:
        if not transaction.closed_at_once(only.channel):
            return False
        keep(only)
        session.pop_frame(frame)
    return True


def close(session: Any, invalidate: bool = False) -> Op[None]:
    """Let all objects go, roll back, and give the connections back."""
    session.expunge_all()
    while session._frame is not None:
        yield from close_frame(session, session._frame, invalidate)


def close_frame(session: Any, frame: Frame, invalidate: bool = False) -> Op[None]:
    """End the innermost frame without touching objects: undone in the database unless it was committed."""
    try:
        only = frame.usual if len(frame.enlisted) == 1 else None
        if only is not None and only.owned and not invalidate:
            yield from transaction.close(only.channel)  # which rolls back
            keep(only)
        elif frame.enlisted:
            yield from _close_entries(frame, list(frame.enlisted.values()), invalidate)
    finally:
        if session._frame is frame:
            session.pop_frame(frame)


def _close_entries(frame: Frame, entries: list[Enlisted], invalidate: bool) -> Op[None]:
    """Undo a frame in the database, and give its connections back if it is the root."""
    if frame.parent is not None:
        return _roll_back_each([] if invalidate else entries, True)
    return _close_root(entries, invalidate, frame.is_prepared)


def _close_root(entries: Sequence[Enlisted], invalidate: bool, was_prepared: bool) -> Op[None]:
    try:
        if invalidate:
            for entry in entries:
                yield from transaction.invalidate(entry.channel)
        else:
            mine = [entry for entry in entries if was_prepared or (not entry.owned and entry.mode != "rollback_only")]
            yield from _roll_back_each(mine, False, was_prepared)
    finally:
        yield from _let_go(entries)
