"""Configuration: the moment when all mappers resolve what they refer to, once, before the first use.

    class bodies run  ->  mappers_changed()      something is to be resolved
    first use         ->  before_use()           a query, an object made, `inspect`  ->  configure_mappers()

Rule 1: classes may refer to each other by name in any order; names are looked up here.
Rule 2: a mapper that fails says so again at each later use, until it is mended or disposed of.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from weakref import WeakSet

from ambo.errors import InvalidRequestError
from ambo.mapping.events import everything


class Status:
    """Whether there is something to configure, and whether that is going on."""

    __slots__ = ("is_running", "pending")

    def __init__(self) -> None:
        self.pending = False
        self.is_running = False


status = Status()
registries: WeakSet[Any] = WeakSet()


def mappers_changed() -> None:
    """Note that some mapper is not configured yet."""
    status.pending = True


def before_use(_: Any) -> None:
    """Configure if need be; called by everything that uses a mapper."""
    if status.pending:
        configure_mappers()


def all_mappers() -> Iterator[Any]:
    """Yield every mapper there is."""
    for registry in list(registries):
        yield from list(registry.mappers)


def configure_mappers(only: Any = None) -> None:
    """Resolve every name that mappers refer to: relationship targets, join conditions.

    Happens by itself at the first use of a mapped class. Raises what a mapper cannot resolve.
    """
    if status.is_running or not (status.pending or only):
        return
    status.is_running = True
    try:
        _configure_all(only)
    finally:
        status.is_running = False


def _configure_all(only: Any) -> None:
    chosen = list(registries) if only is None else only
    for listener in everything.of("before_configured"):
        listener()
    for registry in chosen:
        registry.adopt_late_attributes()
    status.pending = only is not None and status.pending
    try:
        some = _configure_pending(chosen)
    except BaseException:
        status.pending = True
        raise
    if some:
        for listener in everything.of("after_configured"):
            listener()


def _configure_pending(chosen: Any) -> bool:
    some = False
    while waiting := [one for registry in chosen for one in list(registry.mappers) if not one.configured]:
        for mapper in sorted(waiting, key=lambda one: one.token):
            _configure(mapper)
            some = True
    return some


def _configure(mapper: Any) -> None:
    failure = mapper.configure_failure
    if failure is not None:
        raise InvalidRequestError(
            f"one or more mappers failed to initialize - can't proceed with initialization of other mappers. "
            f"Triggering mapper: {str(mapper)!r}. Original exception was: {failure}"
        ) from failure
    for listener in mapper.dispatch.of("before_mapper_configured"):
        listener(mapper, mapper.class_)
    try:
        for prop in list(mapper.attributes.values()):
            if prop.parent is mapper and not prop.configured:
                prop.configure()
    except Exception as error:
        mapper.configure_failure = error
        raise
    mapper.configured = True
    for listener in mapper.dispatch.of("mapper_configured"):
        listener(mapper, mapper.class_)


def all_registries() -> set[Any]:
    """Return the registries that live."""
    return set(registries)
