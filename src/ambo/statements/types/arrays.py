"""`ARRAY` and `TupleType`: types made of other types."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from operator import eq, getitem
from typing import Any

from ambo.errors import ArgumentError
from ambo.statements.late import late
from ambo.statements.operators import OperatorType, custom_op
from ambo.statements.types.base import NULLTYPE, Comparator, DialectFacts, Processor, TypeEngine, to_instance, type_of_value
from ambo.statements.types.numbers import INTEGERTYPE, Boolean
from ambo.statements.types.strings import Concatenable

CONTAINS = custom_op("@>", precedence=6, is_comparison=True)
CONTAINED_BY = custom_op("<@", precedence=6, is_comparison=True)
OVERLAP = custom_op("&&", precedence=6, is_comparison=True)


class ArrayComparator(Comparator):
    """Subscripts of arrays, and what asks for their elements."""

    __slots__ = ()

    def operate(self, op: OperatorType, *other: Any, **kwargs: Any) -> Any:
        if op is getitem:
            return self._at(other[0])
        return super().operate(op, *other, **kwargs)

    def _at(self, index: Any) -> Any:
        shift = 1 if self.type.zero_indexes else 0
        if isinstance(index, slice):
            bounds = slice(*(one + shift if isinstance(one, int) else one for one in (index.start, index.stop, index.step)))
            return self.expr.build_binary(getitem, late.slice(bounds.start, bounds.stop, bounds.step), self.type)
        where = self.expr.bind(index + shift, INTEGERTYPE) if isinstance(index, int) else index
        return self.expr.build_binary(getitem, where, self.type.element_type)

    def contains(self, *arg: Any, **kw: Any) -> Any:
        """`a @> other`: every element of `other` is in the array."""
        return self.operate(CONTAINS, *arg, **kw)

    def contained_by(self, other: Any) -> Any:
        """`a <@ other`: every element is in `other`."""
        return self.operate(CONTAINED_BY, other)

    def overlap(self, other: Any) -> Any:
        """`a && other`: they share an element."""
        return self.operate(OVERLAP, other)

    def any(self, other: Any, operator: OperatorType | None = None) -> Any:
        """`other = ANY (a)`, or with another operator."""
        return (operator or eq)(self._element(other), self.expr.any_())

    def all(self, other: Any, operator: OperatorType | None = None) -> Any:
        """`other = ALL (a)`, or with another operator."""
        return (operator or eq)(self._element(other), self.expr.all_())

    def _element(self, other: Any) -> Any:
        """Bind a plain value as an element."""
        if hasattr(other, "__clause_element__") or hasattr(other, "_tokens"):
            return other
        return self.expr.bind(other, self.type.item_type)


class ARRAY(Concatenable, TypeEngine[Any]):
    """Arrays of a type, where the database has them (PostgreSQL).

    `dimensions` fixes how deep they are nested, `as_tuple` gives tuples rather than lists, `zero_indexes` counts from
    zero in Python.

    Example: `Column("tags", ARRAY(String))`.
    """

    __visit_name__ = "ARRAY"
    _is_affinity = True
    Comparator = ArrayComparator
    comparator_factory = ArrayComparator

    def __init__(self, item_type: Any, as_tuple: bool = False, dimensions: int | None = None, zero_indexes: bool = False) -> None:
        if isinstance(item_type, ARRAY) or (isinstance(item_type, type) and issubclass(item_type, ARRAY)):
            raise ArgumentError("arrays of arrays are written with dimensions: ARRAY(Integer, dimensions=2)")
        self.item_type = to_instance(item_type)
        self.as_tuple = as_tuple
        self.dimensions = dimensions
        self.zero_indexes = zero_indexes

    @property
    def hashable(self) -> bool:  # type: ignore[override]  # lists are not
        return self.as_tuple

    @property
    def python_type(self) -> type[Any]:
        return list

    @property
    def element_type(self) -> TypeEngine[Any]:
        """The type of a subscript: one dimension less."""
        if self.dimensions is None or self.dimensions == 1:
            return self.item_type
        return self.copy(dimensions=self.dimensions - 1)

    def compare_values(self, x: Any, y: Any) -> bool:
        return x == y  # type: ignore[no-any-return]

    def bind_processor(self, dialect: DialectFacts) -> Processor | None:
        each = dialect.bind_processor(self.item_type)
        depth = self.dimensions

        def write(value: Any) -> Any:
            return value if value is None else mapped(value, each, list, depth)

        return write

    def result_processor(self, dialect: DialectFacts, coltype: object) -> Processor | None:
        each = dialect.result_processor(self.item_type)
        made: type[Any] = tuple if self.as_tuple else list
        if each is None and made is list:
            return None

        def read(value: Any) -> Any:
            if isinstance(value, str):
                value = read_array(value)  # of a type that the driver has never heard of, such as an enumeration
            return value if value is None else mapped(value, each, made, self.dimensions)

        return read

    def literal_processor(self, dialect: DialectFacts) -> Callable[[Any], str] | None:
        each = dialect.literal_processor(self.item_type)
        if each is None:
            return None

        def write(value: Any) -> str:
            inner = [write(one) if isinstance(one, (list, tuple)) else "NULL" if one is None else each(one) for one in value]
            return f"ARRAY[{', '.join(inner)}]"

        return write

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine[Any]:
        return self

    def as_generic(self, allow_nulltype: bool = False) -> TypeEngine[Any]:
        return ARRAY(self.item_type.as_generic(), self.as_tuple, self.dimensions, self.zero_indexes)

    def _for_schema(self, schema: str | None) -> TypeEngine[Any]:
        item = self.item_type._for_schema(schema)
        return self if item is self.item_type else self.copy(item_type=item)


_ELEMENT = re.compile(r'[{}]|"((?:[^"\\]|\\.)*)"|([^{},"]+)')


def read_array(text: str) -> list[Any]:
    """Read the text of an array: `{a,"b c",NULL}`, nested or not."""
    stack: list[list[Any]] = [[]]
    for found in _ELEMENT.finditer(text):
        if found[0] == "{":
            stack.append([])
        elif found[0] == "}":
            done = stack.pop()
            stack[-1].append(done)
        elif found[2] is not None:
            stack[-1].append(None if found[2] == "NULL" else found[2])
        else:
            stack[-1].append(re.sub(r"\\(.)", r"\1", found[1]))
    whole: list[Any] = stack[0][0]
    return whole


def mapped(value: Any, each: Processor | None, made: type[Any], depth: int | None) -> Any:
    """Convert the elements of a nested array."""
    if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        return value if each is None else each(value)
    if depth == 1:
        return made(value) if each is None else made([each(one) for one in value])
    deeper = None if depth is None else depth - 1
    return made(
        [
            mapped(one, each, made, deeper) if isinstance(one, (list, tuple)) else (one if each is None else each(one))
            for one in value
        ]
    )


class TupleType(TypeEngine[tuple[Any, ...]]):
    """The type of `tuple_(a, b)`: one type an element."""

    __visit_name__ = "tuple"
    _is_affinity = True
    render_bind_cast = False

    def __init__(self, *types: Any) -> None:
        self.types = [to_instance(one) for one in types]

    @property
    def _token(self) -> Any:
        return (TupleType, *(one._token for one in self.types))

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine[Any]:
        if not isinstance(value, (list, tuple)):
            return super().coerce_compared_value(op, value)
        own = [*self.types, *[NULLTYPE] * (len(value) - len(self.types))]
        return TupleType(*(type_of_value(one) if mine is NULLTYPE else mine for mine, one in zip(own, value, strict=False)))


class MatchType(Boolean):
    """The type of full-text matches: true or false, a number on MariaDB."""
