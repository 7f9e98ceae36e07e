"""Schema translation and execution options reach every statement of a load, in both colours."""

from __future__ import annotations

from typing import Any

import pytest

from ambo import event, insert, select
from ambo.orm import selectinload
from staff import Base, Company, Worker, a_company
from twin import Twin

pytestmark = [pytest.mark.tables(Base.metadata), pytest.mark.worlds("sqlite")]
MAIN = {"schema_translate_map": {None: "main"}}


@pytest.fixture
def heard(twin: Twin) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []

    def hear(conn: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        if context is not None:
            found.append((statement, context.execution_options))

    event.listen(twin.dispatch_engine, "before_cursor_execute", hear)
    return found


def selects(heard: list[tuple[str, Any]]) -> list[str]:
    return [sql for sql, _ in heard if sql.startswith("SELECT")]


async def test_a_connection_translates_all_loads(twin: Twin, heard: list[tuple[str, Any]]) -> None:
    async with twin.engine.connect() as connection:
        await connection.execution_options(**MAIN)
        async with twin.session(connection) as session:
            session.add(a_company())
            await session.commit()
            session.expire_all()
            heard.clear()
            company = (await session.scalars(select(Company).options(selectinload(Company.staff)))).one()
            await session.refresh(company)
            await session.refresh(company, ["staff"])
            assert await session.get(Worker, 99) is None
    assert len(selects(heard)) >= 4 and all("FROM main." in sql for sql in selects(heard))


async def test_a_statement_translates_the_loads_that_follow_it(twin: Twin, heard: list[tuple[str, Any]]) -> None:
    async with twin.session() as session:
        session.add(a_company())
        await session.commit()
        session.expunge_all()
        for options in ({}, MAIN):
            heard.clear()
            await session.scalars(select(Company).options(selectinload(Company.staff)), execution_options={**options, "mine": 1})
            session.expunge_all()
            assert ["FROM main." in sql for sql in selects(heard)] == [bool(options)] * 2
            assert [given["mine"] for _, given in heard if "mine" in given] == [1, 1]


async def test_returning_translates_the_loads_that_follow_it(twin: Twin, heard: list[tuple[str, Any]]) -> None:
    async with twin.session() as session:
        heard.clear()
        statement = insert(Company).returning(Company).options(selectinload(Company.staff))
        await session.scalars(statement, [{"name": "a"}], execution_options=MAIN)
        assert len(selects(heard)) == 1 and all("main." in sql for sql, _ in heard if not sql.startswith("BEGIN"))
