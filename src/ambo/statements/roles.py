"""Places in a statement, as SQLAlchemy's `coercions.expect(role, element)` names them, and what each makes of its element."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from ambo.errors import ArgumentError
from ambo.statements.coercions import as_column_item, as_condition, as_expression, as_from, as_order_item, as_statement, element_of

_T = TypeVar("_T")


class Role:
    """A place in a statement; `accept` is what it makes of what users pass."""

    accept: Callable[[Any], Any] = staticmethod(as_expression)


class ExpressionElementRole(Role):
    """An expression."""


class ColumnArgumentRole(Role):
    """A column."""

    accept = staticmethod(as_column_item)


class ColumnsClauseRole(ColumnArgumentRole):
    """An item of a SELECT list."""


class TypedColumnsClauseRole(ColumnsClauseRole, Generic[_T]):
    """An item of a SELECT list of a known type, for annotations."""


class WhereHavingRole(Role):
    """A condition."""

    accept = staticmethod(as_condition)


class OnClauseRole(WhereHavingRole):
    """The condition of a join."""


class FromClauseRole(Role):
    """A source of rows."""

    accept = staticmethod(as_from)


class JoinTargetRole(FromClauseRole):
    """What is joined to."""


class DMLTableRole(FromClauseRole):
    """What is written to."""


class OrderByRole(Role):
    """An item of ORDER BY."""

    accept = staticmethod(as_order_item)


class GroupByRole(OrderByRole):
    """An item of GROUP BY."""


class SelectStatementRole(Role):
    """A SELECT."""

    accept = staticmethod(as_statement)


class StatementRole(SelectStatementRole):
    """A statement."""


def expect(role: type[Role], element: Any, **kw: Any) -> Any:
    """Return the node for what was passed in a place.

    Raises ArgumentError if it does not fit there.
    """
    node = element_of(element)
    if node is None and role is ExpressionElementRole and isinstance(element, (list, dict, set)):
        raise ArgumentError(f"SQL expression element or literal value expected, got {element!r}.")
    return role.accept(element)
