"""Basic names of the ORM, at SQLAlchemy's path."""

from ambo.mapping.attributes import InspectionAttr
from ambo.mapping.inspection import class_mapper, object_mapper
from ambo.mapping.instrumentation import manager_of_class
from ambo.mapping.mapped import DynamicMapped, Mapped, ORMDescriptor, Unmapped, WriteOnlyMapped
from ambo.mapping.markers import (
    ATTR_EMPTY,
    ATTR_WAS_SET,
    NEVER_SET,
    NO_KEY,
    NO_VALUE,
    PASSIVE_NO_FETCH,
    PASSIVE_NO_FETCH_RELATED,
    PASSIVE_NO_INITIALIZE,
    PASSIVE_NO_RESULT,
    PASSIVE_OFF,
    PASSIVE_ONLY_PERSISTENT,
    PASSIVE_RETURN_NO_VALUE,
    LoaderCallableStatus,
    PassiveFlag,
)
from ambo.mapping.state import state_of as instance_state

__all__ = [
    "ATTR_EMPTY",
    "ATTR_WAS_SET",
    "NEVER_SET",
    "NO_KEY",
    "NO_VALUE",
    "PASSIVE_NO_FETCH",
    "PASSIVE_NO_FETCH_RELATED",
    "PASSIVE_NO_INITIALIZE",
    "PASSIVE_NO_RESULT",
    "PASSIVE_OFF",
    "PASSIVE_ONLY_PERSISTENT",
    "PASSIVE_RETURN_NO_VALUE",
    "DynamicMapped",
    "InspectionAttr",
    "LoaderCallableStatus",
    "Mapped",
    "ORMDescriptor",
    "PassiveFlag",
    "Unmapped",
    "WriteOnlyMapped",
    "class_mapper",
    "instance_state",
    "manager_of_class",
    "object_mapper",
]
