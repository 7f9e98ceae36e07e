"""MySQL: its dialect, its INSERT … ON DUPLICATE KEY UPDATE, its types."""

from ambo.rendering.mariadb import MySQLDialect, MySQLDialect as dialect
from ambo.statements.dialect_extensions import limit
from ambo.statements.dialect_inserts import MySQLInsert as Insert, mysql_insert as insert
from ambo.statements.types import BINARY, BLOB, BOOLEAN, DATE, JSON, VARBINARY, mysql
from ambo.statements.types.mysql import *

__all__ = [
    "BINARY",
    "BLOB",
    "BOOLEAN",
    "DATE",
    "Insert",
    "JSON",
    "MySQLDialect",
    "VARBINARY",
    "dialect",
    "insert",
    "limit",
]
__all__ += mysql.__all__
