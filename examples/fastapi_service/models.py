"""The tables of the example: notes with tags."""

from __future__ import annotations

import datetime

from ambo import ForeignKey, String, func
from ambo.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    """The registry."""


class Note(Base):
    """A note that somebody wrote."""

    __tablename__ = "notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(100), unique=True)
    text: Mapped[str]
    created: Mapped[datetime.datetime] = mapped_column(server_default=func.current_timestamp())

    tags: Mapped[list[Tag]] = relationship(back_populates="note", cascade="all, delete-orphan", order_by="Tag.word")


class Tag(Base):
    """A word on a note."""

    __tablename__ = "tags"

    id: Mapped[int] = mapped_column(primary_key=True)
    word: Mapped[str] = mapped_column(String(30))
    note_id: Mapped[int] = mapped_column(ForeignKey("notes.id"))

    note: Mapped[Note] = relationship(back_populates="tags")
