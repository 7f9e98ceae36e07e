"""`Bundle`: several columns of a SELECT that come back as one value.

    address = Bundle("address", User.street, User.city)
    for row in session.execute(select(User.id, address)):
        row.id, row.address.city

Rule: a bundle is only a list of columns to the database; how its value is made is decided by `create_row_processor`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

from ambo.loading.rows import RowShape
from ambo.mapping.attributes import InspectionAttr
from ambo.statements.coercions import as_column_item
from ambo.statements.columns import ColumnCollection
from ambo.statements.nodes import ClauseList


class Bundle(ClauseList, InspectionAttr):
    """Columns under one name; derive from it and override `create_row_processor` to make other values than named tuples."""

    __slots__ = ("__dict__", "name")
    visit = "bundle"
    is_bundle = True
    is_clause_element = True
    single_entity = False
    inherit_cache = True

    def __init__(self, name: str, *exprs: Any, **kw: Any) -> None:
        super().__init__(*[as_column_item(one) for one in exprs])
        self.name = name
        self.single_entity = kw.pop("single_entity", self.single_entity)

    @property
    def exprs(self) -> tuple[Any, ...]:
        """The columns."""
        return self.clauses

    @property
    def key(self) -> str:
        """The name."""
        return self.name

    @property
    def c(self) -> ColumnCollection[Any]:
        """The columns by name, for use in conditions."""
        return ColumnCollection([(_name_of(one), one) for one in self.exprs])

    columns = c

    def _key_parts(self) -> list[Any]:
        return ["bundle", type(self), self.name, len(self.clauses), *self.clauses]

    def label(self, name: str) -> Bundle:
        """Return the bundle under another name."""
        return self._copy(name=name)

    def create_row_processor(
        self, query: Any, procs: Sequence[Callable[[Any], Any]], labels: Sequence[str]
    ) -> Callable[[Any], Any]:
        """Return the function that makes the bundle's value of a row; `procs` get the single values out of it."""
        row_class = RowShape(labels).row_class
        return lambda row: row_class([proc(row) for proc in procs])

    def maker(self, statement: Any, labels: Sequence[str]) -> Callable[[tuple[Any, ...]], Any]:
        """Return the function that makes the bundle's value of its columns' values."""
        if type(self).create_row_processor is Bundle.create_row_processor:
            return RowShape(labels).row_class
        return self.create_row_processor(statement, [itemgetter(at) for at in range(len(labels))], labels)

    def _description(self) -> dict[str, Any]:
        return {"name": self.name, "type": type(self), "aliased": False, "expr": self, "entity": None}


def _name_of(expression: Any) -> str:
    return str(getattr(expression, "key", None) or getattr(expression, "name", None) or "_no_label")
