"""Runs the tour's programs and compares what the two colours did.

Rule 1: both colours start every operation from the same rows in new tables, so the order of operations means nothing.
Rule 2: only the operation itself is recorded and timed: not the making of tables, not the look at what it left behind.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ambo import URL, create_engine, make_url, select
from ambo.cli.tour.programs import Address, Base, Pair, User, beginning
from ambo.connecting.registry import driver_for
from ambo.errors import ArgumentError
from ambo.ext.asyncio import AsyncSession, create_async_engine
from ambo.orm import Session

ROWS = [select(User.id, User.name, User.age).order_by(User.id), select(Address.id, Address.city, Address.user_id).order_by(Address.id)]


@dataclass(frozen=True)
class Run:
    """What one colour did: its result and the rows it left, both as plain values; the SQL; the trips; the time."""

    result: Any
    left: Any
    statements: tuple[str, ...]
    round_trips: int
    seconds: float


@dataclass(frozen=True)
class Outcome:
    """One operation in both colours."""

    pair: Pair
    blocking: Run
    awaiting: Run
    same_driver: bool

    @property
    def differences(self) -> list[str]:
        """What is not equal, as words; empty if all is well. Round trips are compared between equal drivers only."""
        one, two = self.blocking, self.awaiting
        checks = {
            "result": one.result == two.result,
            "rows left": one.left == two.left,
            "SQL": queries(one.statements) == queries(two.statements),
            "round trips": one.round_trips == two.round_trips or not self.same_driver,
        }
        return [name for name, equal in checks.items() if not equal]

    @property
    def is_equal(self) -> bool:
        """Whether both colours did the same."""
        return not self.differences


def queries(statements: Sequence[str]) -> list[str]:
    """Leave out what begins and ends transactions, which differs by driver."""
    return [one for one in statements if one.split(None, 1)[0].upper() not in {"BEGIN", "COMMIT", "ROLLBACK", "START"}]


def perform(pairs: Sequence[Pair], url: str | None = None) -> list[Outcome]:
    """Run programs in both colours, on embedded SQLite or on the database at `url`, and return what they did.

    Raises an AmboError if the database cannot be used or already has tables of the tour's names.
    """
    with tempfile.TemporaryDirectory(prefix="ambo-tour-") as folder:
        blocking, awaiting = urls(url, Path(folder))
        sync_runs = run_sync_side(pairs, blocking)
        async_runs = asyncio.run(run_async_side(pairs, awaiting))
    same = driver_of(blocking) == driver_of(awaiting)
    return [Outcome(pair, one, two, same) for pair, one, two in zip(pairs, sync_runs, async_runs, strict=True)]


def urls(url: str | None, folder: Path) -> tuple[URL, URL]:
    """Return the URLs for the sync and the async colour."""
    if url is None:
        return make_url(f"sqlite:///{folder / 'sync.db'}"), make_url(f"sqlite+aiosqlite:///{folder / 'async.db'}")
    return in_colour(make_url(url), False), in_colour(make_url(url), True)


def in_colour(url: URL, is_async: bool) -> URL:
    """Return a URL whose driver has this colour: the one given, or the database's usual one."""
    try:
        driver_for(url, is_async=is_async)
    except ArgumentError:
        return url.set(drivername=url.get_backend_name())
    return url


def driver_of(url: URL) -> str:
    """Name what two URLs must share for their round trips to be comparable."""
    return "sqlite" if url.get_backend_name() == "sqlite" else url.drivername


def run_sync_side(pairs: Sequence[Pair], url: URL) -> list[Run]:
    """Run the sync programs; the first one twice, so that its time is not the time of connecting."""
    engine = create_engine(url)
    try:
        return [run_one(engine, pair) for pair in [*pairs[:1], *pairs]][1:]
    finally:
        engine.dispose()


def run_one(engine: Any, pair: Pair) -> Run:
    """Run one sync program."""
    Base.metadata.create_all(engine, checkfirst=False)
    try:
        with Session(engine) as session:
            session.add_all(beginning())
            session.commit()
        with Session(engine, expire_on_commit=False) as session:
            with session.recorded() as log:
                start = time.perf_counter()
                result = pair.blocking(session)
                seconds = time.perf_counter() - start
            shown = plain(result)
        with Session(engine) as session:
            left = [session.execute(statement).all() for statement in ROWS]
        return Run(shown, plain(left), tuple(log.statements), log.round_trips, seconds)
    finally:
        Base.metadata.drop_all(engine)


async def run_async_side(pairs: Sequence[Pair], url: URL) -> list[Run]:
    """Run the async programs; the first one twice, so that its time is not the time of connecting."""
    engine = create_async_engine(url)
    try:
        return [await arun_one(engine, pair) for pair in [*pairs[:1], *pairs]][1:]
    finally:
        await engine.dispose()


async def arun_one(engine: Any, pair: Pair) -> Run:
    """Run one async program."""
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all, checkfirst=False)
    try:
        async with AsyncSession(engine) as session:
            session.add_all(beginning())
            await session.commit()
        async with AsyncSession(engine, expire_on_commit=False) as session:
            with session.recorded() as log:
                start = time.perf_counter()
                result = await pair.awaiting(session)
                seconds = time.perf_counter() - start
            shown = plain(result)
        async with AsyncSession(engine) as session:
            left = [(await session.execute(statement)).all() for statement in ROWS]
        return Run(shown, plain(left), tuple(log.statements), log.round_trips, seconds)
    finally:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.drop_all)


def plain(value: Any) -> Any:
    """Turn a result into values that two runs can be compared by."""
    if isinstance(value, User):
        return {"User": {"id": value.id, "name": value.name, "age": value.age}}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return value
