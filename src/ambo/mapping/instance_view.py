"""What `inspect(obj)` answers: where an object stands, who it is, and each of its attributes.

    transient --add--> pending --flush--> persistent --delete, flush--> deleted --commit--> detached
                                              |  `--expunge, close--> detached --add--> persistent

Rule 1: only questions: nothing here changes a state; `InstanceState` (`state.py`) adds the bookkeeping.
Rule 2: nothing loads, but for `AttributeState.value` and `load_history()`, which read the attribute.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from types import GenericAlias
from typing import TYPE_CHECKING, Any

from ambo.mapping.markers import NO_VALUE
from ambo.mapping.shared_state import IdentityKey, SessionRef

if TYPE_CHECKING:
    from ambo.mapping.history import History


class InstanceView:
    """The public side of the private state of one object."""

    __class_getitem__: Any = classmethod(GenericAlias)

    __slots__ = ()

    is_instance = True
    is_selectable = is_aliased_class = is_attribute = is_mapper = is_property = is_bundle = is_clause_element = False

    obj: Callable[[], Any]
    mapper: Any
    key: IdentityKey | None
    session_ref: SessionRef | None
    committed: dict[str, Any]
    expired: frozenset[str]
    deleted_flag: bool

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


class AttributeState:
    """One attribute of one object: `value`, `loaded_value`, `history`."""

    __slots__ = ("key", "state")

    def __init__(self, state: InstanceView, key: str) -> None:
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

    def __init__(self, state: InstanceView) -> None:
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
