"""Cascades: `CascadeOptions` says which operations on an object go on to the objects of a relationship, `cascade` follows them.

Rule 1: nothing here loads.
Rule 2: an object is visited once, in the order in which the relationships are declared.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from ambo.errors import AmboWarning, ArgumentError, suggestion
from ambo.mapping.collections import members
from ambo.mapping.markers import NO_VALUE
from ambo.mapping.state import InstanceState, state_of

Member: TypeAlias = "tuple[Any, InstanceState]"

ALL = frozenset({"save-update", "merge", "refresh-expire", "expunge", "delete", "delete-orphan"})
_IN_ALL = ALL - {"delete-orphan"}
_WRITING = frozenset({"save-update", "delete", "delete-orphan"})


class CascadeOptions(frozenset[str]):
    """A set of `save-update`, `merge`, `refresh-expire`, `expunge`, `delete`, `delete-orphan`; `all` is all but the last, `none` nothing."""

    save_update: bool
    delete: bool
    refresh_expire: bool
    merge: bool
    expunge: bool
    delete_orphan: bool

    def __new__(cls, given: Iterable[str] | str | None) -> CascadeOptions:
        """Read what `relationship(cascade=...)` was given.

        Raises ArgumentError for an unknown name.
        """
        if isinstance(given, str) or given is None:
            listed = [one.strip() for one in (given or "").split(",") if one.strip()]
        else:
            listed = list(given)
        known = ALL | {"all", "none"}
        wrong = sorted(set(listed) - known)
        if wrong:
            raise ArgumentError(f"invalid cascade option(s): {', '.join(map(repr, wrong))}{suggestion(wrong[0], known)}")
        values = set(listed)
        if "all" in values:
            values |= _IN_ALL
        if "none" in values:
            values.clear()
        values.discard("all")
        if "delete-orphan" in values and "delete" not in values:
            warnings.warn("the 'delete-orphan' cascade option requires 'delete'", AmboWarning, stacklevel=3)
        made = super().__new__(cls, values)
        for name in ALL:
            setattr(made, name.replace("-", "_"), name in values)
        return made

    @classmethod
    def from_string(cls, arg: str) -> CascadeOptions:
        """Read a comma-separated list."""
        return cls(arg)

    def __repr__(self) -> str:
        return f"CascadeOptions({','.join(sorted(self))!r})"

    def __reduce__(self) -> Any:
        return (CascadeOptions, (sorted(self),))


def writing(cascade: Iterable[str]) -> list[str]:
    """Return those of the cascades that write to the database; a viewonly relationship has none of them."""
    return sorted(_WRITING.intersection(cascade))


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
        if pending is None:
            return []
        gone = {id(one) for one in (*pending.added, *pending.removed)}
        return [*[one for one in pending.loaded or () if id(one) not in gone], *pending.added]
    return [one for one in members(value) if one is not None] if prop.uselist else [value]


def has_members(state: InstanceState, prop: Any) -> bool:
    """Tell whether the members of a dynamic collection were loaded for a deletion."""
    pending = state.pending_changes.get(prop.key)
    return pending is not None and pending.loaded is not None


def removed_targets(state: InstanceState, prop: Any) -> list[Any]:
    """Return the objects that were taken out of a relationship since the last flush, as far as known."""
    if prop.key not in state.committed and prop.key not in state.pending_changes:
        return []
    return [one for one in state.manager.tracked[prop.key].history(state).deleted if one is not None and one is not NO_VALUE]
