"""The default dialect, at the place SQLAlchemy has it."""

from ambo.rendering.default import DefaultDialect, DefaultDialect as StrCompileDialect

__all__ = ["DefaultDialect", "StrCompileDialect"]
