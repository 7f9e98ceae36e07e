"""Collections that tell their owner what happens to them: list, set, dict and classes of the user's own.

A collection refers to its owner weakly (`_ambo_owner`) and to the tracker of the owner's attribute (`_ambo_tracker`).
Without an owner it behaves like the plain class. Each mutating method is wrapped once: it fires the event, then calls the original.

Rule 1: `quietly()` changes a collection without events; loaders use it and nothing else.
Rule 2: a class of the user's own is instrumented in place, by its base (list, set, dict) and by the `@collection` decorators.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from ambo.errors import ArgumentError
from ambo.mapping.markers import NO_KEY
from ambo.mapping.tracked_methods import DICT_METHODS, LIST_METHODS, SET_METHODS, fire_append, fire_remove

_T = TypeVar("_T")
_KT = TypeVar("_KT")
_VT = TypeVar("_VT")
_Fn = TypeVar("_Fn", bound=Callable[..., Any])
_Method = Callable[..., Any]


_METHODS: dict[type[Any], dict[str, Callable[[_Method], _Method]]] = {list: LIST_METHODS, set: SET_METHODS, dict: DICT_METHODS}
_ROLES: dict[type[Any], tuple[str, str, str]] = {
    list: ("append", "remove", "__iter__"),
    set: ("add", "remove", "__iter__"),
    dict: ("set", "remove", "values"),
}


def _wrapped(original: Any, factory: Callable[[_Method], _Method]) -> Any:
    made = factory(original)
    made.__name__ = made.__qualname__ = getattr(original, "__name__", made.__name__)
    made.__doc__ = getattr(original, "__doc__", None)
    made._ambo_tracks = True  # type: ignore[attr-defined]
    return made


def _track_builtin(cls: type[Any], base: type[Any]) -> None:
    for name, factory in _METHODS[base].items():
        original = getattr(cls, name, None)
        if original is not None and not getattr(original, "_ambo_tracks", False):
            setattr(cls, name, _wrapped(original, factory))


class _Linked:
    """What a tracked collection has besides the plain one: a link to its owner, lost in copies, kept in pickles."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        # An unset slot gets here: a collection that has no owner (yet).
        if name in {"_ambo_owner", "_ambo_tracker"}:
            return None
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __setstate__(self, saved: Any) -> None:
        obj, key, rest = saved
        if rest:
            self.__dict__.update(rest)
        if obj is not None:
            link(self, obj, type(obj)._sa_class_manager.tracked[key])


def _saved(collection: Any) -> tuple[Any, Any, Any]:
    owner = collection._ambo_owner
    obj = None if owner is None else owner()
    return (obj, None if obj is None else collection._ambo_tracker.key, getattr(collection, "__dict__", None))


class InstrumentedList(_Linked, list[_T]):
    """A list that reports changes to the object it belongs to."""

    __slots__ = ("_ambo_owner", "_ambo_tracker")

    def __reduce_ex__(self, protocol: Any) -> Any:
        return (type(self), (), _saved(self), iter(list(self)))

    def __copy__(self) -> list[_T]:
        return list(self)

    def copy(self) -> list[_T]:
        """Return a plain list with the same members."""
        return list(self)


class InstrumentedSet(_Linked, set[_T]):
    """A set that reports changes to the object it belongs to."""

    __slots__ = ("_ambo_owner", "_ambo_tracker")

    def __reduce_ex__(self, protocol: Any) -> Any:
        return (type(self), (list(self),), _saved(self))

    def __copy__(self) -> set[_T]:
        return set(self)

    def copy(self) -> set[_T]:
        """Return a plain set with the same members."""
        return set(self)


class InstrumentedDict(_Linked, dict[_KT, _VT]):
    """A dict of related objects that reports changes to the object it belongs to."""

    __slots__ = ("_ambo_owner", "_ambo_tracker")

    def __reduce_ex__(self, protocol: Any) -> Any:
        return (type(self), (), _saved(self), None, iter(list(self.items())))

    def copy(self) -> dict[_KT, _VT]:
        """Return a plain dict with the same members."""
        return dict(self)


for _cls, _base in ((InstrumentedList, list), (InstrumentedSet, set), (InstrumentedDict, dict)):
    _track_builtin(_cls, _base)

_TRACKED: dict[type[Any], type[Any]] = {list: InstrumentedList, set: InstrumentedSet, dict: InstrumentedDict}


class collection:
    """Decorators that tell what the methods of a custom collection class do.

    `appender`, `remover`, `iterator` and `converter` name the four roles; `adds(n)`, `replaces(n)`, `removes(n)`,
    `removes_return()` mark further mutating methods whose n-th argument is the item; `internally_instrumented` keeps ambo off.
    """

    @staticmethod
    def appender(fn: _Fn) -> _Fn:
        """Mark the method that adds one item."""
        return _role(fn, "appender")

    @staticmethod
    def remover(fn: _Fn) -> _Fn:
        """Mark the method that removes one item."""
        return _role(fn, "remover")

    @staticmethod
    def iterator(fn: _Fn) -> _Fn:
        """Mark the method that iterates over all items."""
        return _role(fn, "iterator")

    @staticmethod
    def converter(fn: _Fn) -> _Fn:
        """Mark the method that turns an assigned value into items."""
        return _role(fn, "converter")

    @staticmethod
    def internally_instrumented(fn: _Fn) -> _Fn:
        """Keep a method from being wrapped."""
        fn._ambo_tracks = True  # type: ignore[attr-defined]
        return fn

    @staticmethod
    def adds(arg: int | str) -> Callable[[_Fn], _Fn]:
        """Mark a method whose argument is added."""
        return _marks("fire_append", arg)

    @staticmethod
    def replaces(arg: int | str) -> Callable[[_Fn], _Fn]:
        """Mark a method whose argument is added and whose return value was removed."""
        return _marks("replaces", arg)

    @staticmethod
    def removes(arg: int | str) -> Callable[[_Fn], _Fn]:
        """Mark a method whose argument is removed."""
        return _marks("fire_remove", arg)

    @staticmethod
    def removes_return() -> Callable[[_Fn], _Fn]:
        """Mark a method whose return value was removed."""
        return _marks("removes_return", None)


def _role(fn: _Fn, role: str) -> _Fn:
    fn._ambo_role = role  # type: ignore[attr-defined]
    return fn


def _marks(what: str, arg: int | str | None) -> Callable[[_Fn], _Fn]:
    def mark(fn: _Fn) -> _Fn:
        fn._ambo_marks = (what, arg)  # type: ignore[attr-defined]
        return fn

    return mark


class Roles:
    """How to add to, remove from and iterate over the collections of one class."""

    __slots__ = ("appender", "converter", "iterator", "remover")

    def __init__(self, appender: str, remover: str, iterator: str, converter: str | None = None) -> None:
        self.appender = appender
        self.remover = remover
        self.iterator = iterator
        self.converter = converter


def builtin_base(cls: type[Any]) -> type[Any] | None:
    """Return which of list, set, dict a collection class behaves like; None for one that declares its roles itself."""
    for base in (list, set, dict):
        if issubclass(cls, base):
            return base
    emulates = getattr(cls, "__emulates__", None)
    if emulates is not None:
        return builtin_base(emulates)
    for name, base in (("append", list), ("add", set), ("set", dict)):
        if hasattr(cls, name):
            return base
    return None


def roles_of(cls: type[Any]) -> Roles:
    """Return the roles of a collection class, instrumenting it at first sight."""
    found = cls.__dict__.get("_ambo_roles")
    if found is None:
        found = _instrument(cls)
    return found


def _declared_roles(cls: type[Any]) -> dict[str, str]:
    declared: dict[str, str] = {}
    for name in dir(cls):
        role = getattr(getattr(cls, name, None), "_ambo_role", None)
        if role is not None:
            declared[role] = name
    return declared


def _instrument(cls: type[Any]) -> Roles:
    base = builtin_base(cls)
    defaults: tuple[str | None, str | None, str | None] = _ROLES[base] if base is not None else (None, None, None)
    declared = _declared_roles(cls)
    names = [declared.get(role, given) for role, given in zip(("appender", "remover", "iterator"), defaults, strict=True)]
    for role, name in zip(("appender", "remover", "iterator"), names, strict=True):
        if name is None or not hasattr(cls, name):
            raise ArgumentError(
                f"collection class {cls.__name__} has no {role}; derive it from list, set or dict, or decorate a method with @collection.{role}"
            )
    roles = Roles(str(names[0]), str(names[1]), str(names[2]), declared.get("converter"))
    if not issubclass(cls, _Linked):
        cls._ambo_owner = cls._ambo_tracker = None
    _wrap_methods(cls, base, roles)
    cls._ambo_roles = roles
    return roles


def _wrap_methods(cls: type[Any], base: type[Any] | None, roles: Roles) -> None:
    for name in dir(cls):
        marks = getattr(getattr(cls, name, None), "_ambo_marks", None)
        if marks is not None:
            setattr(cls, name, _wrapped(getattr(cls, name), _MARKED[marks[0]](marks[1])))
    if base is not None and not issubclass(cls, _Linked):
        _track_builtin(cls, base)
    for name, factory in ((roles.appender, _plain_adder), (roles.remover, _plain_remover)):
        original = getattr(cls, name)
        if not getattr(original, "_ambo_tracks", False) and not issubclass(cls, _Linked) and not _delegates(cls, name, base):
            setattr(cls, name, _wrapped(original, factory))


def _delegates(cls: type[Any], name: str, base: type[Any] | None) -> bool:
    """A dict's `set` and `remove` end in `self[...] = item`, which is tracked already."""
    return base is dict and issubclass(cls, dict) and name not in DICT_METHODS


def _plain_adder(original: _Method) -> _Method:
    def add(self: Any, item: Any, *rest: Any, **named: Any) -> Any:
        return original(self, fire_append(self, item), *rest, **named)

    return add


def _plain_remover(original: _Method) -> _Method:
    def remove(self: Any, item: Any, *rest: Any, **named: Any) -> Any:
        fire_remove(self, item)
        return original(self, item, *rest, **named)

    return remove


def _argument(arg: int | str, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
    return args[arg - 1] if isinstance(arg, int) else named[arg]


def _adds(arg: Any) -> Callable[[_Method], _Method]:
    def factory(original: _Method) -> _Method:
        def add(self: Any, *args: Any, **named: Any) -> Any:
            fire_append(self, _argument(arg, args, named))
            return original(self, *args, **named)

        return add

    return factory


def _replaces(arg: Any) -> Callable[[_Method], _Method]:
    def factory(original: _Method) -> _Method:
        def replace(self: Any, *args: Any, **named: Any) -> Any:
            fire_append(self, _argument(arg, args, named))
            gone = original(self, *args, **named)
            if gone is not None:
                fire_remove(self, gone)
            return gone

        return replace

    return factory


def _removes(arg: Any) -> Callable[[_Method], _Method]:
    def factory(original: _Method) -> _Method:
        def remove(self: Any, *args: Any, **named: Any) -> Any:
            fire_remove(self, _argument(arg, args, named))
            return original(self, *args, **named)

        return remove

    return factory


def _removes_return(arg: Any) -> Callable[[_Method], _Method]:
    def factory(original: _Method) -> _Method:
        def remove(self: Any, *args: Any, **named: Any) -> Any:
            gone = original(self, *args, **named)
            if gone is not None:
                fire_remove(self, gone)
            return gone

        return remove

    return factory


_MARKED: dict[str, Callable[[Any], Callable[[_Method], _Method]]] = {
    "fire_append": _adds,
    "replaces": _replaces,
    "fire_remove": _removes,
    "removes_return": _removes_return,
}


def tracked(made: Any) -> Any:
    """Return the tracked form of a plain list, set or dict; anything else as it is."""
    kind = _TRACKED.get(made.__class__)
    return made if kind is None else kind(made)


def tracked_factory(factory: Callable[[], Any]) -> Callable[[], Any]:
    """Return a factory of tracked collections for what the user gave as `collection_class`."""
    return _TRACKED.get(factory, factory) if isinstance(factory, type) else factory


def link(made: Any, obj: Any, tracker: Any) -> Any:
    """Make a collection report to an object's attribute; return it."""
    made._ambo_owner = tracker.owner_ref(obj)
    made._ambo_tracker = tracker
    return made


def unlink(made: Any) -> None:
    """Make a collection report to nobody."""
    if getattr(made, "_ambo_owner", None) is not None:
        made._ambo_owner = None
        made._ambo_tracker = None


@contextmanager
def quietly(made: Any) -> Iterator[None]:
    """Change a collection without events."""
    owner = made._ambo_owner
    made._ambo_owner = None
    try:
        yield
    finally:
        made._ambo_owner = owner


def members(made: Any) -> Iterable[Any]:
    """Return the related objects in a collection of any kind."""
    kind = made.__class__
    if kind is InstrumentedList or kind is InstrumentedSet:
        return made  # type: ignore[no-any-return]
    return getattr(made, roles_of(kind).iterator)()  # type: ignore[no-any-return]


def fill(made: Any, items: Iterable[Any]) -> None:
    """Add items without events."""
    if made.__class__ is InstrumentedList:
        list.extend(made, items)
        return
    with quietly(made):
        add = getattr(made, roles_of(made.__class__).appender)
        for one in items:
            add(one)


class CollectionAdapter:
    """A collection seen alike whatever its class; `collection_adapter(obj.things)` returns one."""

    __slots__ = ("data",)

    def __init__(self, data: Any) -> None:
        self.data = data

    @property
    def owner_state(self) -> Any:
        """The state of the object the collection belongs to."""
        owner = self.data._ambo_owner
        return None if owner is None or owner() is None else owner().__dict__.get("_sa_instance_state")

    @property
    def attr(self) -> Any:
        """The tracker of the attribute the collection belongs to."""
        return self.data._ambo_tracker

    def __iter__(self) -> Iterator[Any]:
        return iter(members(self.data))

    def __len__(self) -> int:
        return len(list(members(self.data)))

    def __bool__(self) -> bool:
        return True

    def append_with_event(self, item: Any, initiator: Any = None) -> None:
        """Add an item as the user would."""
        getattr(self.data, roles_of(type(self.data)).appender)(item)

    def append_without_event(self, item: Any) -> None:
        """Add an item silently."""
        fill(self.data, (item,))

    def remove_with_event(self, item: Any, initiator: Any = None) -> None:
        """Remove an item as the user would."""
        getattr(self.data, roles_of(type(self.data)).remover)(item)

    def remove_without_event(self, item: Any) -> None:
        """Remove an item silently."""
        with quietly(self.data):
            self.remove_with_event(item)

    def clear_with_event(self, initiator: Any = None) -> None:
        """Remove all items as the user would."""
        for one in list(self):
            self.remove_with_event(one)

    def clear_without_event(self) -> None:
        """Remove all items silently."""
        with quietly(self.data):
            self.clear_with_event()

    def fire_append_event(self, item: Any, initiator: Any = None, key: Any = NO_KEY) -> Any:
        """Fire the event of an addition."""
        return fire_append(self.data, item, key)

    def fire_remove_event(self, item: Any, initiator: Any = None, key: Any = NO_KEY) -> None:
        """Fire the event of a removal."""
        fire_remove(self.data, item, key)


def collection_adapter(made: Any) -> CollectionAdapter:
    """Return the adapter of a tracked collection."""
    return CollectionAdapter(made)


def duck_type_collection(specimen: Any, default: Any = None) -> Any:
    """Return list, set or dict, whichever a collection or a class of collections behaves like, else the default."""
    class_ = specimen if isinstance(specimen, type) else type(specimen)
    marked = getattr(class_, "__emulates__", None)
    if marked is not None:
        return marked
    for known, method in ((list, "append"), (set, "add"), (dict, "set")):
        if issubclass(class_, known):
            return known
        if hasattr(class_, method):
            return known
    return default
