"""Foreign keys in memory: copying a principal's key to its dependents, and clearing it.

Rule 1: what is written here counts as a change of the dependent, without attribute events: the flush will send it.
"""

from __future__ import annotations

from typing import Any

from ambo.errors import BlankedKeyError, UnmappedColumnError
from ambo.mapping.markers import NO_VALUE
from ambo.mapping.state import InstanceState
from ambo.unitofwork.flush_plan import Link
from ambo.unitofwork.membership import name_of


def apply_link(link: Link) -> None:
    """Give the dependent of a link its foreign key, or clear it.

    Raises BlankedKeyError if clearing would take part of the dependent's primary key.
    """
    obj = link.dependent.obj()
    if obj is None:
        return
    for source, dest in link.pairs:
        prop = mapped(link.dependent, dest)
        if link.principal is None:
            _clear(link, source, dest, prop, obj)
        elif link.in_memory:
            obj.__dict__[prop.key] = value_of(link.principal, source)
        else:
            store(link.dependent, obj, prop, value_of(link.principal, source))


def _clear(link: Link, source: Any, dest: Any, prop: Any, obj: Any) -> None:
    if any(prop is link.dependent.mapper.property_of(column) for column in link.dependent.mapper.primary_key):
        if obj.__dict__.get(prop.key) is None:
            return
        raise BlankedKeyError(
            f"Dependency rule on column '{source}' tried to blank-out primary key column '{dest}' on instance {name_of(obj)}: the row would lose "
            f"its identity. Add cascade='all, delete-orphan' to {link.prop}, or delete the object."
        )
    store(link.dependent, obj, prop, None)


def mapped(state: InstanceState, column: Any) -> Any:
    """Return the property of a column; a concrete class has a column of its own for one of its parent's.

    Raises UnmappedColumnError if the class does not map it.
    """
    prop = state.mapper.own_property_of(column)
    if prop is None:
        raise UnmappedColumnError(
            f"Can't execute sync rule: {state.mapper.class_.__name__} does not map column '{column}', through which a relationship refers; "
            "map it, or mark the relationship viewonly=True"
        )
    return prop


def value_of(state: InstanceState, column: Any) -> Any:
    """Return an object's value of a column, from its identity if the attribute is not loaded."""
    prop = mapped(state, column)
    obj = state.obj()
    value = NO_VALUE if obj is None else obj.__dict__.get(prop.key, NO_VALUE)
    if value is NO_VALUE and state.key is not None:
        for known, key_column in zip(state.key[1], state.mapper.primary_key, strict=True):
            if state.mapper.property_of(key_column) is prop:
                return known
    return None if value is NO_VALUE else value


def store(state: InstanceState, obj: Any, prop: Any, value: Any) -> None:
    """Write a foreign key."""
    have, key = obj.__dict__, prop.key
    before = have.get(key, NO_VALUE)
    if before is value:
        return
    if key not in state.committed:
        state.own("committed")[key] = before
    have[key] = value
    state.expired -= {key}
    state.modified = True
