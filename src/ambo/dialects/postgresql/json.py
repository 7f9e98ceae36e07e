"""JSON types of PostgreSQL, at SQLAlchemy's path."""

from ambo.statements.types.postgresql import JSON, JSONB, JSONPATH

__all__ = [
    "JSON",
    "JSONB",
    "JSONPATH",
]
