"""Random histories of short transactions: plain and related classes, savepoints, deletions of clean and changed objects, objects let go and
taken back. After every step memory is what a plain model says, after every commit another session finds it in the database.

Each INSERT has a number, by which the model knows row and object: a row with a key that was there before is another one.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from ambo import ForeignKey, String, inspect, select
from ambo.orm import DeclarativeBase, Mapped, mapped_column, relationship
from twin import Twin


class Base(DeclarativeBase):
    pass


class Plain(Base):
    """Its key is made by the server."""

    __tablename__ = "mixed_plain"
    id: Mapped[int] = mapped_column(primary_key=True)
    tag: Mapped[str] = mapped_column(String(10))
    value: Mapped[int | None]


class Coded(Base):
    """Its key is the client's, and a row deleted may come again; the server makes something else."""

    __tablename__ = "mixed_coded"
    tag: Mapped[str] = mapped_column(String(10), primary_key=True)
    value: Mapped[int | None]
    version: Mapped[int] = mapped_column(server_default="1")


class Node(Base):
    __tablename__ = "mixed_node"
    id: Mapped[int] = mapped_column(primary_key=True)
    tag: Mapped[str] = mapped_column(String(10))
    value: Mapped[int | None]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("mixed_node.id"))
    parent: Mapped[Node | None] = relationship(remote_side=[id])


KINDS: tuple[Any, ...] = (Plain, Coded, Node)
STEPS = (
    "add add add again child change change blank delete delete delete_all query query expunge expunge_all expire add_back merge collect "
    "flush commit commit commit rollback begin begin release undo undo"
).split()
step = st.tuples(st.sampled_from(STEPS), st.integers(0, 7))


@dataclass(frozen=True)
class Row:
    """What the model knows of a row; `parent` is the number of another."""

    kind: type[Any]
    tag: str
    value: int | None
    parent: int | None = None


class Run:
    """One history. `objects` are those that the session should have, `gone` those whose rows were deleted in this transaction."""

    def __init__(self, twin: Twin, session: Any) -> None:
        self.twin, self.session = twin, session
        self.rows: dict[int, Row] = {}
        self.saved: dict[int, Row] = {}
        self.before: list[tuple[Any, dict[int, Row], set[int]]] = []
        self.objects: dict[int, Any] = {}
        self.gone: dict[int, Any] = {}
        self.codes: list[str] = []
        self.count = 0

    def pick(self, number: int, kind: type[Any] | None = None) -> int | None:
        found = [one for one in self.objects if kind in (None, self.rows[one].kind)]
        return found[number % len(found)] if found else None

    def put(self, row: Row) -> None:
        obj = row.kind(tag=row.tag, value=row.value)
        if row.parent is not None:
            obj.parent = self.objects[row.parent]
        self.session.add(obj)
        self.count += 1
        self.objects[self.count], self.rows[self.count] = obj, row

    def fresh_tag(self) -> str:
        return f"t{self.count}"

    def back_to(self, rows: dict[int, Row], deleted: Collection[int] = ()) -> None:
        """Memory and model go back: whoever has a row is persistent, nobody else; `deleted` were deleted before the savepoint."""
        held = {**self.gone, **self.objects}
        self.rows, self.objects, self.gone = dict(rows), {}, {}
        for one, obj in held.items():
            if one in rows:
                assert inspect(obj).persistent and obj in self.session
                self.objects[one] = obj
            elif one in deleted:
                self.gone[one] = obj
            else:
                assert inspect(obj).session is None and obj not in self.session and not inspect(obj).persistent

    async def take(self, one: int) -> None:
        """Delete an object that no other row refers to."""
        await self.session.delete(self.objects[one])
        del self.rows[one]
        self.gone[one] = self.objects.pop(one)

    def parents(self) -> set[int | None]:
        return {row.parent for row in self.rows.values()}

    # ---- objects

    async def do_add(self, number: int) -> None:
        row = Row(KINDS[number % 3], self.fresh_tag(), number)
        self.put(row)
        if row.kind is Coded:
            self.codes.append(row.tag)

    async def do_again(self, number: int) -> None:
        """Insert a row under a key that was there."""
        taken = {row.tag for row in self.rows.values()}
        free = [tag for tag in self.codes if tag not in taken]
        if free:
            if number % 2:
                await self.session.flush()
            self.put(Row(Coded, free[number % len(free)], number))

    async def do_child(self, number: int) -> None:
        parent = self.pick(number, Node)
        if parent is not None:
            self.put(Row(Node, self.fresh_tag(), number, parent))

    async def do_change(self, number: int) -> None:
        self.change(number, 100 + number)

    async def do_blank(self, number: int) -> None:
        self.change(number, None)

    def change(self, number: int, value: int | None) -> None:
        one = self.pick(number)
        if one is not None:
            self.objects[one].value = value
            self.rows[one] = replace(self.rows[one], value=value)

    async def do_delete(self, number: int) -> None:
        one = self.pick(number)
        if one is not None and one not in self.parents():
            await self.session.flush()
            await self.take(one)
            if number % 2:
                await self.session.flush()

    async def do_delete_all(self, number: int) -> None:
        """Delete all objects of a class that are here."""
        await self.session.flush()
        spared = self.parents()
        for one in [one for one in self.objects if self.rows[one].kind is KINDS[number % 3] and one not in spared]:
            await self.take(one)

    async def do_query(self, number: int) -> None:
        numbers = {row.tag: one for one, row in self.rows.items()}
        for obj in (await self.session.scalars(select(KINDS[number % 3]))).all():
            one = numbers[obj.tag]
            assert self.objects.get(one, obj) is obj
            if one in self.saved:  # a second object of a row that is new is none of the transaction's own, and outlives its rollback
                self.objects[one] = obj

    async def do_merge(self, number: int) -> None:
        one = self.pick(number, Coded)
        if one is not None:
            await self.session.flush()
            assert await self.session.merge(Coded(tag=self.rows[one].tag, value=300 + number)) is self.objects[one]
            self.rows[one] = replace(self.rows[one], value=300 + number)

    async def do_expunge(self, number: int) -> None:
        one = self.pick(number)
        if one is not None:
            await self.session.flush()
            self.session.expunge(self.objects.pop(one))

    async def do_expunge_all(self, number: int) -> None:
        await self.session.flush()
        self.session.expunge_all()
        self.objects.clear()
        self.gone.clear()

    async def do_add_back(self, number: int) -> None:
        """Let an object go, or mark it to be deleted, and take it back."""
        one = self.pick(number)
        if one is not None:
            await self.session.flush()
            obj = self.objects[one]
            if number % 2:
                self.session.expunge(obj)
            else:
                await self.session.delete(obj)
            self.session.add(obj)

    async def do_expire(self, number: int) -> None:
        await self.session.flush()
        self.session.expire_all()

    async def do_collect(self, number: int) -> None:
        """Let go of objects, as programs do; the session keeps what it must."""
        if number % 2:
            await self.session.flush()
        self.objects.clear()
        self.gone.clear()

    # ---- transactions

    async def do_flush(self, number: int) -> None:
        await self.session.flush()

    async def do_commit(self, number: int) -> None:
        await self.session.commit()
        for obj in self.gone.values():
            assert inspect(obj).detached and inspect(obj).was_deleted and obj not in self.session
        self.gone.clear()
        self.before.clear()
        self.saved = dict(self.rows)
        async with self.twin.session() as other:
            assert await stored(other) == self.as_stored()

    async def do_rollback(self, number: int) -> None:
        await self.session.rollback()
        self.before.clear()
        self.back_to(self.saved)

    async def do_begin(self, number: int) -> None:
        self.before.append((await self.session.begin_nested(), dict(self.rows), {*self.gone}))

    async def do_release(self, number: int) -> None:
        if self.before:
            await self.before.pop()[0].commit()

    async def do_undo(self, number: int) -> None:
        if self.before:
            handle, rows, deleted = self.before.pop()
            await handle.rollback()
            self.back_to(rows, deleted)

    # ---- what must be true

    def as_stored(self) -> dict[str, Any]:
        return {row.tag: (row.kind, row.value, row.parent and self.rows[row.parent].tag) for row in self.rows.values()}

    async def check(self) -> None:
        for one, obj in self.objects.items():
            state, row = inspect(obj), self.rows[one]
            assert (state.persistent or state.pending) and obj in self.session and obj not in self.session.deleted
            assert obj.__dict__.get("value", row.value) == row.value and obj.__dict__.get("tag", row.tag) == row.tag
            assert obj.__dict__.get("version", 1) in (1, None)
        for obj in self.gone.values():
            state = inspect(obj)
            assert state.deleted or (state.persistent and obj in self.session.deleted)


async def stored(session: Any) -> dict[str, Any]:
    """Read everything back, without objects."""
    found: dict[str, Any] = {}
    for kind in (Plain, Coded):
        found |= {tag: (kind, value, None) for tag, value in (await session.execute(select(kind.tag, kind.value))).all()}
    rows = (await session.execute(select(Node.id, Node.tag, Node.value, Node.parent_id))).all()
    tags = {row.id: row.tag for row in rows}
    return found | {row.tag: (Node, row.value, row.parent_id and tags[row.parent_id]) for row in rows}


async def history(twin: Twin, steps: list[tuple[str, int]]) -> None:
    async with twin.engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        await connection.execute(Node.__table__.update().values(parent_id=None))
        for table in reversed(Base.metadata.sorted_tables):
            await connection.execute(table.delete())
    async with twin.session() as session:
        run = Run(twin, session)
        for name, number in steps:
            await getattr(run, f"do_{name}")(number)
            await run.check()
        await run.do_flush(0)
        assert await stored(session) == run.as_stored()
        await run.do_commit(0)


EXAMPLES = int(os.environ.get("AMBO_TEST_EXAMPLES", "0"))


@pytest.mark.worlds("sqlite", "psycopg", "asyncpg", "mariadb-async")
def test_memory_and_database_agree_after_every_step(twin: Twin) -> None:
    examples = EXAMPLES or (80 if twin.database == "sqlite" else 20)

    @settings(max_examples=examples, deadline=None, derandomize=not EXAMPLES, report_multiple_bugs=False, suppress_health_check=list(HealthCheck))
    @given(st.lists(step, min_size=10, max_size=50))
    def histories(steps: list[tuple[str, int]]) -> None:
        twin.run(history(twin, steps))

    histories()
