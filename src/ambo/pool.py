"""Connection pools, at SQLAlchemy's path."""

from __future__ import annotations

from ambo.connecting.async_pool import AsyncAdaptedQueuePool
from ambo.connecting.checkout import BasePool, ProxiedConnection as PoolProxiedConnection, Record as ConnectionPoolEntry
from ambo.connecting.sync_pool import AssertionPool, NullPool, Pool, QueuePool, SingletonThreadPool, StaticPool

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
