"""Rewriting statement trees: put other nodes in the place of some, copy what stands above them, keep the rest.

Rule 1: what holds nothing to be replaced is returned as it is, so plain parts of a statement are shared, not copied.
Rule 2: bound parameters are never copied: a plan finds a value by the identity of its bind.
Rule 3: what has an identity of its own (aliases, subqueries, labels) is rewritten once; columns of a rewritten source are
    found again by position.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ambo.statements.aliased_sources import AliasedSource
from ambo.statements.expressions import BindParameter
from ambo.statements.nodes import ClauseElement

_STEP = 25
Replace = Callable[[Any], Any]
"""Returns the node to put in the place of one, or None to look inside it."""


class Rewriter:
    """Rewrites nodes by asking `replace` about each, from the top down."""

    def __init__(self, replace: Replace) -> None:
        self.replace = replace
        self.done: dict[int, Any] = {}
        self.kept: list[Any] = []
        self.depth = 0
        self.allowed = 2 * _STEP

    def __call__(self, node: Any) -> Any:
        """Return the rewritten node."""
        known = self.done.get(id(node))
        if known is not None:
            return known
        if not isinstance(node, ClauseElement) or isinstance(node, BindParameter):
            return node
        self.depth += 1
        if self.depth >= self.allowed:
            self.prepare(node)
            before, self.allowed = self.allowed, self.depth + 2 * _STEP
            found = self.rewritten(node)
            self.allowed = before
        else:
            found = self.rewritten(node)
        self.depth -= 1
        if isinstance(node, AliasedSource) or node.visit in ("label", "join"):
            self.remember(node, found)
        return found

    def rewritten(self, node: Any) -> Any:
        """Return what `replace` says, or the node with what is below it rewritten."""
        found = self.replace(node)
        return self.inside(node) if found is None else found

    def prepare(self, root: Any) -> None:
        """Rewrite the lower parts of a deep expression first, bottom up, so that no call goes deep."""
        depth, allowed = self.depth, self.allowed
        heights: dict[int, int] = {}
        stack: list[tuple[Any, bool]] = [(root, False)]
        while stack:
            node, is_below_done = stack.pop()
            below = [one for one in node._children() if not (one.is_select or one.is_dml or one.is_selectable)]
            if not is_below_done:
                stack.append((node, True))
                stack += [(one, False) for one in below if id(one) not in heights]
                continue
            height = heights[id(node)] = 1 + max([heights[id(one)] for one in below], default=0)
            if height >= _STEP and node is not root:
                self.depth, self.allowed = 0, 4 * _STEP
                self.remember(node, self(node))
                heights[id(node)] = 0
        self.depth, self.allowed = depth, allowed

    def remember(self, node: Any, found: Any) -> None:
        """Give the same answer for this very node from now on; what was rewritten once stays as it is."""
        self.done[id(node)] = found
        self.done[id(found)] = found
        self.kept += (node, found)

    def inside(self, node: Any) -> Any:
        """Return the node with what is below it rewritten."""
        if node.visit == "column":
            return self.column(node)
        changed: dict[str, Any] = {}
        for name in node._nodes:
            value = getattr(node, name)
            new = self.several(value) if isinstance(value, tuple) else self(value)
            if new is not value:
                changed[name] = new
        return node._copy(**changed) if changed else node

    def several(self, nodes: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return a tuple of rewritten nodes, or the same tuple if nothing changed."""
        found = tuple([self(one) for one in nodes])
        return nodes if all(new is old for new, old in zip(found, nodes, strict=True)) else found

    def column(self, column: Any) -> Any:
        """Return a column of what its source became."""
        table = column.table
        if table is None or not isinstance(table, AliasedSource):
            return column
        source = self(table)
        if source is table:
            return column
        return column_like(column, table, source)


def column_like(column: Any, old: Any, new: Any) -> Any:
    """Return the column of a rewritten source that stands where `column` stood in the old one."""
    for index, one in enumerate(old.c):
        if one is column:
            return new.c[index]
    return new.c[column.key]


def replaced(node: Any, replace: Replace) -> Any:
    """Return a node with some nodes in it replaced."""
    return Rewriter(replace)(node)
