"""`flush`: write what is new, changed and deleted.

    before_flush listeners -> gather what is to be written, loading what must be known, level by level
    -> plan -> each batch -> after_flush listeners -> absorb: new objects are persistent, deleted ones gone, changes settled

    plain work (`unitofwork/plain_work.py`), with nobody listening: insert rows -> new objects are persistent

Rule 1: what may be loaded is loaded before the plan; no query runs between the batches.
Rule 2: an error or cancellation rolls the innermost transaction back, in the database and in memory; `rollback()` is then due.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from itertools import repeat
from operator import attrgetter, contains
from typing import Any

from ambo.collecting import MANY, undisturbed
from ambo.effects import Op
from ambo.errors import AmboWarning, FlushError, InvalidRequestError, StatementError
from ambo.listening import heard
from ambo.mapping.state import InstanceState
from ambo.operations.enlist import channel_at_hand, channel_for
from ambo.operations.needs import load_needs
from ambo.operations.save import Members, UOWTransaction, by_mapper, perform
from ambo.operations.sharded_flush import by_shard, perform_on_shards
from ambo.operations.unit_transaction import emit, undo
from ambo.operations.write import insert_rows
from ambo.unitofwork.flush_plan import Work, plan
from ambo.unitofwork.frames import ACTIVE, SUBTRANSACTION, Frame
from ambo.unitofwork.gather import Gathering
from ambo.unitofwork.membership import name_of
from ambo.unitofwork.plain_work import plain_work
from ambo.unitofwork.rows import rows_to_insert
from ambo.unitofwork.table_map import TableMap

_MANY_LEVELS = 1000
_TRANSACTION_EVENTS = ("after_transaction_create", "after_transaction_end")
_SESSION_EVENTS = (*_TRANSACTION_EVENTS, "before_flush", "after_flush", "after_flush_postexec", "pending_to_persistent")
_INSERT_EVENTS = ("before_insert", "after_insert", "refresh_flush")
_EVENTS = (*_SESSION_EVENTS, *_INSERT_EVENTS)
_EXPRESSIONS, _KEY = attrgetter("expressions"), attrgetter("key")


def flush(session: Any, objects: Iterable[Any] | None = None, last: bool = False) -> Op[None]:
    """Write a session's changes; with `objects` only theirs. `last` says that COMMIT is next: plain work may need none.

    Raises what the database raises, StaleDataError, FlushError, CircularDependencyError. The transaction is then rolled back.
    """
    if session._flushing:
        raise InvalidRequestError("Session is already flushing")
    if not (session._new or session._modified or session._deleted):
        return
    session._flushing = True
    try:
        frame = session._frame
        if frame is None or frame.status is not ACTIVE or session._block is not None:
            session.usable_frame()
        plain = plain_work(session) if objects is None and session.router is None else None
        if plain is not None and (heard.isdisjoint(_EVENTS) or not _is_heard(session, plain[0].mapper)):
            try:
                yield from _insert(session, *plain, last)
            except BaseException as error:
                yield from _undone(session, error)
                raise
            return
        saving = UOWTransaction(session)
        chosen = None if objects is None else list(objects)
        if "before_flush" in heard and session.dispatch.of("before_flush"):
            yield from emit(session, "before_flush", saving, chosen)
        try:
            yield from _write(saving, chosen)
        except BaseException as error:
            yield from _undone(session, error)
            raise
    finally:
        session._flushing = False


def _is_heard(session: Any, mapper: Any) -> bool:
    """Tell whether anybody is to be told of a flush in which objects of one class are inserted."""
    return any(map(session.dispatch.of, _SESSION_EVENTS)) or any(map(mapper.dispatch.of, _INSERT_EVENTS))


def _undone(session: Any, error: BaseException) -> Op[None]:
    frame = session._frame
    if frame is not None and frame.is_active:
        yield from undo(session, frame, error)


def autoflush(session: Any) -> Op[None]:
    """Flush on behalf of a query; an error says so."""
    try:
        yield from flush(session)
    except StatementError as error:
        error.add_detail(
            "this happened in an autoflush, which a query or an attribute access began; "
            "with `session.no_autoflush:` keeps it away until the objects are complete"
        )
        raise


def _insert(session: Any, tmap: TableMap, members: Members, last: bool) -> Op[None]:
    """Do what `_write` does, for plain work."""
    mapper = tmap.mapper
    channel = channel_at_hand(session) or (yield from channel_for(session, mapper))
    few, has_sequences = len(members) < MANY, channel.dialect.features.sequences
    groups = rows_to_insert(tmap, members, has_sequences) if few else undisturbed(rows_to_insert, tmap, members, has_sequences)
    alone = last and not channel.begun and not tmap.defers_checks and _is_only_work(session)
    yield from insert_rows(channel, tmap, groups, alone)
    pks = _primary_keys(mapper, members)
    session.became_persistent(mapper, members, pks) if few else undisturbed(session.became_persistent, mapper, members, pks)


def _is_only_work(session: Any) -> bool:
    """Tell whether a session's transaction has one connection, the session's own, and one object to write: a default may have added another."""
    if len(session._new) != 1 or session._modified or session._deleted:
        return False
    entries = session._frame.enlisted
    return len(entries) == 1 and session._frame.usual is not None and session._frame.usual.owned


def _write(saving: UOWTransaction, chosen: list[Any] | None) -> Op[None]:
    session = saving.session
    gathering = _gather(session, chosen)
    if gathering.needs:
        gathering = yield from _gather_more(session, chosen, gathering)
    if gathering.expunged or gathering.revived:
        session.let_go(gathering.expunged)
        session.keep(gathering.revived)
    work = saving.work = gathering.work
    if not (work.saves or work.deletes or work.clean_deletes or work.rows or work.post_saves or work.post_deletes):
        return
    inner = None if heard.isdisjoint(_TRANSACTION_EVENTS) else _announce_begin(session)
    write = perform if session.router is None else perform_on_shards
    session.session_ref.is_writing = True
    try:
        for batch in plan(work):
            yield from write(saving, batch)
    finally:
        session.session_ref.is_writing = False
    if "after_flush" in heard:
        yield from emit(session, "after_flush", saving)
    if len(work.saves) < MANY:
        absorb(saving)
    else:
        undisturbed(absorb, saving)
    if session._modified and chosen is None:
        _drop_late_changes(session)
    if "after_flush_postexec" in heard:
        yield from emit(session, "after_flush_postexec", saving)
    if inner is not None:
        yield from emit(session, "after_transaction_end", inner.handle)


def _announce_begin(session: Any) -> Frame | None:
    """Show listeners of `after_transaction_create` the flush as a transaction inside the present one."""
    if not any(map(session.dispatch.of, _TRANSACTION_EVENTS)):
        return None
    frame = Frame(session.ensure_frame(), SUBTRANSACTION)
    frame.handle = session.make_handle(frame)
    for listener in session.dispatch.of("after_transaction_create"):
        listener(session.facade(False), frame.handle)
    return frame


def _gather(session: Any, chosen: list[Any] | None) -> Gathering:
    few = len(session._new) + len(session._modified) + len(session._deleted) < MANY
    return Gathering(session, chosen) if few else undisturbed(Gathering, session, chosen)


def _gather_more(session: Any, chosen: list[Any] | None, gathering: Gathering) -> Op[Gathering]:
    for _ in range(_MANY_LEVELS):
        yield from load_needs(session, gathering.needs)
        gathering = _gather(session, chosen)
        if not gathering.needs:
            return gathering
    raise FlushError(f"after {_MANY_LEVELS} levels of relationships there was still more to load; does a loader leave an attribute unloaded?")


def _drop_late_changes(session: Any) -> None:
    """Settle what listeners changed on objects that were not part of the flush, as what they changed on its objects is: unwritten.

    Kept, such changes could make each flush the cause of another.
    """
    late = list(session._modified)
    session.became_clean(late)
    warnings.warn(
        f"Attribute history events accumulated on {len(late)} previously clean instances within inner-flush event handlers have been reset, "
        f"and will not result in database updates: {', '.join(sorted({state.mapper.class_.__name__ for state in late}))}. Change them in "
        "before_flush() or after_flush_postexec(), or use set_committed_value() for values that are not to be written.",
        AmboWarning,
        stacklevel=2,
    )


def absorb(saving: UOWTransaction) -> None:
    """Settle in memory what the batches did in the database."""
    session, work = saving.session, saving.work
    expiring = _expressions(work, work.mappers) if any(map(_EXPRESSIONS, work.mappers)) else ()
    if saving.deleted or saving.switched:
        session.became_deleted({**saving.deleted, **{gone: work.deletes[gone] for gone in saving.switched.values()}})
    for deletion in work.clean_deletes:
        session.became_deleted_cleanly(deletion)
    fresh = [] if all(map(_KEY, work.saves)) else [one for one in work.saves.items() if one[0].key is None]
    for mapper, members in by_mapper(fresh, work.mappers):
        if session.router is None:
            session.became_persistent(mapper, members, _primary_keys(mapper, members))
        else:
            for shard, some in by_shard(members, lambda one: saving.shards[one[0]]):
                session.became_persistent(mapper, some, _primary_keys(mapper, some), shard)
    for state in work.links:
        if state in work.saves:
            saving.rekeyed[state] = work.saves[state]
    if saving.rekeyed:
        _settle_keys(session, saving.rekeyed)
    session.became_clean({**work.saves, **saving.updated} if saving.updated else work.saves)
    for state, keys in expiring:
        session.expire_state(state, keys)


def _expressions(work: Work, mappers: Iterable[Any]) -> list[tuple[InstanceState, list[str]]]:
    """Return the SQL expressions mapped as attributes that must be read again: the rows they are computed from have changed."""
    readonly = {mapper: mapper.expressions for mapper in mappers}
    found = []
    for state, obj in work.saves.items():
        keys = [prop.key for prop in readonly[state.mapper] if prop.key not in state.committed and _expires(prop, obj.__dict__)]
        if keys:
            found.append((state, keys))
    return found


def _expires(prop: Any, have: dict[str, Any]) -> bool:
    if prop.expire_on_flush:
        return not prop.deferred or prop.key in have
    return not prop.deferred and prop.key not in have


def _settle_keys(session: Any, rekeyed: Mapping[InstanceState, Any]) -> None:
    """Enter objects under their new primary keys if those were updated; an object may take over the key that another one gives up."""
    moved = []
    for state, obj in rekeyed.items():
        key = state.mapper.identity_key_of(obj)
        if state.key is not None and key[1] != state.key[1] and _has_whole_key(state, obj):
            moved.append((state, obj, (key[0], key[1], state.key[2])))
            session.identity_map.discard(state.key, obj)
    for state, obj, key in moved:
        session.changed_key(state, obj, key)


def _has_whole_key(state: InstanceState, obj: Any) -> bool:
    return all(key in obj.__dict__ for key in state.mapper.pk_keys)


def _primary_keys(mapper: Any, members: Members) -> list[tuple[Any, ...]]:
    """Return the primary keys of inserted objects of one class.

    Raises FlushError if the database made none.
    """
    names = mapper.pk_keys
    if len(members) == 1:
        have = members[0][1].__dict__
        pk = (have.get(names[0]),) if len(names) == 1 else tuple([have.get(name) for name in names])
        if None not in pk:
            return [pk]
    columns = [[obj.__dict__.get(name) for _, obj in members] for name in names]
    found = list(zip(*columns, strict=True))
    if any(map(contains, columns, repeat(None))):
        for (_, obj), key in zip(members, found, strict=True):
            if None in key and (not mapper.allow_partial_pks or all(value is None for value in key)):
                raise FlushError(
                    f"Instance {name_of(obj)} has a NULL identity key. If this is an auto-generated value, check that the database table allows "
                    "generation of new primary key values, and that the mapped Column object is configured to expect these generated values."
                )
    return found
