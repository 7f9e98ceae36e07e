"""Gathering: from a session's objects to the `Work` of one flush, without I/O.

    what is to be deleted   asked for, orphaned, reached by delete cascades          `_spread_deletes`
    what is to be saved     new, changed, or given another foreign key by a parent   `_link_saves`
    who refers to whom      links (foreign keys to copy or clear), association rows, edges

What must be loaded before that can be known is returned as `needs`; `operations/flush.py` loads one level of needs and
gathers again until there are none.

Rule 1: gathering changes nothing but the `Work` that it builds, so it may be repeated.
Rule 2: an unchanged relationship of a persistent object costs one look-up.
"""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterable
from itertools import chain
from operator import attrgetter, itemgetter
from typing import Any, TypeAlias

from ambo.errors import AmboWarning
from ambo.listening import heard
from ambo.mapping.cascades import current_targets, has_members, removed_targets, targets
from ambo.mapping.markers import MANYTOONE, NO_VALUE, ONETOMANY
from ambo.mapping.shared_state import SharedState
from ambo.mapping.state import InstanceState, state_of
from ambo.unitofwork.cascades import referred_key
from ambo.unitofwork.flush_plan import CleanDeletion, Link, RowChange, RowChanges, Work
from ambo.unitofwork.orphans import has_other_parent, is_orphan, was_orphaned
from ambo.unitofwork.table_map import table_maps
from ambo.unitofwork.unit import Unit

Need: TypeAlias = "tuple[Any, InstanceState, Any]"
"""An object, its state, and the attribute of it that must be loaded."""

_IS_MODIFIED = attrgetter("modified")
_MAPPER, _RELATIONSHIPS, _ORPHAN_RULES = attrgetter("mapper"), attrgetter("relationship_list"), attrgetter("delete_orphans")
_COMMITTED = attrgetter("committed")
_VERSION, _INHERITS, _NONE = attrgetter("version_id_prop"), attrgetter("inherits"), frozenset([None])
_DICT, _STATE = attrgetter("__dict__"), itemgetter("_sa_instance_state")
_UNUSUAL_IN_KEYS = frozenset([type(None), tuple])
_DELETE_EVENTS = frozenset(["before_delete", "after_delete", "persistent_to_deleted", "deleted_to_detached"])


class Gathering:
    """One pass over the objects of a flush; `work` is complete if `needs` is empty afterwards."""

    def __init__(self, unit: Unit, only: Iterable[Any] | None = None) -> None:
        self.unit = unit
        self.work = Work()
        self.needs: list[Need] = []
        self.expunged: list[tuple[Any, InstanceState]] = []
        self._row_pairs: set[tuple[Any, int, int]] = set()
        chosen = None if only is None else {state_of(obj) for obj in only}
        self.revived: list[Any] = []
        self._seed(chosen)
        work = self.work
        saved, deleted = len(work.saves), len(work.deletes)
        if deleted:
            work.mappers = {**work.mappers, **dict.fromkeys(map(_MAPPER, work.deletes))}
        related = any(map(_RELATIONSHIPS, work.mappers))
        if related:
            self._relate()
        if unit._modified:
            self._follow_keys()
        if related or len(work.saves) > saved or len(work.deletes) > deleted:
            work.mappers = dict.fromkeys(map(_MAPPER, (*work.saves, *work.deletes)))
            self._order_mappers(work.mappers)
        mappers = work.mappers
        if not _NONE.issuperset(map(_VERSION, mappers)):
            self._need_versions()
        if not _NONE.issuperset(map(_INHERITS, mappers)):
            self._need_row_keys(mappers)

    # ---- what is there

    def _seed(self, chosen: set[InstanceState] | None) -> None:
        unit, work = self.unit, self.work
        deleted, known = unit._deleted, unit._new | unit._modified
        if chosen is not None:
            deleted = {at: obj for at, obj in deleted.items() if state_of(obj) in chosen}
            known = {state: obj for state, obj in known.items() if state in chosen}
        if unit._modified and (deleted or unit._new or not all(map(_IS_MODIFIED, known))):
            known = {state: obj for state, obj in known.items() if (state.key is None or state.modified) and id(obj) not in deleted}
        mappers = work.mappers = dict.fromkeys(map(_MAPPER, known))
        if deleted:
            if not any(map(_RELATIONSHIPS, mappers)):
                work.clean_deletes = clean_deletions(unit, deleted.values())
            if not work.clean_deletes:
                work.deletes = {state_of(obj): obj for obj in deleted.values()}
        if not any(map(_ORPHAN_RULES, mappers)):
            work.saves = known
            return
        for state, obj in known.items():
            if state.mapper.delete_orphans and is_orphan(state) and (state.key is not None or was_orphaned(state)):
                self._drop_orphan(state, obj)
            else:
                work.saves[state] = obj

    def _relate(self) -> None:
        """Find out what relationships mean for the objects: what else is deleted or saved, and who refers to whom."""
        if self.work.deletes:
            self._revive_adopted()
        self._spread_deletes()
        for state, obj in list(self.work.saves.items()):
            if state.mapper.relationship_list:
                self._link_save(state, obj)
        for state, obj in list(self.work.deletes.items()):
            self._link_delete(state, obj)

    def _drop_orphan(self, state: InstanceState, obj: Any) -> None:
        if state.key is None:
            self.expunged.append((obj, state))
        else:
            self.work.deletes[state] = obj

    def _revive_adopted(self) -> None:
        """Take back the deletion of what was put into a collection of an object that is saved."""
        for state, obj in list(self.work.saves.items()):
            for prop in state.mapper.relationship_list:
                if prop.direction is not ONETOMANY or prop.viewonly or (state.key is not None and prop.key not in state.committed):
                    continue
                added = current_targets(obj, state, prop) if state.key is None else state.manager.tracked[prop.key].history(state).added
                for other in added:
                    other_state = None if other is None else state_of(other)
                    if other_state is not None and other_state in self.work.deletes:
                        self.work.saves[other_state] = self.work.deletes.pop(other_state)
                        self.revived.append(other)

    # ---- deletes

    def _spread_deletes(self) -> None:
        """Find the orphans, and follow their delete cascades until nothing is added; `session.delete()` has followed its own."""
        orphans: list[tuple[InstanceState, Any]] = []
        losing = {mapper: _losing(mapper) for mapper in {state.mapper for states in (self.work.saves, self.work.deletes) for state in states}}
        if any(losing.values()):
            for state in [*self.work.saves, *self.work.deletes]:
                for prop in losing[state.mapper]:
                    self._orphans_of(state, prop, orphans)
        for state, obj in list(self.work.deletes.items()):
            if id(obj) not in self.unit._deleted:
                orphans.append((state, obj))
            for prop in state.mapper.relationship_list:
                if prop.viewonly:
                    continue
                if self._must_load(state, obj, prop):
                    self.needs.append((obj, state, prop))
                elif prop.direction is MANYTOONE and "delete" in prop.cascade:
                    for other in targets(obj, state, prop, with_removed="delete-orphan" in prop.cascade):
                        self._delete_too(other, orphans)
        while orphans:
            self._spread(*orphans.pop(), orphans)

    def _spread(self, state: InstanceState, obj: Any, waiting: list[tuple[InstanceState, Any]]) -> None:
        """Delete what an orphan's cascades reach."""
        for prop in state.mapper.relationship_list:
            if prop.viewonly:
                continue
            if self._must_load(state, obj, prop):
                self.needs.append((obj, state, prop))
            elif "delete" in prop.cascade:
                for other in current_targets(obj, state, prop):
                    self._delete_too(other, waiting)

    def _orphans_of(self, state: InstanceState, prop: Any, found: list[tuple[InstanceState, Any]]) -> None:
        for other in removed_targets(state, prop):
            other_state = state_of(other)
            if not has_other_parent(other_state, prop, state) and other_state.key is not None and self.unit.contains_state(other_state):
                self.work.saves.pop(other_state, None)
                if other_state not in self.work.deletes:
                    self.work.deletes[other_state] = other
                    found.append((other_state, other))

    def _delete_too(self, other: Any, waiting: list[tuple[InstanceState, Any]]) -> None:
        state = state_of(other)
        if state in self.work.deletes or not self.unit.contains_state(state):
            return
        self.work.saves.pop(state, None)
        if state.key is None:
            self.expunged.append((other, state))
        else:
            self.work.deletes[state] = other
            waiting.append((state, other))

    def _must_load(self, state: InstanceState, obj: Any, prop: Any) -> bool:
        if prop.passive_deletes or prop.key in obj.__dict__ or state.key is None:
            return False
        if has_members(state, prop):
            return False
        return prop.direction is not MANYTOONE or "delete" in prop.cascade or "delete-orphan" in prop.cascade

    def _link_delete(self, state: InstanceState, obj: Any) -> None:
        for prop in state.mapper.relationship_list:
            if prop.viewonly:
                continue
            if prop.direction is ONETOMANY:
                self._release_children(state, obj, prop)
            elif prop.direction is MANYTOONE:
                self._forget_parent(state, obj, prop)
            else:
                self._drop_rows(state, obj, prop)

    def _release_children(self, state: InstanceState, obj: Any, prop: Any) -> None:
        removed = {id(child) for child in removed_targets(state, prop)}
        for child in targets(obj, state, prop, with_removed=True):
            child_state = state_of(child)
            if id(child) in removed and has_other_parent(child_state, prop, state):
                continue
            if child_state in self.work.deletes:
                self.work.delete_edges.append((child_state, state))
                if prop.post_update:
                    self.work.post_deletes.append(Link(prop, None, child_state, prop.synchronize_pairs))
            elif prop.passive_deletes != "all" and self.unit.contains_state(child_state):
                self._clear(prop, child_state, child)

    def _forget_parent(self, state: InstanceState, obj: Any, prop: Any) -> None:
        for target in targets(obj, state, prop, with_removed=True):
            target_state = state_of(target)
            if target_state in self.work.deletes:
                if prop.post_update:
                    self.work.post_deletes.append(Link(prop, None, state, prop.synchronize_pairs))
                else:
                    self.work.delete_edges.append((state, target_state))

    def _drop_rows(self, state: InstanceState, obj: Any, prop: Any) -> None:
        added = {id(one) for one in state.manager.tracked[prop.key].history(state).added} if prop.key in state.committed else ()
        for other in targets(obj, state, prop, with_removed=True):
            if id(other) not in added and not (other_state := state_of(other)).deleted_flag:
                self._row(prop, state, other_state, "deletes")

    # ---- saves

    def _link_save(self, state: InstanceState, obj: Any) -> None:
        is_new = state.key is None
        for prop in state.mapper.relationship_list:
            if prop.viewonly:
                continue
            if is_new:
                if prop.key in obj.__dict__ or prop.key in state.pending_changes:
                    self._link_fresh(state, obj, prop)
            elif prop.key in state.committed or prop.key in state.pending_changes:
                self._link_changed(state, obj, prop)
            if not is_new and prop.direction is not MANYTOONE and self._key_changed(state, prop):
                self._follow_key(state, obj, prop)

    def _link_fresh(self, state: InstanceState, obj: Any, prop: Any) -> None:
        if prop.direction is MANYTOONE and not prop.uselist:
            self._refer(state, obj, prop, obj.__dict__[prop.key])
            return
        for other in current_targets(obj, state, prop):
            self._link_added(state, obj, prop, other)

    def _link_changed(self, state: InstanceState, obj: Any, prop: Any) -> None:
        if self._must_know_old(state, obj, prop):
            self.needs.append((obj, state, prop))
            return
        if prop.direction is MANYTOONE and not prop.uselist:
            value = obj.__dict__.get(prop.key, NO_VALUE)
            if value is not NO_VALUE or state.committed.get(prop.key) is not None:
                self._refer(state, obj, prop, None if value is NO_VALUE else value)
            return
        history = state.manager.tracked[prop.key].history(state)
        for other in history.deleted:
            if other is not None and other is not NO_VALUE:
                self._link_removed(state, prop, other)
        for other in history.added:
            if other is not None:
                self._link_added(state, obj, prop, other)

    def _must_know_old(self, state: InstanceState, obj: Any, prop: Any) -> bool:
        """Tell whether what a scalar attribute referred to must be loaded, since its row must change too."""
        if state.committed.get(prop.key) is not NO_VALUE:
            return False
        return prop.direction is not MANYTOONE or "delete-orphan" in prop.cascade

    def _refer(self, state: InstanceState, obj: Any, prop: Any, target: Any) -> None:
        """Note what a many-to-one attribute says about this object's foreign key."""
        if target is None:
            self._link(Link(prop, None, state, prop.synchronize_pairs), obj)
            return
        target_state = state_of(target)
        if not self._is_here(target_state, target, prop, state):
            return
        self._link(Link(prop, target_state, state, prop.synchronize_pairs), obj)

    def _link_added(self, state: InstanceState, obj: Any, prop: Any, other: Any) -> None:
        other_state = state_of(other)
        if not self._is_here(other_state, other, prop, state):
            return
        if prop.secondary is not None:
            self._row(prop, state, other_state, "inserts")
        elif prop.direction is MANYTOONE:
            self._refer(state, obj, prop, other)
        elif other_state not in self.work.deletes:
            self._link(Link(prop, state, other_state, prop.synchronize_pairs), other)

    def _link_removed(self, state: InstanceState, prop: Any, other: Any) -> None:
        other_state = state_of(other)
        if other_state.deleted_flag:
            return  # its rows went with it
        if prop.secondary is not None:
            self._row(prop, state, other_state, "deletes")
        elif other_state in self.work.deletes or not self.unit.contains_state(other_state):
            return
        elif prop.direction is ONETOMANY and not has_other_parent(other_state, prop, state):
            self._clear(prop, other_state, other)

    def _link(self, link: Link, dependent: Any) -> None:
        work, state = self.work, link.dependent
        if link.prop.post_update:
            if state.key is not None or link.principal is not None:
                work.post_saves.append(link)
            self._also_save(state, dependent, post_update=True)
            return
        self._also_save(state, dependent)
        work.links.setdefault(state, []).append(link)
        if link.principal is not None and (link.principal.key is None or link.principal in work.saves):
            work.save_edges.append((link.principal, state))

    def _clear(self, prop: Any, state: InstanceState, obj: Any) -> None:
        link = Link(prop, None, state, prop.synchronize_pairs)
        if prop.post_update:
            self.work.post_saves.insert(0, link)
        else:
            self._also_save(state, obj)
            self.work.links.setdefault(state, []).insert(0, link)

    def _also_save(self, state: InstanceState, obj: Any, post_update: bool = False) -> None:
        if state not in self.work.saves and state not in self.work.deletes and not (post_update and state.key is not None):
            self.work.saves[state] = obj

    def _is_here(self, state: InstanceState, obj: Any, prop: Any, owner: InstanceState) -> bool:
        if self.unit.contains_state(state):
            return True
        if not state.deleted_flag:
            operation = f"{owner.mapper.class_.__name__}.{prop.key}"
            warnings.warn(
                f"Object of type <{type(obj).__name__}> not in session, add operation along '{operation}' will not proceed",
                AmboWarning,
                stacklevel=2,
            )
        return False

    def _need_versions(self) -> None:
        """The version that the database has must be known of every row that is updated or deleted."""
        for states in (self.work.saves, self.work.deletes):
            for state, obj in states.items():
                prop = state.mapper.version_id_prop
                if prop is None or state.key is None:
                    continue
                if state.committed.get(prop.key, obj.__dict__.get(prop.key, NO_VALUE)) is NO_VALUE:
                    self.needs.append((obj, state, prop))

    def _need_row_keys(self, mappers: Iterable[Any]) -> None:
        """Of a row that is not found by its object's identity (a table of a subclass with a key of its own) the key must be known."""
        keys = {mapper: [slot for tmap in table_maps(mapper).values() for slot in tmap.own_key] for mapper in mappers if mapper.inherits is not None}
        if not any(keys.values()):
            return
        for states in (self.work.saves, self.work.deletes):
            for state, obj in states.items():
                for slot in keys.get(state.mapper, ()) if state.key is not None else ():
                    if state.committed.get(slot.key, obj.__dict__.get(slot.key, NO_VALUE)) is NO_VALUE:
                        self.needs.append((obj, state, slot.prop))

    # ---- primary keys that change

    def _key_changed(self, state: InstanceState, prop: Any) -> bool:
        if not state.committed:
            return False
        mapper = state.mapper
        for source, _ in prop.synchronize_pairs:
            column_prop = mapper.property_of(source)
            if column_prop is not None and column_prop.key in state.committed:
                return True
        return False

    def _follow_key(self, state: InstanceState, obj: Any, prop: Any) -> None:
        """Give the new key to what refers to it: by UPDATE, or only in memory if the database cascades."""
        if prop.key not in obj.__dict__:
            if not prop.passive_updates:
                self.needs.append((obj, state, prop))
            return
        for other in current_targets(obj, state, prop):
            other_state = state_of(other)
            if prop.secondary is not None:
                if not prop.passive_updates:
                    self._row(prop, state, other_state, "updates")
            elif other_state not in self.work.deletes and self.unit.contains_state(other_state):
                self._link(Link(prop, state, other_state, prop.synchronize_pairs, in_memory=prop.passive_updates), other)

    def _follow_keys(self) -> None:
        """Give a changed primary key to what refers to it by a many-to-one attribute, as far as that is in memory."""
        names = {key for mapper in self.work.mappers for key in mapper.pk_keys}
        if names.isdisjoint(set().union(*map(_COMMITTED, self.unit._modified))):
            return
        touched = [state for state in self.unit._modified if not names.isdisjoint(state.committed)]
        changed = {state.key: state for state in touched if state in self.work.saves and any(key in state.committed for key in state.mapper.pk_keys)}
        if not changed:
            return
        for obj in self.unit.identity_map.values():
            for prop in type(obj).__mapper__.relationship_list:
                if prop.direction is MANYTOONE and not prop.viewonly and prop.secondary is None:
                    self._follow_from(obj, prop, changed)

    def _follow_from(self, obj: Any, prop: Any, changed: dict[Any, InstanceState]) -> None:
        if not any(state.mapper.isa(prop.mapper) for state in changed.values()):
            return
        state = state_of(obj)
        if prop.key in state.committed or state in self.work.deletes:
            return
        for target in current_targets(obj, state, prop) if prop.key in obj.__dict__ else self._unloaded_target(obj, state, prop, changed):
            target_state = state_of(target)
            if target_state.key in changed:
                self._link(Link(prop, target_state, state, prop.synchronize_pairs, in_memory=prop.passive_updates), obj)

    def _unloaded_target(self, obj: Any, state: InstanceState, prop: Any, changed: dict[Any, InstanceState]) -> list[Any]:
        """Return what an unloaded many-to-one attribute refers to, if that has a changed key; its foreign key may have to be loaded."""
        if prop.passive_updates:
            return []
        for _, own in prop.synchronize_pairs:
            column = state.mapper.property_of(own)
            if column is not None and column.key not in obj.__dict__ and column.key not in state.committed:
                self.needs.append((obj, state, column))
                return []
        found = changed.get(referred_key(obj, state, prop))
        return [] if found is None else [found.obj()]

    # ---- association rows

    def _row(self, prop: Any, left: InstanceState, right: InstanceState, what: str) -> None:
        pair = (prop, id(left), id(right))
        if pair in self._row_pairs or any((other, id(right), id(left)) in self._row_pairs for other in prop.reverse):
            return
        self._row_pairs.add(pair)
        changes = self.work.rows.get(prop)
        if changes is None:
            changes = self.work.rows[prop] = RowChanges(prop)
        rows: list[RowChange] = getattr(changes, what)
        rows.append(RowChange(left, right))

    # ---- order of hierarchies

    def _order_mappers(self, mappers: Iterable[Any]) -> None:
        bases = {mapper.base_mapper for mapper in mappers}
        edges: dict[tuple[Any, Any], None] = {}
        for mapper in mappers:
            for prop in mapper.relationship_list:
                parent, target = prop.parent.base_mapper, prop.mapper.base_mapper
                if prop.viewonly or prop.post_update or prop.secondary is not None or target not in bases:
                    continue
                edges[(parent, target) if prop.direction is ONETOMANY else (target, parent)] = None
        self.work.mapper_edges = list(edges)


def clean_deletions(unit: Unit, objects: Collection[Any]) -> list[CleanDeletion]:
    """Return objects to delete by the states that they share, nothing if there is more to any of them than its row and primary key."""
    haves = list(map(_DICT, objects))
    states = dict.fromkeys(map(_STATE, haves))
    if not all(state.__class__ is SharedState and _is_one_row(state.mapper) for state in states):
        return []
    if not heard.isdisjoint(_DELETE_EVENTS) and any(map(_hears_of_deletions, [unit, *map(_MAPPER, states)])):
        return []
    found = []
    for state in states:
        same = list(objects) if len(states) == 1 else [obj for obj in objects if _STATE(obj.__dict__) is state]
        names = state.mapper.pk_keys
        try:
            keys = list(map(itemgetter(*names), haves if len(states) == 1 else map(_DICT, same)))
        except KeyError:
            return []
        if not _UNUSUAL_IN_KEYS.isdisjoint(map(type, keys if len(names) == 1 else chain.from_iterable(keys))):
            return []
        found.append(CleanDeletion(state, same, keys))
    return found


def _hears_of_deletions(source: Any) -> bool:
    return any(map(source.dispatch.of, _DELETE_EVENTS))


def _is_one_row(mapper: Any) -> bool:
    """Tell whether a row found by the object's identity is all that is to be deleted."""
    tmaps = table_maps(mapper)
    return not mapper.relationship_list and len(tmaps) == 1 and all(tmap.is_keyed_by_identity for tmap in tmaps.values())


def _losing(mapper: Any) -> list[Any]:
    """Return the relationships whose objects die when they are taken out."""
    return [prop for prop in mapper.relationship_list if "delete-orphan" in prop.cascade and not prop.viewonly]
