"""Objects' states, at SQLAlchemy's path."""

from ambo.mapping.state import AttributeState, InstanceState, PendingChanges as PendingCollection

__all__ = ["AttributeState", "InstanceState", "PendingCollection"]
