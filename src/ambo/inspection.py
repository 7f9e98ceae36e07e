"""`inspect()` at SQLAlchemy's path."""

from ambo.mapping.inspection import inspect, inspects

__all__ = ["inspect", "inspects"]
