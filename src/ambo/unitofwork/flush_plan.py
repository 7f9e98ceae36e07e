"""The flush plan: from what is to be written to ordered batches, as a pure function.

`cascades.py` finds out what a flush has to write and which object's foreign keys come from which other object; that is a
`Work`. `plan(work)` orders it; `operations/flush.py` performs one batch after the other.

Rule 1: nothing here does I/O, emits an event or changes a state.
Rule 2: objects are ordered by hierarchy (base mapper) where that is enough; object by object only inside a cycle of
    hierarchies (self-references, mutual references), and there in waves, so that a level of a tree is one batch.
Rule 3: rows are saved principals first, dependents after; association rows follow; deletes go the other way round.
Rule 4: a `post_update` foreign key orders nothing: it is written by an UPDATE of its own after the saves, and cleared by one
    before the deletes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, TypeAlias

from ambo.mapping.shared_state import SharedState
from ambo.unitofwork.ordering import components, waves

State: TypeAlias = Any
"""An `InstanceState` of the mapping layer; the plan reads `.mapper.base_mapper` only."""


@dataclass(frozen=True, slots=True)
class Link:
    """The foreign key of `dependent` is to be copied from `principal`, or cleared if that is None.

    `pairs` are (principal's column, dependent's column). With `in_memory` the database copies (ON UPDATE CASCADE) and ambo follows.
    """

    prop: Any
    principal: State | None
    dependent: State
    pairs: Sequence[tuple[Any, Any]]
    in_memory: bool = False


@dataclass(frozen=True, slots=True)
class RowChange:
    """One association row between two objects: `left` has the relationship, `right` is its target."""

    left: State
    right: State


@dataclass(slots=True)
class RowChanges:
    """What happens to the association rows of one many-to-many relationship."""

    prop: Any
    inserts: list[RowChange] = field(default_factory=list)
    updates: list[RowChange] = field(default_factory=list)
    deletes: list[RowChange] = field(default_factory=list)


@dataclass(frozen=True, slots=True, eq=False)
class CleanDeletion:
    """Objects that are deleted, and have one `state` in common since they are clean; `keys` are those of the identity map's entries."""

    state: SharedState
    objects: Sequence[Any]
    keys: Sequence[Any]


@dataclass(slots=True)
class Work:
    """Everything one flush has to write.

    `mappers` are the classes of what is saved or deleted, once that is known. `clean_deletes` are there if none of the flush's classes has a relationship; nothing is in both them and `deletes`.
    `links` are keyed by the dependent, in the order in which they apply. `mapper_edges` are pairs of base mappers
    (principal, dependent); `object_edges` are additional pairs of states for deletes (dependent, principal).
    """

    mappers: dict[Any, None] = field(default_factory=dict)
    saves: dict[State, Any] = field(default_factory=dict)
    deletes: dict[State, Any] = field(default_factory=dict)
    clean_deletes: list[CleanDeletion] = field(default_factory=list)
    links: dict[State, list[Link]] = field(default_factory=dict)
    rows: dict[Any, RowChanges] = field(default_factory=dict)
    post_saves: list[Link] = field(default_factory=list)
    post_deletes: list[Link] = field(default_factory=list)
    mapper_edges: list[tuple[Any, Any]] = field(default_factory=list)
    save_edges: list[tuple[State, State]] = field(default_factory=list)
    delete_edges: list[tuple[State, State]] = field(default_factory=list)


@dataclass(slots=True)
class SaveBatch:
    """Objects of one hierarchy that may be inserted or updated together."""

    mapper: Any
    states: tuple[State, ...]


@dataclass(frozen=True, slots=True)
class DeleteBatch:
    """Objects of one hierarchy that may be deleted together."""

    mapper: Any
    states: tuple[State, ...]


@dataclass(frozen=True, slots=True)
class RowBatch:
    """Association rows of one many-to-many relationship."""

    changes: RowChanges


@dataclass(frozen=True, slots=True)
class PostUpdateBatch:
    """Foreign keys that are written after (or cleared before) everything else because their objects need one another."""

    mapper: Any
    links: tuple[Link, ...]


Batch: TypeAlias = SaveBatch | DeleteBatch | CleanDeletion | RowBatch | PostUpdateBatch


def plan(work: Work) -> list[Batch]:
    """Return the batches of a flush in the order in which they must run.

    Raises CircularDependencyError if objects need one another's rows to exist first.
    """
    found: list[Batch] = []
    if not (work.mapper_edges or work.deletes or work.clean_deletes or work.rows or work.post_saves or work.post_deletes):
        bases = {mapper.base_mapper for mapper in work.mappers} or _bases(work.saves)
        if len(bases) == 1:
            return [SaveBatch(bases.pop(), tuple(work.saves))]
    found += [SaveBatch(mapper, states) for mapper, states in _ordered(work.saves, work.mapper_edges, work.save_edges)]
    found += _post_updates(work.post_saves)
    found += [RowBatch(changes) for changes in work.rows.values() if changes.inserts or changes.updates or changes.deletes]
    found += _post_updates(work.post_deletes)
    backwards = [(dependent, principal) for principal, dependent in work.mapper_edges]
    found += [DeleteBatch(mapper, states) for mapper, states in _ordered(work.deletes, backwards, work.delete_edges)]
    return [*found, *work.clean_deletes]


_MAPPER = attrgetter("mapper")


def _bases(states: Iterable[State]) -> set[Any]:
    """Return the hierarchies that some objects belong to."""
    return {mapper.base_mapper for mapper in set(map(_MAPPER, states))}


def _ordered(
    states: Collection[State], mapper_edges: Sequence[tuple[Any, Any]], object_edges: Sequence[tuple[State, State]]
) -> list[tuple[Any, tuple[State, ...]]]:
    bases = _bases(states)
    if len(bases) < 2 and not mapper_edges:
        return [(mapper, tuple(states)) for mapper in bases]
    groups: dict[Any, list[State]] = {}
    for state in states:
        groups.setdefault(state.mapper.base_mapper, []).append(state)
    turned = {(first, then) for first, then in mapper_edges if first is then and first in groups}
    found: list[tuple[Any, tuple[State, ...]]] = []
    for ring in components(list(groups), mapper_edges):
        if len(ring) == 1 and (ring[0], ring[0]) not in turned:
            found.append((ring[0], tuple(groups[ring[0]])))
        else:
            found += _by_object([state for mapper in ring for state in groups[mapper]], object_edges)
    return found


def _by_object(states: list[State], edges: Sequence[tuple[State, State]]) -> list[tuple[Any, tuple[State, ...]]]:
    found: list[tuple[Any, tuple[State, ...]]] = []
    for wave in waves(states, edges):
        groups: dict[Any, list[State]] = {}
        for state in wave:
            groups.setdefault(state.mapper.base_mapper, []).append(state)
        found += [(mapper, tuple(group)) for mapper, group in groups.items()]
    return found


def _post_updates(links: Sequence[Link]) -> list[PostUpdateBatch]:
    groups: dict[Any, list[Link]] = {}
    for link in links:
        groups.setdefault(link.dependent.mapper.base_mapper, []).append(link)
    return [PostUpdateBatch(mapper, tuple(group)) for mapper, group in groups.items()]
