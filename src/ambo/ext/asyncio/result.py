"""Streamed results, at SQLAlchemy's path."""

from __future__ import annotations

from ambo.loading.async_results import (
    AsyncMappingResult as AsyncMappingResult,
    AsyncResult as AsyncResult,
    AsyncScalarResult as AsyncScalarResult,
    AsyncTupleResult as AsyncTupleResult,
    ensure_sync_result as _ensure_sync_result,
)

__all__ = [
    "_ensure_sync_result",
    "AsyncMappingResult",
    "AsyncResult",
    "AsyncScalarResult",
    "AsyncTupleResult",
]
