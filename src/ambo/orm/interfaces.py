"""Bases and constants of the ORM, at SQLAlchemy's path."""

from ambo.mapping.attributes import InspectionAttr, PropComparator
from ambo.mapping.mapped import ORMDescriptor
from ambo.mapping.markers import (
    EXT_CONTINUE,
    EXT_SKIP,
    EXT_STOP,
    MANYTOMANY,
    MANYTOONE,
    ONETOMANY,
    AssociationProxyExtensionType,
    EventConstants,
    InspectionAttrExtensionType,
    NotExtension,
    RelationshipDirection,
)
from ambo.mapping.properties import MapperProperty
from ambo.mapping.state import InstanceState

__all__ = [
    "EXT_CONTINUE",
    "EXT_SKIP",
    "EXT_STOP",
    "MANYTOMANY",
    "MANYTOONE",
    "ONETOMANY",
    "AssociationProxyExtensionType",
    "EventConstants",
    "InspectionAttr",
    "InspectionAttrExtensionType",
    "InstanceState",
    "MapperProperty",
    "NotExtension",
    "ORMDescriptor",
    "PropComparator",
    "RelationshipDirection",
]
