"""`Bundle`: several columns that a query returns as one value.

    select(Bundle("place", User.city, User.zip))   ->  row.place.city

Rule 1: derive from Bundle and override `create_row_processor` to make anything else of the values.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from ambo.errors import ArgumentError
from ambo.mapping.attributes import InspectionAttr
from ambo.statements.coercions import as_expression
from ambo.statements.columns import ColumnCollection
from ambo.statements.nodes import ClauseList
from ambo.statements.types.base import NULLTYPE

_T = TypeVar("_T")


class Bundle(ClauseList, InspectionAttr, Generic[_T]):
    """Columns under one name; `c` holds them by their keys."""

    __slots__ = ("__dict__",)
    is_bundle = True
    is_clause_element = True
    single_entity = False
    proxy_set: Any = frozenset()

    def __init__(self, name: str, *exprs: Any, single_entity: bool = False) -> None:
        super().__init__(*[as_expression(one) if not getattr(one, "is_bundle", False) else one for one in exprs], group=False)
        self.name = self.key = self._label = name
        self.exprs: tuple[Any, ...] = self.clauses
        self.single_entity = single_entity or self.single_entity
        self.type = NULLTYPE

    @property
    def c(self) -> Any:
        """The columns by key."""
        return ColumnCollection([(_key(one), one) for one in self.exprs])

    @property
    def columns(self) -> Any:
        """The columns by key."""
        return self.c

    def __clause_element__(self) -> Bundle[_T]:
        return self

    def label(self, name: str) -> Bundle[_T]:
        """Return the bundle under another name."""
        made: Bundle[_T] = self._copy()
        made.name = made.key = made._label = name
        return made

    def create_row_processor(self, query: Any, procs: Sequence[Callable[[Any], Any]], labels: Sequence[str]) -> Callable[[Any], Any]:
        """Return a function from a row to the bundle's value; `procs` give the columns' values, `labels` their names."""
        shape = namedtuple(_identifier(self.name), [_identifier(one) for one in labels], rename=True)  # type: ignore[misc]

        def process(row: Any) -> Any:
            return shape(*[proc(row) for proc in procs])

        return process

    def _key_parts(self) -> list[Any]:
        return ["bundle", type(self), self.name, self.single_entity, len(self.exprs), *self.exprs]

    @property
    def _result_name(self) -> str | None:
        return self.name


class DictBundle(Bundle[_T]):
    """Columns that a query returns as one dictionary, `row.place["city"]`; two columns of one name are not possible."""

    __slots__ = ()

    def __init__(self, name: str, *exprs: Any, **kw: Any) -> None:
        super().__init__(name, *exprs, **kw)
        keys = [_key(one) for one in self.exprs]
        repeated = sorted({one for one in keys if keys.count(one) > 1})
        if repeated:
            raise ArgumentError(f"DictBundle {name!r} has several columns called {', '.join(repeated)}; give them labels")

    def create_row_processor(self, query: Any, procs: Sequence[Callable[[Any], Any]], labels: Sequence[str]) -> Callable[[Any], Any]:
        """Return a function from a row to a dictionary."""
        pairs = list(zip(labels, procs, strict=True))
        return lambda row: {label: proc(row) for label, proc in pairs}


def _identifier(name: Any) -> str:
    text = str(name)
    return text if text.isidentifier() else "field"


def _key(node: Any) -> str:
    return str(getattr(node, "key", None) or getattr(node, "name", None) or "anon")
