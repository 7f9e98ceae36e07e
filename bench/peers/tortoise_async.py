"""Tortoise ORM under asyncio: asyncpg or aiosqlite."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

from tortoise import Tortoise, fields
from tortoise.models import Model
from tortoise.transactions import in_transaction

from bench import schema
from bench.peers.taking_part import TakingPart


class Columns(Model):
    id = fields.IntField(primary_key=True)
    name = fields.CharField(80)
    email = fields.CharField(120)
    age = fields.IntField()
    created_at = fields.DatetimeField()
    active = fields.BooleanField()

    class Meta:
        abstract = True


class User(Columns):
    class Meta:
        table = "users"


class Person(Columns):
    class Meta:
        table = "people"


class Address(Model):
    id = fields.IntField(primary_key=True)
    user = fields.ForeignKeyField("models.User", related_name="addresses")
    street = fields.CharField(80)
    city = fields.CharField(80)
    zip = fields.CharField(10)

    class Meta:
        table = "addresses"


class Order(Model):
    id = fields.IntField(primary_key=True)
    user = fields.ForeignKeyField("models.User", related_name="orders")
    total = fields.IntField()
    status = fields.CharField(20)
    created_at = fields.DatetimeField()

    class Meta:
        table = "orders"


class Peer(TakingPart):
    is_async = True
    packages = ("tortoise-orm",)
    notes: ClassVar[dict[str, str]] = {
        "*": "no identity map, no unit of work; reads run in autocommit, but for `at`",
        "cj": "joined from the child's side: it has no joined load of a collection; makes a user for each address",
        "f": "`bulk_update`, which is told the one column that changes",
    }

    async def open(self, url: str) -> None:
        address = url.replace("postgresql://", "asyncpg://") if url.startswith("postgresql") else f"sqlite://{url}?synchronous=NORMAL"
        options = ("&" if "?" in address else "?") + "minsize=1&maxsize=10" if url.startswith("postgresql") else ""
        await Tortoise.init(db_url=address + options, modules={"models": ["bench.peers.tortoise_async"]}, use_tz=False)

    async def close(self) -> None:
        await Tortoise.close_connections()

    async def case_a(self) -> int:
        users = [await User.get(id=i + 1) for i in range(self.sizes.gets)]
        self.seen.users(users)
        return len(users)

    async def case_at(self) -> int:
        users = []
        for i in range(self.sizes.gets):
            async with in_transaction() as link:
                users.append(await User.get(id=i + 1, using_db=link))
        self.seen.users(users)
        return len(users)

    async def case_b(self) -> int:
        users = await User.all()
        self.seen.users(users)
        return len(users)

    async def graph(self, parents: int) -> int:
        """Load users with addresses and orders."""
        users = await User.filter(id__lte=parents).prefetch_related("addresses", "orders")
        self.seen.users(users)
        self.seen.addresses(address for user in users for address in user.addresses)
        self.seen.orders(order for user in users for order in user.orders)
        return len(users) + sum(len(user.addresses) + len(user.orders) for user in users)

    async def case_cs(self) -> int:
        return await self.graph(self.sizes.parents)

    async def case_cp(self) -> int:
        return [await self.graph(self.sizes.near) for _ in range(self.sizes.trips)][-1]

    async def case_cj(self) -> int:
        found = await Address.filter(user_id__lte=self.sizes.parents).select_related("user")
        self.seen.users(address.user for address in found)
        self.seen.addresses(found)
        return len(found)

    async def case_d(self) -> int:
        numbers = range(self.sizes.selects)
        return sum(
            [self.shown_users(await User.filter(age__gt=20 + i % 10, name__startswith="user 1").order_by("id").limit(10)) for i in numbers]
        )

    async def case_e1(self) -> int:
        made = [person(i) for i in range(self.sizes.inserts)]
        async with in_transaction() as link:
            await Person.bulk_create(made, using_db=link)
        self.seen.made(one.pk for one in made)
        return len(made)

    async def case_e2(self) -> int:
        for i in range(self.sizes.commits):
            async with in_transaction() as link:
                one = person(i)
                await one.save(using_db=link)
        self.seen.made([one.pk])
        return self.sizes.commits

    async def prepare_f(self) -> None:
        self.loaded = await Person.all()

    prepare_g = prepare_f

    async def case_f(self) -> int:
        for one in self.loaded:
            one.age += 1
        async with in_transaction() as link:
            await Person.bulk_update(self.loaded, ["age"], using_db=link)
        return len(self.loaded)

    async def case_g(self) -> int:
        async with in_transaction() as link:
            for one in self.loaded:
                await one.delete(using_db=link)
        return len(self.loaded)

    async def case_h(self) -> int:
        async def work(i: int) -> tuple[Any, list[Any]]:
            user = await User.get(id=i + 1)
            return user, await user.addresses.all()

        pairs = await asyncio.gather(*[work(i) for i in range(self.sizes.tasks)])
        self.seen.users(user for user, _ in pairs)
        self.seen.addresses(address for _, found in pairs for address in found)
        return sum(len(found) for _, found in pairs)

    async def hold_users(self) -> list[Any]:
        return await User.all()


def person(number: int) -> Person:
    """Make a person."""
    name, email, age, created_at, active = schema.person(number)
    return Person(name=name, email=email, age=age, created_at=created_at, active=active)
