"""`User.addresses`: the class-level attribute of a relationship, with its comparisons.

    User.addresses.any(...)  Address.user.has(...)  User.addresses.contains(a)  Address.user == u  Address.user.is_(None)
    User.addresses.of_type(HomeAddress)   User.addresses.and_(Address.city == "Bern")

Rule 1: an attribute never changes; `of_type` and `and_` return another one.
"""

from __future__ import annotations

from typing import Any

from ambo.errors import ArgumentError
from ambo.mapping import relation_criteria
from ambo.mapping.attributes import InstrumentedAttribute
from ambo.mapping.configuration import before_use
from ambo.statements.nodes import ClauseElement
from ambo.statements.operators import ColumnOperators, OperatorType
from ambo.statements.traversal import replace


class RelationshipAttribute(InstrumentedAttribute[Any], ColumnOperators, ClauseElement):
    """A relationship of a mapped class or of an alias, `owner_entity`.

    `narrowed` is the entity that `of_type` named, `criteria` what `and_` added, `options_made` are the loader options that say
    nothing but this attribute.
    """

    __slots__ = ("__dict__", "criteria", "impl", "key", "narrowed", "options_made", "owner_entity", "prop_")
    visit = "relationship"
    _is_relationship = True
    is_clause_element = False
    is_attribute = True
    inherit_cache = True
    type: Any = None

    def __init__(self, prop: Any, entity: Any, impl: Any, narrowed: Any = None, criteria: tuple[Any, ...] = ()) -> None:
        self.prop_ = prop
        self.owner_entity = entity
        self.impl = impl
        self.key = prop.key
        self.narrowed = narrowed
        self.criteria = criteria
        self.options_made: dict[str, Any] = {}
        self._tokens = None
        self._binds = ()
        self.__dict__["__doc__"] = prop.doc

    __hash__ = object.__hash__

    def _key_parts(self) -> list[Any]:
        return ["relationship", self.owner_entity, self.key, self.narrowed, len(self.criteria), *self.criteria]

    @property
    def prop(self) -> Any:
        """The RelationshipProperty, configured."""
        if not self.prop_.configured:
            before_use(self.owner_entity)
        return self.prop_

    @property
    def mapper(self) -> Any:
        """The mapper of the target."""
        return self.prop.mapper

    @property
    def entity(self) -> Any:
        """What `inspect()` gives for the target: its mapper, or the alias that the relationship or `of_type` leads to."""
        return self.target_entity.parent

    @property
    def target_entity(self) -> Any:
        """The entity of the target: what `of_type` named, or the target's own."""
        return self.narrowed if self.narrowed is not None else self.prop.entity

    @property
    def _joined_entity(self) -> Any:
        """What a join along this relationship brings: where `filter_by()` looks for names after it."""
        return self.target_entity

    def __clause_element__(self) -> Any:
        return self

    @property
    def expression(self) -> Any:
        """The join condition between the entity and the target."""
        return relation_criteria.join_of(self)

    def of_type(self, entity: Any) -> RelationshipAttribute:
        """Narrow the relationship to a subclass, or name an alias of the target."""
        node = entity.__dict__.get("__entity__") if isinstance(entity, type) else None
        if node is None:
            node = entity.__clause_element__()
        return type(self)(self.prop_, self.owner_entity, self.impl, node, self.criteria)

    def and_(self, *criteria: Any) -> RelationshipAttribute:
        """Add criteria to the ON clause of joins and loads along this relationship."""
        added = tuple(relation_criteria.condition(one) for one in criteria)
        return type(self)(self.prop_, self.owner_entity, self.impl, self.narrowed, (*self.criteria, *added))

    def criteria_for(self, entity: Any) -> list[Any]:
        """Return what `and_` added, for a target that may be an alias."""
        if entity is self.prop.entity or not getattr(entity, "is_entity", False) or entity.alias is None:
            return list(self.criteria)

        def turned(node: Any) -> Any:
            if getattr(node, "is_entity_column", False) and node.entity.alias is None and node.entity.mapper.common_parent(entity.mapper):
                return entity.attribute(node.key)
            return None

        return [replace(one, turned) for one in self.criteria]

    # ---- comparisons

    @property
    def comparator(self) -> Any:
        """The user's comparator, or this attribute."""
        factory = self.prop_.comparator_factory
        return self if factory is None else factory(self.prop_, self.owner_entity, self)

    def any(self, criterion: Any = None, **kwargs: Any) -> Any:
        """EXISTS a related object that meets the criteria (for collections)."""
        if not self.prop.uselist:
            raise ArgumentError(f"'any()' is for collections, and {self} holds one object; use has()")
        return relation_criteria.exists(self, criterion, kwargs)

    def has(self, criterion: Any = None, **kwargs: Any) -> Any:
        """EXISTS the related object, and it meets the criteria (for single objects)."""
        if self.prop.uselist:
            raise ArgumentError(f"'has()' is for single objects, and {self} is a collection; use any()")
        return relation_criteria.exists(self, criterion, kwargs)

    def contains(self, other: Any, **kwargs: Any) -> Any:
        """The collection holds that object."""
        if not self.prop.uselist:
            raise ArgumentError(f"'contains()' is for collections, and {self} holds one object; use ==")
        return relation_criteria.contains(self, other)

    def operate(self, op: OperatorType, *other: Any, **kwargs: Any) -> Any:
        """Compare with an object or None."""
        name = getattr(op, "__name__", str(op))
        if name in ("eq", "is_"):
            return relation_criteria.equals(self, other[0])
        if name in ("ne", "is_not"):
            return relation_criteria.differs(self, other[0])
        if name in ("in_op", "not_in_op"):
            raise NotImplementedError(
                f"in_() is not supported for relationships; for a simple many-to-one, use in_() on the foreign key columns of {self}"
            )
        raise NotImplementedError(f"{self} is a relationship and has no operator {name}")

    def reverse_operate(self, op: OperatorType, other: Any, **kwargs: Any) -> Any:
        """Compare with an object or None on the left."""
        return self.operate(op, other)

    def __eq__(self, other: object) -> Any:
        return self._compared("__eq__", other, relation_criteria.equals)

    def __ne__(self, other: object) -> Any:
        return self._compared("__ne__", other, relation_criteria.differs)

    def _compared(self, name: str, other: Any, otherwise: Any) -> Any:
        factory = self.prop_.comparator_factory
        if factory is not None and name in vars(factory):
            return getattr(self.comparator, name)(other)
        return otherwise(self, other)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        factory = self.prop_.comparator_factory
        if factory is not None and hasattr(factory, name):
            return getattr(self.comparator, name)
        from_target = self.prop_.parent
        raise AttributeError(
            f"{self} is a relationship and has no attribute {name!r}; to reach the target's columns, join to it: "
            f"select({from_target.class_.__name__}).join({self})"
        )

    def __str__(self) -> str:
        return f"{self.owner_entity.class_.__name__}.{self.key}"
