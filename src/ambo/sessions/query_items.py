"""Indexing and iterating a Query, the one place where the colours differ in shape.

    sync    query[3] is an object      query[2:5] is a list         for user in query
    async   await query[3]             await query[2:5].all()       async for user in query
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Iterator
from typing import Any, Generic, Self, TypeVar, overload

from ambo.effects import Op
from ambo.operations import classic
from ambo.sessions.query import QueryBase

T = TypeVar("T", covariant=True)
R = TypeVar("R")


def window(item: slice) -> tuple[int | None, int | None]:
    """Return the bounds of a slice, refusing what SQL cannot count; bounds that are expressions, only the database can compare."""
    if not all(one is None or isinstance(one, int) for one in (item.start, item.stop)):
        return item.start, item.stop
    if item.start is not None and item.stop is not None and item.start >= item.stop and item.start * item.stop >= 0:
        return 0, 0  # nothing, whatever it is counted from
    if (item.start or 0) < 0 or (item.stop is not None and item.stop < 0):
        raise IndexError("negative indexes are not accepted by SQL index / slice operators; slice the list that all() returns")
    return item.start, item.stop


def position(index: int) -> int:
    """Return an index that SQL can count."""
    if index < 0:
        raise IndexError("negative indexes are not accepted by SQL index / slice operators; order descending, or index the list")
    return index


class Items(QueryBase[T], Generic[T]):
    """Blocking indexing and iteration."""

    def _ask(self, operation: Op[R]) -> R:
        answer: R = self.session._run(operation)
        return answer

    def __iter__(self) -> Iterator[T]:
        if "yield_per" in self.get_execution_options():
            stream = self.session.stream_scalars if self.is_single_entity else self.session.stream
            return iter(stream(self.statement))
        return iter(self._ask(classic.all_rows(self.session, self.statement, self.is_single_entity)))

    @overload
    def __getitem__(self, item: int) -> T: ...
    @overload
    def __getitem__(self, item: slice) -> list[T]: ...
    def __getitem__(self, item: int | slice) -> Any:
        if isinstance(item, slice):
            return list(self.slice(*window(item)))[:: item.step]
        return self._ask(classic.item(self.session, self.statement, self.is_single_entity, position(item)))


class AsyncItems(QueryBase[T], Generic[T]):
    """Awaiting indexing and iteration."""

    async def _ask(self, operation: Op[R]) -> R:
        answer: R = await self.session._run(operation)
        return answer

    async def __aiter__(self) -> AsyncIterator[T]:
        if "yield_per" in self.get_execution_options():
            stream = self.session.stream_scalars if self.is_single_entity else self.session.stream
            async for one in await stream(self.statement):
                yield one
            return
        for one in await self._ask(classic.all_rows(self.session, self.statement, self.is_single_entity)):
            yield one

    @overload
    def __getitem__(self, item: int) -> Awaitable[T]: ...
    @overload
    def __getitem__(self, item: slice) -> Self: ...
    def __getitem__(self, item: int | slice) -> Any:
        if isinstance(item, slice):
            if item.step not in (None, 1):
                raise IndexError("a query's slice has no step under asyncio; slice the list that 'await query.all()' returns")
            return self.slice(*window(item))
        return self._ask(classic.item(self.session, self.statement, self.is_single_entity, position(item)))
