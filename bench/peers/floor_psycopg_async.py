"""The floor for PostgreSQL under asyncio: psycopg 3, hand-written SQL, results in binary, psycopg's prepared statements.

BEGIN shares a pipeline with the first statement, which under asyncio is quicker than two trips even on the same machine.
"""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg

from bench import schema
from bench.peers import postgres_sql as sql
from bench.peers.taking_part import Floor

ADDRESSES, ORDERS, INSERT_MANY, UPDATE_MANY = map(sql.binary, (sql.ADDRESSES, sql.ORDERS, sql.INSERT_MANY, sql.UPDATE_MANY))


class Peer(Floor):
    is_async = True
    packages = ("psycopg", "psycopg-binary")

    async def open(self, url: str) -> None:
        self.url = url
        self.raw = await self.connect()
        self.cursor = self.raw.cursor(binary=True)
        self.arrays = self.arrayed()

    async def connect(self) -> psycopg.AsyncConnection[Any]:
        return await psycopg.AsyncConnection.connect(self.url, autocommit=True, cursor_factory=psycopg.AsyncRawCursor)

    def arrayed(self) -> psycopg.AsyncCursor[Any]:
        """Return a cursor that takes arrays in binary."""
        return psycopg.AsyncCursor(self.raw)

    async def close(self) -> None:
        await self.raw.close()

    async def rows(self, statement: str, *values: Any) -> list[Any]:
        return await (await self.cursor.execute(statement, values)).fetchall()

    async def of_arrays(self, statement: str, *values: Any) -> list[Any]:
        return await (await self.arrays.execute(statement, values, binary=True)).fetchall()

    async def case_a(self) -> int:
        users = [await (await self.raw.execute(sql.BY_KEY, (i + 1,), binary=True)).fetchone() for i in range(self.sizes.gets)]
        self.seen.users(users)
        return len(users)

    async def case_at(self) -> int:
        users = []
        for i in range(self.sizes.gets):
            async with self.raw.pipeline():
                await self.raw.execute("BEGIN")
                found = await self.raw.execute(sql.BY_KEY, (i + 1,), binary=True)
            users.append(await found.fetchone())
            await self.cursor.execute("ROLLBACK")
        self.seen.users(users)
        return len(users)

    async def case_b(self) -> int:
        users = await self.rows(sql.USER)
        self.seen.users(users)
        return len(users)

    async def case_cs(self) -> int:
        users = await self.rows(sql.SOME, self.sizes.parents)
        keys = [row[0] for row in users]
        found = await self.of_arrays(ADDRESSES, keys)
        ordered = await self.of_arrays(ORDERS, keys)
        self.seen.users(users)
        self.seen.addresses(found)
        self.seen.orders(ordered)
        return len(users) + len(found) + len(ordered)

    async def case_cj(self) -> int:
        rows = await self.rows(sql.JOINED, self.sizes.parents)
        self.seen.users(row[:6] for row in rows)
        self.seen.addresses(row[6:] for row in rows)
        return len(rows)

    async def case_d(self) -> int:
        return sum([self.shown_users(await self.rows(sql.FILTERED, 20 + i % 10, "user 1%", 10)) for i in range(self.sizes.selects)])

    async def case_e1(self) -> int:
        people = [schema.person(i) for i in range(self.sizes.inserts)]
        await self.cursor.execute("BEGIN")
        keys = await self.of_arrays(INSERT_MANY, *sql.columns(people))
        await self.cursor.execute("COMMIT")
        self.seen.made(keys)
        return len(keys)

    async def case_e2(self) -> int:
        keys = []
        for i in range(self.sizes.commits):
            async with self.raw.pipeline():
                await self.raw.execute("BEGIN")
                found = await self.raw.execute(sql.INSERT_ONE, schema.person(i), binary=True)
            keys += await found.fetchall()
            await self.cursor.execute("COMMIT")
        self.seen.made(keys)
        return len(keys)

    async def prepare_f(self) -> None:
        await self.cursor.execute("BEGIN")
        self.loaded = await self.rows(sql.PEOPLE)

    prepare_g = prepare_f

    async def case_f(self) -> int:
        await self.arrays.execute(UPDATE_MANY, ([row[0] for row in self.loaded], [row[3] + 1 for row in self.loaded]))
        await self.cursor.execute("COMMIT")
        return len(self.loaded)

    async def case_g(self) -> int:
        await self.cursor.executemany(sql.DELETE_EACH, [(row[0],) for row in self.loaded])
        await self.cursor.execute("COMMIT")
        return len(self.loaded)

    async def prepare_h(self) -> None:
        self.links = [await self.connect() for _ in range(10)]

    async def case_h(self) -> int:
        free: asyncio.Queue[Any] = asyncio.Queue()
        for raw in self.links:
            free.put_nowait(raw)

        async def work(i: int) -> tuple[Any, list[Any]]:
            raw = await free.get()
            cursor = raw.cursor(binary=True)
            user = await (await cursor.execute(sql.BY_KEY, (i + 1,))).fetchone()
            found = await (await cursor.execute(sql.OF_ONE, (i + 1,))).fetchall()
            free.put_nowait(raw)
            return user, found

        pairs = await asyncio.gather(*[work(i) for i in range(self.sizes.tasks)])
        self.seen.users(user for user, _ in pairs)
        self.seen.addresses(address for _, found in pairs for address in found)
        return sum(len(found) for _, found in pairs)

    async def finish_h(self) -> None:
        for raw in self.links:
            await raw.close()

    async def case_cp(self) -> int:
        for _ in range(self.sizes.trips):
            users = await self.rows(sql.SOME, self.sizes.near)
            keys = [row[0] for row in users]
            async with self.raw.pipeline():
                first = await self.arrayed().execute(ADDRESSES, (keys,), binary=True)
                second = await self.arrayed().execute(ORDERS, (keys,), binary=True)
            found, ordered = await first.fetchall(), await second.fetchall()
        self.seen.users(users)
        self.seen.addresses(found)
        self.seen.orders(ordered)
        return len(users) + len(found) + len(ordered)

    async def hold_users(self) -> list[Any]:
        return await self.rows(sql.USER)
