"""The floor for PostgreSQL, blocking: psycopg 3, hand-written SQL, results in binary, psycopg's prepared statements.

What is a unit of work of its own (a get in a fresh session, an insert with its commit) makes a cursor of its own; other cases share one.
A pipeline is used where the server is far; on the same machine it costs more than the trips it saves.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg

from bench import schema
from bench.peers import postgres_sql as sql
from bench.peers.taking_part import Floor

ADDRESSES, ORDERS, INSERT_MANY, UPDATE_MANY = map(sql.binary, (sql.ADDRESSES, sql.ORDERS, sql.INSERT_MANY, sql.UPDATE_MANY))


class Peer(Floor):
    packages = ("psycopg", "psycopg-binary")

    def open(self, url: str) -> None:
        self.url = url
        self.raw = self.connect()
        self.cursor = self.raw.cursor(binary=True)
        self.arrays = self.arrayed()

    def connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.url, autocommit=True, cursor_factory=psycopg.RawCursor)

    def arrayed(self) -> psycopg.Cursor[Any]:
        """Return a cursor that takes arrays in binary."""
        return psycopg.Cursor(self.raw)

    def close(self) -> None:
        self.raw.close()

    def rows(self, statement: str, *values: Any) -> list[Any]:
        return self.cursor.execute(statement, values).fetchall()

    def of_arrays(self, statement: str, *values: Any) -> list[Any]:
        return self.arrays.execute(statement, values, binary=True).fetchall()

    def case_a(self) -> int:
        users = [self.raw.execute(sql.BY_KEY, (i + 1,), binary=True).fetchone() for i in range(self.sizes.gets)]
        self.seen.users(users)
        return len(users)

    def case_at(self) -> int:
        users = []
        for i in range(self.sizes.gets):
            cursor = self.raw.cursor(binary=True)
            cursor.execute("BEGIN")
            users.append(cursor.execute(sql.BY_KEY, (i + 1,)).fetchone())
            cursor.execute("ROLLBACK")
        self.seen.users(users)
        return len(users)

    def case_b(self) -> int:
        users = self.rows(sql.USER)
        self.seen.users(users)
        return len(users)

    def case_cs(self) -> int:
        users = self.rows(sql.SOME, self.sizes.parents)
        keys = [row[0] for row in users]
        found = self.of_arrays(ADDRESSES, keys)
        ordered = self.of_arrays(ORDERS, keys)
        self.seen.users(users)
        self.seen.addresses(found)
        self.seen.orders(ordered)
        return len(users) + len(found) + len(ordered)

    def case_cj(self) -> int:
        rows = self.rows(sql.JOINED, self.sizes.parents)
        self.seen.users(row[:6] for row in rows)
        self.seen.addresses(row[6:] for row in rows)
        return len(rows)

    def case_d(self) -> int:
        return sum([self.shown_users(self.rows(sql.FILTERED, 20 + i % 10, "user 1%", 10)) for i in range(self.sizes.selects)])

    def case_e1(self) -> int:
        people = [schema.person(i) for i in range(self.sizes.inserts)]
        self.cursor.execute("BEGIN")
        keys = self.of_arrays(INSERT_MANY, *sql.columns(people))
        self.cursor.execute("COMMIT")
        self.seen.made(keys)
        return len(keys)

    def case_e2(self) -> int:
        keys = []
        for i in range(self.sizes.commits):
            cursor = self.raw.cursor(binary=True)
            cursor.execute("BEGIN")
            keys += cursor.execute(sql.INSERT_ONE, schema.person(i)).fetchall()
            cursor.execute("COMMIT")
        self.seen.made(keys)
        return len(keys)

    def prepare_f(self) -> None:
        self.cursor.execute("BEGIN")
        self.loaded = self.rows(sql.PEOPLE)

    prepare_g = prepare_f

    def case_f(self) -> int:
        self.arrays.execute(UPDATE_MANY, ([row[0] for row in self.loaded], [row[3] + 1 for row in self.loaded]))
        self.cursor.execute("COMMIT")
        return len(self.loaded)

    def case_g(self) -> int:
        self.cursor.executemany(sql.DELETE_EACH, [(row[0],) for row in self.loaded])
        self.cursor.execute("COMMIT")
        return len(self.loaded)

    def prepare_h(self) -> None:
        self.free = [self.connect() for _ in range(10)]

    def case_h(self) -> int:
        def work(i: int) -> tuple[Any, list[Any]]:
            raw = self.free.pop()
            cursor = raw.cursor(binary=True)
            user = cursor.execute(sql.BY_KEY, (i + 1,)).fetchone()
            found = cursor.execute(sql.OF_ONE, (i + 1,)).fetchall()
            self.free.append(raw)
            return user, found

        with ThreadPoolExecutor(10) as pool:
            pairs = list(pool.map(work, range(self.sizes.tasks)))
        self.seen.users(user for user, _ in pairs)
        self.seen.addresses(address for _, found in pairs for address in found)
        return sum(len(found) for _, found in pairs)

    def finish_h(self) -> None:
        for raw in self.free:
            raw.close()

    def case_cp(self) -> int:
        for _ in range(self.sizes.trips):
            users = self.rows(sql.SOME, self.sizes.near)
            keys = [row[0] for row in users]
            with self.raw.pipeline():
                first = self.arrayed().execute(ADDRESSES, (keys,), binary=True)
                second = self.arrayed().execute(ORDERS, (keys,), binary=True)
            found, ordered = first.fetchall(), second.fetchall()
        self.seen.users(users)
        self.seen.addresses(found)
        self.seen.orders(ordered)
        return len(users) + len(found) + len(ordered)

    def hold_users(self) -> list[Any]:
        return self.rows(sql.USER)
