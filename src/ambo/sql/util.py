"""Tools for trees of nodes, at SQLAlchemy's path."""

from ambo.statements.select_parts import join_condition
from ambo.statements.traversal import ClauseAdapter, ClauseAdapter as ColumnAdapter, find_tables

__all__ = [
    "ColumnAdapter",
    "ClauseAdapter",
    "find_tables",
    "join_condition",
]
