"""Types for numbers and truth values.

SQLite has no decimals: it would keep fifteen significant digits of one and drop the rest without a word. Here a Decimal
with more digits than that is refused, or kept exactly as an integer where it is one.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from operator import add, mul, truediv
from typing import Any, ClassVar

from ambo.statements.operators import OperatorType
from ambo.statements.types.base import RESULT_NAMES, DialectFacts, NullType, Processor, TypeEngine, value_types, wrong_value

EXACT_DIGITS = 15
_BIGGEST = 2**63


class Integer(TypeEngine[int]):
    """Whole numbers; INTEGER in SQL."""

    __visit_name__ = "integer"
    _is_affinity = True
    _bits: ClassVar[int] = 31

    @property
    def python_type(self) -> type[int]:
        return int

    def for_value(self, value: Any) -> TypeEngine[Any]:
        return self if self._bits == 63 or value.bit_length() <= self._bits else BIGINTEGERTYPE

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine[Any]:
        """A number too big for the column is compared as a big one: nothing is found, and nothing fails."""
        return self.for_value(value) if value.__class__ is int else super().coerce_compared_value(op, value)

    def literal_processor(self, dialect: DialectFacts) -> Callable[[Any], str] | None:
        return lambda value: str(int(value))

    def result_type(self, op: OperatorType, other: TypeEngine[Any]) -> TypeEngine[Any]:
        if op is truediv and other._isinstance(Integer):
            return NUMERICTYPE
        if other._isinstance(Numeric) or (op in (add, mul) and not other._isinstance(Integer, NullType)):
            return other
        return self


class SmallInteger(Integer):
    """Whole numbers of two bytes."""

    __visit_name__ = "small_integer"
    _bits = 15


class BigInteger(Integer):
    """Whole numbers of eight bytes."""

    __visit_name__ = "big_integer"
    _bits = 63


class INTEGER(Integer):
    """Whole numbers, named INTEGER everywhere."""

    __visit_name__ = "INTEGER"


INT = INTEGER


class SMALLINT(SmallInteger):
    """Whole numbers, named SMALLINT everywhere."""

    __visit_name__ = "SMALLINT"


class BIGINT(BigInteger):
    """Whole numbers, named BIGINT everywhere."""

    __visit_name__ = "BIGINT"


class Numeric(TypeEngine[Any]):
    """Decimal numbers; NUMERIC(precision, scale) in SQL.

    Values are `Decimal`, or floats with `asdecimal=False`. Where the database has no decimals (SQLite), a value with
    more than fifteen significant digits is refused rather than rounded.
    """

    __visit_name__ = "numeric"
    _is_affinity = True

    def __init__(
        self, precision: int | None = None, scale: int | None = None, decimal_return_scale: int | None = None, asdecimal: bool = True
    ) -> None:
        self.precision = precision
        self.scale = scale
        self.decimal_return_scale = decimal_return_scale
        self.asdecimal = asdecimal

    @property
    def python_type(self) -> type[Any]:
        return Decimal if self.asdecimal else float

    @property
    def _return_scale(self) -> int | None:
        return self.decimal_return_scale if self.decimal_return_scale is not None else self.scale

    def literal_processor(self, dialect: DialectFacts) -> Callable[[Any], str] | None:
        return str

    def bind_processor(self, dialect: DialectFacts) -> Processor | None:
        return None if dialect.features.native_decimal else exact_number

    def result_processor(self, dialect: DialectFacts, coltype: object) -> Processor | None:
        convert = self._result(dialect)[1]
        return None if convert is None else lambda value: None if value is None else convert(value)

    def result_expression(self, dialect: DialectFacts) -> str | None:
        return self._result(dialect)[0]

    def _result(self, dialect: DialectFacts) -> tuple[str | None, Processor | None]:
        """Say how a value that is not None comes back: as source text and as a function."""
        if not self.asdecimal:
            return "float({v})", float
        if dialect.features.native_decimal:
            return None, None
        scale = self._return_scale
        if scale is None:
            return "Decimal(repr({v}))", lambda value: Decimal(repr(value))
        return (
            f"(Decimal('%.{scale}f' % {{v}}) if {{v}}.__class__ is float else scaled({{v}}, {scale}))",
            lambda value: Decimal(f"%.{scale}f" % value) if type(value) is float else scaled(value, scale),
        )

    def result_type(self, op: OperatorType, other: TypeEngine[Any]) -> TypeEngine[Any]:
        return self


class Float(Numeric):
    """Floating point numbers; FLOAT in SQL, with `asdecimal=True` given back as Decimal."""

    __visit_name__ = "float"

    def __init__(self, precision: int | None = None, asdecimal: bool = False, decimal_return_scale: int | None = None) -> None:
        super().__init__(precision, None, decimal_return_scale, asdecimal)

    def bind_processor(self, dialect: DialectFacts) -> Processor | None:
        return None if dialect.features.native_decimal else near_number

    def _result(self, dialect: DialectFacts) -> tuple[str | None, Processor | None]:
        if not self.asdecimal:
            return (None, None) if dialect.features.native_float else ("float({v})", float)
        scale = self._return_scale
        if scale is None:
            return "Decimal(repr({v}))", lambda value: Decimal(repr(value))
        return f"Decimal('%.{scale}f' % {{v}})", lambda value: Decimal(f"%.{scale}f" % value)


class Double(Float):
    """Floating point numbers of eight bytes."""

    __visit_name__ = "double"


class NUMERIC(Numeric):
    """Decimal numbers, named NUMERIC everywhere."""

    __visit_name__ = "NUMERIC"


class DECIMAL(Numeric):
    """Decimal numbers, named DECIMAL everywhere."""

    __visit_name__ = "DECIMAL"


class FLOAT(Float):
    """Floating point numbers, named FLOAT everywhere."""

    __visit_name__ = "FLOAT"


class REAL(Float):
    """Floating point numbers, named REAL everywhere."""

    __visit_name__ = "REAL"


class DOUBLE(Double):
    """Floating point numbers, named DOUBLE everywhere."""

    __visit_name__ = "DOUBLE"


class DOUBLE_PRECISION(Double):
    """Floating point numbers, named DOUBLE PRECISION everywhere."""

    __visit_name__ = "DOUBLE_PRECISION"


def exact_number(value: Any) -> Any:
    """Turn a Decimal into a number that SQLite keeps without loss.

    Raises ValueError if there is none, an ArithmeticError if a text is no number.
    """
    if isinstance(value, str):
        value = Decimal(value)
    if not isinstance(value, Decimal):
        return value
    if not value.is_finite():
        raise ValueError(f"Decimal({str(value)!r}) cannot be kept by this database; NaN and infinity are no numbers here")
    if len(value.normalize().as_tuple().digits) <= EXACT_DIGITS:
        return float(value)
    if value == value.to_integral_value() and -_BIGGEST <= value < _BIGGEST:
        return int(value)
    raise ValueError(
        f"Decimal({str(value)!r}) has more than {EXACT_DIGITS} significant digits, which this database would round; "
        "keep it in a String column, or round it first"
    )


def near_number(value: Any) -> Any:
    """Turn a Decimal into the nearest float, as a floating point column keeps it on every database."""
    return float(value) if isinstance(value, Decimal) else value


def scaled(value: Any, scale: int) -> Decimal:
    """Return a whole number or text as a Decimal of that scale, digits intact."""
    found = Decimal(value)
    exponent = found.as_tuple().exponent
    return found if isinstance(exponent, int) and -exponent >= scale else found + Decimal(0).scaleb(-scale)


class Boolean(TypeEngine[bool]):
    """Truth values; BOOLEAN in SQL, 0 and 1 where the database has none.

    `create_constraint` adds a CHECK that lets only those in, named `name`.
    """

    __visit_name__ = "boolean"
    _is_affinity = True

    def __init__(self, create_constraint: bool = False, name: str | None = None, _create_events: bool = True) -> None:
        self.create_constraint = create_constraint
        self.name = name

    @property
    def python_type(self) -> type[bool]:
        return bool

    def literal_processor(self, dialect: DialectFacts) -> Callable[[Any], str] | None:
        true, false = ("true", "false") if dialect.features.native_boolean else ("1", "0")
        return lambda value: true if truth(self, value) else false

    def bind_processor(self, dialect: DialectFacts) -> Processor | None:
        native = dialect.features.native_boolean

        def convert(value: Any) -> Any:
            if value is None or value is True or value is False:
                return value  # both are what every driver takes for them
            checked = truth(self, value)
            return checked if native else int(checked)

        return convert

    def result_processor(self, dialect: DialectFacts, coltype: object) -> Processor | None:
        return None if dialect.features.native_boolean else lambda value: None if value is None else bool(value)

    def result_expression(self, dialect: DialectFacts) -> str | None:
        return None if dialect.features.native_boolean else "bool({v})"


class BOOLEAN(Boolean):
    """Truth values, named BOOLEAN everywhere."""

    __visit_name__ = "BOOLEAN"


def truth(type_: TypeEngine[Any], value: Any) -> bool:
    """Return a truth value given as bool, 0 or 1."""
    if value is True or value is False:
        return bool(value)
    if isinstance(value, int):
        if value in (0, 1):
            return bool(value)
        raise ValueError(f"{type_!r} takes None, True, False, 0 or 1, not {value!r}")
    raise wrong_value(type_, value, "None, True or False")


INTEGERTYPE = Integer()
BIGINTEGERTYPE = BigInteger()
NUMERICTYPE = Numeric()
BOOLEANTYPE = Boolean()
value_types.update({int: INTEGERTYPE, float: Double(), Decimal: NUMERICTYPE, bool: BOOLEANTYPE})
RESULT_NAMES.update({"Decimal": Decimal, "float": float, "bool": bool, "repr": repr, "scaled": scaled})
