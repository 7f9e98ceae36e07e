"""Scoped sessions, at SQLAlchemy's path."""

from ambo.sessions.makers import async_scoped_session

__all__ = [
    "async_scoped_session",
]
