"""The tracker of relationships to many objects: making, replacing and changing their collections.

    user.addresses = [...]      set -> _exchange: events for what comes and goes, none for what stays
    user.addresses.append(a)    the collection -> fire_append -> back-reference, session
    a.user = user               reverse_add -> the collection; PendingChanges if it is not loaded

Rule 1: a new object's empty collection is kept by its state (`empty_collections`) and becomes the attribute's value at its first change.
Rule 2: `committed[key]` is a list of the members that the database has, made before the first change.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable
from typing import Any

from ambo.mapping.collections import (
    InstrumentedList,
    builtin_base,
    collection_adapter,
    fill,
    link,
    members,
    roles_of,
    tracked,
    tracked_factory,
    unlink,
)
from ambo.mapping.history import HISTORY_BLANK, History, collection_history
from ambo.mapping.late_changes import warn_of_late
from ambo.mapping.markers import NO_KEY, NO_VALUE
from ambo.mapping.related_tracking import RelatedTracker
from ambo.mapping.shared_state import PendingChanges
from ambo.mapping.state import InstanceState
from ambo.mapping.tracking import AttributeEventToken, Tracker, state_or_new


class CollectionTracker(RelatedTracker):
    """A relationship to many objects."""

    __slots__ = ("factory", "owner_ref")
    is_collection = True

    def __init__(self, class_: type[Any], prop: Any, parent: Tracker | None = None) -> None:
        self.factory: Callable[[], Any] = tracked_factory(prop.collection_class or list)
        self.owner_ref: Callable[[Any], Any] = weakref.ref
        super().__init__(class_, prop, parent)

    # ---- making and replacing collections

    def new_collection(self, obj: Any, items: Iterable[Any] = ()) -> Any:
        """Return a linked collection with these members, without events; the caller stores it."""
        made = self.factory()
        if made.__class__ is not InstrumentedList:
            made = tracked(made)
            roles_of(made.__class__)
        fill(made, items)
        link(made, obj, self)
        if "init_collection" in self.on:
            self.emit("init_collection", obj, made, collection_adapter(made))
        return made

    def set_committed(self, obj: Any, value: Any) -> Any:
        """Store members as the database's own, then apply what back-references did meanwhile; return the collection."""
        have = obj.__dict__
        key = self.key
        state = have.get("_sa_instance_state")
        old = have.get(key)
        if old is not None:
            unlink(old)
        made = have[key] = self.new_collection(obj, value)
        if state.__class__ is InstanceState:
            state.settle(key)
            state.expired -= {key}
            state.empty_collections.pop(key, None)
            pending = state.pending_changes.pop(key, None)
            if pending is not None:
                self._apply(state, made, pending)
        return made

    def _apply(self, state: InstanceState, made: Any, pending: PendingChanges) -> None:
        state.own("committed")[self.key] = list(members(made))
        adapter = collection_adapter(made)
        for item in pending.added:
            if not any(one is item for one in adapter):
                adapter.append_without_event(item)
        for item in pending.removed:
            if any(one is item for one in adapter):
                adapter.remove_without_event(item)

    def release(self, made: Any) -> None:
        """Let go of a collection that is no longer the object's."""
        unlink(made)

    def default(self, obj: Any) -> Any:
        """Return the empty collection of an object that never had one; it is stored at its first change."""
        state = state_or_new(obj)
        made = state.empty_collections.get(self.key)
        if made is None:
            made = state.own("empty_collections")[self.key] = self.new_collection(obj)
        return made

    def set(self, obj: Any, value: Any, initiator: AttributeEventToken | None = None) -> None:
        """Replace the whole collection: events for what comes and goes, none for what stays."""
        have = obj.__dict__
        key = self.key
        state = state_or_new(obj)
        old = have.get(key, NO_VALUE)
        if old is NO_VALUE:
            old = state.empty_collections.pop(key, NO_VALUE)
        if value is old:
            return
        wanted = self._items_of(value)
        token = AttributeEventToken(self, "bulk_replace", obj)
        if "bulk_replace" in self.on:
            wanted = list(wanted)
            self.emit("bulk_replace", obj, wanted, token)
        before = [] if old is NO_VALUE else list(members(old))
        self._remember(state, have, before if old is not NO_VALUE else NO_VALUE)
        self._exchange(obj, before, wanted, token)
        if old is not NO_VALUE:
            unlink(old)
            if "dispose_collection" in self.on:
                self.emit("dispose_collection", obj, old, collection_adapter(old))

    def _exchange(self, obj: Any, before: list[Any], wanted: list[Any], token: AttributeEventToken) -> None:
        kept = {id(one) for one in before}
        made = obj.__dict__[self.key] = self.new_collection(obj)
        fresh = roles_of(made.__class__).appender
        for item in wanted:
            if id(item) in kept:
                fill(made, (item,))
                self.keep(obj, item)
            else:
                self._mirrored(made, fresh, item, obj, token)
        staying = {id(one) for one in members(made)}
        for item in before:
            if id(item) not in staying:
                self.fire_remove(obj, made, item, token)

    def keep(self, obj: Any, item: Any) -> None:
        """Let the session take in an item that was put in once more."""
        if self.prop.cascade.save_update:
            state = state_or_new(obj)
            session = state.session
            if session is not None:
                session.cascade_attached(state, state_or_new(item), self.prop)

    def _items_of(self, value: Any) -> list[Any]:
        sample = tracked(self.factory())
        kind = type(sample)
        converter = roles_of(kind).converter
        if converter is not None:
            return list(getattr(sample, converter)(value))
        base = builtin_base(kind)
        given = type(value)
        if base is not None and (value is None or builtin_base(given) is not base):
            raise TypeError(f"{self!r} cannot become {value!r}: a {given.__name__} is not {base.__name__}-like")
        if base is dict:
            return list(value.values())
        return list(value)

    # ---- single changes

    def _remember(self, state: InstanceState, have: dict[str, Any], before: Any) -> None:
        state.expired -= {self.key}
        if self.prop.viewonly:
            return
        if self.key not in state.committed:
            state.own("committed")[self.key] = before
        state.pending_changes.pop(self.key, None)
        state.mark_modified()

    def _before_change(self, obj: Any, made: Any, what: str) -> None:
        state = state_or_new(obj)
        if state.session_ref is not None and state.session_ref.is_writing:
            warn_of_late(what)
        if self.key not in state.committed and not self.prop.viewonly:
            state.own("committed")[self.key] = list(members(made))
        if state.empty_collections and state.empty_collections.get(self.key) is made:
            obj.__dict__[self.key] = state.empty_collections.pop(self.key)
        if not self.prop.viewonly:
            state.mark_modified()

    def fire_append(self, obj: Any, made: Any, item: Any, initiator: AttributeEventToken | None = None, key: Any = NO_KEY) -> Any:
        """Announce an item that comes in; return the item to store."""
        token = initiator or AttributeEventToken(self, "append", obj)
        if "append" in self.on:
            item = self.emit("append", obj, item, token, key=key)
        self.check(item)
        self.check_single(obj, item)
        self._before_change(obj, made, "collection append")
        self.mirror_added(obj, item, token)
        self.attach(obj, item, token.impl is self)
        return item

    def fire_remove(
        self, obj: Any, made: Any, item: Any, initiator: AttributeEventToken | None = None, key: Any = NO_KEY, stays: bool = False
    ) -> None:
        """Announce an item that goes out; `stays` if it is there a second time."""
        token = initiator or AttributeEventToken(self, "remove", obj)
        if "remove" in self.on:
            self.emit("remove", obj, item, token, key=key)
        self._before_change(obj, made, "collection remove")
        if item is not None and not stays:
            self.detach(obj, item)
            self.mirror_removed(obj, item, token)

    def delete(self, obj: Any) -> None:
        """Empty the collection."""
        if self.key not in obj.__dict__:
            return
        collection_adapter(getattr(obj, self.key)).clear_with_event()
        made = obj.__dict__.pop(self.key)
        unlink(made)

    def history(self, state: InstanceState) -> History:
        """Return what changed since the last flush."""
        key = self.key
        current = state.dict.get(key, NO_VALUE)
        if current is NO_VALUE:
            pending = state.pending_changes.get(key)
            return HISTORY_BLANK if pending is None else History(list(pending.added), (), list(pending.removed))
        now = members(current)
        before = state.committed.get(key, NO_VALUE)
        if before is NO_VALUE:
            return History(list(now), (), ()) if key in state.committed else History((), list(now), ())
        return collection_history(before, now)

    # ---- mirroring

    def reverse_add(self, obj: Any, item: Any, token: AttributeEventToken) -> None:
        """Append the item, now or when the collection is loaded."""
        made = self._collection_or_pending(obj)
        if made is None:
            self._pending(obj).append(item)
            self._announce_pending("append", obj, item, token)
        elif not any(one is item for one in members(made)):
            self._mirrored(made, roles_of(made.__class__).appender, item, obj, token)

    def reverse_remove(self, obj: Any, item: Any, token: AttributeEventToken) -> None:
        """Remove the item, now or when the collection is loaded."""
        made = self._collection_or_pending(obj)
        if made is None:
            self._pending(obj).remove(item)
            self._announce_pending("remove", obj, item, token)
            self.detach(obj, item)
        elif any(one is item for one in members(made)):
            self._mirrored(made, roles_of(made.__class__).remover, item, obj, token)

    def _mirrored(self, made: Any, method: str, item: Any, obj: Any, token: AttributeEventToken) -> None:
        mirror = MirroringTracker(self, token)
        made._ambo_tracker = mirror
        try:
            getattr(made, method)(item)
        finally:
            made._ambo_tracker = self

    def _collection_or_pending(self, obj: Any) -> Any:
        made = obj.__dict__.get(self.key)
        if made is None and (state_or_new(obj).key is None or self.key in state_or_new(obj).empty_collections):
            made = self.default(obj)
        return made

    def _pending(self, obj: Any) -> PendingChanges:
        state = state_or_new(obj)
        found = state.pending_changes.get(self.key)
        if found is None:
            found = state.own("pending_changes")[self.key] = PendingChanges()
        state.mark_modified()
        return found

    def _announce_pending(self, name: str, obj: Any, item: Any, token: AttributeEventToken) -> None:
        if name in self.on:
            self.emit(name, obj, item, token)
        if name == "append":
            self.attach(obj, item, False)


class MirroringTracker:
    """Stands in for a collection's tracker while a back-reference changes it, to carry the initiator along."""

    __slots__ = ("_token", "_tracker")

    def __init__(self, tracker: CollectionTracker, token: AttributeEventToken) -> None:
        self._tracker = tracker
        self._token = token

    def fire_append(self, obj: Any, made: Any, item: Any, initiator: Any = None, key: Any = NO_KEY) -> Any:
        """Announce an item, naming who began it."""
        return self._tracker.fire_append(obj, made, item, self._token, key)

    def fire_remove(self, obj: Any, made: Any, item: Any, initiator: Any = None, key: Any = NO_KEY, stays: bool = False) -> None:
        """Announce a removal, naming who began it."""
        self._tracker.fire_remove(obj, made, item, self._token, key, stays)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tracker, name)
