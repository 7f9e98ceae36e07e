"""`registry`: a set of mapped classes that know each other by name, share a MetaData and a map from Python to SQL types.

Rule 1: a name given in a string (`relationship("Address")`) is looked up among the classes of one registry.
Rule 2: what a Python type means is asked in one place, `type_of`.
"""

from __future__ import annotations

import enum
import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, Never, TypeVar, get_origin, overload
from weakref import WeakSet

from ambo.errors import AmboWarning, ArgumentError, InvalidRequestError, MappedAnnotationError
from ambo.listening import Dispatch, add_resolver, listen
from ambo.mapping.annotations import MappedAnnotation, is_enum, is_union, literal_values, lookup_chain
from ambo.mapping.configuration import configure_mappers, mappers_changed, registries, status
from ambo.mapping.construction import default_constructor
from ambo.mapping.declarative_mapping import map_class
from ambo.mapping.generated_bases import generate_base
from ambo.mapping.mapped_column import MappedColumn
from ambo.mapping.mapped_dataclasses import DataclassArguments, dataclass_maker
from ambo.mapping.mapper import Mapper
from ambo.mapping.properties import MapperProperty
from ambo.mapping.type_events import REGISTRY_EVENTS, resolving
from ambo.statements.metadata import MetaData
from ambo.statements.schema_columns import Column
from ambo.statements.typed_columns import COLUMN_TYPES
from ambo.statements.types import Enum, NullType, TypeEngine, to_instance

_T = TypeVar("_T")
TypeMap = Mapping[Any, Any]

DEFAULT_TYPES: dict[Any, Any] = {**COLUMN_TYPES, type(None): NullType}


class registry:
    """A set of mapped classes.

    `metadata` collects their tables; `type_annotation_map` says what Python types in `Mapped[...]` become;
    `constructor` is the `__init__` of classes that have none.
    """

    def __init__(
        self,
        *,
        metadata: MetaData | None = None,
        class_registry: dict[str, Any] | None = None,
        type_annotation_map: TypeMap | None = None,
        constructor: Any = default_constructor,
    ) -> None:
        self.metadata = metadata if metadata is not None else MetaData()
        self._class_registry: dict[str, Any] = {} if class_registry is None else class_registry
        self.type_annotation_map: dict[Any, Any] = {}
        self.constructor = constructor
        self._mappers: WeakSet[Mapper] = WeakSet()
        if type_annotation_map is not None:
            self.update_type_annotation_map(type_annotation_map)
        self.dispatch = Dispatch()
        registries.add(self)

    def __event_dispatch__(self, name: str) -> Dispatch | None:
        return self.dispatch if name in REGISTRY_EVENTS else None

    @property
    def mappers(self) -> frozenset[Mapper]:
        """The mappers of this registry."""
        return frozenset(self._mappers)

    def update_type_annotation_map(self, type_annotation_map: TypeMap) -> None:
        """Say what more Python types become."""
        for key, value in type_annotation_map.items():
            self.type_annotation_map[key] = value
            if is_union(key):
                self.type_annotation_map[_union_key(key)] = value
                bare = tuple(one for one in key.__args__ if one is not type(None))
                self.type_annotation_map.setdefault(bare[0] if len(bare) == 1 else ("union", frozenset(bare)), value)

    # ---- classes by name

    def add(self, mapper: Mapper) -> None:
        """Take in a mapper; what could not be configured may be now."""
        for one in self._mappers:
            one.configure_failure = None
        self._mappers.add(mapper)
        mapper.registry = self
        class_ = mapper.class_
        known = self._class_registry.get(class_.__name__)
        if known is None or known is class_:
            self._class_registry[class_.__name__] = class_
        else:
            self._class_registry[class_.__name__] = _with(known, class_)

    def classes_named(self, name: str) -> list[type[Any]]:
        """Return the classes of that name."""
        found = self._class_registry.get(name)
        if found is None:
            return []
        return list(found.classes) if isinstance(found, ClassesOfOneName) else [found]

    def adopt_late_attributes(self) -> None:
        """Map what was assigned to mapped classes after they were made: `User.addresses = relationship(...)`."""
        for mapper in list(self._mappers):
            for key, value in list(mapper.class_.__dict__.items()):
                if isinstance(value, (MapperProperty, MappedColumn)) or (isinstance(value, Column) and value.table is None):
                    mapper.add_property(key, value)

    # ---- types

    def type_of(self, annotation: MappedAnnotation, where: str, class_: type[Any]) -> TypeEngine[Any]:
        """Return the SQL type of a column annotation.

        Raises MappedAnnotationError if there is none.
        """
        whole = annotation.whole
        for listener in self.dispatch.of("resolve_type_annotation"):
            given = listener(resolving(self, class_, where.rpartition(".")[2], whole))
            if given is not None:
                return to_instance(given)
        found = self.known_type(whole, class_)
        if found is not None:
            return found
        if isinstance(whole, TypeEngine) or (isinstance(whole, type) and issubclass(whole, TypeEngine)):
            raise MappedAnnotationError(
                f"{where} is annotated with the SQL type {whole!r}; Mapped[] takes a Python type: "
                f"write the SQL type as an argument, mapped_column({getattr(whole, '__name__', whole)})"
            )
        raise MappedAnnotationError(
            f"there is no SQL type for the Python type {annotation.whole!r} of {where}; pass a type, as in mapped_column(JSON), "
            "or add the Python type to the registry's type_annotation_map"
        )

    def known_type(self, python_type: Any, class_: type[Any]) -> TypeEngine[Any] | None:
        """Return the SQL type of a Python type that is named in a class's module; None if there is none."""
        for candidate in lookup_chain(python_type, class_):
            found = self._type_for(candidate)
            if found is not None:
                return found
        return None

    def _type_for(self, candidate: Any) -> TypeEngine[Any] | None:
        known = self._known(candidate)
        if known is not None:
            return _made(known, candidate, exact=True)
        values = literal_values(candidate)
        if values and (get_origin(candidate) is Literal or is_union(candidate)):
            return _literal_type(self._known(Literal) or Enum, values, candidate)
        if is_enum(candidate):
            for base in candidate.__mro__:
                known = self._known(base) if base is not object else None
                if known is not None and (base is enum.Enum or issubclass(base, enum.Enum) or _is_enum_type(known)):
                    return _made(known, candidate, exact=False)
            return Enum(candidate)
        return None

    def _known(self, key: Any) -> Any:
        try:
            if is_union(key):
                key = _union_key(key)
            found = self.type_annotation_map.get(key)
            return DEFAULT_TYPES.get(key) if found is None else found
        except TypeError:
            return None

    # ---- mapping

    def map_imperatively(self, class_: type[Any], local_table: Any = None, **kw: Any) -> Mapper:
        """Map a plain class to a table; keyword arguments are those of `Mapper`. A class without `__init__` gets `constructor`."""
        if self.constructor is not None and class_.__init__ is object.__init__:
            class_.__init__ = self.constructor
        mapper = Mapper(class_, local_table, registry=self, **kw)
        class_.__table__ = mapper.local_table
        self.add(mapper)
        return mapper

    def map_declaratively(self, cls: type[Any]) -> Mapper:
        """Map a class that has `__tablename__` and the like; return its mapper."""
        if not hasattr(cls, "metadata"):
            cls.metadata = self.metadata
        return map_class(self, cls)  # type: ignore[no-any-return]

    def mapped(self, cls: type[_T]) -> type[_T]:
        """Map a class that has `__tablename__` and the like; a decorator."""
        self.map_declaratively(cls)
        return cls

    @overload
    def mapped_as_dataclass(self, __cls: type[_T]) -> type[_T]: ...

    @overload
    def mapped_as_dataclass(
        self,
        __cls: None = ...,
        *,
        init: Any = ...,
        repr: Any = ...,
        eq: Any = ...,
        order: Any = ...,
        unsafe_hash: Any = ...,
        match_args: Any = ...,
        kw_only: Any = ...,
        dataclass_callable: Any = ...,
    ) -> Callable[[type[_T]], type[_T]]: ...

    def mapped_as_dataclass(self, __cls: Any = None, **arguments: Any) -> Any:
        """Map a class and make a dataclass of it; a decorator, with or without the arguments of `dataclasses.dataclass`."""
        given = DataclassArguments(**arguments)

        def decorate(cls: type[_T]) -> type[_T]:
            map_class(self, cls, dataclass_maker(given))
            return cls

        return decorate if __cls is None else decorate(__cls)

    def generate_base(self, mapper: Any = None, cls: Any = object, name: str = "Base", metaclass: Any = None) -> Any:
        """Return a new declarative base class."""
        return generate_base(self, mapper, cls, name, metaclass)

    def as_declarative_base(self, **kw: Any) -> Callable[[type[_T]], type[_T]]:
        """Turn a class into a declarative base; a decorator."""

        def decorate(cls: type[_T]) -> type[_T]:
            return self.generate_base(cls=cls, name=cls.__name__, **kw)  # type: ignore[no-any-return]

        return decorate

    # ---- life

    def configure(self, cascade: bool = False) -> None:
        """Configure the mappers of this registry; with `cascade`, also those of the registries that their relationships lead to.

        Raises InvalidRequestError without it if such a registry has mappers that are not configured.
        """
        mappers_changed()
        configure_mappers([self])
        waiting = [one for one in self._targets() if not all(mapper.configured for mapper in one._mappers)]
        if waiting and not cascade:
            raise InvalidRequestError(
                "configure was called with cascade=False but additional registries remain, which relationships of this one lead to: those of "
                f"{_class_names(waiting)}; pass cascade=True, or call configure_mappers(), which configures all"
            )
        for one in waiting:
            one.configure(cascade=True)

    def dispose(self, cascade: bool = False) -> None:
        """Take the mappings off all classes of this registry; with `cascade`, also off those of the registries that depend on it.

        A registry depends on another if configured relationships of its classes lead there. Raises InvalidRequestError if there are such
        registries, `cascade` is not given, and they were not disposed of before.
        """
        dependents = self._dependents()
        if dependents and not cascade:
            raise InvalidRequestError(
                "Registry has dependent registries that are not disposed; pass cascade=True to clear these also. "
                f"Relationships lead here from {_class_names(dependents)}"
            )
        self._take_mappings_off()
        for one in dependents:
            one.dispose(cascade=True)

    def _targets(self) -> list[registry]:
        """Return the other registries that configured relationships of this one lead to."""
        found = {prop.mapper.registry for one in self._mappers for prop in one.relationship_list if prop.configured}
        return [one for one in found if one is not self]

    def _dependents(self) -> list[registry]:
        """Return the other registries whose relationships lead here."""
        return [one for one in list(registries) if self in one._targets()]

    def _take_mappings_off(self) -> None:
        for mapper in list(self._mappers):
            mapper.dispose()
        self._mappers.clear()
        status.failed.discard(self)
        self._class_registry.clear()


def _class_names(several: Iterable[registry]) -> str:
    return ", ".join(sorted({mapper.class_.__name__ for one in several for mapper in one.mappers}))


def clear_mappers() -> None:
    """Take the mappings off all classes of all registries; for tests."""
    for one in list(registries):
        one._take_mappings_off()


def mapper(*args: Any, **kwargs: Any) -> Never:
    """The classical mapping function of old; raises InvalidRequestError that names its successor."""
    raise InvalidRequestError("mapper() is gone; write 'registry.map_imperatively(User, users_table, properties={...})'")


def _of_base(target: Any, name: str) -> Dispatch | None:
    """Find the events of the registry that a declarative base has."""
    owner = getattr(target, "registry", None) if name == "resolve_type_annotation" and isinstance(target, type) else None
    return owner.dispatch if isinstance(owner, registry) else None


add_resolver(_of_base)


def _adopt_before_create(metadata: Any, connection: Any, **kw: Any) -> None:
    """Put columns that were assigned to mapped classes later into their tables before these are created."""
    for one in list(registries):
        if one.metadata is metadata:
            one.adopt_late_attributes()


listen(MetaData, "before_create", _adopt_before_create)


class ClassesOfOneName:
    """Several classes of one name in different modules; a string must name the module too."""

    def __init__(self, classes: Iterable[type[Any]]) -> None:
        self.classes = list(classes)


def _with(known: Any, class_: type[Any]) -> Any:
    classes = known.classes if isinstance(known, ClassesOfOneName) else [known]
    same = [one for one in classes if one.__module__ == class_.__module__]
    if same:
        warnings.warn(
            f"this registry already contains a class {class_.__module__}.{class_.__name__}; it is replaced in the table of names",
            AmboWarning,
            stacklevel=5,
        )
    kept = [one for one in classes if one.__module__ != class_.__module__]
    return ClassesOfOneName([*kept, class_]) if kept else class_


def _union_key(key: Any) -> Any:
    return ("union", frozenset(key.__args__))


def _is_enum_type(known: Any) -> bool:
    return isinstance(known, Enum) or (isinstance(known, type) and issubclass(known, Enum))


def _made(known: Any, candidate: Any, exact: bool) -> TypeEngine[Any]:
    values = literal_values(candidate)
    if _is_enum_type(known) and (is_enum(candidate) or values):
        if isinstance(known, Enum) and known.enums and exact:
            return known
        return _literal_type(known, values, candidate) if values else _enum_like(known, (candidate,))
    made = to_instance(known)
    resolve = getattr(made, "_resolve_for_python_type", None)
    return made if resolve is None else resolve(candidate, candidate, candidate)


def _literal_type(known: Any, values: list[Any], candidate: Any) -> TypeEngine[Any]:
    if not _is_enum_type(known):
        return to_instance(known)
    if wrong := [one for one in values if not isinstance(one, str)]:
        raise ArgumentError(f"no Enum can be made of {candidate!r}: {wrong[0]!r} is no string; pass an explicit type")
    return Enum(*values, native_enum=False) if known is Enum else _enum_like(known, tuple(values))


def _enum_like(template: Any, values: tuple[Any, ...]) -> Enum:
    """Return an Enum of these values with the settings of a template such as `Enum(enum.Enum, native_enum=False)`."""
    if isinstance(template, type):
        return template(*values)  # type: ignore[no-any-return]
    named = None if template.enum_class is not None and template.name == template.enum_class.__name__.lower() else template.name
    made: Enum = type(template)(
        *values,
        name=named,
        native_enum=template.native_enum,
        create_constraint=template.create_constraint,
        length=template.length if not template.enums and template.length else None,
        schema=template.schema,
        metadata=template.metadata,
        inherit_schema=template.inherit_schema,
        validate_strings=template.validate_strings,
        values_callable=template.values_callable,
        omit_aliases=template.omit_aliases,
    )
    return made

