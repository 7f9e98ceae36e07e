"""INSERT of PostgreSQL, at SQLAlchemy's path."""

from ambo.statements.dialect_inserts import PostgreSQLInsert as Insert, postgresql_insert as insert

__all__ = [
    "Insert",
    "insert",
]
