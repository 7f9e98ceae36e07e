"""Rendering of one's own SQL constructs, at SQLAlchemy's path."""

from ambo.rendering.extension import compiles, deregister

__all__ = ["compiles", "deregister"]
