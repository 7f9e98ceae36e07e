"""What types are made of, at SQLAlchemy's path."""

from ambo.statements.types.base import NULLTYPE, NullType, TypeEngine, UserDefinedType, to_instance
from ambo.statements.types.decorator import TypeDecorator

__all__ = [
    "NULLTYPE",
    "NullType",
    "TypeDecorator",
    "TypeEngine",
    "UserDefinedType",
    "to_instance",
]
