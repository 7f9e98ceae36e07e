"""Re-exports at SQLAlchemy's path `engine.create`."""

from __future__ import annotations

from ambo.connecting.create import (
    create_engine as create_engine,
    create_pool_from_url as create_pool_from_url,
    engine_from_config as engine_from_config,
)

__all__ = [
    "create_engine",
    "create_pool_from_url",
    "engine_from_config",
]
