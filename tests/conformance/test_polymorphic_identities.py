"""Discriminators that do not go with a class: of rows that are read, of objects that are flushed, of classes mapped late."""

from __future__ import annotations

import pytest

from ambo import ForeignKey, String, insert, select, text, update
from ambo.exc import InvalidRequestError
from ambo.orm import DeclarativeBase, Mapped, mapped_column
from twin import Twin


class Base(DeclarativeBase):
    """The registry."""


class Animal(Base):
    """The root."""

    __tablename__ = "poly_animal"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str | None] = mapped_column(String(10))
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "animal"}


class Cat(Animal):
    """In the same table."""

    lives: Mapped[int | None]
    __mapper_args__ = {"polymorphic_identity": "cat"}


class Dog(Animal):
    """In a table of its own."""

    __tablename__ = "poly_dog"
    id: Mapped[int] = mapped_column(ForeignKey("poly_animal.id"), primary_key=True)
    bark: Mapped[str | None] = mapped_column(String(10))
    __mapper_args__ = {"polymorphic_identity": "dog"}


pytestmark = pytest.mark.tables(Base.metadata)
ANIMALS = Animal.__table__


@pytest.mark.parametrize(
    ("kind", "message"),
    [("cat", r"refers to Mapper\[Cat\(poly_animal\)\], which is not a sub-mapper of the requested Mapper\[Dog"), (None, "'poly_animal.kind' is NULL"),
     ("emu", "the value 'emu', and no such polymorphic_identity is defined; known are 'animal', 'cat', 'dog'")],
)  # fmt: skip
async def test_a_row_of_another_class_is_no_object(twin: Twin, kind: str | None, message: str) -> None:
    async with twin.session() as session:
        dog = Dog(id=1, bark="wow")
        session.add(dog)
        await session.commit()
        await session.execute(update(ANIMALS).values(kind=kind))
        await session.refresh(dog)
        assert dog.kind == kind, "a refresh takes what the row says"
        session.expunge_all()
        with pytest.raises(InvalidRequestError, match=r"Row with identity key .*Animal.*\(1,\), None\) can't be loaded into an object") as caught:
            await session.scalars(select(Dog))
        caught.match(message)


async def test_rows_of_a_statement_are_compared(twin: Twin) -> None:
    async with twin.session() as session:
        session.add_all([Cat(id=1), Cat(id=2)])
        await session.commit()
        from_text = select(Cat).from_statement(text("SELECT * FROM poly_animal"))
        assert len((await session.scalars(from_text)).all()) == 2
        await session.execute(insert(ANIMALS).values(id=3, kind="animal"))
        with pytest.raises(InvalidRequestError, match="not a sub-mapper of the requested"):
            await session.scalars(from_text)


async def test_a_flush_warns_of_what_cannot_be_read_again(twin: Twin) -> None:
    async with twin.session() as session:
        session.add_all([Animal(id=1, kind="cat"), Cat(id=2, kind="animal")])
        await session.flush()
        session.add(Dog(id=3, kind="cat"))
        with pytest.warns(match="Flushing object <Dog at .*> with incompatible polymorphic identity 'cat'; the object may not refresh and/or load"):
            await session.flush()
        cat = Cat(id=4)
        session.add(cat)
        await session.commit()
        cat.kind = "emu"
        with pytest.warns(match="incompatible polymorphic identity 'emu'"):
            await session.flush()
        await session.rollback()


async def test_a_subclass_mapped_after_the_first_query(twin: Twin) -> None:
    class Late(DeclarativeBase):
        """A registry of its own."""

    class Thing(Late):
        """The root."""

        __tablename__ = "poly_late"
        id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
        kind: Mapped[str] = mapped_column(String(10))
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "thing"}

    async with twin.engine.begin() as connection:
        await connection.run_sync(Late.metadata.create_all)
    async with twin.session() as session:
        session.add(Thing(id=1))
        await session.commit()
        assert len((await session.scalars(select(Thing))).all()) == 1

        class Special(Thing):
            """In the same table."""

            __mapper_args__ = {"polymorphic_identity": "special"}

        session.add(Special(id=2))
        await session.commit()
        session.expunge_all()
        assert [type(one) for one in await session.scalars(select(Thing).order_by(Thing.id))] == [Thing, Special]
    async with twin.engine.begin() as connection:
        await connection.run_sync(Late.metadata.drop_all)
