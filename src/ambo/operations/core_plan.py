"""`CorePlan`: what all executions of one statement structure share: compiled SQL, the shape of its rows, result processors.

Plans live in `engine.plans` under the statement's structural key (and what else fixes the SQL: the columns given as parameters, a
schema translation). A statement's values are never part of a plan.

Rule: rows are processed column by column (transposed, mapped, transposed back), so that no Python frame runs for a row and columns
that need no processing cost nothing.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from ambo.errors import AmboError, AmboWarning, DontWrapMixin, InvalidRequestError, StatementError
from ambo.loading.rows import RowShape, shape_of_names
from ambo.loading.unreadable import READING_ERRORS, unreadable
from ambo.operations.channel import Channel
from ambo.rendering.compiler import Compiled, compile_statement, compile_write
from ambo.statements.compounds import TextualSelect
from ambo.statements.keys import StatementKey, statement_key

Processor = Callable[[Any], Any]


class CorePlan:
    """Compiled SQL and how its rows are read; `is_write` marks INSERT, UPDATE and DELETE."""

    __slots__ = ("compiled", "compiled_at", "dialect", "is_write", "place_of", "processors", "shape", "uses")

    def __init__(self, compiled: Compiled, dialect: Any, is_write: bool, textual: TextualSelect | None = None) -> None:
        self.compiled = compiled
        self.dialect = dialect
        self.is_write = is_write
        self.compiled_at = time.perf_counter()
        self.uses = 0
        columns = compiled.result_columns
        self.shape = RowShape([one.name for one in columns], [one.objects for one in columns]) if columns else None
        self.processors = [dialect.result_processor(one.type) for one in columns]
        self.place_of = None if textual is None else _declared(textual)

    def bound(self, key: StatementKey, given: Mapping[str, Any] | None) -> tuple[str, Sequence[Any]]:
        """Return SQL and parameters for a statement's own values and those given.

        Raises StatementError for a value that cannot be converted.
        """
        try:
            return self.compiled.parameters(key.binds, given)
        except Exception as error:
            if isinstance(error, (StatementError, DontWrapMixin)):
                raise
            raise wrapped(error, self.compiled.sql, given) from error

    def bound_rows(self, key: StatementKey, sets: Sequence[Mapping[str, Any]]) -> list[tuple[str, Sequence[Any]]]:
        """As `bound`, for many sets at once: column by column, where the SQL does not depend on the values."""
        compiled = self.compiled
        slots = [compiled.bind_slots[at] for at in compiled.order]
        if len(sets) > 1 and len(slots) > 1 and not any(one.expanding or one.dynamic for one in slots):
            try:
                rows = list(map(itemgetter(*[one.name for one in slots]), sets))
                params = converted(rows, [one.processor for one in slots])
                return [(compiled.sql, one) for one in params]
            except (KeyError, TypeError, ValueError, ArithmeticError):
                pass  # a value that stands in the statement, or one that the slow way will complain about by name
        return [self.bound(key, one) for one in sets]

    def shape_for(self, names: Sequence[str]) -> RowShape:
        """Return the shape of rows with these column names; what is selected may be known to the database only (`SELECT *`)."""
        shape = self.shape
        if shape is None:
            return shape_of_names(tuple(names))
        if len(shape.names) == len(names) and (self.place_of is None or tuple(names) == shape.names):
            return shape
        objects = shape.objects or ()
        return RowShape(names, [() if at is None else objects[at] for at in self._places(names)])

    def _places(self, names: Sequence[str]) -> list[int | None]:
        """Return for each column of a result which of the declared ones it is."""
        if self.place_of is None:
            known = {name: at for at, name in enumerate(self.shape.names)} if self.shape is not None else {}
            return [known.get(name) for name in names]
        if self.place_of:
            return [self.place_of.get(name) for name in names]
        declared = len(self.processors)
        if declared > len(names):
            warnings.warn(
                f"Number of columns in textual SQL ({declared}) is smaller than number of columns requested ({len(names)})",
                AmboWarning,
                stacklevel=2,
            )
        return [at if at < declared else None for at in range(len(names))]

    def processed(self, rows: Sequence[Any], names: Sequence[str]) -> Iterable[Any]:
        """Return rows with their values converted from what the driver delivers."""
        processors = self.processors
        if not rows or not any(processors):
            return rows
        if len(processors) != len(names) or (self.place_of is not None and self.shape is not None and tuple(names) != self.shape.names):
            processors = [None if at is None else processors[at] for at in self._places(names)]
        return self._told(rows, names, converted(rows, processors))

    def _told(self, rows: Sequence[Any], names: Sequence[str], values: Iterable[Any]) -> Iterable[Any]:
        """Yield converted rows; an error names the column and its value."""
        try:
            yield from values
        except READING_ERRORS as error:
            types = {one.name: one.type for one in self.compiled.result_columns}
            columns = [(name, at, types[name]) for at, name in enumerate(names) if name in types]
            found = unreadable(columns, rows, self.dialect)
            if found is None:
                raise
            raise found from error


def _declared(textual: TextualSelect) -> dict[str, int]:
    """Return where the columns of a text stand by the names the database may call them; empty if they stand in the text's order.

    Raises InvalidRequestError for a column that is declared twice.
    """
    columns = textual.column_args
    if textual.positional:
        for at, one in enumerate(columns):
            if any(one is other for other in columns[:at]):
                raise InvalidRequestError(f"Duplicate column expression requested in textual SQL: {one!r}")
        return {}
    found = {one.name: at for at, one in enumerate(columns)}
    for at, one in enumerate(columns):
        table = getattr(getattr(one, "table", None), "name", None)
        if table is not None:
            found.setdefault(f"{table}_{one.name}", at)
    return found


def converted(rows: Sequence[Any], processors: Sequence[Processor | None]) -> Iterable[Any]:
    """Apply one function to each column that has one."""
    columns: list[Iterable[Any]] = list(zip(*rows, strict=True))
    for at, convert in enumerate(processors):
        if convert is not None:
            columns[at] = map(convert, columns[at])
    return zip(*columns, strict=True)


def wrapped(error: BaseException, sql: str, params: Any) -> StatementError:
    """Make the StatementError of something that failed before the database was asked."""
    kind = type(error)
    name = f"{kind.__module__}.{kind.__qualname__}"
    found = StatementError(f"({name}) {error}", sql, params, error)
    if isinstance(error, AmboError):
        found.code = error.code
    return found


def plan_for(
    channel: Channel, statement: Any, sets: Sequence[Mapping[str, Any]], options: Mapping[str, Any]
) -> tuple[CorePlan, StatementKey, bool]:
    """Return the plan of a statement, compiled now if it is new, the statement's key, and whether the plan is new."""
    key = statement_key(statement)
    is_write = statement.is_insert or statement.is_update or statement.is_delete
    columns = tuple(sets[0]) if is_write and sets else None
    translate = options.get("schema_translate_map")
    cached_as: Any = key.key
    if columns is not None or len(sets) > 1:
        cached_as = (cached_as, columns, len(sets) > 1)
    if translate:
        cached_as = (cached_as, "schemas", tuple(translate.items()))
    cache = options.get("compiled_cache", channel.bind.plans)
    known = cache.get(cached_as) if cache is not None else None
    if known is not None:
        return known, key, False
    compiled: Compiled
    if is_write:
        compiled = compile_write(statement, channel.dialect, columns, render_schema_translate=translate, for_many=len(sets) > 1)
    else:
        compiled = compile_statement(statement, channel.dialect, render_schema_translate=translate)
    plan = CorePlan(compiled, channel.dialect, is_write, statement if isinstance(statement, TextualSelect) else None)
    if cache is not None and not getattr(statement, "is_ddl", False):
        if isinstance(cache, dict):
            cache[cached_as] = plan
        else:
            cache.put(cached_as, plan)
    return plan, key, True
