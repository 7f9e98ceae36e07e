"""A small web service: notes with tags, on an AsyncSession a request.

    DATABASE_URL=postgresql+asyncpg://… uvicorn --factory service:create_app

The session is a dependency: opened before the handler, closed after it, one for each request. A handler commits; whatever it did not
commit is rolled back when the session closes, also when the client has gone away and the handler was cancelled.
"""

from __future__ import annotations

import datetime
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Request
from models import Base, Note, Tag
from pydantic import BaseModel, ConfigDict

from ambo import select
from ambo.exc import IntegrityError
from ambo.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from ambo.orm import selectinload


class NoteIn(BaseModel):
    """What a client sends."""

    title: str
    text: str
    tags: list[str] = []


class TagOut(BaseModel):
    """A tag as a client sees it."""

    model_config = ConfigDict(from_attributes=True)
    word: str


class NoteOut(BaseModel):
    """A note as a client sees it, read from the mapped object's attributes."""

    model_config = ConfigDict(from_attributes=True)
    id: int
    title: str
    text: str
    created: datetime.datetime
    tags: list[TagOut]


async def session_of(request: Request) -> AsyncIterator[AsyncSession]:
    """Give each request a session of its own."""
    async with request.app.state.make_session() as session:
        yield session


Db = Annotated[AsyncSession, Depends(session_of)]


async def create_note(given: NoteIn, session: Db) -> Note:
    """Store a note."""
    note = Note(title=given.title, text=given.text, tags=[Tag(word=word) for word in given.tags])
    session.add(note)
    try:
        await session.commit()
    except IntegrityError as error:
        raise HTTPException(409, f"there is a note of this {', '.join(error.columns) or 'title'}") from error
    return note


async def list_notes(session: Db, tag: str | None = None) -> list[Note]:
    """Return the notes, or those with a tag; two statements however many there are."""
    statement = select(Note).options(selectinload(Note.tags)).order_by(Note.id)
    if tag is not None:
        statement = statement.where(Note.tags.any(Tag.word == tag))
    return (await session.scalars(statement)).all()


async def read_note(note_id: int, session: Db) -> Note:
    """Return one note."""
    note = await session.get(Note, note_id, options=[selectinload(Note.tags)])
    if note is None:
        raise HTTPException(404, f"there is no note {note_id}")
    return note


async def delete_note(note_id: int, session: Db) -> None:
    """Delete a note and its tags."""
    await session.delete(await read_note(note_id, session))
    await session.commit()


def create_app(url: str | None = None) -> FastAPI:
    """Make the application; its engine lives as long as it runs."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        engine = create_async_engine(url or os.environ.get("DATABASE_URL", "sqlite+aiosqlite:///notes.db"))
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        app.state.make_session = async_sessionmaker(engine)
        yield
        await engine.dispose()

    app = FastAPI(title="Notes", lifespan=lifespan)
    app.post("/notes", response_model=NoteOut, status_code=201)(create_note)
    app.get("/notes", response_model=list[NoteOut])(list_notes)
    app.get("/notes/{note_id}", response_model=NoteOut)(read_note)
    app.delete("/notes/{note_id}", status_code=204)(delete_note)
    return app
