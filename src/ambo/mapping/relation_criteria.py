"""Conditions made of relationships: `== obj`, `any`, `has`, `contains`, `with_parent`.

    Address.user == u        user_id = :value, taken from u when the statement runs
    User.addresses.any(c)    EXISTS (SELECT 1 FROM address WHERE user.id = address.user_id AND c)

Rule 1: columns of mapped classes appear as attributes of their entity, so that lowering knows whose they are.
Rule 2: a self-referential target inside EXISTS is an alias, and criteria on the target's class mean that alias.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ambo.errors import ArgumentError, InvalidRequestError
from ambo.mapping.aliases import AliasedClass
from ambo.mapping.join_conditions import conjunction
from ambo.mapping.markers import MANYTOONE, NO_VALUE
from ambo.mapping.state import InstanceState, peek_state, state_of
from ambo.mapping.tracking import state_or_new
from ambo.statements.coercions import as_condition
from ambo.statements.compounds import Exists
from ambo.statements.expressions import BindParameter
from ambo.statements.logic import NULL
from ambo.statements.named_columns import ColumnClause
from ambo.statements.selects import Select
from ambo.statements.traversal import replace


def condition(given: Any) -> Any:
    """Return the node of a condition."""
    return as_condition(given)


def node_for(entity: Any, column: Any) -> Any:
    """Return what stands for a mapper's column in a statement about an entity."""
    prop = entity.mapper.property_of(column)
    if prop is not None and prop.is_column and prop.columns[0] is column:
        return entity.attribute(prop.key)
    return entity.column_for(column)


def join_of(attribute: Any) -> Any:
    """Return the condition that joins an entity to the target of a relationship."""
    target = attribute.target_entity
    primary, onward = attribute.prop.on_clause(lambda column: node_for(attribute.owner_entity, column), lambda column: node_for(target, column))
    return primary if onward is None else primary & onward


def equals(attribute: Any, other: Any) -> Any:
    """`attribute == other`."""
    prop = attribute.prop
    if other is None or other is NULL:
        if prop.direction is MANYTOONE and not prop.uselist:
            return conjunction(node_for(attribute.owner_entity, local) == None for local, _ in prop.local_remote_pairs)  # noqa: E711 (SQL)
        return ~exists(attribute, None, {})
    if prop.uselist:
        raise ArgumentError(f"can't compare a collection to an object or collection: {attribute} is one; use contains() to test for membership")
    return _matches(attribute, other)


def differs(attribute: Any, other: Any) -> Any:
    """`attribute != other`."""
    prop = attribute.prop
    if other is None or other is NULL:
        if prop.direction is MANYTOONE and not prop.uselist:
            return conjunction(node_for(attribute.owner_entity, local) != None for local, _ in prop.local_remote_pairs)  # noqa: E711 (SQL)
        return exists(attribute, None, {})
    if prop.uselist:
        raise ArgumentError(f"can't compare a collection to an object or collection: {attribute} is one; use contains() to test for membership")
    if prop.direction is not MANYTOONE:
        return ~exists(attribute, _is_object(attribute, other), {})
    parts = []
    for local, remote in prop.local_remote_pairs:
        column = node_for(attribute.owner_entity, local)
        parts.append((column != value_of(other, remote)) | (column == None))  # noqa: E711 (SQL)
    return conjunction(parts)


def contains(attribute: Any, other: Any) -> Any:
    """`attribute.contains(other)`."""
    if attribute.prop.secondary is not None:
        return _contains_through(attribute, other)
    return _matches(attribute, other)


def _matches(attribute: Any, other: Any) -> Any:
    primary, _ = attribute.prop.on_clause(lambda column: node_for(attribute.owner_entity, column), lambda column: value_of(other, column))
    return conjunction([primary, *_criteria(attribute)])


def _contains_through(attribute: Any, other: Any) -> Any:
    secondary = attribute.prop.secondary.alias()
    primary, onward = attribute.prop.on_clause(
        lambda column: node_for(attribute.owner_entity, column), lambda column: value_of(other, column), secondary.corresponding_column
    )
    inner: Any = Select(_one()).select_from(secondary).where(primary, onward).correlate_except(secondary)
    return Exists(inner)


def _is_object(attribute: Any, other: Any) -> Any:
    target = attribute.prop.mapper
    return conjunction(node_for(target.entity, column) == value_of(other, column) for column in target.primary_key)


def _one() -> Any:
    return ColumnClause("1", None, is_literal=True)


def _criteria(attribute: Any) -> list[Any]:
    return list(attribute.criteria)


def exists(attribute: Any, criterion: Any, named: Mapping[str, Any]) -> Any:
    """Return `EXISTS (SELECT 1 FROM target WHERE the join AND the criteria)`."""
    prop = attribute.prop
    target = attribute.target_entity
    turned = prop.is_self_referential and target.alias is None
    if turned:
        target = AliasedClass(target.class_).__clause_element__()
    conditions = [] if criterion is None else [as_condition(criterion)]
    conditions += attribute.criteria
    if turned:
        conditions = [_about_target(one, attribute.target_entity, target) for one in conditions]
    conditions += [target.attribute(name) == value for name, value in named.items()]
    secondary = None if prop.secondary is None else prop.secondary.alias() if turned else prop.secondary
    through: Callable[[Any], Any] | None = secondary.corresponding_column if turned and secondary is not None else None
    primary, onward = prop.on_clause(
        lambda column: node_for(attribute.owner_entity, column), lambda column: node_for(target, column), through
    )
    sources = [target] if secondary is None else [secondary, target]
    wanted = [one for one in (primary, onward, *conditions) if one is not None]
    return Exists(Select(_one()).select_from(*sources).where(*wanted).correlate_except(*sources))


def _about_target(node: Any, old: Any, new: Any) -> Any:
    def instead(one: Any) -> Any:
        if getattr(one, "is_entity_column", False) and one.entity.alias is None and one.entity.mapper.common_parent(old.mapper):
            return new.attribute(one.key)
        if isinstance(one, ColumnClause) and one.table is not None:
            found = new.column_for(one)
            return None if found is one else found
        return None

    return replace(node, instead)


def value_of(obj: Any, column: Any) -> Any:
    """Return a bind whose value is an object's value of a column when the statement runs.

    Raises ArgumentError for what is no object of a mapped class.
    """
    if not hasattr(type(obj), "__entity__"):
        raise ArgumentError(
            f"Mapped instance expected for relationship comparison to object, got {obj!r}. Classes, queries and other SQL elements are not "
            "accepted in this context; for comparison with a subquery, use has() or any()."
        )
    state = peek_state(obj)
    mapper = (state_of(obj) if state is None else state).mapper
    prop = mapper.own_property_of(column)
    if prop is None:
        raise ArgumentError(f"{type(obj).__name__} has no attribute for column {column}, so it cannot be compared with here")
    reader = ValueReader(obj, mapper, prop.key)
    return BindParameter(None, type_=column.type, unique=True, callable_=reader)


class ValueReader:
    """Reads an object's attribute when a statement runs; an expired primary key is known from the identity."""

    __slots__ = ("key", "mapper", "obj")

    def __init__(self, obj: Any, mapper: Any, key: str) -> None:
        self.obj = obj
        self.mapper = mapper
        self.key = key

    def __call__(self) -> Any:
        have = self.obj.__dict__
        value = have.get(self.key, NO_VALUE)
        if value is not NO_VALUE:
            return value
        state: InstanceState = state_or_new(self.obj)
        if state.key is not None and self.key in self.mapper.pk_keys:
            return state.key[1][self.mapper.pk_keys.index(self.key)]
        known = state.committed.get(self.key, NO_VALUE)
        if known is not NO_VALUE:
            return known
        if state.key is None:
            raise self._unknown("no value has been set for this column; flush the object first, or set it")
        if state.session is None:
            raise self._unknown("the object is detached and the value was expired, or never loaded; compare before it leaves its session")
        return getattr(self.obj, self.key)

    def _unknown(self, why: str) -> InvalidRequestError:
        column = self.mapper.attributes[self.key].columns[0]
        return InvalidRequestError(f"Can't resolve value for column {column} on object <{type(self.obj).__name__} at {id(self.obj):#x}>; {why}")


def with_parent(instance: Any, prop: Any, from_entity: Any = None) -> Any:
    """Return the condition that selects the objects related to `instance` along a relationship.

        select(Address).where(with_parent(user, User.addresses))

    `from_entity` names an alias of the target to be selected from. Raises ArgumentError if `prop` is no relationship.
    """
    if isinstance(prop, str):
        raise ArgumentError(f"with_parent() takes the attribute, such as User.{prop}, not the string {prop!r}")
    mapping = prop.prop if hasattr(prop, "prop") else prop
    if not hasattr(mapping, "on_clause"):
        raise ArgumentError(f"Expected relationship property for with_parent(), got {prop}")
    narrowed = getattr(prop, "narrowed", None)
    target = mapping.entity if narrowed is None else narrowed
    if from_entity is not None:
        entity: Any = from_entity.__dict__.get("__entity__") if isinstance(from_entity, type) else from_entity.__clause_element__()
        if entity.mapper.isa(mapping.mapper) or mapping.mapper.isa(entity.mapper):
            target = entity
    primary, onward = mapping.on_clause(lambda column: value_of(instance, column), lambda column: node_for(target, column))
    return conjunction([one for one in (primary, onward, *getattr(prop, "criteria", ())) if one is not None])
