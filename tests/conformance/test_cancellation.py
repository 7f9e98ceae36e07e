"""A task cancelled at any of its suspension points leaves nothing behind: no connection, no lock, no half transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Generator
from typing import Any

import pytest

from ambo import func, select, text, update
from shop import Base, User, people
from twin import Twin

pytestmark = [pytest.mark.tables(Base.metadata), pytest.mark.worlds("async")]


class CancelAt:
    """Awaits a coroutine and cancels the current task at its n-th suspension."""

    def __init__(self, body: Coroutine[Any, Any, Any], n: int) -> None:
        self.body = body
        self.n = n
        self.count = 0

    def __await__(self) -> Generator[Any, Any, Any]:
        steps = self.body.__await__()
        failure: BaseException | None = None
        while True:
            try:
                waiting = steps.throw(failure) if failure is not None else steps.send(None)
            except StopIteration as end:
                return end.value
            self.count += 1
            if self.count == self.n:
                task = asyncio.current_task()
                assert task is not None
                task.cancel()
            failure = None
            try:
                yield waiting
            except BaseException as error:
                failure = error


async def query(twin: Twin, engine: Any) -> None:
    async with twin.session(engine) as session:
        await session.scalars(select(User))


async def change(twin: Twin, engine: Any) -> None:
    async with twin.session(engine) as session:
        await session.execute(update(User).values(level=9))
        session.add(User(name="Eve"))
        await session.flush()
        await session.rollback()


async def nested(twin: Twin, engine: Any) -> None:
    async with twin.session(engine) as session, session.begin():
        session.add(User(name="Eve"))
        async with session.begin_nested():
            session.add(User(name="Fay"))
        await session.flush()
        await session.rollback()


async def stream(twin: Twin, engine: Any) -> None:
    async with twin.session(engine) as session:
        async for _ in await session.stream_scalars(select(User).execution_options(yield_per=1)):
            pass


async def connection(twin: Twin, engine: Any) -> None:
    async with engine.connect() as link:
        await link.execute(select(func.count(User.id)))
        await link.execute(text("SELECT 1"))


async def bridge(twin: Twin, engine: Any) -> None:
    def work(plain: Any) -> None:
        plain.add(User(name="Eve"))
        plain.flush()
        plain.scalars(select(User)).all()
        plain.rollback()

    async with twin.session(engine) as session:
        await session.run_sync(work)


@pytest.mark.parametrize("body", [query, change, nested, stream, connection, bridge], ids=lambda body: body.__name__)
async def test_cancelled_anywhere_nothing_leaks(twin: Twin, body: Callable[[Twin, Any], Coroutine[Any, Any, None]]) -> None:
    async with twin.session() as session:
        session.add_all(people())
        await session.commit()
    engine = twin.create_engine(pool_size=1, max_overflow=0, pool_timeout=2)
    await body(twin, engine)
    points = 0
    for n in range(1, 200):
        attempt = CancelAt(body(twin, engine), n)
        task = asyncio.ensure_future(whole(attempt))
        try:
            await task
        except asyncio.CancelledError:
            points += 1
        assert engine.pool.checkedout() == 0, f"cancelled at suspension {n}: the connection did not come back"
        async with twin.session(engine) as session:
            rows = (await session.execute(select(User.name, User.level).order_by(User.id))).all()
            assert rows == [("Ann", 3), ("Bob", 1), ("Cid", 2), ("Dora", 3)], f"cancelled at suspension {n}"
        if attempt.count < n:
            break
    assert points > 0
    await nothing_open(twin)


async def whole(attempt: CancelAt) -> None:
    await attempt


async def nothing_open(twin: Twin) -> None:
    if twin.database == "postgresql":
        async with twin.engine.connect() as link:
            idle = await link.execute(text("SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in%' AND datname = current_database()"))
            assert idle.scalar_one() == 0


async def test_waiting_for_a_full_pool_can_be_cancelled(twin: Twin) -> None:
    engine = twin.create_engine(pool_size=1, max_overflow=0, pool_timeout=30)
    async with engine.connect() as link:
        await link.execute(text("SELECT 1"))
        waiter = asyncio.ensure_future(query(twin, engine))
        await asyncio.sleep(0.05)
        assert not waiter.done()
        waiter.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiter
    assert engine.pool.checkedout() == 0
    await query(twin, engine)


async def test_a_slow_statement_ends_soon_after_the_cancellation(twin: Twin) -> None:
    engine = twin.create_engine(pool_size=1, max_overflow=0, pool_timeout=5)
    if twin.database == "postgresql":
        slow = text("SELECT pg_sleep(30)")
    elif twin.database == "mariadb":
        slow = text("SELECT sleep(30)")
    else:
        slow = text("WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 1000000000) SELECT count(*) FROM c")

    async def run() -> None:
        async with engine.connect() as link:
            await link.execute(slow)

    task = asyncio.ensure_future(run())
    await asyncio.sleep(0.3)
    task.cancel()
    async with asyncio.timeout(10):
        with pytest.raises(asyncio.CancelledError):
            await task
    async with engine.connect() as link:
        assert (await link.execute(text("SELECT 1"))).scalar_one() == 1
    if twin.database == "postgresql":
        async with twin.engine.connect() as link:
            busy = await link.execute(text("SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep%' AND pid <> pg_backend_pid()"))
            assert busy.scalar_one() == 0


async def test_many_tasks_share_a_small_pool(twin: Twin) -> None:
    async with twin.session() as session:
        session.add_all(people())
        await session.commit()
    engine = twin.create_engine(pool_size=2, max_overflow=1, pool_timeout=20)

    async def one(n: int) -> str:
        async with twin.session(engine) as session:
            return (await session.get(User, n % 4 + 1)).name

    names = await asyncio.gather(*(one(n) for n in range(60)))
    assert sorted(set(names)) == ["Ann", "Bob", "Cid", "Dora"]
    assert engine.pool.checkedout() == 0
