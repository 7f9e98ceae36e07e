"""Peewee, blocking: psycopg or sqlite3."""

from __future__ import annotations

import operator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar

import peewee
from playhouse.pool import PooledPostgresqlDatabase, PooledSqliteDatabase

from bench.peers.peewee_models import Address, Order, Person, User, person, proxy
from bench.peers.taking_part import TakingPart


class Peer(TakingPart):
    packages = ("peewee",)
    notes: ClassVar[dict[str, str]] = {
        "*": "no identity map, no unit of work; reads run in autocommit, but for `at`",
        "cj": "joined from the child's side: it has no joined load of a collection; makes a user for each address",
        "f": "`bulk_update`, which is told the one column that changes",
    }

    def open(self, url: str) -> None:
        if url.startswith("postgresql"):
            self.database = PooledPostgresqlDatabase(url, max_connections=11, prefer_psycopg3=True)
        else:
            self.database = PooledSqliteDatabase(
                url, max_connections=11, pragmas={"synchronous": "normal"}, timeout=30, check_same_thread=False
            )
        # LIKE that minds case on PostgreSQL, and LIKE (not GLOB) on SQLite.
        self.like = operator.mod if url.startswith("postgresql") else operator.pow
        proxy.initialize(self.database)
        self.database.connect()

    def close(self) -> None:
        self.database.close_all()

    def case_a(self) -> int:
        users = [User.get_by_id(i + 1) for i in range(self.sizes.gets)]
        self.seen.users(users)
        return len(users)

    def case_at(self) -> int:
        users = []
        for i in range(self.sizes.gets):
            with self.database.atomic():
                users.append(User.get_by_id(i + 1))
        self.seen.users(users)
        return len(users)

    def case_b(self) -> int:
        users = list(User.select())
        self.seen.users(users)
        return len(users)

    def graph(self, parents: int) -> int:
        """Load users with addresses and orders."""
        users = peewee.prefetch(User.select().where(User.id <= parents), Address.select(), Order.select())
        self.seen.users(users)
        self.seen.addresses(address for user in users for address in user.addresses)
        self.seen.orders(order for user in users for order in user.orders)
        return len(users) + sum(len(user.addresses) + len(user.orders) for user in users)

    def case_cs(self) -> int:
        return self.graph(self.sizes.parents)

    def case_cp(self) -> int:
        return [self.graph(self.sizes.near) for _ in range(self.sizes.trips)][-1]

    def case_cj(self) -> int:
        found = list(Address.select(Address, User).join(User).where(User.id <= self.sizes.parents))
        self.seen.users(address.user for address in found)
        self.seen.addresses(found)
        return len(found)

    def case_d(self) -> int:
        def query(i: int) -> Any:
            return User.select().where(User.age > 20 + i % 10, self.like(User.name, "user 1%")).order_by(User.id).limit(10)

        return sum([self.shown_users(list(query(i))) for i in range(self.sizes.selects)])

    def case_e1(self) -> int:
        made = [person(i) for i in range(self.sizes.inserts)]
        with self.database.atomic():
            Person.bulk_create(made, batch_size=1000)
        self.seen.made(one.id for one in made)
        return len(made)

    def case_e2(self) -> int:
        for i in range(self.sizes.commits):
            with self.database.atomic():
                one = person(i)
                one.save()
        self.seen.made([one.id])
        return self.sizes.commits

    def prepare_f(self) -> None:
        self.loaded = list(Person.select())

    prepare_g = prepare_f

    def case_f(self) -> int:
        for one in self.loaded:
            one.age += 1
        with self.database.atomic():
            Person.bulk_update(self.loaded, [Person.age], batch_size=200)
        return len(self.loaded)

    def case_g(self) -> int:
        with self.database.atomic():
            for one in self.loaded:
                one.delete_instance()
        return len(self.loaded)

    def case_h(self) -> int:
        def work(i: int) -> tuple[Any, list[Any]]:
            with self.database.connection_context():
                user = User.get_by_id(i + 1)
                return user, list(user.addresses)

        with ThreadPoolExecutor(10) as pool:
            pairs = list(pool.map(work, range(self.sizes.tasks)))
        self.seen.users(user for user, _ in pairs)
        self.seen.addresses(address for _, found in pairs for address in found)
        return sum(len(found) for _, found in pairs)

    def hold_users(self) -> list[Any]:
        return list(User.select())
