"""INSERT and UPDATE of mapped classes with lists of dictionaries, RETURNING, upserts and events, in both colours."""

from __future__ import annotations

from typing import Any

import pytest

from ambo import String, bindparam, event, func, insert, inspect, select, update
from ambo.dialects import postgresql, sqlite
from ambo.errors import InvalidRequestError
from ambo.orm import DeclarativeBase, Mapped, load_only, mapped_column, orm_insert_sentinel
from staff import Base, Boss, Company, Engineer, Worker, a_company
from twin import Twin

pytestmark = pytest.mark.tables(Base.metadata)


class Noted(Base):
    """Columns that may be NULL and have defaults, of Python and of the server."""

    __tablename__ = "noted"
    id: Mapped[int] = mapped_column(primary_key=True)
    mine: Mapped[str | None] = mapped_column(String(20), default="mine")
    its: Mapped[str | None] = mapped_column(String(20), server_default="its")


async def workers(session: Any) -> list[tuple[Any, ...]]:
    rows = await session.execute(select(Worker.name, Worker.level, Worker.kind).order_by(Worker.id))
    return [tuple(row) for row in rows]


async def test_dictionaries_are_keyed_by_attribute_and_told_their_class(twin: Twin) -> None:
    async with twin.session() as session:
        await session.execute(insert(Worker), [{"name": "a", "level": 3}, {"name": "b", "level": 4}])
        assert await workers(session) == [("a", 3, "worker"), ("b", 4, "worker")]


async def test_dictionaries_of_unlike_keys_come_back_in_their_order(twin: Twin) -> None:
    async with twin.session() as session:
        given = [{"name": "a", "level": 3}, {"name": "b"}, {"name": "c"}, {"name": "d", "level": 5}]
        found = (await session.scalars(insert(Worker).returning(Worker), given)).all()
        assert [(one.name, one.level) for one in found] == [("a", 3), ("b", 1), ("c", 1), ("d", 5)]


async def test_none_gives_way_to_a_default_unless_nulls_are_rendered(twin: Twin) -> None:
    async with twin.session() as session:
        await session.execute(insert(Worker), [{"name": "a", "level": None}])
        assert await workers(session) == [("a", 1, "worker")]
        with pytest.raises(Exception, match=r"(?i)null"):
            await session.execute(insert(Worker), [{"name": "a", "level": None}], execution_options={"render_nulls": True})


async def test_bulk_mappings_with_none_take_defaults_unless_nulls_are_rendered(twin: Twin) -> None:
    async with twin.session() as session:
        for renders in (False, True):
            given: list[dict[str, Any]] = [{"mine": None, "its": None}, {}, {"mine": "x", "its": None}]
            await session.bulk_insert_mappings(Noted, given, return_defaults=True, render_nulls=renders)
            stored = [(one.mine, one.its) for one in await session.scalars(select(Noted).order_by(Noted.id))][-3:]
            assert stored == ([(None, None), ("mine", "its"), ("x", None)] if renders else [("mine", "its"), ("mine", "its"), ("x", "its")])
            assert [(one["mine"], one["its"]) for one in given] == stored


async def test_expressions_in_returning_stand_beside_entities(twin: Twin) -> None:
    async with twin.session() as session:
        statement = insert(Worker).returning(Worker, func.upper(Worker.name), Worker.level + 1)
        for at in range(2):
            found = (await session.execute(statement, [{"name": f"a{at}", "level": 3}, {"name": f"b{at}", "level": 4}])).all()
            assert [(row[0].name, *row[1:]) for row in found] == [(f"a{at}", f"A{at}", 4), (f"b{at}", f"B{at}", 5)]


async def test_a_class_of_two_tables_returns_what_it_inserted(twin: Twin) -> None:
    async with twin.session() as session:
        given = [{"name": name, "language": "c", "level": 2} for name in "zyx"]
        found = (await session.scalars(insert(Engineer).returning(Engineer), given)).all()
        assert [(one.name, one.language, one.kind) for one in found] == [("z", "c", "engineer"), ("y", "c", "engineer"), ("x", "c", "engineer")]
        rows = (await session.execute(insert(Engineer).returning(Engineer.name, Engineer.level * 2), given)).all()
        assert [tuple(row) for row in rows] == [("z", 4), ("y", 4), ("x", 4)]
        part = (await session.scalars(insert(Engineer).returning(Engineer).options(load_only(Engineer.name)), given)).all()
        assert "name" in part[0].__dict__ and "language" not in part[0].__dict__


async def test_common_values_go_into_every_row_of_two_tables(twin: Twin) -> None:
    async with twin.session() as session:
        await session.execute(insert(Boss).values(office=func.lower("ROOM"), level=7), [{"name": "a"}, {"name": "b"}])
        found = (await session.scalars(select(Boss).order_by(Boss.name))).all()
        assert [(one.name, one.office, one.level) for one in found] == [("a", "room", 7), ("b", "room", 7)]


@pytest.mark.worlds("sqlite", "psycopg", "asyncpg")
@pytest.mark.parametrize("fresh", [False, True])
async def test_an_upsert_refreshes_loaded_objects_if_told_so(twin: Twin, fresh: bool) -> None:
    dialect: Any = sqlite if twin.database == "sqlite" else postgresql
    async with twin.session() as session:
        known = Worker(name="old")
        session.add(known)
        await session.commit()
        rows = [{"id": known.id, "name": "new", "kind": "worker"}, {"id": known.id + 1, "name": "other", "kind": "worker"}]
        statement = dialect.insert(Worker).values(rows)
        statement = statement.on_conflict_do_update(index_elements=["id"], set_={"full_name": statement.excluded.full_name})
        found = (await session.scalars(statement.returning(Worker), execution_options={"populate_existing": fresh})).all()
        assert found[0] is known and known.name == ("new" if fresh else "old")
        assert found[1].name == "other"


@pytest.mark.worlds("sqlite")
async def test_an_upsert_of_two_tables_is_refused(twin: Twin) -> None:
    async with twin.session() as session:
        with pytest.raises(InvalidRequestError, match="multi-table"):
            await session.execute(sqlite.insert(Engineer).on_conflict_do_nothing(), [{"name": "a", "language": "c"}])


async def test_rows_by_primary_key_over_two_tables(twin: Twin) -> None:
    async with twin.session() as session:
        company = a_company()
        session.add(company)
        await session.commit()
        ann = company.staff[0]
        await session.execute(update(Engineer).values(level=9), [{"id": ann.id, "language": "rust", "name": "Anna"}])
        assert (ann.language, ann.name, ann.level) == ("rust", "Anna", 9)
        again = await session.get(Engineer, ann.id, populate_existing=True)
        assert (again.language, again.name, again.level) == ("rust", "Anna", 9)


async def test_rows_by_primary_key_with_more_criteria_and_named_parameters(twin: Twin) -> None:
    async with twin.session() as session:
        given = [Worker(name="a", level=1), Worker(name="b", level=5)]
        session.add_all(given)
        await session.commit()
        statement = update(Worker).where(Worker.level > bindparam("more")).values(name=func.upper(bindparam("called")))
        await session.execute(statement, [{"id": one.id, "more": 2, "called": f"new {one.name}"} for one in given])
        assert await workers(session) == [("a", 1, "worker"), ("NEW B", 5, "worker")]
        assert "name" not in given[1].__dict__  # nobody knows which rows matched


async def test_several_parameter_sets_are_followed_one_by_one(twin: Twin) -> None:
    async with twin.session() as session:
        given = [Worker(name="a"), Worker(name="b")]
        session.add_all(given)
        await session.commit()
        statement = update(Worker).where(Worker.name == bindparam("was")).values(name=bindparam("now"))
        options = {"dml_strategy": "orm"}
        await session.execute(statement, [{"was": "a", "now": "x"}, {"was": "b", "now": "y"}], execution_options=options)
        assert [one.name for one in given] == ["x", "y"]
        assert [name for name, *_ in await workers(session)] == ["x", "y"]


async def test_written_values_win_over_pending_ones(twin: Twin) -> None:
    async with twin.session(autoflush=False) as session:
        one = Worker(name="a", level=5)
        session.add(one)
        await session.commit()
        one.level = 50
        await session.execute(update(Worker).where(Worker.level > 3).values(level=Worker.level - 1))
        assert not session.is_modified(one)
        await session.refresh(one)
        assert one.level == 4


async def test_values_given_as_parameters_are_followed(twin: Twin) -> None:
    async with twin.session() as session:
        one = Worker(name="a")
        session.add(one)
        await session.commit()
        await session.execute(update(Worker).where(Worker.name == "a"), {"level": 8})
        assert one.level == 8


async def test_bulk_events_of_the_classic_query(twin: Twin) -> None:
    async with twin.session() as session:
        heard: list[tuple[str, int]] = []
        target = session if twin.is_async else session.target
        event.listen(target, "after_bulk_update", lambda context: heard.append((str(context.values), context.result.rowcount)))
        event.listen(target, "after_bulk_delete", lambda context: heard.append(("gone", context.result.rowcount)))
        session.add_all([Company(name="a"), Company(name="b")])
        await session.flush()
        assert await session.query(Company).filter(Company.name == "a").update({"name": "c"}) == 1
        assert await session.query(Company.__table__).update({"name": "d"}, synchronize_session=False) == 2
        assert await session.query(Company).delete() == 2
        assert heard == [("{'name': 'c'}", 1), ("{'name': 'd'}", 2), ("gone", 2)]


def test_what_a_write_is_about() -> None:
    described = update(Worker).entity_description
    assert described == {"name": "Worker", "type": Worker, "expr": Worker, "entity": Worker, "table": inspect(Worker).local_table}


def test_a_sentinel_column_is_left_out_of_queries() -> None:
    class Own(DeclarativeBase):
        pass

    class Counted(Own):
        __tablename__ = "counted"
        id: Mapped[int] = mapped_column(primary_key=True)
        mark: Mapped[int] = orm_insert_sentinel()

    column = Counted.__table__.c.mark
    assert column.nullable and column.insert_sentinel
    assert [prop.key for prop in inspect(Counted).column_attrs if not prop.deferred] == ["id"]
