"""Mapping constructs as type checkers see them: relationships, hybrids, composites, dataclasses, write-only collections, proxies."""

from __future__ import annotations

import dataclasses
from typing import Any, assert_type

from ambo import ColumnElement, ForeignKey, String, inspect
from ambo.ext.associationproxy import AssociationProxy, association_proxy
from ambo.ext.hybrid import hybrid_method, hybrid_property
from ambo.orm import (
    DeclarativeBase,
    InstrumentedAttribute,
    Mapped,
    MappedAsDataclass,
    Mapper,
    Unmapped,
    WriteOnlyCollection,
    WriteOnlyMapped,
    attribute_keyed_dict,
    class_mapper,
    column_property,
    composite,
    declared_attr,
    deferred,
    mapped_column,
    relationship,
    synonym,
    unmapped_column,
    unmapped_dataclass,
    validates,
)


class Base(DeclarativeBase):
    """The registry."""


@dataclasses.dataclass
class Point:
    """A place."""

    x: int
    y: int


class HasName:
    """A mixin."""

    name: Mapped[str] = mapped_column(String(30))

    @declared_attr
    def nick(cls) -> Mapped[str]:
        return mapped_column(String(10))

    @declared_attr.directive
    def __tablename__(cls) -> str:
        return "named"


class House(HasName, Base):
    """Everything at once."""

    id: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[Point] = composite(mapped_column("px"), mapped_column("py"))
    notes: Mapped[str | None] = deferred(mapped_column())
    title: Mapped[str] = synonym("name")
    shout: Mapped[str] = column_property(HasName.name + "!")
    rooms: Mapped[list[Room]] = relationship(back_populates="house", cascade="all, delete-orphan")
    rooms_by_name: Mapped[dict[str, Room]] = relationship(viewonly=True, collection_class=attribute_keyed_dict("name"))
    visits: WriteOnlyMapped[Visit] = relationship()
    room_names: AssociationProxy[list[str]] = association_proxy("rooms", "name")

    @hybrid_property
    def loud(self) -> str:
        return self.name.upper()

    @hybrid_method
    def is_called(self, name: str) -> bool:
        return self.name == name

    @validates("name")
    def check_name(self, key: str, value: str) -> str:
        return value


class Room(Base):
    """A part of a house."""

    __tablename__ = "rooms"

    id: Mapped[int] = mapped_column(primary_key=True)
    house_id: Mapped[int] = mapped_column(ForeignKey("named.id"))
    name: Mapped[str]
    house: Mapped[House] = relationship(back_populates="rooms")


class Visit(Base):
    """What happens in a house."""

    __tablename__ = "visits"

    id: Mapped[int] = mapped_column(primary_key=True)
    house_id: Mapped[int] = mapped_column(ForeignKey("named.id"))


def on_objects(house: House, room: Room) -> None:
    assert_type(house.name, str)
    assert_type(house.nick, str)
    assert_type(house.place, Point)
    assert_type(house.place.x, int)
    assert_type(house.notes, str | None)
    assert_type(house.title, str)
    assert_type(house.rooms, list[Room])
    assert_type(house.rooms_by_name["hall"], Room)
    assert_type(house.visits, WriteOnlyCollection[Visit])
    assert_type(house.room_names, list[str])
    assert_type(house.loud, str)
    assert_type(room.house.name, str)
    house.visits.add(Visit())
    house.rooms.append(room)
    house.name = "x"


def on_classes() -> None:
    assert_type(House.name, InstrumentedAttribute[str])
    assert_type(House.loud, InstrumentedAttribute[str])
    assert_type(House.rooms, InstrumentedAttribute[list[Room]])
    assert_type(House.rooms.any(Room.name == "hall"), ColumnElement[bool])
    assert_type(Room.house.has(House.name == "x"), ColumnElement[bool])


class DataBase(MappedAsDataclass, DeclarativeBase):
    """A registry of dataclasses."""


class Book(DataBase):
    """A dataclass."""

    __tablename__ = "books"

    id: Mapped[int] = mapped_column(init=False, primary_key=True)
    title: Mapped[str]
    shelf: Unmapped[str] = unmapped_column(String(10))
    pages: Mapped[int | None] = mapped_column(default=None)


@unmapped_dataclass(kw_only=True)
class Noted:
    """A mixin that is a dataclass."""

    note: Mapped[str | None] = mapped_column(default=None)


def mixins_know_their_arguments() -> None:
    assert_type(Noted(note="x").note, str | None)
    Noted("x")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def dataclasses_know_their_arguments() -> None:
    book = Book("x", pages=5)
    assert_type(book.pages, int | None)
    Book(title=5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Book("x", 5, 6)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def mappers_know_their_class() -> None:
    mapper: Mapper[House] = inspect(House)
    assert_type(mapper, Mapper[House])
    assert_type(class_mapper(Room), Mapper[Room])
    assert_type(mapper.class_, type[House])
    anything: Mapper = mapper
    assert_type(anything.class_, type[Any])
