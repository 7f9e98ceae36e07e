"""The order in which tables can be created: what a foreign key points to comes first.

Cycles are broken by leaving foreign keys out, to be added by ALTER TABLE; a key marked `use_alter` is left out anyway.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ambo.errors import AmboWarning, CircularDependencyError

Edge = tuple[Any, Any]
Filter = Callable[[Any], bool | None]


def in_layers(edges: Iterable[Edge], items: Sequence[Any]) -> list[Any]:
    """Order items so that in every edge (first, second) the first comes first; otherwise as they stand.

    Raises CircularDependencyError if that is impossible.
    """
    before: dict[int, set[int]] = {id(one): set() for one in items}
    pairs = list(edges)
    for first, second in pairs:
        if id(first) in before and id(second) in before and first is not second:
            before[id(second)].add(id(first))
    ordered: list[Any] = []
    left = list(items)
    done: set[int] = set()
    while left:
        ready = [one for one in left if before[id(one)] <= done]
        if not ready:
            cycle = _in_cycles(before, left)
            raise CircularDependencyError(
                f"circular dependency between {', '.join(sorted(str(one) for one in cycle))}", cycle, [p for p in pairs if p[0] in cycle]
            )
        ordered += ready
        done |= {id(one) for one in ready}
        left = [one for one in left if id(one) not in done]
    return ordered


def _in_cycles(before: dict[int, set[int]], left: Sequence[Any]) -> list[Any]:
    """Return those of the items that stand in a cycle, not merely behind one."""
    names = {id(one) for one in left}
    found: list[Any] = []
    for one in left:
        seen: set[int] = set()
        stack = [*(before[id(one)] & names)]
        while stack:
            at = stack.pop()
            if at not in seen:
                seen.add(at)
                stack += before[at] & names
        if id(one) in seen:
            found.append(one)
    return found


def sort_tables(tables: Iterable[Any], skip_fn: Filter | None = None, extra_dependencies: Iterable[Edge] | None = None) -> list[Any]:
    """Return tables in the order of their foreign keys; keys for which `skip_fn` is true do not count.

    Warns and leaves out the foreign keys of a cycle that nothing breaks.
    """
    keep: Filter | None = None
    if skip_fn is not None:
        skip = skip_fn

        def keep(constraint: Any) -> bool | None:
            return None if not any(skip(fk) for fk in constraint.elements) else True

    found = sort_tables_and_constraints(tables, keep, extra_dependencies, warn=True)
    return [table for table, _ in found if table is not None]


def sort_tables_and_constraints(
    tables: Iterable[Any], filter_fn: Filter | None = None, extra_dependencies: Iterable[Edge] | None = None, warn: bool = False
) -> list[tuple[Any, set[Any]]]:
    """Return (table, the foreign keys to create with it) in order, at last (None, the keys to add afterwards).

    `filter_fn(constraint)` may say True (add it afterwards), False (create it with the table) or None (as needed).
    """
    listed = list(tables)
    known = {id(table) for table in listed}
    fixed: list[Edge] = list(extra_dependencies or ())
    mutable: list[tuple[Edge, Any]] = []
    later: dict[int, Any] = {}
    for table in listed:
        fixed += [(parent, table) for parent in table._extra_dependencies]
        for constraint in _by_name(table.foreign_key_constraints):
            choice = filter_fn(constraint) if filter_fn is not None else None
            if choice is True or (choice is None and constraint.use_alter):
                later[id(constraint)] = constraint
                continue
            parent = constraint.referred_table
            if parent is not table and id(parent) in known:
                if choice is False:
                    fixed.append((parent, table))
                else:
                    mutable.append(((parent, table), constraint))
    ordered = _break_cycles(listed, fixed, mutable, later, warn)
    result = [(table, {one for one in table.foreign_key_constraints if id(one) not in later}) for table in ordered]
    return [*result, (None, set(later.values()))]


def _break_cycles(listed: list[Any], fixed: list[Edge], mutable: list[tuple[Edge, Any]], later: dict[int, Any], warn: bool) -> list[Any]:
    try:
        return in_layers([*fixed, *(edge for edge, _ in mutable)], listed)
    except CircularDependencyError as error:
        cycle = {id(one) for one in error.cycles}
        if warn:
            names = ", ".join(sorted(str(one.fullname) for one in error.cycles))
            warnings.warn(
                f"cannot sort the tables {names} by their foreign keys, as they refer to one another in a cycle; "
                "mark one of the foreign keys with use_alter=True",
                AmboWarning,
                stacklevel=4,
            )
    broken = [(edge, one) for edge, one in mutable if id(edge[0]) in cycle and id(edge[1]) in cycle]
    for _, constraint in broken:
        later[id(constraint)] = constraint
    kept = [edge for edge, one in mutable if id(one) not in later]
    return in_layers([*fixed, *kept], listed)


def _by_name(constraints: Iterable[Any]) -> list[Any]:
    return sorted(constraints, key=lambda one: (str(one.name or ""), [str(key) for key in one.column_keys]))
