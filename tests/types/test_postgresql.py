"""PostgreSQL's own types, with each of its drivers: values come back, operators find."""

from __future__ import annotations

import datetime as dt
import ipaddress
from decimal import Decimal
from typing import Any

import pytest

from ambo import Column, Integer, MetaData, String, Table, Text, cast, func, insert, select, text
from ambo.dialects import postgresql as pg

UTC = dt.UTC
CASES: dict[str, tuple[Any, list[Any]]] = {
    "jsonb": (pg.JSONB(), [{"a": [1, {"b": None}]}, [], "text", 5]),
    "json": (pg.JSON(), [{"a": 1}]),
    "array": (pg.ARRAY(Integer), [[1, 2, 3], [], [1, None]]),
    "array of text": (pg.ARRAY(String(20)), [["a", "b,c", '"', "NULL", "it's"]]),
    "array of arrays": (pg.ARRAY(Integer, dimensions=2), [[[1, 2], [3, 4]]]),
    "array as tuple": (pg.ARRAY(Integer, as_tuple=True), [(1, 2)]),
    "array of enums": (pg.ARRAY(pg.ENUM("x", "y", name="letters")), [["x", "y", "x"]]),
    "inet": (pg.INET(), [ipaddress.ip_address("10.0.0.1")]),
    "cidr": (pg.CIDR(), [ipaddress.ip_network("10.0.0.0/8")]),
    "macaddr": (pg.MACADDR(), ["08:00:2b:01:02:03"]),
    "bit": (pg.BIT(4), ["1011"]),
    "bit varying": (pg.BIT(varying=True), ["1", "010101010"]),
    "bytea": (pg.BYTEA(), [b"\x00\x01"]),
    "interval": (pg.INTERVAL(precision=6), [dt.timedelta(days=400, microseconds=5)]),
    "timestamp": (pg.TIMESTAMP(precision=3, timezone=True), [dt.datetime(2024, 1, 1, 1, 1, 1, 123000, tzinfo=UTC)]),
    "oid": (pg.OID(), [12345]),
    "money": (pg.MONEY(), ["$1.50"]),
    "tsvector": (pg.TSVECTOR(), ["'cat' 'fat'"]),
    "domain": (pg.DOMAIN("positive", Integer, check="VALUE > 0"), [5]),
    "int4range": (pg.INT4RANGE(), [pg.Range(1, 10), pg.Range(None, 5), pg.Range(empty=True)]),
    "int8range": (pg.INT8RANGE(), [pg.Range(1, 2**40)]),
    "numrange": (pg.NUMRANGE(), [pg.Range(Decimal("1.5"), Decimal("2.5"), bounds="[]")]),
    "daterange": (pg.DATERANGE(), [pg.Range(dt.date(2024, 1, 1), dt.date(2024, 2, 1))]),
    "tsrange": (pg.TSRANGE(), [pg.Range(dt.datetime(2024, 1, 1, 12, 30), None, bounds="()")]),
    "tstzrange": (pg.TSTZRANGE(), [pg.Range(dt.datetime(2024, 1, 1, tzinfo=UTC), dt.datetime(2024, 1, 2, tzinfo=UTC))]),
    "int4multirange": (pg.INT4MULTIRANGE(), [[pg.Range(1, 3), pg.Range(5, 9)], []]),
    "datemultirange": (pg.DATEMULTIRANGE(), [[pg.Range(dt.date(2024, 1, 1), dt.date(2024, 2, 1))]]),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_values_come_back_the_same(every_postgres: Any, name: str) -> None:
    kind, values = CASES[name]
    metadata = MetaData()
    table = Table("things", metadata, Column("id", Integer, primary_key=True, autoincrement=False), Column("value", kind))

    def body(connection: Any) -> None:
        metadata.create_all(connection)
        connection.execute(insert(table), [{"id": n, "value": value} for n, value in enumerate([*values, None])])
        assert connection.execute(select(table.c.value).order_by(table.c.id)).scalars().all() == [*values, None]
        if name not in ("json", "money"):
            for n, value in enumerate(values):
                assert connection.execute(select(table.c.id).where(table.c.value == value)).scalars().all() == [n]
        again = Table("things", MetaData(), autoload_with=connection)
        assert again.c.value.type.compile(connection.dialect).partition("[")[0] == kind.compile(connection.dialect).partition("[")[0]

    every_postgres(body)


def _documents(connection: Any) -> Table:
    table = Table("documents", MetaData(), Column("id", Integer, primary_key=True), Column("data", pg.JSONB), Column("plain", pg.JSON))
    table.create(connection)
    data = {"name": "x", "n": 5, "deep": {"list": [10, 20, {"k": "v"}]}, "yes": True}
    connection.execute(insert(table), [{"id": 1, "data": data, "plain": data}, {"id": 2, "data": {"other": 1}, "plain": {}}])
    return table


def test_subscripts_of_json_read_values(every_postgres: Any) -> None:
    def body(connection: Any) -> None:
        table = _documents(connection)
        for column in (table.c.data, table.c.plain):
            row = connection.execute(
                select(
                    column["name"].as_string(),
                    column["n"].as_integer(),
                    column["yes"].as_boolean(),
                    column["deep", "list", 1].as_integer(),
                    column["deep"]["list"][2]["k"].astext,
                    column["deep", "list"],
                    column["n"].as_float(),
                ).where(table.c.id == 1)
            ).one()
            assert row == ("x", 5, True, 20, "v", [10, 20, {"k": "v"}], 5.0)
            assert connection.execute(select(table.c.id).where(column["name"].as_string() == "x")).scalars().all() == [1]
            assert connection.execute(select(table.c.id).where(column["n"].as_integer() > 4)).scalars().all() == [1]

    every_postgres(body)


def test_operators_of_jsonb_find(every_postgres: Any) -> None:
    def body(connection: Any) -> None:
        table = _documents(connection)
        data = table.c.data
        for condition in (
            data.has_key("name"),
            data.has_all(["name", "n"]),
            data.has_any(["name", "nothing"]),
            data.contains({"n": 5}),
            data["deep"].contains({"list": [10]}),
            data.path_exists("$.deep.list[*] ? (@ == 20)"),
            data.path_match("$.n == 5"),
        ):
            assert connection.execute(select(table.c.id).where(condition)).scalars().all() == [1], condition
        assert connection.execute(select(data.delete_path(["deep"])).where(table.c.id == 1)).scalar_one() == {"name": "x", "n": 5, "yes": True}

    every_postgres(body)


def test_operators_of_arrays_find(every_postgres: Any) -> None:
    table = Table("lists", MetaData(), Column("id", Integer, primary_key=True), Column("tags", pg.ARRAY(Text)), Column("n", pg.ARRAY(Integer, zero_indexes=True)))

    def body(connection: Any) -> None:
        table.create(connection)
        connection.execute(insert(table), [{"tags": ["a", "b"], "n": [5, 6, 7]}, {"tags": ["c"], "n": []}])
        for condition in (
            table.c.tags.contains(["a"]),
            table.c.tags.contained_by(["a", "b", "z"]),
            table.c.tags.overlap(["b", "q"]),
            table.c.tags.any("b"),
            table.c.n[0] == 5,
            func.array_length(table.c.tags, 1) == 2,
            table.c.tags == pg.array(["a", "b"], type_=Text),
            table.c.tags == ["a", "b"],
        ):
            assert connection.execute(select(table.c.id).where(condition)).scalars().all() == [1], condition
        assert connection.execute(select(table.c.n[0:1]).where(table.c.id == 1)).scalar_one() == [5, 6]
        assert connection.execute(select(func.array_agg(pg.aggregate_order_by(table.c.id, table.c.id.desc())))).scalar_one() == [2, 1]
        assert connection.execute(select(pg.array([1, 2]) + pg.array([3]))).scalar_one() == [1, 2, 3]

    every_postgres(body)


def test_operators_of_ranges_find(every_postgres: Any) -> None:
    table = Table("ranges", MetaData(), Column("id", Integer, primary_key=True), Column("span", pg.INT4RANGE))

    def body(connection: Any) -> None:
        table.create(connection)
        connection.execute(insert(table), [{"span": pg.Range(1, 5)}, {"span": pg.Range(100, 200)}])
        for condition in (
            table.c.span.contains(3),
            table.c.span.contains(pg.Range(2, 4)),
            table.c.span.contained_by(pg.Range(0, 10)),
            table.c.span.overlaps(pg.Range(4, 50)),
            table.c.span << pg.Range(50, 60),
            table.c.span.adjacent_to(pg.Range(5, 6)),
        ):
            assert connection.execute(select(table.c.id).where(condition)).scalars().all() == [1], condition
        assert connection.execute(select(table.c.span + pg.Range(5, 7)).where(table.c.id == 1)).scalar_one() == pg.Range(1, 7)

    every_postgres(body)


def test_full_text_search_finds(every_postgres: Any) -> None:
    def body(connection: Any) -> None:
        found = select(func.to_tsvector("english", "a fat cat").op("@@", is_comparison=True)(func.to_tsquery("english", "cats")))
        assert connection.execute(found).scalar_one() is True
        assert connection.execute(select(func.to_tsvector("english", "a fat cat").match("cats"))).scalar_one() is True

    every_postgres(body)


def test_hstore_reads_and_writes_dicts(every_postgres: Any) -> None:
    def body(connection: Any) -> None:
        if connection.execute(text("SELECT count(*) FROM pg_available_extensions WHERE name = 'hstore'")).scalar() == 0:
            pytest.skip("this PostgreSQL has no hstore")
        connection.execute(text("CREATE EXTENSION IF NOT EXISTS hstore"))
        table = Table("things", MetaData(), Column("id", Integer, primary_key=True), Column("h", pg.HSTORE))
        table.create(connection)
        value = {"a": "1", 'q"uote': "back\\slash", "none": None}
        connection.execute(insert(table).values(h=value))
        assert connection.execute(select(table.c.h)).scalar_one() == value
        assert connection.execute(select(table.c.h["a"]).where(table.c.h.has_key("a"))).scalar_one() == "1"

    every_postgres(body)


def test_a_cast_gives_the_type(every_postgres: Any) -> None:
    every_postgres(lambda connection: _cast(connection))


def _cast(connection: Any) -> None:
    assert connection.execute(select(cast(5, String))).scalar_one() == "5"
    assert connection.execute(select(cast([1, 2], pg.ARRAY(Integer)))).scalar_one() == [1, 2]
