"""SQLModel, blocking: psycopg or sqlite3. Its tables are pydantic models on SQLAlchemy's session.

No `from __future__ import annotations` here: SQLModel reads the annotations of relationships.
"""

from types import SimpleNamespace
from typing import Any, ClassVar

import sqlalchemy
import sqlalchemy.orm
import sqlmodel
from pydantic import NaiveDatetime
from sqlmodel import Field, Relationship, SQLModel

from bench.peers.session_cases import SessionCases


class Person(SQLModel, table=True):
    __tablename__ = "people"
    id: int | None = Field(default=None, primary_key=True)
    name: str
    email: str
    age: int
    created_at: NaiveDatetime
    active: bool


class User(SQLModel, table=True):
    __tablename__ = "users"
    id: int | None = Field(default=None, primary_key=True)
    name: str
    email: str
    age: int
    created_at: NaiveDatetime
    active: bool
    addresses: list["Address"] = Relationship(sa_relationship_kwargs={"order_by": "Address.id"})
    orders: list["Order"] = Relationship(sa_relationship_kwargs={"order_by": "Order.id"})


class Address(SQLModel, table=True):
    __tablename__ = "addresses"
    id: int | None = Field(default=None, primary_key=True)
    user_id: int = Field(foreign_key="users.id")
    street: str
    city: str
    zip: str


class Order(SQLModel, table=True):
    __tablename__ = "orders"
    id: int | None = Field(default=None, primary_key=True)
    user_id: int = Field(foreign_key="users.id")
    total: int
    status: str
    created_at: NaiveDatetime


class Session(sqlmodel.Session):
    """Its `exec` is what `scalars` is elsewhere."""

    scalars = sqlmodel.Session.exec


class Peer(SessionCases):
    packages = ("sqlmodel", "pydantic")
    notes: ClassVar[dict[str, str]] = {"*": "SQLAlchemy's session; a model with `table=True` does not validate"}
    sql = SimpleNamespace(select=sqlmodel.select, create_engine=sqlmodel.create_engine, event=sqlalchemy.event, inspect=sqlalchemy.inspect)
    orm = SimpleNamespace(
        selectinload=sqlalchemy.orm.selectinload,
        joinedload=sqlalchemy.orm.joinedload,
        sessionmaker=lambda engine: sqlalchemy.orm.sessionmaker(engine, class_=Session),
    )

    def map(self) -> None:
        self.User, self.Address, self.Order, self.Person = User, Address, Order, Person

    def filtered(self, i: int) -> Any:
        conditions = User.age > 20 + i % 10, sqlmodel.col(User.name).like("user 1%")
        return sqlmodel.select(User).where(*conditions).order_by(sqlmodel.col(User.id)).limit(10)
