"""Tortoise ORM under asyncio: asyncpg or aiosqlite."""

from __future__ import annotations

import asyncio

from tortoise import Tortoise, fields
from tortoise.models import Model
from tortoise.transactions import in_transaction

from bench import schema


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


class Peer:
    is_async = True

    async def open(self, url):
        address = url.replace("postgresql://", "asyncpg://") if url.startswith("postgresql") else f"sqlite://{url}?synchronous=NORMAL"
        await Tortoise.init(db_url=address, modules={"models": ["bench.peers.tortoise_async"]}, use_tz=False)

    async def close(self):
        await Tortoise.close_connections()

    async def case_a(self, number):
        done = 0
        for i in range(500):
            async with in_transaction() as link:
                done += (await User.get(id=i + 1, using_db=link)).id
        return done

    async def case_b(self, number):
        return len(await User.all())

    async def case_cs(self, number):
        users = await User.filter(id__lte=1000).prefetch_related("addresses", "orders")
        return len(users) + sum(len(user.addresses) + len(user.orders) for user in users)

    async def case_cj(self, number):
        return len(await Address.filter(user_id__lte=1000).select_related("user"))

    async def case_d(self, number):
        return sum([len(await User.filter(age__gt=20 + i % 10, name__startswith="user 1").order_by("id").limit(10)) for i in range(500)])

    async def case_e1(self, number):
        made = [person(i) for i in range(10000)]
        async with in_transaction() as link:
            await Person.bulk_create(made, using_db=link)
        return 10000

    async def case_e2(self, number):
        for i in range(300):
            async with in_transaction() as link:
                await person(i).save(using_db=link)
        return 300

    async def case_f(self, number):
        people = await Person.all()
        for one in people:
            one.age += 1
        async with in_transaction() as link:
            await Person.bulk_update(people, ["age"], using_db=link)
        return len(people)

    async def case_g(self, number):
        people = await Person.all()
        async with in_transaction() as link:
            for one in people:
                await one.delete(using_db=link)
        return len(people)

    async def case_h(self, number):
        async def work(i):
            return len(await (await User.get(id=i + 1)).addresses.all())

        return sum(await asyncio.gather(*[work(i) for i in range(1000)]))


def person(number):
    name, email, age, created_at, active = schema.person(number)
    return Person(name=name, email=email, age=age, created_at=created_at, active=active)
