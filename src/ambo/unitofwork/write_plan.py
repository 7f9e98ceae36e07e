"""Write plans: one shape of INSERT, UPDATE or DELETE, ready to be sent again and again.

A plan has the SQL, how each value is bound, and where each returned value goes. Plans are kept with the engine's other plans, under
(table map, verb, columns sent, columns fetched, number of rows).

Rule 1: a plan knows no object and no connection.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from ambo.errors import DontWrapMixin, StatementError
from ambo.rendering import row_writes
from ambo.rendering.dialect import Dialect
from ambo.unitofwork.rows import Row, Rows
from ambo.unitofwork.table_map import Slot, TableMap

Processor = Callable[[Any], Any]
Verb = Literal["insert", "update", "delete", "select"]


class Shape(NamedTuple):
    """What a statement sends and brings back: indices of slots. `rows` counts those in one statement, -1 stands for arrays of any length.

    0 is an INSERT of one row that is sent by itself. What is learned of it holds for no other: without RETURNING it fits into no batch.
    """

    verb: Verb
    columns: tuple[int, ...]
    fetch: tuple[int, ...]
    rows: int = 1


@dataclass(frozen=True, slots=True)
class WritePlan:
    """SQL, the processors of its values in order, and (attribute, processor) for each column that comes back."""

    sql: str
    binds: tuple[Processor | None, ...]
    results: tuple[tuple[str, Processor | None], ...]
    key_at: tuple[int, ...]
    converted: tuple[tuple[int, Processor], ...]
    """Which of the values have a processor, and which."""
    told: str | None = None
    """The attribute whose value, the generated key, the driver tells as the last row id."""
    is_proven: bool = False
    """Whether nothing can fail once an INSERT is done: nothing comes back, or a row has come back as it should and only needs no conversion."""
    sent_key: tuple[int, ...] = ()
    """Which of the values that an INSERT sends are of the primary key; a NULL among them is an error afterwards."""

    def bound(self, values: Sequence[Any]) -> Sequence[Any]:
        """Return one row's values as the driver takes them."""
        try:
            bound = [*values]
            for at, process in self.converted:
                bound[at] = process(bound[at])
            return bound
        except Exception as error:
            if isinstance(error, (StatementError, DontWrapMixin)):
                raise
            raise self._refused(error, values) from error

    def key_of(self, values: Sequence[Any]) -> list[Any]:
        """Return what an INSERT sends of the primary key."""
        return [values[at] for at in self.sent_key]

    def arrays(self, columns: Sequence[Sequence[Any]]) -> list[Any]:
        """Return many rows' values, given column by column, as the driver takes them."""
        try:
            return [list(column) if process is None else list(map(process, column)) for process, column in zip(self.binds, columns, strict=True)]
        except Exception as error:
            if isinstance(error, (StatementError, DontWrapMixin)):
                raise
            raise self._refused(error, list(zip(*columns, strict=True))) from error

    def each(self, rows: Rows) -> Sequence[Sequence[Any]]:
        """Return the values of each row as the driver takes them."""
        if not rows.columns:
            return [()] * len(rows)
        if len(rows.members) == 1:
            return (self.bound(next(zip(*rows.columns, strict=True))),)
        return list(zip(*self.arrays(rows.columns), strict=True))

    def _refused(self, error: Exception, values: Any) -> StatementError:
        """Name the statement in an error about a value that a type cannot convert."""
        return StatementError(f"({type(error).__module__}.{type(error).__name__}) {error}", self.sql, values, error)

    def store(self, row: Row, found: Sequence[Any]) -> None:
        """Give an object the values that came back for its row."""
        have = row.obj.__dict__
        for (key, process), value in zip(self.results, found, strict=True):
            have[key] = value if process is None else process(value)
        if row.state.expired:
            row.state.expired = row.state.expired.difference([key for key, _ in self.results])

    def store_all(self, rows: Rows, found: Sequence[Sequence[Any]]) -> None:
        """Give objects that were just inserted the values that came back for their rows."""
        members = rows.members
        for at, (key, process) in enumerate(self.results):
            if process is None:
                for (_, obj), one in zip(members, found, strict=True):
                    obj.__dict__[key] = one[at]
            else:
                for (_, obj), one in zip(members, found, strict=True):
                    obj.__dict__[key] = process(one[at])


def make_plan(tmap: TableMap, dialect: Dialect, shape: Shape, schemas: dict[str | None, str | None] | None = None) -> WritePlan | None:
    """Return the plan of a shape; None if it cannot be written in that form (no arrays, types with SQL of their own)."""
    columns = [tmap.slots[index] for index in shape.columns]
    fetch = [tmap.slots[index] for index in shape.fetch]
    key = list(tmap.key)
    if tmap.version is not None and shape.verb != "select" and tmap.version not in key:
        key.append(tmap.version)
    by_key = [] if shape.verb == "insert" else key
    sent = [slot.column for slot in (*columns, *by_key)]
    if not row_writes.is_plain([*sent, *(slot.column for slot in fetch)]):
        return None
    sql = _sql(tmap, dialect, shape, columns, key, fetch, sent, schemas)
    if sql is None:
        return None
    binds = tuple(dialect.bind_processor(column.type) for column in sent)
    return WritePlan(
        sql,
        binds,
        tuple((slot.key, dialect.result_processor(slot.column.type)) for slot in fetch),
        tuple(shape.fetch.index(slot.index) for slot in tmap.key if slot.index in shape.fetch),
        tuple((at, process) for at, process in enumerate(binds) if process is not None),
        is_proven=not fetch,
        sent_key=tuple(at for at, slot in enumerate(columns) if slot.is_primary_key) if shape.verb == "insert" else (),
    )


def table_name(dialect: Dialect, table: Any, schemas: dict[str | None, str | None] | None) -> str:
    """Return a table's full name, in the schema that `schema_translate_map` puts it in."""
    if schemas and table.schema in schemas:
        schema = schemas[table.schema]
        name = dialect.preparer.quote(table.name)
        return name if schema is None else f"{dialect.preparer.quote_schema(schema)}.{name}"
    return dialect.preparer.format_table(table)


def _sql(
    tmap: TableMap,
    dialect: Dialect,
    shape: Shape,
    columns: list[Slot],
    key: list[Slot],
    fetch: list[Slot],
    sent: list[Any],
    schemas: dict[str | None, str | None] | None,
) -> str | None:
    table = table_name(dialect, tmap.table, schemas)
    set_columns = [slot.column for slot in columns]
    key_columns = [slot.column for slot in key]
    returned = [slot.column for slot in fetch]
    if shape.rows < 0:
        return _array_sql(dialect, table, shape, set_columns, key_columns, returned, sent)
    if shape.verb == "insert":
        return row_writes.insert_values(dialect, table, set_columns, returned if dialect.features.insert_returning else (), shape.rows or 1)
    if shape.verb == "update" and shape.rows > 1:
        several = row_writes.update_values if dialect.features.update_from_values else row_writes.update_joined
        return several(dialect, table, set_columns, key_columns, shape.rows)
    if shape.verb == "update":
        return row_writes.update_one(dialect, table, set_columns, key_columns, returned if dialect.features.update_returning else ())
    if shape.verb == "select":
        return row_writes.select_one(dialect, table, returned, key_columns)
    if shape.rows > 1:
        return row_writes.delete_in(dialect, table, key_columns[0], shape.rows)
    return row_writes.delete_one(dialect, table, key_columns)


def _array_sql(
    dialect: Dialect, table: str, shape: Shape, columns: list[Any], key: list[Any], returned: list[Any], sent: list[Any]
) -> str | None:
    casts = row_writes.array_casts(dialect, sent)
    if not casts:
        return None
    if shape.verb == "insert":
        return row_writes.insert_unnest(dialect, table, columns, casts, returned)
    if shape.verb == "update":
        return None if returned else row_writes.update_unnest(dialect, table, columns, key, casts)
    return row_writes.delete_any(dialect, table, key, casts)
