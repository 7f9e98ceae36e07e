"""Collections of related objects, at SQLAlchemy's path."""

from ambo.mapping.collections import (
    CollectionAdapter,
    InstrumentedDict,
    InstrumentedList,
    InstrumentedSet,
    collection,
    collection_adapter,
)
from ambo.mapping.keyed_dicts import (
    KeyFuncDict,
    MappedCollection,
    attribute_keyed_dict,
    attribute_mapped_collection,
    column_keyed_dict,
    column_mapped_collection,
    keyfunc_mapping,
    mapped_collection,
)

__all__ = [
    "CollectionAdapter",
    "InstrumentedDict",
    "InstrumentedList",
    "InstrumentedSet",
    "KeyFuncDict",
    "MappedCollection",
    "attribute_keyed_dict",
    "attribute_mapped_collection",
    "collection",
    "collection_adapter",
    "column_keyed_dict",
    "column_mapped_collection",
    "keyfunc_mapping",
    "mapped_collection",
]
