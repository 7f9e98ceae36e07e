"""UPDATE and DELETE of mapped classes as statements: `session.execute(update(User).where(...).values(...))`; INSERT is in `orm_inserts.py`.

    criteria, values -> which objects in the session match? (evaluate in Python, or fetch their keys) -> run -> those objects follow

    synchronize_session   "auto" (evaluate if that is possible, else fetch), "evaluate", "fetch", False
    a list of dicts       update(User) by primary key (`updates_by_key.py`)
    RETURNING             entities in it become objects of the session

Rule 1: no cascade, no event of single objects: a statement is about rows.
Rule 2: what a statement wrote and Python cannot compute is expired on the objects it matched.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from ambo.effects import Op
from ambo.errors import ArgumentError, InvalidRequestError
from ambo.loading.criteria import LoaderCriteria
from ambo.loading.cursor_result import Written
from ambo.loading.evaluator import UNKNOWN, Evaluate, UnevaluatableError, constant, evaluator
from ambo.loading.results import Result
from ambo.mapping.state import InstanceState, state_of
from ambo.operations import execute as core
from ambo.operations.enlist import channel_for
from ambo.operations.orm_inserts import insert_mapped
from ambo.operations.returning import run_write
from ambo.operations.updates_by_key import update_by_key
from ambo.statements.keys import statement_key
from ambo.statements.selects import select
from ambo.statements.writes import Assignment

Options = Mapping[str, Any]
Matched: TypeAlias = list[tuple[Any, bool]]
"""Objects in memory, and for each whether it is certain that its row matches."""
SYNCHRONIZE = ("auto", "evaluate", "fetch", False, None)


def write(session: Any, statement: Any, params: Any, options: Options, bind_arguments: Options | None) -> Op[Result[Any]]:
    """Run a write to a mapped class."""
    given = bind_arguments or {}
    mapper = statement.table.mapper
    sets = [mapper.expanded(one) for one in core.parameter_sets(params)]
    how = options.get("synchronize_session", "auto")
    if how not in SYNCHRONIZE:
        raise ArgumentError(f"Valid strategies for session synchronization are 'auto', 'evaluate', 'fetch' and False, not {how!r}")
    matched: Matched = []
    by_key = statement.is_update and isinstance(params, list) and options.get("dml_strategy", "auto") in ("auto", "bulk")
    if not statement.is_insert and not by_key:
        how, matched = yield from _match(session, statement, sets, how, options, given)
    channel = yield from channel_for(session, given.get("mapper", mapper), given.get("clause", statement), given.get("bind"))
    if statement.is_insert:
        return (yield from insert_mapped(session, channel, statement, sets, options))
    if by_key:
        return (yield from update_by_key(session, channel, statement, sets, how, options))
    if how in (False, None):
        return (yield from run_write(session, channel, statement, sets, options))

    def follow(result: Any) -> None:
        _follow(session, statement, matched, sets, result.written, options)

    return (yield from run_write(session, channel, statement, sets, options, follow))


# ---- criteria


def _match(session: Any, statement: Any, sets: Any, how: Any, options: Options, bind_arguments: Options) -> Op[tuple[Any, Matched]]:
    """Find the objects in memory that a statement is about to change; return how, and what was found."""
    matched: Matched = []
    if how in ("auto", "evaluate"):
        try:
            matched = _evaluated(session, statement, sets[0] if sets else {}, options)
        except UnevaluatableError as error:
            if how == "evaluate":
                raise InvalidRequestError(
                    f"Could not evaluate current criteria in Python: {error}. Specify 'fetch' or False for the synchronize_session execution option."
                ) from error
            how = "fetch"
    if how == "fetch":
        if len(sets) > 1:
            raise InvalidRequestError(
                "For synchronize_session='fetch', can't use multiple parameter sets in ORM mode, which this backend does not support with "
                "RETURNING; pass synchronize_session=False"
            )
        matched = yield from _fetched(session, statement, sets[0] if sets else {}, options, bind_arguments)
    return how, matched


def _follow(session: Any, statement: Any, matched: Matched, sets: Any, written: Written, options: Options) -> None:
    """Let the objects that were matched follow what was done; several parameter sets are followed one after the other."""
    mapper = statement.table.mapper
    for at, given in enumerate(sets or ({},)):
        found = matched if at == 0 else _evaluated(session, statement, given, options)
        if statement.is_update:
            _follow_update(session, statement, mapper, found, given)
            _follow_onupdates(session, mapper, found, written, at)
        else:
            _follow_delete(session, found)


def _criteria(statement: Any) -> list[Any]:
    entity = statement.table
    found = list(statement._where)
    for option in statement._with_options:
        if isinstance(option, LoaderCriteria):
            condition = option.condition_for(entity)
            if condition is not None:
                found.append(condition)
    return found


def _evaluated(session: Any, statement: Any, given: Options, options: Options) -> Matched:
    """Return the objects that match by their values in memory, and for each whether all needed values were loaded."""
    mapper = statement.table.mapper
    tests = [evaluator(one, mapper, given) for one in _criteria(statement)]
    found = []
    for obj in _candidates(session, mapper, options.get("identity_token")):
        answers = [test(obj) for test in tests]
        if all(one is UNKNOWN or one for one in answers):
            found.append((obj, not any(one is UNKNOWN for one in answers)))
    return found


def _candidates(session: Any, mapper: Any, token: Any) -> list[Any]:
    refs = session.identity_map.refs_of(mapper.identity_class, token)
    found = []
    for entry in list(refs.values()):
        obj = entry()
        if obj is not None and isinstance(obj, mapper.class_):
            state = obj._sa_instance_state
            if not (isinstance(state, InstanceState) and state.expired_all and state.expired):
                found.append(obj)
    return found


def _fetched(session: Any, statement: Any, given: Options, options: Options, bind_arguments: Options) -> Op[Matched]:
    """Return the objects in memory whose keys the database says will match."""
    mapper = statement.table.mapper
    columns = [mapper.entity.attribute(mapper.property_of(column).key) for column in mapper.primary_key]
    question = select(*columns).where(*statement._where).options(*[one for one in statement._with_options if isinstance(one, LoaderCriteria)])
    channel = yield from channel_for(session, bind_arguments.get("mapper", mapper), question, bind_arguments.get("bind"))
    rows = yield from core.run(channel, question, [given] if given else [], {**channel.options, **options})
    found = []
    for row in rows:
        obj = session.identity_map.get((mapper.identity_class, tuple(row), options.get("identity_token")))
        if obj is not None and isinstance(obj, mapper.class_):
            found.append((obj, True))
    return found


def _follow_update(session: Any, statement: Any, mapper: Any, matched: Sequence[tuple[Any, bool]], given: Options) -> None:
    """Give objects the values that were written; expire what Python cannot compute."""
    values = {key: _value_of(one, mapper, given) for one in statement._values if (key := _key_of(one, mapper)) is not None}
    if given:
        named = {bind.key for bind in statement_key(statement).binds if not bind.unique}
        values.update({key: constant(value) for key, value in given.items() if key in mapper.attributes and key not in named})
    for obj, is_sure in matched:
        have = obj.__dict__
        state = obj._sa_instance_state
        changed = state.committed if isinstance(state, InstanceState) else {}
        computed = {key: UNKNOWN if compute is None or not is_sure else compute(obj) for key, compute in values.items()}
        known = {key: value for key, value in computed.items() if value is not UNKNOWN and key not in changed and key in have}
        for key, value in known.items():
            mapper.class_manager.tracked[key].set_committed(obj, value)
        stale = [key for key in values if key not in known]
        if stale:
            session.expire_state(state_of(obj), stale)


def _follow_onupdates(session: Any, mapper: Any, matched: Sequence[tuple[Any, bool]], written: Written, at: int) -> None:
    """Give objects what `onupdate` made in Python, expire what the database made by itself."""
    made = {}
    if written.prefetched:
        params = written.params()[at]
        made = {prop.key: params[column.key] for column in written.prefetched if (prop := mapper.property_of(column)) and column.key in params}
    stale = [prop.key for column in written.postfetched if (prop := mapper.property_of(column)) is not None]
    for obj, is_sure in matched:
        changed = obj._sa_instance_state.committed if isinstance(obj._sa_instance_state, InstanceState) else {}
        for key, value in made.items():
            if is_sure and key in obj.__dict__ and key not in changed:
                mapper.class_manager.tracked[key].set_committed(obj, value)
        unknown = [key for key in (stale if is_sure else (*stale, *made)) if key in obj.__dict__ and key not in changed]
        if unknown:
            session.expire_state(state_of(obj), unknown)


def _key_of(assignment: Assignment, mapper: Any) -> str | None:
    column = assignment.column
    if isinstance(column, str):
        return column if column in mapper.attributes else None
    prop = getattr(column, "prop", None) or mapper.property_of(column)
    return None if prop is None else str(prop.key)


def _value_of(assignment: Assignment, mapper: Any, given: Options) -> Evaluate | None:
    try:
        return evaluator(assignment.value, mapper, given)
    except UnevaluatableError:
        return None


def _follow_delete(session: Any, matched: Sequence[tuple[Any, bool]]) -> None:
    for obj, is_sure in matched:
        state = state_of(obj)
        if is_sure:
            session.became_deleted({state: obj})
        else:
            session.expire_state(state)
