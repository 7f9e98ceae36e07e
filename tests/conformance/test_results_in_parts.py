"""Results that are read part by part: what `yield_per` leaves with the server, whatever kind of statement it is."""

from __future__ import annotations

from typing import Any

import pytest

from ambo import event, insert, select, text, union_all
from ambo.exc import InvalidRequestError
from ambo.orm import Session, joinedload, selectinload
from library import Author, Base, Book
from twin import Twin

pytestmark = pytest.mark.tables(Base.metadata)

BY_ID = select(Author).order_by(Author.id)
STATEMENTS = {
    "select": BY_ID,
    "text": select(Author).from_statement(text("SELECT * FROM authors ORDER BY id")),
    "text with columns": select(Author).from_statement(text("SELECT id, name FROM authors ORDER BY id").columns(Author.id, Author.name)),
    "compound": select(Author).from_statement(
        union_all(select(Author).where(Author.id <= 3), select(Author).where(Author.id > 3)).order_by(Author.__table__.c.id)
    ),
}
kinds = pytest.mark.parametrize("statement", STATEMENTS.values(), ids=STATEMENTS)


async def filled(twin: Twin) -> Any:
    async with twin.session() as session:
        session.add_all([Author(name=f"a{n}", books=[Book(title=f"b{n}")]) for n in range(6)])
        await session.commit()
    return twin.session()


@kinds
async def test_a_stream_makes_objects_as_they_are_read(twin: Twin, statement: Any) -> None:
    async with await filled(twin) as session:
        result = await session.stream_scalars(statement, execution_options={"yield_per": 2})
        sizes = []
        async for part in result.partitions():
            sizes.append(len(part))
            assert [author.name for author in part] == [f"a{2 * len(sizes) - 2}", f"a{2 * len(sizes) - 1}"]
            assert len(session.identity_map) == 2, "earlier parts are gone, later ones not made"
            del part
        assert sizes == [2, 2, 2]


@kinds
async def test_a_blocking_result_fetches_as_it_is_read(twin: Twin, statement: Any) -> None:
    def read(session: Session) -> list[str]:
        result = session.execute(statement.options(selectinload(Author.books)), execution_options={"yield_per": 2})
        first = result.scalars().fetchmany(1)
        assert len([one for one in session.identity_map.values() if isinstance(one, Author)]) <= 2
        return [author.books[0].title for author in [*first, *session.scalars(statement, execution_options={"yield_per": 4})]]

    async with await filled(twin) as session:
        assert await session.run_sync(read) == ["b0", *(f"b{n}" for n in range(6))]


@kinds
async def test_an_awaited_result_keeps_the_size_of_its_parts(twin: Twin, statement: Any) -> None:
    async with await filled(twin) as session:
        result = await session.execute(statement, execution_options={"yield_per": 4})
        assert [len(part) for part in result.partitions()] == [4, 2]
        assert (await session.scalar(statement, execution_options={"yield_per": 4})).name == "a0"


async def test_writes_and_text_of_them_are_no_streams(twin: Twin) -> None:
    async with twin.session(execution_options={"yield_per": 2, "stream_results": True}) as session:
        await session.execute(text("INSERT INTO authors (name) VALUES ('x')"))
        await session.execute(insert(Author), [{"name": "y"}, {"name": "z"}])
        assert [one.name for one in (await session.scalars(BY_ID)).all()] == ["x", "y", "z"]


async def test_a_collection_joined_cannot_come_in_parts(twin: Twin) -> None:
    async with await filled(twin) as session:
        for run in (session.execute, session.scalars):
            with pytest.raises(InvalidRequestError, match="Author.books is loaded by a join against a collection"):
                await run(BY_ID.options(joinedload(Author.books)), execution_options={"yield_per": 2})


async def test_listeners_see_streams(twin: Twin) -> None:
    async with await filled(twin) as session:
        target = session.sync_session if twin.is_async else session.target

        @event.listens_for(target, "do_orm_execute")
        def only_the_last(state: Any) -> None:
            state.statement = state.statement.where(Author.id > 4)

        found = [author.name async for author in await session.stream_scalars(BY_ID.execution_options(yield_per=1))]
        assert found == ["a4", "a5"]
