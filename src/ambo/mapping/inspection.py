"""`inspect()`: what ambo knows about a thing: the mapper of a class, the state of an object, what others register for their kinds.

Rule 1: a kind of thing is registered once, with `inspects(type)`; the most specific type wins.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeVar, get_origin, overload

from ambo.errors import ArgumentError, NoInspectionAvailable, UnmappedClassError, UnmappedInstanceError
from ambo.mapping.aliases import AliasedClass
from ambo.mapping.attributes import InspectionAttr
from ambo.mapping.configuration import before_use, status
from ambo.mapping.mapper import Mapper
from ambo.mapping.state import InstanceState, not_an_entity, peek_state, state_of
from ambo.statements.nodes import ClauseElement

_F = TypeVar("_F", bound=Callable[..., Any])
_O = TypeVar("_O")
_resolvers: dict[type[Any], Callable[[Any], Any]] = {}


def inspects(*types: type[Any]) -> Callable[[_F], _F]:
    """Register the function that answers `inspect()` for some types."""

    def register(fn: _F) -> _F:
        for one in types:
            _resolvers[one] = fn
        return fn

    return register


@overload
def inspect(subject: type[_O], raiseerr: Literal[True] = True) -> Mapper[_O]: ...


@overload
def inspect(subject: Any, raiseerr: bool = True) -> Any: ...


def inspect(subject: Any, raiseerr: bool = True) -> Any:
    """Return what is known about a thing.

    A mapped class gives its Mapper, an object its InstanceState, an engine an Inspector, an attribute or expression itself.
    Raises NoInspectionAvailable for anything else, unless `raiseerr` is False (then None).
    """
    found = _inspected(subject)
    if found is None and raiseerr:
        raise NoInspectionAvailable(f"nothing is known about {subject!r}: it is no mapped class or object, engine, table or expression")
    return found


def _inspected(subject: Any) -> Any:
    origin = get_origin(subject)
    if isinstance(origin, type) and "__entity__" in origin.__dict__:
        subject = origin
    if isinstance(subject, type):
        entity = subject.__dict__.get("__entity__")
        if entity is not None:
            return entity.mapper
    else:
        own = subject.__class__.__dict__.get("__entity__")
        if own is not None and not isinstance(subject, type):
            return state_of(subject)
    for base in type(subject).__mro__:
        resolver = _resolvers.get(base)
        if resolver is not None:
            return resolver(subject)
    if isinstance(subject, (InspectionAttr, InstanceState, ClauseElement)):
        return subject
    return None


@overload
def class_mapper(class_: type[_O], configure: bool = True) -> Mapper[_O]: ...


@overload
def class_mapper(class_: Any, configure: bool = True) -> Mapper: ...


def class_mapper(class_: Any, configure: bool = True) -> Mapper:
    """Return the mapper of a class.

    Raises UnmappedClassError if it is not mapped.
    """
    if isinstance(class_, Mapper):
        return class_
    entity = class_.__dict__.get("__entity__") if isinstance(class_, type) else None
    if entity is None:
        if not isinstance(class_, type):
            found = getattr(class_, "mapper", None)
            if isinstance(found, Mapper):
                return found
            raise ArgumentError(f"Class object expected, got {class_!r}")
        raise UnmappedClassError(_unmapped(class_))
    if configure and status.is_doubtful:
        before_use(entity)
    return entity.mapper  # type: ignore[no-any-return]


def object_mapper(instance: _O) -> Mapper[_O]:
    """Return the mapper of an object.

    Raises UnmappedInstanceError if its class is not mapped.
    """
    state = peek_state(instance)
    if state is None:
        entity = type(instance).__dict__.get("__entity__")
        if entity is None:
            raise UnmappedInstanceError(not_an_entity(instance))
        return entity.mapper  # type: ignore[no-any-return]
    return state.mapper  # type: ignore[no-any-return]


def _unmapped(class_: Any) -> str:
    if not isinstance(class_, type):
        return f"{class_!r} is not a mapped class"
    near = next((base.__name__ for base in class_.__mro__[1:] if base.__dict__.get("__entity__") is not None), None)
    hint = f"; its superclass {near} is, but each class is mapped for itself" if near else "; derive it from a declarative base"
    return f"class {class_.__module__}.{class_.__qualname__} is not mapped{hint}"


inspects(AliasedClass)(lambda alias: alias.__clause_element__())
