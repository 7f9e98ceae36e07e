"""`explain(statement)`: what a query will do, without doing it: SQL, load plan, expected statements and round trips.

    print(explain(select(User).options(selectinload(User.orders)), engine))

Rule: everything shown comes from the plan that would run.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ambo.loading.plan import BundlePlan, Cell, Element, EntityPlan
from ambo.loading.prepared import Prepared, prepare
from ambo.rendering.default import DEFAULT


def explain(statement: Any, bind: Any = None) -> str:
    """Return the SQL of a query, its load plan, and how many statements and round trips it will take.

    `bind` is an engine, connection or session, or a dialect; without it the SQL is generic. Counts are for the case that every
    statement finds rows, and leave out BEGIN and lazy loads.
    """
    dialect = _dialect_of(bind)
    return "\n".join(_Explanation(dialect).lines(prepare(statement, dialect)))


def _dialect_of(bind: Any) -> Any:
    if bind is None:
        return DEFAULT
    for source in (bind, getattr(bind, "bind", None)):
        dialect = getattr(source, "dialect", None)
        if dialect is not None:
            return dialect
    return bind


class _Explanation:
    """Walks over a prepared query and those that follow it."""

    def __init__(self, dialect: Any) -> None:
        self.dialect = dialect
        self.statements = 0
        self.levels = 0

    def lines(self, prepared: Prepared) -> Iterator[str]:
        following = list(self.query(prepared, 1, ""))
        yield from following
        pipelined = getattr(self.dialect.features, "pipelining", False)
        trips = self.levels if pipelined else self.statements
        how = "statements of a level share one" if pipelined and self.levels < self.statements else "one for each statement"
        yield f"statements: {self.statements}, round trips: {trips} ({how})"

    def query(self, prepared: Prepared, level: int, indent: str) -> Iterator[str]:
        self.statements += 1
        self.levels = max(self.levels, level)
        yield from (indent + line for line in prepared.compiled.sql.splitlines())
        for element in prepared.plan.elements:
            yield from self.element(element, level, indent + "  ")

    def element(self, element: Element, level: int, indent: str) -> Iterator[str]:
        if isinstance(element, Cell):
            yield f"{indent}value {element} {element.type!r}"
        elif isinstance(element, BundlePlan):
            yield f"{indent}bundle"
            for one in element.elements:
                yield from self.element(one, level, indent + "  ")
        else:
            yield from self.entity(element, level, indent)

    def entity(self, plan: EntityPlan, level: int, indent: str) -> Iterator[str]:
        yield f"{indent}{plan.mapper.class_.__name__}: {', '.join(key for key, _ in plan.attributes)}"
        below = indent + "  "
        for identity, branch in plan.branches:
            if branch is not plan:
                yield f"{below}if {identity!r}:"
                yield from self.entity(branch, level, below + "  ")
        for joined in plan.joined:
            yield f"{below}{joined.prop}: joined"
            yield from self.entity(joined.entity, level, below + "  ")
        for prop in plan.empty:
            yield f"{below}{prop}: left empty"
        for step in plan.steps:
            yield from self.step(step, level, below)

    def step(self, step: Any, level: int, indent: str) -> Iterator[str]:
        if step.memory_only:
            yield f"{indent}{step}: from memory only"
            return
        yield f"{indent}{step}{', one statement for each object' if step.one_by_one else ''}"
        query = step.query(lambda statement, given, path, **kind: prepare(statement, self.dialect, None, given, path, **kind))
        if any(one is step for plan in (query.loader.gathering if query.loader else ()) for one in plan.steps):
            self.statements += 1
            self.levels = max(self.levels, level + 1)
            yield f"{indent}  again for each level, to the last"
            return
        yield from self.query(query, level + 1, indent + "  ")
