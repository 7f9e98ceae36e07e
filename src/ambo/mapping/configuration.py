"""Configuration: the moment when all mappers resolve what they refer to, once, before the first use.

    class bodies run  ->  mappers_changed()      something is to be resolved
    first use         ->  before_use()           a query, an object made, `inspect`  ->  configure_mappers()

Rule 1: classes may refer to each other by name in any order; names are looked up here.
Rule 2: a mapper that fails says so again at each later use, until it is mended or disposed of.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any
from weakref import WeakSet

from ambo.errors import InvalidRequestError
from ambo.mapping.events import everything
from ambo.statements.traversal import iterate


class Status:
    """Whether there is something to configure, whether that is going on, and which registries cannot be.

    `is_doubtful` is false only if every mapper there is was configured: what uses mappers often asks that first.
    `lock` keeps other threads out meanwhile; this layer knows no threads, so the sessions' layer installs a real one.
    """

    __slots__ = ("changes", "failed", "is_doubtful", "is_running", "lock", "pending")

    def __init__(self) -> None:
        self.pending = False
        self.is_doubtful = False
        self.changes = 0
        self.is_running = False
        self.failed: WeakSet[Any] = WeakSet()
        self.lock: AbstractContextManager[Any] = nullcontext()


status = Status()
registries: WeakSet[Any] = WeakSet()


def mappers_changed() -> None:
    """Note that some mapper is not configured yet."""
    status.changes += 1
    status.pending = status.is_doubtful = True


def install_lock(lock: AbstractContextManager[Any]) -> None:
    """Have configuration hold a re-entrant lock."""
    status.lock = lock


def before_use(using: Any) -> None:
    """Configure if need be; called by everything that uses a mapper.

    `using` is what is used: a mapper, ClassManager, entity or statement. Raises InvalidRequestError if its registry could not be
    configured; another registry's failure is no concern of it. None stands for all.
    """
    if not status.is_doubtful:
        return
    if status.pending:
        with status.lock:
            first = _configure_all(list(registries)) if status.pending and not status.is_running else None
        if first is not None and _concerns(using):
            raise first
    elif not status.is_running:
        for registry in list(status.failed):
            if using is None or registry in _registries_of(using):
                raise_failure(registry)
        status.is_doubtful = bool(status.failed)  # until the last registry that could not be configured is gone


def _concerns(using: Any) -> bool:
    return using is None or any(one in status.failed for one in _registries_of(using))


def _registries_of(using: Any) -> list[Any]:
    mapper = getattr(using, "mapper", None)
    if mapper is not None:
        return [mapper.registry]
    found = [getattr(node, "mapper", None) or getattr(getattr(node, "entity", None), "mapper", None) for node in iterate(using)]
    return [one.registry for one in found if one is not None]


def raise_failure(registry: Any) -> None:
    """Say again what is wrong with a registry."""
    for mapper in registry.mappers:
        if mapper.configure_failure is not None:
            raise InvalidRequestError(
                f"one or more mappers failed to initialize - can't proceed with initialization of other mappers. "
                f"Triggering mapper: {str(mapper)!r}. Original exception was: {mapper.configure_failure}"
            ) from mapper.configure_failure


def all_mappers() -> Iterator[Any]:
    """Yield every mapper there is."""
    for registry in list(registries):
        yield from list(registry.mappers)


def configure_mappers(only: Any = None) -> None:
    """Resolve every name that mappers refer to: relationship targets, join conditions.

    Happens by itself at the first use of a mapped class. Raises what a mapper cannot resolve.
    """
    with status.lock:
        if status.is_running:
            return
        chosen = list(registries) if only is None else list(only)
        for registry in chosen:
            if registry in status.failed and not status.pending:
                raise_failure(registry)
        first = _configure_all(chosen) if status.pending or only else None
    if first is not None:
        raise first


def _configure_all(chosen: list[Any]) -> BaseException | None:
    """Configure registries; return the first failure."""
    first: BaseException | None = None
    some = False
    status.is_running = True
    try:
        for listener in everything.of("before_configured"):
            listener()
        for registry in chosen:
            for listener in registry.dispatch.of("before_configured"):
                listener(registry)
        seen = -1
        while seen != status.changes:  # a backref adds a property to a mapper that was configured already
            seen = status.changes
            for registry in chosen:
                registry.adopt_late_attributes()
                try:
                    some = _configure_registry(registry) or some
                    status.failed.discard(registry)
                except Exception as error:
                    status.failed.add(registry)
                    first = first or error
        # Only now: other threads take this for the sign that they need not wait.
        status.pending = len(chosen) < len(registries) and status.pending
        status.is_doubtful = status.pending or bool(status.failed)
    finally:
        status.is_running = False
    for registry in chosen if some and first is None else ():
        for listener in registry.dispatch.of("after_configured"):
            listener(registry)
    if some and first is None:
        for listener in everything.of("after_configured"):
            listener()
    return first


def _configure_registry(registry: Any) -> bool:
    some = False
    while waiting := [one for one in list(registry.mappers) if not one.configured]:
        for mapper in sorted(waiting, key=lambda one: one.token):
            _configure(mapper)
            some = True
    return some


def _configure(mapper: Any) -> None:
    if mapper.configure_failure is not None:
        raise_failure(mapper.registry)
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
    if not mapper.is_announced:  # a mapper that gets one more attribute is configured again, and announced once
        mapper.is_announced = True
        for listener in mapper.dispatch.of("mapper_configured"):
            listener(mapper, mapper.class_)


def all_registries() -> set[Any]:
    """Return the registries that live."""
    return set(registries)
