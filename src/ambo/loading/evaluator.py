"""Evaluating SQL expressions on objects in memory: how `synchronize_session="evaluate"` finds what a write has matched.

    evaluator(User.age > 30, mapper)(user) -> True, False, None (SQL's NULL) or UNKNOWN (an attribute is not loaded)

Rule 1: what Python and SQL might see differently (functions, subqueries, LIKE, types with rules of their own) is refused, not guessed.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from ambo.errors import InvalidRequestError
from ambo.loading.choices import related
from ambo.statements import operators as ops

Evaluate = Callable[[Any], Any]


class UnevaluatableError(InvalidRequestError):
    """An expression has no certain value in Python."""


class _Unknown:
    """The value of what is not loaded."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = _Unknown()

_PLAIN: dict[Any, Callable[[Any, Any], Any]] = {
    operator.eq: operator.eq, operator.ne: operator.ne, operator.lt: operator.lt, operator.le: operator.le, operator.gt: operator.gt,
    operator.ge: operator.ge, operator.add: operator.add, operator.sub: operator.sub, operator.mul: operator.mul,
    ops.concat_op: operator.add, ops.startswith_op: str.startswith, ops.endswith_op: str.endswith,
}  # fmt: skip


def evaluator(node: Any, mapper: Any, params: Mapping[str, Any] | None = None) -> Evaluate:
    """Return the function that evaluates an expression on an object of a mapper.

    Raises UnevaluatableError if that cannot be done.
    """
    return _Compiler(mapper, params or {}).compile(node)


def constant(value: Any) -> Evaluate:
    """Return the function that answers with a value, or with UNKNOWN if it is an SQL expression."""
    answer = UNKNOWN if hasattr(value, "_tokens") or hasattr(value, "__clause_element__") else value
    return lambda obj: answer


class _Compiler:
    def __init__(self, mapper: Any, params: Mapping[str, Any]) -> None:
        self.mapper = mapper
        self.params = params

    def compile(self, node: Any) -> Evaluate:
        method: Callable[[Any], Evaluate] | None = getattr(self, f"on_{node.visit}", None)
        if method is None:
            raise UnevaluatableError(f"cannot evaluate {type(node).__name__} in Python")
        return method(node)

    def attribute(self, key: str) -> Evaluate:
        def read(obj: Any) -> Any:
            return obj.__dict__.get(key, UNKNOWN)

        return read

    def on_entity_column(self, node: Any) -> Evaluate:
        if node.entity.alias is not None or not related(node.entity.mapper, self.mapper) or node.prop.is_expression:
            raise UnevaluatableError(f"cannot evaluate column {node} in Python: it is not a column of {self.mapper.class_.__name__}")
        return self.attribute(node.prop.key)

    def on_column(self, node: Any) -> Evaluate:
        prop = None if node.is_literal else self.mapper.property_of(node)
        if prop is None:
            raise UnevaluatableError(f"cannot evaluate column {node} in Python: {self.mapper.class_.__name__} does not map it")
        return self.attribute(prop.key)

    def on_bindparam(self, node: Any) -> Evaluate:
        value = self.params[node.key] if not node.unique and node.key in self.params else node.effective_value
        return lambda obj: value

    def on_null(self, node: Any) -> Evaluate:
        return lambda obj: None

    def on_true(self, node: Any) -> Evaluate:
        return lambda obj: True

    def on_false(self, node: Any) -> Evaluate:
        return lambda obj: False

    def on_grouping(self, node: Any) -> Evaluate:
        return self.compile(node.element)

    def on_tuple(self, node: Any) -> Evaluate:
        return self.several(node.clauses, tuple)

    def on_clauselist(self, node: Any) -> Evaluate:
        return self.several(node.clauses, list)

    def several(self, nodes: Any, kind: Callable[[Any], Any]) -> Evaluate:
        parts = [self.compile(one) for one in nodes]

        def values(obj: Any) -> Any:
            found = [part(obj) for part in parts]
            return UNKNOWN if any(one is UNKNOWN for one in found) else kind(found)

        return values

    def on_boolean_list(self, node: Any) -> Evaluate:
        parts = [self.compile(one) for one in node.clauses]
        decisive = node.operator is not operator.and_

        def decide(obj: Any) -> Any:
            found = [part(obj) for part in parts]
            if any(one is decisive or (one is not UNKNOWN and one is not None and bool(one) is decisive) for one in found):
                return decisive
            if any(one is UNKNOWN for one in found):
                return UNKNOWN
            return None if any(one is None for one in found) else not decisive

        return decide

    def on_unary(self, node: Any) -> Evaluate:
        inner = self.compile(node.element)
        if node.operator is operator.inv:
            return lambda obj: value if (value := inner(obj)) is None or value is UNKNOWN else not value
        if node.operator is operator.neg:
            return lambda obj: value if (value := inner(obj)) is None or value is UNKNOWN else -value
        raise UnevaluatableError(f"cannot evaluate the operator {getattr(node.operator, '__name__', node.operator)!r} in Python")

    def on_binary(self, node: Any) -> Evaluate:
        left, right, op = self.compile(node.left), self.compile(node.right), node.operator
        if op in (ops.is_, ops.is_not):
            wanted = op is ops.is_
            return lambda obj: UNKNOWN if left(obj) is UNKNOWN else (left(obj) == right(obj)) is wanted
        if op in (ops.in_op, ops.not_in_op):
            return self.membership(left, right, op is ops.in_op)
        plain = _PLAIN.get(op)
        if plain is None or node.modifiers:
            raise UnevaluatableError(f"cannot evaluate the operator {getattr(op, '__name__', op)!r} in Python")

        def apply(obj: Any) -> Any:
            one, other = left(obj), right(obj)
            if one is UNKNOWN or other is UNKNOWN:
                return UNKNOWN
            if one is None or other is None:
                return None
            return plain(one, other)

        return apply

    def membership(self, left: Evaluate, right: Evaluate, wanted: bool) -> Evaluate:
        def contains(obj: Any) -> Any:
            one = left(obj)
            if one is UNKNOWN or one is None:
                return one
            return (one in (right(obj) or ())) is wanted

        return contains
