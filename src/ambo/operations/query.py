"""Statements of a session: from `select(User)` to a Result of objects.

    execute(session, statement)
      do_orm_execute listeners -> autoflush
      -> key of the statement -> engine.plans: a `Prepared` query (a miss lowers, plans, compiles, generates the loader)
      -> values -> send (BEGIN may ride along) -> rows -> objects in the identity map -> loads that follow -> Result

Rows that are to come part by part are `session_streams.py`'s. Statements without entities take the way of a connection (`execute.py`); writes to mapped classes go to `orm_writes.py`; one
object or attribute is loaded by `loads.py`, for the verbs in `session_query.py`.

Rule 1: pending changes are flushed before whatever could see them, unless `autoflush` is off or a flush is running.
Rule 2: one look-up by the statement's key finds everything that does not depend on values.
Rule 3: this is the hot path (tests/test_budgets.py counts its calls): what is usual is told by plain attributes (`frame.usual`,
    `listening.heard`, `compiled.plain_sql`), and only what is not is asked of other modules.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from ambo.effects import Op
from ambo.listening import clock, heard
from ambo.loading.from_statement import FromStatement
from ambo.loading.part_reader import PartReader
from ambo.loading.planning import selects_entities
from ambo.loading.population import loading_for
from ambo.loading.prepared import Prepared, prepare
from ambo.loading.results import Result, ScalarResult, Source
from ambo.operations import execute as core, orm_writes, session_streams, transaction
from ambo.operations.core_plan import plan_for
from ambo.operations.core_values import Execution
from ambo.operations.eager import complete, taken
from ambo.operations.enlist import channel_at_hand, channel_for
from ambo.operations.execute_state import ORMExecuteState, announce, carried_out, is_shown
from ambo.operations.flush import autoflush as flush_first
from ambo.operations.query_plans import (
    NOTHING,
    Options,
    given_parameters,
    in_parts,
    is_streamed,
    prepared_for_rows,
    refuse_cut,
    subject_of,
)
from ambo.statements.keys import StatementKey, statement_key

WHOLE: Options = {"prebuffer_rows": True}
"""Asks for all rows at once, for results that an operation reads itself."""
_value_of = attrgetter("value")


def scalars(
    session: Any, statement: Any, params: Any = None, options: Options | None = None, bind_arguments: Options | None = None
) -> Op[ScalarResult[Any]]:
    """Run a statement and return the first element of each row."""
    result = yield from _executed(session, statement, params, options, bind_arguments)
    return result.scalars()


def scalar(session: Any, statement: Any, params: Any = None, options: Options | None = None, bind_arguments: Options | None = None) -> Op[Any]:
    """Run a statement and return the first element of its first row, or None."""
    result = yield from _executed(session, statement, params, {**options, **WHOLE} if options else WHOLE, bind_arguments)
    return result.scalar()


def execute(
    session: Any, statement: Any, params: Any = None, options: Options | None = None, bind_arguments: Options | None = None
) -> Op[Result[Any]]:
    """Run a statement; entities in its rows are objects of the session."""
    return (yield from _executed(session, statement, params, options, bind_arguments))


def _executed(session: Any, statement: Any, params: Any, options: Options | None, bind_arguments: Options | None) -> Op[Result[Any]]:
    if session.execution_options:
        options = {**session.execution_options, **(options or NOTHING)}
    shown = "do_orm_execute" in heard and is_shown(session)
    return (_announced if shown else invoke)(session, statement, params, options or NOTHING, bind_arguments or NOTHING)


def _announced(session: Any, statement: Any, params: Any, options: Options, bind_arguments: Options) -> Op[Result[Any]]:
    """Show a statement to the `do_orm_execute` listeners, then run what they made of it."""
    state = ORMExecuteState(session, core.executable(statement), params, options, bind_arguments, invoke)
    return (yield from carried_out(session, state))


def flushes(session: Any, statement: Any, options: Options) -> bool:
    """Tell whether pending changes are to be flushed before a statement."""
    if not session.autoflush or session._flushing:
        return False
    wanted = options.get("autoflush")
    if wanted is None:
        wanted = getattr(statement, "_execution_options", NOTHING).get("autoflush", True)
    return bool(wanted)


def prepared_for(channel: Any, statement: Any, key: StatementKey, options: Options) -> Prepared | None:
    """Return the prepared form of a SELECT, None if it selects no entities."""
    plans = channel.bind.plans
    cached_as: Any = ("session", key.key)
    translate = channel.options.get("schema_translate_map")
    if options or translate:
        translate = options.get("schema_translate_map", translate)
        if translate or not options.get("enable_eagerloads", True):
            cached_as = (cached_as, translate and tuple(translate.items()), options.get("enable_eagerloads", True))
    found: Prepared | None = plans.get(cached_as)
    if found is None and selects_entities(statement):
        found = prepare(statement, channel.dialect, key, schema_translate=translate)
        plans.put(cached_as, found)
    return found


def stream(
    session: Any, statement: Any, params: Any = None, options: Options | None = None, bind_arguments: Options | None = None
) -> Op[Any]:
    """Run a statement whose rows stay with the server; return what a result is made over: wire, shape, singleness, None, rows a part."""
    statement = core.executable(statement)
    options = {**session.execution_options, **(options or NOTHING)}
    bind_arguments = bind_arguments or NOTHING
    if "do_orm_execute" in heard and is_shown(session):
        state = ORMExecuteState(session, statement, params, options, bind_arguments, invoke)
        answer = yield from (announce if session.router is None else carried_out)(session, state)
        if answer is not None:
            return session_streams.handed_out(session, answer)
        statement, params, options, bind_arguments = state.statement, state.parameters, state.local_execution_options, state.bind_arguments
    if session.has_work and flushes(session, statement, options):
        yield from flush_first(session)
    return (yield from _opened(session, statement, params, {**statement._execution_options, **options}, bind_arguments))


def _opened(session: Any, statement: Any, params: Any, options: Options, bind_arguments: Options) -> Op[Any]:
    """Open the cursor of a statement; return what a result is made over."""
    is_select = statement.visit == "select"
    mapper = bind_arguments.get("mapper") or (subject_of(statement) if is_select else None)
    channel = yield from channel_for(session, mapper, bind_arguments.get("clause", statement), bind_arguments.get("bind"))
    if isinstance(statement, FromStatement):
        return (yield from session_streams.from_statement(session, channel, statement, params, options))
    key = statement_key(statement)
    prepared = prepared_for(channel, statement, key, options) if is_select else None
    if prepared is None:
        return (yield from session_streams.core_rows(channel, statement, params, options))
    return (yield from session_streams.objects(session, channel, prepared, key, statement, params, options))


def invoke(session: Any, statement: Any, params: Any, options: Options, bind_arguments: Options) -> Op[Result[Any]]:
    """Run a statement without asking the listeners of `do_orm_execute`."""
    if (session._new or session._modified or session._deleted) and flushes(session, statement, options):
        yield from flush_first(session)
    if getattr(statement, "visit", None) != "select":
        return (yield from _other(session, core.executable(statement), params, options, bind_arguments))
    options = {**statement._execution_options, **options} if options else statement._execution_options
    if options and is_streamed(session, statement, options):
        return Result.over(*(yield from _opened(session, statement, params, options, bind_arguments)))
    key = statement_key(statement)
    channel = None if bind_arguments else channel_at_hand(session)
    if channel is None:
        mapper = bind_arguments.get("mapper") or subject_of(statement)
        channel = yield from channel_for(session, mapper, bind_arguments.get("clause", statement), bind_arguments.get("bind"))
    prepared = prepared_for(channel, statement, key, options)
    if prepared is None:
        return in_parts((yield from core.run(channel, statement, core.parameter_sets(params), {**channel.options, **options})), options)
    if options and options.get("yield_per"):
        refuse_cut(prepared)
    loading = loading_for(session, prepared.binds, key.binds, options)
    sql = prepared.compiled.plain_sql
    if sql is not None and not params:
        sent: Sequence[Any] = tuple(map(_value_of, key.binds))
    else:
        sql, sent = prepared.compiled.parameters(key.binds, given_parameters(params))
    context = Execution(channel, options, statement) if channel.quiet_since != clock.now and channel.heard else None
    loader = prepared.loader
    reader = None if loader is None or not loader.expected else PartReader(loader, loading)
    fetched = yield from transaction.send(channel, sql, sent, context, reader)
    items = fetched.rows
    if loader is not None:
        items = loading.read(loader, items, reader)
        if loading.gathered or loading.has_listeners:
            yield from complete(channel, prepared, loading)
    result: Result[Any] = Result(Source(items, prepared.single, prepared.plan.repeats), prepared.shape)
    return in_parts(result, options) if options else result


def _other(session: Any, statement: Any, params: Any, options: Options, bind_arguments: Options) -> Op[Result[Any]]:
    """Run what is no plain SELECT: writes, unions, text."""
    options = {**statement._execution_options, **options}
    if statement.is_dml and getattr(statement.table, "is_entity", False):
        return (yield from orm_writes.write(session, statement, params, options, bind_arguments))
    if is_streamed(session, statement, options):
        return Result.over(*(yield from _opened(session, statement, params, options, bind_arguments)))
    bound = bind_arguments
    channel = yield from channel_for(session, bound.get("mapper"), bound.get("clause", statement), bound.get("bind"))
    if isinstance(statement, FromStatement):
        return (yield from _from_statement(session, channel, statement, params, options))
    return in_parts((yield from core.run(channel, statement, core.parameter_sets(params), {**channel.options, **options})), options)


def _from_statement(session: Any, channel: Any, statement: FromStatement, params: Any, options: Options) -> Op[Result[Any]]:
    """Run a statement by itself, and make entities of its rows."""
    element = statement.element
    sets = core.parameter_sets(params)
    merged = {**channel.options, **element._execution_options, **options}
    planned, key, _ = plan_for(channel, element, sets, merged)
    sql, sent = planned.bound(key, sets[0] if sets else None)
    context = Execution(channel, merged, element, sets)
    context.statement = sql
    fetched = yield from transaction.send(channel, sql, sent, context)
    own = statement_key(statement)
    prepared = prepared_for_rows(channel, statement, own, planned, fetched.names)
    items = yield from taken(channel, prepared, fetched.rows, loading_for(session, prepared.binds, own.binds, options))
    return in_parts(Result(Source(items, prepared.single, prepared.plan.repeats), prepared.shape), options)
