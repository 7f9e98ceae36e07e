"""The types, at the place SQLAlchemy has them."""

from ambo.statements import types
from ambo.statements.types import *

__all__: list[str] = []
__all__ += types.__all__
