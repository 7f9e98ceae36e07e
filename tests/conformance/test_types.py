"""Values come back as they went in: every common type, each driver, both colours, with the same Python type."""

from __future__ import annotations

import datetime as dt
import enum
import uuid
from decimal import Decimal
from typing import Any

import pytest

from ambo import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Double,
    Enum,
    Float,
    Integer,
    Interval,
    LargeBinary,
    MetaData,
    Numeric,
    SmallInteger,
    String,
    Table,
    Text,
    Time,
    TypeDecorator,
    Unicode,
    Uuid,
    insert,
    select,
)
from ambo.dialects.mysql import LONGTEXT
from ambo.exc import StatementError
from twin import Twin


class Colour(enum.Enum):
    """Names and values differ, so that it shows which one is stored."""

    RED = "r"
    BLUE = "b"


class Reversed(TypeDecorator[str]):
    """Stores text backwards."""

    impl = String(30)
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:
        return value[::-1] if value is not None else None

    def process_result_value(self, value: str | None, dialect: Any) -> str | None:
        return value[::-1] if value is not None else None


UTC = dt.UTC
EAST = dt.timezone(dt.timedelta(hours=5, minutes=30))

CASES: dict[str, tuple[Any, list[Any]]] = {
    "integer": (Integer(), [0, -1, 2**31 - 1]),
    "small": (SmallInteger(), [-32768, 32767]),
    "big": (BigInteger(), [2**63 - 1, -(2**63)]),
    "boolean": (Boolean(), [True, False]),
    "float": (Float(), [0.5, -1e-7]),
    "double": (Double(), [0.1 + 0.2, 1e300]),
    "string": (String(80), ["", "plain", "it's \"quoted\" \\ %s ? $1 :x", "üñí ☃ 𝄞"]),
    "text": (Text().with_variant(LONGTEXT(), "mariadb"), ["x" * 100_000]),
    "unicode": (Unicode(20), ["żółw"]),
    "numeric": (Numeric(20, 6), [Decimal("0.000000"), Decimal("-123456789.123456"), Decimal("0.100000")]),
    "numeric float": (Numeric(10, 2, asdecimal=False), [1.25]),
    "date": (Date(), [dt.date(1970, 1, 1), dt.date(9999, 12, 31)]),
    "time": (Time(), [dt.time(0, 0), dt.time(23, 59, 59, 999999)]),
    "datetime": (DateTime(), [dt.datetime(2024, 2, 29, 12, 30, 1, 5), dt.datetime(1, 1, 1)]),
    "interval": (Interval(), [dt.timedelta(days=3, seconds=5, microseconds=7), dt.timedelta(0), dt.timedelta(days=-1, hours=2)]),
    "binary": (LargeBinary(), [b"", b"\x00\xff\x01'", bytes(range(256))]),
    "json": (JSON(), [{"a": [1, 2.5, None, True], "ü": {"deep": "☃"}}, [], "text", 3]),
    "uuid": (Uuid(), [uuid.UUID(int=0), uuid.UUID("12345678-1234-5678-1234-567812345678")]),
    "uuid text": (Uuid(as_uuid=False), ["12345678-1234-5678-1234-567812345678"]),
    "enum": (Enum(Colour, name="colour"), [Colour.RED, Colour.BLUE]),
    "enum of text": (Enum("small", "large", name="size"), ["small", "large"]),
    "decorated": (Reversed(), ["abc", ""]),
}


@pytest.mark.parametrize("name", CASES)
async def test_values_come_back_the_same(twin: Twin, name: str) -> None:
    kind, values = CASES[name]
    metadata = MetaData()
    table = Table("things", metadata, Column("id", Integer, primary_key=True, autoincrement=False), Column("value", kind))
    values = [*values, None]
    await twin.create(metadata)
    async with twin.engine.begin() as connection:
        await connection.execute(insert(table), [{"id": n, "value": value} for n, value in enumerate(values)])
        found = (await connection.execute(select(table.c.value).order_by(table.c.id))).scalars().all()
        assert found == values
        assert all(isinstance(one, type(other)) for one, other in zip(found, values, strict=True))
        for n, value in enumerate(values[:-1]):
            if name != "json":
                where = table.c.value == value if name != "float" else table.c.id == n
                assert n in (await connection.execute(select(table.c.id).where(where))).scalars().all()
        await connection.execute(table.update().values(value=values[0]))
        assert (await connection.execute(select(table.c.value).distinct() if name != "json" else select(table.c.value).limit(1))).scalars().all() == [values[0]]


async def test_a_datetime_with_a_zone_keeps_its_moment(twin: Twin) -> None:
    metadata = MetaData()
    table = Table("moments", metadata, Column("id", Integer, primary_key=True), Column("at", DateTime(timezone=True)))
    moment = dt.datetime(2024, 7, 1, 12, 0, 0, 123456, tzinfo=EAST)
    await twin.create(metadata)
    async with twin.engine.begin() as connection:
        await connection.execute(insert(table).values(at=moment))
        found = (await connection.execute(select(table.c.at))).scalar_one()
        assert found == moment and found.tzinfo is not None


async def test_a_missing_json_and_a_json_null_are_two_things(twin: Twin) -> None:
    metadata = MetaData()
    table = Table("docs", metadata, Column("id", Integer, primary_key=True), Column("doc", JSON(none_as_null=True)), Column("other", JSON))
    await twin.create(metadata)
    async with twin.engine.begin() as connection:
        await connection.execute(insert(table).values(doc=None, other=None))
        await connection.execute(insert(table).values(doc=JSON.NULL))
        nulls = (await connection.execute(select(table.c.id).where(table.c.doc.is_(None)).order_by(table.c.id))).scalars().all()
        assert nulls == [1]
        assert (await connection.execute(select(table.c.doc, table.c.other).order_by(table.c.id))).first() == (None, None)


async def test_json_is_read_inside(twin: Twin) -> None:
    metadata = MetaData()
    table = Table("docs", metadata, Column("id", Integer, primary_key=True), Column("doc", JSON))
    await twin.create(metadata)
    async with twin.engine.begin() as connection:
        await connection.execute(insert(table), [{"doc": {"name": "x", "n": 3, "list": [1, {"k": "v"}]}}, {"doc": {"name": "y", "n": 4}}])
        assert (await connection.execute(select(table.c.id).where(table.c.doc["name"].as_string() == "y"))).scalars().all() == [2]
        assert (await connection.execute(select(table.c.id).where(table.c.doc["n"].as_integer() > 3))).scalars().all() == [2]
        assert (await connection.execute(select(table.c.doc["list"]).where(table.c.id == 1))).scalar_one() == [1, {"k": "v"}]
        assert (await connection.execute(select(table.c.doc[("list", 1, "k")].as_string()).where(table.c.id == 1))).scalar_one() == "v"


WRONG = {
    "text for integer": (Integer(), "many"),
    "number for date": (Date(), 7),
    "object for json": (JSON(), object()),
    "number for enum": (Enum(Colour, name="colour"), 5),
    "text for decimal": (Numeric(5, 2), "much"),
}


@pytest.mark.parametrize("name", WRONG)
async def test_a_value_of_the_wrong_type_is_one_clear_error(twin: Twin, name: str) -> None:
    kind, value = WRONG[name]
    if twin.database == "sqlite" and name == "text for integer":
        pytest.skip("SQLite stores any value in any column")
    metadata = MetaData()
    table = Table("things", metadata, Column("id", Integer, primary_key=True), Column("value", kind))
    await twin.create(metadata)
    async with twin.session() as session:
        with pytest.raises(StatementError) as caught:
            await session.execute(insert(table).values(value=value))
        assert "INSERT INTO things" in str(caught.value) and caught.value.orig is not None
        await session.rollback()
        await session.execute(insert(table).values(value=None))
        assert (await session.execute(select(table.c.value))).scalars().all() == [None]
