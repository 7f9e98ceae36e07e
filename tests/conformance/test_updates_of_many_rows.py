"""Flushed UPDATEs of many objects: every type of value, versions, keys of several columns, and rows that are gone."""

from __future__ import annotations

import datetime
import decimal
import enum
import uuid
from typing import Any

import pytest

from ambo import JSON, DateTime, Enum, LargeBinary, Numeric, String, Text, Uuid, delete, select, update
from ambo.exc import StaleDataError
from ambo.orm import DeclarativeBase, Mapped, mapped_column
from twin import Twin


class Base(DeclarativeBase):
    """The registry."""


class Colour(enum.Enum):
    """Two colours."""

    RED = "r"
    BLUE = "b"


class Thing(Base):
    """A column of each kind."""

    __tablename__ = "things"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None] = mapped_column(String(50))
    note: Mapped[str | None] = mapped_column(Text)
    number: Mapped[int | None]
    ratio: Mapped[float | None]
    price: Mapped[decimal.Decimal | None] = mapped_column(Numeric(12, 4))
    flag: Mapped[bool | None]
    at: Mapped[datetime.datetime | None] = mapped_column(DateTime)
    day: Mapped[datetime.date | None]
    data: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)
    raw: Mapped[bytes | None] = mapped_column(LargeBinary)
    token: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    colour: Mapped[Colour | None] = mapped_column(Enum(Colour))


class Versioned(Base):
    """With a version counter."""

    __tablename__ = "versioned"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50))
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}


class Pair(Base):
    """A key of two columns, one of them text."""

    __tablename__ = "pairs"
    left: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    right: Mapped[str] = mapped_column(String(20), primary_key=True)
    name: Mapped[str] = mapped_column(String(50))


class Cell(Base):
    """A key of two numbers."""

    __tablename__ = "cells"
    x: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    y: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(50))


pytestmark = pytest.mark.tables(Base.metadata)


def values(n: int) -> dict[str, Any]:
    """Return values, of which each third is NULL."""
    found = {
        "name": f"ä'{n}\\ ", "note": "x" * n, "number": n * 1_000_000_007 % 2**31, "ratio": n / 3, "price": decimal.Decimal(n) / 16,
        "flag": bool(n % 2), "at": datetime.datetime(2026, 1, 1, 12, 0, n % 60, n), "day": datetime.date(2026, 1, 1 + n % 28),
        "data": {"n": [n, None, "é"]}, "raw": bytes([n % 256, 0, 255]), "token": uuid.UUID(int=n), "colour": list(Colour)[n % 2],
    }  # fmt: skip
    return {key: None if (n + at) % 3 == 0 else value for at, (key, value) in enumerate(found.items())}


async def test_every_type_of_value(twin: Twin) -> None:
    async with twin.session() as session:
        things = [Thing(**values(n)) for n in range(50)]
        session.add_all(things)
        await session.commit()
        for n, thing in enumerate(things):
            for key, value in values(100 - n).items():
                setattr(thing, key, value)
        await session.commit()
        session.expunge_all()
        found = (await session.scalars(select(Thing).order_by(Thing.id))).all()
        for n, thing in enumerate(found):
            for key, value in values(100 - n).items():
                assert getattr(thing, key) == (pytest.approx(value) if key == "ratio" else value), (n, key)


async def test_versions_are_compared_in_each_row(twin: Twin) -> None:
    async with twin.session() as session:
        rows = [Versioned(name=f"n{n}") for n in range(40)]
        session.add_all(rows)
        await session.commit()
        for row in rows:
            row.name += "!"
        await session.commit()
        assert {row.version for row in rows} == {2}
        assert set((await session.execute(select(Versioned.version))).scalars()) == {2}
        await session.execute(update(Versioned.__table__).where(Versioned.__table__.c.id == rows[17].id).values(version=7))
        await session.commit()
        for row in rows:
            row.name += "?"
        with pytest.raises(StaleDataError, match=r"expected to update 40 row\(s\); 39 were matched"):
            await session.flush()
        await session.rollback()
        assert (await session.execute(select(Versioned.name).order_by(Versioned.id))).scalars().all() == [f"n{n}!" for n in range(40)]


@pytest.mark.parametrize("gone", [False, True])
async def test_keys_of_two_columns(twin: Twin, gone: bool) -> None:
    async with twin.session() as session:
        pairs = [Pair(left=n % 5, right=f"r{n}", name="a") for n in range(30)]
        cells = [Cell(x=n % 5, y=n, name="a") for n in range(30)]
        session.add_all([*pairs, *cells])
        await session.commit()
        if gone:
            await session.execute(delete(Cell.__table__).where(Cell.__table__.c.y == 3))
            await session.commit()
        for n, (pair, cell) in enumerate(zip(pairs, cells, strict=True)):
            pair.name = cell.name = f"b{n}"
        if gone:
            with pytest.raises(StaleDataError, match=r"'cells' expected to update 30 row\(s\); 29 were matched"):
                await session.commit()
            return
        await session.commit()
        assert (await session.execute(select(Pair.name).order_by(Pair.left, Pair.right))).scalars().all() == [
            pair.name for pair in sorted(pairs, key=lambda pair: (pair.left, pair.right))
        ]
        assert (await session.execute(select(Cell.name).order_by(Cell.y))).scalars().all() == [f"b{n}" for n in range(30)]


async def test_rows_that_have_the_values_already_count_as_found(twin: Twin) -> None:
    async with twin.session() as session:
        cells = [Cell(x=1, y=n, name="a") for n in range(20)]
        session.add_all(cells)
        await session.commit()
        await session.execute(update(Cell.__table__).values(name="b"))
        for cell in cells:
            cell.name = "b"
        await session.commit()
        cells[3].y, cells[4].y = 103, 104
        for cell in cells:
            cell.name = f"c{cell.y}"
        await session.commit()
        assert sorted((await session.execute(select(Cell.name))).scalars()) == sorted(f"c{cell.y}" for cell in cells)
