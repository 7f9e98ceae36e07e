"""Sources under a name of their own, made up if it is None: aliases, subqueries, CTEs.

    AliasedSource
    ├── Alias, Lateral, TableSample
    ├── Subquery             a SELECT in parentheses
    ├── CTE                  a SELECT (or a write) in WITH
    └── (table_values.py) table functions, VALUES

Its columns are `ProxyColumn`s: name and type of the column they stand for, and the source they belong to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, Self, cast as typed

from ambo.statements.expressions import ColumnElement, Grouping
from ambo.statements.late import late
from ambo.statements.named_columns import ColumnClause
from ambo.statements.sources import FromClause

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


late.lateral = Lateral
