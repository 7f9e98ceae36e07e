"""Columns by name, of a table or of nothing in particular: `column("x")`, `literal_column("x + 1")`.

`schema_columns.Column` derives from `ColumnClause`, and so do the columns of aliased sources.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar, cast as typed

from ambo.statements.expressions import ColumnElement
from ambo.statements.nodes import ClauseElement
from ambo.statements.types.base import to_instance

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


def as_plain_column(item: Any) -> ColumnClause[Any]:
    """Return a free column for a name or a column."""
    return ColumnClause(item) if isinstance(item, str) else item
