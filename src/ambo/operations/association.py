"""Writing the association rows of many-to-many relationships.

Rule 1: rows go before rows come, so that a row may be replaced in one flush.
Rule 2: other columns of the association table get their Python-side defaults.
Rule 3: each delete must find its row: what another transaction deleted is a StaleDataError.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ambo.effects import Execute, Op
from ambo.errors import StaleDataError
from ambo.mapping.markers import NO_VALUE
from ambo.operations import execute, transaction
from ambo.operations.channel import Channel
from ambo.operations.enlist import channel_for
from ambo.operations.write import context_of
from ambo.rendering import row_writes
from ambo.statements.writes import insert
from ambo.unitofwork.flush_plan import RowChange, RowChanges
from ambo.unitofwork.sync import mapped, value_of
from ambo.unitofwork.write_plan import table_name

Pairs = Sequence[tuple[Any, Any]]
ValueOf = Callable[[Any, Any], Any]


def write_rows(session: Any, changes: RowChanges, bind: Any = None) -> Op[None]:
    """Delete, update and insert the rows of one relationship; `bind` is the shard they are in, if the session has any."""
    prop = changes.prop
    left, right = prop.synchronize_pairs, prop.secondary_synchronize_pairs
    columns = list(dict.fromkeys([dest for _, dest in (*left, *right)]))
    channel = yield from channel_for(session, prop.parent, prop.secondary, bind)
    table = table_name(channel.dialect, prop.secondary, channel.options.get("schema_translate_map"))
    if changes.deletes:
        sql = row_writes.delete_one(channel.dialect, table, columns)
        rows = [_row(channel, change, left, right, columns, _committed) for change in changes.deletes]
        yield from _send_counted(channel, prop, "DELETE", sql, rows)
    if changes.updates:
        sql = row_writes.update_one(channel.dialect, table, columns, columns, ())
        rows = [
            [*_row(channel, change, left, right, columns, value_of), *_row(channel, change, left, right, columns, _committed)]
            for change in changes.updates
        ]
        yield from _send_counted(channel, prop, "UPDATE", sql, rows)
    if changes.inserts and any(column.default is not None for column in prop.secondary.c if column not in columns):
        sets: list[Mapping[str, Any]] = [{dest.key: value for dest, value in _values(change, left, right, value_of).items()} for change in changes.inserts]
        yield from execute.run(channel, insert(prop.secondary), sets, channel.options)
    elif changes.inserts:
        sql = row_writes.insert_values(channel.dialect, table, columns, ())
        rows = [_row(channel, change, left, right, columns, value_of) for change in changes.inserts]
        if len(rows) == 1:
            yield from transaction.send(channel, sql, rows[0], context_of(channel))
        else:
            yield from transaction.send_many(channel, sql, rows, context_of(channel))


def _values(change: RowChange, left: Pairs, right: Pairs, value: ValueOf) -> dict[Any, Any]:
    found = {dest: value(change.left, source) for source, dest in left}
    found.update((dest, value(change.right, source)) for source, dest in right)
    return found


def _row(channel: Channel, change: RowChange, left: Pairs, right: Pairs, columns: Sequence[Any], value: ValueOf) -> list[Any]:
    found = _values(change, left, right, value)
    row = []
    for column in columns:
        process = channel.dialect.bind_processor(column.type)
        row.append(found[column] if process is None else process(found[column]))
    return row


def _committed(state: Any, column: Any) -> Any:
    """Return the value that the database has of a column."""
    prop = mapped(state, column)
    before = state.committed.get(prop.key, NO_VALUE)
    if before is not NO_VALUE:
        return before
    if state.key is not None:
        for known, key_column in zip(state.key[1], state.mapper.primary_key, strict=True):
            if state.mapper.property_of(key_column) is prop:
                return known
    return value_of(state, column)


def _send_counted(channel: Channel, prop: Any, verb: str, sql: str, rows: list[list[Any]]) -> Op[None]:
    results = yield from transaction.send_batch(channel, [Execute(None, sql, row) for row in rows], context_of(channel))
    counts = [result.rowcount for result in results]
    if -1 not in counts and sum(counts) != len(rows):
        raise StaleDataError(
            f"{verb} statement on table '{prop.secondary.description}' expected to {verb.lower()} {len(rows)} row(s); only {sum(counts)} were matched."
        )
