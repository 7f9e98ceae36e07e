"""Tools of the language, at SQLAlchemy's path."""

from functools import cached_property as memoized_property

from ambo.mapping.collections import duck_type_collection
from ambo.mapping.markers import symbol

__all__ = [
    "duck_type_collection",
    "memoized_property",
    "symbol",
]
