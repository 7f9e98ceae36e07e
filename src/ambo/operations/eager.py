"""Running a prepared query, and the loads that follow it: level by level, all of a level in one batch.

    rows of the query -> objects -> steps of its plan -> requests -> one batch -> objects -> their steps -> ...

Rule 1: sibling relations are independent, so their statements travel together (one round trip where the driver can).
Rule 2: `load` listeners are called when the whole graph is there.
Rule 3: nothing here flushes.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from operator import itemgetter
from typing import Any
from weakref import ref

from ambo.collecting import MANY, undisturbed
from ambo.effects import Execute, Fetched, Op
from ambo.listening import clock, heard
from ambo.loading.part_reader import PartReader
from ambo.loading.population import Loading
from ambo.loading.prepared import Given, Prepared, prepare
from ambo.loading.results import Result, Source
from ambo.loading.selectin import SelectInStep, grouped, keyed_objects, once
from ambo.operations import transaction
from ambo.operations.core_values import Execution
from ambo.operations.enlist import channel_for
from ambo.operations.execute_state import ORMExecuteState, carried_out, is_shown

_CHUNK = 500
_key_of = itemgetter(1)


def objects_of(channel: Any, prepared: Prepared, sql: str, params: Sequence[Any], loading: Loading, context: Any = None) -> Op[list[Any]]:
    """Run a prepared query; return what the rows became: objects, or tuples of values and objects."""
    if channel.quiet_since != clock.now and context is None and channel.heard:
        context = Execution(channel, channel.options)
    fetched = yield from transaction.send(channel, sql, params, context)
    loader = prepared.loader
    if loader is None:
        return fetched.rows
    items: list[Any] = loading.read(loader, fetched.rows)
    if loading.gathered or loading.has_listeners:
        yield from complete(channel, prepared, loading)
    return items


def taken(channel: Any, prepared: Prepared, rows: Sequence[Any], loading: Loading) -> Op[list[Any]]:
    """Turn rows into objects and run the loads that follow."""
    loader = prepared.loader
    if loader is None:
        return rows  # type: ignore[return-value]  # a driver's list of rows
    items: list[Any] = loading.read(loader, rows)
    if loading.gathered or loading.has_listeners:
        yield from complete(channel, prepared, loading)
    return items


def complete(channel: Any, prepared: Prepared, loading: Loading) -> Op[None]:
    """Run the loads that follow a query, then tell the listeners."""
    if loading.gathered:
        assert prepared.loader is not None
        note_peers(prepared.loader.gathering, loading.gathered)
        yield from _levels(channel, requests_of(prepared, loading, channel.dialect))
    if loading.has_listeners:
        loading.finish()


def note_peers(gathering: Sequence[Any], gathered: Sequence[tuple[list[Any], list[Any]]]) -> None:
    """Let objects whose lazy loads serve a whole result know who is in it."""
    for plan, (fresh, known) in zip(gathering, gathered, strict=True):
        if plan.by_peers:
            for group in (fresh, known):
                for obj in group:
                    options = obj._sa_instance_state.load_options
                    if options is not None and options.peers is not None:
                        options.peers.append(ref(obj))


class _Request:
    """One statement of a level: its step, its parents with their keys, its loading; `items` if a listener had to do with it.

    `parts` are the same statement for each shard that it was sent to, if the session has any.
    """

    __slots__ = ("items", "keys", "loading", "params", "parents", "parts", "prepared", "reader", "sql", "step")

    def __init__(self, step: SelectInStep, prepared: Prepared, parents: list[tuple[Any, Any]], keys: list[Any], loading: Loading) -> None:
        self.step = step
        self.prepared = prepared
        self.parents = parents
        self.keys = keys
        self.items: list[Any] | None = None
        self.parts: list[_Request] | None = None
        self.loading = step.loading_for(loading)
        loader = prepared.loader
        self.reader = None if loader is None or not loader.expected else PartReader(loader, self.loading)
        self.bind()

    def bind(self) -> None:
        """Fill in the keys."""
        compiled, known, keys = self.prepared.compiled, self.prepared.binds, self.step.keyed.bind
        if compiled.takes_list and len(known) == 1 and known[0] is keys:
            self.sql, self.params = compiled.parameters_of_list(self.keys)
            return
        given = self.keys[0] if self.step.general is not None else self.keys
        if compiled.plain_sql is not None and len(known) == 1 and known[0] is keys:
            self.sql, self.params = compiled.plain_sql, (given,)
            return
        binds = self.loading.values.of(known, {id(keys): Given(given)})
        self.sql, self.params = compiled.parameters(binds)


def _shown(channel: Any, request: _Request) -> Op[None]:
    """Run a statement as the listeners of `do_orm_execute` want it."""
    step, loading, original = request.step, request.loading, request.prepared.roots[0]
    schemas = request.prepared.schemas

    def run(_session: Any, statement: Any, _params: Any, options: Any, bind_arguments: Any) -> Op[Result[Any]]:
        if "bind" in bind_arguments:
            return (yield from _in_shard(request, statement, options, bind_arguments["bind"]))
        if statement is not original:
            request.prepared = prepare(statement, channel.dialect, None, {id(step.target): step.choices_below()}, step.path, schemas)
            request.bind()
        loading.options = {**statement._execution_options, **options}
        prepared = request.prepared
        context = Execution(channel, {**channel.options, **loading.options}, statement) if channel.heard else None
        fetched = yield from transaction.send(channel, request.sql, request.params, context)
        return Result(Source(loading.read(prepared.listing(), fetched.rows), prepared.single, None), prepared.shape)

    state = ORMExecuteState(loading.session, original, None, loading.options or {}, {}, run)
    state.loader_strategy_path = step.path
    answer = yield from carried_out(loading.session, state)
    request.items = list(answer.all())


def _in_shard(request: _Request, statement: Any, options: Any, bind: Any) -> Op[Result[Any]]:
    """Run a statement in one shard."""
    step = request.step
    channel = yield from channel_for(request.loading.session, bind=bind)
    schemas = channel.options.get("schema_translate_map")
    key = ("placed", step, statement, tuple(schemas.items()) if schemas else None)
    prepared: Prepared | None = channel.bind.plans.get(key)
    if prepared is None:
        prepared = prepare(statement, channel.dialect, None, {id(step.target): step.choices_below()}, step.path, schemas)
        channel.bind.plans.put(key, prepared)
    part = _Request(step, prepared, request.parents, request.keys, request.loading.into(options["identity_token"]))
    part.loading.options = {**statement._execution_options, **options}
    request.parts = [*(request.parts or ()), part]
    context = Execution(channel, {**channel.options, **part.loading.options}, statement) if channel.heard else None
    fetched = yield from transaction.send(channel, part.sql, part.params, context)
    return Result(Source(part.loading.read(prepared.listing(), fetched.rows), prepared.single, None), prepared.shape)


def _sent(channel: Any, requests: Sequence[_Request]) -> Op[Sequence[Fetched | None]]:
    """Send the statements of a level: together, or one by one if each is shown to somebody."""
    session: Any = requests[0].loading.session
    if "do_orm_execute" in heard and is_shown(session):
        return _sent_and_shown(channel, requests)
    if channel.quiet_since != clock.now and channel.heard:
        return _sent_alone(channel, requests)
    return transaction.send_batch(channel, [Execute(None, one.sql, one.params, one.reader) for one in requests])


def _sent_alone(channel: Any, requests: Sequence[_Request]) -> Op[Sequence[Fetched]]:
    found: list[Fetched] = []
    for one in requests:
        found.append((yield from _alone(channel, one)))
    return found


def _alone(channel: Any, one: _Request) -> Op[Fetched]:
    session: Any = one.loading.session
    if session.router is not None:
        channel = yield from channel_for(session, bind=session.router.bind(one.loading.token))
    context = Execution(channel, one.loading.options or channel.options) if channel.heard else None
    return (yield from transaction.send(channel, one.sql, one.params, context))


def _sent_and_shown(channel: Any, requests: Sequence[_Request]) -> Op[Sequence[Fetched | None]]:
    found: list[Fetched | None] = []
    for one in requests:
        if isinstance(one.step, SelectInStep):
            yield from _shown(channel, one)
            found.append(None)
        else:
            found.append((yield from _alone(channel, one)))
    return found


def load_step(channel: Any, step: SelectInStep, objects: Sequence[Any], loading: Loading) -> Op[None]:
    """Run one step for some objects, and the steps of what it loads."""
    yield from _levels(channel, _requests(step, keyed_objects(objects, step.keyed.parent_keys), loading, channel.dialect, channel.options.get("schema_translate_map")))


def _levels(channel: Any, requests: list[_Request]) -> Op[None]:
    done: list[Loading] = []
    while requests:
        answers = yield from _sent(channel, requests)
        requests = _absorbed(requests, answers, done, channel.dialect)
    for one in done:
        if one.has_listeners:
            one.finish()


def _absorbed(requests: list[_Request], answers: Sequence[Fetched | None], done: list[Loading], dialect: Any) -> list[_Request]:
    """Make objects of the rows of a level and give them to their parents; return the statements of the next level."""
    gathered: dict[int, tuple[_Request, dict[Any, list[Any]]]] = {}
    following: list[_Request] = []
    for request, fetched in zip(requests, answers, strict=True):
        groups = _groups(request, fetched)
        if request.step.is_grouping:
            gathered.setdefault(id(request.parents), (request, {}))[1].update(groups)
        for one in request.parts or (request,):
            done.append(one.loading)
            if one.loading.gathered:
                following += requests_of(one.prepared, one.loading, dialect)
    for request, groups in gathered.values():
        store = request.step.store
        store(request.parents, groups) if len(groups) < MANY else undisturbed(store, request.parents, groups)
    return following


def _groups(request: _Request, fetched: Fetched | None) -> Any:
    """Make the objects of one statement; return them by the keys of their parents, each once for a parent."""
    prepared, keyed = request.prepared, request.step.keyed
    assert prepared.loader is not None
    if fetched is None:
        found = grouped(request.items or (), len(keyed.parent_keys))
    else:
        found = request.loading.read(prepared.loader, fetched.rows, request.reader)
    if keyed.repeats or prepared.plan.repeats is not None:
        once(found)
    return found


def _prepared(
    dialect: Any, schemas: Any, statement: Any, given: Any, path: Any, only: frozenset[str] | None = None, grouping: bool = False
) -> Prepared:
    return prepare(statement, dialect, None, given, path, schemas, only, grouping)


def requests_of(prepared: Prepared, loading: Loading, dialect: Any) -> list[_Request]:
    """Return the statements that a query's steps need."""
    assert prepared.loader is not None
    found: list[_Request] = []
    for plan, (fresh, known) in zip(prepared.loader.gathering, loading.gathered, strict=True):
        for step in plan.steps:
            if fresh or known:
                found += _requests(step, step.pairs(fresh, known, loading), loading, dialect, prepared.schemas)
    return found


def _requests(step: SelectInStep, wanting: list[tuple[Any, Any]], loading: Loading, dialect: Any, schemas: Any) -> list[_Request]:
    parents = wanting if step.asks_for_all else step.from_memory(step.served(wanting), loading)
    keys = list(dict.fromkeys(map(_key_of, parents)))
    if not keys or step.memory_only:
        return []
    arrays = dialect.features.arrays
    if arrays and (step.one_by_one or len(keys) == 1):
        step = step.for_one()
    query = step.prepared or step.query(partial(_prepared, dialect, schemas))
    width = 1 if step.one_by_one else len(keys) if arrays else _CHUNK
    if width >= len(keys):
        return [_Request(step, query, parents, keys, loading)]
    return [_Request(step, query, parents, keys[at : at + width], loading) for at in range(0, len(keys), width)]
