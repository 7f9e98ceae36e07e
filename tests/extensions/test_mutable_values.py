"""Mutable values and composites that reach an object by another way than a load: pickle, merge."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from ambo import JSON, MetaData, inspect, select
from ambo.ext.hybrid import hybrid_property
from ambo.ext.mutable import MutableComposite, MutableDict
from ambo.orm import DeclarativeBase, Mapped, composite, mapped_column
from twin import Twin


class Base(DeclarativeBase):
    metadata = MetaData()


class Point(MutableComposite):
    def __init__(self, x: int, y: int) -> None:
        self.x, self.y = x, y

    def __setattr__(self, key: str, value: Any) -> None:
        object.__setattr__(self, key, value)
        self.changed()

    def __composite_values__(self) -> tuple[int, int]:
        return self.x, self.y

    def __getstate__(self) -> Any:
        return self.x, self.y

    def __setstate__(self, state: Any) -> None:
        self.x, self.y = state


class Thing(Base):
    __tablename__ = "mutable_thing"
    id: Mapped[int] = mapped_column(primary_key=True)
    data: Mapped[dict[str, Any] | None] = mapped_column(MutableDict.as_mutable(JSON))
    x: Mapped[int] = mapped_column(default=0)
    y: Mapped[int] = mapped_column(default=0)
    point: Mapped[Point] = composite(Point, "x", "y")


@pytest.mark.tables(Base.metadata)
async def test_a_composite_knows_its_object_after_unpickling(twin: Twin) -> None:
    async with twin.session() as session:
        thing = Thing(point=Point(1, 2))
        session.add(thing)
        await session.commit()
        session.expunge(thing)
        again = pickle.loads(pickle.dumps(thing))
        session.add(again)
        again.point.y = 12
        assert again in session.dirty
        await session.commit()
    async with twin.session() as session:
        assert (await session.get(Thing, again.id)).y == 12


@pytest.mark.tables(Base.metadata)
async def test_merge_without_load_watches_the_value_in_an_object_that_was_there(twin: Twin) -> None:
    async with twin.session() as session:
        session.add(Thing(id=1, data={"a": 1}))
        await session.commit()
        detached = await session.get(Thing, 1)
        await session.refresh(detached)
    async with twin.session() as session:
        there = await session.get(Thing, 1)
        merged = await session.merge(detached, load=False)
        assert merged is there
        merged.data["a"] = 2
        assert inspect(merged).attrs.data.history.added


def test_a_subclass_overrides_one_part_of_a_hybrid() -> None:
    class Person(Base):
        __tablename__ = "hybrid_person"
        id: Mapped[int] = mapped_column(primary_key=True)
        stored: Mapped[str | None]

        @hybrid_property
        def name(self) -> str | None:
            return self.stored

        @name.setter
        def name(self, value: str) -> None:
            self.stored = value.title()

    class Loud(Person):
        @Person.name.setter
        def name(self, value: str) -> None:
            self.stored = value.upper()

    class Other(Person):
        @Person.name.overrides.expression
        def name(cls) -> Any:
            return cls.id

    assert (Person(name="ann").name, Loud(name="ann").name) == ("Ann", "ANN")
    assert "hybrid_person.id" in str(select(Other.name))
    Person.stored.info["a"] = 1
    assert Person.name.info == {}
