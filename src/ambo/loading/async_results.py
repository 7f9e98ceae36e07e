"""Results whose rows still come over the wire: `AsyncResult`, `AsyncScalarResult`, `AsyncMappingResult`.

Rule 1: the meaning of every verb lives in `results.py`. An async view fetches as many items as the verb can need into a queue, then asks the sync
view over that queue: `AsyncScalarResult.all` is "fetch everything, then ScalarResult.all".
Rule 2: a stream holds a server-side cursor; closing, reading to the end and every error let it go.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, Generic, Literal, Self, TypeVar, overload

from ambo.loading.results import FrozenResult, MappingResult, Result, ScalarResult, Source, View, Wire
from ambo.loading.rows import TP, ResultKeys, Row, RowMapping, RowShape

T = TypeVar("T")
R = TypeVar("R")
FIRST_CHUNK = 5
GROWTH = 5
LARGEST_CHUNK = 1000


class Queue(Iterator[Any]):
    """Items that have arrived and were not read yet. Unlike a generator it may yield again after it was empty.

    `size` is how many rows are fetched at once; without it the first fetch is small, so that the first row comes soon, and the next
    ones grow.
    """

    __slots__ = ("arrived", "done", "grown", "size", "wire")

    def __init__(self, wire: Wire, size: int | None = None) -> None:
        self.wire = wire
        self.size = size
        self.grown = FIRST_CHUNK
        self.arrived: deque[Any] = deque()
        self.done = False

    def __next__(self) -> Any:
        try:
            return self.arrived.popleft()
        except IndexError:
            raise StopIteration from None

    @property
    def _bufsize(self) -> int:
        return self.size or self.grown

    async def fill(self, wanted: int | None) -> None:
        """Fetch until `wanted` items have arrived, or all of them."""
        while not self.done and (wanted is None or len(self.arrived) < wanted):
            chunk = await self.wire.fetch(self.size or (max(wanted, self.grown) if wanted is not None else LARGEST_CHUNK))
            self.grown = min(self.grown * GROWTH, LARGEST_CHUNK)
            self.arrived.extend(chunk)
            if not chunk:
                await self.finish()

    async def finish(self) -> None:
        """Let the cursor go; doing so twice is harmless."""
        if not self.done:
            self.done = True
            await self.wire.close()


class AsyncView(Generic[R]):
    """The verbs that every kind of streamed result has."""

    __slots__ = ("_queue", "_real_result")

    def __init__(self, queue: Queue, view: View[R]) -> None:
        self._queue = queue
        self._real_result = view

    async def _need(self, wanted: int | None) -> View[R]:
        """Have at least `wanted` rows at hand (all of them when rows may be dropped as repeated)."""
        view = self._real_result
        view._rows()
        await self._queue.fill(wanted if view._strategy is False else None)
        return view

    def unique(self, strategy: Callable[[Any], Any] | None = None) -> Self:
        """Drop rows that came before."""
        self._real_result.unique(strategy)
        return self

    def yield_per(self, num: int) -> Self:
        """Fetch `num` rows at a time."""
        self._real_result.yield_per(num)
        self._queue.size = num
        return self

    async def all(self) -> list[R]:
        """Return all remaining rows."""
        return (await self._need(None)).all()

    async def fetchall(self) -> list[R]:
        """Return all remaining rows."""
        return (await self._need(None)).all()

    async def fetchmany(self, size: int | None = None) -> list[R]:
        """Return up to `size` rows, by default as many as `yield_per` says."""
        wanted = size or self._real_result._source.size
        return (await self._need(wanted)).fetchmany(wanted)

    async def partitions(self, size: int | None = None) -> AsyncIterator[list[R]]:
        """Iterate over lists of up to `size` rows, by default as many as `yield_per` says."""
        while part := await self.fetchmany(size):
            yield part

    async def first(self) -> R | None:
        """Return the first row or None, and close the result."""
        found = (await self._need(1)).first()
        await self._queue.finish()
        return found

    async def one(self) -> R:
        """Return the only row, and close the result; raises NoResultFound or MultipleResultsFound."""
        await self._need(2)
        await self._queue.finish()
        return self._real_result.one()

    async def one_or_none(self) -> R | None:
        """Return the only row or None, and close the result; raises MultipleResultsFound."""
        await self._need(2)
        await self._queue.finish()
        return self._real_result.one_or_none()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> R:
        view = self._real_result
        while True:
            found: R | Queue = next(view._rows(), self._queue)
            if not isinstance(found, Queue):
                return found
            if self._queue.done:
                raise StopAsyncIteration
            await self._queue.fill(1)

    @property
    def closed(self) -> bool:
        """Whether the result was closed, rather than read to its end."""
        return self._real_result.closed

    async def close(self) -> None:
        """Give up the remaining rows."""
        self._real_result.close()
        await self._queue.finish()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.close()


class AsyncResult(AsyncView[Row[TP]], Generic[TP]):
    """The rows of a streamed statement: `async for row in await connection.stream(statement)`."""

    __slots__ = ()
    _real_result: Result[TP]

    @classmethod
    def over(
        cls, wire: Wire, shape: RowShape, single: bool = False, needs_unique: str | None = None, chunk: int | None = None
    ) -> AsyncResult[Any]:
        """Make a result whose items come over a wire, `chunk` at a time if that is given."""
        queue = Queue(wire, chunk)
        source = Source(queue, single, needs_unique)
        source.size = chunk
        return cls(queue, Result(source, shape))

    def keys(self) -> ResultKeys:
        """Return the names of the columns."""
        return self._real_result.keys()

    def columns(self, *col_expressions: Any) -> Self:
        """Keep these columns only."""
        self._real_result.columns(*col_expressions)
        return self

    @overload
    def scalars(self: AsyncResult[tuple[T]], index: Literal[0] = 0) -> AsyncScalarResult[T]: ...
    @overload
    def scalars(self, index: Any = 0) -> AsyncScalarResult[Any]: ...
    def scalars(self, index: Any = 0) -> AsyncScalarResult[Any]:
        """Return a view of one column."""
        return AsyncScalarResult(self._queue, self._real_result.scalars(index))

    def mappings(self) -> AsyncMappingResult:
        """Return a view whose rows are mappings."""
        return AsyncMappingResult(self._queue, self._real_result.mappings())

    def tuples(self) -> Self:
        """Return this result, typed as plain tuples."""
        return self

    @property
    def t(self) -> Self:
        """This result, typed as plain tuples."""
        return self

    async def fetchone(self) -> Row[TP] | None:
        """Return the next row, or None at the end."""
        return await anext(self, None)

    async def scalar(self) -> Any:
        """Return the first column of the first row, or None; close the result."""
        return await self.scalars().first()

    async def scalar_one(self) -> Any:
        """Return the first column of the only row."""
        return await self.scalars().one()

    async def scalar_one_or_none(self) -> Any:
        """Return the first column of the only row, or None."""
        return await self.scalars().one_or_none()

    async def freeze(self) -> FrozenResult[TP]:
        """Read everything and keep it."""
        await self._need(None)
        return self._real_result.freeze()


AsyncTupleResult = AsyncResult


class AsyncScalarResult(AsyncView[R], Generic[R]):
    """One value of each row of a stream."""

    __slots__ = ()
    _real_result: ScalarResult[R]


class AsyncMappingResult(AsyncView[RowMapping]):
    """The rows of a stream as mappings."""

    __slots__ = ()
    _real_result: MappingResult

    def keys(self) -> ResultKeys:
        """Return the names of the columns."""
        return self._real_result.keys()

    def columns(self, *col_expressions: Any) -> Self:
        """Keep these columns only."""
        self._real_result.columns(*col_expressions)
        return self

    async def fetchone(self) -> RowMapping | None:
        """Return the next row, or None at the end."""
        return await anext(self, None)


async def ensure_sync_result(result: Any, calling_method: Any) -> Any:
    """Return the result, which is buffered already: only `stream()` gives results whose rows are awaited."""
    return result
