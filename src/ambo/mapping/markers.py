"""The words that mapping uses instead of values: "no value", directions, what an attribute look-up may do.

Rule 1: a marker is compared with `is`, never with `==`.
"""

from __future__ import annotations

import enum
from typing import Final, Literal


class LoaderCallableStatus(enum.Enum):
    """What stands where a value should be."""

    PASSIVE_NO_RESULT = 0
    PASSIVE_CLASS_MISMATCH = 1
    ATTR_WAS_SET = 2
    ATTR_EMPTY = 3
    NO_VALUE = 4

    def __repr__(self) -> str:
        return f"<{self.name}>"


PASSIVE_NO_RESULT: Final = LoaderCallableStatus.PASSIVE_NO_RESULT
PASSIVE_CLASS_MISMATCH: Final = LoaderCallableStatus.PASSIVE_CLASS_MISMATCH
ATTR_WAS_SET: Final = LoaderCallableStatus.ATTR_WAS_SET
ATTR_EMPTY: Final = LoaderCallableStatus.ATTR_EMPTY
NO_VALUE: Final = LoaderCallableStatus.NO_VALUE
NEVER_SET: Final = NO_VALUE


class PassiveFlag(enum.IntFlag):
    """What reading an attribute may do to find its value."""

    NO_CHANGE = 0
    CALLABLES_OK = 1
    SQL_OK = 2
    RELATED_OBJECT_OK = 4
    INIT_OK = 8
    NON_PERSISTENT_OK = 16
    LOAD_AGAINST_COMMITTED = 32
    NO_AUTOFLUSH = 64
    NO_RAISE = 128
    DEFERRED_HISTORY_LOAD = 256
    INCLUDE_PENDING_MUTATIONS = 512
    PASSIVE_OFF = 1 | 2 | 4 | 8 | 16
    PASSIVE_RETURN_NO_VALUE = 1 | 2 | 4 | 16
    PASSIVE_NO_INITIALIZE = 4 | 16
    PASSIVE_NO_FETCH = 1 | 4 | 8 | 16
    PASSIVE_NO_FETCH_RELATED = 1 | 2 | 8 | 16
    PASSIVE_ONLY_PERSISTENT = 1 | 2 | 4 | 8


PASSIVE_OFF: Final = PassiveFlag.PASSIVE_OFF
PASSIVE_RETURN_NO_VALUE: Final = PassiveFlag.PASSIVE_RETURN_NO_VALUE
PASSIVE_NO_INITIALIZE: Final = PassiveFlag.PASSIVE_NO_INITIALIZE
PASSIVE_NO_FETCH: Final = PassiveFlag.PASSIVE_NO_FETCH
PASSIVE_NO_FETCH_RELATED: Final = PassiveFlag.PASSIVE_NO_FETCH_RELATED
PASSIVE_ONLY_PERSISTENT: Final = PassiveFlag.PASSIVE_ONLY_PERSISTENT


class RelationshipDirection(enum.Enum):
    """Which side of a relationship holds the foreign key."""

    ONETOMANY = 1
    MANYTOONE = 2
    MANYTOMANY = 3


ONETOMANY: Final = RelationshipDirection.ONETOMANY
MANYTOONE: Final = RelationshipDirection.MANYTOONE
MANYTOMANY: Final = RelationshipDirection.MANYTOMANY


class EventConstants(enum.Enum):
    """What a few listeners return to steer the emitter."""

    EXT_CONTINUE = 1
    EXT_STOP = 2
    EXT_SKIP = 3
    NO_KEY = 4


EXT_CONTINUE: Final = EventConstants.EXT_CONTINUE
EXT_STOP: Final = EventConstants.EXT_STOP
EXT_SKIP: Final = EventConstants.EXT_SKIP
NO_KEY: Final = EventConstants.NO_KEY


class Unset(enum.Enum):
    """The default of an argument that may also be None."""

    NO_ARG = 1


NO_ARG: Final = Unset.NO_ARG
NoArg = Literal[Unset.NO_ARG]


class InspectionAttrExtensionType(enum.Enum):
    """Base of the enumerations that name a kind of class attribute."""


class NotExtension(InspectionAttrExtensionType):
    """The class attribute is the ORM's own."""

    NOT_EXTENSION = "not_extension"


class HybridExtensionType(InspectionAttrExtensionType):
    """The class attribute is a hybrid."""

    HYBRID_METHOD = "HYBRID_METHOD"
    HYBRID_PROPERTY = "HYBRID_PROPERTY"


class AssociationProxyExtensionType(InspectionAttrExtensionType):
    """The class attribute is an association proxy."""

    ASSOCIATION_PROXY = "ASSOCIATION_PROXY"


class Symbol(str):
    """A named constant, equal to the one of the same name."""

    __slots__ = ()


def symbol(name: str, doc: str | None = None, canonical: int | None = None) -> Symbol:
    """Return the named constant of that name."""
    return Symbol(name)


SETTING: Final = "_ambo_setting"
"""Stands in an object's `__dict__`, with an attribute's name, while the `__setattr__` of a user's class runs for that attribute."""
