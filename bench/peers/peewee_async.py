"""Peewee under asyncio (greenlet): asyncpg or aiosqlite."""

from __future__ import annotations

import asyncio
import operator
from typing import Any, ClassVar
from urllib.parse import urlsplit

from playhouse.pwasyncio import AsyncPostgresqlDatabase, AsyncSqliteDatabase
from psycopg.conninfo import conninfo_to_dict

from bench.peers.peewee_models import Address, Order, Person, User, person, proxy
from bench.peers.peewee_sync import Peer as SyncPeer
from bench.peers.taking_part import TakingPart


class Peer(TakingPart):
    is_async = True
    packages = ("peewee", "greenlet")
    notes: ClassVar[dict[str, str]] = {
        **SyncPeer.notes,
        "f": f"{SyncPeer.notes['f']}; on PostgreSQL an UPDATE for each object, since asyncpg refuses that statement",
    }

    async def open(self, url: str) -> None:
        self.is_server = url.startswith("postgresql")
        if self.is_server:
            parts = conninfo_to_dict(url)
            parts["database"] = parts.pop("dbname", None) or urlsplit(url).path.lstrip("/")
            self.database = AsyncPostgresqlDatabase(**parts, pool_size=10)
        else:
            self.database = AsyncSqliteDatabase(url, pragmas={"synchronous": "normal"}, pool_size=10)
        # LIKE that minds case on PostgreSQL, and LIKE (not GLOB) on SQLite.
        self.like = operator.mod if self.is_server else operator.pow
        proxy.initialize(self.database)
        await self.database.aconnect()

    async def close(self) -> None:
        await self.database.aclose()
        await self.database.close_pool()

    async def case_a(self) -> int:
        users = [await User.aget_by_id(i + 1) for i in range(self.sizes.gets)]
        self.seen.users(users)
        return len(users)

    async def case_at(self) -> int:
        users = []
        for i in range(self.sizes.gets):
            async with self.database.atomic():
                users.append(await User.aget_by_id(i + 1))
        self.seen.users(users)
        return len(users)

    async def case_b(self) -> int:
        users = await self.hold_users()
        self.seen.users(users)
        return len(users)

    async def graph(self, parents: int) -> int:
        """Load users with addresses and orders."""
        users = await self.database.aprefetch(User.select().where(User.id <= parents), Address.select(), Order.select())
        self.seen.users(users)
        self.seen.addresses(address for user in users for address in user.addresses)
        self.seen.orders(order for user in users for order in user.orders)
        return len(users) + sum(len(user.addresses) + len(user.orders) for user in users)

    async def case_cs(self) -> int:
        return await self.graph(self.sizes.parents)

    async def case_cp(self) -> int:
        return [await self.graph(self.sizes.near) for _ in range(self.sizes.trips)][-1]

    async def case_cj(self) -> int:
        found = await self.database.list(Address.select(Address, User).join(User).where(User.id <= self.sizes.parents))
        self.seen.users(address.user for address in found)
        self.seen.addresses(found)
        return len(found)

    async def case_d(self) -> int:
        def query(i: int) -> Any:
            return User.select().where(User.age > 20 + i % 10, self.like(User.name, "user 1%")).order_by(User.id).limit(10)

        return sum([self.shown_users(await self.database.list(query(i))) for i in range(self.sizes.selects)])

    async def case_e1(self) -> int:
        made = [person(i) for i in range(self.sizes.inserts)]
        async with self.database.atomic():
            await Person.abulk_create(made, batch_size=1000)
        self.seen.made(one.id for one in made)
        return len(made)

    async def case_e2(self) -> int:
        for i in range(self.sizes.commits):
            async with self.database.atomic():
                one = person(i)
                await one.asave()
        self.seen.made([one.id])
        return self.sizes.commits

    async def prepare_f(self) -> None:
        self.loaded = await self.database.list(Person.select())

    prepare_g = prepare_f

    async def case_f(self) -> int:
        for one in self.loaded:
            one.age += 1
        async with self.database.atomic():
            if self.is_server:
                for one in self.loaded:
                    await one.asave(only=[Person.age])
            else:
                await Person.abulk_update(self.loaded, [Person.age], batch_size=200)
        return len(self.loaded)

    async def case_g(self) -> int:
        async with self.database.atomic():
            for one in self.loaded:
                await one.adelete_instance()
        return len(self.loaded)

    async def case_h(self) -> int:
        async def work(i: int) -> tuple[Any, list[Any]]:
            async with self.database:
                user = await User.aget_by_id(i + 1)
                return user, await self.database.list(user.addresses)

        pairs = await asyncio.gather(*[work(i) for i in range(self.sizes.tasks)])
        self.seen.users(user for user, _ in pairs)
        self.seen.addresses(address for _, found in pairs for address in found)
        return sum(len(found) for _, found in pairs)

    async def hold_users(self) -> list[Any]:
        return await self.database.list(User.select())
