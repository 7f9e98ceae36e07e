"""Re-exports at SQLAlchemy's path `engine.cursor`."""

from __future__ import annotations

from ambo.loading.async_results import Queue as BufferedRowCursorFetchStrategy
from ambo.loading.cursor_result import (
    CursorResult as CursorResult,
)

__all__ = [
    "BufferedRowCursorFetchStrategy",
    "CursorResult",
]
