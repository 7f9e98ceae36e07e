"""The floor for PostgreSQL under asyncio: asyncpg and hand-written SQL."""

from __future__ import annotations

import asyncio

import asyncpg

from bench import schema
from bench.peers import postgres_sql as sql


class Peer:
    is_async = True

    async def open(self, url):
        self.pool = await asyncpg.create_pool(url, min_size=10, max_size=10)
        self.raw = await self.pool.acquire()

    async def close(self):
        await self.pool.release(self.raw)
        await self.pool.close()

    async def case_a(self, number):
        done = 0
        for i in range(500):
            await self.raw.execute("BEGIN")
            done += (await self.raw.fetchrow(sql.BY_KEY, i + 1))[0]
            await self.raw.execute("ROLLBACK")
        return done

    async def case_b(self, number):
        return len(await self.raw.fetch(sql.USER))

    async def case_cs(self, number):
        users = await self.raw.fetch(sql.SOME)
        keys = [row[0] for row in users]
        return len(users) + len(await self.raw.fetch(sql.ADDRESSES, keys)) + len(await self.raw.fetch(sql.ORDERS, keys))

    async def case_cj(self, number):
        return len(await self.raw.fetch(sql.JOINED))

    async def case_d(self, number):
        return sum([len(await self.raw.fetch(sql.FILTERED, 20 + i % 10, "user 1%", 10)) for i in range(500)])

    async def case_e1(self, number):
        columns = [list(column) for column in zip(*map(schema.person, range(10000)), strict=True)]
        async with self.raw.transaction():
            return len(await self.raw.fetch(sql.INSERT_MANY, *columns))

    async def case_e2(self, number):
        for i in range(300):
            async with self.raw.transaction():
                await self.raw.fetch(sql.INSERT_ONE, *schema.person(i))
        return 300

    async def case_f(self, number):
        people = await self.raw.fetch(sql.PEOPLE)
        async with self.raw.transaction():
            await self.raw.execute(sql.UPDATE_MANY, [row[0] for row in people], [row[3] + 1 for row in people])
        return len(people)

    async def case_g(self, number):
        people = await self.raw.fetch(sql.PEOPLE)
        async with self.raw.transaction():
            await self.raw.executemany(sql.DELETE_EACH, [(row[0],) for row in people])
        return len(people)

    async def case_h(self, number):
        await self.pool.release(self.raw)

        async def work(i):
            async with self.pool.acquire() as raw:
                await raw.fetchrow(sql.BY_KEY, i + 1)
                return len(await raw.fetch(sql.OF_ONE, i + 1))

        done = sum(await asyncio.gather(*[work(i) for i in range(1000)]))
        self.raw = await self.pool.acquire()
        return done
