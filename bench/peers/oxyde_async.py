"""Oxyde under asyncio: a core in Rust (sqlx), objects of pydantic."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any, ClassVar

import oxyde
from oxyde.db import transaction

from bench import schema
from bench.peers.taking_part import TakingPart


class User(oxyde.Model):
    id: int | None = oxyde.Field(default=None, db_pk=True)
    name: str
    email: str
    age: int
    created_at: datetime
    active: bool
    addresses: list[Address] = oxyde.Field(default_factory=list, db_reverse_fk="user_id")
    orders: list[Order] = oxyde.Field(default_factory=list, db_reverse_fk="user_id")

    class Meta:
        is_table = True
        table_name = "users"


class Person(oxyde.Model):
    id: int | None = oxyde.Field(default=None, db_pk=True)
    name: str
    email: str
    age: int
    created_at: datetime
    active: bool

    class Meta:
        is_table = True
        table_name = "people"


class Address(oxyde.Model):
    id: int | None = oxyde.Field(default=None, db_pk=True)
    user: User | None = oxyde.Field(default=None, db_on_delete="NO ACTION")
    street: str
    city: str
    zip: str

    class Meta:
        is_table = True
        table_name = "addresses"


class Order(oxyde.Model):
    id: int | None = oxyde.Field(default=None, db_pk=True)
    user: User | None = oxyde.Field(default=None, db_on_delete="NO ACTION")
    total: int
    status: str
    created_at: datetime

    class Meta:
        is_table = True
        table_name = "orders"


class Peer(TakingPart):
    is_async = True
    packages = ("oxyde", "oxyde-core", "pydantic")
    notes: ClassVar[dict[str, str]] = {
        "*": "no identity map, no unit of work; reads run in autocommit, but for `at`; its client CPU includes its threads in Rust",
        "cj": "joined from the child's side: it has no joined load of a collection; each user is made once",
        "f": "`bulk_update`, which is told the one column that changes",
    }

    async def open(self, url: str) -> None:
        address = url.replace(":@/", "@localhost/") if url.startswith("postgresql") else f"sqlite:///{url}"
        await oxyde.db.init(default=address, settings=oxyde.PoolSettings(max_connections=10, test_before_acquire=False))

    async def close(self) -> None:
        await oxyde.db.close()

    async def case_a(self) -> int:
        users = [await User.objects.get(id=i + 1) for i in range(self.sizes.gets)]
        self.seen.users(users)
        return len(users)

    async def case_at(self) -> int:
        users = []
        for i in range(self.sizes.gets):
            async with transaction.atomic():
                users.append(await User.objects.get(id=i + 1))
        self.seen.users(users)
        return len(users)

    async def case_b(self) -> int:
        users = await User.objects.all()
        self.seen.users(users)
        return len(users)

    async def graph(self, parents: int) -> int:
        """Load users with addresses and orders."""
        users = await User.objects.filter(id__lte=parents).prefetch("addresses", "orders").all()
        self.seen.users(users)
        self.seen.addresses(address for user in users for address in user.addresses)
        self.seen.orders(order for user in users for order in user.orders)
        return len(users) + sum(len(user.addresses) + len(user.orders) for user in users)

    async def case_cs(self) -> int:
        return await self.graph(self.sizes.parents)

    async def case_cp(self) -> int:
        return [await self.graph(self.sizes.near) for _ in range(self.sizes.trips)][-1]

    async def case_cj(self) -> int:
        found = await Address.objects.join("user").filter(user_id__lte=self.sizes.parents).all()
        self.seen.users(address.user for address in found)
        self.seen.addresses(found)
        return len(found)

    async def case_d(self) -> int:
        def query(i: int) -> Any:
            return User.objects.filter(age__gt=20 + i % 10, name__startswith="user 1").order_by("id").limit(10)

        return sum([self.shown_users(await query(i).all()) for i in range(self.sizes.selects)])

    async def case_e1(self) -> int:
        made = [person(i) for i in range(self.sizes.inserts)]
        async with transaction.atomic():
            await Person.objects.bulk_create(made, batch_size=1000)
        self.seen.made(one.id for one in made)
        return len(made)

    async def case_e2(self) -> int:
        for i in range(self.sizes.commits):
            async with transaction.atomic():
                one = await person(i).save()
        self.seen.made([one.id])
        return self.sizes.commits

    async def prepare_f(self) -> None:
        self.loaded = await Person.objects.all()

    prepare_g = prepare_f

    async def case_f(self) -> int:
        for one in self.loaded:
            one.age += 1
        async with transaction.atomic():
            for start in range(0, len(self.loaded), 500):  # SQLite takes no deeper CASE
                await Person.objects.bulk_update(self.loaded[start : start + 500], ["age"])
        return len(self.loaded)

    async def case_g(self) -> int:
        async with transaction.atomic():
            for one in self.loaded:
                await one.delete()
        return len(self.loaded)

    async def case_h(self) -> int:
        async def work(i: int) -> tuple[Any, list[Any]]:
            user = (await User.objects.filter(id=i + 1).prefetch("addresses").all())[0]
            return user, user.addresses

        pairs = await asyncio.gather(*[work(i) for i in range(self.sizes.tasks)])
        self.seen.users(user for user, _ in pairs)
        self.seen.addresses(address for _, found in pairs for address in found)
        return sum(len(found) for _, found in pairs)

    async def hold_users(self) -> list[Any]:
        return await User.objects.all()


def person(number: int) -> Person:
    """Make a person."""
    name, email, age, created_at, active = schema.person(number)
    return Person(name=name, email=email, age=age, created_at=created_at, active=active)
