"""Loading strategies: what is loaded, with how many statements, and what happens to what is not, in both colours."""

from __future__ import annotations

from typing import Any

import pytest

from ambo import func, inspect, select
from ambo.exc import InvalidRequestError
from ambo.orm import (
    Load,
    aliased,
    contains_eager,
    defaultload,
    defer,
    immediateload,
    joinedload,
    lazyload,
    load_only,
    noload,
    raiseload,
    selectinload,
    subqueryload,
    undefer,
)
from library import Author, Base, Book, Cover, Shelf, Tag, collection
from twin import Twin

pytestmark = pytest.mark.tables(Base.metadata)


async def filled(twin: Twin) -> Any:
    async with twin.session() as session:
        session.add_all(collection())
        await session.commit()
    return twin.session()


def shape(authors: list[Author]) -> list[Any]:
    return [(author.name, [(book.title, sorted(tag.word for tag in book.tags), book.cover and book.cover.colour) for book in author.books]) for author in authors]


WHOLE = [
    ("Ann", [("Alpha", ["fiction", "history"], "red"), ("Beta", ["fiction"], None)]),
    ("Bob", [("Gamma", [], "blue")]),
    ("Cid", []),
]
#: Options that load the whole graph, and how many statements they take.
OPTIONS = {
    "selectin": ([selectinload(Author.books).selectinload(Book.tags), selectinload(Author.books).selectinload(Book.cover)], 4),
    "joined": ([joinedload(Author.books).joinedload(Book.tags), joinedload(Author.books).joinedload(Book.cover)], 1),
    "subquery": ([subqueryload(Author.books).subqueryload(Book.tags), subqueryload(Author.books).subqueryload(Book.cover)], 4),
    "selectin then joined": ([selectinload(Author.books).options(joinedload(Book.tags), joinedload(Book.cover))], 2),
    "joined then selectin": ([joinedload(Author.books).options(selectinload(Book.tags), selectinload(Book.cover))], 3),
    "immediate": ([immediateload(Author.books).options(selectinload(Book.tags), joinedload(Book.cover))], None),
    "by Load": ([Load(Author).selectinload(Author.books).joinedload(Book.tags), defaultload(Author.books).joinedload(Book.cover)], 2),
}


@pytest.mark.parametrize("name", OPTIONS)
async def test_a_graph_is_loaded_whole(twin: Twin, name: str) -> None:
    options, statements = OPTIONS[name]
    async with await filled(twin) as session:
        with session.recorded() as log:
            authors = (await session.scalars(select(Author).options(*options).order_by(Author.id))).unique().all()
        assert statements is None or len(log.queries) == statements, log.queries
        with session.recorded() as log:
            assert shape(authors) == WHOLE
        assert log.queries == []


@pytest.mark.parametrize("option", [joinedload, selectinload, subqueryload], ids=lambda option: option.__name__)
async def test_limits_count_parents(twin: Twin, option: Any) -> None:
    async with await filled(twin) as session:
        for statement, expected in (
            (select(Author).order_by(Author.name).limit(2), [["Alpha", "Beta"], ["Gamma"]]),
            (select(Author).order_by(Author.name.desc()).limit(1).offset(2), [["Alpha", "Beta"]]),
        ):
            authors = (await session.scalars(statement.options(option(Author.books)))).unique().all()
            assert [[book.title for book in author.books] for author in authors] == expected
            session.expunge_all()


async def test_sibling_loads_share_a_trip_on_psycopg(twin: Twin) -> None:
    async with await filled(twin) as session:
        await session.scalar(select(func.count(Author.id)))
        statement = select(Author).options(selectinload(Author.books), selectinload(Author.notes)).order_by(Author.id)
        (await session.scalars(statement)).all()
        session.expunge_all()
        with session.recorded() as log:
            (await session.scalars(statement)).all()
        assert len(log.queries) == 3
        if twin.driver == "psycopg":
            assert log.round_trips == 2


async def test_joined_collections_ask_for_unique(twin: Twin) -> None:
    async with await filled(twin) as session:
        with pytest.raises(InvalidRequestError, match=r"unique\(\)"):
            (await session.scalars(select(Author).options(joinedload(Author.books)))).all()
        assert len((await session.scalars(select(Book).options(joinedload(Book.author)))).all()) == 3


async def test_inner_joins_leave_out_who_has_none(twin: Twin) -> None:
    async with await filled(twin) as session:
        authors = (await session.scalars(select(Author).options(joinedload(Author.books, innerjoin=True)).order_by(Author.id))).unique().all()
        assert [author.name for author in authors] == ["Ann", "Bob"]


async def test_contains_eager_fills_from_the_join(twin: Twin) -> None:
    async with await filled(twin) as session:
        statement = select(Author).join(Author.books).where(Book.title != "Beta").options(contains_eager(Author.books)).order_by(Author.id)
        authors = (await session.scalars(statement)).unique().all()
        assert [[book.title for book in author.books] for author in authors] == [["Alpha"], ["Gamma"]]
        session.expunge_all()
        Other = aliased(Book)
        statement = select(Author).join(Author.books.of_type(Other)).where(Other.title == "Beta").options(contains_eager(Author.books.of_type(Other)))
        assert [[book.title for book in author.books] for author in (await session.scalars(statement)).unique()] == [["Beta"]]


async def test_criteria_of_an_option(twin: Twin) -> None:
    async with await filled(twin) as session:
        statement = select(Author).options(selectinload(Author.books.and_(Book.title == "Beta"))).order_by(Author.id)
        assert [[book.title for book in author.books] for author in (await session.scalars(statement)).all()] == [["Beta"], [], []]


async def test_raiseload_raises(twin: Twin) -> None:
    async with await filled(twin) as session:
        author = (await session.scalars(select(Author).options(raiseload(Author.books)))).first()
        with pytest.raises(InvalidRequestError, match=r"Author\.books"):
            author.books
        book = (await session.scalars(select(Book).options(joinedload(Book.author), raiseload("*")))).first()
        assert book.author.name == "Ann"
        with pytest.raises(InvalidRequestError, match=r"Book\.tags"):
            book.tags


async def test_an_unloaded_attribute(twin: Twin) -> None:
    async with await filled(twin) as session:
        author = (await session.scalars(select(Author).order_by(Author.id))).first()
        if not twin.is_async:
            assert [book.title for book in author.books] == ["Alpha", "Beta"]
            return
        from ambo.errors import LazyLoadError

        with pytest.raises(LazyLoadError, match=r"Author\.books is not loaded.*session\.load\(author, Author\.books\).*selectinload\(Author\.books\)") as caught:
            author.books
        assert caught.value.instance is author and caught.value.key == "books" and not isinstance(caught.value, AttributeError)
        with pytest.raises(LazyLoadError):
            hasattr(author, "books")
        await session.load(author, Author.books)
        assert [book.title for book in author.books] == ["Alpha", "Beta"]


async def test_load_fills_many_objects_with_one_statement(twin: Twin) -> None:
    async with await filled(twin) as session:
        authors = (await session.scalars(select(Author).order_by(Author.id))).all()
        with session.recorded() as log:
            await session.load(authors, Author.books)
        assert len(log.queries) == 1
        assert [[book.title for book in author.books] for author in authors] == [["Alpha", "Beta"], ["Gamma"], []]


async def test_refresh_loads_a_named_relationship(twin: Twin) -> None:
    async with await filled(twin) as session:
        author = (await session.scalars(select(Author).order_by(Author.id))).first()
        await session.refresh(author, ["books"])
        assert [book.title for book in author.books] == ["Alpha", "Beta"]


async def test_get_takes_options(twin: Twin) -> None:
    async with await filled(twin) as session:
        author = await session.get(Author, 1, options=[selectinload(Author.books).joinedload(Book.cover)])
        assert author.books[0].cover.colour == "red"


async def test_columns_may_be_left_out(twin: Twin) -> None:
    async with await filled(twin) as session:
        author = (await session.scalars(select(Author).options(defer(Author.name)).order_by(Author.id))).first()
        assert "name" not in author.__dict__ and "name" in inspect(author).unloaded
        session.expunge_all()
        book = (await session.scalars(select(Book).options(load_only(Book.title)).order_by(Book.id))).first()
        assert book.title == "Alpha" and "author_id" not in book.__dict__ and book.id == 1
        session.expunge_all()
        author = (await session.scalars(select(Author).options(selectinload(Author.books).load_only(Book.author_id), undefer("*")).order_by(Author.id))).first()
        assert "title" not in author.books[0].__dict__
        await session.refresh(author.books[0], ["title"])
        assert author.books[0].title == "Alpha"


async def test_noload_and_lazyload(twin: Twin) -> None:
    async with await filled(twin) as session:
        author = (await session.scalars(select(Author).options(lazyload(Author.books)).order_by(Author.id))).first()
        assert "books" not in author.__dict__
        session.expunge_all()
        author = (await session.scalars(select(Author).options(noload(Author.notes)).order_by(Author.id))).first()
        assert author.notes == {}


async def test_a_tree_to_a_depth(twin: Twin) -> None:
    async with await filled(twin) as session:
        hall = (await session.scalars(select(Shelf).where(Shelf.parent_id.is_(None)).options(selectinload(Shelf.children, recursion_depth=2)))).one()
        assert [child.name for child in hall.children] == ["left", "right"]
        assert [child.name for child in hall.children[0].children] == ["top"]


async def test_many_parents_are_loaded_in_portions(twin: Twin) -> None:
    async with twin.session() as session:
        session.add_all([Author(name=f"a{n}", books=[Book(title=f"b{n}")]) for n in range(1200)])
        await session.commit()
        session.expunge_all()
        authors = (await session.scalars(select(Author).options(selectinload(Author.books)).order_by(Author.id))).all()
        assert [author.books[0].title for author in authors] == [f"b{n}" for n in range(1200)]


async def test_loaded_objects_are_shared(twin: Twin) -> None:
    async with await filled(twin) as session:
        books = (await session.scalars(select(Book).options(joinedload(Book.author), selectinload(Book.tags)).order_by(Book.id))).unique().all()
        assert books[0].author is books[1].author
        fiction = (await session.scalars(select(Tag).where(Tag.word == "fiction"))).one()
        assert fiction in books[0].tags and fiction in books[1].tags
        covers = (await session.scalars(select(Cover).options(joinedload(Cover.book)).order_by(Cover.id))).all()
        assert covers[0].book is books[0]


async def test_a_stream_with_eager_loads(twin: Twin) -> None:
    async with await filled(twin) as session:
        statement = select(Author).options(selectinload(Author.books)).order_by(Author.id).execution_options(yield_per=2)
        seen = []
        async for author in await session.stream_scalars(statement):
            seen.append([book.title for book in author.books])
        assert seen == [["Alpha", "Beta"], ["Gamma"], []]


async def test_one_object_is_asked_for_by_equality_where_lists_are_arrays(twin: Twin) -> None:
    async with await filled(twin) as session:
        for name, books in (("Ann", 2), ("Bob", 1), ("Ann", 2)):
            session.expunge_all()
            statement = select(Author).where(Author.name == name).options(*OPTIONS["selectin"][0])
            with session.recorded() as log:
                author = (await session.scalars(statement)).one()
            assert [shape([author])[0]] == [one for one in WHOLE if one[0] == name] and len(author.books) == books
            if twin.driver in ("psycopg", "asyncpg"):
                assert ["ANY" in sql for sql in log.queries] == [False, False, books > 1, books > 1]
