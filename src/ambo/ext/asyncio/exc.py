"""Errors of the async classes, at SQLAlchemy's path."""

from __future__ import annotations

from ambo.errors import AsyncContextNotStarted, AsyncMethodRequired

__all__ = [
    "AsyncContextNotStarted",
    "AsyncMethodRequired",
]
