"""The classic Query in both colours: the same chain, the end awaited under asyncio."""

from __future__ import annotations

from typing import Any

import pytest

from ambo import Integer, TypeDecorator, event, func, literal, select, text, type_coerce
from ambo.exc import CompileError, InvalidRequestError, MultipleResultsFound, NoResultFound
from ambo.orm import Bundle, Query, aliased, joinedload, selectinload
from library import Author, Base, Book, Cover, collection
from twin import Twin

pytestmark = pytest.mark.tables(Base.metadata)


async def filled(twin: Twin) -> Any:
    async with twin.session() as session:
        session.add_all(collection())
        await session.commit()
    return twin.session()


async def test_the_ends_of_a_chain(twin: Twin) -> None:
    async with await filled(twin) as session:
        books = session.query(Book).order_by(Book.title)
        assert [book.title for book in await books.all()] == ["Alpha", "Beta", "Gamma"]
        assert (await books.first()).title == "Alpha"
        assert await books.count() == 3
        assert (await session.query(Book).filter_by(title="Beta").one()).title == "Beta"
        assert await session.query(Book).filter_by(title="none").one_or_none() is None
        assert await session.query(Book).filter_by(title="none").first() is None
        assert await session.query(func.count(Book.id)).scalar() == 3
        assert (await session.query(Book).get(1)).id == 1
        with pytest.raises(NoResultFound):
            await session.query(Book).filter_by(title="none").one()
        with pytest.raises(MultipleResultsFound):
            await books.one()


async def test_the_middle_of_a_chain(twin: Twin) -> None:
    async with await filled(twin) as session:
        query = session.query(Author)
        assert [a.name for a in await query.filter(Author.name != "Bob", Author.id < 3).all()] == ["Ann"]
        assert [a.name for a in await query.join(Author.books).filter(Book.title == "Gamma").all()] == ["Bob"]
        assert [a.name for a in await query.join(Book).filter(Book.title == "Gamma").all()] == ["Bob"]
        assert [a.name for a in await query.join(Book, Book.author_id == Author.id).filter(Book.title == "Gamma").all()] == ["Bob"]
        assert [a.name for a in await query.outerjoin(Author.books).filter(Book.id.is_(None)).all()] == ["Cid"]
        assert [a.name for a in await query.order_by(Author.name.desc()).limit(2).offset(1).all()] == ["Bob", "Ann"]
        assert [a.name for a in await query.options(selectinload(Author.books)).order_by(Author.id).all()] == ["Ann", "Bob", "Cid"]
        assert [a.name for a in await query.options(joinedload(Author.books)).order_by(Author.id).all()] == ["Ann", "Bob", "Cid"]
        assert [a.name for a in await query.filter(Author.books.any(Book.title == "Beta")).all()] == ["Ann"]
        assert [a.name for a in await query.where(Author.id == 2).all()] == ["Bob"]


async def test_columns_and_pairs(twin: Twin) -> None:
    async with await filled(twin) as session:
        assert await session.query(Author.name, Book.title).join(Author.books).order_by(Book.title).all() == [("Ann", "Alpha"), ("Ann", "Beta"), ("Bob", "Gamma")]
        pair = await session.query(Author, Book).join(Author.books).order_by(Book.title).first()
        assert isinstance(pair[0], Author) and pair.Book.title == "Alpha"
        grouped = session.query(Author.name, func.count(Book.id)).outerjoin(Author.books).group_by(Author.name).order_by(Author.name)
        assert await grouped.all() == [("Ann", 2), ("Bob", 1), ("Cid", 0)]
        assert await grouped.having(func.count(Book.id) > 1).all() == [("Ann", 2)]
        assert await session.query(Book.author_id).distinct().order_by(Book.author_id).all() == [(1,), (2,)]
        assert await session.query(Author).with_entities(Author.name).filter_by(id=1).all() == [("Ann",)]
        Other = aliased(Author)
        assert await session.query(Other.name).filter(Other.id == 2).scalar() == "Bob"


async def test_slices_count_from_an_offset(twin: Twin) -> None:
    async with await filled(twin) as session:
        titles = session.query(Book.title).order_by(Book.id)
        assert await titles.slice(1, 3).slice(1, 2).all() == [("Gamma",)]
        assert await titles.offset(1)[1] == ("Gamma",)
        if twin.database != "mariadb":  # whose OFFSET takes no expression
            assert await titles.offset(literal(0) + literal(1)).slice(1, 2).all() == [("Gamma",)]
        with pytest.raises(InvalidRequestError, match="existing criterion"):
            titles.having(func.count() > 1).from_statement(select(Book.title))


async def test_slices_and_iteration(twin: Twin) -> None:
    async with await filled(twin) as session:
        books = session.query(Book).order_by(Book.id)
        part = books[1:3]
        found = part if isinstance(part, list) else await part.all() if hasattr(part, "all") else await part
        assert [book.title for book in found] == ["Beta", "Gamma"]
        assert (await books[0]).title == "Alpha"
        assert [book.title async for book in books] == ["Alpha", "Beta", "Gamma"]
        assert [book.title async for book in books.yield_per(2)] == ["Alpha", "Beta", "Gamma"]


async def test_subqueries_and_exists(twin: Twin) -> None:
    async with await filled(twin) as session:
        counts = session.query(Book.author_id, func.count().label("n")).group_by(Book.author_id).subquery()
        rows = await session.query(Author.name, counts.c.n).join(counts, counts.c.author_id == Author.id).order_by(Author.name).all()
        assert rows == [("Ann", 2), ("Bob", 1)]
        assert await session.query(session.query(Book).filter_by(title="Beta").exists()).scalar()
        inside = session.query(Book.author_id).filter(Book.title == "Gamma")
        assert await session.query(Author.name).filter(Author.id.in_(inside)).all() == [("Bob",)]
        both = session.query(Author.name).filter_by(id=1).union(session.query(Author.name).filter_by(id=2))
        assert sorted(await both.all()) == [("Ann",), ("Bob",)]
        assert await session.query(func.count()).select_from(Author).scalar() == 3


async def test_update_and_delete(twin: Twin) -> None:
    async with await filled(twin) as session:
        assert await session.query(Author).filter(Author.name == "Cid").update({"name": "Cyd"}) == 1
        assert await session.query(Author).filter(Author.name == "Bob").update({Author.name: Author.name + "by"}, synchronize_session="fetch") == 1
        assert (await session.scalars(select(Author.name).order_by(Author.id))).all() == ["Ann", "Bobby", "Cyd"]
        assert await session.query(Author).filter_by(name="Cyd").delete() == 1
        assert await session.query(Cover).delete(synchronize_session=False) == 2
        await session.commit()
        assert await session.query(Author).count() == 2


async def test_populate_existing(twin: Twin) -> None:
    async with await filled(twin) as session:
        book = await session.query(Book).order_by(Book.id).first()
        await session.execute(Book.__table__.update().values(title="x"))
        assert (await session.query(Book).order_by(Book.id).first()).title == "Alpha"
        assert (await session.query(Book).populate_existing().order_by(Book.id).first()).title == "x" and book.title == "x"


async def test_a_query_is_a_statement_too(twin: Twin) -> None:
    async with await filled(twin) as session:
        query = session.query(Book).filter_by(title="Beta")
        assert "books.title = " in str(query)
        assert [book.title for book in (await session.scalars(query.statement)).all()] == ["Beta"]


class AsList(TypeDecorator[list[int]]):
    impl = Integer
    cache_ok = True

    def process_result_value(self, value: int | None, dialect: object) -> list[int]:
        return [value or 0]


async def test_rows_with_values_that_cannot_be_hashed_are_kept(twin: Twin) -> None:
    async with await filled(twin) as session:
        as_list = type_coerce(Author.id, AsList)
        assert [value for _, value in await session.query(Author.name, as_list).order_by(Author.id).all()][:2] == [[1], [2]]
        assert [value for _, value in await session.query(Author, as_list).order_by(Author.id).all()][:2] == [[1], [2]]
        result = (await session.execute(select(Author, as_list))).unique()
        with pytest.raises(InvalidRequestError, match="Can't apply uniqueness"):
            result.all()
        big: Any = Author.id * 0 + 5000
        assert (await session.execute(select(big))).unique().all() == [(5000,)]


async def test_text_may_stand_among_entities_and_columns(twin: Twin) -> None:
    async with await filled(twin) as session:
        name: Any = text(f"{Author.__tablename__}.name")
        row = (await session.execute(select(Author, name).order_by(Author.id))).first()
        assert row.name == row.Author.name
        rows = await session.query(Author.id, name, Author.name.label("again")).order_by(Author.id).all()
        assert all(row[1] == row.again for row in rows)
        with pytest.raises(CompileError, match="multiple expressions at the same time"):
            await session.execute(select(Author.id, text("*")))


async def test_a_union_takes_expressions_from_its_parts(twin: Twin) -> None:
    async with await filled(twin) as session:
        x: Any = literal("x")
        one = session.query(Author, x).filter(Author.id == 1)
        other = session.query(Author, literal("y")).filter(Author.id == 1)
        assert [(author.id, kind) for author, kind in await one.union(other).order_by(Author.id, x).all()] == [(1, "x"), (1, "y")]
        labelled = session.query(Author, literal("x").label("kind")).filter(Author.id == 1).union(other).order_by("kind")
        assert [row.kind for row in await labelled.all()] == ["x", "y"]


async def test_the_join_point_can_be_reset(twin: Twin) -> None:
    async with await filled(twin) as session:
        book = (await session.scalars(select(Book).order_by(Book.id))).first()
        author = await session.get(Author, book.author_id)
        query = session.query(Author).join(Author.books).filter_by(title=book.title).reset_joinpoint().filter_by(name=author.name)
        assert (await query.one()).id == author.id


async def test_listeners_see_a_query_before_it_writes(twin: Twin) -> None:
    told: list[Any] = []

    def update_seen(query: Any, context: Any) -> Any:
        told.append(dict(context.values))
        context.values["title"] = "Changed"
        return query.filter(Book.title == "Beta")

    def delete_seen(query: Any, context: Any) -> Any:
        told.append(context.query is query)
        return query.filter(Book.title == "none")

    event.listen(Query, "before_compile_update", update_seen, retval=True)
    event.listen(Query, "before_compile_delete", delete_seen, retval=True)
    try:
        async with await filled(twin) as session:
            assert await session.query(Book).update({"title": "All"}) == 1
            assert [one.title for one in await session.query(Book).order_by(Book.title).all()] == ["Alpha", "Changed", "Gamma"]
            assert await session.query(Book).delete() == 0
    finally:
        event.remove(Query, "before_compile_update", update_seen)
        event.remove(Query, "before_compile_delete", delete_seen)
    assert told == [{"title": "All"}, True]


async def test_descriptions_name_the_entity_inside_an_expression(twin: Twin) -> None:
    async with twin.session() as session:
        other = aliased(Author)
        query = session.query(Author.name.label("called"), func.count(other.id), Author.__table__, Bundle("pair", Author.id, Author.name))
        found = [(one["name"], one["entity"], one["aliased"]) for one in query.column_descriptions]
        assert found == [
            ("called", Author, False),
            (None, other, True),
            ("id", None, False),
            ("name", None, False),
            ("pair", Author, False),
        ]
        assert query.column_descriptions[-1]["type"] is Bundle


@pytest.mark.worlds("sqlite")  # MariaDB counts by numbers only
async def test_slices_whose_bounds_are_expressions(twin: Twin) -> None:
    async with twin.session() as session:
        session.add_all([Author(name=name) for name in "abcd"])
        await session.commit()
        query = session.query(Author.name).order_by(Author.name)
        assert [name for (name,) in await query.slice(literal(1, Integer), literal(3, Integer)).all()] == ["b", "c"]
        with pytest.raises(InvalidRequestError, match=r"limit\(\) cannot change a statement given to from_statement"):
            session.query(Author).from_statement(text("select * from authors")).limit(1)
