"""Listeners that refuse a connection or its transaction by raising: what is left works, and no link is lost."""

from __future__ import annotations

from typing import Any

import pytest

from ambo import event, text
from twin import Twin

ONE = text("SELECT 1")


def refusing(twin: Twin, name: str, statement: str | None = None) -> Any:
    """Make an engine whose first event of a name is refused, perhaps after a statement of the listener's."""
    engine = twin.create_engine(pool_size=1, max_overflow=0, pool_timeout=1) if twin.database != "sqlite" else twin.create_engine()
    seen: list[str] = []

    @event.listens_for(engine.sync_engine if twin.is_async else engine.target, name)
    async def refuse(connection: Any) -> None:
        seen.append(name)
        if len(seen) == 1:
            if statement is not None:
                await connection.exec_driver_sql(statement)
            raise ValueError("refused")

    def refuse_plainly(connection: Any) -> None:
        seen.append(name)
        if len(seen) == 1:
            if statement is not None:
                connection.exec_driver_sql(statement)
            raise ValueError("refused")

    if not twin.is_async:
        event.remove(engine.target, name, refuse)
        event.listen(engine.target, name, refuse_plainly)
    return engine


@pytest.mark.parametrize("statement", [None, "BEGIN"])
async def test_a_refused_transaction_leaves_the_connection_usable(twin: Twin, statement: str | None) -> None:
    engine = refusing(twin, "begin", statement)
    async with engine.connect() as connection:
        with pytest.raises(ValueError, match="refused"):
            await connection.execute(ONE)
        assert not connection.in_transaction()
        assert (await connection.execute(ONE)).scalar() == 1
        await connection.commit()
        async with connection.begin():
            assert await connection.scalar(ONE) == 1
    assert engine.pool.checkedout() == 0


@pytest.mark.parametrize("statement", [None, "BEGIN"])
async def test_a_refused_transaction_of_a_session_gives_its_connection_back(twin: Twin, statement: str | None) -> None:
    engine = refusing(twin, "begin", statement)
    async with twin.session(engine) as session:
        with pytest.raises(ValueError, match="refused"):
            await session.execute(ONE)
        assert engine.pool.checkedout() == 0
        assert await session.scalar(ONE) == 1
        await session.commit()
    assert engine.pool.checkedout() == 0


async def test_a_refused_connection_goes_back(twin: Twin) -> None:
    engine = refusing(twin, "engine_connect")
    with pytest.raises(ValueError, match="refused"):
        await engine.connect().__aenter__()
    assert engine.pool.checkedout() == 0
    async with engine.connect() as connection:
        assert await connection.scalar(ONE) == 1
    engine = refusing(twin, "engine_connect")
    async with twin.session(engine) as session:
        with pytest.raises(ValueError, match="refused"):
            await session.execute(ONE)
        assert engine.pool.checkedout() == 0
        assert await session.scalar(ONE) == 1
