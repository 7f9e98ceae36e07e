"""Running Core statements: from what a user passes to `connection.execute` to a `CursorResult`.

    execute(scope, statement, parameters)
      autobegin -> before_execute listeners -> parameter sets
      -> plan: engine.plans has compiled SQL, result shape and processors under the statement's key; a miss compiles (`core_plan.py`)
      -> values: binds of this statement, parameters given, Python-side defaults (`core_values.py`)
      -> send (BEGIN may ride along) -> rows, processed column by column -> CursorResult -> after_execute listeners

Rule 1: a parameter set is a dict; several sets run the statement for each, in one exchange where driver and statement allow it.
Rule 2: what a session runs does not come through here (`query.py`, `flush.py`), but through the same channel.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ambo.effects import Op, close_cursor, fetch_chunk, open_cursor
from ambo.errors import ArgumentError, AsyncMethodRequired, ObjectNotExecutableError
from ambo.loading.cursor_result import CursorResult, no_rows_result, rows_result
from ambo.loading.results import Wire
from ambo.loading.rows import RowShape, shape_of_names
from ambo.operations import connection as verbs, listeners, transaction
from ambo.operations.channel import Channel
from ambo.operations.connection import Scope
from ambo.operations.core_plan import CorePlan, plan_for
from ambo.operations.core_values import Execution
from ambo.operations.writing import write
from ambo.rendering.compiled import Compiled
from ambo.statements.defaults import NextValue, Sequence as DatabaseSequence
from ambo.statements.executable import Executable
from ambo.statements.function_elements import FunctionElement
from ambo.statements.late import late

ParameterSets = list[Mapping[str, Any]]


def parameter_sets(parameters: Any) -> ParameterSets:
    """Return what a user passed as parameters as a list of mappings, empty if there are none.

    Raises ArgumentError for anything but a mapping or a list of mappings.
    """
    if parameters is None:
        return []
    if isinstance(parameters, Mapping):
        return [parameters]
    if isinstance(parameters, Sequence) and not isinstance(parameters, (str, bytes)):
        for one in parameters:
            if not isinstance(one, Mapping):
                raise ArgumentError(f"a list of parameters must hold dictionaries only, one for each run of the statement; it holds {one!r}")
        return list(parameters)
    raise ArgumentError(f"parameters must be a dictionary or a list of dictionaries, not {parameters!r}")


def executable(statement: Any) -> Any:
    """Return what the user passed as a statement.

    Raises ObjectNotExecutableError if it is none.
    """
    unwrap = getattr(statement, "__clause_element__", None)
    if unwrap is not None:
        statement = unwrap()
    if isinstance(statement, Executable):
        return statement
    if isinstance(statement, (FunctionElement, NextValue)):
        return late.select(statement)
    if isinstance(statement, DatabaseSequence):
        return late.select(statement.next_value())
    if isinstance(statement, Compiled):
        return statement.statement
    raise ObjectNotExecutableError(statement)


def execute(scope: Scope, statement: Any, parameters: Any = None, options: Mapping[str, Any] | None = None) -> Op[CursorResult[Any]]:
    """Run a statement on a connection.

    Raises ObjectNotExecutableError for what is no statement, ArgumentError for wrong parameters, StatementError and its kin for
    what fails in the database.
    """
    verbs.enter(scope)
    channel = scope.channel
    statement = executable(statement)
    sets = parameter_sets(parameters)
    merged = {**statement._execution_options, **channel.options, **(options or {})}
    if channel.dispatch.of("before_execute"):
        statement, sets = yield from _announce(channel, statement, sets, merged)
    if merged.get("stream_results") or merged.get("yield_per"):
        result = yield from _streamed(channel, statement, sets, merged)
    else:
        result = yield from run(channel, statement, sets, merged)
    if channel.dispatch.of("after_execute"):
        yield from listeners.emit(channel, "after_execute", statement, *_for_listeners(sets), merged, result)
    return result


def _for_listeners(sets: ParameterSets) -> tuple[list[Any], dict[str, Any]]:
    return (sets, {}) if len(sets) > 1 else ([], dict(sets[0]) if sets else {})


def _announce(channel: Channel, statement: Any, sets: ParameterSets, options: Mapping[str, Any]) -> Op[Any]:
    """Show the statement to `before_execute`, whose listeners may replace it."""
    for listener in channel.dispatch.of("before_execute"):
        answer = yield from listeners.notify(channel, listener, (statement, *_for_listeners(sets), options))
        if listener.options.get("retval"):
            statement, many, single = answer
            sets = list(many) if many else [single] if single else []
    return statement, sets


def run(channel: Channel, statement: Any, sets: ParameterSets, options: Mapping[str, Any]) -> Op[CursorResult[Any]]:
    """Run a statement whose rows are all fetched."""
    planned = plan_for(channel, statement, sets, options)
    plan, key, _ = planned
    context = Execution(channel, options, statement, sets, planned)
    if plan.is_write:
        return (yield from write(context, plan, key))
    if len(sets) > 1:
        return (yield from _run_many(channel, plan, context))
    sql, params = plan.bound(key, sets[0] if sets else None)
    context.statement = sql
    fetched = yield from transaction.send(channel, sql, params, context)
    if not fetched.names:
        return no_rows_result(fetched.rowcount, fetched.lastrowid, context=context)
    return rows_result(plan.processed(fetched.rows, fetched.names), plan.shape_for(fetched.names), fetched.rowcount, context)


def _run_many(channel: Channel, plan: CorePlan, context: Execution) -> Op[CursorResult[Any]]:
    """Run a textual statement or DDL for several parameter sets."""
    rows = [plan.bound(context.key, one) for one in context.sets]
    context.statement = rows[0][0]
    total = 0
    for sql in dict.fromkeys(sql for sql, _ in rows):
        fetched = yield from transaction.send_many(channel, sql, [params for one, params in rows if one == sql], context)
        total = -1 if total < 0 or fetched.rowcount < 0 else total + fetched.rowcount
    return no_rows_result(total, context=context)


# ---------------------------------------------------------------------------------------------------------------- raw SQL
def exec_driver_sql(scope: Scope, sql: str, parameters: Any = None, options: Mapping[str, Any] | None = None) -> Op[CursorResult[Any]]:
    """Run SQL as it stands, parameters in the driver's style; a list of parameter sets runs it for each."""
    verbs.enter(scope)
    channel = scope.channel
    merged = {**channel.options, **(options or {})}
    if merged.get("stream_results") and channel.bind.is_async:
        raise _no_streams_here("exec_driver_sql")
    if not isinstance(sql, str):
        raise ObjectNotExecutableError(sql)
    many = isinstance(parameters, list) and bool(parameters) and isinstance(parameters[0], (tuple, list, Mapping))
    if many and len(parameters) == 1:
        many, parameters = False, parameters[0]
    context = Execution(channel, merged)
    context.statement = sql
    fetched = yield from transaction.send_driver(channel, sql, parameters or None, many, context)
    if fetched.names:
        return rows_result(fetched.rows, shape_of_names(tuple(fetched.names)), fetched.rowcount, context)
    return no_rows_result(fetched.rowcount, fetched.lastrowid, context=context)


# ---------------------------------------------------------------------------------------------------------------- streams
class CursorWire(Wire):
    """The rows of an open server-side cursor, fetched and processed part by part; `perform` runs operations in the caller's colour."""

    def __init__(self, channel: Channel, plan: CorePlan, cursor: Any) -> None:
        self.channel = channel
        self.plan = plan
        self.cursor = cursor
        self.link = channel.link
        self.is_open = True

    def fetch(self, size: int) -> Any:
        """Fetch up to `size` rows (or return the coroutine that does)."""
        return self.channel.bind.perform(verbs.exclusive(self.channel, fetch_part(self, size)))

    def close(self) -> Any:
        """Close the cursor (or return the coroutine that does)."""
        return self.channel.bind.perform(end_stream(self))


def fetch_part(wire: CursorWire, size: int) -> Op[list[Any]]:
    """Fetch the next rows of a stream; at its end the cursor is closed."""
    if not wire.is_open:
        return []
    rows = yield from fetch_chunk(wire.link, wire.cursor, size)
    if not rows:
        yield from end_stream(wire)
    return list(wire.plan.processed(rows, wire.cursor.names))


def end_stream(wire: CursorWire) -> Op[None]:
    """Let the cursor of a stream go; when its connection was closed or its transaction ended, it is gone already."""
    if wire.is_open:
        wire.is_open = False
        if wire.channel.link is wire.link and not wire.link.is_broken and wire.channel.begun:
            yield from close_cursor(wire.link, wire.cursor)


def open_stream(channel: Channel, statement: Any, sets: ParameterSets, options: Mapping[str, Any]) -> Op[tuple[RowShape, CursorWire, int | None]]:
    """Run a statement whose rows stay with the server; return their shape, their wire and how many are fetched at once."""
    if len(sets) > 1:
        raise ArgumentError("a stream has one parameter set; execute the statement without streaming, or stream it once for each set")
    planned = plan_for(channel, statement, sets, options)
    plan, key, _ = planned
    sql, params = plan.bound(key, sets[0] if sets else None)
    link = yield from transaction.open(channel)
    yield from transaction.begin(channel)
    context = Execution(channel, options, statement, sets, planned)
    sql, params = yield from listeners.shown(channel, sql, params, context)
    cursor = yield from open_cursor(link, sql, params)
    chunk: int | None = options.get("yield_per")
    return plan.shape_for(cursor.names), CursorWire(channel, plan, cursor), chunk


def stream(
    scope: Scope, statement: Any, parameters: Any = None, options: Mapping[str, Any] | None = None
) -> Op[tuple[RowShape, CursorWire, int | None]]:
    """Open a stream on a connection."""
    verbs.enter(scope)
    statement = executable(statement)
    merged = {**statement._execution_options, **scope.channel.options, **(options or {}), "stream_results": True}
    return (yield from open_stream(scope.channel, statement, parameter_sets(parameters), merged))


def _streamed(channel: Channel, statement: Any, sets: ParameterSets, options: Mapping[str, Any]) -> Op[CursorResult[Any]]:
    """Run a statement with `stream_results` or `yield_per` in the blocking colour, where an ordinary result can fetch part by part."""
    if channel.bind.is_async:
        raise _no_streams_here("execute")
    if not getattr(statement, "returns_rows", False):
        return (yield from run(channel, statement, sets, {**options, "stream_results": False, "yield_per": None}))
    shape, wire, chunk = yield from open_stream(channel, statement, sets, options)
    return CursorResult.over(wire, shape, chunk=chunk)


def _no_streams_here(method: str) -> AsyncMethodRequired:
    return AsyncMethodRequired(
        f"Can't use the AsyncConnection.{method}() method with a server-side cursor. Use the AsyncConnection.stream() method for an async "
        "streaming result set."
    )
