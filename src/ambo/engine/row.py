"""Re-exports at SQLAlchemy's path `engine.row`."""

from __future__ import annotations

from ambo.loading.rows import (
    Row as Row,
    RowMapping as RowMapping,
)

__all__ = [
    "Row",
    "RowMapping",
]
