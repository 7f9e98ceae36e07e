"""What a flush must know of the objects that others refer to (`mapping/cascades.py` follows the cascades themselves).

Rule: nothing here loads; what is not loaded is reported (`unloaded_for_delete`), loaded by an operation, and asked again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ambo.mapping.markers import MANYTOONE, NO_VALUE
from ambo.mapping.state import InstanceState


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
        if own is None:  # the foreign key may refer to a subclass's column of the same attribute
            key_prop = target.property_of(column)
            own = next((other for source, other in prop.synchronize_pairs if target.property_of(source) is key_prop), None)
        column_prop = None if own is None else state.mapper.property_of(own)
        if column_prop is None:
            return None
        value = state.committed.get(column_prop.key, obj.__dict__.get(column_prop.key, NO_VALUE))
        if value is None or value is NO_VALUE:
            return None
        values.append(value)
    return target.identity_key(tuple(values))
