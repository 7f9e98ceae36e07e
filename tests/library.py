"""A mapped world with every kind of relationship: authors, books, tags, covers, and a tree of shelves."""

from __future__ import annotations

from typing import ClassVar

from ambo import Column, ForeignKey, String, Table
from ambo.orm import DeclarativeBase, Mapped, attribute_keyed_dict, mapped_column, relationship


class Base(DeclarativeBase):
    """The registry."""

    type_annotation_map: ClassVar = {str: String(200)}  # MariaDB's VARCHAR wants a length


book_tags = Table(
    "book_tags",
    Base.metadata,
    Column("book_id", ForeignKey("books.id"), primary_key=True),
    Column("tag_id", ForeignKey("tags.id"), primary_key=True),
)


class Author(Base):
    """One to many, with delete-orphan; one to many into a dict."""

    __tablename__ = "authors"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    books: Mapped[list[Book]] = relationship(back_populates="author", cascade="all, delete-orphan", order_by="Book.title")
    notes: Mapped[dict[str, Note]] = relationship(collection_class=attribute_keyed_dict("keyword"), cascade="all, delete-orphan")


class Book(Base):
    """Many to one, many to many into a set, one to one."""

    __tablename__ = "books"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"))
    shelf_id: Mapped[int | None] = mapped_column(ForeignKey("shelves.id"))

    author: Mapped[Author] = relationship(back_populates="books")
    tags: Mapped[set[Tag]] = relationship(secondary=book_tags, back_populates="books")
    cover: Mapped[Cover | None] = relationship(back_populates="book", cascade="all, delete-orphan")
    shelf: Mapped[Shelf | None] = relationship(backref="books")


class Tag(Base):
    """The other side of many to many."""

    __tablename__ = "tags"

    id: Mapped[int] = mapped_column(primary_key=True)
    word: Mapped[str]
    books: Mapped[set[Book]] = relationship(secondary=book_tags, back_populates="tags")


class Cover(Base):
    """The other side of one to one."""

    __tablename__ = "covers"

    id: Mapped[int] = mapped_column(primary_key=True)
    colour: Mapped[str]
    book_id: Mapped[int] = mapped_column(ForeignKey("books.id"), unique=True)
    book: Mapped[Book] = relationship(back_populates="cover")


class Note(Base):
    """A note about an author, found by its keyword."""

    __tablename__ = "notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    keyword: Mapped[str]
    text: Mapped[str]
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"))


class Shelf(Base):
    """A tree."""

    __tablename__ = "shelves"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("shelves.id"))

    parent: Mapped[Shelf | None] = relationship(back_populates="children", remote_side=[id])
    children: Mapped[list[Shelf]] = relationship(back_populates="parent", order_by="Shelf.name")


def collection() -> list[Author]:
    """Return three new authors: Ann with two books, Bob with one, Cid with none."""
    fiction, history = Tag(word="fiction"), Tag(word="history")
    hall = Shelf(name="hall", children=[Shelf(name="left", children=[Shelf(name="top")]), Shelf(name="right")])
    first = Book(title="Alpha", tags={fiction, history}, cover=Cover(colour="red"), shelf=hall.children[0])
    second = Book(title="Beta", tags={fiction}, shelf=hall)
    third = Book(title="Gamma", cover=Cover(colour="blue"))
    return [
        Author(name="Ann", books=[first, second], notes={"born": Note(keyword="born", text="1920"), "died": Note(keyword="died", text="2001")}),
        Author(name="Bob", books=[third]),
        Author(name="Cid"),
    ]
