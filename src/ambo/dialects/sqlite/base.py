"""SQLite's dialect, at SQLAlchemy's path."""

from ambo.rendering.sqlite import SQLiteDDL as SQLiteDDLCompiler, SQLiteDialect, SQLiteTypeNames as SQLiteTypeCompiler

__all__ = [
    "SQLiteDDLCompiler",
    "SQLiteDialect",
    "SQLiteTypeCompiler",
]
