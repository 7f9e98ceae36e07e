# Generated from sessions/aio.py by tools/unasync.py; change that file and run `make unasync`.
# ruff: noqa: I001, RUF100
"""`Session`, written by hand. `sync.py` is generated from this file by `tools/unasync.py`.

    with Session(engine) as session:
        user = await session.get(User, 1)

Rule 1: a body is one operation, run by `_run`. What needs no I/O stands in `base.py`, what differs between the colours
(`_run` itself, `begin`, `run_sync`) in `colours.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self, TypeVar, overload

from ambo.loading.cursor_result import CursorResult
from ambo.loading.results import Result, ScalarResult
from ambo.loading.rows import TP
from ambo.operations import bulk, delete as deleting, enlist, flush as flushing, merging, query, session_query, unit_transaction
from ambo.sessions.colours import Colour
from ambo.sessions.query_sync import Query
from ambo.statements.row_statements import TypedReturnsRows
from ambo.statements.writes import UpdateBase

T = TypeVar("T")
_O = TypeVar("_O")
Options = Mapping[str, Any]
Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]] | None
NO_OPTIONS: Options = {}


class Session(Colour):
    """Objects and their transaction: what is added, changed and deleted here is written by `flush()` and made durable by `commit()`.

    `Session(engine)`; usually made by an `sessionmaker` and used as a context manager, which closes it. One session serves one
    task at a time.
    """

    # ---- statements

    @overload
    def execute(
        self,
        statement: TypedReturnsRows[TP],
        params: Parameters = None,
        *,
        execution_options: Options = NO_OPTIONS,
        bind_arguments: Mapping[str, Any] | None = None,
        **kw: Any,
    ) -> Result[TP]: ...

    @overload
    def execute(
        self,
        statement: UpdateBase,
        params: Parameters = None,
        *,
        execution_options: Options = NO_OPTIONS,
        bind_arguments: Mapping[str, Any] | None = None,
        **kw: Any,
    ) -> CursorResult[Any]: ...

    @overload
    def execute(
        self,
        statement: Any,
        params: Parameters = None,
        *,
        execution_options: Options = NO_OPTIONS,
        bind_arguments: Mapping[str, Any] | None = None,
        **kw: Any,
    ) -> Result[Any]: ...

    def execute(
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
        return self._run(query.execute(self, statement, params, execution_options, bind_arguments))

    @overload
    def scalars(
        self,
        statement: TypedReturnsRows[tuple[T]],
        params: Parameters = None,
        *,
        execution_options: Options = NO_OPTIONS,
        bind_arguments: Mapping[str, Any] | None = None,
        **kw: Any,
    ) -> ScalarResult[T]: ...

    @overload
    def scalars(
        self,
        statement: Any,
        params: Parameters = None,
        *,
        execution_options: Options = NO_OPTIONS,
        bind_arguments: Mapping[str, Any] | None = None,
        **kw: Any,
    ) -> ScalarResult[Any]: ...

    def scalars(
        self,
        statement: Any,
        params: Parameters = None,
        *,
        execution_options: Options = NO_OPTIONS,
        bind_arguments: Mapping[str, Any] | None = None,
        **kw: Any,
    ) -> ScalarResult[Any]:
        """Run a statement and return the first element of each row: `(await session.scalars(select(User))).all()` is a list of users."""
        return self._run(query.scalars(self, statement, params, execution_options, bind_arguments))

    @overload
    def scalar(
        self,
        statement: TypedReturnsRows[tuple[T]],
        params: Parameters = None,
        *,
        execution_options: Options = NO_OPTIONS,
        bind_arguments: Mapping[str, Any] | None = None,
        **kw: Any,
    ) -> T | None: ...

    @overload
    def scalar(
        self,
        statement: Any,
        params: Parameters = None,
        *,
        execution_options: Options = NO_OPTIONS,
        bind_arguments: Mapping[str, Any] | None = None,
        **kw: Any,
    ) -> Any: ...

    def scalar(
        self,
        statement: Any,
        params: Parameters = None,
        *,
        execution_options: Options = NO_OPTIONS,
        bind_arguments: Mapping[str, Any] | None = None,
        **kw: Any,
    ) -> Any:
        """Run a statement and return the first element of its first row, or None."""
        return self._run(query.scalar(self, statement, params, execution_options, bind_arguments))

    @overload
    def stream(
        self,
        statement: TypedReturnsRows[TP],
        params: Parameters = None,
        *,
        execution_options: Options = NO_OPTIONS,
        bind_arguments: Mapping[str, Any] | None = None,
        **kw: Any,
    ) -> Result[TP]: ...

    @overload
    def stream(
        self,
        statement: Any,
        params: Parameters = None,
        *,
        execution_options: Options = NO_OPTIONS,
        bind_arguments: Mapping[str, Any] | None = None,
        **kw: Any,
    ) -> Result[Any]: ...

    def stream(
        self,
        statement: Any,
        params: Parameters = None,
        *,
        execution_options: Options = NO_OPTIONS,
        bind_arguments: Mapping[str, Any] | None = None,
        **kw: Any,
    ) -> Result[Any]:
        """Run a statement whose rows stay with the server until they are read: `for row in await session.stream(statement)`."""
        return Result.over(*self._run(query.stream(self, statement, params, execution_options, bind_arguments)))

    @overload
    def stream_scalars(
        self,
        statement: TypedReturnsRows[tuple[T]],
        params: Parameters = None,
        *,
        execution_options: Options = NO_OPTIONS,
        bind_arguments: Mapping[str, Any] | None = None,
        **kw: Any,
    ) -> ScalarResult[T]: ...

    @overload
    def stream_scalars(
        self,
        statement: Any,
        params: Parameters = None,
        *,
        execution_options: Options = NO_OPTIONS,
        bind_arguments: Mapping[str, Any] | None = None,
        **kw: Any,
    ) -> ScalarResult[Any]: ...

    def stream_scalars(
        self,
        statement: Any,
        params: Parameters = None,
        *,
        execution_options: Options = NO_OPTIONS,
        bind_arguments: Mapping[str, Any] | None = None,
        **kw: Any,
    ) -> ScalarResult[Any]:
        """As `stream`, for the first element of each row."""
        return (
            self.stream(statement, params, execution_options=execution_options, bind_arguments=bind_arguments)
        ).scalars()

    def get(
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
        found: _O | None = self._run(
            session_query.get(
                self, entity, ident, options, populate_existing, with_for_update, identity_token, execution_options, bind_arguments
            )
        )
        return found

    def get_one(
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
        found: _O = self._run(
            session_query.get_one(
                self, entity, ident, options, populate_existing, with_for_update, identity_token, execution_options, bind_arguments
            )
        )
        return found

    def refresh(self, instance: object, attribute_names: Iterable[str] | None = None, with_for_update: Any = None) -> None:
        """Read an object's values (or some of them) from the database again; changes to them are lost.

        Raises InvalidRequestError if the object is not persistent here, or its row is gone.
        """
        self._run(session_query.refresh(self, instance, attribute_names, with_for_update))

    def load(self, instances: Any, *attributes: Any) -> Any:
        """Load attributes of an object, or of many at once: `await session.load(users, User.addresses)`; return the loaded value(s)."""
        return self._run(session_query.load(self, instances, attributes))

    def query(self, *entities: Any, **kwargs: Any) -> Query[Any]:
        """Begin a query in the classic form: `await session.query(User).filter(User.name == "ed").all()`."""
        found: Query[Any] = (self._query_cls or Query)(entities, self, **kwargs)
        return found

    # ---- objects

    def flush(self, objects: Sequence[Any] | None = None) -> None:
        """Write what is new, changed and deleted. On an error the transaction is rolled back, and `rollback()` is due."""
        self._run(flushing.flush(self, objects))

    def delete(self, instance: object) -> None:
        """Mark an object, and what its delete cascades reach, for deletion by the next flush.

        Raises InvalidRequestError if the object is not persistent.
        """
        if not deleting.delete_alone(self, instance):
            self._run(deleting.delete(self, instance))

    def delete_all(self, instances: Iterable[object]) -> None:
        """Mark several objects for deletion."""
        self._run(deleting.delete_all(self, instances))

    def merge(self, instance: _O, *, load: bool = True, options: Sequence[Any] | None = None) -> _O:
        """Copy an object's values onto this session's object of the same identity, loading or making it; return that one."""
        found: _O = self._run(merging.merge(self, instance, load, options))
        return found

    def merge_all(self, instances: Iterable[_O], *, load: bool = True, options: Sequence[Any] | None = None) -> Sequence[_O]:
        """Merge several objects."""
        return self._run(merging.merge_all(self, instances, load, options))

    def bulk_save_objects(
        self, objects: Iterable[object], return_defaults: bool = False, update_changed_only: bool = True, preserve_order: bool = True
    ) -> None:
        """Insert and update objects without adding them to the session; relationships and cascades are ignored."""
        self._run(bulk.bulk_save_objects(self, objects, return_defaults, update_changed_only, preserve_order))

    def bulk_insert_mappings(
        self, mapper: Any, mappings: Iterable[dict[str, Any]], return_defaults: bool = False, render_nulls: bool = False
    ) -> None:
        """Insert rows of a class from dictionaries."""
        self._run(bulk.bulk_insert_mappings(self, mapper, mappings, return_defaults, render_nulls))

    def bulk_update_mappings(self, mapper: Any, mappings: Iterable[dict[str, Any]]) -> None:
        """Update rows of a class from dictionaries that hold the primary key."""
        self._run(bulk.bulk_update_mappings(self, mapper, mappings))

    # ---- transactions

    def commit(self) -> None:
        """Flush, and make everything durable; with `expire_on_commit` all values are read again at their next use."""
        self._run(unit_transaction.commit(self))

    def rollback(self) -> None:
        """Undo everything since the last commit, in the database and on the objects."""
        self._run(unit_transaction.rollback(self))

    def prepare(self) -> None:
        """Do the first phase of a two-phase commit (`twophase=True`)."""
        self._run(unit_transaction.prepare(self))

    def connection(
        self, bind_arguments: Mapping[str, Any] | None = None, execution_options: Options | None = None, **kw: Any
    ) -> Any:
        """Return the connection of the session's transaction, begun."""
        return self._run(enlist.connection(self, None, {**(bind_arguments or {}), **kw}, execution_options))

    def close(self) -> None:
        """Let all objects go, roll back what was not committed, and give the connection back. The session can be used again."""
        if not unit_transaction.closed_at_once(self):
            self._run(unit_transaction.close(self))
        self._closed = not self._resets_only

    def reset(self) -> None:
        """As `close`, and the session can be used again whatever `close_resets_only` says."""
        self._run(unit_transaction.close(self))

    def invalidate(self) -> None:
        """As `close`, but the driver's connections are dropped instead of given back to the pool."""
        self._run(unit_transaction.close(self, True))
        self._closed = not self._resets_only

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()
