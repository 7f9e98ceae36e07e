"""Automap: classes and relationships made from a database's tables.

    Base = automap_base()
    Base.prepare(autoload_with=engine)       async: await connection.run_sync(lambda c: Base.prepare(autoload_with=c))
    User = Base.classes.user

Rule 1: a class the program has declared for a table is kept, and gets only the relationships it lacks.
Rule 2: a table of two foreign keys and nothing else is the middle of a many-to-many relationship.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from ambo.errors import AmboWarning, InvalidRequestError, NoReferencedTableError
from ambo.mapping.class_body import is_mapped
from ambo.mapping.declarative import declarative_base
from ambo.mapping.declarative_mapping import map_class
from ambo.mapping.generated_bases import refusal_of, registry_of, waiting
from ambo.mapping.markers import MANYTOMANY, MANYTOONE, ONETOMANY
from ambo.mapping.property_views import Properties
from ambo.mapping.relationship_api import backref, relationship
from ambo.mapping.relationships import RelationshipProperty
from ambo.statements.foreign_keys import ForeignKeyConstraint

MODULE = "ambo.ext.automap"


def classname_for_table(base: type[Any], tablename: str, table: Any) -> str:
    """Return the class name of a table: the table's."""
    return str(tablename)


def modulename_for_table(base: type[Any], tablename: str, table: Any) -> str | None:
    """Return the module name of a table's class: None, which leaves it in `Base.classes`."""
    return None


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
    """What bases made by `automap_base()` can do besides being declarative bases.

    `classes` holds the classes by name, but for those that `modulename_for_table` puts into a module;
    `by_module` holds all of them by module and name: `Base.by_module.shop.order`.
    """

    classes: Any
    by_module: Any
    _ambo_waits_for_reflection = True

    @classmethod
    def _ambo_refusal(cls) -> Exception | None:
        return refusal_of(cls, "AutomapBase")

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
        base = next(one for one in cls.__mro__ if "by_module" in one.__dict__)
        _Preparation(
            base,
            classname_for_table or _DEFAULTS["class"],
            modulename_for_table or _DEFAULTS["module"],
            name_for_scalar_relationship or _DEFAULTS["scalar"],
            name_for_collection_relationship or _DEFAULTS["collection"],
            generate_relationship or _DEFAULTS["relationship"],
            collection_class or list,
        ).run()


_DEFAULTS: dict[str, Callable[..., Any]] = {
    "class": classname_for_table,
    "module": modulename_for_table,
    "scalar": name_for_scalar_relationship,
    "collection": name_for_collection_relationship,
    "relationship": generate_relationship,
}


class _Preparation:
    """One run of `prepare`."""

    def __init__(
        self,
        base: Any,
        class_name: Callable[..., str],
        module_name: Callable[..., str | None],
        scalar: Callable[..., str],
        many: Callable[..., str],
        make: Callable[..., Any],
        kind: Any,
    ) -> None:
        self.base = base
        self.class_name = class_name
        self.module_name = module_name
        self.scalar_name = scalar
        self.collection_name = many
        self.make = make
        self.collection_class = kind
        self.by_table: dict[Any, type[Any]] = {}
        self.between: list[tuple[Any, list[Any]]] = []

    def run(self) -> None:
        for mapper in registry_of(self.base).mappers:
            self.by_table[mapper.local_table] = mapper.class_
            if mapper.class_.__module__ != MODULE:
                self.base.classes.add(mapper.class_.__name__, mapper.class_)
        for table in self.base.metadata.sorted_tables:
            self._table(table)
        for class_ in list(self.by_table.values()):
            self._relationships(class_)
        for table, keys in self.between:
            self._many_to_many(table, keys)

    def _table(self, table: Any) -> None:
        keys = _sides(table)
        if keys is not None:
            self.between.append((table, keys))
        elif table not in self.by_table and len(table.primary_key):
            name, module = self.class_name(self.base, table.name, table), self.module_name(self.base, table.name, table)
            if module is None and name in self.base.classes:
                warnings.warn(
                    f"Ignoring duplicate class name {name!r} received in automap base for table {table.key}; "
                    "give one of them another name by classname_for_table, or a module by modulename_for_table",
                    AmboWarning,
                    stacklevel=4,
                )
                return
            self._keep(type(name, (self.base,), {"__table__": table, "__module__": module or MODULE}), module)

    def _keep(self, class_: type[Any], module: str | None) -> None:
        self.by_table[class_.__dict__["__table__"]] = class_
        if module is None:
            self.base.classes.add(class_.__name__, class_)
        place = self.base.by_module
        for part in class_.__module__.split("."):
            place = place.add(part, Properties({})) if part not in place else place[part]
            if not isinstance(place, Properties):
                raise InvalidRequestError(f'name "{part}" matches both a class name and a module name; rename one by modulename_for_table')
        if isinstance(place.get(class_.__name__), Properties):
            raise InvalidRequestError(
                f'name "{class_.__name__}" matches both a class name and a module name; rename one by classname_for_table'
            )
        place.add(class_.__name__, class_)

    def _relationships(self, class_: Any) -> None:
        mapper = _mapper(class_)
        for constraint in sorted(_foreign(mapper.local_table), key=lambda one: str(one.name)):
            referred = self.by_table.get(_referred(constraint))
            if referred is None or (mapper.inherits is not None and mapper.inherits.class_ is referred):
                continue
            self._link(class_, referred, constraint)

    def _link(self, class_: Any, referred: Any, constraint: Any) -> None:
        one = self.scalar_name(self.base, class_, referred, constraint)
        many = self.collection_name(self.base, referred, class_, constraint)
        local = {"foreign_keys": list(constraint.columns)}
        remote = {"remote_side": [element.column for element in constraint.elements]}
        self._pair(
            (MANYTOONE, one, class_, referred, local | remote),
            (ONETOMANY, many, referred, class_, {"collection_class": self.collection_class, **_dependence(constraint)}),
            local,
        )

    def _many_to_many(self, table: Any, keys: list[Any]) -> None:
        left, right = (self.by_table.get(_referred(one)) for one in keys)
        if left is None or right is None:
            return
        own = self.collection_name(self.base, left, right, keys[1])
        other = self.collection_name(self.base, right, left, keys[0])
        first, second = _condition(keys[0]), _condition(keys[1])
        kind = {"collection_class": self.collection_class}
        self._pair(
            (MANYTOMANY, own, left, right, {"secondary": table, "primaryjoin": first, "secondaryjoin": second, **kind}),
            (MANYTOMANY, other, right, left, kind),
            {"secondary": table, "primaryjoin": second, "secondaryjoin": first},
        )

    def _pair(self, own: tuple[Any, ...], other: tuple[Any, ...], alone: dict[str, Any]) -> None:
        """Make a relationship and its back reference, or whichever of the two a class does not declare itself."""
        direction, name, left, right, options = own
        back_direction, back_name, _, _, back_options = other
        mine, theirs = _mapper(left).attributes, _mapper(right).attributes
        if name not in mine:
            if back_name in theirs:
                back: dict[str, Any] = {"back_populates": back_name}
            else:
                made = self.make(self.base, back_direction, backref, back_name, right, left, **back_options)
                back = {} if made is None else {"backref": made}
            if (
                self._add(left, name, self.make(self.base, direction, relationship, name, left, right, **options, **back))
                and back_name in theirs
            ):
                _tell(theirs[back_name], name)
        elif back_name not in theirs and isinstance(mine[name], RelationshipProperty):
            found = self.make(self.base, back_direction, relationship, back_name, right, left, back_populates=name, **alone, **back_options)
            if self._add(right, back_name, found):
                _tell(mine[name], back_name)

    def _add(self, class_: Any, name: str, found: Any) -> bool:
        if not isinstance(found, RelationshipProperty):
            return False
        _mapper(class_).add_property(name, found)
        return True


def _tell(prop: Any, name: str) -> None:
    """Have a declared relationship follow one that was made, unless it says otherwise itself."""
    if isinstance(prop, RelationshipProperty) and prop.backref is None and not prop.back_populates:
        prop.back_populates = name


def _mapper(class_: Any) -> Any:
    return class_.__dict__["__entity__"].mapper


def _dependence(constraint: Any) -> dict[str, Any]:
    """Return what the collection does with rows that can't live without their owner, or that the database looks after."""
    ondelete = {(element.ondelete or "").lower() for element in constraint.elements}
    if all(not column.nullable for column in constraint.columns):
        return {"cascade": "all, delete-orphan"} | ({"passive_deletes": True} if "cascade" in ondelete else {})
    return {"passive_deletes": True} if "set null" in ondelete else {}


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
    made = type(
        base.__name__,
        (AutomapBase, base),
        {"__abstract__": True, "classes": Properties({}), "by_module": Properties({}), "__doc__": AutomapBase.__doc__},
    )
    return made if not is_mapped(made) else base


def _plain_base(**kw: Any) -> Any:
    return declarative_base(**kw)
