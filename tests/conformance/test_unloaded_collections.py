"""Dynamic and write-only collections at their edges: deleting their owner, owners that are new, what cannot be one."""

from __future__ import annotations

from typing import Any

import pytest

from ambo import ForeignKey, select
from ambo.exc import InvalidRequestError, NoResultFound
from ambo.orm import DeclarativeBase, DynamicMapped, Mapped, WriteOnlyMapped, attributes, configure_mappers, mapped_column, relationship
from twin import Twin


class Base(DeclarativeBase):
    pass


class Owner(Base):
    __tablename__ = "unloaded_owner"
    id: Mapped[int] = mapped_column(primary_key=True)
    kept: DynamicMapped[Kept] = relationship(order_by="Kept.id")
    owned: DynamicMapped[Owned] = relationship(cascade="all, delete-orphan")


class Writer(Base):
    __tablename__ = "unloaded_writer"
    id: Mapped[int] = mapped_column(primary_key=True)
    written: WriteOnlyMapped[Written] = relationship(cascade="save-update, merge")


class Kept(Base):
    __tablename__ = "unloaded_kept"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("unloaded_owner.id"))


class Owned(Base):
    __tablename__ = "unloaded_owned"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("unloaded_owner.id"))


class Written(Base):
    __tablename__ = "unloaded_written"
    id: Mapped[int] = mapped_column(primary_key=True)
    writer_id: Mapped[int | None] = mapped_column(ForeignKey("unloaded_writer.id"))


pytestmark = pytest.mark.tables(Base.metadata)


async def test_deleting_the_owner_of_a_dynamic_collection_reaches_its_members(twin: Twin) -> None:
    async with twin.session() as session:
        owner = Owner(id=1)
        session.add(owner)
        owner.kept.add_all([Kept(id=1), Kept(id=2)])
        owner.owned.add_all([Owned(id=1), Owned(id=2)])
        await session.commit()
        assert (await session.scalars(select(Kept.owner_id))).all() == [1, 1]
        await session.delete(owner)
        await session.commit()
        assert (await session.scalars(select(Kept.owner_id))).all() == [None, None]
        assert (await session.scalars(select(Owned))).all() == []


async def test_deleting_the_owner_of_a_write_only_collection_needs_the_database(twin: Twin) -> None:
    async with twin.session() as session:
        writer = Writer(id=1)
        session.add(writer)
        writer.written.add(Written(id=1))
        await session.commit()
        await session.delete(writer)
        with pytest.raises(InvalidRequestError, match=r"Writer.written can't load the existing state .* passive_deletes=True"):
            await session.flush()


async def test_statements_of_a_pending_owner_take_its_key_when_they_run(twin: Twin) -> None:
    async with twin.session() as session:
        writer = Writer()
        session.add(writer)
        statement, insert = writer.written.select(), writer.written.insert()
        await session.execute(insert, [{"id": 5}])
        assert [one.id for one in await session.scalars(statement)] == [5]


def test_a_new_owner_tells_what_was_added() -> None:
    owner, member = Owner(), Kept()
    assert owner.kept.all() == [] and owner.kept.one_or_none() is None and owner.kept.first() is None
    with pytest.raises(NoResultFound):
        owner.kept.one()
    owner.kept.add(member)
    assert owner.kept.one() is member
    assert attributes.get_history(owner, "kept") == ([member], [], [])


@pytest.mark.parametrize("lazy", ["dynamic", "write_only"])
def test_a_single_object_is_no_collection(lazy: Any) -> None:
    class Other(DeclarativeBase):
        pass

    class One(Other):
        __tablename__ = "one"
        id: Mapped[int] = mapped_column(primary_key=True)

    class Many(Other):
        __tablename__ = "many"
        id: Mapped[int] = mapped_column(primary_key=True)
        one_id: Mapped[int] = mapped_column(ForeignKey("one.id"))
        one = relationship(One, lazy=lazy)

    with pytest.raises(InvalidRequestError, match="cannot be used with many-to-one"):
        configure_mappers()
    Other.registry.dispose()


async def test_merging_follows_what_was_added(twin: Twin) -> None:
    async with twin.session() as session:
        there = Owner(id=1)
        there.kept.add_all([Kept(id=1), Kept(id=2)])
        there.owned.add_all([Owned(id=1), Owned(id=2)])
        session.add_all([there, Writer(id=1)])
        await session.commit()

        given = Owner(id=1)
        given.kept.add_all([Kept(id=2), Kept(id=3)])
        given.owned.add(Owned(id=2))
        assert await session.merge(given) is there
        await session.commit()
        assert (await session.scalars(select(Kept.owner_id).order_by(Kept.id))).all() == [None, 1, 1]
        assert (await session.scalars(select(Owned.id))).all() == [2], "a new object's dynamic collection takes the place of what is there"

        fresh = Owner(id=2)
        fresh.kept.add(Kept(id=4))
        await session.merge(fresh)
        writer = Writer(id=1)
        writer.written.add(Written(id=1))
        await session.merge(writer)
        await session.commit()
        assert (await session.scalars(select(Kept.owner_id).where(Kept.id == 4))).one() == 2
        assert (await session.scalars(select(Written.writer_id))).all() == [1]


async def test_merging_a_detached_owner_repeats_its_changes(twin: Twin) -> None:
    async with twin.session() as session:
        owner = Owner(id=1)
        owner.kept.add_all([Kept(id=1), Kept(id=2)])
        session.add(owner)
        await session.commit()
        first = await session.get(Kept, 1)
        session.expunge_all()
        owner.kept.remove(first)
        owner.kept.add(Kept(id=3))
        await session.merge(owner)
        await session.commit()
        assert (await session.scalars(select(Kept.owner_id).order_by(Kept.id))).all() == [None, 1, 1]
