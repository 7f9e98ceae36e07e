"""The loader options as functions: `joinedload(User.orders)` is `Load(User).joinedload(User.orders)`.

Several attributes make a path: `joinedload(User.orders, Order.items)` loads both steps' end by a join, and what lies before as the
mapping says. All of them return a `Load`, on which further options can be chained.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from ambo.errors import ArgumentError
from ambo.loading.options import Load
from ambo.mapping.relation_attributes import RelationshipAttribute


def _lead(keys: tuple[Any, ...]) -> tuple[Load, Any]:
    if not keys:
        raise ArgumentError("a loader option needs an attribute, such as User.orders, or '*'")
    load = Load()
    for key in keys[:-1]:
        load = load.defaultload(key)
    return load, keys[-1]


def _usual(name: str, keys: tuple[Any, ...]) -> Load:
    """Return an option without arguments; that of a single relationship is made once, since options never change."""
    if len(keys) != 1 or not isinstance(keys[0], RelationshipAttribute):
        load, last = _lead(keys)
        made: Load = getattr(load, name)(last)
        return made
    known = keys[0].options_made
    found: Load | None = known.get(name)
    if found is None:
        found = known[name] = getattr(Load(), name)(keys[0]).settled()
    return found


def joinedload(*keys: Any, innerjoin: bool | Literal["unnested"] | None = None) -> Load:
    """Load a relationship in the same statement, by a join.

    Collections repeat the parent's row, so the result then needs `.unique()`. With `limit()` the statement is wrapped in a subquery.
    """
    if innerjoin is None:
        return _usual("joinedload", keys)
    load, last = _lead(keys)
    return load.joinedload(last, innerjoin)


def selectinload(*keys: Any, recursion_depth: int | None = None) -> Load:
    """Load a relationship for all objects of the result in one more statement, by their keys.

    `recursion_depth` follows a self-referential relationship that many levels down; -1 follows it to the end.
    """
    if recursion_depth is None:
        return _usual("selectinload", keys)
    load, last = _lead(keys)
    return load.selectinload(last, recursion_depth)


def subqueryload(*keys: Any) -> Load:
    """Load a relationship in one more statement, which repeats the first one as a subquery."""
    return _usual("subqueryload", keys)


def lazyload(*keys: Any) -> Load:
    """Load a relationship when it is read, whatever the mapping says."""
    return _usual("lazyload", keys)


def immediateload(*keys: Any, recursion_depth: int | None = None) -> Load:
    """Load a relationship together with the object, by the statement that a lazy load would use."""
    if recursion_depth is None:
        return _usual("immediateload", keys)
    load, last = _lead(keys)
    return load.immediateload(last, recursion_depth)


def peerload(*keys: Any) -> Load:
    """Load a relationship when it is first read, for every object of the same result at once."""
    return _usual("peerload", keys)


def raiseload(*keys: Any, sql_only: bool = False) -> Load:
    """Raise when a relationship that is not loaded is read; with `sql_only`, only when reading it would need SQL."""
    load, last = _lead(keys)
    return load.raiseload(last, sql_only)


def noload(*keys: Any) -> Load:
    """Leave a relationship empty: None, or an empty collection."""
    return _usual("noload", keys)


def defaultload(*keys: Any) -> Load:
    """Load a relationship as the mapping says; for options about what lies below it."""
    return _usual("defaultload", keys)


def contains_eager(*keys: Any, alias: Any = None) -> Load:
    """Fill a relationship, or each of a path of them, from the statement's own joins; `alias` is what the last one joined.

    select(User).join(User.orders).where(Order.open).options(contains_eager(User.orders))
    """
    load = Load()
    for key in keys[:-1]:
        load = load.contains_eager(key)
    return load.contains_eager(keys[-1], alias)


def load_only(*attrs: Any, raiseload: bool = False) -> Load:
    """Load only these columns, and the primary key; the others when they are read (or never, with `raiseload`)."""
    return Load().load_only(*attrs, raiseload=raiseload)


def defer(key: Any, *addl_attrs: Any, raiseload: bool = False) -> Load:
    """Do not load a column until it is read; with `raiseload`, reading it raises."""
    load, last = _lead((key, *addl_attrs))
    return load.defer(last, raiseload)


def undefer(key: Any, *addl_attrs: Any) -> Load:
    """Load a column that the mapping defers; `"*"` means all of them."""
    load, last = _lead((key, *addl_attrs))
    return load.undefer(last)


def undefer_group(name: str) -> Load:
    """Load the deferred columns of a group."""
    return Load().undefer_group(name)


def with_expression(key: Any, expression: Any) -> Load:
    """Fill a `query_expression()` attribute from an SQL expression."""
    return Load().with_expression(key, expression)


def selectin_polymorphic(base_cls: Any, classes: Iterable[Any]) -> Load:
    """Load the columns of subclasses in one more statement for each, instead of joining their tables."""
    return Load(base_cls).selectin_polymorphic(classes)
