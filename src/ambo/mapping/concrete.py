"""Concrete inheritance: each class has a table with everything in it, and the hierarchy is read from their UNION.

    ConcreteBase            a base that has a table itself
    AbstractConcreteBase    a base without one; it is mapped to the UNION when all classes are there

Rule 1: the UNION is made at configuration, because only then all subclasses are known.
"""

from __future__ import annotations

from typing import Any

from ambo.mapping import hierarchy
from ambo.mapping.class_body import is_mapped, own_bases
from ambo.mapping.concrete_unions import polymorphic_union
from ambo.mapping.mapper import Mapper


class ConcreteBase:
    """Mixed into the root of a concrete hierarchy that has a table of its own.

    `_concrete_discriminator_name` renames the column that tells the classes apart ("type").
    """

    @classmethod
    def __declare_first__(cls) -> None:
        mapper: Mapper = cls.__mapper__  # type: ignore[attr-defined]  # a mapped class
        if mapper.with_polymorphic is None:
            name = getattr(cls, "_concrete_discriminator_name", None) or "type"
            union = polymorphic_union(_tables(mapper.hierarchy()), name, "pjoin")
            mapper.with_polymorphic = ("*", union)
            hierarchy.set_discriminator(mapper, union.c[name])


class AbstractConcreteBase(ConcreteBase):
    """Mixed into the root of a concrete hierarchy that has no table; the root is mapped to the UNION of its subclasses."""

    _ambo_waits_for_subclasses = True

    @classmethod
    def __declare_first__(cls) -> None:
        if is_mapped(cls) or AbstractConcreteBase not in cls.__bases__:
            return
        mappers = [one.__dict__["__entity__"].mapper for one in _mapped_below(cls)]
        if not mappers:
            return
        name = getattr(cls, "_concrete_discriminator_name", None) or "type"
        union = polymorphic_union(_tables(mappers), name, "pjoin")
        registry = mappers[0].registry
        base = Mapper(
            cls, union, polymorphic_on=union.c[name], with_polymorphic=("*", union), primary_key=_key(mappers[0], union), registry=registry
        )
        registry.add(base)
        for one in mappers:
            if one.inherits is None:
                hierarchy.adopt(base, one)


def _key(mapper: Mapper, union: Any) -> list[Any]:
    return [union.c[column.key] for column in mapper.primary_key]


def _tables(mappers: Any) -> dict[Any, Any]:
    return {one.polymorphic_identity: one.local_table for one in mappers if one.polymorphic_identity is not None or one.concrete}


def _mapped_below(class_: type[Any]) -> list[type[Any]]:
    found: list[type[Any]] = []
    for one in class_.__subclasses__():
        if is_mapped(one):
            found.append(one)
        found += _mapped_below(one)
    return found


own_bases.update({ConcreteBase, AbstractConcreteBase})
