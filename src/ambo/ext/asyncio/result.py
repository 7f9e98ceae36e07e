"""Streamed results, at SQLAlchemy's path."""

from __future__ import annotations

from ambo.loading.async_results import (
    AsyncMappingResult as AsyncMappingResult,
    AsyncResult as AsyncResult,
    AsyncScalarResult as AsyncScalarResult,
    AsyncTupleResult as AsyncTupleResult,
)

__all__ = [
    "AsyncMappingResult",
    "AsyncResult",
    "AsyncScalarResult",
    "AsyncTupleResult",
]
