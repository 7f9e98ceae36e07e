"""Rows: from objects to the values that INSERT, UPDATE and DELETE send, without SQL.

    rows_to_insert   every value that is there, Python-side defaults for what is not; what the server makes is left out
    rows_to_update   changed values and `onupdate` defaults, the primary key and version to find the row by
    where_values     the primary key and version

Rule 1: rows with the same `shape` (columns sent) and `fetch` (columns that come back) are one `Rows`, and the same statement.
Rule 2: a value that is an SQL expression makes its row a statement of its own.
Rule 3: most objects of a class are written alike; for these whole columns are looked at, and no object by itself. The others are
    looked at closely, one by one, by `insert_row` and `update_row`.
"""

from __future__ import annotations

import datetime
import decimal
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, groupby, repeat
from operator import attrgetter, contains, itemgetter, methodcaller, ne
from typing import Any, TypeAlias

from ambo.errors import FlushError, InvalidRequestError
from ambo.mapping.markers import NO_VALUE
from ambo.mapping.state import InstanceState
from ambo.statements.nodes import ClauseElement
from ambo.unitofwork.membership import name_of
from ambo.unitofwork.table_map import QuickInsert, Slot, TableMap

Member: TypeAlias = "tuple[InstanceState, Any]"

_PLAIN = frozenset(
    {int, str, float, bool, bytes, datetime.datetime, datetime.date, datetime.time, datetime.timedelta, decimal.Decimal, uuid.UUID}
)


_PLAIN_OR_NONE = _PLAIN | {type(None)}
_PLAIN_BEFORE = _PLAIN_OR_NONE | {type(NO_VALUE)}
_OBJECT, _DICT = itemgetter(1), attrgetter("__dict__")
_SEVERAL = 8


class DefaultContext:
    """What a default's callable is given: the values of the row it is computed for."""

    isinsert = True
    isupdate = False

    def __init__(self, tmap: TableMap, row: Draft) -> None:
        self._tmap = tmap
        self._row = row
        self.current_column: Any = None

    @property
    def connection(self) -> Any:
        """The connection that the row will be written on.

        Raises InvalidRequestError for rows of a bulk verb, whose objects belong to no session.
        """
        session = self._row.state.session
        if session is None:
            raise InvalidRequestError(f"the default of {self.current_column} asks for the connection, which a bulk verb does not lend; use insert()")
        return session._frame.enlisted[session.get_bind(mapper=self._tmap.mapper)].channel.facade(False)

    @property
    def current_parameters(self) -> dict[str, Any]:
        """The values that are sent, by column key."""
        return self.get_current_parameters()

    def get_current_parameters(self, isolate_multiinsert_groups: bool = True) -> dict[str, Any]:
        """Return the values that are sent, by column key."""
        slots = self._tmap.slots
        return {slots[index].column.key: value for index, value in zip(self._row.shape, self._row.values, strict=True)}


class UpdateContext(DefaultContext):
    """The same for an `onupdate` callable."""

    isinsert = False
    isupdate = True


@dataclass(slots=True, eq=False)
class Row:
    """One row to write: `shape` are the indices of the columns sent, `values` what is sent for them.

    `expressions` are (slot, SQL expression) pairs, `fetch` the indices of what the server makes, `where` the values that find the row.
    """

    state: InstanceState
    obj: Any
    shape: Sequence[int]
    values: Sequence[Any]
    expressions: Sequence[tuple[Slot, Any]]
    fetch: Sequence[int]
    where: tuple[Any, ...] = ()


@dataclass(slots=True, eq=False)
class Rows:
    """Rows of one table that are written alike, in their order.

    `columns` has the values that are sent, a sequence for each column of `shape`, then, to update, for each that finds the row; they
    stand in the order of `members`. A row with `expressions` stands alone.
    """

    members: Sequence[Member]
    shape: tuple[int, ...]
    fetch: tuple[int, ...]
    columns: Sequence[Sequence[Any]]
    expressions: Sequence[tuple[Slot, Any]] = ()

    def __len__(self) -> int:
        return len(self.members)

    def singles(self) -> Iterator[Row]:
        """Yield the rows one by one."""
        width = len(self.shape)
        each: Iterable[tuple[Any, ...]] = zip(*self.columns, strict=True) if self.columns else repeat(())
        for (state, obj), sent in zip(self.members, each, strict=False):
            yield Row(state, obj, self.shape, sent[:width], self.expressions, self.fetch, sent[width:])


def alike(rows: Sequence[Row]) -> list[Rows]:
    """Put rows together, in their order, that are written alike."""
    found = []
    start, count = 0, len(rows)
    while start < count:
        first = rows[start]
        shape, fetch = first.shape, first.fetch
        end = start + 1
        if not first.expressions:
            while end < count and rows[end].shape == shape and rows[end].fetch == fetch and not rows[end].expressions:
                end += 1
        same = rows[start:end]
        columns = list(zip(*[(*row.values, *row.where) for row in same], strict=True))
        found.append(Rows([(row.state, row.obj) for row in same], tuple(shape), tuple(fetch), columns, first.expressions))
        start = end
    return found


@dataclass(slots=True, eq=False)
class Draft(Row):
    """A row that is being put together."""

    shape: list[int]
    values: list[Any]
    expressions: list[tuple[Slot, Any]]
    fetch: list[int]

    def brings_back(self, slot: Slot) -> None:
        """Note that the server makes the value of a column, for an attribute to have."""
        if slot.prop is not None:
            self.fetch.append(slot.index)


# ---- insert


def rows_to_insert(tmap: TableMap, members: Sequence[Member], has_sequences: bool) -> list[Rows]:
    """Return what is sent to insert objects; Python-side defaults are stored on them."""
    if not members:
        return []
    quick = None if tmap.quick is None else _quickly(tmap.quick, members)
    if quick is not None:
        return [quick]
    return alike([insert_row(tmap, state, obj, has_sequences) for state, obj in members])


def _quickly(quick: QuickInsert, members: Sequence[Member]) -> Rows | None:
    """Return the rows of objects that have nothing special about them, None if one has."""
    haves = list(map(_DICT, map(_OBJECT, members)))
    for key in quick.generated:
        for have in haves:
            if have.get(key) is not None:
                return None
    for slot in quick.defaulted:
        key, default = slot.key, slot.default
        for have in haves:
            if have.get(key) is None:
                have[key] = default.arg if default.is_scalar else default.arg(None)
    few = len(haves) < _SEVERAL  # a function for each column pays from some rows on: many cost half
    columns: list[Sequence[Any]]
    try:
        columns = list(zip(*map(quick.values_of, haves), strict=True)) if few else [list(map(itemgetter(key), haves)) for key in quick.keys]
    except KeyError:  # some are not set
        if few:
            columns = list(zip(*[[have.get(key) for key in quick.keys] for have in haves], strict=True))
        else:
            columns = [list(map(methodcaller("get", key), haves)) for key in quick.keys]
    kinds = set(map(type, chain.from_iterable(columns)))
    if not _PLAIN_OR_NONE.issuperset(kinds) and any(map(_may_be_expression, kinds)):
        return None
    return Rows(members, quick.shape, quick.fetch, columns)


def _may_be_expression(kind: type[Any]) -> bool:
    """Tell whether values of a type are SQL expressions."""
    return issubclass(kind, ClauseElement) or hasattr(kind, "__clause_element__")


def insert_row(tmap: TableMap, state: InstanceState, obj: Any, has_sequences: bool) -> Row:
    """Return what is sent to insert an object's row; Python-side defaults are stored on the object."""
    have = obj.__dict__
    row = Draft(state, obj, [], [], [], [])
    shape, values = row.shape, row.values
    version = tmap.version if tmap.mapper.version_id_generator else None
    for slot in tmap.slots:
        value = have.get(slot.key)
        if slot is version:
            value = have[slot.key] = tmap.mapper.version_id_generator(None)
        if value is None:
            value = _without_value(tmap, slot, row, have, has_sequences)
            if value is NO_VALUE:
                continue
            if value is None and slot is tmap.version:
                raise _no_version(obj, slot)
        elif value.__class__ not in _PLAIN and _is_expression(value):
            row.expressions.append((slot, _expression(value)))
            row.fetch.append(slot.index)
            continue
        shape.append(slot.index)
        values.append(value)
    return row


def _is_expression(value: Any) -> bool:
    return isinstance(value, ClauseElement) or hasattr(value, "__clause_element__")


def _expression(value: Any) -> Any:
    return value.__clause_element__() if hasattr(value, "__clause_element__") else value


def _without_value(tmap: TableMap, slot: Slot, row: Draft, have: dict[str, Any], has_sequences: bool) -> Any:
    """Decide about a column for which the object has no value or None; NO_VALUE leaves it out of the INSERT."""
    if slot.evaluates_none and slot.key in have:
        return None
    if slot is tmap.polymorphic and tmap.mapper.polymorphic_identity is not None:
        value = have[slot.key] = tmap.mapper.polymorphic_identity
        return value
    default = slot.default
    if default is not None and not (default.is_sequence and not has_sequences):
        if default.is_sequence or default.is_clause_element:
            row.expressions.append((slot, default.next_value() if default.is_sequence else default.arg))
            row.brings_back(slot)
            return NO_VALUE
        return _python_default(default, slot, DefaultContext(tmap, row), row, have)
    if slot.generated:
        row.brings_back(slot)
        return NO_VALUE
    return NO_VALUE if slot.evaluates_none else None


def _python_default(default: Any, slot: Slot, context: DefaultContext, row: Draft, have: dict[str, Any]) -> Any:
    context.current_column = slot.column
    value = default.arg(context) if default.is_callable else default.arg
    if _is_expression(value):
        row.expressions.append((slot, _expression(value)))
        row.brings_back(slot)
        return NO_VALUE
    if slot.prop is not None:
        have[slot.key] = value
    return value


# ---- update


def rows_to_update(tmap: TableMap, members: Sequence[Member], touched: Callable[[InstanceState], bool] | None = None) -> list[Rows]:
    """Return what is sent to update objects: nothing of those that have no net change in this table.

    `touched` tells whether an object's version must advance because it changed in another of its tables.
    """
    found: list[Rows] = []
    for same, committed in _changed_alike(members):
        quick = _update_quickly(tmap, same, committed)
        if quick is None:
            always = touched is not None and tmap.version is not None
            rows = [update_row(tmap, state, obj, always and touched(state)) for state, obj in same]  # type: ignore[misc]
            quick = alike([row for row in rows if row is not None])
        found += quick
    return found


def _changed_alike(members: Sequence[Member]) -> Iterable[tuple[Sequence[Member], Sequence[dict[str, Any]]]]:
    """Split objects, in their order, into runs of those whose changed attributes are the same; return these with their old values."""
    if not members:
        return ()
    committed = [state.committed for state, _ in members]
    first = committed[0]
    if {len(first)}.issuperset(map(len, committed)) and all(all(map(contains, committed, repeat(name))) for name in first):
        return [(members, committed)]
    runs = [list(run) for _, run in groupby(zip(members, committed, strict=True), lambda one: tuple(one[1]))]
    return [([member for member, _ in run], [before for _, before in run]) for run in runs]


def _update_quickly(tmap: TableMap, members: Sequence[Member], committed: Sequence[dict[str, Any]]) -> list[Rows] | None:
    """Return the rows of objects with the same changed attributes if there is nothing special about them, None if there is."""
    if not tmap.updates_plainly:
        return None
    names = committed[0]
    shape: list[int] = []
    columns: list[Sequence[Any]] = []
    for slot in sorted([tmap.by_key[name] for name in names if name in tmap.by_key], key=attrgetter("index")):
        key = slot.key
        values = [obj.__dict__.get(key) for _, obj in members]
        before = [one[key] for one in committed]
        if slot.is_primary_key or not slot.compares_plainly or not _PLAIN_BEFORE.issuperset({*map(type, values), *map(type, before)}):
            return None
        differ = list(map(ne, values, before))
        if all(differ):
            shape.append(slot.index)
            columns.append(values)
        elif any(differ):
            return None
    if not shape:
        return []
    for slot in tmap.stamped:
        if slot.key not in names:
            default = slot.onupdate
            values = [default.arg] * len(members) if default.is_scalar else [default.arg(None) for _ in members]
            if not _PLAIN_OR_NONE.issuperset(map(type, values)):
                return None
            for (_, obj), value in zip(members, values, strict=True):
                obj.__dict__[slot.key] = value
            shape.append(slot.index)
            columns.append(values)
    columns += key_columns(tmap, members)
    return [Rows(members, tuple(shape), (), columns)]


def update_row(tmap: TableMap, state: InstanceState, obj: Any, always: bool = False, bump: bool = True) -> Row | None:
    """Return what is sent to update an object's row, None if nothing of it in this table changed.

    `always` sends at least the version counter, for objects that changed in another of their tables; without `bump` it stays as it is.
    """
    have = obj.__dict__
    committed = state.committed
    row = Draft(state, obj, [], [], [], [])
    for slot in tmap.slots:
        if slot.key in committed and slot.column is not tmap.mapper.version_id_col:
            if slot.is_primary_key and tmap.follows:
                continue
            before = committed[slot.key]
            if slot.is_primary_key and slot.key not in have:
                raise _no_key(obj, slot)
            if before is NO_VALUE and slot.is_primary_key and state.key is not None:
                before = _from_identity(tmap, slot, state)
            _add_change(slot, row, have, before)
    version = tmap.version
    if version is not None and version.key in committed:
        if have.get(version.key) is None:
            raise _no_version(obj, version)
        _add_change(version, row, have, committed[version.key])
    if not row.shape and not row.expressions and not (always and version is not None):
        return None
    if version is not None and bump and version.index not in row.shape:
        _advance_version(tmap, version, row, have)
    _add_onupdates(tmap, row, have, committed)
    row.where = where_values(tmap, state, obj, updating=True)
    return row


def _no_key(obj: Any, slot: Slot) -> FlushError:
    return FlushError(
        f"Can't update {name_of(obj)}: its primary key attribute {slot.key!r} was deleted, and a row keeps its key; "
        "assign another value, expire the attribute to have the row's again, or delete the object."
    )


def _no_version(obj: Any, slot: Slot) -> FlushError:
    return FlushError(
        f"Instance does not contain a non-NULL version value: {slot.key!r} of {name_of(obj)} is the version of its row; set it, "
        "or let version_id_generator or the database make it."
    )


def _add_change(slot: Slot, row: Draft, have: dict[str, Any], before: Any) -> None:
    value = have.get(slot.key)
    if value.__class__ not in _PLAIN and value is not None and _is_expression(value):
        row.expressions.append((slot, _expression(value)))
        row.brings_back(slot)
        return
    if before is not NO_VALUE and slot.prop.same_value(value, before) is True:
        return
    row.shape.append(slot.index)
    row.values.append(value)


def _advance_version(tmap: TableMap, slot: Slot, row: Draft, have: dict[str, Any]) -> None:
    generator = tmap.mapper.version_id_generator
    if generator:
        row.shape.append(slot.index)
        row.values.append(generator(have.get(slot.key)))
    elif slot.changes_on_update or slot.generated:
        row.brings_back(slot)
    if not row.shape and not row.expressions:
        row.shape.append(slot.index)
        row.values.append(have.get(slot.key))


def _add_onupdates(tmap: TableMap, row: Draft, have: dict[str, Any], committed: dict[str, Any]) -> None:
    for slot in tmap.slots:
        if slot.onupdate is None and not slot.changes_on_update:
            continue
        if slot.key in committed or slot.index in row.shape or slot.index in row.fetch:
            continue
        default = slot.onupdate
        if default is None:
            row.brings_back(slot)
        elif default.is_sequence or default.is_clause_element:
            row.expressions.append((slot, default.next_value() if default.is_sequence else default.arg))
            row.brings_back(slot)
        else:
            value = _python_default(default, slot, UpdateContext(tmap, row), row, have)
            if value is not NO_VALUE:
                row.shape.append(slot.index)
                row.values.append(value)


def key_columns(tmap: TableMap, members: Sequence[Member]) -> Sequence[Sequence[Any]]:
    """Return what `where_values` does for objects whose own primary key has not changed, column by column."""
    if tmap.is_keyed_by_identity:
        keys: list[Any] = [state.key for state, _ in members]
        if all(keys):
            single = len(tmap.key) == 1
            found = [[key[1][0] for key in keys]] if single else list(zip(*[key[1] for key in keys], strict=True))
            if not any(map(contains, found, repeat(None))):
                return found
    return list(zip(*[where_values(tmap, state, obj) for state, obj in members], strict=True))


def where_values(tmap: TableMap, state: InstanceState, obj: Any, updating: bool = False) -> tuple[Any, ...]:
    """Return the primary key (and version) by which the database knows an object's row.

    With `updating` the row of a parent table was updated just now, and ON UPDATE CASCADE has given its new key to this table.

    Raises FlushError if part of the key is None.
    """
    have, committed = obj.__dict__, state.committed
    values = []
    for slot in tmap.key:
        value = committed.get(slot.key, NO_VALUE)
        if tmap.follows and slot.key in have and updating:
            value = have[slot.key]
        if value is NO_VALUE:
            value = have.get(slot.key, NO_VALUE) if slot.key not in committed else NO_VALUE
        if value is NO_VALUE:
            value = _from_identity(tmap, slot, state)
        if value is None:
            raise FlushError(
                f"Can't update or delete {name_of(obj)}: the primary key column {slot.column} of its row is NULL; a row is found by its whole key."
            )
        values.append(value)
    if tmap.version is not None:
        key = tmap.version.key
        values.append(committed[key] if key in committed else have.get(key))
    return tuple(values)


def _from_identity(tmap: TableMap, slot: Slot, state: InstanceState) -> Any:
    place = tmap.places.get(slot.key)
    return None if place is None or state.key is None else state.key[1][place]
