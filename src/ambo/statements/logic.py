"""Operators of one operand (NOT, minus, DESC) and of any number (AND, OR), and the constants NULL, TRUE and FALSE.

Rule: AND and OR are flat however many conditions they join; no depth of nesting grows with `.where()` calls.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import and_, inv, or_
from typing import Any, ClassVar, TypeVar, cast as typed

from ambo.statements.expressions import ColumnElement, Grouping
from ambo.statements.late import late
from ambo.statements.nodes import binds_of, inline_tokens
from ambo.statements.operators import OperatorType, needs_parentheses
from ambo.statements.types.base import NULLTYPE, to_instance
from ambo.statements.types.numbers import BOOLEANTYPE

T = TypeVar("T")


class UnaryExpression(ColumnElement[T]):
    """An operator before its operand (`NOT x`, `-x`) or after it (`x DESC`)."""

    __slots__ = ("element", "modifier", "operator", "wraps_column_expression")
    visit = "unary"
    _nodes = ("element",)
    _shows_label: ClassVar[bool] = False
    """Whether a SELECT names it even when nobody refers to the name."""

    def __init__(
        self,
        element: Any,
        operator: OperatorType | None = None,
        modifier: OperatorType | None = None,
        type_: Any = None,
        wraps_column_expression: bool = False,
    ) -> None:
        self.element = element
        self.operator = operator
        self.modifier = modifier
        self.type = to_instance(type_)
        self.wraps_column_expression = wraps_column_expression
        self._tokens = inline_tokens(("unary", operator, modifier, self.type._token), element)
        self._binds = () if self._tokens is None else element._binds

    def _key_parts(self) -> list[Any]:
        return ["unary", self.operator, self.modifier, self.type._token, self.element]

    @property
    def _is_boolean(self) -> bool:  # type: ignore[override]  # computed here
        return self.operator is inv or self.type is BOOLEANTYPE

    def self_group(self, against: OperatorType | None = None) -> ColumnElement[Any]:
        inner = self.operator or self.modifier
        if against is not None and inner is not None and needs_parentheses(inner, against):
            return Grouping(self)
        return self


class BooleanClauseList(ColumnElement[bool]):
    """`a AND b AND c` or `a OR b OR c`, flat however many there are."""

    __slots__ = ("clauses", "operator")
    visit = "boolean_list"
    _nodes = ("clauses",)
    _is_boolean = True

    def __init__(self, operator: OperatorType, clauses: Sequence[Any]) -> None:
        self.clauses: tuple[Any, ...] = tuple(clauses)
        self.operator = operator
        self.type = BOOLEANTYPE
        self._tokens = None
        self._binds = ()
        if len(self.clauses) <= 8:
            self._tokens = inline_tokens((operator, len(self.clauses)), *self.clauses)
            if self._tokens is not None:
                self._binds = binds_of(*self.clauses)

    def _key_parts(self) -> list[Any]:
        return [self.operator, len(self.clauses), *self.clauses]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.clauses)

    def __len__(self) -> int:
        return len(self.clauses)

    @classmethod
    def and_(cls, *clauses: Any) -> ColumnElement[bool]:
        """Join conditions by AND."""
        return typed("ColumnElement[bool]", late.junction(and_, clauses))

    @classmethod
    def or_(cls, *clauses: Any) -> ColumnElement[bool]:
        """Join conditions by OR."""
        return typed("ColumnElement[bool]", late.junction(or_, clauses))


class Null(ColumnElement[None]):
    """NULL."""

    __slots__ = ()
    visit = "null"

    def __init__(self) -> None:
        self.type = NULLTYPE
        self._tokens = ("null",)
        self._binds = ()

    @classmethod
    def _instance(cls) -> Null:
        return NULL


class True_(ColumnElement[bool]):
    """TRUE, or 1 where the database has no booleans."""

    __slots__ = ()
    visit = "true"
    _is_boolean = True

    def __init__(self) -> None:
        self.type = BOOLEANTYPE
        self._tokens = ("true",)
        self._binds = ()


class False_(ColumnElement[bool]):
    """FALSE, or 0 where the database has no booleans."""

    __slots__ = ()
    visit = "false"
    _is_boolean = True

    def __init__(self) -> None:
        self.type = BOOLEANTYPE
        self._tokens = ("false",)
        self._binds = ()


NULL = Null()
TRUE = True_()
FALSE = False_()
