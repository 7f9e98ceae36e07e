"""Which loader options apply where: the options of a statement, seen from one entity on one path.

A `Choices` is asked at each entity of a plan: how to load a relationship, and which columns. Descending into a relationship
gives the `Choices` of its target. The same object, kept in an object's state as `Propagated`, answers a lazy load much later.

    exact path   over   `*` on that entity   over   `*` of the whole statement   over   the mapping;   later options over earlier ones

Rule 1: entities are compared as users name them: an alias only equals itself, a class equals its super- and subclasses.
Rule 2: an option that applies to nothing is an error, unless it came along from another statement.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ambo.errors import ArgumentError
from ambo.loading.options import RELATIONSHIP_STRATEGIES, Entry, Load, Strategy
from ambo.loading.paths import PathStep
from ambo.mapping.aliases import with_polymorphic


def same_entity(named: Any, actual: Any) -> bool:
    """Tell whether what an option names is the entity at hand, or a super- or subclass of it."""
    if named is None or named is actual:
        return True
    if actual.stands_for_class:
        actual = actual.mapper.entity
    if named.alias is not None or actual.alias is not None:
        return bool(named.alias is actual.alias and named.alias is not None)
    return related(named.mapper, actual.mapper)


def related(one: Any, other: Any) -> bool:
    """Tell whether one mapper inherits from the other."""
    return one is other or (one.base_mapper is other.base_mapper and (one.isa(other) or other.isa(one)))


@dataclass(frozen=True, slots=True)
class Choice:
    """How to load one relationship: the strategy (None: as mapped), narrowed to what, and the choices for its target."""

    strategy: Strategy | None
    below: Choices
    of_type: Any = None
    criteria: tuple[Any, ...] = ()
    exact: bool = False

    def target(self, prop: Any) -> Any:
        """Return the entity that is loaded.

        `of_type(Engineer)` restricts nothing in an option: all related objects are loaded, with the columns of Engineer.
        """
        given = self.of_type
        if given is None:
            return prop.entity
        return given if given.alias is not None or prop.entity.alias is not None else wide_target(prop, given.mapper)


def wide_target(prop: Any, mapper: Any, flat: bool = False) -> Any:
    """Return the target of a relationship with the columns of a subclass; a fresh alias of it if `flat`."""
    base = prop.mapper
    if mapper is base or not mapper.isa(base) or (base.with_polymorphic is not None and base.with_polymorphic[1] is not None):
        return prop.entity if mapper.isa(base) else mapper.entity
    known = None if flat else prop.wide_targets.get(mapper)
    if known is None:
        known = with_polymorphic(base, [*base.with_polymorphic_mappers, mapper], flat=flat).__clause_element__()
        known.stands_for_class = True
        if not flat:
            prop.wide_targets[mapper] = known
    return known


@dataclass(frozen=True, slots=True)
class Choices:
    """The options that apply from one entity on. `defaults` are the statement's wildcards, which apply everywhere."""

    entries: tuple[Entry, ...] = ()
    defaults: tuple[Entry, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.entries or self.defaults)

    @property
    def columns(self) -> list[Strategy]:
        """The strategies about columns of this very entity."""
        return [entry.strategy for entry in self.entries if not entry.path and entry.strategy.name not in RELATIONSHIP_STRATEGIES]

    def of(self, entity: Any, key: str) -> Choice:
        """Return what was chosen for a relationship."""
        strategy = _wildcard(self.defaults)
        rank = 0
        below: list[Entry] = []
        of_type = None
        criteria: tuple[Any, ...] = ()
        for entry in self.entries:
            if not entry.path or not _leads_to(entry.path[0], entity, key):
                continue
            step = entry.path[0]
            if step.key != "*":
                of_type = of_type if step.of_type is None else step.of_type
                criteria = step.criteria or criteria
            if len(entry.path) > 1 or entry.strategy.name not in RELATIONSHIP_STRATEGIES:
                below.append(replace(entry, path=entry.path[1:]))
            elif entry.strategy.name != "default":
                new_rank = 1 if step.key == "*" else 2
                if new_rank >= rank:
                    strategy, rank = entry.strategy, new_rank
        return Choice(strategy, Choices(tuple(below), self.defaults), of_type, criteria, rank == 2)

    def without_joins_of_the_user(self) -> Choices:
        """Return the choices for another statement, which has none of the joins that `contains_eager` reads."""
        kept = tuple(entry for entry in self.entries if entry.strategy.name != "contains")
        return self if len(kept) == len(self.entries) else Choices(kept, self.defaults)


def _wildcard(defaults: Sequence[Entry]) -> Strategy | None:
    return defaults[-1].strategy if defaults else None


def _leads_to(step: PathStep, entity: Any, key: str) -> bool:
    return step.key in (key, "*") and same_entity(step.entity, entity)


NO_CHOICES = Choices()


def choices_of(options: Sequence[Any], root: Any) -> Choices:
    """Return the choices that a statement's options make for one of its root entities."""
    entries: list[Entry] = []
    defaults: list[Entry] = []
    for option in options:
        if not isinstance(option, Load):
            continue
        for entry in option.entries:
            if _is_default(entry):
                defaults.append(entry)
            elif same_entity(_start(entry), root):
                entries.append(entry)
    return Choices(tuple(entries), tuple(defaults)) if entries or defaults else NO_CHOICES


def _is_default(entry: Entry) -> bool:
    step = entry.path[0] if len(entry.path) == 1 else None
    return step is not None and step.key == "*" and step.entity is None and entry.strategy.name in RELATIONSHIP_STRATEGIES


def _start(entry: Entry) -> Any:
    return entry.path[0].entity if entry.path else entry.root


def loaded_keys(mapper: Any, choices: Choices) -> set[str]:
    """Return the names of the column attributes that are loaded with an object."""
    rest: bool | None = None
    named: dict[str, bool] = {}
    groups: set[str] = set()
    for one in choices.columns:
        if one.name == "load_only":
            rest = False
            named.update(dict.fromkeys(one.keys, True))
        elif one.name in ("defer", "undefer"):
            if "*" in one.keys:
                rest = one.name == "undefer"
                named.clear()
            named.update(dict.fromkeys(one.keys, one.name == "undefer"))
        elif one.name == "undefer_group":
            groups.update(one.keys)
    found = set(mapper.pk_keys)
    if mapper.polymorphic_key is not None and mapper.polymorphic_prop.loads:
        found.add(mapper.polymorphic_key)
    for prop in mapper.column_attributes:
        wanted = named.get(prop.key)
        if wanted is None:
            wanted = True if prop.group in groups and prop.group is not None else rest
        if wanted is None:
            wanted = not prop.deferred
        if wanted and (prop.loads or getattr(prop, "has_default", False)):
            found.add(prop.key)
    return found


def returned_columns(entity: Any, options: Sequence[Any]) -> list[Any]:
    """Return the columns of an entity that a SELECT or the RETURNING of a write names: those that mapping and options load."""
    named = entity.c.items()
    mapper = entity.mapper
    choices = choices_of(options, entity) if options else NO_CHOICES
    if not choices.columns and not any(one.deferred for one in mapper.column_attributes):
        return [column for _, column in named]
    keys = loaded_keys(mapper, choices)
    return [column for key, column in named if key in keys or key not in mapper.attributes]


def check_applicable(options: Sequence[Any], roots: Sequence[Any]) -> None:
    """Raise ArgumentError for an option whose first entity the statement does not select."""
    for option in options:
        for entry in option.entries if isinstance(option, Load) else ():
            start = _start(entry)
            if start is None or not entry.strict or any(same_entity(start, root) for root in roots):
                continue
            shown = ", ".join(str(root.mapper) for root in roots) or "none: it selects columns only"
            raise ArgumentError(
                f"Mapped class {start.mapper} does not apply to any of the root entities in this query, which are: {shown}. "
                "An option starts at an entity that the statement selects, and names the whole path from there"
            )


@dataclass(frozen=True, slots=True, eq=False)
class Propagated:
    """The choices that stay with loaded objects, for their lazy loads; `entity` is what options call the objects.

    `criteria` are the statement's `with_loader_criteria`. `varies` tells that there are values in any of this, so that each
    execution has its own copy, with its `values`; `template` is what all copies were made of; `ended` says that the object was
    expired since. `peers` are weak references to the objects of one result, where a lazy load is to serve all of them.
    """

    entity: Any
    choices: Choices
    criteria: tuple[Any, ...] = ()
    varies: bool = False
    values: Any = None
    template: Propagated | None = None
    ended: bool = False
    peers: list[Any] | None = None

    def after_expiry(self) -> Propagated:
        """Return what is left when the object is expired: what a refresh follows, but no strategies for lazy loads."""
        return replace(self, template=self.template or self, ended=True)

    def bound(self, loading: Any) -> Propagated:
        """Return a copy for one execution."""
        return replace(self, values=loading.values, template=self, peers=None if self.peers is None else [])

    def __reduce__(self) -> tuple[Any, ...]:
        return (_nothing, ())


def _nothing() -> None:
    """Options do not survive pickling: they refer to the statement that loaded the object."""
    return
