"""SQLite's dates as text of another form: `DATETIME(storage_format="%(year)04d%(month)02d%(day)02d", regexp=r"(\\d{4})(\\d\\d)(\\d\\d)")`."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from ambo.statements.types.base import Processor
from ambo.statements.types.dates import DATE as PlainDate, DATETIME as PlainDatetime, TIME as PlainTime

_PARTS = ("year", "month", "day", "hour", "minute", "second", "microsecond")


class _Formatted:
    """Text by a template of named parts, read back by a regular expression whose groups are the parts, in order or by name."""

    _made: type[Any]
    _storage: str | None
    _regexp: re.Pattern[str] | None

    def _take_format(self, storage_format: str | None, regexp: str | re.Pattern[str] | None) -> None:
        self._storage = storage_format
        self._regexp = re.compile(regexp) if isinstance(regexp, str) else regexp
        self.storage_format = storage_format
        self.regexp = None if self._regexp is None else self._regexp.pattern

    def _to_text(self, value: Any) -> str:
        if self._storage is None:
            return super()._to_text(value)  # type: ignore[misc,no-any-return]  # mixed into a date type
        return self._storage % {name: getattr(value, name, 0) for name in _PARTS}

    def _from_text(self) -> tuple[str | None, Processor]:
        if self._regexp is None:
            return super()._from_text()  # type: ignore[misc,no-any-return]  # mixed into a date type
        return None, self._read

    def _read(self, text: str) -> Any:
        assert self._regexp is not None
        found = self._regexp.match(text)
        if found is None:
            raise ValueError(f"couldn't parse {self._made.__name__} string {text!r} by {self._regexp.pattern!r}")
        if found.groupdict():
            return self._made(**{name: int(part or 0) for name, part in found.groupdict().items()})
        return self._made(*(int(part or 0) for part in found.groups()))


class DATETIME(_Formatted, PlainDatetime):
    """Points in time; `truncate_microseconds` leaves them out."""

    __visit_name__ = "DATETIME"
    _made = dt.datetime

    def __init__(
        self,
        timezone: bool = False,
        storage_format: str | None = None,
        regexp: str | re.Pattern[str] | None = None,
        truncate_microseconds: bool = False,
    ) -> None:
        PlainDatetime.__init__(self, timezone)
        self.truncate_microseconds = truncate_microseconds
        short = "%(year)04d-%(month)02d-%(day)02d %(hour)02d:%(minute)02d:%(second)02d" if truncate_microseconds else None
        self._take_format(storage_format or short, regexp)


class DATE(_Formatted, PlainDate):
    """Days."""

    __visit_name__ = "DATE"
    _made = dt.date

    def __init__(self, storage_format: str | None = None, regexp: str | re.Pattern[str] | None = None) -> None:
        self._take_format(storage_format, regexp)


class TIME(_Formatted, PlainTime):
    """Times of day; `truncate_microseconds` leaves them out."""

    __visit_name__ = "TIME"
    _made = dt.time

    def __init__(
        self,
        timezone: bool = False,
        storage_format: str | None = None,
        regexp: str | re.Pattern[str] | None = None,
        truncate_microseconds: bool = False,
    ) -> None:
        PlainTime.__init__(self, timezone)
        self.truncate_microseconds = truncate_microseconds
        self._take_format(storage_format or ("%(hour)02d:%(minute)02d:%(second)02d" if truncate_microseconds else None), regexp)
