"""`JSON`: documents, and what a subscript on them means.

A subscript makes `json_getitem_op` (one step) or `json_path_getitem_op` (a tuple of steps); how they are written is each
database's business. `as_string()` and its like say what the value found there is to be read as.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from operator import getitem
from typing import Any

from ambo.errors import InvalidRequestError
from ambo.statements.operators import OperatorType, json_getitem_op, json_path_getitem_op
from ambo.statements.types.base import RESULT_NAMES, Comparator, DialectFacts, Processor, TypeEngine
from ambo.statements.types.numbers import BOOLEANTYPE, INTEGERTYPE, Float, Numeric
from ambo.statements.types.strings import STRINGTYPE, Concatenable


class _JsonNull:
    """The value `null` inside JSON, as opposed to SQL's NULL."""

    def __repr__(self) -> str:
        return "JSON.NULL"

    def __copy__(self) -> _JsonNull:
        return self

    def __deepcopy__(self, memo: Any) -> _JsonNull:
        return self

    def __reduce__(self) -> str:
        return "JSON_NULL"


JSON_NULL = _JsonNull()


class JSONElementType(TypeEngine[Any]):
    """The type of a subscript: a key or a place in a JSON document."""

    __visit_name__ = "json_element"
    _is_affinity = True

    def _write(self, value: Any, dialect: DialectFacts) -> Any:
        return value

    def bind_processor(self, dialect: DialectFacts) -> Processor | None:
        return lambda value: self._write(value, dialect)

    def literal_processor(self, dialect: DialectFacts) -> Callable[[Any], str] | None:
        quote = STRINGTYPE.literal_processor(dialect)
        assert quote is not None

        def write(value: Any) -> str:
            written = self._write(value, dialect)
            return str(written) if isinstance(written, int) else quote(written)

        return write


class JSONIndexType(JSONElementType):
    """One step into a document."""

    __visit_name__ = "json_index"

    def _write(self, value: Any, dialect: DialectFacts) -> Any:
        if not dialect.features.json_path_text:
            return value
        return f"$[{value}]" if isinstance(value, int) else f'$."{value}"'


class JSONIntIndexType(JSONIndexType):
    """One step into a list."""


class JSONStrIndexType(JSONIndexType):
    """One step into an object."""


class JSONPathType(JSONElementType):
    """Several steps into a document."""

    __visit_name__ = "json_path"

    def _write(self, value: Any, dialect: DialectFacts) -> Any:
        if isinstance(value, str):
            return value
        if not dialect.features.json_path_text:
            return [str(one) for one in value]
        return "$" + "".join(f"[{one}]" if isinstance(one, int) else f'."{one}"' for one in value)

    def literal_processor(self, dialect: DialectFacts) -> Callable[[Any], str] | None:
        quote = STRINGTYPE.literal_processor(dialect)
        assert quote is not None

        def write(value: Any) -> str:
            steps = self._write(value, dialect)
            return quote("{" + ", ".join(_path_step(one) for one in steps) + "}" if isinstance(steps, list) else steps)

        return write


def _path_step(step: str) -> str:
    return step if step.isalnum() else '"' + step.replace("\\", "\\\\").replace('"', '\\"') + '"'


class JSONComparator(Comparator):
    """Subscripts of JSON expressions, and what to read them as."""

    __slots__ = ()

    def operate(self, op: OperatorType, *other: Any, **kwargs: Any) -> Any:
        if op is getitem:
            return self._at(other[0])
        return super().operate(op, *other, **kwargs)

    def _at(self, index: Any) -> Any:
        """Build one step or a path, of this very type."""
        if isinstance(index, (tuple, list)):
            return self.expr.build_binary(json_path_getitem_op, self._bound(index, JSON.JSONPathType()), self.type)
        kind = JSON.JSONIntIndexType() if isinstance(index, int) else JSON.JSONStrIndexType()
        return self.expr.build_binary(json_getitem_op, self._bound(index, kind), self.type)

    def _bound(self, index: Any, kind: TypeEngine[Any]) -> Any:
        return index if hasattr(index, "__clause_element__") or hasattr(index, "_tokens") else self.expr.bind(index, kind)

    def _read_as(self, type_: TypeEngine[Any], name: str) -> Any:
        operator = getattr(self.expr, "operator", None)
        if operator not in (json_getitem_op, json_path_getitem_op):
            raise InvalidRequestError(f"{name}() reads what a subscript finds: write data['key'].{name}()")
        return self.expr.with_type(type_)

    def as_boolean(self) -> Any:
        """Read the value found as a boolean."""
        return self._read_as(BOOLEANTYPE, "as_boolean")

    def as_string(self) -> Any:
        """Read the value found as text."""
        return self._read_as(STRINGTYPE, "as_string")

    def as_integer(self) -> Any:
        """Read the value found as a whole number."""
        return self._read_as(INTEGERTYPE, "as_integer")

    def as_float(self) -> Any:
        """Read the value found as a float."""
        return self._read_as(Float(), "as_float")

    def as_numeric(self, precision: int, scale: int, asdecimal: bool = True) -> Any:
        """Read the value found as a decimal."""
        return self._read_as(Numeric(precision, scale, asdecimal=asdecimal), "as_numeric")

    def as_json(self) -> Any:
        """Read the value found as JSON, which a subscript is anyway."""
        return self.expr


class JSON(Concatenable, TypeEngine[Any]):
    """JSON documents.

    `none_as_null=True` stores None as SQL NULL; otherwise None in a column that was given a value is JSON's `null`.
    `JSON.NULL` always is JSON's `null`, `null()` always SQL's.

    Example: `select(t.c.data["address", "city"].as_string())`.
    """

    __visit_name__ = "JSON"
    _is_affinity = True
    hashable = False
    NULL = JSON_NULL
    JSONElementType = JSONElementType
    JSONIndexType = JSONIndexType
    JSONIntIndexType = JSONIntIndexType
    JSONStrIndexType = JSONStrIndexType
    JSONPathType = JSONPathType

    Comparator = JSONComparator
    comparator_factory = JSONComparator

    def __init__(self, none_as_null: bool = False) -> None:
        self.none_as_null = none_as_null

    @property
    def python_type(self) -> type[Any]:
        return dict

    @property
    def should_evaluate_none(self) -> bool:
        return not self.none_as_null

    @should_evaluate_none.setter
    def should_evaluate_none(self, value: bool) -> None:
        self.none_as_null = not value

    def bind_processor(self, dialect: DialectFacts) -> Processor | None:
        dumps = dialect.json_serializer or json.dumps

        def write(value: Any) -> Any:
            if value is JSON_NULL:
                return "null"
            if value is None and self.none_as_null:
                return None
            return dumps(value)

        return write

    def result_processor(self, dialect: DialectFacts, coltype: object) -> Processor | None:
        if dialect.features.native_json:
            return None
        loads = dialect.json_deserializer or json.loads
        return lambda value: loads(value) if isinstance(value, (str, bytes)) else value

    def result_expression(self, dialect: DialectFacts) -> str | None:
        if dialect.features.native_json or dialect.json_deserializer is not None:
            return None
        return "(json_loads({v}) if {v}.__class__ is str else {v})"

    def literal_processor(self, dialect: DialectFacts) -> Callable[[Any], str] | None:
        quote = STRINGTYPE.literal_processor(dialect)
        write = self.bind_processor(dialect)
        assert quote is not None and write is not None
        return lambda value: quote(write(value))

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine[Any]:
        return self

    def as_generic(self, allow_nulltype: bool = False) -> TypeEngine[Any]:
        return JSON(self.none_as_null)


RESULT_NAMES["json_loads"] = json.loads
