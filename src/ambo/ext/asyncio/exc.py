"""Errors of the async classes, at SQLAlchemy's path."""

from __future__ import annotations

from ambo.errors import (
    AsyncContextNotStarted as AsyncContextNotStarted,
    AsyncMethodRequired as AsyncMethodRequired,
)

__all__ = [
    "AsyncContextNotStarted",
    "AsyncMethodRequired",
]
