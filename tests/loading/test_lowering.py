"""Lowering: what statements about entities become, as SQL."""

from __future__ import annotations

from typing import Any

import pytest

from ambo import ForeignKey, and_, delete, exists, func, insert, literal, select, union_all, update
from ambo.errors import InvalidRequestError
from ambo.orm import (
    DeclarativeBase,
    Mapped,
    aliased,
    column_property,
    joinedload,
    load_only,
    mapped_column,
    relationship,
    undefer,
    with_loader_criteria,
)
from ambo.statements.keys import statement_key
from family import Node, Person, Pet, Truck


class Base(DeclarativeBase):
    pass


class Staff(Base):
    """The root of a hierarchy in a single table."""

    __tablename__ = "staff"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    boss_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    tasks: Mapped[list[Task]] = relationship(back_populates="who")
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "staff"}


class Cook(Staff):
    __mapper_args__ = {"polymorphic_identity": "cook"}


class Task(Base):
    __tablename__ = "task"
    id: Mapped[int] = mapped_column(primary_key=True)
    who_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    done: Mapped[bool]
    who: Mapped[Staff] = relationship(back_populates="tasks")


Staff.task_count = column_property(select(func.count(Task.id)).where(Task.who_id == Staff.id).scalar_subquery(), deferred=True)

other = aliased(Person)
sub = select(Person).where(Person.name == "x").subquery()

STATEMENTS: dict[str, tuple[Any, str]] = {
    "an attribute is its column": (
        select(Pet.name).where(Pet.owner_id == 1),
        "SELECT pet.name FROM pet WHERE pet.owner_id = :owner_id_1",
    ),
    "an alias is a table under another name": (
        select(other.name).where(other.id > Person.id),
        "SELECT person_1.name FROM person AS person_1, person WHERE person_1.id > person.id",
    ),
    "a join along a relationship": (
        select(Person.name).join(Person.pets),
        "SELECT person.name FROM person JOIN pet ON person.id = pet.owner_id",
    ),
    "a join to an alias": (
        select(Pet.name).join(other, Pet.owner),
        "SELECT pet.name FROM pet JOIN person AS person_1 ON person_1.id = pet.owner_id",
    ),
    "a join through a secondary table": (
        select(Person.name).join(Person.clubs),
        "SELECT person.name FROM person JOIN membership AS membership_1 ON person.id = membership_1.person_id "
        "JOIN club ON club.id = membership_1.club_id",
    ),
    "an outer join through a secondary table": (
        select(Person.name).outerjoin(Person.clubs),
        "SELECT person.name FROM person LEFT OUTER JOIN (membership AS membership_1 JOIN club ON club.id = membership_1.club_id) "
        "ON person.id = membership_1.person_id",
    ),
    "criteria of a join": (
        select(Person.name).join(Person.pets.and_(Pet.name == "x")),
        "SELECT person.name FROM person JOIN pet ON person.id = pet.owner_id AND pet.name = :name_1",
    ),
    "a self-reference": (
        select(Node.name).join(Node.parent.of_type(aliased(Node))),
        "SELECT node.name FROM node JOIN node AS node_1 ON node_1.id = node.parent_id",
    ),
    "a class of two tables": (
        select(Truck.name),
        "SELECT vehicle.name FROM vehicle JOIN truck ON vehicle.id = truck.id",
    ),
    "a class that shares its table": (
        select(Cook.id),
        "SELECT staff.id FROM staff WHERE staff.kind IN (__[POSTCOMPILE_kind_1])",
    ),
    "a class that shares its table, joined": (
        select(Task.id).outerjoin(Cook, Task.who_id == Cook.id),
        "SELECT task.id FROM task LEFT OUTER JOIN staff ON task.who_id = staff.id AND staff.kind IN (__[POSTCOMPILE_kind_1])",
    ),
    "an entity read from a subquery": (
        select(aliased(Person, sub).name),
        "SELECT anon_1.name FROM (SELECT person.id AS id, person.name AS name, person.favourite_id AS favourite_id FROM person "
        "WHERE person.name = :name_1) AS anon_1",
    ),
    "EXISTS": (
        select(Person.name).where(exists().where(Pet.owner_id == Person.id)),
        "SELECT person.name FROM person WHERE EXISTS (SELECT * FROM pet WHERE pet.owner_id = person.id)",
    ),
    "any()": (
        select(Person.name).where(Person.pets.any(Pet.name == "x")),
        "SELECT person.name FROM person WHERE EXISTS (SELECT 1 FROM pet WHERE person.id = pet.owner_id AND pet.name = :name_1)",
    ),
    "a CTE": (
        select(select(Pet.owner_id).cte("owners").c.owner_id),
        "WITH owners AS (SELECT pet.owner_id AS owner_id FROM pet) SELECT owners.owner_id FROM owners",
    ),
    "a UNION": (
        union_all(select(Pet.name), select(Person.name)),
        "SELECT pet.name FROM pet UNION ALL SELECT person.name FROM person",
    ),
    "a mapped expression of an alias": (
        select(aliased(Staff, name="s").task_count),
        "SELECT (SELECT count(task.id) AS count_1 FROM task WHERE task.who_id = s.id) AS anon_1 FROM staff AS s",
    ),
    "criteria for a class, in a subquery too": (
        select(literal(1)).where(select(Pet.id).where(Pet.name == "a").exists()).options(with_loader_criteria(Pet, Pet.id > 3)),
        "SELECT :param_1 AS anon_1 WHERE EXISTS (SELECT pet.id FROM pet WHERE pet.name = :name_1 AND pet.id > :id_1)",
    ),
    "criteria for a class that is joined": (
        select(Person.id).join(Person.pets).options(with_loader_criteria(Pet, lambda cls: cls.id > 3)),
        "SELECT person.id FROM person JOIN pet ON person.id = pet.owner_id AND pet.id > :id_1",
    ),
    "an UPDATE": (
        update(Pet).where(Pet.id == 1).values(name="x"),
        "UPDATE pet SET name=:name WHERE pet.id = :id_1",
    ),
    "a DELETE": (delete(Cook).where(Cook.id == 1), "DELETE FROM staff WHERE staff.id = :id_1 AND staff.kind IN (__[POSTCOMPILE_kind_1])"),
    "an INSERT": (insert(Pet).values(name="x"), "INSERT INTO pet (name) VALUES (:name)"),
}


def one_line(sql: str) -> str:
    return " ".join(sql.split())


@pytest.mark.parametrize("name", STATEMENTS)
def test_what_a_statement_becomes(name: str) -> None:
    statement, expected = STATEMENTS[name]
    assert one_line(str(statement)) == expected


def test_a_join_that_nothing_determines_is_an_error_that_says_what_to_add() -> None:
    with pytest.raises(InvalidRequestError, match="select_from"):
        str(select(Person, Pet).join(Node, and_(Node.id == 1)))


def test_a_thousand_terms_are_lowered() -> None:
    expression = Pet.id
    for _ in range(1000):
        expression = expression + 1
    assert str(select(expression)).count("+") == 1000


def test_two_fresh_aliases_have_one_key() -> None:
    def statement() -> Any:
        fresh = aliased(Person)
        return select(fresh).where(fresh.id == 1).options(joinedload(fresh.pets))

    assert statement_key(statement()).key == statement_key(statement()).key


def test_a_select_shows_what_it_loads_and_a_subquery_all_columns() -> None:
    class Base(DeclarativeBase):
        pass

    class Page(Base):
        __tablename__ = "page"

        id: Mapped[int] = mapped_column(primary_key=True)
        title: Mapped[str]
        body: Mapped[str] = mapped_column(deferred=True)

    assert str(select(Page)) == "SELECT page.id, page.title \nFROM page"
    assert str(select(Page).options(undefer(Page.body))) == "SELECT page.id, page.title, page.body \nFROM page"
    assert str(select(Page).options(load_only(Page.body))) == "SELECT page.id, page.body \nFROM page"
    assert "page.body" in str(select(Page).subquery().select())
