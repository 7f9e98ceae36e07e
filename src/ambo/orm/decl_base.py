"""What declarative mapping is made of, at SQLAlchemy's path."""

from ambo.statements.arguments import TableArguments as _TableArgsType

__all__ = [
    "_TableArgsType",
]
