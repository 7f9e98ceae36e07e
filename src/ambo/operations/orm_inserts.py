"""INSERT of mapped classes as statements: `session.execute(insert(User).returning(User), [{"name": "x"}, ...])`.

    one table                  the statement itself, its dictionaries by column; dictionaries with the same keys go together
    several tables             rows as the unit of work writes them (`bulk.py`); RETURNING becomes a SELECT of the new rows

Rule 1: dictionaries are keyed by attribute (columns' own names are taken too); the discriminator is filled in.
Rule 2: rows come back in the order of the dictionaries, whether it was asked for or not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from ambo.effects import Op
from ambo.errors import InvalidRequestError
from ambo.loading.cursor_result import no_rows_result
from ambo.loading.population import Loading
from ambo.loading.prepared import prepare
from ambo.loading.results import Result, Source
from ambo.loading.rows import RowShape
from ambo.operations import bulk, execute as core
from ambo.operations.channel import Channel
from ambo.operations.eager import objects_of
from ambo.operations.returning import objects_result, run_write
from ambo.statements.elements import tuple_
from ambo.statements.expressions import BindParameter
from ambo.statements.keys import statement_key
from ambo.statements.selects import select

Options = Mapping[str, Any]
ParameterSets = Sequence[dict[str, Any]]


def insert_mapped(session: Any, channel: Channel, statement: Any, sets: ParameterSets, options: Options) -> Op[Result[Any]]:
    """Run an INSERT into a mapped class."""
    mapper = statement.table.mapper
    if not sets and len(mapper.tables) > 1 and not _is_about_one_table(statement, mapper):
        sets = [_named(one.assignments, mapper) for one in statement._multi_values] or [{}]
        statement = statement._with(_multi_values=())
    if not sets:
        return (yield from run_write(session, channel, statement, sets, options))
    if len(mapper.tables) > 1:
        return (yield from _insert_wide(session, channel, statement, sets, options))
    rows = [_for_table(mapper, one, bool(options.get("render_nulls"))) for one in sets]
    groups: list[core.ParameterSets] = [list(group) for _, group in groupby(rows, list)]
    if len(groups) == 1:
        return (yield from run_write(session, channel, statement, rows, options))
    return (yield from _insert_groups(session, channel, statement, groups, options))


def _insert_groups(
    session: Any, channel: Channel, statement: Any, groups: Sequence[core.ParameterSets], options: Options
) -> Op[Result[Any]]:
    """Run the statement for each group of dictionaries with the same keys; the rows of all of them are one result."""
    found = []
    for group in groups:
        found.append((yield from core.run(channel, statement, group, {**channel.options, **options})))
    if not statement._returning:
        return no_rows_result(sum(max(one.rowcount, 0) for one in found))
    rows = [row for one in found for row in one._tuples()]
    return (yield from objects_result(session, channel, statement, rows, found[0]._shape, options))


def by_column(mapper: Any, values: Options) -> dict[str, Any]:
    """Return values by column key for values by attribute name."""
    found = {}
    for key, value in values.items():
        prop = mapper.attributes.get(key)
        column = next((one for one in getattr(prop, "columns", ()) if one.table is mapper.local_table), None)
        found[key if column is None else column.key] = value
    return found


def _for_table(mapper: Any, values: Options, renders_nulls: bool) -> dict[str, Any]:
    """Return a dictionary as the table takes it: None gives way to a default, the discriminator is filled in."""
    found = by_column(mapper, values)
    if not renders_nulls:
        columns = mapper.local_table.c
        for key in [key for key, value in found.items() if value is None]:
            column = columns.get(key)
            if column is not None and (column.default is not None or column.server_default is not None or column.autoincrement is True):
                del found[key]
    on = mapper.polymorphic_on
    if on is not None and mapper.polymorphic_identity is not None and getattr(on, "table", None) is mapper.local_table:
        found.setdefault(on.key, mapper.polymorphic_identity)
    return found


# ---- classes of several tables


def _insert_wide(session: Any, channel: Channel, statement: Any, sets: ParameterSets, options: Options) -> Op[Result[Any]]:
    """Insert rows of a class that has several tables; RETURNING becomes a SELECT of the new rows."""
    mapper = statement.table.mapper
    if statement._post_values:
        raise InvalidRequestError(
            "bulk INSERT with a 'post values' clause (typically upsert) not supported for multi-table mapper "
            f"{mapper}; write to one of its tables: insert({mapper.class_.__name__}.__table__)"
        )
    common = values_of(statement, mapper)
    rows = [{**common, **one} for one in sets]
    yield from bulk.bulk_insert_mappings(session, mapper, rows, return_defaults=True, render_nulls=bool(options.get("render_nulls")))
    if not statement._returning:
        return no_rows_result(len(rows), None)
    return (yield from _selected(session, channel, statement, [tuple([row[key] for key in mapper.pk_keys]) for row in rows], options))


def values_of(statement: Any, mapper: Any) -> dict[str, Any]:
    """Return what `.values()` of a statement gives to all rows, by attribute name."""
    return _named(statement._values, mapper)


def _named(assignments: Sequence[Any], mapper: Any) -> dict[str, Any]:
    found = {}
    for one in assignments:
        value = one.value
        is_plain = isinstance(value, BindParameter) and value.unique and not value.required
        found[key_of(one, mapper)] = value.effective_value if is_plain else value
    return found


def _is_about_one_table(statement: Any, mapper: Any) -> bool:
    """Tell whether `.values()` names nothing but columns of the class's own table: then its row alone is inserted."""
    given = [*statement._values, *[one for row in statement._multi_values for one in row.assignments]]
    props = [mapper.attributes.get(key_of(one, mapper)) for one in given]
    return all(prop is None or any(column.table is mapper.local_table for column in getattr(prop, "columns", ())) for prop in props)


def key_of(assignment: Any, mapper: Any) -> Any:
    """Return the name of the attribute that an assignment writes; what is no attribute, as it was given."""
    column = assignment.column
    if isinstance(column, str):
        return column
    prop = getattr(column, "prop", None) or mapper.property_of(column)
    return column.key if prop is None else prop.key


def _selected(session: Any, channel: Channel, statement: Any, keys: Sequence[tuple[Any, ...]], options: Options) -> Op[Result[Any]]:
    """Select what RETURNING names for the rows of these primary keys, in their order."""
    mapper = statement.table.mapper
    columns = [mapper.entity.attribute(key) for key in mapper.pk_keys]
    where = columns[0].in_([key[0] for key in keys]) if len(columns) == 1 else tuple_(*columns).in_(keys)
    question = select(*statement._returning, *columns).where(where).options(*statement._with_options)
    prepared = prepare(question, channel.dialect, schema_translate=options.get("schema_translate_map", channel.options.get("schema_translate_map")))
    sql, params = prepared.compiled.parameters(statement_key(question).binds)
    loading = Loading(session, bool(options.get("populate_existing")), options.get("identity_token"), options=options)
    width = len(columns)
    found = {tuple(row[-width:]): row[:-width] for row in (yield from objects_of(channel, prepared, sql, params, loading))}
    shape = prepared.shape
    by_identity = None if shape.by_identity is None else shape.by_identity[:-width]
    own = RowShape(shape.names[:-width], None if shape.objects is None else shape.objects[:-width], by_identity)
    made: Any = Result(Source([found[key] for key in keys]), own)
    return made  # type: ignore[no-any-return]  # a Result without a row count
