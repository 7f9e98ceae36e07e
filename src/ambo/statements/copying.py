"""Copying a node: all its slots and attributes, some replaced, its key forgotten."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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
        copied.__dict__.pop("_memo_tokens", None)
    for name in slot_names(type(node)):
        try:
            object.__setattr__(copied, name, object.__getattribute__(node, name))
        except AttributeError:
            continue
    for name, value in changed.items():
        object.__setattr__(copied, name, value)
    copied._after_copy()
    return copied
