"""Lazy loads: by peers, forbidden, counted; and what `explain` says before anything runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ambo import create_engine, insert, select
from ambo.errors import LazyLoadError, NPlusOneWarning
from ambo.orm import Session, explain, joinedload, peerload, raiseload, selectinload
from ambo.rendering.postgresql import POSTGRESQL_DIALECT
from family import Base, Club, Node, Person, Pet


@pytest.fixture
def engine(tmp_path: Path) -> Any:
    engine = create_engine(f"sqlite:///{tmp_path / 'lazy.db'}")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        chess = Club(name="chess")
        session.add_all(
            Person(name=name, pets=[Pet(name=f"{name}{at}") for at in range(count)], clubs=[chess]) for name, count in (("a", 2), ("b", 1), ("c", 0))
        )
        session.commit()
    yield engine
    engine.dispose()


def test_peers_are_loaded_at_the_first_access(engine: Any) -> None:
    with Session(engine) as session:
        people = session.scalars(select(Person).order_by(Person.id).options(peerload(Person.pets))).all()
        with session.recorded() as log:
            assert [len(person.pets) for person in people] == [2, 1, 0]
        assert len(log.queries) == 1


def test_peers_of_another_result_are_left_alone(engine: Any) -> None:
    with Session(engine) as session:
        first = session.scalars(select(Person).where(Person.name == "a").options(peerload(Person.pets))).all()
        second = session.scalars(select(Person).where(Person.name != "a").options(peerload(Person.pets))).all()
        assert len(first[0].pets) == 2
        assert all("pets" not in person.__dict__ for person in second)


def test_options_below_peers_are_followed(engine: Any) -> None:
    with Session(engine) as session:
        people = session.scalars(select(Person).order_by(Person.id).options(peerload(Person.clubs).selectinload(Club.members))).all()
        assert "members" in people[0].clubs[0].__dict__


def test_raiseload_says_how_to_load(engine: Any) -> None:
    with Session(engine) as session:
        person = session.scalars(select(Person).options(raiseload(Person.pets))).first()
        with pytest.raises(LazyLoadError, match=r"'Person.pets' is not available due to lazy='raise'.*selectinload\(Person.pets\)"):
            person.pets


def test_sql_only_allows_what_is_in_memory(engine: Any) -> None:
    with Session(engine) as session:
        pets = session.scalars(select(Pet).options(raiseload(Pet.owner, sql_only=True))).all()
        with pytest.raises(LazyLoadError):
            pets[0].owner
        people = session.scalars(select(Person)).all()
        assert pets[0].owner in people


def test_n_plus_one_is_reported_with_the_option(engine: Any) -> None:
    with Session(engine, n_plus_one=2) as session:
        people = session.scalars(select(Person)).all()
        with pytest.warns(NPlusOneWarning, match=r"Person.pets was loaded 2 times.*test_lazy.py:\d+.*selectinload\(Person.pets\)") as caught:
            for person in people:
                person.pets
        assert len(caught) == 1


def test_eager_loads_are_not_reported(engine: Any) -> None:
    with Session(engine, n_plus_one=1) as session:
        for person in session.scalars(select(Person).options(selectinload(Person.pets))):
            person.pets


def test_entries_of_dead_objects_do_not_pile_up(engine: Any) -> None:
    with Session(engine) as session:
        session.execute(insert(Node), [{"name": str(at)} for at in range(6000)])
        for start in range(0, 6000, 100):
            assert len(session.scalars(select(Node).where(Node.id > start).order_by(Node.id).limit(100)).all()) == 100
        assert sum(map(len, session.identity_map.tables.values())) < 3000


def test_explain_counts_statements_and_trips() -> None:
    statement = select(Person).options(selectinload(Person.pets), selectinload(Person.clubs), joinedload(Person.passport))
    text = explain(statement, POSTGRESQL_DIALECT.with_driver("psycopg", pipelining=True))
    assert "selectin Person.pets" in text and "Person.passport: joined" in text
    assert "= ANY (" in text
    assert text.endswith("statements: 3, round trips: 2 (statements of a level share one)")


def test_explain_of_a_load_without_end() -> None:
    text = explain(select(Node).options(selectinload(Node.children, recursion_depth=-1)))
    assert "again for each level, to the last" in text
