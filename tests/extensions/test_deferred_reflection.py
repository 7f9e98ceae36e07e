"""Classes that wait for their tables to be read: between two of them, in a hierarchy, with arguments that ask for the table."""

from __future__ import annotations

from typing import Any

import pytest

from ambo import Column, ForeignKey, Integer, MetaData, String, Table, select
from ambo.exc import ArgumentError
from ambo.ext.automap import automap_base
from ambo.ext.declarative import DeferredReflection
from ambo.mapping import generated_bases
from ambo.orm import declarative_base, declared_attr, relationship
from ambo.orm.exc import UnmappedClassError
from twin import Twin

there = MetaData()
Table("seen_user", there, Column("id", Integer, primary_key=True), Column("kind", String(10)), Column("extra", String(10)))
Table("seen_item", there, Column("id", Integer, primary_key=True))
Table(
    "seen_user_item",
    there,
    Column("user_id", ForeignKey("seen_user.id"), primary_key=True),
    Column("item_id", ForeignKey("seen_item.id"), primary_key=True),
)


@pytest.mark.tables(there)
@pytest.mark.parametrize("by_name", [True, False])
async def test_hierarchies_and_tables_between_are_read(twin: Twin, by_name: bool) -> None:
    Base: Any = declarative_base()

    class User(DeferredReflection, Base):
        __tablename__ = "seen_user"
        items = relationship("Item", secondary="seen_user_item" if by_name else Table("seen_user_item", Base.metadata))

        @declared_attr
        def __mapper_args__(cls) -> dict[str, Any]:
            return {"polymorphic_on": cls.__table__.c.kind, "polymorphic_identity": "user"}

    class Special(User):
        __mapper_args__ = {"polymorphic_identity": "special"}
        extra = Column(String(10))

    class Item(DeferredReflection, Base):
        __tablename__ = "seen_item"

    async with twin.engine.connect() as connection:
        await connection.run_sync(DeferredReflection.prepare)
    async with twin.session() as session:
        session.add(Special(extra="x", items=[Item()]))
        await session.commit()
        found = await session.get(User, 1)
        await session.refresh(found, ["items"])
        assert (type(found), found.extra, len(found.items)) == (Special, "x", 1)


@pytest.mark.parametrize("base", [declarative_base(), automap_base()])
def test_a_class_that_waits_for_its_table_says_so(base: Any) -> None:
    mixins = () if hasattr(base, "prepare") else (DeferredReflection,)
    waiting = type("Waiting", (*mixins, base), {"__tablename__": "not_read_yet"})
    with pytest.raises(UnmappedClassError, match=r"class Waiting .* \.prepare\(\)"):
        select(waiting)
    generated_bases.waiting.remove(waiting)


def test_what_is_no_bind_is_refused() -> None:
    with pytest.raises(ArgumentError, match="Expected Engine or Connection, got 'foo'"):
        DeferredReflection.prepare("foo")
