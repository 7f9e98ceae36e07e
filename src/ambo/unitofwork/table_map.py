"""Table maps: which attribute of a class is stored in which column of one of its tables, and what the database adds by itself.

Made once for each (mapper, table), thrown away with the mapper.

Rule 1: a slot is one column; everything that `rows.py` asks per row stands ready in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from ambo.statements.defaults import Computed, Identity
from ambo.statements.keys import new_token


@dataclass(slots=True, eq=False)
class Slot:
    """One column of a table as a flush sees it.

    `generated` says that the server makes a value if none is sent, `default` and `onupdate` what ambo makes (None: nothing),
    `changes_on_update` that the server changes it with any UPDATE, `readonly` that it is never written.
    """

    column: Any
    key: str
    index: int
    is_primary_key: bool
    generated: bool
    default: Any
    onupdate: Any
    changes_on_update: bool
    readonly: bool
    evaluates_none: bool
    prop: Any


class TableMap:
    """One table of one mapper. `key` are the slots of the table's primary key, `version` that of the version counter, if it is here."""

    __slots__ = ("by_key", "key", "mapper", "polymorphic", "slots", "table", "token", "version")

    def __init__(self, mapper: Any, table: Any) -> None:
        self.mapper = mapper
        self.table = table
        self.token = new_token()
        self.slots = tuple(_slots(mapper, table))
        self.by_key = {slot.key: slot for slot in self.slots}
        self.key = tuple(slot for slot in self.slots if slot.is_primary_key)
        self.version = next((slot for slot in self.slots if slot.column is mapper.version_id_col), None)
        self.polymorphic = next((slot for slot in self.slots if slot.column is mapper.polymorphic_on), None)


def _slots(mapper: Any, table: Any) -> list[Slot]:
    found: list[Slot] = []
    keyed = set(table.primary_key) or {column for column in mapper.primary_key if column.table is table}
    automatic = table.autoincrement_column
    for column in table.c:
        prop = mapper.property_of(column)
        if prop is None:
            continue
        server, update = column.server_default, column.server_onupdate
        sequence = column.default is not None and column.default.is_sequence
        found.append(
            Slot(
                column=column,
                key=prop.key,
                index=len(found),
                is_primary_key=column in keyed,
                generated=server is not None or column is automatic or sequence,
                default=column.default,
                onupdate=column.onupdate,
                changes_on_update=update is not None,
                readonly=isinstance(server, Computed) or (isinstance(server, Identity) and server.always),
                evaluates_none=bool(column.type.should_evaluate_none),
                prop=prop,
            )
        )
    return found


_maps: WeakKeyDictionary[Any, dict[Any, TableMap]] = WeakKeyDictionary()


def table_map(mapper: Any, table: Any) -> TableMap:
    """Return the map of one of a mapper's tables."""
    of_mapper = _maps.get(mapper)
    if of_mapper is None:
        of_mapper = _maps[mapper] = {}
    found = of_mapper.get(table)
    if found is None:
        found = of_mapper[table] = TableMap(mapper, table)
    return found


def tables_of(mappers: list[Any]) -> list[Any]:
    """Return the tables of some mappers of one hierarchy, parents' tables first."""
    found: dict[Any, None] = {}
    for mapper in mappers:
        found.update(dict.fromkeys(mapper.tables))
    return list(found)
