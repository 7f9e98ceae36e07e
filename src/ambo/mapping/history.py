"""What changed in one attribute: `History(added, unchanged, deleted)`.

Rule 1: computed from the object's value and its state's `committed`, never by loading.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from ambo.mapping.markers import NO_VALUE


class History(NamedTuple):
    """Three sequences: what is new, what stayed, what is gone.  For a scalar each has at most one element."""

    added: Sequence[Any]
    unchanged: Sequence[Any]
    deleted: Sequence[Any]

    def __bool__(self) -> bool:
        return bool(self.added or self.deleted or self.unchanged)

    def empty(self) -> bool:
        """Tell whether there is nothing at all: no change and no value."""
        return not self

    def sum(self) -> list[Any]:
        """Return all three, concatenated."""
        return [*self.added, *self.unchanged, *self.deleted]

    def non_deleted(self) -> list[Any]:
        """Return what is there now."""
        return [*self.added, *self.unchanged]

    def non_added(self) -> list[Any]:
        """Return what was there before."""
        return [*self.unchanged, *self.deleted]

    def has_changes(self) -> bool:
        """Tell whether anything was added or removed."""
        return bool(self.added or self.deleted)


HISTORY_BLANK = History((), (), ())


def scalar_history(committed: Any, was_changed: bool, current: Any, same: Any) -> History:
    """Compare one value with what the database has; `same(a, b)` decides."""
    if not was_changed:
        return HISTORY_BLANK if current is NO_VALUE else History((), [current], ())
    if current is NO_VALUE:
        return HISTORY_BLANK if committed is NO_VALUE else History((), (), [committed])
    if committed is NO_VALUE:
        return History([current], (), ())
    if same(current, committed) is True:
        return History((), [current], ())
    return History([current], (), [committed])


def object_history(committed: Any, was_changed: bool, current: Any) -> History:
    """Compare one related object with what the database has, by identity."""
    if not was_changed:
        return HISTORY_BLANK if current is NO_VALUE else History((), [current], ())
    if current is NO_VALUE:
        return HISTORY_BLANK if committed is NO_VALUE or committed is None else History((), (), [committed])
    if committed is NO_VALUE:
        return History([current], (), ())
    if current is committed:
        return History((), [current], ())
    return History([current], (), () if committed is None else [committed])


def collection_history(committed: Iterable[Any], current: Iterable[Any]) -> History:
    """Compare the members of a collection with those the database has, by identity."""
    before = list(committed)
    now = list(current)
    before_ids = {id(one) for one in before}
    now_ids = {id(one) for one in now}
    return History(
        [one for one in now if id(one) not in before_ids],
        [one for one in now if id(one) in before_ids],
        [one for one in before if id(one) not in now_ids],
    )
