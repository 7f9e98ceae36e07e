"""Async engines and connections, at SQLAlchemy's path."""

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

__all__ = [
    "AsyncConnection",
    "AsyncEngine",
    "AsyncTransaction",
    "async_engine_from_config",
    "create_async_engine",
    "create_async_pool_from_url",
]
