"""What may follow a function: OVER with its frame, WITHIN GROUP, FILTER, and an aggregate's own ORDER BY.

A frame's bounds are expressions: numbers become parameters, so that `rows=(-3, 0)` and `rows=(-5, 0)` share one plan.
"""

from __future__ import annotations

from enum import Enum
from operator import and_ as AND
from typing import Any, TypeVar

from ambo.errors import ArgumentError
from ambo.statements.coercions import as_expression, as_order_item, flatten
from ambo.statements.expressions import ColumnElement, literal_bind
from ambo.statements.late import late
from ambo.statements.nodes import ClauseElement, ClauseList
from ambo.statements.operators import comma_op
from ambo.statements.types.numbers import INTEGERTYPE

T = TypeVar("T")


def clause_list(items: Any) -> ClauseList | None:
    """Return one ClauseList for a column or several, as PARTITION BY and window ORDER BY take them."""
    if items is None:
        return None
    if isinstance(items, ClauseList):
        return items
    several = list(items) if isinstance(items, (list, tuple, set)) else [items]
    return ClauseList(*[as_order_item(one) for one in several], operator=comma_op, group=False)


class FrameClauseType(Enum):
    """What one end of a window's frame is."""

    UNBOUNDED = 0
    CURRENT = 1
    PRECEDING = 2
    FOLLOWING = 3


class FrameClause(ClauseElement):
    """The frame of a window, `BETWEEN start AND end`, for bounds that are no integers: dates, floats, intervals.

    Arguments: `start` and `end` are values or expressions, None for an end that is UNBOUNDED or CURRENT; the types say what
    they are. Raises ArgumentError if the two do not fit.

    Example: `func.sum(t.c.x).over(order_by=t.c.day, range_=FrameClause(timedelta(days=3), None, PRECEDING, CURRENT))`,
    the names being members of `FrameClauseType`.
    """

    __slots__ = ("end", "end_frame_type", "start", "start_frame_type")
    visit = "frame_clause"
    _nodes = ("start", "end")
    _facts = ("start_frame_type", "end_frame_type")

    def __init__(self, start: Any, end: Any, start_frame_type: FrameClauseType, end_frame_type: FrameClauseType) -> None:
        self.start = _bound("start", start, start_frame_type)
        self.end = _bound("end", end, end_frame_type)
        self.start_frame_type = start_frame_type
        self.end_frame_type = end_frame_type
        self._tokens = None
        self._binds = ()

    @classmethod
    def of_integers(cls, bounds: Any) -> FrameClause:
        """Return the frame for a pair such as `(-3, 0)`: negative is preceding, 0 the current row, None unbounded."""
        if not isinstance(bounds, tuple) or len(bounds) != 2:
            raise ArgumentError(f"2-tuple expected for rows, range_ and groups: (-3, 0), (None, 0), or a FrameClause; got {bounds!r}")
        if any(one is not None and not isinstance(one, int) for one in bounds):
            raise ArgumentError(
                f"Integer or None expected for values in a window frame, got {bounds!r}; "
                "for dates, floats and expressions give a FrameClause(start, end, start_type, end_type)"
            )
        start, end = bounds
        return cls(abs(start) if start else None, abs(end) if end else None, _kind_of(start), _kind_of(end))


def _kind_of(bound: int | None) -> FrameClauseType:
    if bound is None:
        return FrameClauseType.UNBOUNDED
    if bound == 0:
        return FrameClauseType.CURRENT
    return FrameClauseType.PRECEDING if bound < 0 else FrameClauseType.FOLLOWING


def _bound(name: str, value: Any, kind: FrameClauseType) -> Any:
    if not isinstance(kind, FrameClauseType):
        raise ArgumentError(f"{name}_frame_type is a member of FrameClauseType, got {kind!r}")
    needs_value = kind in (FrameClauseType.PRECEDING, FrameClauseType.FOLLOWING)
    if needs_value and value is None:
        raise ArgumentError(f"{kind.name} needs a value for {name!r}")
    if not needs_value and value is not None:
        raise ArgumentError(f"Cannot specify a value for {name} with frame type {kind.name}")
    if value is None:
        return None
    return literal_bind(value, INTEGERTYPE) if value.__class__ is int else as_expression(value)


class Over(ColumnElement[T]):
    """`function OVER (PARTITION BY ... ORDER BY ... ROWS ...)`."""

    __slots__ = ("element", "exclude", "frame", "order_by", "partition_by", "unit")
    visit = "over"
    _nodes = ("element", "partition_by", "order_by", "frame")
    _facts = ("unit", "exclude")

    def __init__(
        self,
        element: Any,
        partition_by: Any = None,
        order_by: Any = None,
        range_: tuple[Any, Any] | FrameClause | None = None,
        rows: tuple[Any, Any] | FrameClause | None = None,
        groups: tuple[Any, Any] | FrameClause | None = None,
        exclude: str | None = None,
    ) -> None:
        given = [(name, value) for name, value in (("RANGE", range_), ("ROWS", rows), ("GROUPS", groups)) if value is not None]
        if len(given) > 1:
            raise ArgumentError("only one of 'rows', 'range_', or 'groups' may be provided")
        self.element = element
        self.partition_by = clause_list(partition_by)
        self.order_by = clause_list(order_by)
        unit, bounds = given[0] if given else (None, None)
        self.unit: str | None = unit
        self.frame = bounds if bounds is None or isinstance(bounds, FrameClause) else FrameClause.of_integers(bounds)
        self.exclude = exclude
        self.type = element.type
        self._tokens = None
        self._binds = ()


class WithinGroup(ColumnElement[T]):
    """`function WITHIN GROUP (ORDER BY ...)`."""

    __slots__ = ("element", "order_by")
    visit = "withingroup"
    _nodes = ("element", "order_by")

    def __init__(self, element: Any, *order_by: Any) -> None:
        self.element = element
        self.order_by = clause_list(flatten(order_by)) if order_by else None
        within = getattr(element, "within_group_type", None)
        found = within(self) if within is not None else None
        self.type = element.type if found is None else found
        self._tokens = None
        self._binds = ()

    def over(self, **kw: Any) -> Over[T]:
        """Return this over a window; the arguments are those of `Over`."""
        return Over(self, **kw)

    def filter(self, *criterion: Any) -> Any:
        """Return this with FILTER."""
        return FunctionFilter(self, *criterion)


class AggregateOrderBy(ColumnElement[T]):
    """`function(arguments ORDER BY ...)`: an aggregate that takes its values in an order."""

    __slots__ = ("element", "order_by")
    visit = "ordered_aggregate"
    _nodes = ("element", "order_by")

    def __init__(self, element: Any, *order_by: Any) -> None:
        if not order_by:
            raise ArgumentError("aggregate_order_by() takes at least one thing to order by")
        self.element = element
        self.order_by = clause_list(flatten(order_by))
        self.type = element.type
        self._tokens = None
        self._binds = ()

    @property
    def _anonymous_base(self) -> str:
        return str(self.element._anonymous_base)

    def over(self, **kw: Any) -> Over[T]:
        """Return this over a window; the arguments are those of `Over`."""
        return Over(self, **kw)

    def filter(self, *criterion: Any) -> Any:
        """Return this with FILTER."""
        return FunctionFilter(self, *criterion)


class FunctionFilter(ColumnElement[T]):
    """`function FILTER (WHERE condition)`."""

    __slots__ = ("criterion", "func")
    visit = "funcfilter"
    _nodes = ("func", "criterion")

    def __init__(self, func: Any, *criterion: Any) -> None:
        self.func = func
        self.criterion: Any = late.junction(AND, criterion) if criterion else None
        self.type = func.type
        self._tokens = None
        self._binds = ()

    def filter(self, *criterion: Any) -> FunctionFilter[T]:
        """Return this with more conditions."""
        more = criterion if self.criterion is None else (self.criterion, *criterion)
        return FunctionFilter(self.func, *more)

    def over(self, **kw: Any) -> Over[T]:
        """Return this over a window; the arguments are those of `Over`."""
        return Over(self, **kw)

    def within_group(self, *order_by: Any) -> WithinGroup[T]:
        """Return this WITHIN GROUP."""
        return WithinGroup(self, *order_by)


def over(element: Any, **kw: Any) -> Over[Any]:
    """Return a function over a window."""
    return Over(element, **kw)


def within_group(element: Any, *order_by: Any) -> WithinGroup[Any]:
    """Return a function WITHIN GROUP."""
    return WithinGroup(element, *order_by)


def aggregate_order_by(element: Any, *order_by: Any) -> AggregateOrderBy[Any]:
    """Return an aggregate function over its values in an order: `array_agg(x ORDER BY y)`."""
    return AggregateOrderBy(element, *order_by)


def funcfilter(func: Any, *criterion: Any) -> FunctionFilter[Any]:
    """Return a function with FILTER."""
    return FunctionFilter(func, *criterion)
