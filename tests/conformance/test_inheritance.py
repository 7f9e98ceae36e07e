"""Hierarchies of classes in statements: eager loads to subclasses, subqueries, unions, joins from subclasses, in both colours."""

from __future__ import annotations

from typing import Any

import pytest

from ambo import ForeignKey, String, and_, delete, func, insert, inspect, null, select
from ambo.errors import AmboWarning, InvalidRequestError
from ambo.orm import (
    DeclarativeBase,
    Mapped,
    aliased,
    column_property,
    contains_eager,
    immediateload,
    joinedload,
    lazyload,
    load_only,
    mapped_column,
    polymorphic_union,
    relationship,
    selectinload,
    subqueryload,
    synonym,
    with_polymorphic,
)
from staff import Base, Boss, Company, Engineer, Machine, Worker, a_company, cars, coach, lorry
from twin import Twin

pytestmark = pytest.mark.tables(Base.metadata, cars)


async def stored(session: Any) -> None:
    session.add(a_company())
    await session.commit()
    session.expunge_all()


async def test_a_joined_load_of_a_subclass_leaves_rows_alone_that_cannot_have_it(twin: Twin) -> None:
    async with twin.session() as session:
        await stored(session)
        statement = select(Worker).order_by(Worker.id).options(joinedload(Engineer.machines))
        found = (await session.scalars(statement.limit(2))).unique().all()
        assert [one.name for one in found] == ["Ann", "Bob"]


async def test_a_joined_load_of_a_subclass_follows_where_its_table_is_there(twin: Twin) -> None:
    async with twin.session() as session:
        await stored(session)
        every = with_polymorphic(Worker, "*")
        found = (await session.scalars(select(every).order_by(every.id).options(joinedload(every.Engineer.machines)).limit(2))).unique().all()
        assert [one.name for one in found] == ["Ann", "Bob"]
        assert [one.name for one in found[0].__dict__["machines"]] == ["lathe", "drill"]


async def test_a_selectin_load_of_a_subclass(twin: Twin) -> None:
    async with twin.session() as session:
        await stored(session)
        found = (await session.scalars(select(Worker).order_by(Worker.id).options(selectinload(Engineer.machines)))).all()
        assert [len(one.__dict__["machines"]) for one in found if isinstance(one, Engineer)] == [2, 0]
        assert "machines" not in found[1].__dict__


async def test_two_aliases_of_one_subquery_read_their_own_columns(twin: Twin) -> None:
    async with twin.session() as session:
        await stored(session)
        first, second = with_polymorphic(Worker, "*"), with_polymorphic(Worker, "*", flat=True)
        pairs = select(first, second).where(first.id < second.id).subquery()
        left, right = aliased(first, pairs), aliased(second, pairs)
        found = (await session.execute(select(left, right).order_by(left.id, right.id))).all()
        assert [(one.name, other.name) for one, other in found] == [("Ann", "Bob"), ("Ann", "Cid"), ("Bob", "Cid")]
        assert [other.__dict__.get("language") for _, other in found] == [None, "c", "c"]
        assert [one.__dict__.get("language") for one, _ in found] == ["python", "python", None]


async def test_a_join_goes_on_from_a_subclass_of_what_was_joined(twin: Twin) -> None:
    async with twin.session() as session:
        await stored(session)
        statement = select(Machine.name).select_from(Company).join(Company.staff).join(Engineer.machines).order_by(Machine.id)
        assert (await session.scalars(statement)).all() == ["lathe", "drill"]
        statement = select(Machine.name).select_from(Company).join(Company.staff.of_type(Engineer)).join(Engineer.machines)
        assert len((await session.scalars(statement)).all()) == 2


async def test_a_union_of_tables_knows_where_its_rows_are_from(twin: Twin) -> None:
    union = polymorphic_union({"lorry": lorry, "coach": coach}, "kind", "cars")
    assert union.corresponding_column(coach.c.seats) is union.c.seats
    assert union.corresponding_column(coach.c.name) is union.c.name
    async with twin.session() as session:
        await session.execute(insert(lorry).values(id=1, name="a", tons="7"))
        await session.execute(insert(coach).values(id=1, name="b", seats="50"))
        rows = await session.execute(select(union.c.kind, union.c.name, union.c.tons, union.c.seats).order_by(union.c.kind))
        assert [tuple(row) for row in rows] == [("coach", "b", None, "50"), ("lorry", "a", "7", None)]


def test_a_union_takes_no_name_that_a_table_has() -> None:
    with pytest.raises(InvalidRequestError, match="'name'"):
        polymorphic_union({"lorry": lorry, "coach": coach}, "name")
    untyped = str(select(polymorphic_union({"lorry": lorry, "coach": coach}, None, cast_nulls=False)))
    assert str(null()) in untyped and "CAST" not in untyped


def test_sources_of_a_statement_about_classes() -> None:
    assert list(select(Company).get_final_froms()) == [Company.__table__]
    (joined,) = select(Boss).get_final_froms()
    assert {joined.left, joined.right} == {Worker.__table__, Boss.__table__}


@pytest.mark.parametrize("load", [joinedload, selectinload, subqueryload, immediateload])
async def test_of_type_in_an_option_brings_columns_and_leaves_nobody_out(twin: Twin, load: Any) -> None:
    async with twin.session() as session:
        await stored(session)
        option = load(Company.staff.of_type(Engineer)).joinedload(Engineer.machines)
        company = (await session.scalars(select(Company).options(option))).unique().one()
        assert [one.name for one in company.staff] == ["Ann", "Bob", "Cid"]
        assert [one.__dict__.get("language") for one in company.staff] == ["python", None, "c"]
        assert [len(one.__dict__["machines"]) for one in company.staff if isinstance(one, Engineer)] == [2, 0]


class Own(DeclarativeBase):
    pass


class Animal(Own):
    __tablename__ = "single_animal"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("single_owner.id"))

    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "animal"}


class Dog(Animal):
    __mapper_args__ = {"polymorphic_identity": "dog"}


class Owner(Own):
    __tablename__ = "single_owner"

    id: Mapped[int] = mapped_column(primary_key=True)
    dogs: Mapped[list[Dog]] = relationship(lazy="joined")


def test_a_joined_load_of_single_table_classes_keeps_parents_without_one() -> None:
    assert "WHERE" not in str(select(Owner))
    assert "kind IN" in str(select(Owner)).split(" ON ")[1]


async def test_a_subclass_is_selected_through_relationships_of_its_superclass(twin: Twin) -> None:
    async with twin.session() as session:
        await stored(session)
        for statement in (
            select(Engineer).join(Worker.company).where(Company.name != ""),
            select(Engineer).join(Company.staff),
            select(Engineer).select_from(Company).join(Company.staff),
            select(Engineer).select_from(Worker),
        ):
            found = (await session.scalars(statement.order_by(Engineer.id))).all()
            assert [(one.name, one.language) for one in found] == [("Ann", "python"), ("Cid", "c")]


async def test_a_class_joined_to_its_own_tables_gets_an_alias(twin: Twin) -> None:
    async with twin.session() as session:
        await stored(session)
        statement = select(Worker.name, Engineer.language).join(Engineer, Engineer.company_id == Worker.company_id).order_by(Worker.id, Engineer.id)
        with pytest.warns(AmboWarning, match="An alias is being generated automatically against joined entity"):
            rows = (await session.execute(statement.where(Worker.name != "Bob"))).all()
        assert [tuple(row) for row in rows] == [("Ann", "python"), ("Ann", "c"), ("Cid", "python"), ("Cid", "c")]


def test_with_polymorphic_takes_subclasses() -> None:
    assert with_polymorphic(Worker, Engineer).Engineer.language is not None
    for classes in ([Machine], [Company]):
        with pytest.raises(InvalidRequestError, match="does not inherit from"):
            with_polymorphic(Worker, classes)
    with pytest.raises(InvalidRequestError):
        with_polymorphic(Engineer, [Worker])


def test_the_entity_of_a_relationship_is_its_target() -> None:
    assert Company.staff.entity is inspect(Worker)
    assert Company.staff.mapper is inspect(Worker) and Company.staff.parent is inspect(Company)
    alias = aliased(Worker)
    assert Company.staff.of_type(alias).entity is inspect(alias)
    assert aliased(Company).staff.entity is inspect(Worker)


def test_a_synonym_is_named_by_its_column() -> None:
    class Note(Own):
        __tablename__ = "synonym_note"

        id: Mapped[int] = mapped_column(primary_key=True)
        body = mapped_column("text", String(30))
        content = synonym(body)

    assert str(select(Note.content)) == "SELECT synonym_note.text \nFROM synonym_note"
    assert Note(content="x").body == "x"


def test_a_joined_load_of_a_subclass_relationship_is_never_an_inner_join() -> None:
    everyone = with_polymorphic(Worker, "*")
    assert "LEFT OUTER JOIN machine" in str(select(everyone).options(joinedload(everyone.Engineer.machines, innerjoin=True)))


@pytest.mark.parametrize("several", [True, False])
async def test_values_of_a_class_of_two_tables_are_rows_of_both(twin: Twin, several: bool) -> None:
    rows = [{"name": "Eve", "language": "go"}, {"name": "Fay", "language": "c"}]
    async with twin.session() as session:
        statement = insert(Engineer).values(rows) if several else insert(Engineer).values(**rows[0])
        names = (await session.scalars(statement.returning(Engineer.name))).all()
        assert names == ["Eve", "Fay"][: len(names)] and len(names) == (2 if several else 1)
        found = (await session.scalars(select(Engineer).order_by(Engineer.id))).all()
        assert [(one.name, one.language, one.kind) for one in found] == [(row["name"], row["language"], "engineer") for row in rows[: len(names)]]


async def test_load_only_narrows_what_a_write_returns(twin: Twin) -> None:
    async with twin.session() as session:
        async with session.begin_nested():
            statement = insert(Company).returning(Company).options(load_only(Company.id))
            company = (await session.scalars(statement, [{"name": "x"}])).one()
        assert "name" not in company.__dict__
        returned = str(delete(Company).returning(Company).options(load_only(Company.id)))
        assert returned.endswith("RETURNING company.id")


@pytest.mark.parametrize("load", [joinedload, selectinload, lazyload])
async def test_a_relationship_to_an_alias_of_a_subquery_of_the_class(twin: Twin, load: Any) -> None:
    async with twin.session() as session:
        await stored(session)
        company = (await session.scalars(select(Company).options(load(FIRST_TWO)))).unique().one()
        found = await session.load(company, FIRST_TWO) if load is lazyload else company.first_two
        assert [one.name for one in found] == ["Ann", "Bob"]
        rows = await session.execute(select(Company.name, FIRST_WORKERS.name).join(FIRST_TWO).order_by(FIRST_WORKERS.id))
        assert [row[1] for row in rows] == ["Ann", "Bob"]


NUMBERED = select(Worker, func.row_number().over(order_by=Worker.id, partition_by=Worker.company_id).label("place")).subquery()
FIRST_WORKERS = aliased(Worker, NUMBERED)
Company.first_two = relationship(
    FIRST_WORKERS, primaryjoin=and_(FIRST_WORKERS.company_id == Company.id, NUMBERED.c.place < 3), viewonly=True, order_by=FIRST_WORKERS.id
)
FIRST_TWO = Company.first_two


async def test_contains_eager_reads_each_step_of_its_path(twin: Twin) -> None:
    async with twin.session() as session:
        await stored(session)
        statement = select(Company).join(Company.staff.of_type(Engineer)).join(Engineer.machines)
        statement = statement.options(contains_eager(Company.staff.of_type(Engineer), Engineer.machines))
        company = (await session.scalars(statement.order_by(Machine.id))).unique().one()
        assert [[part.name for part in one.__dict__["machines"]] for one in company.__dict__["staff"]] == [["lathe", "drill"]]


async def test_a_correlated_column_property_of_a_joined_class_counts_for_each_row(twin: Twin) -> None:
    async with twin.session() as session:
        await stored(session)
        workers = (await session.scalars(select(Worker).order_by(Worker.id).options(joinedload(Worker.company)))).all()
        assert [one.company and one.company.engineers for one in workers] == [2, 2, 2]
        other = aliased(Company)
        assert (await session.scalars(select(other.engineers))).all() == [2]


engineer, worker = Engineer.__table__, Worker.__table__
Company.engineers = column_property(
    select(func.count(engineer.c.id))
    .where(engineer.c.id == worker.c.id, worker.c.company_id == Company.id)
    .correlate(Company.__table__)
    .scalar_subquery()
)
