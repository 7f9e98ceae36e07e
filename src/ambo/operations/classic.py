"""The terminals of the classic Query, as operations: what `all`, `first`, `count`, … ask of a session.

Each takes the session, the statement a query stands for, and perhaps more; it runs the statement through
`operations/query.py` and gives the result its classic form: objects for a single entity, rows otherwise, and objects
that a join repeats only once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ambo import errors
from ambo.effects import Op, call
from ambo.loading.results import Result
from ambo.operations import query, session_query
from ambo.statements.functions import func
from ambo.statements.selects import Select, select
from ambo.statements.writes import delete as delete_from, update as update_of


def rows_of(session: Any, statement: Any, single: bool) -> Op[Any]:
    """Run a statement; return a Result of objects (`single`) or of rows, each entity once."""
    result: Result[Any] = yield from query.execute(session, statement, None, query.WHOLE)
    shaped: Any = result.scalars() if single else result
    streamed = statement.get_execution_options().get("yield_per")
    if streamed or not has_entity(statement):
        return shaped
    return shaped.unique() if single else shaped.unique(result._shape.tolerant_key())


def has_entity(statement: Any) -> bool:
    """Tell whether some column of the statement is a mapped class."""
    return any(described.get("entity") is not None and described["expr"] is described["entity"] for described in statement.column_descriptions)


def all_rows(session: Any, statement: Any, single: bool) -> Op[list[Any]]:
    """Return every result."""
    result = yield from rows_of(session, statement, single)
    return result.all()  # type: ignore[no-any-return]  # rows are Any


def first(session: Any, statement: Any, single: bool) -> Op[Any]:
    """Return the first result or None, asking the database for one row."""
    limited = statement.limit(1) if isinstance(statement, Select) else statement
    result = yield from rows_of(session, limited, single)
    return result.first()


def one(session: Any, statement: Any, single: bool) -> Op[Any]:
    """Return the only result."""
    result = yield from rows_of(session, statement, single)
    return result.one()


def one_or_none(session: Any, statement: Any, single: bool) -> Op[Any]:
    """Return the only result, or None if there is none."""
    result = yield from rows_of(session, statement, single)
    return result.one_or_none()


def scalar(session: Any, statement: Any) -> Op[Any]:
    """Return the first column of the only row, or None if there is none."""
    result = yield from rows_of(session, statement, False)
    row = result.one_or_none()
    return None if row is None else row[0]


def count(session: Any, statement: Any) -> Op[int]:
    """Return how many rows the statement would give."""
    counting = select(func.count()).select_from(statement.execution_options(enable_eagerloads=False).subquery())
    counting = counting.execution_options(**statement.get_execution_options())
    result = yield from query.execute(session, counting, None, query.WHOLE)
    return result.scalar_one()  # type: ignore[no-any-return]  # COUNT gives an int


def item(session: Any, statement: Any, single: bool, index: int) -> Op[Any]:
    """Return the result at one place.

    Raises IndexError if there are fewer.
    """
    window = statement.limit(1).offset(statement._offset_after(index))
    found = yield from all_rows(session, window, single)
    if not found:
        raise IndexError(f"the query has no result at index {index}")
    return found[0]


def get(session: Any, statement: Any, identity: Any) -> Op[Any]:
    """Return the object with this primary key, or None; the query may have options but no criteria."""
    entity = the_entity(statement, "get")
    if statement.whereclause is not None or statement._limit is not None or statement._offset is not None:
        raise errors.InvalidRequestError("Query.get() looks up a primary key; call it on a query without criteria, LIMIT or OFFSET.")
    chosen = statement.get_execution_options()
    return (
        yield from session_query.get(
            session,
            entity,
            identity,
            options=statement._with_options,
            populate_existing=chosen.get("populate_existing", False),
            with_for_update=statement._for_update,
            execution_options=chosen,
        )
    )


def the_entity(statement: Any, verb: str) -> Any:
    """Return the mapped class, or the table, that a query is about.

    Raises ArgumentError if it is about neither.
    """
    item = statement._raw_columns[0]
    if getattr(item, "is_from", False):
        return item
    entity = getattr(item, "entity", None)
    if entity is None:
        raise errors.ArgumentError(f"Query.{verb}() needs a query of one mapped class or table, such as session.query(User), not of {item}")
    return entity


CLAUSES_NO_WRITE_HAS = (
    ("_limit", "limit()"),
    ("_offset", "offset()"),
    ("_order_by", "order_by()"),
    ("_group_by", "group_by()"),
    ("_distinct", "distinct()"),
    ("_from_obj", "select_from()"),
    ("_joins", "join(), outerjoin()"),
)


def criteria_of(statement: Any, verb: str) -> tuple[Any, ...]:
    """Return the WHERE criteria of a query that is to become an UPDATE or DELETE."""
    for slot, name in CLAUSES_NO_WRITE_HAS:
        if getattr(statement, slot) not in (None, (), False):
            raise errors.InvalidRequestError(f"Can't call Query.update() or Query.delete() when {name} has been called; use {verb}(...)")
    return statement._where  # type: ignore[no-any-return]  # a Select's own tuple


def update(session: Any, statement: Any, values: Mapping[Any, Any], synchronize_session: Any, update_args: Mapping[str, Any]) -> Op[int]:
    """Run `UPDATE … WHERE` for the query's criteria; return how many rows it matched."""
    write = update_of(the_entity(statement, "update")).where(*criteria_of(statement, "update"))
    ordered = update_args.get("preserve_parameter_order", False)
    write = write.ordered_values(*(values.items() if isinstance(values, Mapping) else values)) if ordered else write.values(values)
    dialect_arguments = {name: value for name, value in update_args.items() if name != "preserve_parameter_order"}
    context = BulkWrite(session, statement, values)
    return (yield from written(context, "after_bulk_update", write.with_dialect_options(**dialect_arguments), synchronize_session))


def delete(session: Any, statement: Any, synchronize_session: Any, delete_args: Mapping[str, Any]) -> Op[int]:
    """Run `DELETE … WHERE` for the query's criteria; return how many rows it matched."""
    write = delete_from(the_entity(statement, "delete")).where(*criteria_of(statement, "delete"))
    context = BulkWrite(session, statement, None)
    return (yield from written(context, "after_bulk_delete", write.with_dialect_options(**delete_args), synchronize_session))


class BulkWrite:
    """What listeners of `after_bulk_update` and `after_bulk_delete` are given.

    `statement` is the query's SELECT, `values` what was to be written (None for a DELETE), `result` the result of the write.
    """

    __slots__ = ("result", "session", "statement", "values")

    def __init__(self, session: Any, statement: Any, values: Any) -> None:
        self.session = session
        self.statement = statement
        self.values = values
        self.result: Any = None


def written(context: BulkWrite, event: str, write: Any, synchronize_session: Any) -> Op[int]:
    """Run a write with the query's options; return its row count."""
    session, statement = context.session, context.statement
    write = write.options(*statement._with_options)
    chosen = {**statement.get_execution_options(), "synchronize_session": synchronize_session}
    context.result = yield from query.execute(session, write, None, chosen)
    for listener in session.dispatch.of(event):
        with session.lent():
            yield from call(listener, context)
    matched: int = context.result.rowcount
    return matched
