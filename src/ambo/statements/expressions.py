"""Expressions: what has a type and can be an operand, and the nodes that its own operators and methods make.

    column == 5          BinaryExpression of the column and a BindParameter
    column.label("n")    Label
    (a + b) * c          Grouping around what needs parentheses

They refer to each other, so they live together. What else is an expression derives from `ColumnElement`: columns by
name (named_columns.py), AND, OR and constants (logic.py), the rarer ones (elements.py, windows.py, functions.py).

Rule: `compare_value` is the short way to the comparison that programs write most; what it may take is in `FITTING`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import eq, ge, gt, le, lt, ne
from typing import Any, ClassVar, Generic, Self, TypeVar, cast as typed

from ambo.statements.late import late
from ambo.statements.nodes import ClauseElement, inline_tokens, unset_attribute
from ambo.statements.operators import ColumnOperators, OperatorType, concat_op, is_comparison, like_op, needs_parentheses, negation_of
from ambo.statements.types.base import NULLTYPE, Comparator, TypeEngine, to_instance, type_of_value
from ambo.statements.types.numbers import BOOLEANTYPE

T = TypeVar("T")


class ColumnElement(ColumnOperators, ClauseElement, Generic[T]):
    """An expression with a type: a column, a value, a function, anything an operator can be applied to."""

    __slots__ = ("type",)
    visit = "column_element"
    __hash__ = object.__hash__

    type: TypeEngine[Any]
    key: Any = None
    name: Any
    primary_key: Any = False
    foreign_keys: Any = frozenset()
    table: Any = None
    operator: Any = None
    """The operator that decides about parentheses around this expression; None if it never needs them."""
    is_literal = False
    _is_boolean = False
    _is_tuple = False
    _plain_operators: ClassVar[bool] = True
    """Whether operators mean what they always do, so that the short way to a comparison may be taken."""

    def __init_subclass__(cls, **kw: Any) -> None:
        super().__init_subclass__(**kw)
        if "operate" in cls.__dict__:
            cls._plain_operators = False

    # -- operators

    def __eq__(self, other: Any) -> Any:
        type_ = self.type
        bits = FITTING.get((type_.__class__, other.__class__))
        if bits is not None and self._plain_operators and (bits == 0 or other.bit_length() <= bits):
            return compare_value(self, eq, other, type_)
        return self.operate(eq, other)

    def __ne__(self, other: Any) -> Any:
        type_ = self.type
        bits = FITTING.get((type_.__class__, other.__class__))
        if bits is not None and self._plain_operators and (bits == 0 or other.bit_length() <= bits):
            return compare_value(self, ne, other, type_)
        return self.operate(ne, other)

    def __lt__(self, other: Any) -> Any:
        type_ = self.type
        bits = FITTING.get((type_.__class__, other.__class__))
        if bits is not None and self._plain_operators and (bits == 0 or other.bit_length() <= bits):
            return compare_value(self, lt, other, type_)
        return self.operate(lt, other)

    def __le__(self, other: Any) -> Any:
        type_ = self.type
        bits = FITTING.get((type_.__class__, other.__class__))
        if bits is not None and self._plain_operators and (bits == 0 or other.bit_length() <= bits):
            return compare_value(self, le, other, type_)
        return self.operate(le, other)

    def __gt__(self, other: Any) -> Any:
        type_ = self.type
        bits = FITTING.get((type_.__class__, other.__class__))
        if bits is not None and self._plain_operators and (bits == 0 or other.bit_length() <= bits):
            return compare_value(self, gt, other, type_)
        return self.operate(gt, other)

    def __ge__(self, other: Any) -> Any:
        type_ = self.type
        bits = FITTING.get((type_.__class__, other.__class__))
        if bits is not None and self._plain_operators and (bits == 0 or other.bit_length() <= bits):
            return compare_value(self, ge, other, type_)
        return self.operate(ge, other)

    def like(self, other: Any, escape: str | None = None) -> Any:
        """`a LIKE b`."""
        type_ = self.type
        if escape is None and other.__class__ is str and self._plain_operators and (type_.__class__, str) in FITTING:
            return compare_value(self, like_op, other, type_)
        return self.operate(like_op, other, escape=escape)

    def operate(self, op: OperatorType, *other: Any, **kwargs: Any) -> Any:
        factory = self.type.comparator_factory
        if factory is not Comparator:
            return op(factory(self), *other, **kwargs)
        return late.operate(self, op, *other, **kwargs)

    def reverse_operate(self, op: OperatorType, other: Any, **kwargs: Any) -> Any:
        factory = self.type.comparator_factory
        if factory is not Comparator:
            return op(other, factory(self)) if op is not concat_op else factory(self).reverse_operate(op, other, **kwargs)
        return late.reverse_operate(self, op, other, **kwargs)

    def operate_plainly(self, op: OperatorType, *other: Any, **kwargs: Any) -> Any:
        """Apply an operator as expressions do by default; what a type's comparator falls back to."""
        return late.operate(self, op, *other, **kwargs)

    def reverse_operate_plainly(self, op: OperatorType, other: Any, **kwargs: Any) -> Any:
        """Apply an operator with this on the right, as expressions do by default."""
        return late.reverse_operate(self, op, other, **kwargs)

    @property
    def comparator(self) -> Any:
        """The object that gives this expression its operators."""
        return self.type.comparator_factory(self)

    def __getattr__(self, name: str) -> Any:
        if name in _SLOT_DEFAULTS:
            return unset_attribute(self, name)
        if name[:1] != "_":
            factory = self.type.comparator_factory
            if factory is not Comparator:
                found = getattr(factory(self), name, None)
                if found is not None:
                    return found
        raise AttributeError(f"{type(self).__name__!r} object of type {type(self.type).__name__} has no attribute {name!r}")

    # -- for the comparators of types, which cannot build nodes themselves

    def build_binary(self, op: OperatorType, right: Any, type_: TypeEngine[Any] | None = None, **modifiers: Any) -> BinaryExpression[Any]:
        """Return `self op right`, of the given type (boolean if none), without coercion of `right`."""
        return BinaryExpression(self, right, op, type_, modifiers=modifiers or None)

    def bind(self, value: Any, type_: TypeEngine[Any]) -> BindParameter[Any]:
        """Return an unnamed bound value whose name, when one is made up, comes from this expression."""
        return literal_bind(value, type_, self._bind_base)

    def with_type(self, type_: TypeEngine[Any]) -> Self:
        """Return this expression with another type."""
        return self._copy(type=type_)

    # -- derived expressions

    def label(self, name: str | None) -> Label[T]:
        """Return this expression under a name: `expression AS name`."""
        return Label(name, self, self.type)

    def cast(self, type_: Any) -> Any:
        """`CAST(expression AS type)`."""
        return late.cast(self, type_)

    def self_group(self, against: OperatorType | None = None) -> ColumnElement[Any]:
        inner = self.operator
        if against is not None and inner is not None and needs_parentheses(inner, against):
            return Grouping(self)
        return self

    def _negate(self) -> ColumnElement[Any]:
        return typed("ColumnElement[Any]", late.negate(self))

    # -- lineage: which columns an expression stands for

    @property
    def _proxies(self) -> tuple[ColumnElement[Any], ...]:
        return ()

    @property
    def proxy_set(self) -> frozenset[ColumnElement[Any]]:
        """This column and all that it stands for."""
        found: dict[ColumnElement[Any], None] = {}
        stack: list[ColumnElement[Any]] = [self]
        while stack:
            one = stack.pop()
            found[one] = None
            stack += one._proxies
        return frozenset(found)

    @property
    def base_columns(self) -> frozenset[ColumnElement[Any]]:
        """The columns at the bottom of `proxy_set`, which stand for nothing else."""
        return frozenset(one for one in self.proxy_set if not one._proxies)

    def shares_lineage(self, othercolumn: ColumnElement[Any]) -> bool:
        """Tell whether both stand for a common column."""
        return bool(self.proxy_set & othercolumn.proxy_set)

    @property
    def expression(self) -> Any:
        """The expression itself."""
        return self

    @property
    def _result_name(self) -> str | None:
        """The name a SELECT gives this column without being told, None if an anonymous one is made up."""
        return None

    @property
    def _anonymous_base(self) -> str:
        """What a made-up label begins with: `anon_1`, `count_1`."""
        return "anon"

    @property
    def _bind_base(self) -> str:
        """What the made-up names of values compared with this begin with: `param_1`, `name_1`."""
        return "param"


_SLOT_DEFAULTS = frozenset({"_tokens", "_binds", "type"})


class BindParameter(ColumnElement[T]):
    """A value in a statement, or the name under which one will be given.

    `unique` ones have no name of their own: `key` is what their made-up name begins with.
    """

    __slots__ = ("callable", "expanding", "isoutparam", "key", "literal_execute", "required", "unique", "value")
    visit = "bindparam"

    def __init__(
        self,
        key: str | None,
        value: Any = None,
        type_: TypeEngine[Any] = NULLTYPE,
        unique: bool = False,
        required: bool = False,
        callable_: Callable[[], Any] | None = None,
        expanding: bool = False,
        isoutparam: bool = False,
        literal_execute: bool = False,
    ) -> None:
        self.key = key or "param"
        self.value = value
        self.type = type_
        self.unique = unique or key is None
        self.required = required
        self.callable = callable_
        self.expanding = expanding
        self.isoutparam = isoutparam
        self.literal_execute = literal_execute
        self._tokens = (self._kind(), type_._token, self.key)

    def _kind(self) -> str:
        kind = "?" if self.unique else ":"
        if self.expanding:
            kind += "in" if self.value or self.callable or self.value is None else "empty"
        if self.callable is not None:
            kind += "()"
        if self.literal_execute:
            kind += "!"
        return kind

    @property
    def _binds(self) -> tuple[BindParameter[Any], ...]:  # a stored one would be a reference cycle
        return (self,)

    @_binds.setter
    def _binds(self, value: Any) -> None:
        pass

    def _after_copy(self) -> None:
        self._tokens = (self._kind(), self.type._token, self.key)

    @property
    def effective_value(self) -> Any:
        """The value, called for if it is a callable."""
        return self.value if self.callable is None else self.callable()

    def _with_value(self, value: Any) -> BindParameter[Any]:
        type_ = self.type
        if type_ is NULLTYPE:
            type_ = type_of_value(value[0] if self.expanding and value else value)
        return self._copy(value=value, type=type_, required=False, callable=None)

    def render_literal_execute(self) -> BindParameter[Any]:
        """Return a copy whose value is written into the SQL text."""
        return self._copy(literal_execute=True)

    def __repr__(self) -> str:
        return f"BindParameter({self.key!r}, {self.value!r}, type_={self.type!r})"


def literal_bind(value: Any, type_: TypeEngine[Any], key: str = "param") -> BindParameter[Any]:
    """Return an unnamed bind, quickly: what operators make of plain values."""
    bind: BindParameter[Any] = BindParameter.__new__(BindParameter)
    bind.key = key
    bind.value = value
    bind.type = type_
    bind.unique = True
    bind.required = bind.expanding = bind.isoutparam = bind.literal_execute = False
    bind.callable = None
    bind._tokens = ("?", type_._token, key)
    return bind


FITTING: dict[tuple[type, type], int] = {}
"""Pairs of a type's class and a value's class where a comparison binds the value as the type itself, with the bits an
integer may have (0: any value fits); see comparisons.py."""


def compare_value(left: Any, op: OperatorType, value: Any, type_: TypeEngine[Any]) -> BinaryExpression[bool]:
    """Return `left op value`, quickly: the comparison that programs write most, built without asking what else it may be."""
    key = left._bind_base
    bind: BindParameter[Any] = BindParameter.__new__(BindParameter)
    bind.key = key
    bind.value = value
    bind.type = type_
    bind.unique = True
    bind.required = bind.expanding = bind.isoutparam = bind.literal_execute = False
    bind.callable = None
    bound = bind._tokens = ("?", type_._token, key)
    node: BinaryExpression[bool] = BinaryExpression.__new__(BinaryExpression)
    node.left = left
    node.right = bind
    node.operator = op
    node.type = BOOLEANTYPE
    node.modifiers = None
    tokens = left._tokens
    if tokens is None:
        node._tokens = None
        node._binds = ()
    else:
        node._tokens = (op, *tokens, *bound)
        node._binds = (*left._binds, bind)
    return node


class BinaryExpression(ColumnElement[T]):
    """`left operator right`; `modifiers` holds ESCAPE and the like."""

    __slots__ = ("left", "modifiers", "operator", "right")
    visit = "binary"
    _nodes: ClassVar[tuple[str, ...]] = ("left", "right")

    def __init__(
        self,
        left: Any,
        right: Any,
        operator: OperatorType,
        type_: TypeEngine[Any] | None = None,
        negate: OperatorType | None = None,
        modifiers: Mapping[str, Any] | None = None,
    ) -> None:
        self.left = left
        self.right = right
        self.operator = operator
        self.type = BOOLEANTYPE if type_ is None else to_instance(type_)
        self.modifiers = modifiers
        self._tokens = inline_tokens(self._head(), left, right)
        self._binds = () if self._tokens is None else left._binds + right._binds

    def _head(self) -> tuple[Any, ...]:
        head: tuple[Any, ...] = (self.operator,) if self.type is BOOLEANTYPE else ("typed", self.operator, self.type._token)
        if self.modifiers:
            facts = [part for item in sorted(self.modifiers.items()) for part in item]
            head = ("modified", len(facts), *facts, *head)
        return head

    def _key_parts(self) -> list[Any]:
        return [*self._head(), self.left, self.right]

    @property
    def negate(self) -> OperatorType | None:
        """The operator that `~` puts in the place of this one."""
        return negation_of(self.operator)

    @property
    def _is_boolean(self) -> bool:  # type: ignore[override]  # computed here
        return is_comparison(self.operator)

    def __bool__(self) -> bool:
        """Tell whether both sides are the same object: what makes `column in [a, b]` and dict look-ups work."""
        if self.operator is eq or self.operator is ne:
            return bool(self.operator(object.__hash__(self.left), object.__hash__(self.right)))
        raise TypeError("Boolean value of this clause is not defined")


class Grouping(ColumnElement[T]):
    """An expression in parentheses."""

    __slots__ = ("element",)
    visit = "grouping"
    _nodes = ("element",)

    def __init__(self, element: Any) -> None:
        self.element = element
        self.type = getattr(element, "type", NULLTYPE)
        self._tokens = inline_tokens(("(",), element)
        self._binds = () if self._tokens is None else element._binds

    def _key_parts(self) -> list[Any]:
        return ["(", self.element]

    def _ungroup(self) -> ClauseElement:
        return typed(ClauseElement, self.element._ungroup())

    @property
    def _is_boolean(self) -> bool:  # type: ignore[override]  # computed here
        return bool(getattr(self.element, "_is_boolean", False))

    @property
    def _proxies(self) -> tuple[ColumnElement[Any], ...]:
        return (self.element,) if isinstance(self.element, ColumnElement) else ()


class Label(ColumnElement[T]):
    """An expression under a name; `name=None` has one made up."""

    __slots__ = ("_element", "key", "name")
    _element: Any
    visit = "label"
    _nodes = ("_element",)

    def __init__(self, name: str | None, element: Any, type_: Any = None) -> None:
        while isinstance(element, Label):
            element = element._element
        self.name = self.key = name
        self._element = element
        self.type = element.type if type_ is None else to_instance(type_)
        self._tokens = inline_tokens(("as", name), element)
        self._binds = () if self._tokens is None else element._binds

    @property
    def element(self) -> Any:
        """The expression beneath the name."""
        return self._element

    def _key_parts(self) -> list[Any]:
        return ["as", self.name, self._element]

    def self_group(self, against: OperatorType | None = None) -> ColumnElement[Any]:
        inner = self._element.self_group(against)
        return self if inner is self._element else Grouping(self._element)

    @property
    def operator(self) -> Any:
        """The operator of what is named: it decides about parentheses."""
        return self._element.operator

    @property
    def _is_boolean(self) -> bool:  # type: ignore[override]  # computed here
        return bool(getattr(self._element, "_is_boolean", False))

    @property
    def primary_key(self) -> Any:
        """Whether the column beneath belongs to a primary key."""
        return self._element.primary_key

    @property
    def foreign_keys(self) -> Any:
        """The foreign keys of the column beneath."""
        return self._element.foreign_keys

    @property
    def _proxies(self) -> tuple[ColumnElement[Any], ...]:
        return (self._element,)

    @property
    def _result_name(self) -> str | None:
        return typed("str | None", self.name)

    @property
    def _anonymous_base(self) -> str:
        return self.name or typed(str, self._element._anonymous_base)
