"""A mapped world with every kind of relationship, for tests of what a flush writes."""

from __future__ import annotations

from ambo import Column, ForeignKey, Integer, String, Table
from ambo.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


membership = Table(
    "membership",
    Base.metadata,
    Column("person_id", ForeignKey("person.id"), primary_key=True),
    Column("club_id", ForeignKey("club.id"), primary_key=True),
)


class Person(Base):
    """Has pets that die with it, clubs, a favourite pet that is written afterwards, and a passport."""

    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(30))
    favourite_id: Mapped[int | None] = mapped_column(ForeignKey("pet.id", name="fk_favourite"))
    pets: Mapped[list[Pet]] = relationship(back_populates="owner", cascade="all, delete-orphan", foreign_keys="Pet.owner_id", order_by="Pet.id")
    clubs: Mapped[list[Club]] = relationship(secondary=membership, back_populates="members", order_by="Club.id")
    favourite: Mapped[Pet | None] = relationship(foreign_keys=[favourite_id], post_update=True)
    passport: Mapped[Passport | None] = relationship(back_populates="person", uselist=False)


class Pet(Base):
    __tablename__ = "pet"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(30))
    owner_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    owner: Mapped[Person] = relationship(back_populates="pets", foreign_keys=[owner_id])


class Club(Base):
    __tablename__ = "club"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(30))
    members: Mapped[list[Person]] = relationship(secondary=membership, back_populates="clubs")


class Passport(Base):
    __tablename__ = "passport"

    number: Mapped[str] = mapped_column(String(10), primary_key=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    person: Mapped[Person | None] = relationship(back_populates="passport")


class Node(Base):
    """A tree."""

    __tablename__ = "node"

    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("node.id"))
    name: Mapped[str] = mapped_column(String(30))
    children: Mapped[list[Node]] = relationship(back_populates="parent", cascade="all", order_by="Node.id")
    parent: Mapped[Node | None] = relationship(back_populates="children", remote_side=[id])


class Document(Base):
    """Counts its versions."""

    __tablename__ = "document"
    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(Integer)
    text: Mapped[str] = mapped_column(String(50))

    __mapper_args__ = {"version_id_col": version}


class Vehicle(Base):
    """The root of a joined hierarchy."""

    __tablename__ = "vehicle"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(30))

    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "vehicle"}


class Truck(Vehicle):
    __tablename__ = "truck"

    id: Mapped[int] = mapped_column(ForeignKey("vehicle.id"), primary_key=True)
    tons: Mapped[int]

    __mapper_args__ = {"polymorphic_identity": "truck"}


class Country(Base):
    """Has a natural key that may change; the database knows nothing of what refers to it, so that ambo has to write it."""

    __tablename__ = "country"

    code: Mapped[str] = mapped_column(String(3), primary_key=True)
    towns: Mapped[list[Town]] = relationship(
        back_populates="country", passive_updates=False, primaryjoin="Country.code == foreign(Town.code)"
    )


class Town(Base):
    __tablename__ = "town"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str | None] = mapped_column(String(3))
    country: Mapped[Country | None] = relationship(back_populates="towns", primaryjoin="Country.code == foreign(Town.code)")
