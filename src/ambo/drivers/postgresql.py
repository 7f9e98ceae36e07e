"""What PostgreSQL's drivers share: URLs as libpq reads them, errors by SQLSTATE, and which statements do what.

Rule: nothing here imports a driver.
"""

from __future__ import annotations

import re
from typing import Any

from ambo import errors
from ambo.drivers.base import Target, listed

# Classes of SQLSTATE (https://www.postgresql.org/docs/current/errcodes-appendix.html), longest prefix first.
_BY_STATE: dict[str, type[errors.DBAPIError]] = {
    "0A": errors.NotSupportedError,
    "08": errors.OperationalError,
    "20": errors.ProgrammingError,
    "21": errors.ProgrammingError,
    "22": errors.DataError,
    "23": errors.IntegrityError,
    "24": errors.InternalError,
    "25": errors.InternalError,
    "26": errors.ProgrammingError,
    "27": errors.OperationalError,
    "28": errors.OperationalError,
    "2B": errors.InternalError,
    "2D": errors.InternalError,
    "34": errors.ProgrammingError,
    "3D": errors.ProgrammingError,
    "3F": errors.ProgrammingError,
    "40": errors.OperationalError,
    "42": errors.ProgrammingError,
    "44": errors.ProgrammingError,
    "53": errors.OperationalError,
    "54": errors.OperationalError,
    "55": errors.OperationalError,
    "57": errors.OperationalError,
    "58": errors.OperationalError,
    "F0": errors.InternalError,
    "P0": errors.InternalError,
    "XX": errors.InternalError,
}
GONE = frozenset(["57P01", "57P02", "57P03", "57P05", "08000", "08001", "08003", "08004", "08006", "08007", "08P01"])

_KEY = re.compile(r"^Key \((?P<columns>[^=]*)\)=\(")


def class_of_state(state: str | None) -> type[errors.DBAPIError]:
    """Return the DB-API class of a SQLSTATE."""
    return _BY_STATE.get((state or "")[:2], errors.DatabaseError)


def describe_violation(error: errors.IntegrityError, table: str | None, constraint: str | None, column: str | None, detail: str | None) -> None:
    """Fill in which constraint was violated, from what the server tells."""
    error.table = table
    error.constraint = constraint
    key = _KEY.match(detail or "")
    if column:
        error.columns = (column,)
    elif key:
        error.columns = tuple(name.strip().strip('"') for name in key["columns"].split(","))


def hint_for(state: str | None) -> str:
    """Return the remedy for the best-known errors."""
    if state == "0A000":
        return ""
    if state == "40001":
        return "Another transaction was in the way; roll back and run this transaction again."
    if state == "40P01":
        return "Two transactions waited for each other; roll back and run this one again."
    if state == "25P02":
        return "An earlier statement of this transaction failed; roll back first."
    if state == "53300":
        return "The server has no connection left; use smaller pools (pool_size, max_overflow), or a pooler."
    return ""


def conninfo(url: Target) -> dict[str, str]:
    """Return a URL as libpq's keywords; several hosts stand in `host` and `port` with commas, as libpq takes them."""
    found: dict[str, str] = {}
    for keyword, value in (("user", url.username), ("password", url.password), ("dbname", url.database)):
        if value:
            found[keyword] = str(value)
    hosts: list[tuple[str, str]] = [(url.host, str(url.port or ""))] if url.host else []
    for name, value in url.query.items():
        if name == "host":
            hosts += [_host_and_port(one) for one in listed(value)]
        elif name == "port":
            found["port"] = ",".join(listed(value))
        else:
            found[name] = ",".join(listed(value))
    if hosts:
        found["host"] = ",".join(host for host, _ in hosts)
        if any(port for _, port in hosts):
            found["port"] = ",".join(port for _, port in hosts)
    elif url.port:
        found.setdefault("port", str(url.port))
    return found


def _host_and_port(text: str) -> tuple[str, str]:
    """Split `db1:5433`, `[::1]:5433` or `/socket/directory`."""
    if text.startswith("/"):
        return text, ""
    head, separator, tail = text.rpartition(":")
    if separator and tail.isdigit() and ":" not in head.strip("[]").replace("::", ""):
        return head.strip("[]"), tail
    return text.strip("[]"), ""


def server_version(number: int) -> tuple[int, ...]:
    """Return `(17, 2)` for 170002."""
    return (number // 10000, number % 10000)


_CURSOR = re.compile(r"\s*(?:SELECT|VALUES|TABLE|WITH)\b", re.IGNORECASE)
_WRITES = re.compile(r"\b(?:INSERT|UPDATE|DELETE|MERGE)\b(?!['\"])|\bINTO\b|\bFOR\s+(?:NO\s+KEY\s+)?UPDATE\b", re.IGNORECASE)
_LOCKS = re.compile(r"\bFOR\s+(?:KEY\s+)?SHARE\b|advisory", re.IGNORECASE)
_CHANGES_TABLES = re.compile(rb"^(?:CREATE|DROP|ALTER|DISCARD|DEALLOCATE|REINDEX)\b")


def can_declare(sql: str) -> bool:
    """Whether a cursor can be declared for a statement: plain queries only."""
    return _CURSOR.match(sql) is not None and _WRITES.search(sql) is None


def only_reads(sql: str) -> bool:
    """Whether a statement changes nothing and locks nothing that others may wait for, as far as its words tell."""
    return can_declare(sql) and _LOCKS.search(sql) is None


def changes_tables(tag: bytes | None) -> bool:
    """Whether a command tag tells of DDL, after which prepared statements may have another result."""
    return tag is not None and _CHANGES_TABLES.match(tag) is not None


_CAST = re.compile(r"\$(\d+)::([A-Za-z_][\w ]*(?:\([\d, ]*\))?[\w ]*(\[\])?)")


def cast_parameters(sql: str) -> tuple[frozenset[int], dict[int, str]]:
    """Return the positions (from 0) of the parameters whose type the statement itself says: plain ones, and arrays (`$1::INTEGER[]`) with their type.

    BYTEA is left out: drivers send it better in binary.
    """
    found = [(int(number) - 1, name.removesuffix("[]"), array) for number, name, array in _CAST.findall(sql)]
    plain = frozenset(place for place, name, array in found if not array and not name.upper().startswith("BYTEA"))
    return plain, dict(sorted((place, name) for place, name, array in found if array))


def begins_transaction(sql: str) -> bool:
    """Whether a statement opens a transaction block."""
    return sql[:5].upper() == "BEGIN" or sql[:17].upper() == "START TRANSACTION"


_PREPARABLE = re.compile(r"\s*(?:SELECT|INSERT|UPDATE|DELETE|MERGE|WITH|VALUES)\b", re.IGNORECASE)


def is_preparable(sql: str) -> bool:
    """Whether preparing a statement can pay: those with a plan."""
    return _PREPARABLE.match(sql) is not None


def is_query(sql: str) -> bool:
    """Whether a statement only reads, as far as its first word tells."""
    return sql.lstrip()[:6].upper() == "SELECT"


def violation_of(found: errors.DBAPIError, driver_error: Any) -> None:
    """Fill in the violated constraint from attributes that asyncpg and psycopg's `diag` name alike."""
    if isinstance(found, errors.IntegrityError):
        describe_violation(
            found,
            getattr(driver_error, "table_name", None),
            getattr(driver_error, "constraint_name", None),
            getattr(driver_error, "column_name", None),
            getattr(driver_error, "detail", None) or getattr(driver_error, "message_detail", None),
        )
