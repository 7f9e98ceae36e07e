"""A session's query, ready to run: compiled SQL, the order of its values, its row loader, the shape of its rows.

    prepare(statement) : lower -> plan -> compile -> generate the loader; once for each structure, kept in `engine.plans`
    prepared.bound(...): values of the statement at hand -> SQL and parameters

Rule 1: values come from the binds of the statement that is executed, by position in its key; binds that stand in no statement
    (made by lowering, or by the mapping) keep the value they have.
Rule 2: the loads that follow a statement are prepared when they are first needed; their values are those of the first statement.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ambo.loading.choices import Choices
from ambo.loading.from_statement import FromStatement, FromStatementPlanner
from ambo.loading.plan import Cell, LoadPlan
from ambo.loading.planning import Lowered, lower_query
from ambo.loading.row_loader import RowLoader, build
from ambo.loading.rows import RowShape
from ambo.mapping.configuration import before_use
from ambo.rendering.compiled import ResultColumn
from ambo.rendering.compiler import compile_statement
from ambo.statements.keys import StatementKey, statement_key


class Given:
    """A value in the place of a bind."""

    __slots__ = ("value",)
    required = False
    callable = None

    def __init__(self, value: Any) -> None:
        self.value = value

    @property
    def effective_value(self) -> Any:
        """The value."""
        return self.value


@dataclass(slots=True, eq=False)
class Prepared:
    """A query that needs only values. `loader` is None if the rows can be handed out as they are; `schemas` is its schema translation."""

    compiled: Any
    plan: LoadPlan
    loader: RowLoader | None
    shape: RowShape
    single: bool
    roots: tuple[Any, ...]
    binds: tuple[Any, ...]
    schemas: Any = None

    def listing(self) -> RowLoader:
        """Return a row loader that makes the list a user would get, where `loader` groups objects by the keys of their parents."""
        assert self.loader is not None
        return build(self.plan, self.loader.dialect, self.loader.names)


def prepare(
    statement: Any,
    dialect: Any,
    key: StatementKey | None = None,
    given: dict[int, Choices] | None = None,
    path: tuple[Any, ...] = (),
    schema_translate: Any = None,
    only: frozenset[str] | None = None,
    grouping: bool = False,
) -> Prepared:
    """Lower, compile and plan a query; `grouping` is for steps that give objects to their parents (`row_loader.build`)."""
    if key is None:
        key = statement_key(statement)
    lowered = lower_query(statement, given, path, only)
    compiled = compile_statement(lowered.statement, dialect, key=key, lower=False, render_schema_translate=schema_translate)
    plan = lowered.plan
    shape = shape_of(lowered, compiled)
    loader = None if hands_out_rows(lowered, dialect) else build(plan, dialect, shape.names, grouping)
    single = loader is not None and loader.single
    return Prepared(compiled, plan, loader, shape, single, (statement, lowered.statement), key.binds, schema_translate)


class AsDelivered:
    """A dialect for rows whose values were converted already."""

    def result_expression(self, type_: Any) -> None:
        """Return that nothing is to be done."""

    def result_processor(self, type_: Any) -> None:
        """Return that nothing is to be done."""


AS_DELIVERED = AsDelivered()


def prepare_rows(
    statement: FromStatement,
    names: Sequence[str],
    objects: Sequence[Sequence[Any]],
    dialect: Any,
    planner: type[FromStatementPlanner] = FromStatementPlanner,
) -> Prepared:
    """Plan what is to become of the rows of a statement that is run by itself."""
    before_use(statement)
    lowered = planner(statement, names, objects).run()
    shape = RowShape(
        [one.name or names[one.index] for one in lowered.labels],
        [one.objects for one in lowered.labels],
        [one.is_entity for one in lowered.labels],
    )
    loader = build(lowered.plan, dialect, shape.names)
    return Prepared(None, lowered.plan, loader, shape, loader.single, (statement,), ())


def hands_out_rows(lowered: Lowered, dialect: Any) -> bool:
    """Tell whether rows need nothing done to them."""
    elements = lowered.plan.elements
    return len(elements) == lowered.plan.width and all(
        isinstance(one, Cell)
        and one.index == at
        and dialect.result_expression(one.type) is None
        and dialect.result_processor(one.type) is None
        for at, one in enumerate(elements)
    )


def shape_of(lowered: Lowered, compiled: Any) -> RowShape:
    """Return what the values of a row are called."""
    names: list[str] = []
    objects: list[tuple[Any, ...]] = []
    by_identity: list[bool] = []
    columns = _result_columns(lowered.statement, compiled)
    for label in lowered.labels:
        column = None if label.is_entity or label.name is not None else columns[label.index]
        names.append(label.name or "" if column is None else column.name)
        objects.append(label.objects if column is None else (*label.objects, *column.objects))
        by_identity.append(label.is_entity)
    return RowShape(names, objects, by_identity)


def _result_columns(statement: Any, compiled: Any) -> Sequence[Any]:
    """Return what the compiler knows about each column; text is called by the last name in it, as databases do."""
    if compiled.result_columns:
        return compiled.result_columns  # type: ignore[no-any-return]  # a tuple of ResultColumn
    items = getattr(statement, "_raw_columns", ())
    rest = iter(compiled.known_columns)
    return [
        ResultColumn(one.text.rpartition(" ")[2].rpartition(".")[2], one.type, (one,)) if getattr(one, "is_text", False) else next(rest)
        for one in items
    ]
