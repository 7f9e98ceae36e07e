"""What the trackers of relationships have in common: who may be a value, reverse attributes, parents, cascades to the session.

    user.addresses.append(a)   mirror_added -> a.user = user (reverse_add)    attach -> a's parent is noted, the session takes a in
    user.addresses.remove(a)   mirror_removed -> a.user = None                detach -> a has lost it; a pending orphan leaves the session

Rule: a mirrored change carries the token of the change that began, whose own side it does not reach again.
"""

from __future__ import annotations

from typing import Any

from ambo.errors import InvalidRequestError, UnmappedInstanceError
from ambo.mapping.state import InstanceState, not_an_entity
from ambo.mapping.tracking import AttributeEventToken, Tracker, state_or_new


class RelatedTracker(Tracker):
    """What the two kinds of relationship attributes share: reverse attributes, cascades, parents."""

    __slots__ = ()
    is_relationship = True

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
