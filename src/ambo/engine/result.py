"""Re-exports at SQLAlchemy's path `engine.result`."""

from __future__ import annotations

from ambo.loading.results import (
    ChunkedIteratorResult,
    FrozenResult,
    IteratorResult,
    MappingResult,
    MergedResult,
    Result,
    ScalarResult,
    TupleResult,
    null_result,
)
from ambo.loading.rows import Row, RowMapping, RowShape

__all__ = [
    "ChunkedIteratorResult",
    "FrozenResult",
    "IteratorResult",
    "MappingResult",
    "MergedResult",
    "Result",
    "Row",
    "RowMapping",
    "RowShape",
    "ScalarResult",
    "TupleResult",
    "null_result",
]
