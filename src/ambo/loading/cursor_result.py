"""`CursorResult`: what a Core statement brought back, rows and row counts and generated keys.

Rule: everything here is known when the result is made; nothing asks the database again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Generic

from ambo.errors import InvalidRequestError
from ambo.loading.results import Result, Source
from ambo.loading.rows import TP, Row, RowShape, shape_of_names


class Written:
    """What an INSERT, UPDATE or DELETE did, for `CursorResult`'s questions about it.

    `kind` is "insert", "update" or "delete"; `many` tells that there were several parameter sets; `primary_keys` gives the new rows' keys
    where they are known, `key_shape` their names; `defaults` the rows of server-generated values, `default_shape` their names;
    `params` gives the values as sent, one mapping for each parameter set; `prefetched` and `postfetched` the columns whose values ambo
    made before, or the database while, the row was written.
    """

    __slots__ = ("default_shape", "defaults", "key_shape", "kind", "many", "params", "postfetched", "prefetched", "primary_keys")

    def __init__(self, kind: str, many: bool = False) -> None:
        self.kind = kind
        self.many = many
        self.primary_keys: Callable[[], list[tuple[Any, ...]]] | None = None
        self.key_shape: RowShape | None = None
        self.defaults: list[tuple[Any, ...]] | None = None
        self.default_shape: RowShape | None = None
        self.params: Callable[[], Sequence[Mapping[str, Any]]] = tuple
        self.prefetched: Sequence[Any] = ()
        self.postfetched: Sequence[Any] = ()


class CursorFacts:
    """The `description`, `rowcount` and `lastrowid` of a cursor whose rows were fetched already."""

    __slots__ = ("description", "lastrowid", "rowcount")

    def __init__(self, names: Sequence[str], rowcount: int, lastrowid: Any) -> None:
        self.description = [(name, None, None, None, None, None, None) for name in names]
        self.rowcount = rowcount
        self.lastrowid = lastrowid


class CursorResult(Result[TP], Generic[TP]):
    """The rows of a Core statement, or what it did.

    Besides the verbs of `Result`: `rowcount`, `inserted_primary_key`, `inserted_primary_key_rows`, `returned_defaults`, `lastrowid`.
    """

    __slots__ = ("context", "lastrowid", "rowcount", "written")

    def __init__(
        self, source: Source, shape: RowShape, rowcount: int = -1, lastrowid: Any = None, written: Written | None = None, context: Any = None
    ) -> None:
        super().__init__(source, shape)
        self.rowcount = rowcount
        self.lastrowid = lastrowid
        self.written = written
        self.context = context

    @property
    def is_insert(self) -> bool:
        """Whether the statement was an `insert()`."""
        return self.written is not None and self.written.kind == "insert"

    @property
    def cursor(self) -> CursorFacts | None:
        """What a DB-API cursor tells of the result, None for a statement without rows."""
        return None if self._source.no_rows else CursorFacts(self._shape.names, self.rowcount, self.lastrowid)

    def _insert(self) -> Written:
        if self.written is None or self.written.kind != "insert":
            raise InvalidRequestError("only the result of an insert() has an inserted primary key; this statement was none")
        return self.written

    def _write(self) -> Written:
        if self.written is None:
            raise InvalidRequestError("only the result of an insert(), update() or delete() can tell this; this statement was none")
        return self.written

    @property
    def inserted_primary_key(self) -> Row[Any] | None:
        """The primary key of the new row, as a Row.

        Raises InvalidRequestError if the statement was no INSERT, or had several parameter sets.
        """
        insert = self._insert()
        if insert.many:
            raise InvalidRequestError("several rows were inserted; their keys are in .inserted_primary_key_rows")
        rows = self.inserted_primary_key_rows
        return rows[0] if rows else None

    @property
    def inserted_primary_key_rows(self) -> list[Row[Any]]:
        """The primary keys of the new rows, in the order of the parameter sets; None stands for what is not known."""
        insert = self._insert()
        if insert.primary_keys is None or insert.key_shape is None:
            return []
        return list(map(insert.key_shape.row_class, insert.primary_keys()))

    @property
    def returned_defaults(self) -> Row[Any] | None:
        """The values the database generated for a single row, where they were asked for with `return_defaults()`."""
        if self._write().many:
            raise InvalidRequestError("several rows were written; their values are in .returned_defaults_rows")
        rows = self.returned_defaults_rows
        return rows[0] if rows else None

    @property
    def returned_defaults_rows(self) -> list[Row[Any]] | None:
        """The values the database generated for each row."""
        write = self._write()
        if write.defaults is None or write.default_shape is None:
            return None
        return list(map(write.default_shape.row_class, write.defaults))

    def last_inserted_params(self) -> Any:
        """Return the values that were inserted, with those of Python-side defaults; a list of them for several rows."""
        insert = self._insert()
        return _one_or_all(insert)

    def last_updated_params(self) -> Any:
        """Return the values that were set, with those of Python-side `onupdate`s; a list of them for several parameter sets."""
        write = self._write()
        if write.kind != "update":
            raise InvalidRequestError("only the result of an update() has updated parameters; this statement was none")
        return _one_or_all(write)

    def lastrow_has_defaults(self) -> bool:
        """Tell whether the database generated values of the last row that were not fetched."""
        return bool(self._write().postfetched)

    def prefetch_cols(self) -> Sequence[Any]:
        """Return the columns whose defaults ambo computed before the statement ran."""
        return self._write().prefetched

    def postfetch_cols(self) -> Sequence[Any]:
        """Return the columns whose values the database generated and that were not fetched."""
        return self._write().postfetched

    def supports_sane_rowcount(self) -> bool:
        """Tell whether `rowcount` can be relied upon: always, with the databases ambo has."""
        return True

    def supports_sane_multi_rowcount(self) -> bool:
        """Tell whether `rowcount` is the sum over all parameter sets."""
        return True

    def splice_horizontally(self, other: CursorResult[Any]) -> CursorResult[Any]:
        """Return a result whose rows are this one's followed by those of `other`, side by side."""
        mine, theirs = self._shape, other._shape
        objects = None
        if mine.objects is not None and theirs.objects is not None:
            objects = [*mine.objects, *theirs.objects]
        shape = RowShape((*mine.names, *theirs.names), objects)
        rows = [(*left, *right) for left, right in zip(self._tuples(), other._tuples(), strict=True)]
        return CursorResult(Source(rows), shape, len(rows), written=self.written)

    def splice_vertically(self, other: CursorResult[Any]) -> CursorResult[Any]:
        """Return a result with this one's rows and then those of `other`."""
        rows = [*self._tuples(), *other._tuples()]
        return CursorResult(Source(rows), self._shape, len(rows), written=self.written)


def _one_or_all(write: Written) -> Any:
    params = write.params()
    return list(params) if write.many else params[0] if params else {}


def rows_result(rows: Iterable[Any], shape: RowShape, rowcount: int = -1, context: Any = None) -> CursorResult[Any]:
    """Make the result of a statement that returned rows."""
    return CursorResult(Source(rows), shape, rowcount, context=context)


def no_rows_result(rowcount: int, lastrowid: Any = None, written: Written | None = None, context: Any = None) -> CursorResult[Any]:
    """Make the result of a statement that returned none."""
    return CursorResult(Source((), no_rows=True), shape_of_names(()), rowcount, lastrowid, written, context)
