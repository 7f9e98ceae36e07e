"""`polymorphic_union()`: the tables of concrete classes as one source, each row marked with the class it belongs to.

Rule: what a table lacks is NULL of the type that another table's column of that key has.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ambo.statements.elements import cast, null
from ambo.statements.nodes import ColumnElement, Literal
from ambo.statements.selects import select, union_all
from ambo.statements.sources import FromClause


def polymorphic_union(table_map: Mapping[Any, Any], typecolname: str | None, aliasname: str = "p_union", cast_nulls: bool = True) -> FromClause:
    """Return the UNION ALL of tables, with a column that says which of them a row is from.

        pjoin = polymorphic_union({"engineer": engineers, "manager": managers}, "type", "pjoin")

    `table_map` gives tables by their discriminator values, `typecolname` is the new column's name (None: no such column). Where a table
    lacks a column of another, NULL stands for it, with its type unless `cast_nulls` is off.
    """
    types: dict[str, Any] = {}
    for table in table_map.values():
        for column in table.c:
            types.setdefault(column.key, column.type)
    selects = []
    for identity, table in table_map.items():
        columns = [_column(table, key, type_, cast_nulls) for key, type_ in types.items() if key != typecolname]
        if typecolname is not None:
            columns.append(_marker(identity, table).label(typecolname))
        selects.append(select(*columns).select_from(table))
    return union_all(*selects).alias(aliasname)


def _column(table: Any, key: str, type_: Any, cast_nulls: bool) -> ColumnElement[Any]:
    own: ColumnElement[Any] | None = table.c.get(key)
    if own is not None:
        return own
    return (cast(null(), type_) if cast_nulls else null()).label(key)
