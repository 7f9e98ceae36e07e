"""Statements that were pickled: they mean the same afterwards, here and in another process."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ambo import Column, Integer, MetaData, Table, and_, case, create_engine, delete, func, insert, inspect, select, text, update
from ambo.exc import InvalidRequestError
from ambo.ext.serializer import dumps, loads
from ambo.orm import Query, Session, aliased, joinedload, scoped_session, selectinload, sessionmaker, with_loader_criteria
from ambo.statements.keys import statement_key
from family import Base, Club, Person, Pet
from twin import Twin, unwrap

METADATA = Base.metadata
PERSON: Any = Person.__table__


def statements() -> dict[str, Any]:
    """Make one statement of each kind, afresh."""
    friend = aliased(Person, name="friend")
    older = select(Person.id).where(Person.name > "B").cte("older")
    return {
        "table": select(PERSON).where(PERSON.c.id == 5).limit(3),
        "class": select(Person).where(Person.name == "Ann").order_by(Person.id.desc()),
        "columns": select(Person.name.label("n"), func.count(Pet.id)).join(Person.pets).group_by(Person.name),
        "alias": select(friend).join(friend.pets).where(friend.name.in_(["a", "b"])),
        "options": select(Person).options(selectinload(Person.pets).joinedload(Pet.owner), joinedload(Person.passport)),
        "criteria": select(Person).options(with_loader_criteria(Pet, Pet.name == "Rex")),
        "any": select(Person).where(Person.pets.any(Pet.name == "Rex") & Person.clubs.any()),
        "of": select(Person).where(and_(Person.id > 1, Person.pets.and_(Pet.id > 2).any())),
        "cte": select(Person).join(older, older.c.id == Person.id),
        "case": select(case((Person.id == 1, "one"), else_="many"), func.max(Person.id).over(partition_by=Person.name)),
        "union": select(Person.name).union_all(select(Club.name)),
        "insert": insert(Person).values(name="x").returning(Person),
        "update": update(Person).where(Person.id == 3).values(name=Person.name + "x"),
        "delete": delete(Pet).where(Pet.owner_id.in_(select(Person.id))),
        "text": text("SELECT name FROM person WHERE id = :id").bindparams(id=7),
    }


@pytest.mark.parametrize("name", statements())
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_statement_is_what_it_was(name: str, protocol: int) -> None:
    statement = statements()[name]
    again = loads(dumps(statement, protocol), METADATA)
    assert again is not statement
    assert str(again) == str(statement)
    assert again.compile().params == statement.compile().params
    if name != "criteria":  # whose keys are never equal
        assert statement_key(again).key == statement_key(loads(dumps(statement, protocol), METADATA)).key


OTHER_PROCESS = """
import sys
from ambo import Column, Integer, MetaData, Table
for number in range(50):  # tables and columns have other tokens than there
    Table(f"t{number}", MetaData(), Column("id", Integer))
from ambo.ext.serializer import loads
from ambo.statements.keys import statement_key
import test_serializer as here
found = loads(sys.stdin.buffer.read(), here.METADATA)
for name, statement in here.statements().items():
    assert str(found[name]) == str(statement), name
    again = here.loads(here.dumps(statement), here.METADATA)
    assert name == "criteria" or statement_key(found[name]).key == statement_key(again).key, name
"""


def test_another_process_understands() -> None:
    paths = [str(Path(__file__).parent), *sys.path]
    ran = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {paths!r}\n{OTHER_PROCESS}"], input=_from_here(), capture_output=True, check=False
    )
    assert ran.returncode == 0, ran.stderr.decode()


def _from_here() -> bytes:
    """Pickle statements whose classes another process can import."""
    return dumps(statements())


def test_what_has_a_name_is_itself() -> None:
    mapper = inspect(Person)
    for thing in (PERSON, PERSON.c.name, Person, mapper, Person.name, Person.pets, mapper.attrs.pets):
        assert loads(dumps(thing), METADATA) is thing
    engine = create_engine("sqlite://")
    session = scoped_session(sessionmaker(engine))
    assert loads(dumps(engine), None, session) is engine
    assert loads(dumps(engine), engine=engine) is engine
    assert loads(dumps(session), None, session) is session()
    session.remove()
    engine.dispose()


def test_what_is_not_there_is_named() -> None:
    with pytest.raises(InvalidRequestError, match="the table 'person', but no metadata was given"):
        loads(dumps(select(PERSON)))
    with pytest.raises(InvalidRequestError, match="the metadata has no table of that name"):
        loads(dumps(select(PERSON)), MetaData())
    with pytest.raises(InvalidRequestError, match="pass engine="):
        loads(dumps(create_engine("sqlite://")))


def test_plain_pickles_of_expressions_forget_the_tokens_of_their_process() -> None:
    table = Table("t", MetaData(), Column("id", Integer, primary_key=True))
    again = pickle.loads(pickle.dumps(select(table).where(table.c.id == 5)))
    (source,) = again.get_final_froms()
    assert source is not table
    tokens = statement_key(again).key
    assert source.c.id._token in tokens
    assert table.c.id._token not in tokens


async def test_they_run(twin: Twin) -> None:
    async with twin.engine.begin() as connection:
        await connection.run_sync(METADATA.drop_all)
        await connection.run_sync(METADATA.create_all)
    async with twin.session() as session:
        session.add_all([Person(name="Ann", pets=[Pet(name="Rex"), Pet(name="Tom")]), Person(name="Ben")])
        await session.commit()
        friend = aliased(Person)
        statement = select(Person, friend).join(friend, Person.id < friend.id).options(selectinload(Person.pets))
        ((ann, ben),) = (await session.execute(loads(dumps(statement), METADATA))).all()
        assert (ann.name, ben.name, [pet.name for pet in ann.pets]) == ("Ann", "Ben", ["Rex", "Tom"])
        changed = await session.execute(loads(dumps(update(Pet).where(Pet.owner_id == ann.id).values(name="Max")), METADATA))
        assert changed.rowcount == 2
        assert {pet.name for pet in ann.pets} == {"Max"}
        await session.rollback()


@pytest.mark.worlds("sqlite-sync")
async def test_classic_queries_get_the_session(twin: Twin) -> None:
    engine = unwrap(twin.engine)
    METADATA.create_all(engine)
    with Session(engine) as session, Session(engine) as other:
        session.add(Person(name="Ann", pets=[Pet(name="Rex")]))
        session.commit()
        ann = session.query(Person).one()
        query = session.query(Pet).filter(Pet.owner == ann).options(joinedload(Pet.owner))
        again: Query[Pet] = loads(dumps(query), METADATA, other)
        assert again.session is other
        (pet,) = again.all()
        assert (pet.name, pet.owner.name) == ("Rex", "Ann")
        assert pet in other
