"""`composite()`: one attribute made of several columns: `Point(x, y)`.

    start: Mapped[Point] = composite(mapped_column("x1"), mapped_column("y1"))

The class is a dataclass, or has `__composite_values__()` and takes the values positionally. Reading makes the object of the columns' values
and keeps it while they stay the same; assigning one sets the columns.

Rule 1: the columns are attributes of their own and tracked as such; the composite holds nothing that is flushed.
Rule 2: when all columns of an object that is not in the database are None, the composite is None.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from ambo.errors import ArgumentError
from ambo.listening import Dispatch
from ambo.mapping.annotations import MappedAnnotation, read_annotation
from ambo.mapping.attributes import PropComparator, QueryableAttribute
from ambo.mapping.bundles import Bundle
from ambo.mapping.events import class_dispatch
from ambo.mapping.history import History
from ambo.mapping.mapped import Mapped
from ambo.mapping.mapped_column import MappedColumn, mapped_column
from ambo.mapping.markers import NO_ARG, NO_VALUE
from ambo.mapping.properties import ColumnProperty, DataclassOptions, MapperProperty, plain_column
from ambo.mapping.state import state_of
from ambo.statements.elements import tuple_
from ambo.statements.late import late
from ambo.statements.nodes import ClauseElement, ClauseList
from ambo.statements.operators import ColumnOperators, OperatorType
from ambo.statements.schema_columns import Column

T = TypeVar("T")


class CompositeComparator(PropComparator):
    """The base of comparators for composites: compares column by column."""

    def __clause_element__(self) -> Any:
        return self._element.__clause_element__()

    @property
    def clauses(self) -> Any:
        """The column attributes of the entity, as a list in SQL."""
        return self._element.clauses

    def operate(self, op: OperatorType, *other: Any, **kwargs: Any) -> Any:
        """Compare with a composite object, column by column."""
        return self._element.compare_by(op, *other)


class CompositeProperty(MapperProperty[T]):
    """The mapping of several columns to one object."""

    is_composite = True
    Comparator = CompositeComparator

    def __init__(
        self,
        class_or_attr: Any = None,
        *attrs: Any,
        group: str | None = None,
        deferred: bool = False,
        raiseload: bool = False,
        comparator_factory: Any = None,
        active_history: bool = False,
        info: Mapping[Any, Any] | None = None,
        doc: str | None = None,
        options: DataclassOptions | None = None,
    ) -> None:
        super().__init__(doc=doc, info=info, options=options or DataclassOptions())
        if isinstance(class_or_attr, (Mapped, str, ClauseElement, MappedColumn)):
            self.attrs: tuple[Any, ...] = (class_or_attr, *attrs)
            self.composite_class: Any = None
        else:
            self.attrs = attrs
            self.composite_class = class_or_attr
        self.group = group
        self.deferred = deferred
        self.raiseload = raiseload
        self.comparator_factory = comparator_factory or CompositeComparator
        self.active_history = active_history
        self.props: list[Any] = []
        self._getter: Callable[[Any], tuple[Any, ...]] | None = None

    # ---- the class body

    def declared(self, class_: type[Any], key: str, annotation: MappedAnnotation | None, registry: Any) -> None:
        """Take class and columns from the annotation, as far as they are not given."""
        self.key = key
        if annotation is not None and self.composite_class is None:
            self.composite_class = annotation.inner
        if self.composite_class is None:
            raise ArgumentError(f"composite {class_.__name__}.{key} names no class; annotate it, or pass the class first")
        if not self.attrs or any(isinstance(one, MappedColumn) for one in self.attrs):
            self._complete_columns(class_, key, registry)

    def _complete_columns(self, class_: type[Any], key: str, registry: Any) -> None:
        fields = self._fields()
        if not self.attrs:
            if not fields:
                raise ArgumentError(f"composite {class_.__name__}.{key} has no columns, and {self.composite_class!r} is no dataclass to tell them")
            self.attrs = tuple(mapped_column(name) for name, _ in fields)
        if len(fields) not in (0, len(self.attrs)):
            raise ArgumentError(f"composite {class_.__name__}.{key} has {len(self.attrs)} columns for {len(fields)} fields of {self.composite_class!r}")
        for index, one in enumerate(self.attrs):
            if not isinstance(one, MappedColumn):
                continue
            if fields:
                name, raw = fields[index]
                annotation = read_annotation(self.composite_class, raw)
                one.annotate(class_, name, annotation, lambda found, where: registry.type_of(found, where, self.composite_class))
                one.named(name)
            elif one.column.name is None:
                raise ArgumentError(f"columns of composite {class_.__name__}.{key} must be named unless the class is a dataclass")

    def _fields(self) -> list[tuple[str, Any]]:
        if not dataclasses.is_dataclass(self.composite_class):
            return []
        return [(one.name, one.type) for one in dataclasses.fields(self.composite_class) if one.init]

    def declared_columns(self) -> Iterable[Any]:
        """Return the columns declared inside."""
        return [one for one in self.attrs if isinstance(one, (MappedColumn, Column))]

    # ---- the mapper

    def set_parent(self, mapper: Any, key: str) -> None:
        """Become a property of a mapper; the columns become properties too."""
        super().set_parent(mapper, key)
        for one in self.attrs:
            if isinstance(one, (MappedColumn, Column)):
                self._map_column(mapper, one)

    def _map_column(self, mapper: Any, given: Any) -> None:
        column = plain_column(given)
        known = mapper._by_column.get(column)
        if known is None:
            prop: ColumnProperty[Any] = ColumnProperty(
                column, deferred=self.deferred, group=self.group, raiseload=self.raiseload, active_history=self.active_history
            )
            mapper._configure_property(column.key, prop)

    def configure(self) -> None:
        """Find the column attributes."""
        super().configure()
        self.props = [self._find(one) for one in self.attrs]
        self._getter = _values_getter(self.composite_class)
        for event in ("load", "refresh"):
            class_dispatch(self.parent.class_).add(event, self._loaded, {"propagate": True})

    def _loaded(self, obj: Any, *_: Any) -> None:
        """Make the composite of a loaded object, if all columns were loaded."""
        have = obj.__dict__
        if all(key in have for key in self.keys):
            getattr(obj, self.key)

    def _find(self, given: Any) -> Any:
        attributes = self.parent.attributes
        if isinstance(given, str):
            found = attributes.get(given)
        elif isinstance(given, QueryableAttribute):
            found = given.prop
        elif isinstance(given, ColumnProperty):
            found = given
        else:
            found = self.parent.property_of(plain_column(given))
        if found is None:
            raise ArgumentError(f"composite {self} has {given!r}, which is no column attribute of {self.parent}")
        return found

    @property
    def memo(self) -> str:
        """Where an object keeps the column values its composite was made of."""
        return f"_composite {self.key}"

    @property
    def keys(self) -> list[str]:
        """The names of the column attributes."""
        if not self.configured:
            self.configure()
        return [one.key for one in self.props]

    @property
    def columns(self) -> tuple[Any, ...]:
        """None: the columns belong to properties of their own."""
        return ()

    def tracker(self, class_: type[Any], above: Any) -> None:
        """A composite holds nothing that is flushed."""
        return

    def attribute_of(self, entity: Any, impl: Any) -> Any:
        """Return what stands on the class, or the expression for an alias."""
        return CompositeDescriptor(self, entity) if entity.alias is None else CompositeAttribute(self, entity, impl)

    def values_of(self, obj: Any) -> tuple[Any, ...]:
        """Return the column values of a composite object.

        Raises ArgumentError if it can't tell them.
        """
        if self._getter is None:
            self.configure()
        assert self._getter is not None
        return self._getter(obj)

    def write_pairs(self, mapper: Any, value: Any) -> list[tuple[Any, Any]]:
        """Return the columns and values that setting this attribute means in an INSERT or UPDATE."""
        values = [None] * len(self.keys) if value is None else self.values_of(value)
        return [(prop.columns[0], one) for prop, one in zip(self.props, values, strict=True)]

    def history_of(self, obj: Any) -> History:
        """Return what changed, as composites."""
        state = state_of(obj)
        before, now, changed = [], [], False
        for key in self.keys:
            history = state.manager.tracked[key].history(state)
            changed = changed or history.has_changes()
            current = history.added or history.unchanged
            former = history.deleted or history.unchanged
            now.append(current[0] if current else None)
            before.append(former[0] if former else None)
        if not changed:
            return History((), [self.composite_class(*now)], ())
        return History([self.composite_class(*now)], (), [self.composite_class(*before)])


def _values_getter(class_: Any) -> Callable[[Any], tuple[Any, ...]]:
    if hasattr(class_, "__composite_values__"):
        return lambda obj: tuple(obj.__composite_values__())
    if dataclasses.is_dataclass(class_):
        names = [one.name for one in dataclasses.fields(class_) if one.init]
        return lambda obj: tuple([getattr(obj, name) for name in names])
    if not isinstance(class_, type):
        return lambda obj: tuple(obj.__composite_values__())
    raise ArgumentError(f"composite class {class_.__name__} must be a dataclass or have a method __composite_values__()")


class CompositeImpl:
    """What events of a composite name as their initiator; `active_history` has the old value loaded first."""

    def __init__(self, prop: CompositeProperty[Any]) -> None:
        self.prop = prop
        self.key = prop.key
        self.active_history = prop.active_history
        self.dispatch = Dispatch()


class CompositeDescriptor(QueryableAttribute[Any]):
    """Stands on the class: gives composites on objects, expressions on the class."""

    __slots__ = ("__dict__",)
    _is_internal_proxy = True

    def __init__(self, prop: CompositeProperty[Any], entity: Any) -> None:
        self.prop = prop
        self.entity = entity
        self.key = prop.key
        self.impl = CompositeImpl(prop)
        self.__doc__ = prop.doc
        self.memo = prop.memo

    def __get__(self, obj: Any, owner: Any = None) -> Any:
        if obj is None:
            return CompositeAttribute(self.prop, self.entity, self.impl)
        prop = self.prop
        values = tuple([getattr(obj, key) for key in prop.keys])
        have = obj.__dict__
        kept = have.get(self.memo)
        if kept is not None and self.key in have and all(one is other or one == other for one, other in zip(kept, values, strict=True)):
            return have[self.key]
        if all(one is None for one in values) and state_of(obj).key is None:
            return None
        made = prop.composite_class(*values)
        self.keep(obj, made, values)
        for one in composite_listeners["composite_made"]:
            one(obj, prop.key, made)
        return made

    def keep(self, obj: Any, made: Any, values: tuple[Any, ...]) -> None:
        """Remember the composite while the columns have these values."""
        obj.__dict__[self.key] = made
        obj.__dict__[self.memo] = values

    def __set__(self, obj: Any, value: Any) -> None:
        prop = self.prop
        impl = self.impl
        old = getattr(obj, self.key) if impl.active_history else obj.__dict__.get(self.key, NO_VALUE)
        for one in impl.dispatch.of("set"):
            answer = one(state_of(obj) if one.options.get("raw") else obj, value, old, impl)
            if one.options.get("retval"):
                value = answer
        for one in composite_listeners["composite_set"]:
            value = one(obj, prop.key, value, old)
        if value is None:
            for key in prop.keys:
                setattr(obj, key, None)
            obj.__dict__.pop(self.key, None)
            obj.__dict__.pop(self.memo, None)
            return
        values = prop.values_of(value)
        for key, one in zip(prop.keys, values, strict=True):
            setattr(obj, key, one)
        self.keep(obj, value, values)

    def __delete__(self, obj: Any) -> None:
        impl = self.impl
        old = getattr(obj, self.key) if impl.active_history else obj.__dict__.get(self.key, NO_VALUE)
        for one in impl.dispatch.of("remove"):
            one(state_of(obj) if one.options.get("raw") else obj, old, impl)
        for key in self.prop.keys:
            setattr(obj, key, None)
        obj.__dict__.pop(self.key, None)
        obj.__dict__.pop(self.memo, None)


composite_listeners: dict[str, list[Callable[..., Any]]] = {"composite_made": [], "composite_set": []}
"""Functions that mutable composites register: called when a composite is made from columns, or assigned."""


class CompositeAttribute(QueryableAttribute[Any], ColumnOperators):
    """A composite in an expression: compared column by column, selected as a bundle."""

    __slots__ = ("__dict__",)
    is_attribute = True

    def __init__(self, prop: CompositeProperty[Any], entity: Any, impl: Any = None) -> None:
        self.prop = prop
        self.entity = entity
        self.key = prop.key
        self.impl = impl

    __hash__ = object.__hash__

    @property
    def columns(self) -> list[Any]:
        """The column attributes of the entity."""
        return [self.entity.attribute(key) for key in self.prop.keys]

    def __clause_element__(self) -> Any:
        return CompositeBundle(self.prop, self.columns)

    @property
    def comparator(self) -> Any:
        """The user's comparator, or this attribute."""
        factory = self.prop.comparator_factory
        return self if factory is CompositeComparator else factory(self.prop, self.entity, self)

    @property
    def clauses(self) -> Any:
        """The column attributes of the entity, as a list in SQL."""
        return ClauseList(*self.columns, group=False)

    def label(self, name: str | None) -> Any:
        """Return the composite under another name in a SELECT."""
        return self.__clause_element__().label(name)

    def operate(self, op: OperatorType, *other: Any, **kwargs: Any) -> Any:
        """Compare with a composite object, column by column."""
        factory = self.prop.comparator_factory
        name = getattr(op, "__name__", str(op))
        if factory is not CompositeComparator and f"__{name}__" in vars(factory):
            return getattr(self.comparator, f"__{name}__")(*other)
        if name in ("in_op", "not_in_op"):
            values = [self.prop.values_of(one) for one in other[0]]
            return op(tuple_(*self.columns), values)
        if name in ("desc_op", "asc_op"):
            return late.junction(op, self.columns)
        return self.compare_by(op, *other)

    def compare_by(self, op: OperatorType, other: Any) -> Any:
        """Return the conjunction of `column op value` (the disjunction for `!=`)."""
        values: Iterable[Any]
        if other is None:
            values = [None] * len(self.prop.keys)
        elif isinstance(other, (CompositeAttribute, CompositeDescriptor)):
            values = other.__clause_element__().exprs
        else:
            values = self.prop.values_of(other)
        found: Any = None
        negative = getattr(op, "__name__", "") in ("ne", "is_not")
        for column, value in zip(self.columns, values, strict=True):
            one = op(column, value)
            found = one if found is None else (found | one if negative else found & one)
        return found

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        factory = self.prop.comparator_factory
        if factory is not CompositeComparator and hasattr(factory, name):
            return getattr(self.comparator, name)
        if name in self.prop.keys:
            return self.entity.attribute(name)
        raise AttributeError(f"composite {self} has no attribute {name!r}")


class CompositeBundle(Bundle[Any]):
    """What a composite is in a SELECT: its columns, read back as the object."""

    __slots__ = ()

    def __init__(self, prop: CompositeProperty[Any], columns: list[Any]) -> None:
        super().__init__(prop.key, *columns, single_entity=True)
        self.prop = prop

    def create_row_processor(self, query: Any, procs: Any, labels: Any) -> Callable[[Any], Any]:
        """Return a function that makes the composite of a row's values."""
        make = self.prop.composite_class
        return lambda row: make(*[proc(row) for proc in procs])


class Composite(CompositeProperty[T]):
    """What `composite()` returns."""


def composite(
    _class_or_attr: Any = None,
    *attrs: Any,
    group: str | None = None,
    deferred: bool = False,
    raiseload: bool = False,
    comparator_factory: Any = None,
    active_history: bool = False,
    init: Any = NO_ARG,
    repr: Any = NO_ARG,
    default: Any = NO_ARG,
    default_factory: Any = NO_ARG,
    compare: Any = NO_ARG,
    kw_only: Any = NO_ARG,
    hash: Any = NO_ARG,
    info: Mapping[Any, Any] | None = None,
    doc: str | None = None,
    dataclass_metadata: Any = NO_ARG,
    **__kw: Any,
) -> Composite[Any]:
    """Map several columns to one object.

        start: Mapped[Point] = composite(mapped_column("x1"), mapped_column("y1"))

    The class comes from the annotation or is the first argument; columns are `mapped_column()`s, Columns or names of attributes.
    """
    return Composite(
        _class_or_attr,
        *attrs,
        group=group,
        deferred=deferred,
        raiseload=raiseload,
        comparator_factory=comparator_factory,
        active_history=active_history,
        info=info,
        doc=doc,
        options=DataclassOptions(init, repr, default, default_factory, compare, kw_only, hash, dataclass_metadata),
    )
