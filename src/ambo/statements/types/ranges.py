"""PostgreSQL's ranges: the value `Range`, lists of them (`MultiRange`), and their types."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar, Generic, TypeVar

from ambo.statements.operators import custom_op
from ambo.statements.types.arrays import CONTAINED_BY, CONTAINS, OVERLAP
from ambo.statements.types.base import Comparator, DialectFacts, Processor, TypeEngine
from ambo.statements.types.dates import Date, DateTime
from ambo.statements.types.numbers import BOOLEANTYPE, BigInteger, Integer, Numeric

T = TypeVar("T")

ADJACENT = custom_op("-|-", precedence=6, is_comparison=True)
LEFT_OF = custom_op("<<", precedence=6, is_comparison=True)
RIGHT_OF = custom_op(">>", precedence=6, is_comparison=True)
NOT_RIGHT_OF = custom_op("&<", precedence=6, is_comparison=True)
NOT_LEFT_OF = custom_op("&>", precedence=6, is_comparison=True)


@dataclass(frozen=True, slots=True, eq=False)
class Range(Generic[T]):
    """A range of values: `Range(1, 10)` holds 1 and not 10; `bounds` is one of `[)`, `(]`, `[]`, `()`; None is no bound."""

    lower: T | None = None
    upper: T | None = None
    bounds: str = "[)"
    empty: bool = False

    def __post_init__(self) -> None:
        if self.bounds not in ("[)", "(]", "[]", "()"):
            raise ValueError(f"bounds are one of '[)', '(]', '[]', '()', not {self.bounds!r}")

    def _identity(self) -> tuple[Any, ...]:
        """What tells ranges apart: a bound that is not there is neither inside nor outside."""
        if self.empty:
            return ("empty",)
        return self.lower, self.upper, self.lower is not None and self.lower_inc, self.upper is not None and self.upper_inc

    def __eq__(self, other: object) -> bool:
        return self._identity() == other._identity() if isinstance(other, Range) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._identity())

    @property
    def isempty(self) -> bool:
        """Whether no value is inside."""
        return self.empty

    is_empty = isempty

    @property
    def lower_inc(self) -> bool:
        """Whether the lower bound is inside."""
        return self.bounds[0] == "["

    @property
    def lower_inf(self) -> bool:
        """Whether there is no lower bound."""
        return not self.empty and self.lower is None

    @property
    def upper_inc(self) -> bool:
        """Whether the upper bound is inside."""
        return self.bounds[1] == "]"

    @property
    def upper_inf(self) -> bool:
        """Whether there is no upper bound."""
        return not self.empty and self.upper is None

    def __bool__(self) -> bool:
        return not self.empty

    def contains(self, value: Any) -> bool:
        """Tell whether a value, or every value of another range, is inside."""
        if isinstance(value, Range):
            return self._contains_range(value)
        if self.empty:
            return False
        above = self.lower is None or value > self.lower or (self.lower_inc and value == self.lower)
        below = self.upper is None or value < self.upper or (self.upper_inc and value == self.upper)
        return bool(above and below)

    __contains__ = contains

    def _contains_range(self, other: Range[Any]) -> bool:
        if other.empty:
            return True
        if self.empty:
            return False
        return bool(self._lower_key() <= other._lower_key() and other._upper_key() <= self._upper_key())

    def _lower_key(self) -> Any:
        return _Bound(self.lower, 0 if self.lower_inc else 1, -1)

    def _upper_key(self) -> Any:
        return _Bound(self.upper, 0 if self.upper_inc else -1, 1)

    def contained_by(self, other: Range[Any]) -> bool:
        """Tell whether every value is in the other range."""
        return other.contains(self)

    def overlaps(self, other: Range[Any]) -> bool:
        """Tell whether a value is in both."""
        if self.empty or other.empty:
            return False
        return bool(self._lower_key() <= other._upper_key() and other._lower_key() <= self._upper_key())

    def __str__(self) -> str:
        return write_range(self)


class _Bound:
    """A bound that can be compared: None is beyond everything on its side, an excluded one just beside its value."""

    __slots__ = ("beside", "side", "value")

    def __init__(self, value: Any, beside: int, side: int) -> None:
        self.value = value
        self.beside = beside
        self.side = side

    def __le__(self, other: _Bound) -> bool:
        if self.value is None or other.value is None:
            mine = self.side if self.value is None else 0
            theirs = other.side if other.value is None else 0
            return mine <= theirs
        if self.value == other.value:
            return self.beside <= other.beside
        return bool(self.value < other.value)


class MultiRange(list[Range[T]], Generic[T]):
    """Several ranges in order; a list that says it is meant as a multirange."""


def write_range(value: Range[Any]) -> str:
    """Write a range as PostgreSQL reads it."""
    if value.empty:
        return "empty"
    low, high = ("" if one is None else _quoted(one) for one in (value.lower, value.upper))
    return f"{value.bounds[0]}{low},{high}{value.bounds[1]}"


def _quoted(bound: Any) -> str:
    text = bound.isoformat() if isinstance(bound, dt.date) else str(bound)
    return text if re.fullmatch(r"[-+.\w]+", text) else f'"{text}"'


class RangeComparator(Comparator):
    """Operators of ranges and multiranges."""

    __slots__ = ()

    def contains(self, other: Any, **kw: Any) -> Any:
        """`a @> other`, a range or a single value."""
        if other is not None and not isinstance(other, (Range, list)) and not hasattr(other, "_tokens") and not hasattr(other, "__clause_element__"):
            return self.expr.build_binary(CONTAINS, self.expr.bind(other, self.type.bound_type), BOOLEANTYPE)
        return self.operate(CONTAINS, other)

    def contained_by(self, other: Any) -> Any:
        """`a <@ other`."""
        return self.operate(CONTAINED_BY, other)

    def overlaps(self, other: Any) -> Any:
        """`a && other`."""
        return self.operate(OVERLAP, other)

    def strictly_left_of(self, other: Any) -> Any:
        """`a << other`."""
        return self.operate(LEFT_OF, other)

    __lshift__ = strictly_left_of

    def strictly_right_of(self, other: Any) -> Any:
        """`a >> other`."""
        return self.operate(RIGHT_OF, other)

    __rshift__ = strictly_right_of

    def not_extend_right_of(self, other: Any) -> Any:
        """`a &< other`."""
        return self.operate(NOT_RIGHT_OF, other)

    def not_extend_left_of(self, other: Any) -> Any:
        """`a &> other`."""
        return self.operate(NOT_LEFT_OF, other)

    def adjacent_to(self, other: Any) -> Any:
        """`a -|- other`."""
        return self.operate(ADJACENT, other)

    def union(self, other: Any) -> Any:
        """`a + other`."""
        return self.expr.operate_plainly(custom_op("+", precedence=7, return_type=self.type), other)

    def difference(self, other: Any) -> Any:
        """`a - other`."""
        return self.expr.operate_plainly(custom_op("-", precedence=7, return_type=self.type), other)

    def intersection(self, other: Any) -> Any:
        """`a * other`."""
        return self.expr.operate_plainly(custom_op("*", precedence=8, return_type=self.type), other)

    __add__ = union
    __sub__ = difference
    __mul__ = intersection


class AbstractRange(TypeEngine[Any]):
    """The base of range types."""

    __visit_name__ = "named"
    _is_affinity = True
    Comparator = RangeComparator
    comparator_factory = RangeComparator
    sql_name: ClassVar[str]
    bound_type: ClassVar[TypeEngine[Any]]

    @property
    def python_type(self) -> type[Any]:
        return Range

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine[Any]:
        return self

    def bind_processor(self, dialect: DialectFacts) -> Processor | None:
        make = dialect.adapters.range_in

        def write(value: Any) -> Any:
            if not isinstance(value, Range):
                return value
            return write_range(value) if make is None else make(value.lower, value.upper, value.bounds, value.empty)

        return write

    def result_processor(self, dialect: DialectFacts, coltype: object) -> Processor | None:
        return lambda value: value if value is None else as_range(value, self.bound_type)

    def literal_processor(self, dialect: DialectFacts) -> Callable[[Any], str] | None:
        return lambda value: f"'{write_range(value)}'"


class AbstractSingleRange(AbstractRange):
    """The base of the types of one range."""


class AbstractMultiRange(AbstractRange):
    """The base of the types of several ranges."""

    @property
    def python_type(self) -> type[Any]:
        return MultiRange

    def bind_processor(self, dialect: DialectFacts) -> Processor | None:
        make, gather = dialect.adapters.range_in, dialect.adapters.multirange_in

        def write(value: Any) -> Any:
            if not isinstance(value, (list, tuple)):
                return value
            if gather is None or make is None:
                return "{" + ",".join(write_range(one) for one in value) + "}"
            return gather([make(one.lower, one.upper, one.bounds, one.empty) for one in value])

        return write

    def result_processor(self, dialect: DialectFacts, coltype: object) -> Processor | None:
        return lambda value: value if value is None else MultiRange(as_range(one, self.bound_type) for one in _parts(value))

    def literal_processor(self, dialect: DialectFacts) -> Callable[[Any], str] | None:
        return lambda value: "'{" + ",".join(write_range(one) for one in value) + "}'"


def _parts(value: Any) -> Iterable[Any]:
    return re.findall(r"[\[(][^\])]*[\])]", value) if isinstance(value, str) else value


_READERS: dict[type[TypeEngine[Any]], Callable[[str], Any]] = {
    Integer: int, BigInteger: int, Numeric: Decimal, Date: dt.date.fromisoformat, DateTime: dt.datetime.fromisoformat,
}  # fmt: skip


def as_range(value: Any, bound_type: TypeEngine[Any]) -> Range[Any]:
    """Return a driver's range, or its text, as ours."""
    if isinstance(value, Range):
        return value
    if isinstance(value, str):
        return _read_range(value, bound_type)
    if value.isempty:
        return Range(empty=True)
    bounds = ("[" if value.lower_inc else "(") + ("]" if value.upper_inc else ")")
    return Range(value.lower, value.upper, bounds)


def _read_range(text: str, bound_type: TypeEngine[Any]) -> Range[Any]:
    if text == "empty":
        return Range(empty=True)
    low, _, high = text[1:-1].partition(",")
    read = _READERS[type(bound_type)]
    lower, upper = (read(one.strip('"')) if one else None for one in (low, high))
    return Range(lower, upper, text[0] + text[-1])


class INT4RANGE(AbstractSingleRange):
    """Ranges of whole numbers."""

    sql_name = "INT4RANGE"
    bound_type = Integer()


class INT8RANGE(AbstractSingleRange):
    """Ranges of big whole numbers."""

    sql_name = "INT8RANGE"
    bound_type = BigInteger()


class NUMRANGE(AbstractSingleRange):
    """Ranges of decimals."""

    sql_name = "NUMRANGE"
    bound_type = Numeric()


class DATERANGE(AbstractSingleRange):
    """Ranges of days."""

    sql_name = "DATERANGE"
    bound_type = Date()


class TSRANGE(AbstractSingleRange):
    """Ranges of points in time."""

    sql_name = "TSRANGE"
    bound_type = DateTime()


class TSTZRANGE(AbstractSingleRange):
    """Ranges of points in time with a zone."""

    sql_name = "TSTZRANGE"
    bound_type = DateTime(timezone=True)


class INT4MULTIRANGE(AbstractMultiRange):
    """Several ranges of whole numbers."""

    sql_name = "INT4MULTIRANGE"
    bound_type = Integer()


class INT8MULTIRANGE(AbstractMultiRange):
    """Several ranges of big whole numbers."""

    sql_name = "INT8MULTIRANGE"
    bound_type = BigInteger()


class NUMMULTIRANGE(AbstractMultiRange):
    """Several ranges of decimals."""

    sql_name = "NUMMULTIRANGE"
    bound_type = Numeric()


class DATEMULTIRANGE(AbstractMultiRange):
    """Several ranges of days."""

    sql_name = "DATEMULTIRANGE"
    bound_type = Date()


class TSMULTIRANGE(AbstractMultiRange):
    """Several ranges of points in time."""

    sql_name = "TSMULTIRANGE"
    bound_type = DateTime()


class TSTZMULTIRANGE(AbstractMultiRange):
    """Several ranges of points in time with a zone."""

    sql_name = "TSTZMULTIRANGE"
    bound_type = DateTime(timezone=True)
