"""Re-exports at SQLAlchemy's path `engine.result`."""

from __future__ import annotations

from ambo.loading.results import (
    ChunkedIteratorResult as ChunkedIteratorResult,
    FrozenResult as FrozenResult,
    IteratorResult as IteratorResult,
    MappingResult as MappingResult,
    MergedResult as MergedResult,
    Result as Result,
    ScalarResult as ScalarResult,
    TupleResult as TupleResult,
    null_result as null_result,
)
from ambo.loading.rows import (
    Row as Row,
    RowMapping as RowMapping,
    RowShape as RowShape,
)

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
