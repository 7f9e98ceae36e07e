"""Values that cannot be read back: which column of which row, of what type, and what stood there.

Rule: asked only after an error; rows are converted a second time, value by value, to find the one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import Any

from ambo.errors import UnreadableValueError
from ambo.loading.plan import BundlePlan, Cell, Element, EntityPlan, LoadPlan
from ambo.statements.types.base import RESULT_NAMES

READING_ERRORS = (ValueError, LookupError, TypeError, ArithmeticError, AttributeError)
"""What the conversion of a value may raise."""

Column = tuple[str, int, Any]
"""The name of a column, where it stands in a row, and its type."""


def unreadable(columns: Iterable[Column], rows: Sequence[Any], dialect: Any) -> UnreadableValueError | None:
    """Return the error for the first value that cannot be converted, None if every value can."""
    for name, index, type_ in columns:
        convert = _converter(type_, dialect)
        if convert is None:
            continue
        for row in rows:
            value = row[index]
            try:
                convert(value)
            except READING_ERRORS as error:
                return _error(name, type_, value, error)
    return None


def _converter(type_: Any, dialect: Any) -> Any:
    template = dialect.result_expression(type_)
    if template is None:
        return dialect.result_processor(type_)
    code = compile(template.format(v="v"), "<conversion>", "eval")
    return lambda value: None if value is None else eval(code, {**RESULT_NAMES, "v": value})


def _error(name: str, type_: Any, value: Any, error: BaseException) -> UnreadableValueError:
    shown = repr(value)
    shown = shown if len(shown) <= 80 else f"{shown[:77]}..."
    return UnreadableValueError(
        f"({type(error).__module__}.{type(error).__qualname__}) the database has {shown} ({type(value).__name__}) for {name}, "
        f"which type {type_!r} cannot read: {error}. Correct the row, or give the column the type of what it holds.",
        orig=error,
    )


def columns_of(plan: LoadPlan, names: Sequence[str]) -> Iterator[Column]:
    """Yield what the values of a query's rows are."""
    for element, name in zip_longest(plan.elements, names[: len(plan.elements)], fillvalue="a column"):
        yield from _columns(element, name)  # type: ignore[arg-type]  # there are no more names than elements


def _columns(element: Element, name: str) -> Iterator[Column]:
    if isinstance(element, Cell):
        yield (name, element.index, element.type)
    elif isinstance(element, BundlePlan):
        for one in element.elements:
            yield from _columns(one, name)
    else:
        yield from _columns_of_entity(element)


def _columns_of_entity(plan: EntityPlan) -> Iterator[Column]:
    owner = plan.mapper.class_.__name__
    for column, cell in zip(plan.mapper.primary_key, plan.key, strict=False):
        yield (f"{owner}'s key {column.name!r}", cell.index, cell.type)
    if plan.discriminator is not None:
        yield (f"{owner}'s discriminator", plan.discriminator.index, plan.discriminator.type)
    for key, cell in plan.attributes:
        yield (f"{owner}.{key}", cell.index, cell.type)
    for joined in plan.joined:
        yield from _columns_of_entity(joined.entity)
    for _, branch in plan.branches:
        if branch is not plan:
            yield from _columns_of_entity(branch)
