"""The async classes, at SQLAlchemy's path: engines and connections, sessions, streamed results."""

from __future__ import annotations

from ambo.connecting.aio import (
    AsyncConnection as AsyncConnection,
    AsyncEngine as AsyncEngine,
    AsyncTransaction as AsyncTransaction,
)
from ambo.connecting.create import (
    async_engine_from_config as async_engine_from_config,
    create_async_engine as create_async_engine,
    create_async_pool_from_url as create_async_pool_from_url,
)
from ambo.ext.asyncio.session import close_all_sessions
from ambo.loading.async_results import (
    AsyncMappingResult as AsyncMappingResult,
    AsyncResult as AsyncResult,
    AsyncScalarResult as AsyncScalarResult,
    AsyncTupleResult as AsyncTupleResult,
)
from ambo.sessions.aio import AsyncSession as AsyncSession
from ambo.sessions.awaitable_attrs import AsyncAttrs as AsyncAttrs
from ambo.sessions.handles import AsyncSessionTransaction as AsyncSessionTransaction
from ambo.sessions.makers import (
    async_scoped_session as async_scoped_session,
    async_sessionmaker as async_sessionmaker,
    close_all_async_sessions as close_all_async_sessions,
)
from ambo.sessions.objects import (
    async_object_session as async_object_session,
    async_session as async_session,
)

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
