"""INSERT of MySQL, at SQLAlchemy's path."""

from ambo.dialects.mysql import Insert, insert

__all__ = [
    "Insert",
    "insert",
]
