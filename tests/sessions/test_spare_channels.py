"""A channel serves one transaction after the other, of any session of its engine, as long as nobody else may still reach it."""

from __future__ import annotations

from typing import Any

import pytest

from ambo import event, select, text
from ambo.orm import Session
from shop import Base, User
from twin import Twin

pytestmark = pytest.mark.tables(Base.metadata)


def spares(twin: Twin) -> list[Any]:
    engine = twin.engine
    return list(getattr(engine, "target", engine).spares)


async def test_a_channel_serves_the_next_session(twin: Twin) -> None:
    async with twin.session() as session:
        await session.get(User, 1)
    (first,) = spares(twin)
    async with twin.session() as session:
        await session.get(User, 1)
        assert not spares(twin)
        async with twin.session() as another:
            await another.get(User, 1)
        session.add(User(name="ann"))
        await session.commit()
        assert len(spares(twin)) == 2 and first in spares(twin)
        await session.get(User, 1)
        await session.rollback()


@pytest.mark.parametrize("how", ["connection", "result", "stream"])
async def test_a_channel_that_somebody_holds_serves_nobody_else(twin: Twin, how: str) -> None:
    async with twin.session() as session:
        if how == "connection":
            await session.connection()
        elif how == "result":
            held = await session.execute(text("SELECT 1"))
            assert held.scalar() == 1
        elif twin.is_async:
            await session.stream_scalars(select(User))
        else:
            await session.scalars(select(User), execution_options={"yield_per": 1})
        await session.commit()
    assert not spares(twin)


async def test_a_failed_transaction_leaves_no_channel_behind(twin: Twin) -> None:
    async with twin.session() as session:
        session.add(User(id=1, name="ann"))
        await session.commit()
        session.add(User(id=1, name="bob"))
        with pytest.raises(Exception, match="UNIQUE|unique|Duplicate"):
            await session.flush()
        await session.rollback()
        assert all(one.channel.link is None and not one.channel.begun for one in spares(twin))
        assert len((await session.scalars(select(User))).all()) == 1


async def test_an_engine_that_has_changed_takes_a_new_channel(twin: Twin) -> None:
    async with twin.session() as session:
        await session.get(User, 1)
    assert spares(twin)
    twin.engine.update_execution_options(isolation_level="AUTOCOMMIT")
    async with twin.session() as session:
        await session.get(User, 1)
        if isinstance(getattr(session, "target", session), Session):
            assert session._frame.usual.channel.autocommit


async def test_listeners_that_come_later_are_heard(twin: Twin) -> None:
    async with twin.session() as session:
        await session.get(User, 1)
    seen: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        seen.append(statement)

    event.listen(twin.dispatch_engine, "before_cursor_execute", note)
    async with twin.session() as session:
        await session.get(User, 1)
    assert len(seen) == 1
