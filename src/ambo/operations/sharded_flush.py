"""The flush of a session with shards: each batch is written shard by shard.

    SaveBatch, DeleteBatch, PostUpdateBatch   the shards of their objects
    RowBatch                                  the shard of the object that has the relationship
    CleanDeletion                             the one shard of its objects

Rule 1: the shard of a new object is chosen when its row is about to be written, and is the third element of its identity key afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from ambo.effects import Op
from ambo.operations.save import UOWTransaction, perform
from ambo.unitofwork.flush_plan import Batch, DeleteBatch, PostUpdateBatch, RowBatch, RowChanges, SaveBatch

T = TypeVar("T")


def by_shard(items: Iterable[T], shard_of: Callable[[T], Any]) -> Iterable[tuple[Any, list[T]]]:
    """Group things by their shards, in the order in which these come first."""
    found: dict[Any, list[T]] = {}
    for one in items:
        found.setdefault(shard_of(one), []).append(one)
    return found.items()


def perform_on_shards(saving: UOWTransaction, batch: Batch) -> Op[None]:
    """Write one batch, each part of it in its shard."""
    router = saving.session.router
    for shard, part in _parts(saving, batch):
        saving.bind = router.bind(shard)
        try:
            yield from perform(saving, part)
        finally:
            saving.bind = None


def _parts(saving: UOWTransaction, batch: Batch) -> Iterable[tuple[Any, Batch]]:
    def shard_of(state: Any) -> Any:
        return _shard_of(saving, state)

    if isinstance(batch, (SaveBatch, DeleteBatch)):
        return [(shard, type(batch)(batch.mapper, tuple(states))) for shard, states in by_shard(batch.states, shard_of)]
    if isinstance(batch, PostUpdateBatch):
        links = by_shard(batch.links, lambda link: shard_of(link.dependent))
        return [(shard, PostUpdateBatch(batch.mapper, tuple(some))) for shard, some in links]
    if isinstance(batch, RowBatch):
        return [(shard, RowBatch(changes)) for shard, changes in _rows(batch.changes, shard_of).items()]
    return [(batch.state.identity_token, batch)]


def _rows(changes: RowChanges, shard_of: Callable[[Any], Any]) -> dict[Any, RowChanges]:
    parts: dict[Any, RowChanges] = {}
    kinds: Sequence[str] = ("inserts", "updates", "deletes")
    for kind in kinds:
        for shard, rows in by_shard(getattr(changes, kind), lambda row: shard_of(row.left)):
            getattr(parts.setdefault(shard, RowChanges(changes.prop)), kind).extend(rows)
    return parts


def _shard_of(saving: UOWTransaction, state: Any) -> Any:
    """Return the shard of an object; that of a new one is chosen once."""
    if state.key is not None and state.key[2] is not None:
        return state.key[2]
    if state not in saving.shards:
        saving.shards[state] = saving.session.router.shard_of(state.mapper, state, state.obj())
    return saving.shards[state]
