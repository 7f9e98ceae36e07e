"""Tables, columns, constraints and DDL, at the place SQLAlchemy has them."""

from ambo.statements import ddl
from ambo.statements.constraints import (
    CheckConstraint,
    ColumnCollectionConstraint,
    Constraint,
    Index,
    PrimaryKeyConstraint,
    UniqueConstraint,
)
from ambo.statements.ddl import *
from ambo.statements.ddl import SchemaStatement as _CreateDropBase
from ambo.statements.defaults import (
    ColumnDefault,
    Computed,
    DefaultClause,
    DefaultGenerator,
    FetchedValue,
    Identity,
    Sequence,
    SequenceOptions as HasSequenceOptions,
)
from ambo.statements.foreign_keys import ForeignKey, ForeignKeyConstraint
from ambo.statements.metadata import MetaData
from ambo.statements.names import conv, quoted_name
from ambo.statements.schema_columns import Column, Named, insert_sentinel
from ambo.statements.schema_items import SchemaItem
from ambo.statements.selected_tables import CreateTableAs, CreateView, DropView
from ambo.statements.table_order import sort_tables, sort_tables_and_constraints
from ambo.statements.tables import BLANK_SCHEMA, RETAIN_SCHEMA, Table
from ambo.statements.typed_columns import TypedColumns

__all__ = [
    "BLANK_SCHEMA",
    "CheckConstraint",
    "Column",
    "ColumnCollectionConstraint",
    "ColumnDefault",
    "Computed",
    "Constraint",
    "CreateTableAs",
    "CreateView",
    "DefaultClause",
    "DefaultGenerator",
    "DropView",
    "FetchedValue",
    "ForeignKey",
    "ForeignKeyConstraint",
    "HasSequenceOptions",
    "Identity",
    "Index",
    "MetaData",
    "PrimaryKeyConstraint",
    "RETAIN_SCHEMA",
    "SchemaItem",
    "Sequence",
    "Named",
    "Table",
    "TypedColumns",
    "UniqueConstraint",
    "_CreateDropBase",
    "conv",
    "insert_sentinel",
    "quoted_name",
    "sort_tables",
    "sort_tables_and_constraints",
]
__all__ += ddl.__all__
