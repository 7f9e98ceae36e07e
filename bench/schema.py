"""The tables every peer works on, and their rows: the same for all, made with the bare drivers.

users(id, name, email, age, created_at, active)      10,000 rows (quick: 2,000)
addresses(id, user_id, street, city, zip)            3 a user
orders(id, user_id, total, status, created_at)       5 a user
people(…the columns of users…)                       what the writing cases insert, change and delete
"""

from __future__ import annotations

import datetime
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg

START = datetime.datetime(2026, 1, 1)
PERSON = (
    "name VARCHAR(80) NOT NULL, email VARCHAR(120) NOT NULL, age INTEGER NOT NULL, created_at TIMESTAMP NOT NULL, active BOOLEAN NOT NULL"
)


def statements(key: str) -> list[str]:
    """Return the DDL; `key` is how a generated primary key is spelled."""
    return [
        f"CREATE TABLE users (id {key}, {PERSON})",
        f"CREATE TABLE people (id {key}, {PERSON})",
        f"CREATE TABLE addresses (id {key}, user_id INTEGER NOT NULL REFERENCES users (id), "
        "street VARCHAR(80) NOT NULL, city VARCHAR(80) NOT NULL, zip VARCHAR(10) NOT NULL)",
        f"CREATE TABLE orders (id {key}, user_id INTEGER NOT NULL REFERENCES users (id), "
        "total INTEGER NOT NULL, status VARCHAR(20) NOT NULL, created_at TIMESTAMP NOT NULL)",
        "CREATE INDEX addresses_user ON addresses (user_id)",
        "CREATE INDEX orders_user ON orders (user_id)",
    ]


def person(number: int) -> tuple[str, str, int, datetime.datetime, bool]:
    """Return the values of one user, without its key."""
    made = START + datetime.timedelta(minutes=number, microseconds=number)
    return f"user {number}", f"user{number}@example.org", 18 + number % 60, made, number % 3 != 0


def addresses(users: int) -> Iterator[tuple[Any, ...]]:
    """Yield three addresses a user."""
    for user in range(1, users + 1):
        for number in range(3):
            yield user, f"{number} Main Street", f"City {user % 100}", f"{10000 + user}"


def orders(users: int) -> Iterator[tuple[Any, ...]]:
    """Yield five orders a user."""
    for user in range(1, users + 1):
        for number in range(5):
            yield user, user * 10 + number, ("new", "paid", "sent")[number % 3], START + datetime.timedelta(hours=number)


def fill_sqlite(path: str, users: int) -> None:
    """Make the database file."""
    with sqlite3.connect(path) as raw:
        raw.execute("PRAGMA journal_mode=WAL")
        for statement in statements("INTEGER PRIMARY KEY"):
            raw.execute(statement)
        raw.executemany("INSERT INTO users (name, email, age, created_at, active) VALUES (?, ?, ?, ?, ?)", map(stored, range(1, users + 1)))
        raw.executemany("INSERT INTO addresses (user_id, street, city, zip) VALUES (?, ?, ?, ?)", addresses(users))
        rows = ((*row[:3], row[3].isoformat(" ", "microseconds")) for row in orders(users))
        raw.executemany("INSERT INTO orders (user_id, total, status, created_at) VALUES (?, ?, ?, ?)", rows)
    raw.close()


def stored(number: int) -> tuple[Any, ...]:
    """Return one user as SQLite keeps it."""
    name, email, age, made, active = person(number)
    return name, email, age, made.isoformat(" ", "microseconds"), active


def fill_postgresql(url: str, users: int) -> None:
    """Make the tables in an empty database."""
    with psycopg.connect(url, autocommit=True) as raw, raw.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS orders, addresses, users, people")
        for statement in statements("SERIAL PRIMARY KEY"):
            cursor.execute(statement)
        copy(cursor, "users (name, email, age, created_at, active)", map(person, range(1, users + 1)))
        copy(cursor, "addresses (user_id, street, city, zip)", addresses(users))
        copy(cursor, "orders (user_id, total, status, created_at)", orders(users))
        cursor.execute("ANALYZE")


def copy(cursor: psycopg.Cursor[Any], target: str, rows: Any) -> None:
    """Send rows with COPY."""
    with cursor.copy(f"COPY {target} FROM STDIN") as channel:
        for row in rows:
            channel.write_row(row)


def refill_people(url: str, count: int) -> None:
    """Leave exactly `count` rows in `people`, keys 1 to `count`."""
    if url.startswith("postgresql"):
        with psycopg.connect(url, autocommit=True) as raw, raw.cursor() as cursor:
            cursor.execute("TRUNCATE people RESTART IDENTITY")
            copy(cursor, "people (name, email, age, created_at, active)", map(person, range(1, count + 1)))
        return
    with closing(sqlite3.connect(url, timeout=30)) as file, file:
        file.execute("DELETE FROM people")
        file.executemany(
            "INSERT INTO people (name, email, age, created_at, active) VALUES (?, ?, ?, ?, ?)", map(stored, range(1, count + 1))
        )


def written(url: str, thoroughly: bool) -> list[int]:
    """Return number of rows and sum of ages of `people`; thoroughly also a sum over all values, as users would read them."""
    rows = people(url, "name, email, age, created_at, active" if thoroughly else "age")
    if not thoroughly:
        return [len(rows), sum(row[0] for row in rows)]
    return [len(rows), sum(row[2] for row in rows), sum(zlib.crc32(repr(as_read(row)).encode()) for row in rows)]


def people(url: str, columns: str) -> list[tuple[Any, ...]]:
    """Return these columns of every person."""
    statement = f"SELECT {columns} FROM people"
    if url.startswith("postgresql"):
        with psycopg.connect(url, autocommit=True) as raw, raw.cursor() as cursor:
            return cursor.execute(statement.encode()).fetchall()
    with closing(sqlite3.connect(url, timeout=30)) as file:
        return file.execute(statement).fetchall()


def as_read(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return a row of `people` with the types of Python: SQLite has text and numbers for times and truth."""
    name, email, age, made, active = row
    return name, email, age, datetime.datetime.fromisoformat(made) if isinstance(made, str) else made, bool(active)
