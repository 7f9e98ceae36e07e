"""Loading one object, or one attribute: what `get`, `refresh` and the reading of a missing attribute need from the database.

    by_identity          SELECT ... WHERE id = ?           the object of a primary key
    refresh_object       the same, replacing values        one object again
    load_attribute       an expired or deferred column with its companions, or a relationship
    load_relationship    a relationship for many objects in one statement

Rule 1: statements are prepared once for each (mapper, attributes, options) and kept in `engine.plans`.
Rule 2: nothing here flushes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ambo.effects import Op
from ambo.errors import InvalidRequestError, LazyLoadError, ObjectDeletedError
from ambo.listening import heard
from ambo.loading.choices import NO_CHOICES, Choice, Choices, Propagated
from ambo.loading.lazy import LazySelect, choice_for, identity_attributes, is_empty, lazy_select, refusal
from ambo.loading.planning import REFRESHING, loaded_keys
from ambo.loading.population import NO_VALUES, Loading, Values
from ambo.loading.prepared import Given, Prepared, prepare
from ambo.loading.results import Result, Source
from ambo.loading.selectin import SelectInStep
from ambo.loading.steps import kind_of
from ambo.mapping.collections import collection_adapter
from ambo.mapping.markers import NO_VALUE
from ambo.mapping.shared_state import SharedState
from ambo.mapping.state import InstanceState, state_of
from ambo.operations.core_values import Execution
from ambo.operations.eager import load_step, objects_of
from ambo.operations.enlist import channel_for
from ambo.operations.execute_state import ORMExecuteState, carried_out, is_shown
from ambo.statements.expressions import BindParameter
from ambo.statements.keys import Keyed, StatementKey, statement_key
from ambo.statements.selects import Select, select


class _Absent:
    """Stands for "not in memory"."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT = _Absent()


class Kept:
    """A prepared statement with the binds that take an object's values; `given` are those of the options it was made with.

    `choices`, `path` and `only` are how it was prepared, which `again` repeats for another statement.
    """

    __slots__ = ("binds", "choices", "given", "names", "only", "path", "plain_sql", "prepared")

    def __init__(
        self,
        prepared: Prepared,
        names: tuple[str, ...],
        binds: tuple[Any, ...],
        given: tuple[Any, ...] = (),
        choices: dict[int, Choices] | None = None,
        path: tuple[Any, ...] = (),
        only: frozenset[str] | None = None,
    ) -> None:
        self.prepared = prepared
        self.given = given
        self.names = names
        self.binds = binds
        self.choices = choices
        self.path = path
        self.only = only
        are_all = len(binds) == len(prepared.binds) and all(one is other for one, other in zip(binds, prepared.binds, strict=True))
        self.plain_sql = prepared.compiled.plain_sql if are_all else None

    def on(self, channel: Any, other: Any) -> Kept:
        """Return the same for another channel than the one it was prepared for."""
        if other.dialect is channel.dialect and _schemas(other) == _schemas(channel):
            return self
        cached_as = ("placed", self)
        statement = self.prepared.roots[0]
        return _known(other, cached_as) or _keep(
            other, cached_as, statement, self.names, self.binds, self.given, self.choices, self.path, self.only
        )

    def again(self, channel: Any, statement: Any) -> Kept:
        """Return the same for what a listener made of the statement."""
        return _keep(channel, None, statement, self.names, self.binds, self.given, self.choices, self.path, self.only)

    def parameters(self, given: Sequence[Any], values: Any = NO_VALUES) -> tuple[str, Sequence[Any]]:
        """Return SQL and parameters for an object's values."""
        if self.plain_sql is not None:
            return self.plain_sql, given
        replaced = {id(bind): Given(value) for bind, value in zip(self.binds, given, strict=True)}
        sql, params = self.prepared.compiled.parameters(values.of(self.prepared.binds, replaced))
        return sql, params


def _schemas(channel: Any) -> Any:
    """Return the schema translation that a connection was given."""
    return channel.options.get("schema_translate_map")


def _key_for(channel: Any, cached_as: Any) -> Any:
    schemas = _schemas(channel)
    return (cached_as, tuple(schemas.items())) if schemas else cached_as


def _known(channel: Any, cached_as: Any) -> Kept | None:
    """Return what was kept for a key."""
    found: Kept | None = channel.bind.plans.get(_key_for(channel, cached_as))
    return found


def _keep(
    channel: Any,
    cached_as: Any,
    statement: Any,
    names: tuple[str, ...],
    binds: tuple[Any, ...],
    given: tuple[Any, ...] = (),
    choices: dict[int, Choices] | None = None,
    path: tuple[Any, ...] = (),
    only: frozenset[str] | None = None,
) -> Kept:
    """Prepare a statement, and keep it under a key unless that is None."""
    prepared = prepare(statement, channel.dialect, None, choices, path, _schemas(channel), only)
    kept = Kept(prepared, names, binds, given, choices, path, only)
    if cached_as is not None:
        channel.bind.plans.put(_key_for(channel, cached_as), kept)
    return kept


def _objects(
    session: Any, channel: Any, kept: Kept, given: Sequence[Any], loading: Loading, lazy_for: Any = None, is_column_load: bool = False
) -> Op[list[Any]]:
    """Run a kept statement for an object's values."""
    if "do_orm_execute" in heard and is_shown(session):
        return _objects_as_shown(session, channel, kept, given, loading, lazy_for, is_column_load)
    plain = kept.plain_sql
    sql, params = (plain, given) if plain is not None else kept.parameters(given, loading.values)
    return objects_of(channel, kept.prepared, sql, params, loading)


def _objects_as_shown(
    session: Any, channel: Any, kept: Kept, given: Sequence[Any], loading: Loading, lazy_for: Any, is_column_load: bool
) -> Op[list[Any]]:
    """Run a kept statement as the listeners of `do_orm_execute` want it."""
    original = kept.prepared.roots[0]

    def run(_session: Any, statement: Any, _params: Any, options: Mapping[str, Any], bind_arguments: Mapping[str, Any]) -> Op[Result[Any]]:
        where, chosen, own = channel, kept, loading
        bind = bind_arguments.get("bind")
        if bind is not None:  # one of several shards
            where = yield from channel_for(session, bind=bind)
            chosen, own = kept.on(channel, where), loading.into(options["identity_token"])
        if statement is not original:
            chosen = chosen.again(where, statement)
        own.options = {**statement._execution_options, **options}
        sql, params = chosen.parameters(given, own.values)
        context = Execution(where, {**where.options, **own.options}, statement) if where.heard else None
        items = yield from objects_of(where, chosen.prepared, sql, params, own, context)
        return Result(Source(items, True, None), chosen.prepared.shape)

    source = None if lazy_for is None else state_of(lazy_for)
    options = loading.options or {}
    if is_column_load and loading.token is not None:
        options = {**options, "identity_token": loading.token}
    answer = yield from carried_out(session, ORMExecuteState(session, original, None, options, {}, run, source, is_column_load))
    return list(answer.scalars())


# ---- one object by its key


def select_by_key(mapper: Any, options: Sequence[Any] = (), for_update: Any = None) -> tuple[Select[Any], tuple[BindParameter[Any], ...]]:
    """Return the SELECT of one object by its primary key, and the binds of the key's values."""
    binds: tuple[BindParameter[Any], ...] = tuple([BindParameter("pk", None, column.type, unique=True) for column in mapper.primary_key])
    keys = [mapper.property_of(column).key for column in mapper.primary_key]
    statement = select(mapper.entity).where(*[mapper.entity.attribute(key) == bind for key, bind in zip(keys, binds, strict=True)])
    if options:
        statement = statement.options(*options)
    if for_update:
        statement = statement.with_for_update(**(for_update if isinstance(for_update, Mapping) else {}))
    return statement, binds


class _Options(Keyed):
    """Options by themselves, as the key of what depends on nothing else."""

    __slots__ = ("_binds", "_tokens", "options")

    def __init__(self, options: Sequence[Any]) -> None:
        self.options = options
        self._tokens = None
        self._binds = ()

    def _key_parts(self) -> list[Any]:
        return list(self.options)


_NO_OPTIONS = StatementKey((), ())


def by_identity(
    session: Any,
    channel: Any,
    mapper: Any,
    pk: tuple[Any, ...],
    options: Sequence[Any] | None = None,
    populate_existing: bool = False,
    with_for_update: Any = None,
    identity_token: Any = None,
    execution_options: Mapping[str, Any] | None = None,
) -> Op[list[Any]]:
    """Load the object with a primary key; a list without it if there is no such row."""
    populate = populate_existing or with_for_update is not None or mapper.always_refresh
    if execution_options:
        identity_token = execution_options.get("identity_token", identity_token)
        populate = populate or bool(execution_options.get("populate_existing"))
    key = _NO_OPTIONS
    if options:
        only = options[0] if len(options) == 1 else None
        key = statement_key(only if isinstance(only, Keyed) else _Options(options))
    cached_as = ("get", mapper, None if with_for_update is None else _lock_token(with_for_update), key.key)
    kept = _known(channel, cached_as) if "schema_translate_map" in channel.options else channel.bind.plans.get(cached_as)
    if kept is None:
        statement, binds = select_by_key(mapper, options or (), with_for_update)
        kept = _keep(channel, cached_as, statement, (), binds, key.binds)
    values = Values(kept.given, key.binds) if options else NO_VALUES
    loading = Loading(session, populate, identity_token, None, values, execution_options)
    if with_for_update is not None and mapper.version_id_prop is not None:
        loading.locked = _version_in_memory(session, mapper, pk, identity_token)
    return _objects(session, channel, kept, pk, loading)


def _version_in_memory(session: Any, mapper: Any, pk: tuple[Any, ...], token: Any) -> tuple[Any, str, Any] | None:
    """Return the object with a key, and the name and value of its version as it was loaded; None if either is not in memory."""
    obj = session.identity_map.get((mapper.identity_class, pk, token))
    if obj is None:
        return None
    key = mapper.version_id_prop.key
    state = obj._sa_instance_state
    known = obj.__dict__.get(key) if state.__class__ is SharedState else state.committed.get(key, obj.__dict__.get(key))
    return None if known is None or known is NO_VALUE else (obj, key, known)


def refresh_object(session: Any, obj: Any, state: Any, keys: Sequence[str] | None, with_for_update: Any = None) -> Op[bool]:
    """Read an object's values (or some attributes) again; return whether its row is there.

    Raises InvalidRequestError if its primary key was changed and not flushed.
    """
    if keys is not None and isinstance(state, InstanceState):
        pending = [key for key in state.mapper.pk_keys if key in state.committed]
        if pending:
            raise InvalidRequestError(
                f"Please flush pending primary key changes on attributes {set(pending)!r} for mapper {state.mapper} before proceeding with a refresh"
            )
    return (yield from _read_again(session, obj, state, None if keys is None else frozenset(keys), with_for_update))


def identity_of(obj: Any, state: Any) -> Any:
    """Return the identity key of a persistent object."""
    return state.key if state.__class__ is InstanceState else state.key_of(obj)


def _read_again(session: Any, obj: Any, state: Any, only: frozenset[str] | None, with_for_update: Any = None) -> Op[bool]:
    """Replace an object's values, or some of them, by those of its row; eager loads of these attributes included."""
    mapper = state.mapper
    options = state.load_options if isinstance(state.load_options, Propagated) else None
    template = None if options is None else options.template or options
    channel = yield from channel_for(session, mapper)
    cached_as = ("again", mapper, only, _lock_token(with_for_update), template)
    kept = _known(channel, cached_as)
    if kept is None:
        statement, binds = select_by_key(mapper, () if options is None else options.criteria, with_for_update)
        choices = {id(mapper.entity): NO_CHOICES if options is None else options.choices.without_joins_of_the_user()}
        kept = _keep(channel, cached_as, statement.execution_options(**{REFRESHING: True}), (), binds, choices=choices, only=only)
    identity = identity_of(obj, state)
    values = NO_VALUES if options is None or options.values is None else options.values
    loading = Loading(session, True, identity[2], only, values)
    return bool((yield from _objects(session, channel, kept, identity[1], loading, is_column_load=True)))


def _lock_token(for_update: Any) -> Any:
    if for_update is None:
        return None
    return tuple(sorted(for_update.items(), key=str)) if isinstance(for_update, Mapping) else bool(for_update)


# ---- columns


def choices_in_force(state: Any) -> Choices:
    """Return the options that an object's query gave its attributes; expiring the object ends them."""
    options = state.load_options
    return options.choices if isinstance(options, Propagated) and not options.ended else NO_CHOICES


def companions(obj: Any, state: Any, prop: Any) -> frozenset[str]:
    """Return the column attributes that are loaded together with one that is missing."""
    mapper = state.mapper
    have = obj.__dict__
    own: InstanceState | None = state if isinstance(state, InstanceState) else None
    usual = loaded_keys(mapper, choices_in_force(state))
    missing = {
        one.key for one in mapper.column_attributes if one.key not in have and one.loads and (own is None or one.key not in own.committed)
    }
    if own is not None and prop.key in own.expired:
        return frozenset((missing & own.expired & usual) | {prop.key})
    if prop.key in usual:
        return frozenset(missing & usual)
    if prop.group is not None:
        return frozenset({one.key for one in mapper.column_attributes if one.group == prop.group} & missing | {prop.key})
    return frozenset((prop.key,))


def _column_refusal(obj: Any, state: Any, prop: Any) -> LazyLoadError | None:
    """Return the error for a deferred column that may not be loaded on access."""
    refused = prop.raiseload and prop.deferred
    for one in choices_in_force(state).columns:
        if one.name == "load_only":
            refused = one.raiseload and prop.key not in one.keys
        elif one.name in ("defer", "undefer") and (prop.key in one.keys or "*" in one.keys):
            refused = one.name == "defer" and one.raiseload
    if not refused:
        return None
    name = f"{type(obj).__name__}.{prop.key}"
    return LazyLoadError(
        f"'{name}' is not available due to raiseload=True. Load it with the object: add '.options(undefer({name}))' to the query.",
        obj,
        prop.key,
    )


def _load_column(session: Any, obj: Any, state: Any, prop: Any) -> Op[Any]:
    own = state if isinstance(state, InstanceState) else None
    error = None if own is not None and prop.key in own.expired and not prop.deferred else _column_refusal(obj, state, prop)
    if error is not None:
        raise error
    keys = companions(obj, state, prop)
    if own is not None and own.expired_all:
        keys |= {one.key for one in own.mapper.relationship_list if one.key not in obj.__dict__ and one.key not in own.committed}
    is_there = yield from _read_again(session, obj, state, keys)
    if not is_there:
        raise ObjectDeletedError(
            f"{type(obj).__name__} with primary key {identity_of(obj, state)[1]!r} has no row any more: it was deleted, or its key changed"
        )
    return obj.__dict__.get(prop.key)


# ---- relationships


def attribute_in_memory(session: Any, obj: Any, state: Any, prop: Any) -> Any:
    """Return an attribute's value if no statement is needed for it, else ABSENT."""
    if not prop.is_relationship:
        return ABSENT
    choice = choice_for(state, prop)
    error = refusal(prop, choice, obj, False)
    if error is not None:
        raise error
    if is_empty(prop, choice):
        return store(obj, prop, () if prop.uselist else None)
    names = identity_attributes(prop, choice)
    if names is None or any(name not in obj.__dict__ for name in names):
        return ABSENT
    found = _referred(session, prop, tuple([obj.__dict__[name] for name in names]), obj, state)
    if found is ABSENT:
        return found
    return store(obj, prop, ([] if found is None else [found]) if prop.uselist else found)


def _referred(session: Any, prop: Any, pk: tuple[Any, ...], obj: Any, state: Any) -> Any:
    """Return the object with a key if it is in memory, None for a NULL key, else ABSENT."""
    if None in pk and (all(one is None for one in pk) or not prop.mapper.allow_partial_pks):
        return None
    if session.router is None:
        found = session.identity_map.get((prop.mapper.identity_class, pk, state.identity_token))
    else:
        found = session.router.in_memory(session, prop.mapper, pk, None, state_of(obj))
    if found is None:
        return ABSENT
    if not isinstance(found, prop.mapper.class_):
        return None
    own = found._sa_instance_state
    if isinstance(own, InstanceState) and (own.deleted_flag or (own.expired_all and own.expired)):
        return ABSENT
    return found


def store(obj: Any, prop: Any, value: Any) -> Any:
    """Store a loaded relationship; return what the attribute now is."""
    return obj.__class__._sa_class_manager.tracked[prop.key].set_committed(obj, value)


def load_attribute(session: Any, obj: Any, state: Any, prop: Any) -> Op[Any]:
    """Load, store and return what a missing attribute is to be.

    Raises LazyLoadError where an option or the mapping forbids it, ObjectDeletedError if the object's row is gone.
    """
    if not prop.is_relationship:
        return (yield from _load_column(session, obj, state, prop))
    names = identity_attributes(prop, choice_for(state, prop)) or []
    yield from _have(session, obj, state, names)
    if prop.key in obj.__dict__:
        return obj.__dict__[prop.key]
    found = attribute_in_memory(session, obj, state, prop)
    if found is not ABSENT:
        return found
    choice = choice_for(state, prop)
    error = refusal(prop, choice, obj, True)
    if error is not None:
        raise error
    if session.n_plus_one is not None:
        session.n_plus_one.note(prop)
    if kind_of(prop, choice) == "peers":
        yield from _with_peers(session, obj, state, prop, choice)
        return obj.__dict__[prop.key]
    objects = yield from _lazily(session, obj, state, prop, choice)
    return store(obj, prop, objects if prop.uselist else objects[0] if objects else None)


def _have(session: Any, obj: Any, state: Any, names: Sequence[str]) -> Op[None]:
    """Load the columns that a statement needs values of."""
    have = obj.__dict__
    own = state if isinstance(state, InstanceState) else None
    missing = [name for name in names if name not in have and (own is None or (own.key is not None and name not in own.committed))]
    if missing:
        yield from _load_column(session, obj, state, state.mapper.attributes[missing[0]])
        yield from _have(session, obj, state, missing[1:])


def _lazily(session: Any, obj: Any, state: Any, prop: Any, choice: Choice) -> Op[list[Any]]:
    options = state.load_options if isinstance(state.load_options, Propagated) else None
    target = choice.target(prop)
    channel = yield from channel_for(session, prop.mapper)
    cached_as = ("lazy", prop, None if options is None else options.template or options)
    kept = _known(channel, cached_as)
    if kept is None:
        lazy: LazySelect = lazy_select(prop, target, choice.criteria)
        statement = lazy.statement.options(*options.criteria) if options is not None and options.criteria else lazy.statement
        names, binds = tuple(name for name, _ in lazy.values), tuple(bind for _, bind in lazy.values)
        below = {id(target): choice.below.without_joins_of_the_user()}
        kept = _keep(channel, cached_as, statement, names, binds, choices=below, path=(prop,))
    yield from _have(session, obj, state, kept.names)
    if prop.key in obj.__dict__:
        return _already(obj, prop)
    values = tuple([obj.__dict__.get(name) for name in kept.names])
    if values and all(one is None for one in values):
        return []
    known = NO_VALUES if options is None or options.values is None else options.values
    loading = Loading(session, False, state.identity_token, None, known)
    found = yield from _objects(session, channel, kept, values, loading, obj)
    return list({id(one): one for one in found}.values()) if kept.prepared.plan.repeats or prop.secondary is not None else found


def _with_peers(session: Any, obj: Any, state: Any, prop: Any, choice: Choice) -> Op[None]:
    """Load a relationship for every object of the result that an object came with."""
    options = state.load_options
    peers = [entry() for entry in options.peers or ()] if isinstance(options, Propagated) else []
    objects = {id(one): one for one in peers if one is not None and _lacks(one, prop, session)}
    objects[id(obj)] = obj
    channel = yield from channel_for(session, prop.mapper)
    template = options.template or options if isinstance(options, Propagated) else None
    step: SelectInStep | None = channel.bind.plans.get(("peers", prop, template))
    if step is None:
        step = SelectInStep(prop, choice, (prop,), () if template is None else template.criteria)
        channel.bind.plans.put(("peers", prop, template), step)
    for one in objects.values():
        yield from _have(session, one, one._sa_instance_state, step.keyed.parent_keys)
    values = NO_VALUES if not isinstance(options, Propagated) or options.values is None else options.values
    shard = state.identity_token
    told = None if shard is None else {"identity_token": shard}  # as for the eager loads of a query
    yield from load_step(channel, step, list(objects.values()), Loading(session, token=shard, values=values, options=told))


def _lacks(obj: Any, prop: Any, session: Any) -> bool:
    state = obj._sa_instance_state
    if prop.key in obj.__dict__ or state.session is not session or not isinstance(obj, prop.parent.class_):
        return False
    return not isinstance(state, InstanceState) or (state.key is not None and prop.key not in state.committed and not state.deleted_flag)


def _already(obj: Any, prop: Any) -> list[Any]:
    """Return what an eager load brought meanwhile, as a list."""
    value = obj.__dict__[prop.key]
    if prop.uselist:
        return list(collection_adapter(value))
    return [] if value is None else [value]


def load_relationship(session: Any, objects: Sequence[Any], prop: Any) -> Op[None]:
    """Load a relationship for several objects in one statement; in a session with shards object by object, for keys are unique in a shard only."""
    if session.router is not None:
        for obj in objects:
            found = yield from _lazily(session, obj, obj._sa_instance_state, prop, Choice(None, NO_CHOICES))
            if prop.key not in obj.__dict__:
                store(obj, prop, found if prop.uselist else found[0] if found else None)
        return
    channel = yield from channel_for(session, prop.mapper)
    plans = channel.bind.plans
    step: SelectInStep | None = plans.get(("selectin", prop))
    if step is None:
        step = SelectInStep(prop, Choice(None, NO_CHOICES), (prop,))
        plans.put(("selectin", prop), step)
    for obj in objects:
        yield from _have(session, obj, obj._sa_instance_state, step.keyed.parent_keys)
    yield from load_step(channel, step, objects, Loading(session))
