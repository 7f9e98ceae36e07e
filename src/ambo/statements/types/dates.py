"""Types for dates, times and durations.

Where the driver takes no dates (SQLite) they are ISO text, written as SQLAlchemy writes them, so that files can be shared:
`2024-02-29`, `12:30:00.000000`, `2024-02-29 12:30:00.000000`.

Zones: PostgreSQL gives aware values for `DateTime(timezone=True)`. Databases without zones (SQLite, MariaDB) keep such
a value in UTC, without an offset, and it comes back aware, in UTC; a naive value is taken to be UTC. A plain `DateTime`
keeps the clock's reading and drops the zone there.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from operator import add, sub
from typing import Any

from ambo.statements.operators import OperatorType
from ambo.statements.types.base import RESULT_NAMES, DialectFacts, Processor, TypeEngine, value_types, wrong_value
from ambo.statements.types.numbers import Integer

EPOCH = dt.datetime(1970, 1, 1)


def aware(text: str) -> dt.datetime:
    """Read ISO text as an aware datetime, UTC unless it says otherwise."""
    found = dt.datetime.fromisoformat(text)
    return found.replace(tzinfo=dt.UTC) if found.tzinfo is None else found


def in_utc(value: dt.datetime) -> dt.datetime:
    """Mark a naive datetime as UTC."""
    return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value


def since_epoch(text: str) -> dt.timedelta:
    """Read a duration that is kept as a point in time after 1970."""
    return dt.datetime.fromisoformat(text) - EPOCH


def clock(value: dt.timedelta | dt.time) -> dt.time:
    """Read a time of day that the driver delivers as a duration."""
    return value if isinstance(value, dt.time) else (dt.datetime.min + value).time()


class _Temporal(TypeEngine[Any]):
    """What the temporal types share: native values pass, otherwise text is written and read."""

    def _is_native(self, dialect: DialectFacts) -> bool:
        return bool(dialect.features.native_datetime)

    def _to_text(self, value: Any) -> str:
        raise NotImplementedError

    def _from_text(self) -> tuple[str | None, Processor]:
        raise NotImplementedError

    def bind_processor(self, dialect: DialectFacts) -> Processor | None:
        if self._is_native(dialect):
            return None
        write = self._to_text
        return lambda value: None if value is None else write(value)

    def result_processor(self, dialect: DialectFacts, coltype: object) -> Processor | None:
        if self._is_native(dialect):
            return None
        read = self._from_text()[1]
        return lambda value: None if value is None else read(value)

    def result_expression(self, dialect: DialectFacts) -> str | None:
        return None if self._is_native(dialect) else self._from_text()[0]

    def literal_processor(self, dialect: DialectFacts) -> Callable[[Any], str] | None:
        return lambda value: f"'{self._to_text(value)}'"


class Date(_Temporal):
    """Days; DATE in SQL."""

    __visit_name__ = "date"
    _is_affinity = True

    @property
    def python_type(self) -> type[dt.date]:
        return dt.date

    def _to_text(self, value: Any) -> str:
        if not isinstance(value, dt.date):
            raise wrong_value(self, value, "a datetime.date")
        return f"{value.year:04d}-{value.month:02d}-{value.day:02d}"

    def _from_text(self) -> tuple[str | None, Processor]:
        return "date.fromisoformat({v})", dt.date.fromisoformat

    def result_type(self, op: OperatorType, other: TypeEngine[Any]) -> TypeEngine[Any]:
        if op is sub:
            if other._isinstance(Date):
                return Integer()
            if other._isinstance(DateTime):
                return INTERVALTYPE
        if op in (add, sub) and other._isinstance(Interval):
            return DATETIMETYPE
        if op is add and other._isinstance(Time):
            return DATETIMETYPE
        return self


class Time(_Temporal):
    """Times of day; TIME in SQL. With `timezone` the offset is kept."""

    __visit_name__ = "time"
    _is_affinity = True

    def __init__(self, timezone: bool = False) -> None:
        self.timezone = timezone

    @property
    def python_type(self) -> type[dt.time]:
        return dt.time

    def for_value(self, value: Any) -> TypeEngine[Any]:
        return self if value.tzinfo is None else ZONED_TIMETYPE

    def _to_text(self, value: Any) -> str:
        if not isinstance(value, dt.time):
            raise wrong_value(self, value, "a datetime.time")
        return (value if self.timezone else value.replace(tzinfo=None)).isoformat("microseconds")

    def _from_text(self) -> tuple[str | None, Processor]:
        return "time.fromisoformat({v})", dt.time.fromisoformat

    def result_processor(self, dialect: DialectFacts, coltype: object) -> Processor | None:
        if self._is_native(dialect) and not dialect.features.native_time:
            return lambda value: None if value is None else clock(value)
        return super().result_processor(dialect, coltype)

    def result_expression(self, dialect: DialectFacts) -> str | None:
        if self._is_native(dialect) and not dialect.features.native_time:
            return "clock({v})"
        return super().result_expression(dialect)

    def result_type(self, op: OperatorType, other: TypeEngine[Any]) -> TypeEngine[Any]:
        if op is add and other._isinstance(Date):
            return DATETIMETYPE
        if op is sub and other._isinstance(Time):
            return INTERVALTYPE
        return self


class DateTime(_Temporal):
    """Points in time; TIMESTAMP or DATETIME in SQL. With `timezone` values are aware."""

    __visit_name__ = "datetime"
    _is_affinity = True

    def __init__(self, timezone: bool = False) -> None:
        self.timezone = timezone

    @property
    def python_type(self) -> type[dt.datetime]:
        return dt.datetime

    def for_value(self, value: Any) -> TypeEngine[Any]:
        return self if value.tzinfo is None else ZONED_DATETIMETYPE

    def _to_text(self, value: Any) -> str:
        return self._stored(value).isoformat(" ", "microseconds")

    def _stored(self, value: Any) -> dt.datetime:
        """Return what a database without zones keeps."""
        if not isinstance(value, dt.datetime):
            if not isinstance(value, dt.date):
                raise wrong_value(self, value, "a datetime.datetime")
            value = dt.datetime(value.year, value.month, value.day)
        if self.timezone and value.tzinfo is not None:
            value = value.astimezone(dt.UTC)
        stored: dt.datetime = value.replace(tzinfo=None)
        return stored

    def _from_text(self) -> tuple[str | None, Processor]:
        if self.timezone:
            return "aware({v})", aware
        return "datetime.fromisoformat({v})", dt.datetime.fromisoformat

    def _adds_zone(self, dialect: DialectFacts) -> bool:
        return bool(self.timezone and dialect.features.native_datetime and not dialect.features.time_zones)

    def bind_processor(self, dialect: DialectFacts) -> Processor | None:
        if self._adds_zone(dialect):
            return lambda value: None if value is None else self._stored(value)
        if self._is_native(dialect) or type(self)._to_text is not DateTime._to_text:
            return super().bind_processor(dialect)
        naive, write = dt.datetime, self._to_text

        def convert(value: Any) -> Any:
            if value.__class__ is naive and value.tzinfo is None:
                return value.isoformat(" ", "microseconds")
            return None if value is None else write(value)

        return convert

    def result_processor(self, dialect: DialectFacts, coltype: object) -> Processor | None:
        if self._adds_zone(dialect):
            return lambda value: None if value is None else in_utc(value)
        return super().result_processor(dialect, coltype)

    def result_expression(self, dialect: DialectFacts) -> str | None:
        return "in_utc({v})" if self._adds_zone(dialect) else super().result_expression(dialect)

    def literal_processor(self, dialect: DialectFacts) -> Callable[[Any], str] | None:
        if dialect.features.time_zones and self.timezone:
            return lambda value: f"'{value.isoformat(' ')}'"
        return super().literal_processor(dialect)

    def result_type(self, op: OperatorType, other: TypeEngine[Any]) -> TypeEngine[Any]:
        return INTERVALTYPE if op is sub and other._isinstance(DateTime, Date) else self


class Interval(_Temporal):
    """Durations (`timedelta`); INTERVAL in SQL, elsewhere kept as a point in time counted from 1970.

    `native=False` keeps them so everywhere; the precisions are for databases whose INTERVAL has them.
    """

    __visit_name__ = "interval"
    _is_affinity = True

    def __init__(self, native: bool = True, second_precision: float | None = None, day_precision: float | None = None) -> None:
        self.native = native
        self.second_precision = second_precision
        self.day_precision = day_precision

    @property
    def python_type(self) -> type[dt.timedelta]:
        return dt.timedelta

    def _is_native(self, dialect: DialectFacts) -> bool:
        return bool(self.native and dialect.features.native_interval)

    def _moment(self, value: Any) -> dt.datetime:
        if not isinstance(value, dt.timedelta):
            raise wrong_value(self, value, "a datetime.timedelta")
        return EPOCH + value

    def _to_text(self, value: Any) -> str:
        return self._moment(value).isoformat(" ", "microseconds")

    def _from_text(self) -> tuple[str | None, Processor]:
        return "since_epoch({v})", since_epoch

    def _as_moment(self, dialect: DialectFacts) -> bool:
        return bool(dialect.features.native_datetime and not self._is_native(dialect))

    def bind_processor(self, dialect: DialectFacts) -> Processor | None:
        if self._as_moment(dialect):
            return lambda value: None if value is None else self._moment(value)
        return super().bind_processor(dialect)

    def result_processor(self, dialect: DialectFacts, coltype: object) -> Processor | None:
        if self._as_moment(dialect):
            return lambda value: None if value is None else value - EPOCH
        return super().result_processor(dialect, coltype)

    def result_expression(self, dialect: DialectFacts) -> str | None:
        return "({v} - EPOCH)" if self._as_moment(dialect) else super().result_expression(dialect)

    def literal_processor(self, dialect: DialectFacts) -> Callable[[Any], str] | None:
        if self._is_native(dialect):
            return lambda value: f"make_interval(secs=>{value.total_seconds()})"
        return super().literal_processor(dialect)

    def result_type(self, op: OperatorType, other: TypeEngine[Any]) -> TypeEngine[Any]:
        if op is add and other._isinstance(Date, DateTime):
            return DATETIMETYPE
        if op is add and other._isinstance(Time):
            return other
        return self

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine[Any]:
        return self if isinstance(value, dt.timedelta) else super().coerce_compared_value(op, value)

    def as_generic(self, allow_nulltype: bool = False) -> TypeEngine[Any]:
        return Interval(native=True, second_precision=self.second_precision, day_precision=self.day_precision)


class TIMESTAMP(DateTime):
    """Points in time, named TIMESTAMP everywhere."""

    __visit_name__ = "TIMESTAMP"


class DATETIME(DateTime):
    """Points in time, named DATETIME everywhere."""

    __visit_name__ = "DATETIME"


class DATE(Date):
    """Days, named DATE everywhere."""

    __visit_name__ = "DATE"


class TIME(Time):
    """Times of day, named TIME everywhere."""

    __visit_name__ = "TIME"


DATETIMETYPE = DateTime()
ZONED_DATETIMETYPE = DateTime(timezone=True)
ZONED_TIMETYPE = Time(timezone=True)
INTERVALTYPE = Interval()
value_types.update({dt.date: Date(), dt.datetime: DATETIMETYPE, dt.time: Time(), dt.timedelta: INTERVALTYPE})
RESULT_NAMES.update(
    {
        "date": dt.date, "time": dt.time, "datetime": dt.datetime, "aware": aware, "in_utc": in_utc,
        "since_epoch": since_epoch, "clock": clock, "EPOCH": EPOCH,
    }
)  # fmt: skip
