"""Relationships in memory: joins, directions, back-references, collections of every kind, errors."""

from __future__ import annotations

from typing import Any

import pytest

from ambo import Column, ForeignKey, Integer, Table, inspect
from ambo.errors import AmbiguousForeignKeysError, ArgumentError, InvalidRequestError, NoForeignKeysError
from ambo.mapping.collections import collection
from ambo.mapping.shared_state import SharedState
from ambo.mapping.state import state_of
from ambo.orm import (
    MANYTOMANY,
    MANYTOONE,
    ONETOMANY,
    DeclarativeBase,
    Mapped,
    backref,
    configure_mappers,
    foreign,
    mapped_column,
    relationship,
    remote,
)
from ambo.orm.attributes import get_history
from shelves import Base, Book, Chapter, Shelf, Tag


def test_directions_and_pairs_come_from_foreign_keys() -> None:
    configure_mappers()
    found = {str(prop): prop.direction for mapper in Base.registry.mappers for prop in mapper.relationships}
    assert found == {
        "Shelf.books": ONETOMANY,
        "Shelf.parent": MANYTOONE,
        "Shelf.children": ONETOMANY,
        "Book.shelf": MANYTOONE,
        "Book.tags": MANYTOMANY,
        "Book.chapters": ONETOMANY,
        "Tag.books": MANYTOMANY,
        "Chapter.book": MANYTOONE,
    }
    assert Shelf.parent.prop.synchronize_pairs == [(Shelf.__table__.c.id, Shelf.__table__.c.parent_id)]
    assert Shelf.parent.prop.remote_side == {Shelf.__table__.c.id}
    assert Shelf.children.prop.remote_side == {Shelf.__table__.c.parent_id}
    assert str(Shelf.books.prop.primaryjoin) == "shelf.id = book.shelf_id"


def test_both_sides_follow_each_other() -> None:
    one, other, book = Shelf(), Shelf(), Book()
    one.books.append(book)
    assert book.shelf is one
    other.books.append(book)
    assert (one.books, book.shelf) == ([], other)
    book.shelf = one
    assert (one.books, other.books) == ([book], [])
    one.books = []
    assert book.shelf is None


def test_many_to_many_and_self_reference_follow_too() -> None:
    book, tag = Book(), Tag()
    book.tags.add(tag)
    assert tag.books == [book]
    tag.books.remove(book)
    assert book.tags == set()
    shelf = Shelf(children=[Shelf(), Shelf()])
    assert {child.parent for child in shelf.children} == {shelf}
    shelf.children[0].parent = None
    assert len(shelf.children) == 1


def test_dicts_of_objects_are_keyed_by_their_attribute() -> None:
    book = Book()
    book.chapters["a"] = Chapter(title="a")
    Chapter(title="b", book=book)
    assert sorted(book.chapters) == ["a", "b"]
    chapter = book.chapters.pop("a")
    assert chapter.book is None
    book.chapters = {"c": Chapter(title="c")}
    assert list(book.chapters) == ["c"]


def test_an_unloaded_collection_remembers_what_back_references_did() -> None:
    shelf = Shelf.__mapper__.new()
    shelf.__dict__.update(id=1, name="s", _sa_instance_state=SharedState(None, Shelf.__mapper__))
    old, new = Book(), Book()
    new.shelf = shelf
    assert "books" not in shelf.__dict__
    assert get_history(shelf, "books", passive=0).added == [new]
    type(shelf)._sa_class_manager.tracked["books"].set_committed(shelf, [old])
    assert shelf.books == [old, new]
    assert get_history(shelf, "books") == ([new], [old], [])


@pytest.mark.parametrize(
    ("change", "left"),
    [
        (lambda books, new: books.extend([new]), 4),
        (lambda books, new: books.insert(0, new), 4),
        (lambda books, new: books.__setitem__(0, new), 3),
        (lambda books, new: books.__setitem__(slice(0, 2), [new]), 2),
        (lambda books, new: books.__delitem__(slice(0, 2)), 1),
        (lambda books, new: books.pop(), 2),
        (lambda books, new: books.clear(), 0),
        (lambda books, new: books.__iadd__([new]), 4),
    ],
)
def test_every_way_to_change_a_list_is_tracked(change: Any, left: int) -> None:
    shelf, new = Shelf(books=[Book(), Book(), Book()]), Book()
    before = list(shelf.books)
    change(shelf.books, new)
    assert len(shelf.books) == left
    assert all((book.shelf is shelf) is (book in shelf.books) for book in [*before, new])


@pytest.mark.parametrize(
    "change",
    [
        lambda tags, new: tags.update([new]),
        lambda tags, new: tags.__ior__({new}),
        lambda tags, new: tags.difference_update(list(tags)),
        lambda tags, new: tags.symmetric_difference_update({new}),
        lambda tags, new: tags.pop(),
        lambda tags, new: tags.clear(),
    ],
)
def test_every_way_to_change_a_set_is_tracked(change: Any) -> None:
    book, new = Book(tags={Tag(), Tag()}), Tag()
    before = list(book.tags)
    change(book.tags, new)
    assert all((book in tag.books) is (tag in book.tags) for tag in [*before, new])


def test_a_collection_that_was_replaced_reports_no_more() -> None:
    shelf = Shelf(books=[Book()])
    old = shelf.books
    shelf.books = []
    old.append(Book())
    assert shelf.books == []


def test_the_wrong_kind_of_collection_is_refused() -> None:
    with pytest.raises(TypeError, match="set is not list-like"):
        Shelf(books={Book()})


def test_custom_collections_by_decorators() -> None:
    class Bag:
        def __init__(self) -> None:
            self.inside: dict[int, Any] = {}

        @collection.appender
        def put(self, item: Any) -> None:
            self.inside[id(item)] = item

        @collection.remover
        def take(self, item: Any) -> None:
            del self.inside[id(item)]

        @collection.iterator
        def everything(self) -> Any:
            return iter(self.inside.values())

    parent, child = _pair(collection_class=Bag)
    one, item = parent(), child()
    one.children.put(item)
    assert item.parent is one
    item.parent = None
    assert list(one.children.everything()) == []


def _pair(target: str = "Child", **options: Any) -> Any:
    made = type("Fresh", (DeclarativeBase,), {})

    class Parent(made):  # type: ignore[misc,valid-type]
        __tablename__ = "parent"
        id: Mapped[int] = mapped_column(primary_key=True)
        children = relationship(target, **{"backref": "parent", **options})

    class Child(made):  # type: ignore[misc,valid-type]
        __tablename__ = "child"
        id: Mapped[int] = mapped_column(primary_key=True)
        parent_id: Mapped[int] = mapped_column(ForeignKey("parent.id"))
        second_id: Mapped[int] = mapped_column(Integer)

    configure_mappers()
    return Parent, Child


def test_backref_makes_the_other_side() -> None:
    parent, child = _pair(backref=backref("owner", lazy="joined"))
    assert child.owner.prop.direction is MANYTOONE
    assert child.owner.prop.lazy == "joined"
    assert child.owner.prop.reverse == {parent.children.prop}


def test_joins_may_be_strings_functions_and_marked_columns() -> None:
    parent, child = _pair(primaryjoin="Parent.id == foreign(Child.second_id)")
    assert parent.children.prop.synchronize_pairs == [(parent.__table__.c.id, child.__table__.c.second_id)]
    made = type("Fresh", (DeclarativeBase,), {})

    class Node(made):  # type: ignore[misc,valid-type]
        __tablename__ = "node"
        path: Mapped[str] = mapped_column(primary_key=True)
        below = relationship("Node", primaryjoin=lambda: remote(foreign(Node.path)).like(Node.path + "/%"), viewonly=True)

    configure_mappers()
    assert Node.below.prop.direction is ONETOMANY


def test_unclear_joins_say_what_would_make_them_clear() -> None:
    made = type("Fresh", (DeclarativeBase,), {})

    class A(made):  # type: ignore[misc,valid-type]
        __tablename__ = "a"
        id: Mapped[int] = mapped_column(primary_key=True)
        one_id: Mapped[int] = mapped_column(ForeignKey("b.id"))
        two_id: Mapped[int] = mapped_column(ForeignKey("b.id"))
        b = relationship("B")

    class B(made):  # type: ignore[misc,valid-type]
        __tablename__ = "b"
        id: Mapped[int] = mapped_column(primary_key=True)

    with pytest.raises(AmbiguousForeignKeysError, match=r"A\.b.*a\.one_id, a\.two_id.*foreign_keys"):
        configure_mappers()
    with pytest.raises(InvalidRequestError, match="failed to initialize"):
        A()
    assert Shelf().books == []
    made.registry.dispose()


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"target": "Chidl"}, InvalidRequestError, "failed to locate a name \\('Chidl'\\); did you mean 'Child'"),
        ({"primaryjoin": "Parent.id == Child.nope"}, InvalidRequestError, "has no property 'nope'"),
        ({"cascade": "save-updat"}, ArgumentError, "did you mean 'save-update'"),
        ({"lazy": "never"}, ArgumentError, "lazy='never' is unknown"),
        ({"viewonly": True, "post_update": True}, ArgumentError, "never writes"),
        ({"backref": None, "back_populates": "nope"}, InvalidRequestError, "has no property 'nope'"),
        ({"foreign_keys": "Child.second_id"}, NoForeignKeysError, "no foreign keys link"),
    ],
)
def test_wrong_relationships_say_what_is_wrong(options: dict[str, Any], error: type[Exception], message: str) -> None:
    try:
        with pytest.raises(error, match=message):
            _pair(**options)
    finally:
        _dispose_broken()


def _dispose_broken() -> None:
    from ambo.mapping.configuration import registries

    for one in list(registries):
        if any(mapper.configure_failure is not None or not mapper.configured for mapper in one.mappers):
            one.dispose()


def test_secondary_needs_foreign_keys_to_both_sides() -> None:
    made = type("Fresh", (DeclarativeBase,), {})
    between = Table("between", made.metadata, Column("a_id", ForeignKey("a.id")), Column("b_id", Integer))

    class A(made):  # type: ignore[misc,valid-type]
        __tablename__ = "a"
        id: Mapped[int] = mapped_column(primary_key=True)
        bs = relationship("B", secondary=between)

    class B(made):  # type: ignore[misc,valid-type]
        __tablename__ = "b"
        id: Mapped[int] = mapped_column(primary_key=True)

    with pytest.raises(NoForeignKeysError, match="through the secondary table"):
        configure_mappers()
    made.registry.dispose()


def test_orphans_know_that_they_lost_their_parent() -> None:
    configure_mappers()
    book = Book()
    shelf = Shelf(books=[book])
    prop = inspect(Shelf).relationships.books
    assert state_of(book).parents[prop] is state_of(shelf)
    shelf.books.remove(book)
    assert state_of(book).parents[prop] is False
    assert inspect(Book).delete_orphans == (prop,)


def test_swapping_places_in_a_list_keeps_both_members() -> None:
    shelf = Shelf(books=[Book(), Book(), Book()])
    first, second, third = shelf.books
    shelf.books[0], shelf.books[2] = shelf.books[2], shelf.books[0]
    assert shelf.books == [third, second, first]
    assert {book.shelf for book in shelf.books} == {shelf}
    shelf.books.append(second)
    del shelf.books[1]
    assert second.shelf is shelf
