"""Naming conventions, at SQLAlchemy's path."""

from ambo.statements.naming import conventional_name

__all__ = [
    "conventional_name",
]
