"""Objects' states, at SQLAlchemy's path."""

from ambo.mapping.instance_view import AttributeState
from ambo.mapping.shared_state import PendingChanges as PendingCollection
from ambo.mapping.state import InstanceState

__all__ = ["AttributeState", "InstanceState", "PendingCollection"]
