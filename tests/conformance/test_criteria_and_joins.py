"""`with_loader_criteria` where an object is read again and on aliases; `secondary` written as a join; classes mapped to a join of views."""

from __future__ import annotations

from typing import Any

import pytest

from ambo import Column, ForeignKey, Integer, String, event, select, table
from ambo.orm import DeclarativeBase, Mapped, aliased, mapped_column, registry, relationship, with_loader_criteria
from twin import Twin


class Base(DeclarativeBase):
    pass


class A(Base):
    __tablename__ = "joins_a"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None] = mapped_column(String(20))
    b_id: Mapped[int | None] = mapped_column(ForeignKey("joins_b.id"))
    d: Mapped[Any] = relationship(
        "D",
        secondary="join(B, D, B.d_id == D.id).join(C, C.d_id == D.id)",
        primaryjoin="and_(A.b_id == B.id, A.id == C.a_id)",
        secondaryjoin="D.id == B.d_id",
        uselist=False,
        viewonly=True,
    )


class B(Base):
    __tablename__ = "joins_b"
    id: Mapped[int] = mapped_column(primary_key=True)
    d_id: Mapped[int | None] = mapped_column(ForeignKey("joins_d.id"))


class C(Base):
    __tablename__ = "joins_c"
    id: Mapped[int] = mapped_column(primary_key=True)
    a_id: Mapped[int | None] = mapped_column(ForeignKey("joins_a.id"))
    d_id: Mapped[int | None] = mapped_column(ForeignKey("joins_d.id"))


class D(Base):
    __tablename__ = "joins_d"
    id: Mapped[int] = mapped_column(primary_key=True)


pytestmark = pytest.mark.tables(Base.metadata)


async def stored(session: Any) -> None:
    for level in ([D(id=1), D(id=2)], [B(id=1, d_id=1)], [A(id=1, name="one", b_id=1), A(id=2, name="two", b_id=1)], [C(id=1, a_id=1, d_id=1)]):
        session.add_all(level)
        await session.flush()
    await session.commit()


async def test_a_join_in_a_string_is_a_secondary(twin: Twin) -> None:
    async with twin.session() as session:
        await stored(session)
        one, two = (await session.scalars(select(A).order_by(A.id))).all()
        assert (await session.load(one, A.d)).id == 1
        assert await session.load(two, A.d) is None
        assert (await session.scalars(select(A.id).where(A.d.has(D.id == 1)))).all() == [1]


async def test_criteria_do_not_hide_an_object_that_is_read_again(twin: Twin) -> None:
    async with twin.session(expire_on_commit=False) as session:
        await stored(session)
        hiding = with_loader_criteria(A, A.name != "one")
        one = (await session.scalars(select(A).where(A.id == 1))).one()

        def hide(state: Any) -> None:
            state.statement = state.statement.options(hiding)

        event.listen(session.target if hasattr(session, "target") else session, "do_orm_execute", hide)
        await session.refresh(one)
        session.expire(one, ["name"])
        assert await session.load(one, A.name) == "one"
        assert [a.id for a in await session.scalars(select(A))] == [2]


async def test_criteria_may_be_meant_for_an_alias(twin: Twin) -> None:
    async with twin.session() as session:
        await stored(session)
        other = aliased(A)
        statement = select(A.id, other.id).join(other, A.b_id == other.b_id).options(with_loader_criteria(other, other.name == "two"))
        assert sorted(tuple(row) for row in await session.execute(statement)) == [(1, 2), (2, 2)]


def test_a_class_may_be_mapped_to_a_join_of_views() -> None:
    class Pair:
        pass

    ones = table("ones", Column("id", Integer, primary_key=True))
    twos = table("twos", Column("id", Integer, primary_key=True), Column("one_id", Integer))
    mapper = registry().map_imperatively(Pair, ones.join(twos, ones.c.id == twos.c.one_id), properties={"one": ones.c.id, "two": twos.c.id})
    assert mapper.primary_key == (ones.c.id, twos.c.id)
