"""Planning a session's query: lowering its outermost SELECT, and saying what becomes of each row.

    lower_query(statement) -> Lowered(plain statement, LoadPlan, labels)
      items of the SELECT list -> elements of the plan; the columns they need -> the plain SELECT list
      options and mapping      -> which columns (`loaded_keys`), which relations join in (`joined.py`) or follow (`steps.py`)

Rule 1: a column that several elements need stands in the SELECT list once.
Rule 2: names and positions are settled here; types come from the nodes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from ambo.errors import CompileError
from ambo.loading.choices import Choices, Propagated, check_applicable, choices_of, loaded_keys, related
from ambo.loading.joined import JoinedLoads
from ambo.loading.lower import Lowering, lower, selectable_of
from ambo.loading.options import Load
from ambo.loading.plan import BundlePlan, Cell, Element, EntityPlan, LoadPlan
from ambo.loading.relations import adapted, column_of, is_other_source, stands_in
from ambo.loading.rows import RowShape
from ambo.loading.scope import Scope
from ambo.loading.steps import kind_of, step_for
from ambo.loading.subclasses import SubclassStep
from ambo.mapping.bundles import Bundle
from ambo.mapping.configuration import before_use
from ambo.rendering.compiler import install_lowering
from ambo.statements.keys import statement_key
from ambo.statements.labels import LABEL_STYLE_TABLENAME_PLUS_COL
from ambo.statements.nodes import ClauseElement
from ambo.statements.traversal import is_plain


@dataclass(frozen=True, slots=True)
class Label:
    """What one element of a row is called: its name (None: as the compiled statement says), what else finds it, whether it is an entity."""

    name: str | None
    objects: tuple[Any, ...]
    is_entity: bool
    index: int = 0


@dataclass(frozen=True, slots=True)
class Lowered:
    """A plain statement and what becomes of its rows."""

    statement: Any
    plan: LoadPlan
    labels: tuple[Label, ...]


class Outputs:
    """The SELECT list of the plain statement, as it grows."""

    def __init__(self) -> None:
        self.columns: list[Any] = []
        self._index: dict[int, int] = {}

    def has(self, column: Any) -> bool:
        """Tell whether a column can be selected: here, any."""
        return True

    def add(self, column: Any) -> Cell:
        """Return the cell of a column, which is added unless it is there."""
        index = self._index.get(id(column))
        if index is None:
            index = self._index[id(column)] = len(self.columns)
            self.columns.append(column)
        return Cell(index, getattr(column, "type", None))


def _is_star(item: Any) -> bool:
    if item.visit == "textclause":
        return bool(item.text.strip() == "*")
    return bool(item.visit == "column" and item.is_literal and item.name == "*")


REFRESHING = "_refreshing"
"""The execution option of a statement that reads an object again which is there already: `with_loader_criteria` has no say in that."""


class Planner:
    """Plans one query."""

    joins_relations = True

    def __init__(
        self, statement: Any, given: dict[int, Choices] | None = None, path: tuple[Any, ...] = (), only: frozenset[str] | None = None
    ) -> None:
        self.statement = statement
        self.only = only
        self.path = path
        self.options = statement._with_options
        self.eager = statement._execution_options.get("enable_eagerloads", True)
        self.lowering = Lowering(self.options)
        if statement._execution_options.get(REFRESHING):
            self.lowering.refreshed = statement._raw_columns[0]
        self.outputs = Outputs()
        self.labels: list[Label] = []
        self.given = given or {}
        self.criteria = tuple(one for one in self.options if one.propagate_to_loaders and not isinstance(one, Load))
        self.joins = JoinedLoads(self)
        self.roots: list[Any] = []

    def run(self) -> Lowered:
        """Lower the statement."""
        node = self.statement
        lowering = self.lowering
        scope = Scope(node, False)
        lowering.scopes.append(scope)
        lowering.begin(node)
        elements = tuple([element for item in node._raw_columns for element in self.elements(item)])
        where = lowering.conditions(node, scope)
        check_applicable(self.options, self.roots)
        if self.joins.found:
            plain = self.joins.build(node, scope, where)
        else:
            plain = lowering.finished(node, scope, self.outputs.columns, where)
        lowering.scopes.pop()
        plan = LoadPlan(elements, len(plain._raw_columns), self.joins.repeats)
        return Lowered(plain, plan, tuple(self.labels))

    # ---- elements

    def elements(self, item: Any) -> Iterator[Element]:
        """Yield the plan elements for an item of the SELECT list, and label them."""
        if getattr(item, "is_entity", False):
            self.labels.append(Label(item.name or item.class_.__name__, entity_objects(item), True))
            yield self.root(item)
        elif getattr(item, "is_bundle", False):
            self.labels.append(Label(item.name, (item,), False))
            yield self.bundle(item)
        elif getattr(item, "is_from", False):
            for column in item.c.values():
                yield self.column(column)
        else:
            yield self.column(item)

    def column(self, item: Any) -> Cell:
        """Return the cell of a column or expression.

        Raises CompileError for `*` beside something else: nobody knows how many values it brings.
        """
        if _is_star(item) and len(self.statement._raw_columns) > 1:
            raise CompileError("Can't generate ORM query that includes multiple expressions at the same time as '*'; query for '*' alone if present")
        cell = self.output(item)
        own_name = getattr(item, "is_entity_column", False) and self.statement.get_label_style() is not LABEL_STYLE_TABLENAME_PLUS_COL
        name = item.key if own_name else None
        self.labels.append(Label(name, (item,), False, cell.index))
        return cell

    def output(self, item: Any) -> Cell:
        """Return where the value of a column or expression stands in the row."""
        return self.outputs.add(self.lowering.rewrite(item))

    def bundle(self, item: Any) -> BundlePlan:
        """Return the plan of a Bundle."""
        labels, self.labels = self.labels, []
        elements = tuple([element for one in item.exprs for element in self.elements(one)])
        labels, self.labels = self.labels, labels
        names = [bundle_label(label, at) for at, label in enumerate(labels)]
        if type(item).create_row_processor is Bundle.create_row_processor:
            return BundlePlan(elements, RowShape(names).row_class)
        return BundlePlan(elements, item.create_row_processor(self.statement, [itemgetter(at) for at in range(len(names))], names))

    def root(self, entity: Any) -> EntityPlan:
        """Return the plan of an entity that the user selects."""
        self.roots.append(entity)
        self.lowering.mention(entity)
        choices = self.given.get(id(entity))
        if choices is None:
            choices = choices_of(self.options, entity)
        return self.entity(entity, choices, self.path)

    # ---- entities

    def entity(self, entity: Any, choices: Choices, path: tuple[Any, ...], named: Any = None) -> EntityPlan:
        """Return the plan of an entity, with the plans of its subclasses where rows may be of those.

        `named` is what options call it, if that is something else.
        """
        mapper = entity.mapper
        wide = wide_mappers(entity)
        named = entity if named is None else named
        plan = self.one_class(entity, mapper, choices, path, wide, named)
        discriminator = discriminator_of(entity)
        if discriminator is None:
            self.expect_identity(plan)
            return plan
        plan.discriminator = self.cell(entity, discriminator)
        plan.branches = tuple(
            (identity, plan if one is mapper else self.one_class(entity, one, choices, path, wide, named))
            for identity, one in mapper.polymorphic_map.items()
            if one.isa(mapper)
        )
        for _, branch in plan.branches:
            if branch is not plan:
                self.complete_branch(plan, branch, choices)
        return plan

    def expect_identity(self, plan: EntityPlan) -> None:
        """Let rows of a class without subclasses be compared with its identity, if its discriminator is among what is read.

        A refresh takes what the row of its object says.
        """
        mapper = plan.mapper
        own, identity = mapper.polymorphic_on, mapper.polymorphic_identity
        if own is None or identity is None or mapper.concrete or self.only is not None or self.statement._execution_options.get(REFRESHING):
            return
        prop = mapper.property_of(own)
        cell = None if prop is None else dict(plan.attributes).get(prop.key)
        if cell is not None:
            plan.discriminator, plan.branches = cell, ((identity, plan),)

    def complete_branch(self, plan: EntityPlan, branch: EntityPlan, choices: Choices) -> None:
        """Give a subclass what its base's loads need, and the step that loads its own columns if options or mapping want one."""
        have = {key for key, _ in branch.attributes}
        branch.attributes += tuple((key, cell) for key, cell in plan.attributes if key not in have and key in branch.mapper.attributes)
        have = {key for key, _ in branch.attributes}
        missing = frozenset(loaded_keys(branch.mapper, choices) - have)
        if missing and self.eager and self.only is None and loads_by_key(plan.mapper, branch.mapper, choices):
            branch.steps += (SubclassStep(branch.mapper, missing, self.criteria),)

    def one_class(self, entity: Any, mapper: Any, choices: Choices, path: tuple[Any, ...], wide: Sequence[Any], named: Any) -> EntityPlan:
        """Return the plan for rows of one class of an entity's hierarchy."""
        plan = EntityPlan(mapper, entity)
        plan.key = tuple([self.cell(entity, column) for column in entity.mapper.primary_key])
        plan.attributes = tuple(self.attributes(entity, mapper, choices, wide, self.only if not path else None))
        plan.by_peers = any(kind_of(prop, choices.of(named, prop.key)) == "peers" for prop in mapper.relationship_list)
        plan.propagated = self.propagated(named, choices, plan.by_peers)
        if self.eager:
            self.relations(plan, mapper, choices, path, named)
            self.add_keys(plan, entity)
        return plan

    def add_keys(self, plan: EntityPlan, entity: Any) -> None:
        """Have the row bring the columns that the loads to follow go by."""
        have = {key for key, _ in plan.attributes}
        for step in plan.steps:
            for key in step.keyed.parent_keys:
                if key not in have:
                    have.add(key)
                    plan.attributes += ((key, self.outputs.add(self.lowering.column(entity, plan.mapper.attributes[key]))),)

    def cell(self, entity: Any, column: Any) -> Cell:
        """Return the cell of a mapped column."""
        prop = entity.mapper.property_of(column)
        if prop is None:
            return self.outputs.add(self.lowering.rewrite(adapted(column, entity)))
        return self.outputs.add(self.lowering.column(entity, prop))

    def attributes(
        self, entity: Any, mapper: Any, choices: Choices, wide: Sequence[Any], only: frozenset[str] | None
    ) -> Iterator[tuple[str, Cell]]:
        """Yield the attributes that the row brings, with their cells."""
        own = entity.mapper
        keys = loaded_keys(mapper, choices) if only is None else only.union(mapper.pk_keys)
        given = {key: one.expression for one in choices.columns if one.name == "expression" for key in one.keys}
        for prop in mapper.column_attributes:
            key = prop.key
            if key in given:
                yield key, self.outputs.add(self.lowering.rewrite(adapted(given[key], entity)))
            elif key in keys and (key in own.attributes or any(key in one.attributes and mapper.isa(one) for one in wide)):
                mapped = own.attributes.get(key) or prop
                if is_other_source(entity) and not stands_in(entity, mapped.expression):
                    continue
                column = self.lowering.column(entity, mapped)
                if self.outputs.has(column):
                    yield key, self.outputs.add(column)

    def propagated(self, entity: Any, choices: Choices, by_peers: bool) -> Propagated | None:
        """Return what stays with the objects for their lazy loads."""
        if not choices and not self.criteria and not by_peers:
            return None
        varies = any(statement_key(one).binds for one in (*expressions_of(choices), *self.criteria))
        return Propagated(entity, choices, self.criteria, varies or by_peers, peers=[] if by_peers else None)

    def can_join(self, entity: Any, prop: Any) -> bool:
        """Tell whether a relation can be joined to an entity: rows of a superclass may lack the column that it starts from."""
        if not self.joins_relations:
            return False
        if prop.key in entity.mapper.attributes:
            return True
        below = {id(one) for one in self.lowering.source_of(entity)._sources_below()}
        return all(id(self.lowering.rewrite(column_of(entity, column)).table) in below for column in prop.local_columns)

    def relations(self, plan: EntityPlan, mapper: Any, choices: Choices, path: tuple[Any, ...], named: Any) -> None:
        """Plan the relationships that are loaded with an entity."""
        joined: list[Any] = []
        steps: list[Any] = []
        empty: list[Any] = []
        shared = {} if mapper is plan.entity.mapper else plan.entity.mapper.attributes
        for prop in mapper.relationship_list:
            if prop.key in shared or (self.only is not None and not path and prop.key not in self.only):
                continue
            choice = choices.of(named, prop.key)
            found = step_for(prop, choice, path, self.criteria)
            if found == "join" and kind_of(prop, choice) != "contains" and not self.can_join(plan.entity, prop):
                continue
            if found == "join":
                joined.append(self.joins.plan(prop, plan.entity, choice, path))
            elif found == "empty":
                empty.append(prop)
            elif found is not None:
                steps.append(found)
        plan.joined, plan.steps, plan.empty = tuple(joined), tuple(steps), tuple(empty)


def discriminator_of(entity: Any) -> Any:
    """Return the column that says of which class a row of an entity is; None if all are of one, or the entity's source lacks it."""
    mapper = entity.mapper
    if not (mapper.inheriting or mapper.polymorphic_abstract):
        return None
    given = None if entity.alias is None else entity.polymorphic_on
    if given is not None:
        return given
    own = mapper.polymorphic_on
    return own if own is None or not is_other_source(entity) or stands_in(entity, own) else None


def loads_by_key(base: Any, mapper: Any, choices: Choices) -> bool:
    """Tell whether a subclass's own columns are loaded by a further statement."""
    chosen = [one.mapper for strategy in choices.columns if strategy.name == "polymorphic" for one in strategy.entities]
    return any((one.polymorphic_load == "selectin" or one in chosen) and one is not base and one.isa(base) for one in mapper.iterate_to_root())


def bundle_label(label: Label, at: int) -> str:
    """Return what a column of a bundle is called."""
    return label.name or getattr(label.objects[0], "key", None) or getattr(label.objects[0], "name", None) or f"column_{at}"


def selects_entities(statement: Any) -> bool:
    """Tell whether a SELECT list holds anything that only a session's query understands."""
    return any(
        getattr(item, "is_entity", False) or getattr(item, "is_entity_column", False) or getattr(item, "is_bundle", False)
        for item in statement._raw_columns
    )


def expressions_of(choices: Choices) -> Iterator[ClauseElement]:
    """Yield the expressions that options hold."""
    for entry in choices.entries:
        for step in entry.path:
            yield from step.criteria
        if entry.strategy.expression is not None:
            yield entry.strategy.expression


def entity_objects(entity: Any) -> tuple[Any, ...]:
    """Return what a row may be asked for to find an entity."""
    return (entity, entity.class_) if entity.alias is None else (entity, entity.entity)


def wide_mappers(entity: Any) -> Sequence[Any]:
    """Return the mappers of subclasses whose columns the entity's source has."""
    found: Sequence[Any] = entity.mapper.with_polymorphic_mappers if entity.alias is None else entity.with_polymorphic_mappers
    return found


def lower_query(
    statement: Any, given: dict[int, Choices] | None = None, path: tuple[Any, ...] = (), only: frozenset[str] | None = None
) -> Lowered:
    """Lower a session's query.

    `given` are choices that were made already, by the identity of the entity; `path` the relationships that led here; `only` the
    attributes to load.
    """
    before_use(statement)
    return Planner(statement, given, path, only).run()


def lower_shown(statement: Any) -> Any:
    """Return a statement without entities, as the compiler wants it; a SELECT of entities has the joins of its eager loads."""
    if statement.visit == "select" and selects_entities(statement) and not is_plain(statement):
        before_use(statement)
        planner = Planner(statement)
        lowered = planner.run()
        if planner.joins.found:
            return lowered.statement
    return lower(statement)


install_lowering(lower_shown)


__all__ = ["Label", "Lowered", "Outputs", "Planner", "loaded_keys", "lower_query", "related", "selectable_of"]
