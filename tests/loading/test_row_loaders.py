"""Golden sources of generated row loaders: `AMBO_GOLDEN=1 pytest tests/loading` writes them anew."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from ambo import Integer, Numeric, String, TypeDecorator, Uuid, create_engine, select
from ambo.loading.prepared import prepare
from ambo.orm import (
    Bundle,
    DeclarativeBase,
    Mapped,
    Session,
    contains_eager,
    joinedload,
    load_only,
    mapped_column,
    noload,
    selectinload,
    with_polymorphic,
)
from ambo.rendering.postgresql import POSTGRESQL_DIALECT
from ambo.rendering.sqlite import SQLITE_DIALECT
from family import Person, Pet, Truck, Vehicle

GOLDEN = Path(__file__).parent / "loaders"


class Base(DeclarativeBase):
    pass


class Price(Base):
    """Has a value that SQLite cannot deliver as it is."""

    __tablename__ = "price"
    shop: Mapped[int] = mapped_column(primary_key=True)
    item: Mapped[int] = mapped_column(primary_key=True)
    amount: Mapped[Any] = mapped_column(Numeric(10, 2))


class Point(TypeDecorator[Any]):
    """A place on a grid, "x,y" in the database."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return None if value is None else ",".join(map(str, value))

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return None if value is None else tuple(map(int, value.split(",")))


class Cell(Base):
    """Its key is a tuple."""

    __tablename__ = "grid_cell"
    at: Mapped[Any] = mapped_column(Point, primary_key=True)
    height: Mapped[int] = mapped_column(Integer)


class Token(Base):
    """Its key is converted."""

    __tablename__ = "token"
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)


STATEMENTS: dict[str, Any] = {
    "entity": lambda: select(Pet),
    "two_entities": lambda: select(Person, Pet).join(Person.pets),
    "entity_and_column": lambda: select(Pet, Person.name).join(Pet.owner),
    "some_columns": lambda: select(Person).options(load_only(Person.name)),
    "conversion": lambda: select(Price),
    "converted_key": lambda: select(Token),
    "key_that_may_be_a_tuple": lambda: select(Cell),
    "bundle": lambda: select(Pet, Bundle("owner", Person.id, Person.name)).join(Pet.owner),
    "joined_collection": lambda: select(Person).options(joinedload(Person.pets)),
    "joined_reference": lambda: select(Pet).options(joinedload(Pet.owner)),
    "two_joined_collections": lambda: select(Person).options(joinedload(Person.pets), joinedload(Person.clubs)),
    "contains_eager": lambda: select(Person).join(Person.pets).options(contains_eager(Person.pets)),
    "followed_by_a_load": lambda: select(Person).options(selectinload(Person.pets), noload(Person.clubs)),
    "hierarchy": lambda: select(Vehicle),
    "whole_hierarchy": lambda: select(with_polymorphic(Vehicle, [Truck])),
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_the_source_of_a_loader(name: str) -> None:
    loader = prepare(STATEMENTS[name](), SQLITE_DIALECT).loader
    assert loader is not None
    agrees(loader.source, name)


def agrees(source: str, name: str) -> None:
    """Compare a source with its golden file."""
    path = GOLDEN / f"{name}.py.txt"
    if os.environ.get("AMBO_GOLDEN"):
        path.write_text(source)
    assert source == path.read_text()


@pytest.mark.parametrize("name", ["joined_collection"])
def test_the_source_of_a_loader_that_reads_in_parts(name: str) -> None:
    loader = prepare(STATEMENTS[name](), SQLITE_DIALECT).loader
    assert loader is not None
    agrees(loader.text.source(in_parts=True), f"{name}_in_parts")


def test_the_source_of_a_loader_that_groups() -> None:
    statement = select(Pet, Pet.owner_id)
    agrees(prepare(statement, SQLITE_DIALECT, grouping=True).loader.source, "grouping")  # type: ignore[union-attr]  # it has one


def test_values_that_the_driver_converts_are_taken_as_they_are() -> None:
    loader = prepare(select(Price), POSTGRESQL_DIALECT).loader
    assert loader is not None and "Decimal" not in loader.source and "convert" not in loader.source


def test_plain_columns_need_no_loader() -> None:
    assert prepare(select(Pet.id, Pet.name), SQLITE_DIALECT).loader is None


def test_an_object_whose_key_is_a_tuple_is_found_again() -> None:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        made = Cell(at=(3, 4), height=1)
        session.add(made)
        session.commit()
        assert session.get(Cell, ((3, 4),)) is made
        assert session.scalars(select(Cell)).one() is made
        session.expunge_all()
        found = session.scalars(select(Cell)).one()
        assert found.at == (3, 4) and session.get(Cell, ((3, 4),)) is found
        assert list(session.identity_map) == [(Cell, ((3, 4),), None)]
    engine.dispose()
