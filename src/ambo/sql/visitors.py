"""Walking trees of nodes, at SQLAlchemy's path."""

from ambo.statements.nodes import ClauseElement as Visitable
from ambo.statements.traversal import cloned_traverse, iterate, replacement_traverse, traverse, traverse_using

__all__ = [
    "Visitable",
    "cloned_traverse",
    "iterate",
    "replacement_traverse",
    "traverse",
    "traverse_using",
]
