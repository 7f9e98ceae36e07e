"""Walking trees of nodes, at SQLAlchemy's path."""

from ambo.statements.nodes import ClauseElement as Visitable
from ambo.statements.syntax_extensions import InternalTraversal
from ambo.statements.traversal import ClauseVisitor, cloned_traverse, iterate, replacement_traverse, traverse, traverse_using

__all__ = [
    "ClauseVisitor",
    "InternalTraversal",
    "Visitable",
    "cloned_traverse",
    "iterate",
    "replacement_traverse",
    "traverse",
    "traverse_using",
]
