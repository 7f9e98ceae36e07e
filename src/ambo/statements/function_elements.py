"""What every SQL function is: `FunctionElement`, `Function` by name, `GenericFunction` for one that knows its type, and their registry.

Every function can also stand in FROM, and become a table (`table_valued`). The functions with names of their own, and `func`,
are in `functions.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from operator import add, getitem
from typing import Any, ClassVar, TypeVar

from ambo.errors import ArgumentError
from ambo.statements.coercions import as_expression
from ambo.statements.columns import ColumnCollection
from ambo.statements.expressions import BinaryExpression, ColumnElement, Grouping
from ambo.statements.late import late
from ambo.statements.nodes import ClauseList, inline_tokens
from ambo.statements.operators import OperatorType, comma_op, function_as_comparison_op
from ambo.statements.table_values import TableValuedAlias
from ambo.statements.types import (
    ARRAY,
    BOOLEANTYPE,
    NULLTYPE,
    TypeEngine,
    to_instance,
)
from ambo.statements.windows import AggregateOrderBy, FrameClause, FunctionFilter, Over, WithinGroup

T = TypeVar("T")
_registry: dict[str, dict[str, type[FunctionElement[Any]]]] = {"_default": {}}


class FunctionElement(ColumnElement[T]):
    """The base of all functions, and of a user's own constructs rendered through `@compiles`."""

    __slots__ = ("__dict__", "_columns", "clauses_tuple")
    visit = "function"
    packagenames: tuple[str, ...] = ()
    is_from = True
    named_with_column = False
    _nodes: ClassVar[tuple[str, ...]] = ("clauses_tuple",)
    name: Any = None

    def __init__(self, *clauses: Any) -> None:
        self._set_arguments(clauses)
        self._tokens = None
        self._binds = ()

    def _set_arguments(self, clauses: tuple[Any, ...]) -> None:
        base = self._bind_base
        self.clauses_tuple: tuple[Any, ...] = tuple([as_expression(one, key=base) for one in clauses])

    def _key_parts(self) -> list[Any]:
        head: list[Any] = ["function", type(self), self.name, self.type._token]
        return [*head, len(self.clauses_tuple), *self.clauses_tuple]

    @property
    def clauses(self) -> ClauseList:
        """The arguments."""
        return ClauseList(*self.clauses_tuple, operator=comma_op, group=False)

    @property
    def clause_expr(self) -> Grouping[Any]:
        """The arguments in parentheses."""
        return Grouping(self.clauses)

    @property
    def _anonymous_base(self) -> str:
        return self.name or "anon"

    @property
    def _bind_base(self) -> str:
        return self.name or "param"

    # -- windows and aggregates

    def over(
        self,
        *,
        partition_by: Any = None,
        order_by: Any = None,
        rows: tuple[Any, Any] | FrameClause | None = None,
        range_: tuple[Any, Any] | FrameClause | None = None,
        groups: tuple[Any, Any] | FrameClause | None = None,
        exclude: str | None = None,
    ) -> Over[T]:
        """Return the function over a window: `func.rank().over(partition_by=a, order_by=b)`."""
        return Over(self, partition_by, order_by, range_, rows, groups, exclude)

    def within_group(self, *order_by: Any) -> WithinGroup[T]:
        """Return the function WITHIN GROUP (ORDER BY ...)."""
        return WithinGroup(self, *order_by)

    def aggregate_order_by(self, *order_by: Any) -> AggregateOrderBy[T]:
        """Return the aggregate over its values in an order: `func.array_agg(t.c.x).aggregate_order_by(t.c.y)`."""
        return AggregateOrderBy(self, *order_by)

    def within_group_type(self, within_group: Any) -> TypeEngine[Any] | None:
        """Return the type of the function WITHIN GROUP, None if it is that of the function."""
        return None

    def filter(self, *criterion: Any) -> Any:
        """Return the function with FILTER (WHERE ...); without conditions, the function itself."""
        return FunctionFilter(self, *criterion) if criterion else self

    def as_comparison(self, left_index: int, right_index: int) -> FunctionAsBinary:
        """Return the function as a comparison of two of its arguments, for relationship conditions."""
        return FunctionAsBinary(self, left_index, right_index)

    # -- as a source of rows

    def _make_columns(self) -> list[tuple[str, Any]]:
        name = self.name or "anon"
        return [(name, self.label(None))]

    @property
    def c(self) -> ColumnCollection[Any]:
        """The columns when the function stands in FROM: one, the value."""
        try:
            return self._columns
        except AttributeError:
            self._columns: ColumnCollection[Any] = ColumnCollection(self._make_columns())
            return self._columns

    columns = exported_columns = c

    @property
    def entity_namespace(self) -> Any:
        """Where `filter_by` looks for names."""
        return self.c

    def is_derived_from(self, fromclause: Any) -> bool:
        """Tell whether rows of this come from the given source."""
        return fromclause is self

    def _sources_below(self) -> Iterator[Any]:
        yield self

    @property
    def description(self) -> str:
        """The name, for messages."""
        return str(self.name)

    def alias(self, name: str | None = None, joins_implicitly: bool = False) -> TableValuedAlias:
        """Return the function in FROM under a name; `.column` is its value."""
        return TableValuedAlias(self, (), name, joins_implicitly)

    def table_valued(self, *expr: Any, name: str | None = None, with_ordinality: str | None = None, joins_implicitly: bool = False) -> TableValuedAlias:
        """Return the function as a table with these columns."""
        return TableValuedAlias(self, expr, name, joins_implicitly, with_ordinality)

    def column_valued(self, name: str | None = None, joins_implicitly: bool = False) -> Any:
        """Return the value of the function standing in FROM."""
        return self.alias(name, joins_implicitly).column

    def scalar_table_valued(self, name: str, type_: Any = None) -> ScalarFunctionColumn:
        """Return one field of the function's row: `(f(x)).name`."""
        return ScalarFunctionColumn(self, name, type_)

    def lateral(self, name: str | None = None) -> Any:
        """Return the function as LATERAL."""
        return self.alias(name).lateral(name)

    def select(self) -> Any:
        """Return `SELECT function`."""
        return late.select(self)

    def join(self, right: Any, onclause: Any = None, isouter: bool = False, full: bool = False) -> Any:
        """Return a join of the function, as a source, to another source."""
        return late.join(self, right, onclause, isouter, full)

    def outerjoin(self, right: Any, onclause: Any = None, full: bool = False) -> Any:
        """Return a left outer join of the function to another source."""
        return late.join(self, right, onclause, True, full)

    def _as_value(self) -> Any:
        return self

    @property
    def operator(self) -> Any:
        """A function needs no parentheses, except when subscripted."""
        return None

    def self_group(self, against: OperatorType | None = None) -> Any:
        if against is getitem and isinstance(self.type, ARRAY):
            return super().self_group(add)
        return self


class ScalarFunctionColumn(ColumnElement[Any]):
    """One field of a function's row: `(f(x)).name`."""

    __slots__ = ("fn", "name")
    visit = "scalar_function_column"
    _nodes = ("fn",)
    _facts = ("name",)

    def __init__(self, fn: Any, name: str, type_: Any = None) -> None:
        self.fn = fn
        self.name = name
        self.type = to_instance(type_)
        self._tokens = None
        self._binds = ()


class FunctionAsBinary(BinaryExpression[Any]):
    """A function of which two arguments count as the sides of a comparison."""

    __slots__ = ("left_index", "right_index", "sql_function")
    visit = "function_as_binary"
    _nodes = ("sql_function",)

    def __init__(self, fn: FunctionElement[Any], left_index: int, right_index: int) -> None:
        self.sql_function = fn
        self.left_index = left_index
        self.right_index = right_index
        super().__init__(
            fn.clauses_tuple[left_index - 1], fn.clauses_tuple[right_index - 1], function_as_comparison_op, BOOLEANTYPE
        )
        self._tokens = None

    def _key_parts(self) -> list[Any]:
        return ["as binary", self.left_index, self.right_index, self.sql_function]

    def _after_copy(self) -> None:
        super()._after_copy()
        arguments = self.sql_function.clauses_tuple
        self.left, self.right = arguments[self.left_index - 1], arguments[self.right_index - 1]


class Function(FunctionElement[T]):
    """A function by name, of the type given by `type_`."""

    __slots__ = ("name", "packagenames")

    def __init__(self, name: str, *clauses: Any, type_: Any = None, packagenames: tuple[str, ...] | None = None) -> None:
        self.name = name
        self.packagenames = packagenames or ()
        self.type = to_instance(type_)
        self._set_arguments(clauses)
        head = ("function", Function, name, self.packagenames, self.type._token, len(self.clauses_tuple))
        self._tokens = inline_tokens(head, *self.clauses_tuple)
        self._binds = () if self._tokens is None else tuple(bind for one in self.clauses_tuple for bind in one._binds)

    def _key_parts(self) -> list[Any]:
        return ["function", Function, self.name, self.packagenames, self.type._token, len(self.clauses_tuple), *self.clauses_tuple]

    @property
    def operator(self) -> Any:
        """A function needs no parentheses."""
        return None


class GenericFunction(Function[T]):
    """A function that knows its type; deriving from it registers the name for `func`.

    Example::

        class as_utc(GenericFunction):
            type = DateTime(timezone=True)
            inherit_cache = True

    `name` is what is rendered (the class's name by default), `identifier` what `func` knows it by, `package` a prefix:
    `func.geo.buffer(...)`.
    """

    __slots__ = ()
    coerce_arguments = True
    _register = False
    type: Any = NULLTYPE
    name: Any = "GenericFunction"
    packagenames: tuple[str, ...] = ()
    _is_rendered_bare: ClassVar[bool] = False

    def __init_subclass__(cls, **kw: Any) -> None:
        super().__init_subclass__(**kw)
        own = cls.__dict__
        register = own.get("_register", True)
        if "name" not in own:
            cls.name = cls.__name__
        identifier = own.get("identifier", cls.name)
        package = own.get("package", "_default")
        if "type" in own and not isinstance(own["type"], property):
            cls.type = to_instance(own["type"])
        if register:
            register_function(identifier, cls, package)

    def __init__(self, *args: Any, **kw: Any) -> None:
        self._set_arguments(args)
        if (given := kw.get("type_")) is not None:
            self.type = to_instance(given)
        elif (found := self._type_from_arguments()) is not None:
            self.type = found
        self._tokens = None
        self._binds = ()

    def _type_from_arguments(self) -> TypeEngine[Any] | None:
        return None

    def _key_parts(self) -> list[Any]:
        return [*FunctionElement._key_parts(self)]


GenericFunction.type = NULLTYPE


def register_function(identifier: str, fn: Any, package: str = "_default") -> None:
    """Let `func.<package>.<identifier>` make this class."""
    _registry.setdefault(package, {})[str(identifier).lower()] = fn


class FunctionGenerator:
    """`func`: an attribute is a function's name, attributes of that a package."""

    __slots__ = ("_names", "opts")

    def __init__(self, *names: str, **opts: Any) -> None:
        self._names = names
        self.opts = opts

    def __getattr__(self, name: str) -> FunctionGenerator:
        if name.startswith("__"):
            raise AttributeError(name)
        name = name.removesuffix("_")
        return FunctionGenerator(*self._names, name, **self.opts)

    def __call__(self, *c: Any, **kwargs: Any) -> Any:
        options = {**self.opts, **kwargs} if self.opts or kwargs else kwargs
        names = self._names
        if not names:
            raise ArgumentError("func needs a name: func.lower(...)")
        package = names[0] if len(names) == 2 else "_default"
        if len(names) <= 2:
            found = _registry.get(package, {}).get(names[-1].lower())
            if found is not None:
                return found(*c, **options)
        return Function(names[-1], *c, packagenames=names[:-1], **options)

    def __repr__(self) -> str:
        return ".".join(("func", *self._names))
