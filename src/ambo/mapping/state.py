"""The private state of one object: where it comes from, what changed, what is expired.

An object carries its state in `obj.__dict__["_sa_instance_state"]`, in one of these forms:

    SharedState, DeletedState    clean, or deleted while it was clean; shared by many objects (`shared_state.py`)
    InstanceState                everything else: new, modified, expired, detached by hand, pickled; private to one object

Rule 1: `state_of(obj)` gives the private form and makes it if need be; `peek_state(obj)` changes nothing.
Rule 2: a state refers to its object and its session weakly; the session keeps modified objects alive.
Rule 3: nothing here loads anything; what users ask of a state is in `instance_view.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from weakref import ref

from ambo.errors import UnmappedInstanceError
from ambo.mapping.instance_view import InstanceView
from ambo.mapping.markers import NO_VALUE
from ambo.mapping.shared_state import (
    NO_NAMES,
    NOTHING,
    Common,
    DeletedState,
    IdentityKey,
    PendingChanges,
    SessionRef,
    SharedState,
    mapper_of_class,
)


class InstanceState(InstanceView):
    """The private state of one object; what `inspect(obj)` returns.

    `committed` maps the names of changed attributes to what the database has (NO_VALUE if that is unknown),
    `expired` holds names whose value must be read again, `pending_changes` what back-references did to unloaded collections.

    Rule: `committed`, `parents`, `callables`, `pending_changes`, `empty_collections` are read freely and written through `own(name)`:
    until then they may be shared with other states. `expired` is replaced, never changed: expiring an object takes its class's set.
    Objects are made by `new_state`, which fills all fields: without an `__init__` that costs half.
    """

    __slots__ = (
        "__weakref__",
        "_info",
        "callables",
        "committed",
        "deleted_flag",
        "empty_collections",
        "expired",
        "expired_all",
        "key",
        "load_options",
        "mapper",
        "modified",
        "obj",
        "parents",
        "pending_changes",
        "session_ref",
    )

    load_options: Any
    expired_all: bool
    modified: bool
    parents: dict[Any, Any]
    callables: dict[str, Any]
    pending_changes: dict[str, PendingChanges]
    empty_collections: dict[str, Any]
    _info: dict[Any, Any] | None

    def own(self, name: str) -> dict[Any, Any]:
        """Return one of the dicts, to be written to."""
        found: dict[Any, Any] = getattr(self, name)
        if found.__class__ is Common:
            found = {**found}
            setattr(self, name, found)
        return found

    def settle(self, key: str) -> None:
        """Forget that an attribute was changed."""
        if key in self.committed:
            del self.own("committed")[key]

    def note_expired(self, name: str) -> None:
        """Have an attribute read again."""
        self.expired |= {name}

    @property
    def info(self) -> Any:
        """A dictionary for the application."""
        if self._info is None:
            self._info = {}
        return self._info

    def mark_modified(self) -> None:
        """Note a change, and have the session keep the object until its flush."""
        self.modified = True
        session_ref = self.session_ref
        session = None if session_ref is None else session_ref()
        if session is not None:
            session.register_modified(self, self.obj())

    def commit(self, keys: Iterable[str]) -> None:
        """Take the present values of some attributes for those of the database."""
        have = self.dict
        for key in keys:
            self.settle(key)
            if key in have:
                self.expired -= {key}

    def commit_all(self) -> None:
        """Take all present values for those of the database."""
        self.committed = self.pending_changes = NOTHING
        if self.expired:
            self.expired = self.expired.difference(self.dict)
        if not self.expired:
            self.expired_all = False
        self.modified = False

    def expire(self, keys: Iterable[str] | None = None) -> None:
        """Forget the values of some attributes, or of all: the next read takes them from the database.

        Values that were never loaded stay unloaded; only columns are remembered as expired.
        """
        if keys is None:
            expire_each([obj for obj in [self.obj()] if obj is not None])
            return
        have = self.dict
        tracked = self.manager.tracked
        for key in keys:
            tracker = tracked.get(key)
            if tracker is not None:
                self._expire_one(tracker, key, have)
        for prop in self.mapper.composite_list:
            if prop.key in keys or not set(prop.keys).isdisjoint(keys):
                have.pop(prop.key, None)
                have.pop(prop.memo, None)

    def _expire_values(self, have: Any) -> None:
        """Take everything mapped out of the object's `__dict__`, where there is more in it than columns."""
        mapper = self.mapper
        columns, others = mapper.class_manager.parts
        for key in columns:
            if key in have:
                del have[key]
        for key in others:
            if key in have:
                self._expire_one(mapper.class_manager.tracked[key], key, have)
        for prop in mapper.composite_list:
            have.pop(prop.key, None)
            have.pop(prop.memo, None)

    def _expire_one(self, tracker: Any, key: str, have: Any) -> None:
        if tracker.expirable or key in have:
            gone = have.pop(key, NO_VALUE)
            if tracker.is_collection and gone is not NO_VALUE:
                tracker.release(gone)
            if not tracker.is_relationship:
                self.note_expired(key)
        self.settle(key)
        self.pending_changes.pop(key, None)
        self.empty_collections.pop(key, None)

    def __getstate__(self) -> Any:
        return {
            "instance": self.obj(),
            "class": self.mapper.class_,
            "key": self.key,
            "committed": {**self.committed},
            "expired": self.expired,
            "expired_all": self.expired_all,
            "modified": self.modified,
            "deleted": self.deleted_flag,
            "pending": {key: (one.added, one.removed) for key, one in self.pending_changes.items()},
            "options": self.load_options,
            "info": self._info,
        }

    def __reduce__(self) -> tuple[Any, ...]:
        return (InstanceState, (), self.__getstate__())

    def __setstate__(self, saved: Any) -> None:
        fresh = new_state(saved["instance"], mapper_of_class(saved["class"]))
        for name in self.__slots__[1:]:
            setattr(self, name, getattr(fresh, name))
        self.key = saved["key"]
        self.committed = saved["committed"]
        self.expired = saved["expired"]
        self.expired_all = saved["expired_all"]
        self.modified = saved["modified"]
        self.deleted_flag = saved["deleted"]
        self.load_options = saved["options"]
        self._info = saved["info"]
        for key, (added, removed) in saved["pending"].items():
            pending = self.own("pending_changes")[key] = PendingChanges()
            pending.added, pending.removed = added, removed

    def __deepcopy__(self, memo: Any) -> None:
        return None

    def __repr__(self) -> str:
        return f"<InstanceState of {self.mapper.class_.__name__} {self.key[1] if self.key else '(no identity)'}>"


def new_state(
    obj: Any, mapper: Any, key: IdentityKey | None = None, session_ref: SessionRef | None = None, load_options: Any = ()
) -> InstanceState:
    """Return a private state for an object."""
    state = InstanceState()
    state.obj = ref(obj)
    state.mapper = mapper
    state.key = key
    state.session_ref = session_ref
    state.load_options = load_options
    state.expired = NO_NAMES
    state.expired_all = state.modified = state.deleted_flag = False
    state.committed = state.parents = state.callables = state.pending_changes = state.empty_collections = NOTHING
    state._info = None
    return state


def peek_state(obj: Any) -> SharedState | InstanceState | None:
    """Return whatever state the object has, in whatever form."""
    try:
        found: SharedState | InstanceState | None = obj.__dict__.get("_sa_instance_state")
    except AttributeError:
        return None
    return found


def state_of(obj: Any) -> InstanceState:
    """Return the object's private state, making it if the object has a shared one or none.

    Raises UnmappedInstanceError if the object's class is not mapped.
    """
    try:
        have = obj.__dict__
    except AttributeError:
        raise UnmappedInstanceError(not_an_entity(obj)) from None
    state = have.get("_sa_instance_state")
    if state.__class__ is InstanceState:
        found: InstanceState = state
        if found.obj() is obj:
            return found
        state = None
    return promote(obj, have, state)


def instance_str(obj: Any) -> str:
    """Return `<User at 0x7f…>` for an object."""
    return f"<{type(obj).__name__} at {id(obj):#x}>"


def not_an_entity(obj: Any) -> str:
    """Say that something is not an object of a mapped class."""
    hint = "; pass an object of it, not the class" if isinstance(obj, type) else ""
    return f"{obj!r} is not an object of a mapped class{hint}"


def promote(obj: Any, have: dict[str, Any], shared: SharedState | InstanceState | None, changing: str | None = None) -> InstanceState:
    """Give the object a private state that begins where the shared one stands; `changing` names an attribute that is about to be set."""
    if shared.__class__ is SharedState:
        mapper = shared.mapper
        names = mapper.pk_keys  # `mapper.identity_key_of`, without its frame
        pk = (have.get(names[0]),) if len(names) == 1 else tuple([have.get(name) for name in names])
        session_ref = shared.session_ref
        state = new_state(obj, mapper, (mapper.identity_class, pk, shared.identity_token), session_ref, shared.load_options)
        if session_ref is not None:
            session_ref.has_private = True
            if changing is not None and (session := session_ref()) is not None:
                if session._frame is None:
                    session.register_modified(state, obj)
                else:
                    session._modified[state] = obj  # what that does in a transaction, without its frame
    else:
        state = _state_otherwise(obj, shared)
    if changing is not None:
        state.committed = {changing: have.get(changing, NO_VALUE)}
        state.modified = True
    have["_sa_instance_state"] = state
    return state


def _state_otherwise(obj: Any, before: SharedState | InstanceState | None) -> InstanceState:
    """Return a private state for an object that was deleted while it was clean, or that has none, or that of the object it is a copy of."""
    if before.__class__ is not DeletedState:
        try:
            return new_state(obj, mapper_of_class(type(obj)))
        except UnmappedInstanceError:
            raise UnmappedInstanceError(not_an_entity(obj)) from None
    state = new_state(obj, before.mapper, before.key_of(obj), before.session_ref, before.load_options)
    state.deleted_flag = True
    if before.session_ref is not None:
        before.session_ref.has_private = True
    return state


def expire_each(objects: Iterable[Any]) -> None:
    """Forget all values of persistent objects; a commit does this to every object of its session."""
    mapper = layout = None
    for obj in objects:
        have = obj.__dict__
        state = have["_sa_instance_state"]
        if state.__class__ is not InstanceState:
            state = promote(obj, have, state)
        if state.mapper is not mapper:
            mapper, layout = state.mapper, None
            columns, _ = mapper.class_manager.parts
            has_only = mapper.class_manager.plain_contents.issuperset
        state.expired = columns
        state.expired_all = True
        state.modified = False
        state.committed = state.pending_changes = state.empty_collections = NOTHING
        if state.load_options is not None and state.load_options != ():
            state.load_options = state.load_options.after_expiry()
        names = tuple(have)
        if names == layout or has_only(names):
            layout = names  # most often the next one's: to compare is half the price
            have.clear()
            have["_sa_instance_state"] = state
        else:
            state._expire_values(have)


def object_session(obj: Any) -> Any:
    """Return the session an object belongs to, or None.

    Raises UnmappedInstanceError if the object's class is not mapped.
    """
    state = peek_state(obj)
    return (state_of(obj) if state is None else state).session
