"""Streamed results, at SQLAlchemy's path."""

from __future__ import annotations

from ambo.loading.async_results import (
    AsyncMappingResult,
    AsyncResult,
    AsyncScalarResult,
    AsyncTupleResult,
    ensure_sync_result as _ensure_sync_result,
)

__all__ = [
    "_ensure_sync_result",
    "AsyncMappingResult",
    "AsyncResult",
    "AsyncScalarResult",
    "AsyncTupleResult",
]
