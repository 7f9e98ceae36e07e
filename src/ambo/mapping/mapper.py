"""`Mapper`: one mapped class and its table(s): which attribute is which column, what identifies a row, what inherits from what.

    Mapper(class, table)  ->  inherit  ->  tables  ->  properties  ->  primary key  ->  polymorphic identity  ->  instrument
        (hierarchy.py finds parents and tables, property_setup.py attributes and keys)
    configure_mappers()   ->  each property resolves what it refers to (configuration.py)

Rule 1: a mapper knows nothing of sessions; it is data that loaders and the unit of work read.
Rule 2: properties are shared with inheriting mappers unless these have a column of the same name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, Generic

from typing_extensions import TypeVar

from ambo.errors import ArgumentError, InvalidRequestError, UnknownAttributeError, UnmappedColumnError, suggestion
from ambo.listening import Dispatch
from ambo.mapping import hierarchy, property_setup
from ambo.mapping.attributes import ClassEntity, InspectionAttr, QueryableAttribute
from ambo.mapping.cascades import cascade
from ambo.mapping.configuration import before_use, mappers_changed
from ambo.mapping.events import class_dispatch, everything, forget_class
from ambo.mapping.instrumentation import ClassManager
from ambo.mapping.properties import ColumnProperty, MapperProperty, plain_column
from ambo.mapping.property_views import MappedColumns, Properties
from ambo.mapping.state import InstanceState, state_of
from ambo.mapping.validators import Validator
from ambo.statements.keys import new_token

_O = TypeVar("_O", default=Any)
_REMEMBERED = ("column_attributes", "expressions", "relationship_list", "composite_list", "delete_orphans", "delete_cascades", "selectable", "table_maps")


class Mapper(InspectionAttr, Generic[_O]):
    """The mapping of one class; `inspect(User)` returns it.

    Made by declarative classes and by `registry.map_imperatively()`; the arguments are those of `__mapper_args__`.
    Raises ArgumentError if the arguments contradict each other or no primary key can be found.
    """

    is_mapper = True
    listens_for_all = True
    dispatch: Dispatch = everything
    """On the class the listeners of all classes, on a mapper those of its class."""
    represents_outer_join = False
    unmapped: frozenset[str] = frozenset()
    """The names of what the class's body says of its table alone, by `unmapped_column()`."""

    def __init__(
        self,
        class_: type[_O],
        local_table: Any = None,
        properties: Mapping[str, Any] | None = None,
        primary_key: Iterable[Any] | None = None,
        inherits: Any = None,
        inherit_condition: Any = None,
        inherit_foreign_keys: Any = None,
        always_refresh: bool = False,
        version_id_col: Any = None,
        version_id_generator: Any = None,
        polymorphic_on: Any = None,
        _polymorphic_map: dict[Any, Any] | None = None,
        polymorphic_identity: Any = None,
        concrete: bool = False,
        with_polymorphic: Any = None,
        polymorphic_abstract: bool = False,
        polymorphic_load: str | None = None,
        allow_partial_pks: bool = True,
        batch: bool = True,
        column_prefix: str | None = None,
        include_properties: Iterable[Any] | None = None,
        exclude_properties: Iterable[Any] | None = None,
        passive_updates: bool = True,
        passive_deletes: bool = False,
        confirm_deleted_rows: bool = True,
        eager_defaults: Any = "auto",
        legacy_is_orphan: bool = False,
        registry: Any = None,
    ) -> None:
        if registry is None:
            raise InvalidRequestError(
                f"The Mapper() constructor can't be called directly; map {class_!r} with registry.map_imperatively(), or derive it from a base"
            )
        self.class_ = class_
        self.registry = registry
        self.always_refresh = always_refresh
        self.batch = batch
        self.allow_partial_pks = allow_partial_pks
        self.confirm_deleted_rows = confirm_deleted_rows
        self.eager_defaults = eager_defaults
        self.legacy_is_orphan = legacy_is_orphan
        self.column_prefix = column_prefix or ""
        self.passive_updates = passive_updates
        self.passive_deletes = passive_deletes
        self.concrete = concrete
        self.polymorphic_abstract = polymorphic_abstract
        self.polymorphic_identity = polymorphic_identity
        self.polymorphic_load = polymorphic_load
        self.polymorphic_map: dict[Any, Mapper] = {} if _polymorphic_map is None else _polymorphic_map
        self.include_properties = None if include_properties is None else list(include_properties)
        self.exclude_properties = None if exclude_properties is None else list(exclude_properties)
        self.configured = False
        self.is_announced = False
        self.disposed = False
        self.configure_failure: BaseException | None = None
        self._own_orphan_rules: list[Any] = []
        self.validators: dict[str, Any] = {}
        self.token = new_token()
        self.entity = ClassEntity(self, self.token)
        self.dispatch = class_dispatch(class_)
        self.attributes: dict[str, MapperProperty[Any]] = {}
        self._by_column: dict[Any, MapperProperty[Any]] = {}
        self._refused: set[str] = set()
        self._validators: dict[str, Validator] = {}
        self.inheriting: list[Mapper] = []
        self.inherits: Mapper | None = None
        self.local_table = local_table
        self._check_class()
        try:
            self._declare_class()
            hierarchy.inherit(self, inherits)
            hierarchy.set_tables(self, local_table, inherit_condition)
            property_setup.set_properties(self, dict(properties or {}))
            property_setup.set_primary_key(self, primary_key)
            hierarchy.set_polymorphic(self, polymorphic_on, with_polymorphic)
            property_setup.set_version(self, version_id_col, version_id_generator)
            property_setup.instrument(self)
        except BaseException:
            self._give_up()
            raise
        mappers_changed()
        for one in self.dispatch.of("after_mapper_constructed"):
            one(self, class_)

    local_table: Any
    persist_selectable: Any
    tables: tuple[Any, ...]
    single: bool
    base_mapper: Mapper
    identity_class: type[Any]
    inherit_condition: Any
    inherit_pairs: tuple[tuple[Any, Any], ...]
    polymorphic_on: Any
    polymorphic_prop: Any
    with_polymorphic: Any
    version_id_col: Any
    version_id_generator: Any
    version_id_prop: Any
    primary_key: tuple[Any, ...]
    pk_keys: tuple[str, ...]
    table_maps: Any = None  # `unitofwork/table_map.py` keeps them here

    # ---- construction

    def _check_class(self) -> None:
        class_ = self.class_
        if not isinstance(class_, type):
            raise ArgumentError(f"only classes can be mapped, not {class_!r}")
        if class_.__dict__.get("_sa_class_manager") is not None:
            raise ArgumentError(f"class {class_.__name__} already has a primary mapper defined; each class is mapped once")
        self.class_manager = ClassManager(class_, self, self.dispatch)

    def _declare_class(self) -> None:
        class_ = self.class_
        self.twin = self.class_manager.twin
        self.class_manager.install("_sa_class_manager", self.class_manager)
        self.class_manager.install("__entity__", self.entity)
        self.class_manager.install("__mapper__", self)
        for one in self.dispatch.of("instrument_class"):
            one(self, class_)

    def _give_up(self) -> None:
        """Leave no trace of a mapping that failed."""
        self.class_manager.uninstall()
        if self.inherits is not None and self in self.inherits.inheriting:
            self.inherits.inheriting.remove(self)
            self.inherits._changed()
        for identity in [key for key, one in self.polymorphic_map.items() if one is self]:
            del self.polymorphic_map[identity]

    def _configure_property(self, key: str, prop: MapperProperty[Any]) -> None:
        if prop.parent is not None and prop.parent is not self:
            prop = prop.copy() if isinstance(prop, ColumnProperty) else prop
        prop.set_parent(self, key)
        self.attributes[key] = prop
        for column in getattr(prop, "columns", ()):
            self._by_column.setdefault(column, prop)

    # ---- changes after construction

    def add_property(self, key: str, prop: Any) -> None:
        """Map one more attribute."""
        property_setup.add_property(self, key, prop)

    def add_properties(self, dict_of_properties: Mapping[str, Any]) -> None:
        """Map several more attributes."""
        for key, prop in dict_of_properties.items():
            property_setup.add_property(self, key, prop)

    def _changed(self) -> None:
        for name in _REMEMBERED:
            self.__dict__.pop(name, None)
        for mapper in self.inheriting:
            mapper._changed()

    def add_orphan_rule(self, prop: Any) -> None:
        """Note a `delete-orphan` relationship that leads here."""
        self._own_orphan_rules.append(prop)
        self._changed()

    def dispose(self) -> None:
        """Take the mapping off its class."""
        self.configured = True
        self.disposed = True
        for one in self.dispatch.of("class_uninstrument"):
            one(self.class_)
        self.class_manager.uninstall()
        forget_class(self.class_)

    # ---- what loaders and the unit of work read

    # Asked for each object of a flush, so each is computed once; `_changed` forgets them.

    @cached_property
    def column_attributes(self) -> tuple[ColumnProperty[Any], ...]:
        """The column properties, inherited ones first."""
        return tuple(one for one in self.attributes.values() if isinstance(one, ColumnProperty))

    @cached_property
    def expressions(self) -> tuple[ColumnProperty[Any], ...]:
        """The column properties that are SQL expressions."""
        return tuple(one for one in self.column_attributes if one.is_expression)

    @cached_property
    def relationship_list(self) -> tuple[Any, ...]:
        """The relationships."""
        return tuple(one for one in self.attributes.values() if one.is_relationship)

    @cached_property
    def composite_list(self) -> tuple[Any, ...]:
        """The composites."""
        return tuple(one for one in self.attributes.values() if getattr(one, "is_composite", False))

    @cached_property
    def delete_orphans(self) -> tuple[Any, ...]:
        """The relationships with `delete-orphan` that lead to this class or to one it inherits from."""
        above = () if self.inherits is None else self.inherits.delete_orphans
        return (*above, *self._own_orphan_rules)

    @cached_property
    def delete_cascades(self) -> tuple[Any, ...]:
        """The relationships whose objects are deleted with an object of this class."""
        return tuple(prop for prop in self.relationship_list if "delete" in prop.cascade and not prop.viewonly)

    def property_of(self, column: Any) -> Any:
        """Return the property a column is mapped to, or None."""
        return self._by_column.get(column)

    def own_property_of(self, column: Any) -> Any:
        """Return the property of a column; for one of its parent's, a concrete class has a column of its own. None if there is none."""
        found = self._by_column.get(column)
        if found is None:
            above = next((prop for one in self.iterate_to_root() if (prop := one._by_column.get(column)) is not None), None)
            found = None if above is None else self.attributes.get(above.key)
        return found

    @property
    def polymorphic_key(self) -> str | None:
        """The attribute that holds the discriminator, if it is an attribute."""
        return None if self.polymorphic_prop is None else self.polymorphic_prop.key

    def identity_key(self, primary_key: tuple[Any, ...], identity_token: Any = None) -> tuple[type[Any], tuple[Any, ...], Any]:
        """Return the identity key of a primary key."""
        return (self.identity_class, primary_key, identity_token)

    def identity_key_of(self, obj: Any) -> tuple[type[Any], tuple[Any, ...], Any]:
        """Return the identity key that an object's primary key attributes make."""
        have = obj.__dict__
        keys = self.pk_keys
        if len(keys) == 1:
            return (self.identity_class, (have.get(keys[0]),), None)
        return (self.identity_class, tuple([have.get(key) for key in keys]), None)

    def new(self) -> _O:
        """Return a new object without calling its `__init__`."""
        class_: Any = self.class_
        made: _O = class_.__new__(class_)
        return made

    @property
    def self_and_descendants(self) -> frozenset[Mapper]:
        """This mapper and all that inherit from it."""
        return frozenset(self.hierarchy())

    def hierarchy(self) -> Iterator[Mapper]:
        """Yield this mapper and all that inherit from it, parents first."""
        waiting = [self]
        while waiting:
            one = waiting.pop(0)
            yield one
            waiting += one.inheriting

    # ---- public inspection

    @property
    def mapper(self) -> Mapper:
        """This."""
        return self

    @property
    def attrs(self) -> Properties:
        """All properties by name."""
        before_use(self)
        return Properties(self.attributes)

    @property
    def column_attrs(self) -> Properties:
        """The column properties by name."""
        return self._filtered(lambda one: isinstance(one, ColumnProperty))

    @property
    def relationships(self) -> Properties:
        """The relationships by name."""
        return self._filtered(lambda one: one.is_relationship)

    @property
    def synonyms(self) -> Properties:
        """The synonyms by name."""
        return self._filtered(lambda one: type(one).__name__ == "SynonymProperty")

    @property
    def composites(self) -> Properties:
        """The composites by name."""
        return self._filtered(lambda one: type(one).__name__ == "CompositeProperty")

    def _filtered(self, chosen: Callable[[Any], bool]) -> Properties:
        before_use(self)
        return Properties({key: one for key, one in self.attributes.items() if chosen(one)})

    @property
    def all_orm_descriptors(self) -> Properties:
        """All class-level attributes of the ORM by name: mapped ones, hybrids, association proxies."""
        before_use(self)
        found: dict[str, Any] = {}
        for base in self.class_.__mro__:
            for name, value in base.__dict__.items():
                if isinstance(value, InspectionAttr) and not isinstance(value, Mapper) and not name.startswith("__"):
                    prop = value.prop if isinstance(value, QueryableAttribute) else None
                    if name not in found and (prop is None or prop.parent.class_ not in base.__mro__[1:]):
                        found[name] = next(one.__dict__[name] for one in self.class_.__mro__ if name in one.__dict__)
        return Properties(found)

    def write_pairs(self, key: Any, value: Any) -> list[tuple[Any, Any]]:
        """Return the columns and values that setting an attribute to a value means in an INSERT or UPDATE.

        `key` is a name, an attribute, a hybrid, or a column. Raises UnknownProperty for a name that is none.
        """
        if isinstance(key, str):
            prop = self.attributes.get(key)
            if prop is None:
                return self._write_unmapped(key, value)
        else:
            pairs = getattr(key, "update_pairs", None)
            if pairs is not None:
                return [found for one, its in pairs(value) for found in self.write_pairs(one, its)]
            prop = getattr(key, "prop", None)
            if prop is None:
                return [(plain_column(key), value)]
        return prop.write_pairs(self, value)

    def expanded(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return values by the names of column attributes, for values by any attribute names; unknown names stay."""
        found: dict[str, Any] = {}
        for key, value in values.items():
            prop = self.attributes.get(key)
            if prop.is_column if prop is not None else not hasattr(self.class_, key):
                found[key] = value
            elif (put := getattr(getattr(self.class_, key), "bulk_setter", None)) is not None:
                put(found, value)
            else:
                for column, its in self.write_pairs(key, value):
                    known = self._by_column.get(column)
                    found[key if known is None else known.key] = its
        return found

    def _write_unmapped(self, key: str, value: Any) -> list[tuple[Any, Any]]:
        attribute = getattr(self.class_, key, None)
        if attribute is not None and hasattr(attribute, "update_pairs"):
            return self.write_pairs(attribute, value)
        column = self.local_table.c.get(key)
        if column is None:
            raise UnknownProperty(f"{self} has no property {key!r}{suggestion(key, self.attributes)}")
        return [(column, value)]

    @property
    def columns(self) -> MappedColumns:
        """The columns by attribute name."""
        return MappedColumns({one.key: one.columns[0] for one in self.column_attributes})

    @property
    def c(self) -> MappedColumns:
        """The columns by attribute name."""
        return self.columns

    @property
    def iterate_properties(self) -> Iterator[MapperProperty[Any]]:
        """All properties."""
        before_use(self)
        return iter(list(self.attributes.values()))

    def has_property(self, key: str) -> bool:
        """Tell whether there is a property of that name."""
        return key in self.attributes

    def get_property(self, key: str, _configure_mappers: bool = False) -> MapperProperty[Any]:
        """Return the property of that name.

        Raises InvalidRequestError if there is none.
        """
        before_use(self)
        found = self.attributes.get(key)
        if found is None:
            raise UnknownProperty(f"{self} has no property {key!r}{suggestion(key, self.attributes)}")
        return found

    def get_property_by_column(self, column: Any) -> MapperProperty[Any]:
        """Return the property a column is mapped to.

        Raises UnmappedColumnError if there is none.
        """
        found = self._by_column.get(plain_column(column))
        if found is None:
            raise UnmappedColumnError(f"column {column} is not mapped by {self.class_.__name__}")
        return found

    def isa(self, other: Mapper) -> bool:
        """Tell whether this is the other mapper or inherits from it."""
        one: Mapper | None = self
        while one is not None and one is not other:
            one = one.inherits
        return one is not None

    def common_parent(self, other: Any) -> bool:
        """Tell whether both belong to one hierarchy."""
        return self.base_mapper is other.mapper.base_mapper

    def iterate_to_root(self) -> Iterator[Mapper]:
        """Yield this mapper, its parent, and so on."""
        one: Mapper | None = self
        while one is not None:
            yield one
            one = one.inherits

    def polymorphic_iterator(self) -> Iterator[Mapper]:
        """Yield this mapper and all that inherit from it."""
        return self.hierarchy()

    def primary_mapper(self) -> Mapper:
        """Return this."""
        return self

    def primary_base_mapper(self) -> Mapper:
        """Return the root of the hierarchy."""
        return self.base_mapper

    @cached_property
    def selectable(self) -> Any:
        """What a SELECT of this class selects from."""
        return hierarchy.polymorphic_selectable(self)

    @property
    def mapped_table(self) -> Any:
        """The table, or the join of tables."""
        return self.persist_selectable

    @property
    def with_polymorphic_mappers(self) -> list[Mapper]:
        """The mappers whose columns a SELECT of this class brings along."""
        return hierarchy.polymorphic_mappers(self)

    def identity_key_from_instance(self, instance: Any) -> Any:
        """Return the identity key that an object's primary key attributes make."""
        return self.identity_key(tuple(self.primary_key_from_instance(instance)))

    def identity_key_from_primary_key(self, primary_key: Iterable[Any], identity_token: Any = None) -> Any:
        """Return the identity key of a primary key."""
        return self.identity_key(tuple(primary_key), identity_token)

    def identity_key_from_row(self, row: Any, identity_token: Any = None, adapter: Any = None) -> Any:
        """Return the identity key of a row that has the primary key columns."""
        mapping = getattr(row, "_mapping", row)
        return self.identity_key(tuple(mapping[column] for column in self.primary_key), identity_token)

    def primary_key_from_instance(self, instance: Any) -> list[Any]:
        """Return an object's primary key values."""
        state: InstanceState = state_of(instance)
        have = instance.__dict__
        if state.expired and state.key is not None and not set(self.pk_keys) <= have.keys():
            return list(state.key[1])
        return [have.get(key) for key in self.pk_keys]

    def cascade_iterator(
        self, type_: str, state: InstanceState, halt_on: Callable[[InstanceState], bool] | None = None
    ) -> Iterator[tuple[Any, Mapper, InstanceState, dict[str, Any]]]:
        """Yield (object, mapper, state, values) of what a cascade such as `"save-update"` reaches from an object, without loading.

        `halt_on` is asked with a state and tells what is neither yielded nor followed.
        """
        halted = None if halt_on is None else (lambda other: halt_on(state_of(other)))
        for other, other_state in cascade(type_, state.obj(), state, halted):
            yield other, other_state.mapper, other_state, other.__dict__

    def __clause_element__(self) -> Any:
        return self.entity

    @property
    def entity_namespace(self) -> Any:
        """The class: where `filter_by(name=...)` looks for names."""
        return self.class_

    def __str__(self) -> str:
        name = getattr(self.local_table, "description", None)
        return f"Mapper[{self.class_.__name__}({name})]"

    def __repr__(self) -> str:
        return f"<Mapper at {id(self):#x}; {self.class_.__name__}>"


class UnknownProperty(UnknownAttributeError, InvalidRequestError):
    """A mapper has no property of that name."""
