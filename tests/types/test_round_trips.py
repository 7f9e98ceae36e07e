"""Values come back as they went in, with every driver."""

from __future__ import annotations

import datetime as dt
import enum
import uuid
from decimal import Decimal
from typing import Any

import pytest

from ambo import Column, Integer, MetaData, Table, create_engine, insert, literal, select
from ambo.dialects.mysql import LONGTEXT
from ambo.exc import StatementError
from ambo.types import (
    CHAR,
    JSON,
    BigInteger,
    Boolean,
    Date,
    DateTime,
    Double,
    Enum,
    Float,
    Interval,
    LargeBinary,
    Numeric,
    PickleType,
    SmallInteger,
    String,
    Text,
    Time,
    TypeDecorator,
    Uuid,
)


class Colour(enum.Enum):
    RED = "r"
    BLUE = "b"


class Level(enum.IntEnum):
    LOW = 1


class Doubled(TypeDecorator[int]):
    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return None if value is None else value * 2

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return None if value is None else value // 2


EAST = dt.timezone(dt.timedelta(hours=5, minutes=30))
CASES: dict[str, tuple[Any, list[Any]]] = {
    "integer": (Integer(), [0, -1, 2**31 - 1]),
    "small": (SmallInteger(), [-32768, 32767]),
    "big": (BigInteger(), [2**63 - 1, -(2**63)]),
    "boolean": (Boolean(), [True, False]),
    "float": (Float(), [0.5, -1e-7, 3.0]),
    "float as decimal": (Float(asdecimal=True), [Decimal("0.5")]),
    "double": (Double(), [0.1 + 0.2, 1e300]),
    "string": (String(80), ["", "plain", "it's \"quoted\" \\ %s ? $1 :x", "üñí ☃ 𝄞"]),
    "text": (Text().with_variant(LONGTEXT(), "mariadb"), ["x" * 100_000]),
    "char": (CHAR(3), ["abc"]),
    "numeric": (Numeric(20, 6), [Decimal("0.000000"), Decimal("-123456789.123456"), Decimal("0.100000")]),
    "numeric without scale": (Numeric(), [Decimal("1E-12"), Decimal("1.1"), Decimal("123456789012345")]),
    "numeric, big and whole": (Numeric(18, 0), [Decimal("123456789012345678"), Decimal(5)]),
    "numeric as float": (Numeric(10, 2, asdecimal=False), [1.25, 2.0]),
    "date": (Date(), [dt.date(1970, 1, 1), dt.date(9999, 12, 31), dt.date(1, 1, 1)]),
    "time": (Time(), [dt.time(0, 0), dt.time(23, 59, 59, 999999)]),
    "time with zone": (Time(timezone=True), [dt.time(12, 30, tzinfo=EAST)]),
    "datetime": (DateTime(), [dt.datetime(2024, 2, 29, 12, 30, 1, 5), dt.datetime(1, 1, 1), dt.datetime(2024, 1, 1)]),
    "datetime with zone": (DateTime(timezone=True), [dt.datetime(2024, 7, 1, 12, 0, 0, 123456, tzinfo=dt.UTC)]),
    "interval": (Interval(), [dt.timedelta(days=3, seconds=5, microseconds=7), dt.timedelta(0), dt.timedelta(days=-1, hours=2)]),
    "not native interval": (Interval(native=False), [dt.timedelta(days=3, seconds=5, microseconds=7)]),
    "binary": (LargeBinary(), [b"", b"\x00\xff\x01'", bytes(range(256))]),
    "json": (JSON(), [{"a": [1, 2.5, None, True], "ü": {"deep": "☃"}}, [], "text", 3, 1.5, True, {}]),
    "uuid": (Uuid(), [uuid.UUID(int=0), uuid.UUID("12345678-1234-5678-1234-567812345678")]),
    "uuid as text": (Uuid(as_uuid=False), ["12345678-1234-5678-1234-567812345678"]),
    "uuid as char": (Uuid(native_uuid=False), [uuid.UUID("12345678-1234-5678-1234-567812345678")]),
    "enum": (Enum(Colour, name="colour"), [Colour.RED, Colour.BLUE]),
    "enum by value": (Enum(Colour, name="colour2", values_callable=lambda cls: [one.value for one in cls]), [Colour.RED, Colour.BLUE]),
    "enum of text": (Enum("small", "large", name="size"), ["small", "large"]),
    "enum not native": (Enum(Colour, native_enum=False, create_constraint=True, name="ck"), [Colour.RED]),
    "pickle": (PickleType(), [{"a": {1, 2}}, [1, (2, 3)]]),
    "decorated": (Doubled(), [4, 0]),
    "variant": (String(10).with_variant(Text(), "postgresql"), ["abc"]),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_values_come_back_the_same(every_driver: Any, name: str) -> None:
    kind, values = CASES[name]
    metadata = MetaData()
    table = Table("things", metadata, Column("id", Integer, primary_key=True, autoincrement=False), Column("value", kind))

    def body(connection: Any) -> None:
        features = connection.dialect.features
        if name == "numeric without scale" and not features.unbounded_numeric:
            pytest.skip("NUMERIC has no scale here unless it is given one")
        if name == "time with zone" and not features.zoned_times:
            pytest.skip("a time of day has no zone here")
        metadata.create_all(connection)
        wanted = [*values, None]
        connection.execute(insert(table), [{"id": n, "value": value} for n, value in enumerate(wanted)])
        found = connection.execute(select(table.c.value).order_by(table.c.id)).scalars().all()
        assert found == wanted
        assert all(isinstance(one, type(other)) for one, other in zip(found, wanted, strict=True))
        if name.startswith(("json", "pickle", "float", "double")):
            return
        for n, value in enumerate(values):
            assert n in connection.execute(select(table.c.id).where(table.c.value == value)).scalars().all()
            assert n in connection.execute(select(table.c.id).where(table.c.value.in_([value]))).scalars().all()
            assert connection.execute(select(literal(value, kind))).scalar_one() == value

    every_driver(body)


def test_values_without_a_column_have_the_type_of_python(every_driver: Any) -> None:
    values = [1, 2**40, "text", 1.5, True, b"bytes", dt.date(2024, 1, 1), dt.datetime(2024, 1, 1, 5), uuid.UUID(int=7), Decimal("1.5")]

    def body(connection: Any) -> None:
        for value in values:
            assert connection.execute(select(literal(value))).scalar_one() == value

    every_driver(body)


def test_a_number_too_big_for_the_column_is_not_found_and_not_an_error(every_driver: Any) -> None:
    table = Table("numbers", MetaData(), Column("id", Integer, primary_key=True))

    def body(connection: Any) -> None:
        table.create(connection)
        connection.execute(insert(table).values(id=1))
        assert connection.execute(select(table.c.id).where(table.c.id == 2**40)).all() == []

    every_driver(body)


def test_a_moment_in_another_zone_keeps_its_moment_and_comes_back_aware(every_driver: Any) -> None:
    table = Table("moments", MetaData(), Column("at", DateTime(timezone=True)))
    moment = dt.datetime(2024, 7, 1, 12, 0, 0, 123456, tzinfo=EAST)

    def body(connection: Any) -> None:
        table.create(connection)
        connection.execute(insert(table).values(at=moment))
        found = connection.execute(select(table.c.at)).scalar_one()
        assert found == moment and found.tzinfo is not None
        assert connection.execute(select(table.c.at).where(table.c.at == moment)).all() == [(moment,)]

    every_driver(body)


@pytest.mark.parametrize(
    ("kind", "value", "told"),
    [
        (Enum(Colour, name="colour"), Level.LOW, "RED, BLUE"),
        (Enum("a", "b", name="letters", validate_strings=True), "c", "a, b"),
        (Uuid(), 5, "5"),
        (LargeBinary(), "text", "text"),
        (Boolean(), 7, "7"),
        (Boolean(), "yes", "yes"),
    ],
)  # fmt: skip
def test_a_value_of_the_wrong_type_is_an_error_that_names_it(every_driver: Any, kind: Any, value: Any, told: str) -> None:
    metadata = MetaData()
    table = Table("things", metadata, Column("id", Integer, primary_key=True), Column("thing", kind))
    with pytest.raises(StatementError, match=told) as caught:
        every_driver(lambda connection: (metadata.create_all(connection), connection.execute(insert(table).values(thing=value))))
    assert "thing" in str(caught.value)


def test_sqlite_refuses_a_decimal_that_it_would_round() -> None:
    table = Table("things", MetaData(), Column("value", Numeric(30, 10)))
    with create_engine("sqlite://").begin() as connection:
        table.create(connection)
        with pytest.raises(StatementError, match="15 significant digits"):
            connection.execute(insert(table).values(value=Decimal("1.23456789012345678")))
