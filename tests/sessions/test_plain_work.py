"""Flushes that are plain work (`unitofwork/plain_work.py`) do what every flush does, in both colours on every database."""

from __future__ import annotations

from typing import Any

import pytest

from ambo import ForeignKey, String, event, inspect, select, text
from ambo.errors import AmboWarning, FlushError, IntegrityError, PendingRollbackError
from ambo.orm import Mapped, Session, mapped_column
from ambo.unitofwork.plain_work import plain_work
from family import Base, Country, Node, Person, Pet
from twin import Twin

pytestmark = pytest.mark.tables(Base.metadata)


def is_plain(session: Any) -> bool:
    return plain_work(getattr(session, "sync_session", session)) is not None


def test_new_objects_that_refer_to_nothing_are_plain() -> None:
    with Session() as session:
        assert not is_plain(session)
        session.add_all([Person(name="Ann"), Person(name="Bob")])
        assert is_plain(session)
        session.add(Country(code="NO"))
        assert not is_plain(session)


def test_objects_that_refer_to_something_are_not_plain() -> None:
    for related in (Pet(name="Rex", owner=Person(name="Ann")), Person(name="Bob", pets=[]), Node(name="root", children=[Node(name="leaf")])):
        with Session() as session:
            session.add(related)
            assert not is_plain(session)


async def test_plain_objects_are_persistent_and_clean(twin: Twin) -> None:
    async with twin.session() as session:
        people = [Person(name=f"n{number}") for number in range(3)]
        for person in people:
            session.add(person)
            assert is_plain(session)
            await session.flush()
            assert inspect(person).persistent and person not in session.dirty and person not in session.new
            assert await session.get(Person, person.id) is person
        assert sorted({person.id for person in people}) == [person.id for person in people]
        people[0].name = "changed"
        await session.commit()
        assert (await session.scalars(select(Person.name).order_by(Person.id))).all() == ["changed", "n1", "n2"]


async def test_a_plain_insert_that_fails_leaves_what_a_failed_flush_leaves(twin: Twin) -> None:
    async with twin.session() as session:
        session.add(Country(code="NO"))
        await session.commit()
    async with twin.session() as session:
        again = Country(code="NO")
        session.add(again)
        assert is_plain(session)
        with pytest.raises(IntegrityError):
            await session.commit()
        with pytest.raises(PendingRollbackError):
            await session.scalars(select(Country))
        await session.rollback()
        assert inspect(again).transient
        session.add(Country(code="SE"))
        await session.commit()
        assert (await session.scalars(select(Country.code).order_by(Country.code))).all() == ["NO", "SE"]


async def test_a_rolled_back_savepoint_takes_plain_objects_back(twin: Twin) -> None:
    async with twin.session() as session:
        kept, gone = Person(name="kept"), Person(name="gone")
        session.add(kept)
        await session.flush()
        savepoint = await session.begin_nested()
        session.add(gone)
        await session.flush()
        await savepoint.rollback()
        assert inspect(gone).transient and inspect(kept).persistent
        await session.commit()
        assert (await session.scalars(select(Person.name))).all() == ["kept"]


async def test_listeners_of_a_flush_hear_of_plain_objects(twin: Twin) -> None:
    heard: list[str] = []

    def inserted(mapper: Any, connection: Any, target: Any) -> None:
        heard.append(target.name)

    event.listen(Person, "after_insert", inserted)
    try:
        async with twin.session() as session:
            session.add(Person(name="Ann"))
            await session.commit()
    finally:
        event.remove(Person, "after_insert", inserted)
    assert heard == ["Ann"]


async def test_a_row_that_a_trigger_keeps_out_is_missed(twin: Twin) -> None:
    if twin.engine.dialect.name != "sqlite":
        pytest.skip("the trigger is written for SQLite")
    async with twin.session() as session:
        for name in ("one", "two"):  # the second is inserted without RETURNING
            session.add(Person(name=name))
            await session.commit()
        await session.execute(text("CREATE TRIGGER picky BEFORE INSERT ON person WHEN NEW.name = 'no' BEGIN SELECT RAISE(IGNORE); END"))
        await session.commit()
        session.add(Person(name="no"))
        with pytest.raises(FlushError, match=r"sent 1 row\(s\) and 0 came back"):
            await session.commit()
        await session.rollback()
        assert (await session.scalars(select(Person.name).order_by(Person.id))).all() == ["one", "two"]


async def test_a_key_that_is_no_row_id_is_never_taken_for_one(twin: Twin) -> None:
    if twin.engine.dialect.name != "sqlite":
        pytest.skip("only SQLite has row ids beside keys")
    async with twin.session() as session:
        await session.execute(text("DROP TABLE node"))
        await session.execute(text("CREATE TABLE node (id INT PRIMARY KEY, name TEXT, parent_id INT)"))
        await session.commit()
        for _ in range(3):
            session.add(Node(name="one"))
            with pytest.raises(FlushError, match="NULL identity key"):
                await session.commit()
            await session.rollback()
            assert (await session.scalars(text("SELECT count(*) FROM node"))).one() == 0
            await session.rollback()


async def test_a_connection_belongs_to_one_transaction(twin: Twin) -> None:
    """The channel of one transaction serves the next only if it would be made the same again."""
    async with twin.session() as session:
        session.add(Person(name="one"))
        await session.commit()
        first = await session.connection()
        await session.commit()
        assert await session.connection() is not first


class Deferred(Base):
    __tablename__ = "deferred"
    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(ForeignKey("deferred.id", deferrable=True, initially="DEFERRED"))


async def test_a_plain_insert_that_is_all_of_its_transaction_needs_no_commit(twin: Twin) -> None:
    async with twin.session() as session:
        session.add(Person(name="first"))
        await session.commit()
        for name in ("second", "third"):
            person = Person(name=name)
            session.add(person)
            with session.recorded() as log:
                await session.commit()
            assert [sql.split()[0] for sql in log.statements] == ["INSERT"] and log.round_trips == 1
            assert inspect(person).persistent and not session.in_transaction()
    async with twin.session() as session:
        assert (await session.scalars(select(Person.name).order_by(Person.id))).all() == ["first", "second", "third"]


async def test_a_transaction_that_has_begun_is_committed(twin: Twin) -> None:
    async with twin.session() as session:
        await session.execute(select(Person))
        session.add(Country(code="NO"))
        with session.recorded() as log:
            await session.commit()
        assert [sql.split()[0] for sql in log.statements] == ["INSERT", "COMMIT"] and log.round_trips == 2 + (twin.driver == "asyncpg")


@pytest.mark.parametrize("before", [0, 1, 2])
async def test_a_failed_commit_leaves_a_usable_session(twin: Twin, before: int) -> None:
    """COMMIT fails, not the INSERT: nothing is pending any more, and no rollback() is due."""
    if twin.database == "mariadb":
        pytest.skip("MariaDB has no deferred constraints")
    engine = twin.create_engine()
    if twin.database == "sqlite":
        event.listen(getattr(engine, "sync_engine", engine), "connect", enforcing)
    async with twin.session(engine) as session:
        for number in range(1, before + 1):
            session.add(Deferred(number=number))
            await session.commit()
        lost = Deferred(number=77)
        session.add(lost)
        with pytest.raises(IntegrityError):
            await session.commit()
        assert inspect(lost).transient and not session.in_transaction()
        assert len((await session.scalars(select(Deferred))).all()) == before
        session.add(Deferred(id=9, number=9))
        await session.commit()
        assert (await session.scalars(select(Deferred.number).order_by(Deferred.id))).all() == [*range(1, before + 1), 9]
    assert engine.pool.checkedout() == 0


def enforcing(raw: Any, record: Any) -> None:
    cursor = raw.cursor()
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


async def test_a_row_that_comes_back_under_a_known_key_takes_its_place(twin: Twin) -> None:
    if twin.database != "sqlite":
        pytest.skip("only SQLite makes a key again")
    async with twin.session() as session:
        for _ in range(2):
            old, new = Deferred(number=1), Deferred(number=2)
            session.add(old)
            await session.commit()
            await session.execute(text("DELETE FROM deferred"))
            session.add(new)
            with pytest.warns(AmboWarning, match="the row of that one must be gone"):
                await session.flush()
            assert inspect(old).detached and new.id == old.id and await session.get(Deferred, new.id) is new
            await session.rollback()
            await session.execute(text("DELETE FROM deferred"))
            await session.commit()


class Coded(Base):
    """Its first row has the row id 1, and a value of the server's that looks the same."""

    __tablename__ = "coded"
    code: Mapped[str] = mapped_column(String(10), primary_key=True)
    version: Mapped[int] = mapped_column(server_default="1")


class Parted(Base):
    """The same within a key."""

    __tablename__ = "parted"
    code: Mapped[str] = mapped_column(String(10), primary_key=True)
    part: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, server_default="1")


async def test_a_value_of_the_server_is_never_taken_for_a_row_id(twin: Twin) -> None:
    async with twin.session() as session:
        for code in "abc":
            coded, parted = Coded(code=code), Parted(code=code)
            session.add(coded)
            await session.commit()
            session.add(parted)
            await session.commit()
            assert coded.version == 1 and inspect(parted).identity == (code, 1)
        assert (await session.scalars(select(Coded.version))).all() == [1, 1, 1]


async def test_a_key_that_is_null_is_not_committed(twin: Twin) -> None:
    if twin.database != "sqlite":
        pytest.skip("only SQLite's keys may be NULL")
    async with twin.session() as session:
        await session.execute(text("DROP TABLE country"))
        await session.execute(text("CREATE TABLE country (code TEXT PRIMARY KEY, name TEXT)"))
        await session.commit()
        for _ in range(2):
            session.add(Country(code=None))
            with pytest.raises(FlushError, match="NULL identity key"):
                await session.commit()
            await session.rollback()
            assert (await session.scalars(text("SELECT count(*) FROM country"))).one() == 0


def beginning(raw: Any, record: Any) -> None:
    """Have the driver open a transaction with each statement that changes something."""
    if hasattr(raw, "isolation_level"):
        raw.isolation_level = "DEFERRED"
    else:
        cursor = raw.cursor()
        cursor.execute("SET autocommit=0")
        cursor.close()


@pytest.mark.worlds("sqlite", "mariadb")
async def test_what_the_driver_began_is_committed(twin: Twin) -> None:
    engine = twin.create_engine()
    event.listen(getattr(engine, "sync_engine", engine), "connect", beginning)
    async with twin.session(engine) as session:
        for name in ("one", "two", "three"):
            session.add(Person(name=name))
            await session.commit()
        session.add(Country(code="NO"))
        await session.commit()
        session.add(Country(code="NO"))
        with pytest.raises(IntegrityError):
            await session.commit()
    async with twin.session() as session:
        assert (await session.scalars(select(Person.name).order_by(Person.id))).all() == ["one", "two", "three"]
        assert (await session.scalars(select(Country.code))).all() == ["NO"]


class Bare(Base):
    """Nothing is sent for it but its existence."""

    __tablename__ = "bare"
    id: Mapped[int] = mapped_column(primary_key=True)


@pytest.mark.parametrize("count", [2, 5, 33, 130, 600])
async def test_what_is_learned_of_one_row_is_not_taken_for_many(twin: Twin, count: int) -> None:
    """33 are 32 and one more: that one is part of a batch, and its key comes back as the others' do."""
    async with twin.session() as session:
        for kind in (Person, Bare):
            for _ in range(3):
                session.add(kind(name="one") if kind is Person else kind())
                await session.commit()
            some = [kind(name=f"n{number}") if kind is Person else kind() for number in range(count)]
            session.add_all(some)
            await session.commit()
            assert sorted(set((await session.scalars(select(kind.id))).all())) == sorted([*range(1, 4), *(one.id for one in some)])


class Audit(Base):
    __tablename__ = "audit"
    id: Mapped[int] = mapped_column(primary_key=True)
    what: Mapped[str] = mapped_column(String(10), unique=True)


audited: list[Any] = []


def audit() -> str:
    audited[0].add(Audit(what="same"))
    return "same"


class Audited(Base):
    __tablename__ = "audited"
    id: Mapped[int] = mapped_column(primary_key=True)
    what: Mapped[str] = mapped_column(String(10), default=audit)


async def test_what_a_default_adds_is_of_the_same_transaction(twin: Twin) -> None:
    async with twin.session() as session:
        audited[:] = [session]
        session.add(Audited())
        await session.commit()
        for _ in range(2):
            session.add(Audited())
            with pytest.raises(IntegrityError):
                await session.commit()
            await session.rollback()
        assert len((await session.scalars(select(Audited))).all()) == 1
