"""Round trips and statements are counted and asserted exactly: a warm connection, BEGIN and the end of the transaction included."""

from __future__ import annotations

from typing import Any

import pytest

from ambo import select, update
from shop import Base, User, people
from twin import Twin

pytestmark = pytest.mark.tables(Base.metadata)


async def warmed(twin: Twin) -> None:
    """Fill the tables and run every statement of this file once, so that connections, prepared statements and plans are there."""
    async with twin.session() as session:
        session.add_all(people())
        await session.commit()
    for _ in range(6):
        await get_and_close(twin)
        async with twin.session() as session:
            await session.scalars(select(User).where(User.level == 3))


async def get_and_close(twin: Twin) -> Any:
    session = twin.session()
    with session.recorded() as log:
        user = await session.get(User, 1)
        await session.close()
    assert user.name == "Ann"
    return log


async def test_get_in_a_fresh_session(twin: Twin) -> None:
    await warmed(twin)
    log = await get_and_close(twin)
    assert len(log.queries) == 1
    assert log.round_trips <= {"psycopg": 2, "asyncpg": 2, "sqlite": 2, "mariadb": 3}[twin.driver]


async def test_a_second_query_costs_one_trip(twin: Twin) -> None:
    await warmed(twin)
    async with twin.session() as session:
        await session.get(User, 1)
        with session.recorded() as log:
            (await session.scalars(select(User).where(User.level == 3))).all()
        assert len(log.statements) == 1 and log.round_trips == 1


async def test_nothing_to_do_costs_nothing(twin: Twin) -> None:
    await warmed(twin)
    async with twin.session() as session:
        with session.recorded() as log:
            await session.flush()
            await session.commit()
            session.add(User(name="x"))
            await session.rollback()
        assert log.statements == [] and log.round_trips == 0


async def test_add_and_commit(twin: Twin) -> None:
    await warmed(twin)
    async with twin.session() as session:
        session.add(User(name="one"))
        await session.commit()
    async with twin.session() as session:
        session.add(User(name="two"))
        with session.recorded() as log:
            await session.commit()
        assert len(log.queries) == 1
        assert log.round_trips <= {"psycopg": 2, "asyncpg": 2, "sqlite": 2, "mariadb": 3}[twin.driver]


async def test_many_objects_are_few_statements(twin: Twin) -> None:
    await warmed(twin)
    async with twin.session() as session:
        session.add_all([User(name=f"u{n}") for n in range(500)])
        with session.recorded() as log:
            await session.flush()
        assert len(log.queries) <= {"postgresql": 1, "sqlite": 5, "mariadb": 5}[twin.database]
        users = (await session.scalars(select(User).where(User.name.like("u%")))).all()
        assert len(users) == 500
        for user in users:
            user.level = 7
        with session.recorded() as log:
            await session.flush()
        assert len(log.queries) <= {"postgresql": 1, "sqlite": 500, "mariadb": 5}[twin.database]
        assert log.round_trips <= {"postgresql": 2, "sqlite": 5, "mariadb": 5}[twin.database]  # asyncpg prepares
        for user in users:
            await session.delete(user)
        with session.recorded() as log:
            await session.flush()
        assert len(log.queries) <= {"postgresql": 1, "sqlite": 2, "mariadb": 2}[twin.database]
        await session.rollback()


async def test_the_log_tells_who_asked_and_what_came(twin: Twin) -> None:
    await warmed(twin)
    async with twin.session() as session:
        with session.recorded() as log:
            (await session.scalars(select(User).where(User.level == 3))).all()
            await session.execute(update(User).where(User.id == 1).values(level=3))
        event = next(event for event in log if any("SELECT" in sql for sql in event.sql))
        assert event.rows == 2 and event.duration > 0 and event.error is None
        assert "test_round_trips.py" in event.line or "twin.py" in event.line  # the sync colour is called by the proxy
        assert event.connection is not None and event.operation
        assert session.recorded  # outside of a block nothing is recorded
        before = len(log.events)
        await session.scalar(select(User.id))
        assert len(log.events) == before


async def test_both_colours_send_the_same_sql(twin: Twin) -> None:
    """The expected texts stand here once for both colours; a difference fails one of them."""
    await warmed(twin)
    async with twin.session() as session:
        with session.recorded() as log:
            await session.get(User, 1)
            (await session.scalars(select(User.name).filter_by(level=3).order_by(User.id))).all()
            await session.commit()
    mark = {"sqlite": "?", "postgresql": "$1::INTEGER", "mariadb": "%s"}[twin.database]
    queries = [" ".join(sql.split()) for sql in log.queries]
    assert queries[0].startswith("SELECT users.id") and queries[0].endswith(f"FROM users WHERE users.id = {mark}")
    assert queries[1] == f"SELECT users.name FROM users WHERE users.level = {mark} ORDER BY users.id"
    assert [sql for sql in log.statements if sql not in log.queries][-1].upper().startswith("COMMIT")
