"""Names of what emits events, at SQLAlchemy's path."""

from ambo.mapping.events import AttributeEvents, InstanceEvents, InstrumentationEvents, MapperEvents

__all__ = ["AttributeEvents", "InstanceEvents", "InstrumentationEvents", "MapperEvents"]
