"""Columns by name: of a table, of nothing in particular, of an aliased source.

`schema_columns.Column` derives from `ColumnClause`; a `ProxyColumn` has the name and type of the column it stands for, and the
source it belongs to.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TypeVar, cast as typed

from ambo.statements.expressions import ColumnElement
from ambo.statements.nodes import ClauseElement
from ambo.statements.types.base import to_instance

if TYPE_CHECKING:
    from ambo.statements.sources import FromClause

T = TypeVar("T")


class ColumnClause(ColumnElement[T]):
    """A column by name, of a table or of nothing in particular: `column("x")`, `literal_column("x + 1")`."""

    __slots__ = ("is_literal", "key", "name", "table")
    visit = "column"

    def __init__(self, text: str, type_: Any = None, is_literal: bool = False, _selectable: Any = None) -> None:
        self.name = self.key = text
        self.type = to_instance(type_)
        self.is_literal = is_literal
        self.table = _selectable
        self._tokens = ("column", text, is_literal, self.type._token) if _selectable is None else None
        self._binds = ()

    def _key_parts(self) -> list[Any]:
        return ["column of", self.table, self.name, self.type._token]

    def _children(self) -> Iterator[ClauseElement]:
        return iter(())

    @property
    def description(self) -> str:
        """The name."""
        return typed(str, self.name)

    @property
    def _result_name(self) -> str | None:
        return typed(str, self.name)

    @property
    def _anonymous_base(self) -> str:
        return typed(str, self.name or "param")

    @property
    def _bind_base(self) -> str:
        name = typed(str, self.key or "param")
        return "param" if self.is_literal and not name.isidentifier() else name

    def __repr__(self) -> str:
        table = f", table=<{getattr(self.table, 'name', None)}>" if self.table is not None else ""
        return f"{type(self).__name__}({self.name!r}, {self.type!r}{table})"



_DELEGATED = frozenset(
    ["nullable", "default", "server_default", "onupdate", "server_onupdate", "autoincrement", "info", "unique", "index", "comment", "identity", "computed", "system", "doc", "constraints"]
)


class ProxyColumn(ColumnClause[Any]):
    """A column of an aliased source: it stands for a column of what is beneath."""

    __slots__ = ("_origin", "_others", "_position")

    def __init__(
        self,
        origin: ColumnElement[Any],
        table: FromClause,
        name: str,
        key: str,
        position: int | None = None,
        others: tuple[ColumnElement[Any], ...] = (),
    ) -> None:
        self.name = name
        self.key = key
        self.type = origin.type
        self.is_literal = False
        self.table = table
        self._origin = origin
        self._others = others
        """The columns of a UNION's other SELECTs that it stands for as well."""
        self._position = position
        """Where it stands in what is beneath, if its name is made up when rendered; None if `name` is the name."""
        self._tokens = None
        self._binds = ()

    def references(self, column: Any) -> bool:
        """Tell whether a foreign key of what this stands for points to the given column."""
        ask = getattr(self._origin, "references", None)
        return ask is not None and bool(ask(column))

    @property
    def _proxies(self) -> tuple[ColumnElement[Any], ...]:
        return (self._origin, *self._others)

    @property
    def primary_key(self) -> Any:
        """Whether the column beneath belongs to a primary key."""
        return self._origin.primary_key

    @property
    def foreign_keys(self) -> Any:
        """The foreign keys of the column beneath."""
        return self._origin.foreign_keys

    def __getattr__(self, name: str) -> Any:
        if name in _DELEGATED:
            return getattr(self._origin, name)
        return super().__getattr__(name)


def as_plain_column(item: Any) -> ColumnClause[Any]:
    """Return a free column for a name or a column."""
    return ColumnClause(item) if isinstance(item, str) else item
