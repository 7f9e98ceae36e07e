"""The nodes every statement is made of: the roots of the tree, bound values, operators, names.

    ClauseElement
    ├── ColumnElement            has a type, can be an operand
    │   ├── ColumnClause         a name, perhaps of a table; `schema.Column` derives from it
    │   ├── BindParameter        a value
    │   ├── BinaryExpression, UnaryExpression, BooleanClauseList (AND, OR), Grouping
    │   ├── Label                an expression AS a name
    │   └── Null, True_, False_
    ├── ClauseList               expressions with a separator
    └── (sources.py) FromClause, (selects.py, writes.py) the statements, (elements.py) the rarer expressions

Rule 1: a node never changes after it is built; methods that seem to change one return another.
Rule 2: `visit` names the rendering; `_nodes` the attributes that hold nodes (a node, None, or a tuple of these),
`_facts` those that hold plain hashables. Keys, traversal, copying and comparison all follow from the two.
Rule 3: nodes know nothing of dialects. What they offer as methods but cannot build themselves is in `late.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import and_, eq, ge, gt, inv, le, lt, ne, or_
from typing import Any, ClassVar, Generic, Self, TypeVar, cast as typed

from ambo.errors import ArgumentError
from ambo.statements.copying import copy_node, make_custom
from ambo.statements.keys import INLINE_LIMIT, Keyed, new_token
from ambo.statements.late import late
from ambo.statements.operators import ColumnOperators, OperatorType, concat_op, is_comparison, like_op, needs_parentheses, negation_of
from ambo.statements.types.base import NULLTYPE, Comparator, TypeEngine, to_instance, type_of_value
from ambo.statements.types.numbers import BOOLEANTYPE

T = TypeVar("T")


class ClauseElement(Keyed):
    """The root of everything that can be part of a statement."""

    __slots__ = ("_binds", "_tokens")

    visit: ClassVar[str] = "clause"
    _nodes: ClassVar[tuple[str, ...]] = ()
    _facts: ClassVar[tuple[str, ...]] = ()
    inherit_cache: ClassVar[bool | None] = None
    supports_execution = False
    is_selectable = False
    is_select = False
    is_from = False
    is_dml = False
    is_clause_element = True
    _renderer: ClassVar[Any] = None
    """What `@compiles` installed for this class: `(element, compiler, **kw) -> str`; see rendering/extension.py."""

    def __init_subclass__(cls, **kw: Any) -> None:
        super().__init_subclass__(**kw)
        if not cls.__module__.startswith("ambo."):
            make_custom(cls)

    def __getattr__(self, name: str) -> Any:
        return _unset(self, name)

    @property
    def __visit_name__(self) -> str:
        return self.visit

    def _key_parts(self) -> list[Any]:
        parts: list[Any] = [self.visit]
        for name in self._facts:
            parts.append(getattr(self, name))
        for name in self._nodes:
            value = getattr(self, name)
            if isinstance(value, tuple):
                parts.append(len(value))
                parts += value
            else:
                parts.append(value)
        return parts

    def _children(self) -> Iterator[ClauseElement]:
        """Yield the nodes right below this one, in order."""
        for name in self._nodes:
            value = getattr(self, name)
            if isinstance(value, tuple):
                for one in value:
                    if isinstance(one, ClauseElement):
                        yield one
            elif isinstance(value, ClauseElement):
                yield value

    def get_children(self, **kw: Any) -> Iterable[ClauseElement]:
        """Return the nodes right below this one."""
        return self._children()

    def _copy(self, **changed: Any) -> Self:
        """Return a copy with some attributes replaced."""
        return typed("Self", copy_node(self, changed))

    def _clone(self, **kw: Any) -> Self:
        return typed("Self", copy_node(self, {}))

    def self_group(self, against: OperatorType | None = None) -> ClauseElement:
        """Return this, in parentheses if an operand of `against` needs them."""
        return self

    def compile(self, bind: Any = None, dialect: Any = None, **kw: Any) -> Any:
        """Return the compiled form, for `dialect` or that of `bind` (an engine or connection).

        `compile_kwargs={"literal_binds": True}` writes values into the SQL. `str()` of the result is the SQL.
        """
        return late.compile(self, bind, dialect, **kw)

    def __str__(self) -> str:
        return typed(str, late.to_string(self))

    def __reduce_ex__(self, protocol: Any) -> Any:
        return object.__reduce_ex__(self, max(2, protocol))  # older protocols know no slots

    def __repr__(self) -> str:
        return f"<{type(self).__module__}.{type(self).__name__} object at {id(self):#x}>"

    def __bool__(self) -> bool:
        raise TypeError("Boolean value of this clause is not defined")

    def params(self, optionaldict: Mapping[str, Any] | None = None, /, **kwargs: Any) -> Self:
        """Return a copy whose bound parameters of these names have these values."""
        return typed("Self", late.with_params(self, {**(optionaldict or {}), **kwargs}, unique=False))

    def unique_params(self, optionaldict: Mapping[str, Any] | None = None, /, **kwargs: Any) -> Self:
        """Return a copy as `params` does, whose named parameters do not mix with others of the same name."""
        return typed("Self", late.with_params(self, {**(optionaldict or {}), **kwargs}, unique=True))

    def compare(self, other: Any, **kw: Any) -> bool:
        """Tell whether the other node has the same structure and the same values."""
        return typed(bool, late.compare(self, other, **kw))

    def _after_copy(self) -> None:
        """Forget what depends on attributes that a copy may have changed."""
        self._tokens = None
        self._binds = ()

    def _ungroup(self) -> ClauseElement:
        return self

    @property
    def _from_objects(self) -> list[Any]:
        return typed("list[Any]", late.froms_of(self))


def _unset(node: ClauseElement, name: str) -> Any:
    """Answer for an attribute that a user's subclass, with an `__init__` of its own, never set."""
    if name == "_tokens":
        return None
    if name == "_binds":
        return ()
    if name == "type":
        return NULLTYPE
    raise AttributeError(f"{type(node).__name__!r} object has no attribute {name!r}")


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
    _is_bind = False
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
            return _unset(self, name)
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


def inline_tokens(head: tuple[Any, ...], *nodes: Any) -> tuple[Any, ...] | None:
    """Return the tokens of a small node over small nodes, or None if the walk must collect them."""
    tokens = list(head)
    for node in nodes:
        below = node._tokens
        if below is None:
            return None
        tokens += below
    return None if len(tokens) > INLINE_LIMIT else tuple(tokens)


def binds_of(*nodes: Any) -> tuple[Any, ...]:
    """Return the binds of small nodes, in order."""
    binds: tuple[Any, ...] = ()
    for node in nodes:
        binds += node._binds
    return binds


class ColumnClause(ColumnElement[T]):
    """A column by name, of a table or of nothing in particular: `column("x")`, `literal_column("x + 1")`."""

    __slots__ = ("is_literal", "key", "name", "table")
    visit = "column"

    def __init__(self, text: str, type_: Any = None, is_literal: bool = False, _selectable: Any = None) -> None:
        self.name = self.key = text
        self.type = to_instance(type_)
        self.is_literal = is_literal
        self.table = _selectable
        self._tokens = ("column", text, is_literal, self.type._token) if _selectable is None else None
        self._binds = ()

    def _key_parts(self) -> list[Any]:
        return ["column of", self.table, self.name, self.type._token]

    def _children(self) -> Iterator[ClauseElement]:
        return iter(())

    @property
    def description(self) -> str:
        """The name."""
        return typed(str, self.name)

    @property
    def _result_name(self) -> str | None:
        return typed(str, self.name)

    @property
    def _anonymous_base(self) -> str:
        return typed(str, self.name or "param")

    @property
    def _bind_base(self) -> str:
        name = typed(str, self.key or "param")
        return "param" if self.is_literal and not name.isidentifier() else name

    def __repr__(self) -> str:
        table = f", table=<{getattr(self.table, 'name', None)}>" if self.table is not None else ""
        return f"{type(self).__name__}({self.name!r}, {self.type!r}{table})"


class BindParameter(ColumnElement[T]):
    """A value in a statement, or the name under which one will be given.

    `unique` ones have no name of their own: `key` is what their made-up name begins with.
    """

    __slots__ = ("callable", "expanding", "isoutparam", "key", "literal_execute", "required", "unique", "value")
    visit = "bindparam"
    _is_bind = True

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


class UnaryExpression(ColumnElement[T]):
    """An operator before its operand (`NOT x`, `-x`) or after it (`x DESC`)."""

    __slots__ = ("element", "modifier", "operator", "wraps_column_expression")
    visit = "unary"
    _nodes = ("element",)
    _shows_label: ClassVar[bool] = False
    """Whether a SELECT names it even when nobody refers to the name."""

    def __init__(
        self,
        element: Any,
        operator: OperatorType | None = None,
        modifier: OperatorType | None = None,
        type_: Any = None,
        wraps_column_expression: bool = False,
    ) -> None:
        self.element = element
        self.operator = operator
        self.modifier = modifier
        self.type = to_instance(type_)
        self.wraps_column_expression = wraps_column_expression
        self._tokens = inline_tokens(("unary", operator, modifier, self.type._token), element)
        self._binds = () if self._tokens is None else element._binds

    def _key_parts(self) -> list[Any]:
        return ["unary", self.operator, self.modifier, self.type._token, self.element]

    @property
    def _is_boolean(self) -> bool:  # type: ignore[override]  # computed here
        return self.operator is inv or self.type is BOOLEANTYPE

    def self_group(self, against: OperatorType | None = None) -> ColumnElement[Any]:
        inner = self.operator or self.modifier
        if against is not None and inner is not None and needs_parentheses(inner, against):
            return Grouping(self)
        return self


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


class ClauseList(ClauseElement):
    """Expressions with a separator between them."""

    __slots__ = ("clauses", "group", "operator")
    visit = "clauselist"
    _nodes = ("clauses",)

    def __init__(self, *clauses: Any, operator: OperatorType | None = None, group: bool = True) -> None:
        self.clauses: tuple[Any, ...] = clauses
        self.operator = operator
        self.group = group
        self._tokens = None
        self._binds = ()

    def _key_parts(self) -> list[Any]:
        return ["list", self.operator, self.group, len(self.clauses), *self.clauses]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.clauses)

    def __len__(self) -> int:
        return len(self.clauses)


class BooleanClauseList(ColumnElement[bool]):
    """`a AND b AND c` or `a OR b OR c`, flat however many there are."""

    __slots__ = ("clauses", "operator")
    visit = "boolean_list"
    _nodes = ("clauses",)
    _is_boolean = True

    def __init__(self, operator: OperatorType, clauses: Sequence[Any]) -> None:
        self.clauses: tuple[Any, ...] = tuple(clauses)
        self.operator = operator
        self.type = BOOLEANTYPE
        self._tokens = None
        self._binds = ()
        if len(self.clauses) <= 8:
            self._tokens = inline_tokens((operator, len(self.clauses)), *self.clauses)
            if self._tokens is not None:
                self._binds = binds_of(*self.clauses)

    def _key_parts(self) -> list[Any]:
        return [self.operator, len(self.clauses), *self.clauses]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.clauses)

    def __len__(self) -> int:
        return len(self.clauses)

    @classmethod
    def and_(cls, *clauses: Any) -> ColumnElement[bool]:
        """Join conditions by AND."""
        return typed("ColumnElement[bool]", late.junction(and_, clauses))

    @classmethod
    def or_(cls, *clauses: Any) -> ColumnElement[bool]:
        """Join conditions by OR."""
        return typed("ColumnElement[bool]", late.junction(or_, clauses))


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


class Null(ColumnElement[None]):
    """NULL."""

    __slots__ = ()
    visit = "null"

    def __init__(self) -> None:
        self.type = NULLTYPE
        self._tokens = ("null",)
        self._binds = ()

    @classmethod
    def _instance(cls) -> Null:
        return NULL


class True_(ColumnElement[bool]):
    """TRUE, or 1 where the database has no booleans."""

    __slots__ = ()
    visit = "true"
    _is_boolean = True

    def __init__(self) -> None:
        self.type = BOOLEANTYPE
        self._tokens = ("true",)
        self._binds = ()


class False_(ColumnElement[bool]):
    """FALSE, or 0 where the database has no booleans."""

    __slots__ = ()
    visit = "false"
    _is_boolean = True

    def __init__(self) -> None:
        self.type = BOOLEANTYPE
        self._tokens = ("false",)
        self._binds = ()


NULL = Null()
TRUE = True_()
FALSE = False_()
NamedColumn = ColumnClause
OperatorExpression = ColumnElement

__all__ = [
    "FALSE",
    "NULL",
    "TRUE",
    "ArgumentError",
    "BinaryExpression",
    "BindParameter",
    "BooleanClauseList",
    "ClauseElement",
    "ClauseList",
    "ColumnClause",
    "ColumnElement",
    "False_",
    "Grouping",
    "Label",
    "NamedColumn",
    "Null",
    "True_",
    "UnaryExpression",
    "copy_node",
    "literal_bind",
    "new_token",
]
