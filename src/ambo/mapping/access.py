"""Functions on objects and their attributes: `get_history`, `set_committed_value`, `flag_modified`.

Rule 1: these are what extensions and applications call; nothing of ambo depends on them.
"""

from __future__ import annotations

from typing import Any

from ambo.errors import InvalidRequestError, UnmappedInstanceError, suggestion
from ambo.mapping.collections import CollectionAdapter, collection_adapter
from ambo.mapping.history import History
from ambo.mapping.markers import NO_VALUE, PASSIVE_OFF, SETTING, PassiveFlag
from ambo.mapping.state import InstanceState, state_of
from ambo.mapping.tracking import AttributeEventToken, Tracker

OP_REMOVE = "remove"
OP_APPEND = "append"
OP_REPLACE = "set"
OP_BULK_REPLACE = "bulk_replace"
OP_MODIFIED = "modified"


def tracker_of(obj: Any, key: str) -> Tracker:
    """Return what tracks an attribute of an object.

    Raises UnmappedInstanceError, or InvalidRequestError for an unknown name.
    """
    manager = getattr(type(obj), "_sa_class_manager", None)
    if manager is None:
        raise UnmappedInstanceError(f"{obj!r} is not an object of a mapped class")
    found: Tracker | None = manager.tracked.get(key)
    if found is None:
        raise InvalidRequestError(f"{type(obj).__name__} has no mapped attribute {key!r}{suggestion(key, manager.tracked)}")
    return found


def _object(given: Any) -> Any:
    return given.obj() if isinstance(given, InstanceState) else given


def instance_state(obj: Any) -> InstanceState:
    """Return the state of an object; the same as `inspect(obj)`."""
    return state_of(obj)


def instance_dict(obj: Any) -> dict[str, Any]:
    """Return the object's `__dict__`."""
    return obj.__dict__  # type: ignore[no-any-return]


def get_history(obj: Any, key: str, passive: PassiveFlag = PASSIVE_OFF) -> History:
    """Return what changed in an attribute since the last flush.

    With the default `passive`, an unloaded attribute is loaded first where its session can.
    """
    obj = _object(obj)
    state = state_of(obj)
    prop = state.mapper.attributes.get(key)
    if prop is not None and key not in state.manager.tracked:
        return prop.history_of(obj)  # type: ignore[no-any-return]
    tracker = tracker_of(obj, key)
    if passive & PassiveFlag.SQL_OK and key not in obj.__dict__ and key not in state.committed and state.session is not None:
        getattr(obj, key)
    return tracker.history(state)


def get_attribute(instance: Any, key: str) -> Any:
    """Return an attribute's value, loading it if need be."""
    return getattr(instance, key)


def set_attribute(instance: Any, key: str, value: Any, initiator: AttributeEventToken | None = None) -> None:
    """Set an attribute, with events."""
    tracker_of(instance, key).set(instance, value, initiator)
    have = instance.__dict__
    if have.get(SETTING) == key:
        del have[SETTING]  # called by the class's own __setattr__, whose wrapper need not do it again


def del_attribute(instance: Any, key: str) -> None:
    """Delete an attribute, with events."""
    tracker_of(instance, key).delete(instance)


def set_committed_value(instance: Any, key: str, value: Any) -> None:
    """Set an attribute as if it had been loaded: no events, no history."""
    tracker_of(instance, key).set_committed(instance, value)


def flag_modified(instance: Any, key: str) -> None:
    """Mark an attribute as changed, so that the next flush writes it.

    Raises InvalidRequestError if the attribute has no value.
    """
    tracker = tracker_of(instance, key)
    if key not in instance.__dict__:
        raise InvalidRequestError(f"can't flag attribute {key!r} modified; it's not present in the object state")
    state = state_of(instance)
    state.own("committed")[key] = NO_VALUE
    state.mark_modified()
    for one in tracker.on.get("modified", ()):
        one(state if one.options.get("raw") else instance, AttributeEventToken(tracker, "modified", instance))


def flag_dirty(instance: Any) -> None:
    """Mark an object as changed, without naming an attribute; `before_flush` and `session.dirty` see it."""
    state_of(instance).mark_modified()


def init_collection(obj: Any, key: str) -> CollectionAdapter:
    """Give an object a fresh, empty collection as if it had been loaded; return its adapter."""
    obj = _object(obj)
    tracker = tracker_of(obj, key)
    if not tracker.is_collection:
        raise InvalidRequestError(f"{tracker!r} is no collection")
    return collection_adapter(tracker.set_committed(obj, ()))


def was_deleted(instance: Any) -> bool:
    """Tell whether a flush deleted the object."""
    return state_of(instance).was_deleted
