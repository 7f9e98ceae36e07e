"""Naming conventions, at SQLAlchemy's path."""

from ambo.statements.names import NO_NAME as _NONE_NAME, conv
from ambo.statements.naming import conventional_name

__all__ = [
    "conv",
    "_NONE_NAME",
    "conventional_name",
]
