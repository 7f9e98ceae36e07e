"""What a flush writes for graphs of objects, in both colours on every database."""

from __future__ import annotations

from typing import Any

import pytest

from ambo import literal, select, text
from ambo.errors import BlankedKeyError, CircularDependencyError, StaleDataError
from ambo.orm import DeclarativeBase, Mapped, mapped_column, relationship
from ambo.statements.foreign_keys import ForeignKey
from family import Base, Club, Country, Document, Node, Passport, Person, Pet, Town, Truck, Vehicle, membership
from twin import Twin

pytestmark = pytest.mark.tables(Base.metadata)


def written(log: Any) -> list[str]:
    """The first words of each statement: what was done to which table."""
    return [" ".join(sql.split()[: 2 if sql.startswith("UPDATE") else 3]) for sql in log.queries if not sql.startswith("SELECT")]


async def rows(session: Any, *columns: Any) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in (await session.execute(select(*columns).order_by(*columns))).all()]


async def test_a_primary_key_may_be_an_expression(twin: Twin) -> None:
    async with twin.session() as session:
        people = [Person(id=literal(40) + number, name=f"n{number}") for number in range(2)]
        session.add_all(people)
        await session.commit()
        assert await rows(session, Person.id, Person.name) == [(40, "n0"), (41, "n1")]


async def test_many_rows_are_updated_together_and_each_must_be_there(twin: Twin) -> None:
    async with twin.session() as session:
        people = [Person(name=f"n{number}") for number in range(40)]
        session.add_all(people)
        await session.commit()
        people = (await session.scalars(select(Person).order_by(Person.id))).all()
        for number, person in enumerate(people):
            person.name = f"m{number}"
        with session.recorded() as log:
            await session.flush()
        assert len(written(log)) <= 2
        await session.execute(text("DELETE FROM person WHERE name = 'm7'"))
        names = (await session.execute(select(Person.name).order_by(Person.id))).scalars().all()
        assert names == [f"m{number}" for number in range(40) if number != 7]
        for person in people:
            person.name += "!"
        with pytest.raises(StaleDataError, match="expected to update 40 row"):
            await session.flush()


async def test_a_graph_is_inserted_in_the_order_of_its_keys(twin: Twin) -> None:
    async with twin.session() as session:
        ann = Person(name="Ann", pets=[Pet(name="Rex"), Pet(name="Tom")], clubs=[Club(name="chess")], passport=Passport(number="1"))
        session.add(ann)
        with session.recorded() as log:
            await session.commit()
        done = written(log)
        assert done.index("INSERT INTO person") < done.index("INSERT INTO pet")
        assert done.index("INSERT INTO club") < done.index("INSERT INTO membership")
        assert done.count("INSERT INTO pet") == 1
        assert [pet.owner_id for pet in ann.pets] == [ann.id, ann.id]
        assert await rows(session, membership.c.person_id, membership.c.club_id) == [(ann.id, ann.clubs[0].id)]


async def test_an_object_that_leaves_its_only_parent_is_deleted(twin: Twin) -> None:
    async with twin.session() as session:
        ann = Person(name="Ann", pets=[Pet(name="Rex"), Pet(name="Tom")])
        session.add(ann)
        await session.commit()
        ann.pets.remove(ann.pets[0])
        await session.commit()
        assert await rows(session, Pet.name) == [("Tom",)]


async def test_a_rollback_takes_back_a_flushed_change_of_parents(twin: Twin) -> None:
    async with twin.session() as session:
        ann, bob = Person(name="Ann", pets=[Pet(name="Rex")]), Person(name="Bob")
        session.add_all([ann, bob])
        await session.commit()
        (rex,) = (await session.scalars(select(Pet))).all()
        for person in (ann, bob):
            await session.load(person, Person.pets)
        bob.pets.append(rex)  # and out of ann's
        await session.flush()
        await session.rollback()
        await session.load(ann, Person.pets)
        ann.pets.remove(rex)
        await session.commit()
        assert await rows(session, Pet.name) == []


async def test_a_child_may_change_its_parent(twin: Twin) -> None:
    async with twin.session() as session:
        ann, bob = Person(name="Ann", pets=[Pet(name="Rex")]), Person(name="Bob")
        session.add_all([ann, bob])
        await session.commit()
        rex = ann.pets[0]
        await session.load(bob, Person.pets)
        bob.pets.append(rex)
        assert rex.owner is bob
        assert ann.pets == []
        with session.recorded() as log:
            await session.commit()
        assert written(log) == ["UPDATE pet"]
        assert await rows(session, Pet.owner_id) == [(bob.id,)]


async def test_deleting_takes_the_children_along_and_the_association_rows(twin: Twin) -> None:
    async with twin.session() as session:
        ann = Person(name="Ann", pets=[Pet(name="Rex")], clubs=[Club(name="chess")], passport=Passport(number="1"))
        session.add(ann)
        await session.commit()
    async with twin.session() as session:
        ann = (await session.scalars(select(Person))).one()
        await session.delete(ann)
        assert {type(one) for one in session.deleted} == {Person, Pet}
        await session.commit()
        assert await rows(session, Pet.id) == []
        assert await rows(session, membership.c.club_id) == []
        assert await rows(session, Passport.number, Passport.person_id) == [("1", None)]
        assert len(await rows(session, Club.id)) == 1


async def test_a_tree_is_written_level_by_level(twin: Twin) -> None:
    async with twin.session() as session:
        root = Node(name="root", children=[Node(name="a", children=[Node(name="a1"), Node(name="a2")]), Node(name="b")])
        session.add(root)
        with session.recorded() as log:
            await session.commit()
        assert written(log) == ["INSERT INTO node"] * 3
    async with twin.session() as session:
        root = (await session.scalars(select(Node).where(Node.parent_id.is_(None)))).one()
        await session.delete(root)
        with session.recorded() as log:
            await session.commit()
        assert written(log) == ["DELETE FROM node"] * 3
        assert await rows(session, Node.id) == []


async def test_many_to_many_rows_come_and_go(twin: Twin) -> None:
    async with twin.session() as session:
        chess, golf, polo = Club(name="chess"), Club(name="golf"), Club(name="polo")
        ann = Person(name="Ann", clubs=[chess, golf])
        session.add_all([ann, polo])
        await session.commit()
        ann.clubs = [golf, polo]
        with session.recorded() as log:
            await session.commit()
        assert written(log) == ["DELETE FROM membership", "INSERT INTO membership"]
        assert await rows(session, membership.c.club_id) == [(golf.id,), (polo.id,)]
        await session.delete(golf)
        await session.commit()
        assert await rows(session, membership.c.club_id) == [(polo.id,)]


async def test_a_row_that_another_transaction_took_is_noticed(twin: Twin) -> None:
    async with twin.session() as session:
        ann = Person(name="Ann", clubs=[Club(name="chess")])
        session.add(ann)
        await session.commit()
        clubs = ann.clubs
        await session.execute(membership.delete())
        clubs.pop()
        with pytest.raises(StaleDataError, match="membership"):
            await session.flush()
        await session.rollback()


async def test_mutual_references_need_post_update(twin: Twin) -> None:
    async with twin.session() as session:
        rex = Pet(name="Rex")
        ann = Person(name="Ann", pets=[rex], favourite=rex)
        session.add(ann)
        with session.recorded() as log:
            await session.commit()
        assert written(log) == ["INSERT INTO person", "INSERT INTO pet", "UPDATE person"]
        assert await rows(session, Person.favourite_id) == [(rex.id,)]
        await session.delete(ann)
        with session.recorded() as log:
            await session.commit()
        assert written(log) == ["UPDATE person", "DELETE FROM pet", "DELETE FROM person"]


async def test_a_scalar_on_the_other_side_lets_its_old_object_go(twin: Twin) -> None:
    async with twin.session() as session:
        session.add(Person(name="Ann", passport=Passport(number="1")))
        await session.commit()
    async with twin.session() as session:
        ann = (await session.scalars(select(Person))).one()
        ann.passport = Passport(number="2")
        await session.commit()
        assert await rows(session, Passport.number, Passport.person_id) == [("1", None), ("2", ann.id)]


async def test_versions_are_counted_and_checked(twin: Twin) -> None:
    async with twin.session() as session, twin.session() as other:
        session.add_all([Document(text="a"), Document(text="b")])
        await session.commit()
        one = await session.get(Document, 1)
        two = await session.get(Document, 2)
        assert (one.version, two.version) == (1, 1)
        one.text = two.text = "x"
        await session.commit()
        assert (one.version, two.version) == (2, 2)
        theirs = await other.get(Document, 1)
        await other.commit()
        one.text = "mine"
        await session.commit()
        theirs.text = "theirs"
        with pytest.raises(StaleDataError, match="document"):
            await other.commit()
        await other.rollback()
        await other.delete(theirs)
        await session.delete(one)
        await session.commit()
        with pytest.raises(StaleDataError):
            await other.commit()
        await other.rollback()


async def test_a_joined_hierarchy_is_written_table_by_table(twin: Twin) -> None:
    async with twin.session() as session:
        session.add_all([Truck(name="big", tons=40), Vehicle(name="bike"), Truck(name="small", tons=3)])
        await session.commit()
        truck = (await session.scalars(select(Truck).where(Truck.tons == 3))).one()
        assert truck.kind == "truck"
        truck.tons, truck.name = 4, "less small"
        with session.recorded() as log:
            await session.commit()
        assert written(log) == ["UPDATE vehicle", "UPDATE truck"]
        await session.delete(truck)
        with session.recorded() as log:
            await session.commit()
        assert written(log) == ["DELETE FROM truck", "DELETE FROM vehicle"]
        assert await rows(session, Vehicle.name) == [("big",), ("bike",)]


async def test_a_natural_key_may_change_with_what_refers_to_it(twin: Twin) -> None:
    async with twin.session() as session:
        france = Country(code="F", towns=[Town(), Town()])
        session.add(france)
        await session.commit()
        france.code = "FR"
        await session.commit()
        assert await rows(session, Town.code) == [("FR",), ("FR",)]
        assert await session.get(Country, "FR") is france
        assert await session.get(Country, "F") is None
        france.code = "FRA"
        await session.flush()
        await session.rollback()
        assert await session.get(Country, "FR") is france


async def test_a_new_object_may_take_the_row_of_a_deleted_one(twin: Twin) -> None:
    async with twin.session() as session:
        session.add(Passport(number="1"))
        await session.commit()
        old = await session.get(Passport, "1")
        await session.delete(old)
        ann = Person(name="Ann")
        session.add_all([ann, Passport(number="1", person=ann)])
        with session.recorded() as log:
            await session.commit()
        assert written(log) == ["INSERT INTO person", "UPDATE passport"]
        assert await rows(session, Passport.number, Passport.person_id) == [("1", ann.id)]


async def test_only_what_changed_is_updated_and_equal_sets_share_a_statement(twin: Twin) -> None:
    async with twin.session() as session:
        people = [Person(name=f"p{number}") for number in range(5)]
        session.add_all(people)
        await session.commit()
        for person in people:
            person.name += "!"
        people[0].name = "p0"
        with session.recorded() as log:
            await session.commit()
        assert len(log.queries) == 1 and log.queries[0].startswith("UPDATE") and "person" in log.queries[0]  # MariaDB's names the table later
        assert "favourite_id" not in log.queries[0]
        assert await rows(session, Person.name) == [("p0",), ("p1!",), ("p2!",), ("p3!",), ("p4!",)]


async def test_many_objects_cost_few_statements(twin: Twin) -> None:
    async with twin.session() as session:
        session.add_all([Person(name=f"p{number}") for number in range(300)])
        with session.recorded() as log:
            await session.commit()
        assert len(log.queries) <= 5
        people = (await session.scalars(select(Person).order_by(Person.id))).all()
        assert [person.name for person in people] == [f"p{number}" for number in range(300)]
        for person in people:
            await session.delete(person)
        with session.recorded() as log:
            await session.commit()
        assert len([sql for sql in log.queries if sql.startswith("DELETE")]) == 1


class Other(DeclarativeBase):
    pass


class Hen(Other):
    __tablename__ = "hen"

    id: Mapped[int] = mapped_column(primary_key=True)
    egg_id: Mapped[int | None] = mapped_column(ForeignKey("egg.id", name="fk_egg"))
    egg: Mapped[Egg | None] = relationship(foreign_keys=[egg_id])


class Egg(Other):
    __tablename__ = "egg"

    id: Mapped[int] = mapped_column(primary_key=True)
    hen_id: Mapped[int | None] = mapped_column(ForeignKey("hen.id"))
    hen: Mapped[Hen | None] = relationship(foreign_keys=[hen_id])


class Part(Other):
    __tablename__ = "part"

    hen_id: Mapped[int] = mapped_column(ForeignKey("hen.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    hen: Mapped[Hen] = relationship(backref="parts")


async def test_a_cycle_of_objects_names_the_remedy(twin: Twin) -> None:
    await twin.create(Other.metadata)
    async with twin.session() as session:
        hen, egg = Hen(), Egg()
        hen.egg, egg.hen = egg, hen
        session.add(hen)
        with pytest.raises(CircularDependencyError, match="post_update"):
            await session.flush()
        await session.rollback()


async def test_a_foreign_key_inside_a_primary_key_is_not_blanked(twin: Twin) -> None:
    await twin.create(Other.metadata)
    async with twin.session() as session:
        hen = Hen(parts=[Part(number=1)])
        session.add(hen)
        await session.commit()
        await session.load(hen, Hen.parts)
        hen.parts.clear()
        with pytest.raises(BlankedKeyError, match="delete-orphan"):
            await session.flush()
        await session.rollback()


async def test_a_failed_flush_leaves_the_objects_as_they_were(twin: Twin) -> None:
    async with twin.session() as session:
        session.add(Passport(number="1"))
        await session.commit()
        session.expunge_all()
        ann = Person(name="Ann", passport=Passport(number="1"))
        session.add(ann)
        with pytest.raises(Exception, match="(?i)unique|duplicate|primary"):
            await session.flush()
        await session.rollback()
        assert ann not in session
        assert await rows(session, Person.id) == []
        ann.passport.number = "2"
        session.add(ann)
        await session.commit()
        assert len(await rows(session, Passport.number)) == 2
        assert (await session.execute(text("select count(*) from person"))).scalar() == 1
