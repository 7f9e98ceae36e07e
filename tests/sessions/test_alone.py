"""A plain INSERT that is all of its transaction, and everything that can go wrong with it while it waits for a lock."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from ambo import event, inspect, select, text
from ambo.errors import DBAPIError, IntegrityError, OperationalError
from family import Base, Country, Person
from twin import Twin

pytestmark = pytest.mark.tables(Base.metadata)


async def proven(session: Any) -> None:
    """Insert twice, so that the next INSERT goes alone."""
    for name in ("one", "two"):
        session.add(Person(name=name))
        await session.commit()
    session.add(Country(code="SE"))
    await session.commit()


async def codes(twin: Twin) -> list[str]:
    async with twin.session() as session:
        return list((await session.scalars(select(Country.code).order_by(Country.code))).all())


@contextmanager
def interrupted(seconds: float) -> Iterator[None]:
    def stop(number: int, frame: Any) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


async def blocked(twin: Twin, session: Any) -> BaseException:
    """Commit, and interrupt that while it waits; return what came out."""
    if not twin.is_async:
        try:
            with interrupted(0.3):
                await session.commit()
        except BaseException as error:
            return error
        raise AssertionError("nothing interrupted it")
    task = asyncio.ensure_future(session.commit())
    await asyncio.sleep(0.3)
    task.cancel()
    try:
        await task
    except BaseException as error:
        return error
    raise AssertionError("nothing interrupted it")


@pytest.mark.worlds("psycopg", "asyncpg", "mariadb")
async def test_an_interrupted_insert_leaves_no_row(twin: Twin) -> None:
    engine = twin.create_engine(pool_size=2, max_overflow=0)
    async with twin.session(engine) as session, twin.engine.connect() as other:
        await proven(session)
        await other.execute(text("INSERT INTO country (code) VALUES ('NO')"))
        for _ in range(2):
            stuck = Country(code="NO")
            session.add(stuck)
            error = await blocked(twin, session)
            assert isinstance(error, asyncio.CancelledError if twin.is_async else KeyboardInterrupt)
            await session.rollback()
            assert inspect(stuck).transient
        await other.rollback()
        session.add(Country(code="DK"))
        await session.commit()
    assert await codes(twin) == ["DK", "SE"] and engine.pool.checkedout() == 0


@pytest.mark.worlds("psycopg", "asyncpg", "mariadb")
async def test_a_lock_timeout_leaves_no_row(twin: Twin) -> None:
    engine = twin.create_engine()

    def impatient(raw: Any, record: Any) -> None:
        cursor = raw.cursor()
        cursor.execute("SET lock_timeout = '200ms'" if twin.database == "postgresql" else "SET innodb_lock_wait_timeout = 1")
        cursor.close()

    event.listen(getattr(engine, "sync_engine", engine), "connect", impatient)
    async with twin.session(engine) as session, twin.engine.connect() as other:
        await proven(session)
        await other.execute(text("INSERT INTO country (code) VALUES ('NO')"))
        session.add(Country(code="NO"))
        with pytest.raises(DBAPIError):
            await session.commit()
        await session.rollback()
        await other.commit()
        session.add(Country(code="NO"))
        with pytest.raises(IntegrityError):
            await session.commit()
        await session.rollback()
        session.add(Person(name="three"))
        await session.commit()
        assert len((await session.scalars(select(Person))).all()) == 3
    assert await codes(twin) == ["NO", "SE"]


@pytest.mark.worlds("psycopg", "asyncpg", "mariadb")
@pytest.mark.parametrize("pre_ping", [False, True])
async def test_a_server_that_goes_away_before_it(twin: Twin, pre_ping: bool) -> None:
    engine = twin.create_engine(pool_pre_ping=pre_ping)
    async with twin.session(engine) as session, twin.engine.connect() as other:
        await proven(session)
        async with engine.connect() as mine:
            whoami = "SELECT pg_backend_pid()" if twin.database == "postgresql" else "SELECT connection_id()"
            pid = (await mine.execute(text(whoami))).scalar()
        await other.exec_driver_sql(f"SELECT pg_terminate_backend({pid})" if twin.database == "postgresql" else f"KILL {pid}")
        time.sleep(0.2)
        lost = Country(code="NO")
        session.add(lost)
        if pre_ping:
            await session.commit()
        else:
            with pytest.raises(DBAPIError) as caught:
                await session.commit()
            assert caught.value.connection_invalidated
            await session.rollback()
            assert inspect(lost).transient
        session.add(Country(code="DK"))
        await session.commit()
    assert await codes(twin) == (["DK", "NO", "SE"] if pre_ping else ["DK", "SE"])


@pytest.mark.worlds("sqlite")
async def test_a_busy_database(twin: Twin) -> None:
    engine = twin.create_engine(connect_args={"timeout": 0.1})
    async with twin.session(engine) as session, twin.engine.connect() as other:
        await proven(session)
        await other.exec_driver_sql("BEGIN IMMEDIATE")
        stuck = Country(code="NO")
        session.add(stuck)
        with pytest.raises(OperationalError, match="locked"):
            await session.commit()
        await other.rollback()
        await session.rollback()
        session.add(stuck)
        await session.commit()
    assert await codes(twin) == ["NO", "SE"] and engine.pool.checkedout() == 0
