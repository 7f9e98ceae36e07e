"""INSERT of SQLite, at SQLAlchemy's path."""

from ambo.dialects.sqlite import Insert, insert

__all__ = [
    "Insert",
    "insert",
]
