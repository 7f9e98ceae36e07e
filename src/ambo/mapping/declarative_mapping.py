"""From a class body to a mapped class: read the body, complete the columns, make the table, make the mapper.

    map_class(registry, User)
        read      ClassBody: attributes and annotations of the class and its mixins
        declare   every property and column learns its name, type and nullability
        table     __table__, or a Table of __tablename__ and the columns, or the parent's (single-table inheritance)
        mapper    Mapper(class, table, properties, **__mapper_args__)

Rule 1: the class is changed only when everything is known to be right, but for the copies of mixin columns.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from typing import Any

from ambo.errors import ArgumentError, InvalidRequestError
from ambo.listening import listen
from ambo.mapping.annotations import MappedAnnotation, metadata_of
from ambo.mapping.attributes import QueryableAttribute
from ambo.mapping.class_body import ClassBody, Found, is_mapped
from ambo.mapping.declared import scans
from ambo.mapping.mapped_column import MappedColumn
from ambo.mapping.mapped_dataclasses import refuse_arguments
from ambo.mapping.mapper import Mapper
from ambo.mapping.properties import ColumnProperty, MapperProperty, plain_column
from ambo.mapping.synonyms import SynonymProperty
from ambo.mapping.unmapped_columns import UnmappedColumn
from ambo.statements.schema_columns import Column
from ambo.statements.tables import Table
from ambo.statements.traversal import replace

_COLUMN_ARGUMENTS = ("version_id_col", "polymorphic_on")
_COLUMN_LISTS = ("primary_key", "include_properties", "exclude_properties")


def map_class(
    registry: Any,
    class_: type[Any],
    as_dataclass: Callable[[type[Any], ClassBody], None] | None = None,
    table: Any = None,
    reflect: Mapping[str, Any] | None = None,
) -> Any:
    """Map a declarative class; return its mapper. `reflect` are arguments for the Table that read it from a database."""
    scans[class_] = {}
    try:
        return _Declaration(registry, class_, as_dataclass, table, reflect or {}).mapper
    finally:
        del scans[class_]


def map_to_source(registry: Any, class_: type[Any], source: Any, arguments: Mapping[str, Any]) -> Any:
    """Map a declarative class whose columns are those of a source made of other tables; return its mapper.

    `arguments` are the mapper's, where the class does not say them.
    """
    scans[class_] = {}
    try:
        return _Declaration(registry, class_, None, source, {}, arguments).mapper
    finally:
        del scans[class_]


def mapped_parent(class_: type[Any]) -> type[Any] | None:
    """Return the nearest mapped superclass."""
    return next((base for base in class_.__mro__[1:] if is_mapped(base)), None)


class _Declaration:
    """The declaration of one class while it is worked on."""

    def __init__(
        self,
        registry: Any,
        class_: type[Any],
        as_dataclass: Any,
        table: Any,
        reflect: Mapping[str, Any],
        of_source: Mapping[str, Any] | None = None,
    ) -> None:
        self.registry = registry
        self.reflect = reflect
        self.of_source = of_source
        self.class_ = class_
        self.parent = mapped_parent(class_)
        self.properties: dict[str, Any] = {}
        self.columns: list[tuple[int, Any]] = []
        self.unmapped: dict[str, Any] = {}
        if table is None and (self._has_own("__table__") or not self._has_own("__tablename__", "__table__")):
            table = self._directive("__table__")
        self.table = table
        self.body = ClassBody(class_, self.table is not None, False, as_dataclass is not None)
        self._declare_all()
        if of_source is None:
            (refuse_arguments if as_dataclass is None else as_dataclass)(class_, self.body)
        self.arguments = {} if reflect else self._mapper_arguments()
        self._make_table()
        if reflect:  # they may ask for the table
            self.arguments = self._mapper_arguments()
        self._configure_hooks()
        self.mapper = self._map()

    # ---- directives

    def _has_own(self, *names: str) -> bool:
        return any(name in self.class_.__dict__ for name in names)

    def _directive(self, name: str) -> Any:
        """Return the value of a directive if the class or a mixin says it; those of a mapped superclass do not count."""
        for base in self.class_.__mro__:
            if name in base.__dict__:
                if base is not self.class_ and is_mapped(base) and not hasattr(base.__dict__[name], "fget"):
                    continue
                return getattr(self.class_, name)
        return None

    def _directive_owner(self, name: str) -> type[Any] | None:
        for base in self.class_.__mro__:
            if name in base.__dict__ and (base is self.class_ or not is_mapped(base) or hasattr(base.__dict__[name], "fget")):
                return base
        return None

    # ---- properties and columns

    def _declare_all(self) -> None:
        for key in self.body.refused:
            self.properties[key] = None
        for key, found in self.body.found.items():
            value = found.value
            if isinstance(value, QueryableAttribute):
                self.properties[key] = SynonymProperty(value.key)
            elif isinstance(value, MappedColumn):
                self._declare_mapped_column(key, found, value)
            elif isinstance(value, MapperProperty):
                self._declare_property(key, found, value)
            else:
                self._declare_column(key, value)
        if any(order for order, _ in self.columns):
            self._sort_columns()

    def _sort_columns(self) -> None:
        """Put the attributes of columns into the order that `sort_order` gives the columns; other attributes keep their places."""
        rank = {column: order for order, column in self.columns}
        column_of = {key: next(iter(getattr(value, "columns", None) or (value,))) for key, value in self.properties.items()}
        keys = [key for key, column in column_of.items() if isinstance(column, Column) and column in rank]
        moved = iter(sorted(keys, key=lambda key: rank[column_of[key]]))
        placed = set(keys)
        self.properties = {key: self.properties[key] for key in [next(moved) if one in placed else one for one in self.properties]}

    def _type_of(self, found: Found) -> Callable[[MappedAnnotation, str], Any]:
        return lambda annotation, where: self.registry.type_of(annotation, where, found.owner)

    def _declare_mapped_column(self, key: str, found: Found, value: MappedColumn[Any]) -> None:
        value.annotate(self.class_, key, found.annotation, self._type_of(found))
        value.named(key)
        column = value.column
        if value.use_existing_column and self.parent is not None and self.table is None and not self._makes_table():
            existing = self._existing_column(column.name)
            if existing is not None:
                value.column = existing
                self._declare_attribute(key, value, existing)
                return
        self._place(column, value.sort_order)
        self._declare_attribute(key, value, value.to_property() if value.wants_property() else column)

    def _declare_attribute(self, key: str, value: MappedColumn[Any], mapped_to: Any) -> None:
        """Map the attribute of a column, or note that the column is to have none."""
        if isinstance(value, UnmappedColumn):
            self.unmapped[key] = value.column
        else:
            self.properties[key] = mapped_to

    def _makes_table(self) -> bool:
        return self._directive("__tablename__") is not None

    def _existing_column(self, name: str) -> Any:
        assert self.parent is not None
        table = self.parent.__dict__["__entity__"].mapper.local_table
        return next((one for one in table.c if one.name == name), None)

    def _declare_column(self, key: str, column: Column[Any]) -> None:
        if column.name is None:
            column.name = key
        if column.key is None:
            column.key = key
        self._place(column, 0)
        self.properties[key] = column

    def _declare_property(self, key: str, found: Found, prop: MapperProperty[Any]) -> None:
        if found.annotation is not None:
            self._merge_annotated(found.annotation, prop)
        prop.declared(found.owner if found.owner is not self.class_ else self.class_, key, found.annotation, self.registry)
        for one in prop.declared_columns():
            if isinstance(one, MappedColumn):
                one.named(one.column.name or key)
                self._place(one.column, one.sort_order)
            elif isinstance(one, Column) and one.table is None:
                if one.name is None:
                    one.name = key
                one.key = one.key or key
                self._place(one, 0)
        self._use_copies(prop)
        self._complete_expression_column(key, found, prop)
        self.properties[key] = prop

    def _use_copies(self, prop: MapperProperty[Any]) -> None:
        """Put the copies of mixin columns in the place of the columns in an expression."""
        copies = self.body.copies
        if isinstance(prop, ColumnProperty) and copies:
            prop.columns = [replace(one, lambda node: copies.get(node) if isinstance(node, Column) else None) for one in prop.columns]

    def _merge_annotated(self, annotation: MappedAnnotation, prop: MapperProperty[Any]) -> None:
        for one in metadata_of(annotation.whole):
            if isinstance(one, MapperProperty):
                prop.options = prop.options.over(one.options)

    def _complete_expression_column(self, key: str, found: Found, prop: Any) -> None:
        columns = getattr(prop, "columns", ())
        if found.annotation is None or not columns or not isinstance(columns[0], Column):
            return
        column = columns[0]
        wrapper: MappedColumn[Any] = MappedColumn(column)
        if column.table is None or column in [one for _, one in self.columns]:
            wrapper.annotate(self.class_, key, found.annotation, self._type_of(found))

    def _place(self, column: Any, order: int) -> None:
        if column.table is None and all(column is not one for _, one in self.columns):
            self.columns.append((order, column))

    # ---- the table

    def _make_table(self) -> None:
        columns = [column for _, column in sorted(self.columns, key=lambda pair: pair[0])]
        if self.of_source is not None:
            self._take_from_source(columns)
            return
        if self.table is not None:
            self._check_against_table(columns)
            return
        name = self._directive("__tablename__")
        if name is not None:
            self._make_named_table(name, columns)
            return
        if self.parent is None:
            raise InvalidRequestError(
                f"class {self.class_!r} has no table: give it __tablename__ or __table__, or derive it from a mapped class; "
                "a base that is not to be mapped says __abstract__ = True"
            )
        if self.arguments.get("concrete"):
            raise ArgumentError(f"concrete class {self.class_.__name__} has no table; give it a __tablename__")
        self._share_table(columns)

    def _table_arguments(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        owner = self._directive_owner("__table_args__")
        given = None
        if owner is not None and (owner is self.class_ or self._directive("__tablename__") is not None):
            given = getattr(self.class_, "__table_args__")
        if given is None:
            return (), {}
        if isinstance(given, Mapping):
            return (), dict(given)
        if not isinstance(given, tuple):
            raise ArgumentError(f"__table_args__ of {self.class_.__name__} must be a tuple, dict, or None, not {given!r}")
        if given and isinstance(given[-1], Mapping):
            return tuple(given[:-1]), dict(given[-1])
        return given, {}

    def _make_named_table(self, name: str, columns: list[Any]) -> None:
        args, options = self._table_arguments()
        metadata = getattr(self.class_, "metadata", None) or self.registry.metadata
        make = getattr(self.class_, "__table_cls__", Table)
        if options.pop("autoload", False):
            raise ArgumentError("autoload=True is not supported; pass autoload_with=engine in __table_args__")
        self._check_duplicates(columns)
        options.update(self.reflect)
        bind = self._directive("__autoload_with__")
        if bind is not None:
            options["autoload_with"] = bind
        if self.reflect or bind is not None:
            options.setdefault("autoload_replace", False)
            options.setdefault("extend_existing", True)
        self.table = make(name, metadata, *columns, *args, **options)
        if self.table is None:
            self._share_table(columns)
        else:
            self.class_.__table__ = self.table

    def _check_duplicates(self, columns: list[Any]) -> None:
        seen: dict[str, Any] = {}
        for column in columns:
            if column.name in seen:
                raise ArgumentError(
                    f"on class {self.class_.__name__!r}, column object {column.name!r} named directly multiple times; "
                    "only one will be used: name them differently, or make one attribute a synonym()"
                )
            seen[column.name] = column

    def _check_against_table(self, columns: list[Any]) -> None:
        for column in columns:
            if not self.table.c.contains_column(column):
                raise ArgumentError(
                    f"can't add additional column {column.name!r} to {self.class_.__name__}, which says __table__; put it into the table"
                )
        self.class_.__table__ = self.table

    def _take_from_source(self, columns: list[Any]) -> None:
        """Map the attributes of the class to the source's columns of these names."""
        instead = {column: self.table.c.get(column.key) for column in columns}
        for key, value in list(self.properties.items()):
            if isinstance(value, ColumnProperty):
                value.columns = [one if instead.get(one) is None else instead[one] for one in value.columns]
            elif isinstance(value, Column):
                self.properties[key] = instead[value]
        self.properties = {key: value for key, value in self.properties.items() if value is not None or key in self.body.refused}

    def _use_column(self, column: Any, instead: Any) -> None:
        for key, value in self.properties.items():
            if value is column:
                self.properties[key] = instead
            elif isinstance(value, ColumnProperty):
                value.columns = [instead if one is column else one for one in value.columns]

    def _share_table(self, columns: list[Any]) -> None:
        assert self.parent is not None
        if self._directive_owner("__table_args__") is self.class_:
            raise ArgumentError(
                f"can't place __table_args__ on the inherited class {self.class_.__name__} with no table; put them on the class that has it"
            )
        table = self.parent.__dict__["__entity__"].mapper.local_table
        for column in columns:
            if column.primary_key:
                raise ArgumentError(f"can't place primary key columns on the inherited class {self.class_.__name__} with no table")
            existing = next((one for one in table.c if one.name == column.name), None)
            if existing is not None and existing is not column:
                if self.reflect:  # the parent found it in the database
                    self._use_column(column, existing)
                    continue
                raise ArgumentError(
                    f"column {column.name!r} on class {self.class_.__name__} conflicts with existing column '{existing}'; "
                    "use mapped_column(use_existing_column=True) to share it, or another name"
                )
            if existing is None:
                table.append_column(column)

    # ---- the mapper

    def _mapper_arguments(self) -> dict[str, Any]:
        found = dict(self.of_source or ())
        if self._directive_owner("__mapper_args__") is not None:
            found.update(getattr(self.class_, "__mapper_args__"))
        for name in _COLUMN_ARGUMENTS:
            if found.get(name) is not None and not isinstance(found[name], str):
                found[name] = self._own_column(found[name])
        for name in _COLUMN_LISTS:
            if found.get(name) is not None:
                several = found[name] if isinstance(found[name], (list, tuple, set, frozenset)) else [found[name]]
                found[name] = [one if isinstance(one, str) else self._own_column(one) for one in several]
        return found

    def _own_column(self, given: Any) -> Any:
        if isinstance(given, MapperProperty):
            return given
        column = plain_column(given)
        column = getattr(column, "expression", column) if isinstance(column, QueryableAttribute) else column
        return self.body.copies.get(column, column)

    def _configure_hooks(self) -> None:
        for name, event in (("__declare_first__", "before_configured"), ("__declare_last__", "after_configured")):
            if callable(getattr(self.class_, name, None)):
                listen(Mapper, event, _hook(self.class_, name))

    def _leave_out_unmapped(self, arguments: dict[str, Any]) -> None:
        if self.unmapped:
            arguments["exclude_properties"] = [*(arguments.get("exclude_properties") or ()), *self.unmapped.values()]
            for key in self.unmapped:
                if key in self.class_.__dict__:
                    delattr(self.class_, key)

    def _map(self) -> Any:
        arguments = dict(self.arguments)
        self._leave_out_unmapped(arguments)
        parent = arguments.pop("inherits", self.parent)
        mapper_class = getattr(self.class_, "__mapper_cls__", None) or Mapper
        mixed = arguments.pop("properties", None) or {}
        self._give_constructor()
        inherits_table = parent is not None and self.table is None
        mapper = mapper_class(
            self.class_,
            None if inherits_table else self.table,
            properties={**mixed, **self.properties},
            inherits=parent,
            registry=self.registry,
            **arguments,
        )
        mapper.unmapped = frozenset(self.unmapped)
        self.registry.add(mapper)
        return mapper

    def _give_constructor(self) -> None:
        class_ = self.class_
        if self.registry.constructor is not None and class_.__init__ is object.__init__:
            class_.__init__ = self.registry.constructor


def _hook(class_: type[Any], name: str) -> Callable[..., None]:
    reference = weakref.ref(class_)

    def run(*_: Any) -> None:
        found = reference()
        if found is not None and is_mapped(found):
            getattr(found, name)()

    return run
