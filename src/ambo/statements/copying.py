"""Copying a node, and what keys need of classes that users derive from nodes.

Such a class says with `inherit_cache = True` that its SQL follows from its class and from what its base puts into keys.
If it does not say so, no two objects of it share a key.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ambo.statements.keys import Keyed, new_token

_slot_names: dict[type, tuple[str, ...]] = {}


def slot_names(cls: type) -> tuple[str, ...]:
    """Return the names of all slots of a class."""
    names = _slot_names.get(cls)
    if names is None:
        own = [name for base in cls.__mro__ for name in getattr(base, "__slots__", ()) if name not in ("__dict__", "__weakref__")]
        names = _slot_names[cls] = tuple(dict.fromkeys(own))
    return names


def copy_node(node: Any, changed: Mapping[str, Any]) -> Any:
    """Return a copy of a node with some attributes replaced and its key forgotten."""
    copied = object.__new__(type(node))
    own = getattr(node, "__dict__", None)
    if own is not None:
        copied.__dict__.update(own)
        copied.__dict__.pop("_unique_token", None)
    for name in slot_names(type(node)):
        try:
            object.__setattr__(copied, name, object.__getattribute__(node, name))
        except AttributeError:
            continue
    for name, value in changed.items():
        object.__setattr__(copied, name, value)
    copied._after_copy()
    return copied


def _own_parts(node: Any) -> list[Any]:
    """Return what a user's object keeps in attributes of its own, as far as it can be part of a key."""
    parts: list[Any] = []
    for name, value in node.__dict__.items():
        if name.startswith("_") or name == "clauses_tuple":
            continue
        parts += (name, value if isinstance(value, Keyed) or _is_hashable(value) else new_token())
    parts.append(len(parts))
    return parts


def _is_hashable(value: Any) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True


def make_custom(cls: type[Any]) -> None:
    """Have a user's class contribute itself to keys, whatever its constructor does or leaves undone."""
    base: Any = next(one for one in cls.__mro__[1:] if one.__module__.startswith("ambo.") and "_key_parts" in one.__dict__)

    def key_parts(self: Any) -> list[Any]:
        parts: list[Any] = ["custom", type(self)]
        if type(self).__dict__.get("inherit_cache") is not True:
            parts.append(self.__dict__.setdefault("_unique_token", new_token()))
        parts += _own_parts(self)
        try:
            return [*parts, *base._key_parts(self)]
        except AttributeError:
            return parts

    internals = cls.__dict__.get("_traverse_internals")
    if internals is not None and "_nodes" not in cls.__dict__:
        cls._nodes = (*base._nodes, *[name for name, kind in internals if getattr(kind, "is_node", False) and name not in base._nodes])
    if "_key_parts" not in cls.__dict__:
        cls._key_parts = key_parts
    cls._tokens = property(lambda self: None, lambda self, value: None)
