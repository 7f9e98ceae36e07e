"""The errors that a newcomer meets first say what is wrong with which named thing, and what would make it work."""

from __future__ import annotations

import asyncio

import pytest

from ambo import ForeignKey, create_engine, exc, select
from ambo.ext.asyncio import AsyncSession, create_async_engine
from ambo.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    addresses: Mapped[list[Address]] = relationship()


class Address(Base):
    __tablename__ = "addresses"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))


def test_misspelt_names_get_suggestions() -> None:
    with pytest.raises(TypeError, match="'nmae' is an invalid keyword argument for User; did you mean 'name'"):
        User(nmae="x")
    with pytest.raises(exc.InvalidRequestError, match="has no property \"nmae\"; did you mean 'name'"):
        select(User).filter_by(nmae="x")
    with pytest.raises(exc.NoSuchModuleError, match="did you mean 'sqlite'"):
        create_engine("sqlte:///x.db")


def test_other_peoples_drivers_name_their_replacement() -> None:
    with pytest.raises(exc.NoSuchModuleError, match=r"write 'postgresql\+psycopg' instead"):
        create_engine("postgresql+psycopg2://u@h/d")
    with pytest.raises(exc.ArgumentError, match="create_async_engine"):
        create_engine("postgresql+asyncpg://u@h/d")


def test_a_table_that_is_missing_is_named() -> None:
    with Session(create_engine("sqlite://")) as session, pytest.raises(exc.OperationalError, match="no such table: users"):
        session.scalars(select(User)).all()


def test_a_relationship_to_nowhere_suggests_a_class() -> None:
    class Other(DeclarativeBase):
        pass

    class Parent(Other):
        __tablename__ = "parent"
        id: Mapped[int] = mapped_column(primary_key=True)
        kids = relationship("Kidd")

    class Kid(Other):
        __tablename__ = "kid"
        id: Mapped[int] = mapped_column(primary_key=True)

    with pytest.raises(exc.InvalidRequestError, match=r"Parent\.kids, 'Kidd'.*did you mean 'Kid'"):
        Parent()
    Other.registry.dispose()


def test_lazy_loading_under_asyncio_names_both_remedies() -> None:
    async def main() -> None:
        engine = create_async_engine("sqlite+aiosqlite://")
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        with pytest.raises(exc.ArgumentError, match=r"await connection\.run_sync\(metadata\.create_all\)"):
            Base.metadata.create_all(engine)
        async with AsyncSession(engine) as session:
            session.add(User(name="Ann"))
            await session.commit()
            session.expunge_all()
            user = (await session.scalars(select(User))).one()
            with pytest.raises(exc.MissingGreenlet, match=r"await session\.load\(user, User\.addresses\).*selectinload\(User\.addresses\)"):
                _ = user.addresses
        await engine.dispose()

    asyncio.run(main())
