"""The tracker of columns, and of everything else that is one value.

    set -> listeners -> committed[key] = what the database has -> store -> the session keeps the object until its flush

Rule: a column that nobody listens to does not come here; the injected `__setattr__` (`instrumentation.py`) stores it. It repeats these steps: each runs
in the one frame that Python gives it, and a shared function would be a second one for every attribute that is set. Change both.
"""

from __future__ import annotations

from typing import Any

from ambo.mapping.history import History, scalar_history
from ambo.mapping.markers import NO_VALUE
from ambo.mapping.state import InstanceState, promote
from ambo.mapping.tracking import AttributeEventToken, Tracker, state_or_new


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
