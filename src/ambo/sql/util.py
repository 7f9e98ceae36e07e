"""Tools for trees of nodes, at SQLAlchemy's path."""

from ambo.statements.selects import join_condition
from ambo.statements.traversal import ClauseAdapter, find_tables

__all__ = [
    "ClauseAdapter",
    "find_tables",
    "join_condition",
]
