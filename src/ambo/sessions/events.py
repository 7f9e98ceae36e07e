"""Where session events are registered: on a session, a sessionmaker, a scoped_session, or a session class.

    Dispatch of the class Session  (and, under it, of AsyncSession and of each subclass)
      `── Dispatch of a sessionmaker's own class
            `── Dispatch of one session

Rule 1: a listener on `Session` hears every session, in both colours.
Rule 2: transaction and flush events are effects: listeners may be `async def` and use the session. Life-cycle events are called directly.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ambo.errors import InvalidRequestError, suggestion
from ambo.listening import Dispatch

LIFE_CYCLE: Final = frozenset(
    {
        "before_attach",
        "after_attach",
        "transient_to_pending",
        "pending_to_transient",
        "pending_to_persistent",
        "persistent_to_transient",
        "persistent_to_deleted",
        "persistent_to_detached",
        "deleted_to_persistent",
        "deleted_to_detached",
        "detached_to_persistent",
        "loaded_as_persistent",
    }
)
SESSION_EVENTS: Final = LIFE_CYCLE | {
    "before_flush",
    "after_flush",
    "after_flush_postexec",
    "before_commit",
    "after_commit",
    "after_rollback",
    "after_soft_rollback",
    "after_begin",
    "after_transaction_create",
    "after_transaction_end",
    "do_orm_execute",
    "after_bulk_update",
    "after_bulk_delete",
}


def checked(name: str, dispatch: Dispatch) -> Dispatch:
    """Return the dispatch, if sessions emit such an event."""
    if name not in SESSION_EVENTS:
        raise InvalidRequestError(f"sessions emit no event {name!r}{suggestion(name, SESSION_EVENTS)}")
    return dispatch


def class_dispatch(owner: type[Any]) -> Dispatch:
    """Return the dispatch of a session class, whose parents are those of its bases."""
    found: Dispatch | None = owner.__dict__.get("_class_dispatch")
    if found is None:
        above = [class_dispatch(base) for base in owner.__bases__ if hasattr(base, "_class_dispatch")]
        found = Dispatch(*above)
        owner._class_dispatch = found
    return found


class DispatchHook:
    """`__event_dispatch__` of session classes: the session's own dispatch on a session, the class's on a class."""

    def __get__(self, obj: Any, owner: type[Any]) -> Callable[[str], Dispatch]:
        dispatch = class_dispatch(owner) if obj is None else obj.dispatch
        return lambda name: checked(name, dispatch)


class OwnDispatch:
    """`session.dispatch`, made when it is first asked for: on the hot path `listening.heard` is asked before."""

    def __get__(self, session: Any, owner: type[Any]) -> Dispatch:
        if session is None:
            return class_dispatch(owner)
        found = session.__dict__["dispatch"] = Dispatch(class_dispatch(owner))
        return found
