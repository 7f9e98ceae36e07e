"""Peewee's models, of both colours: the mixin adds awaitable methods and changes none."""

from __future__ import annotations

import peewee
from playhouse.pwasyncio import AsyncModelMixin

from bench import schema

proxy = peewee.DatabaseProxy()


class Base(AsyncModelMixin, peewee.Model):
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


def person(number: int) -> Person:
    """Make a person."""
    name, email, age, created_at, active = schema.person(number)
    return Person(name=name, email=email, age=age, created_at=created_at, active=active)
