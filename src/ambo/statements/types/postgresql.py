"""Types that only PostgreSQL has; ranges stand in `ranges.py`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, ClassVar

from ambo.errors import ArgumentError
from ambo.statements.operators import OperatorType, custom_op, json_getitem_op, json_path_getitem_op, match_op
from ambo.statements.types import json as plain_json
from ambo.statements.types.arrays import ARRAY as PlainArray, CONTAINED_BY, CONTAINS
from ambo.statements.types.base import NULLTYPE, Comparator, DialectFacts, Processor, TypeEngine, to_instance
from ambo.statements.types.bit_strings import BitString
from ambo.statements.types.dates import TIME as PlainTime, TIMESTAMP as PlainTimestamp, Interval
from ambo.statements.types.enums import Enum, SchemaType
from ambo.statements.types.numbers import BOOLEANTYPE, BigInteger
from ambo.statements.types.strings import STRINGTYPE, TEXT, Concatenable, LargeBinary, String

HAS_KEY = custom_op("?", precedence=6, is_comparison=True)
HAS_ALL = custom_op("?&", precedence=6, is_comparison=True)
HAS_ANY = custom_op("?|", precedence=6, is_comparison=True)
PATH_EXISTS = custom_op("@?", precedence=6, is_comparison=True)
PATH_MATCH = custom_op("@@", precedence=6, is_comparison=True)
DELETE_PATH = custom_op("#-", precedence=6)
AS_TEXT = custom_op("->>", precedence=15, natural_self_precedent=True)
AS_TEXT_PATH = custom_op("#>>", precedence=15, natural_self_precedent=True)
ARROW = custom_op("->", precedence=15, natural_self_precedent=True)


def array_of(expr: Any, values: Any, type_: TypeEngine[Any]) -> Any:
    """Bind a list of keys as an array."""
    return expr.bind(list(values), PlainArray(type_)) if isinstance(values, (list, tuple)) else values


class Named:
    """Types that are called everywhere what `sql_name` says."""

    __visit_name__: ClassVar[str] = "named"
    sql_name: ClassVar[str]


# -- JSON


class JSONComparator(plain_json.JSONComparator):
    """Operators of JSON."""

    __slots__ = ()

    @property
    def astext(self) -> Any:
        """What a subscript finds, as text: `data["key"].astext`."""
        operator = getattr(self.expr, "operator", None)
        if operator not in (json_getitem_op, json_path_getitem_op):
            raise ArgumentError("astext reads what a subscript finds: write data['key'].astext")
        arrow = AS_TEXT if operator is json_getitem_op else AS_TEXT_PATH
        return self.expr.left.build_binary(arrow, self.expr.right, self.type.astext_type)


class JSON(plain_json.JSON):
    """JSON as PostgreSQL has it: subscripts also have `astext`."""

    Comparator = JSONComparator
    comparator_factory = JSONComparator

    def __init__(self, none_as_null: bool = False, astext_type: Any = None) -> None:
        super().__init__(none_as_null)
        self.astext_type = STRINGTYPE if astext_type is None else to_instance(astext_type)


class JSONBComparator(JSONComparator):
    """Operators of JSONB."""

    __slots__ = ()

    def has_key(self, other: Any) -> Any:
        """`a ? key`."""
        return self.expr.build_binary(HAS_KEY, self.expr.bind(other, TEXT()) if isinstance(other, str) else other, BOOLEANTYPE)

    def has_all(self, other: Any) -> Any:
        """`a ?& keys`."""
        return self.expr.build_binary(HAS_ALL, array_of(self.expr, other, TEXT()), BOOLEANTYPE)

    def has_any(self, other: Any) -> Any:
        """`a ?| keys`."""
        return self.expr.build_binary(HAS_ANY, array_of(self.expr, other, TEXT()), BOOLEANTYPE)

    def contains(self, other: Any, **kw: Any) -> Any:
        """`a @> other`: the other document is part of this one."""
        return self.operate(CONTAINS, other, **kw)

    def contained_by(self, other: Any) -> Any:
        """`a <@ other`."""
        return self.operate(CONTAINED_BY, other)

    def delete_path(self, array: Any) -> Any:
        """`a #- path`: the document without what the path leads to."""
        return self.expr.build_binary(DELETE_PATH, array_of(self.expr, array, TEXT()), self.type)

    def path_exists(self, other: Any) -> Any:
        """`a @? path`."""
        return self.expr.build_binary(PATH_EXISTS, self._path(other), BOOLEANTYPE)

    def path_match(self, other: Any) -> Any:
        """`a @@ path`."""
        return self.expr.build_binary(PATH_MATCH, self._path(other), BOOLEANTYPE)

    def _path(self, other: Any) -> Any:
        return self.expr.bind(other, JSONPATH()) if isinstance(other, str) else other


class JSONB(JSON):
    """Parsed JSON: `column.contains({...})`, `column.has_key("k")`."""

    __visit_name__ = "JSONB"
    Comparator = JSONBComparator
    comparator_factory = JSONBComparator


class JSONPATH(Named, String):
    """Paths into JSON."""

    __visit_name__ = "named"
    sql_name = "JSONPATH"


# -- arrays


class ARRAY(PlainArray):
    """Arrays of PostgreSQL."""


class HstoreComparator(Comparator):
    """Operators of HSTORE."""

    __slots__ = ()

    def operate(self, op: OperatorType, *other: Any, **kwargs: Any) -> Any:
        if getattr(op, "__name__", "") == "getitem":
            return self.expr.build_binary(ARROW, self.expr.bind(other[0], TEXT()), self.type.text_type)
        return super().operate(op, *other, **kwargs)

    has_key = JSONBComparator.has_key
    has_all = JSONBComparator.has_all
    has_any = JSONBComparator.has_any
    contains = JSONBComparator.contains
    contained_by = JSONBComparator.contained_by


class HSTORE(Named, Concatenable, TypeEngine[Any]):
    """Texts by text keys; needs `CREATE EXTENSION hstore`."""

    __visit_name__ = "named"
    _is_affinity = True
    sql_name = "HSTORE"
    hashable = False
    Comparator = HstoreComparator
    comparator_factory = HstoreComparator

    def __init__(self, text_type: Any = None) -> None:
        self.text_type = STRINGTYPE if text_type is None else to_instance(text_type)

    @property
    def python_type(self) -> type[Any]:
        return dict

    def bind_processor(self, dialect: DialectFacts) -> Processor | None:
        return lambda value: write_hstore(value) if isinstance(value, dict) else value

    def result_processor(self, dialect: DialectFacts, coltype: object) -> Processor | None:
        return lambda value: read_hstore(value) if isinstance(value, str) else value

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine[Any]:
        return self


def write_hstore(value: dict[Any, Any]) -> str:
    """Write a dict as hstore text."""

    def quoted(one: Any) -> str:
        if not isinstance(one, str):
            raise ValueError(f"an hstore holds texts, not {one!r}")
        return '"' + one.replace("\\", "\\\\").replace('"', '\\"') + '"'

    return ", ".join(f"{quoted(key)}=>{'NULL' if one is None else quoted(one)}" for key, one in value.items())


def read_hstore(text: str) -> dict[str, str | None]:
    """Read hstore text as a dict."""
    found: dict[str, str | None] = {}
    at = 0
    while at < len(text):
        key, at = _read_quoted(text, at)
        at += 2
        if text.startswith("NULL", at):
            found[key], at = None, at + 4
        else:
            found[key], at = _read_quoted(text, at)
        at += 2
    return found


def _read_quoted(text: str, at: int) -> tuple[str, int]:
    parts, at = [], at + 1
    while text[at] != '"':
        at += text[at] == "\\"
        parts.append(text[at])
        at += 1
    return "".join(parts), at + 1


# -- types by name


class _ByName(Named, TypeEngine[Any]):
    __visit_name__ = "named"

    @property
    def python_type(self) -> type[Any]:
        return str

    def literal_processor(self, dialect: DialectFacts) -> Callable[[Any], str] | None:
        return lambda value: "'" + str(value).replace("'", "''") + "'"

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine[Any]:
        return self


class INET(_ByName):
    """Addresses of hosts or networks; values come as `ipaddress` objects."""

    _is_affinity = True
    sql_name = "INET"


class CIDR(_ByName):
    """Addresses of networks; values come as `ipaddress` objects."""

    _is_affinity = True
    sql_name = "CIDR"


class MACADDR(_ByName):
    """MAC addresses."""

    _is_affinity = True
    sql_name = "MACADDR"


class MACADDR8(_ByName):
    """MAC addresses of eight bytes."""

    _is_affinity = True
    sql_name = "MACADDR8"


class MONEY(_ByName):
    """Amounts of money; values are text."""

    _is_affinity = True
    sql_name = "MONEY"


class REGCLASS(_ByName):
    """Tables by name, as `'user'::regclass`."""

    _is_affinity = True
    sql_name = "REGCLASS"


class REGCONFIG(_ByName):
    """Configurations of text search."""

    _is_affinity = True
    sql_name = "REGCONFIG"


class TSVECTOR(_ByName):
    """Documents, prepared for text search."""

    _is_affinity = True
    sql_name = "TSVECTOR"

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine[Any]:
        return STRINGTYPE if op is match_op else self


class TSQUERY(_ByName):
    """Questions of text search."""

    _is_affinity = True
    sql_name = "TSQUERY"


class OID(Named, BigInteger):
    """Identifiers of the system catalog."""

    __visit_name__ = "named"
    _is_affinity = True
    sql_name = "OID"


class CITEXT(Named, TEXT):
    """Text that is compared without regard to case; needs `CREATE EXTENSION citext`."""

    __visit_name__ = "named"
    sql_name = "CITEXT"

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine[Any]:
        return self


class BYTEA(LargeBinary):
    """Bytes."""

    __visit_name__ = "BYTEA"


class BIT(TypeEngine[BitString]):
    """Strings of bits, `BitString("1011")`; with `varying` up to a length. Plain text is taken as well."""

    __visit_name__ = "BIT"
    _is_affinity = True

    def __init__(self, length: int | None = None, varying: bool = False) -> None:
        self.length = length if varying or length is not None else 1
        self.varying = varying

    @property
    def python_type(self) -> type[BitString]:
        return BitString

    def bind_processor(self, dialect: DialectFacts) -> Processor | None:
        make = dialect.adapters.bits_in or str
        return lambda value: make(str(value)) if isinstance(value, str) else value

    def result_processor(self, dialect: DialectFacts, coltype: object) -> Processor | None:
        read = dialect.adapters.bits_out or str
        return lambda value: None if value is None else BitString(read(value))

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine[Any]:
        return self

    def literal_processor(self, dialect: DialectFacts) -> Callable[[Any], str] | None:
        return lambda value: f"B'{value}'"


class TIMESTAMP(PlainTimestamp):
    """Points in time, to a precision."""

    def __init__(self, timezone: bool = False, precision: int | None = None) -> None:
        super().__init__(timezone)
        self.precision = precision


class TIME(PlainTime):
    """Times of day, to a precision."""

    def __init__(self, timezone: bool = False, precision: int | None = None) -> None:
        super().__init__(timezone)
        self.precision = precision


class INTERVAL(Interval):
    """Durations, to a precision, or of some fields only (`YEAR TO MONTH`)."""

    __visit_name__ = "INTERVAL"

    def __init__(self, precision: int | None = None, fields: str | None = None) -> None:
        super().__init__()
        self.precision = precision
        self.fields = fields

    @property
    def python_type(self) -> type[dt.timedelta]:
        return dt.timedelta


# -- types with a name in the schema


class NamedType(SchemaType):
    """The base of types that the schema names: ENUM and DOMAIN."""


class ENUM(NamedType, Enum):
    """An enumerated type of the database; `create_type=False` leaves its creation to somebody else."""

    __visit_name__ = "ENUM"

    def __init__(self, *enums: Any, name: Any = None, create_type: bool = True, **kw: Any) -> None:
        kw.pop("native_enum", None)
        super().__init__(*enums, name=name, **kw)
        self.create_type = create_type


class DOMAIN(NamedType, TypeEngine[Any]):
    """A type with a constraint: `DOMAIN("positive", Integer, check="VALUE > 0")`."""

    __visit_name__ = "DOMAIN"
    _is_affinity = True

    def __init__(
        self,
        name: str,
        data_type: Any,
        *,
        collation: str | None = None,
        default: Any = None,
        constraint_name: str | None = None,
        not_null: bool | None = None,
        check: Any = None,
        create_type: bool = True,
        schema: str | None = None,
        metadata: Any = None,
        inherit_schema: bool | None = None,
        **kw: Any,
    ) -> None:
        self.name = name
        self.data_type = to_instance(data_type)
        self.collation = collation
        self.default = default
        self.constraint_name = constraint_name
        self.not_null = not_null
        self.check = check
        self.create_type = create_type
        self._take_schema(schema, metadata, inherit_schema)

    @property
    def _plain(self) -> TypeEngine[Any]:
        return self.data_type._plain

    def bind_processor(self, dialect: DialectFacts) -> Processor | None:
        return dialect.bind_processor(self.data_type)

    def result_processor(self, dialect: DialectFacts, coltype: object) -> Processor | None:
        return dialect.result_processor(self.data_type, coltype)

    def literal_processor(self, dialect: DialectFacts) -> Callable[[Any], str] | None:
        return dialect.literal_processor(self.data_type)


__all__ = [
    "ARRAY", "BIT", "BYTEA", "CIDR", "CITEXT", "DOMAIN", "ENUM", "HSTORE", "INET", "INTERVAL", "JSON", "JSONB", "JSONPATH", "MACADDR",
    "MACADDR8", "MONEY", "NULLTYPE", "OID", "REGCLASS", "REGCONFIG", "TIME", "TIMESTAMP", "TSQUERY", "TSVECTOR",
]  # fmt: skip
