"""How many Python functions a warm operation calls: guards on the hot path that no machine's speed can disturb."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import family
from ambo import Integer, create_engine, select
from ambo.drivers import sqlite_inline
from ambo.ext.asyncio import AsyncSession, create_async_engine
from ambo.listening import heard
from ambo.orm import DeclarativeBase, Session, configure_mappers, joinedload, load_only, mapped_column, selectinload
from ambo.statements.keys import statement_key
from shop import Base, User, people


class Calls:
    """Counts Python calls (a generator's resumes are not new calls) and the files they are in."""

    def __init__(self, body: Callable[[], Any]) -> None:
        self.frames: dict[int, FrameType] = {}
        gc.collect()
        gc.disable()  # a finalizer's calls are nobody's budget
        sys.setprofile(self._see)
        try:
            body()
        finally:
            sys.setprofile(None)
            gc.enable()
        self.seen = [frame.f_code for frame in self.frames.values() if frame.f_code not in {body.__code__, self.__init__.__code__}]

    def _see(self, frame: FrameType, kind: str, argument: Any) -> None:
        if kind == "call":
            self.frames[id(frame)] = frame

    @property
    def count(self) -> int:
        """The number of calls."""
        return len(self.seen)

    @property
    def files(self) -> set[str]:
        """The files the called functions stand in; a generated row loader is none."""
        return {code.co_filename for code in self.seen if not code.co_filename.startswith("<")}

    def __str__(self) -> str:
        return f"{self.count} calls in {len(self.files)} files\n" + "\n".join(f"{code.co_filename}:{code.co_firstlineno} {code.co_qualname}" for code in self.seen)


@pytest.fixture
def nobody_listens() -> Iterator[None]:
    """The budgets are those of a process without listeners, whatever other tests have registered."""
    gc.collect()  # mappings that other tests could not configure
    configure_mappers()  # its listeners must be heard
    before = set(heard)
    heard.clear()
    yield
    heard.update(before)


@pytest.fixture
def session(nobody_listens: None) -> Iterator[Session]:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(people())
        session.commit()
        yield session
    engine.dispose()


def test_calls_are_counted_and_resumes_are_not() -> None:
    def numbers() -> Iterator[int]:
        yield from range(5)

    def body() -> None:
        list(numbers())
        list(numbers())

    assert Calls(body).count == 2


def test_one_row_by_a_select(session: Session) -> None:
    def body() -> None:
        session.scalars(select(User).where(User.id == 1)).all()

    for _ in range(3):
        body()
    calls = Calls(body)
    assert calls.count <= 40, str(calls)
    assert len(calls.files) <= 14, str(calls)


def test_a_get_from_the_identity_map(session: Session) -> None:
    kept = session.get(User, 1)
    calls = Calls(lambda: session.get(User, 1))
    assert kept is not None and calls.count <= 10, str(calls)


def test_reading_an_attribute_calls_nothing(session: Session) -> None:
    user = session.get(User, 1)
    assert user is not None
    user.name
    assert Calls(lambda: user.name).count <= 0


def test_rows_cost_no_calls_each(session: Session) -> None:
    session.add_all([User(name=f"u{n}") for n in range(1000)])
    session.commit()

    def body(limit: int) -> int:
        session.expunge_all()
        calls = Calls(lambda: session.scalars(select(User).order_by(User.id).limit(limit)).all())
        return calls.count

    body(10), body(1000)
    assert body(1000) - body(10) <= 10, "rows have calls of their own"


@pytest.fixture
def grown_family(nobody_listens: None) -> Iterator[Session]:
    engine = create_engine("sqlite://")
    family.Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([family.Person(id=n, name=f"p{n}", pets=[family.Pet(name=f"{n}.{m}") for m in range(3)]) for n in range(1, 301)])
        session.commit()
        session.expunge_all()
        yield session
    engine.dispose()


@pytest.mark.parametrize("load", [selectinload, joinedload])
def test_objects_of_a_graph_cost_no_calls_each(grown_family: Session, load: Any) -> None:
    def body(parents: int) -> int:
        grown_family.expunge_all()
        people = select(family.Person).where(family.Person.id <= parents).options(load(family.Person.pets))
        calls = Calls(lambda: grown_family.scalars(people).unique().all())
        return calls.count

    body(10), body(300)
    assert body(300) - body(10) <= 10, "parents or children have calls of their own"


def test_statements_of_a_graph(grown_family: Session) -> None:
    person = family.Person
    people = select(person).options(selectinload(person.pets), selectinload(person.clubs), joinedload(person.passport))
    with grown_family.recorded() as statements:
        grown_family.scalars(people).all()
    assert len(statements) == 3, statements


def test_bytes_of_an_object(session: Session) -> None:
    session.add_all([User(name=f"u{n}") for n in range(2000)])
    session.commit()
    session.expunge_all()
    statement = select(User)
    session.scalars(statement).all()
    gc.collect()
    tracemalloc.start(1)
    try:
        before = tracemalloc.get_traced_memory()[0]
        kept = session.scalars(statement).all()
        gc.collect()
        each = (tracemalloc.get_traced_memory()[0] - before) / len(kept)
    finally:
        tracemalloc.stop()
    values = sum(sys.getsizeof(one.name) + sys.getsizeof(one.created) + sys.getsizeof(one.id) for one in kept) / len(kept)
    limit = 340 if sys.version_info < (3, 13) else 440  # Python 3.13 keeps places for the values beside the dictionary
    assert each - values <= limit, f"{each - values:.0f} bytes for an object of seven attributes, without its values"


def test_objects_are_as_small_after_a_query_for_few_columns(nobody_listens: None) -> None:
    class Local(DeclarativeBase):
        pass

    def mapped(name: str) -> Any:
        columns = {f"c{number}": mapped_column(Integer) for number in range(6)}
        return type(name, (Local,), {"__tablename__": name.lower(), "id": mapped_column(Integer, primary_key=True), **columns})

    engine = create_engine("sqlite://")
    first, second = mapped("First"), mapped("Second")
    Local.metadata.create_all(engine)
    sizes = []
    with Session(engine) as session:
        for one, queries in ((first, [select(first)]), (second, [select(second).options(load_only(second.c3)), select(second)])):
            session.add_all([one(id=number) for number in range(1, 100)])
            session.commit()
            for query in queries:
                session.expunge_all()
                found = session.scalars(query).all()
            sizes.append({sys.getsizeof(obj.__dict__) for obj in found})
    assert sizes[0] == sizes[1], "names that come late cost each object a dictionary of its own"


def test_a_small_select_is_built_and_looked_up_in_few_calls(session: Session) -> None:
    plans = session.get_bind().plans

    def body() -> Any:
        return plans.get(("session", statement_key(select(User).where(User.id == 1)).key))

    session.scalars(select(User).where(User.id == 1)).all()
    assert body() is not None
    calls = Calls(body)
    assert calls.count <= 12, str(calls)


@pytest.mark.parametrize(("options", "most"), [({}, 51), ({"isolation_level": "AUTOCOMMIT"}, 46)])
def test_a_fresh_session_gets_one_object_and_is_closed(nobody_listens: None, tmp_path: Path, options: dict[str, Any], most: int) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/one.db", **options)
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(people())
        session.commit()

    def body() -> None:
        with Session(engine) as fresh:
            fresh.get(User, 1)

    for _ in range(3):
        body()
    calls = Calls(body)
    assert calls.count <= most, str(calls)
    engine.dispose()


def test_a_fresh_session_gets_one_object_with_its_collection(grown_family: Session) -> None:
    grown_family.close()
    engine, person = grown_family.get_bind(), family.Person

    def body() -> int:
        with Session(engine) as fresh:
            found = fresh.get(person, 1, options=[selectinload(person.pets)])
            return 0 if found is None else len(found.pets)

    for _ in range(3):
        assert body() == 3
    calls = Calls(body)
    assert calls.count <= 98, str(calls)


def test_one_new_object_is_committed(session: Session) -> None:
    def body() -> None:
        session.add(User(name="one"))
        session.commit()

    for _ in range(3):
        body()
    calls = Calls(body)
    assert calls.count <= 77, str(calls)


def test_new_objects_cost_few_calls_each(session: Session) -> None:
    def body(count: int) -> int:
        def write() -> None:
            session.add_all([User(name=f"n{number}") for number in range(count)])
            session.commit()

        return Calls(write).count

    body(40), body(640)
    each = (body(640) - body(40)) / 600
    assert each <= 5.1, f"{each} calls to make, add, insert and expire one object"


def test_changed_and_deleted_objects_cost_few_calls_each(session: Session) -> None:
    session.add_all([User(name=f"u{number}") for number in range(1500)])
    session.commit()

    def change(count: int) -> int:
        users = session.scalars(select(User).order_by(User.id).limit(count)).all()

        def write() -> None:
            for user in users:
                user.level += 1
            session.commit()

        return Calls(write).count

    def delete(count: int) -> int:
        users = session.scalars(select(User).order_by(User.id.desc()).limit(count)).all()

        def write() -> None:
            for user in users:
                session.delete(user)
            session.commit()

        return Calls(write).count

    change(40), change(440)
    each = (change(440) - change(40)) / 400
    assert each <= 5.1, f"{each} calls to change, update (an onupdate value is one of them) and expire one object"
    delete(40), delete(600)
    each = (delete(600) - delete(40)) / 560
    assert each <= 2.1, f"{each} calls to delete one object"


def test_a_flush_of_many_objects_sends_few_statements(session: Session) -> None:
    users = [User(name=f"u{number}") for number in range(1000)]
    session.add_all(users)
    with session.recorded() as log:
        session.flush()
        assert [sql.split()[0] for sql in log.queries] == ["INSERT"] * 6  # 512 + 256 + 128 + 64 + 32 + 8
        assert log.round_trips == 1
    for user in users:
        user.level += 1
    with session.recorded() as log:
        session.flush()
        assert len(log.queries) <= 6 and log.round_trips == 1
    for user in users:
        session.delete(user)
    with session.recorded() as log:
        session.flush()
        assert [sql.split()[0] for sql in log.queries] == ["DELETE"] * 2 and log.round_trips == 1


def test_a_closed_session_leaves_nothing_to_the_collector(session: Session) -> None:
    session.close()
    engine = session.get_bind()

    def body() -> None:
        with Session(engine) as fresh:
            fresh.get(User, 1)

    body()
    gc.collect()
    gc.disable()
    try:
        body()
        assert gc.collect() == 0
    finally:
        gc.enable()


async def test_one_row_by_a_select_under_asyncio(nobody_listens: None) -> None:
    engine = create_async_engine("sqlite+aiosqlite://")
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with AsyncSession(engine) as session:
        session.add_all(people())
        await session.commit()

        async def body() -> list[User]:
            return list((await session.scalars(select(User).where(User.id == 1))).all())

        for _ in range(3):
            assert len(await body()) == 1
        calls = Calls(lambda: None)
        ours = "/ambo/"
        sys.setprofile(calls._see)
        try:
            await body()
        finally:
            sys.setprofile(None)
        mine = [frame.f_code for frame in calls.frames.values() if ours in frame.f_code.co_filename]
        assert len(mine) <= 55, "\n".join(f"{code.co_filename} {code.co_qualname}" for code in mine)
    await engine.dispose()


async def test_a_fresh_async_session_gets_one_object_without_suspending(nobody_listens: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Short reads of SQLite run on the loop: no hand-over, no turn of the loop, hardly more calls than the blocking session's."""
    for limit in ("_LONG", "_SHARE"):
        monkeypatch.setattr(sqlite_inline, limit, 60.0)  # however slow this machine is
    engine = create_async_engine("sqlite+aiosqlite://")
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with AsyncSession(engine) as session:
        session.add_all(people())
        await session.commit()

    async def body() -> None:
        async with AsyncSession(engine) as fresh:
            assert await fresh.get(User, 1)

    def step() -> None:
        coroutine = body()
        with contextlib.suppress(StopIteration):
            coroutine.send(None)
            raise AssertionError("it was suspended")

    for _ in range(4):
        await body()
    await asyncio.sleep(0)
    calls = Calls(step)
    assert calls.count <= 72, str(calls)
    await engine.dispose()
