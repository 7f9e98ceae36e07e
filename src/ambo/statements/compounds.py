"""What SELECTs become: UNION and its kin, a value, EXISTS, and a `text()` whose columns are named."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self, TypeVar, cast as typed

from ambo.errors import ArgumentError
from ambo.statements.coercions import as_column_item, as_statement, element_of
from ambo.statements.expressions import BindParameter, ColumnElement
from ambo.statements.labels import OutputColumn
from ambo.statements.late import late
from ambo.statements.logic import UnaryExpression
from ambo.statements.named_columns import ColumnClause
from ambo.statements.operators import OperatorType, exists as exists_op
from ambo.statements.row_statements import SelectBase
from ambo.statements.selects import GenerativeSelect, Select
from ambo.statements.types.base import NULLTYPE, to_instance
from ambo.statements.types.numbers import BOOLEANTYPE

T = TypeVar("T")


class CompoundSelect(GenerativeSelect):
    """`SELECT ... UNION SELECT ...` and its kin."""

    visit = "compound_select"
    _nodes = ("selects", "_order_by", "_group_by", "_limit", "_offset", "_fetch", "_for_update", "_independent_ctes")

    def __init__(self, keyword: str, *selects: Any) -> None:
        self.keyword = keyword
        self.selects = tuple(as_statement(one) for one in selects)
        widths = {len(one._outputs) for one in self.selects if not has_text(one)}
        if len(widths) > 1:
            counts = ", ".join(f"select #{index} has {len(one._outputs)} columns" for index, one in enumerate(self.selects, 1))
            raise ArgumentError(f"All selectables passed to CompoundSelect must have identical numbers of columns; {counts}")

    def _output_items(self) -> Sequence[Any]:
        return typed("Sequence[Any]", self.selects[0]._output_items())

    @property
    def _outputs(self) -> tuple[OutputColumn, ...]:
        return typed("tuple[OutputColumn, ...]", self.selects[0]._outputs)

    def _columns_beside(self, position: int) -> tuple[Any, ...]:
        """Return the columns that the other SELECTs have in a place."""
        found = [select._outputs[position].column for select in self.selects[1:] if position < len(select._outputs)]
        return tuple([one for one in found if isinstance(one, ColumnElement)])


def has_text(statement: Any) -> bool:
    """Tell whether a SELECT list holds hand-written SQL, whose number of columns nobody knows."""
    return any(getattr(item, "_is_textual", False) or getattr(item, "is_literal", False) for item in statement._output_items())


class TextualSelect(SelectBase):
    """A `text()` whose columns are named: `text("...").columns(a, b)`."""

    visit = "textual_select"
    _nodes = ("element", "column_args")

    def __init__(self, text: Any, columns: Sequence[Any], positional: bool = False) -> None:
        self.element = text
        self.column_args = tuple(columns)
        self.positional = positional

    def _output_items(self) -> Sequence[Any]:
        return self.column_args

    def bindparams(self, *binds: BindParameter[Any], **names_to_values: Any) -> Self:
        """Return this with values for its parameters."""
        return self._with(element=self.element.bindparams(*binds, **names_to_values))


def textual_select(text: Any, columns: Iterable[Any], types: Mapping[str, Any]) -> TextualSelect:
    """Build a TextualSelect from columns, and types by name."""
    given = [as_column_item(one) for one in columns]
    by_name: list[ColumnClause[Any]] = [ColumnClause(name, to_instance(type_)) for name, type_ in types.items()]
    return TextualSelect(text, [*given, *by_name], positional=bool(given) and not by_name)


class ScalarSelect(ColumnElement[T]):
    """A SELECT of one column, as a value."""

    __slots__ = ("element",)
    visit = "scalar_select"
    _nodes = ("element",)
    is_scalar_select = True

    def __init__(self, element: Any) -> None:
        self.element = element
        outputs = element._outputs
        self.type = outputs[0].column.type if outputs else NULLTYPE
        self._tokens = None
        self._binds = ()

    def _key_parts(self) -> list[Any]:
        return ["scalar", self.type._token, self.element]

    def self_group(self, against: OperatorType | None = None) -> Any:
        return self

    def where(self, crit: Any) -> ScalarSelect[T]:
        """Return this with one more condition."""
        return ScalarSelect(self.element.where(crit))

    def correlate(self, *fromclauses: Any) -> ScalarSelect[T]:
        """Return this correlated; see `Select.correlate`."""
        return ScalarSelect(self.element.correlate(*fromclauses))

    def correlate_except(self, *fromclauses: Any) -> ScalarSelect[T]:
        """Return this correlated; see `Select.correlate_except`."""
        return ScalarSelect(self.element.correlate_except(*fromclauses))


class Exists(UnaryExpression[bool]):
    """`EXISTS (SELECT ...)`."""

    __slots__ = ()
    visit = "exists"
    _shows_label = True

    def __init__(self, argument: Any = None) -> None:
        if argument is None:
            statement: Any = Select(ColumnClause("*", is_literal=True)).select_from()
        else:
            node = element_of(argument)
            if isinstance(node, ScalarSelect):
                statement = node.element
            else:
                statement = node if node is not None and node.is_select else Select(argument)
        super().__init__(statement, operator=exists_op, type_=BOOLEANTYPE)
        self._tokens = None

    def _key_parts(self) -> list[Any]:
        return ["exists", self.element]

    def _remade(self, statement: Any) -> Exists:
        return self._copy(element=statement)

    def where(self, *clause: Any) -> Exists:
        """Return this with more conditions."""
        return self._remade(self.element.where(*clause))

    def select_from(self, *froms: Any) -> Exists:
        """Return this with sources."""
        return self._remade(self.element.select_from(*froms))

    def correlate(self, *fromclauses: Any) -> Exists:
        """Return this correlated; see `Select.correlate`."""
        return self._remade(self.element.correlate(*fromclauses))

    def correlate_except(self, *fromclauses: Any) -> Exists:
        """Return this correlated; see `Select.correlate_except`."""
        return self._remade(self.element.correlate_except(*fromclauses))

    def select(self, *_: Any) -> Select[Any]:
        """Return `SELECT EXISTS (...)`."""
        return Select(self)


def exists(argument: Any = None) -> Exists:
    """Return EXISTS of a SELECT, or of what is to be selected."""
    return Exists(argument)


def union(*selects: Any) -> CompoundSelect:
    """Return the SELECTs joined by UNION."""
    return CompoundSelect("UNION", *selects)


def union_all(*selects: Any) -> CompoundSelect:
    """Return the SELECTs joined by UNION ALL."""
    return CompoundSelect("UNION ALL", *selects)


def except_(*selects: Any) -> CompoundSelect:
    """Return the SELECTs joined by EXCEPT."""
    return CompoundSelect("EXCEPT", *selects)


def except_all(*selects: Any) -> CompoundSelect:
    """Return the SELECTs joined by EXCEPT ALL."""
    return CompoundSelect("EXCEPT ALL", *selects)


def intersect(*selects: Any) -> CompoundSelect:
    """Return the SELECTs joined by INTERSECT."""
    return CompoundSelect("INTERSECT", *selects)


def intersect_all(*selects: Any) -> CompoundSelect:
    """Return the SELECTs joined by INTERSECT ALL."""
    return CompoundSelect("INTERSECT ALL", *selects)


late.exists = Exists
late.compound = CompoundSelect
late.scalar_select = ScalarSelect
late.textual_select = textual_select
