"""Session, mapper and attribute events, plain and `async def` listeners."""

from __future__ import annotations

import re
import warnings
from typing import Any

import pytest

from ambo import String, event, func, select, update
from ambo.orm import DeclarativeBase, Mapped, mapped_column, object_session
from library import Author, Base as LibraryBase, Book, Tag
from shop import Base, User, people
from twin import Twin

pytestmark = pytest.mark.tables(Base.metadata)


def target_of(twin: Twin, session: Any) -> Any:
    return session.sync_session if twin.is_async else session.target


async def test_session_events_come_in_order(twin: Twin) -> None:
    seen: list[str] = []
    async with twin.session() as session:
        for name in ("before_flush", "after_flush", "before_commit", "after_commit", "after_rollback", "after_begin"):
            event.listen(target_of(twin, session), name, lambda *args, name=name: seen.append(name))
        session.add(User(name="Ann"))
        await session.commit()
        session.add(User(name="Bob"))
        await session.flush()
        await session.rollback()
    begun = [name for name in seen if name == "after_begin"]
    rest = [name for name in seen if name != "after_begin"]
    assert len(begun) == 2
    assert rest == ["before_commit", "before_flush", "after_flush", "after_commit", "before_flush", "after_flush", "after_rollback"]


async def test_before_flush_may_add_objects(twin: Twin) -> None:
    async with twin.session() as session:

        @event.listens_for(target_of(twin, session), "before_flush")
        def add_another(flushing: Any, context: Any, instances: Any) -> None:
            for user in list(flushing.new):
                if user.name == "Ann":
                    flushing.add(User(name="shadow"))

        session.add(User(name="Ann"))
        await session.commit()
        assert sorted((await session.scalars(select(User.name))).all()) == ["Ann", "shadow"]


async def test_changes_made_after_a_flush(twin: Twin) -> None:
    """What after_flush adds or deletes is flushed next; what it changes is not written, and on objects outside the flush that is told."""
    async with twin.session() as session:
        ann, bob = User(name="Ann"), User(name="Bob")
        session.add_all([ann, bob])
        await session.commit()

        @event.listens_for(target_of(twin, session), "after_flush")
        def change(flushing: Any, context: Any) -> None:
            for user in flushing.identity_map.values():
                user.name = user.name + "!"
            if not flushing.new and ann.name == "Anna!":
                flushing.add(User(name="Cid"))

        ann.name = "Anna"
        with pytest.warns(match="on 1 previously clean instances .* have been reset, and will not result in database updates: User"):
            await session.flush()
        assert not session.dirty and len(session.new) == 1
        with pytest.warns(match="on 2 previously clean instances"):
            await session.commit()
        assert sorted((await session.scalars(select(User.name))).all()) == ["Anna", "Bob", "Cid"]


async def test_changes_made_when_a_flush_is_over_are_flushed_next(twin: Twin) -> None:
    async with twin.session() as session:

        @event.listens_for(target_of(twin, session), "after_flush_postexec")
        def count(flushing: Any, context: Any) -> None:
            for user in flushing.identity_map.values():
                if len(user.name) < 6:
                    user.name += "."

        session.add(User(name="Ann"))
        await session.flush()
        assert len(session.dirty) == 1
        await session.commit()
        assert (await session.scalars(select(User.name))).all() == ["Ann..."]


async def test_mapper_events_see_each_object(twin: Twin) -> None:
    class Own(DeclarativeBase):
        """A registry of its own, so that listeners end with the test."""

    class Note(Own):
        """A note."""

        __tablename__ = "notes"
        id: Mapped[int] = mapped_column(primary_key=True)
        text: Mapped[str] = mapped_column(String(50))

    seen: list[tuple[str, str]] = []
    for name in ("before_insert", "after_insert", "before_update", "after_update", "before_delete", "after_delete"):
        event.listen(Note, name, lambda mapper, connection, target, name=name: seen.append((name, target.text)))

    @event.listens_for(Note, "before_insert")
    def shout(mapper: Any, connection: Any, target: Any) -> None:
        target.text = target.text.upper()

    loaded: list[str] = []
    event.listen(Note, "load", lambda target, context: loaded.append(target.text))
    changes: list[tuple[Any, Any]] = []
    event.listen(Note.text, "set", lambda target, value, old, initiator: changes.append((value, old)))

    await twin.create(Own.metadata)
    async with twin.session() as session:
        note = Note(text="one")
        session.add(note)
        await session.flush()
        assert note.text == "ONE"
        note.text = "two"
        await session.flush()
        await session.delete(note)
        await session.commit()
    assert seen == [
        ("before_insert", "one"),
        ("after_insert", "ONE"),
        ("before_update", "two"),
        ("after_update", "two"),
        ("before_delete", "two"),
        ("after_delete", "two"),
    ]
    assert changes[-1] == ("two", "ONE")
    async with twin.session() as session:
        session.add(Note(text="three"))
        await session.commit()
        session.expunge_all()
        (await session.scalars(select(Note))).all()
        assert loaded == ["THREE"]


async def test_a_mapper_listener_may_use_the_connection(twin: Twin) -> None:
    if twin.is_async:
        pytest.skip("a plain listener does no I/O under asyncio; see the test of async def listeners")

    def count(mapper: Any, connection: Any, target: User) -> None:
        target.level = 10 + connection.execute(select(func.count(User.id))).scalar_one()

    event.listen(User, "before_insert", count)
    try:
        async with twin.session() as session:
            session.add_all([User(name="Ann"), User(name="Bob")])
            await session.commit()
            assert set((await session.scalars(select(User.level))).all()) <= {10, 11}
    finally:
        event.remove(User, "before_insert", count)


@pytest.mark.worlds("async")
async def test_async_listeners_are_awaited(twin: Twin) -> None:
    seen: list[int] = []
    async with twin.session() as session:

        @event.listens_for(session.sync_session, "after_flush")
        async def look(flushing: Any, context: Any) -> None:
            seen.append(await session.scalar(select(func.count(User.id))))

        session.add_all(people())
        await session.commit()
    assert seen == [4]


async def test_execution_of_statements_can_be_watched(twin: Twin) -> None:
    kinds: list[str] = []
    async with twin.session() as session:

        @event.listens_for(target_of(twin, session), "do_orm_execute")
        def watch(state: Any) -> None:
            kinds.append("select" if state.is_select else "update" if state.is_update else "other")

        await session.execute(select(User))
        await session.execute(update(User).values(level=1))
        await session.rollback()
    assert kinds == ["select", "update"]


@pytest.mark.tables(LibraryBase.metadata)
async def test_what_a_listener_changes_while_the_flush_writes_is_warned_of(twin: Twin) -> None:
    def late(what: str, change: Any) -> Any:
        def listener(mapper: Any, connection: Any, target: Any) -> None:
            if not seen:
                seen.append(what)
                with pytest.warns(match=f"Usage of the '{re.escape(what)}' operation is not currently supported"):
                    change(object_session(target), target)

        return listener

    changes = {
        "Session.add()": lambda session, author: session.add(Tag(word="late")),
        "Session.add_all()": lambda session, author: session.add_all([Tag(word="late")]),
        "Session.delete()": lambda session, author: session.delete(session.info["other"]),
        "collection append": lambda session, author: author.books.append(Book(title="late")),
        "collection remove": lambda session, author: author.books.remove(author.books[0]),
        "related attribute set": lambda session, author: setattr(author.books[0], "author", None),
        "related attribute delete": lambda session, author: delattr(author.books[0], "author"),
    }
    if twin.is_async:
        del changes["Session.delete()"]  # a coroutine, which a plain listener cannot await
    for what, change in changes.items():
        seen: list[str] = []
        async with twin.session() as session:
            session.add(Tag(word="other"))
            await session.commit()
            target_of(twin, session).info["other"] = await session.scalar(select(Tag).limit(1))
            listener = late(what, change)
            event.listen(Author, "before_insert", listener)
            try:
                session.add(Author(name="A", books=[Book(title="one")]))
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # removing tells the reverse side, too
                    await session.flush()
            finally:
                event.remove(Author, "before_insert", listener)
            assert seen == [what]
            await session.rollback()


async def test_before_and_after_a_flush_nothing_is_warned_of(twin: Twin) -> None:
    async with twin.session() as session:
        one = target_of(twin, session)
        event.listen(one, "before_flush", lambda flushing, *_: flushing.add(User(name="before")) if len(flushing.new) == 1 else None)
        session.add(User(name="Ann"))
        await session.commit()
        session.add(User(name="Bob"))
        await session.commit()
        assert len((await session.scalars(select(User))).all()) == 4
