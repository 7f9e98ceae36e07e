"""Walking and rewriting trees of nodes, without recursion: a tree may be ten thousand levels deep.

`iterate` yields every node; `replace` returns a tree with some nodes put in the place of others and everything above
them copied, nothing else. Both treat a shared node once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from ambo.statements.expressions import BindParameter
from ambo.statements.keys import statement_key
from ambo.statements.late import late
from ambo.statements.named_columns import ColumnClause
from ambo.statements.nodes import ClauseElement

N = TypeVar("N")
Replacer = Callable[[Any], Any]


def iterate(root: Any, opts: Mapping[str, Any] | None = None) -> Iterator[Any]:
    """Yield a node and all nodes below it, each once, parents first."""
    seen: set[int] = set()
    stack = [root]
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        yield node
        below = list(node._children())
        below.reverse()
        stack += below


def dependencies(node: Any) -> list[Any]:
    """Return the nodes that a node is made of: those below it, and the derived source a column belongs to."""
    if isinstance(node, ColumnClause):
        table = node.table
        return [] if table is None or table.visit in ("table", "entity") else [table]
    return list(node._children())


def is_plain(root: Any) -> bool:
    """Tell whether a tree holds nothing that other layers must put tables and columns for: no entity, no relationship."""
    seen: set[int] = set()
    stack = [root]
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        module = type(node).__module__
        if module.startswith("ambo.") and not module.startswith("ambo.statements."):
            return False
        if node.visit in ("entity", "entity_column") or (node.visit == "join_spec" and not isinstance(node.target, ClauseElement)):
            return False
        below = dependencies(node)
        below.reverse()
        stack += below
    return True


def replace(root: N, fn: Replacer) -> N:
    """Return the tree with every node for which `fn` returns something replaced by that.

    `fn` sees parents first; None means "go on below". What it returns is not looked into.
    """
    done: dict[int, Any] = {}
    stack: list[tuple[Any, bool]] = [(root, False)]
    while stack:
        node, ready = stack.pop()
        if ready:
            done[id(node)] = _rebuilt(node, done)
            continue
        if id(node) in done:
            continue
        new = fn(node)
        if new is not None:
            done[id(node)] = new
            continue
        below = dependencies(node)
        if not below:
            done[id(node)] = node
            continue
        stack.append((node, True))
        stack += [(one, False) for one in below if id(one) not in done]
    return done[id(root)]  # type: ignore[no-any-return]


def _rebuilt(node: Any, done: dict[int, Any]) -> Any:
    if isinstance(node, ColumnClause):
        table = done[id(node.table)]
        return node if table is node.table else node._copy(table=table)
    changed: dict[str, Any] = {}
    for name in node._nodes:
        value = getattr(node, name)
        if isinstance(value, tuple):
            new = tuple([done.get(id(one), one) for one in value])
            if any(a is not b for a, b in zip(new, value, strict=True)):
                changed[name] = new
        elif value is not None:
            one = done.get(id(value), value)
            if one is not value:
                changed[name] = one
    return node._copy(**changed) if changed else node


def with_params(node: Any, values: Mapping[str, Any], unique: bool = False) -> Any:
    """Return the tree with values for the bound parameters of these names."""

    def give(one: Any) -> Any:
        if isinstance(one, BindParameter) and not one.unique and one.key in values:
            found = one._with_value(values[one.key])
            return found._copy(unique=True) if unique else found
        return None

    return replace(node, give)


def compare(node: Any, other: Any, **kw: Any) -> bool:
    """Tell whether two trees have the same structure and the same values."""
    if not isinstance(other, ClauseElement):
        return False
    mine, theirs = statement_key(node), statement_key(other)
    if mine.key != theirs.key:
        return False
    return all(a.effective_value == b.effective_value for a, b in zip(mine.binds, theirs.binds, strict=True))


# -- SQLAlchemy's visitors


def traverse(obj: Any, opts: Mapping[str, Any] | None, visitors: Mapping[str, Callable[[Any], Any]]) -> Any:
    """Call `visitors[node.visit]` for every node; returns `obj`."""
    for node in iterate(obj):
        visit = visitors.get(node.visit)
        if visit is not None:
            visit(node)
    return obj


traverse_using = traverse


def cloned_traverse(obj: Any, opts: Mapping[str, Any] | None, visitors: Mapping[str, Callable[[Any], Any]]) -> Any:
    """Return a copy of the tree after the visitors have changed its nodes in place."""
    stop = {id(one) for one in (opts or {}).get("stop_on", ())}
    copies: list[Any] = []

    def copy(node: Any) -> Any:
        if id(node) in stop or isinstance(node, ColumnClause) or (not node._nodes and node.visit != "bindparam"):
            return node
        return None

    def changed(node: Any) -> Any:
        visit = visitors.get(node.visit)
        if visit is None or id(node) in stop:
            return copy(node)
        made = node._copy(**{name: _copied(getattr(node, name), changed) for name in node._nodes})
        visit(made)
        made._after_copy()
        copies.append(made)
        return made

    return replace(obj, changed)


def _copied(value: Any, changed: Replacer) -> Any:
    if isinstance(value, tuple):
        return tuple(replace(one, changed) if isinstance(one, ClauseElement) else one for one in value)
    return replace(value, changed) if isinstance(value, ClauseElement) else value


def replacement_traverse(obj: Any, opts: Mapping[str, Any] | None, replace_fn: Callable[[Any], Any]) -> Any:
    """Return the tree with nodes replaced by what `replace_fn` returns for them, None keeping them."""
    stop = {id(one) for one in (opts or {}).get("stop_on", ())}
    return replace(obj, lambda node: node if id(node) in stop else replace_fn(node))


def find_tables(clause: Any, **kw: Any) -> list[Any]:
    """Return the tables in a tree."""
    return [node for node in iterate(clause) if node.visit == "table"]


class ClauseVisitor:
    """Looks at every node of a tree: a subclass has methods named after kinds of nodes.

    `visit_binary(self, node)` is called for comparisons, `visit_column`, `visit_bindparam`, … likewise, by `visitor.traverse(condition)`.
    """

    def iterate(self, obj: Any) -> Iterator[Any]:
        """Yield the nodes of a tree, parents first."""
        return iterate(obj)

    def traverse_single(self, obj: Any, **kw: Any) -> Any:
        """Call the method for one node, if there is one."""
        visit = getattr(self, f"visit_{obj.visit}", None)
        return None if visit is None else visit(obj, **kw)

    def traverse(self, obj: Any) -> Any:
        """Call the methods for all nodes of a tree, and return it."""
        for node in iterate(obj):
            self.traverse_single(node)
        return obj


class ClauseAdapter:
    """Puts the columns of one source in the place of those they stand for: `ClauseAdapter(alias).traverse(condition)`."""

    def __init__(self, selectable: Any, include_fn: Callable[[Any], bool] | None = None) -> None:
        self.selectable = selectable
        self.include_fn = include_fn

    def _column(self, node: Any) -> Any:
        if node is self.selectable:
            return node
        if isinstance(node, ColumnClause) and node.table is not None:
            if self.include_fn is not None and not self.include_fn(node):
                return None
            return self.selectable.corresponding_column(node)
        return None

    def traverse(self, obj: Any) -> Any:
        """Return the tree with columns exchanged."""
        return replace(obj, self._column)


late.with_params = with_params
late.compare = compare
