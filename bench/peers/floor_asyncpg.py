"""The floor for PostgreSQL under asyncio: asyncpg, hand-written SQL, asyncpg's prepared statements. It has no pipeline."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg

from bench import schema
from bench.peers import postgres_sql as sql
from bench.peers.taking_part import Floor


class Peer(Floor):
    is_async = True
    packages = ("asyncpg",)

    async def open(self, url: str) -> None:
        self.url = url
        self.raw = await asyncpg.connect(url)

    async def close(self) -> None:
        await self.raw.close()

    async def case_a(self) -> int:
        users = [await self.raw.fetchrow(sql.BY_KEY, i + 1) for i in range(self.sizes.gets)]
        self.seen.users(users)
        return len(users)

    async def case_at(self) -> int:
        users = []
        for i in range(self.sizes.gets):
            await self.raw.execute("BEGIN")
            users.append(await self.raw.fetchrow(sql.BY_KEY, i + 1))
            await self.raw.execute("ROLLBACK")
        self.seen.users(users)
        return len(users)

    async def case_b(self) -> int:
        users = await self.raw.fetch(sql.USER)
        self.seen.users(users)
        return len(users)

    async def graph(self, parents: int) -> tuple[list[Any], list[Any], list[Any]]:
        users = await self.raw.fetch(sql.SOME, parents)
        keys = [row[0] for row in users]
        return users, await self.raw.fetch(sql.ADDRESSES, keys), await self.raw.fetch(sql.ORDERS, keys)

    async def case_cs(self) -> int:
        users, found, ordered = await self.graph(self.sizes.parents)
        self.seen.users(users)
        self.seen.addresses(found)
        self.seen.orders(ordered)
        return len(users) + len(found) + len(ordered)

    async def case_cp(self) -> int:
        for _ in range(self.sizes.trips):
            users, found, ordered = await self.graph(self.sizes.near)
        self.seen.users(users)
        self.seen.addresses(found)
        self.seen.orders(ordered)
        return len(users) + len(found) + len(ordered)

    async def case_cj(self) -> int:
        rows = await self.raw.fetch(sql.JOINED, self.sizes.parents)
        self.seen.users(tuple(row)[:6] for row in rows)
        self.seen.addresses(tuple(row)[6:] for row in rows)
        return len(rows)

    async def case_d(self) -> int:
        return sum([self.shown_users(await self.raw.fetch(sql.FILTERED, 20 + i % 10, "user 1%", 10)) for i in range(self.sizes.selects)])

    async def case_e1(self) -> int:
        people = [schema.person(i) for i in range(self.sizes.inserts)]
        await self.raw.execute("BEGIN")
        keys = await self.raw.fetch(sql.INSERT_MANY, *sql.columns(people))
        await self.raw.execute("COMMIT")
        self.seen.made(keys)
        return len(keys)

    async def case_e2(self) -> int:
        keys = []
        for i in range(self.sizes.commits):
            await self.raw.execute("BEGIN")
            keys.append(await self.raw.fetchval(sql.INSERT_ONE, *schema.person(i)))
            await self.raw.execute("COMMIT")
        self.seen.made(keys)
        return len(keys)

    async def prepare_f(self) -> None:
        await self.raw.execute("BEGIN")
        self.loaded = await self.raw.fetch(sql.PEOPLE)

    prepare_g = prepare_f

    async def case_f(self) -> int:
        await self.raw.execute(sql.UPDATE_MANY, [row[0] for row in self.loaded], [row[3] + 1 for row in self.loaded])
        await self.raw.execute("COMMIT")
        return len(self.loaded)

    async def case_g(self) -> int:
        await self.raw.executemany(sql.DELETE_EACH, [(row[0],) for row in self.loaded])
        await self.raw.execute("COMMIT")
        return len(self.loaded)

    async def prepare_h(self) -> None:
        self.pool = await asyncpg.create_pool(self.url, min_size=10, max_size=10)

    async def case_h(self) -> int:
        async def work(i: int) -> tuple[Any, list[Any]]:
            async with self.pool.acquire() as raw:
                return await raw.fetchrow(sql.BY_KEY, i + 1), await raw.fetch(sql.OF_ONE, i + 1)

        pairs = await asyncio.gather(*[work(i) for i in range(self.sizes.tasks)])
        self.seen.users(user for user, _ in pairs)
        self.seen.addresses(address for _, found in pairs for address in found)
        return sum(len(found) for _, found in pairs)

    async def finish_h(self) -> None:
        await self.pool.close()

    async def hold_users(self) -> list[Any]:
        return await self.raw.fetch(sql.USER)
