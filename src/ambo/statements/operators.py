"""Operators: what they are called, how tightly they bind, and the mixin that offers them as Python methods.

An operator is a callable, as the standard library's `operator.eq` is: `op(a, b)` means `a <op> b`. So a user's
comparator can pass it on: `return op(func.lower(self.expr), func.lower(other))`. What is known about an operator
(its SQL, precedence and negation) stands in one table, `INFO`.

Path of `users.c.name == "x"`: `ColumnOperators.__eq__` -> `operate(eq, "x")` -> the type's comparator, if it has one of
its own -> `comparisons.py` builds the node.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import add, and_, contains, eq, floordiv, ge, getitem, gt, inv, le, lshift, lt, mod, mul, ne, neg, or_, rshift, sub, truediv
from typing import Any, TypeAlias

OperatorType: TypeAlias = Callable[..., Any]

div = truediv


def _method(name: str) -> OperatorType:
    def op(a: Any, *args: Any, **kw: Any) -> Any:
        return getattr(a, name)(*args, **kw)

    op.__doc__ = f"`a.{name}(...)` as a function."
    return op


def _named(name: str, method: str) -> OperatorType:
    op = _method(method)
    op.__name__ = op.__qualname__ = name
    return op


def _marker(name: str) -> OperatorType:
    def op(*args: Any, **kw: Any) -> Any:
        raise NotImplementedError(f"{name} marks an expression and cannot be called")

    op.__name__ = op.__qualname__ = name
    return op


is_ = _named("is_", "is_")
is_not = isnot = _named("is_not", "is_not")
is_distinct_from = _named("is_distinct_from", "is_distinct_from")
is_not_distinct_from = isnot_distinct_from = _named("is_not_distinct_from", "is_not_distinct_from")
like_op = _named("like_op", "like")
not_like_op = notlike_op = _named("not_like_op", "not_like")
ilike_op = _named("ilike_op", "ilike")
not_ilike_op = notilike_op = _named("not_ilike_op", "not_ilike")
in_op = _named("in_op", "in_")
not_in_op = notin_op = _named("not_in_op", "not_in")
between_op = _named("between_op", "between")
not_between_op = notbetween_op = _marker("not_between_op")
startswith_op = _named("startswith_op", "startswith")
not_startswith_op = notstartswith_op = _marker("not_startswith_op")
istartswith_op = _named("istartswith_op", "istartswith")
not_istartswith_op = _marker("not_istartswith_op")
endswith_op = _named("endswith_op", "endswith")
not_endswith_op = notendswith_op = _marker("not_endswith_op")
iendswith_op = _named("iendswith_op", "iendswith")
not_iendswith_op = _marker("not_iendswith_op")
contains_op = _named("contains_op", "contains")
not_contains_op = notcontains_op = _marker("not_contains_op")
icontains_op = _named("icontains_op", "icontains")
not_icontains_op = _marker("not_icontains_op")
match_op = _named("match_op", "match")
not_match_op = notmatch_op = _marker("not_match_op")
regexp_match_op = _named("regexp_match_op", "regexp_match")
not_regexp_match_op = _marker("not_regexp_match_op")
regexp_replace_op = _named("regexp_replace_op", "regexp_replace")
concat_op = _named("concat_op", "concat")
collate = _named("collate", "collate")
desc_op = _named("desc_op", "desc")
asc_op = _named("asc_op", "asc")
nulls_first_op = nullsfirst_op = _named("nulls_first_op", "nulls_first")
nulls_last_op = nullslast_op = _named("nulls_last_op", "nulls_last")
distinct_op = _named("distinct_op", "distinct")
any_op = _named("any_op", "any_")
all_op = _named("all_op", "all_")
bitwise_xor_op = _named("bitwise_xor_op", "bitwise_xor")
bitwise_or_op = _named("bitwise_or_op", "bitwise_or")
bitwise_and_op = _named("bitwise_and_op", "bitwise_and")
bitwise_not_op = _named("bitwise_not_op", "bitwise_not")
bitwise_lshift_op = _named("bitwise_lshift_op", "bitwise_lshift")
bitwise_rshift_op = _named("bitwise_rshift_op", "bitwise_rshift")
json_getitem_op = _marker("json_getitem_op")
json_path_getitem_op = _marker("json_path_getitem_op")
is_true = istrue = _marker("is_true")
is_false = isfalse = _marker("is_false")
exists = _marker("exists")
as_ = _marker("as_")
from_ = _marker("from_")
comma_op = _marker("comma_op")
filter_op = _marker("filter_op")
function_as_comparison_op = _marker("function_as_comparison_op")


class custom_op:
    """An operator spelled out by the user: `column.op("->>")("key")`.

    Two of the same spelling, precedence and kind are equal, so statements built with fresh ones share their key.
    """

    __slots__ = ("_identity", "eager_grouping", "is_comparison", "natural_self_precedent", "opstring", "precedence", "python_impl", "return_type")
    __name__ = "custom_op"

    def __init__(
        self,
        opstring: str,
        precedence: int = 0,
        is_comparison: bool = False,
        return_type: Any = None,
        natural_self_precedent: bool = False,
        eager_grouping: bool = False,
        python_impl: Callable[..., Any] | None = None,
    ) -> None:
        self.opstring = opstring
        self.precedence = precedence
        self.is_comparison = is_comparison
        self.natural_self_precedent = natural_self_precedent
        self.eager_grouping = eager_grouping
        self.return_type = return_type
        self.python_impl = python_impl
        self._identity = (opstring, precedence, is_comparison, natural_self_precedent, eager_grouping)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, custom_op) and self._identity == other._identity

    def __hash__(self) -> int:
        return hash(self._identity)

    def __call__(self, left: Any, right: Any = None, *args: Any, **kw: Any) -> Any:
        if hasattr(left, "operate"):
            return left.operate(self, right, *args, **kw)
        if self.python_impl:
            return self.python_impl(left, right)
        raise TypeError(f"operator {self.opstring!r} has no meaning in Python for {left!r}; pass python_impl to op()")


class Info:
    """What is known about one operator."""

    __slots__ = ("negation", "precedence", "self_grouping", "sql")

    def __init__(self, sql: str, precedence: float, negation: OperatorType | None = None, self_grouping: bool = True) -> None:
        self.sql = sql
        self.precedence = precedence
        self.negation = negation
        self.self_grouping = self_grouping


INFO: dict[OperatorType, Info] = {
    add: Info(" + ", 7, self_grouping=False),
    sub: Info(" - ", 7),
    mul: Info(" * ", 8, self_grouping=False),
    truediv: Info(" / ", 8),
    floordiv: Info(" / ", 8),
    mod: Info(" % ", 8),
    neg: Info("-", 8),
    lshift: Info(" << ", 7),
    rshift: Info(" >> ", 7),
    bitwise_xor_op: Info(" ^ ", 7),
    bitwise_or_op: Info(" | ", 7),
    bitwise_and_op: Info(" & ", 7),
    bitwise_not_op: Info("~", 8),
    bitwise_lshift_op: Info(" << ", 7),
    bitwise_rshift_op: Info(" >> ", 7),
    getitem: Info("[", 15, self_grouping=False),
    json_getitem_op: Info(" -> ", 15, self_grouping=False),
    json_path_getitem_op: Info(" #> ", 15, self_grouping=False),
    any_op: Info("ANY ", 15),
    all_op: Info("ALL ", 15),
    from_: Info(" FROM ", 15),
    function_as_comparison_op: Info("", 15),
    filter_op: Info(" FILTER ", 6),
    concat_op: Info(" || ", 6, self_grouping=False),
    eq: Info(" = ", 5, ne),
    ne: Info(" != ", 5, eq),
    lt: Info(" < ", 5, ge),
    le: Info(" <= ", 5, gt),
    gt: Info(" > ", 5, le),
    ge: Info(" >= ", 5, lt),
    is_: Info(" IS ", 5, is_not),
    is_not: Info(" IS NOT ", 5, is_),
    is_distinct_from: Info(" IS DISTINCT FROM ", 5, is_not_distinct_from),
    is_not_distinct_from: Info(" IS NOT DISTINCT FROM ", 5, is_distinct_from),
    in_op: Info(" IN ", 5, not_in_op),
    not_in_op: Info(" NOT IN ", 5, in_op),
    like_op: Info(" LIKE ", 5, not_like_op),
    not_like_op: Info(" NOT LIKE ", 5, like_op),
    ilike_op: Info(" ILIKE ", 5, not_ilike_op),
    not_ilike_op: Info(" NOT ILIKE ", 5, ilike_op),
    startswith_op: Info(" LIKE ", 5, not_startswith_op),
    not_startswith_op: Info(" NOT LIKE ", 5, startswith_op),
    istartswith_op: Info(" LIKE ", 5, not_istartswith_op),
    not_istartswith_op: Info(" NOT LIKE ", 5, istartswith_op),
    endswith_op: Info(" LIKE ", 5, not_endswith_op),
    not_endswith_op: Info(" NOT LIKE ", 5, endswith_op),
    iendswith_op: Info(" LIKE ", 5, not_iendswith_op),
    not_iendswith_op: Info(" NOT LIKE ", 5, iendswith_op),
    contains_op: Info(" LIKE ", 5, not_contains_op),
    not_contains_op: Info(" NOT LIKE ", 5, contains_op),
    icontains_op: Info(" LIKE ", 5, not_icontains_op),
    not_icontains_op: Info(" NOT LIKE ", 5, icontains_op),
    between_op: Info(" BETWEEN ", 5, not_between_op),
    not_between_op: Info(" NOT BETWEEN ", 5, between_op),
    match_op: Info(" MATCH ", 5, not_match_op),
    not_match_op: Info(" NOT MATCH ", 5, match_op),
    regexp_match_op: Info(" <regexp> ", 5, not_regexp_match_op),
    not_regexp_match_op: Info(" <not regexp> ", 5, regexp_match_op),
    regexp_replace_op: Info("", 5),
    distinct_op: Info("DISTINCT ", 5),
    inv: Info("NOT ", 5),
    is_true: Info("", 5, is_false),
    is_false: Info("NOT ", 5, is_true),
    collate: Info(" COLLATE ", 4),
    and_: Info(" AND ", 3, self_grouping=False),
    or_: Info(" OR ", 2, self_grouping=False),
    desc_op: Info(" DESC", 3),
    asc_op: Info(" ASC", 3),
    nulls_first_op: Info(" NULLS FIRST", 3),
    nulls_last_op: Info(" NULLS LAST", 3),
    exists: Info("EXISTS ", 0),
    as_: Info(" AS ", -1),
    comma_op: Info(", ", -1, self_grouping=False),
}

COMPARISONS = frozenset(op for op, info in INFO.items() if info.negation is not None)
"""The operators whose result is true, false or null."""

COMMUTATIVE = frozenset([eq, ne, add, mul])


def is_comparison(op: OperatorType) -> bool:
    """Tell whether the operator yields a boolean."""
    return op.is_comparison if isinstance(op, custom_op) else op in COMPARISONS


def is_commutative(op: OperatorType) -> bool:
    """Tell whether operands may change sides."""
    return op in COMMUTATIVE


def precedence(op: OperatorType) -> float:
    """Return how tightly an operator binds: 15 for subscripts down to -1 for a comma."""
    if isinstance(op, custom_op):
        return op.precedence
    info = INFO.get(op)
    return 7 if info is None else info.precedence


def needs_parentheses(inner: OperatorType, outer: OperatorType) -> bool:
    """Tell whether an expression of `inner` must be wrapped when it is an operand of `outer`."""
    if inner is outer and not isinstance(inner, custom_op):
        info = INFO.get(inner)
        if info is not None and not info.self_grouping:
            return False
    if isinstance(inner, custom_op) and inner.natural_self_precedent and inner == outer:
        return False
    return precedence(inner) <= precedence(outer)


is_precedent = needs_parentheses


def negation_of(op: OperatorType) -> OperatorType | None:
    """Return the operator that means the opposite, if there is one."""
    if isinstance(op, custom_op):
        return None
    info = INFO.get(op)
    return None if info is None else info.negation


def mirror(op: OperatorType) -> OperatorType:
    """Return the operator for exchanged operands: `1 < x` is `x > 1`."""
    return {lt: gt, gt: lt, le: ge, ge: le}.get(op, op)


class Operators:
    """What everything that can stand in an expression offers: `&`, `|`, `~`, and `op()`."""

    __slots__ = ()

    def operate(self, op: OperatorType, *other: Any, **kwargs: Any) -> Any:
        """Apply an operator with this object on the left; the hook that comparators override."""
        raise NotImplementedError(f"{type(self).__name__} does not support operator {op!r}")

    def reverse_operate(self, op: OperatorType, other: Any, **kwargs: Any) -> Any:
        """Apply an operator with this object on the right."""
        raise NotImplementedError(f"{type(self).__name__} does not support operator {op!r}")

    def __and__(self, other: Any) -> Any:
        return self.operate(and_, other)

    def __or__(self, other: Any) -> Any:
        return self.operate(or_, other)

    def __invert__(self) -> Any:
        return self.operate(inv)

    def op(
        self,
        opstring: str,
        precedence: int = 0,
        is_comparison: bool = False,
        return_type: Any = None,
        python_impl: Callable[..., Any] | None = None,
    ) -> Callable[[Any], Any]:
        """Return a function that applies any operator: `column.op("&&")(other)`."""
        operator = custom_op(opstring, precedence, is_comparison, return_type, python_impl=python_impl)

        def against(other: Any) -> Any:
            return operator(self, other)

        return against

    def bool_op(self, opstring: str, precedence: int = 0, python_impl: Callable[..., Any] | None = None) -> Callable[[Any], Any]:
        """Return a function that applies any operator whose result is a boolean."""
        return self.op(opstring, precedence, is_comparison=True, python_impl=python_impl)


class ColumnOperators(Operators):
    """The operators of SQL as Python operators and methods; each calls `operate`."""

    __slots__ = ()
    __hash__ = object.__hash__

    def __eq__(self, other: Any) -> Any:
        return self.operate(eq, other)

    def __ne__(self, other: Any) -> Any:
        return self.operate(ne, other)

    def __lt__(self, other: Any) -> Any:
        return self.operate(lt, other)

    def __le__(self, other: Any) -> Any:
        return self.operate(le, other)

    def __gt__(self, other: Any) -> Any:
        return self.operate(gt, other)

    def __ge__(self, other: Any) -> Any:
        return self.operate(ge, other)

    def __neg__(self) -> Any:
        return self.operate(neg)

    def __contains__(self, other: Any) -> Any:
        return self.operate(contains, other)

    def __getitem__(self, index: Any) -> Any:
        return self.operate(getitem, index)

    def __lshift__(self, other: Any) -> Any:
        return self.operate(lshift, other)

    def __rshift__(self, other: Any) -> Any:
        return self.operate(rshift, other)

    def __rlshift__(self, other: Any) -> Any:
        return self.reverse_operate(lshift, other)

    def __rrshift__(self, other: Any) -> Any:
        return self.reverse_operate(rshift, other)

    def __add__(self, other: Any) -> Any:
        return self.operate(add, other)

    def __sub__(self, other: Any) -> Any:
        return self.operate(sub, other)

    def __mul__(self, other: Any) -> Any:
        return self.operate(mul, other)

    def __truediv__(self, other: Any) -> Any:
        return self.operate(truediv, other)

    def __floordiv__(self, other: Any) -> Any:
        return self.operate(floordiv, other)

    def __mod__(self, other: Any) -> Any:
        return self.operate(mod, other)

    def __radd__(self, other: Any) -> Any:
        return self.reverse_operate(add, other)

    def __rsub__(self, other: Any) -> Any:
        return self.reverse_operate(sub, other)

    def __rmul__(self, other: Any) -> Any:
        return self.reverse_operate(mul, other)

    def __rtruediv__(self, other: Any) -> Any:
        return self.reverse_operate(truediv, other)

    def __rfloordiv__(self, other: Any) -> Any:
        return self.reverse_operate(floordiv, other)

    def __rmod__(self, other: Any) -> Any:
        return self.reverse_operate(mod, other)

    def concat(self, other: Any) -> Any:
        """`a || b`."""
        return self.operate(concat_op, other)

    def _rconcat(self, other: Any) -> Any:
        return self.reverse_operate(concat_op, other)

    def like(self, other: Any, escape: str | None = None) -> Any:
        """`a LIKE b`."""
        return self.operate(like_op, other, escape=escape)

    def ilike(self, other: Any, escape: str | None = None) -> Any:
        """`a ILIKE b`, or `lower(a) LIKE lower(b)` where the database has no ILIKE."""
        return self.operate(ilike_op, other, escape=escape)

    def not_like(self, other: Any, escape: str | None = None) -> Any:
        """`a NOT LIKE b`."""
        return self.operate(not_like_op, other, escape=escape)

    def not_ilike(self, other: Any, escape: str | None = None) -> Any:
        """`a NOT ILIKE b`."""
        return self.operate(not_ilike_op, other, escape=escape)

    notlike = not_like
    notilike = not_ilike

    def in_(self, other: Any) -> Any:
        """`a IN (...)`: a list, possibly empty, a subquery, or an expanding `bindparam`."""
        return self.operate(in_op, other)

    def not_in(self, other: Any) -> Any:
        """`a NOT IN (...)`."""
        return self.operate(not_in_op, other)

    notin_ = not_in

    def is_(self, other: Any) -> Any:
        """`a IS b`, mostly for NULL and booleans."""
        return self.operate(is_, other)

    def is_not(self, other: Any) -> Any:
        """`a IS NOT b`."""
        return self.operate(is_not, other)

    isnot = is_not

    def is_distinct_from(self, other: Any) -> Any:
        """`a IS DISTINCT FROM b`: unequal, where NULL equals NULL."""
        return self.operate(is_distinct_from, other)

    def is_not_distinct_from(self, other: Any) -> Any:
        """`a IS NOT DISTINCT FROM b`: equal, where NULL equals NULL."""
        return self.operate(is_not_distinct_from, other)

    isnot_distinct_from = is_not_distinct_from

    def startswith(self, other: Any, **kw: Any) -> Any:
        """`a LIKE other || '%'`; `autoescape=True` takes `%` and `_` in `other` literally, `escape` names the character."""
        return self.operate(startswith_op, other, **kw)

    def istartswith(self, other: Any, **kw: Any) -> Any:
        """`startswith` without regard to case."""
        return self.operate(istartswith_op, other, **kw)

    def endswith(self, other: Any, **kw: Any) -> Any:
        """`a LIKE '%' || other`."""
        return self.operate(endswith_op, other, **kw)

    def iendswith(self, other: Any, **kw: Any) -> Any:
        """`endswith` without regard to case."""
        return self.operate(iendswith_op, other, **kw)

    def contains(self, other: Any, **kw: Any) -> Any:
        """`a LIKE '%' || other || '%'`."""
        return self.operate(contains_op, other, **kw)

    def icontains(self, other: Any, **kw: Any) -> Any:
        """`contains` without regard to case."""
        return self.operate(icontains_op, other, **kw)

    def match(self, other: Any, **kw: Any) -> Any:
        """Full-text search in the database's own way."""
        return self.operate(match_op, other, **kw)

    def regexp_match(self, pattern: Any, flags: str | None = None) -> Any:
        """Match a regular expression in the database's own dialect of them."""
        return self.operate(regexp_match_op, pattern, flags=flags)

    def regexp_replace(self, pattern: Any, replacement: Any, flags: str | None = None) -> Any:
        """Replace what matches a regular expression."""
        return self.operate(regexp_replace_op, pattern, replacement=replacement, flags=flags)

    def between(self, cleft: Any, cright: Any, symmetric: bool = False) -> Any:
        """`a BETWEEN cleft AND cright`."""
        return self.operate(between_op, cleft, cright, symmetric=symmetric)

    def collate(self, collation: str) -> Any:
        """`a COLLATE collation`."""
        return self.operate(collate, collation)

    def desc(self) -> Any:
        """`a DESC`, for ORDER BY."""
        return self.operate(desc_op)

    def asc(self) -> Any:
        """`a ASC`, for ORDER BY."""
        return self.operate(asc_op)

    def nulls_first(self) -> Any:
        """`a NULLS FIRST`, for ORDER BY."""
        return self.operate(nulls_first_op)

    def nulls_last(self) -> Any:
        """`a NULLS LAST`, for ORDER BY."""
        return self.operate(nulls_last_op)

    nullsfirst = nulls_first
    nullslast = nulls_last

    def distinct(self) -> Any:
        """`DISTINCT a`, inside an aggregate."""
        return self.operate(distinct_op)

    def any_(self) -> Any:
        """`ANY (a)`, for an array or a subquery."""
        return self.operate(any_op)

    def all_(self) -> Any:
        """`ALL (a)`."""
        return self.operate(all_op)

    def bitwise_xor(self, other: Any) -> Any:
        """`a ^ b` (`#` on PostgreSQL)."""
        return self.operate(bitwise_xor_op, other)

    def bitwise_or(self, other: Any) -> Any:
        """`a | b`."""
        return self.operate(bitwise_or_op, other)

    def bitwise_and(self, other: Any) -> Any:
        """`a & b`."""
        return self.operate(bitwise_and_op, other)

    def bitwise_not(self) -> Any:
        """`~a`."""
        return self.operate(bitwise_not_op)

    def bitwise_lshift(self, other: Any) -> Any:
        """`a << b`."""
        return self.operate(bitwise_lshift_op, other)

    def bitwise_rshift(self, other: Any) -> Any:
        """`a >> b`."""
        return self.operate(bitwise_rshift_op, other)
