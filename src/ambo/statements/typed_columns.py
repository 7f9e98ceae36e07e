"""`TypedColumns`: the columns of a table written as a class, so that type checkers know `table.c.name`.

    class user_columns(TypedColumns):
        id = Column(Integer, primary_key=True)
        name: Named[str]
        age: Named[int | None] = Column("user_age")

    user = Table("user", metadata, user_columns)          # Table[user_columns]
    select(user.c.name)                                   # Select[tuple[str]]

The class is never instantiated: a table gets copies of its columns, and an ordinary `ColumnCollection`.

Rule 1: what a Column says wins over its annotation.
Rule 2: what a Python type means for a column is said here, for tables and for mapped classes.
"""

from __future__ import annotations

import builtins
import datetime
import decimal
import inspect
import sys
import types
import uuid
from collections.abc import Iterator
from typing import Any, Protocol, TypeVar, Union, get_args, get_origin

from ambo.errors import ArgumentError, InvalidRequestError
from ambo.statements.columns import ColumnCollection, ColumnsOf
from ambo.statements.schema_columns import Column, Named
from ambo.statements.types import (
    Boolean,
    Date,
    DateTime,
    Double,
    Integer,
    Interval,
    LargeBinary,
    NullType,
    Numeric,
    String,
    Time,
    Uuid,
)

if sys.version_info >= (3, 14):
    import annotationlib

Row_co = TypeVar("Row_co", covariant=True)

COLUMN_TYPES: dict[Any, Any] = {
    int: Integer,
    str: String,
    bool: Boolean,
    float: Double,
    bytes: LargeBinary,
    decimal.Decimal: Numeric,
    datetime.date: Date,
    datetime.datetime: DateTime,
    datetime.time: Time,
    datetime.timedelta: Interval,
    uuid.UUID: Uuid,
}


class HasRowPos(ColumnsOf, Protocol[Row_co]):
    """Typing only: columns that say what a row of all of them is, by an annotation `__row_pos__: tuple[int, str]`."""

    @property
    def __row_pos__(self) -> Row_co: ...


class TypedColumns(ColumnCollection[Column[Any]]):
    """The root of classes that list a table's columns, for `Table(name, metadata, columns)` and `table.with_cols(columns)`.

        class user_columns(TypedColumns):
            id = Column(Integer, primary_key=True)
            name: Named[str]                          # String, NOT NULL
            age: Named[int | None] = Column("years")  # Integer
            __row_pos__: tuple[int, str, int | None]  # optional: the type of select(user)

    The name is the attribute's, type and nullability come from the annotation, unless the Column says them. Such classes inherit
    from one another; the columns of superclasses come first.

    Raises InvalidRequestError for methods, ArgumentError when a table is made of what is no column or has no known type.
    """

    def __init_subclass__(cls, **kw: Any) -> None:
        super().__init_subclass__(**kw)
        methods = [name for name, value in cls.__dict__.items() if isinstance(value, types.FunctionType) and not _is_special(name)]
        if methods:
            raise InvalidRequestError(f"{cls.__name__} lists the columns of a table and cannot have methods: {', '.join(methods)}")

    def __init__(self, *args: Any, **kw: Any) -> None:
        raise InvalidRequestError(f"{type(self).__name__} is never instantiated; pass the class to Table, and read the columns from table.c")


def columns_of(class_: type[TypedColumns]) -> list[Column[Any]]:
    """Return new columns as a `TypedColumns` class and its superclasses describe them.

    Raises ArgumentError for an attribute that is no column, or whose annotation says no type.
    """
    found: dict[str, Column[Any]] = {}
    for base in reversed(class_.__mro__):
        if issubclass(base, TypedColumns) and base is not TypedColumns:
            for key in _names(base):
                found[key] = _column(base, key)
    return list(found.values())


def own_annotations(class_: type[Any]) -> dict[str, Any]:
    """Return the annotations a class's own body holds."""
    if sys.version_info >= (3, 14):
        return annotationlib.get_annotations(class_, format=annotationlib.Format.FORWARDREF)
    return dict(inspect.get_annotations(class_))


def _is_special(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")


def _names(class_: type[Any]) -> Iterator[str]:
    """Yield the names of a class's columns as they were written, as far as that can be told: Python keeps values and annotations apart."""
    annotated = [name for name in own_annotations(class_) if not _is_special(name)]
    values = [name for name in class_.__dict__ if not _is_special(name)]
    leading = next((at for at, name in enumerate(values) if name in annotated), len(values))
    yield from values[:leading]
    del values[:leading]
    for name in annotated:
        before = values[: values.index(name)] if name in values else []
        yield from before
        yield name
        values = [one for one in values if one != name and one not in before]
    yield from values


def _column(class_: type[Any], key: str) -> Column[Any]:
    where = f"{class_.__name__}.{key}"
    given = class_.__dict__.get(key)
    if given is not None and not isinstance(given, Column):
        raise ArgumentError(f"{where} is {given!r}; a TypedColumns class has columns only: '{key}: Named[int]' or '{key} = Column(Integer)'")
    column: Column[Any] = Column() if given is None else given._copy()
    if column.name is None:
        column.name = key
    if column.key is None or column.key == column.name:
        column.key = key
    annotation = own_annotations(class_).get(key)
    if annotation is not None:
        _complete(column, _inside(class_, where, annotation), where)
    elif isinstance(column.type, NullType) and not column.foreign_keys:
        raise ArgumentError(f"{where} has neither a type nor an annotation; write '{key}: Named[int] = Column(...)' or 'Column(Integer)'")
    return column


def _complete(column: Column[Any], python_type: Any, where: str) -> None:
    """Give a column the type and nullability of its annotation, where it does not say them itself."""
    members = [python_type]
    if get_origin(python_type) in (Union, types.UnionType):
        members = list(get_args(python_type))
    kept = [one for one in members if one not in (None, type(None))]
    if column._nullable_unset:
        column.nullable = len(kept) < len(members) and not column.primary_key
        column._nullable_unset = False
    if isinstance(column.type, NullType):
        known = COLUMN_TYPES.get(kept[0]) if len(kept) == 1 and isinstance(kept[0], type) else None
        if known is None:
            raise ArgumentError(
                f"there is no SQL type for the Python type {python_type!r} of {where}; pass one: "
                f"'{where.rpartition('.')[2]}: Named[...] = Column(JSON)'"
            )
        column.type = known()


def _inside(class_: type[Any], where: str, annotation: Any) -> Any:
    """Return the Python type in `Named[...]` or `Column[...]`."""
    if isinstance(annotation, str):
        try:
            names = vars(sys.modules[class_.__module__])
            annotation = eval(annotation, {**vars(builtins), **names})  # the program's own annotation
        except Exception as error:
            raise ArgumentError(f"cannot understand the annotation {annotation!r} of {where}: {error}") from error
    origin = get_origin(annotation)
    if not (isinstance(origin, type) and issubclass(origin, (Named, Column))):
        raise ArgumentError(f"the annotation of {where} is {annotation!r}; that of a column is such as Named[int] or Column[int]")
    return get_args(annotation)[0]
