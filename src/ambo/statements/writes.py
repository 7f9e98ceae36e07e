"""INSERT, UPDATE, DELETE.

What is to be written stands as `Assignment`s, in the order given. A plain value becomes a `ValueBind`, typed as its
column and named like it. Which columns are added (defaults, `onupdate`) is decided when the statement is compiled.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from operator import and_ as AND
from types import GenericAlias, MappingProxyType
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast as typed, overload

from ambo.errors import ArgumentError, InvalidRequestError
from ambo.statements.coercions import as_column_item, as_condition, as_from, as_rows, element_of, unwrap_statement
from ambo.statements.columns import ColumnCollection
from ambo.statements.expressions import BindParameter, ColumnElement
from ambo.statements.filter_by import MentionedSources, conditions_by_name
from ambo.statements.late import late
from ambo.statements.nodes import ClauseElement
from ambo.statements.row_statements import ReturnsRows, TypedReturnsRows
from ambo.statements.syntax_extensions import Extensible
from ambo.statements.types.base import NULLTYPE, TypeEngine, type_of_value

T0 = TypeVar("T0")
T1 = TypeVar("T1")
T2 = TypeVar("T2")
TP = TypeVar("TP", covariant=True)


class ValueBind(BindParameter[Any]):
    """A value for a column in VALUES or SET; it is shown under the column's name."""

    __slots__ = ()

    def _kind(self) -> str:
        return "=" if self.callable is None else "=()"


class Assignment(ClauseElement):
    """A column, or the name of one, and what is written into it."""

    __slots__ = ("column", "value")
    visit = "assignment"
    _nodes = ("column", "value")

    def __init__(self, column: Any, value: Any) -> None:
        self.column = column
        self.value = value
        self._tokens = None
        self._binds = ()

    def _key_parts(self) -> list[Any]:
        return ["set", self.column, self.value]


class DMLTargetCopy(ColumnElement[Any]):
    """What the same INSERT or UPDATE writes into another column."""

    __slots__ = ("column",)
    visit = "dml_target_copy"
    _nodes = ("column",)

    def __init__(self, column: Any) -> None:
        self.column = element_of(column)
        if self.column is None:
            raise ArgumentError(f"from_dml_column() takes a column, got {column!r}")
        self.type = self.column.type
        self._tokens = None
        self._binds = ()


def from_dml_column(column: Any) -> DMLTargetCopy:
    """Return what the INSERT or UPDATE this stands in writes into a column.

    In an UPDATE that does not write it, it is the column as it was; in an INSERT, its default.

    Example: `insert(t).values(x=func.now(), y=from_dml_column(t.c.x))`; mostly for `hybrid_property.update_expression`.
    """
    return DMLTargetCopy(column)


class UpdateBase(ReturnsRows):
    """What INSERT, UPDATE and DELETE share: the table, RETURNING."""

    __class_getitem__: Any = classmethod(GenericAlias)

    is_dml = True
    table: Any
    _returning: tuple[Any, ...] = ()
    _return_defaults: bool = False
    _return_defaults_columns: tuple[Any, ...] = ()
    _prefixes: tuple[tuple[Any, str], ...] = ()
    _hints: tuple[tuple[Any, str, str], ...] = ()
    _sort_by_parameter_order = False
    _inline = False
    named_with_column = True

    def __init__(self, table: Any) -> None:
        self.table = as_from(table, what="insert(), update() and delete()")

    @property
    def returns_rows(self) -> bool:  # type: ignore[override]  # depends on RETURNING
        """Whether there is RETURNING."""
        return bool(self._returning)

    def returning(self, *cols: Any, sort_by_parameter_order: bool = False) -> Self:
        """Return this with RETURNING."""
        changed: dict[str, Any] = {"_returning": (*self._returning, *[as_column_item(one) for one in cols])}
        if sort_by_parameter_order:
            if not self.is_insert:
                raise ArgumentError("sort_by_parameter_order is for INSERT only")
            changed["_sort_by_parameter_order"] = True
        return self._with(**changed)

    def return_defaults(self, *cols: Any, supplemental_cols: Sequence[Any] | None = None, sort_by_parameter_order: bool = False) -> Self:
        """Return this so that the values the database makes up come back in `Result.returned_defaults`."""
        return self._with(_return_defaults=True, _return_defaults_columns=tuple(element_of(one) for one in (*cols, *(supplemental_cols or ()))))

    def _output_items(self) -> Sequence[Any]:
        return self._returning

    def with_hint(self, text: str, selectable: Any = None, dialect_name: str = "*") -> Self:
        """Return this with a hint for one database."""
        target = self.table if selectable is None else as_from(selectable)
        return self._with(_hints=(*self._hints, (target, text, dialect_name)))

    def prefix_with(self, *prefixes: Any, dialect: str = "*") -> Self:
        """Return this with text after the first keyword: `insert(t).prefix_with("OR REPLACE", dialect="sqlite")`."""
        return self._with(_prefixes=self._prefixes + tuple((one if isinstance(one, ClauseElement) else str(one), dialect) for one in prefixes))

    def with_dialect_options(self, **opt: Any) -> Self:
        """Return this with options of one database, such as `mysql_limit=5`."""
        return self._with(_dialect_options=(*getattr(self, "_dialect_options", ()), *sorted(opt.items())))

    def inline(self) -> Self:
        """Return this so that defaults are written into the SQL and nothing is fetched."""
        return self._with(_inline=True)

    @property
    def entity_description(self) -> dict[str, Any]:
        """What is written to: name, type, expr, entity, table."""
        describe = getattr(self.table, "_description", None)
        if describe is not None:
            found = {key: value for key, value in describe().items() if key != "aliased"}
            return {**found, "table": getattr(self.table.mapper, "local_table", None)}
        return {"name": self.table.name, "table": self.table}

    @property
    def returning_column_descriptions(self) -> list[dict[str, Any]]:
        """A dict for each item of RETURNING."""
        return self.column_descriptions

    def subquery(self, name: str | None = None) -> Any:
        """Raise: a write can stand in WITH only."""
        raise InvalidRequestError("an INSERT, UPDATE or DELETE cannot be a subquery; use .cte() to put it in WITH")

    def _column_of(self, key: Any) -> Any:
        """Return the column for a name or attribute, or what was given if the table has none."""
        if isinstance(key, str):
            found = self.table.c.get(key)
            return key if found is None else found
        node = element_of(key)
        if node is None:
            raise ArgumentError(f"values() takes column names or columns as keys, got {key!r}")
        return node

    def _assign(self, key: Any, value: Any) -> Assignment:
        column = self._column_of(key)
        return Assignment(column, value_node(value, column))

    def _assignments(self, items: Iterable[tuple[Any, Any]]) -> list[Assignment]:
        """Return what is written for pairs of key and value; a mapped class may make several columns of one key."""
        expand = getattr(self.table, "write_pairs", None)
        if expand is None:
            return [self._assign(key, value) for key, value in items]
        return [self._assign(*pair) for key, value in items for pair in expand(key, value)]


def value_node(value: Any, column: Any) -> Any:
    """Return the node for a value written into a column."""
    node = element_of(value)
    if node is None:
        name = column if isinstance(column, str) else str(column.key)
        type_: TypeEngine[Any] = type_of_value(value) if isinstance(column, str) else column.type
        return ValueBind(name, value, type_, unique=True)
    if isinstance(node, BindParameter) and node.type is NULLTYPE and not isinstance(column, str):
        return node._copy(type=column.type)
    return unwrap_statement(node)


class ValuesBase(UpdateBase):
    """INSERT and UPDATE: what writes values."""

    _values: tuple[Assignment, ...] = ()
    _values_given = False
    """Whether `values()` was called without any: then nothing is written but defaults."""
    _multi_values: tuple[Any, ...] = ()
    _select: Any = None
    _select_names: tuple[Any, ...] | None = None

    def values(self, *args: Any, **kwargs: Any) -> Self:
        """Return this with values: `values(name="x")`, `values({t.c.name: "x"})`, for INSERT also a list of dicts or tuples."""
        if self._select_names is not None:
            raise InvalidRequestError("This construct already inserts from a SELECT")
        if not args:
            return self._with_assignments(self._assignments(kwargs.items()))
        if len(args) > 1 or kwargs:
            raise ArgumentError(
                "Only a single dictionary/tuple or list of dictionaries/tuples is accepted positionally, and no names beside it"
            )
        given = args[0]
        if isinstance(given, Mapping):
            return self._with_assignments(self._assignments(given.items()))
        if not isinstance(given, (list, tuple)):
            raise ArgumentError(f"values() takes a dict, a tuple or a list of these, got {given!r}")
        if given and isinstance(given[0], (Mapping, list, tuple)):
            return self._with_rows(given)
        return self._with_assignments(self._positional(given))

    def _positional(self, values: Sequence[Any]) -> list[Assignment]:
        columns = self.table.c.values()
        if len(values) > len(columns):
            raise ArgumentError(f"{len(values)} values for the {len(columns)} columns of {self.table.description!r}")
        return [Assignment(column, value_node(value, column)) for column, value in zip(columns, values, strict=False)]

    def _with_assignments(self, more: list[Assignment]) -> Self:
        if self._multi_values:
            raise InvalidRequestError("Can't mix single-values and multiple values formats in one INSERT statement")
        if not more:
            return self._with(_values_given=True)
        known = {_identity(one.column): one for one in self._values}
        known.update((_identity(one.column), one) for one in more)
        return self._with(_values=tuple(known.values()))

    def _with_rows(self, rows: Sequence[Any]) -> Self:
        if not self.is_insert:
            raise InvalidRequestError("UPDATE construct does not support multiple parameter sets.")
        if self._values:
            raise InvalidRequestError("Can't mix single-values and multiple values formats in one INSERT statement")
        made = [ValuesRow(self._positional(one) if not isinstance(one, Mapping) else self._assignments(one.items())) for one in rows]
        return self._with(_multi_values=(*self._multi_values, *made))


class ValuesRow(ClauseElement):
    """The assignments of one row of a multi-row INSERT."""

    __slots__ = ("assignments",)
    visit = "values_row"
    _nodes = ("assignments",)

    def __init__(self, assignments: Sequence[Assignment]) -> None:
        self.assignments = tuple(assignments)
        self._tokens = None
        self._binds = ()


def _identity(column: Any) -> Any:
    return column if isinstance(column, str) else id(column)


class Insert(ValuesBase, Extensible):
    """`INSERT`."""

    visit = "insert"

    if TYPE_CHECKING:

        @overload
        def returning(self, e0: type[T0] | ColumnElement[T0], /, *, sort_by_parameter_order: bool = False) -> ReturningInsert[tuple[T0]]: ...
        @overload
        def returning(self, e0: type[T0] | ColumnElement[T0], e1: type[T1] | ColumnElement[T1], /, *, sort_by_parameter_order: bool = False) -> ReturningInsert[tuple[T0, T1]]: ...
        @overload
        def returning(self, e0: type[T0] | ColumnElement[T0], e1: type[T1] | ColumnElement[T1], e2: type[T2] | ColumnElement[T2], /, *, sort_by_parameter_order: bool = False) -> ReturningInsert[tuple[T0, T1, T2]]: ...
        @overload
        def returning(self, *cols: Any, sort_by_parameter_order: bool = False) -> Self: ...
        def returning(self, *cols: Any, sort_by_parameter_order: bool = False) -> Any: ...
    is_insert = True
    _nodes = ("table", "_values", "_multi_values", "_select", "_returning", "_independent_ctes", "_post_values")
    _places = MappingProxyType({"post_values": "_post_values"})
    _post_values: tuple[Any, ...] = ()
    """ON CONFLICT and the like, of the dialects' own inserts."""
    include_insert_from_select_defaults = True

    @property
    def select(self) -> Any:
        """The SELECT that is inserted from, or None."""
        return self._select

    def from_select(self, names: Sequence[Any], select: Any, include_defaults: bool = True) -> Self:
        """Return `INSERT INTO table (names) SELECT ...`."""
        if self._values or self._multi_values:
            raise InvalidRequestError("This construct already inserts value expressions")
        return self._with(
            _select_names=tuple(self._column_of(one) for one in names),
            _select=as_rows(select),
            include_insert_from_select_defaults=include_defaults,
            _inline=True,
        )


class _Filtered(UpdateBase, Extensible):
    """UPDATE and DELETE: what has WHERE."""

    _places = MappingProxyType({"post_criteria": "_post_criteria"})
    _post_criteria: tuple[Any, ...] = ()
    _where: tuple[Any, ...] = ()

    def where(self, *whereclause: Any) -> Self:
        """Return this with conditions, joined to those there are by AND."""
        return self._with(_where=(*self._where, *[as_condition(one) for one in whereclause]))

    filter = where

    def filter_by(self, **kwargs: Any) -> Self:
        """Return this with conditions `name = value` on the table."""
        return self.where(*conditions_by_name([self.table], kwargs, MentionedSources(self)))

    @property
    def whereclause(self) -> ColumnElement[Any] | None:
        """The conditions as one, or None."""
        return typed("ColumnElement[Any]", late.junction(AND, self._where)) if self._where else None


class Update(_Filtered, ValuesBase):
    """`UPDATE`."""

    visit = "update"

    if TYPE_CHECKING:

        @overload
        def returning(self, e0: type[T0] | ColumnElement[T0], /, *, sort_by_parameter_order: bool = False) -> ReturningUpdate[tuple[T0]]: ...
        @overload
        def returning(self, e0: type[T0] | ColumnElement[T0], e1: type[T1] | ColumnElement[T1], /, *, sort_by_parameter_order: bool = False) -> ReturningUpdate[tuple[T0, T1]]: ...
        @overload
        def returning(self, e0: type[T0] | ColumnElement[T0], e1: type[T1] | ColumnElement[T1], e2: type[T2] | ColumnElement[T2], /, *, sort_by_parameter_order: bool = False) -> ReturningUpdate[tuple[T0, T1, T2]]: ...
        @overload
        def returning(self, *cols: Any, sort_by_parameter_order: bool = False) -> Self: ...
        def returning(self, *cols: Any, sort_by_parameter_order: bool = False) -> Any: ...
    is_update = True
    _nodes = ("table", "_values", "_where", "_returning", "_independent_ctes", "_post_criteria")
    _preserve_order = False

    def ordered_values(self, *args: tuple[Any, Any]) -> Self:
        """Return this with SET in just this order."""
        if self._values:
            raise ArgumentError("This statement already has values present; ordered_values() replaces values()")
        made = []
        for one in args:
            if not isinstance(one, tuple) or len(one) != 2:
                raise ArgumentError(f"ordered_values() takes pairs (column, value), got {one!r}")
            made.append(self._assign(*one))
        return self._with(_values=tuple(made), _preserve_order=True)


class Delete(_Filtered):
    """`DELETE`."""

    visit = "delete"

    if TYPE_CHECKING:

        @overload
        def returning(self, e0: type[T0] | ColumnElement[T0], /, *, sort_by_parameter_order: bool = False) -> ReturningDelete[tuple[T0]]: ...
        @overload
        def returning(self, e0: type[T0] | ColumnElement[T0], e1: type[T1] | ColumnElement[T1], /, *, sort_by_parameter_order: bool = False) -> ReturningDelete[tuple[T0, T1]]: ...
        @overload
        def returning(self, e0: type[T0] | ColumnElement[T0], e1: type[T1] | ColumnElement[T1], e2: type[T2] | ColumnElement[T2], /, *, sort_by_parameter_order: bool = False) -> ReturningDelete[tuple[T0, T1, T2]]: ...
        @overload
        def returning(self, *cols: Any, sort_by_parameter_order: bool = False) -> Self: ...
        def returning(self, *cols: Any, sort_by_parameter_order: bool = False) -> Any: ...
    is_delete = True
    _nodes = ("table", "_where", "_returning", "_independent_ctes", "_post_criteria")


if TYPE_CHECKING:

    class ReturningInsert(Insert, TypedReturnsRows[TP]):
        """An INSERT whose RETURNING has known types."""

    class ReturningUpdate(Update, TypedReturnsRows[TP]):
        """An UPDATE whose RETURNING has known types."""

    class ReturningDelete(Delete, TypedReturnsRows[TP]):
        """A DELETE whose RETURNING has known types."""


def insert(table: Any) -> Insert:
    """Return an INSERT into a table or mapped class."""
    return Insert(table)


def update(table: Any) -> Update:
    """Return an UPDATE of a table or mapped class."""
    return Update(table)


def delete(table: Any) -> Delete:
    """Return a DELETE from a table or mapped class."""
    return Delete(table)


late.insert = insert
late.update = update
late.delete = delete
Columns = ColumnCollection[Any]
