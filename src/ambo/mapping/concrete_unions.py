"""`polymorphic_union()`: the tables of concrete classes as one source, each row marked with the class it belongs to.

Rule: what a table lacks is NULL of the type that another table's column of that key has.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ambo.errors import InvalidRequestError
from ambo.statements.elements import cast, literal_column, null
from ambo.statements.nodes import ColumnElement
from ambo.statements.selects import select, union_all
from ambo.statements.sources import FromClause
from ambo.statements.types import type_of_value


def polymorphic_union(
    table_map: Mapping[Any, Any], typecolname: str | None, aliasname: str = "p_union", cast_nulls: bool = True
) -> FromClause:
    """Return the UNION ALL of tables, with a column that says which of them a row is from.

        pjoin = polymorphic_union({"engineer": engineers, "manager": managers}, "type", "pjoin")

    `table_map` gives tables by their discriminator values, `typecolname` is the new column's name (None: no such column). Where a table
    lacks a column of another, NULL stands for it, with its type unless `cast_nulls` is off.
    Raises InvalidRequestError if a table has a column of the name that the new one is to have.
    """
    types: dict[str, Any] = {}
    for table in table_map.values():
        for key, column in table.c.items():
            types.setdefault(key, column.type)
    if typecolname in types:
        raise InvalidRequestError(
            f"Polymorphic union can't use {typecolname!r} as the discriminator column: a table has a column of that name; pass another typecolname"
        )
    selects = []
    for identity, table in table_map.items():
        columns = [_column(table, key, type_, cast_nulls) for key, type_ in types.items()]
        if typecolname is not None:
            columns.append(_marker(identity).label(typecolname))
        selects.append(select(*columns).select_from(table))
    return union_all(*selects).alias(aliasname)


def _marker(identity: Any) -> ColumnElement[Any]:
    text = str(identity) if isinstance(identity, int) else "'{}'".format(str(identity).replace("'", "''"))
    return literal_column(text, type_of_value(identity))


def _column(table: Any, key: str, type_: Any, cast_nulls: bool) -> ColumnElement[Any]:
    own: ColumnElement[Any] | None = table.c.get(key)
    if own is not None:
        return own if own.name == key else own.label(key)
    return (cast(null(), type_) if cast_nulls else null()).label(key)
