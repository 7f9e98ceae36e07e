"""Rows about objects that are in the session already: what of them is taken over.

    not loaded, or expired      filled in
    loaded                      left as it is
    changed and not flushed     left as it is
    all of these, with populate_existing or in a refresh: replaced

Rule 1: an object's identity never changes here, only its attributes.
Rule 2: `refresh` events fire once for each object and statement, after the rows were read.
"""

from __future__ import annotations

from typing import Any

from ambo.errors import StaleDataError
from ambo.mapping.shared_state import SharedState


def refill(obj: Any, keys: tuple[str, ...], values: tuple[Any, ...], loading: Any, shared: SharedState) -> None:
    """Take over from a row what an object lacks, or everything if the loading says so."""
    state = obj._sa_instance_state
    have = obj.__dict__
    if loading.populate:
        _replace(obj, state, have, dict(zip(keys, values, strict=True)), loading, shared)
    elif state.__class__ is SharedState:
        missing = [key for key in keys if key not in have]
        if missing:
            have.update((key, value) for key, value in zip(keys, values, strict=True) if key not in have)
            loading.refreshed(obj, missing)
    else:
        committed = state.committed
        taken = {key: value for key, value in zip(keys, values, strict=True) if key not in have and key not in committed}
        if taken:
            have.update(taken)
            state.expired = state.expired.difference(taken)
            loading.refreshed(obj, list(taken))


def _replace(obj: Any, state: Any, have: dict[str, Any], values: dict[str, Any], loading: Any, shared: SharedState) -> None:
    if not loading.first_sight(obj):
        return
    if loading.locked is not None and loading.locked[0] is obj:
        _check_version(obj, values, *loading.locked[1:])
    only = loading.only
    if only is not None:
        changed = () if state.__class__ is SharedState else state.committed
        values = {key: value for key, value in values.items() if key in only or (key not in have and key not in changed)}
    have.update(values)
    if state.__class__ is SharedState:
        if only is None:
            forget_relations(obj, have)
            have["_sa_instance_state"] = shared
    elif only is None:
        state.expire()
        have.update(values)
        state.commit_all()
        state.load_options = shared.load_options
    else:
        state.commit(values)
    loading.refreshed(obj, list(values))


def _check_version(obj: Any, values: dict[str, Any], key: str, expected: Any) -> None:
    """Refuse to replace an object that is being locked by a row of another version: what was decided from it is out of date."""
    found = values.get(key, expected)
    if found != expected:
        raise StaleDataError(
            f"Instance <{type(obj).__name__} at {id(obj):#x}> has version id '{expected}' which does not match database-loaded version id "
            f"'{found}'. Another transaction changed its row; refresh() it and decide again."
        )


def forget_relations(obj: Any, have: dict[str, Any]) -> None:
    """Unload what relationships hold, so that the next read sees the new rows."""
    for key, tracker in obj.__class__._sa_class_manager.tracked.items():
        if tracker.is_relationship and key in have:
            gone = have.pop(key)
            if tracker.is_collection:
                tracker.release(gone)
