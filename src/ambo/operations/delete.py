"""`session.delete(obj)`: mark an object for deletion, with everything its delete cascades reach.

    the object ── delete cascades, one level of relationships loaded at a time ──> all marked; the next flush deletes them

Rule 1: nothing is marked before everything could be loaded.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ambo.effects import Op
from ambo.errors import InvalidRequestError
from ambo.mapping.cascades import Member, current_targets, has_members
from ambo.mapping.late_changes import warn_of_late
from ambo.mapping.shared_state import SharedState
from ambo.mapping.state import InstanceState, state_of
from ambo.operations.needs import load_needs
from ambo.unitofwork.membership import name_of


def delete_alone(session: Any, instance: object) -> bool:
    """Mark an object for deletion if nothing else goes with it; False if there is more to it than that.

    No operation, since there is nothing to wait for: most deletions end here.
    """
    try:
        state = instance._sa_instance_state  # type: ignore[attr-defined]
    except AttributeError:
        state = None
    if state.__class__ is not SharedState:
        state = state_of(instance)
        if state.key is None or state.deleted_flag:
            return False
    if state.session_ref is not session.session_ref or state.mapper.delete_cascades or session._busy is not None or session.session_ref.is_writing:
        return False
    if session._frame is None:
        session.ensure_frame()
    session._deleted[id(instance)] = instance
    return True


def delete(session: Any, instance: object) -> Op[None]:
    """Mark an object for deletion.

    Raises InvalidRequestError if it was never flushed.
    """
    if session.session_ref.is_writing:
        warn_of_late("Session.delete()")
    state = state_of(instance)
    if state.key is None:
        raise InvalidRequestError(f"Instance {name_of(instance)} is not persisted, so there is no row to delete; expunge() takes it back")
    session.ensure_frame()
    if id(instance) in session._deleted or (state.deleted_flag and state.session is session):
        return  # its deletion is planned, or done in this transaction
    session.attach(state, instance)
    reached = yield from _reached(session, instance, state)
    session.mark_deleted(state, instance)
    for other, other_state in reached:
        if other_state.key is not None and not other_state.deleted_flag:
            session.attach(other_state, other)
            session.mark_deleted(other_state, other)


def delete_all(session: Any, instances: Iterable[object]) -> Op[None]:
    """Mark several objects for deletion."""
    for instance in instances:
        yield from delete(session, instance)


def _reached(session: Any, obj: Any, state: InstanceState) -> Op[list[Member]]:
    found: list[Member] = []
    seen = {id(obj)}
    level: list[Member] = [(obj, state)]
    while level:
        needs = [(one, its, prop) for one, its in level for prop in its.mapper.delete_cascades if _unloaded(one, its, prop)]
        if needs:
            yield from load_needs(session, needs)
        below: list[Member] = []
        for one, its in level:
            for prop in its.mapper.delete_cascades:
                for other in current_targets(one, its, prop):
                    if id(other) not in seen:
                        seen.add(id(other))
                        below.append((other, state_of(other)))
        found += below
        level = below
    return found


def _unloaded(obj: Any, state: InstanceState, prop: Any) -> bool:
    return state.key is not None and not prop.passive_deletes and prop.key not in obj.__dict__ and not has_members(state, prop)
