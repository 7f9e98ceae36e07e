"""Mapped properties, at SQLAlchemy's path."""

from ambo.mapping.composites import Composite, CompositeProperty
from ambo.mapping.mapped_column import MappedColumn
from ambo.mapping.properties import ColumnProperty, MappedSQLExpression
from ambo.mapping.relationships import Relationship, RelationshipProperty
from ambo.mapping.synonyms import Synonym, SynonymProperty
from ambo.mapping.unmapped_columns import UnmappedColumn

__all__ = [
    "ColumnProperty",
    "Composite",
    "CompositeProperty",
    "MappedColumn",
    "MappedSQLExpression",
    "Relationship",
    "RelationshipProperty",
    "Synonym",
    "SynonymProperty",
    "UnmappedColumn",
]
