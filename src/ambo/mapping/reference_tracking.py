"""The tracker of relationships to one object.

Rule: the old object is looked for in memory only (`session.peek_attribute`), unless `active_history` asks for more.
"""

from __future__ import annotations

from typing import Any

from ambo.mapping.history import History, object_history
from ambo.mapping.late_changes import warn_of_late
from ambo.mapping.markers import NO_VALUE
from ambo.mapping.related_tracking import RelatedTracker
from ambo.mapping.state import InstanceState
from ambo.mapping.tracking import AttributeEventToken, state_or_new


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
        if state.session_ref is not None and state.session_ref.is_writing:
            warn_of_late("related attribute set")
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
        if state.session_ref is not None and state.session_ref.is_writing:
            warn_of_late("related attribute delete")
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
