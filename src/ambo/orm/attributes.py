"""Functions on objects' attributes, at SQLAlchemy's path."""

from ambo.mapping.access import (
    OP_APPEND,
    OP_BULK_REPLACE,
    OP_MODIFIED,
    OP_REMOVE,
    OP_REPLACE,
    del_attribute,
    flag_dirty,
    flag_modified,
    get_attribute,
    get_history,
    init_collection,
    instance_dict,
    instance_state,
    set_attribute,
    set_committed_value,
    was_deleted,
)
from ambo.mapping.attributes import InstrumentedAttribute, QueryableAttribute
from ambo.mapping.collection_tracking import CollectionTracker as CollectionAttributeImpl
from ambo.mapping.column_tracking import ScalarTracker as ScalarAttributeImpl
from ambo.mapping.history import HISTORY_BLANK, History
from ambo.mapping.instance_view import AttributeState
from ambo.mapping.instrumentation import manager_of_class
from ambo.mapping.markers import (
    ATTR_EMPTY,
    ATTR_WAS_SET,
    NEVER_SET,
    NO_KEY,
    NO_VALUE,
    PASSIVE_CLASS_MISMATCH,
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
from ambo.mapping.reference_tracking import ObjectTracker as ScalarObjectAttributeImpl
from ambo.mapping.state import InstanceState
from ambo.mapping.tracking import AttributeEventToken, Tracker as AttributeImpl

__all__ = [
    "ATTR_EMPTY",
    "ATTR_WAS_SET",
    "HISTORY_BLANK",
    "NEVER_SET",
    "NO_KEY",
    "NO_VALUE",
    "OP_APPEND",
    "OP_BULK_REPLACE",
    "OP_MODIFIED",
    "OP_REMOVE",
    "OP_REPLACE",
    "PASSIVE_CLASS_MISMATCH",
    "PASSIVE_NO_FETCH",
    "PASSIVE_NO_FETCH_RELATED",
    "PASSIVE_NO_INITIALIZE",
    "PASSIVE_NO_RESULT",
    "PASSIVE_OFF",
    "PASSIVE_ONLY_PERSISTENT",
    "PASSIVE_RETURN_NO_VALUE",
    "AttributeEventToken",
    "AttributeImpl",
    "AttributeState",
    "CollectionAttributeImpl",
    "History",
    "InstanceState",
    "InstrumentedAttribute",
    "LoaderCallableStatus",
    "PassiveFlag",
    "QueryableAttribute",
    "ScalarAttributeImpl",
    "ScalarObjectAttributeImpl",
    "del_attribute",
    "flag_dirty",
    "flag_modified",
    "get_attribute",
    "get_history",
    "init_collection",
    "instance_dict",
    "instance_state",
    "manager_of_class",
    "set_attribute",
    "set_committed_value",
    "was_deleted",
]
