"""The syntax extensions that ambo brings: PostgreSQL's DISTINCT ON, MariaDB's LIMIT of a write."""

from __future__ import annotations

from typing import Any

from ambo.errors import ArgumentError
from ambo.statements.coercions import as_expression
from ambo.statements.nodes import ClauseElement
from ambo.statements.select_parts import as_count
from ambo.statements.syntax_extensions import SyntaxExtension


class DistinctOnClause(SyntaxExtension, ClauseElement):
    """DISTINCT ON (expressions)."""

    __slots__ = ("expressions",)
    visit = "distinct_on"
    _nodes = ("expressions",)

    def __init__(self, *expr: Any) -> None:
        if not expr:
            raise ArgumentError("distinct_on() takes at least one expression")
        self.expressions = tuple(as_expression(one) for one in expr)
        self._tokens = None
        self._binds = ()

    def apply_to_select(self, select_stmt: Any) -> None:
        """Make this the DISTINCT of the SELECT."""
        if select_stmt._distinct or select_stmt._distinct_on:
            raise ArgumentError("Cannot mix distinct_on() with distinct(), or give it twice")
        select_stmt.apply_syntax_extension_point(self.append_replacing_same_type, "pre_columns")


class DMLLimitClause(SyntaxExtension, ClauseElement):
    """LIMIT of an UPDATE or DELETE."""

    __slots__ = ("limit",)
    visit = "dml_limit"
    _nodes = ("limit",)

    def __init__(self, limit: Any) -> None:
        self.limit = as_count(limit)
        self._tokens = None
        self._binds = ()

    def apply_to_update(self, update_stmt: Any) -> None:
        """Limit the UPDATE."""
        update_stmt.apply_syntax_extension_point(self.append_replacing_same_type, "post_criteria")

    def apply_to_delete(self, delete_stmt: Any) -> None:
        """Limit the DELETE."""
        delete_stmt.apply_syntax_extension_point(self.append_replacing_same_type, "post_criteria")


def distinct_on(*expr: Any) -> DistinctOnClause:
    """Return PostgreSQL's DISTINCT ON, for `select(...).ext(distinct_on(t.c.a))`: the first row of each value."""
    return DistinctOnClause(*expr)


def limit(limit: Any) -> DMLLimitClause:
    """Return MariaDB's LIMIT of a write, for `update(...).ext(limit(5))` and `delete(...)`."""
    return DMLLimitClause(limit)
