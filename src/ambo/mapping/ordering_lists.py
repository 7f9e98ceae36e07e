"""`ordering_list()`: a list of related objects that keeps a position attribute of each in step with the list.

Rule 1: positions follow changes made through the list; after others call `reorder()`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, SupportsIndex, TypeVar

from ambo.mapping.collections import InstrumentedList

_T = TypeVar("_T")
OrderingFunc = Callable[[int, Any], Any]


def count_from_0(index: int, collection: Any) -> int:
    """Number from 0."""
    return index


def count_from_1(index: int, collection: Any) -> int:
    """Number from 1."""
    return index + 1


def count_from_n_factory(start: int) -> OrderingFunc:
    """Return a function that numbers from `start`."""

    def number(index: int, collection: Any) -> int:
        return index + start

    number.__name__ = f"count_from_{start}"
    return number


def ordering_list(
    attr: str,
    count_from: int | None = None,
    ordering_func: OrderingFunc | None = None,
    reorder_on_append: bool = False,
) -> Callable[[], OrderingList[Any]]:
    """Return a collection_class: a list that numbers its members in the attribute `attr`.

        bullets = relationship("Bullet", order_by="Bullet.position", collection_class=ordering_list("position"))
    """
    if ordering_func is None:
        ordering_func = _numbering(count_from)

    def make() -> OrderingList[Any]:
        return OrderingList(attr, ordering_func, reorder_on_append)

    return make


def _numbering(count_from: int | None) -> OrderingFunc:
    if count_from in (None, 0):
        return count_from_0
    return count_from_1 if count_from == 1 else count_from_n_factory(count_from or 0)


class OrderingList(InstrumentedList[_T]):
    """A list that numbers its members."""

    def __init__(self, ordering_attr: str | None = None, ordering_func: OrderingFunc | None = None, reorder_on_append: bool = False) -> None:
        super().__init__()
        self.ordering_attr = ordering_attr
        self.ordering_func: OrderingFunc = ordering_func or count_from_0
        self.reorder_on_append = reorder_on_append

    def __reduce_ex__(self, protocol: SupportsIndex) -> Any:
        _, args, saved, items = super().__reduce_ex__(protocol)
        return (_unpickled, (type(self), args), saved, items)

    def _position(self, entity: Any) -> Any:
        return getattr(entity, str(self.ordering_attr))

    def _number(self, index: int, entity: Any, renumber: bool = True) -> None:
        if not renumber and self._position(entity) is not None:
            return
        wanted = self.ordering_func(index, self)
        if self._position(entity) != wanted:
            setattr(entity, str(self.ordering_attr), wanted)

    def reorder(self) -> None:
        """Number all members anew."""
        for index, entity in enumerate(self):
            self._number(index, entity)

    _reorder = reorder

    def append(self, entity: _T) -> None:
        """Add a member at the end."""
        super().append(entity)
        if self.ordering_attr is None:
            return  # being unpickled
        self._number(len(self) - 1, entity, self.reorder_on_append or self._position(entity) is None)

    def insert(self, index: SupportsIndex, entity: _T) -> None:
        """Add a member at a place."""
        super().insert(index, entity)
        self.reorder()

    def remove(self, entity: _T) -> None:
        """Remove a member."""
        super().remove(entity)
        if self._ambo_owner is not None:
            self.reorder()

    def pop(self, index: SupportsIndex = -1) -> _T:
        """Remove and return a member."""
        found = super().pop(index)
        self.reorder()
        return found

    def __setitem__(self, index: Any, entity: Any) -> None:
        super().__setitem__(index, entity)
        self.reorder()

    def __delitem__(self, index: Any) -> None:
        super().__delitem__(index)
        self.reorder()

    def extend(self, items: Iterable[_T]) -> None:
        """Add several members."""
        for one in list(items):
            self.append(one)


def _unpickled(cls: type[Any], args: Any) -> Any:
    return cls(*args)
