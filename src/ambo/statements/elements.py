"""The rarer expressions: CAST, CASE, EXTRACT, tuples, text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import and_ as AND, inv, or_ as OR
from typing import Any, Self, TypeVar, cast as typed

from ambo.errors import ArgumentError
from ambo.statements.coercions import as_condition, as_expression, as_order_item
from ambo.statements.columns import ColumnCollection
from ambo.statements.executable import Executable
from ambo.statements.expressions import BindParameter, ColumnElement
from ambo.statements.late import late
from ambo.statements.logic import FALSE, NULL, TRUE, False_, Null, True_
from ambo.statements.named_columns import ColumnClause
from ambo.statements.nodes import ClauseElement
from ambo.statements.operators import OperatorType
from ambo.statements.types.arrays import TupleType
from ambo.statements.types.base import NULLTYPE, TypeEngine, to_instance, type_of_value
from ambo.statements.types.numbers import INTEGERTYPE

T = TypeVar("T")


class WrapsColumn(ColumnElement[T]):
    """An expression that keeps the name of the one column it wraps: `CAST(t.a AS ...) AS a`."""

    __slots__ = ()

    @property
    def wrapped_column_expression(self) -> Any:
        """The expression wrapped."""
        return self.clause

    @property
    def _proxies(self) -> tuple[ColumnElement[Any], ...]:
        return ()


class Cast(WrapsColumn[T]):
    """`CAST(expression AS type)`."""

    __slots__ = ("clause",)
    visit = "cast"
    _nodes = ("clause",)

    def __init__(self, expression: Any, type_: Any) -> None:
        self.type = to_instance(type_)
        self.clause = as_expression(expression, self.type.coerce_compared_value(None, expression))
        self._tokens = None
        self._binds = ()

    def _key_parts(self) -> list[Any]:
        return [self.visit, self.type._token, self.clause]

    @property
    def typeclause(self) -> Any:
        """The type, as an object with `.type`."""
        return self


class TryCast(Cast[T]):
    """`TRY_CAST(expression AS type)`, for databases that have it."""

    __slots__ = ()
    visit = "try_cast"


class TypeCoerce(WrapsColumn[T]):
    """An expression that Python treats as being of another type; SQL sees no difference."""

    __slots__ = ("clause",)
    visit = "type_coerce"
    _nodes = ("clause",)

    def __init__(self, expression: Any, type_: Any) -> None:
        self.type = to_instance(type_)
        self.clause = as_expression(expression, self.type)
        if isinstance(self.clause, BindParameter):
            self.clause = self.clause._copy(type=self.type)
        self._tokens = None
        self._binds = ()

    def _key_parts(self) -> list[Any]:
        return [self.visit, self.type._token, self.clause]

    @property
    def operator(self) -> Any:
        """The operator of the expression, which decides about parentheses."""
        return self.clause.operator

    @property
    def typed_expression(self) -> Any:
        """The expression, with the type."""
        return self.clause


class Case(ColumnElement[T]):
    """`CASE WHEN condition THEN result ... ELSE result END`."""

    __slots__ = ("else_", "value", "whens")
    visit = "case"
    _nodes = ("value", "whens", "else_")

    def __init__(self, *whens: Any, value: Any = None, else_: Any = None) -> None:
        pairs = _case_pairs(whens)
        self.value = None if value is None else as_expression(value)
        flat: list[Any] = []
        for condition, result in pairs:
            flat.append(as_condition(condition) if value is None and (condition is True or condition is False or not isinstance(condition, _LITERALS)) else as_expression(condition))
            flat.append(as_expression(result))
        self.whens: tuple[Any, ...] = tuple(flat)
        self.else_ = None if else_ is None else as_expression(else_)
        results = [one.type for one in flat[1::2]] + ([self.else_.type] if self.else_ is not None else [])
        self.type = next((one for one in results if one is not NULLTYPE), NULLTYPE)
        self._tokens = None
        self._binds = ()


_LITERALS = (str, int, float, tuple)
"""What a condition of CASE may be besides an expression: a bound value, as anywhere else in it; True and False are SQL's own."""


def _case_pairs(whens: Sequence[Any]) -> list[tuple[Any, Any]]:
    if len(whens) == 1 and isinstance(whens[0], Mapping):
        return list(whens[0].items())
    if len(whens) == 1 and isinstance(whens[0], list):
        raise ArgumentError(
            'The "whens" argument to case() is now passed as a series of positional arguments: case((condition, result), ...)'
        )
    pairs = []
    for one in whens:
        if not isinstance(one, (tuple, list)) or len(one) != 2:
            raise ArgumentError(f"case() takes pairs (condition, result) or one dict, got {one!r}")
        pairs.append((one[0], one[1]))
    return pairs


class Tuple(ColumnElement[Any]):
    """`(a, b)`: a row value, for comparisons and IN."""

    __slots__ = ("clauses",)
    visit = "tuple"
    _nodes = ("clauses",)
    _plain_operators = False
    _is_tuple = True

    def __init__(self, *clauses: Any, types: Sequence[Any] | None = None) -> None:
        kinds = [to_instance(one) for one in types] if types is not None else [None] * len(clauses)
        self.clauses: tuple[Any, ...] = tuple(as_expression(one, kind) for one, kind in zip(clauses, kinds, strict=True))
        self.type = TupleType(*[one.type for one in self.clauses])
        self._tokens = None
        self._binds = ()

    def self_group(self, against: OperatorType | None = None) -> ColumnElement[Any]:
        return self

    def _row_operand(self, values: Sequence[Any]) -> Tuple:
        """Return the row value for the other side of a comparison."""
        return Tuple(*values, types=[one.type for one in self.clauses])

    def __iter__(self) -> Iterator[Any]:
        return iter(self.clauses)


class Extract(ColumnElement[int]):
    """`EXTRACT(field FROM expression)`."""

    __slots__ = ("expr", "field")
    visit = "extract"
    _facts = ("field",)
    _nodes = ("expr",)

    def __init__(self, field: str, expr: Any) -> None:
        self.field = field
        self.expr = as_expression(expr)
        self.type = INTEGERTYPE
        self._tokens = None
        self._binds = ()


class Slice(ColumnElement[Any]):
    """`start:stop` inside a subscript of an array."""

    __slots__ = ("start", "step", "stop")
    visit = "slice"
    _nodes = ("start", "stop", "step")

    def __init__(self, start: Any, stop: Any, step: Any = None) -> None:
        self.start = as_expression(start, INTEGERTYPE)
        self.stop = as_expression(stop, INTEGERTYPE)
        self.step = as_expression(step, INTEGERTYPE)
        self.type = NULLTYPE
        self._tokens = None
        self._binds = ()


_NAMED_BIND = re.compile(r"(?<![:\w\x5c]):(\w+)(?!:)")


class TextClause(Executable):
    """SQL written by hand: `text("SELECT * FROM user WHERE id = :id")`.

    `:name` is a parameter; `\\:` a colon.
    """

    __slots__ = ("__dict__", "_bindparams", "text")
    visit = "textclause"
    _is_textual = True
    is_text = True
    returns_rows = True
    type: TypeEngine[Any] = NULLTYPE
    key = name = None
    operator: Any = None
    table: Any = None
    primary_key = False
    foreign_keys: Any = frozenset()
    _result_name = None
    _anonymous_base = "anon"
    _bind_base = "param"
    _is_boolean = False
    _nodes = ("_bindparams",)

    def __init__(self, text: str) -> None:
        self.text = text
        names = dict.fromkeys(_NAMED_BIND.findall(text))
        self._bindparams: tuple[BindParameter[Any], ...] = tuple(BindParameter(name, None, NULLTYPE, required=True) for name in names)
        self._set_tokens()

    def _set_tokens(self) -> None:
        tokens: list[Any] = ["text", self.text, len(self._bindparams), len(self._with_options)]
        for one in self._bindparams:
            tokens += one._tokens or ()
        self._tokens = None if self._with_options else tuple(tokens)
        self._binds = self._bindparams

    def _key_parts(self) -> list[Any]:
        return ["text", self.text, len(self._bindparams), len(self._with_options), *self._bindparams, *self._with_options]

    def _after_copy(self) -> None:
        self._set_tokens()

    def _sources_below(self) -> Iterator[Any]:
        yield self

    @property
    def description(self) -> str:
        """The text, for messages."""
        return self.text

    @property
    def c(self) -> Any:
        """No columns are known."""
        return ColumnCollection()

    def bindparams(self, *binds: BindParameter[Any], **names_to_values: Any) -> Self:
        """Return the text with values or types for its parameters.

        Raises ArgumentError for a name that the text does not have.
        """
        known = {one.key: one for one in self._bindparams}
        for bind in binds:
            if bind.key not in known:
                raise ArgumentError(f"This text() construct doesn't define a bound parameter named {bind.key!r}")
            known[bind.key] = bind
        for key, value in names_to_values.items():
            if key not in known:
                raise ArgumentError(f"This text() construct doesn't define a bound parameter named {key!r}")
            known[key] = known[key]._with_value(value)
        new_names = list(known)
        return self._copy(_bindparams=tuple(known[one] for one in new_names))

    def columns(self, *cols: Any, **types: Any) -> Any:
        """Return the text as a SELECT whose columns are named and typed; then `.subquery()`, `.cte()` and the ORM can use it."""
        return late.textual_select(self, cols, types)

    def self_group(self, against: OperatorType | None = None) -> Any:
        return self

    def label(self, name: str | None) -> Any:
        """Return the text under a name."""
        raise NotImplementedError("text() cannot be labelled; use literal_column('...').label('name')")

    def operate(self, op: OperatorType, *other: Any, **kw: Any) -> Any:
        """Apply an operator."""
        return late.operate(self, op, *other, **kw)

    def __and__(self, other: Any) -> Any:
        return late.junction(AND, (self, other))

    def __or__(self, other: Any) -> Any:
        return late.junction(OR, (self, other))

    def __invert__(self) -> Any:
        return late.negate(self)

    @property
    def comparator(self) -> Any:
        """The text as an operand."""
        return self


def cast(expression: Any, type_: Any) -> Cast[Any]:
    """Return `CAST(expression AS type)`."""
    return Cast(expression, type_)


def try_cast(expression: Any, type_: Any) -> TryCast[Any]:
    """Return `TRY_CAST(expression AS type)`."""
    return TryCast(expression, type_)


def type_coerce(expression: Any, type_: Any) -> TypeCoerce[Any]:
    """Return the expression as one of another type, without any SQL for it."""
    return TypeCoerce(expression, type_)


def literal(value: Any, type_: Any = None, literal_execute: bool = False) -> BindParameter[Any]:
    """Return a bound value.

    Raises ArgumentError for an expression.
    """
    if isinstance(value, ClauseElement):
        raise ArgumentError(f"Literal Python value expected, got {value!r}")
    kind = type_of_value(value) if type_ is None else to_instance(type_)
    return BindParameter(None, value, kind, unique=True, literal_execute=literal_execute)


def literal_column(text: str, type_: Any = None) -> ColumnClause[Any]:
    """Return SQL text that is a column expression."""
    return ColumnClause(text, type_, is_literal=True)


def column(text: str, type_: Any = None, is_literal: bool = False, _selectable: Any = None) -> ColumnClause[Any]:
    """Return a column that is only a name."""
    return ColumnClause(text, type_, is_literal, _selectable)


def bindparam(
    key: str | None,
    value: Any = late,
    type_: Any = None,
    unique: bool = False,
    required: bool | Any = late,
    quote: bool | None = None,
    callable_: Callable[[], Any] | None = None,
    expanding: bool = False,
    isoutparam: bool = False,
    literal_execute: bool = False,
) -> BindParameter[Any]:
    """Return a named parameter: its value is given here, by `params()`, or at execution."""
    missing = value is late
    if required is late:
        required = missing and callable_ is None
    real = None if missing else value
    if type_ is not None:
        kind = to_instance(type_)
    elif expanding and isinstance(real, (list, tuple)) and real:
        kind = type_of_value(real[0])
    else:
        kind = NULLTYPE if real is None else type_of_value(real)
    return BindParameter(key, real, kind, unique, bool(required), callable_, expanding, isoutparam, literal_execute)


def label(name: str, element: Any, type_: Any = None) -> Any:
    """Return `element AS name`."""
    found = as_expression(element).label(name)
    return found if type_ is None else found._copy(type=to_instance(type_))


def collate(expression: Any, collation: str) -> Any:
    """Return `expression COLLATE collation`."""
    return as_expression(expression).collate(collation)


def between(expr: Any, lower_bound: Any, upper_bound: Any, symmetric: bool = False) -> Any:
    """Return `expr BETWEEN lower_bound AND upper_bound`."""
    return as_expression(expr).between(lower_bound, upper_bound, symmetric=symmetric)


def extract(field: str, expr: Any) -> Extract:
    """Return `EXTRACT(field FROM expr)`."""
    return Extract(field, expr)


def case(*whens: Any, value: Any = None, else_: Any = None) -> Case[Any]:
    """Return CASE: pairs (condition, result), or a dict of values to results with `value`."""
    return Case(*whens, value=value, else_=else_)


def tuple_(*clauses: Any, types: Sequence[Any] | None = None) -> Tuple:
    """Return a row value."""
    return Tuple(*clauses, types=types)


def null() -> Null:
    """Return NULL."""
    return NULL


def true() -> True_:
    """Return TRUE."""
    return TRUE


def false() -> False_:
    """Return FALSE."""
    return FALSE


def outparam(key: str, type_: Any = None) -> BindParameter[Any]:
    """Return a parameter that the database fills in."""
    return BindParameter(key, None, to_instance(type_), isoutparam=True)


def text(text: str) -> TextClause:
    """Return SQL written by hand; `:name` is a parameter."""
    return TextClause(text)


def desc(column: Any) -> Any:
    """Return `column DESC`; a string names a label."""
    return as_order_item(column).desc()


def asc(column: Any) -> Any:
    """Return `column ASC`; a string names a label."""
    return as_order_item(column).asc()


def nulls_first(column: Any) -> Any:
    """Return `column NULLS FIRST`."""
    return as_order_item(column).nulls_first()


def nulls_last(column: Any) -> Any:
    """Return `column NULLS LAST`."""
    return as_order_item(column).nulls_last()


def distinct(expr: Any) -> Any:
    """Return `DISTINCT expr`."""
    return as_expression(expr).distinct()


def any_(expr: Any) -> Any:
    """Return `ANY (expr)`, for the right side of a comparison."""
    return as_expression(expr).any_()


def all_(expr: Any) -> Any:
    """Return `ALL (expr)`, for the right side of a comparison."""
    return as_expression(expr).all_()


def and_(*clauses: Any) -> ColumnElement[bool]:
    """Join conditions by AND."""
    return typed("ColumnElement[bool]", late.junction(AND, clauses))


def or_(*clauses: Any) -> ColumnElement[bool]:
    """Join conditions by OR."""
    return typed("ColumnElement[bool]", late.junction(OR, clauses))


def not_(clause: Any) -> Any:
    """Return the opposite of a condition."""
    return late.operate(as_condition(clause), inv)


def bitwise_not(expr: Any) -> Any:
    """Return `~expr`."""
    return as_expression(expr).bitwise_not()


late.cast = cast
late.slice = Slice
