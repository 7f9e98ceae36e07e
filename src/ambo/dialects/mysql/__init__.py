"""MySQL: its dialect, its INSERT … ON DUPLICATE KEY UPDATE, its types."""

from ambo.rendering.mariadb import MySQLDialect, MySQLDialect as dialect
from ambo.statements.dialect_inserts import MySQLInsert as Insert, mysql_insert as insert
from ambo.statements.types import BINARY, BLOB, BOOLEAN, DATE, JSON, VARBINARY
from ambo.statements.types.mysql import (
    BIGINT,
    BIT,
    CHAR,
    DATETIME,
    DECIMAL,
    DOUBLE,
    ENUM,
    FLOAT,
    INTEGER,
    LONGBLOB,
    LONGTEXT,
    MEDIUMBLOB,
    MEDIUMINT,
    MEDIUMTEXT,
    NCHAR,
    NUMERIC,
    NVARCHAR,
    REAL,
    SET,
    SMALLINT,
    TEXT,
    TIME,
    TIMESTAMP,
    TINYBLOB,
    TINYINT,
    TINYTEXT,
    VARCHAR,
    YEAR,
)

__all__ = [
    "BIGINT", "BINARY", "BIT", "BLOB", "BOOLEAN", "CHAR", "DATE", "DATETIME", "DECIMAL", "DOUBLE", "ENUM", "FLOAT", "INTEGER", "JSON",
    "LONGBLOB", "LONGTEXT", "MEDIUMBLOB", "MEDIUMINT", "MEDIUMTEXT", "NCHAR", "NUMERIC", "NVARCHAR", "REAL", "SET", "SMALLINT", "TEXT",
    "TIME", "TIMESTAMP", "TINYBLOB", "TINYINT", "TINYTEXT", "VARBINARY", "VARCHAR", "YEAR", "Insert", "MySQLDialect", "dialect", "insert",
]  # fmt: skip
