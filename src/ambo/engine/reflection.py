"""Reflection, at SQLAlchemy's path."""

from ambo.operations.inspector import Inspector

__all__ = [
    "Inspector",
]
