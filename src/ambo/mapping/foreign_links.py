"""Foreign keys between sources: which columns link two tables, and which columns of a join are the same value twice.

Rule 1: a link is a pair (referred column, referring column): the value flows from the first to the second.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ambo.errors import NoReferenceError

Pair = tuple[Any, Any]


def tables_of(source: Any) -> list[Any]:
    """Return the tables that a source takes its rows from directly: a join's sides, else the source itself."""
    left, right = getattr(source, "left", None), getattr(source, "right", None)
    if left is not None and right is not None and hasattr(source, "onclause"):
        return [*tables_of(left), *tables_of(right)]
    return [source]


def constraint_links(referring: Any, referred: Any) -> list[list[Pair]]:
    """Return, for each foreign key constraint of one source that leads to another, its pairs of columns."""
    found: dict[Any, list[Pair]] = {}
    for column in referring.c:
        for key in sorted(column.foreign_keys, key=_position):
            target = _target(key, referred)
            match = None if target is None else referred.corresponding_column(target)
            if match is not None and match is not column:
                found.setdefault(id(key.constraint) if key.constraint is not None else id(key), []).append((match, column))
    return list(found.values())


def _position(key: Any) -> str:
    return str(getattr(key, "_colspec", ""))


def _target(key: Any, wanted: Any = None) -> Any:
    """Return the column a foreign key leads to, None if that is unknown; a wrong name in the wanted source is an error."""
    try:
        return key.column
    except NoReferenceError as error:
        if wanted is not None and any(getattr(one, "name", None) == error.table_name for one in tables_of(wanted)):
            raise
        return None


def refers(one: Any, other: Any) -> bool:
    """Tell whether a foreign key of one column leads to another, through aliases too."""
    keys = getattr(one, "foreign_keys", ())
    return bool(keys) and any(target in other.proxy_set for key in keys if (target := _target(key)) is not None)


def reduced(columns: Iterable[Any]) -> list[Any]:
    """Leave out columns that refer to another of the columns: in a join they have the same value."""
    listed = list(dict.fromkeys(columns))
    kept: list[Any] = []
    for column in listed:
        targets = [_target(key) for key in column.foreign_keys]
        if not any(target is other for target in targets if target is not None for other in listed if other is not column):
            kept.append(column)
    return kept or listed[:1]


def primary_key_of(source: Any) -> list[Any]:
    """Return the columns that identify a row of a source."""
    found: list[Any] = []
    for table in tables_of(source):
        found += list(table.primary_key) or [one for one in table.c if one.primary_key]  # table("user", Column("id", primary_key=True))
    return reduced(found) if len(tables_of(source)) > 1 else found

