"""What operators build: the default meaning of `==`, `+`, `in_()`, `like()` and the rest on any expression.

`BUILDERS` says for each operator which function makes its node; a type's comparator may come before it
(`ColumnElement.operate`). Types of results: comparisons are boolean; for arithmetic the left type is asked.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Sequence
from decimal import Decimal
from operator import add, and_, contains, eq, floordiv, ge, getitem, gt, inv, le, lshift, lt, mod, mul, ne, neg, or_, rshift, sub, truediv
from typing import Any, TypeVar

from ambo.errors import ArgumentError
from ambo.statements import operators as ops
from ambo.statements.coercions import as_condition, as_operand, bind_for, element_of, is_collection, unwrap_statement
from ambo.statements.expressions import FITTING, BinaryExpression, BindParameter, ColumnElement, Grouping, Label, literal_bind
from ambo.statements.late import late
from ambo.statements.logic import FALSE, NULL, TRUE, BooleanClauseList, False_, Null, True_, UnaryExpression
from ambo.statements.nodes import ClauseElement, ClauseList
from ambo.statements.operators import OperatorType, custom_op
from ambo.statements.types.base import NULLTYPE, Comparator, TypeEngine, to_instance, type_of_value
from ambo.statements.types.numbers import BOOLEANTYPE, Integer
from ambo.statements.types.strings import Concatenable, String

Node = ColumnElement[Any]
STRINGTYPE = String()
T = TypeVar("T")


class CollectionAggregate(UnaryExpression[T]):
    """`ANY (...)` or `ALL (...)` over an array or a subquery; stands on the right of a comparison."""

    __slots__ = ()
    _plain_operators = False
    visit = "collection_aggregate"


class CollationClause(ColumnElement[str]):
    """The name of a collation."""

    __slots__ = ("collation",)
    visit = "collation"

    def __init__(self, collation: str) -> None:
        self.collation = collation
        self.type = STRINGTYPE
        self._tokens = ("collation", collation)
        self._binds = ()


def operate(left: Any, op: OperatorType, *other: Any, **kw: Any) -> Any:
    """Build `left <op> other`."""
    builder = BUILDERS.get(op)
    if builder is not None:
        return builder(left, op, *other, **kw)
    if isinstance(op, custom_op):
        return _custom(left, op, *other, **kw)
    raise NotImplementedError(f"operator {getattr(op, '__name__', op)!r} is not supported on this expression")


def reverse_operate(right: Any, op: OperatorType, other: Any, **kw: Any) -> Any:
    """Build `other <op> right`.

    Raises ArgumentError for ANY and ALL, which stand on the right of comparisons only.
    """
    if isinstance(right, CollectionAggregate):
        raise ArgumentError("Only comparison operators may be used with ANY/ALL")
    left = as_operand(other, right, op)
    if isinstance(op, custom_op):
        return BinaryExpression(left, right, op, op.return_type or right.type)
    real, type_ = _arithmetic_type(left, op, right)
    return BinaryExpression(left, right, real, type_)


def _compare(left: Node, op: OperatorType, other: Any, **kw: Any) -> Any:
    if other is None or isinstance(other, (bool, Null, True_, False_)):
        return _compare_constant(left, op, other)
    if isinstance(left, CollectionAggregate):
        return BinaryExpression(as_operand(other, left, op), left, ops.mirror(op), BOOLEANTYPE)
    right = as_operand(other, left, op)
    if right.__class__ is BindParameter and right.type is left.type and other.__class__ in _FAST_VALUES:
        _remember_fit(left.type, other)
    return BinaryExpression(left, right, op, BOOLEANTYPE)


_FAST_VALUES = frozenset([int, str, float, bytes, Decimal, dt.date, dt.datetime, dt.time, dt.timedelta, uuid.UUID])


def _remember_fit(type_: Any, value: Any) -> None:
    """Let comparisons of this kind of type and value take the short way, if the type's class does nothing of its own."""
    cls = type_.__class__
    if cls.comparator_factory is not Comparator or type_._plain is not type_:
        return
    if cls.coerce_compared_value is Integer.coerce_compared_value and value.__class__ is int:
        FITTING[cls, int] = cls._bits
    elif cls.coerce_compared_value is TypeEngine.coerce_compared_value:
        FITTING[cls, value.__class__] = 0


def _compare_constant(left: Node, op: OperatorType, other: Any) -> Any:
    constant = _constant(other)
    if op in (ops.is_distinct_from, ops.is_not_distinct_from):
        return BinaryExpression(left, constant, op, BOOLEANTYPE)
    if op not in (eq, ne, ops.is_, ops.is_not):
        raise ArgumentError(
            "Only '=', '!=', 'is_()', 'is_not()', 'is_distinct_from()', 'is_not_distinct_from()' operators can be used with None/True/False"
        )
    if constant is NULL:
        op = ops.is_ if op in (eq, ops.is_) else ops.is_not
    if isinstance(left, CollectionAggregate):
        return BinaryExpression(constant, left, op, BOOLEANTYPE)
    return BinaryExpression(left, constant, op, BOOLEANTYPE)


def _constant(value: Any) -> Node:
    if value is None or isinstance(value, Null):
        return NULL
    if isinstance(value, (True_, False_)):
        return value
    return TRUE if value else FALSE


def _is(left: Node, op: OperatorType, other: Any, **kw: Any) -> Any:
    if other is None or isinstance(other, (bool, Null, True_, False_)):
        return _compare_constant(left, op, other)
    return BinaryExpression(left, as_operand(other, left, op), op, BOOLEANTYPE)


def _arithmetic(left: Node, op: OperatorType, other: Any, **kw: Any) -> Any:
    right = as_operand(other, left, op)
    real, type_ = _arithmetic_type(left, op, right)
    return BinaryExpression(left, right, real, type_)


def _arithmetic_type(left: Any, op: OperatorType, right: Any) -> tuple[OperatorType, Any]:
    left_type, right_type = left.type, getattr(right, "type", NULLTYPE)
    if op is add and _concatenates(left_type, right_type):
        op = ops.concat_op
    return op, left_type.result_type(op, right_type)


def _concatenates(left: Any, right: Any) -> bool:
    if isinstance(left._plain, Concatenable):
        return isinstance(right._plain, Concatenable) or right is NULLTYPE
    return left is NULLTYPE and isinstance(right._plain, Concatenable)


def _concat(left: Node, op: OperatorType, other: Any, **kw: Any) -> Any:
    right = as_operand(other, left, op)
    other_type = getattr(right, "type", NULLTYPE)
    type_ = other_type if left.type is NULLTYPE else left.type.result_type(op, other_type)
    return BinaryExpression(left, right, op, type_)


def _bitwise(left: Node, op: OperatorType, other: Any, **kw: Any) -> Any:
    return BinaryExpression(left, as_operand(other, left, op), op, left.type)


def _custom(left: Node, op: custom_op, other: Any = None, **kw: Any) -> Any:
    right = as_operand(other, left, op)
    if op.return_type is not None:
        type_ = to_instance(op.return_type)
    elif op.is_comparison:
        type_ = BOOLEANTYPE
    else:
        type_ = left.type
    return BinaryExpression(left, right, op, type_)


def _like(left: Node, op: OperatorType, other: Any, escape: str | None = None, autoescape: bool = False, **kw: Any) -> Any:
    if autoescape:
        escape, other = _autoescape(op, other, escape)
    right = as_operand(other, left, op) if not isinstance(other, (bool, type(None))) else _pattern_constant(left, op, other)
    if escape is None and not kw:
        if other.__class__ is str and right.type is left.type:
            _remember_fit(left.type, other)
        return BinaryExpression(left, right, op, BOOLEANTYPE)
    modifiers = {name: value for name, value in (("escape", escape), *kw.items()) if value is not None}
    return BinaryExpression(left, right, op, BOOLEANTYPE, modifiers=modifiers or None)


def _pattern_constant(left: Node, op: OperatorType, other: Any) -> Any:
    return NULL if other is None else bind_for(other, left, op)


def _autoescape(op: OperatorType, other: Any, escape: str | None) -> tuple[str, str]:
    if not isinstance(other, str):
        raise TypeError("String value expected when autoescape=True")
    char = escape or "/"
    if char not in ("%", "_"):
        other = other.replace(char, char + char)
    return char, other.replace("%", char + "%").replace("_", char + "_")


def _in(left: Node, op: OperatorType, other: Any, **kw: Any) -> Any:
    return BinaryExpression(left, _in_list(left, op, other), op, BOOLEANTYPE)


def _in_list(left: Node, op: OperatorType, other: Any) -> Any:
    node = None if isinstance(other, (list, tuple, set)) else element_of(other)
    if node is not None:
        return _in_node(left, op, node)
    if not is_collection(other):
        raise ArgumentError(
            f"IN expression list, SELECT construct, or bound parameter object expected, got {other!r}; pass a list even for one value"
        )
    values = list(other)
    if any(element_of(one) is not None for one in values):
        items = [as_operand(one, left, op) for one in values]
        return ClauseList(*items, operator=ops.comma_op, group=True)
    return _expanding(left, op, values)


def _is_tuple(node: Any) -> bool:
    return bool(getattr(node, "_is_tuple", False))


def _expanding(left: Node, op: OperatorType, values: list[Any]) -> BindParameter[Any]:
    first = next((one for one in values if one is not None), None)
    if _is_tuple(left) or first is None:
        type_ = left.type
    else:
        type_ = left.type.coerce_compared_value(op, first)
    return BindParameter(left._bind_base, values, type_, unique=True, expanding=True)


def _in_node(left: Node, op: OperatorType, node: ClauseElement) -> Any:
    if node.is_select:
        return node
    if isinstance(node, BindParameter):
        type_ = left.type if node.type is NULLTYPE else node.type
        return node._copy(expanding=True, type=type_)
    if isinstance(node, Grouping) or getattr(node, "is_scalar_select", False):
        return node.element
    if getattr(node, "is_from", False) and hasattr(node, "select"):
        return node.select() if node.visit != "values" else Grouping(node)
    if isinstance(node, (ClauseList, CollectionAggregate)) or getattr(node, "_is_textual", False):
        return node
    raise ArgumentError(f"IN expression list, SELECT construct, or bound parameter object expected, got {node!r}")


def _between(left: Node, op: OperatorType, low: Any, high: Any, symmetric: bool = False, **kw: Any) -> Any:
    bounds = ClauseList(as_operand(low, left, op), as_operand(high, left, op), operator=and_, group=False)
    return BinaryExpression(left, bounds, op, BOOLEANTYPE, modifiers={"symmetric": True} if symmetric else None)


def _collate(left: Node, op: OperatorType, other: Any, **kw: Any) -> Any:
    return BinaryExpression(left, CollationClause(other) if isinstance(other, str) else other, op, left.type)


def _regexp(left: Node, op: OperatorType, pattern: Any, flags: str | None = None, **kw: Any) -> Any:
    right = as_operand(pattern, left, op)
    return BinaryExpression(left, right, op, BOOLEANTYPE, modifiers={"flags": flags} if flags is not None else None)


def _regexp_replace(left: Node, op: OperatorType, pattern: Any, replacement: Any, flags: str | None = None, **kw: Any) -> Any:
    right = ClauseList(as_operand(pattern, left, op), as_operand(replacement, left, op), operator=ops.comma_op, group=False)
    return BinaryExpression(left, right, op, left.type, modifiers={"flags": flags} if flags is not None else None)


def _match(left: Node, op: OperatorType, other: Any, **kw: Any) -> Any:
    return BinaryExpression(left, as_operand(other, left, op), op, BOOLEANTYPE, modifiers=kw or None)


def _suffix(left: Node, op: OperatorType, **kw: Any) -> Any:
    return UnaryExpression(left, modifier=op, type_=left.type)


def _prefix(left: Node, op: OperatorType, **kw: Any) -> Any:
    return UnaryExpression(left, operator=op, type_=left.type, wraps_column_expression=op is ops.distinct_op)


def _aggregate(left: Node, op: OperatorType, **kw: Any) -> Any:
    type_ = getattr(left.type, "item_type", left.type)
    return CollectionAggregate(left, operator=op, type_=type_)


def _junction_of(left: Node, op: OperatorType, other: Any, **kw: Any) -> Any:
    return junction(op, (left, other))


def _invert(left: Node, op: OperatorType, **kw: Any) -> Any:
    return left._negate()


def negate(node: Any) -> Any:
    """Build `NOT node`: the opposite operator where there is one."""
    if isinstance(node, Label):
        return negate(node._element)
    if isinstance(node, BinaryExpression) and node.negate is not None:
        return BinaryExpression(node.left, node.right, node.negate, node.type, modifiers=node.modifiers)
    if isinstance(node, True_):
        return FALSE
    if isinstance(node, False_):
        return TRUE
    if isinstance(node, UnaryExpression) and node.operator is inv:
        return node.element
    if isinstance(node, Grouping) and isinstance(node.element, ColumnElement):
        return UnaryExpression(node.element, operator=inv, type_=BOOLEANTYPE)
    return UnaryExpression(unwrap_statement(node), operator=inv, type_=BOOLEANTYPE)


def junction(op: OperatorType, clauses: Sequence[Any]) -> Any:
    """Join conditions by AND or OR, flat; constants are folded as far as they decide."""
    neutral, absorbing = (True_, False_) if op is and_ else (False_, True_)
    flat: list[Any] = []
    folded: Any = None
    for one in clauses:
        node = as_condition(one)
        kind = type(node)
        if kind is BooleanClauseList and node.operator is op:
            flat += node.clauses
        elif kind is neutral:
            folded = node
        elif kind is absorbing:
            return node
        else:
            flat.append(node)
    if len(flat) == 1:
        return flat[0]
    if not flat and folded is not None:
        return folded
    return BooleanClauseList(op, flat)


def _unsupported(left: Node, op: OperatorType, *other: Any, **kw: Any) -> Any:
    name = getattr(op, "__name__", str(op))
    if op is contains:
        raise NotImplementedError("'in' is not supported on SQL expressions; use column.in_(...) or column.contains(...)")
    raise NotImplementedError(f"Operator '{name}' is not supported on this expression (of type {left.type!r})")


Builder = Callable[..., Any]
BUILDERS: dict[OperatorType, Builder] = {
    **dict.fromkeys((eq, ne, lt, le, gt, ge), _compare),
    **dict.fromkeys((ops.is_, ops.is_not, ops.is_distinct_from, ops.is_not_distinct_from), _is),
    **dict.fromkeys((add, sub, mul, truediv, floordiv, mod), _arithmetic),
    **dict.fromkeys((ops.bitwise_and_op, ops.bitwise_or_op, ops.bitwise_xor_op, ops.bitwise_lshift_op, ops.bitwise_rshift_op), _bitwise),
    **dict.fromkeys((ops.like_op, ops.not_like_op, ops.ilike_op, ops.not_ilike_op), _like),
    **dict.fromkeys((ops.startswith_op, ops.endswith_op, ops.contains_op), _like),
    **dict.fromkeys((ops.istartswith_op, ops.iendswith_op, ops.icontains_op), _like),
    **dict.fromkeys((ops.in_op, ops.not_in_op), _in),
    **dict.fromkeys((ops.desc_op, ops.asc_op, ops.nulls_first_op, ops.nulls_last_op), _suffix),
    **dict.fromkeys((neg, ops.distinct_op, ops.bitwise_not_op), _prefix),
    **dict.fromkeys((ops.any_op, ops.all_op), _aggregate),
    **dict.fromkeys((and_, or_), _junction_of),
    **dict.fromkeys((getitem, contains, lshift, rshift), _unsupported),
    ops.concat_op: _concat,
    ops.between_op: _between,
    ops.collate: _collate,
    ops.regexp_match_op: _regexp,
    ops.regexp_replace_op: _regexp_replace,
    ops.match_op: _match,
    inv: _invert,
}

late.operate = operate
late.reverse_operate = reverse_operate
late.negate = negate
late.junction = junction

__all__ = ["BUILDERS", "CollationClause", "CollectionAggregate", "junction", "literal_bind", "negate", "operate", "type_of_value"]
