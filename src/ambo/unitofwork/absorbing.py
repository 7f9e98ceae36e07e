"""What a flush did, taken over into memory: inserted objects get their identity, updated ones are clean, deleted ones leave.

    perform a batch ──> became_persistent | became_clean | became_deleted, became_deleted_cleanly | changed_key

Rule 1: called once for each batch, after its statements; many objects of one class at a time, without a call for each.
Rule 2: the innermost frame remembers what a rollback will have to undo.
"""

from __future__ import annotations

import warnings
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from weakref import ref

from ambo.errors import AmboWarning
from ambo.listening import heard
from ambo.mapping.shared_state import NOTHING, DeletedState
from ambo.mapping.state import InstanceState, state_of
from ambo.unitofwork.flush_plan import CleanDeletion
from ambo.unitofwork.identity_map import IdentityKey
from ambo.unitofwork.membership import Membership, name_of


class Absorbing(Membership):
    """The objects of one session, which flushes change."""

    def became_persistent(
        self, mapper: Any, members: Sequence[tuple[InstanceState, Any]], pks: Sequence[tuple[Any, ...]], token: Any = None
    ) -> None:
        """Enter objects of one class that were inserted under their primary keys, all in one shard; they are clean."""
        base, identity_map = mapper.identity_class, self.identity_map
        refs = identity_map.tables.get((base, token))
        if refs is None:
            refs = identity_map.refs_of(base, token)
        forget = self._new.pop
        fresh = {} if self._frame is None else self._frame.new
        for (state, obj), pk in zip(members, pks, strict=True):
            at = pk[0] if len(pk) == 1 and pk[0].__class__ is not tuple else pk  # `entry_key`, without its frame
            key = (base, pk, token)
            if at in refs and (other := identity_map.put(key, obj)) is not None:
                self._displace(other, obj, key)
            refs[at] = ref(obj)
            state.key = key
            forget(state, None)
            fresh[state] = None
            if state.expired or state.pending_changes:
                state.commit_all()
            else:  # the common case, without a call
                state.committed = NOTHING
                state.modified = state.expired_all = False
        if "pending_to_persistent" in heard and self.dispatch.of("pending_to_persistent"):
            for state, obj in members:
                self.tell("pending_to_persistent", state, obj)

    def _displace(self, other: Any, obj: Any, key: IdentityKey) -> None:
        """Let an object go whose key the database has given to another one, since its row must be gone."""
        state = state_of(other)
        if id(other) in self._deleted or state.deleted_flag:
            return
        warnings.warn(
            f"Instance {name_of(obj)} was written with the identity key {key}, under which the session knew {name_of(other)}; the row of that one "
            "must be gone (was it deleted by a statement that the session was not told of?), so it is detached.",
            AmboWarning,
            stacklevel=2,
        )
        self.identity_map.put(key, other)
        self.let_go([(other, state)])
        self.identity_map.put(key, obj)

    def changed_key(self, state: InstanceState, obj: Any, key: IdentityKey) -> None:
        """Enter a persistent object under another key after its primary key was updated."""
        before = state.key
        assert before is not None
        self.identity_map.discard(before, obj)
        if self._frame is not None:
            self._frame.switch_key(state, before, key)
        state.key = key
        other = self.identity_map.put(key, obj)
        if other is not None:
            self._displace(other, obj, key)

    def became_deleted(self, members: Mapping[InstanceState, Any]) -> None:
        """Take deleted objects out; they stay attached until the transaction ends."""
        if not members:
            return
        self._forget_deleted(members.values())
        self.identity_map.discard_all([(state.key, obj) for state, obj in members.items() if state.key is not None])
        for state in members:
            self._modified.pop(state, None)
            state.deleted_flag = True
        if "persistent_to_deleted" in heard and self.dispatch.of("persistent_to_deleted"):
            for state, obj in members.items():
                self.tell("persistent_to_deleted", state, obj)

    def became_deleted_cleanly(self, deletion: CleanDeletion) -> None:
        """The same for clean objects of one class: they share a state that says so."""
        self._forget_deleted(deletion.objects)
        before = deletion.state
        state = DeletedState(before.session_ref, before.mapper, before.load_options, before.identity_token)
        self.ensure_frame().deleted_states.append(state)
        forget = self.identity_map.refs_of(before.mapper.identity_class, before.identity_token).pop
        for key, obj in zip(deletion.keys, deletion.objects, strict=True):
            forget(key, None)
            obj.__dict__["_sa_instance_state"] = state

    def _forget_deleted(self, objects: Collection[Any]) -> None:
        frame, ids = self.ensure_frame(), list(map(id, objects))
        if not frame.deleted and len(self._deleted) == len(ids) and all(map(self._deleted.__contains__, ids)):
            frame.deleted, self._deleted = self._deleted, {}
            return
        frame.deleted.update(zip(ids, objects, strict=True))
        for one in ids:
            self._deleted.pop(one, None)

    def became_clean(self, states: Collection[InstanceState]) -> None:
        """Note that the changes of objects are in the database."""
        frame, modified = self._frame, self._modified
        for state in states:
            if state.expired or state.pending_changes:
                state.commit_all()
            else:  # the common case, without a call
                state.committed = NOTHING
                state.modified = state.expired_all = False
        if len(modified) == len(states) and all(map(modified.__contains__, states)):
            modified.clear()
        elif modified:
            for state in states:
                modified.pop(state, None)
        if frame is not None and frame.parent is not None:
            frame.dirty.update(dict.fromkeys(states))
