"""Class-level attributes: what `User.name` is. A column of the class's entity, and the fall-back for values that are missing.

    User.name        ColumnAttribute: an EntityColumn with all column operators
    User.orders      RelationshipAttribute: comparisons, any(), has(), contains(), of_type(), and_()
    user.name        the instance's own value; `__get__` runs only if there is none: Tracker.missing

Rule 1: these are non-data descriptors (`__get__` only), so that reading a loaded value runs no Python.
Rule 2: each mapped class has its own attributes, also for what it inherits: `Manager.name` belongs to Manager's entity.
"""

from __future__ import annotations

from types import GenericAlias
from typing import TYPE_CHECKING, Any, TypeVar

from ambo.mapping.markers import NotExtension
from ambo.mapping.tracking import Tracker, state_or_new
from ambo.statements.entities import Entity, EntityColumn
from ambo.statements.expressions import ColumnElement
from ambo.statements.operators import ColumnOperators, OperatorType

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class InspectionAttr:
    """What `inspect()` returns has these marks; subclasses set the one that is theirs."""

    __slots__ = ()

    is_selectable = False
    is_aliased_class = False
    is_instance = False
    is_mapper = False
    is_bundle = False
    is_property = False
    is_attribute = False
    is_clause_element = False
    _is_internal_proxy = False
    extension_type: Any = NotExtension.NOT_EXTENSION


if TYPE_CHECKING:

    class QueryableAttribute(ColumnElement[T]):
        """What a mapped class's attribute is, seen by a type checker: an expression, with the relationship methods."""

        class_: type[Any]
        entity: Any
        prop: Any
        impl: Any
        parent: Any

        def any(self, criterion: Any = None, **kwargs: Any) -> ColumnElement[bool]:
            """EXISTS over a collection."""

        def has(self, criterion: Any = None, **kwargs: Any) -> ColumnElement[bool]:
            """EXISTS over a reference."""

        def of_type(self, entity: Any) -> Any:
            """Narrow a relationship to a subclass or an alias."""

        def and_(self, *criteria: Any) -> Any:
            """Add criteria to a relationship."""

        def adapt_to_entity(self, entity: Any) -> Any:
            """The same attribute of an alias."""

        @property
        def property(self) -> Any:
            """The mapped property."""

    class InstrumentedAttribute(QueryableAttribute[T]):
        """A mapped class's attribute."""

else:

    class QueryableAttribute(InspectionAttr):
        """A mapped class's attribute, or the same of an alias."""

        __slots__ = ()
        is_attribute = True

        def __bool__(self) -> bool:
            return True

        def __class_getitem__(cls, item: Any) -> Any:
            return cls

        def __get__(self, obj: Any, owner: Any = None) -> Any:
            return self if obj is None else self.impl.missing(obj)

        @property
        def parent(self) -> Any:
            """The mapper or alias the attribute was asked of."""
            return self.owner_entity.parent

        @property
        def owner_entity(self) -> Any:
            """The class's or alias's node in statements."""
            return self.entity

        @property
        def class_(self) -> Any:
            """The mapped class."""
            return self.owner_entity.class_

        @property
        def dispatch(self) -> Any:
            """The listeners of this attribute."""
            return self.impl.dispatch

        def __event_dispatch__(self, name: str) -> Any:
            return self.impl.dispatch

        @property
        def info(self) -> Any:
            """The property's `info`."""
            return self.prop.info

        def get_history(self, obj: Any) -> Any:
            """Return what changed in this attribute of an object."""
            return self.impl.history(state_or_new(obj))

        def adapt_to_entity(self, entity: Any) -> Any:
            """Return the same attribute of an alias."""
            return self.prop.attribute_of(entity, self.impl)

        def __str__(self) -> str:
            return f"{self.owner_entity.class_.__name__}.{self.key}"

        def __repr__(self) -> str:
            return f"<{type(self).__name__} {self.owner_entity.class_.__name__}.{self.key}>"

        @property
        def property(self) -> Any:
            """The mapped property."""
            return self.prop

    class InstrumentedAttribute(QueryableAttribute):
        """A mapped class's attribute."""

        __slots__ = ()


class ColumnAttribute(InstrumentedAttribute[T], EntityColumn[T]):
    """A column, or an SQL expression mapped like one."""

    __slots__ = ("impl", "prop")

    def __init__(self, prop: Any, entity: Entity, impl: Tracker | None) -> None:
        inherited = prop.parent is not None and entity.mapper is not prop.parent
        EntityColumn.__init__(self, entity, prop.key, prop.expression, (prop.token, entity.token) if inherited else prop.token)
        self.prop = prop
        self.impl = impl
        self.__dict__["__doc__"] = prop.doc

    @property
    def columns(self) -> Any:
        """The columns beneath; several if tables of a hierarchy share the attribute."""
        return self.prop.columns

    @property
    def expressions(self) -> Any:
        """The columns beneath."""
        return self.prop.columns

    def __clause_element__(self) -> Any:
        return self


class ComparedAttribute(ColumnAttribute[T]):
    """A column whose operators the user's `comparator_factory` defines."""

    __slots__ = ("custom",)

    def __init__(self, prop: Any, entity: Entity, impl: Tracker | None) -> None:
        super().__init__(prop, entity, impl)
        self.custom = prop.comparator_factory(prop, entity, ColumnAttribute(prop, entity, impl))

    @property
    def comparator(self) -> Any:
        """The user's comparator."""
        return self.custom

    def operate(self, op: OperatorType, *other: Any, **kwargs: Any) -> Any:
        """Apply an operator by the user's comparator."""
        return op(self.custom, *other, **kwargs)

    def reverse_operate(self, op: OperatorType, other: Any, **kwargs: Any) -> Any:
        """Apply an operator with this on the right by the user's comparator."""
        return self.custom.reverse_operate(op, other, **kwargs)

    def __getattr__(self, name: str) -> Any:
        custom = self.__dict__.get("custom") if name == "custom" else getattr(self, "custom", None)
        if custom is not None and not name.startswith("_"):
            found = getattr(custom, name, None)
            if found is not None:
                return found
        return super().__getattr__(name)


class PropComparator(ColumnOperators, InspectionAttr):
    """The operators of a mapped attribute; derive from `ColumnProperty.Comparator` and the like to change them.

    `__clause_element__()` is the expression the operators work on, `prop` the mapped property.
    """

    __class_getitem__: Any = classmethod(GenericAlias)

    def __init__(self, prop: Any, entity: Any = None, element: Any = None) -> None:
        self.prop = prop
        self.entity = entity
        self._element = element

    @property
    def _parententity(self) -> Any:
        return self.entity

    def __clause_element__(self) -> Any:
        return self._element

    @property
    def expression(self) -> Any:
        """The expression the operators work on."""
        return self.__clause_element__()

    def operate(self, op: OperatorType, *other: Any, **kwargs: Any) -> Any:
        """Apply an operator to the expression."""
        return op(self.__clause_element__(), *other, **kwargs)

    def reverse_operate(self, op: OperatorType, other: Any, **kwargs: Any) -> Any:
        """Apply an operator with the expression on the right."""
        return op(other, self.__clause_element__(), **kwargs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name in ("_element", "prop"):
            raise AttributeError(name)
        return getattr(self.__clause_element__(), name)

    @property
    def property(self) -> Any:
        """The mapped property."""
        return self.prop


class ClassEntity(Entity):
    """A mapped class in a statement."""

    __slots__ = ()
    is_mapper = False
    is_aliased_class = False

    @property
    def parent(self) -> Any:
        """What `inspect()` gives for the class: its mapper."""
        return self.mapper

    @property
    def name(self) -> Any:
        """The class's name."""
        return self.class_.__name__

    @property
    def entity_namespace(self) -> Any:
        """The class: where `filter_by(name=...)` looks for names."""
        return self.class_

    def _make_columns(self) -> Any:
        class_ = self.class_
        own = [(prop.key, getattr(class_, prop.key, None)) for prop in exported(self.mapper)]
        return own + columns_of_subclasses(self, self.mapper.with_polymorphic_mappers)

    def attribute(self, key: str) -> Any:
        """Return the class-level attribute of that name."""
        return getattr(self.class_, key)

    def write_pairs(self, key: Any, value: Any) -> list[tuple[Any, Any]]:
        """Return the columns and values that setting an attribute means; a plain column attribute stays as it is."""
        if hasattr(key, "update_pairs"):
            return self.mapper.write_pairs(key, value)  # type: ignore[no-any-return]
        prop = self.mapper.attributes.get(key) if isinstance(key, str) else getattr(key, "prop", None)
        if prop is None:
            is_plain = not isinstance(key, str) or not hasattr(self.class_, key)
        else:
            is_plain = prop.is_column
        return [(key, value)] if is_plain else self.mapper.write_pairs(key, value)

    def column_for(self, column: Any) -> Any:
        """Return what stands for a plain column of the mapper in a statement about this entity."""
        return column

    def __repr__(self) -> str:
        return f"<Entity {self.class_.__name__}>"

    def __reduce__(self) -> Any:
        return (entity_of_class, (self.class_,))


def exported(mapper: Any) -> list[Any]:
    """Return the column attributes that a subquery of a class has: expressions that are not deferred, then columns in the table's order."""
    place = {column: at for at, column in enumerate(mapper.persist_selectable.c)}
    found: list[tuple[int, Any]] = []
    for prop in mapper.column_attributes:
        if getattr(prop.columns[0], "table", None) is not None:
            found.append((min([place.get(one, len(place)) for one in prop.columns]), prop))
        elif not prop.deferred and (prop.loads or getattr(prop, "has_default", False)):
            found.append((-1, prop))
    return [prop for _, prop in sorted(found, key=lambda pair: pair[0])]


def columns_of_subclasses(entity: Any, mappers: Any) -> list[tuple[str, Any]]:
    """Return the columns of subclasses that come along with an entity, by attribute name."""
    found: list[tuple[str, Any]] = []
    seen = {id(prop) for prop in entity.mapper.column_attributes}
    inherited = entity.mapper.attributes
    for mapper in mappers:
        for prop in mapper.column_attributes:
            if id(prop) not in seen and prop.key not in inherited:
                seen.add(id(prop))
                found.append((prop.key, prop.attribute_of(entity, None)))
    return found


def entity_of_class(class_: Any) -> Any:
    """Return the entity of a mapped class (what an unpickled statement refers to)."""
    return class_.__dict__["__entity__"]
