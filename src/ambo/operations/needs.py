"""Loading what a flush, a delete or a merge needs to know: relationships of many objects, one statement for each relationship; single
columns such as a version counter.

Rule 1: no autoflush happens on the way: the session is in the middle of something.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ambo.effects import Op
from ambo.errors import ObjectDeletedError, StaleDataError
from ambo.mapping.collections import members
from ambo.mapping.markers import NO_VALUE
from ambo.mapping.state import InstanceState, state_of
from ambo.operations.loads import load_attribute, load_relationship
from ambo.unitofwork.membership import name_of


def load_needs(session: Any, needs: Sequence[tuple[Any, InstanceState, Any]]) -> Op[None]:
    """Load attributes of objects, given as (object, state, property)."""
    groups: dict[Any, dict[int, Any]] = {}
    for obj, _, prop in needs:
        groups.setdefault(prop, {})[id(obj)] = obj
    for prop, objects in groups.items():
        set_aside = _set_aside(prop.key, objects.values())
        changed = _as_committed(objects.values())
        try:
            if prop.is_relationship:
                yield from load_relationship(session, list(objects.values()), prop)
            else:
                for obj in objects.values():
                    yield from _load_column(session, obj, prop)
        finally:
            for obj, values in changed:
                obj.__dict__.update(values)
            _put_back(prop.key, set_aside)


def _load_column(session: Any, obj: Any, prop: Any) -> Op[None]:
    state = state_of(obj)
    state.note_expired(prop.key)
    try:
        yield from load_attribute(session, obj, state, prop)
    except ObjectDeletedError as error:
        raise StaleDataError(f"the row of {name_of(obj)} is gone: another transaction deleted it; roll back and expunge the object") from error


def _as_committed(objects: Iterable[Any]) -> list[tuple[Any, dict[str, Any]]]:
    """Give objects the column values that the database has, so that what refers to these is found; return the changed ones."""
    found = []
    for obj in objects:
        state, have = state_of(obj), obj.__dict__
        old = {
            key: value
            for key, value in state.committed.items()
            if value is not NO_VALUE and key in have and not state.manager.tracked[key].is_relationship
        }
        if old:
            found.append((obj, {key: have[key] for key in old}))
            have.update(old)
    return found


def _set_aside(key: str, objects: Iterable[Any]) -> list[tuple[Any, Any]]:
    """Make room for what the database has of attributes that were assigned (or deleted) before they were loaded."""
    found = []
    for obj in objects:
        state = state_of(obj)
        if key in state.committed:
            found.append((obj, obj.__dict__.pop(key, NO_VALUE)))
            state.settle(key)
    return found


def _put_back(key: str, set_aside: list[tuple[Any, Any]]) -> None:
    """Restore the assigned values; what was loaded becomes the committed one."""
    for obj, value in set_aside:
        state = state_of(obj)
        tracker = state.manager.tracked[key]
        loaded = obj.__dict__.pop(key, None)
        if tracker.is_collection and loaded is not None:
            tracker.release(loaded)
            loaded = list(members(loaded))
        state.own("committed")[key] = loaded
        if value is not NO_VALUE:
            obj.__dict__[key] = value
