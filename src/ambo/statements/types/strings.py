"""Types for text and bytes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ambo.statements.types.base import Comparator, DialectFacts, Processor, TypeEngine, value_types, wrong_value


class Concatenable:
    """Marks types whose `+` is concatenation."""

    Comparator = Comparator


class String(Concatenable, TypeEngine[str]):
    """Text; VARCHAR in SQL.

    `length` is needed where the database wants it (MariaDB), `collation` names the order of its values.
    """

    __visit_name__ = "string"
    _is_affinity = True

    def __init__(self, length: int | None = None, collation: str | None = None) -> None:
        self.length = length
        self.collation = collation

    @property
    def python_type(self) -> type[str]:
        return str

    def literal_processor(self, dialect: DialectFacts) -> Callable[[Any], str] | None:
        def quote(value: Any) -> str:
            text = str(value).replace("'", "''")
            if dialect.features.backslash_escapes:
                text = text.replace("\\", "\\\\")
            return f"'{text}'"

        return quote


class Text(String):
    """Text of any length; TEXT in SQL."""

    __visit_name__ = "text"


class Unicode(String):
    """Text, NVARCHAR where the database tells the two apart."""

    __visit_name__ = "unicode"


class UnicodeText(Text):
    """Text of any length, NCLOB where the database tells the two apart."""

    __visit_name__ = "unicode_text"


class CHAR(String):
    """Text of a fixed length."""

    __visit_name__ = "CHAR"


class NCHAR(Unicode):
    """National text of a fixed length."""

    __visit_name__ = "NCHAR"


class VARCHAR(String):
    """Text, named VARCHAR everywhere."""

    __visit_name__ = "VARCHAR"


class NVARCHAR(Unicode):
    """National text, named NVARCHAR everywhere."""

    __visit_name__ = "NVARCHAR"


class TEXT(Text):
    """Text, named TEXT everywhere."""

    __visit_name__ = "TEXT"


class CLOB(Text):
    """Text, named CLOB everywhere."""

    __visit_name__ = "CLOB"


class _Binary(TypeEngine[bytes]):
    """What the types for bytes share."""

    _is_affinity = True
    length: int | None

    def __init__(self, length: int | None = None) -> None:
        self.length = length

    @property
    def python_type(self) -> type[bytes]:
        return bytes

    def literal_processor(self, dialect: DialectFacts) -> Callable[[Any], str] | None:
        pattern: str = dialect.features.bytes_literal
        return lambda value: pattern.format(hex=bytes(value).hex())

    def bind_processor(self, dialect: DialectFacts) -> Processor | None:
        def check(value: Any) -> Any:
            if value is None or isinstance(value, (bytes, bytearray, memoryview)):
                return value
            raise wrong_value(self, value, "bytes")

        return check

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine[Any]:
        return self if isinstance(value, (str, bytes)) else super().coerce_compared_value(op, value)

    def as_generic(self, allow_nulltype: bool = False) -> TypeEngine[Any]:
        return LargeBinary(self.length)


class LargeBinary(_Binary):
    """Bytes of any length; BLOB or BYTEA in SQL."""

    __visit_name__ = "large_binary"


class BLOB(LargeBinary):
    """Bytes, named BLOB everywhere."""

    __visit_name__ = "BLOB"


class BINARY(_Binary):
    """Bytes of a fixed length."""

    __visit_name__ = "BINARY"


class VARBINARY(_Binary):
    """Bytes up to a length."""

    __visit_name__ = "VARBINARY"


STRINGTYPE = String()
_BYTES = LargeBinary()
value_types.update({str: STRINGTYPE, bytes: _BYTES, bytearray: _BYTES, memoryview: _BYTES})
