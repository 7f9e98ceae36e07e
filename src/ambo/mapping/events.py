"""Events of mapped things: where `event.listen(User, ...)`, `listen(User.name, ...)` and `listen(Mapper, ...)` lead.

    listen(User, "before_insert", fn)       the dispatch of one class
    listen(Base, "load", fn, propagate=True)  the dispatch of a class, heard by all mapped classes below it, present and future
    listen(Mapper, "mapper_configured", fn) the dispatch of all classes
    listen(User.name, "set", fn)            the dispatch of one attribute (tracking.py)

Rule 1: a listener of a class is heard by its subclasses only with `propagate=True`.
Rule 2: attribute, init and load listeners are synchronous; a coroutine function is refused when it is registered.
"""

from __future__ import annotations

import inspect as python_inspect
import weakref
from collections.abc import Callable
from typing import Any, ClassVar

from ambo.errors import ArgumentError
from ambo.listening import Dispatch, Registered, add_resolver, clock

MAPPER_EVENTS = frozenset(
    {
        "before_configured",
        "after_configured",
        "before_mapper_configured",
        "mapper_configured",
        "after_mapper_constructed",
        "instrument_class",
        "before_insert",
        "after_insert",
        "before_update",
        "after_update",
        "before_delete",
        "after_delete",
    }
)
INSTRUMENTATION_EVENTS = frozenset({"class_instrument", "class_uninstrument", "attribute_instrument"})
INSTANCE_EVENTS = frozenset(
    {"init", "init_failure", "first_init", "load", "refresh", "refresh_flush", "expire", "pickle", "unpickle"}
)
CLASS_EVENTS = MAPPER_EVENTS | INSTANCE_EVENTS | INSTRUMENTATION_EVENTS
_SYNCHRONOUS = INSTANCE_EVENTS | {
    "before_configured",
    "after_configured",
    "before_mapper_configured",
    "mapper_configured",
    "after_mapper_constructed",
    "instrument_class",
}


class ClassDispatch(Dispatch):
    """The listeners of one class, with those of its bases that propagate and those of all classes."""

    __slots__ = ("class_",)

    def __init__(self, class_: type[Any]) -> None:
        super().__init__()
        self.class_: Callable[[], type[Any] | None] = weakref.ref(class_)

    def add(self, name: str, fn: Callable[..., Any], options: dict[str, Any]) -> None:
        """Register a listener, refusing a coroutine function where nothing can await it."""
        refuse_coroutine(name, fn)
        super().add(name, fn, options)

    def _collect(self, name: str) -> tuple[Registered, ...]:
        found: list[Registered] = list(everything.of(name))
        class_ = self.class_()
        for base in reversed(class_.__mro__[1:]) if class_ is not None else ():
            above = _dispatches.get(base)
            if above is not None:
                always = name in INSTRUMENTATION_EVENTS
                found += [one for one in above._own.get(name, ()) if (always or one.options.get("propagate")) and one not in found]
        return (*found, *self._own.get(name, ()))


def refuse_coroutine(name: str, fn: Callable[..., Any]) -> None:
    """Raise ArgumentError for an `async def` listener of an event that is called synchronously."""
    if name in _SYNCHRONOUS and python_inspect.iscoroutinefunction(fn):
        raise ArgumentError(f"{fn!r} cannot listen to {name!r}: this event is called synchronously; use a plain function")


class AllClasses(Dispatch):
    """The listeners of every mapped class."""

    __slots__ = ()


everything = AllClasses()
_dispatches: weakref.WeakKeyDictionary[type[Any], ClassDispatch] = weakref.WeakKeyDictionary()


def class_dispatch(class_: type[Any]) -> ClassDispatch:
    """Return the dispatch of a class, mapped or not."""
    found = _dispatches.get(class_)
    if found is None:
        found = _dispatches[class_] = ClassDispatch(class_)
    return found


def forget_class(class_: type[Any]) -> None:
    """Forget the listeners of a class whose mapping is disposed of."""
    _dispatches.pop(class_, None)
    clock.now += 1


class Universal:
    """A thing to name when every mapped class is meant; `Mapper` and the like derive from it."""

    listens_for_all: ClassVar[bool] = True


def _resolve(target: Any, name: str) -> Dispatch | None:
    if name not in CLASS_EVENTS:
        return None
    if isinstance(target, type):
        return everything if target.__dict__.get("listens_for_all") else class_dispatch(target)
    class_ = getattr(target, "class_", None)
    if isinstance(class_, type):
        return class_dispatch(class_)
    return everything if callable(target) else None


add_resolver(_resolve)


def emit(dispatch: Dispatch, name: str, state: Any, obj: Any, *args: Any) -> None:
    """Call the synchronous listeners of an instance event, with the object, or the state for those that asked for it raw."""
    for one in dispatch.of(name):
        one(state if one.options.get("raw") else obj, *args)


class MapperEvents(Universal):
    """The events of mappers: configuration, and each object's INSERT, UPDATE, DELETE."""


class InstanceEvents(Universal):
    """The events of objects: init, load, refresh, expire, pickle."""


class InstrumentationEvents(Universal):
    """The events of classes being instrumented."""


class AttributeEvents:
    """The events of attributes: set, append, remove, bulk_replace, init_scalar, init_collection, modified."""
