"""Small functions that libraries import from SQLAlchemy's `util`; ambo itself needs none of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

T = TypeVar("T")


def asbool(value: Any) -> bool:
    """Return what a word of a configuration file means; any other value as Python sees it.

    Raises ValueError for a word that means neither.
    """
    if not isinstance(value, str):
        return bool(value)
    word = value.strip().lower()
    if word in ("true", "yes", "on", "y", "t", "1"):
        return True
    if word in ("false", "no", "off", "n", "f", "0"):
        return False
    raise ValueError(f"String is not true/false: {value!r}")


def to_list(value: Any, default: list[Any] | None = None) -> Any:
    """Return a list of what is given: a value alone, an iterable, or None."""
    if value is None:
        return default
    if isinstance(value, str) or not isinstance(value, Iterable):
        return [value]
    return value if isinstance(value, list) else list(value)


def unique_list(items: Iterable[T], hashfunc: Callable[[T], Any] | None = None) -> list[T]:
    """Return the items, each once, in their order."""
    if hashfunc is None:
        return list(dict.fromkeys(items))
    seen: dict[Any, T] = {}
    for item in items:
        seen.setdefault(hashfunc(item), item)
    return list(seen.values())


def preload_module(*names: str) -> Callable[[T], T]:
    """Return a decorator that does nothing: modules of ambo need not be imported late."""
    return lambda function: function
