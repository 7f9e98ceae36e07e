"""Cascades: what an operation on one object means for the objects it refers to.

Rule 1: nothing here loads; what is not loaded is reported (`unloaded_for_delete`), loaded by an operation, and asked again.
Rule 2: an object is visited once, in the order in which the relationships are declared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from ambo.mapping.collections import members
from ambo.mapping.markers import MANYTOONE, NO_VALUE
from ambo.mapping.state import InstanceState, state_of

Member: TypeAlias = "tuple[Any, InstanceState]"


def cascade(kind: str, obj: Any, state: InstanceState, skip: Callable[[Any], bool] | None = None) -> list[Member]:
    """Return what a cascade of one kind reaches from an object, without the object itself.

    `skip` tells what is neither returned nor followed.
    """
    found: list[Member] = []
    seen = {id(obj)}
    waiting: list[Member] = [(obj, state)]
    while waiting:
        current, current_state = waiting.pop(0)
        for prop in current_state.mapper.relationship_list:
            if kind not in prop.cascade:
                continue
            for other in targets(current, current_state, prop, with_removed=kind == "save-update"):
                if id(other) in seen or (skip is not None and skip(other)):
                    continue
                seen.add(id(other))
                other_state = state_of(other)
                found.append((other, other_state))
                waiting.append((other, other_state))
    return found


def targets(obj: Any, state: InstanceState, prop: Any, with_removed: bool = False) -> list[Any]:
    """Return the loaded objects of a relationship; on request also those that were taken out since the last flush."""
    found = current_targets(obj, state, prop)
    if with_removed:
        have = {id(one) for one in found}
        found += [one for one in removed_targets(state, prop) if id(one) not in have]
    return found


def current_targets(obj: Any, state: InstanceState, prop: Any) -> list[Any]:
    """Return the objects that a relationship refers to now, as far as it is loaded."""
    value = obj.__dict__.get(prop.key)
    if value is None:
        pending = state.pending_changes.get(prop.key)
        return [] if pending is None else list(pending.added)
    return [one for one in members(value) if one is not None] if prop.uselist else [value]


def removed_targets(state: InstanceState, prop: Any) -> list[Any]:
    """Return the objects that were taken out of a relationship since the last flush, as far as known."""
    if prop.key not in state.committed and prop.key not in state.pending_changes:
        return []
    return [one for one in state.manager.tracked[prop.key].history(state).deleted if one is not None and one is not NO_VALUE]


def unloaded_for_delete(obj: Any, state: InstanceState) -> Iterator[Any]:
    """Yield the relationships that must be loaded before an object can be deleted."""
    for prop in state.mapper.relationship_list:
        if prop.viewonly or prop.passive_deletes or prop.key in obj.__dict__:
            continue
        if prop.direction is MANYTOONE:
            if "delete" in prop.cascade or "delete-orphan" in prop.cascade:
                yield prop
        else:
            yield prop


def referred_key(obj: Any, state: InstanceState, prop: Any) -> Any:
    """Return the identity key that a many-to-one foreign key refers to, as the database has it; None if that is not known."""
    if prop.direction is not MANYTOONE or prop.secondary is not None:
        return None
    by_column = dict(prop.synchronize_pairs)
    target = prop.mapper
    values = []
    for column in target.primary_key:
        own = by_column.get(column)
        column_prop = None if own is None else state.mapper.property_of(own)
        if column_prop is None:
            return None
        value = state.committed.get(column_prop.key, obj.__dict__.get(column_prop.key, NO_VALUE))
        if value is None or value is NO_VALUE:
            return None
        values.append(value)
    return target.identity_key(tuple(values))
