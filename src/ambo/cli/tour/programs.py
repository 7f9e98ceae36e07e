"""The programs of the tour: each operation as a sync function and as a coroutine.

Their sources are what the tour shows, so they are written as a user would write them: the classic form on the sync side, `select()` on
the async side, where the two worlds have different habits. What a program returns is compared.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from ambo import ForeignKey, String, delete, select, update
from ambo.ext.asyncio import AsyncSession
from ambo.orm import DeclarativeBase, Mapped, Session, joinedload, mapped_column, relationship, selectinload


class Base(DeclarativeBase):
    """The registry of the tour."""


class User(Base):
    """A person of the tour."""

    __tablename__ = "tour_users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50))
    age: Mapped[int]
    addresses: Mapped[list[Address]] = relationship(back_populates="user", order_by="Address.id", cascade="all, delete-orphan")


class Address(Base):
    """Where a person lives."""

    __tablename__ = "tour_addresses"

    id: Mapped[int] = mapped_column(primary_key=True)
    city: Mapped[str] = mapped_column(String(50))
    user_id: Mapped[int] = mapped_column(ForeignKey("tour_users.id"))
    user: Mapped[User] = relationship(back_populates="addresses")


def beginning() -> list[User]:
    """Return the people every operation finds: each starts with the same rows."""
    return [
        User(name="John", age=30, addresses=[Address(city="Bern"), Address(city="Rome")]),
        User(name="Mary", age=41, addresses=[Address(city="Oslo")]),
        User(name="Zoe", age=25),
    ]


def add(session: Session) -> Any:
    """Add an object, blocking."""
    new_user = User(name="Eve", age=33)
    session.add(new_user)
    session.commit()
    return new_user


async def add_async(session: AsyncSession) -> Any:
    """Add an object, awaiting."""
    new_user = User(name="Eve", age=33)
    session.add(new_user)
    await session.commit()
    return new_user


def get(session: Session) -> Any:
    """Get by primary key, blocking."""
    user = session.get(User, 1)
    return user


async def get_async(session: AsyncSession) -> Any:
    """Get by primary key, awaiting."""
    user = await session.get(User, 1)
    return user


def filter_where(session: Session) -> Any:
    """Filter by an expression, blocking."""
    query = session.query(User)
    users = query.filter(User.name == "John").all()
    return users


async def filter_where_async(session: AsyncSession) -> Any:
    """Filter by an expression, awaiting."""
    statement = select(User).where(User.name == "John")
    result = await session.execute(statement)
    users = result.scalars().all()
    return users


def filter_by(session: Session) -> Any:
    """Filter by name, blocking."""
    users = session.query(User).filter_by(name="John").all()
    return users


async def filter_by_async(session: AsyncSession) -> Any:
    """Filter by name, awaiting."""
    statement = select(User).filter_by(name="John")
    result = await session.execute(statement)
    users = result.scalars().all()
    return users


def query_all(session: Session) -> Any:
    """Load every object, blocking."""
    users = session.query(User).all()
    return users


async def query_all_async(session: AsyncSession) -> Any:
    """Load every object, awaiting."""
    result = await session.execute(select(User))
    users = result.scalars().all()
    return users


def change(session: Session) -> Any:
    """Change an attribute, blocking."""
    user = session.get_one(User, 1)
    user.age += 1
    session.commit()
    return user


async def change_async(session: AsyncSession) -> Any:
    """Change an attribute, awaiting."""
    user = await session.get_one(User, 1)
    user.age += 1
    await session.commit()
    return user


def update_statement(session: Session) -> Any:
    """Update rows by a statement, blocking."""
    older = update(User).where(User.age > 28)
    result = session.execute(older.values(age=User.age + 1))
    session.commit()
    return result.rowcount


async def update_statement_async(session: AsyncSession) -> Any:
    """Update rows by a statement, awaiting."""
    older = update(User).where(User.age > 28)
    result = await session.execute(older.values(age=User.age + 1))
    await session.commit()
    return result.rowcount


def delete_object(session: Session) -> Any:
    """Delete an object, blocking."""
    user = session.get(User, 3)
    session.delete(user)
    session.commit()


async def delete_object_async(session: AsyncSession) -> Any:
    """Delete an object, awaiting."""
    user = await session.get(User, 3)
    await session.delete(user)
    await session.commit()


def delete_statement(session: Session) -> Any:
    """Delete rows by a statement, blocking."""
    statement = delete(User).where(User.name == "Zoe")
    result = session.execute(statement)
    session.commit()
    return result.rowcount


async def delete_statement_async(session: AsyncSession) -> Any:
    """Delete rows by a statement, awaiting."""
    statement = delete(User).where(User.name == "Zoe")
    result = await session.execute(statement)
    await session.commit()
    return result.rowcount


def join(session: Session) -> Any:
    """Join two tables, blocking."""
    query = session.query(User).join(Address)
    users = query.filter(Address.city == "Rome").all()
    return users


async def join_async(session: AsyncSession) -> Any:
    """Join two tables, awaiting."""
    statement = select(User).join(Address)
    result = await session.execute(statement.where(Address.city == "Rome"))
    users = result.scalars().all()
    return users


def joined_load(session: Session) -> Any:
    """Load a collection in the same statement, blocking."""
    addresses = joinedload(User.addresses)
    users = session.query(User).options(addresses).all()
    cities = [[at.city for at in user.addresses] for user in users]
    return cities


async def joined_load_async(session: AsyncSession) -> Any:
    """Load a collection in the same statement, awaiting."""
    addresses = joinedload(User.addresses)
    result = await session.execute(select(User).options(addresses))
    users = result.unique().scalars().all()
    cities = [[at.city for at in user.addresses] for user in users]
    return cities


def selectin_load(session: Session) -> Any:
    """Load collections in one more statement, blocking."""
    addresses = selectinload(User.addresses)
    users = session.query(User).options(addresses).all()
    cities = [[at.city for at in user.addresses] for user in users]
    return cities


async def selectin_load_async(session: AsyncSession) -> Any:
    """Load collections in one more statement, awaiting."""
    addresses = selectinload(User.addresses)
    result = await session.execute(select(User).options(addresses))
    users = result.scalars().all()
    cities = [[at.city for at in user.addresses] for user in users]
    return cities


@dataclass(frozen=True)
class Pair:
    """One operation: its name, what it shows, and its two programs."""

    name: str
    title: str
    blocking: Callable[[Session], Any]
    awaiting: Callable[[AsyncSession], Awaitable[Any]]

    @property
    def sync_code(self) -> str:
        """The sync program as text."""
        return body_of(self.blocking)

    @property
    def async_code(self) -> str:
        """The async program as text."""
        return body_of(self.awaiting)


def body_of(function: Callable[..., Any]) -> str:
    """Return the lines of a function's body; docstring and a last `return name` are for the tour, not for the reader."""
    lines = textwrap.dedent(inspect.getsource(function).partition("\n")[2]).strip().splitlines()[1:]
    if lines[-1].startswith("return "):
        value = lines.pop().removeprefix("return ")
        if not value.isidentifier():
            lines.append(value)
    return "\n".join(lines)


PAIRS: tuple[Pair, ...] = (
    Pair("add", "add and add: a new object", add, add_async),
    Pair("get", "get and get: by primary key", get, get_async),
    Pair("filter", "filter and where: by an expression", filter_where, filter_where_async),
    Pair("filter_by", "filter_by: by name", filter_by, filter_by_async),
    Pair("all", "query().all() and scalars().all(): every object", query_all, query_all_async),
    Pair("update", "change an attribute and commit", change, change_async),
    Pair("update-statement", "update(): rows without objects", update_statement, update_statement_async),
    Pair("delete", "delete an object", delete_object, delete_object_async),
    Pair("delete-statement", "delete(): rows without objects", delete_statement, delete_statement_async),
    Pair("join", "query().join and select().join", join, join_async),
    Pair("joinedload", "joinedload: the collection in the same statement", joined_load, joined_load_async),
    Pair("selectinload", "selectinload: the collections in one more statement", selectin_load, selectin_load_async),
)
