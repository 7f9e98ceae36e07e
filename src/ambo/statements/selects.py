"""SELECT: the statement and its clauses as methods. UNION and its kin, EXISTS and SELECTs as values are in `compounds.py`.

Nothing is resolved here: entities, joins along relationships and FROM lists stay as the user said them until lowering
and rendering. Rule: clauses are tuples; see `executable.Statement` for why a method is one dict copy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import and_ as AND
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, cast as typed, overload

from ambo.errors import ArgumentError
from ambo.statements.coercions import (
    as_column_item,
    as_condition,
    as_from,
    as_order_item,
    element_of,
    flatten,
    unwrap_statement,
)
from ambo.statements.columns import ColumnCollection
from ambo.statements.executable import Statement
from ambo.statements.filter_by import MentionedSources, conditions_by_name, named_sources
from ambo.statements.keys import Keyed
from ambo.statements.labels import LABEL_STYLE_DEFAULT, OutputColumn, SelectLabelStyle, expand_columns, name_columns, named_pairs
from ambo.statements.late import late
from ambo.statements.nodes import (
    ClauseElement,
    ClauseList,
    ColumnClause,
    ColumnElement,
    Label,
    literal_bind,
)
from ambo.statements.operators import OperatorType
from ambo.statements.sources import CTE, FromClause, Lateral, Subquery
from ambo.statements.syntax_extensions import Extensible
from ambo.statements.types.numbers import INTEGERTYPE

if TYPE_CHECKING:
    from ambo.statements.compounds import CompoundSelect, Exists, ScalarSelect

T0 = TypeVar("T0")
T1 = TypeVar("T1")
T2 = TypeVar("T2")
T3 = TypeVar("T3")
T4 = TypeVar("T4")
T5 = TypeVar("T5")
T6 = TypeVar("T6")
T7 = TypeVar("T7")
TP_co = TypeVar("TP_co", covariant=True)


class JoinSpec(ClauseElement):
    """One `.join()`: the target as it was given, the condition if one was, the left side if one was."""

    __slots__ = ("full", "isouter", "left", "onclause", "target")
    visit = "join_spec"
    _nodes = ("left", "target", "onclause")

    def __init__(self, target: Any, onclause: Any = None, left: Any = None, isouter: bool = False, full: bool = False) -> None:
        self.target = target
        self.onclause = onclause
        self.left = left
        self.isouter = isouter
        self.full = full
        self._tokens = None
        self._binds = ()

    def _key_parts(self) -> list[Any]:
        return ["join", self.isouter, self.full, self.left, self.target, self.onclause]


class ForUpdateArg(ClauseElement):
    """The arguments of `with_for_update()`."""

    __slots__ = ("key_share", "nowait", "of", "read", "skip_locked")
    visit = "for_update_arg"
    _facts = ("nowait", "read", "skip_locked", "key_share")
    _nodes = ("of",)

    def __init__(self, nowait: bool = False, read: bool = False, of: Any = None, skip_locked: bool = False, key_share: bool = False) -> None:
        self.nowait = nowait
        self.read = read
        self.skip_locked = skip_locked
        self.key_share = key_share
        targets = of if isinstance(of, (list, tuple)) else [] if of is None else [of]
        self.of = tuple(element_of(one) for one in targets)
        self._tokens = None
        self._binds = ()


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


def described(items: Iterable[Any]) -> list[dict[str, Any]]:
    """Return what `column_descriptions` says about items of a column list; a table or subquery stands for its columns."""
    found: list[dict[str, Any]] = []
    for item in items:
        if _is_source(item) and not getattr(item, "is_entity", False):
            found += [describe_item(one) for one in item.c.values()]
        else:
            found.append(describe_item(item))
    return found


def describe_item(item: Any) -> dict[str, Any]:
    """Return what `column_descriptions` says about one item: an entity or attribute by itself, an expression by the first entity in it."""
    describe = getattr(item, "_description", None)
    if describe is not None:
        return typed("dict[str, Any]", describe())
    is_bundle = getattr(item, "is_bundle", False)
    has_name = is_bundle or isinstance(item, (Label, ColumnClause))
    entity = _entity_inside(item)
    return {
        "name": getattr(item, "key", None) or getattr(item, "name", None) if has_name else None,
        "type": type(item) if is_bundle else getattr(item, "type", None),
        "aliased": entity is not None and entity.alias is not None,
        "expr": item,
        "entity": None if entity is None else entity._given,
    }


def _is_source(item: Any) -> bool:
    return bool(getattr(item, "is_from", False)) and not isinstance(item, ColumnElement)  # a function is both


def _entity_inside(item: Any) -> Any:
    """Return the first entity that an expression is about, None if it is about none (a subquery's columns are its own)."""
    waiting = [item]
    while waiting:
        node = waiting.pop(0)
        if getattr(node, "is_bundle", False):
            waiting = [*node.exprs, *waiting]
            continue
        entity = node if getattr(node, "is_entity", False) else getattr(node, "entity", None)
        if getattr(entity, "is_entity", False):
            return entity
        if isinstance(node, ClauseElement) and not _is_source(node):
            waiting = [*node._children(), *waiting]
    return None


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


class GenerativeSelect(SelectBase):
    """What SELECT and UNION share: ORDER BY, GROUP BY, LIMIT, FOR UPDATE."""

    _order_by: tuple[Any, ...] = ()
    _group_by: tuple[Any, ...] = ()
    _limit: Any = None
    _offset: Any = None
    _fetch: Any = None
    _fetch_options: tuple[bool, bool] | None = None
    _for_update: ForUpdateArg | None = None

    def order_by(self, *clauses: Any) -> Self:
        """Return this with more ORDER BY; `None` removes what there was."""
        if len(clauses) == 1 and (clauses[0] is None or clauses[0] is False):
            return self._with(_order_by=())
        return self._with(_order_by=(*self._order_by, *[as_order_item(one) for one in flatten(clauses)]))

    def group_by(self, *clauses: Any) -> Self:
        """Return this with more GROUP BY; `None` removes what there was."""
        if len(clauses) == 1 and (clauses[0] is None or clauses[0] is False):
            return self._with(_group_by=())
        return self._with(_group_by=(*self._group_by, *[as_order_item(one) for one in flatten(clauses)]))

    def limit(self, limit: Any) -> Self:
        """Return this with LIMIT; `None` removes it."""
        return self._with(_limit=as_count(limit), _fetch=None)

    def offset(self, offset: Any) -> Self:
        """Return this with OFFSET; `None` removes it."""
        return self._with(_offset=as_count(offset))

    def fetch(self, count: Any, with_ties: bool = False, percent: bool = False, **dialect_kw: Any) -> Self:
        """Return this with `FETCH FIRST count ROWS ONLY`, or WITH TIES."""
        if count is None:
            return self._with(_fetch=None, _fetch_options=None)
        return self._with(_fetch=as_count(count), _fetch_options=(with_ties, percent), _limit=None)

    def slice(self, start: int, stop: int) -> Self:
        """Return this with LIMIT and OFFSET for the rows from `start` up to, not including, `stop`."""
        if start is not None and stop is not None:
            skipped = start if start else None
            return self._with(_limit=as_count(stop - start), _offset=as_count((self._offset_clause_value or 0) + skipped if skipped else self._offset_clause_value))
        if start is None and stop is not None:
            return self._with(_limit=as_count(stop))
        return self._with(_offset=as_count((self._offset_clause_value or 0) + start))

    @property
    def _offset_clause_value(self) -> Any:
        return None if self._offset is None else self._offset.value

    def with_for_update(self, *, nowait: bool = False, read: bool = False, of: Any = None, skip_locked: bool = False, key_share: bool = False) -> Self:
        """Return this with FOR UPDATE, or FOR SHARE if `read`."""
        return self._with(_for_update=ForUpdateArg(nowait, read, of, skip_locked, key_share))

    @property
    def _for_update_arg(self) -> ForUpdateArg | None:
        return self._for_update

    @property
    def _limit_clause(self) -> Any:
        return self._limit

    @property
    def _offset_clause(self) -> Any:
        return self._offset

    @property
    def _order_by_clause(self) -> ClauseList:
        return ClauseList(*self._order_by)

    # -- set operations

    def union(self, *other: Any) -> CompoundSelect:
        """Return `this UNION other`."""
        return typed("CompoundSelect", late.compound("UNION", self, *other))

    def union_all(self, *other: Any) -> CompoundSelect:
        """Return `this UNION ALL other`."""
        return typed("CompoundSelect", late.compound("UNION ALL", self, *other))

    def except_(self, *other: Any) -> CompoundSelect:
        """Return `this EXCEPT other`."""
        return typed("CompoundSelect", late.compound("EXCEPT", self, *other))

    def except_all(self, *other: Any) -> CompoundSelect:
        """Return `this EXCEPT ALL other`."""
        return typed("CompoundSelect", late.compound("EXCEPT ALL", self, *other))

    def intersect(self, *other: Any) -> CompoundSelect:
        """Return `this INTERSECT other`."""
        return typed("CompoundSelect", late.compound("INTERSECT", self, *other))

    def intersect_all(self, *other: Any) -> CompoundSelect:
        """Return `this INTERSECT ALL other`."""
        return typed("CompoundSelect", late.compound("INTERSECT ALL", self, *other))


def as_count(value: Any) -> Any:
    """Return the node for LIMIT or OFFSET."""
    if value is None:
        return None
    if value.__class__ is int:
        return literal_bind(value, INTEGERTYPE)
    node = element_of(value)
    if node is not None:
        return unwrap_statement(node)
    try:
        return literal_bind(int(value), INTEGERTYPE)
    except (TypeError, ValueError):
        raise ArgumentError(f"LIMIT and OFFSET take an integer or an expression, got {value!r}") from None


class Select(GenerativeSelect, Extensible, TypedReturnsRows[TP_co], Generic[TP_co]):
    """`SELECT`. Built by `select(...)`; every method returns a changed copy."""

    visit = "select"
    _nodes = (
        "_raw_columns", "_from_obj", "_joins", "_where", "_group_by", "_having", "_order_by", "_limit", "_offset", "_fetch",
        "_distinct_on", "_for_update", "_independent_ctes", "_correlate", "_correlate_except",
        "_post_select", "_pre_columns", "_post_criteria", "_post_body",
    )  # fmt: skip
    _places = MappingProxyType({name: f"_{name}" for name in ("post_select", "pre_columns", "post_criteria", "post_body")})
    _post_select: tuple[Any, ...] = ()
    _pre_columns: tuple[Any, ...] = ()
    _post_criteria: tuple[Any, ...] = ()
    _post_body: tuple[Any, ...] = ()
    _raw_columns: tuple[Any, ...] = ()
    _where: tuple[Any, ...] = ()
    _having: tuple[Any, ...] = ()
    _from_obj: tuple[Any, ...] = ()
    _joins: tuple[JoinSpec, ...] = ()
    _distinct: bool = False
    _distinct_on: tuple[Any, ...] = ()
    _correlate: tuple[Any, ...] | None = None
    _correlate_except: tuple[Any, ...] | None = None
    _auto_correlate = True
    _replacing: Any = None
    _prefixes: tuple[tuple[Any, str], ...] = ()
    _suffixes: tuple[tuple[Any, str], ...] = ()
    _hints: tuple[tuple[Any, str, str], ...] = ()
    _statement_hints: tuple[tuple[str, str], ...] = ()

    def __init__(self, *entities: Any) -> None:
        found: list[Any] = []
        for one in entities:
            entity = one.__dict__.get("__entity__") if isinstance(one, type) else None
            if entity is not None:  # nearly always a mapped class or a column, which need not be asked what they are
                found.append(entity)
            elif isinstance(one, ColumnElement):
                found.append(one)
            elif isinstance(one, ColumnCollection):  # `select(table.c["a", "b"])`
                found += one
            else:
                found.append(as_column_item(one))
        self._raw_columns = tuple(found)

    def _output_items(self) -> Sequence[Any]:
        return self._raw_columns

    # -- columns

    def add_columns(self, *entities: Any) -> Select[Any]:
        """Return this with more columns."""
        return self._with(_raw_columns=(*self._raw_columns, *[as_column_item(one) for one in entities]))

    def column(self, column: Any) -> Select[Any]:
        """Return this with one more column."""
        return self.add_columns(column)

    def with_only_columns(self, *entities: Any, maintain_column_froms: bool = False) -> Select[Any]:
        """Return this with other columns; `maintain_column_froms` keeps the sources of the old ones in FROM."""
        changed: dict[str, Any] = {"_raw_columns": tuple(as_column_item(one) for one in flatten(entities))}
        if maintain_column_froms:
            changed["_from_obj"] = (*self._from_obj, *[one for one in late.froms_of_columns(self) if one not in self._from_obj])
        return self._with(**changed)

    @property
    def inner_columns(self) -> list[Any]:
        """The columns, those of tables spelled out."""
        return list(expand_columns(self._raw_columns))

    @property
    def columns_clause_froms(self) -> list[FromClause]:
        """The sources that the columns alone ask for."""
        return typed("list[FromClause]", late.froms_of_columns(self))

    def get_final_froms(self) -> Sequence[FromClause]:
        """Return what FROM will list."""
        return typed("Sequence[FromClause]", late.final_froms(late.lowered(self)))

    @property
    def froms(self) -> Sequence[FromClause]:
        """What FROM will list."""
        return self.get_final_froms()

    def distinct(self, *expr: Any) -> Self:
        """Return this with DISTINCT, or DISTINCT ON (...) on PostgreSQL."""
        if not expr:
            return self._with(_distinct=True)
        return self._with(_distinct=True, _distinct_on=(*self._distinct_on, *[as_order_item(one) for one in expr]))

    def reduce_columns(self, only_synonyms: bool = True) -> Select[Any]:
        """Return this without columns that repeat another one's value, as foreign keys and equations in joins and WHERE say."""
        return self._with(_raw_columns=tuple(late.reduced(self, only_synonyms)))

    # -- conditions

    def where(self, *whereclause: Any) -> Self:
        """Return this with conditions, joined to those there are by AND."""
        conditions = list(self._where)
        for one in whereclause:
            conditions.append(one if isinstance(one, ColumnElement) else as_condition(one))
        return self._with(_where=tuple(conditions))

    filter = where

    def filter_by(self, **kwargs: Any) -> Self:
        """Return this with conditions `name = value`, each on the source that has the name.

        Raises InvalidRequestError for a name that none has, AmbiguousColumnError for one that several have.
        """
        return self.where(*conditions_by_name(named_sources(self), kwargs, MentionedSources(self)))

    @property
    def whereclause(self) -> ColumnElement[Any] | None:
        """The conditions as one, or None."""
        return late.junction(AND, self._where) if self._where else None

    def having(self, *having: Any) -> Self:
        """Return this with HAVING conditions."""
        return self._with(_having=(*self._having, *[as_condition(one) for one in having]))

    # -- sources

    def select_from(self, *froms: Any) -> Self:
        """Return this with sources for FROM, where the columns do not say enough."""
        return self._with(_from_obj=(*self._from_obj, *[as_from(one, what="select_from()") for one in froms]))

    def join(self, target: Any, onclause: Any = None, *, isouter: bool = False, full: bool = False) -> Self:
        """Return this joined to a table, entity or along a relationship.

        Without `onclause` the foreign keys between the sources decide.
        """
        return self._with(_joins=(*self._joins, JoinSpec(join_target(target), join_condition(onclause), None, isouter, full)))

    def outerjoin(self, target: Any, onclause: Any = None, *, full: bool = False) -> Self:
        """Return this left outer joined; see `join`."""
        return self.join(target, onclause, isouter=True, full=full)

    def join_from(self, from_: Any, target: Any, onclause: Any = None, *, isouter: bool = False, full: bool = False) -> Self:
        """Return this with a join whose left side is named."""
        spec = JoinSpec(join_target(target), join_condition(onclause), as_from(from_, what="join_from()"), isouter, full)
        return self._with(_joins=(*self._joins, spec))

    def outerjoin_from(self, from_: Any, target: Any, onclause: Any = None, *, full: bool = False) -> Self:
        """Return this with a left outer join whose left side is named."""
        return self.join_from(from_, target, onclause, isouter=True, full=full)

    def correlate(self, *fromclauses: Any) -> Self:
        """Return this with sources that it takes from the statement around it; `None` for none at all."""
        if fromclauses and fromclauses[0] in (None, False):
            return self._with(_correlate=(), _auto_correlate=False)
        sources = [as_from(one, what="correlate()") for one in fromclauses]
        return self._with(_correlate=(*(self._correlate or ()), *sources), _auto_correlate=False)

    def correlate_except(self, *fromclauses: Any) -> Self:
        """Return this taking from the statement around it all sources but these."""
        if fromclauses and fromclauses[0] in (None, False):
            return self._with(_correlate_except=(), _auto_correlate=False)
        sources = [as_from(one, what="correlate_except()") for one in fromclauses]
        return self._with(_correlate_except=(*(self._correlate_except or ()), *sources), _auto_correlate=False)

    def select_from_replacing(self, source: Any) -> Self:
        """Return this with its entities and columns taken from a subquery that has them, as `Query.union()` does."""
        return self._with(_from_obj=(source,), _replacing=source)

    def from_statement(self, statement: Any) -> Any:
        """Return the entities and columns named here, read from the rows of another statement: `text(...)`, a UNION, a write with RETURNING."""
        return late.from_statement(self, statement)

    # -- decoration

    def prefix_with(self, *prefixes: Any, dialect: str = "*") -> Self:
        """Return this with text after SELECT, for one database or all."""
        return self._with(_prefixes=self._prefixes + tuple((_as_text(one), dialect) for one in prefixes))

    def suffix_with(self, *suffixes: Any, dialect: str = "*") -> Self:
        """Return this with text at its end, for one database or all."""
        return self._with(_suffixes=self._suffixes + tuple((_as_text(one), dialect) for one in suffixes))

    def with_hint(self, selectable: Any, text: str, dialect_name: str = "*") -> Self:
        """Return this with a hint after a table, where the database has such."""
        return self._with(_hints=(*self._hints, (as_from(selectable, what="with_hint()"), text, dialect_name)))

    def with_statement_hint(self, text: str, dialect_name: str = "*") -> Self:
        """Return this with a hint at its end."""
        return self._with(_statement_hints=(*self._statement_hints, (text, dialect_name)))


def _as_text(value: Any) -> Any:
    return value if isinstance(value, ClauseElement) else str(value)


def join_target(target: Any) -> Any:
    """Return what is joined to: a source, or an ORM relationship as it is."""
    if isinstance(target, ClauseElement) and getattr(target, "is_from", False):
        return target
    node = element_of(target)
    if node is not None and (getattr(node, "is_from", False) or node.is_select):
        return as_from(node, what="join()")
    if isinstance(target, Keyed) or hasattr(target, "property"):
        return target
    raise ArgumentError(f"Join target, typically a FROM expression, or ORM relationship attribute expected, got {target!r}")


def join_condition(onclause: Any) -> Any:
    """Return the condition of a join; a relationship stays as it is."""
    if onclause is None or not (isinstance(onclause, ClauseElement) or hasattr(onclause, "__clause_element__") or isinstance(onclause, (bool, str))):
        return onclause
    if getattr(onclause, "_is_relationship", False):
        return onclause
    return as_condition(onclause)


@overload
def select(e0: type[T0] | ColumnElement[T0], /) -> Select[tuple[T0]]: ...
@overload
def select(e0: type[T0] | ColumnElement[T0], e1: type[T1] | ColumnElement[T1], /) -> Select[tuple[T0, T1]]: ...
@overload
def select(
    e0: type[T0] | ColumnElement[T0],
    e1: type[T1] | ColumnElement[T1],
    e2: type[T2] | ColumnElement[T2],
    /,
) -> Select[tuple[T0, T1, T2]]: ...
@overload
def select(
    e0: type[T0] | ColumnElement[T0],
    e1: type[T1] | ColumnElement[T1],
    e2: type[T2] | ColumnElement[T2],
    e3: type[T3] | ColumnElement[T3],
    /,
) -> Select[tuple[T0, T1, T2, T3]]: ...
@overload
def select(
    e0: type[T0] | ColumnElement[T0],
    e1: type[T1] | ColumnElement[T1],
    e2: type[T2] | ColumnElement[T2],
    e3: type[T3] | ColumnElement[T3],
    e4: type[T4] | ColumnElement[T4],
    /,
) -> Select[tuple[T0, T1, T2, T3, T4]]: ...
@overload
def select(
    e0: type[T0] | ColumnElement[T0],
    e1: type[T1] | ColumnElement[T1],
    e2: type[T2] | ColumnElement[T2],
    e3: type[T3] | ColumnElement[T3],
    e4: type[T4] | ColumnElement[T4],
    e5: type[T5] | ColumnElement[T5],
    /,
) -> Select[tuple[T0, T1, T2, T3, T4, T5]]: ...
@overload
def select(
    e0: type[T0] | ColumnElement[T0],
    e1: type[T1] | ColumnElement[T1],
    e2: type[T2] | ColumnElement[T2],
    e3: type[T3] | ColumnElement[T3],
    e4: type[T4] | ColumnElement[T4],
    e5: type[T5] | ColumnElement[T5],
    e6: type[T6] | ColumnElement[T6],
    /,
) -> Select[tuple[T0, T1, T2, T3, T4, T5, T6]]: ...
@overload
def select(
    e0: type[T0] | ColumnElement[T0],
    e1: type[T1] | ColumnElement[T1],
    e2: type[T2] | ColumnElement[T2],
    e3: type[T3] | ColumnElement[T3],
    e4: type[T4] | ColumnElement[T4],
    e5: type[T5] | ColumnElement[T5],
    e6: type[T6] | ColumnElement[T6],
    e7: type[T7] | ColumnElement[T7],
    /,
) -> Select[tuple[T0, T1, T2, T3, T4, T5, T6, T7]]: ...
@overload
def select(*entities: Any) -> Select[Any]: ...
def select(*entities: Any) -> Select[Any]:
    """Return a SELECT of columns, tables, entities or expressions."""
    return Select(*entities)


def lambda_stmt(lmb: Callable[[], Any], **kw: Any) -> Any:
    """Return the statement that a function makes.

    Statements are cheap to build here and cached by structure, so the function is simply called; `stmt += lambda s: ...`
    and `add_criteria` work on any statement.
    """
    return lmb()


late.select = select
