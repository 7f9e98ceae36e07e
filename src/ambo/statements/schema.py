"""The schema layer's names in one place: tables, columns, constraints, defaults."""

from ambo.statements.constraints import (
    CheckConstraint,
    ColumnCollectionConstraint,
    Constraint,
    Index,
    PrimaryKeyConstraint,
    UniqueConstraint,
)
from ambo.statements.defaults import (
    ColumnDefault,
    Computed,
    DefaultClause,
    DefaultGenerator,
    FetchedValue,
    Identity,
    NextValue,
    Sequence,
)
from ambo.statements.foreign_keys import ForeignKey, ForeignKeyConstraint
from ambo.statements.metadata import MetaData
from ambo.statements.names import conv, quoted_name
from ambo.statements.schema_columns import Column, insert_sentinel
from ambo.statements.schema_items import SchemaItem
from ambo.statements.table_order import sort_tables, sort_tables_and_constraints
from ambo.statements.tables import BLANK_SCHEMA, RETAIN_SCHEMA, Table

__all__ = [
    "BLANK_SCHEMA", "RETAIN_SCHEMA", "CheckConstraint", "Column", "ColumnCollectionConstraint", "ColumnDefault", "Computed",
    "Constraint", "DefaultClause", "DefaultGenerator", "FetchedValue", "ForeignKey", "ForeignKeyConstraint", "Identity", "Index",
    "MetaData", "NextValue", "PrimaryKeyConstraint", "SchemaItem", "Sequence", "Table", "UniqueConstraint", "conv",
    "insert_sentinel", "quoted_name",
    "sort_tables", "sort_tables_and_constraints",
]  # fmt: skip
