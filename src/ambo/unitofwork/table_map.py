"""Table maps: which attribute of a class is stored in which column of one of its tables, and what the database adds by itself.

Made once for each (mapper, table), thrown away with the mapper.

Rule 1: a slot is one column; everything that `rows.py` asks per row stands ready in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from ambo.statements.defaults import Computed, Identity
from ambo.statements.keys import new_token
from ambo.statements.types.base import TypeEngine


@dataclass(slots=True, eq=False)
class Slot:
    """One column of a table as a flush sees it.

    `generated` says that the server makes a value if none is sent, `default` and `onupdate` what ambo makes (None: nothing),
    `changes_on_update` that the server changes it with any UPDATE, `readonly` that it is never written, `compares_plainly` that an old and
    a new value need an UPDATE unless they are equal. A column that no attribute has but ambo makes a value for has `prop` None: its value
    is sent, and stored and fetched nowhere.
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
    compares_plainly: bool
    prop: Any


@dataclass(frozen=True, slots=True, eq=False)
class QuickInsert:
    """How most objects of a table are inserted: every attribute that the server does not make is sent, whatever it is.

    `defaulted` are the slots whose missing values ambo makes, `generated` the attributes that must be missing; `values_of` takes what is
    sent from an object's `__dict__`, if it has all of it.
    """

    keys: tuple[str, ...]
    shape: tuple[int, ...]
    fetch: tuple[int, ...]
    defaulted: tuple[Slot, ...]
    generated: tuple[str, ...]
    values_of: Callable[[dict[str, Any]], tuple[Any, ...]]


class TableMap:
    """One table of one mapper. `is_keyed_by_identity` says that a row is found by its object's identity, `updates_plainly` that
    besides an UPDATE sends what was changed, and the `onupdate` values of `stamped`, which do not look at the row. `inserts_plainly` says
    that a new object is its values and no more: it is told to nobody, computed from nothing, part of nothing. `defers_checks` says that some
    constraints are looked at by COMMIT only.

    `key` are the slots of the table's primary key, `version` that of the version counter, if it is here. `follows` says that its key is
    that of a parent's table, from which the database cascades changes. `copies` are the attributes that repeat a column of the parent's
    table, with that; `places` says where in an identity the table's keys stand, `own_key` are the slots of those that do not.
    """

    __slots__ = (
        "by_key", "copies", "defers_checks", "follows", "inserts_plainly", "is_keyed_by_identity", "key", "mapper", "own_key", "places",
        "polymorphic", "quick", "slots", "stamped", "table", "token", "updates_plainly", "version",
    )  # fmt: skip

    def __init__(self, mapper: Any, table: Any, is_first: bool) -> None:
        self.mapper = mapper
        self.table = table
        self.token = new_token()
        self.slots = tuple(_slots(mapper, table))
        self.by_key = {slot.key: slot for slot in self.slots}
        self.key = tuple(slot for slot in self.slots if slot.is_primary_key)
        self.version = next((slot for slot in self.slots if slot.column in _bases(mapper.version_id_col)), None)
        self.polymorphic = next((slot for slot in self.slots if slot.column in _bases(mapper.polymorphic_on)), None)
        self.follows = mapper.base_mapper.passive_updates and mapper.inherits is not None and not is_first
        self.copies = tuple(_copies(mapper, table))
        self.places = _places(mapper, self.key)
        self.own_key = tuple(slot for slot in self.key if slot.key not in self.places)
        self.defers_checks = any(one.deferrable or one.initially for one in getattr(table, "constraints", ()))
        self.quick = _quick_insert(self)
        self.inserts_plainly = self.quick is not None and mapper.batch and not mapper.expressions and (mapper.inherits is None or is_first)
        self.is_keyed_by_identity = self.version is None and tuple(slot.key for slot in self.key) == mapper.pk_keys
        self.stamped = tuple(slot for slot in self.slots if slot.onupdate is not None)
        self.updates_plainly = (
            self.is_keyed_by_identity
            and len(self.by_key) == len(self.slots)
            and all(_is_simple(slot.onupdate) and slot.prop is not None and not slot.changes_on_update for slot in self.slots)
        )


def _copies(mapper: Any, table: Any) -> Iterator[tuple[Any, Any]]:
    """Yield columns of the parent's table, each with the attribute that repeats it in a table of the mapper's."""
    for one in mapper.iterate_to_root():
        if one.local_table is table:
            for parent, child in one.inherit_pairs:
                prop = mapper.property_of(child)
                if prop is not None and prop is not mapper.property_of(parent):
                    yield parent, prop


def _places(mapper: Any, key: Sequence[Slot]) -> dict[str, int]:
    """Return where in an identity the attributes of a table's key stand: under their own name, or that of a parent's which they repeat."""
    parents = {child: parent for one in mapper.iterate_to_root() for parent, child in one.inherit_pairs}
    found: dict[str, int] = {}
    for slot in key:
        column = slot.column
        while column is not None and slot.key not in found:
            prop = mapper.property_of(column)
            if prop is not None and prop.key in mapper.pk_keys:
                found[slot.key] = mapper.pk_keys.index(prop.key)
            column = parents.get(column)
    return found


def _quick_insert(tmap: TableMap) -> QuickInsert | None:
    """Return how most objects are inserted, None if each must be looked at closely."""
    if tmap.version is not None or any(slot.evaluates_none or slot.prop is None or not _is_simple(slot.default) for slot in tmap.slots):
        return None
    sent = [slot for slot in tmap.slots if slot.default is not None or not slot.generated]
    made = [slot for slot in tmap.slots if slot.default is None and slot.generated]
    return QuickInsert(
        keys=tuple(slot.key for slot in sent),
        shape=tuple(slot.index for slot in sent),
        fetch=tuple(slot.index for slot in made),
        defaulted=tuple(slot for slot in sent if slot.default is not None),
        generated=tuple(slot.key for slot in made),
        values_of=_getter(tuple(slot.key for slot in sent)),
    )


def _getter(keys: tuple[str, ...]) -> Callable[[dict[str, Any]], tuple[Any, ...]]:
    """Return what takes the values of some keys from a dict; raises KeyError if one is not there."""
    return itemgetter(*keys) if len(keys) > 1 else lambda have: tuple([have[key] for key in keys])


def _is_simple(default: Any) -> bool:
    """Tell whether a default is a value, or a callable that does not look at the row."""
    return default is None or default.is_scalar or (default.is_callable and hasattr(default.arg, "__wrapped__") and hasattr(default.arg, "fn"))


def _slots(mapper: Any, table: Any) -> list[Slot]:
    found: list[Slot] = []
    keyed = set(table.primary_key) or {column for column in mapper.primary_key if column.table is table}
    automatic = table.autoincrement_column
    behind = {base: prop for prop in mapper.column_attributes for column in prop.columns for base in _bases(column)}
    for column in table.c:
        prop = mapper.property_of(column) or behind.get(column)
        if prop is None:
            if column.default is not None or column.onupdate is not None:
                found.append(_unmapped_slot(column, len(found)))
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
                compares_plainly=type(prop.columns[0].type).compare_values is TypeEngine.compare_values,
                prop=prop,
            )
        )
    return found


def _unmapped_slot(column: Any, index: int) -> Slot:
    key = f"({column.key})"  # no attribute's name
    return Slot(column, key, index, False, True, column.default, column.onupdate, False, False, False, False, None)


def table_maps(mapper: Any) -> dict[Any, TableMap]:
    """Return the maps of the tables that a mapper's objects are written to, parents' tables first; the mapper keeps them."""
    found: dict[Any, TableMap] | None = mapper.table_maps
    if found is None:
        tables = _written_tables(mapper)
        found = mapper.table_maps = {table: TableMap(mapper, table, table is tables[0]) for table in tables}
    return found


def _bases(column: Any) -> frozenset[Any]:
    """Return the table columns behind a column, which may be one of a subquery."""
    return getattr(column, "base_columns", frozenset())


def _written_tables(mapper: Any) -> list[Any]:
    """Return a mapper's own tables, or those whose whole key stands in the SELECT it is mapped to."""
    tables: dict[Any, None] = {}
    for table in mapper.tables:
        if hasattr(table, "autoincrement_column"):
            tables[table] = None
        else:
            behind = {base for column in table.c for base in _bases(column) if hasattr(base.table, "autoincrement_column")}
            tables.update({base.table: None for base in behind if behind.issuperset(base.table.primary_key)})
    return list(tables)


def tables_of(mappers: list[Any]) -> list[Any]:
    """Return the tables of some mappers of one hierarchy, parents' tables first."""
    found: dict[Any, None] = {}
    for mapper in mappers:
        found.update(dict.fromkeys(table_maps(mapper)))
    return list(found)
