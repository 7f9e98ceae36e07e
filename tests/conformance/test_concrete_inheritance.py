"""Concrete hierarchies, each class with a table of its own: read from their UNION, related, refused, in both colours."""

from __future__ import annotations

from typing import Any

import pytest

from ambo import ForeignKey, String, inspect, select
from ambo.errors import InvalidRequestError, UnmappedClassError
from ambo.ext.declarative import AbstractConcreteBase, ConcreteBase
from ambo.orm import (
    DeclarativeBase,
    Mapped,
    configure_mappers,
    declared_attr,
    joinedload,
    mapped_column,
    polymorphic_union,
    relationship,
    selectinload,
    with_polymorphic,
)
from twin import Twin


class Base(DeclarativeBase):
    pass


class Vehicle(ConcreteBase, Base):
    __tablename__ = "concrete_vehicle"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(30))

    __mapper_args__ = {"polymorphic_identity": "vehicle", "concrete": True}


class Lorry(Vehicle):
    __tablename__ = "concrete_lorry"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(30))
    tons: Mapped[int]

    __mapper_args__ = {"polymorphic_identity": "lorry", "concrete": True}


class Tanker(Lorry):
    __tablename__ = "concrete_tanker"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(30))
    tons: Mapped[int]
    liquid: Mapped[str] = mapped_column(String(30))

    __mapper_args__ = {"polymorphic_identity": "tanker", "concrete": True}


class Folder(Base):
    __tablename__ = "concrete_folder"

    id: Mapped[int] = mapped_column(primary_key=True)
    documents: Mapped[list[Document]] = relationship(back_populates="folder", order_by="Document.title")


class Document(AbstractConcreteBase, Base):
    title: Mapped[str] = mapped_column("name", String(30))

    @declared_attr
    def folder_id(cls) -> Mapped[int | None]:
        return mapped_column(ForeignKey(Folder.id))

    @declared_attr
    def folder(cls) -> Mapped[Folder | None]:
        return relationship(Folder, back_populates="documents")


class Letter(Document):
    __tablename__ = "concrete_letter"

    id: Mapped[int] = mapped_column(primary_key=True)
    addressee: Mapped[str] = mapped_column(String(30))

    __mapper_args__ = {"polymorphic_identity": "letter", "concrete": True}


class Bill(Document):
    __tablename__ = "concrete_bill"

    id: Mapped[int] = mapped_column(primary_key=True)
    total: Mapped[int]

    __mapper_args__ = {"polymorphic_identity": "bill", "concrete": True}


configure_mappers()
pytestmark = pytest.mark.tables(Base.metadata)


async def stored(session: Any) -> None:
    session.add_all([Vehicle(name="cart"), Lorry(name="van", tons=3), Tanker(name="tank", tons=9, liquid="milk")])
    session.add(Folder(documents=[Letter(title="l", addressee="Ann"), Bill(title="b", total=5)]))
    await session.commit()
    session.expunge_all()


async def test_every_class_is_read_from_the_tables_of_its_subclasses_too(twin: Twin) -> None:
    async with twin.session() as session:
        await stored(session)
        found = (await session.scalars(select(Vehicle).order_by(Vehicle.name))).all()
        assert [type(one) for one in found] == [Vehicle, Tanker, Lorry]
        assert (found[1].liquid, found[1].tons, found[2].tons) == ("milk", 9, 3)
        assert [type(one) for one in await session.scalars(select(Lorry).order_by(Lorry.name))] == [Tanker, Lorry]
        assert [type(one) for one in await session.scalars(select(Tanker))] == [Tanker]


async def test_equal_keys_of_two_classes_are_two_objects(twin: Twin) -> None:
    async with twin.session() as session:
        await stored(session)
        found = (await session.scalars(select(Vehicle))).all()
        assert len({id(one) for one in found}) == 3 and {one.id for one in found} == {1}
        assert type(await session.get(Vehicle, 1)) is Vehicle
        assert type(await session.get(Lorry, 1)) is Lorry


async def test_the_discriminator_is_an_expression_but_nothing_on_objects(twin: Twin) -> None:
    async with twin.session() as session:
        await stored(session)
        rows = await session.execute(select(Vehicle.name, Vehicle.type).order_by(Vehicle.name))  # type: ignore[attr-defined]
        assert [tuple(row) for row in rows] == [("cart", "vehicle"), ("tank", "tanker"), ("van", "lorry")]
    for one in (Vehicle(), Lorry(), Letter()):
        assert not hasattr(one, "type")
        with pytest.raises(AttributeError, match="does not implement attribute 'type' at the instance level"):
            one.type = "x"  # type: ignore[attr-defined]


@pytest.mark.parametrize("load", [joinedload, selectinload])
async def test_a_collection_of_an_abstract_concrete_base(twin: Twin, load: Any) -> None:
    async with twin.session() as session:
        await stored(session)
        folder = (await session.scalars(select(Folder).options(load(Folder.documents)))).unique().one()
        assert [(type(one), one.id, one.title) for one in folder.documents] == [(Bill, 1, "b"), (Letter, 1, "l")]
        assert folder.documents[0].folder is folder
        found = (await session.scalars(select(Folder).join(Folder.documents).where(Document.title == "b"))).all()
        assert found == [folder]
        assert (await session.scalars(select(Folder).where(Folder.documents.contains(folder.documents[1])))).all() == [folder]


async def test_with_polymorphic_over_a_union_of_ones_own(twin: Twin) -> None:
    union = polymorphic_union({"lorry": Lorry.__table__, "tanker": Tanker.__table__}, "what", "lorries")
    some = with_polymorphic(Lorry, "*", union, polymorphic_on=union.c.what)
    async with twin.session() as session:
        await stored(session)
        found = (await session.scalars(select(some).order_by(some.name))).all()
        assert [type(one) for one in found] == [Tanker, Lorry]
        assert (await session.scalars(select(some.name).where(some.Tanker.liquid == "milk"))).all() == ["tank"]


def test_an_abstract_concrete_base_makes_no_objects() -> None:
    with pytest.raises(InvalidRequestError, match="polymorphic_abstract=True"):
        Document()
    assert inspect(Letter).inherits is inspect(Document)
    assert inspect(Document).attrs["title"].columns[0].name == "name"


def test_an_abstract_concrete_base_is_mapped_when_its_subclasses_are_known() -> None:
    class Other(DeclarativeBase):
        pass

    class Shape(AbstractConcreteBase, Other):
        strict_attrs = True
        area: Mapped[int]

    with pytest.raises(UnmappedClassError, match="has a mapping pending until all subclasses are defined"):
        select(Shape)

    class Circle(Shape):
        __tablename__ = "circle"
        id: Mapped[int] = mapped_column(primary_key=True)
        radius: Mapped[int]
        __mapper_args__ = {"polymorphic_identity": "circle", "concrete": True}

    configure_mappers()
    assert set(inspect(Shape).attrs.keys()) == {"id", "area", "type"}
    assert not hasattr(Shape, "radius") and hasattr(Circle, "radius")


def test_a_discriminator_of_the_name_of_a_column_is_refused() -> None:
    class Other(DeclarativeBase):
        pass

    class Thing(ConcreteBase, Other):
        __tablename__ = "thing"
        id: Mapped[int] = mapped_column(primary_key=True)
        type: Mapped[str]
        __mapper_args__ = {"polymorphic_identity": "thing", "concrete": True}

    with pytest.raises(InvalidRequestError, match="_concrete_discriminator_name"):
        configure_mappers()
    Thing._concrete_discriminator_name = "kind"  # type: ignore[attr-defined]
    configure_mappers()
    assert inspect(Thing).polymorphic_on.name == "kind"


@pytest.mark.tables(Base.metadata)
async def test_with_polymorphic_of_concrete_classes_reads_their_union(twin: Twin) -> None:
    async with twin.session() as session:
        session.add_all([Vehicle(id=1, name="cart"), Lorry(id=1, name="big", tons=9), Tanker(id=1, name="wet", tons=5, liquid="milk")])
        await session.commit()
        every = with_polymorphic(Vehicle, "*")
        chosen = select(every).where((every.Lorry.tons == 9) | (every.Tanker.liquid == "milk")).order_by(every.name)
        assert [(type(one), one.name) for one in await session.scalars(chosen)] == [(Lorry, "big"), (Tanker, "wet")]


def test_concrete_classes_that_nothing_joins_need_a_selectable() -> None:
    class Local(DeclarativeBase):
        pass

    class One(Local):
        __tablename__ = "one"
        id: Mapped[int] = mapped_column(primary_key=True)

    class Two(One):
        __tablename__ = "two"
        id: Mapped[int] = mapped_column(primary_key=True)
        __mapper_args__ = {"concrete": True}

    with pytest.raises(InvalidRequestError, match="table of Two is concrete"):
        with_polymorphic(One, "*")
    assert with_polymorphic(One, [One]) is not None
