"""Add, change, delete, commit, roll back: what a session does with objects, in both colours on every database."""

from __future__ import annotations

import datetime
import gc
import pickle

import pytest

from ambo import delete, func, insert, inspect, select, update
from ambo.exc import IntegrityError, InvalidRequestError, PendingRollbackError
from ambo.orm import attributes
from ambo.orm.exc import DetachedInstanceError, ObjectDeletedError
from shop import Base, Seat, User, people
from twin import Twin

pytestmark = pytest.mark.tables(Base.metadata)


async def names(session: object) -> list[str]:
    return (await session.scalars(select(User.name).order_by(User.id))).all()  # type: ignore[attr-defined]


async def test_added_objects_are_stored_and_have_their_generated_values(twin: Twin) -> None:
    async with twin.session() as session:
        ann = User(name="Ann", email="ann@x.org")
        session.add(ann)
        assert ann in session and ann in session.new and ann.id is None
        await session.commit()
        assert ann.id == 1 and ann.level == 1 and ann.active is True
        assert isinstance(ann.created, datetime.datetime)
        assert ann in session and ann not in session.new
    async with twin.session() as session:
        found = await session.get(User, 1)
        assert (found.name, found.email, found.level, found.changed) == ("Ann", "ann@x.org", 1, None)


async def test_values_are_there_after_flush_without_another_statement(twin: Twin) -> None:
    async with twin.session() as session:
        ann = User(name="Ann")
        session.add(ann)
        await session.flush()
        assert "created" in ann.__dict__ and "level" in ann.__dict__ and "id" in ann.__dict__
        ann.name = "Anna"
        await session.flush()
        assert ann.__dict__["changed"] == 99
        await session.rollback()


async def test_add_all_keeps_the_order_of_the_keys(twin: Twin) -> None:
    async with twin.session() as session:
        users = [User(name=f"u{n}") for n in range(50)]
        session.add_all(users)
        await session.commit()
        assert [user.id for user in users] == list(range(1, 51))
        assert await names(session) == [f"u{n}" for n in range(50)]


async def test_get_asks_the_identity_map_first(twin: Twin) -> None:
    async with twin.session() as session:
        session.add_all(people())
        await session.commit()
    async with twin.session() as session:
        ann = await session.get(User, 1)
        with session.recorded() as log:
            assert await session.get(User, 1) is ann
        assert log.statements == []
        assert await session.get(User, 99) is None
        assert (await session.scalars(select(User).where(User.name == "Ann"))).one() is ann


async def test_a_composite_key_is_given_as_tuple_or_names(twin: Twin) -> None:
    async with twin.session() as session:
        session.add_all([Seat(hall="A", number=1), Seat(hall="A", number=2, taken=True)])
        await session.commit()
    async with twin.session() as session:
        seat = await session.get(Seat, ("A", 2))
        assert seat.taken is True
        assert await session.get(Seat, {"hall": "A", "number": 2}) is seat
        assert await session.get(Seat, ("B", 2)) is None


async def test_changes_are_found_and_written_and_nothing_else(twin: Twin) -> None:
    async with twin.session() as session:
        session.add_all(people())
        await session.commit()
        ann, bob = (await session.scalars(select(User).order_by(User.id).limit(2))).all()
        ann.name = "Anna"
        bob.level = bob.level
        assert session.is_modified(ann) and not session.is_modified(bob) and ann in session.dirty
        with session.recorded() as log:
            await session.commit()
        updates = [sql for sql in log.statements if sql.startswith("UPDATE")]
        assert len(updates) == 1 and "level" not in updates[0].partition("WHERE")[0].partition("RETURNING")[0]
        assert await names(session) == ["Anna", "Bob", "Cid", "Dora"]


async def test_delete_removes_the_row_at_flush(twin: Twin) -> None:
    async with twin.session() as session:
        session.add_all(people())
        await session.commit()
        ann = await session.get(User, 1)
        await session.delete(ann)
        assert ann in session.deleted
        await session.flush()
        assert ann not in session and inspect(ann).deleted
        await session.commit()
        assert inspect(ann).detached
        assert await names(session) == ["Bob", "Cid", "Dora"]
        assert await session.get(User, 1) is None


async def test_rollback_restores_objects_and_rows(twin: Twin) -> None:
    async with twin.session() as session:
        session.add_all(people())
        await session.commit()
        ann = await session.get(User, 1)
        bob = await session.get(User, 2)
        eve = User(name="Eve")
        session.add(eve)
        ann.name = "changed"
        await session.delete(bob)
        await session.flush()
        await session.rollback()
        assert eve not in session and inspect(eve).transient
        await session.refresh(ann)
        assert ann.name == "Ann" and bob in session
        assert await names(session) == ["Ann", "Bob", "Cid", "Dora"]


async def test_autoflush_happens_before_a_query_and_can_be_paused(twin: Twin) -> None:
    async with twin.session() as session:
        session.add(User(name="Ann"))
        with session.no_autoflush:
            assert await names(session) == []
        assert await names(session) == ["Ann"]
    async with twin.session(autoflush=False) as session:
        session.add(User(name="Bob"))
        assert await names(session) == []
        await session.flush()
        assert await names(session) == ["Bob"]


async def test_begin_commits_at_the_end_and_rolls_back_on_error(twin: Twin) -> None:
    async with twin.session() as session, session.begin():
        session.add(User(name="Ann"))
    with pytest.raises(RuntimeError, match="no"):
        async with twin.session() as session, session.begin():
            session.add(User(name="Bob"))
            await session.flush()
            raise RuntimeError("no")
    makes = twin.sessionmaker()
    async with makes.begin() as session:
        session.add(User(name="Cid"))
    async with makes() as session:
        assert await names(session) == ["Ann", "Cid"]
        assert session.in_transaction()
        await session.commit()
        assert not session.in_transaction()


async def test_a_savepoint_is_undone_alone(twin: Twin) -> None:
    async with twin.session() as session:
        session.add(User(name="Ann"))
        await session.flush()
        with pytest.raises(RuntimeError):
            async with session.begin_nested():
                session.add(User(name="Bob"))
                await session.flush()
                raise RuntimeError
        async with session.begin_nested() as savepoint:
            session.add(User(name="Cid"))
            assert savepoint.is_active
        nested = await session.begin_nested()
        session.add(User(name="Dora"))
        await session.flush()
        await nested.rollback()
        await session.commit()
        assert await names(session) == ["Ann", "Cid"]


async def test_a_failed_flush_names_the_constraint_and_the_session_goes_on_after_rollback(twin: Twin) -> None:
    async with twin.session() as session:
        session.add(User(name="Ann", email="same@x.org"))
        await session.commit()
        session.add(User(name="Bob", email="same@x.org"))
        with pytest.raises(IntegrityError) as caught:
            await session.flush()
        assert caught.value.table == "users"
        if twin.database != "mariadb":  # which names the key, not its columns
            assert "email" in caught.value.columns
        assert caught.value.__cause__ is caught.value.orig
        if twin.database != "sqlite":
            assert caught.value.constraint == "uq_users_email"
        await session.rollback()
        session.add(User(name="Cid"))
        await session.commit()
        assert await names(session) == ["Ann", "Cid"]


async def test_a_savepoint_survives_an_integrity_error(twin: Twin) -> None:
    async with twin.session() as session:
        session.add(User(name="Ann", email="same@x.org"))
        await session.flush()
        with pytest.raises(IntegrityError):
            async with session.begin_nested():
                session.add(User(name="Bob", email="same@x.org"))
        session.add(User(name="Cid"))
        await session.commit()
        assert await names(session) == ["Ann", "Cid"]


async def test_after_a_failed_flush_inside_begin_the_transaction_is_over(twin: Twin) -> None:
    async with twin.session() as session:
        session.add_all([User(id=1, name="Ann"), User(id=1, name="Bob")])
        with pytest.raises(IntegrityError):
            await session.flush()
        if session.in_transaction():
            await session.rollback()
        assert await names(session) == []
    async with twin.session() as session:
        outer = await session.begin()
        session.add(User(name=None))
        with pytest.raises(IntegrityError):
            await session.flush()
        with pytest.raises(PendingRollbackError, match="roll"):
            await names(session)
        await outer.rollback()
        assert await names(session) == []


async def test_refresh_and_expire_read_the_row_again(twin: Twin) -> None:
    async with twin.session() as session, twin.session() as other:
        session.add_all(people())
        await session.commit()
        ann = await session.get(User, 1)
        await session.commit()
        await other.execute(update(User).where(User.id == 1).values(name="Anna", level=7))
        await other.commit()
        assert ann.name == "Ann"
        await session.refresh(ann, ["name"])
        assert ann.name == "Anna" and ann.level == 3
        session.expire(ann)
        assert "level" not in ann.__dict__
        await session.refresh(ann)
        assert ann.level == 7


async def test_refresh_of_a_vanished_row_is_an_error(twin: Twin) -> None:
    async with twin.session() as session:
        session.add_all(people())
        await session.commit()
        ann = await session.get(User, 1)
        await session.execute(delete(User).where(User.id == 1).execution_options(synchronize_session=False))
        with pytest.raises(InvalidRequestError, match="User|row|refresh"):
            await session.refresh(ann)


async def test_populate_existing_overwrites_loaded_objects(twin: Twin) -> None:
    async with twin.session() as session:
        session.add_all(people())
        await session.commit()
        ann = await session.get(User, 1)
        await session.execute(update(User).where(User.id == 1).values(name="Anna").execution_options(synchronize_session=False))
        assert (await session.scalars(select(User).where(User.id == 1))).one().name == "Ann"
        again = await session.scalars(select(User).where(User.id == 1).execution_options(populate_existing=True))
        assert again.one() is ann and ann.name == "Anna"


async def test_expire_on_commit_in_both_colours(twin: Twin) -> None:
    async with twin.session(expire_on_commit=True) as session:
        ann = User(name="Ann")
        session.add(ann)
        await session.commit()
        assert "name" not in ann.__dict__
        await session.refresh(ann)
        assert ann.name == "Ann"


async def test_objects_leave_by_expunge_and_come_back_by_add_or_merge(twin: Twin) -> None:
    async with twin.session() as session:
        session.add_all(people())
        await session.commit()
        ann = await session.get(User, 1)
        session.expunge(ann)
        assert ann not in session and inspect(ann).detached and ann.name == "Ann"
        ann.name = "Anna"
        session.add(ann)
        await session.commit()
        assert (await names(session))[0] == "Anna"
        merged = await session.merge(User(id=2, name="Bobby"))
        assert merged is await session.get(User, 2) and merged.email == "bob@x.org"
        await session.commit()
        assert (await names(session))[1] == "Bobby"
        session.expunge_all()
        assert list(session) == []


async def test_the_states_of_an_object(twin: Twin) -> None:
    async with twin.session() as session:
        ann = User(name="Ann")
        state = inspect(ann)
        assert state.transient and not state.pending
        session.add(ann)
        assert state.pending and not state.persistent
        await session.flush()
        assert state.persistent and state.identity == (ann.id,) and state.has_identity
        session.expunge(ann)
        assert state.detached
        await session.rollback()


async def test_the_identity_map_is_weak_but_keeps_changes(twin: Twin) -> None:
    async with twin.session() as session:
        session.add_all(people())
        await session.commit()
        session.expunge_all()
        users = (await session.scalars(select(User))).all()
        users[0].name = "kept"
        del users
        gc.collect()
        assert [user.name for user in session] == ["kept"]
        await session.commit()
        gc.collect()
        assert list(session) == []
        assert (await names(session))[0] == "kept"


async def test_history_tells_the_old_and_the_new(twin: Twin) -> None:
    async with twin.session() as session:
        session.add_all(people())
        await session.commit()
        ann = await session.get(User, 1)
        assert attributes.get_history(ann, "name") == ((), ["Ann"], ())
        ann.name = "Anna"
        assert attributes.get_history(ann, "name") == (["Anna"], (), ["Ann"])
        assert inspect(ann).attrs.name.history.deleted == ["Ann"]
        await session.rollback()


async def test_entities_can_be_pickled(twin: Twin) -> None:
    async with twin.session() as session:
        session.add_all(people())
        await session.commit()
        ann = await session.get(User, 1)
        copy = pickle.loads(pickle.dumps(ann))
        assert copy is not ann and copy.name == "Ann" and inspect(copy).detached
        session.expunge(ann)
        copy.name = "from far"
        session.add(copy)
        await session.commit()
        assert (await names(session))[0] == "from far"


async def test_a_detached_object_says_what_it_needs(twin: Twin) -> None:
    async with twin.session() as session:
        session.add(User(name="Ann"))
        await session.commit()
        ann = await session.get(User, 1)
        session.expire(ann)
        session.expunge(ann)
    with pytest.raises(DetachedInstanceError, match="User"):
        _ = ann.name


async def test_statements_change_loaded_objects_too(twin: Twin) -> None:
    async with twin.session() as session:
        session.add_all(people())
        await session.commit()
        ann, bob = await session.get(User, 1), await session.get(User, 2)
        changed = await session.execute(update(User).where(User.level == 3).values(name="three"))
        assert changed.rowcount == 2
        await session.refresh(ann)
        assert ann.name == "three" and bob.name == "Bob"
        gone = await session.execute(delete(User).where(User.name == "Bob"))
        assert gone.rowcount == 1 and bob not in session
        await session.commit()
        assert await names(session) == ["three", "Cid", "three"]


async def test_insert_statements_with_and_without_returning(twin: Twin) -> None:
    async with twin.session() as session:
        await session.execute(insert(User).values(name="Ann"))
        await session.execute(insert(User), [{"name": "Bob"}, {"name": "Cid"}])
        dora = (await session.scalars(insert(User).returning(User), [{"name": "Dora", "level": 5}])).one()
        assert isinstance(dora, User) and dora in session and dora.level == 5
        await session.commit()
        assert await names(session) == ["Ann", "Bob", "Cid", "Dora"]
        assert await session.scalar(select(func.sum(User.level))) == 8


async def test_a_value_may_be_an_sql_expression(twin: Twin) -> None:
    async with twin.session() as session:
        ann = User(name="Ann", level=select(func.coalesce(func.max(User.level), 10)).scalar_subquery())
        session.add(ann)
        await session.commit()
        await session.refresh(ann)
        assert ann.level == 10
        ann.level = User.level + 5
        await session.flush()
        await session.refresh(ann)
        assert ann.level == 15


async def test_a_deleted_row_is_noticed(twin: Twin) -> None:
    async with twin.session() as session:
        session.add_all(people())
        await session.commit()
        ann = await session.get(User, 1)
        session.expire(ann)
        await session.execute(delete(User).where(User.id == 1).execution_options(synchronize_session=False))
        assert await session.get(User, 1) is None
        with pytest.raises((ObjectDeletedError, InvalidRequestError)):
            await session.refresh(ann)
