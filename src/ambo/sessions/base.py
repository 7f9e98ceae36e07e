"""What a session is in both colours, as far as it needs no I/O: its settings and its objects.

    Unit (unitofwork/unit.py)   which objects, in which condition, through which transactions
      `── SessionBase           settings, binds, events, add/expunge/expire, what users ask without waiting
            |── AsyncSession    sessions/aio.py: one verb a method, awaited
            `── Session         sessions/sync.py, generated from it

Rule 1: no method here waits; whatever may touch the database is an operation, called by the shells.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar, Literal

from ambo.connecting.blocking import Blocking
from ambo.connecting.recording import Log
from ambo.effects import Op
from ambo.errors import ArgumentError, InvalidRequestError
from ambo.listening import Dispatch
from ambo.loading.n_plus_one import NPlusOneWatch
from ambo.mapping.cascades import cascade
from ambo.mapping.configuration import install_lock
from ambo.mapping.inspection import class_mapper
from ambo.mapping.late_changes import warn_of_late
from ambo.mapping.markers import NO_ARG, NoArg
from ambo.mapping.state import InstanceState, peek_state, state_of
from ambo.operations.execute_state import ORMExecuteState, perform
from ambo.operations.flush import flush
from ambo.sessions.binds import Binds, unbound
from ambo.sessions.events import DispatchHook, OwnDispatch
from ambo.statements.frozen_dicts import immutabledict
from ambo.unitofwork.identity_map import IdentityKey
from ambo.unitofwork.membership import name_of
from ambo.unitofwork.unit import Unit

JoinTransactionMode = Literal["conditional_savepoint", "rollback_only", "control_fully", "create_savepoint"]
_JOIN_MODES = ("conditional_savepoint", "rollback_only", "control_fully", "create_savepoint")
_NO_OPTIONS: Mapping[str, Any] = immutabledict()

install_lock(threading.RLock())  # two threads may use their first mapped object at the same time

all_sessions: set[weakref.ref[Any]] = set()
"""Every session there is, for `close_all_sessions()`; a plain set, since a session is made for each request or task."""


class SessionBase(Unit):
    """The settings and objects of a session; see `Session` and `AsyncSession`."""

    _class_dispatch: ClassVar[Dispatch]
    __event_dispatch__ = DispatchHook()
    dispatch = OwnDispatch()

    # What most sessions leave as it is stands here once; `__init__` stores what was chosen otherwise.
    twophase: bool = False
    enable_baked_queries: bool = True
    execution_options: Mapping[str, Any] = _NO_OPTIONS
    n_plus_one: NPlusOneWatch | None = None
    _binds: Binds | None = None
    _info: dict[Any, Any] | None = None
    _query_cls: Any = None
    _resets_only: bool = True
    _log: Log | None = None
    _busy: Any = None

    def __init__(
        self,
        bind: Any = None,
        *,
        autoflush: bool = True,
        future: Literal[True] = True,
        expire_on_commit: bool = True,
        autobegin: bool = True,
        twophase: bool = False,
        binds: Mapping[Any, Any] | None = None,
        enable_baked_queries: bool = True,
        info: Mapping[Any, Any] | None = None,
        query_cls: Any = None,
        autocommit: Literal[False] = False,
        join_transaction_mode: JoinTransactionMode = "conditional_savepoint",
        close_resets_only: bool | NoArg = NO_ARG,
        execution_options: Mapping[str, Any] | None = None,
        n_plus_one: int | None = None,
        blocking: Blocking = "warn",
        strict: Literal["async"] | None = None,
    ) -> None:
        super().__init__(autobegin, expire_on_commit, all_sessions.discard)
        all_sessions.add(self.session_ref)
        self.bind = bind
        self.autoflush = autoflush
        if autocommit:
            raise ArgumentError("autocommit mode is gone; use an engine with isolation_level='AUTOCOMMIT', or sessionmaker.begin()")
        if not future:
            raise ArgumentError("The 'future' parameter passed to Session() may only be set to True.")
        if twophase:
            self.twophase = True
        if not enable_baked_queries:
            self.enable_baked_queries = False
        if join_transaction_mode not in _JOIN_MODES:
            raise ArgumentError(f"invalid selection {join_transaction_mode!r} for join_transaction_mode; it is one of {', '.join(_JOIN_MODES)}")
        self.join_transaction_mode = join_transaction_mode
        if execution_options:
            self.execution_options = immutabledict(execution_options)
        if n_plus_one is not None:
            self.n_plus_one = NPlusOneWatch(n_plus_one)
        if strict not in (None, "async"):
            raise ArgumentError(f"strict is None or 'async', not {strict!r}")
        self.blocking = blocking
        self.strict = strict
        if binds:
            self._binds = Binds(binds)
        if info:
            self._info = dict(info)
        if query_cls is not None:
            self._query_cls = query_cls
        if close_resets_only is not NO_ARG and not close_resets_only:
            self._resets_only = False

    @property
    def hash_key(self) -> int:
        """A number that no other session of this moment has."""
        return id(self.__dict__)

    @property
    def in_use(self) -> bool:
        """Whether there is anything that `close()` would end."""
        return self._frame is not None or self.has_work or bool(self.identity_map)

    # ---- where statements go

    def get_bind(self, mapper: Any = None, *, clause: Any = None, bind: Any = None, **kw: Any) -> Any:
        """Return the engine or connection that serves a class or statement. Subclasses may decide otherwise.

        Raises UnboundExecutionError if there is none.
        """
        if bind is not None:
            return bind
        if self._binds is not None:
            wanted = None if mapper is None else class_mapper(mapper)
            found = self._binds.find(wanted, clause)
            if found is not None:
                return found
        if self.bind is None:
            raise unbound(self, mapper, clause)
        return self.bind

    @classmethod
    def take_router(cls, given: dict[str, Any]) -> Any:
        """Take out of a constructor's arguments what says where statements go, and return what follows it; None but for sessions with shards."""
        return None

    @property
    def has_one_bind(self) -> bool:
        """Whether every statement goes to `self.bind`, whatever it says."""
        return self._binds is None and type(self).get_bind is SessionBase.get_bind and "get_bind" not in self.__dict__

    def bind_mapper(self, mapper: Any, bind: Any) -> None:
        """Have a class, and those that inherit it, served by an engine or connection."""
        self._bind_to(mapper, bind)

    def bind_table(self, table: Any, bind: Any) -> None:
        """Have a table served by an engine or connection."""
        self._bind_to(table, bind)

    def _bind_to(self, key: Any, bind: Any) -> None:
        if self._binds is None:
            self._binds = Binds()
        self._binds.add(key, bind)
        frame = self._frame
        while frame is not None:
            frame.usual = None
            frame = frame.parent

    @property
    def info(self) -> dict[Any, Any]:
        """A dictionary for the application; a sessionmaker's `info` is where it begins."""
        if self._info is None:
            self._info = {}
        return self._info

    # ---- objects

    def add(self, instance: object, *, _warn: bool = True) -> None:
        """Put an object into the session, with what its save-update cascades reach; the next flush inserts it if it is new.

        Raises UnmappedInstanceError if its class is not mapped, InvalidRequestError if another session has it.
        """
        if _warn and self.session_ref.is_writing:
            warn_of_late("Session.add()")
        self.save_or_update(state_of(instance), instance)

    def add_all(self, instances: Iterable[object]) -> None:
        """Put several objects into the session."""
        if self.session_ref.is_writing:
            warn_of_late("Session.add_all()")
        self.save_or_update_each(instances)

    def expire(self, instance: object, attribute_names: Iterable[str] | None = None) -> None:
        """Forget an object's values (or some of them), so that the next use reads them again; changes are lost.

        Raises InvalidRequestError if the object is not persistent in this session.
        """
        state = self.own_state(instance)
        if attribute_names:
            self.expire_state(state, list(attribute_names))
            return
        reached = cascade("refresh-expire", instance, state)
        self.expire_state(state)
        for other, other_state in reached:
            self.expire_reached(other_state, other)

    def own_state(self, instance: object) -> InstanceState:
        """Return the state of a persistent object of this session.

        Raises InvalidRequestError if it is something else.
        """
        state = state_of(instance)
        if state.key is None or not self.contains_state(state):
            raise InvalidRequestError(f"Instance {name_of(instance)} is not persistent within this Session; add and flush it first")
        return state

    def expire_all(self) -> None:
        """Forget the values of all persistent objects."""
        self.expire_everything()

    def is_modified(self, instance: object, include_collections: bool = True) -> bool:
        """Tell whether an object has a net change that the next flush would write."""
        state = state_of(instance)
        if not state.modified:
            return False
        for tracker in state.manager.tracked.values():
            if tracker.is_collection and not include_collections:
                continue
            history = tracker.history(state)
            if history.added or history.deleted:
                return True
        return False

    @property
    def is_active(self) -> bool:
        """Whether statements can run: false only after a flush failed and before `rollback()`."""
        if self.autobegin:
            return self._frame is None or self._frame.is_active
        return self._frame is not None and self._frame.is_active

    @property
    @contextmanager
    def no_autoflush(self) -> Iterator[Any]:
        """A context manager that pauses autoflush: `with session.no_autoflush: ...`."""
        before, self.autoflush = self.autoflush, False
        try:
            yield self
        finally:
            self.autoflush = before

    def enable_relationship_loading(self, obj: object) -> None:
        """Let a transient object load its relationships through this session by the foreign keys it has."""
        state = state_of(obj)
        self._before_attach(state, obj)
        state.session_ref = self.session_ref
        self.session_ref.has_private = True
        state.own("callables")["relationships"] = True

    def in_transaction(self) -> bool:
        """Tell whether a transaction was begun."""
        return self._frame is not None

    def in_nested_transaction(self) -> bool:
        """Tell whether a savepoint was begun."""
        return self._frame is not None and self._frame.nested

    def get_transaction(self) -> Any:
        """Return the root transaction, or None."""
        return None if self._frame is None else self.handle_of(self._frame.root)

    def get_nested_transaction(self) -> Any:
        """Return the innermost savepoint, or None."""
        return self.handle_of(self._frame) if self._frame is not None and self._frame.nested else None

    def recorded(self) -> Log:
        """Record what is sent: `with session.recorded() as log: ...`; `log.statements` lists it."""
        before = self._log

        def stop(log: Log) -> None:
            self._log = before

        self._log = Log(stop)
        return self._log

    # ---- for operations

    def invoke_past_listeners(self, state: ORMExecuteState) -> Any:
        """Run a statement for a `do_orm_execute` listener; a coroutine in the async colour."""
        return self._run(perform(self, state))

    def _run(self, operation: Op[Any]) -> Any:
        raise NotImplementedError

    def flush_operation(self, last: bool = False) -> Op[None]:
        """Return the flush, for operations that flush on the way; `last` says that COMMIT is next."""
        return flush(self, None, last)

    @contextmanager
    def lent(self) -> Iterator[None]:
        """While a listener runs the session is not busy: the listener may use it."""
        before, self._busy = self._busy, None
        try:
            yield
        finally:
            self._busy = before

    @classmethod
    def object_session(cls, instance: object) -> Any:
        """Return the session an object belongs to, or None."""
        state = peek_state(instance) or state_of(instance)
        return state.session

    @classmethod
    def identity_key(cls, *args: Any, **kwargs: Any) -> IdentityKey:
        """Return an identity key: `identity_key(User, 5)`, `identity_key(instance=obj)` or `identity_key(User, row=row)`."""
        return identity_key(*args, **kwargs)


def identity_key(
    class_: Any = None, ident: Any = None, *, instance: Any = None, row: Any = None, identity_token: Any = None
) -> IdentityKey:
    """Return the key of an object in the identity map, from a class and primary key, an object, or a row."""
    if class_ is not None:
        mapper = class_mapper(class_)
        if row is not None:
            values = tuple(row._mapping[column] for column in mapper.primary_key)
        elif ident is not None:
            values = tuple(ident) if isinstance(ident, (tuple, list)) else (ident,)
        else:
            raise ArgumentError("identity_key() takes a class and its primary key or a row: identity_key(User, 5)")
        base, pk, _ = mapper.identity_key(values)
        return base, pk, identity_token
    if instance is None:
        raise ArgumentError("identity_key() takes a class and a primary key, or instance=")
    state = state_of(instance)
    base, pk, _ = state.mapper.identity_key_of(instance)
    return base, pk, state.identity_token if identity_token is None else identity_token


