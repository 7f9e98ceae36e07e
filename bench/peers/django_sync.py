"""Django's ORM, blocking: psycopg or sqlite3."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urlsplit

import django
from django.conf import settings

from bench import schema


def configure(url):
    """Set Django up for one database; return the models."""
    if url.startswith("postgresql"):
        parts = urlsplit(url)
        host = parse_qs(parts.query).get("host", [parts.hostname or ""])[0]
        database = {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": parts.path.lstrip("/"),
            "USER": parts.username,
            "HOST": host,
            "PORT": str(parts.port or ""),
            "OPTIONS": {"pool": {"min_size": 1, "max_size": 10}},
        }
    else:
        database = {"ENGINE": "django.db.backends.sqlite3", "NAME": url, "OPTIONS": {"init_command": "PRAGMA synchronous=NORMAL"}}
    settings.configure(DATABASES={"default": database}, USE_TZ=False, DEFAULT_AUTO_FIELD="django.db.models.AutoField")
    django.setup()


class Peer:
    is_async = False

    def open(self, url):
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

    def close(self):
        from django.db import connections

        connections.close_all()

    def case_a(self, number):
        done = 0
        for i in range(500):
            with self.atomic():
                done += self.User.objects.get(pk=i + 1).id
        return done

    def case_b(self, number):
        return len(list(self.User.objects.all()))

    def case_cs(self, number):
        users = list(self.User.objects.filter(id__lte=1000).prefetch_related("addresses", "orders"))
        return len(users) + sum(len(user.addresses.all()) + len(user.orders.all()) for user in users)

    def case_cj(self, number):
        return len(list(self.Address.objects.select_related("user").filter(user_id__lte=1000)))

    def case_d(self, number):
        objects = self.User.objects
        return sum(len(list(objects.filter(age__gt=20 + i % 10, name__startswith="user 1").order_by("id")[:10])) for i in range(500))

    def case_e1(self, number):
        made = [self.person(i) for i in range(10000)]
        with self.atomic():
            self.Person.objects.bulk_create(made)
        return 10000

    def case_e2(self, number):
        for i in range(300):
            with self.atomic():
                self.person(i).save(force_insert=True)
        return 300

    def case_f(self, number):
        people = list(self.Person.objects.all())
        for one in people:
            one.age += 1
        with self.atomic():
            self.Person.objects.bulk_update(people, ["age"], batch_size=300)
        return len(people)

    def case_g(self, number):
        people = list(self.Person.objects.all())
        with self.atomic():
            for one in people:
                one.delete()
        return len(people)

    def case_h(self, number):
        from django.db import connections

        def work(i):
            try:
                return len(list(self.User.objects.prefetch_related("addresses").get(pk=i + 1).addresses.all()))
            finally:
                connections.close_all()

        with ThreadPoolExecutor(10) as pool:
            return sum(pool.map(work, range(1000)))

    def person(self, number):
        name, email, age, created_at, active = schema.person(number)
        return self.Person(name=name, email=email, age=age, created_at=created_at, active=active)
