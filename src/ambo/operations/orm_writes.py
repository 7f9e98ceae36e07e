"""UPDATE and DELETE of mapped classes as statements: `session.execute(update(User).where(...).values(...))`; INSERT is in `orm_inserts.py`.

    criteria, values -> which objects in the session match? (evaluate in Python, or fetch their keys) -> run -> those objects follow

    synchronize_session   "auto" (evaluate if that is possible, else fetch), "evaluate", "fetch", False
    a list of dicts       update(User) by primary key
    RETURNING             entities in it become objects of the session

Rule 1: no cascade, no event of single objects: a statement is about rows.
Rule 2: what a statement wrote and Python cannot compute is expired on the objects it matched.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ambo.effects import Op
from ambo.errors import ArgumentError, InvalidRequestError
from ambo.loading.criteria import LoaderCriteria
from ambo.loading.cursor_result import no_rows_result
from ambo.loading.evaluator import UNKNOWN, Evaluate, UnevaluatableError, evaluator
from ambo.loading.results import Result
from ambo.mapping.state import InstanceState, state_of
from ambo.operations import bulk, execute as core
from ambo.operations.enlist import channel_for
from ambo.operations.orm_inserts import by_column, insert_mapped
from ambo.operations.returning import run_write
from ambo.statements.selects import select
from ambo.statements.writes import Assignment

Options = Mapping[str, Any]
SYNCHRONIZE = ("auto", "evaluate", "fetch", False, None)


def write(session: Any, statement: Any, params: Any, options: Options, bind_arguments: Options | None) -> Op[Result[Any]]:
    """Run a write to a mapped class."""
    given = bind_arguments or {}
    channel = yield from channel_for(
        session, given.get("mapper", statement.table.mapper), given.get("clause", statement), given.get("bind")
    )
    mapper = statement.table.mapper
    sets = [mapper.expanded(one) for one in core.parameter_sets(params)]
    if statement.is_insert:
        return (yield from insert_mapped(session, channel, statement, sets, options))
    how = options.get("synchronize_session", "auto")
    if how not in SYNCHRONIZE:
        raise ArgumentError(f"Valid strategies for session synchronization are 'auto', 'evaluate', 'fetch' and False, not {how!r}")
    if statement.is_update and isinstance(params, list) and not statement._values:
        return (yield from _update_by_key(session, channel, statement, sets, how, options))
    return (yield from _by_criteria(session, channel, statement, sets, how, options))


# ---- UPDATE and DELETE with criteria


def _by_criteria(session: Any, channel: Any, statement: Any, sets: Any, how: Any, options: Options) -> Op[Result[Any]]:
    mapper = statement.table.mapper
    given = sets[0] if len(sets) == 1 else {}
    if len(sets) > 1 and how not in (False, None):
        raise InvalidRequestError(
            "bulk synchronize of persistent objects is not supported with several parameter sets and WHERE criteria; "
            "pass execution_options(synchronize_session=False)"
        )
    matched: list[tuple[Any, bool]] = []
    if how in ("auto", "evaluate"):
        try:
            matched = _evaluated(session, statement, mapper, given)
        except UnevaluatableError as error:
            if how == "evaluate":
                raise InvalidRequestError(
                    f"Could not evaluate current criteria in Python: {error}. Specify 'fetch' or False for the synchronize_session execution option."
                ) from error
            how = "fetch"
    if how == "fetch":
        matched = yield from _fetched(session, channel, statement, mapper, given, options)
    result = yield from run_write(session, channel, statement, sets, options)
    if how not in (False, None):
        if statement.is_update:
            _follow_update(session, statement, mapper, matched, given)
        else:
            _follow_delete(session, matched)
    return result


def _criteria(statement: Any) -> list[Any]:
    entity = statement.table
    found = list(statement._where)
    for option in statement._with_options:
        if isinstance(option, LoaderCriteria):
            condition = option.condition_for(entity)
            if condition is not None:
                found.append(condition)
    return found


def _evaluated(session: Any, statement: Any, mapper: Any, given: Options) -> list[tuple[Any, bool]]:
    """Return the objects that match by their values in memory, and for each whether all needed values were loaded."""
    tests = [evaluator(one, mapper, given) for one in _criteria(statement)]
    found = []
    for obj in _candidates(session, mapper):
        answers = [test(obj) for test in tests]
        if all(one is UNKNOWN or one for one in answers):
            found.append((obj, not any(one is UNKNOWN for one in answers)))
    return found


def _candidates(session: Any, mapper: Any) -> list[Any]:
    refs = session.identity_map.refs_of(mapper.identity_class)
    found = []
    for entry in list(refs.values()):
        obj = entry()
        if obj is not None and isinstance(obj, mapper.class_):
            state = obj._ambo_state
            if not (isinstance(state, InstanceState) and state.expired_all and state.expired):
                found.append(obj)
    return found


def _fetched(session: Any, channel: Any, statement: Any, mapper: Any, given: Options, options: Options) -> Op[list[tuple[Any, bool]]]:
    """Return the objects in memory whose keys the database says will match."""
    columns = [mapper.entity.attribute(mapper.property_of(column).key) for column in mapper.primary_key]
    question = select(*columns).where(*statement._where).options(*statement._with_options)
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
    for obj, is_sure in matched:
        have = obj.__dict__
        state = obj._ambo_state
        changed = state.committed if isinstance(state, InstanceState) else {}
        computed = {key: UNKNOWN if compute is None or not is_sure else compute(obj) for key, compute in values.items()}
        known = {key: value for key, value in computed.items() if value is not UNKNOWN and key not in changed and key in have}
        for key, value in known.items():
            mapper.class_manager.tracked[key].set_committed(obj, value)
        stale = [key for key in values if key not in known and key not in changed]
        if stale:
            session.expire_state(state_of(obj), stale)


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
            session.became_deleted(state, obj)
        else:
            session.expire_state(state)


# ---- lists of dictionaries


def _update_by_key(session: Any, channel: Any, statement: Any, sets: Any, how: Any, options: Options) -> Op[Result[Any]]:
    """Update the row of each dictionary's primary key."""
    mapper = statement.table.mapper
    if statement._where:
        if how not in (False, None, "auto"):
            raise InvalidRequestError(
                "bulk synchronize of persistent objects is not supported when using bulk update with additional WHERE criteria right now; "
                "add synchronize_session=None execution option to bypass synchronize of persistent objects"
            )
        translated: list[Options] = [by_column(mapper, one) for one in sets]
        return (yield from core.run(channel, statement, translated, {**channel.options, **options}))
    if statement._returning:
        raise InvalidRequestError("bulk ORM UPDATE does not support RETURNING; use update().where(...).values(...).returning(...)")
    for one in sets:
        missing = [key for key in mapper.pk_keys if key not in one]
        if missing:
            raise InvalidRequestError(
                f"No primary key value supplied for column(s) {', '.join(map(str, mapper.primary_key))}; "
                "per-row ORM Bulk UPDATE by Primary Key requires that records contain primary key values"
            )
    yield from bulk.bulk_update_mappings(session, mapper, [dict(one) for one in sets])
    if how not in (False, None):
        for one in sets:
            obj = session.identity_map.get(mapper.identity_key(tuple(one[key] for key in mapper.pk_keys)))
            if obj is not None:
                _take_over(session, obj, one)
    return no_rows_result(len(sets), None)


def _take_over(session: Any, obj: Any, values: Options) -> None:
    manager = obj.__class__._ambo_manager
    for key, value in values.items():
        if key in obj.__dict__ and key in manager.tracked:
            if hasattr(value, "_tokens"):
                session.expire_state(state_of(obj), [key])
            else:
                manager.tracked[key].set_committed(obj, value)
