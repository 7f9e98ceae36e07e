"""Dynamic collections, at SQLAlchemy's path."""

from ambo.mapping.mapped import DynamicMapped
from ambo.mapping.write_only import AppenderQuery

__all__ = [
    "AppenderQuery",
    "DynamicMapped",
]
