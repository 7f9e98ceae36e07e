"""Closing a session whose connection can be let go without waiting: no operation, and the same end as any other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ambo import Engine, create_engine, event, inspect
from ambo.operations import unit_transaction
from ambo.orm import Session
from shop import Base, User


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = create_engine(f"sqlite:///{tmp_path}/one.db", isolation_level="AUTOCOMMIT")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(User(id=1, name="ann"))
        session.commit()
    yield engine
    engine.dispose()


def test_the_connection_is_back_and_objects_are_detached(engine: Engine) -> None:
    session = Session(engine)
    user = session.get(User, 1)
    assert engine.pool.checkedout() == 1
    assert unit_transaction.closed_at_once(session)
    assert engine.pool.checkedout() == 0 and not session.in_transaction()
    assert inspect(user).detached and session.get(User, 1) is not user
    session.close()


def test_what_was_deleted_is_detached(engine: Engine) -> None:
    with Session(engine) as session:
        user = session.get(User, 1)
        session.delete(user)
        session.flush()
        assert inspect(user).deleted
    assert inspect(user).detached


def test_a_transaction_is_undone_on_the_way(engine: Engine) -> None:
    session = Session(engine.execution_options(isolation_level="SERIALIZABLE"))
    session.add(User(id=2, name="bob"))
    session.flush()
    assert unit_transaction.closed_at_once(session)
    assert engine.pool.checkedout() == 0 and session.get(User, 2) is None
    session.close()


def test_a_listener_and_a_recording_take_the_long_way(engine: Engine) -> None:
    told: list[object] = []
    serializable = engine.execution_options(isolation_level="SERIALIZABLE")
    event.listen(serializable, "rollback", told.append)
    session = Session(serializable)
    session.get(User, 1)
    assert not unit_transaction.closed_at_once(session)
    session.close()
    assert len(told) == 1
    recorded = Session(engine)
    with recorded.recorded():
        recorded.get(User, 1)
        assert not unit_transaction.closed_at_once(recorded)
        recorded.close()
    assert engine.pool.checkedout() == 0
