"""Two-phase transactions: prepared first, so that the database can commit whatever becomes of the connection."""

from __future__ import annotations

from typing import Any

from ambo.effects import Op, fetch
from ambo.operations.channel import Channel
from ambo.operations.transaction import begin, ended


def begin_prepared(channel: Channel, xid: str) -> Op[None]:
    """Begin a transaction that will be prepared."""
    channel.xid = xid
    channel.begin_sql = channel.dialect.transactions.phases(xid)[0]
    yield from begin(channel)


def prepare(channel: Channel, xid: str | None = None) -> Op[None]:
    """Do the first phase: after it the database can commit whatever happens to this connection."""
    if channel.xid is None:
        channel.xid = xid
    assert channel.xid is not None
    for sql in channel.dialect.transactions.prepare(channel.xid):
        yield from fetch(channel.link, sql)


def commit_prepared(channel: Channel, xid: str | None = None) -> Op[None]:
    """Do the second phase."""
    yield from _end_prepared(channel, xid, 1)


def rollback_prepared(channel: Channel, xid: str | None = None) -> Op[None]:
    """Undo a prepared transaction."""
    yield from _end_prepared(channel, xid, 2)


def _end_prepared(channel: Channel, xid: str | None, which: int) -> Op[None]:
    xid = xid or channel.xid
    assert xid is not None
    sql: Any = channel.dialect.transactions.phases(xid)[which]
    channel.begun = False  # a prepared transaction no longer belongs to the connection
    yield from fetch(channel.link, sql)
    channel.xid = None
    channel.begin_sql = channel.dialect.transactions.begin(channel.isolation_level, None, None)
    ended(channel)
