"""The default dialects, at the place SQLAlchemy has them."""

from ambo.rendering.default import DefaultDialect, StrCompileDialect

__all__ = ["DefaultDialect", "StrCompileDialect"]
