"""Django's ORM, blocking: psycopg or sqlite3."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import django
from django.conf import settings

from bench import schema
from bench.peers.taking_part import TakingPart


def configure(url: str) -> None:
    """Set Django up for one database."""
    if url.startswith("postgresql"):
        parts = urlsplit(url)
        host = parse_qs(parts.query).get("host", [parts.hostname or ""])[0]
        database = {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": parts.path.lstrip("/"),
            "USER": parts.username,
            "PASSWORD": parts.password or "",
            "HOST": host,
            "PORT": str(parts.port or ""),
            "OPTIONS": {"pool": {"min_size": 1, "max_size": 11}},
        }
    else:
        database = {"ENGINE": "django.db.backends.sqlite3", "NAME": url, "OPTIONS": {"init_command": "PRAGMA synchronous=NORMAL"}}
    settings.configure(DATABASES={"default": database}, USE_TZ=False, DEFAULT_AUTO_FIELD="django.db.models.AutoField")
    django.setup()


class Peer(TakingPart):
    packages = ("django",)
    notes: ClassVar[dict[str, str]] = {
        "*": "no identity map, no unit of work; reads run in autocommit, but for `at`",
        "cj": "joined from the child's side: it has no joined load of a collection; makes a user for each address",
        "f": "`bulk_update`, which is told the one column that changes",
        "h": "each thread keeps its connection until the end",
    }

    def open(self, url: str) -> None:
        configure(url)
        from django.db import models, transaction

        class Columns(models.Model):
            name = models.CharField(max_length=80)
            email = models.CharField(max_length=120)
            age = models.IntegerField()
            created_at = models.DateTimeField()
            active = models.BooleanField()

            class Meta:
                abstract = True

        class User(Columns):
            class Meta:
                app_label, db_table = "bench", "users"

        class Person(Columns):
            class Meta:
                app_label, db_table = "bench", "people"

        class Address(models.Model):
            user = models.ForeignKey(User, models.CASCADE, related_name="addresses")
            street = models.CharField(max_length=80)
            city = models.CharField(max_length=80)
            zip = models.CharField(max_length=10)

            class Meta:
                app_label, db_table = "bench", "addresses"

        class Order(models.Model):
            user = models.ForeignKey(User, models.CASCADE, related_name="orders")
            total = models.IntegerField()
            status = models.CharField(max_length=20)
            created_at = models.DateTimeField()

            class Meta:
                app_label, db_table = "bench", "orders"

        self.User, self.Person, self.Address, self.Order = User, Person, Address, Order
        self.atomic = transaction.atomic

    def close(self) -> None:
        from django.db import connections

        connections.close_all()

    def case_a(self) -> int:
        users = [self.User.objects.get(pk=i + 1) for i in range(self.sizes.gets)]
        self.seen.users(users)
        return len(users)

    def case_at(self) -> int:
        users = []
        for i in range(self.sizes.gets):
            with self.atomic():
                users.append(self.User.objects.get(pk=i + 1))
        self.seen.users(users)
        return len(users)

    def case_b(self) -> int:
        users = list(self.User.objects.all())
        self.seen.users(users)
        return len(users)

    def graph(self, parents: int) -> int:
        """Load users with addresses and orders."""
        users = list(self.User.objects.filter(id__lte=parents).prefetch_related("addresses", "orders"))
        self.seen.users(users)
        self.seen.addresses(address for user in users for address in user.addresses.all())
        self.seen.orders(order for user in users for order in user.orders.all())
        return len(users) + sum(len(user.addresses.all()) + len(user.orders.all()) for user in users)

    def case_cs(self) -> int:
        return self.graph(self.sizes.parents)

    def case_cp(self) -> int:
        return [self.graph(self.sizes.near) for _ in range(self.sizes.trips)][-1]

    def case_cj(self) -> int:
        found = list(self.Address.objects.select_related("user").filter(user_id__lte=self.sizes.parents))
        self.seen.users(address.user for address in found)
        self.seen.addresses(found)
        return len(found)

    def case_d(self) -> int:
        objects = self.User.objects
        numbers = range(self.sizes.selects)
        return sum(
            [self.shown_users(list(objects.filter(age__gt=20 + i % 10, name__startswith="user 1").order_by("id")[:10])) for i in numbers]
        )

    def case_e1(self) -> int:
        made = [self.person(i) for i in range(self.sizes.inserts)]
        with self.atomic():
            self.Person.objects.bulk_create(made)
        self.seen.made(one.pk for one in made)
        return len(made)

    def case_e2(self) -> int:
        for i in range(self.sizes.commits):
            with self.atomic():
                one = self.person(i)
                one.save(force_insert=True)
        self.seen.made([one.pk])
        return self.sizes.commits

    def prepare_f(self) -> None:
        self.loaded = list(self.Person.objects.all())

    prepare_g = prepare_f

    def case_f(self) -> int:
        for one in self.loaded:
            one.age += 1
        with self.atomic():
            self.Person.objects.bulk_update(self.loaded, ["age"], batch_size=300)
        return len(self.loaded)

    def case_g(self) -> int:
        count = len(self.loaded)
        with self.atomic():
            for one in self.loaded:
                one.delete()
        return count

    def case_h(self) -> int:
        from django.db import connections

        def work(i: int) -> tuple[Any, list[Any]]:
            user = self.User.objects.prefetch_related("addresses").get(pk=i + 1)
            return user, list(user.addresses.all())

        every = threading.Barrier(10)

        def leave(_: int) -> None:
            every.wait()
            connections.close_all()

        with ThreadPoolExecutor(10) as pool:
            pairs = list(pool.map(work, range(self.sizes.tasks)))
            list(pool.map(leave, range(10)))
        self.seen.users(user for user, _ in pairs)
        self.seen.addresses(address for _, found in pairs for address in found)
        return sum(len(found) for _, found in pairs)

    def hold_users(self) -> list[Any]:
        return list(self.User.objects.all())

    def person(self, number: int) -> Any:
        """Make a person."""
        name, email, age, created_at, active = schema.person(number)
        return self.Person(name=name, email=email, age=age, created_at=created_at, active=active)
