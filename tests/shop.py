"""The small mapped world that most conformance tests use: people, places and a table with a composite key."""

from __future__ import annotations

import datetime
from typing import ClassVar

from ambo import ForeignKey, MetaData, String, UniqueConstraint, func
from ambo.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """Names every constraint, so that errors can name them on each database."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "ix": "ix_%(table_name)s_%(column_0_name)s",
        }
    )
    type_annotation_map: ClassVar = {str: String(200)}  # MariaDB's VARCHAR wants a length


class User(Base):
    """A person; `email` is unique, `level` and `created` have defaults of both kinds."""

    __tablename__ = "users"
    __table_args__ = (UniqueConstraint("email"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50))
    email: Mapped[str | None]
    level: Mapped[int] = mapped_column(default=1)
    active: Mapped[bool] = mapped_column(default=True)
    created: Mapped[datetime.datetime] = mapped_column(server_default=func.current_timestamp())
    changed: Mapped[int | None] = mapped_column(onupdate=lambda: 99)


class Address(Base):
    """Where a person lives; no relationship, a plain foreign key."""

    __tablename__ = "addresses"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    city: Mapped[str]


class Seat(Base):
    """A row with a composite key that the client chooses."""

    __tablename__ = "seats"

    hall: Mapped[str] = mapped_column(String(20), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    taken: Mapped[bool] = mapped_column(default=False)


def people() -> list[User]:
    """Return four new users, Ann, Bob, Cid and Dora."""
    return [
        User(name="Ann", email="ann@x.org", level=3),
        User(name="Bob", email="bob@x.org", level=1),
        User(name="Cid", email=None, level=2, active=False),
        User(name="Dora", email="dora@x.org", level=3),
    ]
