"""`func.anything(...)`, and the functions that know their type.

`func.name(args)` finds a class registered under that name (a `GenericFunction`), else makes a plain `Function` of unknown type.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast as typed

from ambo.statements.function_elements import FunctionGenerator, GenericFunction
from ambo.statements.named_columns import ColumnClause
from ambo.statements.types import ARRAY, INTEGERTYPE, NULLTYPE, NUMERICTYPE, Date, DateTime, Integer, String, Time, TypeEngine, to_instance
from ambo.statements.windows import clause_list

T = TypeVar("T")


class Functions(FunctionGenerator):
    """`func`, with the types of some functions for type checkers."""

    if TYPE_CHECKING:

        @property
        def count(self) -> type[count]: ...
        @property
        def char_length(self) -> type[char_length]: ...
        @property
        def concat(self) -> type[concat]: ...
        @property
        def random(self) -> type[random]: ...


func = Functions()
modifier = Functions(group=False)


class AnsiFunction(GenericFunction[T]):
    """A function of the SQL standard that takes no parentheses, such as CURRENT_TIMESTAMP."""

    __slots__ = ()
    _register = False
    inherit_cache = True
    _is_rendered_bare = True


class ReturnTypeFromArgs(GenericFunction[T]):
    """A function whose type is that of its arguments."""

    __slots__ = ()
    _register = False
    inherit_cache = True

    def __init__(self, *args: Any, **kw: Any) -> None:
        kw_type = kw.pop("type_", None)
        super().__init__(*args, **({"type_": kw_type} if kw_type is not None else {}))

    def _type_from_arguments(self) -> TypeEngine[Any] | None:
        return next((one.type for one in self.clauses_tuple if one.type is not NULLTYPE), NULLTYPE)


class coalesce(ReturnTypeFromArgs[Any]):
    """`coalesce(a, b, ...)`: the first that is not NULL."""

    inherit_cache = True


class max(ReturnTypeFromArgs[Any]):
    """`max(x)`."""

    inherit_cache = True


class min(ReturnTypeFromArgs[Any]):
    """`min(x)`."""

    inherit_cache = True


class sum(ReturnTypeFromArgs[Any]):
    """`sum(x)`."""

    inherit_cache = True


class lead(ReturnTypeFromArgs[Any]):
    """`lead(x)`, over a window."""

    _register = False
    inherit_cache = True


class now(GenericFunction[Any]):
    """`now()`, CURRENT_TIMESTAMP where there is none."""

    type = DateTime()
    inherit_cache = True


class concat(GenericFunction[str]):
    """`concat(a, b, ...)`."""

    type = String()
    inherit_cache = True


class char_length(GenericFunction[int]):
    """`char_length(x)`."""

    type = INTEGERTYPE
    inherit_cache = True

    def __init__(self, arg: Any, **kw: Any) -> None:
        super().__init__(arg, **kw)


class random(GenericFunction[float]):
    """`random()`."""

    inherit_cache = True


class count(GenericFunction[int]):
    """`count(x)`; without an argument `count(*)`."""

    type = INTEGERTYPE
    inherit_cache = True

    def __init__(self, expression: Any = None, **kw: Any) -> None:
        if expression is None:
            expression = ColumnClause("*", is_literal=True)
        super().__init__(expression, **kw)


class current_date(AnsiFunction[Any]):
    """CURRENT_DATE."""

    type = Date()
    inherit_cache = True


class current_time(AnsiFunction[Any]):
    """CURRENT_TIME."""

    type = Time()
    inherit_cache = True


class current_timestamp(AnsiFunction[Any]):
    """CURRENT_TIMESTAMP."""

    type = DateTime()
    inherit_cache = True


class localtime(AnsiFunction[Any]):
    """LOCALTIME."""

    type = DateTime()
    inherit_cache = True


class localtimestamp(AnsiFunction[Any]):
    """LOCALTIMESTAMP."""

    type = DateTime()
    inherit_cache = True


class sysdate(AnsiFunction[Any]):
    """SYSDATE."""

    type = DateTime()
    inherit_cache = True


class current_user(AnsiFunction[str]):
    """CURRENT_USER."""

    type = String()
    inherit_cache = True


class session_user(AnsiFunction[str]):
    """SESSION_USER."""

    type = String()
    inherit_cache = True


class user(AnsiFunction[str]):
    """USER."""

    type = String()
    inherit_cache = True


class array_agg(GenericFunction[Any]):
    """`array_agg(x)`: an array of the argument's type."""

    inherit_cache = True

    def _type_from_arguments(self) -> TypeEngine[Any] | None:
        item = self.clauses_tuple[0].type if self.clauses_tuple else NULLTYPE
        return item if isinstance(item, ARRAY) else ARRAY(item)


class OrderedSetAgg(GenericFunction[Any]):
    """An aggregate used WITHIN GROUP; its type is that of what is ordered by."""

    __slots__ = ()
    _register = False
    inherit_cache = True
    array_for_multi_clause = False

    def within_group_type(self, within_group: Any) -> TypeEngine[Any] | None:
        ordered = within_group.order_by.clauses
        if self.array_for_multi_clause and isinstance(self.clauses_tuple[0].type, ARRAY):
            return ARRAY(ordered[0].type)
        return typed("TypeEngine[Any]", ordered[0].type)


class mode(OrderedSetAgg):
    """`mode() WITHIN GROUP (...)`."""

    inherit_cache = True


class percentile_cont(OrderedSetAgg):
    """`percentile_cont(x) WITHIN GROUP (...)`."""

    array_for_multi_clause = True
    inherit_cache = True


class percentile_disc(OrderedSetAgg):
    """`percentile_disc(x) WITHIN GROUP (...)`."""

    array_for_multi_clause = True
    inherit_cache = True


class rank(GenericFunction[int]):
    """`rank()`."""

    type = INTEGERTYPE
    inherit_cache = True


class dense_rank(GenericFunction[int]):
    """`dense_rank()`."""

    type = INTEGERTYPE
    inherit_cache = True


class percent_rank(GenericFunction[Any]):
    """`percent_rank()`."""

    type = NUMERICTYPE
    inherit_cache = True


class cume_dist(GenericFunction[Any]):
    """`cume_dist()`."""

    type = NUMERICTYPE
    inherit_cache = True


class cube(GenericFunction[Any]):
    """`CUBE (a, b)`, for GROUP BY."""

    inherit_cache = True


class rollup(GenericFunction[Any]):
    """`ROLLUP (a, b)`, for GROUP BY."""

    inherit_cache = True


class grouping_sets(GenericFunction[Any]):
    """`GROUPING SETS (a, b)`, for GROUP BY."""

    inherit_cache = True


class aggregate_strings(GenericFunction[str]):
    """The values of a group as one text, in the order of `order_by` if given: `string_agg`, `group_concat`, as the database calls it."""

    type = String()
    inherit_cache = True
    _nodes = ("clauses_tuple", "order_by")

    def __init__(self, clause: Any, separator: Any, order_by: Any = None, **kw: Any) -> None:
        super().__init__(clause, separator, **kw)
        self.order_by = clause_list(order_by)

    def _key_parts(self) -> list[Any]:
        return [*super()._key_parts(), self.order_by]


class next_value(GenericFunction[int]):
    """The next number of a sequence."""

    inherit_cache = True
    _nodes = ()

    def __init__(self, seq: Any, **kw: Any) -> None:
        self.sequence = seq
        self.clauses_tuple = ()
        self.type = to_instance(getattr(seq, "data_type", None) or Integer)
        self._tokens = None
        self._binds = ()

    def _key_parts(self) -> list[Any]:
        return ["nextval", str(getattr(self.sequence, "schema", None)), self.sequence.name, id(self.sequence)]
