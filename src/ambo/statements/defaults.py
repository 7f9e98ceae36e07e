"""Where a column's value comes from when nobody gives one: Python, the server, a sequence.

    FetchedValue             the server fills it in, somehow (a trigger)
    ├── DefaultClause        DEFAULT <text or expression>
    ├── Computed             GENERATED ALWAYS AS (<expression>)
    └── Identity             GENERATED … AS IDENTITY
    ColumnDefault            a Python value, callable or SQL expression, given with the INSERT or UPDATE
    Sequence                 a sequence of the database; also a schema item of its own
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from ambo.errors import ArgumentError
from ambo.statements.ddl import CheckFirst
from ambo.statements.elements import text
from ambo.statements.expressions import ColumnElement
from ambo.statements.names import quoted_name
from ambo.statements.nodes import ClauseElement
from ambo.statements.schema_items import HasDialectOptions, SchemaItem, verbs_of
from ambo.statements.types import INTEGERTYPE, TypeEngine, to_instance


class FetchedValue(SchemaItem):
    """Marks a column that the server fills in by itself, such as a trigger does; its value is read back after a flush."""

    is_server_default = True
    reflected = False
    has_argument = False
    is_clause_element = False
    is_identity = False
    column: Any = None

    def __init__(self, for_update: bool = False) -> None:
        self.for_update = for_update

    def _as_for_update(self, for_update: bool) -> FetchedValue:
        return self if for_update == self.for_update else self._clone(for_update)

    def _clone(self, for_update: bool) -> FetchedValue:
        copied = type(self).__new__(type(self))
        copied.__dict__.update(self.__dict__)
        copied.__dict__.pop("column", None)
        copied.for_update = for_update
        return copied

    def _copy(self, **kw: Any) -> FetchedValue:
        return self._clone(self.for_update)

    def _set_parent(self, parent: Any, **kw: Any) -> None:
        self.column = parent
        if self.for_update:
            parent.server_onupdate = self
        else:
            parent.server_default = self

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class DefaultClause(FetchedValue):
    """DEFAULT: a string is written as a literal, `text()` and expressions as they are."""

    has_argument = True

    def __init__(self, arg: Any, for_update: bool = False, _reflected: bool = False) -> None:
        if not isinstance(arg, (str, ClauseElement)) and not hasattr(arg, "__clause_element__"):
            raise ArgumentError(f"a server default is a string, text() or an expression, not {arg!r}; for a Python value use default=")
        super().__init__(for_update)
        self.arg = arg.__clause_element__() if hasattr(arg, "__clause_element__") else arg
        self.reflected = _reflected

    def __repr__(self) -> str:
        return f"DefaultClause({self.arg!r}, for_update={self.for_update!r})"


class Computed(FetchedValue):
    """A column that the database computes: `Column("area", Integer, Computed("width * height"))`.

    `persisted` says whether the value is stored (True), computed when read (False), or as the database likes (None).
    """

    __visit_name__ = "computed_column"

    def __init__(self, sqltext: Any, persisted: bool | None = None) -> None:
        super().__init__()
        self.sqltext = text(sqltext) if isinstance(sqltext, str) else sqltext
        self.persisted = persisted

    def _set_parent(self, parent: Any, **kw: Any) -> None:
        if not isinstance(parent.server_default, (type(None), Computed)) or not isinstance(parent.server_onupdate, (type(None), Computed)):
            raise ArgumentError(f"column {parent.name!r} is computed, so it cannot have a server default as well")
        self.column = parent
        parent.computed = self
        parent.server_default = parent.server_onupdate = self

    def _as_for_update(self, for_update: bool) -> FetchedValue:
        return self

    def _clone(self, for_update: bool) -> FetchedValue:
        return Computed(self.sqltext, self.persisted)


class SequenceOptions:
    """What sequences and identity columns are told: where to start, how to go on."""

    def _take_sequence_options(
        self,
        start: int | None,
        increment: int | None,
        minvalue: int | None,
        maxvalue: int | None,
        nominvalue: bool | None,
        nomaxvalue: bool | None,
        cycle: bool | None,
        cache: int | None,
    ) -> None:
        self.start = start
        self.increment = increment
        self.minvalue = minvalue
        self.maxvalue = maxvalue
        self.nominvalue = nominvalue
        self.nomaxvalue = nomaxvalue
        self.cycle = cycle
        self.cache = cache

    def _sequence_options(self) -> dict[str, Any]:
        names = ("start", "increment", "minvalue", "maxvalue", "nominvalue", "nomaxvalue", "cycle", "cache")
        return {name: getattr(self, name) for name in names}


class Identity(HasDialectOptions, SequenceOptions, FetchedValue):
    """GENERATED BY DEFAULT AS IDENTITY, or ALWAYS.

    Where the database has no identity columns it is a plain autoincrementing key.
    """

    __visit_name__ = "identity_column"
    is_identity = True

    def __init__(
        self,
        always: bool | None = False,
        on_null: bool | None = None,
        start: int | None = None,
        increment: int | None = None,
        minvalue: int | None = None,
        maxvalue: int | None = None,
        nominvalue: bool | None = None,
        nomaxvalue: bool | None = None,
        cycle: bool | None = None,
        cache: int | None = None,
        order: bool | None = None,
        **dialect_kw: Any,
    ) -> None:
        super().__init__()
        self._take_sequence_options(start, increment, minvalue, maxvalue, nominvalue, nomaxvalue, cycle, cache)
        self._take_options(dialect_kw)
        self.always = bool(always)
        self.on_null = on_null
        self.order = order

    def _set_parent(self, parent: Any, **kw: Any) -> None:
        if not isinstance(parent.server_default, (type(None), Identity)):
            raise ArgumentError(f"column {parent.name!r} is an identity column, so it cannot have a server default as well")
        if parent.autoincrement is False:
            raise ArgumentError(f"column {parent.name!r} is an identity column, so it cannot have autoincrement=False")
        self.column = parent
        parent.identity = self
        if parent._nullable_unset:
            parent.nullable = False
        parent.server_default = self

    def _as_for_update(self, for_update: bool) -> FetchedValue:
        return self

    def _clone(self, for_update: bool) -> FetchedValue:
        return Identity(self.always, self.on_null, order=self.order, **self._sequence_options(), **self.dialect_kwargs)


class DefaultGenerator(SchemaItem):
    """A value that goes with the INSERT or UPDATE."""

    is_server_default = False
    is_sequence = False
    is_scalar = False
    is_callable = False
    is_clause_element = False
    is_sentinel = False
    has_arg = False
    column: Any = None

    def __init__(self, for_update: bool = False) -> None:
        self.for_update = for_update

    def _set_parent(self, parent: Any, **kw: Any) -> None:
        self.column = parent
        if self.for_update:
            parent.onupdate = self
        else:
            parent.default = self

    def _copy(self, **kw: Any) -> DefaultGenerator:
        copied = type(self).__new__(type(self))
        copied.__dict__.update(self.__dict__)
        copied.__dict__.pop("column", None)
        return copied


class ColumnDefault(DefaultGenerator):
    """A Python value, a callable (of nothing, or of the execution context) or a SQL expression.

    `arg` is the value, the expression, or the callable as a function of one argument, the context.
    """

    has_arg = True

    def __init__(self, arg: Any, for_update: bool = False) -> None:
        super().__init__(for_update)
        if isinstance(arg, FetchedValue):
            raise ArgumentError("a server default is given as server_default=, not as default=")
        if hasattr(arg, "__clause_element__"):
            arg = arg.__clause_element__()
        self.is_clause_element = isinstance(arg, ClauseElement)
        self.is_callable = callable(arg) and not self.is_clause_element
        self.is_scalar = not self.is_callable and not self.is_clause_element
        self.arg = with_context(arg) if self.is_callable else arg

    def __repr__(self) -> str:
        return f"{'Callable' if self.is_callable else 'Scalar' if self.is_scalar else ''}ColumnDefault({self.arg!r})"


ScalarElementColumnDefault = CallableColumnDefault = ColumnElementColumnDefault = ColumnDefault


def with_context(fn: Callable[..., Any]) -> Callable[[Any], Any]:
    """Return a default's callable as a function of the execution context.

    Raises ArgumentError if it needs more than that one argument.
    """
    try:
        parameters = inspect.signature(fn).parameters.values()
    except (TypeError, ValueError):
        return lambda context: fn()
    needed = [one for one in parameters if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
    required = [one for one in needed if one.default is one.empty]
    if len(required) > 1:
        raise ArgumentError(f"a column default takes no argument or one, the context; {fn!r} needs {len(required)}")
    takes_context = bool(required) or any(one.kind is one.VAR_POSITIONAL for one in parameters)
    if takes_context:
        return fn
    return _Contextless(fn)


class _Contextless:
    """A default's callable that takes nothing, as a function of the context; picklable if the callable is."""

    __slots__ = ("fn",)

    def __init__(self, fn: Callable[[], Any]) -> None:
        self.fn = fn

    def __call__(self, context: Any = None) -> Any:
        return self.fn()

    @property
    def __wrapped__(self) -> Any:
        return self.fn

    @property
    def __name__(self) -> str:
        return getattr(self.fn, "__name__", type(self.fn).__name__)


class NextValue(ColumnElement[int]):
    """`nextval('sequence')`."""

    __slots__ = ("sequence",)
    visit = "next_value"

    def __init__(self, sequence: Sequence) -> None:
        self.sequence = sequence
        self.type = sequence.type
        self._tokens = ("next_value", sequence.schema, sequence.name)
        self._binds = ()

    @property
    def _anonymous_base(self) -> str:
        return "next_value"


class Sequence(HasDialectOptions, SequenceOptions, DefaultGenerator):
    """A sequence of the database; as a column's default its next value is that of the row.

    Example: `Column("id", Integer, Sequence("user_id_seq"), primary_key=True)`.
    """

    __visit_name__ = "sequence"
    is_sequence = True

    def __init__(
        self,
        name: str,
        start: int | None = None,
        increment: int | None = None,
        minvalue: int | None = None,
        maxvalue: int | None = None,
        nominvalue: bool | None = None,
        nomaxvalue: bool | None = None,
        cycle: bool | None = None,
        schema: str | None = None,
        cache: int | None = None,
        order: bool | None = None,
        data_type: Any = None,
        optional: bool = False,
        quote: bool | None = None,
        metadata: Any = None,
        quote_schema: bool | None = None,
        for_update: bool = False,
        **dialect_kw: Any,
    ) -> None:
        super().__init__(for_update)
        self._take_sequence_options(start, increment, minvalue, maxvalue, nominvalue, nomaxvalue, cycle, cache)
        self._take_options(dialect_kw)
        self.name = quoted_name.construct(name, quote) or name
        self.order = order
        self.optional = optional
        self.data_type: TypeEngine[Any] | None = None if data_type is None else to_instance(data_type)
        self.metadata = metadata
        if schema is None and metadata is not None:
            schema = metadata.schema
        self.schema = quoted_name.construct(schema, quote_schema)
        if metadata is not None:
            metadata._sequences[self._key] = self

    @property
    def _key(self) -> str:
        return f"{self.schema}.{self.name}" if self.schema else str(self.name)

    @property
    def type(self) -> TypeEngine[Any]:
        """The type of its numbers."""
        return self.data_type or INTEGERTYPE

    def next_value(self) -> NextValue:
        """Return the expression for the sequence's next number."""
        return NextValue(self)

    def _set_parent(self, parent: Any, **kw: Any) -> None:
        super()._set_parent(parent)
        parent._when_in_table(self._set_table)

    def _set_table(self, column: Any, table: Any) -> None:
        self._set_metadata(table.metadata)

    def _set_metadata(self, metadata: Any) -> None:
        if self.metadata is None:
            self.metadata = metadata
        metadata._sequences[self._key] = self

    def create(self, bind: Any, checkfirst: bool | CheckFirst = True) -> None:
        """Create the sequence in the database."""
        verbs_of(bind)("create", self, checkfirst=checkfirst)

    def drop(self, bind: Any, checkfirst: bool | CheckFirst = True) -> None:
        """Drop the sequence from the database."""
        verbs_of(bind)("drop", self, checkfirst=checkfirst)

    def _copy(self, **kw: Any) -> Sequence:
        copied = super()._copy()
        assert isinstance(copied, Sequence)
        copied.metadata = None
        return copied

    def __repr__(self) -> str:
        given = [f"{name}={value!r}" for name, value in self._sequence_options().items() if value is not None]
        return f"Sequence({', '.join([repr(self.name), *given])})"
