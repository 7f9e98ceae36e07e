"""`aliased()`: a mapped class under another name, or read from another source; `with_polymorphic()`, ORM joins.

    AliasedClass    what the user holds: looks like the class, its attributes belong to the alias
    AliasedEntity   the node in statements; `inspect(alias)` returns it

Rule 1: an alias made twice is two sources; statements number them, so that equal statements have equal keys.
"""

from __future__ import annotations

from typing import Any, Generic, TypeVar, cast

from ambo.errors import ArgumentError, suggestion
from ambo.mapping import hierarchy
from ambo.mapping.attributes import InspectionAttr, QueryableAttribute, columns_of_subclasses, exported
from ambo.mapping.configuration import before_use
from ambo.mapping.mapper import Mapper
from ambo.statements.entities import Entity
from ambo.statements.sources import FromClause, Join

_O = TypeVar("_O")


class AliasedEntity(Entity, InspectionAttr):
    """An alias of a mapped class in a statement.

    `selectable` is what its rows come from, `with_polymorphic_mappers` the subclasses whose columns come along, `polymorphic_on` the
    column that tells the classes apart, if it is another than the mapping's.
    """

    __slots__ = ()
    is_aliased_class = True
    is_selectable = True
    selectable: Any = None

    def __init__(
        self,
        mapper: Mapper,
        selectable: Any,
        name: str | None,
        adapt_on_names: bool = False,
        polymorphic: list[Any] | None = None,
        flat: bool = False,
        owner: AliasedEntity | None = None,
        origin: Entity | None = None,
        polymorphic_on: Any = None,
    ) -> None:
        super().__init__(mapper, mapper.token, alias=name or True)
        self.selectable = selectable
        self.name = name
        self.adapt_on_names = adapt_on_names
        self.with_polymorphic_mappers: list[Any] = polymorphic or []
        self.flat = flat
        self.owner = owner
        self.origin = origin
        self.polymorphic_on = polymorphic_on
        self.attributes_made: dict[str, Any] = {}

    name: Any = None

    def _alias_parts(self) -> list[Any]:
        return [self.name, self.adapt_on_names, len(self.with_polymorphic_mappers), *[one.token for one in self.with_polymorphic_mappers], self.selectable, self.polymorphic_on]

    @property
    def parent(self) -> Any:
        """What `inspect()` gives: this."""
        return self

    @property
    def entity(self) -> Any:
        """The AliasedClass."""
        return AliasedClass._of(self)

    @property
    def entity_namespace(self) -> Any:
        """The alias: where `filter_by(name=...)` looks for names."""
        return AliasedClass._of(self)

    def attribute(self, key: str) -> Any:
        """Return the attribute of the alias called that."""
        found = self.attributes_made.get(key)
        if found is None:
            found = self.attributes_made[key] = self._make(key)
        return found

    def _make(self, key: str) -> Any:
        own: Any = next((base.__dict__[key] for base in self.class_.__mro__ if key in base.__dict__), None)
        if isinstance(own, hierarchy.ConcreteBlock):
            own = own.__get__(None)
        if isinstance(own, QueryableAttribute):
            return own.prop.attribute_of(self, own.impl)
        return own.__get__(None, AliasedClass._of(self)) if hasattr(own, "__get__") else own

    def column_for(self, column: Any) -> Any:
        """Return the column of the alias that stands for one of the class; the same column if none does."""
        found = None if self.origin is None else self._column_of_origin(column)
        if found is None:
            found = self.selectable.corresponding_column(column)
        if found is None and self.adapt_on_names:
            found = self.selectable.c.get(column.name)
        return column if found is None else found

    def _column_of_origin(self, column: Any) -> Any:
        """Return the subquery's column that stands for one of the alias that this is an alias of."""
        prop = self.mapper.property_of(column)
        for one in self.selectable.c.values():
            for part in one.proxy_set:
                if getattr(part, "entity", None) is self.origin and (part.prop is prop or any(known is column for known in part.prop.columns)):
                    return one
        return None

    def _make_columns(self) -> Any:
        before_use(self)
        own = [(prop.key, self.attribute(prop.key)) for prop in exported(self.mapper)]
        return own + columns_of_subclasses(self, self.with_polymorphic_mappers)

    def __clause_element__(self) -> AliasedEntity:
        return self

    def __repr__(self) -> str:
        return f"<AliasedInsp of {self.class_.__name__} at {id(self):#x}>"


AliasedInsp = AliasedEntity


class AliasedClass(InspectionAttr, Generic[_O]):
    """A mapped class under another name; made by `aliased()`."""

    _entity: AliasedEntity

    def __init__(
        self,
        mapped_class_or_ac: Any,
        alias: Any = None,
        name: str | None = None,
        flat: bool = False,
        adapt_on_names: bool = False,
        with_polymorphic_mappers: Any = None,
        with_polymorphic_discriminator: Any = None,
    ) -> None:
        mapper, source = _class_and_source(mapped_class_or_ac)
        selectable = alias
        if selectable is None:
            selectable = _aliased_source(source, name)
        chosen = list(with_polymorphic_mappers or ()) or list(mapper.with_polymorphic_mappers)
        if alias is not None and not with_polymorphic_mappers and isinstance(mapped_class_or_ac, AliasedClass):
            chosen = mapped_class_or_ac._entity.with_polymorphic_mappers
        origin = None if alias is None else mapped_class_or_ac._entity if isinstance(mapped_class_or_ac, AliasedClass) else mapper.entity
        entity = AliasedEntity(mapper, selectable, name, adapt_on_names, chosen, flat, None, origin, with_polymorphic_discriminator)
        self.__dict__["_entity"] = entity
        entity.__dict__["_class_view"] = self
        self.__dict__["__name__"] = mapper.class_.__name__

    @classmethod
    def _of(cls, entity: AliasedEntity) -> AliasedClass[Any]:
        found = entity.__dict__.get("_class_view")
        if found is None:
            found = cls.__new__(cls)
            found.__dict__["_entity"] = entity
            found.__dict__["__name__"] = entity.class_.__name__
            entity.__dict__["_class_view"] = found
        return found

    def __clause_element__(self) -> AliasedEntity:
        return self._entity

    @property
    def __mapper__(self) -> Mapper:
        return cast(Mapper, self._entity.mapper)

    def __getattr__(self, key: str) -> Any:
        if key.startswith("__") or key == "_entity":
            raise AttributeError(key)
        entity: AliasedEntity = self.__dict__["_entity"]
        if not hasattr(entity.class_, key):
            sub = next((one for one in entity.with_polymorphic_mappers if one.class_.__name__ == key), None)
            if sub is not None:
                return _sub_alias(entity, sub)
            raise AttributeError(f"alias of {entity.class_.__name__} has no attribute {key!r}{suggestion(key, entity.mapper.attributes)}")
        return entity.attribute(key)

    def __repr__(self) -> str:
        return f"<AliasedClass at {id(self):#x}; {self._entity.class_.__name__}>"

    def __str__(self) -> str:
        return f"aliased({self._entity.class_.__name__})"


def _sub_alias(entity: AliasedEntity, mapper: Any) -> Any:
    key = f"class {mapper.class_.__name__}"
    found = entity.attributes_made.get(key)
    if found is None:
        below = AliasedEntity(mapper, entity.selectable, entity.name, entity.adapt_on_names, [], entity.flat, entity, polymorphic_on=entity.polymorphic_on)
        found = entity.attributes_made[key] = AliasedClass._of(below)
    return found


def _class_and_source(given: Any) -> tuple[Mapper, Any]:
    before_use(given if isinstance(given, Mapper) else getattr(given, "__mapper__", None))
    if isinstance(given, Mapper):
        return given, given.selectable
    if isinstance(given, AliasedClass):
        return cast(Mapper, given._entity.mapper), given._entity.mapper.selectable
    entity = given.__dict__.get("__entity__") if isinstance(given, type) else getattr(given, "__clause_element__", lambda: None)()
    if entity is None or not hasattr(entity, "mapper"):
        raise ArgumentError(f"aliased() takes a mapped class, an alias or a table, not {given!r}")
    return entity.mapper, entity.mapper.selectable


def _aliased_source(source: Any, name: str | None) -> Any:
    if isinstance(source, Join):
        return _aliased_join(source, name)
    return source.alias(name)


def _aliased_join(join: Any, name: str | None) -> Any:
    """Return a join with each of its tables under another name (never a subquery)."""
    replaced: list[tuple[Any, Any]] = []

    def walk(node: Any) -> Any:
        if isinstance(node, Join):
            left, right = walk(node.left), walk(node.right)
            return AliasedJoin(left, right, _moved(node.onclause, replaced), node.isouter, node.full)
        made = node.alias(None if name is None else f"{name}_{node.description}" if replaced else name)
        replaced.append((node, made))
        return made

    return walk(join)


def _moved(condition: Any, replaced: list[tuple[Any, Any]]) -> Any:
    from_columns = {}
    for old, new in replaced:
        for column in old.c:
            from_columns[column] = new.corresponding_column(column)
    return hierarchy.moved(condition, from_columns)


class AliasedJoin(Join):
    """A join of aliases that stands for a join of tables."""

    __slots__ = ()

    def corresponding_column(self, column: Any, require_embedded: bool = False) -> Any:
        """Return the column of one of the aliases that stands for the given one."""
        for side in (self.left, self.right):
            found = side.corresponding_column(column)
            if found is not None:
                return found
        return None


def aliased(element: Any, alias: Any = None, name: str | None = None, flat: bool = False, adapt_on_names: bool = False) -> Any:
    """Return a mapped class under another name, so that a statement can use it twice.

        parent = aliased(Node)
        select(Node).join(parent, Node.parent)

    `alias` reads it from a subquery or table instead; `adapt_on_names` matches columns of that by name.
    A table is given its plain `alias()`.
    """
    if isinstance(element, FromClause) and not hasattr(element, "mapper"):
        if adapt_on_names:
            raise ArgumentError("adapt_on_names only applies to ORM elements")
        return element.alias(name) if name else element.alias()
    return AliasedClass(element, _source(alias), name, flat, adapt_on_names)


def _source(alias: Any) -> Any:
    if alias is not None and getattr(alias, "is_select", False):
        return alias.subquery()
    return alias


def with_polymorphic(
    base: Any,
    classes: Any,
    selectable: Any = False,
    flat: bool = False,
    polymorphic_on: Any = None,
    aliased: bool = False,
    innerjoin: bool = False,
    adapt_on_names: bool = False,
    name: str | None = None,
) -> Any:
    """Return an alias of a class that brings the columns of subclasses along (`"*"`: of all).

        poly = with_polymorphic(Employee, [Manager, Engineer])
        select(poly).where(poly.Manager.level > 3)

    `selectable` reads them from a source of one's own, or with None from the joined tables although the mapping names a source;
    `polymorphic_on` is the column of it that tells the classes apart.
    """
    mapper, _ = _class_and_source(base)
    before_use(mapper.class_manager)
    chosen = hierarchy.polymorphic_mappers(mapper, classes)
    source = None if selectable is False else selectable
    if source is not None and flat:
        raise ArgumentError("the 'flat' and 'selectable' arguments cannot be passed simultaneously to with_polymorphic()")
    if source is None:
        find = hierarchy.source_of_several if selectable is False else hierarchy.joined_selectable
        source = find(mapper, chosen, innerjoin)
        if aliased or flat:
            source = _aliased_source(source, name)
    return AliasedClass(base, source, name, flat, adapt_on_names, chosen, polymorphic_on)


def join(left: Any, right: Any, onclause: Any = None, isouter: bool = False, full: bool = False) -> Any:
    """Join two mapped classes, aliases or tables; `onclause` may be a relationship, the foreign keys decide without."""
    return OrmJoin(_node(left), _node(right), onclause, isouter, full)


def outerjoin(left: Any, right: Any, onclause: Any = None, full: bool = False) -> Any:
    """Join with LEFT OUTER JOIN; see `join`."""
    return OrmJoin(_node(left), _node(right), onclause, True, full)


def _node(given: Any) -> Any:
    if isinstance(given, type):
        entity = given.__dict__.get("__entity__")
        if entity is None:
            raise ArgumentError(f"{given!r} is not mapped and cannot be joined")
        return entity
    return given.__clause_element__() if hasattr(given, "__clause_element__") else given


class OrmJoin(Join):
    """A join between entities; the condition may be a relationship."""

    __slots__ = ()

    def join(self, right: Any, onclause: Any = None, isouter: bool = False, full: bool = False) -> Any:
        """Join one more."""
        return OrmJoin(self, _node(right), onclause, isouter, full)

    def outerjoin(self, right: Any, onclause: Any = None, full: bool = False) -> Any:
        """Join one more with LEFT OUTER JOIN."""
        return OrmJoin(self, _node(right), onclause, True, full)
