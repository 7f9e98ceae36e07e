"""SELECT: the statement and its clauses as methods. UNION and its kin, EXISTS and SELECTs as values are in `compounds.py`.

Nothing is resolved here: entities, joins along relationships and FROM lists stay as the user said them until lowering
and rendering. Rule: clauses are tuples; see `executable.Statement` for why a method is one dict copy.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import and_ as AND
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, cast as typed, overload

from ambo.statements.coercions import (
    as_column_item,
    as_condition,
    as_from,
    as_order_item,
    flatten,
)
from ambo.statements.columns import ColumnCollection
from ambo.statements.expressions import BindParameter, ColumnElement
from ambo.statements.filter_by import MentionedSources, conditions_by_name, named_sources
from ambo.statements.labels import expand_columns
from ambo.statements.late import late
from ambo.statements.nodes import ClauseElement, ClauseList
from ambo.statements.row_statements import SelectBase, TypedReturnsRows
from ambo.statements.select_parts import ForUpdateArg, JoinSpec, as_count, join_condition, join_target
from ambo.statements.sources import FromClause
from ambo.statements.syntax_extensions import Extensible

if TYPE_CHECKING:
    from ambo.statements.compounds import CompoundSelect
    from ambo.statements.typed_columns import HasRowPos

T0 = TypeVar("T0")
T1 = TypeVar("T1")
T2 = TypeVar("T2")
T3 = TypeVar("T3")
T4 = TypeVar("T4")
T5 = TypeVar("T5")
T6 = TypeVar("T6")
T7 = TypeVar("T7")
Row = TypeVar("Row")
TP_co = TypeVar("TP_co", covariant=True)


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
        return self._with(_order_by=(*self._order_by, *map(as_order_item, flatten(clauses))))

    def group_by(self, *clauses: Any) -> Self:
        """Return this with more GROUP BY; `None` removes what there was."""
        if len(clauses) == 1 and (clauses[0] is None or clauses[0] is False):
            return self._with(_group_by=())
        return self._with(_group_by=(*self._group_by, *[as_order_item(one) for one in flatten(clauses)]))

    def limit(self, limit: Any) -> Self:
        """Return this with LIMIT; `None` removes it."""
        count = as_count(limit)
        return self._with(_limit=count) if self._fetch is None else self._with(_limit=count, _fetch=None)

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
            return self._with(_limit=as_count(stop - start), _offset=as_count(self._offset_after(skipped)) if skipped else self._offset)
        if start is None and stop is not None:
            return self._with(_limit=as_count(stop))
        return self._with(_offset=as_count(self._offset_after(start)))

    def _offset_after(self, count: int) -> Any:
        """Return the OFFSET that leaves out `count` rows more: a number, or an expression if the one there is one."""
        before = self._offset
        if before is None:
            return count
        return before.effective_value + count if isinstance(before, BindParameter) else before + count

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
def select(e0: FromClause[HasRowPos[Row]], /) -> Select[Row]: ...
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
