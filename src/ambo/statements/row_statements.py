"""What statements that return rows share: their columns' names, and what they become inside other statements.

    ReturnsRows              columns, WITH; also writes with RETURNING
    └── SelectBase           can stand in parentheses: a subquery, a value, EXISTS
        └── (selects.py, compounds.py) SELECT, UNION and its kin, textual SELECT
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, cast as typed

from ambo.statements.aliased_sources import CTE, Lateral, Subquery
from ambo.statements.columns import ColumnCollection
from ambo.statements.descriptions import described
from ambo.statements.executable import Statement
from ambo.statements.expressions import ColumnElement, Label
from ambo.statements.labels import LABEL_STYLE_DEFAULT, OutputColumn, SelectLabelStyle, name_columns, named_pairs
from ambo.statements.late import late
from ambo.statements.operators import OperatorType

if TYPE_CHECKING:
    from ambo.statements.compounds import Exists, ScalarSelect

TP_co = TypeVar("TP_co", covariant=True)


class ReturnsRows(Statement):
    """What SELECT, UNION, textual SELECT and RETURNING writes share: columns, and what they become inside others."""

    _label_style: SelectLabelStyle = LABEL_STYLE_DEFAULT
    _independent_ctes: tuple[Any, ...] = ()
    returns_rows = True

    def _output_items(self) -> Sequence[Any]:
        raise NotImplementedError

    @property
    def _outputs(self) -> tuple[OutputColumn, ...]:
        """The columns with their names; kept, since made-up names are identities."""
        if self._memo_columns is None:
            self._memo_columns = name_columns(self._output_items(), self._label_style)
        return typed("tuple[OutputColumn, ...]", self._memo_columns)

    def _named_columns(self) -> Iterator[tuple[str, str, Any, bool]]:
        return named_pairs(self._outputs)

    @property
    def selected_columns(self) -> ColumnCollection[Any]:
        """The columns this returns, by the keys they would have in a subquery."""
        return ColumnCollection([(one.key, one.column) for one in self._outputs if isinstance(one.column, ColumnElement)])

    @property
    def exported_columns(self) -> ColumnCollection[Any]:
        """The columns this returns."""
        return self.selected_columns

    @property
    def _all_selected_columns(self) -> list[Any]:
        return [one.column for one in self._outputs]

    @property
    def column_descriptions(self) -> list[dict[str, Any]]:
        """A dict for each item of the column list, as the user gave it: name, type, expr, entity, aliased."""
        found = described(self._output_items())
        if any(one["entity"] is not None for one in found):
            return found
        return [{"name": one.key, "type": getattr(one.column, "type", None), "expr": one.column} for one in self._outputs]

    def cte(self, name: str | None = None, recursive: bool = False, nesting: bool = False) -> CTE:
        """Return this statement in WITH: `WITH name AS (...)`; a recursive one may refer to itself through `union()`."""
        return CTE(self, name, recursive, nesting)

    def add_cte(self, *ctes: CTE, nest_here: bool = False) -> Self:
        """Return this statement with CTEs that it does not refer to itself."""
        added = tuple(one._copy(nesting=True) if nest_here and not one.nesting else one for one in ctes)
        return self._with(_independent_ctes=self._independent_ctes + added)

    def set_label_style(self, style: SelectLabelStyle) -> Self:
        """Return this statement with its columns named in another style."""
        return self if self._label_style is style else self._with(_label_style=style)

    def get_label_style(self) -> SelectLabelStyle:
        """Return how columns are named."""
        return self._label_style


class TypedReturnsRows(ReturnsRows, Generic[TP_co]):
    """A statement whose rows have known types: `TypedReturnsRows[tuple[int, str]]`."""


class SelectBase(ReturnsRows):
    """What can stand in parentheses inside another statement: SELECT, UNION, textual SELECT."""

    is_select = True
    is_selectable = True

    @property
    def selectable(self) -> Self:
        """This."""
        return self

    def subquery(self, name: str | None = None) -> Subquery:
        """Return this SELECT as a source of rows, `(SELECT ...) AS name`."""
        return Subquery(self, name)

    def alias(self, name: str | None = None, flat: bool = False) -> Subquery:
        """Return this SELECT as a source of rows."""
        return Subquery(self, name)

    def lateral(self, name: str | None = None) -> Lateral:
        """Return this SELECT as a source that may refer to those left of it."""
        return Lateral(self, name)

    def scalar_subquery(self) -> ScalarSelect[Any]:
        """Return this SELECT of one column as a value."""
        return typed("ScalarSelect[Any]", late.scalar_select(self))

    as_scalar = scalar_subquery

    def label(self, name: str | None) -> Label[Any]:
        """Return this SELECT of one column as a value under a name."""
        return self.scalar_subquery().label(name)

    def exists(self) -> Exists:
        """Return `EXISTS (SELECT ...)`."""
        return typed("Exists", late.exists(self))

    def into(
        self, target: str, *, metadata: Any = None, schema: str | None = None, temporary: bool = False, if_not_exists: bool = False
    ) -> Any:
        """Return `CREATE TABLE target AS` this SELECT; its `table` is what comes of it."""
        return late.create_table_as(self, target, metadata=metadata, schema=schema, temporary=temporary, if_not_exists=if_not_exists)

    def corresponding_column(self, column: Any, require_embedded: bool = False) -> Any:
        """Return the column here that stands for the given one, or None."""
        return self.selected_columns.corresponding_column(column, require_embedded)

    def is_derived_from(self, fromclause: Any) -> bool:
        """Tell whether rows of this come from the given source."""
        return any(one.is_derived_from(fromclause) for one in self._from_objects)

    def self_group(self, against: OperatorType | None = None) -> Any:
        return self

    def __getattr__(self, name: str) -> Any:
        if name in ("c", "columns"):
            raise AttributeError("a SELECT has no columns to refer to: use .subquery().c for those of a subquery, or .selected_columns")
        return super().__getattr__(name)

    def in_(self, other: Any) -> Any:
        """`(SELECT ...) IN (...)`."""
        return self.scalar_subquery().in_(other)
