"""`Loading`: one execution of one plan. What a generated row loader asks for while it works, and what is due when it is done.

Rule 1: made for each execution, thrown away after it; whatever can be known before stands in the plan.
Rule 2: `load` and `refresh` listeners are called by `finish`, when every object of the rows is complete.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from weakref import ref

from ambo.collecting import MANY, undisturbed
from ambo.listening import heard
from ambo.loading.part_reader import PartReader, blamed, note_length, read_in_parts
from ambo.loading.plan import LoadingSession
from ambo.loading.row_loader import LONG, RowLoader
from ambo.loading.unreadable import READING_ERRORS
from ambo.mapping.collections import InstrumentedList
from ambo.mapping.shared_state import SharedState
from ambo.mapping.state import InstanceState, state_of

_TIDY_FROM = 1000
"""Entries of one hierarchy from which on a load asks the identity map to drop those of dead objects."""


class Values:
    """The values of one execution: what the binds of a plan's first statement stand for now."""

    __slots__ = ("_at", "binds", "known")

    def __init__(self, known: Sequence[Any], binds: Sequence[Any]) -> None:
        self.known = known
        self.binds = binds
        self._at: dict[int, int] | None = None

    def of(self, wanted: Sequence[Any], replaced: Mapping[int, Any]) -> list[Any]:
        """Return the binds for a statement that follows; `replaced` are those of it alone, by identity."""
        if self._at is None:
            self._at = {} if self.known is self.binds else {id(bind): at for at, bind in enumerate(self.known)}
        found: list[Any] = []
        for bind in wanted:
            at = self._at.get(id(bind))
            found.append(replaced.get(id(bind), bind) if at is None else self.binds[at])
        return found


NO_VALUES = Values((), ())


class Loading:
    """The state of one execution; `context` of the `load` and `refresh` events; `has_listeners` tells that `finish` has something to do.

    `populate` replaces what loaded objects have, `only` restricts that to some attributes, `gathered` are the objects found
    for the entities that have further loads, in the order of `RowLoader.gathering`; `options` are the execution options, which the
    loads that follow share; `locked` is the object that is being locked, with the name and value of its version.
    """

    __slots__ = (
        "_births",
        "_refreshes",
        "_seen",
        "gathered",
        "has_listeners",
        "locked",
        "only",
        "options",
        "populate",
        "session",
        "token",
        "values",
    )

    def __init__(
        self,
        session: LoadingSession,
        populate: bool = False,
        token: Any = None,
        only: frozenset[str] | None = None,
        values: Values = NO_VALUES,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        self.session = session
        self.populate = populate
        self.token = token
        self.only = only
        self.values = values
        self.options = options
        self.locked: tuple[Any, str, Any] | None = None
        self.gathered: tuple[tuple[list[Any], list[Any]], ...] = ()
        self._births: list[tuple[Any, list[Any]]] | None = None
        self._refreshes: dict[int, tuple[Any, list[str]]] | None = None
        self._seen: set[int] | None = None
        self.has_listeners = False

    def into(self, token: Any) -> Loading:
        """Return the same for the rows of one shard."""
        found = Loading(self.session, self.populate, token, self.only, self.values, self.options)
        found.locked = self.locked
        return found

    def read(self, loader: RowLoader, rows: Sequence[Any], reader: PartReader | None = None) -> Any:
        """Run a row loader over some rows, unless a reader did; a long list of them is empty afterwards."""
        if reader is not None and reader.is_used:
            return reader.finished()
        try:
            if len(rows) < MANY:
                return loader.load(rows, self)
            if len(rows) > LONG and rows.__class__ is list:
                return read_in_parts(loader, rows, self)
            return undisturbed(_consumed, loader, rows, self)
        except READING_ERRORS as error:
            found = blamed(loader, rows, error)
            if found is error:
                raise
            raise found from error

    @property
    def bind_arguments(self) -> Mapping[str, Any]:
        """What said where the statement goes: `shard_id`, if objects have one."""
        return {} if self.token is None else {"shard_id": self.token}

    # ---- asked by loaders, once for each statement

    def start(self, mapper: Any, options: Any) -> tuple[dict[Any, ref[Any]], SharedState, list[Any] | None]:
        """Return what objects of a class come into: the identity map's entries, their state, and a list if somebody listens to `load`."""
        session = self.session
        identity_map = session.identity_map
        at = (mapper.identity_class, self.token)
        refs: dict[Any, ref[Any]] | None = identity_map.tables.get(at)
        if refs is None:
            refs = identity_map.tables[at] = {}
        elif len(refs) > _TIDY_FROM:
            identity_map.tidy()
        shared_as = (mapper, options) if self.token is None else (mapper, options, self.token)
        state = session.shared_states.get(shared_as)
        if state is None:
            if options is not None and options.varies:
                state = SharedState(session.session_ref, mapper, options.bound(self), self.token)
            else:
                state = session.shared_states[shared_as] = SharedState(session.session_ref, mapper, options, self.token)
        return refs, state, None if "load" not in heard else self.born(mapper)

    def born(self, mapper: Any) -> list[Any] | None:
        """Return a list for new objects if somebody listens to `load` of their class."""
        if not mapper.dispatch.of("load"):
            return None
        self.has_listeners = True
        gathering: list[Any] = []
        if self._births is None:
            self._births = []
        self._births.append((mapper, gathering))
        return gathering

    # ---- asked by loaders about single objects

    def wants(self, obj: Any, key: str) -> bool:
        """Tell whether a joined relation of an object that is there already is to be filled."""
        if key not in obj.__dict__:
            state = obj._sa_instance_state
            return state.__class__ is SharedState or key not in state.committed
        return self.populate and (self.only is None or key in self.only)

    def filled(self, obj: Any, key: str) -> None:
        """Note that a joined relation was stored."""
        state = obj._sa_instance_state
        if state.__class__ is InstanceState:
            state.settle(key)
            state.expired -= {key}

    def fill_collections(self, key: str, found: Iterable[tuple[Any, dict[Any, Any]]]) -> None:
        """Store the members of joined collections."""
        store_collections(key, ((obj, list(by_key.values())) for obj, by_key in found))

    def first_sight(self, obj: Any) -> bool:
        """Tell whether this statement's rows replace the object's values for the first time."""
        seen = self._seen
        if seen is None:
            seen = self._seen = set()
        if id(obj) in seen:
            return False
        seen.add(id(obj))
        return True

    def refreshed(self, obj: Any, keys: list[str]) -> None:
        """Note that an object's values were taken from a row."""
        if "refresh" in heard and obj.__class__._sa_class_manager.dispatch.of("refresh"):
            self.has_listeners = True
            if self._refreshes is None:
                self._refreshes = {}
            self._refreshes.setdefault(id(obj), (obj, keys))

    def finish(self) -> None:
        """Call the listeners of `load` and `refresh`."""
        self.has_listeners = False
        births, self._births = self._births, None
        for mapper, objects in births or ():
            listeners = mapper.dispatch.of("load")
            for obj in objects:
                for one in listeners:
                    one(_subject(obj, one), self)
                self._settle(obj, None)
        refreshes, self._refreshes = self._refreshes, None
        for obj, keys in (refreshes or {}).values():
            for one in obj.__class__._sa_class_manager.dispatch.of("refresh"):
                one(_subject(obj, one), self, None if self.populate and self.only is None else set(keys))
            if self.populate:
                self._settle(obj, self.only)

    def _settle(self, obj: Any, keys: frozenset[str] | None) -> None:
        """Take what listeners made of an object that was just loaded for what the database has."""
        state = obj._sa_instance_state
        if state.__class__ is InstanceState and state.modified:
            if keys is None:
                self.session.became_clean((state,))
            else:
                state.commit(keys)


def _consumed(loader: RowLoader, rows: Any, loading: Loading) -> Any:
    """Run a row loader and let its rows go while the collector is still paused: it need not look at those that are gone."""
    items = loader.load(rows, loading)
    note_length(loader, len(rows))
    if rows.__class__ is list:
        rows.clear()
    return items


def _subject(obj: Any, listener: Any) -> Any:
    return state_of(obj) if listener.options.get("raw") else obj


def store_collections(key: str, found: Iterable[tuple[Any, Sequence[Any]]]) -> None:
    """Store loaded members as the collections of objects, whatever class each object and collection has.

    Lists of clean objects, the common case, are made here without a call into mapping.
    """
    cls: type[Any] | None = None
    for obj, items in found:
        if obj.__class__ is not cls:
            cls = obj.__class__
            tracker: Any = cls._sa_class_manager.tracked[key]
            is_plain = tracker.factory is InstrumentedList and not tracker.on
        if is_plain and obj._sa_instance_state.__class__ is SharedState:
            made: Any = InstrumentedList(items)
            made._ambo_owner = ref(obj)
            made._ambo_tracker = tracker
            obj.__dict__[key] = made
        else:
            tracker.set_committed(obj, items)


def store_object(obj: Any, key: str, value: Any) -> None:
    """Store a loaded related object (or None)."""
    obj.__class__._sa_class_manager.tracked[key].set_committed(obj, value)


def loading_for(session: LoadingSession, known: Sequence[Any], binds: Sequence[Any], options: Mapping[str, Any]) -> Loading:
    """Return the state of one execution: `binds` stand in the place of those that the plan knows."""
    values = Values(known, binds)
    if not options:
        return Loading(session, False, None, None, values)
    return Loading(session, bool(options.get("populate_existing")), options.get("identity_token"), None, values, options)
