"""INSERT, UPDATE and DELETE of mapped classes as statements, and what the session's objects see of them, in both colours."""

from __future__ import annotations

from typing import Any

import pytest

from ambo import delete, func, insert, select, update
from ambo.errors import InvalidRequestError
from family import Base, Person, Truck, Vehicle
from twin import Twin

#: MariaDB has neither deferrable constraints (in `family`) nor UPDATE ... RETURNING.
pytestmark = [pytest.mark.tables(Base.metadata), pytest.mark.worlds("sqlite", "psycopg", "asyncpg")]


async def people(session: Any, *names: str) -> list[Person]:
    found = [Person(name=name) for name in names]
    session.add_all(found)
    await session.commit()
    for one in found:
        await session.refresh(one)
    return found


@pytest.mark.parametrize("how", ["auto", "evaluate", "fetch"])
async def test_objects_follow_an_update(twin: Twin, how: str) -> None:
    async with twin.session() as session:
        ann, bob = await people(session, "Ann", "Bob")
        result = await session.execute(update(Person).where(Person.name == "Ann").values(name="Eve").execution_options(synchronize_session=how))
        assert result.rowcount == 1
        assert (ann.name, bob.name) == ("Eve", "Bob")


async def test_objects_do_not_follow_if_told_so(twin: Twin) -> None:
    async with twin.session() as session:
        (ann,) = await people(session, "Ann")
        await session.execute(update(Person).values(name="Eve").execution_options(synchronize_session=False))
        assert ann.name == "Ann"
        await session.refresh(ann)
        assert ann.name == "Eve"


async def test_values_that_python_cannot_compute_are_expired(twin: Twin) -> None:
    async with twin.session() as session:
        ann, bob = await people(session, "Ann", "Bob")
        await session.execute(update(Person).where(Person.id == ann.id).values(name=func.upper(Person.name)))
        assert "name" not in ann.__dict__ and bob.__dict__["name"] == "Bob"
        await session.refresh(ann)
        assert ann.name == "ANN"


async def test_conditions_that_python_cannot_evaluate_are_fetched(twin: Twin) -> None:
    async with twin.session() as session:
        ann, bob = await people(session, "Ann", "Bob")
        await session.execute(update(Person).where(func.lower(Person.name) == "bob").values(name="Eve"))
        assert (ann.name, bob.name) == ("Ann", "Eve")
        with pytest.raises(InvalidRequestError, match="Could not evaluate"):
            await session.execute(
                delete(Person).where(func.lower(Person.name) == "bob").execution_options(synchronize_session="evaluate")
            )


@pytest.mark.parametrize("how", ["evaluate", "fetch"])
async def test_objects_leave_with_their_rows(twin: Twin, how: str) -> None:
    async with twin.session() as session:
        ann, bob = await people(session, "Ann", "Bob")
        await session.execute(delete(Person).where(Person.name == "Ann").execution_options(synchronize_session=how))
        assert ann not in session and bob in session
        assert await session.get(Person, bob.id) is bob


async def test_a_pending_change_is_flushed_before(twin: Twin) -> None:
    async with twin.session() as session:
        (ann,) = await people(session, "Ann")
        ann.name = "Eve"
        await session.execute(update(Person).where(Person.name == "Eve").values(name="Zoe"))
        assert ann.name == "Zoe"


async def test_rows_by_primary_key(twin: Twin) -> None:
    async with twin.session() as session:
        ann, bob = await people(session, "Ann", "Bob")
        await session.execute(update(Person), [{"id": ann.id, "name": "A"}, {"id": bob.id, "name": "B"}])
        assert (ann.name, bob.name) == ("A", "B")
        with pytest.raises(InvalidRequestError, match="No primary key value"):
            await session.execute(update(Person), [{"name": "x"}])


async def test_inserted_rows_come_back_as_objects(twin: Twin) -> None:
    async with twin.session() as session:
        found = (await session.scalars(insert(Person).returning(Person), [{"name": "Ann"}, {"name": "Bob"}])).all()
        assert sorted(one.name for one in found) == ["Ann", "Bob"]
        assert all(one in session for one in found)
        assert await session.get(Person, found[0].id) is found[0]


async def test_updated_rows_come_back_as_objects(twin: Twin) -> None:
    async with twin.session() as session:
        (ann,) = await people(session, "Ann")
        found = (await session.scalars(update(Person).values(name="Eve").returning(Person))).all()
        assert found == [ann] and ann.name == "Eve"


async def test_a_class_of_two_tables_is_inserted_in_bulk(twin: Twin) -> None:
    async with twin.session() as session:
        await session.execute(insert(Truck), [{"name": "a", "tons": 3}, {"name": "b", "tons": 4}])
        trucks = (await session.scalars(select(Truck).order_by(Truck.tons))).all()
        assert [(one.name, one.tons, one.kind) for one in trucks] == [("a", 3, "truck"), ("b", 4, "truck")]
        vehicles = (await session.scalars(select(Vehicle).order_by(Vehicle.id))).all()
        assert list(vehicles) == list(trucks)
