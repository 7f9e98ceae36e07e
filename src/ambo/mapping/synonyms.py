"""`synonym()`: a second name for a mapped attribute.

Rule 1: on the class a synonym is the attribute it stands for; on an object it reads and writes that attribute,
or goes through the user's own descriptor (a property) if one is given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import GenericAlias
from typing import Any, TypeVar

from ambo.errors import ArgumentError, suggestion
from ambo.mapping.attributes import InspectionAttr, InstrumentedAttribute, PropComparator
from ambo.mapping.mapped_column import MappedColumn
from ambo.mapping.markers import NO_ARG
from ambo.mapping.properties import ColumnProperty, DataclassOptions, MapperProperty, plain_column
from ambo.mapping.state import state_of
from ambo.statements.entities import EntityColumn
from ambo.statements.expressions import ColumnElement
from ambo.statements.keys import new_token

T = TypeVar("T")


class SynonymProperty(MapperProperty[T]):
    """A second name for the attribute called `name`."""


    def __init__(
        self,
        name: Any,
        map_column: bool | None = None,
        descriptor: Any = None,
        comparator_factory: type[PropComparator] | None = None,
        info: Mapping[Any, Any] | None = None,
        doc: str | None = None,
        options: DataclassOptions | None = None,
    ) -> None:
        super().__init__(doc=doc, info=info, options=options or DataclassOptions())
        self._named: Any = name
        self.map_column = map_column
        self.descriptor = descriptor
        self.comparator_factory = comparator_factory
        self.token = new_token()

    @property
    def name(self) -> str:
        """The name of the attribute this stands for."""
        if not isinstance(self._named, str):
            prop = None if self.parent is None else self.parent.property_of(plain_column(self._named))
            if prop is None:
                return str(self._named.key)
            self._named = prop.key
        return str(self._named)

    def set_parent(self, mapper: Any, key: str) -> None:
        """Become a property of a mapper; with `map_column`, map the column of this name as the attribute it stands for."""
        super().set_parent(mapper, key)
        own = mapper.class_.__dict__.get(key)
        if self.descriptor is None and own is not None and own is not self and not isinstance(own, InspectionAttr) and hasattr(own, "__get__"):
            self.descriptor = own
        if self.map_column:
            column = mapper.persist_selectable.c.get(key)
            if column is None:
                raise ArgumentError(f"can't compile synonym {key!r}: there is no column {key!r} in the table of {mapper}")
            if self.name in mapper.attributes:
                raise ArgumentError(
                    f"can't call map_column=True for synonym {key!r}={self.name!r}: a property named {self.name!r} exists already for column {key!r}"
                )
            mapper._configure_property(self.name, ColumnProperty(column))

    def configure(self) -> None:
        """Check that the attribute exists."""
        super().configure()
        class_ = self.parent.class_
        if self.name not in self.parent.attributes and not hasattr(class_, self.name):
            known = self.parent.attributes
            raise ArgumentError(f"{self} is a synonym for {self.name!r}, which does not exist{suggestion(self.name, known)}")

    def write_pairs(self, mapper: Any, value: Any) -> list[tuple[Any, Any]]:
        """Return what setting the attribute this stands for means."""
        return mapper.write_pairs(self.name, value)  # type: ignore[no-any-return]

    def history_of(self, obj: Any) -> Any:
        """Return what changed in the attribute this stands for."""
        state = state_of(obj)
        return state.attrs[self.name].history

    def tracker(self, class_: type[Any], above: Any) -> None:
        """A synonym holds no value of its own."""
        return

    def attribute_of(self, entity: Any, impl: Any) -> Any:
        """Return the descriptor that stands on the class."""
        return Synonym(self, entity)


class Synonym(InspectionAttr):
    """The class attribute of a synonym."""

    __class_getitem__: Any = classmethod(GenericAlias)

    is_attribute = True
    _is_internal_proxy = True

    def __init__(self, prop: SynonymProperty[Any], entity: Any) -> None:
        self.original_property = prop
        self.entity = entity
        self.key = prop.key
        self.__doc__ = prop.doc

    def __get__(self, obj: Any, owner: Any) -> Any:
        prop = self.original_property
        if obj is not None:
            return getattr(obj, prop.name) if prop.descriptor is None else prop.descriptor.__get__(obj, owner)
        attribute = getattr(owner, prop.name)
        if prop.comparator_factory is not None:
            return prop.comparator_factory(prop, self.entity, attribute)
        return self._renamed(attribute)

    def _renamed(self, attribute: Any) -> Any:
        """Return a copy of the attribute under the synonym's name, a column's with a token of its own."""
        if not isinstance(attribute, InstrumentedAttribute):
            return attribute
        made = attribute.prop.attribute_of(attribute.owner_entity, attribute.impl)
        if not hasattr(made, "__dict__"):
            return attribute
        made.__dict__["original_property"] = self.original_property
        if isinstance(made, EntityColumn):
            made.key = self.key
            made._plain_token = self.original_property.token
            made._after_copy()
        return made

    def __set__(self, obj: Any, value: Any) -> None:
        descriptor = self.original_property.descriptor
        if descriptor is None:
            setattr(obj, self.original_property.name, value)
        else:
            descriptor.__set__(obj, value)

    def __delete__(self, obj: Any) -> None:
        delattr(obj, self.original_property.name)


def synonym(
    name: str | MappedColumn[Any] | InstrumentedAttribute[Any] | ColumnElement[Any],
    *,
    map_column: bool | None = None,
    descriptor: Any = None,
    comparator_factory: type[PropComparator] | None = None,
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
) -> SynonymProperty[Any]:
    """Give a mapped attribute a second name; `name` is its name, or in the class body its column.

    `descriptor` is a property that stands on the object instead; `map_column` maps the column called like the synonym under `name`.
    """
    options = DataclassOptions(init, repr, default, default_factory, compare, kw_only, hash, dataclass_metadata)
    return SynonymProperty(name, map_column, descriptor, comparator_factory, info, doc, options)


def synonym_for(name: str, map_column: bool = False) -> Callable[[Callable[..., Any]], SynonymProperty[Any]]:
    """Turn a property into a synonym for a mapped attribute."""

    def decorate(fn: Callable[..., Any]) -> SynonymProperty[Any]:
        return SynonymProperty(name, map_column, descriptor=fn)

    return decorate
