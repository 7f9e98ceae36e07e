"""Types: what a column holds. Each module is a family; this one gathers the types that every database may have."""

from ambo.statements.types.arrays import ARRAY, MatchType, TupleType
from ambo.statements.types.base import (
    NULLTYPE,
    RESULT_NAMES,
    Comparator,
    DialectFacts,
    NullType,
    Processor,
    TypeEngine,
    UserDefinedType,
    to_instance,
    type_of_value,
    wrong_value,
)
from ambo.statements.types.dates import DATE, DATETIME, DATETIMETYPE, INTERVALTYPE, TIME, TIMESTAMP, Date, DateTime, Interval, Time
from ambo.statements.types.decorator import PickleType, TypeDecorator, Variant
from ambo.statements.types.enums import Enum, SchemaType
from ambo.statements.types.json import JSON
from ambo.statements.types.numbers import (
    BIGINT,
    BOOLEAN,
    BOOLEANTYPE,
    DECIMAL,
    DOUBLE,
    DOUBLE_PRECISION,
    FLOAT,
    INT,
    INTEGER,
    INTEGERTYPE,
    NUMERIC,
    NUMERICTYPE,
    REAL,
    SMALLINT,
    BigInteger,
    Boolean,
    Double,
    Float,
    Integer,
    Numeric,
    SmallInteger,
)
from ambo.statements.types.strings import (
    BINARY,
    BLOB,
    CHAR,
    CLOB,
    NCHAR,
    NVARCHAR,
    STRINGTYPE,
    TEXT,
    VARBINARY,
    VARCHAR,
    Concatenable,
    LargeBinary,
    String,
    Text,
    Unicode,
    UnicodeText,
)
from ambo.statements.types.uuids import UUID, Uuid

__all__ = [
    "ARRAY", "BIGINT", "BINARY", "BLOB", "BOOLEAN", "BOOLEANTYPE", "CHAR", "CLOB", "DATE", "DATETIME", "DATETIMETYPE", "DECIMAL",
    "DOUBLE", "DOUBLE_PRECISION", "FLOAT", "INT", "INTEGER", "INTEGERTYPE", "INTERVALTYPE", "JSON", "NCHAR", "NULLTYPE", "NUMERIC",
    "NUMERICTYPE", "NVARCHAR", "REAL", "RESULT_NAMES", "SMALLINT", "STRINGTYPE", "TEXT", "TIME", "TIMESTAMP", "UUID", "VARBINARY",
    "VARCHAR", "BigInteger", "Boolean", "Comparator", "Concatenable", "Date", "DateTime", "DialectFacts", "Double", "Enum", "Float",
    "Integer", "Interval", "LargeBinary", "MatchType", "NullType", "Numeric", "PickleType", "Processor", "SchemaType", "SmallInteger",
    "String", "Text", "Time", "TupleType", "TypeDecorator", "Variant", "TypeEngine", "Unicode", "UnicodeText", "UserDefinedType", "Uuid",
    "to_instance", "type_of_value", "wrong_value",
]  # fmt: skip
