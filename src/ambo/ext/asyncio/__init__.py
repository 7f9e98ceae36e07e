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
from ambo.loading.async_results import (
    AsyncMappingResult as AsyncMappingResult,
    AsyncResult as AsyncResult,
    AsyncScalarResult as AsyncScalarResult,
    AsyncTupleResult as AsyncTupleResult,
)

__all__ = [
    "AsyncConnection",
    "AsyncEngine",
    "AsyncMappingResult",
    "AsyncResult",
    "AsyncScalarResult",
    "AsyncTransaction",
    "AsyncTupleResult",
    "async_engine_from_config",
    "create_async_engine",
    "create_async_pool_from_url",
]
