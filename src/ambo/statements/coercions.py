"""What users pass, turned into nodes: values, mapped classes and attributes, statements, strings.

One function per place in a statement. Whatever has `__clause_element__()` is asked for its node; a mapped class
carries its `Entity` in its own `__dict__`. A string is never taken for SQL: the error says what to write instead.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from types import FunctionType
from typing import Any, cast as typed

from ambo.errors import AmboDeprecationWarning, ArgumentError
from ambo.statements.expressions import BindParameter, ColumnElement, Grouping, literal_bind
from ambo.statements.logic import FALSE, NULL, TRUE
from ambo.statements.named_columns import ColumnClause
from ambo.statements.nodes import ClauseElement, ClauseList
from ambo.statements.operators import comma_op
from ambo.statements.types.base import NULLTYPE, TypeEngine, type_of_value

PLAIN_VALUES = frozenset([int, str, float, bytes])


def element_of(value: Any) -> ClauseElement | None:
    """Return the node that a value is or stands for, None if it is a plain value."""
    if isinstance(value, ClauseElement):
        return value
    if value.__class__ in PLAIN_VALUES or value is None:
        return None
    if isinstance(value, type):
        entity = value.__dict__.get("__entity__")
        if entity is not None:
            return typed(ClauseElement, entity)
    seen = value
    while (ask := getattr(seen, "__clause_element__", None)) is not None:
        if isinstance(seen, type):
            return None
        seen = ask()
        if isinstance(seen, ClauseElement):
            return seen
    return None


def unwrap_statement(node: ClauseElement) -> ClauseElement:
    """Return a statement as a value in parentheses, any other node as it is."""
    return typed(ClauseElement, node.scalar_subquery()) if node.is_select else node


def bind_for(value: Any, left: ColumnElement[Any], op: Any) -> BindParameter[Any]:
    """Return a bind for a plain value on the other side of an operator."""
    return literal_bind(value, left.type.coerce_compared_value(op, value), left._bind_base)


def as_operand(value: Any, left: ColumnElement[Any], op: Any) -> Any:
    """Return the node for the other operand of `left <op> value`."""
    node = element_of(value)
    if node is None:
        if value is None:
            return NULL
        return left._row_operand(value) if left._is_tuple and isinstance(value, (list, tuple)) else bind_for(value, left, op)
    if node.is_select:
        return unwrap_statement(node)
    if isinstance(node, BindParameter) and node.type is NULLTYPE:
        return node._copy(type=left.type.coerce_compared_value(op, node.value))
    return as_value(node)


def as_value(node: ClauseElement) -> Any:
    """Return a node that may be used as a value; a table or entity is refused, unless it offers a value."""
    if isinstance(node, (ColumnElement, ClauseList)) or getattr(node, "_is_textual", False):
        return node
    if getattr(node, "is_from", False):
        scalar = getattr(node, "_as_value", None)
        if scalar is not None:
            return scalar()
        raise ArgumentError(f"{describe(node)} is a source of rows and cannot be used as a value; name one of its columns")
    return node


def as_expression(value: Any, type_: TypeEngine[Any] | None = None, key: str = "param") -> Any:
    """Return the node for an argument of a function, CASE, CAST and the like: plain values become binds."""
    node = element_of(value)
    if node is None:
        if value is None:
            return NULL
        return literal_bind(value, type_of_value(value) if type_ is None else type_, key)
    return as_value(unwrap_statement(node))


def as_condition(value: Any) -> Any:
    """Return the node for WHERE, HAVING, ON, AND and OR.

    Raises ArgumentError for strings and other plain values.
    """
    node = element_of(value)
    if node is not None:
        return unwrap_statement(node)
    if value is None:
        return NULL
    if value is True:
        return TRUE
    if value is False:
        return FALSE
    if isinstance(value, FunctionType):
        return as_condition(value())
    if isinstance(value, str):
        raise ArgumentError(f"a condition cannot be a plain string: {value!r}; write text({value!r}) if it is SQL")
    raise ArgumentError(
        f"SQL expression for WHERE/HAVING role expected, got {value!r}; write a condition such as User.id == 1",
    )


def as_column_item(value: Any) -> Any:
    """Return the node for an item of a SELECT or RETURNING list.

    Raises ArgumentError for strings and unmapped classes.
    """
    node = element_of(value)
    if node is not None:
        return unwrap_statement(node) if node.is_select else node
    if isinstance(value, (bool, int, float)):
        return ColumnClause(str(value), type_of_value(value), is_literal=True)
    if value is None:
        return NULL
    if value == "*":
        return ColumnClause("*", NULLTYPE, is_literal=True)
    if isinstance(value, str):
        raise ArgumentError(
            f"Textual column expression {value!r} should be explicitly declared with text({value!r}), or use column({value!r}) for more specificity"
        )
    if isinstance(value, (list, tuple)):
        raise ArgumentError(f"select() takes its columns as separate arguments: select(a, b), not select([a, b]); got {value!r}")
    refusal = getattr(value, "_ambo_refusal", lambda: None)()
    if refusal is not None:
        raise refusal
    if isinstance(value, FunctionType):
        return as_column_item(value())
    hint = "; it is not a mapped class (does it derive from your DeclarativeBase?)" if isinstance(value, type) else ""
    raise ArgumentError(f"Column expression, FROM clause, or other columns clause element expected, got {value!r}{hint}")


def as_from(value: Any, *, what: str = "FROM") -> Any:
    """Return the node for FROM, JOIN, and the target of a write."""
    node = element_of(value() if isinstance(value, FunctionType) else value)
    if node is None:
        raise ArgumentError(f"{what} expects a table, subquery, alias or mapped class, got {value!r}")
    if node.is_select:
        warnings.warn(
            "a SELECT is used in FROM without being made a subquery; call .subquery() on it",
            AmboDeprecationWarning,
            stacklevel=4,
        )
        return typed(Any, node).subquery()
    if isinstance(node, ColumnElement) and not getattr(node, "is_from", False):
        raise ArgumentError(f"{what} expects a table, subquery, alias or mapped class, got the column or expression {describe(node)}")
    return node


class TextualLabelReference(ColumnElement[Any]):
    """A name given as a string in ORDER BY or GROUP BY: the label or column of the SELECT it names."""

    __slots__ = ("element",)
    visit = "textual_label_reference"

    def __init__(self, element: str) -> None:
        self.element = element
        self.type = NULLTYPE
        self._tokens = ("label named", element)
        self._binds = ()


def as_order_item(value: Any) -> Any:
    """Return the node for ORDER BY, GROUP BY, PARTITION BY: strings name a column of the SELECT."""
    if isinstance(value, ColumnElement):
        return value
    if isinstance(value, str):
        return TextualLabelReference(value)
    node = element_of(value)
    if node is None:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return ColumnClause(str(value), type_of_value(value), is_literal=True)
        if isinstance(value, FunctionType):
            return as_order_item(value())
        raise ArgumentError(f"ORDER BY and GROUP BY expect columns, expressions or labels, got {value!r}")
    if getattr(node, "is_from", False) and not isinstance(node, ColumnElement):
        return ClauseList(*typed(Any, node).c.values(), operator=comma_op, group=False)
    return as_value(unwrap_statement(node))


def as_statement(value: Any) -> Any:
    """Return the SELECT (or RETURNING write) for UNION, EXISTS and CTEs."""
    node = element_of(value)
    if node is not None and (node.is_select or node.is_dml):
        return node
    if isinstance(node, Grouping):
        return as_statement(node.element)
    raise ArgumentError(f"a SELECT statement is expected here, got {value!r}")


def as_rows(value: Any) -> Any:
    """Return the SELECT for `INSERT ... SELECT`; a table or subquery stands for all of its columns."""
    node = element_of(value)
    return typed(Any, node).select() if node is not None and getattr(node, "is_from", False) else as_statement(value)


def is_collection(value: Any) -> bool:
    """Tell whether a value is a list of values rather than one."""
    if isinstance(value, (str, bytes, bytearray, Mapping)):
        return False
    return isinstance(value, Iterable)


def flatten(args: Sequence[Any]) -> list[Any]:
    """Return arguments, those of a single list spread out: `order_by(*[a, b])` may be `order_by([a, b])`."""
    if len(args) == 1 and isinstance(args[0], (list, set)):
        return list(args[0])
    return list(args)


def describe(node: Any) -> str:
    """Return a node's name for messages."""
    return repr(getattr(node, "description", None) or getattr(node, "key", None) or type(node).__name__)
