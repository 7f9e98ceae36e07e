"""What the drivers of MariaDB and MySQL share: URLs, errors by their numbers, many rows in one INSERT.

Rule: nothing here imports a driver.
"""

from __future__ import annotations

import datetime
import decimal
import re
import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ambo import errors
from ambo.drivers.base import Params, Target, dbapi_class, dbapi_error, listed
from ambo.effects import Fetched

# Numbers of the server's errors (https://mariadb.com/kb/en/mariadb-error-code-reference/) that mean the connection is gone.
_GONE = frozenset([1053, 1927, 2000, 2006, 2013, 2014, 2045, 2055, 4031])
_INTEGRITY = frozenset([1022, 1048, 1062, 1169, 1216, 1217, 1364, 1451, 1452, 1557, 1586, 1761, 1762, 3819, 4025])
_MISSING = frozenset([1049, 1051, 1054, 1146])
_BAD_VALUE = frozenset([1264, 1265, 1292, 1366, 1406, 1690])

_ABOUT = (
    re.compile(r"for key '(?:(?P<table>[^'.]+)\.)?(?P<constraint>[^']+)'"),
    re.compile(r"(?:Column|Field) '(?P<column>[^']+)'"),
    re.compile(r"CONSTRAINT `(?P<constraint>[^`]+)` failed for `[^`]+`\.`(?P<table>[^`]+)`"),
    re.compile(r"\(`[^`]+`\.`(?P<table>[^`]+)`, CONSTRAINT `(?P<constraint>[^`]+)` FOREIGN KEY \((?P<column>[^)]+)\)"),
)


def number_of(error: BaseException) -> int:
    """Return the number of a server's or client's error, 0 if it has none."""
    first = error.args[0] if error.args else 0
    return first if isinstance(first, int) else 0


def translated(error: BaseException, sql: str | None, params: Any, closed: bool) -> errors.AmboError:
    """Turn a driver's error into ambo's."""
    if isinstance(error, errors.AmboError):
        return error
    number = number_of(error)
    if isinstance(error, OSError | EOFError | TimeoutError):
        return dbapi_error(error, sql, params, errors.OperationalError, invalidated=True)
    if isinstance(error, TypeError | ValueError | OverflowError | UnicodeError):
        return errors.DataError(sql, params, error, message=f"({type(error).__name__}) {error}")
    cls = dbapi_class(error)
    if number in _INTEGRITY:
        cls = errors.IntegrityError
    elif number in _MISSING:
        cls = errors.ProgrammingError
    elif number in _BAD_VALUE:
        cls = errors.DataError
    gone = number in _GONE or closed or (cls is errors.InterfaceError and number == 0)
    found = dbapi_error(error, sql, params, cls, invalidated=gone, hint=_hint(number))
    if isinstance(found, errors.IntegrityError):
        _describe(found, str(error.args[1]) if len(error.args) > 1 else str(error), sql or "")
    return found


def _hint(number: int) -> str:
    if number in (1205, 1213):
        return "Another transaction was in the way; roll back and run this transaction again."
    if number == 1040:
        return "The server has no connection left; use smaller pools (pool_size, max_overflow)."
    return ""


_WRITTEN = re.compile(r"\s*(?:INSERT(?:\s+IGNORE)?\s+INTO|REPLACE\s+INTO|UPDATE|DELETE\s+FROM)\s+(?:`?\w+`?\.)?`?(?P<table>\w+)`?", re.I)


def _describe(error: errors.IntegrityError, text: str, sql: str) -> None:
    """Read table, column and constraint out of the server's message; it does not always name the table, which the statement does."""
    written = _WRITTEN.match(sql)
    error.table = written["table"] if written else None
    for pattern in _ABOUT:
        for name, value in (pattern.search(text).groupdict() if pattern.search(text) else {}).items():  # type: ignore[union-attr]
            if value and name == "column":
                error.columns = tuple(one.strip(" `") for one in value.split(","))
            elif value:
                setattr(error, name, value)


KEY_COLUMNS = (
    "SELECT column_name FROM information_schema.statistics "
    "WHERE table_schema = DATABASE() AND table_name = %s AND index_name = %s ORDER BY seq_in_index"
)


def unnamed_key(error: errors.AmboError) -> tuple[str, str] | None:
    """Return table and key of a duplicate entry, whose columns the server does not tell by itself: `KEY_COLUMNS` asks for them."""
    if isinstance(error, errors.IntegrityError) and not error.columns and error.table and error.constraint and not error.connection_invalidated:
        return error.table, error.constraint
    return None


_NUMBERS: dict[str, Callable[[str], Any]] = {
    "connect_timeout": float,
    "read_timeout": float,
    "write_timeout": float,
    "client_flag": int,
    "local_infile": lambda text: text.lower() in ("1", "true", "yes"),
}


def connect_words(url: Target) -> dict[str, Any]:
    """Return a URL as the arguments that PyMySQL and asyncmy have in common."""
    found: dict[str, Any] = {"host": url.host or "localhost"}
    for name, value in (("port", url.port), ("user", url.username), ("password", url.password), ("database", url.database)):
        if value:
            found[name] = str(value) if name == "password" else value
    ssl: dict[str, Any] = {}
    for name, given in url.query.items():
        value = ",".join(listed(given))
        if name.startswith("ssl_"):
            ssl[name.removeprefix("ssl_")] = value.lower() in ("1", "true", "yes") if name == "ssl_check_hostname" else value
        else:
            found[name] = _NUMBERS.get(name, str)(value)
    if ssl:
        found["ssl"] = ssl
    return found


_SENDABLE = (str, int, float, bytes, bytearray, decimal.Decimal, datetime.date, datetime.time, datetime.timedelta, uuid.UUID)
_SENDABLE_EXACTLY = frozenset([*_SENDABLE, bool, datetime.datetime, type(None)])


def check_sendable(sql: str, params: Params) -> None:
    """Refuse a value that the drivers would send as its `str()`.

    Raises DataError that names the parameter.
    """
    for place, value in enumerate(params, 1):
        if type(value) not in _SENDABLE_EXACTLY and not isinstance(value, _SENDABLE):
            what = f"parameter {place} is {value!r} ({type(value).__name__}), which has no form in MariaDB"
            raise errors.DataError(sql, params, message=what)


def column_names(cursor: Any) -> tuple[str, ...]:
    """Return a driver cursor's column names."""
    return tuple([one[0] for one in cursor.description]) if cursor.description else ()


def from_cursor(cursor: Any, rows: Any) -> Fetched:
    """Make a result of a driver's cursor."""
    return Fetched(list(rows), column_names(cursor), cursor.rowcount, cursor.lastrowid or None)


def version_of(text: str) -> tuple[int, ...]:
    """Return `(10, 11, 8)` of `5.5.5-10.11.8-MariaDB-…`."""
    found = re.findall(r"\d+\.\d+\.\d+", text)
    return tuple(int(one) for one in found[-1].split(".")) if found else ()


_INSERT = re.compile(r"(?P<head>\s*(?:INSERT|REPLACE)\b.*\bVALUES\s*)(?P<row>\((?:\s*%s\s*,?)+\))(?P<tail>\s*(?:ON\s+DUPLICATE\b.*)?)\Z", re.I | re.S)
_LONGEST = 900_000


def combined(sql: str, rows: Sequence[Params], literal: Callable[[str, Params], str]) -> Iterator[str]:
    """Write an INSERT for many rows as few statements with many rows each; other statements once for each row.

    `literal` puts values into a text with `%s` placeholders, as the driver does.
    """
    parts = _INSERT.match(sql)
    if parts is None:
        for row in rows:
            yield literal(sql, row)
        return
    head, tail = literal(parts["head"], ()), literal(parts["tail"], ())
    values: list[str] = []
    length = 0
    for row in rows:
        text = literal(parts["row"], row)
        if values and length + len(text) > _LONGEST:
            yield head + ",".join(values) + tail
            values, length = [], 0
        values.append(text)
        length += len(text) + 1
    if values:
        yield head + ",".join(values) + tail
