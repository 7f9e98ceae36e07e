"""The blocking guard of a sync session inside a running event loop: warn, raise, allow; and `strict="async"`."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ambo import Engine, create_engine, select
from ambo.errors import BlockingError, BlockingWarning, LazyLoadError
from ambo.orm import Session, selectinload
from family import Base, Person


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = create_engine(f"sqlite:///{tmp_path / 'family.db'}")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Person(name="Ann"))
        session.commit()
    yield engine
    engine.dispose()


def in_a_loop(body: Callable[[], Any]) -> Any:
    async def main() -> Any:
        return body()

    return asyncio.run(main())


def test_a_blocking_call_inside_a_loop_warns_and_names_the_twin(engine: Engine) -> None:
    def body() -> None:
        with pytest.warns(BlockingWarning, match=r"Session\.get\(\) blocks this thread.*AsyncSession"), Session(engine) as session:
            session.get(Person, 1)

    in_a_loop(body)


def test_raise_refuses_the_call_and_still_gives_everything_back(engine: Engine) -> None:
    def body() -> None:
        with pytest.raises(BlockingError, match=r"Session\.get\(\)"), Session(engine, blocking="raise") as session:
            session.get(Person, 1)

    in_a_loop(body)
    assert engine.pool.checkedout() == 0


def test_allow_and_the_absence_of_a_loop_are_silent(engine: Engine) -> None:
    def body() -> str:
        with Session(engine, blocking="allow") as session:
            return session.get_one(Person, 1).name

    assert in_a_loop(body) == "Ann"
    with Session(engine, blocking="raise") as session:
        assert session.get_one(Person, 1).name == "Ann"


def test_an_interactive_shell_means_it(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def body() -> str:
        with Session(engine, blocking="raise") as session:
            return session.get_one(Person, 1).name

    monkeypatch.setattr(sys, "ps1", ">>> ", raising=False)
    assert in_a_loop(body) == "Ann"


def test_strict_async_raises_where_async_would(engine: Engine) -> None:
    with Session(engine, strict="async") as session:
        with pytest.raises(LazyLoadError, match=r"Person\.pets is not loaded.*strict='async'.*selectinload\(Person\.pets\)"):
            _ = session.get_one(Person, 1).pets
        found = session.scalars(select(Person).options(selectinload(Person.pets))).one()
        assert list(found.pets) == []
