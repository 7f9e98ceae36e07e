"""Relationships as joins: the condition between two entities, and mapped expressions seen from an alias.

Rule 1: an expression of the mapping is written against the plain columns of a class; `adapted` turns it to an alias of the class.
Rule 2: a secondary table is joined under an alias of its own each time, so the same relationship can be joined twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ambo.loading.choices import related
from ambo.loading.rewriting import Rewriter, replaced
from ambo.loading.scope import Scope, conjunction
from ambo.statements.aliased_sources import AliasedSource
from ambo.statements.sources import Join


def adapted(expression: Any, entity: Any, standing_for: Any = None) -> Any:
    """Return a mapped expression as it stands for an entity; attributes of the alias `standing_for` become the entity's too."""
    if not is_other_source(entity):
        return expression

    def instead(node: Any) -> Any:
        if isinstance(node, AliasedSource):
            return node
        if getattr(node, "is_entity_column", False):
            if node.entity is standing_for or (node.entity.alias is None and related(node.entity.mapper, entity.mapper)):
                return expression_of_property(entity, node.prop)
            return node
        if node.visit == "column" and node.table is not None:
            found = column_of(entity, node)
            return None if found is node else found
        if node.visit == "select" and node._correlate:
            inside = rewrite.inside(node)
            return node if inside is node else inside._with(_correlate=(*inside._correlate, entity))
        return None

    rewrite = Rewriter(instead)
    return rewrite(expression)


def is_other_source(entity: Any) -> bool:
    """Tell whether an entity's columns are others than those of the class's tables."""
    return entity.alias is not None or has_own_selectable(entity.mapper)


def has_own_selectable(mapper: Any) -> bool:
    """Tell whether a class is selected from something else than its tables: `with_polymorphic=("*", union)`."""
    return mapper.with_polymorphic is not None and mapper.with_polymorphic[1] is not None


def column_of(entity: Any, column: Any) -> Any:
    """Return what stands for a plain column in an entity; the column itself if it is not the entity's."""
    if _is_of_another_alias(entity, column):
        return column
    if entity.alias is not None:
        found = entity.column_for(column)
    elif has_own_selectable(entity.mapper):
        found = entity.mapper.selectable.corresponding_column(column)
    else:
        return column
    if found is None or (found is column and entity.alias is not None):
        found = _of_equal_column(entity, column)
    return column if found is None else found


def _of_equal_column(entity: Any, column: Any) -> Any:
    """Return what stands for the column of a super- or subclass that is joined to this one, where the source has only that."""
    source = entity.mapper.selectable if entity.alias is None else entity.selectable
    equal = {column: None}
    pairs = [pair for one in entity.mapper.base_mapper.hierarchy() for pair in one.inherit_pairs]
    for _ in pairs:
        equal.update((other, None) for pair in pairs for one, other in (pair, pair[::-1]) if one in equal)
    return next((found for one in equal if (found := source.corresponding_column(one)) is not None), None)


def stands_in(entity: Any, column: Any) -> bool:
    """Tell whether an entity's source has a plain column of the class."""
    column = column.element if column.visit == "label" else column
    if column.visit != "column" or column_of(entity, column) is not column:
        return True
    source = entity.mapper.selectable if entity.alias is None else entity.selectable
    return source.corresponding_column(column) is not None


def _is_of_another_alias(entity: Any, column: Any) -> bool:
    """Tell whether a column belongs to an alias that happens to be of the entity's table, which has the same origins."""
    table = column.table
    mapper = entity.mapper
    if not isinstance(table, AliasedSource) or mapper.property_of(column) is not None:
        return False
    if table is mapper.selectable or table in mapper.tables:
        return False
    source = None if entity.alias is None else entity.selectable
    while isinstance(source, AliasedSource):
        if source is table:
            return False
        source = source.element
    return True


def expression_of_property(entity: Any, prop: Any) -> Any:
    """Return the expression of a column attribute for an entity."""
    expression = prop.expression
    if expression.visit == "column":
        return column_of(entity, expression)
    return adapted(expression, entity)


def _left_column(entity: Any, column: Any, scope: Scope | None) -> Any:
    inherited = None if scope is None else scope.present(entity, column)
    return column_of(entity, column) if inherited is None else inherited


class RelationJoin:
    """A relationship joined from one entity to another, lowered.

    `right` is the target's source, `secondary` the alias of the secondary table, `primary` and `onward` the conditions.
    """

    __slots__ = ("onward", "primary", "prop", "right", "right_entity", "secondary")

    def __init__(self, lowering: Any, prop: Any, left_entity: Any, right_entity: Any, scope: Scope | None = None) -> None:
        self.prop = prop
        left_entity = lowering.alias_of(left_entity)
        self.right_entity = right_entity
        self.secondary = None if prop.secondary is None else lowering.rewrite(prop.secondary.alias())
        is_entity = getattr(right_entity, "is_entity", False)
        self.right = lowering.source_of(right_entity) if is_entity else lowering.rewrite(right_entity)
        standing_for = prop.entity if is_entity and prop.entity.alias is not None else None
        primary, onward = prop.on_clause(
            lambda column: _left_column(left_entity, column, scope),
            lambda column: column_of(right_entity, column) if is_entity else right_entity.corresponding_column(column),
            self.through,
        )
        if standing_for is not None and standing_for is not right_entity:
            primary = adapted(primary, right_entity, standing_for)
        self.primary = lowering.rewrite(primary)
        self.onward = None if onward is None else lowering.rewrite(onward)

    def through(self, column: Any) -> Any:
        """Return the alias's column for one of the secondary table."""
        if self.secondary is None:
            return column
        found = self.secondary.corresponding_column(column)
        return column if found is None else found

    def attach(self, scope: Scope, left: Any, criteria: Sequence[Any], isouter: bool, full: bool = False) -> None:
        """Join the target to the source of a scope that holds `left`."""
        if self.secondary is None or self.onward is None:
            scope.attach(left, self.right, conjunction([self.primary, *criteria]), isouter, full)
        elif isouter or full:
            inner = Join(self.secondary, self.right, conjunction([self.onward, *criteria]))
            scope.attach(left, inner, self.primary, isouter, full)
        else:
            scope.attach(left, self.secondary, self.primary)
            scope.attach(self.secondary, self.right, conjunction([self.onward, *criteria]))

    def order_by(self, lowering: Any) -> list[Any]:
        """Return the relationship's own order."""
        found = []
        for one in self.prop.order_by or ():
            here = adapted(one, self.right_entity, self.prop.entity)
            if self.secondary is not None:
                here = replaced(here, self._secondary_column)
            found.append(lowering.rewrite(here))
        return found

    def _secondary_column(self, node: Any) -> Any:
        if node.visit == "column" and node.table is self.prop.secondary:
            return self.through(node)
        return None
