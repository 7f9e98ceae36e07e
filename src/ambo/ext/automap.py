"""Automap, at SQLAlchemy's path."""

from ambo.mapping.automapping import (
    AutomapBase,
    automap_base,
    classname_for_table,
    generate_relationship,
    modulename_for_table,
    name_for_collection_relationship,
    name_for_scalar_relationship,
)

__all__ = [
    "AutomapBase",
    "automap_base",
    "classname_for_table",
    "generate_relationship",
    "modulename_for_table",
    "name_for_collection_relationship",
    "name_for_scalar_relationship",
]
