"""`ShardedSession`: a session over several databases that hold the same tables.

    session = ShardedSession(shards={"eu": eu, "us": us}, shard_chooser=..., identity_chooser=..., execute_chooser=...)
    AsyncSession(sync_session_class=ShardedSession, shards=..., shard_chooser=..., ...)        the same, awaited

What happens to statements and flushes is `operations/sharding.py`'s and `operations/sharded_flush.py`'s.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Self, TypeVar

from ambo.errors import AmboDeprecationWarning, ArgumentError
from ambo.mapping.inspection import class_mapper
from ambo.mapping.state import state_of
from ambo.operations.sharding import SHARD, Router, ShardOption
from ambo.sessions.query_sync import Query
from ambo.sessions.sync import Session

T = TypeVar("T", covariant=True)


class set_shard_id(ShardOption):
    """A statement option that names the shard to be asked: `select(User).options(set_shard_id("eu"))`.

    With `propagate_to_loaders` (the default) lazy loads of the objects ask that shard too.
    """

    __slots__ = ()

    @property
    def shard_id(self) -> Any:
        """The shard."""
        return self.payload


class ShardedQuery(Query[T]):
    """The classic query of a sharded session."""

    def set_shard(self, shard_id: Any) -> Self:
        """Return a query that asks this shard only."""
        return self.execution_options(**{SHARD: shard_id})


class ShardedSession(Session):
    """A session over several databases that hold the same tables.

    `shards` maps shard ids to engines. `shard_chooser(mapper, instance, clause=None)` returns the shard of a new object;
    `execute_chooser(execution)` the shards a statement is to run in, where `execution` is what `do_orm_execute` listeners get;
    `identity_chooser(mapper, primary_key, *, lazy_loaded_from, execution_options, bind_arguments)` the shards in which an object may be.
    `bind_arguments={"shard_id": ...}` and the option `set_shard_id(...)` name a statement's shard instead.

    Raises ArgumentError if a chooser is missing.
    """

    def __init__(
        self,
        shard_chooser: Callable[..., Any] | None = None,
        identity_chooser: Callable[..., Iterable[Any] | None] | None = None,
        execute_chooser: Callable[[Any], Iterable[Any]] | None = None,
        shards: Mapping[Any, Any] | None = None,
        query_cls: Any = ShardedQuery,
        *,
        id_chooser: Callable[..., Iterable[Any]] | None = None,
        query_chooser: Callable[[Any], Iterable[Any]] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(query_cls=query_cls, **kwargs)
        if id_chooser is not None:
            _deprecated("id_chooser", "identity_chooser")
            identity_chooser = _of_query(self.session_ref, id_chooser)
        if query_chooser is not None:
            _deprecated("query_chooser", "execute_chooser")
            execute_chooser = _of_statement(query_chooser)
        self.router = _router(shards, shard_chooser, identity_chooser, execute_chooser)

    @classmethod
    def take_router(cls, given: dict[str, Any]) -> Router:
        """Take shards and choosers out of a constructor's arguments."""
        return _router(*[given.pop(name, None) for name in ("shards", "shard_chooser", "identity_chooser", "execute_chooser")])

    def get_bind(
        self, mapper: Any = None, *, shard_id: Any = None, instance: Any = None, clause: Any = None, **kw: Any
    ) -> Any:
        """Return the engine of a shard: the one named, else the one of an object, else what the chooser says of a class or statement."""
        if kw.get("bind") is not None:
            return kw["bind"]
        if shard_id is None:
            wanted = None if mapper is None else class_mapper(mapper)
            shard_id = self.router.shard_of(wanted, None if instance is None else state_of(instance), instance, clause=clause)
        return self.router.bind(shard_id)

    def bind_shard(self, shard_id: Any, bind: Any) -> None:
        """Add a shard, or have another engine serve it."""
        self.router.binds[shard_id] = bind


def _router(shards: Mapping[Any, Any] | None, shard_chooser: Any, identity_chooser: Any, execute_chooser: Any) -> Router:
    choosers = {"shard_chooser": shard_chooser, "identity_chooser": identity_chooser, "execute_chooser": execute_chooser}
    for name, chooser in choosers.items():
        if chooser is None:
            raise ArgumentError(f"a ShardedSession needs {name}=: a function that tells shards by their ids")
    return Router(shards or {}, shard_chooser, identity_chooser, execute_chooser)


def _deprecated(old: str, new: str) -> None:
    warnings.warn(f"The ``{old}`` parameter is deprecated; please use ``{new}``.", AmboDeprecationWarning, stacklevel=3)


def _of_query(session_ref: Callable[[], Any], id_chooser: Callable[..., Iterable[Any]]) -> Callable[..., Iterable[Any]]:
    def choose(mapper: Any, primary_key: Any, **kw: Any) -> Iterable[Any]:
        return id_chooser(session_ref().query(mapper), primary_key)

    return choose


def _of_statement(query_chooser: Callable[[Any], Iterable[Any]]) -> Callable[[Any], Iterable[Any]]:
    return lambda execution: query_chooser(execution.statement)
