"""The async classes, at SQLAlchemy's path: engines and connections, sessions, streamed results."""

from __future__ import annotations

from ambo.connecting.aio import AsyncConnection, AsyncEngine, AsyncTransaction
from ambo.connecting.create import async_engine_from_config, create_async_engine, create_async_pool_from_url
from ambo.ext.asyncio.session import close_all_sessions
from ambo.loading.async_results import AsyncMappingResult, AsyncResult, AsyncScalarResult, AsyncTupleResult
from ambo.sessions.aio import AsyncSession
from ambo.sessions.awaitable_attrs import AsyncAttrs
from ambo.sessions.handles import AsyncSessionTransaction
from ambo.sessions.makers import async_scoped_session, async_sessionmaker, close_all_async_sessions
from ambo.sessions.objects import async_object_session, async_session

__all__ = [
    "AsyncAttrs",
    "AsyncConnection",
    "AsyncEngine",
    "AsyncMappingResult",
    "AsyncResult",
    "AsyncScalarResult",
    "AsyncSession",
    "AsyncSessionTransaction",
    "AsyncTransaction",
    "AsyncTupleResult",
    "async_engine_from_config",
    "async_object_session",
    "async_scoped_session",
    "async_session",
    "async_sessionmaker",
    "close_all_async_sessions",
    "close_all_sessions",
    "create_async_engine",
    "create_async_pool_from_url",
]
