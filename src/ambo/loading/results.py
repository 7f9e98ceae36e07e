"""What a statement brought back: `Result` and its views `ScalarResult` and `MappingResult`.

    source (items, taken once) ──> view: columns picked ─> made unique ─> Row | scalar | RowMapping ──> verb (all, first, one, ...)

Rule 1: all views of a result share one source; what one has taken, another does not see again.
Rule 2: a view is a chain of C-level iterators (`map`, `zip`, `filter`), none of which remembers that it was exhausted: a stream's source may
fill again. No Python frame runs per row unless the user asked for uniqueness.
Rule 3: an item of the source is a tuple of values, or the only value itself when the source is `single` (one entity selected, the
commonest case, then costs no tuple).
Rule 4: reading to the end leaves the result open and empty; `first`, `one`, `scalar` and their kin close it, as SQLAlchemy's do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain, islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Generic, Literal, Protocol, Self, TypeVar, overload

from ambo.errors import InvalidRequestError, MultipleResultsFound, NoResultFound, ResourceClosedError
from ambo.loading.rows import TP, ResultKeys, Row, RowMapping, RowShape, shape_of_names

T = TypeVar("T")
R = TypeVar("R")
_NOTHING: Any = object()
LARGE_CHUNK = 1000


class Wire(Protocol):
    """Where a stream's items come from: `fetch(n)` brings up to n more, an empty list at the end; `close()` lets the cursor go.

    Under asyncio both return awaitables.
    """

    fetch: Callable[[int], Any]
    close: Callable[[], Any]


class Source:
    """The items of one result, shared by its views.

    `needs_unique` names the collection for which rows repeat (a joined eager load), so that reading demands `unique()`. `closing` is called
    once when the result is closed before its end; `size` is the number of rows a streaming source fetches at a time.
    """

    __slots__ = ("closed", "closing", "items", "needs_unique", "no_rows", "origin", "single", "size")

    def __init__(
        self,
        items: Iterable[Any],
        single: bool = False,
        needs_unique: str | None = None,
        closing: Callable[[], Any] | None = None,
        no_rows: bool = False,
    ) -> None:
        self.items = iter(items)
        self.origin = self.items
        self.single = single
        self.needs_unique = needs_unique
        self.closing = closing
        self.no_rows = no_rows
        self.closed = False
        self.size: int | None = None

    def close(self) -> None:
        """Give up the remaining items; doing so twice is harmless."""
        if not self.closed:
            self.closed = True
            self.items = iter(())
            closing, self.closing = self.closing, None
            if closing is not None:
                closing()

    def refusal(self) -> Exception:
        """Return the error that says why nothing can be read."""
        if self.no_rows:
            return ResourceClosedError("this statement returns no rows, so there is nothing to read; use .rowcount, or add .returning(...)")
        return ResourceClosedError("this result is closed; read it before closing it or calling first(), one() or scalar()")


class View(Generic[R]):
    """The verbs that every kind of result has; `R` is what one row looks like in it."""

    __slots__ = ("_iterator", "_seen", "_shape", "_source", "_strategy")

    def __init__(self, source: Source, shape: RowShape) -> None:
        self._source = source
        self._shape = shape
        self._iterator: Iterator[R] | None = None
        self._strategy: Callable[[Any], Any] | Literal[False] | None = False
        self._seen: set[Any] | None = None

    def _rows(self) -> Iterator[R]:
        """Return the iterator of finished rows.

        Raises ResourceClosedError on a closed result, InvalidRequestError where `unique()` is missing.
        """
        if self._source.closed or self._source.no_rows:
            raise self._source.refusal()
        found = self._iterator
        if found is None:
            if self._source.needs_unique is not None and self._strategy is False:
                raise InvalidRequestError(
                    f"the rows repeat, because {self._source.needs_unique} is loaded by a join against a collection; "
                    "call .unique() on the result before reading it"
                )
            found = self._iterator = self._chain()
        return found

    def _chain(self) -> Iterator[R]:
        raise NotImplementedError

    def _deduplicated(self, items: Iterator[Any], key: Callable[[Any], Any]) -> Iterator[Any]:
        """Pass each item on once, if the user asked for that; `key` is the default meaning of "the same"."""
        if self._strategy is False:
            return items
        if self._seen is None:
            self._seen = set()
        return filter(partial(_is_new, self._seen, self._strategy or key), items)

    def unique(self, strategy: Callable[[Any], Any] | None = None) -> Self:
        """Drop rows that came before; `strategy` maps a row (or scalar) to what must differ, by default its values or identity."""
        self._strategy = strategy
        self._iterator = None
        return self

    def yield_per(self, num: int) -> Self:
        """Read `num` rows at a time: the size of `partitions()` and, of a stream, of what is fetched at once."""
        self._source.size = num
        return self

    def all(self) -> list[R]:
        """Return all remaining rows."""
        return list(self._rows())

    def fetchall(self) -> list[R]:
        """Return all remaining rows."""
        return list(self._rows())

    def fetchmany(self, size: int | None = None) -> list[R]:
        """Return up to `size` rows, by default as many as `yield_per` says, or else all."""
        return list(islice(self._rows(), size or self._source.size))

    def partitions(self, size: int | None = None) -> Iterator[list[R]]:
        """Iterate over lists of up to `size` rows, by default as many as `yield_per` says."""
        while part := self.fetchmany(size):
            yield part

    def first(self) -> R | None:
        """Return the first row or None, and close the result; here rows that repeat need no `unique()`."""
        if self._strategy is False and self._iterator is None and not self._source.closed and not self._source.no_rows:
            self._iterator = self._chain()
        found = next(self._rows(), None)
        self._source.close()
        return found

    def one(self) -> R:
        """Return the only row, and close the result.

        Raises NoResultFound if there is none, MultipleResultsFound if there are more.
        """
        found: R = self._single("exactly one")
        if found is _NOTHING:
            raise NoResultFound("No row was found when one was required; use one_or_none() or first() if there may be none")
        return found

    def one_or_none(self) -> R | None:
        """Return the only row, or None if there is none; close the result.

        Raises MultipleResultsFound if there are more.
        """
        found: R = self._single("one or none")
        return None if found is _NOTHING else found

    def _single(self, wanted: str) -> Any:
        rows = self._rows()
        try:
            found = next(rows, _NOTHING)
            if next(rows, _NOTHING) is not _NOTHING:
                raise MultipleResultsFound(
                    f"Multiple rows were found when {wanted} was required; use first() or limit(1) if any of them will do"
                )
        finally:
            self._source.close()
        return found

    def __iter__(self) -> Iterator[R]:
        return self._rows()

    def __next__(self) -> R:
        return next(self._rows())

    @property
    def closed(self) -> bool:
        """Whether the result was closed, rather than read to its end."""
        return self._source.closed

    @property
    def _soft_closed(self) -> bool:
        return self._source.closed or self._source.no_rows

    @property
    def cursor_strategy(self) -> Any:
        """Where the rows come from: a stream's queue, or an iterator of what was fetched."""
        return self._source.origin

    def close(self) -> None:
        """Give up the remaining rows."""
        self._source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._source.close()


def _is_new(seen: set[Any], key: Callable[[Any], Any], item: Any) -> bool:
    found = key(item)
    try:
        if found in seen:
            return False
    except TypeError as error:
        raise InvalidRequestError(
            f"Can't apply uniqueness to {item!r}: one of its values cannot be hashed ({error}), so nobody can tell whether it came before. "
            "Give unique() a function that says what is to differ."
        ) from error
    seen.add(found)
    return True


def _scalar_key(value: Any) -> Any:
    try:
        hash(value)
    except TypeError:
        return id(value)
    return value


class _Columns(View[R]):
    """A view whose rows hold several columns, possibly picked from the source's."""

    __slots__ = ("_picked",)

    def __init__(self, source: Source, shape: RowShape, picked: tuple[int, ...] | None = None) -> None:
        super().__init__(source, shape)
        self._picked = picked

    def _tuples(self) -> Iterator[tuple[Any, ...]]:
        source = self._source
        items: Iterator[Any] = zip(source.items) if source.single else source.items
        picked = self._picked
        if picked is None:
            return items
        return zip(map(itemgetter(*picked), items)) if len(picked) == 1 else map(itemgetter(*picked), items)

    def columns(self, *col_expressions: Any) -> Self:
        """Keep these columns only, in this order; each is a position, a name or a column."""
        positions = self._shape.positions(col_expressions)
        self._picked = positions if self._picked is None else tuple(self._picked[at] for at in positions)
        self._shape = self._shape.narrow(positions)
        self._iterator = None
        return self

    def keys(self) -> ResultKeys:
        """Return the names of the columns.

        Raises ResourceClosedError for a statement that returns no rows.
        """
        if self._source.no_rows:
            raise self._source.refusal()
        return ResultKeys(self._shape)

    def fetchone(self) -> R | None:
        """Return the next row, or None at the end."""
        return next(self._rows(), None)


class Result(_Columns[Row[TP]], Generic[TP]):
    """The rows of an executed statement.

    Iterate over it, or call one of its verbs: `all()`, `first()`, `one()`, `scalars()`, `mappings()`, …

        for user_id, name in session.execute(select(User.id, User.name)):
            ...
    """

    __slots__ = ()

    def _chain(self) -> Iterator[Row[TP]]:
        rows: Iterator[Any] = map(self._shape.row_class, self._tuples())
        return self._deduplicated(rows, self._shape.unique_key())

    @overload
    def scalars(self: Result[tuple[T]], index: Literal[0] = 0) -> ScalarResult[T]: ...
    @overload
    def scalars(self, index: Any = 0) -> ScalarResult[Any]: ...
    def scalars(self, index: Any = 0) -> ScalarResult[Any]:
        """Return a view of one column, by default the first; `index` is a position, a name or a column."""
        at = 0 if index == 0 and isinstance(index, int) else self._shape.positions((index,))[0]
        by_identity = self._shape.by_identity is not None and self._shape.by_identity[at]
        view: ScalarResult[Any] = ScalarResult(self._source, self._shape, self._picked[at] if self._picked else at, by_identity)
        view._strategy = self._strategy
        return view

    def mappings(self) -> MappingResult:
        """Return a view whose rows are mappings."""
        view = MappingResult(self._source, self._shape, self._picked)
        view._strategy = self._strategy
        return view

    def tuples(self) -> TupleResult[TP]:
        """Return this result, typed as plain tuples."""
        return self  # type: ignore[return-value]  # a view for type checkers only

    @property
    def t(self) -> TupleResult[TP]:
        """This result, typed as plain tuples."""
        return self  # type: ignore[return-value]  # a view for type checkers only

    @overload
    def scalar(self: Result[tuple[T]]) -> T | None: ...
    @overload
    def scalar(self) -> Any: ...
    def scalar(self) -> Any:
        """Return the first column of the first row, or None; close the result."""
        return self.scalars().first()

    @overload
    def scalar_one(self: Result[tuple[T]]) -> T: ...
    @overload
    def scalar_one(self) -> Any: ...
    def scalar_one(self) -> Any:
        """Return the first column of the only row; like `one()` it raises if there is no row, or several."""
        return self.scalars().one()

    @overload
    def scalar_one_or_none(self: Result[tuple[T]]) -> T | None: ...
    @overload
    def scalar_one_or_none(self) -> Any: ...
    def scalar_one_or_none(self) -> Any:
        """Return the first column of the only row, or None if there is none."""
        return self.scalars().one_or_none()

    @property
    def returns_rows(self) -> bool:
        """Whether there is anything to read."""
        return not self._source.no_rows

    @classmethod
    def over(cls, wire: Wire, shape: RowShape, single: bool = False, needs_unique: str | None = None, chunk: int | None = None) -> Self:
        """Make a result whose items come over a wire, `chunk` at a time if that is given."""
        source = Source((), single, needs_unique, wire.close)
        source.size = chunk
        source.items = chain.from_iterable(iter(lambda: wire.fetch(source.size or LARGE_CHUNK), []))
        return cls(source, shape)

    def freeze(self) -> FrozenResult[TP]:
        """Read everything and keep it; calling the frozen result gives a new result over the same rows."""
        return FrozenResult(self)

    def merge(self, *others: Result[Any]) -> MergedResult[TP]:
        """Return one result that reads this one and then the others, which have the same columns."""
        return MergedResult(self, others)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {list(self._shape.names)}>"


class TupleResult(Result[TP], Generic[TP]):
    """A `Result` as type checkers see it after `tuples()`: its rows are plain tuples. At run time it is the result itself."""

    __slots__ = ()

    if TYPE_CHECKING:

        def __iter__(self) -> Iterator[TP]: ...  # type: ignore[override]
        def all(self) -> list[TP]: ...  # type: ignore[override]
        def first(self) -> TP | None: ...  # type: ignore[override]
        def one(self) -> TP: ...  # type: ignore[override]
        def one_or_none(self) -> TP | None: ...  # type: ignore[override]
        def fetchall(self) -> list[TP]: ...  # type: ignore[override]


class ScalarResult(View[R], Generic[R]):
    """One value of each row, such as the entity of `select(User)`."""

    __slots__ = ("_at", "_by_identity")

    def __init__(self, source: Source, shape: RowShape, at: int = 0, by_identity: bool = False) -> None:
        super().__init__(source, shape)
        self._at = at
        self._by_identity = by_identity

    def all(self) -> list[R]:
        """Return all remaining values."""
        source = self._source
        if source.single and not source.closed and self._iterator is None:
            if self._strategy is False and source.needs_unique is None:
                return list(source.items)  # the commonest case, without a frame more than it needs
            if self._strategy is None and self._by_identity and self._seen is None:
                items = list(source.items)
                found = dict(zip(map(id, items), items, strict=True))
                self._seen = set(found)
                return list(found.values())  # no frame for each item
        return list(self._rows())

    def _chain(self) -> Iterator[R]:
        source = self._source
        values = source.items if source.single else map(itemgetter(self._at), source.items)
        return self._deduplicated(values, id if self._by_identity else _scalar_key)

    def __repr__(self) -> str:
        return f"<ScalarResult of {self._shape.names[self._at : self._at + 1]}>"


class MappingResult(_Columns[RowMapping]):
    """Rows as mappings from column names to values."""

    __slots__ = ()

    def _chain(self) -> Iterator[RowMapping]:
        rows = self._deduplicated(self._tuples(), self._shape.unique_key())
        return map(partial(RowMapping, self._shape), rows)


class IteratorResult(Result[TP], Generic[TP]):
    """A result over any iterable of tuples: `IteratorResult(RowShape(["a", "b"]), [(1, 2)])`."""

    __slots__ = ()

    def __init__(self, shape: RowShape | Sequence[str], iterator: Iterable[Any], single: bool = False) -> None:
        shape = shape if isinstance(shape, RowShape) else shape_of_names(tuple(shape))
        super().__init__(Source(iterator, single), shape)


class ChunkedIteratorResult(IteratorResult[TP], Generic[TP]):
    """A result over a function that is asked for lists of rows: `chunks(size)` returns an iterable of lists of tuples."""

    __slots__ = ()

    def __init__(
        self, shape: RowShape | Sequence[str], chunks: Callable[[int | None], Iterable[Sequence[Any]]], single: bool = False
    ) -> None:
        super().__init__(shape, (), single)
        self._source.items = chain.from_iterable(_late(self._source, chunks))


def _late(source: Source, chunks: Callable[[int | None], Iterable[Sequence[Any]]]) -> Iterator[Sequence[Any]]:
    """Ask for chunks only when the first row is wanted, so that `yield_per` can still set their size."""
    yield from chunks(source.size)


class MergedResult(IteratorResult[TP], Generic[TP]):
    """Several results of the same columns, read one after the other."""

    __slots__ = ("rowcount",)

    def __init__(self, first: Result[TP], others: Sequence[Result[Any]]) -> None:
        results = (first, *others)
        super().__init__(first._shape, chain.from_iterable(result._tuples() for result in results))
        counts = [getattr(result, "rowcount", 0) for result in results]
        self.rowcount: int = sum(count for count in counts if count > 0)
        self._source.closing = partial(_close_all, results)
        if all(result._source.no_rows for result in results):
            self._source.no_rows = True


def _close_all(results: Iterable[View[Any]]) -> None:
    for result in results:
        result.close()


class FrozenResult(Generic[TP]):
    """A result that was read and can be replayed: `frozen()` makes a new `Result` each time, as caches need."""

    __slots__ = ("data", "shape", "single")

    def __init__(self, result: Result[TP]) -> None:
        self.single = result._source.single and result._picked is None and result._strategy is False
        self.shape = result._shape
        self.data: list[Any] = result.scalars().all() if self.single else result.all()

    @classmethod
    def of(cls, shape: RowShape, data: Sequence[Any]) -> FrozenResult[Any]:
        """Make a frozen result from a shape and rows."""
        return cls(IteratorResult(shape, data))

    def rewrite_rows(self) -> list[tuple[Any, ...]]:
        """Return the rows as plain tuples."""
        return [(value,) for value in self.data] if self.single else [tuple(row) for row in self.data]

    def with_new_rows(self, tuple_data: Sequence[Any]) -> FrozenResult[TP]:
        """Return a frozen result of the same columns with other rows."""
        return FrozenResult.of(self.shape, tuple_data)

    def __call__(self) -> Result[TP]:
        """Return a new result over the kept rows."""
        return IteratorResult(self.shape, self.data, self.single)


NULL_SHAPE = RowShape(())


def null_result() -> IteratorResult[Any]:
    """Return a result that has no columns and no rows."""
    return IteratorResult(NULL_SHAPE, ())
