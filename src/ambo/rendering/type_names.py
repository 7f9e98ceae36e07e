"""What types are called in SQL: one method a kind of type, found by the type's `__visit_name__`.

`TypeNames` has the standard's names; each database's file overrides what it calls otherwise. A type in upper case
(`VARCHAR`) is called so everywhere, a generic one (`String`) what the database likes.
"""

from __future__ import annotations

from typing import Any

from ambo.errors import CompileError, UnsupportedCompilationError
from ambo.statements.types import TypeDecorator, TypeEngine


class TypeNames:
    """Names types for one dialect: `type_names.process(String(50))` is `VARCHAR(50)`."""

    collation_quoted = True

    def __init__(self, dialect: Any) -> None:
        self.dialect = dialect

    def process(self, type_: TypeEngine[Any], **kw: Any) -> str:
        """Return a type's name.

        Raises UnsupportedCompilationError if the database has no such type.
        """
        impl = type_.dialect_impl(self.dialect)
        renderer = _installed(impl)
        if renderer is not None:
            return str(renderer(impl, self, **kw))
        visit = getattr(self, f"visit_{impl.__visit_name__}", None)
        if visit is None:
            raise UnsupportedCompilationError(f"the dialect {self.dialect.name!r} has no name for the type {impl!r}")
        return str(visit(impl, **kw))

    def cast_name(self, type_: TypeEngine[Any]) -> str | None:
        """Return the type a bound value is cast to (`$1::INTEGER`), without length or precision; None for no cast."""
        return None

    # -- families

    def _text(self, name: str, type_: Any, length: int | None = None) -> str:
        length = length or type_.length
        text = f"{name}({length})" if length else name
        if type_.collation:
            text += f" COLLATE {self.dialect.preparer.quote_identifier(type_.collation) if self.collation_quoted else type_.collation}"
        return text

    def _number(self, name: str, type_: Any) -> str:
        if type_.precision is None:
            return name
        return f"{name}({type_.precision})" if type_.scale is None else f"{name}({type_.precision}, {type_.scale})"

    # -- numbers

    def visit_integer(self, type_: Any, **kw: Any) -> str:
        return "INTEGER"

    visit_INTEGER = visit_integer

    def visit_small_integer(self, type_: Any, **kw: Any) -> str:
        return "SMALLINT"

    visit_SMALLINT = visit_small_integer

    def visit_big_integer(self, type_: Any, **kw: Any) -> str:
        return "BIGINT"

    visit_BIGINT = visit_big_integer

    def visit_numeric(self, type_: Any, **kw: Any) -> str:
        return self._number("NUMERIC", type_)

    visit_NUMERIC = visit_numeric

    def visit_DECIMAL(self, type_: Any, **kw: Any) -> str:
        return self._number("DECIMAL", type_)

    def visit_float(self, type_: Any, **kw: Any) -> str:
        return "FLOAT"

    visit_FLOAT = visit_float

    def visit_REAL(self, type_: Any, **kw: Any) -> str:
        return "REAL"

    def visit_double(self, type_: Any, **kw: Any) -> str:
        return "DOUBLE"

    visit_DOUBLE = visit_double

    def visit_DOUBLE_PRECISION(self, type_: Any, **kw: Any) -> str:
        return "DOUBLE PRECISION"

    def visit_boolean(self, type_: Any, **kw: Any) -> str:
        return "BOOLEAN"

    def visit_BOOLEAN(self, type_: Any, **kw: Any) -> str:
        return "BOOLEAN"

    # -- text

    def visit_string(self, type_: Any, **kw: Any) -> str:
        return self.visit_VARCHAR(type_)

    def visit_unicode(self, type_: Any, **kw: Any) -> str:
        return self.visit_VARCHAR(type_)

    def visit_text(self, type_: Any, **kw: Any) -> str:
        return self.visit_TEXT(type_)

    def visit_unicode_text(self, type_: Any, **kw: Any) -> str:
        return self.visit_TEXT(type_)

    def visit_VARCHAR(self, type_: Any, **kw: Any) -> str:
        return self._text("VARCHAR", type_)

    def visit_CHAR(self, type_: Any, **kw: Any) -> str:
        return self._text("CHAR", type_)

    def visit_NCHAR(self, type_: Any, **kw: Any) -> str:
        return self._text("NCHAR", type_)

    def visit_NVARCHAR(self, type_: Any, **kw: Any) -> str:
        return self._text("NVARCHAR", type_)

    def visit_TEXT(self, type_: Any, **kw: Any) -> str:
        return self._text("TEXT", type_)

    def visit_CLOB(self, type_: Any, **kw: Any) -> str:
        return self._text("CLOB", type_)

    def visit_enum(self, type_: Any, **kw: Any) -> str:
        return self.visit_VARCHAR(type_)

    visit_ENUM = visit_enum

    # -- bytes

    def visit_large_binary(self, type_: Any, **kw: Any) -> str:
        return "BLOB"

    visit_BLOB = visit_large_binary

    def visit_BINARY(self, type_: Any, **kw: Any) -> str:
        return f"BINARY({type_.length})" if type_.length else "BINARY"

    def visit_VARBINARY(self, type_: Any, **kw: Any) -> str:
        return f"VARBINARY({type_.length})" if type_.length else "VARBINARY"

    # -- dates

    def visit_datetime(self, type_: Any, **kw: Any) -> str:
        return "DATETIME"

    def visit_DATETIME(self, type_: Any, **kw: Any) -> str:
        return "DATETIME"

    def visit_TIMESTAMP(self, type_: Any, **kw: Any) -> str:
        return "TIMESTAMP"

    def visit_date(self, type_: Any, **kw: Any) -> str:
        return "DATE"

    visit_DATE = visit_date

    def visit_time(self, type_: Any, **kw: Any) -> str:
        return "TIME"

    def visit_TIME(self, type_: Any, **kw: Any) -> str:
        return "TIME"

    def visit_interval(self, type_: Any, **kw: Any) -> str:
        return self.visit_datetime(type_)

    # -- the rest

    def visit_uuid(self, type_: Any, **kw: Any) -> str:
        return "UUID" if type_.native_uuid and self.dialect.features.native_uuid else "CHAR(32)"

    def visit_UUID(self, type_: Any, **kw: Any) -> str:
        return "UUID"

    def visit_JSON(self, type_: Any, **kw: Any) -> str:
        return "JSON"

    def visit_ARRAY(self, type_: Any, **kw: Any) -> str:
        raise CompileError(f"the dialect {self.dialect.name!r} has no arrays; use JSON, or with_variant() for the databases that have them")

    def visit_null(self, type_: Any, **kw: Any) -> str:
        raise CompileError("cannot write the name of NullType, a column without a type; give the column a type")

    def visit_type_decorator(self, type_: TypeDecorator[Any], **kw: Any) -> str:
        return self.process(type_.type_engine(self.dialect), **kw)

    def visit_user_defined(self, type_: Any, **kw: Any) -> str:
        spec = getattr(type_, "get_col_spec", None)
        if spec is None:
            raise UnsupportedCompilationError(f"the type {type_!r} has no get_col_spec(), which returns its name in SQL")
        try:
            return str(spec(**kw))
        except TypeError:
            return str(spec())

    def visit_tuple(self, type_: Any, **kw: Any) -> str:
        raise CompileError("tuples have no type name in SQL")


def _installed(type_: TypeEngine[Any]) -> Any:
    """Return what `@compiles` put on the type's class, if anything."""
    return getattr(type(type_), "_renderer", None)
