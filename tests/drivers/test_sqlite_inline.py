"""Async SQLite: what runs on the loop's own thread, what does not, and that the loop never waits for it."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from ambo import errors, event, select
from ambo.connecting.runtime import arun
from ambo.connecting.url import make_url
from ambo.drivers import sqlite_inline
from ambo.drivers.sqlite_async import AsyncSqliteDriver, AsyncSqliteLink
from ambo.drivers.sqlite_inline import NEVER, READS, WRITES
from ambo.effects import Batch, Execute, Fetched, Op, fetch
from ambo.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from shop import Base, User, people


@pytest.fixture(autouse=True)
def no_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine is, no read is long by the clock, but where a test wants it."""
    monkeypatch.setattr(sqlite_inline, "_LONG", 60.0)
    monkeypatch.setattr(sqlite_inline, "_SHARE", 60.0)


BY_KEY = "SELECT name FROM item WHERE id = ?"
LONG = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < ?) SELECT sum(x) FROM n"
STEPS = 300_000


@asynccontextmanager
async def opened(folder: Path, **connect_args: Any) -> AsyncIterator[AsyncSqliteLink]:
    link = await AsyncSqliteDriver().connect(make_url(f"sqlite:///{folder / 'inline.db'}"), connect_args)
    try:
        await link.execute("CREATE TABLE IF NOT EXISTS item (id INTEGER PRIMARY KEY, name VARCHAR)")
        await link.execute_many("INSERT OR REPLACE INTO item VALUES (?, ?)", [(number, f"item {number}") for number in range(100)])
        for _ in range(2):
            await run(link, BY_KEY, (1,))
        yield link
    finally:
        await link.close()


async def run(link: AsyncSqliteLink, sql: str, params: tuple[Any, ...] = ()) -> list[Any]:
    """Run a statement as an operation does."""

    def operation() -> Op[Fetched]:
        return (yield from fetch(link, sql, params))

    return (await arun(operation())).rows


async def run_batch(link: AsyncSqliteLink, *statements: tuple[str, tuple[Any, ...]]) -> list[Fetched]:
    def operation() -> Op[list[Fetched]]:
        found: list[Fetched] = yield Batch(link, [Execute(link, *one) for one in statements])
        return found

    return await arun(operation())


async def while_turning(work: Awaitable[Any]) -> tuple[Any, int]:
    """Await something, and count how often the loop turned meanwhile."""
    turns = 0
    task = asyncio.ensure_future(work)
    while not task.done():
        turns += 1
        await asyncio.sleep(0)
    return task.result(), turns


async def test_a_short_read_is_not_handed_over(tmp_path: Path) -> None:
    async with opened(tmp_path) as link:
        before, trips = link.worker.handed_over, link.round_trips
        for number in range(5):
            assert await run(link, BY_KEY, (number,)) == [(f"item {number}",)]
        found = await run_batch(link, ("BEGIN", ()), (BY_KEY, (7,)))
        assert found[1].rows == [("item 7",)] and found[1].names == ("name",)
        assert link.in_transaction
        await run(link, "ROLLBACK")
        assert not link.in_transaction
        assert link.worker.handed_over == before
        assert link.round_trips == trips + 7


async def test_writes_and_what_ends_them_are_handed_over_and_reads_between_see_them(tmp_path: Path) -> None:
    async with opened(tmp_path) as link:
        before = link.worker.handed_over
        await run_batch(link, ("BEGIN", ()), ("UPDATE item SET name = 'new' WHERE id = 1", ()))
        assert await run(link, BY_KEY, (1,)) == [("new",)]
        assert link.worker.handed_over == before + 1
        await run(link, "ROLLBACK")
        assert link.worker.handed_over == before + 2
        assert await run(link, BY_KEY, (1,)) == [("item 1",)]


async def test_a_long_read_moves_to_the_thread_and_the_loop_goes_on(tmp_path: Path) -> None:
    async with opened(tmp_path) as link:
        for _ in range(2):
            await run(link, LONG, (3,))
        before = link.worker.handed_over
        assert await run(link, LONG, (3,)) == [(6,)] and link.worker.handed_over == before
        rows, turns = await while_turning(run(link, LONG, (STEPS,)))
        assert rows == [(STEPS * (STEPS + 1) // 2,)]
        assert turns > 20 and link.worker.handed_over == before + 1
        assert link.inline is not None and link.inline.statements.known[LONG] > READS
        await run(link, LONG, (3,))
        assert link.worker.handed_over == before + 2, "it goes to the thread at once for a while"
        while link.inline.statements.known[LONG] > READS:
            await run(link, LONG, (3,))
        before = link.worker.handed_over
        await run(link, LONG, (3,))
        assert link.worker.handed_over == before, "and comes back"


async def test_an_interrupted_read_leaves_the_transaction_as_it_was(tmp_path: Path) -> None:
    async with opened(tmp_path) as link:
        for _ in range(2):
            await run(link, LONG, (3,))
        await run_batch(link, ("BEGIN", ()), ("UPDATE item SET name = 'kept' WHERE id = 1", ()))
        assert await run(link, LONG, (STEPS,)) == [(STEPS * (STEPS + 1) // 2,)]
        assert link.in_transaction
        await run(link, "COMMIT")
        assert await run(link, BY_KEY, (1,)) == [("kept",)]


async def test_a_locked_database_does_not_stop_the_loop(tmp_path: Path) -> None:
    async with opened(tmp_path) as link:
        other = sqlite3.connect(tmp_path / "inline.db", isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        reading = asyncio.ensure_future(run(link, BY_KEY, (1,)))
        for _ in range(50):
            await asyncio.sleep(0)
        assert not reading.done()
        other.execute("ROLLBACK")
        other.close()
        assert await reading == [("item 1",)]


async def test_a_batch_that_is_held_up_goes_on_in_the_thread(tmp_path: Path) -> None:
    async with opened(tmp_path) as link:
        other = sqlite3.connect(tmp_path / "inline.db", isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        trips = link.round_trips
        reading = asyncio.ensure_future(run_batch(link, ("BEGIN", ()), (BY_KEY, (1,))))
        for _ in range(50):
            await asyncio.sleep(0)
        assert link.in_transaction and not reading.done()
        other.execute("ROLLBACK")
        other.close()
        assert [one.rows for one in await reading] == [[], [("item 1",)]]
        assert link.round_trips == trips + 1
        await run(link, "ROLLBACK")


async def test_a_read_that_moved_to_the_thread_can_be_cancelled(tmp_path: Path) -> None:
    async with opened(tmp_path) as link:
        for _ in range(2):
            await run(link, LONG, (3,))
        reading = asyncio.ensure_future(run(link, LONG, (10**12,)))
        for _ in range(20):
            await asyncio.sleep(0)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        assert await run(link, BY_KEY, (1,)) == [("item 1",)]


async def test_a_task_that_only_reads_lets_others_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(tmp_path) as link:

        async def reads(count: int) -> None:
            for _ in range(count):
                await run(link, BY_KEY, (1,))

        before = link.worker.handed_over
        _, turns = await while_turning(reads(50))
        assert turns <= 2
        monkeypatch.setattr(sqlite_inline, "_SHARE", 0.0)
        await asyncio.sleep(0)
        _, turns = await while_turning(reads(50))
        assert turns >= 25 and link.worker.handed_over == before


async def test_a_read_that_is_slow_by_the_clock_moves_to_the_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(tmp_path) as link:
        monkeypatch.setattr(sqlite_inline, "_LONG", 0.0)
        before = link.worker.handed_over
        for _ in range(8):
            assert await run(link, BY_KEY, (1,)) == [("item 1",)]
        assert link.worker.handed_over == before + 7


async def test_an_error_is_reported_by_the_thread(tmp_path: Path) -> None:
    async with opened(tmp_path) as link:
        await link.execute("DROP TABLE item")
        with pytest.raises(Exception, match="no such table: item"):
            await run(link, BY_KEY, (1,))
        assert not link.is_broken


@pytest.mark.parametrize(
    ("sql", "verdict"),
    [
        ("SELECT id FROM item WHERE id > 97", READS),
        ("SELECT count(*) FROM item", NEVER),
        ("SELECT count(*) FROM item WHERE id > 50", READS),
        ("WITH one AS (SELECT 1 AS x) SELECT x FROM one", READS),
        ("WITH one AS (SELECT 1 AS x) INSERT INTO item (name) SELECT x FROM one", NEVER),
        ("SELECT value FROM json_each('[1]')", NEVER),
        ("SELECT python(name) FROM item", NEVER),
        ("SELECT id FROM item ORDER BY name COLLATE python_order", NEVER),
        ("PRAGMA user_version", NEVER),
        ("INSERT INTO item (name) VALUES ('x') RETURNING id", WRITES),
        ("INSERT INTO item (name) VALUES ('x'), ('y') RETURNING id", WRITES),
        ("INSERT INTO item (name) SELECT name FROM item WHERE id = 1", NEVER),
        ("INSERT INTO watched VALUES (1)", NEVER),
        ("UPDATE item SET name = 'z' WHERE id = 3", WRITES),
        ("UPDATE item SET name = 'z' WHERE name = 'y'", NEVER),
        ("UPDATE item SET name = python(name) WHERE id = 3", NEVER),
        ("DELETE FROM item WHERE id = 3", WRITES),
        ("DELETE FROM item", NEVER),
        ("DELETE FROM parent WHERE id = 3", NEVER),
    ],
)
async def test_what_may_run_on_the_loop(tmp_path: Path, sql: str, verdict: int) -> None:
    def listener(raw: sqlite3.Connection) -> None:
        raw.create_function("python", 1, lambda value: threading.get_ident())
        raw.create_collation("python_order", lambda a, b: 0)
        raw.executescript(
            """PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON; CREATE TABLE watched (id INTEGER); CREATE TABLE parent (id INTEGER PRIMARY KEY);
            CREATE TABLE child (id INTEGER PRIMARY KEY, parent_id INTEGER REFERENCES parent ON DELETE CASCADE);
            CREATE TRIGGER watch AFTER INSERT ON watched BEGIN DELETE FROM item WHERE name = 'gone'; END"""
        )

    async with opened(tmp_path) as link:
        await link.call_listener(listener)
        for _ in range(2):
            await run(link, sql)
        assert link.inline is not None
        assert link.inline.statements.known[sql] == verdict
        before = link.worker.handed_over
        await run_batch(link, ("BEGIN", ()), (sql, ()))
        assert link.worker.handed_over == before + (verdict == NEVER)
        await run(link, "ROLLBACK")
        before = link.worker.handed_over
        found = await run(link, sql)
        assert link.worker.handed_over == before + (verdict != READS), "outside a transaction a write is its own commit"
        assert "python(" not in sql or not found or found[0] == (link.worker.thread.ident,)


ADD = "INSERT INTO item (id, name) VALUES (?, ?)"


async def in_wal(link: AsyncSqliteLink) -> None:
    await run(link, "PRAGMA journal_mode = WAL")
    for number in (1000, 1001):
        await run(link, ADD, (number, "x"))


async def test_a_short_write_is_one_hand_over_with_its_commit(tmp_path: Path) -> None:
    async with opened(tmp_path) as link:
        await in_wal(link)
        before, trips = link.worker.handed_over, link.round_trips
        for number in range(3):
            await run_batch(link, ("BEGIN", ()), (ADD, (2000 + number, "new")))
            await run(link, "COMMIT")
        assert link.worker.handed_over == before + 3 and link.round_trips == trips + 6
        assert await run(link, BY_KEY, (2002,)) == [("new",)]
        assert await run(link, "PRAGMA busy_timeout") == [(5000,)]


async def test_a_short_write_waits_for_another_writer_in_the_thread(tmp_path: Path) -> None:
    async with opened(tmp_path) as link:
        await in_wal(link)
        other = sqlite3.connect(tmp_path / "inline.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        writing = asyncio.ensure_future(run_batch(link, ("BEGIN", ()), (ADD, (3000, "new"))))
        for _ in range(50):
            await asyncio.sleep(0)
        assert not writing.done()
        other.execute("COMMIT")
        other.close()
        await writing
        await run(link, "COMMIT")
        assert await run(link, BY_KEY, (3000,)) == [("new",)]


async def test_a_short_write_that_fails_leaves_the_transaction_as_it_was(tmp_path: Path) -> None:
    async with opened(tmp_path) as link:
        await in_wal(link)
        before = link.worker.handed_over
        await run_batch(link, ("BEGIN", ()), (ADD, (4000, "new")))
        with pytest.raises(errors.IntegrityError):
            await run(link, ADD, (1, "taken"))
        assert link.in_transaction and link.worker.handed_over == before
        await run(link, "COMMIT")
        assert await run(link, BY_KEY, (4000,)) == [("new",)]


async def test_a_write_that_is_slow_by_the_clock_moves_to_the_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(tmp_path) as link:
        await in_wal(link)
        monkeypatch.setattr(sqlite_inline, "_LONG", 0.0)
        counts = []
        for number in range(3):
            before = link.worker.handed_over
            await run_batch(link, ("BEGIN", ()), (ADD, (6000 + number, "new")))
            await run(link, "COMMIT")
            counts.append(link.worker.handed_over - before)
        assert counts == [1, 2, 2]


async def test_a_trigger_changes_what_a_write_does(tmp_path: Path) -> None:
    async with opened(tmp_path) as link:
        await in_wal(link)
        assert link.inline is not None and link.inline.known[ADD] == WRITES
        await run(link, "CREATE TRIGGER watch AFTER INSERT ON item BEGIN DELETE FROM item WHERE name = 'gone'; END")
        for number in (7000, 7001):
            await run(link, ADD, (number, "x"))
        assert link.inline.known[ADD] == NEVER


async def test_a_write_of_many_values_is_handed_over(tmp_path: Path) -> None:
    async with opened(tmp_path) as link:
        await in_wal(link)
        for count, is_inline in ((10, True), (40, False)):
            sql = "INSERT INTO item (id, name) VALUES " + ", ".join(["(?, ?)"] * count)
            for attempt in range(3):
                before = link.worker.handed_over
                params = tuple([value for number in range(count) for value in (5000 + count * 100 + number, "x")])
                await run_batch(link, ("BEGIN", ()), (sql, params))
                assert link.worker.handed_over == before + (attempt < 2 or not is_inline)
                await run(link, "ROLLBACK")


async def test_users_find_the_connection_as_they_left_it(tmp_path: Path) -> None:
    async with opened(tmp_path, timeout=7.5) as link:
        assert link.inline is not None and link.inline.is_entered is False
        await run(link, BY_KEY, (1,))
        assert link.inline.is_entered
        assert await run(link, "PRAGMA busy_timeout") == [(7500,)]
        await run(link, BY_KEY, (1,))
        assert link.raw.execute("PRAGMA busy_timeout").fetchone() == (7500,)


async def test_a_users_progress_handler_is_respected(tmp_path: Path) -> None:
    seen: list[int] = []

    def listener(raw: sqlite3.Connection) -> None:
        raw.set_progress_handler(lambda: seen.append(threading.get_ident()), 1)

    link = await AsyncSqliteDriver().connect(make_url(f"sqlite:///{tmp_path / 'own.db'}"), {})
    await link.call_listener(listener)
    for _ in range(4):
        assert await run(link, "SELECT 1 WHERE 1 = ?", (1,)) == [(1,)]
    assert set(seen) == {link.worker.thread.ident}
    await link.close()


@pytest.mark.parametrize("how", ["argument", "query", "same thread"])
async def test_inline_reads_can_be_switched_off(tmp_path: Path, how: str) -> None:
    url = make_url(f"sqlite:///{tmp_path / 'off.db'}" + ("?inline_reads=false" if how == "query" else ""))
    arguments = {"argument": {"inline_reads": False}, "query": {}, "same thread": {"check_same_thread": True}}[how]
    link = await AsyncSqliteDriver().connect(url, arguments)
    before = link.worker.handed_over
    for _ in range(4):
        assert await run(link, "SELECT 1") == [(1,)]
    assert link.worker.handed_over == before + 4
    await link.close()


@asynccontextmanager
async def shop(folder: Path) -> AsyncIterator[AsyncEngine]:
    engine = create_async_engine(f"sqlite+aiosqlite:///{folder / 'shop.db'}", pool_size=1)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with AsyncSession(engine) as session:
            session.add_all(people())
            await session.commit()
        yield engine
    finally:
        await engine.dispose()


def worker_of(engine: AsyncEngine) -> Any:
    return engine.pool.policies()[0].idle[0].worker


async def test_hand_overs_of_a_session(tmp_path: Path) -> None:
    async with shop(tmp_path) as engine:

        async def get() -> None:
            async with AsyncSession(engine) as session:
                assert await session.get(User, 1)

        async def query() -> None:
            async with AsyncSession(engine) as session:
                assert (await session.scalars(select(User).where(User.id == 1))).all()
                await session.commit()

        async def add() -> None:
            async with AsyncSession(engine) as session:
                session.add(User(name="new"))
                await session.commit()

        async def change() -> None:
            async with AsyncSession(engine) as session:
                user = await session.get_one(User, 1)
                user.level += 1
                await session.commit()

        counts = []
        for work in (get, query, add, change):
            for _ in range(3):
                await work()
            before = worker_of(engine).handed_over
            await work()
            counts.append(worker_of(engine).handed_over - before)
        assert counts == [0, 0, 2, 2]


async def test_what_runs_in_run_sync_reads_on_the_loop_too(tmp_path: Path) -> None:
    async with shop(tmp_path) as engine:

        async def names() -> list[str]:
            async with AsyncSession(engine) as session:
                return await session.run_sync(lambda blocking: [blocking.get_one(User, key).name for key in (1, 2)])

        for _ in range(3):
            await names()
        before = worker_of(engine).handed_over
        assert await names() == ["Ann", "Bob"]
        assert worker_of(engine).handed_over == before


async def test_a_ping_is_not_handed_over(tmp_path: Path) -> None:
    async with opened(tmp_path) as link:
        for _ in range(2):
            await link.ping()
        before = link.worker.handed_over
        await link.ping()
        assert link.worker.handed_over == before


async def test_a_get_does_not_turn_the_loop(tmp_path: Path) -> None:
    async with shop(tmp_path) as engine:

        async def get() -> None:
            async with AsyncSession(engine) as session:
                assert await session.get(User, 1)

        for _ in range(3):
            await get()
        await asyncio.sleep(0)
        body = get()
        with pytest.raises(StopIteration):
            body.send(None)


async def test_listeners_get_the_connection_as_the_thread_uses_it(tmp_path: Path) -> None:
    async with shop(tmp_path) as engine:
        timeouts: list[int] = []

        @event.listens_for(engine.sync_engine, "after_cursor_execute")
        def after(conn: Any, cursor: Any, statement: str, parameters: Any, context: Any, executemany: bool) -> None:
            timeouts.append(cursor.execute("PRAGMA busy_timeout").fetchone()[0])

        for _ in range(3):
            async with AsyncSession(engine) as session:
                assert await session.get(User, 1)
        assert set(timeouts) == {5000}
