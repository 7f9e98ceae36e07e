"""Sources that are no table and no SELECT: functions that return rows, and rows spelled out (VALUES)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Self, cast as typed

from ambo.statements.aliased_sources import CTE, AliasedSource, ProxyColumn
from ambo.statements.expressions import ColumnElement, Grouping
from ambo.statements.late import late
from ambo.statements.named_columns import ColumnClause, as_plain_column
from ambo.statements.types.base import to_instance


class TableValuedAlias(AliasedSource):
    """A function whose result is a table: `func.json_each(x).table_valued("value")`.

    `elements` are the columns; `joins_implicitly` says that a comma join to it is meant, `with_types` that the column
    definitions are written out (`AS name(a INTEGER)`), `rendered` that the column names are.
    """

    __slots__ = ("elements", "is_lateral", "joins_implicitly", "rendered", "with_ordinality", "with_types")
    visit = "table_valued"

    def __init__(
        self,
        element: Any,
        elements: Sequence[Any] = (),
        name: str | None = None,
        joins_implicitly: bool = False,
        with_ordinality: str | None = None,
    ) -> None:
        super().__init__(element, name)
        self.elements: tuple[ColumnClause[Any], ...] = tuple(as_plain_column(one) for one in elements)
        if with_ordinality is not None:
            self.elements += (ColumnClause(with_ordinality),)
        self.with_ordinality = with_ordinality is not None
        self.joins_implicitly = joins_implicitly
        self.rendered = False
        self.with_types = False
        self.is_lateral = False

    @property
    def _made_up_name(self) -> str:
        return "anon"

    def _facts_for_key(self) -> list[Any]:
        columns = [part for one in self.elements for part in (one.name, one.type._token)]
        return [self.is_lateral, self.rendered, self.with_types, self.with_ordinality, len(columns), *columns]

    def _make_columns(self) -> Iterable[tuple[str, Any]]:
        for one in self.elements:
            yield one.key, ProxyColumn(one, self, one.name, one.key)

    @property
    def column(self) -> ColumnElement[Any]:
        """The alias's name as an expression: the whole row, or the value of a function of one column."""
        return TableValuedColumn(self)

    def alias(self, name: str | None = None, flat: bool = False) -> TableValuedAlias:
        """Return the same function under another name."""
        return self._copy(name=name)

    def lateral(self, name: str | None = None) -> Any:
        """Return the function as LATERAL."""
        return self._copy(name=name or self.name, is_lateral=True)

    def render_derived(self, name: str | None = None, with_types: bool = False) -> TableValuedAlias:
        """Return the alias with its columns written out: `AS name(a, b)`, or `AS name(a INTEGER)` with types."""
        return self._copy(name=name or self.name, rendered=True, with_types=with_types)


class TableValuedColumn(ColumnElement[Any]):
    """The name of a table function's alias, as a value."""

    __slots__ = ("key", "name", "table")
    visit = "table_valued_column"
    _nodes = ("table",)

    def __init__(self, table: Any) -> None:
        self.table = table
        self.name = self.key = table.name
        self.type = getattr(getattr(table, "element", None), "type", to_instance(None))
        self._tokens = None
        self._binds = ()

    @property
    def _result_name(self) -> str | None:
        return typed("str | None", self.name)


class Values(AliasedSource):
    """`VALUES (1, 'a'), (2, 'b')`; `.data([...])` adds rows."""

    __slots__ = ("_column_args", "is_lateral", "literal_binds", "rows")
    visit = "values"
    _nodes = ("rows",)

    def __init__(self, *columns: ColumnClause[Any], name: str | None = None, literal_binds: bool = False) -> None:
        super().__init__(None, name)
        self._column_args = tuple(as_plain_column(one) for one in columns)
        self.literal_binds = literal_binds
        self.is_lateral = False
        self.rows: tuple[Any, ...] = ()

    def _key_parts(self) -> list[Any]:
        columns = [part for one in self._column_args for part in (one.name, one.type._token)]
        return ["values", self.name, self.is_lateral, self.literal_binds, len(columns), *columns, len(self.rows), *self.rows]

    def _make_columns(self) -> Iterable[tuple[str, Any]]:
        for one in self._column_args:
            yield one.key, ProxyColumn(one, self, one.name, one.key)

    @property
    def _made_up_name(self) -> str:
        return "anon"

    def is_derived_from(self, fromclause: Any) -> bool:
        return fromclause is self

    def data(self, values: Sequence[Sequence[Any]]) -> Self:
        """Return a copy with more rows."""
        return typed("Self", late.values_data(self, values))

    def alias(self, name: str | None = None, flat: bool = False) -> Self:
        """Return the same rows under a name."""
        return self._copy(name=name)

    def lateral(self, name: str | None = None) -> Any:
        """Return the rows as LATERAL."""
        return self._copy(name=name or self.name, is_lateral=True)

    def cte(self, name: str | None = None, recursive: bool = False, nesting: bool = False) -> CTE:
        """Return the rows in WITH."""
        return CTE(self, name, recursive, nesting)

    def scalar_values(self) -> Any:
        """Return the rows as an expression, as for IN."""
        return Grouping(self)


late.whole_row = TableValuedColumn
