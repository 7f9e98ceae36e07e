"""Lowering: from a statement about entities to plain SQL nodes, before the compiler sees it.

    select(User).join(User.orders).where(User.name == "x")
      columns    User -> its mapped columns          User.name -> users.name, or the column of the right alias
      joins      User.orders -> the join condition, criteria of the target in ON
      froms      a class of several tables -> their join
      criteria   single-table subclasses, with_loader_criteria -> WHERE or ON

Every SELECT in the tree is treated alike: subqueries, CTEs, EXISTS, `column_property`, UPDATE and DELETE. The outermost one of a
session's query goes through `planning.py`, which adds what loading needs; everything else (`str()`, a connection) through `lower`.

Rule 1: columns of a rewritten SELECT stand in the order in which they stood before, so that sources above it find theirs.
Rule 2: a Lowering serves one statement; it makes each entity's source once.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ambo.errors import AmboWarning
from ambo.loading.choices import related, returned_columns
from ambo.loading.criteria import LoaderCriteria
from ambo.loading.relations import RelationJoin, adapted, expression_of_property, has_own_selectable
from ambo.loading.rewriting import Rewriter
from ambo.loading.scope import Scope, choose_left, conjunction
from ambo.mapping.aliases import aliased
from ambo.mapping.configuration import before_use
from ambo.rendering.compiler import deeper
from ambo.statements.aliased_sources import AliasedSource
from ambo.statements.expressions import Label
from ambo.statements.froms import froms_of_all, join_condition
from ambo.statements.sources import FromClause, Join
from ambo.statements.traversal import is_plain

_SELECT_NODES = ("_group_by", "_having", "_order_by", "_distinct_on", "_post_select", "_pre_columns", "_post_criteria", "_post_body")


class Lowering:
    """Lowers one statement."""

    def __init__(self, options: Sequence[Any] = ()) -> None:
        self.rewrite = Rewriter(self.replacement)
        self.scopes: list[Scope] = []
        self.sources: dict[int, Any] = {}
        self.columns: dict[tuple[int, int, int], Any] = {}
        self.criteria = [one for one in options if isinstance(one, LoaderCriteria)]
        self.instead: Any = None
        self.outermost: Any = None
        self.refreshed: Any = None
        self.unions: list[tuple[frozenset[Any], Any]] = []

    # ---- what stands for what

    def replacement(self, node: Any) -> Any:
        """Return what is put in the place of a node; None to look inside it."""
        lowering = _LOWERINGS.get(node.visit)
        return None if lowering is None else lowering(self, node)

    def column(self, entity: Any, prop: Any) -> Any:
        """Return the expression of a column attribute of an entity."""
        entity = self.stand_in(entity)
        self.mention(root_of(entity), prop.is_expression)
        seen_as = id(entity), id(prop), id(self.instead)
        known = self.columns.get(seen_as)
        if known is None:
            known = self.columns[seen_as] = self.rewrite(expression_of_property(entity, prop))
        return known

    def stand_in(self, entity: Any) -> Any:
        """Return the class whose source a class is read from here: its own, or that of a related one which is selected from a UNION or subquery."""
        entity = self.alias_of(entity)
        known = self.scopes[-1].entities if self.scopes else {}
        if entity.alias is not None or id(entity) in known:
            return entity
        for one in known.values():
            if one.alias is None and reads_for(one.mapper, entity.mapper):
                return one
        return entity

    def alias_of(self, entity: Any) -> Any:
        """Return the alias that stands for a class here, or the class itself."""
        return next((found for one in reversed(self.scopes) if (found := one.aliases.get(id(entity))) is not None), entity)

    def plain_column(self, node: Any) -> Any:
        """Return what stands in the place of a plain column: that of a subquery the whole SELECT is taken from, or of a polymorphic one."""
        table = node.table
        if table is None:
            return None
        if self.instead is not None:
            if table is self.instead:
                return None
            return next((one for one in self.instead.c.values() if node in one.proxy_set), None)
        for tables, selectable in self.unions:
            if table in tables:
                found = selectable.corresponding_column(node)
                return None if found is None or found is node else self.rewrite(found)
        return None

    def note_union(self, entity: Any) -> None:
        """Have plain columns of a class that is selected from a source of its own be taken from that source."""
        if entity.alias is None and has_own_selectable(entity.mapper):
            tables = frozenset(table for one in entity.mapper.hierarchy() for table in one.tables)
            selectable = entity.mapper.selectable
            if (tables, selectable) not in self.unions:
                self.unions.append((tables, selectable))

    def source_of(self, entity: Any) -> Any:
        """Return what an entity is in FROM."""
        entity = self.alias_of(root_of(entity))
        known = self.sources.get(id(entity))
        if known is None:
            known = self.sources[id(entity)] = self.rewrite(selectable_of(entity))
        return known

    def mention(self, entity: Any, by_expression: bool = False) -> None:
        """Note that the SELECT at hand names an entity."""
        entity = self.alias_of(entity)
        self.note_union(entity)
        if self.scopes:
            self.scopes[-1].mention(entity, by_expression)

    def apart(self, node: Any) -> Any:
        """Rewrite what stands for itself and sees nothing of the statement around it."""
        outside = self.scopes, self.unions, self.instead
        self.scopes, self.unions, self.instead = [], [], None
        try:
            return self.rewrite.inside(node)
        finally:
            self.scopes, self.unions, self.instead = outside

    # ---- SELECT

    def select(self, node: Any) -> Any:
        """Return a plain SELECT."""
        scope = Scope(node, bool(self.scopes))
        self.scopes.append(scope)
        before = self.instead
        try:
            self.begin(node)
            options = node._with_options if node is self.outermost else None
            columns = [column for item in node._raw_columns for column in self.output(item, options)]
            return self.finished(node, scope, columns, self.conditions(node, scope))
        finally:
            self.scopes.pop()
            self.instead = before

    def begin(self, node: Any) -> None:
        """Find the subquery that a SELECT takes its entities from instead of their tables (`Query.union`)."""
        self.instead = None if node._replacing is None else self.rewrite(node._replacing)
        if node._joins and self.instead is None:
            self.scopes[-1].aliases = aliases_of_overlapping(node)
        if self.instead is not None:
            self.note_expressions(node._replacing, self.instead)

    def note_expressions(self, source: Any, lowered: Any) -> None:
        """Have expressions that belong to no entity (literals, functions, labels) be taken from the subquery, by their position in it."""
        statement = source.element
        while hasattr(statement, "selects"):
            statement = statement.selects[0]
        columns = list(lowered.c)
        at = 0
        for item in statement._raw_columns:
            width = len(list(self.output_columns(item)))
            if width == 1 and not any(getattr(item, kind, False) for kind in ("is_entity", "is_bundle", "is_from", "is_entity_column")):
                self.rewrite.remember(item, columns[at])
            at += width

    def output_columns(self, item: Any) -> Iterator[Any]:
        """Yield what an item of the SELECT list is made of, as it was written."""
        if getattr(item, "is_entity", False) or getattr(item, "is_from", False):
            yield from item.c.values()
        elif getattr(item, "is_bundle", False):
            for one in item.exprs:
                yield from self.output_columns(one)
        else:
            yield item

    def output(self, item: Any, options: Sequence[Any] | None = None) -> Iterator[Any]:
        """Yield the plain columns that an item of the SELECT list, or of RETURNING with the options of the write, stands for."""
        if getattr(item, "is_entity", False):
            self.mention(item)
            for column in item.c.values() if options is None else returned_columns(item, options):
                yield self.rewrite(column)
        elif getattr(item, "is_bundle", False):
            for one in item.exprs:
                yield from self.output(one, options)
        elif isinstance(item, AliasedSource):
            lowered = self.rewrite(item)
            if [column.name for column in item.c] == [column.name for column in lowered.c]:
                yield lowered
            else:
                yield from [named_as_written(column, own) for column, own in zip(item.c, lowered.c, strict=True)]
        else:
            yield named_as_written(item, self.rewrite(item))

    def conditions(self, node: Any, scope: Scope) -> list[Any]:
        """Build the sources of a SELECT and return its WHERE conditions."""
        for one in node._from_obj:
            scope.froms.append(self.from_element(one))
        scope.listening = False
        for spec in node._joins:
            self.join(spec, scope)
        where = [self.rewrite(one) for one in node._where]
        if self.instead is None:
            self.add_wide_sources(scope)
        for entity in () if self.instead is not None else scope.entities.values():
            if id(entity) not in scope.joined and entity is not self.refreshed and not self.is_outside(entity, scope):
                where += self.entity_criteria(entity)
        return where

    def finished(self, node: Any, scope: Scope, columns: Sequence[Any], where: Sequence[Any]) -> Any:
        """Return the SELECT with everything in it lowered."""
        changed: dict[str, Any] = {"_raw_columns": tuple(columns)}
        for name in _SELECT_NODES:
            value = getattr(node, name)
            if value:
                changed[name] = self.rewrite.several(value)
        for name in ("_limit", "_offset", "_fetch"):
            value = getattr(node, name)
            if value is not None:
                changed[name] = self.rewrite(value)
        if node._for_update is not None and node._for_update.of:
            changed["_for_update"] = node._for_update._copy(of=tuple(self.plain_sources(node._for_update.of)))
        for name in ("_correlate", "_correlate_except"):
            value = getattr(node, name)
            if value:
                changed[name] = tuple(self.plain_sources(value))
        if node._independent_ctes:
            changed["_independent_ctes"] = self.rewrite.several(node._independent_ctes)
        if node._hints:
            changed["_hints"] = tuple((next(iter(self.plain_sources((source,)))), text, name) for source, text, name in node._hints)
        if scope.froms:
            changed["_from_obj"] = tuple(scope.froms)
        if node._joins:
            changed["_joins"] = ()
        if where or node._where:
            changed["_where"] = tuple(where)
        if node._with_options:
            changed["_with_options"] = ()
        return node._with(**changed)

    def plain_sources(self, nodes: Sequence[Any]) -> Iterator[Any]:
        """Yield the tables that entities and other sources are made of."""
        for node in nodes:
            if not isinstance(node, FromClause):
                yield self.rewrite(node)
                continue
            source = self.source_of(node) if getattr(node, "is_entity", False) else self.rewrite(node)
            yield from (one for one in source._sources_below() if not isinstance(one, Join))

    # ---- FROM

    def from_element(self, node: Any) -> Any:
        """Return what a source named by the user is in FROM."""
        if self.instead is not None and node is self.scopes[-1].node._replacing:
            return self.instead
        if getattr(node, "is_entity", False):
            node = self.alias_of(node)
            self.note_union(node)
            if self.scopes:
                self.scopes[-1].bring(node)
            return self.source_of(node)
        return self.rewrite(node)

    def add_wide_sources(self, scope: Scope) -> None:
        """Add the joins of classes that need several tables, and what expressions do not bring along; the compiler finds other tables."""
        for entity in [one for key, one in scope.entities.items() if key not in scope.joined]:
            source = self.source_of(entity)
            if not (isinstance(source, Join) or id(entity) in scope.needed) or scope.index_of(source) is not None:
                continue
            if not self.is_outside(entity, scope) and not complete(entity, scope):
                scope.froms.append(source)

    def is_outside(self, entity: Any, scope: Scope) -> bool:
        """Tell whether an entity named in a SELECT belongs to the statement around it."""
        if not scope.correlates or scope is not self.scopes[-1] or scope.covers(self.source_of(entity)):
            return False
        around = {key for one in self.scopes[:-1] for key in one.entities}
        if id(entity) not in around:
            return False
        node = scope.node
        if node._correlate is not None:
            return any(one is entity for one in node._correlate)
        if node._correlate_except is not None:
            return not any(one is entity for one in node._correlate_except)
        own = (
            scope.froms
            or any(key not in around for key in scope.entities)
            or froms_of_all([one for one in (*node._raw_columns, *node._where) if not getattr(one, "_entities", False)])
        )
        return node._auto_correlate and bool(own)

    def join(self, spec: Any, scope: Scope) -> None:
        """Add one `.join()`."""
        along = relation_of(spec.target)
        if along is None:
            along = relation_of(spec.onclause)
        if along is not None:
            self.join_along(along, spec, scope)
            return
        right = self.from_element(spec.target)
        onclause = None if spec.onclause is None else self.rewrite(spec.onclause)
        left = self.from_element(spec.left) if spec.left is not None else choose_left(self.candidates(scope, right), right, onclause)
        if scope.index_of(left) is None:
            scope.froms.append(left)
        if onclause is None:
            onclause = join_condition(scope.froms[scope.index_of(left) or 0] if spec.left is None else left, right)
        if getattr(spec.target, "is_entity", False):
            scope.bring(self.alias_of(spec.target), True)
            onclause = conjunction([onclause, *self.entity_criteria(spec.target)])
        scope.attach(left, right, onclause, spec.isouter, spec.full)

    def candidates(self, scope: Scope, right: Any) -> list[Any]:
        """Return the sources that a join may start from: those there are, else those the SELECT list names."""
        if scope.froms:
            return scope.froms
        node = scope.node
        found = [self.source_of(one) for one in entities_in(node._raw_columns)]
        plain = froms_of_all([self.rewrite(one) for one in node._raw_columns if not getattr(one, "is_entity", False)])
        have = {id(below) for one in found for below in one._sources_below()}
        found += [one for one in plain if id(one) not in have]
        if not [one for one in found if one is not right]:
            found += [self.source_of(one) for one in scope.entities.values()]
        return list({id(one): one for one in found}.values())

    def join_along(self, along: Any, spec: Any, scope: Scope) -> None:
        """Join along a relationship: `join(User.orders)` or `join(Order, User.orders)`."""
        prop = along.prop
        named = spec.target if along is not spec.target and relation_of(spec.target) is None else None
        right_entity = self.alias_of(along.target_entity if named is None else named)
        left_entity = along.owner_entity
        if spec.left is not None and getattr(spec.left, "is_entity", False):
            left_entity = spec.left
        left_entity = self.stand_in(left_entity)
        left = self.source_of(left_entity)
        if scope.index_of(left) is None and getattr(spec, "left_entity", None) is not None:
            left_entity = spec.left_entity
            left = self.source_of(left_entity)
        if scope.index_of(left) is None:
            inherited = [scope.present(left_entity, column) for column in prop.local_columns]
            wider = self.wider_source(left, scope)
            if wider is not None:
                scope.froms.append(wider)
            elif self.instead is not None and left_entity.alias is None:
                left = self.instead
            elif inherited and all(one is not None for one in inherited):
                left = inherited[0].table
            else:
                scope.bring(left_entity)
        if getattr(right_entity, "is_entity", False):
            scope.bring(right_entity, True)
        joined = RelationJoin(self, prop, left_entity, right_entity, scope)
        criteria = [self.rewrite(one) for one in along.criteria]
        if getattr(right_entity, "is_entity", False):
            criteria = [self.rewrite(adapted(one, right_entity)) for one in along.criteria]
        joined.attach(scope, left, [*criteria, *self.entity_criteria(right_entity)], spec.isouter, spec.full)

    def wider_source(self, left: Any, scope: Scope) -> Any:
        """Return the joined tables of a class in the SELECT list that a superclass's table is part of, if they are not in FROM yet."""
        for entity in scope.entities.values():
            source = self.source_of(entity)
            if isinstance(source, Join) and scope.index_of(source) is None and any(one is left for one in source._sources_below()):
                return source
        return None

    def orm_join(self, node: Any) -> Any:
        """Return a plain join for `join(User, Order, User.orders)`; None for a join that is plain already."""
        along = relation_of(node.onclause)
        if along is None and node.onclause is not None and not any(getattr(one, "is_entity", False) for one in (node.left, node.right)):
            return None
        scope = Scope(node, False)
        self.scopes.append(scope)
        try:
            scope.froms.append(self.from_element(node.left))
            scope.listening = False
            self.join(_Sides(node, scope.froms[0]), scope)
        finally:
            self.scopes.pop()
        if self.scopes:
            self.scopes[-1].entities.update(scope.entities)
            self.scopes[-1].joined |= scope.joined
        self.rewrite.remember(node, scope.froms[0])
        return scope.froms[0]

    # ---- criteria

    def entity_criteria(self, entity: Any) -> list[Any]:
        """Return the conditions that belong to an entity wherever it stands: its discriminator, `with_loader_criteria`."""
        if not getattr(entity, "is_entity", False):
            return []
        entity = self.alias_of(entity)
        found = []
        own = single_table_criterion(entity)
        if own is not None:
            found.append(self.rewrite(own))
        for option in self.criteria:
            condition = option.condition_for(entity)
            if condition is not None:
                found.append(self.rewrite(adapted(condition, entity)))
        return found

    # ---- writes

    def write(self, node: Any) -> Any:
        """Return a plain INSERT, UPDATE or DELETE."""
        entity = node.table if getattr(node.table, "is_entity", False) else None
        changed: dict[str, Any] = {}
        scope = Scope(node, False)
        self.scopes.append(scope)
        try:
            for name in node._nodes:
                value = getattr(node, name)
                changed[name] = self.written(value) if name != "table" else self.write_table(value)
            if entity is not None and "_where" in node._nodes:
                changed["_where"] = (*changed["_where"], *self.entity_criteria(entity))
            columns = [column for item in node._returning for column in self.output(item, node._with_options)]
            changed["_returning"] = tuple(columns)
        finally:
            self.scopes.pop()
        return node._with(**changed, _with_options=())

    def written(self, value: Any) -> Any:
        """Return a clause of a write, lowered."""
        return self.rewrite.several(value) if isinstance(value, tuple) else self.rewrite(value)

    def write_table(self, table: Any) -> Any:
        """Return the table that a write goes to."""
        return table.mapper.local_table if getattr(table, "is_entity", False) else self.rewrite(table)


class _Sides:
    """An explicit join, seen as a `.join()` whose left side is lowered already.

    `left_entity` is what a relationship starts from if its own entity is not on the left.
    """

    __slots__ = ("full", "isouter", "left", "left_entity", "onclause", "target")

    def __init__(self, node: Any, left: Any) -> None:
        self.target = node.right
        self.onclause = node.onclause
        self.left = None if relation_of(node.onclause) is not None else left
        self.left_entity = node.left if getattr(node.left, "is_entity", False) else None
        self.isouter = node.isouter
        self.full = node.full


def root_of(entity: Any) -> Any:
    """Return the alias whose source an entity shares: `poly` for `poly.Manager`."""
    owner = getattr(entity, "owner", None)
    return entity if owner is None else owner


def selectable_of(entity: Any) -> Any:
    """Return the table, join or alias that an entity stands for."""
    return entity.mapper.selectable if entity.alias is None else entity.selectable


def aliases_of_overlapping(node: Any) -> dict[int, Any]:
    """Return aliases for the classes of several tables that a SELECT joins to tables they have themselves."""
    targets = [_joined_entity(spec) for spec in node._joins]
    wide = [one for one in targets if one is not None and isinstance(selectable_of(one), Join)]
    if not wide:
        return {}
    found: dict[int, Any] = {}
    relations = [relation_of(spec.target) or relation_of(spec.onclause) for spec in node._joins]
    starts = [*node._from_obj, *[spec.left for spec in node._joins if spec.left is not None]]
    if not starts and relations[0] is None:
        starts = [one for one in entities_in(node._raw_columns) if all(one is not target for target in targets)]
    present = {id(table) for one in starts for table in _tables(one)}
    for target, along in zip(targets, relations, strict=True):
        if along is not None:
            present |= {id(table) for table in _tables(along.owner_entity)}
        if target is None:
            continue
        tables = {id(table) for table in _tables(target)}
        if isinstance(selectable_of(target), Join) and tables & present:
            warnings.warn(
                f"An alias is being generated automatically against joined entity {target.mapper} due to overlapping tables; "
                f"join aliased({target.class_.__name__}, flat=True) and use the alias in the statement",
                AmboWarning,
                stacklevel=2,
            )
            found[id(target)] = aliased(target.class_, flat=True).__clause_element__()
        present |= tables
    return found


def _joined_entity(spec: Any) -> Any:
    along = relation_of(spec.target)
    target = spec.target if along is None else along.target_entity
    return target if getattr(target, "is_entity", False) and target.alias is None else None


def _tables(source: Any) -> Iterator[Any]:
    source = selectable_of(source) if getattr(source, "is_entity", False) else source
    return (one for one in source._sources_below() if not isinstance(one, Join))


def complete(entity: Any, scope: Scope) -> bool:
    """Join a class's own tables to those of its superclass, if only these stand in FROM; tell whether that was so."""
    mapper = entity.mapper
    if entity.alias is not None or has_own_selectable(mapper) or not scope.covers(mapper.base_mapper.local_table):
        return False
    for wanted, isouter in ((mapper, False), *[(one, True) for one in mapper.with_polymorphic_mappers]):
        for one in reversed(list(wanted.iterate_to_root())):
            if one.inherit_condition is not None and not scope.covers(one.local_table):
                scope.attach(one.inherits.local_table, one.local_table, one.inherit_condition, isouter)
    return True


def reads_for(one: Any, other: Any) -> bool:
    """Tell whether the source of one class holds the columns of another of its hierarchy, and they have no table in common to say so."""
    if not related(one, other) or not (has_own_selectable(one) or has_own_selectable(other)):
        return False
    return one.isa(other) or other in one.with_polymorphic_mappers


def relation_of(node: Any) -> Any:
    """Return a relationship attribute, None for anything else."""
    return node if getattr(node, "_is_relationship", False) else None


def named_as_written(column: Any, found: Any) -> Any:
    """Return a column of a lowered subquery, labelled if it was called otherwise: by the name of an attribute, not of its column."""
    if isinstance(getattr(column, "table", None), AliasedSource) and isinstance(column.name, str) and found.name != column.name:
        return Label(column.name, found)
    return found


def entities_in(items: Sequence[Any]) -> list[Any]:
    """Return the entities that the items of a SELECT list name directly."""
    found: dict[int, Any] = {}
    for item in items:
        entity = item if getattr(item, "is_entity", False) else getattr(item, "entity", None)
        if getattr(item, "is_bundle", False):
            found.update((id(one), one) for one in entities_in(item.exprs))
        elif getattr(entity, "is_entity", False):
            found[id(entity)] = entity
    return list(found.values())


def single_table_criterion(entity: Any) -> Any:
    """Return `discriminator IN (...)` for a class that shares its table with others, else None."""
    mapper = entity.mapper
    if not mapper.single or mapper.polymorphic_on is None:
        return None
    identities = [one.polymorphic_identity for one in mapper.hierarchy() if one.polymorphic_identity is not None]
    return adapted(mapper.polymorphic_on.in_(identities), entity)


_LOWERINGS: dict[str, Callable[[Lowering, Any], Any]] = {
    "column": Lowering.plain_column,
    "entity_column": lambda lowering, node: lowering.column(node.entity, node.prop),
    "entity": lambda lowering, node: lowering.from_element(node),
    "select": Lowering.select,
    "join": Lowering.orm_join,
    "subquery": Lowering.apart,
    "cte": Lowering.apart,
    "insert": Lowering.write,
    "update": Lowering.write,
    "delete": Lowering.write,
}


def lower(statement: Any) -> Any:
    """Return a statement without entities; what the compiler calls before it renders anything that holds one.

    The outermost SELECT leaves out what options or the mapping defer; a subquery keeps all that `.c` shows.
    """
    if is_plain(statement):
        return statement
    before_use(statement)
    try:
        return _lowered(statement)
    except RecursionError:
        with deeper():
            return _lowered(statement)


def _lowered(statement: Any) -> Any:
    lowering = Lowering(getattr(statement, "_with_options", ()))
    lowering.outermost = statement
    return lowering.rewrite(statement)
