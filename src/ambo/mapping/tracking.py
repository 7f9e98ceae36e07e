"""Trackers: what happens when a mapped attribute of an object is set, deleted, changed or found missing.

One tracker for each (mapped class, attribute): `ScalarTracker` for columns, `ObjectTracker` for one related object,
`CollectionTracker` for many. The injected `__setattr__` finds it by name; tracked collections hold it.

    set -> listeners (may replace the value) -> remember what the database has -> store -> mirror in the reverse attribute -> cascade

Rule 1: nothing here loads; an old value that is not there is NO_VALUE, and the flush loads what it needs.
Rule 2: `state.committed[key]` is written once between two flushes, with the value the database has.
Rule 3: a change made for the sake of another (a back-reference) carries that other's token, and goes no further back.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable
from typing import Any

from ambo.errors import DetachedInstanceError, InvalidRequestError, LazyLoadError, UnmappedInstanceError
from ambo.listening import Dispatch, Registered
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
from ambo.mapping.dataclass_init import unset_values
from ambo.mapping.history import HISTORY_BLANK, History, collection_history, object_history, scalar_history
from ambo.mapping.markers import NO_KEY, NO_VALUE
from ambo.mapping.state import Common, InstanceState, PendingChanges, SharedState, not_an_entity, promote

ATTRIBUTE_EVENTS = frozenset(
    {
        "set",
        "append",
        "remove",
        "bulk_replace",
        "init_scalar",
        "init_collection",
        "dispose_collection",
        "modified",
        "append_wo_mutation",
    }
)


_MANY_ALIKE = 200


class AttributeEventToken:
    """Who began a change: the owner object, its attribute, and the kind of change."""

    __slots__ = ("impl", "op", "owner")

    def __init__(self, impl: Tracker, op: str, owner: Any = None) -> None:
        self.impl = impl
        self.op = op
        self.owner = owner

    @property
    def key(self) -> str:
        """The attribute's name."""
        return self.impl.key

    @property
    def parent_token(self) -> Any:
        """The mapped property, the same for all subclasses."""
        return self.impl.prop

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AttributeEventToken) and other.impl is self.impl and other.op == self.op

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return f"<{self.op} of {self.impl}>"


class AttributeDispatch(Dispatch):
    """The listeners of one attribute of one class; tells the tracker at once when they change."""

    __slots__ = ("tracker",)

    def __init__(self, tracker: Tracker) -> None:
        super().__init__()
        self.tracker = tracker

    def add(self, name: str, fn: Callable[..., Any], options: dict[str, Any]) -> None:
        """Register a listener."""
        super().add(name, fn, options)
        if options.get("active_history"):
            self.tracker.active_history = True
        self.tracker.refresh_listeners()

    def discard(self, name: str, fn: Callable[..., Any]) -> bool:
        """Remove a listener."""
        found = super().discard(name, fn)
        self.tracker.refresh_listeners()
        return found


class PlainNames(set[str]):
    """The names of a class's attributes that may be stored without asking their trackers.

    `alike` are the changes of new objects by the names that their constructor was given: objects made alike have them in common.
    """

    def __init__(self) -> None:
        self.alike: dict[tuple[str, ...], Common] = {}

    def changes_of(self, names: tuple[str, ...]) -> Common | None:
        """Return the changes of a new object that is given these attributes; None if a tracker must be asked."""
        if not self.issuperset(names):
            return None
        if len(self.alike) > _MANY_ALIKE:
            self.alike.clear()
        found = self.alike[names] = Common(dict.fromkeys(names, NO_VALUE))
        return found

    def turn(self, key: str, is_plain: bool) -> None:
        """Put a name in or take it out."""
        (self.add if is_plain else self.discard)(key)
        self.alike.clear()


class Tracker:
    """What all attributes have in common."""

    __slots__ = ("__weakref__", "_active_history", "children", "class_", "dispatch", "fast", "key", "on", "parent", "prop")

    is_collection = False
    is_relationship = False
    expirable = False
    uses_objects = False

    def __init__(self, class_: type[Any], prop: Any, parent: Tracker | None = None) -> None:
        self.class_ = class_
        self.prop = prop
        self.key: str = prop.key
        self.fast = PlainNames()
        self._active_history: bool = getattr(prop, "active_history", False)
        self.on: dict[str, tuple[Registered, ...]] = {}
        self.children: weakref.WeakSet[Tracker] = weakref.WeakSet()
        self.parent = parent
        self.dispatch = AttributeDispatch(self)
        if parent is not None:
            parent.children.add(self)
            self.refresh_listeners()

    @property
    def active_history(self) -> bool:
        """Whether the old value is loaded before a new one is set."""
        return self._active_history

    @active_history.setter
    def active_history(self, value: bool) -> None:
        self._active_history = value
        self._settle()

    def join(self, fast: PlainNames) -> None:
        """Take part in a class: `fast` are the names that its `__setattr__` may store without asking the tracker."""
        self.fast = fast
        self._settle()

    def _settle(self) -> None:
        """Say whether anybody wants to know of changes besides the state."""
        self.fast.turn(self.key, self.expirable and not self.on and not self._active_history)

    @property
    def collection(self) -> bool:
        """The attribute holds many objects."""
        return self.is_collection

    def __repr__(self) -> str:
        return f"{self.class_.__name__}.{self.key}"

    def refresh_listeners(self) -> None:
        """Collect the listeners again: those of superclasses that propagate, then the own."""
        found: dict[str, tuple[Registered, ...]] = {}
        for name in ATTRIBUTE_EVENTS:
            inherited = () if self.parent is None else self.parent.on.get(name, ())
            mine = self.dispatch.of(name)
            merged = (*(one for one in inherited if one.options.get("propagate") and one not in mine), *mine)
            if merged:
                found[name] = merged
        self.on = found
        self._settle()
        for child in self.children:
            child.refresh_listeners()

    def take_over(self, placeholder: Tracker) -> None:
        """Go on in the place of a tracker that stood here before configuration, with its listeners."""
        self.dispatch = placeholder.dispatch
        self.dispatch.tracker = self
        self.active_history = self.active_history or placeholder.active_history
        if placeholder.parent is not None:
            placeholder.parent.children.discard(placeholder)
        self.refresh_listeners()

    def emit(self, name: str, obj: Any, value: Any, *rest: Any, key: Any = NO_KEY) -> Any:
        """Call the listeners of an event; return the value, replaced by those that registered with `retval=True`."""
        for one in self.on.get(name, ()):
            target = state_or_new(obj) if one.options.get("raw") else obj
            named = {"key": key} if one.options.get("include_key") else {}
            if one.options.get("named"):
                names = _NAMED[name]
                answer = one(**dict(zip(names, (target, value, *rest), strict=False)), **named)
            else:
                answer = one(target, value, *rest, **named)
            if one.options.get("retval"):
                value = answer
        return value

    def writable_state(self, obj: Any) -> InstanceState:
        """Return the private state of an object that is about to change."""
        return state_or_new(obj)

    def missing(self, obj: Any) -> Any:
        """Answer a read of an attribute that has no value: a default for new objects, else whatever the session says."""
        have = obj.__dict__
        state = have.get("_sa_instance_state")
        if state.__class__ is not SharedState:
            if state.__class__ is not InstanceState:
                state = promote(obj, have, state)
            if state.key is None:
                session = state.session if self.prop.loads_on_pending or (self.is_relationship and "relationships" in state.callables) else None
                return self.default(obj) if session is None else session.load_attribute(obj, state, self.prop)
            if self.key in state.committed and self.key not in state.expired:
                return self.default(obj)
        if not self.prop.loads:
            return self.default(obj)
        session = state.session
        if session is None:
            raise DetachedInstanceError(
                f"{self!r} is not loaded, and the object belongs to no session that could load it; "
                "load it before the session ends, or add the object to a session"
            )
        return session.load_attribute(obj, state, self.prop)

    def load_old(self, obj: Any) -> Any:
        """Return the value the database has, loaded if the session may load here; NO_VALUE otherwise."""
        state = state_or_new(obj)
        if state.key is None or state.session is None or self.key in state.committed:
            return NO_VALUE
        try:
            return self.missing(obj)
        except LazyLoadError:
            return NO_VALUE

    def default(self, obj: Any) -> Any:
        """Return what an attribute reads as that was never set."""
        if "init_scalar" in self.on:
            return self.emit("init_scalar", obj, None, obj.__dict__)
        return unset_values(self.class_).get(self.key)

    def set(self, obj: Any, value: Any, initiator: AttributeEventToken | None = None) -> None:
        """Assign a value."""
        raise NotImplementedError

    def delete(self, obj: Any) -> None:
        """Delete the value; the flush writes NULL."""
        raise NotImplementedError

    def history(self, state: InstanceState) -> History:
        """Return what changed since the last flush."""
        raise NotImplementedError

    def set_committed(self, obj: Any, value: Any) -> Any:
        """Store a value as the database's own, without events; return what is stored."""
        have = obj.__dict__
        state = have.get("_sa_instance_state")
        if state.__class__ is InstanceState:
            state.settle(self.key)
            state.expired -= {self.key}
        have[self.key] = value
        return value


_NAMED = {
    "set": ("target", "value", "oldvalue", "initiator"),
    "append": ("target", "value", "initiator"),
    "remove": ("target", "value", "initiator"),
    "append_wo_mutation": ("target", "value", "initiator"),
    "bulk_replace": ("target", "values", "initiator"),
    "init_scalar": ("target", "value", "dict_"),
    "init_collection": ("target", "collection", "collection_adapter"),
    "dispose_collection": ("target", "collection", "collection_adapter"),
    "modified": ("target", "initiator"),
}


def state_or_new(obj: Any) -> InstanceState:
    """Return the private state of a mapped object, making it from a shared one or from nothing."""
    have = obj.__dict__
    state = have.get("_sa_instance_state")
    if state.__class__ is InstanceState:
        return state
    return promote(obj, have, state)


class ScalarTracker(Tracker):
    """Columns, and everything else that is one value."""

    __slots__ = ()
    expirable = True

    def set(self, obj: Any, value: Any, initiator: AttributeEventToken | None = None) -> None:
        """Assign a value."""
        have = obj.__dict__
        key = self.key
        if self.on or self.active_history:
            value = self._announce(obj, value, initiator)
        state = have.get("_sa_instance_state")
        if state.__class__ is not InstanceState:
            promote(obj, have, state, key)
            have[key] = value
            return
        if key not in state.committed:
            state.own("committed")[key] = have.get(key, NO_VALUE)
        have[key] = value
        if not state.modified:
            state.mark_modified()
        if state.expired:
            state.expired -= {key}

    def _announce(self, obj: Any, value: Any, initiator: AttributeEventToken | None) -> Any:
        old = self._old(obj)
        if "set" not in self.on:
            return value
        return self.emit("set", obj, value, old, initiator or AttributeEventToken(self, "set", obj))

    def _old(self, obj: Any) -> Any:
        old = obj.__dict__.get(self.key, NO_VALUE)
        if old is not NO_VALUE or not self.active_history:
            return old
        return self.load_old(obj)

    def delete(self, obj: Any) -> None:
        """Delete the value; the flush writes NULL."""
        have = obj.__dict__
        key = self.key
        if "remove" in self.on:
            self.emit("remove", obj, have.get(key, NO_VALUE), AttributeEventToken(self, "remove", obj))
        state = state_or_new(obj)
        known = key in have or key in state.expired or (state.key is not None and key not in state.committed)
        if not known:
            raise AttributeError(f"{self!r} has no value to delete")
        old = have.pop(key, NO_VALUE)
        state.own("committed").setdefault(key, old)
        state.expired -= {key}
        state.mark_modified()

    def history(self, state: InstanceState) -> History:
        """Return what changed since the last flush."""
        key = self.key
        return scalar_history(
            state.committed.get(key, NO_VALUE), key in state.committed, state.dict.get(key, NO_VALUE), self.prop.same_value
        )


class RelatedTracker(Tracker):
    """What the two kinds of relationship attributes share: reverse attributes, cascades, parents."""

    __slots__ = ()
    is_relationship = True
    uses_objects = True

    def check(self, value: Any) -> None:
        """Refuse what is not an object of a mapped class."""
        if getattr(type(value), "_sa_class_manager", None) is None:
            raise UnmappedInstanceError(f"{self!r} cannot take it: {not_an_entity(value)}")

    def check_single(self, obj: Any, item: Any) -> None:
        """Refuse a second parent if the relationship allows one only."""
        if self.prop.single_parent:
            known = state_or_new(item).parents.get(self.prop)
            if known is not None and known is not False and known is not state_or_new(obj):
                raise InvalidRequestError(
                    f"an object of {type(item).__name__} has a parent through {self!r} already, and single_parent=True allows one only; "
                    "take it from that parent first"
                )

    def mirror_added(self, obj: Any, item: Any, token: AttributeEventToken) -> None:
        """Point the item's reverse attributes at the object."""
        for prop in self.prop.mirrors:
            if token.owner is item and token.impl.prop is prop:
                continue
            tracker = type(item)._sa_class_manager.tracked.get(prop.key)
            if tracker is not None:
                tracker.reverse_add(item, obj, token)

    def mirror_removed(self, obj: Any, item: Any, token: AttributeEventToken) -> None:
        """Take the object out of the item's reverse attributes."""
        for prop in self.prop.mirrors:
            if token.owner is item and token.impl.prop is prop:
                continue
            tracker = type(item)._sa_class_manager.tracked.get(prop.key)
            if tracker is not None:
                tracker.reverse_remove(item, obj, token)

    def attach(self, obj: Any, item: Any, own: bool) -> None:
        """Note the parent, and let the session take the item in if the change began here."""
        prop = self.prop
        state = state_or_new(obj)
        if prop.tracks_parent:
            state_or_new(item).own("parents")[prop] = state
        if own and prop.cascade.save_update:
            session = state.session
            if session is not None:
                session.cascade_attached(state, state_or_new(item), prop)

    def detach(self, obj: Any, item: Any) -> None:
        """Note that the item has lost this parent; a pending orphan leaves the session."""
        prop = self.prop
        if not prop.tracks_parent:
            return
        state = state_or_new(obj)
        child = state_or_new(item)
        known = child.parents.get(prop)
        if known is None or known is False or known is state:
            child.own("parents")[prop] = False
        if prop.cascade.delete_orphan and child.key is None:
            session = child.session
            if session is not None:
                session.cascade_detached(state, child, prop)

    def has_parent(self, state: InstanceState, optimistic: bool = False) -> bool:
        """Tell whether an object has a parent through this attribute; `optimistic` answers when nothing is known."""
        known = state.parents.get(self.prop)
        return optimistic if known is None else known is not False

    def reverse_add(self, obj: Any, item: Any, token: AttributeEventToken) -> None:
        """Mirror an addition that began at the other side."""
        raise NotImplementedError

    def reverse_remove(self, obj: Any, item: Any, token: AttributeEventToken) -> None:
        """Mirror a removal that began at the other side."""
        raise NotImplementedError


class ObjectTracker(RelatedTracker):
    """A relationship to one object."""

    __slots__ = ()

    def set(self, obj: Any, value: Any, initiator: AttributeEventToken | None = None) -> None:
        """Assign an object or None, and mirror the change."""
        if value is not None:
            self.check(value)
            self.check_single(obj, value)
        have = obj.__dict__
        key = self.key
        old = self._old(obj)
        token = initiator or AttributeEventToken(self, "set", obj)
        if "set" in self.on:
            value = self.emit("set", obj, value, old, token)
            if value is not None:
                self.check(value)
        state = state_or_new(obj)
        if not self.prop.viewonly:
            state.own("committed").setdefault(key, have.get(key, old))
            state.mark_modified()
        have[key] = value
        state.expired -= {key}
        if old is value:
            return
        if old is not None and old is not NO_VALUE:
            self.detach(obj, old)
            self.mirror_removed(obj, old, token)
        if value is not None:
            self.mirror_added(obj, value, token)
            self.attach(obj, value, initiator is None)

    def _old(self, obj: Any) -> Any:
        old = obj.__dict__.get(self.key, NO_VALUE)
        if old is not NO_VALUE:
            return old
        state = state_or_new(obj)
        session = state.session
        if state.key is None or session is None or self.key in state.committed:
            return NO_VALUE
        found = session.peek_attribute(obj, state, self.prop)
        return self.load_old(obj) if found is NO_VALUE and self.active_history else found

    def delete(self, obj: Any) -> None:
        """Delete the reference; the flush writes NULL."""
        state = state_or_new(obj)
        if self.key not in obj.__dict__ and (state.key is None or self.key in state.committed):
            raise AttributeError(f"{self!r} has no value to delete")
        old = obj.__dict__.get(self.key, NO_VALUE)
        if "remove" in self.on:
            self.emit("remove", obj, old, AttributeEventToken(self, "remove", obj))
        self._clear(obj, state, old)

    def _clear(self, obj: Any, state: InstanceState, old: Any) -> None:
        obj.__dict__.pop(self.key, None)
        state.own("committed").setdefault(self.key, old)
        state.mark_modified()
        if old is not None and old is not NO_VALUE:
            self.detach(obj, old)
            self.mirror_removed(obj, old, AttributeEventToken(self, "remove", obj))

    def history(self, state: InstanceState) -> History:
        """Return what changed since the last flush."""
        key = self.key
        return object_history(state.committed.get(key, NO_VALUE), key in state.committed, state.dict.get(key, NO_VALUE))

    def reverse_add(self, obj: Any, item: Any, token: AttributeEventToken) -> None:
        """Point at the item."""
        if obj.__dict__.get(self.key, NO_VALUE) is not item:
            self.set(obj, item, token)

    def reverse_remove(self, obj: Any, item: Any, token: AttributeEventToken) -> None:
        """Point at nothing, if it is still the item that is pointed at."""
        if self._old(obj) is item:
            self.set(obj, None, token)


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

    def _before_change(self, obj: Any, made: Any) -> None:
        state = state_or_new(obj)
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
        self._before_change(obj, made)
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
        self._before_change(obj, made)
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
