"""Writing a row whose values are SQL expressions: `user.level = User.level + 1`. One statement for each row, through the compiler.

Types that wrap their values in SQL (`bind_expression`) come this way too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ambo.effects import Fetched, Op
from ambo.operations import transaction
from ambo.operations.channel import Channel
from ambo.operations.core_values import Execution
from ambo.rendering.compiler import compile_statement
from ambo.statements.elements import and_
from ambo.statements.expressions import BindParameter
from ambo.statements.keys import statement_key
from ambo.statements.selects import select
from ambo.statements.writes import insert, update
from ambo.unitofwork.rows import Row
from ambo.unitofwork.table_map import Slot, TableMap


def run_statement(channel: Channel, statement: Any) -> Op[Fetched]:
    """Compile a statement and run it."""
    lowered = compile_statement(statement, channel.dialect)
    sql, params = lowered.parameters(statement_key(statement).binds, None)
    context = Execution(channel, channel.options, statement) if channel.heard else None
    return (yield from transaction.send(channel, sql, params, context))


def _values(tmap: TableMap, row: Row) -> dict[Any, Any]:
    found: dict[Any, Any] = {}
    for index, value in zip(row.shape, row.values, strict=True):
        column = tmap.slots[index].column
        found[column] = BindParameter(column.key, value, column.type, unique=True)
    found.update((slot.column, expression) for slot, expression in row.expressions)
    return found


def _criterion(tmap: TableMap, values: Sequence[Any]) -> Any:
    key = [*tmap.key]
    if tmap.version is not None and len(values) > len(key):
        key.append(tmap.version)
    return and_(*[slot.column == BindParameter(slot.column.key, value, slot.column.type, unique=True) for slot, value in zip(key, values, strict=True)])


def _store(channel: Channel, slots: Sequence[Slot], row: Row, values: Sequence[Any]) -> None:
    have = row.obj.__dict__
    for slot, value in zip(slots, values, strict=True):
        process = channel.dialect.result_processor(slot.column.type)
        have[slot.key] = value if process is None else process(value)


def insert_expressions(channel: Channel, tmap: TableMap, row: Row) -> Op[None]:
    """Insert one row."""
    fetch = [tmap.slots[index] for index in row.fetch]
    statement: Any = insert(tmap.table).values(_values(tmap, row))
    if channel.dialect.features.insert_returning:
        if fetch:
            statement = statement.returning(*[slot.column for slot in fetch])
        result = yield from run_statement(channel, statement)
        if fetch:
            _store(channel, fetch, row, result.rows[0])
        return
    result = yield from run_statement(channel, statement)
    for slot in [slot for slot in fetch if slot.is_primary_key and slot.column is tmap.table.autoincrement_column]:
        row.obj.__dict__[slot.key] = result.lastrowid
        fetch.remove(slot)
    if fetch:
        yield from _read_back(channel, tmap, fetch, row)


def update_expressions(channel: Channel, tmap: TableMap, row: Row) -> Op[int]:
    """Update one row; return how many rows were matched."""
    fetch = [tmap.slots[index] for index in row.fetch]
    statement: Any = update(tmap.table).values(_values(tmap, row)).where(_criterion(tmap, row.where))
    returning = bool(fetch) and channel.dialect.features.update_returning
    if returning:
        statement = statement.returning(*[slot.column for slot in fetch])
    result = yield from run_statement(channel, statement)
    if returning:
        if result.rows:
            _store(channel, fetch, row, result.rows[0])
        return len(result.rows)
    if fetch:
        yield from _read_back(channel, tmap, fetch, row)
    return result.rowcount


def _read_back(channel: Channel, tmap: TableMap, fetch: Sequence[Slot], row: Row) -> Op[None]:
    have = row.obj.__dict__
    where = _criterion(tmap, [have.get(slot.key) for slot in tmap.key])
    result = yield from run_statement(channel, select(*[slot.column for slot in fetch]).where(where))
    if result.rows:
        _store(channel, fetch, row, result.rows[0])
