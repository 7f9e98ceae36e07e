"""`column_descriptions`: what a statement says about the items of its column list, as the user gave them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast as typed

from ambo.statements.expressions import ColumnElement, Label
from ambo.statements.named_columns import ColumnClause
from ambo.statements.nodes import ClauseElement


def described(items: Iterable[Any]) -> list[dict[str, Any]]:
    """Return what `column_descriptions` says about items of a column list; a table or subquery stands for its columns."""
    found: list[dict[str, Any]] = []
    for item in items:
        if _is_source(item) and not getattr(item, "is_entity", False):
            found += [describe_item(one) for one in item.c.values()]
        else:
            found.append(describe_item(item))
    return found


def describe_item(item: Any) -> dict[str, Any]:
    """Return what `column_descriptions` says about one item: an entity or attribute by itself, an expression by the first entity in it."""
    describe = getattr(item, "_description", None)
    if describe is not None:
        return typed("dict[str, Any]", describe())
    is_bundle = getattr(item, "is_bundle", False)
    has_name = is_bundle or isinstance(item, (Label, ColumnClause))
    entity = _entity_inside(item)
    return {
        "name": getattr(item, "key", None) or getattr(item, "name", None) if has_name else None,
        "type": type(item) if is_bundle else getattr(item, "type", None),
        "aliased": entity is not None and entity.alias is not None,
        "expr": item,
        "entity": None if entity is None else entity._given,
    }


def _is_source(item: Any) -> bool:
    return bool(getattr(item, "is_from", False)) and not isinstance(item, ColumnElement)  # a function is both


def _entity_inside(item: Any) -> Any:
    """Return the first entity that an expression is about, None if it is about none (a subquery's columns are its own)."""
    waiting = [item]
    while waiting:
        node = waiting.pop(0)
        if getattr(node, "is_bundle", False):
            waiting = [*node.exprs, *waiting]
            continue
        entity = node if getattr(node, "is_entity", False) else getattr(node, "entity", None)
        if getattr(entity, "is_entity", False):
            return entity
        if isinstance(node, ClauseElement) and not _is_source(node):
            waiting = [*node._children(), *waiting]
    return None
