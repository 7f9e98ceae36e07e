"""Orders of things that depend on one another: pure functions over hashable nodes.

Rule 1: an edge `(first, then)` says that `first` comes before `then`; edges to unknown nodes are ignored.
Rule 2: every result is deterministic: where the edges leave a choice, the order of `nodes` decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from ambo.errors import CircularDependencyError

T = TypeVar("T")


def _successors(nodes: Sequence[T], edges: Iterable[tuple[T, T]]) -> dict[T, dict[T, None]]:
    after: dict[T, dict[T, None]] = {node: {} for node in nodes}
    for first, then in edges:
        if first in after and then in after:
            after[first][then] = None
    return after


def components(nodes: Sequence[T], edges: Iterable[tuple[T, T]]) -> list[list[T]]:
    """Return the strongly connected components, those that come first first.

    A component of more than one node is a cycle among them. (Tarjan's algorithm on the reversed graph, without
    recursion; it emits a component when all it depends on is out.)
    """
    before = _successors(nodes, [(then, first) for first, then in edges])
    number: dict[T, int] = {}
    low: dict[T, int] = {}
    open_nodes: list[T] = []
    is_open: set[T] = set()
    found: list[list[T]] = []
    for start in nodes:
        if start in number:
            continue
        path = [(start, iter(before[start]))]
        number[start] = low[start] = len(number)
        open_nodes.append(start)
        is_open.add(start)
        while path:
            node, rest = path[-1]
            for other in rest:
                if other not in number:
                    number[other] = low[other] = len(number)
                    open_nodes.append(other)
                    is_open.add(other)
                    path.append((other, iter(before[other])))
                    break
                if other in is_open:
                    low[node] = min(low[node], number[other])
            else:
                path.pop()
                if path:
                    low[path[-1][0]] = min(low[path[-1][0]], low[node])
                if low[node] == number[node]:
                    found.append(_close(node, open_nodes, is_open))
    place = {node: index for index, node in enumerate(nodes)}
    return [sorted(one, key=place.__getitem__) for one in found]


def _close(node: T, open_nodes: list[T], is_open: set[T]) -> list[T]:
    component: list[T] = []
    while True:
        last = open_nodes.pop()
        is_open.discard(last)
        component.append(last)
        if last is node:
            return component


def waves(nodes: Sequence[T], edges: Iterable[tuple[T, T]]) -> list[list[T]]:
    """Return the nodes in waves: each depends on earlier waves only, and comes as early as it can.

    Raises CircularDependencyError, which names what takes part in the cycle.
    """
    after = _successors(nodes, edges)
    waiting = dict.fromkeys(nodes, 0)
    for others in after.values():
        for other in others:
            waiting[other] += 1
    place = {node: index for index, node in enumerate(nodes)}
    found: list[list[T]] = []
    ready = [node for node in nodes if not waiting[node]]
    while ready:
        found.append(ready)
        freed: list[T] = []
        for node in ready:
            del waiting[node]
            for other in after[node]:
                waiting[other] -= 1
                if not waiting[other]:
                    freed.append(other)
        ready = sorted(freed, key=place.__getitem__)
    if waiting:
        raise _cycle(list(waiting), after)
    return found


def _cycle(nodes: list[Any], after: dict[Any, dict[Any, None]]) -> CircularDependencyError:
    edges = [(first, then) for first in nodes for then in after[first]]
    rings = [one for one in components(nodes, edges) if len(one) > 1 or one[0] in after[one[0]]]
    members = [node for ring in rings for node in ring]
    names = ", ".join(map(repr, members[:8]))
    return CircularDependencyError(
        f"Circular dependency detected among {names}: none of them can be written first. "
        "Set post_update=True on one of the relationships between them, so that its foreign key is written by a second UPDATE.",
        members,
        [edge for edge in edges if edge[0] in members and edge[1] in members],
    )
