"""Relationships: graphs are written in the right order, collections change, cascades run, in both colours on every database."""

from __future__ import annotations

from typing import Any

import pytest

from ambo import func, inspect, select
from ambo.exc import IntegrityError, InvalidRequestError
from ambo.orm import aliased, joinedload, selectinload, with_parent
from library import Author, Base, Book, Cover, Note, Shelf, Tag, book_tags, collection
from twin import Twin

pytestmark = pytest.mark.tables(Base.metadata)

EVERYTHING = [
    selectinload(Author.books).options(selectinload(Book.tags), joinedload(Book.cover), joinedload(Book.shelf)),
    selectinload(Author.notes),
]


async def filled(twin: Twin) -> Any:
    async with twin.session() as session:
        session.add_all(collection())
        await session.commit()
    return twin.session()


async def author(session: Any, name: str) -> Author:
    return (await session.scalars(select(Author).where(Author.name == name).options(*EVERYTHING))).unique().one()  # type: ignore[no-any-return]


async def count(session: Any, entity: Any) -> int:
    return await session.scalar(select(func.count()).select_from(entity))  # type: ignore[no-any-return]


async def test_a_graph_is_stored_and_loaded_again(twin: Twin) -> None:
    async with await filled(twin) as session:
        ann = await author(session, "Ann")
        assert [book.title for book in ann.books] == ["Alpha", "Beta"]
        alpha, beta = ann.books
        assert {tag.word for tag in alpha.tags} == {"fiction", "history"} and {tag.word for tag in beta.tags} == {"fiction"}
        assert alpha.cover.colour == "red" and beta.cover is None
        assert alpha.shelf.name == "left" and beta.shelf.name == "hall"
        assert {key: note.text for key, note in ann.notes.items()} == {"born": "1920", "died": "2001"}
        assert alpha.author is ann


async def test_both_sides_know_each_other_at_once(twin: Twin) -> None:
    ann, book = Author(name="Ann"), Book(title="x")
    ann.books.append(book)
    assert book.author is ann
    bob = Author(name="Bob")
    book.author = bob
    assert ann.books == [] and bob.books == [book]
    tag = Tag(word="t")
    tag.books.add(book)
    assert book.tags == {tag}
    book.tags.remove(tag)
    assert tag.books == set()
    async with twin.session() as session:
        session.add(bob)
        assert book in session and tag not in session
        await session.commit()
        assert book.author_id == bob.id


async def test_moving_a_child_changes_its_key(twin: Twin) -> None:
    async with await filled(twin) as session:
        ann, bob = await author(session, "Ann"), await author(session, "Bob")
        moved = ann.books[0]
        bob.books.append(moved)
        assert moved not in ann.books
        await session.commit()
    async with twin.session() as session:
        assert [book.title for book in (await author(session, "Bob")).books] == ["Alpha", "Gamma"]
        assert await count(session, Book) == 3


async def test_an_orphan_is_deleted_with_what_hangs_on_it(twin: Twin) -> None:
    async with await filled(twin) as session:
        ann = await author(session, "Ann")
        ann.books.remove(ann.books[0])
        del ann.notes["born"]
        await session.commit()
        assert await count(session, Book) == 2 and await count(session, Cover) == 1 and await count(session, Note) == 1
        assert await count(session, book_tags) == 1 and await count(session, Tag) == 2


async def test_deleting_an_object_takes_its_cascade_along(twin: Twin) -> None:
    async with await filled(twin) as session:
        await session.delete(await session.get(Author, 1))
        await session.commit()
        assert [await count(session, entity) for entity in (Author, Book, Cover, Note, book_tags, Tag)] == [2, 1, 1, 0, 0, 2]


async def test_replacing_a_single_object_deletes_the_old_one(twin: Twin) -> None:
    async with await filled(twin) as session:
        alpha = (await author(session, "Ann")).books[0]
        alpha.cover = None
        await session.flush()
        assert await count(session, Cover) == 1
        alpha.cover = Cover(colour="green")
        await session.commit()
        assert sorted((await session.scalars(select(Cover.colour))).all()) == ["blue", "green"]


async def test_many_to_many_rows_come_and_go(twin: Twin) -> None:
    async with await filled(twin) as session:
        gamma = (await author(session, "Bob")).books[0]
        fiction = (await session.scalars(select(Tag).where(Tag.word == "fiction"))).one()
        gamma.tags.add(fiction)
        gamma.tags.add(Tag(word="new"))
        await session.flush()
        assert await count(session, book_tags) == 5
        gamma.tags.discard(fiction)
        await session.flush()
        assert await count(session, book_tags) == 4
        gamma.tags = {fiction}
        await session.commit()
        assert await count(session, book_tags) == 4
    async with twin.session() as session:
        assert {tag.word for tag in (await author(session, "Bob")).books[0].tags} == {"fiction"}


async def test_a_tree_is_written_from_the_root(twin: Twin) -> None:
    async with twin.session() as session:
        leaf = Shelf(name="leaf", parent=Shelf(name="branch", parent=Shelf(name="root")))
        session.add(leaf)
        await session.commit()
    async with twin.session() as session:
        roots = (await session.scalars(select(Shelf).where(Shelf.parent == None).options(selectinload(Shelf.children, recursion_depth=-1)))).all()  # noqa: E711
        assert [root.name for root in roots] == ["root"] and roots[0].children[0].children[0].name == "leaf"


async def test_deleting_a_parent_without_cascade_sets_the_key_to_null(twin: Twin) -> None:
    async with await filled(twin) as session:
        hall = (await session.scalars(select(Shelf).where(Shelf.name == "hall"))).one()
        await session.delete(hall)
        await session.commit()
        assert sorted((await session.scalars(select(Shelf.name).where(Shelf.parent_id.is_(None)))).all()) == ["left", "right"]
        assert (await session.scalar(select(Book.shelf_id).where(Book.title == "Beta"))) is None


async def test_a_required_parent_is_required(twin: Twin) -> None:
    async with twin.session() as session:
        session.add(Book(title="lost"))
        with pytest.raises(IntegrityError, match="author_id"):
            await session.flush()
        await session.rollback()


async def test_history_of_a_collection(twin: Twin) -> None:
    async with await filled(twin) as session:
        ann = await author(session, "Ann")
        alpha = ann.books[0]
        new = Book(title="new")
        ann.books.append(new)
        ann.books.remove(alpha)
        history = inspect(ann).attrs.books.history
        assert history.added == [new] and history.deleted == [alpha] and [book.title for book in history.unchanged] == ["Beta"]
        await session.rollback()


async def test_expunge_and_merge_follow_their_cascades(twin: Twin) -> None:
    async with await filled(twin) as session:
        ann = await author(session, "Ann")
        session.expunge(ann)
        assert ann.books[0] not in session and ann.books[0].cover not in session
        ann.books[0].title = "changed"
        merged = await session.merge(ann)
        assert merged is not ann
        await session.commit()
        assert sorted((await session.scalars(select(Book.title))).all()) == ["Beta", "Gamma", "changed"]


Other = aliased(Book)
QUESTIONS = {
    "join by attribute": (select(Author.name).join(Author.books).where(Book.title == "Gamma"), ["Bob"]),
    "join by target": (select(Author.name).join(Book).where(Book.title == "Gamma"), ["Bob"]),
    "join two steps": (select(Author.name).join(Author.books).join(Book.cover).where(Cover.colour == "red"), ["Ann"]),
    "join many to many": (select(Book.title).join(Book.tags).where(Tag.word == "history"), ["Alpha"]),
    "join to alias": (select(Other.title).join(Author.books.of_type(Other)).where(Author.name == "Bob"), ["Gamma"]),
    "join with more": (select(Author.name).join(Author.books.and_(Book.title == "Gamma")), ["Bob"]),
    "outer join": (select(Author.name).outerjoin(Author.books).where(Book.id.is_(None)), ["Cid"]),
    "self join": (select(Shelf.name).join(Shelf.parent.of_type(aliased(Shelf, name="up"))).order_by(Shelf.name), ["left", "right", "top"]),
    "any": (select(Author.name).where(Author.books.any()).order_by(Author.name), ["Ann", "Bob"]),
    "any with condition": (select(Author.name).where(Author.books.any(Book.title == "Beta")), ["Ann"]),
    "any with names": (select(Author.name).where(Author.books.any(title="Beta")), ["Ann"]),
    "not any": (select(Author.name).where(~Author.books.any()), ["Cid"]),
    "any many to many": (select(Book.title).where(Book.tags.any(Tag.word == "history")), ["Alpha"]),
    "has": (select(Book.title).where(Book.author.has(Author.name == "Bob")), ["Gamma"]),
    "has none": (select(Book.title).where(~Book.cover.has()), ["Beta"]),
    "equals none": (select(Book.title).where(Book.shelf == None), ["Gamma"]),  # noqa: E711
    "not equal none": (select(Book.title).where(Book.shelf != None).order_by(Book.title), ["Alpha", "Beta"]),  # noqa: E711
}


@pytest.mark.parametrize("name", QUESTIONS)
async def test_questions_across_relationships(twin: Twin, name: str) -> None:
    statement, expected = QUESTIONS[name]
    async with await filled(twin) as session:
        assert (await session.scalars(statement)).all() == expected


async def test_is_none_of_a_relationship(twin: Twin) -> None:
    async with await filled(twin) as session:
        assert (await session.scalars(select(Shelf.name).where(Shelf.parent.is_(None)))).all() == ["hall"]
        assert (await session.scalars(select(Book.title).where(Book.shelf.is_not(None)).order_by(Book.title))).all() == ["Alpha", "Beta"]


async def test_comparison_with_an_object(twin: Twin) -> None:
    async with await filled(twin) as session:
        ann, bob = await author(session, "Ann"), await author(session, "Bob")
        assert (await session.scalars(select(Book.title).where(Book.author == bob))).all() == ["Gamma"]
        assert (await session.scalars(select(Book.title).where(Book.author != ann))).all() == ["Gamma"]
        assert (await session.scalars(select(Author.name).where(Author.books.contains(bob.books[0])))).all() == ["Bob"]
        assert (await session.scalars(select(Book.title).where(with_parent(bob, Author.books)))).all() == ["Gamma"]
        tag = (await session.scalars(select(Tag).where(Tag.word == "history"))).one()
        assert (await session.scalars(select(Book.title).where(Book.tags.contains(tag)))).all() == ["Alpha"]


async def test_an_object_of_the_wrong_class_is_refused(twin: Twin) -> None:
    ann = Author(name="Ann")
    async with twin.session() as session:
        with pytest.raises((TypeError, AssertionError, InvalidRequestError, AttributeError)):
            ann.books.append(Tag(word="x"))  # type: ignore[arg-type]
            session.add(ann)
            await session.flush()
        await session.rollback()
