"""Frames: what a session remembers about each transaction and savepoint, so that a rollback can undo it in memory.

A session has a stack of frames: the root transaction, and one for each savepoint inside it.

    ACTIVE ──prepare──> PREPARED ──commit──> COMMITTED ──> CLOSED
      └── a flush fails ──> DEACTIVE ──rollback──> CLOSED

Rule 1: a frame is data; `frame_stack.py` pushes and pops it, `unit.py` restores objects from it, `operations/unit_transaction.py` talks to the
    database.
Rule 2: `new`, `deleted`, `dirty` and `switches` tell of this frame only; a released savepoint hands them to its parent.
Rule 3: states are kept, objects are not, but for deleted ones: whoever died in between needs no restoring.
"""

from __future__ import annotations

import enum
from typing import Any, TypeAlias

from ambo.mapping.shared_state import DeletedState
from ambo.unitofwork.identity_map import IdentityKey

State: TypeAlias = Any


class FrameStatus(enum.Enum):
    """Where a frame stands in its life."""

    ACTIVE = 1
    PREPARED = 2
    COMMITTED = 3
    DEACTIVE = 4
    CLOSED = 5


ACTIVE, PREPARED, COMMITTED, DEACTIVE, CLOSED = FrameStatus  # by these names they cost no look-up in the enumeration


class SessionTransactionOrigin(enum.Enum):
    """What began a transaction: the first use of the session, `begin()`, `begin_nested()`, or a flush inside one (events only)."""

    AUTOBEGIN = 0
    BEGIN = 1
    BEGIN_NESTED = 2
    SUBTRANSACTION = 3


AUTOBEGIN, BEGIN, BEGIN_NESTED, SUBTRANSACTION = SessionTransactionOrigin


class Enlisted:
    """One connection in a session's transaction.

    `owned` says that the session took it from an engine and gives it back; `mode` how a transaction that was open before ends:
    "own" (there was none), "control_fully", "rollback_only" or "create_savepoint". `joined` is the transaction or savepoint of the
    user's connection that the session ends then; `savepoint` the name of one that a nested frame set.
    """

    __slots__ = ("bind", "channel", "joined", "mode", "owned", "savepoint", "xid")

    def __init__(self, bind: Any, channel: Any, owned: bool, mode: str = "own") -> None:
        self.bind = bind
        self.channel = channel
        self.owned = owned
        self.mode = mode
        self.joined: Any = None
        self.savepoint: str | None = None
        self.xid: str | None = None


class Frame:
    """One transaction (`parent is None`) or savepoint of a session.

    `handle` is the `SessionTransaction` that users see, once one was asked for (`unit.handle_of`); `failure` the error that made the frame DEACTIVE;
    `deleted` are the objects that its flushes deleted, by `id`, `deleted_states` the states that those of them share which were clean;
    `enlisted` are its connections by bind; a nested frame sets a savepoint on each at its first use. `usual` is the one that every
    statement takes, as long as the frame is ACTIVE and its session has a single bind.
    """

    __slots__ = ("deleted", "deleted_states", "dirty", "enlisted", "failure", "handle", "new", "origin", "parent", "status", "switches", "usual")

    def __init__(self, parent: Frame | None, origin: SessionTransactionOrigin) -> None:
        self.parent = parent
        self.origin = origin
        self.status = ACTIVE
        self.failure: BaseException | None = None
        self.handle: Any = None
        self.new: dict[State, None] = {}
        self.deleted: dict[int, Any] = {}
        self.deleted_states: list[DeletedState] = []
        self.dirty: dict[State, None] = {}
        self.switches: dict[State, tuple[IdentityKey, IdentityKey]] = {}
        self.enlisted: dict[Any, Enlisted] = {}
        self.usual: Enlisted | None = None

    def become(self, status: FrameStatus) -> None:
        """Go on to another status."""
        self.status = status
        self.usual = None

    @property
    def nested(self) -> bool:
        """Whether this is a savepoint."""
        return self.parent is not None and self.origin is not SUBTRANSACTION

    @property
    def is_active(self) -> bool:
        """Whether statements may run."""
        return self.status is ACTIVE

    @property
    def is_closed(self) -> bool:
        """Whether the frame has ended."""
        return self.status is CLOSED

    @property
    def is_prepared(self) -> bool:
        """Whether `prepare()` has succeeded, and only commit or rollback are left."""
        return self.status is PREPARED

    @property
    def root(self) -> Frame:
        """The transaction that this frame is in."""
        frame = self
        while frame.parent is not None:
            frame = frame.parent
        return frame

    def switch_key(self, state: State, before: IdentityKey, now: IdentityKey) -> None:
        """Remember that an object's identity key changed; the first key is what a rollback restores."""
        first = self.switches.get(state, (before, now))[0]
        self.switches[state] = (first, now)

    def hand_over(self) -> None:
        """Give what a released savepoint remembers to its parent."""
        parent = self.parent
        assert parent is not None
        parent.new.update(self.new)
        parent.dirty.update(self.dirty)
        parent.deleted.update(self.deleted)
        parent.deleted_states += self.deleted_states
        for state, (before, now) in self.switches.items():
            parent.switch_key(state, before, now)
