"""How many Python functions a warm operation calls: guards on the hot path that no machine's speed can disturb."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import pytest

from ambo import create_engine, select
from ambo.listening import heard
from ambo.orm import Session
from shop import Base, User, people


class Calls:
    """Counts Python calls (a generator's resumes are not new calls) and the files they are in."""

    def __init__(self, body: Callable[[], Any]) -> None:
        self.frames: dict[int, FrameType] = {}
        gc.collect()
        gc.disable()  # a finalizer's calls are nobody's budget
        sys.setprofile(self._see)
        try:
            body()
        finally:
            sys.setprofile(None)
            gc.enable()
        self.seen = [frame.f_code for frame in self.frames.values() if frame.f_code not in {body.__code__, self.__init__.__code__}]

    def _see(self, frame: FrameType, kind: str, argument: Any) -> None:
        if kind == "call":
            self.frames[id(frame)] = frame

    @property
    def count(self) -> int:
        """The number of calls."""
        return len(self.seen)

    @property
    def files(self) -> set[str]:
        """The files the called functions stand in; a generated row loader is none."""
        return {code.co_filename for code in self.seen if not code.co_filename.startswith("<")}

    def __str__(self) -> str:
        return f"{self.count} calls in {len(self.files)} files\n" + "\n".join(f"{code.co_filename}:{code.co_firstlineno} {code.co_qualname}" for code in self.seen)


@pytest.fixture
def nobody_listens() -> Iterator[None]:
    """The budgets are those of a process without listeners, whatever other tests have registered."""
    before = set(heard)
    heard.clear()
    yield
    heard.update(before)


@pytest.fixture
def session(nobody_listens: None) -> Iterator[Session]:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(people())
        session.commit()
        yield session
    engine.dispose()


def test_calls_are_counted_and_resumes_are_not() -> None:
    def numbers() -> Iterator[int]:
        yield from range(5)

    def body() -> None:
        list(numbers())
        list(numbers())

    assert Calls(body).count == 2


def test_one_row_by_a_select(session: Session) -> None:
    def body() -> None:
        session.scalars(select(User).where(User.id == 1)).all()

    for _ in range(3):
        body()
    calls = Calls(body)
    assert calls.count <= 75, str(calls)
    assert len(calls.files) <= 14, str(calls)


def test_a_get_from_the_identity_map(session: Session) -> None:
    kept = session.get(User, 1)
    calls = Calls(lambda: session.get(User, 1))
    assert kept is not None and calls.count <= 12, str(calls)


def test_reading_an_attribute_calls_nothing(session: Session) -> None:
    user = session.get(User, 1)
    assert user is not None
    user.name
    assert Calls(lambda: user.name).count <= 0


def test_rows_cost_no_calls_each(session: Session) -> None:
    session.add_all([User(name=f"u{n}") for n in range(1000)])
    session.commit()

    def body(limit: int) -> int:
        session.expunge_all()
        calls = Calls(lambda: session.scalars(select(User).order_by(User.id).limit(limit)).all())
        return calls.count

    body(10), body(1000)
    assert body(1000) - body(10) <= 990 * 1.01, "more than one call a row"
