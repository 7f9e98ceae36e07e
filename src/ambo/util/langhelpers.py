"""Tools of the language, at SQLAlchemy's path."""

from functools import cached_property as memoized_property

from ambo.mapping.collections import duck_type_collection
from ambo.mapping.markers import symbol
from ambo.statements.for_libraries import asbool, preload_module, to_list, unique_list

__all__ = ["asbool", "duck_type_collection", "memoized_property", "preload_module", "symbol", "to_list", "unique_list"]
