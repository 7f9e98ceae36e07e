"""Listeners of what happens on a connection: called with the connection, shown each statement before and after, and its error.

Rule 1: while a listener is called the channel is not busy: the listener may use the connection it was given.
"""

from __future__ import annotations

from typing import Any

from ambo.effects import Execute, ExecuteMany, Fetched, Op, call, fetch, fetch_many
from ambo.errors import DBAPIError, InvalidRequestError, StatementError
from ambo.listening import Registered
from ambo.operations.channel import Channel


def emit(channel: Channel, name: str, *args: Any) -> Op[None]:
    """Call the listeners of a connection event; they are given the connection and `args`."""
    for listener in channel.dispatch.of(name):
        yield from notify(channel, listener, args)


def notify(channel: Channel, listener: Registered, args: tuple[Any, ...]) -> Op[Any]:
    """Call one listener with the connection it may use, and return its answer."""
    if listener.is_async and not channel.bind.is_async:
        raise InvalidRequestError(f"{listener.fn!r} is an `async def` listener, and this engine is a blocking one; write a plain function")
    busy, channel.busy = channel.busy, None
    try:
        return (yield from call(listener, channel.facade(listener.is_async), *args))
    finally:
        channel.busy = busy


class Bare:
    """The `context` that listeners are shown of a statement that no execution belongs to, such as a question to the catalog."""

    executemany = isinsert = isupdate = isdelete = False
    compiled = None
    invoked_statement = None

    def __init__(self, channel: Channel, statement: str) -> None:
        self.channel = channel
        self.statement = statement
        self.parameters: Any = None
        self.execution_options = channel.options


def send_heard(channel: Channel, statement: Execute | ExecuteMany, context: Any) -> Op[Fetched]:
    """Run one statement with everybody listening."""
    many = isinstance(statement, ExecuteMany)
    params: Any = statement.param_rows if isinstance(statement, ExecuteMany) else statement.params
    if context is None:
        context = Bare(channel, statement.sql)
    context.parameters = params if many else [params]
    sql, params = yield from shown(channel, statement.sql, params, context, many)
    try:
        found = yield from (fetch_many(channel.link, sql, params) if many else fetch(channel.link, sql, params))
    except StatementError as error:
        yield from explain_error(channel, error, context)
        raise
    if channel.log is not None:
        channel.log.rows(found)
    yield from emit(channel, "after_cursor_execute", channel.link.raw, sql, params, context, many)
    return found


def shown(channel: Channel, sql: str, params: Any, context: Any, many: bool = False) -> Op[Any]:
    """Show a statement to listeners and log, before it is sent; return what is to be sent."""
    sql, params = yield from _replaced(channel, sql, params, context, many)
    if channel.log is not None:
        shown_params = params if params is not None else ()
        channel.log.statement(sql, shown_params, context, many, channel.bind.hide_parameters, channel.options)
    return sql, params


def _replaced(channel: Channel, sql: str, params: Any, context: Any, many: bool) -> Op[Any]:
    """Show a statement to `before_cursor_execute`, whose listeners may replace it."""
    for listener in channel.dispatch.of("before_cursor_execute"):
        answer = yield from notify(channel, listener, (channel.link.raw, sql, params, context, many))
        if listener.options.get("retval"):
            sql, params = answer
    return sql, params


class ExceptionContext:
    """What a `handle_error` listener is told; assigning `chained_exception` or returning an exception replaces the error."""

    def __init__(self, channel: Channel, error: StatementError, context: Any) -> None:
        self.connection = channel.facade(False)
        self.engine = self.connection.engine
        self.dialect = channel.dialect
        self.statement = error.statement
        self.parameters = error.params
        self.original_exception = error.orig if error.orig is not None else error
        self.sqlalchemy_exception = error
        self.chained_exception: BaseException | None = None
        self.execution_context = context
        self.is_disconnect = isinstance(error, DBAPIError) and error.connection_invalidated
        self.invalidate_pool_on_disconnect = True
        self.is_pre_ping = False


def explain_error(channel: Channel, error: StatementError, context: Any) -> Op[None]:
    """Hide parameters if the engine says so, and show the error to `handle_error`; raises what a listener puts in its place."""
    error.hide_parameters = channel.bind.hide_parameters
    listeners = channel.dispatch.of("handle_error")
    if not listeners:
        return
    told = ExceptionContext(channel, error, context)
    for listener in listeners:
        busy, channel.busy = channel.busy, None
        try:
            answer = yield from call(listener, told)
        finally:
            channel.busy = busy
        if isinstance(answer, BaseException):
            told.chained_exception = answer
    if told.is_disconnect and channel.link is not None:
        channel.link.is_broken = True
    if told.chained_exception is not None:
        raise told.chained_exception from error
