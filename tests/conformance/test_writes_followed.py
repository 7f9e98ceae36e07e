"""What objects in memory know after an UPDATE statement: `onupdate` values too, made in Python or by the database."""

from __future__ import annotations

from typing import Any

import pytest

from ambo import String, literal, select, update
from ambo.orm import DeclarativeBase, Mapped, mapped_column
from twin import Twin


class Base(DeclarativeBase):
    pass


class Note(Base):
    __tablename__ = "followed_note"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(String(20))
    by_python: Mapped[str | None] = mapped_column(String(20), onupdate=lambda: "python")
    by_sql: Mapped[str | None] = mapped_column(String(20), onupdate=literal("sql"))


pytestmark = pytest.mark.tables(Base.metadata)


@pytest.mark.parametrize("how", ["auto", "evaluate", "fetch"])
async def test_matched_objects_follow_onupdate(twin: Twin, how: str) -> None:
    async with twin.session(expire_on_commit=False) as session:
        note, other = Note(id=1, text="a", by_python="old", by_sql="old"), Note(id=2, text="b", by_python="old", by_sql="old")
        session.add_all([note, other])
        await session.commit()
        await session.execute(update(Note).where(Note.id == 1).values(text="new").execution_options(synchronize_session=how))
        assert (note.text, note.by_python) == ("new", "python")
        assert "by_sql" not in note.__dict__ and other.__dict__["by_sql"] == "old"
        await session.refresh(note, ["by_sql"])
        assert note.by_sql == "sql"


@pytest.mark.worlds("sqlite", "psycopg", "asyncpg")
async def test_returned_objects_fill_what_the_write_expired_and_keep_the_rest(twin: Twin) -> None:
    async with twin.session(expire_on_commit=False) as session:
        note = Note(id=1, text="a", by_python="old", by_sql="old")
        session.add(note)
        await session.commit()
        await (await session.connection()).execute(update(Note.__table__).values(text="unseen", by_sql="old", by_python="old"))
        statement: Any = update(Note).where(Note.id == 1).values(by_python="mine").returning(Note)
        assert (await session.scalars(statement)).all() == [note]
        assert (note.by_python, note.__dict__["by_sql"], note.text) == ("mine", "sql", "a")
        await session.scalars(statement.execution_options(populate_existing=True))
        assert note.text == "a"  # not read yet
        assert (await session.scalars(statement.execution_options(populate_existing=True))).all() == [note]
        assert note.text == "unseen"
        assert (await session.scalars(select(Note.text))).all() == ["unseen"]
