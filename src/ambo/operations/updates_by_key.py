"""UPDATE of mapped classes by primary key: `session.execute(update(User), [{"id": 1, "name": "x"}, ...])`.

    no WHERE, plain values        rows as the unit of work writes them, over several tables if need be (`bulk.py`)
    WHERE, or named parameters    the statement itself, once for each dictionary, with the primary key added to its WHERE

Rule 1: each dictionary holds the whole primary key, by attribute name.
Rule 2: without WHERE the objects in memory take the new values; with one nobody knows which rows matched, so they are expired.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from ambo.effects import Op
from ambo.errors import InvalidRequestError
from ambo.loading.cursor_result import no_rows_result
from ambo.loading.results import Result
from ambo.mapping.state import state_of
from ambo.operations import bulk, execute as core
from ambo.operations.channel import Channel
from ambo.operations.orm_inserts import by_column, key_of, values_of
from ambo.statements.elements import bindparam
from ambo.statements.keys import statement_key

Options = Mapping[str, Any]
ParameterSets = Sequence[dict[str, Any]]


def update_by_key(session: Any, channel: Channel, statement: Any, sets: ParameterSets, how: Any, options: Options) -> Op[Result[Any]]:
    """Update the row of each dictionary's primary key."""
    mapper = statement.table.mapper
    _check(statement, mapper, sets, how)
    named = {bind.key for bind in statement_key(statement).binds if not bind.unique}
    if statement._where or named:
        result = yield from _one_by_one(channel, statement, mapper, sets, options)
        if how not in (False, None):
            _expire(session, statement, mapper, sets, named)
        return result
    common = values_of(statement, mapper)
    rows = [{**common, **one} for one in sets]
    yield from bulk.bulk_update_mappings(session, mapper, [dict(one) for one in rows])
    if how not in (False, None):
        for one in rows:
            obj = session.identity_map.get(mapper.identity_key(_key_in(mapper, one)))
            if obj is not None:
                _take_over(session, obj, one)
    return no_rows_result(len(sets), None)


def _check(statement: Any, mapper: Any, sets: ParameterSets, how: Any) -> None:
    for one in sets:
        if any(key not in one for key in mapper.pk_keys):
            raise InvalidRequestError(
                f"No primary key value supplied for column(s) {', '.join(map(str, mapper.primary_key))}; "
                "per-row ORM Bulk UPDATE by Primary Key requires that records contain primary key values"
            )
    if how == "fetch":
        raise InvalidRequestError(
            "The 'fetch' synchronization strategy is not available for 'bulk' ORM updates (i.e. multiple parameter sets); "
            "leave synchronize_session out, or pass False"
        )
    if statement._where and how == "evaluate":
        raise InvalidRequestError(
            "bulk synchronize of persistent objects not supported when using bulk update with additional WHERE criteria right now; "
            "add synchronize_session=None execution option to bypass synchronize of persistent objects"
        )
    if getattr(statement, "_preserve_order", False):
        raise InvalidRequestError(
            "bulk ORM UPDATE does not support ordered_values() for custom UPDATE statements with bulk parameter sets; use values()"
        )
    if statement._returning:
        raise InvalidRequestError("bulk ORM UPDATE does not support RETURNING; use update().where(...).values(...).returning(...)")


def _one_by_one(channel: Channel, statement: Any, mapper: Any, sets: ParameterSets, options: Options) -> Op[Result[Any]]:
    """Run the statement for each dictionary, with the primary key in its WHERE."""
    names = {key: f"ambo_key_{key}" for key in mapper.pk_keys}
    for key, name in names.items():
        column = mapper.entity.attribute(key)
        statement = statement.where(column == bindparam(name, type_=column.type))
    rows = [
        {**by_column(mapper, {key: value for key, value in one.items() if key not in names}), **{name: one[key] for key, name in names.items()}}
        for one in sets
    ]
    total = 0
    for _, group in groupby(rows, list):
        result = yield from core.run(channel, statement, list(group), {**channel.options, **options})
        total = -1 if total < 0 or result.rowcount < 0 else total + result.rowcount
    return no_rows_result(total, None)


def _key_in(mapper: Any, values: Options) -> tuple[Any, ...]:
    return tuple([values[key] for key in mapper.pk_keys])


def _expire(session: Any, statement: Any, mapper: Any, sets: ParameterSets, named: Iterable[Any]) -> None:
    """Expire what may have been written on the objects of some primary keys."""
    common = [key_of(one, mapper) for one in statement._values]
    for one in sets:
        obj = session.identity_map.get(mapper.identity_key(_key_in(mapper, one)))
        if obj is not None:
            keys = {*common, *one}.difference(named, mapper.pk_keys)
            session.expire_state(state_of(obj), [key for key in keys if key in mapper.attributes])


def _take_over(session: Any, obj: Any, values: Options) -> None:
    manager = obj.__class__._sa_class_manager
    for key, value in values.items():
        if key in obj.__dict__ and key in manager.tracked:
            if hasattr(value, "_tokens"):
                session.expire_state(state_of(obj), [key])
            else:
                manager.tracked[key].set_committed(obj, value)
