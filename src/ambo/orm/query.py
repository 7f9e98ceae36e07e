"""The classic query, at SQLAlchemy's path."""

from ambo.loading.from_statement import FromStatement
from ambo.mapping.bundles import Bundle
from ambo.sessions.query_sync import Query

__all__ = [
    "Bundle",
    "FromStatement",
    "Query",
]
