"""Automap: classes and relationships made from a database's tables.

    Base = automap_base()
    Base.prepare(autoload_with=engine)       async: await connection.run_sync(lambda c: Base.prepare(autoload_with=c))
    User = Base.classes.user

Rule 1: a class the program has declared for a table is kept, and gets only the relationships it lacks.
Rule 2: a table of two foreign keys and nothing else is the middle of a many-to-many relationship.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ambo.errors import NoReferencedTableError
from ambo.mapping.class_body import is_mapped
from ambo.mapping.declarative import declarative_base
from ambo.mapping.declarative_mapping import map_class
from ambo.mapping.generated_bases import registry_of, waiting
from ambo.mapping.property_views import Properties
from ambo.mapping.relationship_api import backref, relationship
from ambo.mapping.relationships import RelationshipProperty
from ambo.statements.foreign_keys import ForeignKeyConstraint


def classname_for_table(base: type[Any], tablename: str, table: Any) -> str:
    """Return the class name of a table: the table's."""
    return str(tablename)


def name_for_scalar_relationship(base: type[Any], local_cls: type[Any], referred_cls: type[Any], constraint: Any) -> str:
    """Return the name of a many-to-one attribute: the target's, in lower case."""
    return referred_cls.__name__.lower()


def name_for_collection_relationship(base: type[Any], local_cls: type[Any], referred_cls: type[Any], constraint: Any) -> str:
    """Return the name of a collection: the target's in lower case, with `_collection` behind it."""
    return f"{referred_cls.__name__.lower()}_collection"


def generate_relationship(
    base: type[Any], direction: Any, return_fn: Callable[..., Any], attrname: str, local_cls: type[Any], referred_cls: type[Any], **kw: Any
) -> Any:
    """Return the relationship or backref for a foreign key."""
    if return_fn is backref:
        return return_fn(attrname, **kw)
    return return_fn(referred_cls, **kw)


class AutomapBase:
    """What bases made by `automap_base()` can do besides being declarative bases."""

    classes: Any
    _ambo_waits_for_reflection = True

    @classmethod
    def prepare(
        cls,
        autoload_with: Any = None,
        engine: Any = None,
        reflect: bool = False,
        schema: str | None = None,
        classname_for_table: Callable[..., str] | None = None,
        modulename_for_table: Callable[..., str] | None = None,
        collection_class: Any = None,
        name_for_scalar_relationship: Callable[..., str] | None = None,
        name_for_collection_relationship: Callable[..., str] | None = None,
        generate_relationship: Callable[..., Any] | None = None,
        reflection_options: dict[str, Any] | None = None,
    ) -> None:
        """Read the database's tables, make a class for each, and relationships for their foreign keys."""
        bind = autoload_with if autoload_with is not None else engine
        if bind is not None:
            options = {"extend_existing": True, "autoload_replace": False, **(reflection_options or {})}
            cls.metadata.reflect(bind, schema=schema, **options)  # type: ignore[attr-defined]  # a declarative base
        for class_ in [one for one in waiting if issubclass(one, cls)]:
            waiting.remove(class_)
            map_class(registry_of(class_), class_, reflect={"extend_existing": True})
        _Preparation(
            cls,
            classname_for_table or _DEFAULTS["class"],
            name_for_scalar_relationship or _DEFAULTS["scalar"],
            name_for_collection_relationship or _DEFAULTS["collection"],
            generate_relationship or _DEFAULTS["relationship"],
            collection_class or list,
        ).run()


_DEFAULTS: dict[str, Callable[..., Any]] = {
    "class": classname_for_table,
    "scalar": name_for_scalar_relationship,
    "collection": name_for_collection_relationship,
    "relationship": generate_relationship,
}


class _Preparation:
    """One run of `prepare`."""

    def __init__(
        self, base: Any, class_name: Callable[..., str], scalar: Callable[..., str], many: Callable[..., str], make: Callable[..., Any], kind: Any
    ) -> None:
        self.base = base
        self.class_name = class_name
        self.scalar_name = scalar
        self.collection_name = many
        self.make = make
        self.collection_class = kind
        self.by_table: dict[Any, type[Any]] = {}
        self.between: list[tuple[Any, list[Any]]] = []

    def run(self) -> None:
        for mapper in registry_of(self.base).mappers:
            self.by_table[mapper.local_table] = mapper.class_
        known = set(self.by_table.values())
        for table in self.base.metadata.sorted_tables:
            self._table(table)
        for class_ in list(self.by_table.values()):
            self._relationships(class_)
        for table, keys in self.between:
            self._many_to_many(table, keys)
        self.base.classes = Properties({one.__name__: one for one in [*self.by_table.values(), *known]})

    def _table(self, table: Any) -> None:
        keys = _sides(table)
        if keys is not None:
            self.between.append((table, keys))
        elif table not in self.by_table and len(table.primary_key):
            name = self.class_name(self.base, table.name, table)
            self.by_table[table] = type(name, (self.base,), {"__table__": table, "__module__": self.base.__module__})

    def _relationships(self, class_: Any) -> None:
        mapper = class_.__dict__["__entity__"].mapper
        for constraint in sorted(_foreign(mapper.local_table), key=lambda one: str(one.name)):
            referred = self.by_table.get(_referred(constraint))
            if referred is None or (mapper.inherits is not None and mapper.inherits.class_ is referred):
                continue
            keys = {"foreign_keys": list(constraint.columns), "remote_side": [element.column for element in constraint.elements]}
            self._link(class_, referred, constraint, mapper, keys)

    def _link(self, class_: Any, referred: Any, constraint: Any, mapper: Any, keys: dict[str, Any]) -> None:
        own = self.scalar_name(self.base, class_, referred, constraint)
        other = self.collection_name(self.base, referred, class_, constraint)
        other_side: dict[str, Any] = {}
        if other not in referred.__dict__["__entity__"].mapper.attributes:
            options: dict[str, Any] = {"collection_class": self.collection_class}
            if any((element.ondelete or "").lower() in ("cascade", "set null") for element in constraint.elements):
                options["passive_deletes"] = True
                if all(not column.nullable for column in constraint.columns):
                    options["cascade"] = "all, delete-orphan"
            made = self.make(self.base, "one_to_many", backref, other, referred, class_, **options)
            other_side = {} if made is None else {"backref": made}
        if own not in mapper.attributes:
            found = self.make(self.base, "many_to_one", relationship, own, class_, referred, **keys, **other_side)
            if isinstance(found, RelationshipProperty):
                mapper.add_property(own, found)

    def _many_to_many(self, table: Any, keys: list[Any]) -> None:
        left, right = (self.by_table.get(_referred(one)) for one in keys)
        if left is None or right is None:
            return
        own = self.collection_name(self.base, left, right, keys[1])
        other = self.collection_name(self.base, right, left, keys[0])
        mapper: Any = left.__dict__["__entity__"].mapper
        if own in mapper.attributes:
            return
        options: dict[str, Any] = {"secondary": table, "collection_class": self.collection_class}
        if left is right:
            options |= {"primaryjoin": _condition(keys[0]), "secondaryjoin": _condition(keys[1])}
        if other not in right.__dict__["__entity__"].mapper.attributes:
            options["backref"] = self.make(self.base, "many_to_many", backref, other, right, left, collection_class=self.collection_class)
        found = self.make(self.base, "many_to_many", relationship, own, left, right, **options)
        if isinstance(found, RelationshipProperty):
            mapper.add_property(own, found)


def _condition(constraint: Any) -> Any:
    found: Any = None
    for column, element in zip(constraint.columns, constraint.elements, strict=True):
        one = column == element.column
        found = one if found is None else found & one
    return found


def _foreign(table: Any) -> list[Any]:
    return [one for one in getattr(table, "constraints", ()) if isinstance(one, ForeignKeyConstraint)]


def _referred(constraint: Any) -> Any:
    try:
        return constraint.referred_table
    except NoReferencedTableError:
        return None


def _sides(table: Any) -> list[Any] | None:
    """Return the two constraints of a table that holds nothing but them."""
    keys = sorted(_foreign(table), key=lambda one: str(one.column_keys))
    covered = {column for one in keys for column in one.columns}
    return keys if len(keys) == 2 and covered == set(table.c) else None


def automap_base(declarative_base: Any = None, **kw: Any) -> Any:
    """Return a declarative base whose classes are made from tables; `kw` goes to `declarative_base()`."""
    base = _plain_base(**kw) if declarative_base is None else declarative_base
    made = type(base.__name__, (AutomapBase, base), {"__abstract__": True, "classes": Properties({}), "__doc__": AutomapBase.__doc__})
    return made if not is_mapped(made) else base


def _plain_base(**kw: Any) -> Any:
    return declarative_base(**kw)
