"""How a mapper comes by its properties: which attribute is which column, what identifies a row, what counts its versions.

    set_properties     what the class says, then the columns it says nothing about
    set_primary_key    given, inherited, or that of the table
    set_version        the column that counts versions, if there is one
    instrument         the class gets an attribute for each
    add_property       one more, later, also for the classes below

Rule: these functions set up a mapper and are called by it alone; what inheritance has to say is asked of `hierarchy`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ambo.errors import ArgumentError
from ambo.mapping import hierarchy
from ambo.mapping.configuration import mappers_changed
from ambo.mapping.foreign_links import primary_key_of
from ambo.mapping.mapped_column import MappedColumn
from ambo.mapping.properties import ColumnProperty, MapperProperty, plain_column
from ambo.mapping.unmapped_columns import UnmappedColumn
from ambo.mapping.validators import find_reconstructor, find_validators, install_validator
from ambo.statements.expressions import ColumnElement

if TYPE_CHECKING:
    from ambo.mapping.mapper import Mapper


def set_properties(mapper: Mapper[Any], given: dict[str, Any]) -> None:
    """Map what the class says, inherited properties, and the columns nobody spoke of."""
    parent = mapper.inherits
    columns = {key: plain_column(value) for key, value in given.items() if _is_plain_column(value)}
    explicit = {key: _as_property(mapper, key, value) for key, value in given.items() if value is not None and key not in columns}
    mapper._refused = {key for key, value in given.items() if value is None}
    if parent is not None:
        hierarchy.inherit_properties(mapper, parent, explicit)
    hierarchy.check_represented(mapper, columns)
    claimed = {column for prop in explicit.values() for column in getattr(prop, "columns", ())}
    for key in given:
        if key in columns:
            claimed.add(columns[key])
            _map_named_column(mapper, key, columns[key])
        elif key in explicit:
            mapper._configure_property(key, explicit[key])
    if not mapper.single:
        for column in mapper.persist_selectable.c if parent is None or mapper.concrete else mapper.local_table.c:
            if column not in claimed:
                _map_column(mapper, column)
    hierarchy.block_concrete(mapper)


def _map_named_column(mapper: Mapper[Any], key: str, column: Any) -> None:
    existing = mapper.attributes.get(key)
    if isinstance(existing, ColumnProperty) and existing.parent is not mapper and not mapper.concrete:
        if column not in existing.columns:
            hierarchy.combine_columns(mapper, key, existing, column)
    else:
        mapper._configure_property(key, ColumnProperty(column))


def _as_property(mapper: Mapper[Any], key: str, value: Any) -> MapperProperty[Any]:
    if isinstance(value, MapperProperty):
        return value
    if isinstance(value, MappedColumn):
        value.named(key)
        return value.to_property()
    if isinstance(value, (list, tuple)):
        return ColumnProperty(*value)
    value = plain_column(value)
    if isinstance(value, ColumnElement) or getattr(value, "is_select", False):
        return ColumnProperty(value)
    raise ArgumentError(
        f"{mapper.class_.__name__}.{key} cannot be mapped to {value!r}; "
        "a property is a column, column_property(), relationship(), composite() or synonym()"
    )


def _map_column(mapper: Mapper[Any], column: Any) -> None:
    if column in mapper._by_column:
        return
    key = mapper.column_prefix + column.key
    if _excludes(mapper, key, column):
        return
    existing = mapper.attributes.get(key)
    if isinstance(existing, ColumnProperty) and existing.parent is not mapper:
        hierarchy.combine_columns(mapper, key, existing, column)
        return
    if existing is not None and existing.parent is mapper:
        hierarchy.refuse_conflict(mapper, key, existing, column)
        return
    mapper._configure_property(key, ColumnProperty(column))


def _excludes(mapper: Mapper[Any], key: str, column: Any) -> bool:
    if key in mapper._refused or _is_taken(mapper, key):
        return True
    for listed, when_in in ((mapper.include_properties, False), (mapper.exclude_properties, True)):
        if listed is not None and _is_listed(listed, column) is when_in:
            return True
    return False


def _is_listed(listed: Iterable[Any], column: Any) -> bool:
    return any(column.key == one if isinstance(one, str) else one is column for one in listed)


def _is_taken(mapper: Mapper[Any], key: str) -> bool:
    """Tell whether the class itself defines something of its own under that name: a property, a plain value."""
    return key in mapper.class_.__dict__ and hierarchy.is_users_own(mapper.class_, key)


def set_primary_key(mapper: Mapper[Any], given: Iterable[Any] | None) -> None:
    """Find the columns that identify a row, and their attributes.

    Raises ArgumentError if there are none.
    """
    parent = mapper.inherits
    if given is not None:
        several = given if isinstance(given, (list, tuple, set)) else [given]
        listed = [_column_named(mapper, one) for one in several]
    elif parent is not None and not mapper.concrete:
        mapper.primary_key, mapper.pk_keys = parent.primary_key, parent.pk_keys
        return
    else:
        listed = primary_key_of(mapper.persist_selectable)
    if not listed:
        raise ArgumentError(
            f"{mapper.class_.__name__} could not assemble any primary key columns for mapped table "
            f"{getattr(mapper.local_table, 'description', mapper.local_table)!r}; mark one with primary_key=True"
        )
    mapper.primary_key = tuple(listed)
    for column in listed:
        if _is_listed(mapper.exclude_properties or (), column):
            raise ArgumentError(
                f"{column} identifies the rows of {mapper.class_.__name__} and is not mapped; "
                "name mapped columns that do: __mapper_args__ = {'primary_key': [...]}"
            )
        if column not in mapper._by_column:
            mapper._configure_property(column.key, ColumnProperty(column))
    mapper.pk_keys = tuple(mapper._by_column[column].key for column in listed)


def _column_named(mapper: Mapper[Any], given: Any) -> Any:
    if isinstance(given, str):
        return mapper.persist_selectable.c[given] if given in mapper.persist_selectable.c else mapper.attributes[given].columns[0]  # type: ignore[attr-defined]
    return plain_column(given)


def set_version(mapper: Mapper[Any], column: Any, generator: Any) -> None:
    """Note the column that counts versions, and what makes the next one."""
    parent = mapper.inherits
    mapper.version_id_col = _column_named(mapper, column) if column is not None else None if parent is None else parent.version_id_col
    if generator is None and column is None and parent is not None:
        mapper.version_id_generator = parent.version_id_generator
    else:
        mapper.version_id_generator = next_version if generator is None else generator
    mapper.version_id_prop = None if mapper.version_id_col is None else _property_behind(mapper, mapper.version_id_col)


def _property_behind(mapper: Mapper[Any], column: Any) -> Any:
    """Return the property of a column, also if the class is mapped to a SELECT of its table."""
    found = mapper._by_column.get(column)
    if found is None:
        own = mapper.persist_selectable.corresponding_column(column)
        found = None if own is None else mapper._by_column.get(own)
    return found


def instrument(mapper: Mapper[Any]) -> None:
    """Give the class an attribute for each property, with the validators that it defines."""
    manager = mapper.class_manager
    manager.hook()
    for one in mapper.dispatch.of("class_instrument"):
        one(mapper.class_)
    mapper._validators = find_validators(mapper.class_)
    mapper.validators = {key: (one.fn, one.options) for key, one in mapper._validators.items()}
    for key, prop in mapper.attributes.items():
        _install(mapper, key, prop)
    restore = find_reconstructor(mapper.class_)
    if restore is not None:
        mapper.dispatch.add("load", lambda obj, *_: restore(obj), {})
    manager.identity_setter = hierarchy.identity_setter(mapper)


def _install(mapper: Mapper[Any], key: str, prop: MapperProperty[Any]) -> None:
    manager = mapper.class_manager
    above = None
    for base in mapper.class_.__mro__[1:]:
        base_manager = base.__dict__.get("_sa_class_manager")
        if base_manager is not None:
            above = base_manager.tracked.get(key)
            break
    tracker = prop.tracker(mapper.class_, above)
    if tracker is not None:
        manager.track(key, tracker)
        if key in mapper._validators:
            install_validator(tracker, mapper._validators[key])
    attribute = prop.attribute_of(mapper.entity, tracker)
    if attribute is not None:
        manager.install(key, attribute)
    for one in mapper.dispatch.of("attribute_instrument"):
        one(mapper.class_, key, attribute)


def add_property(mapper: Mapper[Any], key: str, prop: Any) -> None:
    """Map one more attribute, of this class and of those that inherit from it."""
    if isinstance(prop, UnmappedColumn):
        prop.named(key)
        _adopt_column(mapper, key, prop.column)
        delattr(mapper.class_, key)
        return
    made = _as_property(mapper, key, prop)
    if isinstance(made, ColumnProperty):
        for column in made.columns:
            _adopt_column(mapper, key, column)
    mapper._configure_property(key, made)
    _install(mapper, key, made)
    mapper._changed()
    for below in mapper.inheriting:
        _adopt(below, key, made)
    mapper.configured = False
    mappers_changed()


def _adopt_column(mapper: Mapper[Any], key: str, column: Any) -> None:
    """Put a column that has no table yet into the mapper's."""
    table = getattr(mapper.local_table, "append_column", None)
    if getattr(column, "table", None) is None and table is not None and hasattr(column, "nullable"):
        if column.name is None:
            column.name = key
        column.key = column.key or key
        table(column)


def _adopt(mapper: Mapper[Any], key: str, prop: MapperProperty[Any]) -> None:
    if mapper.concrete:
        hierarchy.block_attribute(mapper, key)
        return
    if key not in mapper.attributes:
        mapper.attributes[key] = prop
        for column in getattr(prop, "columns", ()):
            mapper._by_column.setdefault(column, prop)
        _install(mapper, key, prop)
        mapper._changed()
    for below in mapper.inheriting:
        _adopt(below, key, prop)


def _is_plain_column(value: Any) -> bool:
    return isinstance(value, ColumnElement) and hasattr(value, "nullable")


def next_version(version: Any) -> int:
    """Count versions: 1, 2, 3, …"""
    return (version or 0) + 1
