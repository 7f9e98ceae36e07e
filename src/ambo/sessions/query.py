"""The classic `Query`, as far as it needs no I/O: a chain of calls that builds one `Select`.

`session.query(User).filter(User.name == "John").order_by(User.id)` holds an ordinary statement and hands every call
to it; `query.statement` shows it. The terminals (`all`, `first`, `count`, …) are operations (`operations/classic.py`),
called by the two shells: `Query` in `query_sync.py` (generated) and `AsyncQuery` in `query_aio.py`.

Rule 1: a Query is immutable by convention; each call returns a new one.
Rule 2: what exists on `Select` is not written again here; a method of this class adds only the classic meaning.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Generic, Self, TypeVar

from ambo import errors
from ambo.listening import Dispatch
from ambo.mapping.configuration import before_use
from ambo.mapping.relation_criteria import with_parent
from ambo.statements.coercions import element_of
from ambo.statements.compounds import CompoundSelect
from ambo.statements.descriptions import described
from ambo.statements.filter_by import conditions_by_name, last_joined
from ambo.statements.selects import Select, select

T = TypeVar("T", covariant=True)


QUERY_EVENTS = frozenset({"before_compile", "before_compile_update", "before_compile_delete"})
query_dispatch = Dispatch()
"""Listeners to the queries of both colours: `before_compile(query)`, `before_compile_update(query, context)` and `…_delete`; with
`retval=True` they may return another query."""


class QueryWrite:
    """What listeners of `before_compile_update` and `before_compile_delete` are given; they may change `values`."""

    __slots__ = ("query", "session", "values")

    def __init__(self, query: QueryBase[Any], values: Any) -> None:
        self.query = query
        self.session = query.session
        self.values = values


def is_absent(clause: Any) -> bool:
    """Tell whether a statement lacks a clause; an expression would make another one of a comparison."""
    return clause is None or (isinstance(clause, tuple) and not clause)


class QueryBase(Generic[T]):
    """The building half of a query; see the module's docstring."""

    _after_limit = frozenset({"filter", "filter_by", "join", "outerjoin", "order_by", "group_by", "having", "distinct", "select_from"})

    def __init__(self, entities: Any, session: Any = None) -> None:
        self.session = session
        wanted = tuple(entities) if isinstance(entities, (list, tuple)) else (entities,)
        self._statement: Any = select(*wanted)
        before_use(self._statement)
        self._entities: tuple[Any, ...] = wanted
        self._params: dict[str, Any] = {}
        self._checks_limit = True
        self._joins_done = 0

    # -- the chain ---------------------------------------------------------------------------------------------

    def _next(self, statement: Any, **changes: Any) -> Self:
        copy = self.__class__.__new__(self.__class__)
        copy.__dict__.update(self.__dict__, _statement=statement, **changes)
        return copy

    def _building(self, verb: str) -> Any:
        """Return the statement, unless it already has a LIMIT that `verb` would have to come before."""
        statement = self._statement
        if not isinstance(statement, Select):
            raise errors.InvalidRequestError(f"Query.{verb}() cannot change a statement given to from_statement()")
        limited = statement._limit is not None or statement._offset is not None
        if limited and self._checks_limit and verb in self._after_limit:
            raise errors.InvalidRequestError(
                f"Query.{verb}() being called on a Query which already has LIMIT or OFFSET applied. "
                f"Call {verb}() before limit() or offset() are applied, or wrap the query: select(aliased(User, query.subquery()))."
            )
        return statement

    def _before_clauses(self, verb: str, *clauses: str) -> None:
        if self._checks_limit and any(not is_absent(getattr(self._statement, clause, None)) for clause in clauses):
            raise errors.InvalidRequestError(f"Query.{verb}() being called on a Query with existing criterion; call it first.")

    def filter(self, *criteria: Any) -> Self:
        """Keep the rows for which every criterion holds."""
        return self._next(self._building("filter").where(*criteria))

    def where(self, *criteria: Any) -> Self:
        """The same as `filter`."""
        return self.filter(*criteria)

    def filter_by(self, **values: Any) -> Self:
        """Keep the rows whose attributes, on the entity joined last, have these values."""
        statement = self._building("filter_by")
        subject = self._entities[0] if self._joins_done == len(statement._joins) and self._joins_done else last_joined(statement)
        return self._next(statement.where(*conditions_by_name([element_of(subject)], values)))

    def reset_joinpoint(self) -> Self:
        """Have `filter_by` mean the first entity again, until the next join."""
        return self._next(self._statement, _joins_done=len(self._building("reset_joinpoint")._joins))

    def join(self, target: Any, onclause: Any = None, *, isouter: bool = False, full: bool = False) -> Self:
        """Join a class, table or relationship attribute."""
        statement = self._building("join")
        return self._next(statement.join(target, onclause, isouter=isouter, full=full))

    def outerjoin(self, target: Any, onclause: Any = None, *, full: bool = False) -> Self:
        """Join with LEFT OUTER JOIN."""
        return self._next(self._building("outerjoin").join(target, onclause, isouter=True, full=full))

    def select_from(self, *froms: Any) -> Self:
        """Name what the query selects from, leftmost first."""
        self._before_clauses("select_from", "_order_by", "_group_by", "_joins", "_from_obj")
        return self._next(self._building("select_from").select_from(*froms))

    def options(self, *loader_options: Any) -> Self:
        """Add loader options such as `selectinload(User.addresses)`."""
        return self._next(self._statement.options(*loader_options))

    def with_transformation(self, fn: Any) -> Any:
        """Return `fn(query)`."""
        return fn(self)

    def order_by(self, *clauses: Any) -> Self:
        """Sort the rows; `order_by(None)` removes the order."""
        if len(clauses) == 1 and clauses[0] is False:
            clauses = (None,)
        return self._next(self._building("order_by").order_by(*clauses))

    def group_by(self, *clauses: Any) -> Self:
        """Group the rows; `group_by(None)` removes the groups."""
        if len(clauses) == 1 and clauses[0] is False:
            clauses = (None,)
        return self._next(self._building("group_by").group_by(*clauses))

    def having(self, *criteria: Any) -> Self:
        """Keep the groups for which every criterion holds."""
        return self._next(self._building("having").having(*criteria))

    def distinct(self, *columns: Any) -> Self:
        """Drop equal rows (`DISTINCT ON` with columns, on PostgreSQL)."""
        return self._next(self._building("distinct").distinct(*columns))

    def limit(self, limit: Any) -> Self:
        """Return at most `limit` rows."""
        return self._next(self._building("limit").limit(limit))

    def offset(self, offset: Any) -> Self:
        """Leave out the first `offset` rows."""
        return self._next(self._building("offset").offset(offset))

    def slice(self, start: int | None, stop: int | None) -> Self:
        """Keep the rows from `start` up to `stop`, inside what an earlier slice left."""
        statement = self._statement
        if stop is not None:
            statement = statement.limit(stop if start is None else stop - start)
        if start is not None and (not isinstance(start, int) or start):
            statement = statement.offset(statement._offset_after(start))
        return self._next(statement)

    def _entity_from_pre_ent_zero(self) -> Any:
        """Return the mapper of the first entity, which libraries ask for by this name."""
        node = element_of(self._entities[0]) if self._entities else None
        found = getattr(node, "mapper", None)
        return getattr(getattr(node, "entity", None), "mapper", None) if found is None else found

    def with_entities(self, *entities: Any) -> Self:
        """Return other entities or columns from the same FROM and WHERE."""
        return self._next(self._building("with_entities").with_only_columns(*entities, maintain_column_froms=False), _entities=entities)

    def add_columns(self, *columns: Any) -> Self:
        """Return more columns in each row."""
        return self._next(self._building("add_columns").add_columns(*columns), _entities=(*self._entities, *columns))

    def add_column(self, column: Any) -> Self:
        """Return one more column in each row."""
        return self.add_columns(column)

    def add_entity(self, entity: Any) -> Self:
        """Return one more entity in each row."""
        return self.add_columns(entity)

    def correlate(self, *froms: Any) -> Self:
        """Leave these FROMs to the enclosing statement."""
        return self._next(self._building("correlate").correlate(*froms))

    def prefix_with(self, *prefixes: Any, dialect: str = "*") -> Self:
        """Write words behind SELECT."""
        return self._next(self._building("prefix_with").prefix_with(*prefixes, dialect=dialect))

    def suffix_with(self, *suffixes: Any, dialect: str = "*") -> Self:
        """Write words at the end of the statement."""
        return self._next(self._building("suffix_with").suffix_with(*suffixes, dialect=dialect))

    def with_hint(self, selectable: Any, text: str, dialect_name: str = "*") -> Self:
        """Give the database a hint for one FROM."""
        return self._next(self._building("with_hint").with_hint(selectable, text, dialect_name))

    def with_statement_hint(self, text: str, dialect_name: str = "*") -> Self:
        """Give the database a hint for the statement."""
        return self._next(self._building("with_statement_hint").with_statement_hint(text, dialect_name))

    def with_for_update(
        self, *, nowait: bool = False, read: bool = False, of: Any = None, skip_locked: bool = False, key_share: bool = False
    ) -> Self:
        """Lock the rows."""
        locked = self._building("with_for_update").with_for_update(
            nowait=nowait, read=read, of=of, skip_locked=skip_locked, key_share=key_share
        )
        return self._next(locked)

    def execution_options(self, **options: Any) -> Self:
        """Set options that travel with the statement."""
        return self._next(self._statement.execution_options(**options))

    def get_execution_options(self) -> Mapping[str, Any]:
        """Return the execution options set so far."""
        return self._statement.get_execution_options()  # type: ignore[no-any-return]  # a Select's own mapping

    def populate_existing(self) -> Self:
        """Overwrite what is already loaded."""
        return self.execution_options(populate_existing=True)

    def yield_per(self, count: int) -> Self:
        """Take the rows from the server `count` at a time while iterating."""
        return self.execution_options(yield_per=count)

    def autoflush(self, setting: bool) -> Self:
        """Choose whether the session flushes before this query."""
        return self.execution_options(autoflush=setting)

    def enable_assertions(self, value: bool) -> Self:
        """Choose whether a call that must come before LIMIT is refused after it."""
        return self._next(self._statement, _checks_limit=value)

    def enable_eagerloads(self, value: bool) -> Self:
        """Choose whether eager loads take part when the query becomes a subquery or is executed."""
        return self.execution_options(enable_eagerloads=value)

    def set_label_style(self, style: Any) -> Self:
        """Choose how columns are labelled."""
        return self._next(self._statement.set_label_style(style))

    def with_session(self, session: Any) -> Self:
        """Return the same query for another session."""
        return self._next(self._statement, session=session)

    def with_parent(self, instance: object, property: Any = None, from_entity: Any = None) -> Self:
        """Keep the rows that `instance` refers to by one of its relationships."""
        return self.filter(with_parent(instance, property, from_entity))

    def params(self, values: Mapping[str, Any] | None = None, /, **named: Any) -> Self:
        """Give values for `bindparam()`s of the statement."""
        return self._next(self._statement, _params={**self._params, **(values or {}), **named})

    def from_statement(self, statement: Any) -> Self:
        """Load the entities from the rows of another statement, such as `text(...)`."""
        self._before_clauses("from_statement", "_where", "_order_by", "_group_by", "_having", "_limit", "_offset")
        plain = statement.__clause_element__() if hasattr(statement, "__clause_element__") else statement
        return self._next(self._statement.from_statement(plain))

    # -- the query as a part of another statement ---------------------------------------------------------------

    @property
    def statement(self) -> Any:
        """The `Select` this query stands for, with the given parameters, as `before_compile` listeners leave it."""
        return self._heard("before_compile")._with_values()

    def _with_values(self) -> Any:
        return self._statement.params(self._params) if self._params else self._statement

    def _to_write(self, event: str, values: Any = None) -> tuple[Any, Any]:
        """Return the statement and the values of `update()` or `delete()`, as listeners of the event leave them."""
        context = QueryWrite(self, values)
        return self._heard(event, context)._with_values(), context.values

    def _statement_20(self, for_statement: bool = False, use_legacy_query_style: bool = True) -> Any:
        """Return the statement; the name by which fastapi-pagination and others ask SQLAlchemy's queries."""
        return self.statement

    def _heard(self, event: str, *context: Any) -> QueryBase[Any]:
        query: QueryBase[Any] = self
        for listener in query_dispatch.of(event):
            answer = listener(query, *context)
            if listener.options.get("retval") and answer is not None:
                query = answer
        return query

    @classmethod
    def __event_dispatch__(cls, name: str) -> Dispatch | None:
        return query_dispatch if name in QUERY_EVENTS else None

    @property
    def selectable(self) -> Any:
        """The same as `statement`."""
        return self.statement

    def __clause_element__(self) -> Any:
        return self.statement

    @property
    def whereclause(self) -> Any:
        """The WHERE criterion, or None."""
        return self._statement.whereclause

    @property
    def column_descriptions(self) -> list[Any]:
        """One description (`name`, `type`, `aliased`, `expr`, `entity`) for each entity or column."""
        return described(self._statement._output_items())

    @property
    def is_single_entity(self) -> bool:
        """Whether each result is one object, not a row."""
        if len(self._entities) != 1 or self.get_execution_options().get("only_return_tuples"):
            return False
        only = element_of(self._entities[0])
        return getattr(only, "is_entity", False) or bool(getattr(only, "single_entity", False))

    def only_return_tuples(self, value: bool) -> Self:
        """Choose whether a single entity comes as a row of one."""
        return self.execution_options(only_return_tuples=value)

    def tuples(self) -> Self:
        """Return rows also for a single entity, as plain tuples for a type checker."""
        return self.only_return_tuples(True)

    def subquery(self, name: str | None = None, with_labels: bool = False, reduce_columns: bool = False) -> Any:
        """Return the query as a FROM of another statement."""
        inner = self.enable_eagerloads(False)
        if with_labels:
            inner = inner.with_labels()
        statement = inner.statement
        return (statement.reduce_columns() if reduce_columns else statement).subquery(name)

    def with_labels(self) -> Self:
        """Label each column with its table's name."""
        return self.set_label_style(self._statement.LABEL_TABLENAME_PLUS_COL)

    def cte(self, name: str | None = None, recursive: bool = False, nesting: bool = False) -> Any:
        """Return the query as a common table expression."""
        return self.enable_eagerloads(False).statement.cte(name, recursive=recursive, nesting=nesting)

    def label(self, name: str | None) -> Any:
        """Return the query as a labelled scalar subquery."""
        return self.scalar_subquery().label(name)

    def scalar_subquery(self) -> Any:
        """Return the query as a single value."""
        return self.enable_eagerloads(False).statement.scalar_subquery()

    def exists(self) -> Any:
        """Return `EXISTS (SELECT 1 …)` as SQL; it is no terminal, in both colours."""
        return self._one_for_exists().exists()

    def _one_for_exists(self) -> Any:
        statement = self.enable_eagerloads(False).statement
        return statement.with_only_columns(1, maintain_column_froms=True).order_by(None)

    def _compound(self, keyword: str, others: Sequence[QueryBase[Any]]) -> Self:
        """Select the same entities from a UNION (or its like) of this query and others."""
        parts: list[Any] = [self.enable_eagerloads(False), *(other.enable_eagerloads(False) for other in others)]
        compound = CompoundSelect(keyword.upper().replace("_", " "), *(part.statement for part in parts))
        return self._next(select(*self._entities).select_from_replacing(compound.subquery()))

    def union(self, *others: QueryBase[Any]) -> Self:
        """Return the distinct results of this query and others."""
        return self._compound("union", others)

    def union_all(self, *others: QueryBase[Any]) -> Self:
        """Return the results of this query and others."""
        return self._compound("union_all", others)

    def intersect(self, *others: QueryBase[Any]) -> Self:
        """Return the results that this query and others share."""
        return self._compound("intersect", others)

    def intersect_all(self, *others: QueryBase[Any]) -> Self:
        """Return the results that this query and others share, with repetitions."""
        return self._compound("intersect_all", others)

    def except_(self, *others: QueryBase[Any]) -> Self:
        """Return the results that the others do not have."""
        return self._compound("except", others)

    def except_all(self, *others: QueryBase[Any]) -> Self:
        """Return the results that the others do not have, with repetitions."""
        return self._compound("except_all", others)

    def __str__(self) -> str:
        try:
            bind = None if self.session is None else self.session.get_bind()
        except errors.UnboundExecutionError:
            bind = None
        return str(self.statement) if bind is None else str(self.statement.compile(dialect=bind.dialect))
