"""Sets of objects by identity: what `session.new`, `.dirty` and `.deleted` return.

Rule 1: members are compared with `is`, whatever their `__eq__` says, and come in the order in which they were put in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any


class IdentitySet:
    """A set of objects by identity, in order.

    It compares equal to other collections with the same members.
    """

    __slots__ = ("_members",)

    def __init__(self, members: Iterable[Any] = ()) -> None:
        self._members = {id(one): one for one in members}

    def __contains__(self, obj: object) -> bool:
        return id(obj) in self._members

    def __iter__(self) -> Iterator[Any]:
        return iter(list(self._members.values()))

    def __len__(self) -> int:
        return len(self._members)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Iterable):
            return NotImplemented
        return set(self._members) == {id(one) for one in other}

    def __hash__(self) -> int:
        raise TypeError("the set of a session's objects changes, so it has no hash; make a list of it")

    def _ids(self, other: Iterable[Any]) -> dict[int, Any]:
        return {id(one): one for one in other}

    def union(self, other: Iterable[Any]) -> IdentitySet:
        """Return the members of both."""
        return IdentitySet([*self, *other])

    def intersection(self, other: Iterable[Any]) -> IdentitySet:
        """Return the members that both have."""
        ids = self._ids(other)
        return IdentitySet(one for one in self if id(one) in ids)

    def difference(self, other: Iterable[Any]) -> IdentitySet:
        """Return the members that the other has not."""
        ids = self._ids(other)
        return IdentitySet(one for one in self if id(one) not in ids)

    def issubset(self, other: Iterable[Any]) -> bool:
        """Tell whether the other has all members."""
        return self._members.keys() <= self._ids(other).keys()

    def issuperset(self, other: Iterable[Any]) -> bool:
        """Tell whether all members of the other are here."""
        return self._members.keys() >= self._ids(other).keys()

    __or__, __and__, __sub__ = union, intersection, difference

    def __repr__(self) -> str:
        return f"IdentitySet({list(self)!r})"
