"""`ColumnCollection`: the columns of a table, subquery or mapped class, by name, position and attribute.

Rule 1: order is that of definition; a name may occur twice (a subquery of two tables), then the name finds the first.
Rule 2: an unknown name is an AttributeError (as attribute) or KeyError (as key), with a spelling suggestion.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Generic, Protocol, TypeVar

from ambo.errors import ArgumentError, suggestion

C = TypeVar("C")


class ColumnsOf(Protocol):
    """What a source's columns offer, whatever type checkers know of them beside."""

    def __iter__(self) -> Iterator[Any]: ...

    def __len__(self) -> int: ...

    def __contains__(self, key: object, /) -> bool: ...

    def get(self, key: str, default: Any = None, /) -> Any:
        """Return the column of that name, or the default."""

    def corresponding_column(self, column: Any, require_embedded: bool = False) -> Any:
        """Return the column here that comes from the given one, or None."""


class ColumnCollection(Generic[C]):
    """Columns in order, reachable as `c.name`, `c["name"]`, `c[0]`, `c["a", "b"]`."""

    __slots__ = ("_all", "_by_key")
    _all: list[tuple[str, C]]
    _by_key: dict[str, C]

    def __init__(self, columns: Iterable[tuple[str, C]] = ()) -> None:
        object.__setattr__(self, "_all", [])
        object.__setattr__(self, "_by_key", {})
        for key, column in columns:
            self._add(key, column)

    def _add(self, key: str, column: C) -> None:
        self._all.append((key, column))
        self._by_key.setdefault(key, column)

    def _replace(self, key: str, column: C) -> None:
        """Put a column in the place of the one that has the same key, or at the end."""
        for index, (known, _) in enumerate(self._all):
            if known == key:
                self._all[index] = (key, column)
                break
        else:
            self._all.append((key, column))
        self._by_key[key] = column

    def _remove(self, column: C) -> None:
        self._all[:] = [(key, one) for key, one in self._all if one is not column]
        self._by_key.clear()
        for key, one in self._all:
            self._by_key.setdefault(key, one)

    def __getattr__(self, key: str) -> C:
        try:
            return self._by_key[key]
        except KeyError:
            if key.startswith("__"):
                raise AttributeError(key) from None
            raise AttributeError(f"there is no column {key!r}{suggestion(key, self._by_key)}", name=None, obj=None) from None

    def __setattr__(self, key: str, value: Any) -> None:
        raise AttributeError("a collection of columns cannot be assigned to; use Table.append_column()")

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, str):
            try:
                return self._by_key[key]
            except KeyError:
                raise KeyError(key) from None
        if isinstance(key, int):
            try:
                return self._all[key][1]
            except IndexError:
                raise IndexError(key) from None
        if isinstance(key, slice):
            return ColumnCollection(self._all[key]).as_readonly()
        if isinstance(key, tuple):
            chosen = [self._all[one] if isinstance(one, int) else (one, self._by_key[one]) for one in key]
            return ColumnCollection(chosen).as_readonly()
        raise TypeError(f"a column is found by name or position, not by {key!r}")

    def __iter__(self) -> Iterator[C]:
        return iter([column for _, column in self._all])

    def __len__(self) -> int:
        return len(self._all)

    def __bool__(self) -> bool:
        return bool(self._all)

    def __contains__(self, key: object) -> bool:
        if not isinstance(key, str):
            raise ArgumentError("'in' takes a column's name; use contains_column() for a column")
        return key in self._by_key

    def contains_column(self, column: object) -> bool:
        """Tell whether this very column is one of these."""
        return any(one is column for _, one in self._all)

    def keys(self) -> list[str]:
        """Return the names, in order."""
        return [key for key, _ in self._all]

    def values(self) -> list[C]:
        """Return the columns, in order."""
        return [column for _, column in self._all]

    def items(self) -> list[tuple[str, C]]:
        """Return pairs of name and column, in order."""
        return list(self._all)

    def get(self, key: str, default: C | None = None) -> C | None:
        """Return the column of that name, or the default."""
        return self._by_key.get(key, default)

    def as_readonly(self) -> ColumnCollection[C]:
        """Return the collection; every one is read-only to its users."""
        return self

    def corresponding_column(self, column: Any, require_embedded: bool = False) -> C | None:
        """Return the column here that comes from the given one, or None."""
        wanted = column.proxy_set
        best: C | None = None
        best_distance = -1
        for one in self.values():
            if one is column:
                return one
            shared = one.proxy_set & wanted  # type: ignore[attr-defined]  # C is a column
            if shared and (best is None or len(shared) > best_distance):
                best, best_distance = one, len(shared)
        return best

    def __eq__(self, other: object) -> Any:
        if not isinstance(other, (ColumnCollection, list, tuple)):
            return NotImplemented
        ours, theirs = self.values(), list(other)
        return len(ours) == len(theirs) and all(a is b for a, b in zip(ours, theirs, strict=True))

    __hash__ = None  # type: ignore[assignment]  # compares by content, and a table's may still grow

    def __dir__(self) -> list[str]:
        return [*object.__dir__(self), *self._by_key]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(self._by_key)})"

    def __reduce__(self) -> Any:
        return ColumnCollection, (self._all,)


ReadOnlyColumnCollection = ColumnCollection
