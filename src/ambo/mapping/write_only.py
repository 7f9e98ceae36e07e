"""Collections that are never loaded as a whole: `WriteOnlyMapped` and `DynamicMapped`.

    user.addresses.add(a)             noted in the state, written by the flush
    user.addresses.select()           a SELECT of the members, to be executed by the session
    user.notes.filter(...).all()      dynamic: a classic query, built by the object's session

Rule 1: what is added and removed before a flush is in `state.pending_changes`; no collection is stored on the object.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, Generic, TypeVar

from ambo.errors import DetachedInstanceError, InvalidRequestError, MultipleResultsFound, NoResultFound
from ambo.mapping.history import History
from ambo.mapping.markers import NO_KEY
from ambo.mapping.related_tracking import RelatedTracker
from ambo.mapping.relation_criteria import value_of, with_parent
from ambo.mapping.shared_state import PendingChanges
from ambo.mapping.state import InstanceState
from ambo.mapping.tracking import AttributeEventToken, state_or_new
from ambo.statements.selects import Select
from ambo.statements.writes import Delete, Insert, Update

_T = TypeVar("_T")


class WriteOnlyTracker(RelatedTracker):
    """Tracks a collection that is not loaded."""

    __slots__ = ()
    is_collection = True
    factory: Any = None  # no collection is ever made

    def missing(self, obj: Any) -> Any:
        """Return a handle on the collection."""
        made = DynamicCollection if self.prop.lazy == "dynamic" else WriteOnlyCollection
        return made(obj, self)

    def set(self, obj: Any, value: Any, initiator: AttributeEventToken | None = None) -> None:
        """Replace the members of an object that is not in the database yet."""
        state = state_or_new(obj)
        if state.key is not None and self.prop.lazy == "write_only":
            raise InvalidRequestError(
                f"{self!r} is write-only: what it holds is not loaded, so it can't be replaced; use add(), remove(), or a bulk delete()"
            )
        pending = self._pending(state)
        wanted = list(value)
        if state.key is not None:
            have = list(self.missing(obj))
            wanted_ids = {id(one) for one in wanted}
            for item in have:
                if id(item) not in wanted_ids:
                    self.remove(obj, item)
            wanted = [one for one in wanted if not any(one is other for other in have)]
        else:
            for item in list(pending.added):
                self.remove(obj, item)
        for item in wanted:
            self.add(obj, item)

    def delete(self, obj: Any) -> None:
        """Refuse."""
        raise InvalidRequestError(f"{self!r} can't be deleted; remove its members")

    def _pending(self, state: InstanceState) -> PendingChanges:
        found = state.pending_changes.get(self.key)
        if found is None:
            found = state.own("pending_changes")[self.key] = PendingChanges()
        return found

    def add(self, obj: Any, item: Any, token: AttributeEventToken | None = None) -> None:
        """Add a member."""
        own = token or AttributeEventToken(self, "append", obj)
        if "append" in self.on:
            item = self.emit("append", obj, item, own, key=NO_KEY)
        self.check(item)
        state = state_or_new(obj)
        self._pending(state).append(item)
        state.mark_modified()
        self.mirror_added(obj, item, own)
        self.attach(obj, item, token is None)

    def remove(self, obj: Any, item: Any, token: AttributeEventToken | None = None) -> None:
        """Remove a member."""
        own = token or AttributeEventToken(self, "remove", obj)
        if "remove" in self.on:
            self.emit("remove", obj, item, own, key=NO_KEY)
        state = state_or_new(obj)
        self._pending(state).remove(item)
        state.mark_modified()
        self.detach(obj, item)
        self.mirror_removed(obj, item, own)

    def reverse_add(self, obj: Any, item: Any, token: AttributeEventToken) -> None:
        """Mirror an addition."""
        if not any(one is item for one in self._pending(state_or_new(obj)).added):
            self.add(obj, item, token)

    def reverse_remove(self, obj: Any, item: Any, token: AttributeEventToken) -> None:
        """Mirror a removal."""
        if not any(one is item for one in self._pending(state_or_new(obj)).removed):
            self.remove(obj, item, token)

    def history(self, state: InstanceState) -> History:
        """Return what changed since the last flush."""
        pending = state.pending_changes.get(self.key)
        return History([], [], []) if pending is None else History(list(pending.added), [], list(pending.removed))

    def set_committed(self, obj: Any, value: Any) -> Any:
        """Note the members of a dynamic collection for a deletion.

        Raises InvalidRequestError for a write-only one.
        """
        if self.prop.lazy == "write_only":
            raise InvalidRequestError(
                f"Attribute {self!r} can't load the existing state from the database for this operation; full iteration is not permitted. "
                "Give the relationship passive_deletes=True and the foreign key ON DELETE, or delete the members first."
            )
        self._pending(state_or_new(obj)).loaded = list(value)

    def release(self, made: Any) -> None:
        """Nothing is stored."""


class WriteOnlyCollection(Generic[_T]):
    """A handle on an object's collection: add to it, remove from it, select from it."""

    __slots__ = ("_obj", "_tracker")

    def __init__(self, obj: Any, tracker: WriteOnlyTracker) -> None:
        self._obj = obj
        self._tracker = tracker

    @property
    def instance(self) -> Any:
        """The object the collection belongs to."""
        return self._obj

    @property
    def attr(self) -> Any:
        """The tracker of the attribute."""
        return self._tracker

    def add(self, item: _T) -> None:
        """Add a member."""
        self._tracker.add(self._obj, item)

    def add_all(self, iterator: Iterable[_T]) -> None:
        """Add several members."""
        for item in iterator:
            self._tracker.add(self._obj, item)

    def remove(self, item: _T) -> None:
        """Remove a member."""
        self._tracker.remove(self._obj, item)

    def _attribute(self) -> Any:
        return getattr(type(self._obj), self._tracker.key)

    def _condition(self) -> Any:
        state = state_or_new(self._obj)
        if state.key is None and state.session is None:
            raise InvalidRequestError(f"{self._tracker!r} belongs to an object that is not in the database yet; add it to a session first")
        return with_parent(self._obj, self._attribute())

    def select(self) -> Any:
        """Return a SELECT of the members, in the relationship's order."""
        prop = self._tracker.prop
        statement: Any = Select(prop.entity).where(self._condition())
        return statement.order_by(*prop.order_by) if prop.order_by else statement

    def insert(self) -> Any:
        """Return an INSERT of members whose foreign keys are those of this object (one-to-many only)."""
        prop = self._tracker.prop
        if prop.secondary is not None:
            raise InvalidRequestError(f"{self._tracker!r} goes through a secondary table; insert() can't fill both tables")
        values = {prop.mapper.property_of(dest).key: value_of(self._obj, source) for source, dest in prop.synchronize_pairs}
        return Insert(prop.entity).values(**values)

    def update(self) -> Any:
        """Return an UPDATE of the members."""
        return Update(self._tracker.prop.entity).where(self._condition())

    def delete(self) -> Any:
        """Return a DELETE of the members."""
        return Delete(self._tracker.prop.entity).where(self._condition())

    def __iter__(self) -> Iterator[_T]:
        raise TypeError(f"{self._tracker!r} is write-only and is not iterated; execute its .select() with the session")


class DynamicCollection(WriteOnlyCollection[_T]):
    """A handle that is also a classic query of the members."""

    __slots__ = ()

    append = WriteOnlyCollection.add
    extend = WriteOnlyCollection.add_all

    @property
    def session(self) -> Any:
        """The object's session, flushed as a query would flush it; None for an object without one."""
        state = state_or_new(self._obj)
        session = state.session
        if state.key is None and session is not None and session.autoflush and not session.is_async:
            session.flush()
        return session

    def _query(self) -> Any:
        session = self.session
        if session is None:
            raise DetachedInstanceError(f"{self._tracker!r} is dynamic and needs the object's session; the object has none")
        prop = self._tracker.prop
        query = session.query(prop.mapper.class_).filter(self._condition())
        return query.order_by(*prop.order_by) if prop.order_by else query

    def _added(self) -> list[Any]:
        pending = state_or_new(self._obj).pending_changes.get(self._tracker.key)
        return [] if pending is None else list(pending.added)

    def _is_new(self) -> bool:
        state = state_or_new(self._obj)
        return state.key is None or state.session is None

    def __iter__(self) -> Iterator[_T]:
        return iter(self._added()) if self._is_new() else iter(self._query())

    def __getitem__(self, index: Any) -> Any:
        return self._added()[index] if self._is_new() else self._query()[index]

    def count(self) -> Any:
        """Return the number of members."""
        return len(self._added()) if self._is_new() else self._query().count()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name in _FROM_MEMORY and self.session is None:
            return partial(_FROM_MEMORY[name], self._added())
        return getattr(self._query(), name)


def _one_or_none(members: list[Any]) -> Any:
    if len(members) > 1:
        raise MultipleResultsFound("Multiple rows were found when one or none was required; here they are members that were added")
    return members[0] if members else None


def _one(members: list[Any]) -> Any:
    if not members:
        raise NoResultFound("No row was found when one was required; the object has no session, and no member was added to it")
    return _one_or_none(members)


_FROM_MEMORY: dict[str, Callable[[list[Any]], Any]] = {
    "all": list,
    "first": lambda members: members[0] if members else None,
    "one": _one,
    "one_or_none": _one_or_none,
}
"""What a dynamic collection of an object without a session can tell: the members that were added."""


AppenderQuery = DynamicCollection
