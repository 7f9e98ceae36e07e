"""Mapped classes as users write them; their attributes have the annotated types on objects and are columns on the class."""

from __future__ import annotations

import datetime
from typing import assert_type

from ambo import ForeignKey, String
from ambo.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    """The registry."""


class User(Base):
    """A person."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50))
    email: Mapped[str | None]
    born: Mapped[datetime.date]
    addresses: Mapped[list[Address]] = relationship(back_populates="user")


class Address(Base):
    """Where a person lives."""

    __tablename__ = "addresses"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    city: Mapped[str]
    user: Mapped[User] = relationship(back_populates="addresses")


def attributes_of_objects(user: User, address: Address) -> None:
    assert_type(user.id, int)
    assert_type(user.name, str)
    assert_type(user.email, str | None)
    assert_type(user.born, datetime.date)
    assert_type(user.addresses, list[Address])
    assert_type(address.user, User)
    assert_type(address.user.name, str)
    user.name = "x"
    user.email = None


def wrong_assignments(user: User) -> None:
    user.name = 5  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    user.nmae = "x"  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
