"""Tables and their parts, at SQLAlchemy's path."""

from ambo import schema
from ambo.schema import *
from ambo.statements import ddl
from ambo.statements.ddl import *
from ambo.statements.schema_columns import sentinel_default as _InsertSentinelColumnDefault  # for mixins of libraries

__all__ = ["_InsertSentinelColumnDefault"]
__all__ += schema.__all__
__all__ += ddl.__all__  # part of the one above, which type checkers do not look into
