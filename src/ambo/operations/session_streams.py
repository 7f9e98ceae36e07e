"""Streams of a session: the rows stay with the server and become objects part by part, each part with the loads that follow it.

Rule 1: a stream belongs to its transaction; when that ends the cursor is gone, and reading on is an error that says so.
Rule 2: a collection loaded by a join may be cut in two between parts, so such a statement cannot be streamed.
"""

from __future__ import annotations

from itertools import islice
from typing import Any

from ambo.effects import Op, close_cursor, fetch_chunk, open_cursor
from ambo.errors import ResourceClosedError
from ambo.loading.from_statement import FromStatement
from ambo.loading.population import loading_for
from ambo.loading.prepared import Prepared
from ambo.loading.results import Result, Wire
from ambo.operations import execute as core, listeners, transaction
from ambo.operations.core_plan import plan_for
from ambo.operations.core_values import Execution
from ambo.operations.eager import taken
from ambo.operations.query_plans import Options, given_parameters, prepared_for_rows, refuse_cut
from ambo.statements.keys import StatementKey, statement_key


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
    """Objects of a result that a `do_orm_execute` listener made, handed out part by part."""

    def __init__(self, session: Any, result: Any) -> None:
        self.session = session
        self.items = result._source.items

    def fetch(self, size: int) -> Any:
        """Return up to `size` objects (or the coroutine that does)."""
        return self.session._run(_next_of(self.session, self.items, size))

    def close(self) -> Any:
        """Do nothing (or return the coroutine that does)."""
        return self.session._run(_next_of(self.session, self.items, 0))


def _next_of(session: Any, items: Any, size: int) -> Op[list[Any]]:
    with session.lent():  # the items of a blocking session may be a stream themselves
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
    loading = loading_for(wire.session, wire.prepared.binds, wire.key.binds, wire.options)
    return list((yield from taken(wire.channel, wire.prepared, rows, loading)))


def end_stream(wire: SessionWire) -> Op[None]:
    """Let the cursor of a stream go; doing so twice is harmless."""
    if wire.is_open:
        wire.is_open = False
        if wire.has_cursor:
            yield from close_cursor(wire.link, wire.cursor)


def handed_out(session: Any, found: Result[Any]) -> Any:
    """Return what a result is made over whose rows were fetched by somebody else."""
    source = found._source
    return FetchedWire(session, found), found._shape, source.single, source.needs_unique, source.size


def core_rows(channel: Any, statement: Any, params: Any, options: Options) -> Op[Any]:
    """Open the cursor of a statement without entities; return what a result is made over: wire, shape, singleness, None, rows a part."""
    everything = {**channel.options, **options, "stream_results": True}
    shape, wire, chunk = yield from core.open_stream(channel, statement, core.parameter_sets(params), everything)
    return wire, shape, False, None, chunk


def objects(
    session: Any, channel: Any, prepared: Prepared, key: StatementKey, statement: Any, params: Any, options: Options
) -> Op[Any]:
    """Open the cursor of a SELECT of entities; return what a result is made over."""
    refuse_cut(prepared)
    sql, sent = prepared.compiled.parameters(key.binds, given_parameters(params))
    cursor = yield from _open(channel, sql, sent, Execution(channel, options, statement))
    return _over(session, channel, prepared, cursor, key, options)


def from_statement(session: Any, channel: Any, statement: FromStatement, params: Any, options: Options) -> Op[Any]:
    """Open the cursor of a statement that entities are read from, which tells its columns; return what a result is made over."""
    sets = core.parameter_sets(params)
    merged = {**channel.options, **statement.element._execution_options, **options}
    planned = plan_for(channel, statement.element, sets, merged)
    plan, element_key, _ = planned
    sql, sent = plan.bound(element_key, sets[0] if sets else None)
    cursor = yield from _open(channel, sql, sent, Execution(channel, merged, statement.element, sets, planned))
    own = statement_key(statement)
    prepared = prepared_for_rows(channel, statement, own, plan, cursor.names)
    return _over(session, channel, prepared, cursor, own, merged)


def _over(session: Any, channel: Any, prepared: Prepared, cursor: Any, key: StatementKey, options: Options) -> Any:
    wire = SessionWire(session, channel, prepared, cursor, key, options)
    return wire, prepared.shape, prepared.single, None, options.get("yield_per")


def _open(channel: Any, sql: str, params: Any, context: Execution) -> Op[Any]:
    link = yield from transaction.open(channel)
    yield from transaction.begin(channel)
    sql, params = yield from listeners.shown(channel, sql, params, context)
    return (yield from open_cursor(link, sql, params))
