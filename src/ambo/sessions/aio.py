"""`AsyncSession`, written by hand. `sync.py` is generated from this file by `tools/unasync.py`.

    async with AsyncSession(engine) as session:
        user = await session.get(User, 1)

Rule 1: a body is one operation, run by `_run`. What needs no I/O stands in `base.py`, what differs between the colours
(`_run` itself, `begin`, `run_sync`) in `colours.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self, TypeVar, overload

from ambo.loading.async_results import AsyncResult, AsyncScalarResult
from ambo.loading.cursor_result import CursorResult
from ambo.loading.results import Result, ScalarResult
from ambo.loading.rows import TP
from ambo.operations import (
    bulk,
    delete as deleting,
    enlist,
    flush as flushing,
    merging,
    query,
    session_query,
    unit_transaction,
)
from ambo.sessions.colours import AsyncColour
from ambo.sessions.query_aio import AsyncQuery
from ambo.statements.row_statements import TypedReturnsRows
from ambo.statements.writes import UpdateBase

T = TypeVar("T")
_O = TypeVar("_O")
Options = Mapping[str, Any]
Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]] | None
NO_OPTIONS: Options = {}


class AsyncSession(AsyncColour):
    """Objects and their transaction: what is added, changed and deleted here is written by `flush()` and made durable by `commit()`.

    `AsyncSession(engine)`; usually made by an `async_sessionmaker` and used as a context manager, which closes it. One session serves one
    task at a time.
    """

    # ---- statements

    @overload
    async def execute(
        self,
        statement: TypedReturnsRows[TP],
        params: Parameters = None,
        *,
        execution_options: Options = NO_OPTIONS,
        bind_arguments: Mapping[str, Any] | None = None,
        **kw: Any,
    ) -> Result[TP]: ...

    @overload
    async def execute(
        self,
        statement: UpdateBase,
        params: Parameters = None,
        *,
        execution_options: Options = NO_OPTIONS,
        bind_arguments: Mapping[str, Any] | None = None,
        **kw: Any,
    ) -> CursorResult[Any]: ...

    @overload
    async def execute(
        self,
        statement: Any,
        params: Parameters = None,
        *,
        execution_options: Options = NO_OPTIONS,
        bind_arguments: Mapping[str, Any] | None = None,
        **kw: Any,
    ) -> Result[Any]: ...

    async def execute(
        self,
        statement: Any,
        params: Parameters = None,
        *,
        execution_options: Options = NO_OPTIONS,
        bind_arguments: Mapping[str, Any] | None = None,
        **kw: Any,
    ) -> Result[Any]:
        """Run a statement and return its rows; entities in them are objects of this session.

        Pending changes are flushed before, unless autoflush is off. Raises what the database raises as a `DBAPIError`.
        """
        return await self._run(query.execute(self, statement, params, execution_options, bind_arguments))

    @overload
    async def scalars(
        self,
        statement: TypedReturnsRows[tuple[T]],
        params: Parameters = None,
        *,
        execution_options: Options = NO_OPTIONS,
        bind_arguments: Mapping[str, Any] | None = None,
        **kw: Any,
    ) -> ScalarResult[T]: ...

    @overload
    async def scalars(
        self,
        statement: Any,
        params: Parameters = None,
        *,
        execution_options: Options = NO_OPTIONS,
        bind_arguments: Mapping[str, Any] | None = None,
        **kw: Any,
    ) -> ScalarResult[Any]: ...

    async def scalars(
        self,
        statement: Any,
        params: Parameters = None,
        *,
        execution_options: Options = NO_OPTIONS,
        bind_arguments: Mapping[str, Any] | None = None,
        **kw: Any,
    ) -> ScalarResult[Any]:
        """Run a statement and return the first element of each row: `(await session.scalars(select(User))).all()` is a list of users."""
        return await self._run(query.scalars(self, statement, params, execution_options, bind_arguments))

    @overload
    async def scalar(
        self,
        statement: TypedReturnsRows[tuple[T]],
        params: Parameters = None,
        *,
        execution_options: Options = NO_OPTIONS,
        bind_arguments: Mapping[str, Any] | None = None,
        **kw: Any,
    ) -> T | None: ...

    @overload
    async def scalar(
        self,
        statement: Any,
        params: Parameters = None,
        *,
        execution_options: Options = NO_OPTIONS,
        bind_arguments: Mapping[str, Any] | None = None,
        **kw: Any,
    ) -> Any: ...

    async def scalar(
        self,
        statement: Any,
        params: Parameters = None,
        *,
        execution_options: Options = NO_OPTIONS,
        bind_arguments: Mapping[str, Any] | None = None,
        **kw: Any,
    ) -> Any:
        """Run a statement and return the first element of its first row, or None."""
        return await self._run(query.scalar(self, statement, params, execution_options, bind_arguments))

    @overload
    async def stream(
        self,
        statement: TypedReturnsRows[TP],
        params: Parameters = None,
        *,
        execution_options: Options = NO_OPTIONS,
        bind_arguments: Mapping[str, Any] | None = None,
        **kw: Any,
    ) -> AsyncResult[TP]: ...

    @overload
    async def stream(
        self,
        statement: Any,
        params: Parameters = None,
        *,
        execution_options: Options = NO_OPTIONS,
        bind_arguments: Mapping[str, Any] | None = None,
        **kw: Any,
    ) -> AsyncResult[Any]: ...

    async def stream(
        self,
        statement: Any,
        params: Parameters = None,
        *,
        execution_options: Options = NO_OPTIONS,
        bind_arguments: Mapping[str, Any] | None = None,
        **kw: Any,
    ) -> AsyncResult[Any]:
        """Run a statement whose rows stay with the server until they are read: `async for row in await session.stream(statement)`."""
        return AsyncResult.over(*await self._run(query.stream(self, statement, params, execution_options, bind_arguments)))

    @overload
    async def stream_scalars(
        self,
        statement: TypedReturnsRows[tuple[T]],
        params: Parameters = None,
        *,
        execution_options: Options = NO_OPTIONS,
        bind_arguments: Mapping[str, Any] | None = None,
        **kw: Any,
    ) -> AsyncScalarResult[T]: ...

    @overload
    async def stream_scalars(
        self,
        statement: Any,
        params: Parameters = None,
        *,
        execution_options: Options = NO_OPTIONS,
        bind_arguments: Mapping[str, Any] | None = None,
        **kw: Any,
    ) -> AsyncScalarResult[Any]: ...

    async def stream_scalars(
        self,
        statement: Any,
        params: Parameters = None,
        *,
        execution_options: Options = NO_OPTIONS,
        bind_arguments: Mapping[str, Any] | None = None,
        **kw: Any,
    ) -> AsyncScalarResult[Any]:
        """As `stream`, for the first element of each row."""
        return (
            await self.stream(statement, params, execution_options=execution_options, bind_arguments=bind_arguments)
        ).scalars()

    async def get(
        self,
        entity: type[_O],
        ident: Any,
        *,
        options: Sequence[Any] | None = None,
        populate_existing: bool = False,
        with_for_update: Any = None,
        identity_token: Any = None,
        execution_options: Options = NO_OPTIONS,
        bind_arguments: Mapping[str, Any] | None = None,
    ) -> _O | None:
        """Return the object with a primary key, from memory if it is there, or None if there is no such row.

        `ident` is a value, a tuple in the order of the key's columns, or a dict by attribute names.
        """
        found: _O | None = await self._run(
            session_query.get(
                self, entity, ident, options, populate_existing, with_for_update, identity_token, execution_options, bind_arguments
            )
        )
        return found

    async def get_one(
        self,
        entity: type[_O],
        ident: Any,
        *,
        options: Sequence[Any] | None = None,
        populate_existing: bool = False,
        with_for_update: Any = None,
        identity_token: Any = None,
        execution_options: Options = NO_OPTIONS,
        bind_arguments: Mapping[str, Any] | None = None,
    ) -> _O:
        """As `get`, but raises NoResultFound if there is no such row."""
        found: _O = await self._run(
            session_query.get_one(
                self, entity, ident, options, populate_existing, with_for_update, identity_token, execution_options, bind_arguments
            )
        )
        return found

    async def refresh(self, instance: object, attribute_names: Iterable[str] | None = None, with_for_update: Any = None) -> None:
        """Read an object's values (or some of them) from the database again; changes to them are lost.

        Raises InvalidRequestError if the object is not persistent here, or its row is gone.
        """
        await self._run(session_query.refresh(self, instance, attribute_names, with_for_update))

    async def load(self, instances: Any, *attributes: Any) -> Any:
        """Load attributes of an object, or of many at once: `await session.load(users, User.addresses)`; return the loaded value(s)."""
        return await self._run(session_query.load(self, instances, attributes))

    def query(self, *entities: Any, **kwargs: Any) -> AsyncQuery[Any]:
        """Begin a query in the classic form: `await session.query(User).filter(User.name == "ed").all()`."""
        found: AsyncQuery[Any] = (self._query_cls or AsyncQuery)(entities, self, **kwargs)
        return found

    # ---- objects

    async def flush(self, objects: Sequence[Any] | None = None) -> None:
        """Write what is new, changed and deleted. On an error the transaction is rolled back, and `rollback()` is due."""
        await self._run(flushing.flush(self, objects))

    async def delete(self, instance: object) -> None:
        """Mark an object, and what its delete cascades reach, for deletion by the next flush.

        Raises InvalidRequestError if the object is not persistent.
        """
        if not deleting.delete_alone(self, instance):
            await self._run(deleting.delete(self, instance))

    async def delete_all(self, instances: Iterable[object]) -> None:
        """Mark several objects for deletion."""
        await self._run(deleting.delete_all(self, instances))

    async def merge(self, instance: _O, *, load: bool = True, options: Sequence[Any] | None = None) -> _O:
        """Copy an object's values onto this session's object of the same identity, loading or making it; return that one."""
        found: _O = await self._run(merging.merge(self, instance, load, options))
        return found

    async def merge_all(self, instances: Iterable[_O], *, load: bool = True, options: Sequence[Any] | None = None) -> Sequence[_O]:
        """Merge several objects."""
        return await self._run(merging.merge_all(self, instances, load, options))

    async def bulk_save_objects(
        self, objects: Iterable[object], return_defaults: bool = False, update_changed_only: bool = True, preserve_order: bool = True
    ) -> None:
        """Insert and update objects without adding them to the session; relationships and cascades are ignored."""
        await self._run(bulk.bulk_save_objects(self, objects, return_defaults, update_changed_only, preserve_order))

    async def bulk_insert_mappings(
        self, mapper: Any, mappings: Iterable[dict[str, Any]], return_defaults: bool = False, render_nulls: bool = False
    ) -> None:
        """Insert rows of a class from dictionaries."""
        await self._run(bulk.bulk_insert_mappings(self, mapper, mappings, return_defaults, render_nulls))

    async def bulk_update_mappings(self, mapper: Any, mappings: Iterable[dict[str, Any]]) -> None:
        """Update rows of a class from dictionaries that hold the primary key."""
        await self._run(bulk.bulk_update_mappings(self, mapper, mappings))

    # ---- transactions

    async def commit(self) -> None:
        """Flush, and make everything durable; with `expire_on_commit` all values are read again at their next use."""
        await self._run(unit_transaction.commit(self))

    async def rollback(self) -> None:
        """Undo everything since the last commit, in the database and on the objects."""
        await self._run(unit_transaction.rollback(self))

    async def prepare(self) -> None:
        """Do the first phase of a two-phase commit (`twophase=True`)."""
        await self._run(unit_transaction.prepare(self))

    async def connection(
        self, bind_arguments: Mapping[str, Any] | None = None, execution_options: Options | None = None, **kw: Any
    ) -> Any:
        """Return the connection of the session's transaction, begun."""
        return await self._run(enlist.connection(self, None, {**(bind_arguments or {}), **kw}, execution_options))

    async def close(self) -> None:
        """Let all objects go, roll back what was not committed, and give the connection back. The session can be used again."""
        if not unit_transaction.closed_at_once(self):
            await self._run(unit_transaction.close(self))
        self._closed = not self._resets_only

    async def aclose(self) -> None:
        """As `close`."""
        await self.close()

    async def reset(self) -> None:
        """As `close`, and the session can be used again whatever `close_resets_only` says."""
        await self._run(unit_transaction.close(self))

    async def invalidate(self) -> None:
        """As `close`, but the driver's connections are dropped instead of given back to the pool."""
        await self._run(unit_transaction.close(self, True))
        self._closed = not self._resets_only

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.close()
