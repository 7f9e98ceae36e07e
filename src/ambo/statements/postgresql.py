"""Expressions and constraints that only PostgreSQL has: array literals, ordered aggregates, EXCLUDE, text search functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from ambo.errors import ArgumentError
from ambo.statements.coercions import as_expression
from ambo.statements.columns import ColumnCollection
from ambo.statements.constraints import ColumnCollectionMixin, Constraint
from ambo.statements.expressions import ColumnElement
from ambo.statements.function_elements import GenericFunction
from ambo.statements.nodes import ClauseList
from ambo.statements.operators import OperatorType, comma_op
from ambo.statements.schema_columns import Column, columns_in
from ambo.statements.types import NULLTYPE, to_instance
from ambo.statements.types.arrays import ARRAY
from ambo.statements.types.postgresql import HSTORE, REGCONFIG, TSQUERY, TSVECTOR
from ambo.statements.types.strings import TEXT

T = TypeVar("T")


class array(ColumnElement[Any]):
    """`ARRAY[a, b]`: `array([1, 2]) + array([column])`.

    `type_` is the type of the elements, needed for an empty array.
    """

    __slots__ = ("clauses",)
    visit = "array"
    _nodes = ("clauses",)

    def __init__(self, clauses: Sequence[Any], *, type_: Any = None) -> None:
        item = None if type_ is None else to_instance(type_)
        if isinstance(item, ARRAY):
            item = item.item_type
        self.clauses: tuple[Any, ...] = tuple(as_expression(one, item) for one in clauses)
        inner = [one.type for one in self.clauses if one.type is not NULLTYPE]
        if item is None:
            item = inner[0] if inner else NULLTYPE
        if isinstance(item, ARRAY):
            self.type = ARRAY(item.item_type, dimensions=(item.dimensions or 1) + 1)
        else:
            self.type = ARRAY(item)
        self._tokens = None
        self._binds = ()

    def _key_parts(self) -> list[Any]:
        return ["array", self.type._token, len(self.clauses), *self.clauses]


class aggregate_order_by(ColumnElement[T]):
    """An aggregate's argument in an order: `func.array_agg(aggregate_order_by(t.c.a, t.c.b.desc()))`."""

    __slots__ = ("order_by", "target")
    visit = "aggregate_order_by"
    _nodes = ("target", "order_by")

    def __init__(self, target: Any, *order_by: Any) -> None:
        if not order_by:
            raise ArgumentError("aggregate_order_by() takes what to aggregate and at least one thing to order by")
        self.target = as_expression(target)
        self.order_by = ClauseList(*[as_expression(one) for one in order_by], operator=comma_op)
        self.type = self.target.type
        self._tokens = None
        self._binds = ()


def Any_(other: Any, arrexpr: Any, operator: OperatorType | None = None) -> Any:
    """Return `other = ANY (array)`."""
    return arrexpr.any(other, operator)


def All_(other: Any, arrexpr: Any, operator: OperatorType | None = None) -> Any:
    """Return `other = ALL (array)`."""
    return arrexpr.all(other, operator)


class ExcludeConstraint(ColumnCollectionMixin, Constraint):
    """EXCLUDE: no two rows for which all operators are true.

    Example: `ExcludeConstraint(("room", "="), ("during", "&&"))`.
    """

    __visit_name__ = "exclude_constraint"
    _naming_kind = "ex"

    def __init__(
        self,
        *elements: tuple[Any, str],
        name: Any = None,
        using: str = "gist",
        where: Any = None,
        ops: dict[str, str] | None = None,
        **options: Any,
    ) -> None:
        Constraint.__init__(self, name=name, **options)
        self.using = using
        self.where = where
        self.ops = ops or {}
        self.operators: dict[str, str] = {}
        self._elements = [(one.__clause_element__() if hasattr(one, "__clause_element__") else one, op) for one, op in elements]
        self._take_columns((), False)
        columns = [column for one, _ in self._elements if not isinstance(one, str) for column in columns_in(one)]
        if columns:
            self._attach_to_table_of(columns)

    def _set_parent(self, parent: Any, **kw: Any) -> None:
        if self.parent is parent:
            return
        self.columns = ColumnCollection()
        resolved = []
        for one, op in self._elements:
            found = self._find(one, parent) if isinstance(one, str) and one in parent.c else one
            resolved.append((found, op))
            for column in () if isinstance(found, str) else columns_in(found):
                self.columns._add(column.key, column)
            self.operators[str(getattr(found, "name", found))] = op
        self._elements = resolved
        super()._set_parent(parent)

    def rendered(self) -> list[tuple[Any, str, str]]:
        """Return expression, name and operator of each element."""
        return [(one, str(getattr(one, "name", one)), op) for one, op in self._elements]

    def _copy(self, *, target_table: Any = None, **kw: Any) -> Any:
        elements = [(one.key if isinstance(one, Column) else one, op) for one, op in self._elements]
        copied = ExcludeConstraint(*elements, using=self.using, where=self.where, ops=self.ops, **self._options())
        return self._schema_item_copy(copied)


class hstore(GenericFunction[Any]):
    """`hstore(keys, values)`."""

    type = HSTORE()
    inherit_cache = True


class _TextSearch(GenericFunction[Any]):
    """A function whose first argument may name a configuration."""

    _register = False

    def __init__(self, *args: Any, **kw: Any) -> None:
        given = list(args)
        if len(given) > 1 and isinstance(given[0], str):
            given[0] = as_expression(given[0], REGCONFIG())
        super().__init__(*given, **kw)


class to_tsvector(_TextSearch):
    """`to_tsvector([config,] text)`."""

    type = TSVECTOR()
    inherit_cache = True


class to_tsquery(_TextSearch):
    """`to_tsquery([config,] text)`."""

    type = TSQUERY()
    inherit_cache = True


class plainto_tsquery(_TextSearch):
    """`plainto_tsquery([config,] text)`."""

    type = TSQUERY()
    inherit_cache = True


class phraseto_tsquery(_TextSearch):
    """`phraseto_tsquery([config,] text)`."""

    type = TSQUERY()
    inherit_cache = True


class websearch_to_tsquery(_TextSearch):
    """`websearch_to_tsquery([config,] text)`."""

    type = TSQUERY()
    inherit_cache = True


class ts_headline(_TextSearch):
    """`ts_headline([config,] text, query)`."""

    type = TEXT()
    inherit_cache = True
