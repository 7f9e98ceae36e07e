"""What rows come from: the root of sources, tables by name, joins.

    FromClause
    ├── TableClause              a table by name; `tables.Table` derives from it
    ├── Join                     two sources and a condition
    └── AliasedSource            (aliased_sources.py) under a name: alias, subquery, CTE; (table_values.py) functions, VALUES

A source's columns (`.c`) are made when first asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, cast as typed, overload

from typing_extensions import TypeVar

from ambo.errors import ArgumentError
from ambo.statements.columns import ColumnCollection, ColumnsOf
from ambo.statements.late import late
from ambo.statements.named_columns import ColumnClause
from ambo.statements.nodes import ClauseElement
from ambo.statements.operators import OperatorType

if TYPE_CHECKING:
    from ambo.statements.aliased_sources import Lateral, TableSample
    from ambo.statements.selects import Select
    from ambo.statements.typed_columns import HasRowPos

Columns = ColumnCollection[Any]
Columns_co = TypeVar("Columns_co", bound=ColumnsOf, covariant=True, default=Columns)
OtherColumns = TypeVar("OtherColumns", bound=ColumnsOf)
Row = TypeVar("Row")


class FromClause(ClauseElement, Generic[Columns_co]):
    """Something that can stand in FROM. Type checkers may know its columns, as a `TypedColumns` class."""

    __slots__ = ("_columns",)
    _columns: Columns
    visit = "from_clause"
    is_selectable = True
    is_from = True
    named_with_column: ClassVar[bool] = False
    schema: Any = None
    name: Any
    implicit_returning: Any = True

    def _make_columns(self) -> Iterable[tuple[str, Any]]:
        return ()

    @property
    def c(self) -> Columns_co:
        """The columns."""
        try:
            found = self._columns
        except AttributeError:
            found = self._columns = ColumnCollection(self._make_columns())
        return typed(Columns_co, found)

    def __getattr__(self, name: str) -> Any:
        if name == "_columns":
            raise AttributeError(name)
        return super().__getattr__(name)

    def _after_copy(self) -> None:
        super()._after_copy()
        try:
            del self._columns
        except AttributeError:
            pass

    @property
    def columns(self) -> Columns_co:
        """The columns."""
        return self.c

    @property
    def exported_columns(self) -> Columns_co:
        """The columns."""
        return self.c

    def with_cols(self, type_: type[OtherColumns]) -> FromClause[OtherColumns]:
        """Return this itself, for type checkers a source with the columns of a `TypedColumns` class; nothing is checked."""
        return typed("FromClause[OtherColumns]", self)

    @property
    def selectable(self) -> Self:
        """This: what `inspect()` of a table, a class or an alias reads rows from."""
        return self

    @property
    def entity_namespace(self) -> Any:
        """Where `filter_by(name=...)` looks for names."""
        return self.c

    @property
    def primary_key(self) -> Any:
        """The columns that form the primary key."""
        return [column for column in self.c if column.primary_key]

    @property
    def foreign_keys(self) -> Any:
        """The foreign keys of all columns."""
        return {key for column in self.c for key in column.foreign_keys}

    @property
    def description(self) -> str:
        """The name, for messages."""
        return str(getattr(self, "name", None) or type(self).__name__)

    # -- derived sources

    def alias(self, name: str | None = None, flat: bool = False) -> Any:
        """Return this source under another name, made up if none is given."""
        return late.alias(self, name, flat)

    def _anonymous_fromclause(self, *, name: str | None = None, flat: bool = False) -> Any:
        return self.alias(name, flat)

    def lateral(self, name: str | None = None) -> Lateral:
        """Return this source as LATERAL: it may refer to those left of it."""
        return typed("Lateral", late.lateral(self, name))

    def tablesample(self, sampling: Any, name: str | None = None, seed: Any = None) -> TableSample:
        """Return a random part of this table: `TABLESAMPLE method(percent)`."""
        return typed("TableSample", late.tablesample(self, sampling, name, seed))

    def table_valued(self) -> Any:
        """Return the whole row of this source as a value, for functions such as `row_to_json`."""
        return late.whole_row(self)

    def join(self, right: Any, onclause: Any = None, isouter: bool = False, full: bool = False) -> Join:
        """Return a join to another source; without `onclause` the foreign keys decide."""
        return typed(Join, late.join(self, right, onclause, isouter, full))

    def outerjoin(self, right: Any, onclause: Any = None, full: bool = False) -> Join:
        """Return a left outer join to another source."""
        return self.join(right, onclause, True, full)

    @overload
    def select(self: FromClause[HasRowPos[Row]]) -> Select[Row]: ...

    @overload
    def select(self) -> Select[Any]: ...

    def select(self) -> Select[Any]:
        """Return a SELECT of all columns."""
        return typed("Select[Any]", late.select(self))

    # -- lineage

    def corresponding_column(self, column: Any, require_embedded: bool = False) -> Any:
        """Return the column here that stands for the given one, or None."""
        if getattr(column, "table", None) is self:
            return column
        return self.c.corresponding_column(column, require_embedded)

    def is_derived_from(self, fromclause: Any) -> bool:
        """Tell whether rows of this come from the given source."""
        return fromclause is self

    def _sources_below(self) -> Iterator[FromClause[Any]]:
        """Yield this source and those it takes part of its rows from without parentheses (a join's sides)."""
        yield self

    def _refresh_for_new_column(self, column: Any) -> None:
        self._after_copy()


class TableClause(FromClause[Columns_co]):
    """A table by its name: `table("user", column("id"), column("name"))`."""

    __slots__ = ("fullname", "implicit_returning", "name", "schema")
    visit = "table"
    named_with_column = True
    primary_key: Any = ()
    foreign_keys: Any = frozenset()

    def __init__(self, name: str, *columns: ColumnClause[Any], schema: str | None = None) -> None:
        self.name = name
        self.schema = schema
        self.fullname = f"{schema}.{name}" if schema is not None else name
        self.implicit_returning = False
        self._tokens = None
        self._binds = ()
        self._columns = ColumnCollection()
        for column in columns:
            self.append_column(column)

    def append_column(self, c: Any) -> None:
        """Add a column.

        Raises ArgumentError if it belongs to another table.
        """
        if c.table is not None and c.table is not self:
            raise ArgumentError(f"column object '{c.key}' already assigned to table {c.table.description!r}")
        self._columns._replace(c.key, c)
        c.table = self
        c._tokens = None

    def _key_parts(self) -> list[Any]:
        return ["table", self.schema, self.name, len(self._columns), *self._columns.keys()]

    def _children(self) -> Iterator[ClauseElement]:
        return iter(())

    @property
    def description(self) -> str:
        """The name, for messages."""
        return typed(str, self.name)

    def insert(self) -> Any:
        """Return an INSERT into this table."""
        return late.insert(self)

    def update(self) -> Any:
        """Return an UPDATE of this table."""
        return late.update(self)

    def delete(self) -> Any:
        """Return a DELETE from this table."""
        return late.delete(self)

    def __str__(self) -> str:
        return self.fullname


class Join(FromClause):
    """`left JOIN right ON condition`."""

    __slots__ = ("full", "isouter", "left", "onclause", "right")
    visit = "join"
    _nodes = ("left", "right", "onclause")

    def __init__(self, left: Any, right: Any, onclause: Any, isouter: bool = False, full: bool = False) -> None:
        self.left = left
        self.right = right
        self.onclause = onclause
        self.isouter = isouter
        self.full = full
        self._tokens = None
        self._binds = ()

    def _key_parts(self) -> list[Any]:
        return ["join", self.isouter, self.full, self.left, self.right, self.onclause]

    def _make_columns(self) -> Iterable[tuple[str, Any]]:
        for side in (self.left, self.right):
            for column in side.c:
                plain = column.expression if getattr(column, "is_entity_column", False) and column.entity.alias is None else column
                name = getattr(getattr(plain, "table", None), "name", None)
                yield (f"{name}_{column.key}" if name else column.key), column

    @property
    def description(self) -> str:
        """The names of both sides, for messages."""
        return f"Join object on {self.left.description}({id(self.left)}) and {self.right.description}({id(self.right)})"

    def is_derived_from(self, fromclause: Any) -> bool:
        return fromclause is self or self.left.is_derived_from(fromclause) or self.right.is_derived_from(fromclause)

    def self_group(self, against: OperatorType | None = None) -> Any:
        return self

    def select(self) -> Select[Any]:
        """Return a SELECT of all columns of both sides from this join."""
        return typed("Select[Any]", late.select(self.left, self.right).select_from(self))

    def _sources_below(self) -> Iterator[FromClause]:
        stack: list[FromClause] = [self]
        while stack:
            one = stack.pop()
            yield one
            if isinstance(one, Join):
                stack += [one.right, one.left]
