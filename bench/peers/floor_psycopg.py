"""The floor for PostgreSQL, blocking: psycopg 3 and hand-written SQL."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg

from bench import schema
from bench.peers import postgres_sql as sql


class Peer:
    is_async = False

    def open(self, url):
        self.url = url
        self.raw = self.connect()

    def connect(self):
        return psycopg.connect(self.url, autocommit=True, cursor_factory=psycopg.RawCursor)

    def close(self):
        self.raw.close()

    def run(self, *statements):
        """Send statements in one pipeline; return the rows of each that has any."""
        with self.raw.pipeline():
            cursors = [self.raw.execute(*statement) for statement in statements]
        return [cursor.fetchall() for cursor in cursors if cursor.description]

    def case_a(self, number):
        done = 0
        for i in range(500):
            ((row,),) = self.run(("BEGIN",), (sql.BY_KEY, (i + 1,)))
            self.raw.execute("ROLLBACK")
            done += row[0]
        return done

    def case_b(self, number):
        return len(self.raw.execute(sql.USER).fetchall())

    def case_cs(self, number):
        users = self.raw.execute(sql.SOME).fetchall()
        keys = [row[0] for row in users]
        found, ordered = self.run((sql.ADDRESSES, (keys,)), (sql.ORDERS, (keys,)))
        return len(users) + len(found) + len(ordered)

    def case_cj(self, number):
        return len(self.raw.execute(sql.JOINED).fetchall())

    def case_d(self, number):
        return sum(len(self.raw.execute(sql.FILTERED, (20 + i % 10, "user 1%", 10)).fetchall()) for i in range(500))

    def case_e1(self, number):
        columns = [list(column) for column in zip(*map(schema.person, range(10000)), strict=True)]
        self.run(("BEGIN",), (sql.INSERT_MANY, columns))
        self.raw.execute("COMMIT")
        return 10000

    def case_e2(self, number):
        for i in range(300):
            self.run(("BEGIN",), (sql.INSERT_ONE, schema.person(i)))
            self.raw.execute("COMMIT")
        return 300

    def case_f(self, number):
        people = self.raw.execute(sql.PEOPLE).fetchall()
        self.run(("BEGIN",), (sql.UPDATE_MANY, ([row[0] for row in people], [row[3] + 1 for row in people])))
        self.raw.execute("COMMIT")
        return len(people)

    def case_g(self, number):
        people = self.raw.execute(sql.PEOPLE).fetchall()
        self.raw.execute("BEGIN")
        with self.raw.cursor() as cursor:
            cursor.executemany(sql.DELETE_EACH, [(row[0],) for row in people])
        self.raw.execute("COMMIT")
        return len(people)

    def case_h(self, number):
        links = [self.connect() for _ in range(10)]

        def work(i):
            raw = links.pop()
            raw.execute(sql.BY_KEY, (i + 1,)).fetchone()
            rows = raw.execute(sql.OF_ONE, (i + 1,)).fetchall()
            links.append(raw)
            return len(rows)

        with ThreadPoolExecutor(10) as pool:
            done = sum(pool.map(work, range(1000)))
        for raw in links:
            raw.close()
        return done
