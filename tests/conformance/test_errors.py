"""Bad input: each mistake has one clear error, and the session goes on or says why not."""

from __future__ import annotations

import asyncio
import builtins
from typing import Any

import pytest

from ambo import Column, Integer, MetaData, String, Table, UniqueConstraint, func, make_url, select, text
from ambo.dialects import postgresql, sqlite
from ambo.exc import (
    ArgumentError,
    CompileError,
    IntegrityError,
    InvalidRequestError,
    NoSuchModuleError,
    SAWarning,
    StatementError,
)
from ambo.orm import object_session
from ambo.orm.exc import DetachedInstanceError, FlushError, UnmappedClassError, UnmappedInstanceError
from shop import Base, User, people
from twin import Twin

pytestmark = pytest.mark.tables(Base.metadata)


async def goes_on(session: Any) -> None:
    """Show that the session still works."""
    assert await session.scalar(select(func.count(User.id))) is not None


async def test_an_unknown_attribute_of_a_class_gets_a_suggestion(twin: Twin) -> None:
    with pytest.raises(AttributeError, match=r"User.*'nmae'") as caught:
        _ = User.nmae  # type: ignore[attr-defined]
    assert caught.value.obj is User and caught.value.name == "nmae"  # from these Python itself prints "Did you mean: 'name'?"
    async with twin.session() as session:
        with pytest.raises(InvalidRequestError, match=r"nmae.*did you mean 'name'"):
            await session.execute(select(User).filter_by(nmae="x"))
        await goes_on(session)


async def test_an_unknown_keyword_of_a_constructor_gets_a_suggestion(twin: Twin) -> None:
    with pytest.raises(TypeError, match=r"'nmae'.*User.*did you mean 'name'"):
        User(nmae="x")
    async with twin.session() as session:
        await goes_on(session)


async def test_an_unknown_column_of_a_table_gets_a_suggestion(twin: Twin) -> None:
    with pytest.raises(AttributeError, match=r"nmae.*did you mean 'name'"):
        _ = User.__table__.c.nmae  # type: ignore[attr-defined]


async def test_an_unknown_key_of_a_row_names_the_keys(twin: Twin) -> None:
    async with twin.session() as session:
        row = (await session.execute(select(func.count(User.id).label("total")))).one()
        with pytest.raises(AttributeError, match="totl"):
            _ = row.totl
        with pytest.raises(KeyError, match="totl"):
            _ = row._mapping["totl"]
        await goes_on(session)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "URL"),
        ("mydb.sqlite", "URL"),
        ("oracle://x", "oracle"),
        ("postgresql+psycopg2://x", r"postgresql\+psycopg"),
        ("postgres://x", "postgresql"),
        ("sqlite+nothing://", "nothing"),
        ("postgrseql://x", "did you mean 'postgresql'"),
    ],
)
async def test_a_wrong_url_says_what_would_be_right(twin: Twin, url: str, words: str) -> None:
    with pytest.raises((ArgumentError, NoSuchModuleError), match=words):
        twin.create_engine(url)


async def test_the_wrong_colour_of_a_driver_says_which_one_to_use(twin: Twin) -> None:
    wrong = {"sqlite-sync": "sqlite+aiosqlite://", "sqlite-async": None, "psycopg-sync": "postgresql+asyncpg://x"}.get(twin.name)
    if wrong is None:
        pytest.skip("this driver has both colours")
    with pytest.raises((InvalidRequestError, ArgumentError), match="create_async_engine"):
        twin.create_engine(wrong)


@pytest.mark.parametrize(("url", "module", "extra"), [("postgresql+psycopg://h/d", "psycopg", r"ambo\[postgresql\]"), ("postgresql+asyncpg://h/d", "asyncpg", r"ambo\[asyncpg\]")])
async def test_a_missing_driver_names_the_extra(twin: Twin, url: str, module: str, extra: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if module == "asyncpg" and not twin.is_async:
        pytest.skip("asyncpg is async only")
    real = builtins.__import__

    def refuse(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.split(".", maxsplit=1)[0] == module:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refuse)
    for loaded in [name for name in __import__("sys").modules if name.split(".")[0] == module or name.startswith(f"ambo.drivers.{module}")]:
        monkeypatch.delitem(__import__("sys").modules, loaded)
    with pytest.raises((ImportError, InvalidRequestError, ArgumentError), match=extra):
        engine = twin.create_engine(url)
        async with engine.connect():
            pass


async def test_an_unmapped_class_or_object_is_named(twin: Twin) -> None:
    class Plain:
        """Not mapped."""

    async with twin.session() as session:
        with pytest.raises(UnmappedInstanceError, match="Plain"):
            session.add(Plain())
        with pytest.raises((UnmappedClassError, ArgumentError, InvalidRequestError), match="Plain"):
            await session.get(Plain, 1)
        with pytest.raises(ArgumentError, match="Plain"):
            select(Plain)
        with pytest.raises(UnmappedInstanceError, match="str|instance|class"):
            session.add("text")
        await goes_on(session)


async def test_a_table_defined_twice_is_an_error(twin: Twin) -> None:
    metadata = MetaData()
    Table("things", metadata, Column("id", Integer, primary_key=True))
    with pytest.raises(InvalidRequestError, match=r"'things'.*already"):
        Table("things", metadata, Column("id", Integer, primary_key=True), Column("x", String))
    table = Table("things", metadata, Column("x", String), extend_existing=True)
    assert set(table.c.keys()) == {"id", "x"}


async def test_an_integrity_error_names_the_table_and_columns(twin: Twin) -> None:
    async with twin.session() as session:
        session.add(User(name=None))
        with pytest.raises(IntegrityError) as caught:
            await session.commit()
        assert caught.value.table == "users" and caught.value.columns == ("name",)
        await session.rollback()
        await goes_on(session)


async def test_a_duplicate_names_table_and_columns_of_the_key(twin: Twin) -> None:
    metadata = MetaData()
    pairs = Table(
        "error_pairs",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("a", Integer),
        Column("b", Integer),
        UniqueConstraint("a", "b", name="uq_pairs"),
    )
    await twin.create(metadata)
    async with twin.engine.connect() as connection:
        await connection.execute(pairs.insert(), {"id": 1, "a": 1, "b": 1})
        for row, columns in (({"id": 1, "a": 2, "b": 2}, ("id",)), ({"id": 2, "a": 1, "b": 1}, ("a", "b"))):
            savepoint = await connection.begin_nested()
            with pytest.raises(IntegrityError) as caught:
                await connection.execute(pairs.insert(), row)
            await savepoint.rollback()
            assert (caught.value.table, caught.value.columns) == ("error_pairs", columns)


async def test_a_closed_session_can_be_used_again_unless_told_otherwise(twin: Twin) -> None:
    session = twin.session()
    await goes_on(session)
    await session.close()
    await goes_on(session)
    await session.close()
    strict = twin.session(close_resets_only=False)
    await goes_on(strict)
    await strict.close()
    with pytest.raises(InvalidRequestError, match="closed"):
        await goes_on(strict)


async def test_use_of_a_closed_transaction_says_so(twin: Twin) -> None:
    async with twin.session() as session:
        transaction = await session.begin()
        await transaction.commit()
        with pytest.raises(InvalidRequestError, match="closed|inactive|ended"):
            await transaction.commit()
        with pytest.raises(InvalidRequestError, match="already"):
            await session.begin()
            await session.begin()
        await session.rollback()
        await goes_on(session)


async def test_a_detached_object_cannot_be_refreshed_or_deleted(twin: Twin) -> None:
    async with twin.session() as session:
        session.add_all(people())
        await session.commit()
        ann = await session.get(User, 1)
        session.expunge(ann)
        assert object_session(ann) is None
        with pytest.raises((InvalidRequestError, DetachedInstanceError), match="User"):
            await session.refresh(ann)
        with pytest.raises(InvalidRequestError, match="User"):
            await session.delete(User(name="new"))
        with pytest.raises(InvalidRequestError, match="User"):
            session.expunge(ann)
        await goes_on(session)


async def test_one_object_in_two_sessions_is_an_error(twin: Twin) -> None:
    async with twin.session() as session, twin.session() as other:
        ann = User(name="Ann")
        session.add(ann)
        with pytest.raises(InvalidRequestError, match="already attached|another session"):
            other.add(ann)
        await goes_on(session)
        await goes_on(other)


@pytest.mark.filterwarnings("ignore:New instance")
async def test_two_objects_with_one_key_are_an_error(twin: Twin) -> None:
    async with twin.session() as session:
        session.add_all(people())
        await session.commit()
        ann = await session.get(User, 1)
        with pytest.raises((InvalidRequestError, IntegrityError), match="User|users|UNIQUE|unique|duplicate"):
            session.add(User(id=ann.id, name="twin"))
            await session.flush()
        await session.rollback()
        await goes_on(session)


@pytest.mark.worlds("async")
async def test_one_session_in_two_overlapping_tasks_is_busy(twin: Twin) -> None:
    from ambo.errors import SessionBusyError

    async with twin.session() as session:
        session.add_all(people())
        await session.commit()
        slow = select(func.pg_sleep(0.2)) if twin.database == "postgresql" else select(User)
        outcomes = await asyncio.gather(*(session.execute(slow) for _ in range(3)), return_exceptions=True)
        failures = [one for one in outcomes if isinstance(one, BaseException)]
        assert len(failures) == 2 and all(isinstance(one, SessionBusyError) for one in failures)
        assert "its own session" in str(failures[0])
        await goes_on(session)


async def test_a_statement_for_another_database_says_so(twin: Twin) -> None:
    async with twin.session() as session:
        if twin.database == "sqlite":
            statement: Any = select(func.count(User.id)).with_for_update(of=User)
            statement = postgresql.insert(User).values(name="x").on_conflict_do_nothing(constraint="uq_users_email")
        else:
            statement = select(User).where(User.name.op("GLOB")("x"))
        with pytest.raises((CompileError, StatementError)):
            await session.execute(statement)
        await session.rollback()
        await goes_on(session)


async def test_what_is_not_a_statement_is_named(twin: Twin) -> None:
    async with twin.session() as session:
        with pytest.raises(ArgumentError, match=r"text\("):
            await session.execute("SELECT 1")
        with pytest.raises(ArgumentError, match="5"):
            await session.execute(5)
        await goes_on(session)


async def test_a_plain_string_in_a_where_is_refused(twin: Twin) -> None:
    with pytest.raises(ArgumentError, match=r"text\("):
        select(User).where("name = 'x'")


async def test_a_condition_is_no_boolean(twin: Twin) -> None:
    with pytest.raises(TypeError, match="[Bb]oolean|truth"):
        if User.level > 3:
            pass


async def test_a_missing_parameter_is_named(twin: Twin) -> None:
    async with twin.session() as session:
        with pytest.raises(StatementError, match="level"):
            await session.execute(text("SELECT name FROM users WHERE level = :level"))
        await session.rollback()
        await goes_on(session)


async def test_a_cartesian_join_needs_a_link(twin: Twin) -> None:
    metadata = MetaData()
    one = Table("one", metadata, Column("id", Integer))
    two = Table("two", metadata, Column("id", Integer))
    with pytest.raises(ArgumentError, match="one.*two|two.*one"):
        str(select(one).join(two))


async def test_get_with_half_a_key_says_how_many_it_needs(twin: Twin) -> None:
    from shop import Seat

    async with twin.session() as session:
        with pytest.raises(InvalidRequestError, match="primary key|hall"):
            await session.get(Seat, "A")
        with pytest.raises(InvalidRequestError, match="primary key|hall|number"):
            await session.get(Seat, {"hall": "A"})
        await goes_on(session)


@pytest.mark.worlds("psycopg", "asyncpg")
async def test_the_transaction_after_an_error_must_be_rolled_back(twin: Twin) -> None:
    async with twin.session() as session:
        with pytest.raises(StatementError):
            await session.execute(text("SELECT broken"))
        with pytest.raises(StatementError):
            await session.execute(text("SELECT 1"))
        await session.rollback()
        await goes_on(session)


def test_names_of_the_other_library_are_kept() -> None:
    assert issubclass(SAWarning, RuntimeWarning)
    assert str(select(User.id).compile(dialect=sqlite.dialect())) == "SELECT users.id \nFROM users"
    assert make_url("sqlite://").drivername == "sqlite"


async def test_a_deleted_key_attribute_is_refused_by_name(twin: Twin) -> None:
    async with twin.session() as session:
        user = User(name="Ann")
        session.add(user)
        await session.commit()
        del user.id
        with pytest.raises(FlushError, match=r"Can't update <User at .*>: its primary key attribute 'id' was deleted"):
            await session.flush()
        await session.rollback()
        await session.refresh(user)
        assert user.name == "Ann"
