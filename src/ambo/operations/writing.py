"""INSERT, UPDATE and DELETE of Core: values and defaults in, rows, generated keys and counts out.

    one parameter set     one statement; its key and generated values come back with RETURNING, or as the driver's last row id
    several, no rows      one exchange for all of them; keys are known as far as they were given
    several, RETURNING    one statement for each set, all sent together: so the rows come back in the order of the sets

Rule: which columns are written, and what comes back, was decided when the statement was compiled (`CompiledWrite`); here are only values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ambo.effects import Execute, Fetched, Op
from ambo.loading.cursor_result import CursorResult, Written, no_rows_result, rows_result
from ambo.loading.rows import RowShape
from ambo.operations import transaction
from ambo.operations.core_plan import CorePlan
from ambo.operations.core_values import Execution
from ambo.rendering.compiled import CompiledWrite
from ambo.statements.keys import StatementKey

Values = dict[str, Any]


def write(context: Execution, plan: CorePlan, key: StatementKey) -> Op[CursorResult[Any]]:
    """Run an INSERT, UPDATE or DELETE."""
    compiled = plan.compiled
    assert isinstance(compiled, CompiledWrite)
    own = own_values(compiled, key)
    sets: Sequence[Mapping[str, Any]] = context.sets or ({},)
    if compiled.prefetch or any(compiled.column_slots.get(name, name) != name for name in sets[0]):
        sets = [values_of(context, compiled, own, one) for one in sets]
    bound = plan.bound_rows(key, sets)
    context.statement = bound[0][0]
    written = Written(compiled.kind, len(sets) > 1)
    written.params = lambda: [by_column(compiled, own, one) for one in sets]
    written.prefetched = [one.column for one in compiled.prefetch]
    written.postfetched = compiled.postfetch
    shows_rows = compiled.returns_rows and not compiled.implicit_returning
    if len(sets) > 1 and not (shows_rows or compiled.implicit_returning):
        return (yield from _write_many(context, compiled, bound, sets, own, written))
    if len(sets) > 1:
        fetched = yield from _write_each(context, bound)
    else:
        fetched = yield from transaction.send(context.channel, *bound[0], context)
    rows = list(plan.processed(fetched.rows, fetched.names)) if fetched.names else []
    if compiled.kind == "insert":
        _note_keys(plan, compiled, own, sets, rows, fetched, written)
    _note_defaults(compiled, rows, written)
    if fetched.names and shows_rows:
        found = rows_result(rows, plan.shape_for(fetched.names), fetched.rowcount, context)
        found.written = written
        found.lastrowid = fetched.lastrowid
        return found
    return no_rows_result(max(fetched.rowcount, len(rows)), fetched.lastrowid, written, context)


def _write_many(
    context: Execution,
    compiled: CompiledWrite,
    bound: Sequence[tuple[str, Sequence[Any]]],
    sets: Sequence[Mapping[str, Any]],
    own: Values,
    written: Written,
) -> Op[CursorResult[Any]]:
    total = 0
    for sql in dict.fromkeys(sql for sql, _ in bound):
        fetched = yield from transaction.send_many(context.channel, sql, [params for one, params in bound if one == sql], context)
        total = -1 if total < 0 or fetched.rowcount < 0 else total + fetched.rowcount
    if compiled.kind == "insert":
        written.key_shape = key_shape(compiled)
        written.primary_keys = lambda: [_given_key(compiled, own, one) for one in sets]
    return no_rows_result(total, None, written, context)


def _write_each(context: Execution, bound: Sequence[tuple[str, Sequence[Any]]]) -> Op[Fetched]:
    """Run the statement for each set, and put the rows together in the order of the sets."""
    results = yield from transaction.send_batch(context.channel, [Execute(None, sql, params) for sql, params in bound], context)
    rows = [row for one in results for row in one.rows]
    return Fetched(rows, results[0].names, sum(max(one.rowcount, 0) for one in results), results[-1].lastrowid)


# ----------------------------------------------------------------------------------------------------------------- values
def values_of(context: Execution, compiled: CompiledWrite, own: Values, given: Mapping[str, Any]) -> Values:
    """Return the values of one parameter set by slot name, Python-side defaults included."""
    slots = compiled.column_slots
    values = {slots.get(name, name): value for name, value in given.items()}
    rows: dict[int, Values] = {}
    for one in compiled.prefetch:
        current = rows.get(one.row)
        if current is None:
            current = rows[one.row] = {**by_column(compiled, own, values, one.row), **given}
        if one.name not in values:
            values[one.name] = current[one.column.key] = context.value_of(one.default, current)
    return values


def by_column(compiled: CompiledWrite, own: Values, values: Mapping[str, Any], row: int = 0) -> Values:
    """Return the values of a row by column key, as far as they are plain values; `row` counts the rows of a multi-row VALUES."""
    found = {}
    for name, slot in compiled.column_slots.items():
        at = slot.removesuffix("_m0") + f"_m{row}" if slot.endswith("_m0") else slot
        if at in values or at in own:
            found[name] = values[at] if at in values else own[at]
    return found


def own_values(compiled: CompiledWrite, key: StatementKey) -> Values:
    """Return the values that stand in the statement itself, by slot name."""
    found = {}
    for slot in compiled.bind_slots:
        if slot.index is not None:
            bind = key.binds[slot.index]
            if not (bind.required and bind.value is None):
                found[slot.name] = bind.effective_value
    return found


# ------------------------------------------------------------------------------------------------------------ what came back
def key_shape(compiled: CompiledWrite) -> RowShape:
    """Return the shape of primary keys of the table that is written."""
    columns = list(compiled.table.primary_key)
    return RowShape([column.name for column in columns], [(column,) for column in columns])


def _given_key(compiled: CompiledWrite, own: Values, values: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return the primary key of a row as far as it was given."""
    return tuple([values.get(slot, own.get(slot)) if how == "given" else None for how, slot in compiled.primary_key])


def _note_keys(
    plan: CorePlan,
    compiled: CompiledWrite,
    own: Values,
    sets: Sequence[Mapping[str, Any]],
    rows: Sequence[Any],
    fetched: Fetched,
    written: Written,
) -> None:
    """Put together the primary keys of new rows: given, returned, or the last row id."""
    written.key_shape = key_shape(compiled)
    returned = plan.shape.index if plan.shape is not None else {}
    sources = list(zip(compiled.table.primary_key, compiled.primary_key, strict=False))
    keys = []
    for at, values in enumerate(sets):
        row = rows[at] if at < len(rows) else None
        parts: list[Any] = []
        for column, (how, detail) in sources:
            position = detail if how == "returned" else returned.get(column)
            if how == "given":
                parts.append(values.get(detail, own.get(detail)))
            elif position is not None and row is not None:
                parts.append(row[position])
            else:
                parts.append(_from_driver(plan, column, fetched.lastrowid) if how == "lastrowid" else None)
        keys.append(tuple(parts))
    written.primary_keys = lambda: keys


def _from_driver(plan: CorePlan, column: Any, value: Any) -> Any:
    """Return the last row id as the key column's type reads it."""
    convert = plan.dialect.result_processor(column.type)
    return value if convert is None else convert(value)


def _note_defaults(compiled: CompiledWrite, rows: Iterable[Any], written: Written) -> None:
    """Keep the generated values that RETURNING brought without being asked by the user."""
    columns = compiled.returning_defaults
    if columns:
        written.default_shape = RowShape([column.name for column in columns], [(column,) for column in columns])
        written.defaults = [tuple(row[: len(columns)]) for row in rows]
