"""`select(User)` becomes `list[User]` in both worlds; columns become rows of their types; `get` may find nothing."""

from __future__ import annotations

from typing import assert_type

from models import Address, User

from ambo import Row, Select, create_engine, delete, func, insert, select, update
from ambo.engine import Connection, Engine
from ambo.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from ambo.orm import Session, sessionmaker


def statements() -> None:
    assert_type(select(User), Select[tuple[User]])
    assert_type(select(User.id), Select[tuple[int]])
    assert_type(select(User, Address), Select[tuple[User, Address]])
    assert_type(select(User.name, Address.city), Select[tuple[str, str]])
    assert_type(select(User).where(User.name == "x").order_by(User.id).limit(5), Select[tuple[User]])


def blocking(session: Session) -> None:
    assert_type(session.get(User, 1), User | None)
    assert_type(session.get_one(User, 1), User)
    assert_type(session.scalars(select(User)).all(), list[User])
    assert_type(session.scalars(select(User)).first(), User | None)
    assert_type(session.scalars(select(User)).one(), User)
    assert_type(session.scalars(select(User.name)).all(), list[str])
    assert_type(session.execute(select(User)).scalars().all(), list[User])
    assert_type(session.scalar(select(User.id)), int | None)
    assert_type(session.scalar(select(func.count(User.id))), int | None)
    rows = session.execute(select(User, Address.city)).all()
    assert_type(rows, list[Row[tuple[User, str]]])
    for user, city in session.execute(select(User, Address.city)).tuples():
        assert_type(user, User)
        assert_type(city, str)
    assert_type(session.execute(select(User.id, User.name)).one()._tuple(), tuple[int, str])
    session.execute(update(User).where(User.id == 1).values(name="x"))
    session.execute(delete(User))
    session.execute(insert(User), [{"name": "x"}])
    assert_type(session.scalars(insert(User).returning(User)).all(), list[User])
    assert_type(session.merge(User()), User)


async def awaiting(session: AsyncSession) -> None:
    assert_type(await session.get(User, 1), User | None)
    assert_type(await session.get_one(User, 1), User)
    assert_type((await session.scalars(select(User))).all(), list[User])
    assert_type((await session.scalars(select(User))).first(), User | None)
    assert_type((await session.execute(select(User))).scalars().all(), list[User])
    assert_type(await session.scalar(select(User.id)), int | None)
    rows = (await session.execute(select(User, Address.city))).all()
    assert_type(rows, list[Row[tuple[User, str]]])
    async for user in await session.stream_scalars(select(User)):
        assert_type(user, User)
    assert_type(await session.merge(User()), User)
    assert_type(await session.run_sync(lambda plain: 5), int)


def makers() -> None:
    engine = create_engine("sqlite://")
    assert_type(engine, Engine)
    make = sessionmaker(engine)
    assert_type(make, sessionmaker[Session])
    with make() as session:
        assert_type(session, Session)
    with make.begin() as session:
        assert_type(session, Session)
    with engine.connect() as connection:
        assert_type(connection, Connection)
        assert_type(connection.execute(select(User.id)).all(), list[Row[tuple[int]]])


async def async_makers() -> None:
    engine = create_async_engine("sqlite+aiosqlite://")
    assert_type(engine, AsyncEngine)
    make = async_sessionmaker(engine, expire_on_commit=False)
    assert_type(make, async_sessionmaker[AsyncSession])
    async with make() as session, session.begin():
        assert_type(session, AsyncSession)
    async with make.begin() as session:
        assert_type(session, AsyncSession)
    async with engine.connect() as connection:
        assert_type(connection, AsyncConnection)
        assert_type((await connection.execute(select(User.id))).all(), list[Row[tuple[int]]])


def wrong_uses(session: Session) -> None:
    session.get(User, 1).name  # type: ignore[union-attr]  # pyright: ignore[reportOptionalMemberAccess]
    session.scalars(select(User)).all()[0].nmae  # type: ignore[attr-defined]  # pyright: ignore
