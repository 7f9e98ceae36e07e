"""The floor for SQLite: the sqlite3 module and hand-written SQL, values as Python types, plain tuples."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from bench import schema

USER = "SELECT id, name, email, age, created_at, active FROM users"
INSERT = "INSERT INTO people (name, email, age, created_at, active) VALUES (?, ?, ?, ?, ?)"


def user(row):
    return row[0], row[1], row[2], row[3], datetime.fromisoformat(row[4]), bool(row[5])


class Peer:
    is_async = False

    def open(self, url):
        self.url = url
        self.raw = self.connect()

    def connect(self):
        raw = sqlite3.connect(self.url, timeout=30, check_same_thread=False, isolation_level=None)
        raw.execute("PRAGMA synchronous=NORMAL")
        return raw

    def close(self):
        self.raw.close()

    def case_a(self, number):
        done = 0
        for i in range(500):
            self.raw.execute("BEGIN")
            done += user(self.raw.execute(f"{USER} WHERE id = ?", (i + 1,)).fetchone())[0]
            self.raw.execute("ROLLBACK")
        return done

    def case_b(self, number):
        return len([user(row) for row in self.raw.execute(USER).fetchall()])

    def case_cs(self, number):
        users = self.raw.execute(f"{USER} WHERE id <= 1000").fetchall()
        marks = ", ".join("?" * len(users))
        keys = [row[0] for row in users]
        found = self.raw.execute(f"SELECT id, user_id, street, city, zip FROM addresses WHERE user_id IN ({marks})", keys).fetchall()
        ordered = self.raw.execute(f"SELECT id, user_id, total, status, created_at FROM orders WHERE user_id IN ({marks})", keys).fetchall()
        return len([user(row) for row in users]) + len(found) + len([(*row[:4], datetime.fromisoformat(row[4])) for row in ordered])

    def case_cj(self, number):
        rows = self.raw.execute(
            "SELECT u.id, u.name, u.email, u.age, u.created_at, u.active, a.id, a.user_id, a.street, a.city, a.zip "
            "FROM users u LEFT OUTER JOIN addresses a ON a.user_id = u.id WHERE u.id <= 1000"
        ).fetchall()
        return len([(user(row), row[6:]) for row in rows])

    def case_d(self, number):
        done = 0
        for i in range(500):
            sql = f"{USER} WHERE age > ? AND name LIKE ? ORDER BY id LIMIT ?"
            done += len([user(row) for row in self.raw.execute(sql, (20 + i % 10, "user 1%", 10)).fetchall()])
        return done

    def case_e1(self, number):
        rows = [(*row[:3], row[3].isoformat(" ", "microseconds"), row[4]) for row in map(schema.person, range(10000))]
        self.raw.execute("BEGIN")
        self.raw.executemany(INSERT, rows)
        self.raw.execute("COMMIT")
        return 10000

    def case_e2(self, number):
        for i in range(300):
            self.raw.execute("BEGIN")
            self.raw.execute(f"{INSERT} RETURNING id", schema.stored(i)).fetchone()
            self.raw.execute("COMMIT")
        return 300

    def case_f(self, number):
        people = [user(row) for row in self.raw.execute(USER.replace("users", "people")).fetchall()]
        self.raw.execute("BEGIN")
        self.raw.executemany("UPDATE people SET age = ? WHERE id = ?", [(row[3] + 1, row[0]) for row in people])
        self.raw.execute("COMMIT")
        return len(people)

    def case_g(self, number):
        people = [user(row) for row in self.raw.execute(USER.replace("users", "people")).fetchall()]
        self.raw.execute("BEGIN")
        self.raw.executemany("DELETE FROM people WHERE id = ?", [(row[0],) for row in people])
        self.raw.execute("COMMIT")
        return len(people)

    def case_h(self, number):
        links = [self.connect() for _ in range(10)]

        def work(i):
            raw = links.pop()
            found = user(raw.execute(f"{USER} WHERE id = ?", (i + 1,)).fetchone())
            rows = raw.execute("SELECT id, user_id, street, city, zip FROM addresses WHERE user_id = ?", (found[0],)).fetchall()
            links.append(raw)
            return len(rows)

        with ThreadPoolExecutor(10) as pool:
            done = sum(pool.map(work, range(1000)))
        for raw in links:
            raw.close()
        return done
