"""What ambo knows about one object: where it comes from, what changed, what is expired.

An object carries its state in `obj.__dict__["_sa_instance_state"]`, in one of these forms:

    SharedState      clean, straight from the database; one for each (session, mapper, loader options), shared by all such objects
    DeletedState     deleted while it was clean; shared by the objects of a flush that had the same SharedState
    InstanceState    everything else: new, modified, expired, detached by hand, pickled; private to one object

    transient --add--> pending --flush--> persistent --delete, flush--> deleted --commit--> detached
                                              |  `--expunge, close--> detached --add--> persistent

Rule 1: `state_of(obj)` gives the private form and makes it if need be; `peek_state(obj)` changes nothing.
Rule 2: a state refers to its object and its session weakly; the session keeps modified objects alive.
Rule 3: nothing here loads anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from types import GenericAlias
from typing import TYPE_CHECKING, Any
from weakref import ref

from ambo.errors import UnmappedInstanceError
from ambo.mapping.markers import NO_VALUE

if TYPE_CHECKING:
    from ambo.mapping.history import History

IdentityKey = tuple[type[Any], tuple[Any, ...], Any]


def entry_key(pk: tuple[Any, ...]) -> Any:
    """Return what a primary key is called in the identity map's dicts: the value of a single column by itself, else the tuple.

    A value that is a tuple stays in the key's, so that `pk_of_entry` can tell.
    """
    return pk[0] if len(pk) == 1 and pk[0].__class__ is not tuple else pk


def pk_of_entry(key: Any) -> tuple[Any, ...]:
    """Return the primary key of an identity map's entry."""
    return key if key.__class__ is tuple else (key,)


class SessionRef(ref[Any]):
    """A session's weak reference to itself, made once, which the states of its objects have.

    `has_private` tells that some object of the session may have a private state: if not, none needs to be told what becomes of the session.
    """

    __slots__ = ("has_private",)
    has_private: bool


class SharedState:
    """The state of every clean object of one mapper that one session loaded with the same options.

    Without a session it is the state of a detached object whose identity is its primary key attributes. `identity_token` is the third
    element of the objects' identity keys: the shard they came from.
    """

    __slots__ = ("__weakref__", "identity_token", "load_options", "mapper", "session_ref")

    def __init__(self, session_ref: SessionRef | None, mapper: Any, load_options: Any = (), identity_token: Any = None) -> None:
        self.session_ref = session_ref
        self.mapper = mapper
        self.load_options = load_options
        self.identity_token = identity_token

    def key_of(self, obj: Any) -> IdentityKey:
        """Return the identity key of one of the objects."""
        base, pk, _ = self.mapper.identity_key_of(obj)
        return base, pk, self.identity_token

    modified = transient = pending = was_deleted = expired = False
    has_identity = True

    @property
    def session(self) -> Any:
        """The session that loaded the objects, or None if it is gone."""
        return None if self.session_ref is None else self.session_ref()

    @property
    def persistent(self) -> bool:
        """The objects are their session's, and their rows are there."""
        return not self.was_deleted and self.session is not None

    @property
    def deleted(self) -> bool:
        """Deleted by a flush whose transaction is still open."""
        return self.was_deleted and self.session is not None

    @property
    def detached(self) -> bool:
        """The objects' session is gone."""
        return self.session is None

    @property
    def unloaded(self) -> set[str]:
        """What the mapping leaves to be loaded when it is read; `inspect(obj).unloaded` knows what one object has."""
        return {key for key, prop in self.mapper.attributes.items() if prop.is_relationship or getattr(prop, "deferred", False)}

    def __reduce__(self) -> tuple[Any, ...]:
        return (detached_state, (self.mapper.class_, self.was_deleted, self.identity_token))

    def __deepcopy__(self, memo: dict[int, Any]) -> None:
        return None


def detached_state(class_: type[Any], was_deleted: bool = False, identity_token: Any = None) -> SharedState:
    """Return the state of an unpickled object that was clean."""
    return (DeletedState if was_deleted else SharedState)(None, _mapper_of_class(class_), (), identity_token)


class PendingChanges:
    """What back-references did to a collection that is not loaded; `loaded` are members of a dynamic one that a deletion asked for."""

    __slots__ = ("added", "loaded", "removed")

    def __init__(self) -> None:
        self.added: list[Any] = []
        self.removed: list[Any] = []
        self.loaded: list[Any] | None = None

    def append(self, item: Any) -> None:
        """Note an addition, or take back a removal."""
        if not _discard(self.removed, item):
            self.added.append(item)

    def remove(self, item: Any) -> None:
        """Note a removal, or take back an addition."""
        if not _discard(self.added, item):
            self.removed.append(item)


def _discard(items: list[Any], item: Any) -> bool:
    for index, one in enumerate(items):
        if one is item:
            del items[index]
            return True
    return False


class Common(dict[Any, Any]):
    """A dict that many states have in common: most objects need none of their own, and it pays not to have one.

    Whoever wants to write to it takes `InstanceState.own(name)`.
    """

    def _refuse(self, *_: Any) -> Any:
        raise TypeError("this dict is shared by many states; use InstanceState.own(name) to have one to write to")

    __setitem__ = __delitem__ = _refuse
    setdefault: Any = _refuse
    update: Any = _refuse


NOTHING: dict[Any, Any] = Common()
"""What states have that have nothing to remember."""
NO_NAMES: frozenset[str] = frozenset()


class DeletedState(SharedState):
    """The state of objects that one flush deleted, and that were clean: most of them need no state of their own any more."""

    __slots__ = ()
    deleted_flag = was_deleted = True
    committed = NOTHING


class InstanceState:
    """The private state of one object; what `inspect(obj)` returns.

    `committed` maps the names of changed attributes to what the database has (NO_VALUE if that is unknown),
    `expired` holds names whose value must be read again, `pending_changes` what back-references did to unloaded collections.

    Rule: `committed`, `parents`, `callables`, `pending_changes`, `empty_collections` are read freely and written through `own(name)`:
    until then they may be shared with other states. `expired` is replaced, never changed: expiring an object takes its class's set.
    Objects are made by `new_state`, which fills all fields: without an `__init__` that costs half.
    """

    __class_getitem__: Any = classmethod(GenericAlias)

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

    is_instance = True
    is_selectable = is_aliased_class = is_attribute = is_mapper = is_property = is_bundle = is_clause_element = False

    obj: Callable[[], Any]
    mapper: Any
    key: IdentityKey | None
    session_ref: SessionRef | None
    load_options: Any
    committed: dict[str, Any]
    expired: frozenset[str]
    expired_all: bool
    modified: bool
    deleted_flag: bool
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

    # ---- where the object stands

    @property
    def session(self) -> Any:
        """The session the object belongs to, or None."""
        return None if self.session_ref is None else self.session_ref()

    @property
    def session_id(self) -> int | None:
        """The session's `hash_key`, or None."""
        session = self.session
        return None if session is None else session.hash_key

    @property
    def async_session(self) -> Any:
        """The AsyncSession the object belongs to, or None."""
        found = self.session
        return found if getattr(found, "is_async", False) else None

    @property
    def transient(self) -> bool:
        """Neither in the database nor in a session."""
        return self.key is None and self.session is None

    @property
    def pending(self) -> bool:
        """In a session, and to be inserted by its next flush."""
        return self.key is None and self.session is not None

    @property
    def persistent(self) -> bool:
        """In a session and in the database."""
        return self.key is not None and not self.deleted_flag and self.session is not None

    @property
    def deleted(self) -> bool:
        """Deleted by a flush whose transaction is still open."""
        return self.key is not None and self.deleted_flag and self.session is not None

    @property
    def detached(self) -> bool:
        """In the database as far as is known, but in no session."""
        return self.key is not None and self.session is None

    @property
    def was_deleted(self) -> bool:
        """The object's row was deleted, whatever became of the transaction."""
        return self.deleted_flag

    @property
    def has_identity(self) -> bool:
        """The object has an identity key."""
        return self.key is not None

    @property
    def identity(self) -> tuple[Any, ...] | None:
        """The primary key the database has, or None."""
        return None if self.key is None else self.key[1]

    @property
    def identity_key(self) -> IdentityKey | None:
        """The key under which a session knows the object, or None."""
        return self.key

    @property
    def identity_token(self) -> Any:
        """The third element of the identity key."""
        return None if self.key is None else self.key[2]

    # ---- the object

    @property
    def object(self) -> Any:
        """The object, or None if it was garbage collected."""
        return self.obj()

    @property
    def dict(self) -> dict[str, Any]:
        """The object's `__dict__`."""
        found = self.obj()
        return {} if found is None else found.__dict__

    @property
    def class_(self) -> type[Any]:
        """The object's class."""
        return self.mapper.class_  # type: ignore[no-any-return]

    @property
    def manager(self) -> Any:
        """The ClassManager of the object's class."""
        return self.mapper.class_manager

    @property
    def info(self) -> Any:
        """A dictionary for the application."""
        if self._info is None:
            self._info = {}
        return self._info

    # ---- attributes

    @property
    def attrs(self) -> AttributeStates:
        """A mapping from attribute names to `AttributeState`s."""
        return AttributeStates(self)

    @property
    def unloaded(self) -> set[str]:
        """The names of mapped attributes without a value."""
        have = self.dict
        return {key for key in self.manager.tracked if key not in have and key not in self.committed}

    @property
    def unloaded_expirable(self) -> set[str]:
        """The same as `unloaded`."""
        return self.unloaded

    @property
    def unmodified(self) -> set[str]:
        """The names of attributes without a change."""
        return set(self.manager.tracked).difference(self.committed)

    def unmodified_intersection(self, keys: Iterable[str]) -> set[str]:
        """Return those of `keys` that have no change."""
        return set(keys).intersection(self.manager.tracked).difference(self.committed)

    @property
    def expired_attributes(self) -> frozenset[str]:
        """The names of attributes that will be read again."""
        return self.expired

    @property
    def committed_state(self) -> Any:
        """What the database has, for each changed attribute."""
        return self.committed

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
        fresh = new_state(saved["instance"], _mapper_of_class(saved["class"]))
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


class AttributeState:
    """One attribute of one object: `value`, `loaded_value`, `history`."""

    __slots__ = ("key", "state")

    def __init__(self, state: InstanceState, key: str) -> None:
        self.state = state
        self.key = key

    @property
    def loaded_value(self) -> Any:
        """The value without loading it; NO_VALUE if there is none."""
        return self.state.dict.get(self.key, NO_VALUE)

    @property
    def value(self) -> Any:
        """The value, as reading the attribute gives it."""
        return getattr(self.state.obj(), self.key)

    @property
    def history(self) -> History:
        """What changed since the last flush; never loads."""
        tracker = self.state.manager.tracked.get(self.key)
        if tracker is None:
            return self.state.mapper.attributes[self.key].history_of(self.state.obj())  # type: ignore[no-any-return]
        return tracker.history(self.state)  # type: ignore[no-any-return]

    def load_history(self) -> History:
        """What changed since the last flush; loads the attribute if it has no value and the session can."""
        getattr(self.state.obj(), self.key)
        return self.history


class AttributeStates:
    """The attributes of one object by name."""

    __slots__ = ("_state",)

    def __init__(self, state: InstanceState) -> None:
        self._state = state

    def __getattr__(self, key: str) -> AttributeState:
        if key.startswith("__") or key not in self._state.mapper.attributes:
            raise AttributeError(key)
        return AttributeState(self._state, key)

    def __getitem__(self, key: str) -> AttributeState:
        if key not in self._state.mapper.attributes:
            raise KeyError(key)
        return AttributeState(self._state, key)

    def get(self, key: str, default: Any = None) -> Any:
        """Return the state of one attribute, or a default."""
        return AttributeState(self._state, key) if key in self._state.mapper.attributes else default

    def __contains__(self, key: object) -> bool:
        return key in self._state.mapper.attributes

    def __iter__(self) -> Iterator[AttributeState]:
        return iter(self.values())

    def __len__(self) -> int:
        return len(self._state.mapper.attributes)

    def keys(self) -> list[str]:
        """The attributes' names."""
        return list(self._state.mapper.attributes)

    def values(self) -> list[AttributeState]:
        """The attributes' states."""
        return [AttributeState(self._state, key) for key in self._state.mapper.attributes]

    def items(self) -> list[tuple[str, AttributeState]]:
        """Names and states."""
        return [(key, AttributeState(self._state, key)) for key in self._state.mapper.attributes]


def _mapper_of_class(class_: type[Any]) -> Any:
    entity = class_.__dict__.get("__entity__")
    if entity is None:
        raise UnmappedInstanceError(f"class {class_.__module__}.{class_.__qualname__} is not mapped, so its objects have no state")
    return entity.mapper


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
            return new_state(obj, _mapper_of_class(type(obj)))
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
