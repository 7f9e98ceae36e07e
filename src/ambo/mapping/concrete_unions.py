"""`polymorphic_union()`: the tables of concrete classes as one source, each row marked with the class it belongs to.

Rule 1: what a table lacks is NULL of the type that another table's column of that key has.
Rule 2: of a join's columns with one key the last is taken: their values are equal where tables of one class are joined.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ambo.errors import InvalidRequestError
from ambo.statements.coercions import as_from
from ambo.statements.compounds import union_all
from ambo.statements.elements import cast, literal_column, null
from ambo.statements.expressions import ColumnElement
from ambo.statements.selects import select
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
    sources = {identity: as_from(table, what="polymorphic_union()") for identity, table in table_map.items()}
    columns_of = {identity: {column.key: column for column in source.c} for identity, source in sources.items()}
    types: dict[str, Any] = {}
    for columns in columns_of.values():
        for key, column in columns.items():
            types[key] = column.type
    if typecolname in types:
        raise InvalidRequestError(
            f"Polymorphic union can't use {typecolname!r} as the discriminator column: a table has a column of that name; pass another "
            "typecolname, or set _concrete_discriminator_name on the ConcreteBase"
        )
    selects = []
    for identity, source in sources.items():
        listed = [_column(columns_of[identity].get(key), key, type_, cast_nulls) for key, type_ in types.items()]
        if typecolname is not None:
            listed.append(_marker(identity).label(typecolname))
        selects.append(select(*listed).select_from(source))
    return union_all(*selects).alias(aliasname)


def _marker(identity: Any) -> ColumnElement[Any]:
    text = str(identity) if isinstance(identity, int) else "'{}'".format(str(identity).replace("'", "''"))
    return literal_column(text, type_of_value(identity))


def _column(own: ColumnElement[Any] | None, key: str, type_: Any, cast_nulls: bool) -> ColumnElement[Any]:
    if own is not None:
        return own if own.name == key else own.label(key)
    return (cast(null(), type_) if cast_nulls else null()).label(key)
