"""`immutabledict`: a dictionary that is changed by making another one, for options that are handed around."""

from __future__ import annotations

from typing import Any, Never, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class immutabledict(dict[K, V]):
    """A dictionary without changing methods; `union()` and `|` return a new one.

    Changing it raises TypeError.
    """

    __slots__ = ()

    def _refuse(self, *args: Any, **kw: Any) -> Never:
        raise TypeError(f"{type(self).__name__} object is immutable and/or readonly; use union() to make another one")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def union(self, other: Any = None, /, **kw: V) -> immutabledict[K, V]:
        """Return a dictionary with the entries of both; the other's win."""
        return immutabledict({**self, **dict(other or {}), **kw})

    def merge_with(self, *others: Any) -> immutabledict[K, V]:
        """Return a dictionary with the entries of all; later ones win."""
        found: dict[K, V] = dict(self)
        for other in others:
            found.update(other or {})
        return immutabledict(found)

    def __or__(self, other: Any) -> immutabledict[K, V]:  # type: ignore[override]  # stays immutable
        return immutabledict({**self, **other})

    def __ror__(self, other: Any) -> immutabledict[K, V]:  # type: ignore[override]  # stays immutable
        return immutabledict({**other, **self})

    def __hash__(self) -> int:  # type: ignore[override]  # it cannot change
        return hash(frozenset(self.items()))

    def __repr__(self) -> str:
        return f"immutabledict({dict(self)!r})"


EMPTY_DICT: immutabledict[Any, Any] = immutabledict()
