"""DDL, at SQLAlchemy's path."""

from ambo.statements import ddl
from ambo.statements.ddl import *
from ambo.statements.ddl import SchemaStatement as _CreateDropBase
from ambo.statements.defaults import Sequence
from ambo.statements.selected_tables import CreateTableAs, CreateView, DropView
from ambo.statements.table_order import sort_tables, sort_tables_and_constraints

__all__ = [
    "CreateTableAs",
    "CreateView",
    "DropView",
    "Sequence",
    "_CreateDropBase",
    "sort_tables",
    "sort_tables_and_constraints",
]
__all__ += ddl.__all__
