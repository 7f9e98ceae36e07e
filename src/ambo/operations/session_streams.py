"""Streams of a session: the rows stay with the server and become objects part by part, each part with the loads that follow it.

Rule 1: a stream belongs to its transaction; when that ends the cursor is gone, and reading on is an error that says so.
Rule 2: a collection loaded by a join may be cut in two between parts, so such a statement cannot be streamed.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

from ambo.effects import Op, close_cursor, fetch_chunk, open_cursor
from ambo.errors import InvalidRequestError, ResourceClosedError
from ambo.loading.prepared import Prepared
from ambo.loading.results import Wire
from ambo.operations import execute as core, query, transaction
from ambo.operations.core_values import Execution
from ambo.operations.eager import taken
from ambo.operations.enlist import channel_for
from ambo.operations.flush import flush
from ambo.statements.keys import StatementKey, statement_key

Options = Mapping[str, Any]


class SessionWire(Wire):
    """The rows of an open server-side cursor on their way to becoming objects of a session."""

    def __init__(self, session: Any, channel: Any, prepared: Prepared, cursor: Any, key: StatementKey, options: Options) -> None:
        self.session = session
        self.channel = channel
        self.prepared = prepared
        self.cursor = cursor
        self.key = key
        self.options = options
        self.link = channel.link
        self.is_open = True

    def fetch(self, size: int) -> Any:
        """Fetch up to `size` rows (or return the coroutine that does)."""
        return self.session._run(fetch_objects(self, size))

    def close(self) -> Any:
        """Close the cursor (or return the coroutine that does)."""
        return self.session._run(end_stream(self))

    @property
    def has_cursor(self) -> bool:
        """Whether the cursor is still there: its transaction goes on, on a connection that works."""
        return self.channel.link is self.link and not self.link.is_broken and bool(self.channel.begun)


class FetchedWire(Wire):
    """Objects that were all fetched at once, handed out part by part: where only a whole result shows what its columns are."""

    def __init__(self, session: Any, result: Any) -> None:
        self.session = session
        self.items = result._source.items

    def fetch(self, size: int) -> Any:
        """Return up to `size` objects (or the coroutine that does)."""
        return self.session._run(_next_of(self.items, size))

    def close(self) -> Any:
        """Do nothing (or return the coroutine that does)."""
        return self.session._run(_next_of(self.items, 0))


def _next_of(items: Any, size: int) -> Op[list[Any]]:
    return list(islice(items, size))
    yield from ()  # makes this an operation


def fetch_objects(wire: SessionWire, size: int) -> Op[list[Any]]:
    """Fetch the next rows of a stream and make objects of them; at its end the cursor is closed.

    Raises ResourceClosedError if the stream's transaction has ended meanwhile.
    """
    if not wire.is_open:
        return []
    if not wire.has_cursor:
        wire.is_open = False
        raise ResourceClosedError("the transaction of this stream has ended, and its cursor with it; read the stream before commit() or rollback()")
    rows = yield from fetch_chunk(wire.link, wire.cursor, size)
    if not rows:
        yield from end_stream(wire)
        return []
    loading = query.loading_for(wire.session, wire.prepared, wire.key, wire.options)
    return list((yield from taken(wire.channel, wire.prepared, rows, loading)))


def end_stream(wire: SessionWire) -> Op[None]:
    """Let the cursor of a stream go; doing so twice is harmless."""
    if wire.is_open:
        wire.is_open = False
        if wire.has_cursor:
            yield from close_cursor(wire.link, wire.cursor)


def stream(session: Any, statement: Any, params: Any = None, options: Options | None = None, bind_arguments: Options | None = None) -> Op[Any]:
    """Run a statement whose rows stay with the server; return what a result is made over: wire, shape, singleness, None, rows a part."""
    statement = core.executable(statement)
    merged = {**session.execution_options, **statement._execution_options, **(options or {})}
    if session.has_work and query.flushes(session, statement, merged):
        yield from flush(session)
    bound = bind_arguments or {}
    mapper = bound.get("mapper") or (query.subject_of(statement) if statement.visit == "select" else None)
    channel = yield from channel_for(session, mapper, bound.get("clause", statement), bound.get("bind"))
    prepared = None
    if statement.visit == "from_statement":
        found = yield from query.execute(session, statement, params, merged, bound)
        return FetchedWire(session, found), found._shape, found._source.single, found._source.needs_unique, merged.get("yield_per")
    if statement.visit == "select":
        key = statement_key(statement)
        prepared = query.prepared_for(channel, statement, key, merged)
    if prepared is None:
        everything = {**channel.options, **merged, "stream_results": True}
        shape, wire, chunk = yield from core.open_stream(channel, statement, core.parameter_sets(params), everything)
        return wire, shape, False, None, chunk
    if prepared.plan.repeats is not None:
        raise InvalidRequestError(
            f"{prepared.plan.repeats} is loaded by a join against a collection, whose rows a stream would cut apart; "
            "use selectinload() for it, or execute the statement without streaming"
        )
    cursor = yield from _open(channel, statement, prepared, key, params, merged)
    return SessionWire(session, channel, prepared, cursor, key, merged), prepared.shape, prepared.single, None, merged.get("yield_per")


def _open(channel: Any, statement: Any, prepared: Prepared, key: StatementKey, params: Any, options: Options) -> Op[Any]:
    sql, sent = prepared.compiled.parameters(key.binds, query.given_parameters(params))
    link = yield from transaction.open(channel)
    yield from transaction.begin(channel)
    sql, sent = yield from transaction.shown(channel, sql, sent, Execution(channel, options, statement))
    return (yield from open_cursor(link, sql, sent))
