"""Loading what a flush, a delete or a merge needs to know: relationships of many objects, one statement for each relationship.

Rule 1: no autoflush happens on the way: the session is in the middle of something.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ambo.effects import Op
from ambo.mapping.state import InstanceState
from ambo.operations.loads import load_relationship


def load_needs(session: Any, needs: Sequence[tuple[Any, InstanceState, Any]]) -> Op[None]:
    """Load relationships of objects, given as (object, state, relationship)."""
    groups: dict[Any, dict[int, Any]] = {}
    for obj, _, prop in needs:
        groups.setdefault(prop, {})[id(obj)] = obj
    for prop, objects in groups.items():
        yield from load_relationship(session, list(objects.values()), prop)
