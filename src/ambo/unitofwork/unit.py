"""The unit of work of a session: its objects, its transactions, and what the end of a transaction means for the objects.

    FrameStack (frame_stack.py)       transactions and savepoints in memory
      `── Membership (membership.py)  which objects, in which condition; coming in, going out, expiry
            `── Absorbing (absorbing.py)   what a flush did to them
                  `── Unit            what a commit or a rollback does to them

Rule 1: nothing here, nor in those, does I/O.
Rule 2: `Unit` is what operations see of a session; `sessions/base.py` builds the public `Session` on it.
"""

from __future__ import annotations

from typing import Any

from ambo.mapping.shared_state import NOTHING
from ambo.mapping.state import InstanceState, state_of
from ambo.unitofwork.absorbing import Absorbing
from ambo.unitofwork.frames import Frame


class Unit(Absorbing):
    """The bookkeeping of one session."""

    def remember_commit(self, frame: Frame) -> None:
        """Make the changes of a committed frame final: expire (or hand over to the savepoint's parent)."""
        if frame.parent is not None:
            frame.hand_over()
            return
        if self.expire_on_commit:
            self.expire_everything()
        if frame.deleted:
            self._detach(frame.deleted.values(), frame.deleted_states)
            frame.deleted.clear()

    def restore(self, frame: Frame) -> None:
        """Undo in memory what a rolled back frame did: new objects go, deleted ones come back, values expire."""
        deleted = [(state_of(obj), obj) for obj in (*frame.deleted.values(), *self._deleted.values())]
        for state in (*self._modified, *frame.dirty, *[state for state, _ in deleted]):
            state.parents = NOTHING
        gone = [(obj, state) for state in frame.new if (obj := state.obj()) is not None]
        gone += [(obj, state) for state, obj in self._new.items()]
        fresh = {state for _, state in gone}
        self.let_go(gone, to_transient=True)
        for state in frame.new:
            state.key = None
            state.deleted_flag = False
        for state, (before, now) in frame.switches.items():
            obj = state.obj()
            self.identity_map.discard(now, obj)
            if state not in fresh and obj is not None:
                state.key = before
                self.identity_map.put(before, obj)
        for state, obj in deleted:
            if state not in fresh:
                self._revive(state, obj)
        frame.deleted.clear()
        frame.deleted_states.clear()
        self._expire_after(frame)

    def _revive(self, state: InstanceState, obj: Any) -> None:
        was_deleted = state.deleted_flag
        state.deleted_flag = False
        self._deleted.pop(id(obj), None)
        if state.key is None or (state.session is not None and state.session is not self):
            return
        instead = self.identity_map.put(state.key, obj)
        if instead is not None:  # a row that took the deleted one's key inside the transaction, and went with it
            self.identity_map.put(state.key, instead)
            self.let_go([(instead, state_of(instead))])
            self.identity_map.put(state.key, obj)
        state.session_ref = self.session_ref
        self.session_ref.has_private = True
        if was_deleted:
            self.tell("deleted_to_persistent", state, obj)

    def _expire_after(self, frame: Frame) -> None:
        if not frame.nested:
            for obj in self.identity_map.values():
                state_of(obj).parents = NOTHING  # also of those whose change of parents was flushed
            self.expire_everything()
            return
        for state in [*frame.dirty, *self._modified]:
            if state.key is not None and state.obj() is not None:
                self.expire_state(state)
