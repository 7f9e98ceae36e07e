"""Reading single things through a session: what `get`, `refresh`, `load` and attribute access do before and after loading.

    autoflush -> operations/loads.py (one object, one attribute); statements are read by operations/query.py

Rule 1: pending changes are flushed before whatever could see them, unless `autoflush` is off or a flush is running.
Rule 2: the identity map is asked before the database.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from ambo.effects import Op
from ambo.errors import AmboWarning, ArgumentError, InvalidRequestError, MultipleResultsFound, NoResultFound, ObjectDeletedError
from ambo.mapping.cascades import cascade
from ambo.mapping.inspection import class_mapper
from ambo.mapping.state import InstanceState, peek_state, state_of
from ambo.operations import loads
from ambo.operations.enlist import channel_at_hand, channel_for
from ambo.operations.flush import autoflush as flush_first
from ambo.operations.needs import load_needs
from ambo.operations.sharding import in_shard
from ambo.unitofwork.identity_map import IdentityKey
from ambo.unitofwork.membership import name_of

ABSENT = loads.ABSENT
_PLAIN_KEYS = frozenset({int, str, UUID})
"""Types of most keys, which are neither tuples nor mappings nor composites."""
Options = Mapping[str, Any]


def autoflush(session: Any) -> Op[None]:
    """Flush if there is anything to flush and nothing speaks against it."""
    if session.autoflush and session.has_work and not session._flushing:
        yield from flush_first(session)


# ---- statements


# ---- one object by its key


def get(
    session: Any,
    entity: Any,
    ident: Any,
    options: Sequence[Any] | None = None,
    populate_existing: bool = False,
    with_for_update: Any = None,
    identity_token: Any = None,
    execution_options: Options | None = None,
    bind_arguments: Mapping[str, Any] | None = None,
) -> Op[Any]:
    """Return the object with a primary key, or None."""
    mapper = class_mapper(entity)
    pk = (ident,) if ident.__class__ in _PLAIN_KEYS and len(mapper.pk_keys) == 1 else key_values(mapper, ident)
    with_for_update = with_for_update or None
    if session.identity_map.tables and not populate_existing and with_for_update is None and not mapper.always_refresh:
        if session.router is None:
            found = session.identity_map.get((mapper.identity_class, pk, identity_token))
        else:
            found = session.router.in_memory(session, mapper, pk, identity_token, None, execution_options, bind_arguments)
        if found is not None:
            return (yield from _checked(session, mapper, found))
    if session._new or session._modified or session._deleted:
        yield from autoflush(session)
    if None in pk and _finds_nothing(mapper, pk):
        return None
    channel = None if bind_arguments else channel_at_hand(session)
    if channel is None:
        where = bind_arguments or {}
        if session.router is not None:
            execution_options = in_shard(execution_options, where.get("shard_id", identity_token))
        channel = yield from channel_for(session, where.get("mapper", mapper), where.get("clause"), where.get("bind"))
    objects = yield from loads.by_identity(
        session, channel, mapper, pk, options, populate_existing, with_for_update, identity_token, execution_options
    )
    if session.router is not None and any(one is not objects[0] for one in objects):
        raise MultipleResultsFound(f"Multiple rows were found when exactly one was required: several shards have a {mapper.class_.__name__} with primary key {pk!r}")
    return objects[0] if objects else None


def _finds_nothing(mapper: Any, pk: tuple[Any, ...]) -> bool:
    """Tell whether a primary key with None in it is no object's; warn of one that is None altogether, likely a mistake."""
    if all(one is None for one in pk):
        warnings.warn(
            f"fully NULL primary key identity cannot load any object.  This condition may raise an error in a future release: "
            f"get({mapper.class_.__name__}, ...) was given None, and answers None",
            AmboWarning,
            stacklevel=2,
        )
        return True
    return not mapper.allow_partial_pks


def _checked(session: Any, mapper: Any, found: Any) -> Op[Any]:
    """Return an object from the identity map if it is of the wanted class and, if it is expired, still has a row."""
    if not isinstance(found, mapper.class_):
        return None
    state = peek_state(found)
    if isinstance(state, InstanceState):
        if state.deleted_flag and id(found) in session._deleted:
            return None
        if state.expired_all and state.expired:
            is_there = yield from loads.refresh_object(session, found, state, None, None)
            if not is_there:
                session.forget(found, state)
                return None
    return found


def key_values(mapper: Any, ident: Any) -> tuple[Any, ...]:
    """Return a primary key as a tuple in the order of its columns.

    Raises InvalidRequestError if it has the wrong number of values or the wrong names.
    """
    keys = mapper.pk_keys
    if isinstance(ident, Mapping):
        ident = _without_synonyms(mapper, ident)
        if set(ident) != set(keys):
            raise InvalidRequestError(
                f"Incorrect names of values in identifier to formulate primary key for get() of {mapper.class_.__name__}; "
                f"primary key attribute names are {', '.join(map(repr, keys))}"
            )
        return tuple(ident[key] for key in keys)
    values = tuple(ident) if isinstance(ident, (tuple, list)) else (ident,)
    values = tuple(_values_of_composite(mapper, value) for value in values)
    if len(values) == 1 and isinstance(values[0], tuple) and len(keys) > 1:
        values = values[0]
    if len(values) != len(keys):
        raise InvalidRequestError(
            f"Incorrect number of values in identifier to formulate primary key for get() of {mapper.class_.__name__}; "
            f"primary key columns are {', '.join(repr(str(column)) for column in mapper.primary_key)}"
        )
    return values


def _without_synonyms(mapper: Any, ident: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a primary key by the names of its columns' attributes."""
    synonyms = mapper.synonyms
    return {synonyms[name].name if name in synonyms else name: value for name, value in ident.items()}


def _values_of_composite(mapper: Any, value: Any) -> Any:
    for prop in mapper.composite_list:
        if isinstance(prop.composite_class, type) and isinstance(value, prop.composite_class):
            return prop.values_of(value)
    return value


def get_one(session: Any, entity: Any, ident: Any, *rest: Any) -> Op[Any]:
    """As `get`, but a missing row is an error."""
    found = yield from get(session, entity, ident, *rest)
    if found is None:
        raise NoResultFound(f"No row was found when one was required: there is no {class_mapper(entity).class_.__name__} with primary key {ident!r}")
    return found


def get_by_key(session: Any, mapper: Any, key: IdentityKey, options: Sequence[Any] | None = None) -> Op[Any]:
    """Return the object with an identity key, or None."""
    return (yield from get(session, mapper, key[1], options, identity_token=key[2]))


# ---- values of objects that are there


def refresh(session: Any, instance: object, attribute_names: Iterable[str] | None = None, with_for_update: Any = None) -> Op[None]:
    """Read values of an object again.

    Raises InvalidRequestError if it is not persistent here or its row is gone.
    """
    state: InstanceState = session.own_state(instance)
    names = None if attribute_names is None else list(attribute_names)
    if names is not None:
        _check_names(state, names)
    if names is None:
        reached = cascade("refresh-expire", instance, state)
        session.expire_state(state)
        for other, other_state in reached:
            session.expire_reached(other_state, other)
    else:
        session.expire_state(state, names)
    yield from autoflush(session)
    is_there = yield from loads.refresh_object(session, instance, state, names, with_for_update)
    if not is_there:
        raise InvalidRequestError(f"Could not refresh instance {name_of(instance)}: its row in {state.mapper.local_table} is gone")
    if names is not None:
        related = [state.mapper.attributes[name] for name in names if state.mapper.attributes[name].is_relationship]
        yield from load_needs(session, [(instance, state, prop) for prop in related if prop.key not in instance.__dict__])


def _check_names(state: InstanceState, names: Iterable[str]) -> None:
    for name in names:
        if name not in state.manager.tracked:
            raise InvalidRequestError(f"{state.mapper.class_.__name__} has no mapped attribute {name!r} that could be refreshed")


def load(session: Any, instances: Any, attributes: Sequence[Any]) -> Op[Any]:
    """Load attributes of one object or of many; return the value(s) of the last attribute."""
    single = not isinstance(instances, (list, tuple, set, frozenset)) and hasattr(type(instances), "__entity__")
    objects = [instances] if single else list(instances)
    if not attributes:
        raise ArgumentError("load() takes an object or a list of them, and attributes: await session.load(user, User.addresses)")
    yield from autoflush(session)
    for attribute in attributes:
        prop = attribute.property
        missing = [obj for obj in objects if prop.key not in obj.__dict__]
        if prop.is_relationship:
            yield from load_needs(session, [(obj, state_of(obj), prop) for obj in missing])
        else:
            for obj in missing:
                yield from loads.load_attribute(session, obj, state_of(obj), prop)
    values = [getattr(obj, attributes[-1].property.key) for obj in objects]
    return values[0] if single else values


def load_attribute(session: Any, obj: Any, state: Any, prop: Any) -> Op[Any]:
    """Load the value of an attribute that is being read."""
    if session.has_work:
        yield from autoflush(session)
    return (yield from loads.load_attribute(session, obj, state, prop))


def attribute_in_memory(session: Any, obj: Any, state: Any, prop: Any) -> Any:
    """Return an attribute's value if it can be had without the database, else ABSENT."""
    return loads.attribute_in_memory(session, obj, state, prop)


def gone(state: InstanceState, obj: Any) -> ObjectDeletedError:
    """Say that an object's row is not there any more."""
    return ObjectDeletedError(f"Instance {name_of(obj)} has been deleted, or its row is otherwise not present: {state.key}")
