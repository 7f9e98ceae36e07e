"""The collections an association proxy shows: lists, sets and dicts of values, backed by collections of objects.

Rule 1: the backing collection is read anew from its owner at every use, so a proxy outlives a refresh.
Rule 2: a value is compared by `==`, as in the plain collection the proxy stands for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, MutableMapping, MutableSequence, MutableSet
from typing import Any

from ambo.errors import InvalidRequestError


class AssociationCollection:
    """What the three share."""

    def __init__(
        self,
        owner: Any,
        source: Callable[[Any], Any],
        creator: Callable[..., Any],
        getter: Callable[[Any], Any],
        setter: Callable[..., Any],
    ) -> None:
        self._owner = owner
        self._source = source
        self.creator = creator
        self.getter = getter
        self.setter = setter

    @property
    def col(self) -> Any:
        """The collection of objects."""
        return self._source(self._owner)

    def owner_is(self, obj: Any) -> bool:
        """Tell whether this belongs to an object (it does not after a copy)."""
        return self._owner is obj

    def __len__(self) -> int:
        return len(self.col)

    def __bool__(self) -> bool:
        return bool(self.col)

    def clear(self) -> None:
        """Remove everything."""
        self.col.clear()

    def replace_all(self, proxy: Any, values: Any) -> None:
        """Become these values."""
        self.clear()
        proxy.replace(self, values)

    def __getstate__(self) -> Any:
        return {"owner": self._owner, "name": _name_of(self)}

    def __setstate__(self, saved: Any) -> None:
        owner, name = saved["owner"], saved["name"]
        fresh = getattr(type(owner), name)._new_proxy(owner)
        self.__dict__.update(fresh.__dict__)

    def __repr__(self) -> str:
        return repr(self.plain())

    def plain(self) -> Any:
        """Return the values in a plain collection."""
        raise NotImplementedError


def _name_of(proxy: AssociationCollection) -> str:
    for key, value in proxy._owner.__dict__.items():
        if value is proxy:
            for base in type(proxy._owner).__mro__:
                for name, found in base.__dict__.items():
                    if getattr(found, "key", None) == key and hasattr(found, "value_attr") and hasattr(found, "for_class"):
                        return name
    raise InvalidRequestError("this association proxy collection belongs to no object and can't be pickled")


class AssociationList(AssociationCollection):
    """A list of values."""

    def plain(self) -> list[Any]:
        """Return the values in a list."""
        return [self.getter(one) for one in self.col]

    def __contains__(self, value: object) -> bool:
        return any(self.getter(one) == value for one in self.col)

    def __iter__(self) -> Iterator[Any]:
        for one in self.col:
            yield self.getter(one)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self.getter(one) for one in self.col[index]]
        return self.getter(self.col[index])

    def __setitem__(self, index: Any, value: Any) -> None:
        if not isinstance(index, slice):
            self.setter(self.col[index], value)
            return
        places = list(range(*index.indices(len(self))))
        values = list(value)
        if index.step in (None, 1):
            start = index.indices(len(self))[0]
            for _ in places:
                del self[start]
            for offset, one in enumerate(values):
                self.insert(start + offset, one)
            return
        if len(values) != len(places):
            raise ValueError(f"attempt to assign sequence of size {len(values)} to extended slice of size {len(places)}")
        for place, one in zip(places, values, strict=True):
            self[place] = one

    def __delitem__(self, index: Any) -> None:
        del self.col[index]

    def append(self, value: Any) -> None:
        """Add a value."""
        self.col.append(self.creator(value))

    def extend(self, values: Iterable[Any]) -> None:
        """Add several values."""
        for value in list(values):
            self.append(value)

    def insert(self, index: int, value: Any) -> None:
        """Add a value at a place."""
        self.col[index:index] = [self.creator(value)]

    def remove(self, value: Any) -> None:
        """Remove the first such value."""
        for index, one in enumerate(self):
            if one == value:
                del self.col[index]
                return
        raise ValueError("value not in list")

    def pop(self, index: int = -1) -> Any:
        """Remove and return a value."""
        return self.getter(self.col.pop(index))

    def clear(self) -> None:
        """Remove everything."""
        del self.col[0 : len(self.col)]

    def count(self, value: Any) -> int:
        """Return how often a value is there."""
        return self.plain().count(value)

    def index(self, value: Any, *bounds: Any) -> int:
        """Return where a value is."""
        return self.plain().index(value, *bounds)

    def reverse(self) -> None:
        """Refuse: the order is that of the objects."""
        raise NotImplementedError("an association proxy's list can't be reversed in place; use reversed()")

    def sort(self, *args: Any, **kwargs: Any) -> None:
        """Refuse: the order is that of the objects."""
        raise NotImplementedError("an association proxy's list can't be sorted in place; use sorted()")

    def copy(self) -> list[Any]:
        """Return the values in a plain list."""
        return self.plain()

    def __add__(self, other: Any) -> Any:
        return _plain_list(self) + _plain_list(other) if isinstance(other, (list, AssociationList)) else NotImplemented

    def __radd__(self, other: Any) -> Any:
        return _plain_list(other) + _plain_list(self) if isinstance(other, (list, AssociationList)) else NotImplemented

    def __mul__(self, count: Any) -> Any:
        return self.plain() * count if isinstance(count, int) else NotImplemented

    __rmul__ = __mul__

    def __iadd__(self, other: Any) -> Any:
        self.extend(other)
        return self

    def __imul__(self, count: Any) -> Any:
        if not isinstance(count, int):
            return NotImplemented
        if count <= 0:
            self.clear()
        else:
            self.extend(self.plain() * (count - 1))
        return self

    def __eq__(self, other: object) -> bool:
        return bool(self.plain() == _plain_list(other))

    def __ne__(self, other: object) -> bool:
        return bool(self.plain() != _plain_list(other))

    def __lt__(self, other: Any) -> bool:
        return bool(self.plain() < _plain_list(other))

    def __le__(self, other: Any) -> bool:
        return bool(self.plain() <= _plain_list(other))

    def __gt__(self, other: Any) -> bool:
        return bool(self.plain() > _plain_list(other))

    def __ge__(self, other: Any) -> bool:
        return bool(self.plain() >= _plain_list(other))

    def __hash__(self) -> int:
        raise TypeError(f"{type(self).__name__} objects are unhashable")


def _plain_list(value: Any) -> Any:
    return value.plain() if isinstance(value, AssociationList) else list(value) if isinstance(value, tuple) else value


class AssociationSet(AssociationCollection):
    """A set of values."""

    def plain(self) -> set[Any]:
        """Return the values in a set."""
        return {self.getter(one) for one in self.col}

    def __contains__(self, value: object) -> bool:
        return any(self.getter(one) == value for one in self.col)

    def __iter__(self) -> Iterator[Any]:
        for one in self.col:
            yield self.getter(one)

    def add(self, value: Any) -> None:
        """Add a value."""
        if value not in self:
            self.col.add(self.creator(value))

    def discard(self, value: Any) -> None:
        """Remove a value if it is there."""
        for one in list(self.col):
            if self.getter(one) == value:
                self.col.discard(one)
                return

    def remove(self, value: Any) -> None:
        """Remove a value.

        Raises KeyError if it is not there.
        """
        for one in list(self.col):
            if self.getter(one) == value:
                self.col.discard(one)
                return
        raise KeyError(value)

    def pop(self) -> Any:
        """Remove and return some value."""
        if not self.col:
            raise KeyError("pop from an empty set")
        return self.getter(self.col.pop())

    def update(self, *others: Iterable[Any]) -> None:
        """Add several values."""
        for other in others:
            for value in list(other):
                self.add(value)

    def replace_all(self, proxy: Any, values: Any) -> None:
        """Become these values; those that stay keep their objects."""
        if proxy.parent.proxy_bulk_set is not None:
            super().replace_all(proxy, values)
            return
        self._become(set(values))

    def _become(self, wanted: set[Any]) -> None:
        have = self.plain()
        for value in have - wanted:
            self.remove(value)
        for value in wanted - have:
            self.add(value)

    def copy(self) -> set[Any]:
        """Return the values in a plain set."""
        return self.plain()

    def union(self, *others: Any) -> set[Any]:
        """Return the union."""
        return self.plain().union(*others)

    def difference(self, *others: Any) -> set[Any]:
        """Return the difference."""
        return self.plain().difference(*others)

    def intersection(self, *others: Any) -> set[Any]:
        """Return the intersection."""
        return self.plain().intersection(*others)

    def symmetric_difference(self, other: Any) -> set[Any]:
        """Return the symmetric difference."""
        return self.plain().symmetric_difference(other)

    def difference_update(self, *others: Any) -> None:
        """Remove values."""
        self._become(self.difference(*others))

    def intersection_update(self, *others: Any) -> None:
        """Keep only common values."""
        self._become(self.intersection(*others))

    def symmetric_difference_update(self, other: Any) -> None:
        """Keep what is in one of both only."""
        self._become(self.symmetric_difference(other))

    def issubset(self, other: Any) -> bool:
        """Tell whether all values are in the other."""
        return self.plain().issubset(other)

    def issuperset(self, other: Any) -> bool:
        """Tell whether all of the other's values are here."""
        return self.plain().issuperset(other)

    def isdisjoint(self, other: Any) -> bool:
        """Tell whether nothing is in common."""
        return self.plain().isdisjoint(other)

    def __or__(self, other: Any) -> Any:
        return self.plain() | _plain_set(other)

    def __and__(self, other: Any) -> Any:
        return self.plain() & _plain_set(other)

    def __sub__(self, other: Any) -> Any:
        return self.plain() - _plain_set(other)

    def __xor__(self, other: Any) -> Any:
        return self.plain() ^ _plain_set(other)

    def __ior__(self, other: Any) -> Any:
        return self._in_place(other, self.update)

    def __iand__(self, other: Any) -> Any:
        return self._in_place(other, self.intersection_update)

    def __isub__(self, other: Any) -> Any:
        return self._in_place(other, self.difference_update)

    def __ixor__(self, other: Any) -> Any:
        return self._in_place(other, self.symmetric_difference_update)

    def _in_place(self, other: Any, change: Callable[[Any], None]) -> Any:
        if not isinstance(other, (set, frozenset, AssociationSet)):
            return NotImplemented
        change(_plain_set(other))
        return self

    def __eq__(self, other: object) -> bool:
        return bool(self.plain() == _plain_set(other))

    def __ne__(self, other: object) -> bool:
        return bool(self.plain() != _plain_set(other))

    def __lt__(self, other: Any) -> bool:
        return bool(self.plain() < _plain_set(other))

    def __le__(self, other: Any) -> bool:
        return bool(self.plain() <= _plain_set(other))

    def __gt__(self, other: Any) -> bool:
        return bool(self.plain() > _plain_set(other))

    def __ge__(self, other: Any) -> bool:
        return bool(self.plain() >= _plain_set(other))

    def __hash__(self) -> int:
        raise TypeError(f"{type(self).__name__} objects are unhashable")


def _plain_set(value: Any) -> Any:
    return value.plain() if isinstance(value, AssociationSet) else value


_ABSENT = object()


class AssociationDict(AssociationCollection):
    """A dict of values, with the keys of the collection of objects."""

    def plain(self) -> dict[Any, Any]:
        """Return keys and values in a dict."""
        return {key: self.getter(one) for key, one in self.col.items()}

    def __contains__(self, key: object) -> bool:
        return key in self.col

    def has_key(self, key: Any) -> bool:
        """Tell whether a key is there."""
        return key in self.col

    def __iter__(self) -> Iterator[Any]:
        return iter(self.col.keys())

    def __getitem__(self, key: Any) -> Any:
        return self.getter(self.col[key])

    def __setitem__(self, key: Any, value: Any) -> None:
        if key in self.col:
            self.setter(self.col[key], key, value)
        else:
            self.col[key] = self.creator(key, value)

    def __delitem__(self, key: Any) -> None:
        del self.col[key]

    def get(self, key: Any, default: Any = None) -> Any:
        """Return the value of a key, or a default."""
        return self[key] if key in self.col else default

    def setdefault(self, key: Any, default: Any = None) -> Any:
        """Return the value of a key, setting it first if it is not there."""
        if key not in self.col:
            self.col[key] = self.creator(key, default)
            return default
        return self[key]

    def keys(self) -> Any:
        """The keys."""
        return self.col.keys()

    def values(self) -> list[Any]:
        """The values."""
        return [self.getter(one) for one in self.col.values()]

    def items(self) -> list[tuple[Any, Any]]:
        """Keys and values."""
        return [(key, self.getter(self.col[key])) for key in self.col]

    def pop(self, key: Any, default: Any = _ABSENT) -> Any:
        """Remove a key and return its value, or a default."""
        if key not in self.col:
            if default is _ABSENT:
                raise KeyError(key)
            return default
        return self.getter(self.col.pop(key))

    def popitem(self) -> tuple[Any, Any]:
        """Remove and return some key and value."""
        key, one = self.col.popitem()
        return (key, self.getter(one))

    def update(self, *others: Any, **named: Any) -> None:
        """Set several keys."""
        for key, value in dict(*others, **named).items():
            self[key] = value

    def replace_all(self, proxy: Any, values: Any) -> None:
        """Become these keys and values; keys that stay keep their objects."""
        if proxy.parent.proxy_bulk_set is not None:
            super().replace_all(proxy, values)
            return
        for key in [one for one in self.col if one not in values]:
            del self[key]
        for key in values:
            self[key] = values[key]

    def copy(self) -> dict[Any, Any]:
        """Return keys and values in a plain dict."""
        return self.plain()

    def __eq__(self, other: object) -> bool:
        return bool(self.plain() == _plain_dict(other))

    def __ne__(self, other: object) -> bool:
        return bool(self.plain() != _plain_dict(other))

    def __hash__(self) -> int:
        raise TypeError(f"{type(self).__name__} objects are unhashable")


def _plain_dict(value: Any) -> Any:
    return value.plain() if isinstance(value, AssociationDict) else value


MutableSequence.register(AssociationList)
MutableSet.register(AssociationSet)
MutableMapping.register(AssociationDict)
