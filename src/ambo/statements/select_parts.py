"""The parts of a SELECT that are nodes of their own, and how what a user passes becomes one.

A join stays as it was said: along which relationship, and on what, is for lowering and rendering to find out.
"""

from __future__ import annotations

from typing import Any

from ambo.errors import ArgumentError
from ambo.statements.coercions import as_condition, as_from, element_of, unwrap_statement
from ambo.statements.expressions import literal_bind
from ambo.statements.keys import Keyed
from ambo.statements.nodes import ClauseElement
from ambo.statements.types.numbers import INTEGERTYPE


class JoinSpec(ClauseElement):
    """One `.join()`: the target as it was given, the condition if one was, the left side if one was."""

    __slots__ = ("full", "isouter", "left", "onclause", "target")
    visit = "join_spec"
    _nodes = ("left", "target", "onclause")

    def __init__(self, target: Any, onclause: Any = None, left: Any = None, isouter: bool = False, full: bool = False) -> None:
        self.target = target
        self.onclause = onclause
        self.left = left
        self.isouter = isouter
        self.full = full
        self._tokens = None
        self._binds = ()

    def _key_parts(self) -> list[Any]:
        return ["join", self.isouter, self.full, self.left, self.target, self.onclause]


class ForUpdateArg(ClauseElement):
    """The arguments of `with_for_update()`."""

    __slots__ = ("key_share", "nowait", "of", "read", "skip_locked")
    visit = "for_update_arg"
    _facts = ("nowait", "read", "skip_locked", "key_share")
    _nodes = ("of",)

    def __init__(self, nowait: bool = False, read: bool = False, of: Any = None, skip_locked: bool = False, key_share: bool = False) -> None:
        self.nowait = nowait
        self.read = read
        self.skip_locked = skip_locked
        self.key_share = key_share
        targets = of if isinstance(of, (list, tuple)) else [] if of is None else [of]
        self.of = tuple(element_of(one) for one in targets)
        self._tokens = None
        self._binds = ()


def as_count(value: Any) -> Any:
    """Return the node for LIMIT or OFFSET."""
    if value is None:
        return None
    if value.__class__ is int:
        return literal_bind(value, INTEGERTYPE)
    node = element_of(value)
    if node is not None:
        return unwrap_statement(node)
    try:
        return literal_bind(int(value), INTEGERTYPE)
    except (TypeError, ValueError):
        raise ArgumentError(f"LIMIT and OFFSET take an integer or an expression, got {value!r}") from None


def join_target(target: Any) -> Any:
    """Return what is joined to: a source, or an ORM relationship as it is."""
    if isinstance(target, ClauseElement) and getattr(target, "is_from", False):
        return target
    node = element_of(target)
    if node is not None and (getattr(node, "is_from", False) or node.is_select):
        return as_from(node, what="join()")
    if isinstance(target, Keyed) or hasattr(target, "property"):
        return target
    raise ArgumentError(f"Join target, typically a FROM expression, or ORM relationship attribute expected, got {target!r}")


def join_condition(onclause: Any) -> Any:
    """Return the condition of a join; a relationship stays as it is."""
    if onclause is None or not (isinstance(onclause, ClauseElement) or hasattr(onclause, "__clause_element__") or isinstance(onclause, (bool, str))):
        return onclause
    if getattr(onclause, "_is_relationship", False):
        return onclause
    return as_condition(onclause)
