"""Membership: which objects a session knows, in which condition, and how they come in and go out.

    transient ──add──> pending ──flush──> persistent ──delete, flush──> deleted ──commit──> detached
        ^                 |                 ^  |  ^                        |
        └──rollback, expunge                |  └──rollback of the insert   └──rollback──> persistent
                                            └──add── detached <──expunge, close──

Rule 1: pending, deleted and modified objects are held strongly; clean ones only by the identity map, weakly. What is to be deleted
    is known by `id`: a clean object need not have a state of its own for that.
Rule 2: every door an object comes in or goes out by tells the listeners (`before_attach`, `transient_to_pending`, …), if anybody ever listened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ambo.collecting import MANY, undisturbed
from ambo.errors import InvalidRequestError
from ambo.listening import heard
from ambo.mapping.cascades import cascade
from ambo.mapping.markers import NO_VALUE
from ambo.mapping.shared_state import DeletedState, SessionRef, SharedState
from ambo.mapping.state import InstanceState, expire_each, peek_state, state_of
from ambo.unitofwork.cascades import referred_key
from ambo.unitofwork.frame_stack import FrameStack
from ambo.unitofwork.frames import AUTOBEGIN
from ambo.unitofwork.identity_map import IdentityMap
from ambo.unitofwork.identity_set import IdentitySet
from ambo.unitofwork.orphans import forgive, is_orphan

_ATTACHING = ("before_attach", "after_attach", "transient_to_pending")


class Membership(FrameStack):
    """The objects of one session."""

    router: Any = None
    """Which of several databases each object and statement belongs to (`operations/sharding.py`), None for a session without shards."""

    def __init__(self, autobegin: bool = True, expire_on_commit: bool = True, forget: Callable[[Any], None] | None = None) -> None:
        self.autobegin = autobegin
        self.expire_on_commit = expire_on_commit
        self.session_ref = SessionRef(self, forget)
        self.session_ref.has_private = self.session_ref.is_writing = False
        self.identity_map = IdentityMap()
        self._new: dict[InstanceState, Any] = {}
        self._deleted: dict[int, Any] = {}
        self._modified: dict[InstanceState, Any] = {}
        self.shared_states: dict[tuple[Any, ...], SharedState] = {}

    # ---- what the mapping and loading layers ask for

    def shared_state(self, mapper: Any, load_options: Any = None) -> SharedState:
        """Return the state that all clean objects of this mapper and these loader options share here."""
        found = self.shared_states.get((mapper, load_options))
        if found is None:
            found = self.shared_states[mapper, load_options] = SharedState(self.session_ref, mapper, load_options)
        return found

    def register_modified(self, state: InstanceState, obj: Any) -> None:
        """Keep a changed object until the next flush; pending ones are kept anyway."""
        if state.key is not None and not state.deleted_flag and state not in self._modified:
            self._modified[state] = obj
            if self._frame is None and self.autobegin:
                self.ensure_frame()

    def cascade_attached(self, state: InstanceState, child: InstanceState, prop: Any) -> None:
        """Bring an object in that was just set on or appended to one of ours."""
        obj = child.obj()
        if child not in self._new and not self.contains_state(child) and obj is not None:
            self.save_or_update(child, obj)

    def cascade_detached(self, state: InstanceState, child: InstanceState, prop: Any) -> None:
        """Let a pending object go that was just taken from its last parent here; other orphans wait for the flush."""
        obj = child.obj()
        if state.session is self and child in self._new and obj is not None and is_orphan(child):
            self.expunge(obj)

    def peek_attribute(self, obj: Any, state: InstanceState, prop: Any) -> Any:
        """Return the object a many-to-one attribute refers to if it is in memory; NO_VALUE if that is not known."""
        key = referred_key(obj, state, prop)
        if key is not None and state.key is not None and state.key[2] is not None:
            key = (key[0], key[1], state.key[2])
        return NO_VALUE if key is None else self.identity_map.get(key, NO_VALUE)

    # ---- membership

    def contains_state(self, state: InstanceState) -> bool:
        """Tell whether an object is pending or persistent here."""
        if state in self._new:
            return True
        return state.key is not None and self.identity_map.holds(state.key, state.obj())

    def __contains__(self, obj: object) -> bool:
        state = peek_state(obj)
        if isinstance(state, SharedState):
            return state.session is self and not state.was_deleted
        return state_of(obj).session is self if state is None else self.contains_state(state)

    def __iter__(self) -> Iterator[Any]:
        return iter([*self._new.values(), *self.identity_map.values()])

    @property
    def new(self) -> IdentitySet:
        """The objects that the next flush will insert."""
        return IdentitySet(self._new.values())

    @property
    def deleted(self) -> IdentitySet:
        """The objects that the next flush will delete."""
        return IdentitySet(self._deleted.values())

    @property
    def dirty(self) -> IdentitySet:
        """The persistent objects with changed attributes (perhaps to an equal value; `is_modified` looks closer)."""
        return IdentitySet(obj for state, obj in self._modified.items() if state.modified and id(obj) not in self._deleted)

    @property
    def has_work(self) -> bool:
        """Whether a flush would find anything to look at."""
        return bool(self._new or self._deleted or self._modified)

    # ---- coming in

    def save_or_update(self, state: InstanceState, obj: Any) -> None:
        """Bring an object in, and everything its save-update cascades reach."""
        if self._frame is None:
            self.push_frame(AUTOBEGIN) if self.autobegin else self.ensure_frame()
        if state.parents:
            forgive(state)
        if state.key is None:
            self._attach_new(state, obj)
        else:
            self._attach_known(state, obj)
        if state.mapper.relationship_list:
            for other, other_state in cascade("save-update", obj, state, skip=self.__contains__):
                self.attach(other_state, other)

    def save_or_update_each(self, objects: Iterable[Any]) -> None:
        """Do the same for many objects: what is new, refers to nothing and interests no listener comes in without further calls."""
        new, mine = self._new, self.session_ref
        mine.has_private = True
        untold = heard.isdisjoint(_ATTACHING)
        for obj in objects:
            state = state_of(obj)
            is_fresh = untold and state.key is None and state.session_ref is None and self._frame is not None
            if is_fresh and not (state.parents or state.mapper.relationship_list):
                new[state] = obj
                state.session_ref = mine
            else:
                self.save_or_update(state, obj)

    def attach(self, state: InstanceState, obj: Any) -> None:
        """Bring one object in, as pending or persistent."""
        if state.key is None:
            self._attach_new(state, obj)
        else:
            self._attach_known(state, obj)

    def _attach_new(self, state: InstanceState, obj: Any) -> None:
        if state in self._new:
            return
        known = state.session_ref is not None or self._frame is None or "before_attach" in heard
        is_new_here = self._before_attach(state, obj) if known else True
        self._new[state] = obj
        if is_new_here:
            self._after_attach(state, obj)
            if "transient_to_pending" in heard:
                self.tell("transient_to_pending", state, obj)

    def _attach_known(self, state: InstanceState, obj: Any) -> None:
        assert state.key is not None
        if self.identity_map.holds(state.key, obj) and id(obj) not in self._deleted:
            return
        if state.deleted_flag:
            raise InvalidRequestError(
                f"Instance {name_of(obj)} has been deleted; use make_transient() on it before adding it again, so that it is inserted anew."
            )
        other = self.identity_map.get(state.key)
        if other is not None and other is not obj:
            raise InvalidRequestError(
                f"Can't attach instance {name_of(obj)}: another instance with key {state.key} is already present in this session. "
                "Use session.merge() to bring its values in."
            )
        is_new_here = self._before_attach(state, obj)
        self._deleted.pop(id(obj), None)
        self.identity_map.put(state.key, obj)
        if state.modified:
            self._modified[state] = obj
        if is_new_here:
            self._after_attach(state, obj)
            self.tell("detached_to_persistent", state, obj)

    def _before_attach(self, state: InstanceState, obj: Any) -> bool:
        if state.session_ref is self.session_ref:
            return False
        owner = None if state.session_ref is None else state.session_ref()
        if owner is not None:
            raise InvalidRequestError(
                f"Object {name_of(obj)} is already attached to another session ({owner!r}, this is {self!r}); expunge it there first."
            )
        if self._frame is None:
            self.ensure_frame()
        if "before_attach" in heard:
            self.tell("before_attach", state, obj)
        return True

    def _after_attach(self, state: InstanceState, obj: Any) -> None:
        session_ref = state.session_ref = self.session_ref
        session_ref.has_private = True
        if "after_attach" in heard:
            self.tell("after_attach", state, obj)

    # ---- going out

    def expunge(self, obj: Any) -> None:
        """Let an object go, with everything its expunge cascades reach.

        Raises InvalidRequestError if it is not in this session.
        """
        state = state_of(obj)
        if state.session is not self:
            raise InvalidRequestError(f"Instance {name_of(obj)} is not present in this Session, so it cannot be expunged from it")
        self.let_go([(obj, state), *cascade("expunge", obj, state)])

    def let_go(self, members: Iterable[tuple[Any, InstanceState]], to_transient: bool = False) -> None:
        """Take objects out; `to_transient` also takes their identity (a rolled back insert)."""
        members = list(members)
        for obj, state in members:
            if state in self._new:
                del self._new[state]
                self._leave(state)
                self.tell("pending_to_transient", state, obj)
            elif state.key is not None and self.identity_map.holds(state.key, obj):
                self.identity_map.discard(state.key, obj)
                self._deleted.pop(id(obj), None)
                self._modified.pop(state, None)
                self._leave(state)
                self._lost(state, obj, to_transient)
            elif self._frame is not None and state.session is self:
                self._frame.deleted.pop(id(obj), None)
                self._leave(state)
                if state.deleted_flag and state.key is not None:
                    self.tell("deleted_to_detached", state, obj)

    def _lost(self, state: InstanceState, obj: Any, to_transient: bool) -> None:
        if to_transient:
            state.key = None
            state.deleted_flag = False
            self.tell("persistent_to_transient", state, obj)
        else:
            self.tell("persistent_to_detached", state, obj)

    def _leave(self, state: InstanceState) -> None:
        if state.session_ref is self.session_ref:
            state.session_ref = None

    def _detach(self, deleted: Iterable[Any], shared: Iterable[DeletedState]) -> None:
        """Let deleted objects go for good, and the states that they share."""
        for one in shared:
            one.session_ref = None
        told = "deleted_to_detached" in heard and self.dispatch.of("deleted_to_detached")
        if not (told or self.session_ref.has_private):
            return
        for obj in deleted:
            state = state_of(obj) if told else obj.__dict__["_sa_instance_state"]
            if state.__class__ is InstanceState:
                self._leave(state)
            if told:
                self.tell("deleted_to_detached", state, obj)

    def expunge_all(self) -> None:
        """Let every object go."""
        told = "persistent_to_detached" in heard and self.dispatch.of("persistent_to_detached")
        gone = self.identity_map.values() if self.session_ref.has_private or told else []
        if self._new:
            gone = [*self._new.values(), *gone]
        if told:
            for obj in gone:
                state_of(obj)  # clean ones have a state of their own only if somebody is told what becomes of them
        if self._frame is not None and self._frame.deleted:
            self._detach(list(self._frame.deleted.values()), self._frame.deleted_states)
        for shared in self.shared_states.values():
            shared.session_ref = None
        self.shared_states.clear()
        if self.identity_map.tables:
            self.identity_map.clear()
        if self._new or self._deleted or self._modified:
            self._new.clear()
            self._deleted.clear()
            self._modified.clear()
        self.session_ref.has_private = False
        for obj in gone:
            state = obj._sa_instance_state  # not `obj.__dict__`, which makes a dict of an object that had none yet
            if state.__class__ is InstanceState:
                was_pending = state.key is None
                self._leave(state)
                self.tell("pending_to_transient" if was_pending else "persistent_to_detached", state, obj)

    # ---- expiry

    def expire_state(self, state: InstanceState, keys: Iterable[str] | None = None) -> None:
        """Forget values of one object, so that the next read loads them again."""
        state.expire(keys)
        if not state.modified:
            self._modified.pop(state, None)
        _tell_expired(state, None if keys is None else list(keys))

    def expire_reached(self, state: InstanceState, obj: Any) -> None:
        """Expire what a refresh-expire cascade reached; a pending object whose parent is expired is an orphan."""
        if state.key is not None and self.contains_state(state):
            self.expire_state(state)
        elif state in self._new and state.mapper.delete_orphans:
            self.expunge(obj)

    def expire_everything(self) -> None:
        """Forget the values of every persistent object."""
        objects = self.identity_map.living()
        expire_each(objects) if len(objects) < MANY else undisturbed(expire_each, objects)
        if "expire" in heard:
            for obj in objects:
                _tell_expired(state_of(obj), None)
        self._modified.clear()

    # ---- deletion

    def mark_deleted(self, state: InstanceState, obj: Any) -> None:
        """Have the next flush delete a persistent object."""
        self._deleted[id(obj)] = obj

    def keep(self, objects: Iterable[Any]) -> None:
        """Take the deletion of objects back."""
        for obj in objects:
            self._deleted.pop(id(obj), None)

    def forget(self, obj: Any, state: InstanceState) -> None:
        """Take an object out whose row was found to be gone."""
        self._modified.pop(state, None)
        if state.key is not None:
            self.identity_map.discard(state.key, obj)
        self._leave(state)

    def tell(self, name: str, state: InstanceState, obj: Any) -> None:
        """Call the listeners of a life-cycle event."""
        for listener in self.dispatch.of(name):
            if listener.is_async:
                raise InvalidRequestError(
                    f"{name!r} is emitted where nothing can be awaited (inside add(), expunge(), a flush); "
                    f"make its listener {getattr(listener.fn, '__name__', listener.fn)!r} a plain function"
                )
            listener(self.facade(False), state if listener.options.get("raw") else obj)


def _tell_expired(state: InstanceState, keys: list[str] | None) -> None:
    """Call the listeners of a class's `expire` event."""
    for listener in state.mapper.dispatch.of("expire"):
        listener(state if listener.options.get("raw") else state.obj(), keys)


def name_of(obj: Any) -> str:
    """Name an object in a message without running its `__repr__`."""
    return f"<{type(obj).__name__} at {id(obj):#x}>"
