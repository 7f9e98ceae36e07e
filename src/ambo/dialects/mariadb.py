"""MariaDB: its dialect; INSERT … ON DUPLICATE KEY UPDATE and the types are MySQL's."""

from ambo.rendering.mariadb import MariaDBDialect, MariaDBDialect as dialect
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
    "MariaDBDialect",
    "VARBINARY",
    "dialect",
    "insert",
]
__all__ += mysql.__all__
