"""Types that only MariaDB and MySQL have, or that have more to say there."""

from __future__ import annotations

from typing import Any

from ambo.statements.types.base import DialectFacts, Processor, TypeEngine
from ambo.statements.types.dates import DATETIME as PlainDatetime, TIME as PlainTime, TIMESTAMP as PlainTimestamp
from ambo.statements.types.enums import Enum
from ambo.statements.types.numbers import (
    BIGINT as PlainBigint,
    DECIMAL as PlainDecimal,
    DOUBLE as PlainDouble,
    FLOAT as PlainFloat,
    INTEGER as PlainInteger,
    NUMERIC as PlainNumeric,
    REAL as PlainReal,
    SMALLINT as PlainSmallint,
    Float,
    Integer,
    Numeric,
)
from ambo.statements.types.strings import (
    CHAR as PlainChar,
    NCHAR as PlainNchar,
    NVARCHAR as PlainNvarchar,
    TEXT as PlainText,
    VARCHAR as PlainVarchar,
    String,
    Text,
    _Binary,
)

__all__ = [
    "BIGINT",
    "BIT",
    "CHAR",
    "DATETIME",
    "DECIMAL",
    "DOUBLE",
    "ENUM",
    "FLOAT",
    "INTEGER",
    "LONGBLOB",
    "LONGTEXT",
    "MEDIUMBLOB",
    "MEDIUMINT",
    "MEDIUMTEXT",
    "NCHAR",
    "NUMERIC",
    "NVARCHAR",
    "REAL",
    "SET",
    "SMALLINT",
    "TEXT",
    "TIME",
    "TIMESTAMP",
    "TINYBLOB",
    "TINYINT",
    "TINYTEXT",
    "VARCHAR",
    "YEAR",
]


class _Whole:
    """Whole numbers with a display width, unsigned, or filled with zeros."""

    def __init__(self, display_width: int | None = None, unsigned: bool = False, zerofill: bool = False) -> None:
        self.display_width = display_width
        self.unsigned = unsigned
        self.zerofill = zerofill


class INTEGER(_Whole, PlainInteger):
    """INTEGER, perhaps UNSIGNED."""

    __visit_name__ = "INTEGER"


class SMALLINT(_Whole, PlainSmallint):
    """SMALLINT, perhaps UNSIGNED."""

    __visit_name__ = "SMALLINT"


class BIGINT(_Whole, PlainBigint):
    """BIGINT, perhaps UNSIGNED."""

    __visit_name__ = "BIGINT"


class TINYINT(_Whole, Integer):
    """Whole numbers of one byte."""

    __visit_name__ = "TINYINT"


class MEDIUMINT(_Whole, Integer):
    """Whole numbers of three bytes."""

    __visit_name__ = "MEDIUMINT"


class _Decimal(Numeric):
    def __init__(
        self, precision: int | None = None, scale: int | None = None, asdecimal: bool = True, unsigned: bool = False, zerofill: bool = False
    ) -> None:
        super().__init__(precision, scale, asdecimal=asdecimal)
        self.unsigned = unsigned
        self.zerofill = zerofill


class NUMERIC(_Decimal, PlainNumeric):
    """NUMERIC, perhaps UNSIGNED."""

    __visit_name__ = "NUMERIC"


class DECIMAL(_Decimal, PlainDecimal):
    """DECIMAL, perhaps UNSIGNED."""

    __visit_name__ = "DECIMAL"


class _Float(Float):
    def __init__(
        self, precision: int | None = None, scale: int | None = None, asdecimal: bool = False, unsigned: bool = False, zerofill: bool = False
    ) -> None:
        super().__init__(precision, asdecimal)
        self.scale = scale
        self.unsigned = unsigned
        self.zerofill = zerofill


class FLOAT(_Float, PlainFloat):
    """FLOAT, perhaps UNSIGNED."""

    __visit_name__ = "FLOAT"


class REAL(_Float, PlainReal):
    """REAL, perhaps UNSIGNED."""

    __visit_name__ = "REAL"


class DOUBLE(_Float, PlainDouble):
    """DOUBLE, perhaps UNSIGNED."""

    __visit_name__ = "DOUBLE"


class _Lettered(String):
    """Text with a character set."""

    def __init__(
        self,
        length: int | None = None,
        charset: str | None = None,
        collation: str | None = None,
        ascii: bool = False,
        binary: bool = False,
        unicode: bool = False,
        national: bool = False,
    ) -> None:
        super().__init__(length, collation)
        self.charset = charset
        self.ascii = ascii
        self.binary = binary
        self.unicode = unicode
        self.national = national


class VARCHAR(_Lettered, PlainVarchar):
    """VARCHAR with a character set."""

    __visit_name__ = "VARCHAR"


class CHAR(_Lettered, PlainChar):
    """CHAR with a character set."""

    __visit_name__ = "CHAR"


class NVARCHAR(_Lettered, PlainNvarchar):
    """NATIONAL VARCHAR."""

    __visit_name__ = "NVARCHAR"


class NCHAR(_Lettered, PlainNchar):
    """NATIONAL CHAR."""

    __visit_name__ = "NCHAR"


class TEXT(_Lettered, PlainText):
    """TEXT with a character set."""

    __visit_name__ = "TEXT"


class TINYTEXT(_Lettered, Text):
    """Text of up to 255 bytes."""

    __visit_name__ = "TINYTEXT"


class MEDIUMTEXT(_Lettered, Text):
    """Text of up to 16 MB."""

    __visit_name__ = "MEDIUMTEXT"


class LONGTEXT(_Lettered, Text):
    """Text of up to 4 GB."""

    __visit_name__ = "LONGTEXT"


class TINYBLOB(_Binary):
    """Up to 255 bytes."""

    __visit_name__ = "TINYBLOB"


class MEDIUMBLOB(_Binary):
    """Up to 16 MB."""

    __visit_name__ = "MEDIUMBLOB"


class LONGBLOB(_Binary):
    """Up to 4 GB."""

    __visit_name__ = "LONGBLOB"


class _Fractional:
    """Times with `fsp` digits of seconds."""

    def __init__(self, timezone: bool = False, fsp: int | None = None) -> None:
        self.timezone = timezone
        self.fsp = fsp


class DATETIME(_Fractional, PlainDatetime):
    """DATETIME(fsp)."""

    __visit_name__ = "DATETIME"


class TIMESTAMP(_Fractional, PlainTimestamp):
    """TIMESTAMP(fsp)."""

    __visit_name__ = "TIMESTAMP"


class TIME(_Fractional, PlainTime):
    """TIME(fsp)."""

    __visit_name__ = "TIME"


class YEAR(TypeEngine[int]):
    """Years."""

    __visit_name__ = "YEAR"
    _is_affinity = True

    def __init__(self, display_width: int | None = None) -> None:
        self.display_width = display_width


class BIT(TypeEngine[int]):
    """Bits, as a whole number."""

    __visit_name__ = "BIT"
    _is_affinity = True

    def __init__(self, length: int | None = None) -> None:
        self.length = length

    def result_processor(self, dialect: DialectFacts, coltype: object) -> Processor | None:
        return lambda value: int.from_bytes(value, "big") if isinstance(value, bytes) else value


class ENUM(Enum):
    """ENUM('a', 'b')."""

    __visit_name__ = "ENUM"

    def __init__(self, *enums: Any, charset: str | None = None, **kw: Any) -> None:
        super().__init__(*enums, **kw)
        self.charset = charset


class SET(String):
    """SET('a', 'b'): any of a few texts at once; values are Python sets."""

    __visit_name__ = "SET"

    def __init__(self, *values: str, charset: str | None = None, collation: str | None = None, retrieve_as_bitwise: bool = False) -> None:
        super().__init__(max((len(one) for one in values), default=0), collation)
        self.values = values
        self.charset = charset
        self.retrieve_as_bitwise = retrieve_as_bitwise

    @property
    def _token(self) -> Any:
        return (type(self), self.values, self.charset, self.collation)

    def bind_processor(self, dialect: DialectFacts) -> Processor | None:
        return lambda value: ",".join(sorted(value)) if isinstance(value, (set, frozenset, list, tuple)) else value

    def result_processor(self, dialect: DialectFacts, coltype: object) -> Processor | None:
        return lambda value: value if value is None or isinstance(value, set) else set(value.split(",")) - {""}
