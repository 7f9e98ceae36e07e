"""The statements layer: SQL as a tree of nodes, without any database, class or session.

Importing this package imports its modules, in the order that fills in `late.py`.
"""

from ambo.statements import keys, late, nodes, operators, expressions, sources  # noqa: I001 (in the order of dependence)
from ambo.statements import coercions, comparisons, elements, functions
from ambo.statements import executable, labels, selects, writes, dialect_inserts
from ambo.statements import traversal, froms, reducing, aliases, entities

__all__ = [
    "aliases",
    "coercions",
    "comparisons",
    "dialect_inserts",
    "elements",
    "entities",
    "executable",
    "expressions",
    "froms",
    "functions",
    "keys",
    "labels",
    "late",
    "nodes",
    "operators",
    "reducing",
    "selects",
    "sources",
    "traversal",
    "writes",
]
