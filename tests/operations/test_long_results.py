"""Long results: read in parts where the driver can, and no different for that."""

from __future__ import annotations

from typing import Any

import pytest

from ambo import ForeignKey, Integer, String, TypeDecorator, insert, select, text
from ambo.errors import DataError, UnreadableValueError
from ambo.loading import part_reader
from ambo.orm import DeclarativeBase, Mapped, joinedload, mapped_column, relationship, selectinload
from twin import Twin


class Base(DeclarativeBase):
    pass


class Even(TypeDecorator[int]):
    """Refuses odd numbers."""

    impl = Integer
    cache_ok = True

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        if value % 2:
            raise ValueError("odd")
        return value


class Author(Base):
    __tablename__ = "author"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(20))
    age: Mapped[int] = mapped_column(Even)
    books: Mapped[list[Book]] = relationship(order_by="Book.id")


class Book(Base):
    __tablename__ = "book"
    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("author.id"))


AUTHORS = 250
BOOKS = 3


@pytest.fixture(autouse=True)
def parts(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Results of 200 rows are long ones; returns how many rows each part had."""
    found: list[int] = []

    class Counting(part_reader.PartReader):
        __slots__ = ()

        def __call__(self, rows: list[Any]) -> None:
            found.append(len(rows))
            super().__call__(rows)

    monkeypatch.setattr(part_reader, "LONG", 20)
    for place in ("query", "eager"):
        monkeypatch.setattr(f"ambo.operations.{place}.PartReader", Counting)
    return found


async def fill(twin: Twin) -> None:
    async with twin.session() as session:
        await session.execute(insert(Author), [{"id": at, "name": f"a{at}", "age": 2 * at} for at in range(1, AUTHORS + 1)])
        books = [{"id": at * BOOKS + each, "author_id": at} for at in range(1, AUTHORS + 1) for each in range(BOOKS)]
        await session.execute(insert(Book), books)
        await session.commit()


@pytest.mark.tables(Base.metadata)
async def test_parts_make_the_same_objects(twin: Twin, parts: list[int]) -> None:
    await fill(twin)
    statement = select(Author).order_by(Author.id)
    for run in range(3):
        parts.clear()
        async with twin.session() as session:
            kept = await session.get(Author, 50)
            found = (await session.scalars(statement)).all()
            assert [one.id for one in found] == list(range(1, AUTHORS + 1))
            assert found[49] is kept and len(set(map(id, found))) == AUTHORS
            assert len(in_memory(session)) == AUTHORS
        assert parts == ([31] * 8 + [2] if run and "psycopg" in twin.name else [])


def in_memory(session: Any) -> list[Any]:
    """Return what the identity map has."""
    return list(session.identity_map.values())


@pytest.mark.tables(Base.metadata)
@pytest.mark.parametrize("load", [selectinload, joinedload])
async def test_collections_that_lie_across_parts_are_whole(twin: Twin, load: Any, parts: list[int]) -> None:
    await fill(twin)
    statement = select(Author).options(load(Author.books)).order_by(Author.id)
    for _ in range(3):
        async with twin.session() as session:
            found = (await session.scalars(statement)).unique().all()
            assert len(found) == AUTHORS
            assert [[book.id for book in one.books] for one in found] == [[one.id * BOOKS + each for each in range(BOOKS)] for one in found]
    assert bool(parts) is ("psycopg" in twin.name)


@pytest.mark.tables(Base.metadata)
async def test_a_value_that_cannot_be_read_in_a_later_part(twin: Twin) -> None:
    await fill(twin)
    statement = select(Author).order_by(Author.id)
    async with twin.session() as session:
        assert len((await session.scalars(statement)).all()) == AUTHORS
        await session.rollback()
        await session.execute(text("UPDATE author SET age = 7 WHERE id = 55"))
        session.expunge_all()
        with pytest.raises(UnreadableValueError, match=r"7 \(int\) for Author.age") as caught:
            await session.scalars(statement)
        assert str(caught.value.__cause__) == "odd"
        await session.execute(text("UPDATE author SET age = 8 WHERE id = 55"))
        assert (await session.scalars(statement)).all()[54].age == 8


@pytest.mark.tables(Base.metadata)
@pytest.mark.worlds("psycopg", "asyncpg")
async def test_an_error_of_the_server_after_some_rows(twin: Twin, parts: list[int]) -> None:
    await fill(twin)
    statement = select(Author).where(text("1 / (author.id - :gone) IS NOT NULL")).order_by(Author.id)
    async with twin.session() as session:
        assert len((await session.scalars(statement, {"gone": 5000})).all()) == AUTHORS
        session.expunge_all()
        with pytest.raises(DataError, match="division by zero"):
            await session.scalars(statement, {"gone": 70})
        await session.rollback()
        assert len((await session.scalars(statement, {"gone": 5000})).all()) == AUTHORS


@pytest.mark.tables(Base.metadata)
async def test_the_log_counts_the_rows_of_parts(twin: Twin) -> None:
    await fill(twin)
    statement = select(Author).order_by(Author.id)
    for _ in range(2):
        async with twin.session() as session:
            with session.recorded() as log:
                await session.scalars(statement)
            assert log.rows == AUTHORS
