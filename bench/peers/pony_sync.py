"""Pony, blocking: psycopg2 or sqlite3."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, ClassVar

from pony import orm
from psycopg.conninfo import conninfo_to_dict

from bench import schema
from bench.peers.taking_part import TakingPart
from bench.seen import ORDER, USER, Seen

db = orm.Database()


class User(db.Entity):
    _table_ = "users"
    id = orm.PrimaryKey(int, auto=True)
    name = orm.Required(str, 80, autostrip=False)
    email = orm.Required(str, 120, autostrip=False)
    age = orm.Required(int)
    created_at = orm.Required(datetime, 6)
    active = orm.Required(bool)
    addresses = orm.Set("Address")
    orders = orm.Set("Order")


class Person(db.Entity):
    _table_ = "people"
    id = orm.PrimaryKey(int, auto=True)
    name = orm.Required(str, 80, autostrip=False)
    email = orm.Required(str, 120, autostrip=False)
    age = orm.Required(int)
    created_at = orm.Required(datetime, 6)
    active = orm.Required(bool)


class Address(db.Entity):
    _table_ = "addresses"
    id = orm.PrimaryKey(int, auto=True)
    user = orm.Required(User, column="user_id")
    street = orm.Required(str, 80)
    city = orm.Required(str, 80)
    zip = orm.Required(str, 10)


class Order(db.Entity):
    _table_ = "orders"
    id = orm.PrimaryKey(int, auto=True)
    user = orm.Required(User, column="user_id")
    user_id = property(lambda self: self.user.id)
    total = orm.Required(int)
    status = orm.Required(str, 20)
    created_at = orm.Required(datetime, 6)


@db.on_connect(provider="sqlite")
def quicker(_: Any, connection: Any) -> None:
    """Have SQLite wait for the disk as the other peers do."""
    connection.execute("PRAGMA synchronous=NORMAL")


def address(one: Address) -> tuple[Any, ...]:
    """Return the values of an address."""
    return one.id, one.user.id, one.street, one.city, one.zip


class Peer(TakingPart):
    packages = ("pony", "psycopg2-binary")
    notes: ClassVar[dict[str, str]] = {
        "*": "on PostgreSQL its driver is psycopg2, divided by psycopg 3",
        "a": "a `db_session` that only reads",
        "at": "`db_session(immediate=True)`",
        "d": "a `db_session` for each statement, since one would answer a repeated question from memory",
        "cj": "it has no joined load; as cs, without orders",
    }

    def watching(self) -> Seen:
        return Seen(USER, address, ORDER)

    def open(self, url: str) -> None:
        if url.startswith("postgresql"):
            db.bind(provider="postgres", **conninfo_to_dict(url))
        else:
            db.bind(provider="sqlite", filename=url)
        db.generate_mapping(create_tables=False)

    def close(self) -> None:
        db.disconnect()

    def gets(self, **options: Any) -> int:
        """Get users, a session each."""
        users = []
        for i in range(self.sizes.gets):
            with orm.db_session(**options):
                users.append(User[i + 1])
        self.seen.users(users)
        return len(users)

    def case_a(self) -> int:
        return self.gets()

    def case_at(self) -> int:
        return self.gets(immediate=True)

    def case_b(self) -> int:
        with orm.db_session:
            users = list(User.select())
            self.seen.users(users)
        return len(users)

    def graph(self, parents: int) -> int:
        """Load users with addresses and orders."""
        with orm.db_session:
            users = list(User.select(lambda user: user.id <= parents).prefetch(User.addresses, User.orders))
            self.seen.users(users)
            self.seen.addresses(one for user in users for one in user.addresses)
            self.seen.orders(order for user in users for order in user.orders)
            return len(users) + sum(len(user.addresses) + len(user.orders) for user in users)

    def case_cs(self) -> int:
        return self.graph(self.sizes.parents)

    def case_cp(self) -> int:
        return [self.graph(self.sizes.near) for _ in range(self.sizes.trips)][-1]

    def case_cj(self) -> int:
        parents = self.sizes.parents
        with orm.db_session:
            users = list(User.select(lambda user: user.id <= parents).prefetch(User.addresses))
            self.seen.users(users)
            self.seen.addresses(one for user in users for one in user.addresses)
            return sum(len(user.addresses) for user in users)

    def case_d(self) -> int:
        count = 0
        for i in range(self.sizes.selects):
            age = 20 + i % 10
            with orm.db_session:
                query = User.select(lambda user: user.age > age and user.name.startswith("user 1"))  # noqa: B023 (read at once)
                count += self.shown_users(list(query.order_by(User.id).limit(10)))
        return count

    def case_e1(self) -> int:
        with orm.db_session:
            made = [person(i) for i in range(self.sizes.inserts)]
            orm.commit()
            self.seen.made(one.get_pk() for one in made)
        return len(made)

    def case_e2(self) -> int:
        with orm.db_session:
            for i in range(self.sizes.commits):
                one = person(i)
                orm.commit()
            self.seen.made([one.get_pk()])
        return self.sizes.commits

    def prepare_f(self) -> None:
        self.held = orm.db_session()
        self.held.__enter__()
        self.loaded = list(Person.select())

    def finish_f(self) -> None:
        self.held.__exit__()

    def case_f(self) -> int:
        for one in self.loaded:
            one.age += 1
        orm.commit()
        return len(self.loaded)

    def case_g(self) -> int:
        for one in self.loaded:
            one.delete()
        orm.commit()
        return len(self.loaded)

    prepare_g, finish_g = prepare_f, finish_f

    def case_h(self) -> int:
        def work(i: int) -> tuple[Any, list[Any]]:
            with orm.db_session:
                user = User[i + 1]
                return user, list(user.addresses)

        with ThreadPoolExecutor(10) as pool:
            pairs = list(pool.map(work, range(self.sizes.tasks)))
        self.seen.users(user for user, _ in pairs)
        self.seen.addresses(one for _, found in pairs for one in found)
        return sum(len(found) for _, found in pairs)

    def hold_users(self) -> list[Any]:
        self.held = orm.db_session()
        self.held.__enter__()
        return list(User.select())

    def drop_users(self) -> None:
        self.held.__exit__()


def person(number: int) -> Person:
    """Make a person."""
    name, email, age, created_at, active = schema.person(number)
    return Person(name=name, email=email, age=age, created_at=created_at, active=active)
