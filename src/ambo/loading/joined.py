"""Joined eager loads: relations that are read from the same rows as their parents.

    no LIMIT            SELECT users..., orders_1... FROM users LEFT OUTER JOIN orders AS orders_1 ON ...
    LIMIT, DISTINCT     SELECT anon.*, orders_1... FROM (SELECT users... LIMIT 10) AS anon LEFT OUTER JOIN orders AS orders_1 ON ...

Rule 1: a load joins an anonymous alias of the target, so that it cannot disturb what the user's own conditions mean.
Rule 2: a collection multiplies rows, so a statement that counts its rows is wrapped before collections are joined to it.
Rule 3: `contains_eager` joins nothing; it reads what the user joined.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ambo.loading.choices import Choice, wide_target
from ambo.loading.plan import JoinedPlan
from ambo.loading.relations import RelationJoin, adapted
from ambo.loading.rewriting import Rewriter, replaced
from ambo.loading.scope import Scope
from ambo.mapping.aliases import AliasedClass
from ambo.statements.late import late
from ambo.statements.sources import FromClause


@dataclass(slots=True)
class EagerJoin:
    """One relation to be joined: from which entity, how, under which further conditions."""

    relation: RelationJoin
    left: Any
    isouter: bool
    criteria: list[Any]


class JoinedLoads:
    """The eager joins of one query."""

    def __init__(self, planner: Any) -> None:
        self.planner = planner
        self.found: list[EagerJoin] = []
        self.repeats: str | None = None
        self.multiplies = False
        self.eager_columns: set[int] = set()
        self.outer: set[int] = set()

    # ---- planning

    def plan(self, prop: Any, entity: Any, choice: Choice, path: tuple[Any, ...]) -> JoinedPlan:
        """Plan a relation that is joined, or taken from the user's join; return what reads it from the rows."""
        strategy = choice.strategy
        if strategy is not None and strategy.name == "contains":
            return self.contained(prop, choice, path)
        lowering = self.planner.lowering
        named = choice.target(prop)
        if named.stands_for_class:
            right = wide_target(prop, choice.of_type.mapper, True)
        else:
            right = named if choice.of_type is not None and named.alias is not None else fresh_alias(named)
        innerjoin = prop.innerjoin if strategy is None or strategy.innerjoin is None else strategy.innerjoin
        isouter = not innerjoin or id(entity) in self.outer or prop.key not in entity.mapper.attributes  # a subclass's: others have none
        if isouter:
            self.outer.add(id(right))
        lowering.scopes[-1].bring(right, True)
        relation = RelationJoin(lowering, prop, entity, right)
        criteria = [lowering.rewrite(one) for one in criteria_for(choice, right)]
        self.found.append(EagerJoin(relation, entity, isouter, [*criteria, *lowering.entity_criteria(right)]))
        start = len(self.planner.outputs.columns)
        inner = self.planner.entity(right, choice.below, (*path, prop), named)
        self.eager_columns.update(range(start, len(self.planner.outputs.columns)))
        if prop.uselist:
            self.multiplies = True
            self.repeats = self.repeats or str(prop)
        return JoinedPlan(prop.key, prop, inner, bool(prop.uselist))

    def contained(self, prop: Any, choice: Choice, path: tuple[Any, ...]) -> JoinedPlan:
        """Plan a relation whose objects come from the user's own join."""
        alias = None if choice.strategy is None else choice.strategy.alias
        named = prop.entity if choice.of_type is None else choice.of_type
        right = alias if alias is not None else named
        if not getattr(right, "is_entity", False):
            right = AliasedClass(prop.mapper, right).__clause_element__()
        inner = self.planner.entity(right, choice.below, (*path, prop), named)
        if prop.uselist:
            self.repeats = self.repeats or str(prop)
        return JoinedPlan(prop.key, prop, inner, bool(prop.uselist))

    # ---- building

    def build(self, node: Any, scope: Scope, where: list[Any]) -> Any:
        """Return the plain SELECT with the joins in it."""
        if self.multiplies and counts_rows(node):
            return self.wrapped(node, scope, where)
        lowering = self.planner.lowering
        for one in self.found:
            one.relation.attach(scope, lowering.source_of(one.left), one.criteria, one.isouter)
        order = [item for one in self.found for item in one.relation.order_by(lowering)]
        if order:
            node = node._with(_order_by=(*node._order_by, *order))
        return lowering.finished(node, scope, self.planner.outputs.columns, where)

    def wrapped(self, node: Any, scope: Scope, where: list[Any]) -> Any:
        """Return a SELECT from the user's SELECT, with the joins around it."""
        lowering = self.planner.lowering
        outputs = self.planner.outputs.columns
        inner = _Inner([column for at, column in enumerate(outputs) if at not in self.eager_columns])
        eager = {id(one.relation.right_entity) for one in self.found}
        lefts = [lowering.source_of(one.left) for one in self.found if id(one.left) not in eager]
        inside = {id(below) for source in lefts for below in source._sources_below()}
        for one in self.found:
            inner.take_columns((one.relation.primary, *one.criteria), inside)
        order = [inner.order_item(lowering.rewrite(item)) for item in node._order_by]
        plain = lowering.finished(node, scope, inner.columns, where)
        subquery = plain.subquery()
        outer = Scope(node, False)
        outer.froms.append(subquery)
        for one in self.found:
            relation = one.relation
            relation.primary = inner.seen_from(relation.primary, subquery)
            criteria = [inner.seen_from(item, subquery) for item in one.criteria]
            left = lowering.source_of(one.left)
            relation.attach(outer, left if outer.index_of(left) is not None else subquery, criteria, one.isouter)
        columns = [column if at in self.eager_columns else inner.column(column, subquery) for at, column in enumerate(outputs)]
        order = [inner.seen_from(item, subquery) for item in order]
        order += [item for one in self.found for item in one.relation.order_by(lowering)]
        return late.select(*columns)._with(_from_obj=tuple(outer.froms), _order_by=tuple(order))


class _Inner:
    """The SELECT list of a wrapped statement, and how its columns are seen from outside."""

    def __init__(self, columns: list[Any]) -> None:
        self.columns = columns
        self.index = {id(column): at for at, column in enumerate(columns)}

    def add(self, column: Any) -> None:
        if id(column) not in self.index:
            self.index[id(column)] = len(self.columns)
            self.columns.append(column)

    def take_columns(self, expressions: tuple[Any, ...], inside: set[int]) -> None:
        """Select the columns of the wrapped statement's sources that join conditions need."""

        def note(node: Any) -> Any:
            if isinstance(node, FromClause):
                return node
            if node.visit != "column":
                return None
            if id(node.table) in inside:
                self.add(node)
            return node

        for one in expressions:
            replaced(one, note)

    def order_item(self, item: Any) -> Any:
        """Select what an ORDER BY item sorts by; return the item."""
        core = item
        while core.visit == "unary" and core.modifier is not None:
            core = core.element
        if core.visit == "label":
            core = core.element if id(core) not in self.index else core
        if core.visit != "textual_label_reference":
            self.add(core)
        return item

    def column(self, column: Any, subquery: Any) -> Any:
        return subquery.c[self.index[id(column)]]

    def seen_from(self, expression: Any, subquery: Any) -> Any:
        """Return an expression with the wrapped statement's columns taken from the subquery, in correlated subqueries of it too."""

        def instead(node: Any) -> Any:
            if id(node) in self.index:
                return self.column(node, subquery)
            if node.visit == "select" and node._correlate:
                inside = rewrite.inside(node)
                return node if inside is node else inside._with(_correlate=(*inside._correlate, subquery))
            return None

        rewrite = Rewriter(instead)
        return rewrite(expression)


def fresh_alias(entity: Any) -> Any:
    """Return a new alias of a class, or of the source that an alias of it is read from."""
    if entity.alias is None:
        return AliasedClass(entity.mapper).__clause_element__()
    return AliasedClass(entity.mapper, entity.selectable.alias()).__clause_element__()


def counts_rows(node: Any) -> bool:
    """Tell whether a SELECT's meaning depends on how many rows it has."""
    return any(getattr(node, name) is not None for name in ("_limit", "_offset", "_fetch")) or node._distinct or bool(node._group_by)


def criteria_for(choice: Choice, entity: Any) -> list[Any]:
    """Return the criteria of `User.orders.and_(...)`, turned to the entity that is joined."""
    return [adapted(one, entity) for one in choice.criteria]
