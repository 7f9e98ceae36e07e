"""From objects and sessions to the AsyncSession behind them."""

from __future__ import annotations

from typing import Any

from ambo.mapping.state import object_session
from ambo.sessions.aio import AsyncSession


def async_object_session(instance: object) -> AsyncSession | None:
    """Return the AsyncSession an object belongs to, or None."""
    found = object_session(instance)
    return found if isinstance(found, AsyncSession) else None


def async_session(session: Any) -> AsyncSession | None:
    """Return the AsyncSession whose `sync_session` is given, or None."""
    if isinstance(session, AsyncSession):
        return session
    found = session.session_ref()
    return found if isinstance(found, AsyncSession) else None
