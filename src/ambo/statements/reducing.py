"""`select(...).reduce_columns()`: leave out columns that have the same value as another one of the list.

Two columns are known to be equal by a foreign key, or by an equation in a join's condition or in WHERE.

Rule: the later of two equal columns goes, but a column that refers to another always goes before the one it refers to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ambo.errors import NoReferenceError
from ambo.statements.late import late
from ambo.statements.sources import Join


def reduced(select: Any, only_synonyms: bool) -> list[Any]:
    """Return the columns of a SELECT without repetitions; `only_synonyms` drops a column only for one of the same name."""
    columns = list(dict.fromkeys(select.inner_columns))
    instead: dict[int, Any] = {}
    for first, other in _equations(columns, [*select._where, *_join_conditions(select._from_obj)]):
        kept = first
        while id(kept) in instead:
            kept = instead[id(kept)]
        if kept is not other and id(other) not in instead and (not only_synonyms or kept.name == other.name):
            instead[id(other)] = kept
    return [one for one in columns if id(one) not in instead]


def _equations(columns: Sequence[Any], conditions: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
    """Yield pairs of the columns that are equal: the one to keep, the other."""
    order = {id(one): at for at, one in enumerate(columns)}
    for column in columns:
        for key in getattr(column, "foreign_keys", ()):
            try:
                target = key.column
            except NoReferenceError:
                continue
            yield from ((one, column) for one in columns if one is not column and target in one.proxy_set)
    for condition in conditions:
        for left, right in equal_pairs(condition):
            if id(left) in order and id(right) in order and left is not right:
                yield (left, right) if order[id(left)] < order[id(right)] else (right, left)


def _join_conditions(sources: Iterable[Any]) -> Iterator[Any]:
    for source in sources:
        yield from (one.onclause for one in source._sources_below() if isinstance(one, Join) and one.onclause is not None)


def equal_pairs(condition: Any) -> Iterator[tuple[Any, Any]]:
    """Yield the pairs of columns that a condition sets equal, looking through AND."""
    stack = [condition]
    while stack:
        one = stack.pop(0)
        name = getattr(one, "visit", "")
        if name == "grouping":
            stack.insert(0, one.element)
        elif hasattr(one, "clauses"):
            if getattr(one.operator, "__name__", "") == "and_":
                stack[:0] = list(one.clauses)
        elif hasattr(one, "left") and getattr(getattr(one, "operator", None), "__name__", "") == "eq":
            yield one.left, one.right


late.reduced = reduced
