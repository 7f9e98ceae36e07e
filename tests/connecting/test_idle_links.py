"""Idle links are handed out and taken back without an effect, unless somebody is to be told, asked or shown."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ambo import create_engine, event
from ambo.connecting.recording import running
from ambo.connecting.sync_pool import Pool
from ambo.ext.asyncio import create_async_engine
from ambo.orm import Session


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Any]:
    made = create_engine(f"sqlite:///{tmp_path}/x.db", pool_size=1, max_overflow=0)
    yield made
    made.dispose()


def warm(engine: Any) -> tuple[Pool, Any]:
    pool: Pool = engine.pool
    assert pool.idle_link() is None, "nothing is open yet"
    link = pool.acquire()
    pool.release(link)
    return pool, link


def test_an_idle_link_comes_and_goes_at_once(engine: Any) -> None:
    pool, link = warm(engine)
    assert pool.idle_link() is link
    assert pool.checkedin() == 0 and pool.idle_link() is None
    assert pool.give_back(link) and pool.checkedin() == 1


def test_a_stale_link_is_not_handed_out(engine: Any) -> None:
    pool, link = warm(engine)
    pool.generation += 1
    assert pool.idle_link() is None and pool.checkedin() == 1
    assert pool.acquire() is not link


def test_a_link_with_something_to_be_done_is_not_taken_back_at_once(engine: Any) -> None:
    pool, link = warm(engine)
    assert pool.idle_link() is link
    link.execute("BEGIN")
    assert not pool.give_back(link)
    pool.release(link)
    assert pool.idle_link() is link and not link.in_transaction
    link.is_broken = True
    assert not pool.give_back(link)
    pool.release(link)
    assert pool.checkedin() == 0 and link.closed


def test_listeners_and_recordings_see_every_checkout(engine: Any) -> None:
    pool, _ = warm(engine)
    with Session(engine) as session, session.recorded() as log:
        session.connection()
        assert not running
    assert next(one.kind for one in log) == "acquire"
    seen: list[str] = []
    event.listen(engine, "checkout", lambda *args: seen.append("checkout"))
    event.listen(engine, "checkin", lambda *args: seen.append("checkin"))
    assert pool.idle_link() is None
    with engine.connect():
        pass
    assert seen == ["checkout", "checkin"]


async def test_only_the_loop_of_a_link_hands_it_out(tmp_path: Path) -> None:
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path}/x.db")
    async with engine.connect():
        pass
    pool = engine.pool
    link = pool.idle_link()
    assert link is not None
    assert not await asyncio.to_thread(pool.give_back, link)
    assert pool.give_back(link)
    assert await asyncio.to_thread(pool.idle_link) is None
    await engine.dispose()
