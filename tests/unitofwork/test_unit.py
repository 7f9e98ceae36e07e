"""Objects move between conditions without a database: what a session remembers and what it tells its listeners."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ambo import event, inspect
from ambo.errors import ArgumentError, InvalidRequestError, PendingRollbackError, UnmappedInstanceError
from ambo.orm import DeclarativeBase, Mapped, Session, make_transient, make_transient_to_detached, mapped_column
from ambo.unitofwork.frames import FrameStatus


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]


EVENTS = (
    "transient_to_pending",
    "pending_to_transient",
    "pending_to_persistent",
    "persistent_to_transient",
    "persistent_to_deleted",
    "persistent_to_detached",
    "deleted_to_persistent",
    "deleted_to_detached",
    "detached_to_persistent",
)


@pytest.fixture
def session() -> Iterator[Session]:
    with Session() as made:
        yield made


def listened(session: Session) -> list[str]:
    heard: list[str] = []
    for name in EVENTS:
        event.listen(session, name, lambda _session, _obj, name=name: heard.append(name))
    return heard


def flushed(session: Session, user: User, key: int) -> Any:
    """Do to the bookkeeping what a flush that inserted the object does."""
    state = inspect(user)
    user.id = key
    session.became_persistent(state.mapper, [(state, user)], [(key,)])
    session.became_clean([state])
    return state


def test_add_makes_pending_and_expunge_transient(session: Session) -> None:
    heard = listened(session)
    user = User(name="ed")
    session.add(user)
    assert inspect(user).pending
    assert user in session
    assert session.new == [user]
    session.expunge(user)
    assert inspect(user).transient
    assert list(session.new) == []
    assert heard == ["transient_to_pending", "pending_to_transient"]


def test_a_rolled_back_insert_is_transient_again(session: Session) -> None:
    heard = listened(session)
    user = User(name="ed")
    session.add(user)
    state = flushed(session, user, 1)
    assert state.persistent
    session.restore(session._frame)
    assert state.transient
    assert user not in session
    assert heard == ["transient_to_pending", "pending_to_persistent", "persistent_to_transient"]


def test_a_rolled_back_delete_is_persistent_again(session: Session) -> None:
    user = User(name="ed")
    session.add(user)
    state = flushed(session, user, 1)
    session.remember_commit(session._frame)
    session.pop_frame(session._frame)
    heard = listened(session)
    frame = session.ensure_frame()
    session.mark_deleted(state, user)
    assert session.deleted == [user]
    session.became_deleted({state: user})
    assert state.deleted
    assert user not in session
    session.restore(frame)
    assert state.persistent
    assert user in session
    assert heard == ["persistent_to_deleted", "deleted_to_persistent"]


def test_a_committed_delete_is_detached(session: Session) -> None:
    user = User(name="ed")
    session.add(user)
    state = flushed(session, user, 1)
    session.became_deleted({state: user})
    session.remember_commit(session._frame)
    assert state.detached
    assert state.was_deleted
    with pytest.raises(InvalidRequestError, match="make_transient"):
        session.add(user)
    make_transient(user)
    session.add(user)
    assert state.pending


def test_changes_make_dirty_until_they_are_flushed(session: Session) -> None:
    user = User(name="ed")
    session.add(user)
    state = flushed(session, user, 1)
    assert user not in session.dirty
    user.name = "edward"
    assert session.dirty == [user]
    assert session.is_modified(user)
    user.name = "ed"
    assert user in session.dirty
    assert not session.is_modified(user)
    session.became_clean([state])
    assert not session.dirty


def test_commit_expires_values_unless_told_otherwise() -> None:
    for expire, loaded in ((True, False), (False, True)):
        session = Session(expire_on_commit=expire)
        user = User(name="ed")
        session.add(user)
        flushed(session, user, 1)
        session.remember_commit(session._frame)
        assert ("name" in user.__dict__) is loaded


def test_a_savepoint_undoes_its_own_objects_only(session: Session) -> None:
    outer, inner = User(name="outer"), User(name="inner")
    session.add(outer)
    flushed(session, outer, 1)
    session.begin_nested()
    session.add(inner)
    flushed(session, inner, 2)
    frame = session._frame
    assert frame is not None
    session.restore(frame)
    session.pop_frame(frame)
    assert outer in session
    assert inspect(inner).transient


def test_a_key_that_changed_is_changed_back(session: Session) -> None:
    user = User(name="ed")
    session.add(user)
    state = flushed(session, user, 1)
    session.remember_commit(session._frame)
    session.pop_frame(session._frame)
    frame = session.ensure_frame()
    session.changed_key(state, user, (User, (7,), None))
    assert session.identity_map.get((User, (7,), None)) is user
    session.restore(frame)
    assert state.key == (User, (1,), None)
    assert session.identity_map.get((User, (1,), None)) is user


def test_two_objects_cannot_have_one_identity(session: Session) -> None:
    first, second = User(id=1), User(id=1)
    make_transient_to_detached(first)
    make_transient_to_detached(second)
    session.add(first)
    with pytest.raises(InvalidRequestError, match="already present"):
        session.add(second)


def test_an_object_belongs_to_one_session(session: Session) -> None:
    user = User()
    session.add(user)
    with pytest.raises(InvalidRequestError, match="already attached"):
        Session().add(user)


def test_what_is_not_mapped_is_refused(session: Session) -> None:
    with pytest.raises(UnmappedInstanceError):
        session.add(object())


def test_closing_detaches_everything(session: Session) -> None:
    user, new = User(), User()
    session.add_all([user, new])
    state = flushed(session, user, 1)
    session.close()
    assert state.detached
    assert inspect(new).transient
    assert list(session) == []
    assert not session.in_transaction()


def test_autobegin_can_be_turned_off() -> None:
    session = Session(autobegin=False)
    with pytest.raises(InvalidRequestError, match="Autobegin"):
        session.add(User())
    with session.begin():
        session.add(User())
        session.expunge_all()


def test_a_session_closed_for_good_says_so() -> None:
    session = Session(close_resets_only=False)
    session.close()
    with pytest.raises(InvalidRequestError, match="permanently closed"):
        session.add(User())


def test_nothing_runs_in_a_transaction_that_failed(session: Session) -> None:
    frame = session.ensure_frame()
    frame.status = FrameStatus.DEACTIVE
    frame.failure = ValueError("why")
    assert not session.is_active
    with pytest.raises(PendingRollbackError, match="why"):
        session.usable_frame()
    session.rollback()
    assert session.is_active


def test_a_block_whose_transaction_ended_bars_the_session(session: Session) -> None:
    with session.begin() as transaction:
        transaction.rollback()
        with pytest.raises(InvalidRequestError, match="context manager"):
            session.add(User())
    session.add(User())
    session.rollback()


def test_unknown_events_and_options_are_errors(session: Session) -> None:
    with pytest.raises(InvalidRequestError, match="before_flush"):
        event.listen(session, "befor_flush", print)
    with pytest.raises(ArgumentError, match="join_transaction_mode"):
        Session(join_transaction_mode="sometimes")  # type: ignore[arg-type]


def test_listeners_on_the_class_hear_every_session() -> None:
    heard: list[Any] = []

    def listener(_session: Any, obj: Any) -> None:
        heard.append(obj)

    event.listen(Session, "before_attach", listener)
    try:
        user = User()
        session = Session()
        session.add(user)
        session.close()
        assert heard == [user]
    finally:
        event.remove(Session, "before_attach", listener)
