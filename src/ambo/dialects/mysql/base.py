"""MySQL's dialect, at SQLAlchemy's path."""

from ambo.rendering.mariadb import MySQLDialect

__all__ = [
    "MySQLDialect",
]
