"""Elements of indexable columns as attributes, at SQLAlchemy's path."""

from ambo.mapping.indexed_properties import index_property

__all__ = ["index_property"]
