"""Functions that make aliased sources: `alias`, `lateral`, `values`, `cte`, `table`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ambo.errors import ArgumentError
from ambo.statements.aliased_sources import CTE, Alias, Lateral
from ambo.statements.coercions import as_expression, as_from, as_statement, element_of
from ambo.statements.elements import Tuple
from ambo.statements.function_elements import Function
from ambo.statements.labels import LABEL_STYLE_TABLENAME_PLUS_COL
from ambo.statements.late import late
from ambo.statements.named_columns import ColumnClause
from ambo.statements.sources import Join, TableClause
from ambo.statements.table_values import Values
from ambo.statements.traversal import replace


def alias(selectable: Any, name: str | None = None, flat: bool = False) -> Any:
    """Return a source under another name; `flat` makes a join of aliases of a join's sides."""
    source = as_from(selectable)
    if isinstance(source, Join):
        return _flat(source, name) if flat else source.select().set_label_style(LABEL_STYLE_TABLENAME_PLUS_COL).subquery(name)
    return Alias(source, name)


def _flat(join: Join, name: str | None) -> Join:
    left = join.left.alias(None if name is None else f"{name}_{join.left.name}", flat=True)
    right = join.right.alias(None if name is None else f"{name}_{join.right.name}", flat=True)

    def other(node: Any) -> Any:
        if isinstance(node, ColumnClause) and node.table is not None:
            found = left.corresponding_column(node)
            return found if found is not None else right.corresponding_column(node)
        return None

    return Join(left, right, replace(join.onclause, other), join.isouter, join.full)


def lateral(selectable: Any, name: str | None = None) -> Any:
    """Return a subquery or function as LATERAL."""
    node = element_of(selectable)
    if node is not None and node.is_select:
        return Lateral(node, name)
    if node is not None and hasattr(node, "lateral"):
        return node.lateral(name)
    raise ArgumentError(f"lateral() takes a SELECT or a function, got {selectable!r}")


def cte(selectable: Any, name: str | None = None, recursive: bool = False) -> CTE:
    """Return a SELECT in WITH."""
    return CTE(as_statement(selectable), name, recursive)


def subquery(alias: str | None, *args: Any, **kwargs: Any) -> Any:
    """Return a SELECT of the arguments as a subquery."""
    return late.select(*args, **kwargs).subquery(alias)


def table(name: str, *columns: ColumnClause[Any], **kw: Any) -> TableClause:
    """Return a table that is only a name and columns."""
    return TableClause(name, *columns, **kw)


def values(*columns: ColumnClause[Any], name: str | None = None, literal_binds: bool = False) -> Values:
    """Return rows spelled out: `values(column("id", Integer), name="v").data([(1,), (2,)])`."""
    return Values(*columns, name=name, literal_binds=literal_binds)


def values_data(source: Values, rows: Sequence[Sequence[Any]]) -> Values:
    """Return the rows with more of them."""
    types = [one.type for one in source._column_args]
    for row in rows:
        if len(row) != len(types):
            raise ArgumentError(f"Wrong number of elements for {len(types)}-tuple: {row!r}")
    made = [Tuple(*[as_expression(value, kind) for value, kind in zip(row, types, strict=True)]) for row in rows]
    return source._copy(rows=(*source.rows, *made))


def function(name: str, *args: Any) -> Function[Any]:
    """Return a function by name."""
    return Function(name, *args)


late.alias = alias
late.values_data = values_data
late.function = function
