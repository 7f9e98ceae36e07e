"""The dialect of nothing in particular: what `str(statement)` shows."""

from __future__ import annotations

import dataclasses
from typing import Any

from ambo.rendering.dialect import Dialect
from ambo.rendering.features import Features
from ambo.rendering.reserved import STANDARD_WORDS
from ambo.rendering.type_names import TypeNames
from ambo.statements.types import TypeEngine
from ambo.statements.types.base import install_type_namer


class PlainTypeNames(TypeNames):
    """Names types for reading, so that every type has some name."""

    def visit_type_engine(self, type_: Any, **kw: Any) -> str:
        return type(type_).__name__ if type(type_).__name__.isupper() else repr(type_)

    def visit_user_defined(self, type_: Any, **kw: Any) -> str:
        return super().visit_user_defined(type_, **kw) if hasattr(type_, "get_col_spec") else self.visit_type_engine(type_)

    def visit_null(self, type_: Any, **kw: Any) -> str:
        return "NULL"

    def visit_interval(self, type_: Any, **kw: Any) -> str:
        return "INTERVAL"

    def visit_ARRAY(self, type_: Any, **kw: Any) -> str:
        return self.process(type_.item_type) + "[]" * (type_.dimensions or 1)

    def process(self, type_: TypeEngine[Any], **kw: Any) -> str:
        impl = type_.dialect_impl(self.dialect)
        if not hasattr(self, f"visit_{impl.__visit_name__}") and getattr(type(impl), "_renderer", None) is None:
            name = type(impl).__name__
            return name if name.isupper() else repr(impl)
        return super().process(type_, **kw)


class DefaultDialect(Dialect):
    """A database with what every database has."""

    name = "default"
    driver = "default"
    paramstyle = "named"
    reserved_words = STANDARD_WORDS
    type_names_class = PlainTypeNames
    features = Features(
        insert_returning=True,
        update_returning=True,
        delete_returning=True,
        update_from=True,
        delete_using=True,
        lateral=True,
        sequences=True,
        native_decimal=True,
    )


class StrCompileDialect(DefaultDialect):
    """A database with everything the standard has; statements shown without an engine are written for it."""

    features = dataclasses.replace(DefaultDialect.features, identity_columns=True, native_boolean=True)


DEFAULT = StrCompileDialect()


def name_type(type_: TypeEngine[Any], dialect: Any) -> str:
    """Return a type's name in a dialect, or the default one."""
    return (dialect or DEFAULT).type_names.process(type_)


install_type_namer(name_type)
