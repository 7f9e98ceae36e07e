"""Values that change in place: `MutableDict`, `MutableList`, `MutableSet`, `MutableComposite`, or your own.

    data: Mapped[dict] = mapped_column(MutableDict.as_mutable(JSON))
    obj.data["x"] = 1        reported by the dict, written by the next flush

A mutable value knows the objects that hold it, weakly. It is made of a plain one when a plain one is set or loaded.

Rule 1: a class without such attributes pays nothing; one with them has `load` and `refresh` listeners.
Rule 2: `changed()` marks the attribute of every holder as modified; nothing is compared.
"""

from __future__ import annotations

import copy
import weakref
from collections.abc import Callable, Iterable
from typing import Any, SupportsIndex, TypeVar

from ambo.listening import listen
from ambo.mapping.access import flag_modified
from ambo.mapping.composites import composite_listeners
from ambo.mapping.events import everything
from ambo.mapping.inspection import class_mapper
from ambo.mapping.mapper import Mapper
from ambo.mapping.state import state_of
from ambo.statements.types import TypeEngine, to_instance

_T = TypeVar("_T")
_KT = TypeVar("_KT")
_VT = TypeVar("_VT")


class MutableBase:
    """What values and composites share: the objects that hold them."""

    @property
    def _parents(self) -> Any:
        found = self.__dict__.get("_ambo_holders")
        if found is None:
            found = self.__dict__["_ambo_holders"] = weakref.WeakKeyDictionary()
        return found

    @classmethod
    def coerce(cls, key: str, value: Any) -> Any:
        """Return a mutable value for a plain one that is set.

        Raises ValueError if that is impossible; override it for your own types.
        """
        if value is None or isinstance(value, cls):
            return value
        raise ValueError(f"Attribute {key!r} does not accept objects of type {type(value).__name__}")


class Mutable(MutableBase):
    """The base of values that report changes: call `changed()` after each."""

    def changed(self) -> None:
        """Report a change to the objects that hold this value."""
        for state, key in list(self._parents.items()):
            obj = state.obj()
            if obj is not None and obj.__dict__.get(key) is self:
                flag_modified(obj, key)

    @classmethod
    def associate_with_attribute(cls, attribute: Any) -> None:
        """Make the values of one attribute mutable."""
        _watch(cls, attribute.class_, attribute.key)

    @classmethod
    def as_mutable(cls, sqltype: Any) -> TypeEngine[Any]:
        """Return a type whose columns have mutable values: `mapped_column(MutableDict.as_mutable(JSON))`."""
        made = copy.copy(to_instance(sqltype))  # types without arguments are shared
        made._ambo_mutable = cls  # type: ignore[attr-defined]
        return made

    @classmethod
    def associate_with(cls, sqltype: type[Any]) -> None:
        """Make the values of all columns of a type mutable, in classes mapped from now on."""

        def look(mapper: Any, class_: type[Any]) -> None:
            for prop in mapper.column_attributes:
                if isinstance(prop.columns[0].type, sqltype):
                    _watch(cls, class_, prop.key)

        listen(Mapper, "mapper_configured", look)


def _look_for_mutable_types(mapper: Any, class_: type[Any]) -> None:
    for prop in mapper.column_attributes:
        kind = getattr(prop.columns[0].type, "_ambo_mutable", None)
        if kind is not None:
            _watch(kind, class_, prop.key)
    for prop in mapper.attributes.values():
        kind = getattr(prop, "composite_class", None)
        if isinstance(kind, type) and issubclass(kind, MutableComposite):
            _watch_unpickled(class_, prop.key)


everything.add("mapper_configured", _look_for_mutable_types, {"internal": True})


def _watch(kind: type[Mutable], class_: type[Any], key: str) -> None:
    """Coerce what is set to an attribute, and what was loaded into it."""

    def hold(obj: Any) -> None:
        value = obj.__dict__.get(key)
        if value is None:
            return
        made = value if isinstance(value, kind) else kind.coerce(key, value)
        if made is not value:
            obj.__dict__[key] = made
        if isinstance(made, Mutable):
            made._parents[state_of(obj)] = key

    def on_load(obj: Any, *_: Any) -> None:
        hold(obj)

    def on_refresh(obj: Any, context: Any, attrs: Any) -> None:
        if not attrs or key in attrs:
            hold(obj)

    def on_set(obj: Any, value: Any, old: Any, initiator: Any) -> Any:
        if value is old:
            return value
        made = value if isinstance(value, kind) else kind.coerce(key, value)
        if isinstance(made, Mutable):
            made._parents[state_of(obj)] = key
        if isinstance(old, Mutable):
            old._parents.pop(state_of(obj), None)
        return made

    def on_unpickle(obj: Any, *_: Any) -> None:
        hold(obj)

    listen(class_, "load", on_load, propagate=True)
    listen(class_, "refresh", on_refresh, propagate=True)
    listen(class_, "refresh_flush", on_refresh, propagate=True)
    listen(class_, "unpickle", on_unpickle, propagate=True)
    manager = class_mapper(class_, configure=False).class_manager
    manager.hook_unpickling()
    manager.adopters.append(hold)
    tracker = manager.tracked[key]
    tracker.dispatch.add("set", on_set, {"retval": True, "propagate": True})


class MutableComposite(MutableBase):
    """The base of composite classes whose objects change in place; call `changed()` after each change."""

    def changed(self) -> None:
        """Set the columns of the objects that hold this composite to its values."""
        for state, key in list(self._parents.items()):
            obj = state.obj()
            if obj is None or obj.__dict__.get(key) is not self:
                continue
            prop = state.mapper.attributes[key]
            values = prop.values_of(self)
            for name, value in zip(prop.keys, values, strict=True):
                setattr(obj, name, value)
            obj.__dict__[f"_composite {key}"] = values


def _watch_unpickled(class_: type[Any], key: str) -> None:
    """Have a composite know its object again when both were unpickled."""

    def on_unpickle(obj: Any, *_: Any) -> None:
        _composite_made(obj, key, obj.__dict__.get(key))

    listen(class_, "unpickle", on_unpickle)
    class_mapper(class_, configure=False).class_manager.hook_unpickling()


def _composite_made(obj: Any, key: str, made: Any) -> None:
    if isinstance(made, MutableComposite):
        made._parents[state_of(obj)] = key


def _composite_set(obj: Any, key: str, value: Any, old: Any) -> Any:
    kind = state_of(obj).mapper.attributes[key].composite_class
    if isinstance(kind, type) and issubclass(kind, MutableComposite):
        value = kind.coerce(key, value)
        if value is not None:
            value._parents[state_of(obj)] = key
        if isinstance(old, MutableComposite) and old is not value:
            old._parents.pop(state_of(obj), None)
    return value


composite_listeners["composite_made"].append(_composite_made)
composite_listeners["composite_set"].append(_composite_set)


def _reporting(base: type[Any], name: str) -> Callable[..., Any]:
    original = getattr(base, name)

    def change(self: Any, *args: Any, **kwargs: Any) -> Any:
        found = original(self, *args, **kwargs)
        self.changed()
        return found

    change.__name__ = name
    change.__doc__ = original.__doc__
    return change


def _report_changes(cls: type[Any], base: type[Any], names: Iterable[str]) -> None:
    for name in names:
        setattr(cls, name, _reporting(base, name))


class MutableDict(Mutable, dict[_KT, _VT]):
    """A dict that reports changes of its keys (not of what is inside the values)."""

    @classmethod
    def coerce(cls, key: str, value: Any) -> MutableDict[_KT, _VT] | None:
        """Return a MutableDict for a dict."""
        if isinstance(value, dict) and not isinstance(value, cls):
            return cls(value)
        return super().coerce(key, value)  # type: ignore[no-any-return]

    def __getstate__(self) -> dict[_KT, _VT]:
        return dict(self)

    def __setstate__(self, state: Any) -> None:
        dict.update(self, state)

    def __reduce_ex__(self, protocol: SupportsIndex) -> Any:
        return (type(self), (dict(self),))


class MutableList(Mutable, list[_T]):
    """A list that reports changes of its members (not of what is inside them)."""

    @classmethod
    def coerce(cls, key: str, value: Any) -> MutableList[_T] | None:
        """Return a MutableList for a list."""
        if isinstance(value, list) and not isinstance(value, cls):
            return cls(value)
        return super().coerce(key, value)  # type: ignore[no-any-return]

    def __reduce_ex__(self, protocol: SupportsIndex) -> Any:
        return (type(self), (list(self),))

    def is_scalar(self, value: Any) -> bool:
        """Tell whether a value is no iterable."""
        return not isinstance(value, Iterable)

    def is_iterable(self, value: Any) -> bool:
        """Tell whether a value is an iterable."""
        return isinstance(value, Iterable)


class MutableSet(Mutable, set[_T]):
    """A set that reports changes of its members."""

    @classmethod
    def coerce(cls, key: str, value: Any) -> MutableSet[_T] | None:
        """Return a MutableSet for a set."""
        if isinstance(value, set) and not isinstance(value, cls):
            return cls(value)
        return super().coerce(key, value)  # type: ignore[no-any-return]

    def __reduce_ex__(self, protocol: SupportsIndex) -> Any:
        return (type(self), (set(self),))


_report_changes(MutableDict, dict, ("__setitem__", "__delitem__", "clear", "pop", "popitem", "setdefault", "update", "__ior__"))
_report_changes(
    MutableList,
    list,
    ("__setitem__", "__delitem__", "append", "extend", "insert", "remove", "pop", "clear", "sort", "reverse", "__iadd__", "__imul__"),
)
_report_changes(
    MutableSet,
    set,
    (
        "add",
        "discard",
        "remove",
        "pop",
        "clear",
        "update",
        "intersection_update",
        "difference_update",
        "symmetric_difference_update",
        "__ior__",
        "__iand__",
        "__isub__",
        "__ixor__",
    ),
)


def setup_composite_listener() -> None:
    """Do nothing: mutable composites report by themselves. The name is kept for programs that call it."""
