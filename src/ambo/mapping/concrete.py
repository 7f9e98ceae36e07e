"""Concrete inheritance: each class has a table with everything in it, and the hierarchy is read from their UNION.

    ConcreteBase            a base that has a table itself
    AbstractConcreteBase    a base without one; it is mapped to the UNION when all classes are there

Rule 1: the UNION is made at configuration, because only then all subclasses are known.
"""

from __future__ import annotations

from typing import Any

from ambo.errors import UnmappedClassError
from ambo.mapping import hierarchy
from ambo.mapping.class_body import is_mapped, own_bases
from ambo.mapping.concrete_unions import polymorphic_union
from ambo.mapping.declarative_mapping import map_to_source
from ambo.mapping.mapper import Mapper
from ambo.statements.typed_columns import own_annotations


class ConcreteBase:
    """Mixed into the root of a concrete hierarchy that has a table of its own.

        class Vehicle(ConcreteBase, Base):
            __tablename__ = "vehicles"
            id: Mapped[int] = mapped_column(primary_key=True)
            __mapper_args__ = {"polymorphic_identity": "vehicle", "concrete": True}

    Every class says `concrete` and its `polymorphic_identity`. `_concrete_discriminator_name` renames the column that tells the classes
    apart ("type"), for tables that have a column of that name.
    """

    @classmethod
    def __declare_first__(cls) -> None:
        mapper: Mapper = cls.__mapper__  # type: ignore[attr-defined]  # a mapped class
        if mapper.with_polymorphic is None:
            union = polymorphic_union(_tables(mapper.hierarchy()), discriminator_name(cls), "pjoin")
            mapper.with_polymorphic = ("*", union)
            hierarchy.set_discriminator(mapper, union.c[discriminator_name(cls)])


class AbstractConcreteBase(ConcreteBase):
    """Mixed into the root of a concrete hierarchy that has no table; the root is mapped to the UNION of its subclasses.

    That happens at `configure_mappers()`, or when one of the subclasses is used first; until then the root cannot be queried.
    With `strict_attrs = True` the root has only the attributes of its own body, the primary key and the discriminator; without, all that
    subclasses have.
    """

    _ambo_waits_for_subclasses = True

    @classmethod
    def __declare_first__(cls) -> None:
        if is_mapped(cls) or AbstractConcreteBase not in cls.__bases__:
            return
        mappers = [one.__dict__["__entity__"].mapper for one in _mapped_below(cls)]
        if not mappers:
            return
        name = discriminator_name(cls)
        union = polymorphic_union(_tables(mappers), name, "pjoin")
        base = map_to_source(mappers[0].registry, cls, union, _arguments(cls, mappers[0], union, name))
        for one in mappers:
            if one.inherits is None:
                hierarchy.adopt(base, one)

    @classmethod
    def _ambo_refusal(cls) -> Exception | None:
        """Return the error for a use of the root before it is mapped."""
        if is_mapped(cls) or AbstractConcreteBase not in cls.__bases__:
            return None
        return UnmappedClassError(
            f"Class {cls.__module__}.{cls.__qualname__} is a subclass of AbstractConcreteBase and has a mapping pending until all subclasses "
            "are defined. Call configure_mappers() once they are"
        )


def discriminator_name(class_: type[Any]) -> str:
    """Return the name of the UNION's column that tells the classes apart."""
    return getattr(class_, "_concrete_discriminator_name", None) or "type"


def _arguments(class_: type[Any], mapper: Mapper, union: Any, name: str) -> dict[str, Any]:
    key = [union.c[column.key] for column in mapper.primary_key]
    found = {"polymorphic_on": union.c[name], "polymorphic_abstract": True, "with_polymorphic": ("*", union), "primary_key": key}
    if getattr(class_, "strict_attrs", False):
        declared = [one for base in class_.__mro__ if not is_mapped(base) for one in (*base.__dict__, *own_annotations(base))]
        found["include_properties"] = {*declared, *[column.key for column in key], name}
    return found


def _tables(mappers: Any) -> dict[Any, Any]:
    return {one.polymorphic_identity: one.local_table for one in mappers if one.polymorphic_identity is not None or one.concrete}


def _mapped_below(class_: type[Any]) -> list[type[Any]]:
    """Return the mapped classes below a class, the last defined first."""
    found: list[type[Any]] = []
    stack = list(class_.__subclasses__())
    while stack:
        one = stack.pop()
        stack += one.__subclasses__()
        if is_mapped(one):
            found.append(one)
    return found


own_bases.update({ConcreteBase, AbstractConcreteBase})
