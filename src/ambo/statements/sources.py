"""What rows come from: tables, aliases, joins, subqueries, CTEs, VALUES, table functions.

    FromClause
    ├── TableClause              a table by name; `schema.Table` derives from it
    ├── Join                     two sources and a condition
    ├── AliasedSource            another source under a name, made up if it is None
    │   ├── Alias, Lateral, TableSample, TableValuedAlias
    │   ├── Subquery             a SELECT in parentheses
    │   └── CTE                  a SELECT (or a write) in WITH
    └── Values                   rows spelled out

A source's columns (`.c`) are made when first asked for. Those of an aliased source are `ProxyColumn`s: name and type of
the column they stand for, and the source they belong to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self, cast as typed

from ambo.errors import ArgumentError
from ambo.statements.columns import ColumnCollection
from ambo.statements.late import late
from ambo.statements.nodes import ClauseElement, ColumnClause, ColumnElement, Grouping
from ambo.statements.operators import OperatorType
from ambo.statements.types.base import to_instance

if TYPE_CHECKING:
    from ambo.statements.selects import Select

Columns = ColumnCollection[Any]


class FromClause(ClauseElement):
    """Something that can stand in FROM."""

    __slots__ = ("_columns",)
    _columns: Columns
    visit = "from_clause"
    is_selectable = True
    is_from = True
    named_with_column: ClassVar[bool] = False
    schema: Any = None
    name: Any
    _hides: ClassVar[bool] = False
    implicit_returning: Any = True

    def _make_columns(self) -> Iterable[tuple[str, Any]]:
        return ()

    @property
    def c(self) -> Columns:
        """The columns."""
        try:
            found = self._columns
        except AttributeError:
            found = self._columns = ColumnCollection(self._make_columns())
        return found

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
    def columns(self) -> Columns:
        """The columns."""
        return self.c

    @property
    def exported_columns(self) -> Columns:
        """The columns."""
        return self.c

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
        return Lateral(self, name)

    def tablesample(self, sampling: Any, name: str | None = None, seed: Any = None) -> TableSample:
        """Return a random part of this table: `TABLESAMPLE method(percent)`."""
        return typed(TableSample, late.tablesample(self, sampling, name, seed))

    def table_valued(self) -> Any:
        """Return the whole row of this source as a value, for functions such as `row_to_json`."""
        return TableValuedColumn(self)

    def join(self, right: Any, onclause: Any = None, isouter: bool = False, full: bool = False) -> Join:
        """Return a join to another source; without `onclause` the foreign keys decide."""
        return typed(Join, late.join(self, right, onclause, isouter, full))

    def outerjoin(self, right: Any, onclause: Any = None, full: bool = False) -> Join:
        """Return a left outer join to another source."""
        return self.join(right, onclause, True, full)

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

    def _sources_below(self) -> Iterator[FromClause]:
        """Yield this source and those it takes part of its rows from without parentheses (a join's sides)."""
        yield self

    def _refresh_for_new_column(self, column: Any) -> None:
        self._after_copy()


class TableClause(FromClause):
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


_DELEGATED = frozenset(
    ["nullable", "default", "server_default", "onupdate", "server_onupdate", "autoincrement", "info", "unique", "index", "comment", "identity", "computed", "system", "doc", "constraints"]
)


class ProxyColumn(ColumnClause[Any]):
    """A column of an aliased source: it stands for a column of what is beneath."""

    __slots__ = ("_origin", "_others", "_position")

    def __init__(
        self,
        origin: ColumnElement[Any],
        table: FromClause,
        name: str,
        key: str,
        position: int | None = None,
        others: tuple[ColumnElement[Any], ...] = (),
    ) -> None:
        self.name = name
        self.key = key
        self.type = origin.type
        self.is_literal = False
        self.table = table
        self._origin = origin
        self._others = others
        """The columns of a UNION's other SELECTs that it stands for as well."""
        self._position = position
        """Where it stands in what is beneath, if its name is made up when rendered; None if `name` is the name."""
        self._tokens = None
        self._binds = ()

    def references(self, column: Any) -> bool:
        """Tell whether a foreign key of what this stands for points to the given column."""
        ask = getattr(self._origin, "references", None)
        return ask is not None and bool(ask(column))

    @property
    def _proxies(self) -> tuple[ColumnElement[Any], ...]:
        return (self._origin, *self._others)

    @property
    def primary_key(self) -> Any:
        """Whether the column beneath belongs to a primary key."""
        return self._origin.primary_key

    @property
    def foreign_keys(self) -> Any:
        """The foreign keys of the column beneath."""
        return self._origin.foreign_keys

    def __getattr__(self, name: str) -> Any:
        if name in _DELEGATED:
            return getattr(self._origin, name)
        return super().__getattr__(name)


class Join(FromClause):
    """`left JOIN right ON condition`."""

    __slots__ = ("full", "isouter", "left", "onclause", "right")
    visit = "join"
    _nodes = ("left", "right", "onclause")
    _hides = True

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


class AliasedSource(FromClause):
    """Another source, or a statement, under a name."""

    __slots__ = ("__weakref__", "element", "name")
    visit = "alias"
    _nodes: ClassVar[tuple[str, ...]] = ("element",)
    _anonymous = True
    named_with_column = True
    _base_name: ClassVar[str] = "anon"

    def __init__(self, element: Any, name: str | None = None) -> None:
        self.element = element
        self.name = name
        self._tokens = None
        self._binds = ()

    def _key_parts(self) -> list[Any]:
        return [self.visit, self.name, *self._facts_for_key(), self.element]

    def _facts_for_key(self) -> list[Any]:
        return []

    def _make_columns(self) -> Iterable[tuple[str, Any]]:
        beside = getattr(self.element, "_columns_beside", None)
        for position, (key, name, column, made_up) in enumerate(columns_beneath(self.element)):
            if not isinstance(column, ColumnElement):
                continue
            yield key, ProxyColumn(column, self, name, key, position if made_up else None, () if beside is None else beside(position))

    @property
    def original(self) -> Any:
        """What is aliased."""
        return self.element

    @property
    def _made_up_name(self) -> str:
        """What a made-up name begins with."""
        return typed(str, getattr(self.element, "name", None) or self._base_name)

    @property
    def description(self) -> str:
        """The name, for messages."""
        return self.name or f"%({id(self)} {self._made_up_name})s"

    def is_derived_from(self, fromclause: Any) -> bool:
        return fromclause is self or bool(self.element.is_derived_from(fromclause))


def columns_beneath(element: Any) -> Iterator[tuple[str, str, Any, bool]]:
    """Yield key, name, column, and whether the name is made up, for everything an alias of `element` has."""
    if isinstance(element, Grouping):
        element = element.element
    named = getattr(element, "_named_columns", None)
    if named is not None:
        yield from named()
        return
    for key, column in element.c.items():
        yield key, column.name, column, getattr(column, "_position", None) is not None


class Alias(AliasedSource):
    """A table or other source under another name."""

    __slots__ = ()


class Lateral(AliasedSource):
    """A subquery or function in FROM that may refer to what stands left of it."""

    __slots__ = ()
    visit = "lateral"


class TableSample(AliasedSource):
    """A random part of a table."""

    __slots__ = ("sampling", "seed")
    visit = "tablesample"
    _nodes = ("element", "sampling", "seed")

    def __init__(self, element: Any, sampling: Any, name: str | None = None, seed: Any = None) -> None:
        super().__init__(element, name)
        self.sampling = sampling
        self.seed = seed

    def _facts_for_key(self) -> list[Any]:
        return [self.sampling, self.seed]


class Subquery(AliasedSource):
    """A SELECT in parentheses, in FROM."""

    __slots__ = ()
    visit = "subquery"

    def as_scalar(self) -> Any:
        """Return the SELECT as a value."""
        return self.element.scalar_subquery()


class CTE(AliasedSource):
    """A SELECT, or a write with RETURNING, in WITH.

    `restates` is the CTE that this one repeats with more (the second half of a recursive one); `cte_alias_of` the CTE
    that this is only another name for.
    """

    __slots__ = ("cte_alias_of", "independent", "nesting", "prefixes", "recursive", "restates", "suffixes")
    visit = "cte"
    _nodes = ("element", "cte_alias_of", "restates")

    def __init__(
        self,
        element: Any,
        name: str | None = None,
        recursive: bool = False,
        nesting: bool = False,
        cte_alias_of: CTE | None = None,
        restates: CTE | None = None,
        prefixes: tuple[Any, ...] = (),
        suffixes: tuple[Any, ...] = (),
    ) -> None:
        super().__init__(element, name)
        self.recursive = recursive
        self.nesting = nesting
        self.cte_alias_of = cte_alias_of
        self.restates = restates
        self.prefixes = prefixes
        self.suffixes = suffixes

    def _facts_for_key(self) -> list[Any]:
        marks = [part for pair in (*self.prefixes, None, *self.suffixes) for part in (pair or ("|",))]
        return [self.recursive, self.nesting, len(marks), *marks, self.cte_alias_of, self.restates]

    def alias(self, name: str | None = None, flat: bool = False) -> CTE:
        """Return the same CTE under another name: `WITH x AS (...) SELECT ... FROM x AS y`."""
        return CTE(self.element, name, self.recursive, self.nesting, cte_alias_of=self, prefixes=self.prefixes, suffixes=self.suffixes)

    def _made_from(self, element: Any) -> CTE:
        return CTE(element, self.name, self.recursive, self.nesting, restates=self, prefixes=self.prefixes, suffixes=self.suffixes)

    def union(self, *other: Any) -> CTE:
        """Return this CTE with UNION: how a recursive one refers to itself."""
        return self._made_from(self.element.union(*other))

    def union_all(self, *other: Any) -> CTE:
        """Return this CTE with UNION ALL: how a recursive one refers to itself."""
        return self._made_from(self.element.union_all(*other))

    def prefix_with(self, *prefixes: Any, dialect: str = "*") -> Self:
        """Return the CTE with text between AS and the parenthesis, such as MATERIALIZED."""
        return self._copy(prefixes=self.prefixes + tuple((one, dialect) for one in prefixes))

    def suffix_with(self, *suffixes: Any, dialect: str = "*") -> Self:
        """Return the CTE with text after the closing parenthesis."""
        return self._copy(suffixes=self.suffixes + tuple((one, dialect) for one in suffixes))


class TableValuedAlias(AliasedSource):
    """A function whose result is a table: `func.json_each(x).table_valued("value")`.

    `elements` are the columns; `joins_implicitly` says that a comma join to it is meant, `with_types` that the column
    definitions are written out (`AS name(a INTEGER)`), `rendered` that the column names are.
    """

    __slots__ = ("elements", "is_lateral", "joins_implicitly", "rendered", "with_ordinality", "with_types")
    visit = "table_valued"

    def __init__(
        self,
        element: Any,
        elements: Sequence[Any] = (),
        name: str | None = None,
        joins_implicitly: bool = False,
        with_ordinality: str | None = None,
    ) -> None:
        super().__init__(element, name)
        self.elements: tuple[ColumnClause[Any], ...] = tuple(as_plain_column(one) for one in elements)
        if with_ordinality is not None:
            self.elements += (ColumnClause(with_ordinality),)
        self.with_ordinality = with_ordinality is not None
        self.joins_implicitly = joins_implicitly
        self.rendered = False
        self.with_types = False
        self.is_lateral = False

    @property
    def _made_up_name(self) -> str:
        return "anon"

    def _facts_for_key(self) -> list[Any]:
        columns = [part for one in self.elements for part in (one.name, one.type._token)]
        return [self.is_lateral, self.rendered, self.with_types, self.with_ordinality, len(columns), *columns]

    def _make_columns(self) -> Iterable[tuple[str, Any]]:
        for one in self.elements:
            yield one.key, ProxyColumn(one, self, one.name, one.key)

    @property
    def column(self) -> ColumnElement[Any]:
        """The alias's name as an expression: the whole row, or the value of a function of one column."""
        return TableValuedColumn(self)

    def alias(self, name: str | None = None, flat: bool = False) -> TableValuedAlias:
        """Return the same function under another name."""
        return self._copy(name=name)

    def lateral(self, name: str | None = None) -> Any:
        """Return the function as LATERAL."""
        return self._copy(name=name or self.name, is_lateral=True)

    def render_derived(self, name: str | None = None, with_types: bool = False) -> TableValuedAlias:
        """Return the alias with its columns written out: `AS name(a, b)`, or `AS name(a INTEGER)` with types."""
        return self._copy(name=name or self.name, rendered=True, with_types=with_types)


class TableValuedColumn(ColumnElement[Any]):
    """The name of a table function's alias, as a value."""

    __slots__ = ("key", "name", "table")
    visit = "table_valued_column"
    _nodes = ("table",)

    def __init__(self, table: Any) -> None:
        self.table = table
        self.name = self.key = table.name
        self.type = getattr(getattr(table, "element", None), "type", to_instance(None))
        self._tokens = None
        self._binds = ()

    @property
    def _result_name(self) -> str | None:
        return typed("str | None", self.name)


def as_plain_column(item: Any) -> ColumnClause[Any]:
    """Return a free column for a name or a column."""
    return ColumnClause(item) if isinstance(item, str) else item


class Values(AliasedSource):
    """`VALUES (1, 'a'), (2, 'b')`; `.data([...])` adds rows."""

    __slots__ = ("_column_args", "is_lateral", "literal_binds", "rows")
    visit = "values"
    _nodes = ("rows",)

    def __init__(self, *columns: ColumnClause[Any], name: str | None = None, literal_binds: bool = False) -> None:
        super().__init__(None, name)
        self._column_args = tuple(as_plain_column(one) for one in columns)
        self.literal_binds = literal_binds
        self.is_lateral = False
        self.rows: tuple[Any, ...] = ()

    def _key_parts(self) -> list[Any]:
        columns = [part for one in self._column_args for part in (one.name, one.type._token)]
        return ["values", self.name, self.is_lateral, self.literal_binds, len(columns), *columns, len(self.rows), *self.rows]

    def _make_columns(self) -> Iterable[tuple[str, Any]]:
        for one in self._column_args:
            yield one.key, ProxyColumn(one, self, one.name, one.key)

    @property
    def _made_up_name(self) -> str:
        return "anon"

    def is_derived_from(self, fromclause: Any) -> bool:
        return fromclause is self

    def data(self, values: Sequence[Sequence[Any]]) -> Self:
        """Return a copy with more rows."""
        return typed("Self", late.values_data(self, values))

    def alias(self, name: str | None = None, flat: bool = False) -> Self:
        """Return the same rows under a name."""
        return self._copy(name=name)

    def lateral(self, name: str | None = None) -> Any:
        """Return the rows as LATERAL."""
        return self._copy(name=name or self.name, is_lateral=True)

    def cte(self, name: str | None = None, recursive: bool = False, nesting: bool = False) -> CTE:
        """Return the rows in WITH."""
        return CTE(self, name, recursive, nesting)

    def scalar_values(self) -> Any:
        """Return the rows as an expression, as for IN."""
        return Grouping(self)
