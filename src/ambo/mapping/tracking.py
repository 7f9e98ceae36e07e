"""Trackers: what happens when a mapped attribute of an object is set, deleted, changed or found missing.

One tracker for each (mapped class, attribute); the injected `__setattr__` finds it by name, tracked collections hold it. Here is what all have in
common: listeners, missing values, defaults. Each kind has a room of its own:

    Tracker
      |── ScalarTracker              column_tracking.py       columns, and everything else that is one value
      `── RelatedTracker             related_tracking.py      reverse attributes, parents, cascades
            |── ObjectTracker        reference_tracking.py    one related object
            |── CollectionTracker    collection_tracking.py   many, in memory
            `── WriteOnlyTracker     write_only.py            many, never in memory

    set -> listeners (may replace the value) -> remember what the database has -> store -> mirror in the reverse attribute -> cascade

Rule 1: nothing here loads; an old value that is not there is NO_VALUE, and the flush loads what it needs.
Rule 2: `state.committed[key]` is written once between two flushes, with the value the database has.
Rule 3: a change made for the sake of another (a back-reference) carries that other's token, and goes no further back.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

from ambo.errors import DetachedInstanceError, LazyLoadError
from ambo.listening import Dispatch, Registered
from ambo.mapping.dataclass_init import unset_values
from ambo.mapping.history import History
from ambo.mapping.markers import NO_KEY, NO_VALUE
from ambo.mapping.shared_state import Common, SharedState
from ambo.mapping.state import InstanceState, promote

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
