"""The floor for SQLite: the sqlite3 module and hand-written SQL, values as Python types, plain tuples."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from bench import schema
from bench.peers.taking_part import Floor

USER = "SELECT id, name, email, age, created_at, active FROM users"
ONE = f"{USER} WHERE id = ?"
PEOPLE = USER.replace("users", "people")
OF_ONE = "SELECT id, user_id, street, city, zip FROM addresses WHERE user_id = ?"
FILTERED = f"{USER} WHERE age > ? AND name LIKE ? ORDER BY id LIMIT ?"
JOINED = (
    "SELECT u.id, u.name, u.email, u.age, u.created_at, u.active, a.id, a.user_id, a.street, a.city, a.zip "
    "FROM users u LEFT OUTER JOIN addresses a ON a.user_id = u.id WHERE u.id <= ?"
)
INSERT = "INSERT INTO people (name, email, age, created_at, active) VALUES (?, ?, ?, ?, ?)"


def user(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return a row with the types of Python."""
    return row[0], row[1], row[2], row[3], datetime.fromisoformat(row[4]), bool(row[5])


class Peer(Floor):
    packages = ()

    def open(self, url: str) -> None:
        self.url = url
        self.raw = self.connect()

    def connect(self) -> sqlite3.Connection:
        raw = sqlite3.connect(self.url, timeout=30, check_same_thread=False, isolation_level=None)
        raw.execute("PRAGMA synchronous=NORMAL")
        return raw

    def close(self) -> None:
        self.raw.close()

    def case_a(self) -> int:
        users = [user(self.raw.execute(ONE, (i + 1,)).fetchone()) for i in range(self.sizes.gets)]
        self.seen.users(users)
        return len(users)

    def case_at(self) -> int:
        users = []
        for i in range(self.sizes.gets):
            self.raw.execute("BEGIN")
            users.append(user(self.raw.execute(ONE, (i + 1,)).fetchone()))
            self.raw.execute("ROLLBACK")
        self.seen.users(users)
        return len(users)

    def case_b(self) -> int:
        users = self.hold_users()
        self.seen.users(users)
        return len(users)

    def case_cs(self) -> int:
        users = [user(row) for row in self.raw.execute(f"{USER} WHERE id <= ?", (self.sizes.parents,))]
        marks = ", ".join("?" * len(users))
        keys = [row[0] for row in users]
        found = self.raw.execute(f"SELECT id, user_id, street, city, zip FROM addresses WHERE user_id IN ({marks})", keys).fetchall()
        rows = self.raw.execute(f"SELECT id, user_id, total, status, created_at FROM orders WHERE user_id IN ({marks})", keys)
        ordered = [(*row[:4], datetime.fromisoformat(row[4])) for row in rows]
        self.seen.users(users)
        self.seen.addresses(found)
        self.seen.orders(ordered)
        return len(users) + len(found) + len(ordered)

    def case_cj(self) -> int:
        rows = [(user(row), row[6:]) for row in self.raw.execute(JOINED, (self.sizes.parents,))]
        self.seen.users(row for row, _ in rows)
        self.seen.addresses(row for _, row in rows)
        return len(rows)

    def case_d(self) -> int:
        return sum(
            [self.shown_users(list(map(user, self.raw.execute(FILTERED, (20 + i % 10, "user 1%", 10))))) for i in range(self.sizes.selects)]
        )

    def case_e1(self) -> int:
        people = [schema.stored(i) for i in range(self.sizes.inserts)]
        self.raw.execute("BEGIN")
        self.raw.executemany(INSERT, people)
        self.raw.execute("COMMIT")
        self.seen.made([None])
        return len(people)

    def case_e2(self) -> int:
        keys = []
        for i in range(self.sizes.commits):
            self.raw.execute("BEGIN")
            keys.append(self.raw.execute(INSERT, schema.stored(i)).lastrowid)
            self.raw.execute("COMMIT")
        self.seen.made(keys)
        return len(keys)

    def prepare_f(self) -> None:
        self.raw.execute("BEGIN")
        self.loaded = [user(row) for row in self.raw.execute(PEOPLE)]

    prepare_g = prepare_f

    def case_f(self) -> int:
        self.raw.executemany("UPDATE people SET age = ? WHERE id = ?", [(row[3] + 1, row[0]) for row in self.loaded])
        self.raw.execute("COMMIT")
        return len(self.loaded)

    def case_g(self) -> int:
        self.raw.executemany("DELETE FROM people WHERE id = ?", [(row[0],) for row in self.loaded])
        self.raw.execute("COMMIT")
        return len(self.loaded)

    def prepare_h(self) -> None:
        self.free = [self.connect() for _ in range(10)]

    def case_h(self) -> int:
        def work(i: int) -> tuple[Any, list[Any]]:
            raw = self.free.pop()
            one = user(raw.execute(ONE, (i + 1,)).fetchone())
            found = raw.execute(OF_ONE, (one[0],)).fetchall()
            self.free.append(raw)
            return one, found

        with ThreadPoolExecutor(10) as pool:
            pairs = list(pool.map(work, range(self.sizes.tasks)))
        self.seen.users(one for one, _ in pairs)
        self.seen.addresses(address for _, found in pairs for address in found)
        return sum(len(found) for _, found in pairs)

    def finish_h(self) -> None:
        for raw in self.free:
            raw.close()

    def hold_users(self) -> list[Any]:
        return [user(row) for row in self.raw.execute(USER)]
