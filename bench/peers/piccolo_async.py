"""Piccolo under asyncio: asyncpg or aiosqlite."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import Any, ClassVar

from piccolo.columns import Boolean, ForeignKey, Integer, Serial, Timestamp, Varchar
from piccolo.engine.postgres import PostgresEngine
from piccolo.engine.sqlite import SQLiteEngine
from piccolo.table import Table

from bench import schema
from bench.peers.taking_part import TakingPart
from bench.seen import USER, Seen


class User(Table, tablename="users"):
    id = Serial(primary_key=True)
    name = Varchar(80)
    email = Varchar(120)
    age = Integer()
    created_at = Timestamp()
    active = Boolean()


class Person(Table, tablename="people"):
    id = Serial(primary_key=True)
    name = Varchar(80)
    email = Varchar(120)
    age = Integer()
    created_at = Timestamp()
    active = Boolean()


class Address(Table, tablename="addresses"):
    id = Serial(primary_key=True)
    user = ForeignKey(User, db_column_name="user_id")
    street = Varchar(80)
    city = Varchar(80)
    zip = Varchar(10)


class Order(Table, tablename="orders"):
    id = Serial(primary_key=True)
    user = ForeignKey(User, db_column_name="user_id")
    total = Integer()
    status = Varchar(20)
    created_at = Timestamp()


def address(one: Any) -> tuple[Any, ...]:
    """Return the values of an address, whose user may be a key or an object."""
    return one.id, one.user.id if isinstance(one.user, User) else one.user, one.street, one.city, one.zip


def order(one: Any) -> tuple[Any, ...]:
    """Return the values of an order."""
    return one.id, one.user, one.total, one.status, one.created_at


class Peer(TakingPart):
    is_async = True
    packages = ("piccolo",)
    notes: ClassVar[dict[str, str]] = {
        "*": "no identity map, no unit of work; reads run in autocommit, but for `at`; on SQLite it opens a connection for each "
        "statement or transaction, which waits for the disk at commit",
        "cs": "it loads no collections; three queries, grouped by hand",
        "cp": "it loads no collections; three queries, grouped by hand",
        "cj": "joined from the child's side: it has no joined load of a collection; makes a user for each address",
        "f": "an UPDATE for each object (`save`), of the one column that changes",
    }

    def watching(self) -> Seen:
        return Seen(USER, address, order)

    async def open(self, url: str) -> None:
        self.is_server = url.startswith("postgresql")
        self.engine: Any = PostgresEngine({"dsn": url}, extensions=()) if self.is_server else SQLiteEngine(url, timeout=30)
        for table in (User, Person, Address, Order):
            table._meta._db = self.engine
        if self.is_server:
            await self.engine.start_connection_pool(min_size=10, max_size=10)

    async def close(self) -> None:
        if self.is_server:
            await self.engine.close_connection_pool()

    async def case_a(self) -> int:
        users = [await User.objects().get(User.id == i + 1) for i in range(self.sizes.gets)]
        self.seen.users(users)
        return len(users)

    async def case_at(self) -> int:
        users = []
        for i in range(self.sizes.gets):
            async with self.engine.transaction():
                users.append(await User.objects().get(User.id == i + 1))
        self.seen.users(users)
        return len(users)

    async def case_b(self) -> int:
        users = await User.objects()
        self.seen.users(users)
        return len(users)

    async def graph(self, parents: int) -> int:
        """Load users with addresses and orders, and group them."""
        users = await User.objects().where(User.id <= parents)
        keys = [user.id for user in users]
        found: dict[int, list[Any]] = defaultdict(list)
        ordered: dict[int, list[Any]] = defaultdict(list)
        for one in await Address.objects().where(Address.user.is_in(keys)):
            found[one.user].append(one)
        for one in await Order.objects().where(Order.user.is_in(keys)):
            ordered[one.user].append(one)
        self.seen.users(users)
        self.seen.addresses(one for user in users for one in found[user.id])
        self.seen.orders(one for user in users for one in ordered[user.id])
        return len(users) + sum(len(found[user.id]) + len(ordered[user.id]) for user in users)

    async def case_cs(self) -> int:
        return await self.graph(self.sizes.parents)

    async def case_cp(self) -> int:
        return [await self.graph(self.sizes.near) for _ in range(self.sizes.trips)][-1]

    async def case_cj(self) -> int:
        found = await Address.objects(Address.user).where(Address.user <= self.sizes.parents)
        self.seen.users(one.user for one in found)
        self.seen.addresses(found)
        return len(found)

    async def case_d(self) -> int:
        def query(i: int) -> Any:
            return User.objects().where(User.age > 20 + i % 10, User.name.like("user 1%")).order_by(User.id).limit(10)

        return sum([self.shown_users(await query(i)) for i in range(self.sizes.selects)])

    async def case_e1(self) -> int:
        made = [person(i) for i in range(self.sizes.inserts)]
        async with self.engine.transaction():
            for start in range(0, len(made), 1000):
                await Person.insert(*made[start : start + 1000])
        self.seen.made(one.id if one._exists_in_db else None for one in made)
        return len(made)

    async def case_e2(self) -> int:
        for i in range(self.sizes.commits):
            async with self.engine.transaction():
                one = person(i)
                await one.save()
        self.seen.made([one.id])
        return self.sizes.commits

    async def prepare_f(self) -> None:
        self.loaded = await Person.objects()

    prepare_g = prepare_f

    async def case_f(self) -> int:
        async with self.engine.transaction():
            for one in self.loaded:
                one.age += 1
                await one.save([Person.age])
        return len(self.loaded)

    async def case_g(self) -> int:
        async with self.engine.transaction():
            for one in self.loaded:
                await one.remove()
        return len(self.loaded)

    async def case_h(self) -> int:
        async def work(i: int) -> tuple[Any, list[Any]]:
            user = await User.objects().get(User.id == i + 1)
            return user, await Address.objects().where(Address.user == user.id)

        pairs = await asyncio.gather(*[work(i) for i in range(self.sizes.tasks)])
        self.seen.users(user for user, _ in pairs)
        self.seen.addresses(one for _, found in pairs for one in found)
        return sum(len(found) for _, found in pairs)

    async def hold_users(self) -> list[Any]:
        return await User.objects()


def person(number: int) -> Person:
    """Make a person."""
    name, email, age, created_at, active = schema.person(number)
    return Person(name=name, email=email, age=age, created_at=created_at, active=active)
