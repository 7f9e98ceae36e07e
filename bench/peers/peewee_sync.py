"""Peewee, blocking: psycopg or sqlite3."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import peewee
from playhouse.pool import PooledPostgresqlDatabase, PooledSqliteDatabase

from bench import schema

proxy = peewee.DatabaseProxy()


class Base(peewee.Model):
    class Meta:
        database = proxy


class Columns(Base):
    name = peewee.CharField()
    email = peewee.CharField()
    age = peewee.IntegerField()
    created_at = peewee.DateTimeField(formats=["%Y-%m-%d %H:%M:%S.%f"])
    active = peewee.BooleanField()


class User(Columns):
    class Meta:
        table_name = "users"


class Person(Columns):
    class Meta:
        table_name = "people"


class Address(Base):
    user = peewee.ForeignKeyField(User, backref="addresses")
    street = peewee.CharField()
    city = peewee.CharField()
    zip = peewee.CharField()

    class Meta:
        table_name = "addresses"


class Order(Base):
    user = peewee.ForeignKeyField(User, backref="orders")
    total = peewee.IntegerField()
    status = peewee.CharField()
    created_at = peewee.DateTimeField(formats=["%Y-%m-%d %H:%M:%S.%f"])

    class Meta:
        table_name = "orders"


class Peer:
    is_async = False

    def open(self, url):
        if url.startswith("postgresql"):
            self.database = PooledPostgresqlDatabase(url, max_connections=10)
        else:
            self.database = PooledSqliteDatabase(url, max_connections=10, pragmas={"synchronous": "normal"})
        proxy.initialize(self.database)
        self.database.connect()

    def close(self):
        self.database.close_all()

    def case_a(self, number):
        done = 0
        for i in range(500):
            with self.database.atomic():
                done += User.get_by_id(i + 1).id
        return done

    def case_b(self, number):
        return len(list(User.select()))

    def case_cs(self, number):
        users = peewee.prefetch(User.select().where(User.id <= 1000), Address.select(), Order.select())
        return len(users) + sum(len(user.addresses) + len(user.orders) for user in users)

    def case_cj(self, number):
        return len(list(Address.select(Address, User).join(User).where(User.id <= 1000)))

    def case_d(self, number):
        return sum(
            len(list(User.select().where(User.age > 20 + i % 10, User.name**"user 1%").order_by(User.id).limit(10))) for i in range(500)
        )

    def case_e1(self, number):
        made = [person(i) for i in range(10000)]
        with self.database.atomic():
            Person.bulk_create(made, batch_size=1000)
        return 10000

    def case_e2(self, number):
        for i in range(300):
            with self.database.atomic():
                person(i).save()
        return 300

    def case_f(self, number):
        people = list(Person.select())
        for one in people:
            one.age += 1
        with self.database.atomic():
            Person.bulk_update(people, [Person.age], batch_size=200)
        return len(people)

    def case_g(self, number):
        people = list(Person.select())
        with self.database.atomic():
            for one in people:
                one.delete_instance()
        return len(people)

    def case_h(self, number):
        def work(i):
            with self.database.connection_context():
                return len(list(User.get_by_id(i + 1).addresses))

        with ThreadPoolExecutor(9) as pool:
            return sum(pool.map(work, range(1000)))


def person(number):
    name, email, age, created_at, active = schema.person(number)
    return Person(name=name, email=email, age=age, created_at=created_at, active=active)
