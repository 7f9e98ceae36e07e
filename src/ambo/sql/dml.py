"""Statements that write, at SQLAlchemy's path."""

from ambo.statements.writes import (
    Delete,
    Delete as ReturningDelete,
    Insert,
    Insert as ReturningInsert,
    Update,
    Update as ReturningUpdate,
    UpdateBase,
    ValuesBase,
    delete,
    insert,
    update,
)

__all__ = [
    "ReturningDelete",
    "ReturningInsert",
    "ReturningUpdate",
    "Delete",
    "Insert",
    "Update",
    "UpdateBase",
    "ValuesBase",
    "delete",
    "insert",
    "update",
]
