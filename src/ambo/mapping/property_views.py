"""Read-only views on a mapper's properties: `mapper.attrs.name`, `mapper.columns["name"]`.

Rule 1: a view is made when asked for; it does not follow later changes of the mapper. (Automap's grow by `add`.)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ambo.errors import suggestion


class Properties:
    """Things by name: as attribute, as key, in order of definition; iterating yields the things."""

    __slots__ = ("_by_key",)

    def __init__(self, by_key: Mapping[str, Any]) -> None:
        self._by_key = dict(by_key)

    def __getattr__(self, key: str) -> Any:
        if key.startswith("__") or key == "_by_key":
            raise AttributeError(key)
        try:
            return self._by_key[key]
        except KeyError:
            raise AttributeError(f"there is no {key!r}{suggestion(key, self._by_key)}") from None

    def __getitem__(self, key: Any) -> Any:
        return self._by_key[key]

    def get(self, key: str, default: Any = None) -> Any:
        """Return the thing of that name, or a default."""
        return self._by_key.get(key, default)

    def add(self, key: str, thing: Any) -> Any:
        """Put a thing under a name; return it."""
        self._by_key[key] = thing
        return thing

    def __contains__(self, key: object) -> bool:
        return key in self._by_key

    def __iter__(self) -> Iterator[Any]:
        return iter(list(self._by_key.values()))

    def __len__(self) -> int:
        return len(self._by_key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Properties) and self._by_key == other._by_key

    __hash__ = None  # type: ignore[assignment]

    def __dir__(self) -> list[str]:
        return [*object.__dir__(self), *self._by_key]

    def keys(self) -> list[str]:
        """The names."""
        return list(self._by_key)

    def values(self) -> list[Any]:
        """The things."""
        return list(self._by_key.values())

    def items(self) -> list[tuple[str, Any]]:
        """Names and things."""
        return list(self._by_key.items())

    def __repr__(self) -> str:
        return f"Properties({', '.join(self._by_key)})"


class MappedColumns(Properties):
    """Columns by attribute name; iterating yields columns, each once."""

    def contains_column(self, column: Any) -> bool:
        """Tell whether a column is among these."""
        return any(one is column for one in self._by_key.values())
