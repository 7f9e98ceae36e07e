"""A small mapped world for the tests of mapping: shelves, books, authors, tags."""

from __future__ import annotations

from ambo import Column, ForeignKey, Table
from ambo.orm import DeclarativeBase, Mapped, attribute_keyed_dict, deferred, mapped_column, relationship


class Base(DeclarativeBase):
    """The registry."""


book_tag = Table(
    "book_tag",
    Base.metadata,
    Column("book_id", ForeignKey("book.id"), primary_key=True),
    Column("tag_id", ForeignKey("tag.id"), primary_key=True),
)


class Shelf(Base):
    """Holds books; may stand on another shelf."""

    __tablename__ = "shelf"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("shelf.id"))
    books: Mapped[list[Book]] = relationship(back_populates="shelf", cascade="all, delete-orphan")
    parent: Mapped[Shelf | None] = relationship(back_populates="children", remote_side=[id])
    children: Mapped[list[Shelf]] = relationship(back_populates="parent")


class Book(Base):
    """Has many tags, and chapters by title."""

    __tablename__ = "book"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    text: Mapped[str | None] = deferred(mapped_column())
    shelf_id: Mapped[int | None] = mapped_column(ForeignKey("shelf.id"))
    shelf: Mapped[Shelf | None] = relationship(back_populates="books")
    tags: Mapped[set[Tag]] = relationship(secondary=book_tag, back_populates="books")
    chapters: Mapped[dict[str, Chapter]] = relationship(back_populates="book", collection_class=attribute_keyed_dict("title"))


class Tag(Base):
    """Is on many books."""

    __tablename__ = "tag"
    id: Mapped[int] = mapped_column(primary_key=True)
    books: Mapped[list[Book]] = relationship(secondary=book_tag, back_populates="tags")


class Chapter(Base):
    """A part of a book."""

    __tablename__ = "chapter"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    book_id: Mapped[int] = mapped_column(ForeignKey("book.id"))
    book: Mapped[Book] = relationship(back_populates="chapters")
