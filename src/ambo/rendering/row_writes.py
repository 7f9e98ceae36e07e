"""The SQL of a flush: rows of one table inserted, updated, deleted and read back by their key.

A flush writes few shapes of statements very often, so they are written here as text, without nodes. What has SQL expressions in it
goes through the compiler.

    VALUES      INSERT INTO t (a, b) VALUES (?, ?), (?, ?) RETURNING id
    unnest      INSERT INTO t (a, b) SELECT u.c0, u.c1 FROM unnest($1::INTEGER[], $2::TEXT[]) WITH ORDINALITY AS u(c0, c1, n) ORDER BY u.n
    FROM        UPDATE t SET a=given.column1 FROM (VALUES (?, ?), (?, ?)) AS given WHERE t.id = given.column2
    JOIN        UPDATE (SELECT %s AS column1, %s AS column2 UNION ALL VALUES (%s, %s)) AS given STRAIGHT_JOIN t ON t.id = given.column2 SET t.a=given.column1
    by key      UPDATE t SET a = ? WHERE id = ?        DELETE FROM t WHERE id IN (?, ?)

Rule 1: facts of `dialect.features` decide, never a name.
Rule 2: values come in the order: columns that are set, then columns of the key.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ambo.rendering.dialect import Dialect
from ambo.statements.expressions import BindParameter
from ambo.statements.types.numbers import Integer

_PLAIN_CASTS = (
    "SMALLINT", "INTEGER", "BIGINT", "REAL", "DOUBLE PRECISION", "FLOAT", "NUMERIC", "BOOLEAN", "VARCHAR", "TEXT", "UUID", "BYTEA", "DATE",
    "TIME", "TIMESTAMP", "INTERVAL",
)  # fmt: skip


class Marks:
    """Makes placeholders, one after the other."""

    __slots__ = ("_count", "_dialect", "_style")

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._style = dialect.paramstyle
        self._count = 0

    def next(self, column: Any) -> str:
        """Return the placeholder of the next value, cast to the column's type where the dialect casts."""
        cast = self._dialect.bind_cast(column.type)
        return f"{self.bare()}::{cast}" if cast is not None else self.bare()

    def bare(self) -> str:
        """Return the next placeholder without a cast."""
        self._count += 1
        if self._style == "numeric_dollar":
            return f"${self._count}"
        return "?" if self._style == "qmark" else "%s"

    def list(self, columns: Sequence[Any]) -> str:
        """Return placeholders for a row."""
        return ", ".join([self.next(column) for column in columns])


def is_plain(columns: Iterable[Any]) -> bool:
    """Tell whether no column's type wraps its values in SQL of its own, neither going in nor coming out."""
    return all(
        column.type.bind_expression(BindParameter("value", type_=column.type)) is None and column.type.column_expression(column) is None
        for column in columns
    )


def array_casts(dialect: Dialect, columns: Iterable[Any]) -> list[str] | None:
    """Return the array types in which the columns' values can be sent, None if there is no such type for one of them."""
    if not dialect.features.unnest:
        return None
    found = []
    for column in columns:
        cast = dialect.bind_cast(column.type)
        if cast is None or cast.endswith("]") or not cast.startswith(_PLAIN_CASTS):
            return None
        found.append(f"{cast}[]")
    return found


def _names(dialect: Dialect, columns: Iterable[Any]) -> str:
    return ", ".join([dialect.preparer.quote(column.name) for column in columns])


def _returning(dialect: Dialect, columns: Sequence[Any]) -> str:
    return f" RETURNING {_names(dialect, columns)}" if columns else ""


def insert_values(dialect: Dialect, table: str, columns: Sequence[Any], returning: Sequence[Any], count: int = 1) -> str:
    """Return INSERT for `count` rows."""
    if not columns:
        values = "DEFAULT VALUES" if dialect.features.empty_insert else "() VALUES ()"
        return f"INSERT INTO {table} {values}{_returning(dialect, returning)}"
    marks = Marks(dialect)
    rows = ", ".join([f"({marks.list(columns)})" for _ in range(count)])
    return f"INSERT INTO {table} ({_names(dialect, columns)}) VALUES {rows}{_returning(dialect, returning)}"


def insert_unnest(dialect: Dialect, table: str, columns: Sequence[Any], casts: Sequence[str], returning: Sequence[Any]) -> str:
    """Return INSERT for any number of rows, given as one array a column; generated keys come in the order of the arrays."""
    marks = Marks(dialect)
    arrays = ", ".join([f"{marks.bare()}::{cast}" for cast in casts])
    fields = [f"c{index}" for index in range(len(columns))]
    chosen = ", ".join([f"u.{name}" for name in fields])
    source = f"unnest({arrays}) WITH ORDINALITY AS u({', '.join(fields)}, n)"
    return f"INSERT INTO {table} ({_names(dialect, columns)}) SELECT {chosen} FROM {source} ORDER BY u.n{_returning(dialect, returning)}"


def update_one(dialect: Dialect, table: str, columns: Sequence[Any], key: Sequence[Any], returning: Sequence[Any]) -> str:
    """Return UPDATE of the row with a key."""
    marks = Marks(dialect)
    quote = dialect.preparer.quote
    changes = ", ".join([f"{quote(column.name)}={marks.next(column)}" for column in columns])
    return f"UPDATE {table} SET {changes} WHERE {_by_key(dialect, table, key, marks)}{_returning(dialect, returning)}"


def update_unnest(dialect: Dialect, table: str, columns: Sequence[Any], key: Sequence[Any], casts: Sequence[str]) -> str:
    """Return UPDATE of any number of rows, given as one array a column."""
    marks = Marks(dialect)
    quote = dialect.preparer.quote
    arrays = ", ".join([f"{marks.bare()}::{cast}" for cast in casts])
    fields = [f"c{index}" for index in range(len(casts))]
    changes = ", ".join([f"{quote(column.name)}=u.{name}" for column, name in zip(columns, fields, strict=False)])
    matches = " AND ".join([f"{table}.{quote(column.name)} = u.{name}" for column, name in zip(key, fields[len(columns) :], strict=True)])
    return f"UPDATE {table} SET {changes} FROM unnest({arrays}) AS u({', '.join(fields)}) WHERE {matches}"


def update_values(dialect: Dialect, table: str, columns: Sequence[Any], key: Sequence[Any], count: int) -> str:
    """Return UPDATE of `count` rows, each with values of its own."""
    marks = Marks(dialect)
    quote = dialect.preparer.quote
    names = [f"given.column{number}" for number in range(1, len(columns) + len(key) + 1)]
    rows = ", ".join([f"({marks.list([*columns, *key])})" for _ in range(count)])
    changes = ", ".join([f"{quote(column.name)}={name}" for column, name in zip(columns, names, strict=False)])
    matches = " AND ".join([f"{table}.{quote(column.name)} = {name}" for column, name in zip(key, names[len(columns) :], strict=True)])
    return f"UPDATE {table} SET {changes} FROM (VALUES {rows}) AS given WHERE {matches}"


def update_joined(dialect: Dialect, table: str, columns: Sequence[Any], key: Sequence[Any], count: int) -> str | None:
    """Return UPDATE of `count` rows, each with values of its own, as a join; None if part of the key is no integer, or is changed.

    STRAIGHT_JOIN looks each row up by its key, so that no other is read or locked. The rows' texts have the connection's collation, which may
    not be compared with a column's.
    """
    if not all(isinstance(column.type, Integer) for column in key) or any(column.primary_key for column in columns):
        return None
    marks = Marks(dialect)
    quote = dialect.preparer.quote
    names = [f"column{number}" for number in range(1, len(columns) + len(key) + 1)]
    first = ", ".join([f"{marks.next(column)} AS {name}" for column, name in zip((*columns, *key), names, strict=True)])
    rest = ", ".join([f"({marks.list([*columns, *key])})" for _ in range(count - 1)])
    changes = ", ".join([f"{table}.{quote(column.name)}=given.{name}" for column, name in zip(columns, names, strict=False)])
    matches = " AND ".join([f"{table}.{quote(column.name)} = given.{name}" for column, name in zip(key, names[len(columns) :], strict=True)])
    return f"UPDATE (SELECT {first} UNION ALL VALUES {rest}) AS given STRAIGHT_JOIN {table} ON {matches} SET {changes}"


def _by_key(dialect: Dialect, table: str, key: Sequence[Any], marks: Marks) -> str:
    quote = dialect.preparer.quote
    return " AND ".join([f"{table}.{quote(column.name)} = {marks.next(column)}" for column in key])


def delete_one(dialect: Dialect, table: str, key: Sequence[Any]) -> str:
    """Return DELETE of the row with a key."""
    return f"DELETE FROM {table} WHERE {_by_key(dialect, table, key, Marks(dialect))}"


def delete_any(dialect: Dialect, table: str, key: Sequence[Any], casts: Sequence[str]) -> str:
    """Return DELETE of any number of rows, given as one array a key column."""
    marks = Marks(dialect)
    quote = dialect.preparer.quote
    if len(key) == 1:
        return f"DELETE FROM {table} WHERE {table}.{quote(key[0].name)} = ANY({marks.bare()}::{casts[0]})"
    arrays = ", ".join([f"{marks.bare()}::{cast}" for cast in casts])
    names = ", ".join([f"{table}.{quote(column.name)}" for column in key])
    return f"DELETE FROM {table} WHERE ({names}) IN (SELECT * FROM unnest({arrays}))"


def delete_in(dialect: Dialect, table: str, column: Any, count: int) -> str:
    """Return DELETE of `count` rows by a key of one column."""
    marks = Marks(dialect)
    values = ", ".join([marks.next(column) for _ in range(count)])
    return f"DELETE FROM {table} WHERE {table}.{dialect.preparer.quote(column.name)} IN ({values})"


def select_one(dialect: Dialect, table: str, columns: Sequence[Any], key: Sequence[Any]) -> str:
    """Return SELECT of some columns of the row with a key, where the database has no RETURNING."""
    return f"SELECT {_names(dialect, columns)} FROM {table} WHERE {_by_key(dialect, table, key, Marks(dialect))}"
