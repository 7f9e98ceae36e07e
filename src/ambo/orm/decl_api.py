"""Declarative mapping, at SQLAlchemy's path."""

from ambo.mapping.declarative import (
    DeclarativeBase,
    DeclarativeBaseNoMeta,
    MappedAsDataclass,
    add_mapped_attribute,
    as_declarative,
    declarative_base,
    mapped_as_dataclass,
    unmapped_dataclass,
)
from ambo.mapping.declared import declarative_mixin, declared_attr, has_inherited_table
from ambo.mapping.generated_bases import DeclarativeMeta, IsDeclarative as DeclarativeAttributeIntercept
from ambo.mapping.registry import registry
from ambo.mapping.synonyms import synonym_for

__all__ = [
    "DeclarativeAttributeIntercept",
    "DeclarativeBase",
    "DeclarativeBaseNoMeta",
    "DeclarativeMeta",
    "MappedAsDataclass",
    "add_mapped_attribute",
    "as_declarative",
    "declarative_base",
    "declarative_mixin",
    "declared_attr",
    "has_inherited_table",
    "mapped_as_dataclass",
    "registry",
    "synonym_for",
    "unmapped_dataclass",
]
