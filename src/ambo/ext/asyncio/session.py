"""Async sessions, at SQLAlchemy's path."""

from ambo.sessions.aio import AsyncSession
from ambo.sessions.awaitable_attrs import AsyncAttrs
from ambo.sessions.handles import AsyncSessionTransaction
from ambo.sessions.makers import async_sessionmaker, close_all_async_sessions as close_all_sessions
from ambo.sessions.objects import async_object_session, async_session
from ambo.statements.frozen_dicts import EMPTY_DICT as _EXECUTE_OPTIONS

__all__ = [
    "AsyncAttrs",
    "AsyncSession",
    "AsyncSessionTransaction",
    "_EXECUTE_OPTIONS",
    "async_object_session",
    "async_session",
    "async_sessionmaker",
    "close_all_sessions",
]
