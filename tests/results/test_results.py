"""Rows and results, without a database."""

import asyncio
import pickle
from collections.abc import Iterable
from typing import Any

import pytest

from ambo.errors import InvalidRequestError, MultipleResultsFound, NoResultFound, NoSuchColumnError, ResourceClosedError
from ambo.loading.async_results import AsyncResult
from ambo.loading.results import ChunkedIteratorResult, IteratorResult, Result, ScalarResult, Source
from ambo.loading.rows import RowShape


class Thing:
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, name: str) -> None:
        self.name = name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Thing) and other.name == self.name


def result(rows: Iterable[Any] = ((1, "a"), (2, "b"), (1, "a")), names: tuple[str, ...] = ("id", "name")) -> Result[Any]:
    return IteratorResult(RowShape(names), list(rows))


def test_a_row_is_a_tuple_with_names() -> None:
    row = result().fetchone()
    assert row is not None
    assert row == (1, "a")
    assert (row.id, row.name, row[0], row._fields) == (1, "a", 1, ("id", "name"))
    assert row._asdict() == {"id": 1, "name": "a"} == dict(row._mapping)
    assert row._tuple() is row.t is row
    assert sorted([row, (0, "z")]) == [(0, "z"), row]
    assert hash(row) == hash((1, "a"))
    assert repr(row) == "(1, 'a')"


def test_a_column_named_like_a_method_wins() -> None:
    row = result([(7, 8, 9)], ("count", "index", "t")).one()
    assert (row.count, row.index, row.t) == (7, 8, 9)
    plain = result().first()
    assert plain is not None and plain.count(1) == 1


def test_rows_and_mappings_are_pickled_by_name() -> None:
    row = result().first()
    assert row is not None
    again = pickle.loads(pickle.dumps(row))
    assert again == row and again.name == "a"
    assert pickle.loads(pickle.dumps(row._mapping))["name"] == "a"


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    row = result().first()
    assert row is not None
    with pytest.raises(AttributeError, match=r"'nmae'.*did you mean 'name'"):
        _ = row.nmae
    with pytest.raises(NoSuchColumnError, match="did you mean 'name'"):
        row._mapping["nmae"]
    with pytest.raises(KeyError):
        row._mapping[0]  # type: ignore[index]
    assert "nmae" not in row._mapping and "name" in row._mapping


def test_a_name_used_twice_is_an_error_only_when_used() -> None:
    row = result([(1, 2, 3)], ("a", "a", "b")).one()
    assert row.b == 3
    assert list(row._mapping.items()) == [("a", 1), ("a", 2), ("b", 3)]
    with pytest.raises(InvalidRequestError, match="several columns"):
        _ = row.a
    with pytest.raises(InvalidRequestError, match="several columns"):
        row._mapping["a"]


def test_objects_find_their_value_by_identity_or_structure() -> None:
    class Column:
        def __init__(self, token: int) -> None:
            self._tokens = (token,)

    first, second = Column(1), Column(2)
    shape = RowShape(("x", "y"), [(first,), (second,)])
    row = IteratorResult[Any](shape, [(10, 20)]).one()
    assert row._mapping[second] == 20  # type: ignore[index]
    assert row._mapping[Column(2)] == 20  # type: ignore[index]
    with pytest.raises(NoSuchColumnError):
        row._mapping[Column(3)]  # type: ignore[index]


def test_views_share_what_is_left() -> None:
    whole = result()
    assert whole.fetchone() == (1, "a")
    assert next(iter(whole.scalars())) == 2
    assert whole.mappings().all() == [{"id": 1, "name": "a"}]
    assert whole.all() == [] and not whole.closed


def test_verbs_that_want_one_row_close_the_result() -> None:
    with pytest.raises(MultipleResultsFound):
        result().one()
    with pytest.raises(MultipleResultsFound):
        result().scalar_one_or_none()
    with pytest.raises(NoResultFound):
        result([]).scalar_one()
    assert result([]).one_or_none() is None and result([]).scalar() is None
    whole = result()
    assert whole.scalar() == 1 and whole.closed
    with pytest.raises(ResourceClosedError, match="closed"):
        whole.all()


def test_unique_drops_equal_rows_and_same_objects() -> None:
    assert result().unique().all() == [(1, "a"), (2, "b")]
    assert result([(1, "a"), (1, "b")]).unique(lambda row: row[0]).all() == [(1, "a")]
    assert result([([1],), ([1],)], ("doc",)).unique().all() == [([1],), ([1],)]
    one, other = Thing("x"), Thing("x")
    shape = RowShape(("thing",), None, (True,))
    assert len(IteratorResult[Any](shape, [one, other, one], single=True).unique().all()) == 2
    assert IteratorResult[Any](shape, [one, other, one], single=True).scalars().unique().all() == [one, other]
    assert result([(1, 1), (1, 2)]).unique().scalars().all() == [1]
    assert result([(1, "a"), (1, "a")]).unique().one() == (1, "a")


def test_repeating_rows_demand_unique() -> None:
    source = Source(["u", "u"], single=True, needs_unique="User.addresses")
    scalars: ScalarResult[str] = ScalarResult(source, RowShape(("User",)))
    with pytest.raises(InvalidRequestError, match=r"User\.addresses.*\.unique\(\)"):
        scalars.all()
    assert scalars.unique().all() == ["u"]


def test_columns_pick_and_reorder() -> None:
    picked = result().columns("name", 0)
    assert list(picked.keys()) == ["name", "id"] == picked.keys()
    assert picked.columns(1).all() == [(1,), (2,), (1,)]
    assert result().scalars("name").all() == ["a", "b", "a"]
    with pytest.raises(NoSuchColumnError):
        result().columns("nope")
    with pytest.raises(IndexError):
        result().scalars(2)


def test_partitions_follow_yield_per() -> None:
    assert [len(part) for part in result().yield_per(2).partitions()] == [2, 1]
    assert result().fetchmany(2) == [(1, "a"), (2, "b")]
    asked: list[int | None] = []

    def chunks(size: int | None) -> Iterable[list[tuple[int]]]:
        asked.append(size)
        return [[(1,), (2,)], [(3,)]]

    assert ChunkedIteratorResult[Any](["n"], chunks).yield_per(5).scalars().all() == [1, 2, 3]
    assert asked == [5]


def test_a_frozen_result_replays() -> None:
    frozen = result().freeze()
    assert frozen().all() == frozen().all() == [(1, "a"), (2, "b"), (1, "a")]
    assert frozen.with_new_rows([(5, "e")])().scalars().all() == [5]
    single = IteratorResult[Any](RowShape(("x",)), ["v"], single=True).freeze()
    assert single().all() == [("v",)] and single.rewrite_rows() == [("v",)]


def test_merged_results_follow_one_another() -> None:
    assert result([(1, "a")]).merge(result([(2, "b")]), result([])).all() == [(1, "a"), (2, "b")]


class Tape:
    """A wire that plays chunks and remembers what was asked."""

    def __init__(self, items: list[Any]) -> None:
        self.items = items
        self.asked: list[int] = []
        self.closes = 0

    async def fetch(self, size: int) -> list[Any]:
        self.asked.append(size)
        part, self.items = self.items[:size], self.items[size:]
        return part

    async def close(self) -> None:
        self.closes += 1


def stream(tape: Tape) -> AsyncResult[Any]:
    return AsyncResult.over(tape, RowShape(("n",)))


def test_a_stream_has_the_verbs_of_a_result() -> None:
    async def main() -> None:
        tape = Tape([(1,), (2,), (2,), (3,)])
        whole = stream(tape).yield_per(2)
        assert await whole.fetchone() == (1,)
        assert [row.n async for row in whole] == [2, 2, 3]
        assert await whole.all() == [] and tape.closes == 1 and set(tape.asked) == {2}
        assert await stream(Tape([(1,), (1,)])).unique().scalars().all() == [1]
        assert [part async for part in stream(Tape([(1,), (2,), (3,)])).scalars().partitions(2)] == [[1, 2], [3]]
        assert await stream(Tape([(1,)])).scalar_one() == 1
        assert await stream(Tape([(1,)])).mappings().one() == {"n": 1}
        with pytest.raises(MultipleResultsFound):
            await stream(Tape([(1,), (2,)])).one()
        tape = Tape([(1,), (2,)])
        async with stream(tape) as opened:
            assert await opened.first() == (1,)
        assert tape.closes == 1
        with pytest.raises(ResourceClosedError):
            await opened.all()

    asyncio.run(main())
