"""The types, at SQLAlchemy's path."""

from ambo import types
from ambo.statements.types.strings import _Binary
from ambo.types import *

__all__ = ["_Binary"]
__all__ += types.__all__
