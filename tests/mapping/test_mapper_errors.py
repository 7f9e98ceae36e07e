"""What a mapper refuses, and that a mapping which failed leaves its class as it was."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ambo import Column, ForeignKey, Integer, MetaData, String, Table, event, join, select
from ambo.errors import ArgumentError, InvalidRequestError, UnmappedClassError
from ambo.orm import (
    DeclarativeBase,
    Mapped,
    Mapper,
    class_mapper,
    mapped_column,
    reconstructor,
    registry,
    relationship,
    synonym,
    with_polymorphic,
)

metadata = MetaData()
users = Table("users", metadata, Column("id", Integer, primary_key=True), Column("name", String(30)))
addresses = Table("addresses", metadata, Column("id", Integer, primary_key=True), Column("user_id", ForeignKey("users.id")))


@pytest.fixture
def mapping() -> Iterator[registry]:
    made = registry(metadata=metadata)
    yield made
    made.dispose()


class Address:
    pass


def test_a_column_of_another_table_is_refused(mapping: registry) -> None:
    class User:
        pass

    with pytest.raises(ArgumentError, match="not represented in the mapper's table"):
        mapping.map_imperatively(User, users, properties={"foo": addresses.c.user_id})
    mapping.map_imperatively(User, users)


def test_a_relationship_does_not_take_a_columns_name(mapping: registry) -> None:
    class User:
        pass

    mapping.map_imperatively(Address, addresses)
    with pytest.raises(ArgumentError, match="conflicts with property"):
        mapping.map_imperatively(User, users, properties={"name": relationship(Address)})


def test_columns_of_a_join_are_not_combined_silently(mapping: registry) -> None:
    class User:
        pass

    source = join(users, addresses)
    with pytest.raises(InvalidRequestError, match="Implicitly combining"):
        mapping.map_imperatively(User, source)
    mapping.map_imperatively(User, source, properties={"address_id": addresses.c.id})


def test_a_synonym_does_not_map_a_column_onto_a_property(mapping: registry) -> None:
    class User:
        pass

    with pytest.raises(ArgumentError, match="exists already"):
        mapping.map_imperatively(User, users, properties={"_id": users.c.id, "id": synonym("_id", map_column=True)})


def test_a_mapper_is_made_by_a_registry() -> None:
    class User:
        pass

    with pytest.raises(InvalidRequestError, match="can't be called directly"):
        Mapper(User, users)


def test_a_failing_listener_leaves_the_class_unmapped(mapping: registry) -> None:
    class User:
        pass

    def fail(mapper: Any, class_: Any) -> None:
        raise ValueError("no")

    event.listen(Mapper, "instrument_class", fail)
    try:
        with pytest.raises(ValueError, match="no"):
            mapping.map_imperatively(User, users)
    finally:
        event.remove(Mapper, "instrument_class", fail)
    mapping.map_imperatively(User, users)


def test_the_constructor_may_be_the_reconstructor(mapping: registry) -> None:
    class User:
        @reconstructor
        def __init__(self) -> None:
            self.seen = True

    assert mapping.map_imperatively(User, users).dispatch.of("load")


def test_what_is_no_class_has_no_mapper() -> None:
    with pytest.raises(ArgumentError, match="Class object expected, got 5"):
        class_mapper(5)
    with pytest.raises(UnmappedClassError):
        class_mapper(int)


def test_an_abstract_class_needs_a_discriminator() -> None:
    class Base(DeclarativeBase):
        pass

    with pytest.raises(InvalidRequestError, match="polymorphic_on"):

        class Nope(Base):
            __tablename__ = "nope"
            id: Mapped[int] = mapped_column(primary_key=True)
            __mapper_args__ = {"polymorphic_abstract": True}


def test_with_polymorphic_is_flat_or_reads_a_source(mapping: registry) -> None:
    mapping.map_imperatively(Address, addresses)
    with pytest.raises(ArgumentError, match="simultaneously"):
        with_polymorphic(Address, "*", select(addresses).subquery(), flat=True)
