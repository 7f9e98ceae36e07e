"""PostgreSQL's dialect, at SQLAlchemy's path."""

from ambo.rendering.postgresql import PostgreSQLDialect as PGDialect_psycopg2

__all__ = [
    "PGDialect_psycopg2",
]
