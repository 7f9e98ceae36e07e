"""States that many objects have in common, and what is empty in most states.

    SharedState     clean, straight from the database: one for each (session, mapper, loader options)
    DeletedState    deleted by a flush while it was clean: one for each such SharedState and flush
    Common          a dict that many private states share until one of them has something to remember

Rule 1: nothing here knows one object: what is told of one (its key, its changes) is in its `InstanceState` (`state.py`).
Rule 2: a state refers to its session weakly, by the session's one `SessionRef`.
"""

from __future__ import annotations

from typing import Any
from weakref import ref

from ambo.errors import UnmappedInstanceError

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
    `is_writing` is true while a flush writes what it has gathered: what listeners change then is too late for it.
    """

    __slots__ = ("has_private", "is_writing")
    has_private: bool
    is_writing: bool


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


def detached_state(class_: type[Any], was_deleted: bool = False, identity_token: Any = None) -> SharedState:
    """Return the state of an unpickled object that was clean."""
    return (DeletedState if was_deleted else SharedState)(None, mapper_of_class(class_), (), identity_token)


def mapper_of_class(class_: type[Any]) -> Any:
    """Return the mapper of a class; raises UnmappedInstanceError if it has none."""
    entity = class_.__dict__.get("__entity__")
    if entity is None:
        raise UnmappedInstanceError(f"class {class_.__module__}.{class_.__qualname__} is not mapped, so its objects have no state")
    return entity.mapper
