"""What only psycopg's links do: prepared statements, binary results, arrays; and that values do not depend on it."""

from __future__ import annotations

import asyncio
import contextvars
import datetime as dt
import gc
import os
import uuid
from decimal import Decimal
from typing import Any

import pytest
from psycopg import generators

from ambo import errors
from ambo.drivers.postgresql import cast_parameters
from ambo.drivers.psycopg_watch import Watch
from ambo.effects import Execute

PSYCOPG = pytest.mark.parametrize("world", ["psycopg-sync", "psycopg-async"], indirect=True)
POSTGRES = pytest.mark.parametrize("world", ["psycopg-sync", "psycopg-async", "asyncpg-async"], indirect=True)

VALUES: list[tuple[str, Any]] = [
    ("BOOLEAN", True),
    ("SMALLINT", -7),
    ("INTEGER", 2**31 - 1),
    ("BIGINT", -(2**63)),
    ("DOUBLE PRECISION", 1.1),
    ("REAL", 1.5),
    ("NUMERIC", Decimal("12345678901234567890.000001")),
    ("TEXT", "naïve 🙂"),
    ("VARCHAR", ""),
    ("BYTEA", b"\x00\xff\\x"),
    ("UUID", uuid.UUID(int=5)),
    ("DATE", dt.date(1, 1, 1)),
    ("TIME", dt.time(23, 59, 59, 999999)),
    ("TIMESTAMP", dt.datetime(9999, 12, 31, 23, 59, 59, 999999)),
    ("TIMESTAMPTZ", dt.datetime(2024, 3, 31, 1, 30, tzinfo=dt.UTC)),
    ("INTERVAL", dt.timedelta(days=-3, microseconds=5)),
    ("INTEGER[]", [1, None, 70000]),
    ("TEXT[]", ["a,b", 'q"', "", None]),
    ("TIMESTAMPTZ[]", [dt.datetime(2024, 1, 1, tzinfo=dt.UTC)]),
    ("NUMERIC[]", [Decimal("1.10"), Decimal("-2")]),
    ("UUID[]", [uuid.UUID(int=7)]),
    ("BOOLEAN[]", []),
    ("INTEGER[]", [None, None]),
    ("INTEGER", None),
]


@POSTGRES
@pytest.mark.parametrize(("kind", "value"), VALUES)
async def test_values_come_back_the_same_however_often(world: Any, kind: str, value: Any) -> None:
    link = await world.link()
    for _ in range(4):
        found = (await world.do(link.execute, f"SELECT $1::{kind} AS value, 1 AS one", (value,))).rows[0][0]
        assert found == value
        assert type(found) is type(value) or isinstance(found, uuid.UUID)


@POSTGRES
async def test_a_parameter_larger_than_any_buffer(world: Any) -> None:
    link = await world.link()
    large = "x" * 20_000_000
    assert (await world.do(link.execute, "SELECT length($1::TEXT)", (large,))).rows[0][0] == len(large)
    first, second = await world.do(link.batch, [Execute(link, "SELECT $1::TEXT", (large,)), Execute(link, "SELECT 1")])
    assert first.rows[0][0] == large and second.rows[0][0] == 1


@POSTGRES
@pytest.mark.parametrize(
    ("kind", "numbers"),
    [
        ("INTEGER", [0, -1, 2**31 - 1, -(2**31)]),
        ("BIGINT", [0, -1, 2**31, -(2**31) - 1, 2**32 - 1, 2**63 - 1, -(2**63)]),
        ("INTEGER", [1, None, 3]),
        ("BIGINT", []),
        ("SMALLINT", [1, -7]),
    ],
)
async def test_arrays_of_numbers_beside_other_parameters(world: Any, kind: str, numbers: list[Any]) -> None:
    link = await world.link()
    for _ in range(3):
        rows = (await world.do(link.execute, f"SELECT * FROM unnest($2::{kind}[], $1::VARCHAR[]) AS t (n, s) WHERE 1 = $3", (["x"], numbers, 1))).rows
        assert [row[0] for row in rows] == numbers or (numbers == [] and len(rows) == 1)
        assert (await world.do(link.execute, f"SELECT $2::{kind}[], $1::{kind}[]", (numbers, numbers[::-1]))).rows[0][0] == numbers[::-1]


@PSYCOPG
async def test_arrays_of_numbers_of_all_sizes_are_prepared_once(world: Any) -> None:
    link = await world.link()
    for numbers in ([1], [40_000], [2**31 - 1]):
        await world.do(link.execute, "SELECT $1::INTEGER[]", (numbers,))
    assert (await world.do(link.execute, "SELECT count(*) FROM pg_prepared_statements")).rows == [(1,)]
    with pytest.raises(errors.DataError):
        await world.do(link.execute, "SELECT $1::INTEGER[]", ([2**31],))


@POSTGRES
async def test_arrays_of_an_enumerated_type_and_as_rows(world: Any) -> None:
    link = await world.link()
    await world.do(link.execute, "CREATE TYPE mood AS ENUM ('sad', 'ok')")
    for _ in range(3):
        found = await world.do(link.execute, "SELECT * FROM unnest($1::mood[], $2::INTEGER[])", (["ok", "sad"], [1, 70000]))
        assert [tuple(row) for row in found.rows] == [("ok", 1), ("sad", 70000)]


@PSYCOPG
async def test_one_prepared_statement_for_numbers_of_all_sizes(world: Any) -> None:
    link = await world.link()
    for number in (1, 2, 70000, 2**40, 3):
        await world.do(link.execute, "SELECT $1::BIGINT", (number,))
    found = await world.do(link.execute, "SELECT count(*) FROM pg_prepared_statements")
    assert found.rows == [(1,)]


@PSYCOPG
async def test_rollback_keeps_prepared_statements(world: Any) -> None:
    link = await world.link()
    for _ in range(4):
        await world.do(link.batch, [Execute(link, "BEGIN"), Execute(link, "SELECT $1::BIGINT", (1,))])
        await world.do(link.execute, "ROLLBACK")
    assert (await world.do(link.execute, "SELECT count(*) FROM pg_prepared_statements")).rows == [(1,)]
    assert link.round_trips == 9


@PSYCOPG
async def test_statements_are_forgotten_here_and_on_the_server(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ambo.drivers.psycopg_wire._KNOWN_LIMIT", 5)
    link = await world.link()
    for number in range(20):
        for _ in range(3):
            await world.do(link.execute, f"SELECT $1::BIGINT + {number}", (1,))
    assert len(link.known) <= 5
    assert (await world.do(link.execute, "SELECT count(*) FROM pg_prepared_statements")).rows[0][0] <= 6


@PSYCOPG
async def test_without_preparing(world: Any) -> None:
    link = await world.link(prepare_threshold=None)
    for _ in range(4):
        await world.do(link.execute, "SELECT $1::BIGINT", (1,))
    assert (await world.do(link.execute, "SELECT count(*) FROM pg_prepared_statements")).rows == [(0,)]


@PSYCOPG
async def test_an_error_while_preparing_in_a_batch(world: Any) -> None:
    link = await world.link()
    await world.do(link.execute, "CREATE TABLE gone (id INTEGER)")
    for _ in range(2):
        await world.do(link.execute, "SELECT id FROM gone WHERE id = $1::INTEGER", (1,))
    other = await world.link()
    await world.do(other.execute, "DROP TABLE gone")
    for _ in range(2):
        with pytest.raises(errors.ProgrammingError, match="does not exist") as caught:
            await world.do(link.batch, [Execute(link, "BEGIN"), Execute(link, "SELECT id FROM gone WHERE id = $1::INTEGER", (1,))])
        assert caught.value.statement == "SELECT id FROM gone WHERE id = $1::INTEGER"
        await world.do(link.execute, "ROLLBACK")


def test_which_parameters_have_casts() -> None:
    assert cast_parameters("SELECT $1::INTEGER, $2, $3::BYTEA, $10::VARCHAR[], $4::DOUBLE PRECISION, $5::NUMERIC(10, 2)[]") == (
        frozenset({0, 3}),
        {4: "NUMERIC(10, 2)", 9: "VARCHAR"},
    )
    assert cast_parameters("SELECT $1::TIMESTAMP WITHOUT TIME ZONE[], $2::BYTEA[]") == (frozenset(), {0: "TIMESTAMP WITHOUT TIME ZONE", 1: "BYTEA"})


# ---- waiting under asyncio

ASYNC = pytest.mark.parametrize("world", ["psycopg-async"], indirect=True)


def descriptors() -> int:
    return len(os.listdir("/dev/fd"))


@ASYNC
async def test_a_warm_statement_registers_nothing_with_the_loop(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    link = await world.link()
    await link.execute("SELECT 1")
    loop, seen = asyncio.get_running_loop(), []
    for name in ("add_reader", "remove_reader", "add_writer", "remove_writer"):
        monkeypatch.setattr(loop, name, lambda *args, name=name: seen.append(name))
    for _ in range(3):
        await link.batch([Execute(link, "BEGIN"), Execute(link, "SELECT 1")])
        await link.execute("ROLLBACK")
    monkeypatch.undo()
    assert seen == []


@ASYNC
async def test_the_raw_connection_can_be_used_in_between(world: Any) -> None:
    link = await world.link()
    for number in range(3):
        assert (await link.execute("SELECT $1::INTEGER", (number,))).rows == [(number,)]
        cursor = await link.raw.execute("SELECT %s", (number,))
        assert await cursor.fetchone() == (number,)
    assert (await link.driver_sql("SELECT %s", (7,))).rows == [(7,)]
    assert (await link.execute("SELECT 8")).rows == [(8,)]


@ASYNC
async def test_a_large_parameter_waits_until_it_can_be_written(world: Any) -> None:
    link = await world.link()
    text = "x" * 20_000_000
    assert (await link.execute("SELECT length($1::VARCHAR)", (text,))).rows == [(len(text),)]
    assert not link.watch.is_writing


@ASYNC
async def test_what_arrives_while_nobody_waits_does_not_keep_the_loop_busy(world: Any) -> None:
    link, other = await world.link(), await world.link()
    pid = (await link.execute("SELECT pg_backend_pid()")).rows[0][0]
    assert link.watch.is_reading
    await other.execute("SELECT pg_terminate_backend($1::INTEGER)", (pid,))
    async with asyncio.timeout(10):
        while link.watch.is_reading:
            await asyncio.sleep(0.01)
    with pytest.raises(errors.OperationalError):
        await link.execute("SELECT 1")
    assert link.is_broken


@ASYNC
@pytest.mark.skipif(not os.path.exists("/dev/fd"), reason="needs /dev/fd")
@pytest.mark.parametrize("how", ["close", "terminate", "drop", "broken"])
async def test_a_links_descriptors_are_given_up(world: Any, how: str) -> None:
    await (await world.link()).close()
    before = descriptors()
    link = await world.driver.connect(world.url, {})
    await link.execute("SELECT 1")
    assert descriptors() == before + 2
    if how == "broken":
        link.pgconn.finish()
        with pytest.raises(errors.DBAPIError):
            await link.execute("SELECT 1")
        link.terminate()
    elif how == "close":
        await link.close()
    elif how == "terminate":
        link.terminate()
    del link
    gc.collect()
    assert descriptors() == before


@ASYNC
async def test_a_cancellation_that_comes_with_the_answer_sends_no_cancel_request(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    link = await world.link()
    monkeypatch.setattr(type(link.raw), "cancel_safe", None)
    step = Watch.step

    def step_and_cancel(watch: Watch, ready: int) -> None:
        answer = watch.answer
        step(watch, ready)
        if answer is not None and answer.done():
            task.cancel()

    monkeypatch.setattr(Watch, "step", step_and_cancel)
    task = asyncio.ensure_future(link.execute("SELECT 1"))
    with pytest.raises(asyncio.CancelledError):
        await task
    monkeypatch.setattr(Watch, "step", step)
    link.watch.rest()
    assert (await link.execute("SELECT 2")).rows == [(2,)]


class Parts(list[Any]):
    """A reader that keeps what it is given."""

    part = 10

    def __call__(self, rows: list[Any]) -> None:
        self.append(list(rows))


@PSYCOPG
async def test_a_reader_is_given_the_rows_in_parts(world: Any) -> None:
    link = await world.link()
    for _ in range(3):
        reader = Parts()
        first, found = await world.do(
            link.batch, [Execute(link, "SELECT 1"), Execute(link, "SELECT n FROM generate_series(1, $1::INTEGER) n", (25,), reader)]
        )
        assert first.rows == [(1,)]
        assert (found.rows, found.names, found.rowcount) == ([], ("n",), 25)
        assert reader == [[(n,) for n in range(1, 11)], [(n,) for n in range(11, 21)], [(n,) for n in range(21, 26)]]
    assert (await world.do(link.execute, "SELECT 2")).rows == [(2,)]


@PSYCOPG
async def test_a_reader_of_a_statement_that_does_not_run(world: Any) -> None:
    link = await world.link()
    reader = Parts()
    with pytest.raises(errors.DataError, match="division by zero"):
        await world.do(link.batch, [Execute(link, "SELECT 1 / 0"), Execute(link, "SELECT 1", (), reader)])
    assert reader == [] and not link.is_broken
    assert (await world.do(link.execute, "SELECT 2")).rows == [(2,)]


@PSYCOPG
async def test_rows_that_psycopg_cannot_read_cost_no_connection(world: Any) -> None:
    link = await world.link()
    reader = Parts()
    sql = "SELECT CASE WHEN n = 15 THEN 'infinity' ELSE '2024-01-01' END::DATE FROM generate_series(1, 40) n"
    with pytest.raises(errors.DataError, match="too large"):
        await world.do(link.batch, [Execute(link, sql, (), reader), Execute(link, "SELECT 1")])
    assert len(reader) == 1 and not link.is_broken
    assert (await world.do(link.execute, "SELECT 2")).rows == [(2,)]


@ASYNC
async def test_what_reads_sees_the_tasks_context_variables(world: Any) -> None:
    link = await world.link()
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="unset")
    seen: list[str] = []

    def waiting() -> Any:
        link.pgconn.send_query(b"SELECT 1")
        yield 1
        seen.append(variable.get())
        return (yield from generators.fetch_many(link.pgconn))

    await link.execute("SELECT 1")
    variable.set("set")
    await link.wait(waiting())
    assert seen == ["set"]
