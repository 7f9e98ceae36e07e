"""Deleting objects that are clean: they are deleted without a state of their own, and nobody can tell."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from ambo import event, inspect, select
from ambo.exc import InvalidRequestError
from ambo.mapping.shared_state import DeletedState, SharedState
from ambo.mapping.state import InstanceState, peek_state
from ambo.orm import Session, attributes, make_transient
from shop import Address, Base, Seat, User, people
from twin import Twin

pytestmark = pytest.mark.tables(Base.metadata)


async def loaded(session: Any) -> list[User]:
    """Store people; return them as they come from the database, clean."""
    session.add_all(people())
    await session.commit()
    session.expunge_all()
    found: list[User] = (await session.scalars(select(User).order_by(User.id))).all()
    assert all(peek_state(one).__class__ is SharedState for one in found)
    return found


async def names(session: Any) -> list[str]:
    return list((await session.scalars(select(User.name).order_by(User.id))).all())


async def test_they_have_no_state_of_their_own_before_and_after(twin: Twin) -> None:
    async with twin.session() as session:
        ann, bob, *_ = await loaded(session)
        await session.delete(ann)
        await session.delete(bob)
        assert set(session.deleted) == {ann, bob} and ann in session and peek_state(ann).__class__ is SharedState
        await session.flush()
        assert peek_state(ann) is peek_state(bob) and peek_state(ann).__class__ is DeletedState
        assert ann not in session and not session.deleted and session.identity_map.get(inspect(User).identity_key_from_primary_key((1,))) is None
        assert await names(session) == ["Cid", "Dora"]
        await session.commit()
        assert peek_state(ann).__class__ is DeletedState and peek_state(ann).session is None and ann.name == "Ann"


async def test_their_states_say_what_became_of_them(twin: Twin) -> None:
    async with twin.session() as session:
        ann, bob, *_ = await loaded(session)
        await session.delete(ann)
        await session.delete(bob)
        await session.flush()
        for told in (peek_state(ann), inspect(bob)):
            assert told.deleted and told.was_deleted and not told.persistent and not told.detached
            assert told.session is not None
        await session.commit()
        for told in (peek_state(ann), inspect(ann), inspect(bob)):
            assert told.detached and told.was_deleted and not told.deleted and not told.persistent
        assert inspect(ann).identity == (1,) and inspect(bob).identity == (2,) and attributes.instance_state(ann).was_deleted


async def test_a_rollback_brings_them_back(twin: Twin) -> None:
    async with twin.session() as session:
        users = await loaded(session)
        for user in users:
            await session.delete(user)
        await session.flush()
        assert users[0] not in session and await names(session) == []
        await session.rollback()
        assert all(user in session and inspect(user).persistent for user in users)
        assert await session.get(User, 2) is users[1] and users[1].name == "Bob"


async def test_a_rollback_forgets_what_was_only_to_be_deleted(twin: Twin) -> None:
    async with twin.session() as session:
        ann, *_ = await loaded(session)
        await session.delete(ann)
        await session.rollback()
        assert ann in session and not session.deleted and inspect(ann).persistent
        await session.commit()
        assert len(await names(session)) == 4


async def test_savepoints_hand_them_over_or_bring_them_back(twin: Twin) -> None:
    async with twin.session() as session:
        ann, bob, cid, _ = await loaded(session)
        outer = await session.begin_nested()
        await session.delete(ann)
        await session.flush()
        inner = await session.begin_nested()
        await session.delete(bob)
        await session.flush()
        await inner.rollback()
        assert bob in session and ann not in session and peek_state(ann).deleted
        await outer.commit()
        await session.delete(cid)
        await session.commit()
        assert peek_state(ann).detached and peek_state(cid).detached and inspect(bob).persistent
        assert await names(session) == ["Bob", "Dora"]


async def test_a_released_savepoint_is_undone_with_its_transaction(twin: Twin) -> None:
    async with twin.session() as session:
        ann, *_ = await loaded(session)
        async with session.begin_nested():
            await session.delete(ann)
        assert peek_state(ann).__class__ is DeletedState
        await session.rollback()
        assert ann in session and inspect(ann).persistent and await session.get(User, 1) is ann and ann.name == "Ann"


async def test_changed_and_clean_ones_go_together(twin: Twin) -> None:
    async with twin.session() as session:
        ann, bob, cid, dora = await loaded(session)
        ann.name = "Anna"
        for user in (ann, bob):
            await session.delete(user)
        bob.level = 7  # after it was marked
        cid.level = 8
        assert set(session.dirty) == {cid}
        session.add(User(name="Eve"))
        await session.commit()
        assert await names(session) == ["Cid", "Dora", "Eve"]
        assert inspect(ann).was_deleted and inspect(bob).was_deleted and cid.level == 8 and dora in session


async def test_added_again_they_stay(twin: Twin) -> None:
    async with twin.session() as session:
        ann, bob, *_ = await loaded(session)
        await session.delete(ann)
        await session.delete(bob)
        session.add(ann)
        assert list(session.deleted) == [bob]
        await session.flush()
        assert await names(session) == ["Ann", "Cid", "Dora"]
        with pytest.raises(InvalidRequestError, match="has been deleted"):
            session.add(bob)
        await session.delete(bob)  # done already
        await session.commit()
        assert await names(session) == ["Ann", "Cid", "Dora"]


async def test_expunged_ones_are_not_deleted(twin: Twin) -> None:
    async with twin.session() as session:
        ann, bob, *_ = await loaded(session)
        await session.delete(ann)
        session.expunge(ann)
        await session.delete(bob)
        session.expunge_all()
        await session.commit()
        assert len(await names(session)) == 4
        await session.delete(await session.get(User, 3))
        await session.flush()
        session.expunge_all()
        await session.commit()
        assert len(await names(session)) == 3


async def test_some_of_several_classes_and_composite_keys(twin: Twin) -> None:
    async with twin.session() as session:
        session.add_all([User(name="Ann"), Seat(hall="A", number=1), Seat(hall="A", number=2), Seat(hall="B", number=1)])
        await session.flush()
        session.add(Address(user_id=1, city="Rome"))
        await session.commit()
        session.expunge_all()
        address, user = (await session.scalars(select(Address))).one(), (await session.scalars(select(User))).one()
        seats = {(seat.hall, seat.number): seat for seat in (await session.scalars(select(Seat))).all()}
        for one in (address, user, seats["A", 2], seats["B", 1]):
            await session.delete(one)
        await session.commit()
        assert [peek_state(one).__class__ for one in (address, user, seats["B", 1])] == [DeletedState] * 3
        assert [(seat.hall, seat.number) for seat in (await session.scalars(select(Seat))).all()] == [("A", 1)]
        assert await names(session) == [] and inspect(seats["B", 1]).identity == ("B", 1)


async def test_a_flush_of_some_objects_deletes_only_them(twin: Twin) -> None:
    async with twin.session() as session:
        ann, bob, *_ = await loaded(session)
        await session.delete(ann)
        await session.delete(bob)
        await session.flush([bob])
        assert list(session.deleted) == [ann] and await names(session) != []
        await session.commit()
        assert await names(session) == ["Cid", "Dora"]


async def test_their_key_can_be_taken_anew(twin: Twin) -> None:
    async with twin.session() as session:
        ann, *_ = await loaded(session)
        await session.delete(ann)
        await session.flush()
        other = User(id=1, name="Other")
        session.add(other)
        await session.flush()
        assert await session.get(User, 1) is other
        await session.rollback()
        assert await session.get(User, 1) is ann and inspect(other).transient


async def test_they_can_be_changed_pickled_and_made_transient(twin: Twin) -> None:
    async with twin.session() as session:
        ann, bob, *_ = await loaded(session)
        await session.delete(ann)
        await session.delete(bob)
        await session.flush()
        bob.level = 9  # nobody's business any more
        assert inspect(bob).deleted and bob not in session.dirty and not session.dirty
        await session.commit()
        copy = pickle.loads(pickle.dumps(ann))
        assert copy.name == "Ann" and inspect(copy).was_deleted and inspect(copy).detached
        make_transient(ann)
        ann.id = None
        session.add(ann)
        await session.commit()
        assert (await names(session))[-1] == "Ann"


def test_listeners_are_told_of_each(twin: Twin) -> None:
    if twin.colour != "sync":
        pytest.skip("one body is enough: these events are the same calls in both colours")
    told: list[tuple[str, int, type[Any]]] = []

    def hear(name: str) -> Any:
        def listener(session: Any, obj: Any) -> None:
            told.append((name, obj.__dict__.get("id", 1), peek_state(obj).__class__))

        return listener

    Base.metadata.create_all(twin.engine)
    with Session(twin.engine) as session:
        for name in ("persistent_to_deleted", "deleted_to_detached", "deleted_to_persistent"):
            event.listen(session, name, hear(name))
        session.add_all(people())
        session.commit()
        session.expunge_all()
        ann, bob, *_ = session.scalars(select(User).order_by(User.id))
        session.delete(ann)
        session.flush()
        session.rollback()
        session.refresh(bob)
        session.delete(bob)
        session.commit()
    assert told == [
        ("persistent_to_deleted", 1, InstanceState),
        ("deleted_to_persistent", 1, InstanceState),
        ("persistent_to_deleted", 2, InstanceState),
        ("deleted_to_detached", 2, InstanceState),
    ]
