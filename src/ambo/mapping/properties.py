"""Mapped properties: `MapperProperty`, and `ColumnProperty` for columns and SQL expressions.

A property is the data behind one attribute: made by `mapped_column()`, `column_property()`, `relationship()` and the like, or by
the mapper for a plain column. It is set up once for the mapper that declares it, and shared by the mappers that inherit it.

Rule 1: a property makes its trackers (one a class) and its class-level attributes (one an entity); it holds neither.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self, TypeVar

from ambo.errors import ArgumentError
from ambo.mapping.attributes import ColumnAttribute, ComparedAttribute, InspectionAttr, PropComparator
from ambo.mapping.column_tracking import ScalarTracker
from ambo.mapping.mapped import Mapped
from ambo.mapping.markers import NO_ARG
from ambo.mapping.tracking import Tracker
from ambo.statements.expressions import ColumnElement
from ambo.statements.keys import new_token
from ambo.statements.logic import Null
from ambo.statements.operators import OperatorType

T = TypeVar("T")
_creation = itertools.count(1)


class Given:
    """Arguments of which most are not given: those have the value NO_ARG."""

    __slots__: tuple[str, ...] = ()

    def given(self) -> dict[str, Any]:
        """Return the arguments that were given, by name."""
        return {name: value for name in self.__slots__ if (value := getattr(self, name)) is not NO_ARG}

    def over(self, above: Self) -> Self:
        """Return these, completed by others: those of a superclass, of an `Annotated` type."""
        return type(self)(**{**above.given(), **self.given()})


@dataclass(frozen=True, slots=True)
class DataclassOptions(Given):
    """The arguments of a property that are meant for a dataclass field."""

    init: Any = NO_ARG
    repr: Any = NO_ARG
    default: Any = NO_ARG
    default_factory: Any = NO_ARG
    compare: Any = NO_ARG
    kw_only: Any = NO_ARG
    hash: Any = NO_ARG
    metadata: Any = NO_ARG


NO_OPTIONS = DataclassOptions()


class LateAttribute:
    """Mixed into what stands in class bodies: when it was assigned to a class that is mapped already, the first look maps it."""

    if not TYPE_CHECKING:

        def __get__(self, obj: Any, owner: Any = None) -> Any:
            if owner is None:
                return self
            entity = owner.__dict__.get("__entity__")
            key = None if entity is None else next((key for key, value in owner.__dict__.items() if value is self), None)
            if key is None or key in entity.mapper.attributes:
                return self
            entity.mapper.add_property(key, self)
            return getattr(owner if obj is None else obj, key)


class MapperProperty(LateAttribute, Mapped[T], InspectionAttr):
    """The base of all mapped properties: `key`, `parent` (the mapper), `doc`, `info`."""

    is_property = True
    is_relationship = False
    is_column = False
    loads = True
    loads_on_pending = False
    inherit_cache = True
    uselist: Any = False
    token: int

    def __init__(self, *, doc: str | None = None, info: Mapping[Any, Any] | None = None, options: DataclassOptions = NO_OPTIONS) -> None:
        self.key: str = ""
        self.parent: Any = None
        self.doc = doc
        self.options = options
        self.order = next(_creation)
        self._info: dict[Any, Any] = dict(info or {})
        self.configured = False

    @property
    def info(self) -> dict[Any, Any]:
        """A dictionary for the application."""
        return self._info

    @property
    def class_attribute(self) -> Any:
        """The class-level attribute."""
        return getattr(self.parent.class_, self.key)

    @property
    def _creation_order(self) -> int:
        return self.order

    def __event_dispatch__(self, name: str) -> Any:
        return None if self.parent is None else self.class_attribute.__event_dispatch__(name)

    def declared(self, class_: type[Any], key: str, annotation: Any, registry: Any) -> None:
        """Take what a class body says about this property: its name, its `Mapped[...]` annotation."""
        self.key = key

    def declared_columns(self) -> Iterable[Any]:
        """Return the columns in the class body that come along with this property."""
        return ()

    def set_parent(self, mapper: Any, key: str) -> None:
        """Become a property of a mapper."""
        self.key = key
        self.parent = mapper

    def configure(self) -> None:
        """Resolve what other mappers must exist for."""
        self.configured = True

    def tracker(self, class_: type[Any], above: Tracker | None) -> Tracker | None:
        """Return what tracks this attribute of objects of a class; None if nothing needs to."""
        return ScalarTracker(class_, self, above)

    def attribute_of(self, entity: Any, impl: Any) -> Any:
        """Return the class-level attribute for an entity."""
        raise NotImplementedError

    def write_pairs(self, mapper: Any, value: Any) -> list[tuple[Any, Any]]:
        """Return the columns and values that setting this attribute means in an INSERT or UPDATE."""
        raise ArgumentError(f"{self} is no column, and can't be set by an INSERT or UPDATE")

    def same_value(self, one: Any, other: Any) -> Any:
        """Tell whether two values need no UPDATE."""
        return one is other or one == other

    def __str__(self) -> str:
        owner = self.parent.class_.__name__ if self.parent is not None else "?"
        return f"{owner}.{self.key}"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} at {id(self):#x}; {self.key or 'no key'}>"


def plain_column(given: Any) -> Any:
    """Return the column or expression behind whatever a class body holds: a MappedColumn, an attribute, a column."""
    element = given
    while hasattr(element, "__clause_element__"):
        inner = element.__clause_element__()
        if inner is element:
            break
        element = inner
    return element


class ColumnProperty(MapperProperty[T]):
    """A column, or an SQL expression that is read like one.

    `columns` has several members if the tables of a hierarchy share the attribute; the first is `expression`.
    """

    is_column = True
    strategy_key: Any = ()

    def __init__(
        self,
        column: Any,
        *additional_columns: Any,
        group: str | None = None,
        deferred: bool = False,
        raiseload: bool = False,
        comparator_factory: type[PropComparator] | None = None,
        active_history: bool = False,
        expire_on_flush: bool = True,
        info: Mapping[Any, Any] | None = None,
        doc: str | None = None,
        options: DataclassOptions = NO_OPTIONS,
    ) -> None:
        super().__init__(doc=doc, info=info, options=options)
        self.columns: list[Any] = [_selectable_free(plain_column(one)) for one in (column, *additional_columns)]
        self.group = group
        self.deferred = deferred
        self.raiseload = raiseload
        self.comparator_factory = comparator_factory
        self.active_history = active_history
        self.expire_on_flush = expire_on_flush
        self.token = new_token()
        if doc is None:
            self.doc = next((one.doc for one in reversed(self.columns) if getattr(one, "doc", None)), None)
        if not info:
            self._info = getattr(self.columns[0], "info", None) or {}

    Comparator = PropComparator

    @property
    def column(self) -> Any:
        """The first column."""
        return self.columns[0]

    @property
    def expression(self) -> Any:
        """The first column or the SQL expression."""
        return self.columns[0]

    @property
    def is_expression(self) -> bool:
        """Whether this is an SQL expression rather than a table's column."""
        return getattr(self.columns[0], "table", None) is None or not hasattr(self.columns[0], "nullable")

    @property
    def type(self) -> Any:
        """The type of the first column."""
        return self.columns[0].type

    def attribute_of(self, entity: Any, impl: Any) -> Any:
        """Return the class-level attribute for an entity."""
        made = ColumnAttribute if self.comparator_factory is None else ComparedAttribute
        return made(self, entity, impl)

    def declared_columns(self) -> Iterable[Any]:
        """Return the columns in the class body that come along with this property."""
        return self.columns

    def same_value(self, one: Any, other: Any) -> Any:
        """Tell whether two values need no UPDATE, as the column's type sees it."""
        if isinstance(one, ColumnElement) or isinstance(other, ColumnElement):
            return False
        return self.columns[0].type.compare_values(one, other)

    def write_pairs(self, mapper: Any, value: Any) -> list[tuple[Any, Any]]:
        """Return the columns and values that setting this attribute means in an INSERT or UPDATE."""
        return [(self.columns[0], value)]

    def copy(self) -> ColumnProperty[T]:
        """Return the same property for another mapper."""
        made: ColumnProperty[T] = ColumnProperty.__new__(type(self))
        made.__dict__.update(self.__dict__)
        made.columns = list(self.columns)
        made.token = new_token()
        made.parent = None
        return made

    def __clause_element__(self) -> Any:
        return self.columns[0]

    def operate(self, op: OperatorType, *other: Any, **kwargs: Any) -> Any:
        """Apply an operator to the expression (in the class body)."""
        return op(self.expression, *other, **kwargs)

    def reverse_operate(self, op: OperatorType, other: Any, **kwargs: Any) -> Any:
        """Apply an operator with the expression on the right (in the class body)."""
        return op(other, self.expression, **kwargs)


def _selectable_free(element: Any) -> Any:
    """Turn a SELECT into a scalar subquery; a column_property holds an expression."""
    if getattr(element, "is_select", False) and hasattr(element, "scalar_subquery"):
        return element.scalar_subquery()
    if not isinstance(element, ColumnElement):
        raise ArgumentError(f"column_property() takes a column or an SQL expression, not {element!r}")
    return element


class MappedSQLExpression(ColumnProperty[T]):
    """What `column_property()` returns."""


class QueryExpression(ColumnProperty[T]):
    """An attribute that `with_expression()` fills for one query, and that otherwise reads as None."""

    loads = False


def column_property(
    column: Any,
    *additional_columns: Any,
    group: str | None = None,
    deferred: bool = False,
    raiseload: bool = False,
    comparator_factory: type[PropComparator] | None = None,
    init: Any = NO_ARG,
    repr: Any = NO_ARG,
    default: Any = NO_ARG,
    default_factory: Any = NO_ARG,
    compare: Any = NO_ARG,
    kw_only: Any = NO_ARG,
    hash: Any = NO_ARG,
    active_history: bool = False,
    expire_on_flush: bool = True,
    info: Mapping[Any, Any] | None = None,
    doc: str | None = None,
    dataclass_metadata: Any = NO_ARG,
) -> MappedSQLExpression[Any]:
    """Map a column with options, or an SQL expression as a read-only attribute.

        fullname: Mapped[str] = column_property(first_name + " " + last_name)

    `deferred` leaves it out until it is read, `group` names deferred columns that are loaded together.
    """
    options = DataclassOptions(False if init is NO_ARG else init, repr, default, default_factory, compare, kw_only, hash, dataclass_metadata)
    return MappedSQLExpression(
        column,
        *additional_columns,
        group=group,
        deferred=deferred,
        raiseload=raiseload,
        comparator_factory=comparator_factory,
        active_history=active_history,
        expire_on_flush=expire_on_flush,
        info=info,
        doc=doc,
        options=options,
    )


def query_expression(
    default_expr: Any = None,
    *,
    repr: Any = NO_ARG,
    compare: Any = NO_ARG,
    expire_on_flush: bool = True,
    info: Mapping[Any, Any] | None = None,
    doc: str | None = None,
) -> QueryExpression[Any]:
    """Map an attribute that a query fills with `with_expression()`; without it, `default_expr` or None."""
    made: QueryExpression[Any] = QueryExpression(
        Null() if default_expr is None else default_expr,
        info=info,
        doc=doc,
        expire_on_flush=expire_on_flush,
        options=DataclassOptions(init=False, repr=repr, compare=compare),
    )
    made.has_default = default_expr is not None  # type: ignore[attr-defined]
    return made
