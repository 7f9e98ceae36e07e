"""How a mapped class is made to report: the injected `__setattr__`, `__delattr__`, `__init__`, and the layout twin.

Reading a loaded attribute runs nothing of ours. Writing goes through `__setattr__`, injected into every mapped class around
whatever the class (or its bases) had: names that are mapped go to their tracker, everything else to the original.

Rule 1: properties, hybrids, synonyms and composites are descriptors of their own and are not in `tracked`.
Rule 2: a class with a `__setattr__` of its own keeps it: it runs first, and what it stored is tracked afterwards, unless it called
    `set_attribute()` itself.
Rule 3: the twin has the same layout and no hooks; loaders build on it and then assign `__class__`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from types import GenericAlias
from typing import Any

from ambo.listening import Dispatch
from ambo.mapping.construction import make_init, mark
from ambo.mapping.events import emit, everything
from ambo.mapping.markers import NO_VALUE, SETTING
from ambo.mapping.shared_state import Common, SharedState
from ambo.mapping.state import InstanceState, promote
from ambo.mapping.tracking import PlainNames, Tracker

_HOOKS = ("__setattr__", "__delattr__", "__init__", "__copy__", "__setstate__")


class ClassManager:
    """What instrumentation knows about one mapped class."""

    __class_getitem__: Any = classmethod(GenericAlias)

    dispatch: Dispatch = everything

    def __init__(self, class_: type[Any], mapper: Any, dispatch: Dispatch) -> None:
        self.class_ = class_
        self.mapper = mapper
        self.dispatch = dispatch
        self.tracked: dict[str, Tracker] = {}
        self.fast = PlainNames()
        self.stores_plainly = True
        self.installed: dict[str, Any] = {}
        self.replaced: dict[str, Any] = {}
        self.original_init: Callable[..., None] = object.__init__
        self.identity_setter: Callable[[Any], None] | None = None
        self.twin = layout_twin(class_)
        self.model = None if self.twin is None else model_of(self.twin)
        self.adopters: list[Callable[[Any], None]] = []
        """Mutable values that were put into an object as they are learn of it by these: functions of the object."""

    @property
    def is_mapped(self) -> bool:
        """The class is mapped."""
        return self.mapper is not None

    def __iter__(self) -> Iterator[str]:
        return iter(self.tracked)

    def __contains__(self, key: object) -> bool:
        return key in self.tracked

    def __getitem__(self, key: str) -> Any:
        return self.class_.__dict__[key]

    def track(self, key: str, tracker: Tracker) -> None:
        """Give an attribute its tracker."""
        self.tracked[key] = tracker
        if self.model is not None:
            setattr(self.model, key, None)
        self.__dict__.pop("parts", None)
        self.__dict__.pop("plain_contents", None)
        tracker.join(self.fast)

    @cached_property
    def parts(self) -> tuple[frozenset[str], tuple[str, ...]]:
        """The names of the attributes that expire with the object, and those of the others."""
        columns = frozenset(key for key, tracker in self.tracked.items() if tracker.expirable)
        return columns, tuple(key for key in self.tracked if key not in columns)

    @cached_property
    def plain_contents(self) -> frozenset[str]:
        """What the `__dict__` of an object holds whose attributes all expire with it."""
        return self.parts[0] | {"_sa_instance_state"}

    def install(self, name: str, value: Any) -> None:
        """Put an attribute on the class, remembering what was there."""
        if name not in self.installed:
            self.replaced[name] = self.class_.__dict__.get(name, NO_VALUE)
        self.installed[name] = value
        setattr(self.class_, name, value)

    def hook_unpickling(self) -> None:
        """Have `unpickle` listeners called when an object of the class was unpickled."""
        if "__setstate__" not in self.installed:
            original = self.class_.__dict__.get("__setstate__")
            self.install("__setstate__", _make_setstate(self, original))

    def uninstall(self) -> None:
        """Take everything off the class again."""
        for name, value in self.installed.items():
            if self.class_.__dict__.get(name) is not value:
                continue
            before = self.replaced[name]
            if before is NO_VALUE or name not in _HOOKS:
                delattr(self.class_, name)
            else:
                setattr(self.class_, name, before)
        self.installed.clear()

    def hook(self) -> None:
        """Inject the hooks."""
        cls = self.class_
        self.original_init = _own(cls, "__init__")
        self.install("_sa_class_manager", self)
        self.stores_plainly = _own(cls, "__setattr__") is object.__setattr__
        self.install("__init__", make_init(self, self.original_init))
        self.install("__setattr__", _make_setattr(self, _own(cls, "__setattr__")))
        self.install("__delattr__", _make_delattr(self.tracked, _own(cls, "__delattr__")))
        if "__copy__" not in cls.__dict__ and not hasattr(cls, "__copy__"):
            self.install("__copy__", _copy)


def _own(cls: type[Any], name: str) -> Callable[..., Any]:
    """Return the first method of that name that instrumentation did not put there."""
    for base in cls.__mro__:
        found = base.__dict__.get(name)
        if found is not None and not hasattr(found, "_ambo_original"):
            return found  # type: ignore[no-any-return]
        if found is not None:
            return found._ambo_original if _is_plain(cls, base) else found  # type: ignore[no-any-return]
    return getattr(object, name)  # type: ignore[no-any-return]


def _is_plain(cls: type[Any], base: type[Any]) -> bool:
    """An inherited `__setattr__` of ours is unwrapped; an inherited `__init__` of ours too: ours does all of it."""
    return base is not cls


def _make_setattr(manager: ClassManager, original: Callable[[Any, str, Any], None]) -> Any:
    find = manager.tracked.get
    fast = manager.fast
    if original is object.__setattr__:
        plain_set = object.__setattr__

        def __setattr__(self: Any, name: str, value: Any) -> None:
            if name in fast:  # the common case in one frame: a column without listeners; `ScalarTracker.set` has the same steps
                have = self.__dict__
                state = have.get("_sa_instance_state")
                if state.__class__ is not InstanceState:
                    promote(self, have, state, name)
                    have[name] = value
                    return
                committed = state.committed
                if name not in committed:
                    if committed.__class__ is Common:
                        committed = state.committed = {**committed}  # `own`, without its frame
                    committed[name] = have.get(name, NO_VALUE)
                have[name] = value
                if not state.modified:
                    state.mark_modified()
                if state.expired:
                    state.expired -= {name}
                return
            tracker = find(name)
            if tracker is None:
                plain_set(self, name, value)
            else:
                tracker.set(self, value)

    else:

        def __setattr__(self: Any, name: str, value: Any) -> None:
            tracker = find(name)
            if tracker is None:
                original(self, name, value)
                return
            have = self.__dict__
            before = have.get(name, NO_VALUE)
            have[SETTING] = name
            try:
                original(self, name, value)
            finally:
                told = have.pop(SETTING, None) is None
            if told:
                return
            after = have.get(name, NO_VALUE)
            if after is before:
                return
            # The class's own method stored the value: take it back, and store it the tracked way.
            if before is NO_VALUE:
                del have[name]
            else:
                have[name] = before
            tracker.set(self, after)

    return mark(__setattr__, original)


def _make_delattr(tracked: dict[str, Tracker], original: Callable[[Any, str], None]) -> Any:
    def __delattr__(self: Any, name: str) -> None:
        tracker = tracked.get(name)
        if tracker is None:
            original(self, name)
        else:
            tracker.delete(self)

    return mark(__delattr__, original)


def _make_setstate(manager: ClassManager, original: Any) -> Any:
    def __setstate__(self: Any, saved: Any) -> None:
        if original is None:
            self.__dict__.update(saved)
        else:
            original(self, saved)
        emit(manager.dispatch, "unpickle", self.__dict__.get("_sa_instance_state"), self, self.__dict__)

    return __setstate__


def _copy(self: Any) -> Any:
    """Copy an object: the copy is transient, and its collections are its own."""
    made = object.__new__(type(self))
    have = made.__dict__
    have.update(self.__dict__)
    have.pop("_sa_instance_state", None)
    for key, tracker in type(self)._sa_class_manager.tracked.items():
        if tracker.is_collection and key in have:
            have[key] = tracker.new_collection(made, list(tracker_members(have[key])))
    return made


def tracker_members(made: Any) -> Any:
    """Return the members of a collection, in the order that makes an equal one."""
    return made.values() if isinstance(made, dict) else made


def layout_twin(class_: type[Any]) -> type[Any] | None:
    """Return a class without hooks whose objects may become `class_`'s by assignment, or None if there is none.

    A class that makes its objects itself, by a `__new__` of its own, has none.
    """
    make: Any = class_.__new__
    if make is not object.__new__:
        return None
    twin = type(f"{class_.__name__}Row", (), {"__doc__": f"Rows on their way to become {class_.__name__} objects."})
    try:
        probe: Any = object.__new__(twin)
        probe.__class__ = class_
    except TypeError:
        return None
    return twin


def model_of(twin: type[Any]) -> Any:
    """Return an object that is given every attribute before other objects of a twin are.

    The names that the first 30 objects of a class have are kept once for all of its objects; one that comes later costs each of them a dictionary
    of its own. A first query with `load_only` made all loads after it a fourth slower, and objects larger by 128 bytes.
    """
    model = twin()
    model._sa_instance_state = None
    return model


def manager_of_class(class_: Any) -> ClassManager | None:
    """Return the ClassManager of a mapped class, None for any other."""
    return class_.__dict__.get("_sa_class_manager") if isinstance(class_, type) else None


def shared_state(session_ref: Any, mapper: Any, load_options: Any = ()) -> SharedState:
    """Return a new state for clean objects."""
    return SharedState(session_ref, mapper, load_options)


def is_instrumented(instance: Any, key: str) -> bool:
    """Tell whether an attribute of an object is a mapped one."""
    manager = getattr(type(instance), "_sa_class_manager", None)
    return manager is not None and key in manager.tracked
