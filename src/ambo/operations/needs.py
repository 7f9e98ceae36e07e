"""Loading what a flush, a delete or a merge needs to know: relationships of many objects, one statement for each relationship.

Rule 1: no autoflush happens on the way: the session is in the middle of something.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ambo.effects import Op
from ambo.mapping.state import InstanceState, state_of
from ambo.operations.loads import load_relationship


def load_needs(session: Any, needs: Sequence[tuple[Any, InstanceState, Any]]) -> Op[None]:
    """Load relationships of objects, given as (object, state, relationship)."""
    groups: dict[Any, dict[int, Any]] = {}
    for obj, _, prop in needs:
        groups.setdefault(prop, {})[id(obj)] = obj
    for prop, objects in groups.items():
        set_aside = _set_aside(prop.key, objects.values())
        try:
            yield from load_relationship(session, list(objects.values()), prop)
        finally:
            _put_back(prop.key, set_aside)


def _set_aside(key: str, objects: Iterable[Any]) -> list[tuple[Any, Any]]:
    """Make room for what the database has of attributes that were assigned before they were loaded."""
    return [(obj, obj.__dict__.pop(key)) for obj in objects if key in obj.__dict__]


def _put_back(key: str, set_aside: list[tuple[Any, Any]]) -> None:
    """Restore the assigned values; what was loaded becomes the committed one."""
    for obj, value in set_aside:
        state_of(obj).committed[key] = obj.__dict__.get(key)
        obj.__dict__[key] = value
