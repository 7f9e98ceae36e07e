"""Scoped sessions, at SQLAlchemy's path."""

from ambo.sessions.makers import scoped_session

__all__ = [
    "scoped_session",
]
