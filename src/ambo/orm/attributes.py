"""Attributes, their state and history, at SQLAlchemy's path."""

from __future__ import annotations

from ambo.mapping.access import (
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
)
from ambo.mapping.attributes import InstrumentedAttribute, QueryableAttribute
from ambo.mapping.history import History
from ambo.mapping.markers import NO_VALUE, PASSIVE_NO_INITIALIZE, PASSIVE_OFF, LoaderCallableStatus, PassiveFlag

__all__ = [
    "NO_VALUE", "PASSIVE_NO_INITIALIZE", "PASSIVE_OFF", "History", "InstrumentedAttribute", "LoaderCallableStatus", "PassiveFlag",
    "QueryableAttribute", "del_attribute", "flag_dirty", "flag_modified", "get_attribute", "get_history", "init_collection",
    "instance_dict", "instance_state", "set_attribute", "set_committed_value",
]
