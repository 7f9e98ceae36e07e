"""The types, at SQLAlchemy's path."""

from ambo.statements import types
from ambo.statements.types import *
from ambo.statements.types.strings import _Binary

__all__ = ["_Binary"]
__all__ += types.__all__
