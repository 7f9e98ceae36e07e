"""SQLite: its dialect, its INSERT … ON CONFLICT, its types."""

from ambo.rendering.sqlite import SQLiteDialect, SQLiteDialect as dialect
from ambo.statements.dialect_inserts import SQLiteInsert as Insert, sqlite_insert as insert
from ambo.statements.types import (
    BLOB,
    BOOLEAN,
    CHAR,
    DECIMAL,
    FLOAT,
    INTEGER,
    JSON,
    NUMERIC,
    REAL,
    SMALLINT,
    TEXT,
    TIMESTAMP,
    VARCHAR,
)
from ambo.statements.types.sqlite import DATE, DATETIME, TIME

__all__ = [
    "BLOB", "BOOLEAN", "CHAR", "DATE", "DATETIME", "DECIMAL", "FLOAT", "INTEGER", "JSON", "NUMERIC", "REAL", "SMALLINT", "TEXT", "TIME",
    "TIMESTAMP", "VARCHAR", "Insert", "SQLiteDialect", "dialect", "insert",
]  # fmt: skip
