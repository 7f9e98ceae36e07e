"""Statements of a session: from `select(User)` to a Result of objects.

    execute(session, statement)
      do_orm_execute listeners -> autoflush
      -> key of the statement -> engine.plans: a `Prepared` query (a miss lowers, plans, compiles, generates the loader)
      -> values -> send (BEGIN may ride along) -> rows -> objects in the identity map -> loads that follow -> Result

Statements without entities take the way of a connection (`execute.py`); writes to mapped classes go to `orm_writes.py`; one
object or attribute is loaded by `loads.py`, for the verbs in `session_query.py`.

Rule 1: pending changes are flushed before whatever could see them, unless `autoflush` is off or a flush is running.
Rule 2: one look-up by the statement's key finds everything that does not depend on values.
Rule 3: this is the hot path (tests/test_budgets.py counts its calls): what is usual is told by plain attributes (`frame.usual`,
    `listening.heard`, `compiled.plain_sql`), and only what is not is asked of other modules.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Any

from ambo.effects import Op
from ambo.errors import ArgumentError
from ambo.listening import clock, heard
from ambo.loading.from_statement import FromStatement
from ambo.loading.part_reader import PartReader
from ambo.loading.planning import selects_entities
from ambo.loading.population import Loading, Values
from ambo.loading.prepared import Prepared, prepare, prepare_rows
from ambo.loading.results import Result, ScalarResult, Source
from ambo.operations import execute as core, orm_writes, transaction
from ambo.operations.core_plan import plan_for
from ambo.operations.core_values import Execution
from ambo.operations.eager import complete, taken
from ambo.operations.enlist import channel_at_hand, channel_for
from ambo.operations.execute_state import ORMExecuteState, announce
from ambo.operations.flush import autoflush as flush_first
from ambo.statements.keys import StatementKey, statement_key
from ambo.statements.traversal import iterate

Options = Mapping[str, Any]
NOTHING: Options = {}
_value_of = attrgetter("value")


def scalars(
    session: Any, statement: Any, params: Any = None, options: Options | None = None, bind_arguments: Options | None = None
) -> Op[ScalarResult[Any]]:
    """Run a statement and return the first element of each row."""
    result = yield from _executed(session, statement, params, options, bind_arguments)
    return result.scalars()


def scalar(session: Any, statement: Any, params: Any = None, options: Options | None = None, bind_arguments: Options | None = None) -> Op[Any]:
    """Run a statement and return the first element of its first row, or None."""
    result = yield from _executed(session, statement, params, options, bind_arguments)
    return result.scalar()


def execute(
    session: Any, statement: Any, params: Any = None, options: Options | None = None, bind_arguments: Options | None = None
) -> Op[Result[Any]]:
    """Run a statement; entities in its rows are objects of the session."""
    return (yield from _executed(session, statement, params, options, bind_arguments))


def _executed(session: Any, statement: Any, params: Any, options: Options | None, bind_arguments: Options | None) -> Op[Result[Any]]:
    if session.execution_options:
        options = {**session.execution_options, **(options or NOTHING)}
    shown = "do_orm_execute" in heard and session.dispatch.of("do_orm_execute")
    return (_announced if shown else invoke)(session, statement, params, options or NOTHING, bind_arguments or NOTHING)


def _announced(session: Any, statement: Any, params: Any, options: Options, bind_arguments: Options) -> Op[Result[Any]]:
    """Show a statement to the `do_orm_execute` listeners, then run what they made of it."""
    state = ORMExecuteState(session, statement, params, options, bind_arguments)
    answer = yield from announce(session, state)
    if answer is not None:
        return answer
    return (yield from invoke(session, state.statement, state.parameters, state.local_execution_options, state.bind_arguments))


def flushes(session: Any, statement: Any, options: Options) -> bool:
    """Tell whether pending changes are to be flushed before a statement."""
    if not session.autoflush or session._flushing:
        return False
    wanted = options.get("autoflush")
    if wanted is None:
        wanted = getattr(statement, "_execution_options", NOTHING).get("autoflush", True)
    return bool(wanted)


def invoke(session: Any, statement: Any, params: Any, options: Options, bind_arguments: Options) -> Op[Result[Any]]:
    """Run a statement without asking the listeners of `do_orm_execute`."""
    if (session._new or session._modified or session._deleted) and flushes(session, statement, options):
        yield from flush_first(session)
    if getattr(statement, "visit", None) != "select":
        return (yield from _other(session, core.executable(statement), params, options, bind_arguments))
    options = {**statement._execution_options, **options} if options else statement._execution_options
    key = statement_key(statement)
    channel = None if bind_arguments else channel_at_hand(session)
    if channel is None:
        mapper = bind_arguments.get("mapper") or subject_of(statement)
        channel = yield from channel_for(session, mapper, bind_arguments.get("clause", statement), bind_arguments.get("bind"))
    prepared = prepared_for(channel, statement, key, options)
    if prepared is None:
        return (yield from core.run(channel, statement, core.parameter_sets(params), {**channel.options, **options}))
    loading = loading_for(session, prepared, key, options)
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
    return Result(Source(items, prepared.single, prepared.plan.repeats), prepared.shape)


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


def loading_for(session: Any, prepared: Prepared, key: StatementKey, options: Options) -> Loading:
    """Return the state of one execution."""
    values = Values(prepared.binds, key.binds)
    if not options:
        return Loading(session, False, None, None, values)
    return Loading(session, bool(options.get("populate_existing")), options.get("identity_token"), None, values, options)


def given_parameters(params: Any) -> Options | None:
    """Return the one set of parameters a SELECT takes.

    Raises ArgumentError if there are several.
    """
    if params is None or isinstance(params, Mapping):
        return params
    if isinstance(params, Sequence) and len(params) <= 1:
        return params[0] if params else None
    raise ArgumentError("a SELECT takes one dictionary of parameters, not a list of several")


def subject_of(statement: Any) -> Any:
    """Return the mapper of the first entity that a SELECT names, which decides about the engine; None if it names none."""
    for item in statement._raw_columns:
        mapper = getattr(item, "mapper", None) or getattr(getattr(item, "entity", None), "mapper", None)
        if mapper is not None:
            return mapper
    return _subject_inside((*statement._raw_columns, *statement._from_obj))


def _subject_inside(items: Sequence[Any]) -> Any:
    """Return the mapper of the first entity in expressions such as `func.count(User.id)`."""
    for item in items:
        for node in iterate(item):
            mapper = getattr(getattr(node, "entity", node), "mapper", None)
            if mapper is not None:
                return mapper
    return None


def _other(session: Any, statement: Any, params: Any, options: Options, bind_arguments: Options) -> Op[Result[Any]]:
    """Run what is no plain SELECT: writes, unions, text."""
    options = {**statement._execution_options, **options}
    if statement.is_dml and getattr(statement.table, "is_entity", False):
        return (yield from orm_writes.write(session, statement, params, options, bind_arguments))
    bound = bind_arguments
    channel = yield from channel_for(session, bound.get("mapper"), bound.get("clause", statement), bound.get("bind"))
    if isinstance(statement, FromStatement):
        return (yield from _from_statement(session, channel, statement, params, options))
    return (yield from core.run(channel, statement, core.parameter_sets(params), {**channel.options, **options}))


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
    names = tuple(fetched.names)
    own = statement_key(statement)
    plans = channel.bind.plans
    cached_as = ("rows", own.key, names)
    prepared: Prepared | None = plans.get(cached_as)
    if prepared is None:
        shape = planned.shape_for(names)
        prepared = prepare_rows(statement, names, shape.objects or [()] * len(names), channel.dialect)
        plans.put(cached_as, prepared)
    items = yield from taken(channel, prepared, fetched.rows, loading_for(session, prepared, own, options))
    return Result(Source(items, prepared.single, prepared.plan.repeats), prepared.shape)
