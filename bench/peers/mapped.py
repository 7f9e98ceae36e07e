"""The mapped classes that ambo and SQLAlchemy share word for word; `orm` is the module they come from."""

from __future__ import annotations

from typing import Any


def classes(sql: Any, orm: Any) -> tuple[Any, Any, Any, Any]:
    """Return User, Address, Order and Person, mapped with the given packages."""

    class Base(orm.DeclarativeBase):
        pass

    class Columns:
        id = orm.mapped_column(sql.Integer, primary_key=True)
        name = orm.mapped_column(sql.String(80))
        email = orm.mapped_column(sql.String(120))
        age = orm.mapped_column(sql.Integer)
        created_at = orm.mapped_column(sql.DateTime)
        active = orm.mapped_column(sql.Boolean)

    class User(Columns, Base):
        __tablename__ = "users"
        addresses = orm.relationship("Address", order_by="Address.id")
        orders = orm.relationship("Order", order_by="Order.id")

    class Person(Columns, Base):
        __tablename__ = "people"

    class Address(Base):
        __tablename__ = "addresses"
        id = orm.mapped_column(sql.Integer, primary_key=True)
        user_id = orm.mapped_column(sql.ForeignKey("users.id"))
        street = orm.mapped_column(sql.String(80))
        city = orm.mapped_column(sql.String(80))
        zip = orm.mapped_column(sql.String(10))

    class Order(Base):
        __tablename__ = "orders"
        id = orm.mapped_column(sql.Integer, primary_key=True)
        user_id = orm.mapped_column(sql.ForeignKey("users.id"))
        total = orm.mapped_column(sql.Integer)
        status = orm.mapped_column(sql.String(20))
        created_at = orm.mapped_column(sql.DateTime)

    return User, Address, Order, Person


def person(Person: Any, values: tuple[Any, ...]) -> Any:
    """Make a new person."""
    name, email, age, created_at, active = values
    return Person(name=name, email=email, age=age, created_at=created_at, active=active)
