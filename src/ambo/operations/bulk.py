"""The bulk verbs: rows from objects or dictionaries, past the unit of work: no cascades, no relationships, no events of sessions.

Rule 1: a mapper's tables are written as in a flush, with its defaults, versions and inheritance.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from ambo.effects import Op
from ambo.errors import InvalidRequestError
from ambo.mapping.inspection import class_mapper
from ambo.mapping.markers import NO_VALUE
from ambo.mapping.state import InstanceState, state_of
from ambo.operations.channel import Channel
from ambo.operations.enlist import channel_for
from ambo.operations.unit_transaction import undo
from ambo.operations.write import insert_rows, update_rows
from ambo.statements.logic import NULL
from ambo.unitofwork.rows import rows_to_insert, rows_to_update
from ambo.unitofwork.sync import store, value_of
from ambo.unitofwork.table_map import table_maps

Members = Sequence[tuple[InstanceState, Any]]


def bulk_save_objects(
    session: Any, objects: Iterable[object], return_defaults: bool = False, update_changed_only: bool = True, preserve_order: bool = True
) -> Op[None]:
    """Insert new objects and update those that have an identity; none of them joins the session."""
    members = [(state_of(obj), obj) for obj in objects]
    if not preserve_order:
        members.sort(key=lambda one: (one[0].mapper.token, one[0].key is not None))
    for (mapper, known), group in groupby(members, lambda one: (one[0].mapper, one[0].key is not None)):
        same = list(group)
        if known and not update_changed_only:
            for state, obj in same:
                _mark_all(state, obj)
        yield from _guarded(session, _update(session, mapper, same) if known else _insert(session, mapper, same))
        for state, obj in same:
            if not known and return_defaults:
                state.key = mapper.identity_key_of(obj)
            state.commit_all()
            if state in session._modified:
                session.became_clean((state,))


def bulk_insert_mappings(
    session: Any, mapper: Any, mappings: Iterable[dict[str, Any]], return_defaults: bool = False, render_nulls: bool = False
) -> Op[None]:
    """Insert a row for each dictionary; with `return_defaults` what the database made is put into it.

    None gives way to a column's default, unless `render_nulls`.
    """
    target = class_mapper(mapper)
    given = list(mappings)
    members = [_from_mapping(target, one) for one in given]
    for _, obj in members:
        _identify(target, obj)
        if render_nulls:
            _keep_nulls(target, obj.__dict__)
    yield from _guarded(session, _insert(session, target, members))
    if return_defaults:
        for one, (_, obj) in zip(given, members, strict=True):
            one.update({prop.key: obj.__dict__[prop.key] for prop in target.column_attributes if prop.key in obj.__dict__})


def bulk_update_mappings(session: Any, mapper: Any, mappings: Iterable[dict[str, Any]]) -> Op[None]:
    """Update the row of each dictionary's primary key with its other values."""
    target = class_mapper(mapper)
    members = []
    for one in mappings:
        missing = [key for key in target.pk_keys if one.get(key) is None]
        if missing:
            raise InvalidRequestError(f"bulk_update_mappings: a dictionary has no value for the primary key {missing[0]!r}: {one!r}")
        state, obj = _from_mapping(target, one)
        state.key = target.identity_key_of(obj)
        version = None if target.version_id_prop is None else target.version_id_prop.key
        state.committed = {key: NO_VALUE for key in target.expanded(one) if key not in target.pk_keys and key != version}
        members.append((state, obj))
    yield from _guarded(session, _update(session, target, members))


def _from_mapping(mapper: Any, values: dict[str, Any]) -> tuple[InstanceState, Any]:
    obj = mapper.new()
    obj.__dict__.update(mapper.expanded(values))
    return state_of(obj), obj


def _keep_nulls(mapper: Any, values: dict[str, Any]) -> None:
    """Write NULL where a None would give way to a default; the database makes the value of a primary key in any case."""
    for prop in mapper.column_attributes:
        column = prop.columns[0]
        if values.get(prop.key, NULL) is None and not column.primary_key and (column.default is not None or column.server_default is not None):
            values[prop.key] = NULL


def _identify(mapper: Any, obj: Any) -> None:
    """Give a new row its discriminator."""
    prop = mapper.polymorphic_prop
    if prop is not None and mapper.polymorphic_identity is not None and prop.key in mapper.class_manager.tracked:
        obj.__dict__.setdefault(prop.key, mapper.polymorphic_identity)


def _mark_all(state: InstanceState, obj: Any) -> None:
    for prop in state.mapper.column_attributes:
        if prop.key in obj.__dict__ and prop.key not in state.mapper.pk_keys:
            state.own("committed").setdefault(prop.key, NO_VALUE)


def _guarded(session: Any, work: Op[None]) -> Op[None]:
    """Perform part of a bulk verb; an error rolls the transaction back, as in a flush.

    Raises InvalidRequestError in a session with shards.
    """
    if session.router is not None:
        work.close()
        raise InvalidRequestError(
            "the bulk verbs cannot choose a shard for each row; use add_all(), or execute(insert(...), rows, bind_arguments={'shard_id': ...})"
        )
    try:
        yield from work
    except BaseException as error:
        frame = session._frame
        if frame is not None and frame.is_active:
            yield from undo(session, frame, error)
        raise


def _insert(session: Any, mapper: Any, members: Members) -> Op[None]:
    channel: Channel = yield from channel_for(session, mapper)
    has_sequences = channel.dialect.features.sequences
    for table, tmap in table_maps(mapper).items():
        for above in mapper.iterate_to_root():
            if above.local_table is table:
                _copy_keys(above, members)
        yield from insert_rows(channel, tmap, rows_to_insert(tmap, members, has_sequences))


def _copy_keys(mapper: Any, members: Members) -> None:
    for parent, child in mapper.inherit_pairs:
        for state, obj in members:
            prop = state.mapper.property_of(child)
            if prop is not None and prop is not state.mapper.property_of(parent):
                store(state, obj, prop, value_of(state, parent))


def _update(session: Any, mapper: Any, members: Members) -> Op[None]:
    channel: Channel = yield from channel_for(session, mapper)
    for tmap in table_maps(mapper).values():
        yield from update_rows(channel, tmap, rows_to_update(tmap, members))
