"""Performing the batches of a flush: objects are saved, deleted, linked by association rows.

    save     foreign keys are copied in -> before_insert/before_update -> each table of the hierarchy -> after_insert/after_update
    rows     association rows go, then come
    post     foreign keys that had to wait are updated
    delete   before_delete -> each table, children's first -> after_delete

Rule 1: a batch's values are computed when it is its turn: earlier batches have made the keys by then.
"""

from __future__ import annotations

import warnings
from collections.abc import Collection, Sequence
from itertools import groupby
from operator import attrgetter, itemgetter, le
from typing import Any, TypeAlias

from ambo.collecting import MANY, calmly, undisturbed
from ambo.effects import Op, call
from ambo.errors import AmboWarning
from ambo.listening import heard
from ambo.mapping.state import InstanceState, state_of
from ambo.operations.association import write_rows
from ambo.operations.channel import Channel
from ambo.operations.enlist import channel_at_hand, channel_for
from ambo.operations.loads import refresh_object
from ambo.operations.write import delete_rows, insert_rows, update_rows
from ambo.unitofwork.flush_plan import Batch, CleanDeletion, DeleteBatch, PostUpdateBatch, RowBatch, SaveBatch, Work
from ambo.unitofwork.membership import name_of
from ambo.unitofwork.rows import Member, Row, Rows, alike, insert_row, key_columns, rows_to_insert, rows_to_update, update_row, where_values
from ambo.unitofwork.sync import apply_link, mapped, store, value_of
from ambo.unitofwork.table_map import TableMap, table_maps, tables_of

Members: TypeAlias = Sequence[Member]
Run: TypeAlias = tuple[Any, Members]
"""A mapper, and objects of it."""


_NO_WORK = Work()


class UOWTransaction:
    """What the batches of one flush tell one another, and what flush listeners are given: the session, and the work once it is known.

    `updated` and `deleted` are the objects written so far, `switched` maps new objects to the deleted ones whose rows they take,
    `rekeyed` are those whose primary key may be another one now. In a session with shards `shards` says where its new objects go, and `bind`
    where the batch does that is being written.
    """

    def __init__(self, session: Any) -> None:
        self.session = session
        self.work = _NO_WORK
        self.updated: dict[InstanceState, Any] = {}
        self.rekeyed: dict[InstanceState, Any] = {}
        self.deleted: dict[InstanceState, Any] = {}
        self.switched: dict[InstanceState, InstanceState] = {}
        self.shards: dict[InstanceState, Any] = {}
        self.bind: Any = None

    @property
    def states(self) -> list[InstanceState]:
        """The states of the objects that this flush writes."""
        clean = [state_of(obj) for deletion in self.work.clean_deletes for obj in deletion.objects]
        return [*self.work.saves, *self.work.deletes, *clean]


def perform(saving: UOWTransaction, batch: Batch) -> Op[None]:
    """Write one batch."""
    if isinstance(batch, SaveBatch):
        return _save(saving, batch) if batch.mapper.batch else _save_singly(saving, batch)
    if isinstance(batch, DeleteBatch):
        return _delete(saving, batch)
    if isinstance(batch, CleanDeletion):
        return _delete_cleanly(saving, batch)
    if isinstance(batch, RowBatch):
        return write_rows(saving.session, batch.changes, saving.bind)
    return _post_update(saving, batch)


def _save_singly(saving: UOWTransaction, batch: SaveBatch) -> Op[None]:
    for state in batch.states:
        yield from _save(saving, SaveBatch(batch.mapper, (state,)))


def _notify(saving: UOWTransaction, name: str, channel: Channel, objects: Members) -> Op[None]:
    """Call the listeners of a mapper's flush event for each object: `listener(mapper, connection, target)`."""
    session = saving.session
    if not any(mapper.dispatch.of(name) for mapper in {state.mapper for state, _ in objects}):
        return
    for state, obj in objects:
        for listener in state.mapper.dispatch.of(name):
            with session.lent():
                target = state if listener.options.get("raw") else obj
                yield from call(listener, state.mapper, channel.facade(listener.is_async), target)


# ---- save


def _save(saving: UOWTransaction, batch: SaveBatch) -> Op[None]:
    work, session = saving.work, saving.session
    fresh, known = _members(work, batch) if len(batch.states) < MANY else undisturbed(_members, work, batch)
    channel = channel_at_hand(session) or (yield from channel_for(session, batch.mapper, bind=saving.bind))
    if "before_insert" in heard:
        yield from _notify(saving, "before_insert", channel, fresh)
    if "before_update" in heard:
        yield from _notify(saving, "before_update", channel, known)
    if batch.mapper.polymorphic_on is not None:
        _compare_identities(fresh, known)
    if session.identity_map.tables:
        for state, obj in fresh:
            if obj.__dict__.get(state.mapper.pk_keys[0]) is not None:
                yield from _meet_rival(saving, state, obj)
    yield from _save_tables(saving, channel, fresh, known)
    if "after_insert" in heard:
        yield from _notify(saving, "after_insert", channel, fresh)
    if "after_update" in heard:
        yield from _notify(saving, "after_update", channel, known)


def _members(work: Work, batch: SaveBatch) -> tuple[Members, Members]:
    """Return the new objects of a batch, and those that have a row, with the foreign keys in them that are known by now."""
    links, saves = work.links, work.saves
    if links:
        for state in batch.states:
            for link in links.get(state, ()):
                apply_link(link)
    keys: list[Any]
    if len(batch.states) == len(saves):
        members, keys = list(saves.items()), list(map(_KEY, saves))
    else:
        members = [(state, obj) for state in batch.states if (obj := saves.get(state)) is not None]
        keys = [state.key for state, _ in members]
    if not any(keys):
        return members, ()
    if all(keys):
        return (), _sorted(members, keys)
    known = [one for one in members if one[0].key is not None]
    return [one for one in members if one[0].key is None], _sorted(known, [key for key in keys if key is not None])


def _compare_identities(fresh: Members, known: Members) -> None:
    """Warn of objects whose discriminator is given to be that of a class with other tables: their rows cannot be read as what they are."""
    for mapper, members in (*by_mapper(fresh), *by_mapper(known)):
        prop = None if mapper.polymorphic_identity is None else mapper.property_of(mapper.polymorphic_on)
        if prop is None:
            continue
        key, table = prop.key, mapper.local_table
        fitting = [one.polymorphic_identity for one in mapper.base_mapper.hierarchy() if one.local_table is table]
        for state, obj in members:
            value = obj.__dict__.get(key)
            if value is not None and (state.key is None or key in state.committed) and not any(value is one or value == one for one in fitting):
                warnings.warn(
                    f"Flushing object {name_of(obj)} with incompatible polymorphic identity {value!r}; the object may not refresh and/or load "
                    f"correctly. {mapper.class_.__name__} has {mapper.polymorphic_identity!r}.",
                    AmboWarning,
                    stacklevel=2,
                )


def _sorted(known: list[tuple[InstanceState, Any]], keys: list[Any]) -> list[tuple[InstanceState, Any]]:
    """Return objects, given with their keys, in the order of these, so that concurrent flushes lock rows in the same order."""
    if len(known) < 2:
        return known
    functions = [column.type.sort_key_function for column in known[0][0].mapper.primary_key]
    if any(functions):
        keys = [[value if order is None else order(value) for order, value in zip(functions, key[1], strict=True)] for key in keys]
    else:
        keys = [key[1][0] for key in keys] if len(functions) == 1 else [key[1] for key in keys]
    try:
        if all(map(le, keys, keys[1:])):
            return known
        return [one for _, one in sorted(zip(keys, known, strict=True), key=_FIRST)]
    except TypeError:  # keys that have no order
        return known


_FIRST, _KEY = itemgetter(0), attrgetter("key")


def _meet_rival(saving: UOWTransaction, state: InstanceState, obj: Any) -> Op[None]:
    """Look for a persistent object with the key of a new one: if it is deleted in the same flush, the new one takes its row."""
    base, pk, _ = state.mapper.identity_key_of(obj)
    key = (base, pk, saving.shards.get(state))
    rival = saving.session.identity_map.get(key)
    if rival is None or rival is obj:
        return
    rival_state = state_of(rival)
    if rival_state in saving.work.deletes:
        saving.switched[state] = rival_state
        return
    if rival_state.expired:
        is_there = yield from refresh_object(saving.session, rival, rival_state, None, None)
        if not is_there:
            saving.session.forget(rival, rival_state)
            return
    warnings.warn(
        f"New instance {name_of(obj)} with identity key {key} conflicts with persistent instance {name_of(rival)}", AmboWarning, stacklevel=2
    )


def _save_tables(saving: UOWTransaction, channel: Channel, fresh: Members, known: Members) -> Op[None]:
    work = saving.work
    inserts = by_mapper(fresh, work.mappers)
    if not known and len(inserts) == 1:
        mapper, members = inserts[0]
        tmaps = mapper.table_maps or table_maps(mapper)
        if len(tmaps) == 1:  # one class and one table: nothing to be ordered
            (tmap,) = tmaps.values()
            return _insert(saving, channel, tmap, members)
    return _save_each_table(saving, channel, inserts, by_mapper(known, work.mappers))


def _save_each_table(saving: UOWTransaction, channel: Channel, inserts: Sequence[Run], updates: Sequence[Run]) -> Op[None]:
    for table in tables_of([mapper for mapper, _ in (*inserts, *updates)]):
        for mapper, members in updates:
            tmap = table_maps(mapper).get(table)
            if tmap is not None:
                yield from _update(saving, channel, tmap, members)
        for mapper, members in inserts:
            tmap = table_maps(mapper).get(table)
            if tmap is not None:
                yield from _insert(saving, channel, tmap, members)


def by_mapper(members: Members, mappers: Collection[Any] = ()) -> list[Run]:
    """Split objects, in their order, into runs of one class; they have no other classes than `mappers`, if these are given."""
    if len(members) < 2:
        return [(members[0][0].mapper, members)] if members else []
    mappers = mappers or {state.mapper for state, _ in members}
    if len(mappers) == 1:
        return [(next(iter(mappers)), members)]
    return [(mapper, list(group)) for mapper, group in groupby(members, lambda one: one[0].mapper)]


def _update(saving: UOWTransaction, channel: Channel, tmap: TableMap, members: Members) -> Op[None]:
    if tmap.copies:
        _copy_changed_keys(tmap, members)
    groups = calmly(len(members), rows_to_update, tmap, members, _changes_anything)
    if saving.work.post_saves or saving.work.post_deletes:  # which ask for it
        for rows in groups:
            saving.updated.update(rows.members)
    yield from _send_updates(saving, channel, tmap, groups)


def _send_updates(saving: UOWTransaction, channel: Channel, tmap: TableMap, groups: list[Rows]) -> Op[None]:
    if groups:
        yield from update_rows(channel, tmap, groups)
        _store_versions(tmap, groups)
        key = {slot.index for slot in tmap.key}
        for rows in groups:
            if not key.isdisjoint(rows.shape) or not key.isdisjoint(rows.fetch):
                saving.rekeyed.update(rows.members)
        if tmap.mapper.dispatch.of("refresh_flush"):
            for row in [row for rows in groups for row in rows.singles()]:
                made = [index for index in row.shape if tmap.slots[index].key not in row.state.committed]
                _tell_refreshed(saving, tmap, row, [*row.fetch, *made])


def _insert(saving: UOWTransaction, channel: Channel, tmap: TableMap, members: Members) -> Op[None]:
    if tmap.copies:
        _copy_inherited_keys(tmap, members)
    has_sequences = channel.dialect.features.sequences
    if saving.switched or ("refresh_flush" in heard and tmap.mapper.dispatch.of("refresh_flush")):
        return _insert_specially(saving, channel, tmap, members, has_sequences)
    few = len(members) < MANY
    groups = rows_to_insert(tmap, members, has_sequences) if few else undisturbed(rows_to_insert, tmap, members, has_sequences)
    return insert_rows(channel, tmap, groups)


def _insert_specially(saving: UOWTransaction, channel: Channel, tmap: TableMap, members: Members, has_sequences: bool) -> Op[None]:
    """Insert objects of which some take the rows of deleted ones, or of which listeners are told what was made for them."""
    if saving.switched:
        updates = []
        for state, obj in members:
            if state in saving.switched:
                row = _switched_row(tmap, state, obj, saving.switched[state], has_sequences)
                if row is not None:
                    updates.append(row)
        if updates:
            switched = alike(updates)
            yield from update_rows(channel, tmap, switched)
            _store_versions(tmap, switched)
        members = [one for one in members if one[0] not in saving.switched]
    listened = "refresh_flush" in heard and bool(tmap.mapper.dispatch.of("refresh_flush"))
    missing = [[slot.index for slot in tmap.slots if slot.key not in obj.__dict__] for _, obj in members] if listened else []
    groups = calmly(len(members), rows_to_insert, tmap, members, has_sequences)
    yield from insert_rows(channel, tmap, groups)
    if listened:
        for row, indices in zip([row for rows in groups for row in rows.singles()], missing, strict=True):
            made = [index for index in indices if index not in row.fetch and tmap.slots[index].key in row.obj.__dict__]
            _tell_refreshed(saving, tmap, row, [*row.fetch, *made])


def _tell_refreshed(saving: UOWTransaction, tmap: TableMap, row: Row, indices: Sequence[int]) -> None:
    """Tell the listeners of `refresh_flush` which attributes of an object the flush has filled in, beside its primary key."""
    keys = [slot.key for index in indices if not (slot := tmap.slots[index]).is_primary_key and slot.prop is not None]
    if keys:
        for listener in tmap.mapper.dispatch.of("refresh_flush"):
            listener(row.state if listener.options.get("raw") else row.obj, saving, keys)


def _store_versions(tmap: TableMap, groups: Sequence[Rows]) -> None:
    """Store version counters that were advanced; everything else that was sent stands on the objects already."""
    if tmap.version is None:
        return
    index, key = tmap.version.index, tmap.version.key
    for rows in groups:
        if index in rows.shape:
            for (_, obj), value in zip(rows.members, rows.columns[rows.shape.index(index)], strict=True):
                obj.__dict__[key] = value


def _changes_anything(state: InstanceState) -> bool:
    """Tell whether an object has a net change in one of its columns, so that its version must advance."""
    for key in state.committed:
        prop = state.mapper.attributes.get(key)
        if prop is not None and prop.is_column and state.manager.tracked[key].history(state).has_changes():
            return True
    return False


def _copy_inherited_keys(tmap: TableMap, members: Members) -> None:
    """Give the rows of an inheriting table the keys that the parent's rows got, where the attributes differ."""
    for parent, prop in tmap.copies:
        for state, obj in members:
            store(state, obj, prop, value_of(state, parent))


def _copy_changed_keys(tmap: TableMap, members: Members) -> None:
    """Let the rows of an inheriting table follow keys of the parent's that were changed; in memory only, if the database cascades."""
    for parent, prop in tmap.copies:
        source = mapped(members[0][0], parent).key
        for state, obj in members:
            if source in state.committed:
                if tmap.follows:
                    obj.__dict__[prop.key] = value_of(state, parent)
                    state.expired -= {prop.key}
                else:
                    store(state, obj, prop, value_of(state, parent))


def _switched_row(tmap: Any, state: InstanceState, obj: Any, gone: InstanceState, has_sequences: bool) -> Row | None:
    """Return the UPDATE that turns the row of a deleted object into that of a new one."""
    row = insert_row(tmap, state, obj, has_sequences)
    key = {slot.index for slot in tmap.key}
    kept = [(index, value) for index, value in zip(row.shape, row.values, strict=True) if index not in key]
    row.where = where_values(tmap, gone, gone.obj())
    if tmap.version is not None:
        version = tmap.version
        generator = tmap.mapper.version_id_generator
        if generator:
            kept = [(index, value) for index, value in kept if index != version.index]
            kept.append((version.index, generator(row.where[-1])))
    row.shape = tuple(index for index, _ in kept)
    row.values = [value for _, value in kept]
    return row if row.shape or row.expressions else None


# ---- foreign keys that wait


def _post_update(saving: UOWTransaction, batch: PostUpdateBatch) -> Op[None]:
    channel = yield from channel_for(saving.session, batch.mapper, bind=saving.bind)
    touched: dict[InstanceState, None] = {}
    for link in batch.links:
        if link.dependent not in touched:
            _sync_before_update(link.dependent)
            touched[link.dependent] = None
        apply_link(link)
    yield from _update_changed(saving, channel, list(touched))


def _sync_before_update(state: InstanceState) -> None:
    """What an INSERT or UPDATE of this flush wrote is no change any more."""
    obj = state.obj()
    for key in list(state.committed):
        prop = state.mapper.attributes.get(key)
        if prop is not None and prop.is_column:
            state.own("committed")[key] = obj.__dict__.get(key)


def _update_changed(saving: UOWTransaction, channel: Channel, states: Sequence[InstanceState]) -> Op[None]:
    members = [(state, obj) for state in states if (obj := state.obj()) is not None]
    groups = by_mapper(members)
    for table in tables_of([mapper for mapper, _ in groups]):
        for mapper, group in groups:
            tmap = table_maps(mapper).get(table)
            if tmap is not None:
                rows = [row for state, obj in group if (row := update_row(tmap, state, obj, bump=_bumps(saving, state))) is not None]
                yield from _send_updates(saving, channel, tmap, alike(rows))
    for state, obj in members:
        if state.key is not None and state not in saving.work.deletes:
            saving.updated[state] = obj


def _bumps(saving: UOWTransaction, state: InstanceState) -> bool:
    """Tell whether a late UPDATE advances the version: not if this flush has written the row before."""
    return state.key is not None and state not in saving.updated


# ---- delete


def _delete(saving: UOWTransaction, batch: DeleteBatch) -> Op[None]:
    session, work = saving.session, saving.work
    members = [(state, work.deletes[state]) for state in batch.states if state.key is not None]
    channel = yield from channel_for(session, batch.mapper, bind=saving.bind)
    if "before_delete" in heard:
        yield from _notify(saving, "before_delete", channel, members)
    taken = set(saving.switched.values())
    groups = by_mapper([one for one in members if one[0] not in taken] if taken else members, work.mappers)
    for table in reversed(tables_of([mapper for mapper, _ in groups])):
        for mapper, group in groups:
            tmap = table_maps(mapper).get(table)
            if tmap is None or (mapper.passive_deletes and table is not mapper.base_mapper.local_table):
                continue
            yield from delete_rows(channel, tmap, calmly(len(group), key_columns, tmap, group))
    saving.deleted.update(members)
    if "after_delete" in heard:
        yield from _notify(saving, "after_delete", channel, members)


def _delete_cleanly(saving: UOWTransaction, deletion: CleanDeletion) -> Op[None]:
    """Delete objects that are their rows and nothing else."""
    mapper = deletion.state.mapper
    channel = yield from channel_for(saving.session, mapper, bind=saving.bind)
    (tmap,) = table_maps(mapper).values()
    keys = deletion.keys
    yield from delete_rows(channel, tmap, [keys] if len(tmap.key) == 1 else list(zip(*keys, strict=True)))
