"""Inheritance between mapped classes: which tables, which shared columns, which class a row becomes.

    single     no table of its own: rows of the parent's table, told apart by the discriminator
    joined     a table of its own, joined to the parent's by a foreign key
    concrete   a table of its own with everything in it

Rule 1: the discriminator (`polymorphic_on`) belongs to the root; `polymorphic_map` is one dict for the whole hierarchy.
Rule 2: these functions set up a mapper; afterwards nothing here changes one.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ambo.errors import AmbiguousForeignKeysError, AmboWarning, ArgumentError, InvalidRequestError, NoForeignKeysError
from ambo.mapping.attributes import QueryableAttribute
from ambo.mapping.foreign_links import constraint_links, tables_of
from ambo.mapping.join_conditions import plain
from ambo.mapping.mapped_column import MappedColumn
from ambo.mapping.properties import ColumnProperty, MapperProperty, plain_column
from ambo.statements.expressions import ColumnElement, Label
from ambo.statements.keys import forget_plans
from ambo.statements.reducing import equal_pairs
from ambo.statements.traversal import replace


def inherit(mapper: Any, given: Any) -> None:
    """Find the parent and take a place in its hierarchy."""
    parent = given
    if isinstance(given, type):
        entity = given.__dict__.get("__entity__")
        if entity is None:
            raise ArgumentError(f"{mapper.class_.__name__} inherits from {given.__name__}, which is not mapped; map it first")
        parent = entity.mapper
    mapper.inherits = parent
    mapper.base_mapper = mapper if parent is None else parent.base_mapper
    mapper.identity_class = mapper.class_ if parent is None or mapper.concrete else parent.identity_class
    if parent is None:
        return
    if not issubclass(mapper.class_, parent.class_):
        raise ArgumentError(f"class {mapper.class_.__name__!r} does not inherit from {parent.class_.__name__!r}")
    mapper.polymorphic_map = parent.polymorphic_map
    mapper.passive_deletes = mapper.passive_deletes or parent.passive_deletes
    if mapper.eager_defaults == "auto":
        mapper.eager_defaults = parent.eager_defaults
    parent.inheriting.append(mapper)
    parent._changed()
    forget_plans()


def set_tables(mapper: Any, table: Any, condition: Any) -> None:
    """Find out which tables hold the class, and how they are joined.

    In the condition of a join the columns of the subclass's table are the foreign keys, whatever `inherit_foreign_keys` says.
    """
    parent = mapper.inherits
    mapper.inherit_condition = None
    mapper.inherit_pairs = ()
    mapper.single = parent is not None and not mapper.concrete and (table is None or table is parent.local_table)
    if parent is None or mapper.concrete:
        if table is None:
            raise ArgumentError(f"{mapper.class_.__name__} has no table to be mapped to; give it a __tablename__ or a __table__")
        mapper.local_table = mapper.persist_selectable = table
        mapper.tables = tuple(tables_of(table))
        return
    if mapper.single:
        mapper.local_table, mapper.persist_selectable, mapper.tables = parent.local_table, parent.persist_selectable, parent.tables
        return
    mapper.local_table = table
    mapper.inherit_condition = plain(condition() if callable(condition) and not isinstance(condition, ColumnElement) else condition)
    if mapper.inherit_condition is None:
        mapper.inherit_condition = _condition(parent, table)
    mapper.inherit_pairs = tuple(_pairs(mapper.inherit_condition, table))
    mapper.persist_selectable = parent.persist_selectable.join(table, mapper.inherit_condition)
    mapper.tables = (*parent.tables, table)


def _condition(parent: Any, table: Any) -> Any:
    links = constraint_links(table, parent.local_table) or constraint_links(table, parent.persist_selectable)
    if not links:
        raise NoForeignKeysError(
            f"can't determine the inherit condition between inherited table {parent.local_table.description!r} and inheriting table "
            f"{table.description!r}: no foreign key links them; add one, pass inherit_condition, or set concrete=True"
        )
    keys = set(table.primary_key)
    chosen = next((pairs for pairs in links if {own for _, own in pairs} <= keys), links[0])
    if len(links) > 1 and not {own for _, own in chosen} <= keys:
        raise AmbiguousForeignKeysError(
            f"can't determine the inherit condition between {parent.local_table.description!r} and {table.description!r}: "
            "several foreign keys link them; pass inherit_condition in __mapper_args__"
        )
    conditions = [referred == own for referred, own in chosen]
    found = conditions[0]
    for one in conditions[1:]:
        found = found & one
    return found


def _pairs(condition: Any, table: Any) -> Iterable[tuple[Any, Any]]:
    for left, right in equal_pairs(condition):
        if getattr(right, "table", None) is table:
            yield left, right
        elif getattr(left, "table", None) is table:
            yield right, left


def inherit_properties(mapper: Any, parent: Any, explicit: dict[str, Any]) -> None:
    """Share the parent's properties, but for those that the class defines anew; a concrete class has all its own."""
    for key, prop in parent.attributes.items():
        if mapper.concrete or key in explicit or key in mapper._refused or _overridden_below(mapper, parent, key):
            continue
        mapper.attributes[key] = prop
        for column in getattr(prop, "columns", ()):
            mapper._by_column.setdefault(column, prop)
    if not mapper.concrete:
        for column, prop in parent._by_column.items():
            if prop.key in explicit and column not in mapper._by_column:
                mapper._by_column[column] = explicit[prop.key]


def _overridden_below(mapper: Any, parent: Any, key: str) -> bool:
    for base in mapper.class_.__mro__:
        if base is parent.class_:
            return False
        if key in base.__dict__ and is_users_own(base, key):
            return True
    return False


def is_users_own(base: type[Any], key: str) -> bool:
    """Tell whether a class attribute is the user's own, rather than something mapped or to be mapped."""
    value = base.__dict__[key]
    if isinstance(value, (QueryableAttribute, MapperProperty, MappedColumn, ColumnElement, ConcreteBlock)):
        return False
    return key not in getattr(base, "__dataclass_fields__", ())


def combine_columns(mapper: Any, key: str, existing: ColumnProperty[Any], column: Any) -> None:
    """Map a column of the inheriting table under the attribute that the parent's column of that name has."""
    known = existing.columns[0]
    equated = any({known, column} == {one, other} for one, other in mapper.inherit_pairs)
    if not equated and not any(pair[1] is column for pair in mapper.inherit_pairs) and not known.shares_lineage(column):
        warnings.warn(
            f"implicitly combining column {known} with column {column} under attribute {key!r} of {mapper.class_.__name__}; "
            "use another name for one of them, or combine them explicitly with column_property()",
            AmboWarning,
            stacklevel=2,
        )
    made = existing.copy()
    made.columns.insert(0, column)
    mapper.attributes[key] = made
    made.set_parent(mapper, key)
    for one in made.columns:
        mapper._by_column[one] = made


def check_represented(mapper: Any, columns: Mapping[str, Any]) -> None:
    """Raise ArgumentError for an attribute that is given a column of a table which the class is not mapped to."""
    source = mapper.persist_selectable
    for key, column in columns.items():
        if column.table is not None and column.table not in mapper.tables and source.corresponding_column(column) is None:
            raise ArgumentError(
                f"column {column} for property {key!r} of {mapper} is not represented in the mapper's table; "
                "use column_property() to make a column that is only read part of the class"
            )


def refuse_conflict(mapper: Any, key: str, existing: Any, column: Any) -> None:
    """Raise for a column whose name is another attribute of the class, or another column's of a join."""
    if not isinstance(existing, ColumnProperty):
        raise ArgumentError(
            f"column {column} conflicts with property {existing} ({type(existing).__name__}): map the column under another name in "
            "'properties', or leave it out with exclude_properties"
        )
    if existing.is_expression or any(one is column or one.shares_lineage(column) for one in existing.columns):
        return
    raise InvalidRequestError(
        f"Implicitly combining column {existing.columns[0]} with column {column} under attribute {key!r} of {mapper}. "
        "Configure one or more attributes for these same-named columns explicitly"
    )


class ConcreteBlock:
    """Stands on a concrete class for an attribute that only its parent has: an expression on the class, nothing on objects."""

    def __init__(self, key: str, mapper: Any) -> None:
        self.key = key
        self.mapper = mapper

    def __get__(self, obj: Any, owner: Any = None) -> Any:
        if obj is None:
            prop = self.mapper.attributes.get(self.key)
            return getattr(self.mapper.inherits.class_, self.key) if prop is None else prop.attribute_of(self.mapper.entity, None)
        raise self._refusal()

    def __set__(self, obj: Any, value: Any) -> None:
        raise self._refusal()

    def _refusal(self) -> AttributeError:
        return AttributeError(
            f"Concrete {self.mapper} does not implement attribute {self.key!r} at the instance level. "
            f"Add a column or relationship of that name to {self.mapper.class_.__name__}"
        )


class UnionDiscriminator(ColumnProperty[Any]):
    """The column of a UNION of concrete classes that tells them apart; objects do not have it, their class says the same."""

    loads = False


def block_concrete(mapper: Any) -> None:
    """Hide from the objects of a concrete class what only its parent has."""
    if mapper.concrete and mapper.inherits is not None:
        for key in mapper.inherits.attributes:
            block_attribute(mapper, key)


def block_attribute(mapper: Any, key: str) -> None:
    """Hide an attribute of its parent from the objects of a concrete class, unless the class has one of that name."""
    if key not in mapper.attributes and not _overridden_below(mapper, mapper.inherits, key):
        mapper.class_manager.install(key, ConcreteBlock(key, mapper))


# ---- polymorphism


def set_polymorphic(mapper: Any, given: Any, with_polymorphic: Any) -> None:
    """Find the discriminator and register the class's value of it."""
    parent = mapper.inherits
    mapper.polymorphic_on = mapper.polymorphic_prop = None
    if given is not None:
        _set_discriminator(mapper, given)
    elif parent is not None:
        _inherit_discriminator(mapper, parent)
    if mapper.polymorphic_abstract and mapper.polymorphic_on is None:
        raise InvalidRequestError(
            f"The Mapper.polymorphic_abstract parameter may only be used on a mapper hierarchy which includes the Mapper.polymorphic_on "
            f"parameter at the base of the hierarchy; {mapper} has none"
        )
    mapper.with_polymorphic = _normal_form(with_polymorphic)
    if mapper.polymorphic_load not in (None, "inline", "selectin"):
        raise ArgumentError(f"polymorphic_load is 'inline' or 'selectin', not {mapper.polymorphic_load!r}")
    _register_identity(mapper)


def _normal_form(given: Any) -> Any:
    if given is None or given == "*":
        return None if given is None else ("*", None)
    if isinstance(given, (list, tuple)) and len(given) == 2 and (given[0] == "*" or isinstance(given[0], (list, tuple))):
        return (given[0], given[1])
    return (given, None)


def _set_discriminator(mapper: Any, given: Any) -> None:
    if isinstance(given, str):
        prop = mapper.attributes.get(given)
        if prop is None:
            raise ArgumentError(f"can't determine polymorphic_on value {given!r}: {mapper.class_.__name__} has no such attribute")
    else:
        prop = given if isinstance(given, ColumnProperty) else _discriminator_property(mapper, plain_column(given))
    if not isinstance(prop, ColumnProperty):
        raise ArgumentError(f"polymorphic_on of {mapper.class_.__name__} must be a column, not {prop!r}")
    mapper.polymorphic_prop = prop
    mapper.polymorphic_on = prop.columns[0]


def _discriminator_property(mapper: Any, column: Any) -> Any:
    known = mapper._by_column.get(column)
    if known is None and getattr(column, "table", None) is not None:
        own = mapper.persist_selectable.corresponding_column(column)
        known = None if own is None else mapper._by_column.get(own)
        column = column if own is None else own
    if known is not None:
        return known
    key = column.key if hasattr(column, "nullable") else None
    if key is None or key in mapper.attributes:
        key = "_ambo_discriminator"
        column = column if isinstance(column, Label) else column.label(None)
    prop: ColumnProperty[Any] = ColumnProperty(column)
    mapper._configure_property(key, prop)
    return prop


def _inherit_discriminator(mapper: Any, parent: Any) -> None:
    if parent.polymorphic_on is None:
        return
    mapper.polymorphic_on = parent.polymorphic_on
    mapper.polymorphic_prop = mapper.attributes.get(parent.polymorphic_prop.key)
    if mapper.polymorphic_prop is None and mapper.concrete:
        mapper.polymorphic_prop = parent.polymorphic_prop


def _register_identity(mapper: Any) -> None:
    identity = mapper.polymorphic_identity
    if identity is not None:
        known = mapper.polymorphic_map.get(identity)
        if known is not None and known is not mapper:
            warnings.warn(
                f"reassigning polymorphic identity {identity!r} from {known} to {mapper}; check for duplicate use of the value",
                AmboWarning,
                stacklevel=2,
            )
        mapper.polymorphic_map[identity] = mapper
    elif mapper.inherits is not None and mapper.polymorphic_on is not None and not mapper.polymorphic_abstract and not mapper.concrete:
        warnings.warn(
            f"{mapper} has no polymorphic_identity, yet is part of a hierarchy with a discriminator; "
            "give it one, or set polymorphic_abstract=True",
            AmboWarning,
            stacklevel=2,
        )


def identity_setter(mapper: Any) -> Callable[[Any], None] | None:
    """Return what gives a new object its discriminator, None if the class has none to give."""
    if mapper.polymorphic_prop is None:
        return None
    if mapper.polymorphic_abstract:
        return _refuse_abstract(mapper)
    identity = mapper.polymorphic_identity
    tracker = mapper.class_manager.tracked.get(mapper.polymorphic_prop.key)
    if identity is None or tracker is None or not hasattr(mapper.polymorphic_on, "nullable"):
        return None

    def set_identity(obj: Any) -> None:
        tracker.set(obj, identity)

    return set_identity


def _refuse_abstract(mapper: Any) -> Callable[[Any], None]:
    def refuse(obj: Any) -> None:
        raise InvalidRequestError(
            f"Can't instantiate class for {mapper}; mapper is marked polymorphic_abstract=True: no row is of this class. Make an object of a subclass"
        )

    return refuse


def set_discriminator(mapper: Any, column: Any) -> None:
    """Give a concrete hierarchy its discriminator, a column of the UNION, when all classes are known."""
    prop: ColumnProperty[Any] = UnionDiscriminator(column)
    mapper._configure_property(column.key, prop)
    prop.configured = True
    _set_discriminator(mapper, prop)
    for one in mapper.hierarchy():
        if column.key not in one.attributes or one is mapper:
            one.class_manager.install(column.key, ConcreteBlock(column.key, one))
        if one is not mapper:
            one.polymorphic_on, one.polymorphic_prop = mapper.polymorphic_on, mapper.polymorphic_prop
    mapper._changed()


def adopt(base: Any, mapper: Any) -> None:
    """Put a concrete class, mapped on its own so far, below a base that is mapped later."""
    mapper.inherits = base
    base.inheriting.append(mapper)
    block_concrete(mapper)
    for one in mapper.hierarchy():
        one.base_mapper = base
        base.polymorphic_map.update({one.polymorphic_identity: one} if one.polymorphic_identity is not None else {})
        one.polymorphic_map = base.polymorphic_map
        if one.polymorphic_on is None:
            one.polymorphic_on, one.polymorphic_prop = base.polymorphic_on, base.polymorphic_prop
    base._changed()


def polymorphic_mappers(mapper: Any, given: Any = None) -> list[Any]:
    """Return the mappers whose columns a SELECT brings along; `given` replaces what the mapping says."""
    spec = given
    if spec is None:
        spec = () if mapper.with_polymorphic is None else mapper.with_polymorphic[0]
    if spec == "*":
        return list(mapper.hierarchy())
    several = spec if isinstance(spec, (list, tuple, set, frozenset)) else [spec]
    listed = [getattr(one, "mapper", None) or one.__dict__["__entity__"].mapper for one in several]
    foreign = next((one for one in listed if not one.isa(mapper)), None)
    if foreign is not None:
        raise InvalidRequestError(f"{foreign} does not inherit from {mapper}, so it can't be loaded with it by with_polymorphic")
    chosen = {id(one) for one in listed}
    if given is None:
        chosen |= {id(one) for one in mapper.hierarchy() if one is not mapper and one.polymorphic_load == "inline"}
    return [one for one in mapper.hierarchy() if id(one) in chosen or (chosen and one is mapper)] if chosen else []


def joined_selectable(mapper: Any, mappers: Iterable[Any], innerjoin: bool = False) -> Any:
    """Return the mapper's table joined to those of other mappers of its hierarchy."""
    found = mapper.persist_selectable
    have = set(tables_of(found))
    for one in mappers:
        for above in reversed(list(one.iterate_to_root())):
            if above.inherit_condition is not None and above.local_table not in have:
                have.add(above.local_table)
                found = found.join(above.local_table, above.inherit_condition, isouter=not innerjoin)
    return found


def source_of_several(mapper: Any, mappers: Iterable[Any], innerjoin: bool = False) -> Any:
    """Return what the rows of a class and of these subclasses are read from.

    Raises InvalidRequestError for concrete classes, whose tables nothing joins, if the mapping does not say.
    """
    if mapper.with_polymorphic is not None and mapper.with_polymorphic[1] is not None:
        return mapper.with_polymorphic[1]
    concrete = next((one for one in mappers if one.concrete and one is not mapper), None)
    if concrete is not None:
        raise InvalidRequestError(
            f"with_polymorphic() of {mapper.class_.__name__} needs a selectable: the table of {concrete.class_.__name__} is concrete and joined to no other; "
            "pass a polymorphic_union(...), or derive from ConcreteBase"
        )
    return joined_selectable(mapper, mappers, innerjoin)


def polymorphic_selectable(mapper: Any) -> Any:
    """Return what a SELECT of the class selects from."""
    if mapper.with_polymorphic is not None and mapper.with_polymorphic[1] is not None:
        return mapper.with_polymorphic[1]
    return joined_selectable(mapper, polymorphic_mappers(mapper))


def moved(condition: Any, columns: dict[Any, Any]) -> Any:
    """Return a condition with columns replaced by others."""
    return replace(condition, lambda node: columns.get(node) if isinstance(node, ColumnElement) else None)
