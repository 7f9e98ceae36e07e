"""Statements that write, at SQLAlchemy's path."""

from ambo.statements.writes import Delete, Insert, Update, UpdateBase, ValuesBase, delete, insert, update

__all__ = [
    "Delete",
    "Insert",
    "Update",
    "UpdateBase",
    "ValuesBase",
    "delete",
    "insert",
    "update",
]
