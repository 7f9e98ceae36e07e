"""Orphans: objects whose relationship says `delete-orphan` and that have lost, or never had, their parent.

Rule 1: a persistent object is presumed to have its parents unless it was seen to lose one; a new one is presumed to have none.
Rule 2: a new object is left out of a flush only if it was seen to lose a parent; one that never had any is inserted, and the database decides.
Rule 3: with several such relationships one missing parent makes an orphan; with `legacy_is_orphan` all must be missing.
"""

from __future__ import annotations

from typing import Any

from ambo.mapping.state import InstanceState


def has_parent(state: InstanceState, prop: Any, optimistic: bool = False) -> bool:
    """Tell whether an object has a parent through a relationship; `optimistic` answers where nothing is known."""
    known = state.parents.get(prop)
    return optimistic if known is None else known is not False


def has_other_parent(state: InstanceState, prop: Any, owner: InstanceState) -> bool:
    """Tell whether an object that left one parent's relationship is known to be in another parent's."""
    known = state.parents.get(prop)
    return known is not None and known is not False and known is not owner


def is_orphan(state: InstanceState) -> bool:
    """Tell whether the next flush must delete (or not insert) an object for want of a parent."""
    mapper = state.mapper
    owners = mapper.delete_orphans
    if not owners:
        return False
    optimistic = state.key is not None
    found = [has_parent(state, prop, optimistic) for prop in owners]
    return not any(found) if mapper.legacy_is_orphan else not all(found)


def was_orphaned(state: InstanceState) -> bool:
    """Tell whether an orphan was seen to lose a parent; one that never had any is written, and the database says what it lacks."""
    return any(state.parents.get(prop) is False for prop in state.mapper.delete_orphans)


def forgive(state: InstanceState) -> None:
    """Forget the parents an object has lost: it was added to a session by hand."""
    for prop in state.mapper.delete_orphans:
        if state.parents.get(prop) is False:
            del state.parents[prop]
