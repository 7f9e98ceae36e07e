"""The mutating methods of list, set and dict, wrapped so that they tell the owner what comes and goes.

Each factory takes the original method and returns the tracking one; the tables at the end of each section name them.

Rule 1: an event comes before the change, so that a listener may replace the item or refuse it.
Rule 2: a method that is made of others (`extend`, `update`) calls the tracked ones and fires nothing itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ambo.mapping.markers import NO_KEY

_Method = Callable[..., Any]


def fire_append(self: Any, item: Any, key: Any = NO_KEY) -> Any:
    """Tell the owner that an item comes in; return the item to store."""
    owner = self._ambo_owner
    if owner is None:
        return item
    obj = owner()
    return item if obj is None else self._ambo_tracker.fire_append(obj, self, item, None, key)


def fire_kept(self: Any, item: Any) -> None:
    """Tell the owner that an item was put in that is there already."""
    owner = self._ambo_owner
    obj = None if owner is None else owner()
    if obj is not None:
        self._ambo_tracker.keep(obj, item)


def fire_remove(self: Any, item: Any, key: Any = NO_KEY) -> None:
    """Tell the owner that an item goes out."""
    owner = self._ambo_owner
    if owner is not None:
        obj = owner()
        if obj is not None:
            self._ambo_tracker.fire_remove(obj, self, item, None, key)


def fire_remove_place(self: Any, item: Any, key: Any = NO_KEY) -> None:
    """Tell the owner that an item leaves one place of a list; it stays a member if it stands in another."""
    owner = self._ambo_owner
    if owner is not None:
        obj = owner()
        if obj is not None:
            stays = sum([one is item for one in self]) > 1
            self._ambo_tracker.fire_remove(obj, self, item, None, key, stays)


# ---- list


def _list_append(original: _Method) -> _Method:
    def append(self: Any, item: Any) -> None:
        original(self, fire_append(self, item))

    return append


def _list_remove(original: _Method) -> _Method:
    def remove(self: Any, item: Any) -> None:
        if item in self:
            fire_remove_place(self, item)
        original(self, item)

    return remove


def _list_insert(original: _Method) -> _Method:
    def insert(self: Any, index: Any, item: Any) -> None:
        original(self, index, fire_append(self, item, index))

    return insert


def _list_pop(original: _Method) -> _Method:
    def pop(self: Any, index: Any = -1) -> Any:
        if len(self):
            fire_remove_place(self, self[index], index)
        return original(self, index)

    return pop


def _list_setitem(original: _Method) -> _Method:
    def __setitem__(self: Any, index: Any, value: Any) -> None:
        if not isinstance(index, slice):
            fire_remove_place(self, self[index], index)
            original(self, index, fire_append(self, value, index))
            return
        new = list(value)
        for gone in self[index]:
            fire_remove_place(self, gone)
        original(self, index, [fire_append(self, one) for one in new])

    return __setitem__


def _list_delitem(original: _Method) -> _Method:
    def __delitem__(self: Any, index: Any) -> None:
        for gone in self[index] if isinstance(index, slice) else [self[index]]:
            fire_remove_place(self, gone)
        original(self, index)

    return __delitem__


def _list_extend(original: _Method) -> _Method:
    def extend(self: Any, items: Any) -> None:
        for one in list(items):
            self.append(one)

    return extend


def _list_iadd(original: _Method) -> _Method:
    def __iadd__(self: Any, items: Any) -> Any:
        for one in list(items):
            self.append(one)
        return self

    return __iadd__


def _list_clear(original: _Method) -> _Method:
    def clear(self: Any) -> None:
        for one in list(self):
            fire_remove(self, one)
        original(self)

    return clear


LIST_METHODS: dict[str, Callable[[_Method], _Method]] = {
    "append": _list_append,
    "remove": _list_remove,
    "insert": _list_insert,
    "pop": _list_pop,
    "__setitem__": _list_setitem,
    "__delitem__": _list_delitem,
    "extend": _list_extend,
    "__iadd__": _list_iadd,
    "clear": _list_clear,
}


# ---- set


def _set_add(original: _Method) -> _Method:
    def add(self: Any, item: Any) -> None:
        if item not in self:
            item = fire_append(self, item)
        else:
            fire_kept(self, item)
        original(self, item)

    return add


def _set_remove(original: _Method) -> _Method:
    def remove(self: Any, item: Any) -> None:
        if item in self:
            fire_remove(self, item)
        original(self, item)

    return remove


def _set_pop(original: _Method) -> _Method:
    def pop(self: Any) -> Any:
        if not len(self):
            return original(self)
        item = next(iter(self))
        self.remove(item)
        return item

    return pop


def _set_clear(original: _Method) -> _Method:
    def clear(self: Any) -> None:
        for one in list(self):
            self.remove(one)

    return clear


def _set_become(self: Any, wanted: set[Any]) -> None:
    for one in list(self):
        if one not in wanted:
            self.remove(one)
    for one in wanted:
        if one not in self:
            self.add(one)


def _set_update(original: _Method) -> _Method:
    def update(self: Any, *others: Any) -> None:
        for other in others:
            for one in list(other):
                self.add(one)

    return update


def _set_result(compute: Callable[..., set[Any]]) -> Callable[[_Method], _Method]:
    def factory(original: _Method) -> _Method:
        def change(self: Any, *others: Any) -> None:
            _set_become(self, compute(set(self), *others))

        return change

    return factory


def _set_in_place(compute: Callable[[set[Any], Any], set[Any]]) -> Callable[[_Method], _Method]:
    def factory(original: _Method) -> _Method:
        def change(self: Any, other: Any) -> Any:
            if not isinstance(other, (set, frozenset)) and not hasattr(other, "isdisjoint"):
                return NotImplemented
            _set_become(self, compute(set(self), other))
            return self

        return change

    return factory


SET_METHODS: dict[str, Callable[[_Method], _Method]] = {
    "add": _set_add,
    "remove": _set_remove,
    "discard": _set_remove,
    "pop": _set_pop,
    "clear": _set_clear,
    "update": _set_update,
    "difference_update": _set_result(set.difference),
    "intersection_update": _set_result(set.intersection),
    "symmetric_difference_update": _set_result(set.symmetric_difference),
    "__ior__": _set_in_place(lambda own, other: own | other),
    "__iand__": _set_in_place(lambda own, other: own & other),
    "__isub__": _set_in_place(lambda own, other: own - other),
    "__ixor__": _set_in_place(lambda own, other: own ^ other),
}


# ---- dict

_ABSENT = object()


def _dict_setitem(original: _Method) -> _Method:
    def __setitem__(self: Any, key: Any, value: Any) -> None:
        if key in self:
            fire_remove(self, self[key], key)
        original(self, key, fire_append(self, value, key))

    return __setitem__


def _dict_delitem(original: _Method) -> _Method:
    def __delitem__(self: Any, key: Any) -> None:
        if key in self:
            fire_remove(self, self[key], key)
        original(self, key)

    return __delitem__


def _dict_clear(original: _Method) -> _Method:
    def clear(self: Any) -> None:
        for key in list(self):
            fire_remove(self, self[key], key)
        original(self)

    return clear


def _dict_pop(original: _Method) -> _Method:
    def pop(self: Any, key: Any, default: Any = _ABSENT) -> Any:
        if key in self:
            fire_remove(self, self[key], key)
        return original(self, key) if default is _ABSENT else original(self, key, default)

    return pop


def _dict_popitem(original: _Method) -> _Method:
    def popitem(self: Any) -> Any:
        if len(self):
            key, value = list(self.items())[-1]
            fire_remove(self, value, key)
        return original(self)

    return popitem


def _dict_setdefault(original: _Method) -> _Method:
    def setdefault(self: Any, key: Any, default: Any = None) -> Any:
        if key not in self:
            self[key] = default
        return self[key]

    return setdefault


def _dict_update(original: _Method) -> _Method:
    def update(self: Any, *others: Any, **named: Any) -> None:
        for key, value in dict(*others, **named).items():
            if key not in self or self[key] is not value:
                self[key] = value

    return update


def _dict_ior(original: _Method) -> _Method:
    def __ior__(self: Any, other: Any) -> Any:
        self.update(other)
        return self

    return __ior__


DICT_METHODS: dict[str, Callable[[_Method], _Method]] = {
    "__setitem__": _dict_setitem,
    "__delitem__": _dict_delitem,
    "clear": _dict_clear,
    "pop": _dict_pop,
    "popitem": _dict_popitem,
    "setdefault": _dict_setdefault,
    "update": _dict_update,
    "__ior__": _dict_ior,
}
