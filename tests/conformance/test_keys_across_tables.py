"""Natural keys of inheriting tables: a changed key reaches the tables of subclasses and what refers to them."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest

from ambo import ForeignKey, String, select
from ambo.exc import IntegrityError
from ambo.orm import DeclarativeBase, Mapped, mapped_column, relationship
from twin import Twin


def family(passive: bool) -> Any:
    """Map people, bosses under the same key attribute, workers under another one, and drivers with a key of their own."""
    on_update = "CASCADE" if passive else None

    class Base(DeclarativeBase):
        """The registry."""

    class Person(Base):
        """The root."""

        __tablename__ = "person"
        name: Mapped[str] = mapped_column(String(50), primary_key=True)
        type: Mapped[str] = mapped_column(String(50))
        __mapper_args__ = {"polymorphic_on": type, "polymorphic_identity": "person", "passive_updates": passive}

    class Boss(Person):
        """The same attribute in both tables."""

        __tablename__ = "boss"
        name: Mapped[str] = mapped_column(ForeignKey("person.name", onupdate=on_update), primary_key=True)
        car: Mapped[str] = mapped_column(String(50))
        __mapper_args__ = {"polymorphic_identity": "boss"}

    class Worker(Person):
        """Another attribute for the same key, and a reference to a subclass."""

        __tablename__ = "worker"
        worker_name: Mapped[str] = mapped_column(ForeignKey("person.name", onupdate=on_update), primary_key=True)
        skill: Mapped[str] = mapped_column(String(50))
        boss_name: Mapped[str | None] = mapped_column(ForeignKey("boss.name", onupdate=on_update))
        boss: Mapped[Boss | None] = relationship(foreign_keys=boss_name, passive_updates=passive)
        __mapper_args__ = {"polymorphic_identity": "worker", "inherit_condition": worker_name == Person.name}

    class Driver(Person):
        """A key of its own, beside the one of the root."""

        __tablename__ = "driver"
        number: Mapped[int] = mapped_column(primary_key=True)
        driver_name: Mapped[str] = mapped_column(ForeignKey("person.name", onupdate=on_update))
        route: Mapped[str] = mapped_column(String(50))
        __mapper_args__ = {"polymorphic_identity": "driver"}

    return Base, Person, Boss, Worker, Driver


async def prepared(twin: Twin, passive: bool) -> Any:
    """Make the tables; what the database does not cascade is only possible where it does not check."""
    if passive and twin.database == "sqlite":
        pytest.skip("SQLite cascades with a pragma only")
    if not passive and twin.database != "sqlite":
        pytest.skip("the database refuses a changed key that something refers to")
    classes = family(passive)
    async with twin.engine.begin() as connection:
        await connection.run_sync(classes[0].metadata.create_all)
    return classes


async def removed(twin: Twin, base: Any) -> None:
    async with twin.engine.begin() as connection:
        await connection.run_sync(base.metadata.drop_all)


@pytest.mark.parametrize("passive", [True, False])
@pytest.mark.parametrize("expired", [True, False])
async def test_a_changed_key_reaches_each_table(twin: Twin, passive: bool, expired: bool) -> None:
    Base, _, Boss, Worker, Driver = await prepared(twin, passive)
    async with twin.session() as session:
        ann = Boss(name="Ann", car="red")
        bob = Worker(name="Bob", skill="bow", boss=ann)
        dan = Driver(name="Dan", route="north")
        session.add_all([ann, bob, dan])
        await session.commit()
        number = dan.number
        if expired:
            session.expire_all()
        ann.name, bob.name, dan.name = "Anna", "Bobby", "Danny"
        bob.skill, dan.route, ann.car = "string", "south", "blue"
        await session.commit()
        assert (bob.worker_name, dan.driver_name) == ("Bobby", "Danny")
        session.expire_all()
        for obj in (ann, bob, dan):
            await session.refresh(obj)
        assert (ann.name, ann.car) == ("Anna", "blue")
        assert (bob.name, bob.worker_name, bob.skill, bob.boss_name) == ("Bobby", "Bobby", "string", "Anna")
        assert (dan.name, dan.number, dan.driver_name, dan.route) == ("Danny", number, "Danny", "south")
        assert await session.get(Driver, "Danny") is dan
        assert (await session.execute(select(Worker.__table__))).all() == [("Bobby", "string", "Anna")]
    await removed(twin, Base)


async def test_rows_of_expired_objects_are_found(twin: Twin) -> None:
    Base, Person, _, Worker, Driver = family(True)
    async with twin.engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with twin.session() as session:
        bob, dan = Worker(name="Bob", skill="bow"), Driver(name="Dan", route="north")
        session.add_all([bob, dan])
        await session.commit()
        session.expire_all()
        bob.skill, dan.route = "string", "south"
        await session.commit()
        session.expunge_all()
        people = (await session.scalars(select(Person).order_by(Person.name))).all()
        session.expire_all()
        for one in people:
            await session.delete(one)
        await session.commit()
        assert (await session.execute(select(Worker.__table__))).all() == (await session.execute(select(Driver.__table__))).all() == []
    await removed(twin, Base)


async def test_a_key_is_given_up_and_taken_over(twin: Twin) -> None:
    Base, Person, *_ = family(True)
    async with twin.engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with twin.session() as session:
        first, second = Person(name="a"), Person(name="b")
        session.add_all([first, second])
        await session.commit()
        first.name, second.name = "c", "a"
        await session.commit()
        assert await session.get(Person, "a") is second
        assert await session.get(Person, "c") is first
        first.name, second.name = "a", "b"
        with contextlib.suppress(IntegrityError):  # rows are updated in the order of their keys: "a" to "b" comes first here
            await session.flush()
        await session.rollback()
        assert await session.get(Person, "a") is second
        assert await session.get(Person, "c") is first
    await removed(twin, Base)
