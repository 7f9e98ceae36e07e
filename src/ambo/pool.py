"""Connection pools, at SQLAlchemy's path."""

from __future__ import annotations

from ambo.connecting.async_pool import (
    AsyncAdaptedQueuePool as AsyncAdaptedQueuePool,
)
from ambo.connecting.checkout import (
    BasePool as BasePool,
    ProxiedConnection as PoolProxiedConnection,
    Record as ConnectionPoolEntry,
)
from ambo.connecting.sync_pool import (
    AssertionPool as AssertionPool,
    NullPool as NullPool,
    Pool as Pool,
    QueuePool as QueuePool,
    SingletonThreadPool as SingletonThreadPool,
    StaticPool as StaticPool,
)

__all__ = [
    "AssertionPool",
    "AsyncAdaptedQueuePool",
    "BasePool",
    "ConnectionPoolEntry",
    "NullPool",
    "Pool",
    "PoolProxiedConnection",
    "QueuePool",
    "SingletonThreadPool",
    "StaticPool",
]
