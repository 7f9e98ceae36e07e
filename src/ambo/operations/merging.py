"""`session.merge(obj)`: copy an object's values, and what its merge cascades reach, onto this session's own objects.

    identity known? -> the object in memory, else the one loaded by its key, else a new one
    then each attribute is copied; related objects are merged first

Rule 1: each given object is merged once, however often it is reached; two of the same identity become one.
Rule 2: with `load=False` nothing is loaded and nothing becomes dirty: what is given is taken for what the database has.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from typing import Any

from ambo.effects import Op
from ambo.errors import AmboWarning, InvalidRequestError, StaleDataError
from ambo.mapping.collections import members
from ambo.mapping.late_changes import warn_of_late
from ambo.mapping.markers import NO_VALUE
from ambo.mapping.state import InstanceState, peek_state, state_of
from ambo.mapping.write_only import WriteOnlyTracker
from ambo.operations import loads, session_query
from ambo.operations.needs import load_needs
from ambo.unitofwork.identity_map import IdentityKey
from ambo.unitofwork.membership import name_of


def merge(session: Any, instance: Any, load: bool = True, options: Sequence[Any] | None = None) -> Op[Any]:
    """Return this session's object of the same identity, with the given one's values."""
    if session.session_ref.is_writing:
        warn_of_late("Session.merge()")
    work = _Merging(session, load, options)
    if load:
        yield from session_query.autoflush(session)
    with session.no_autoflush:
        return (yield from work.merged(instance))


def merge_all(session: Any, instances: Iterable[Any], load: bool = True, options: Sequence[Any] | None = None) -> Op[list[Any]]:
    """Merge several objects."""
    if session.session_ref.is_writing:
        warn_of_late("Session.merge_all()")
    work = _Merging(session, load, options)
    if load:
        yield from session_query.autoflush(session)
    found = []
    with session.no_autoflush:
        for instance in instances:
            found.append((yield from work.merged(instance)))
    return found


class _Merging:
    """One call of merge: what was merged into what, and which relationships are being followed."""

    def __init__(self, session: Any, load: bool, options: Sequence[Any] | None) -> None:
        self.session = session
        self.load = load
        self.options = options
        self.done: dict[int, Any] = {}
        self.by_key: dict[IdentityKey, Any] = {}
        self.given: list[Any] = []
        self.following: set[tuple[int, Any]] = set()

    def merged(self, instance: Any) -> Op[Any]:
        """Return the session's object for one given object."""
        if id(instance) in self.done:
            return self.done[id(instance)]
        state = state_of(instance)
        key = self._key(state, instance)
        found = yield from self._existing(state, instance, key)
        is_new = found is None
        if found is None:
            found = self._made(state, key)
        self.given.append(instance)
        self.done[id(instance)] = found
        if key is not None:
            self.by_key[key] = found
        if found is not instance:
            target = state_of(found)
            yield from self._check_version(state, instance, target, found)
            target.load_options = state.load_options
            for prop in state.mapper.attributes.values():
                yield from self._copy(prop, state, instance, target, found)
        if not self.load:
            state_of(found).commit_all()
            self.session._modified.pop(state_of(found), None)
        if is_new:
            self._tell_loaded(found)
        elif not self.load:
            for adopt in state.manager.adopters:
                adopt(found)
        return found

    def _key(self, state: InstanceState, instance: Any) -> IdentityKey | None:
        """Return the identity of a given object, None if it is new and has no whole primary key."""
        if state.key is not None:
            return state.key
        if state in self.session._new:
            warnings.warn(
                f"Instance {name_of(instance)} is already pending in this Session yet is being merged again; this is probably not what you want to do",
                AmboWarning,
                stacklevel=2,
            )
        if not self.load:
            raise InvalidRequestError(
                "merge() with load=False option does not support objects transient (i.e. unpersisted) objects.  "
                "flush() all changes on mapped instances before merging with load=False."
            )
        mapper = state.mapper
        if not all(key in instance.__dict__ for key in mapper.pk_keys):
            return None
        values = tuple(instance.__dict__[key] for key in mapper.pk_keys)
        missing = [value is None for value in values]
        if all(missing) or (any(missing) and not mapper.allow_partial_pks):
            return None
        found: IdentityKey = mapper.identity_key(values)
        return found

    def _existing(self, state: InstanceState, instance: Any, key: IdentityKey | None) -> Op[Any]:
        if key is None:
            return None
        found = self.session.identity_map.get(key)
        if found is None:
            found = self.by_key.get(key)
        if found is None and self.load:
            found = yield from session_query.get_by_key(self.session, state.mapper, key, self.options)
        if found is None and not self.load and state.modified:
            raise InvalidRequestError(
                "merge() with load=False option does not support objects marked as 'dirty'.  "
                "flush() all changes on mapped instances before merging with load=False."
            )
        return found

    def _made(self, state: InstanceState, key: IdentityKey | None) -> Any:
        made = state.mapper.new()
        target = state_of(made)
        if self.load:
            self.session.save_or_update(target, made)
        else:
            target.key = key
            self.session.attach(target, made)
        return made

    def _tell_loaded(self, obj: Any) -> None:
        for listener in state_of(obj).mapper.dispatch.of("load"):
            listener(state_of(obj) if listener.options.get("raw") else obj, None)

    def _check_version(self, state: InstanceState, instance: Any, target: InstanceState, found: Any) -> Op[None]:
        prop = state.mapper.version_id_prop
        if prop is None or found is instance:
            return
        key = prop.key
        given = instance.__dict__.get(key)
        if given is not None and self.load and target.key is not None and key not in found.__dict__ and key not in target.committed:
            yield from loads.refresh_object(self.session, found, target, [key])  # expired: the version that counts is that of the row
        have = target.committed.get(key, found.__dict__.get(key))
        if given is not None and have is not None and given != have:
            raise StaleDataError(
                f"Version id '{given}' on merged state {name_of(instance)} does not match existing version '{have}'. "
                "Leave the version attribute unset when merging to update the most recent version."
            )

    # ---- attributes

    def _copy(self, prop: Any, state: InstanceState, instance: Any, target: InstanceState, found: Any) -> Op[None]:
        if prop.is_relationship:
            yield from self._copy_related(prop, state, instance, target, found)
            return
        if not prop.is_column:
            return
        key = prop.key
        value = instance.__dict__.get(key, NO_VALUE)
        if value is not NO_VALUE:
            tracker = target.manager.tracked[key]
            if self.load:
                if found.__dict__.get(key, NO_VALUE) is NO_VALUE or found.__dict__[key] is not value:
                    tracker.set(found, value)
            else:
                tracker.set_committed(found, value)
        elif target.key is not None and key not in found.__dict__:
            target.expire([key])

    def _copy_related(self, prop: Any, state: InstanceState, instance: Any, target: InstanceState, found: Any) -> Op[None]:
        if self.load and any((id(instance), reverse) in self.following for reverse in prop.reverse):
            return
        if "merge" not in prop.cascade:
            return
        if prop.key in state.pending_changes and isinstance(target.manager.tracked[prop.key], WriteOnlyTracker):
            yield from self._copy_changes(prop, state, target, found)
            return
        if prop.key not in instance.__dict__:
            return
        if prop.uselist:
            yield from self._copy_collection(prop, instance, target, found)
            return
        current = instance.__dict__[prop.key]
        other = None if current is None else (yield from self._follow(prop, current))
        tracker = target.manager.tracked[prop.key]
        if not self.load:
            tracker.set_committed(found, other)
        elif prop.key not in found.__dict__ or found.__dict__[prop.key] is not other:
            if target.key is not None and prop.key not in found.__dict__:
                yield from load_needs(self.session, [(found, target, prop)])
            tracker.set(found, other)

    def _copy_collection(self, prop: Any, instance: Any, target: InstanceState, found: Any) -> Op[None]:
        if self.load and target.key is not None and prop.key not in found.__dict__:
            yield from load_needs(self.session, [(found, target, prop)])
        items: list[Any] = []
        for current in members(instance.__dict__[prop.key]):
            other = yield from self._follow(prop, current)
            if other is not None and not any(one is other for one in items):
                items.append(other)
        tracker = target.manager.tracked[prop.key]
        if not self.load:
            tracker.set_committed(found, items)
            return
        fresh = tracker.new_collection(found, items)
        tracker.set(found, dict(fresh) if isinstance(fresh, dict) else set(fresh) if isinstance(fresh, set) else items)

    def _copy_changes(self, prop: Any, state: InstanceState, target: InstanceState, found: Any) -> Op[None]:
        """Do what was done to a collection that is never loaded; a new object's dynamic one takes the place of what is there."""
        if not self.load:
            return
        given = state.pending_changes[prop.key]
        tracker = target.manager.tracked[prop.key]
        added: list[Any] = []
        removed: list[Any] = []
        for items, merged in ((given.added, added), (given.removed, removed)):
            for one in list(items):
                merged.append((yield from self._follow(prop, one)))
        if state.key is None and target.key is not None and prop.lazy == "dynamic":
            yield from load_needs(self.session, [(found, target, prop)])
            pending = target.pending_changes[prop.key]
            there, pending.loaded = pending.loaded or [], None
            removed += [one for one in there if not any(one is other for other in added)]
            added = [one for one in added if not any(one is other for other in there)]
        for one in removed:
            tracker.remove(found, one)
        for one in added:
            known = target.pending_changes.get(prop.key)
            if known is None or not any(one is other for other in known.added):  # a back-reference may have told it
                tracker.add(found, one)

    def _follow(self, prop: Any, current: Any) -> Op[Any]:
        step = (id(current), prop)
        self.following.add(step)
        peek_state(current)
        return (yield from self.merged(current))
