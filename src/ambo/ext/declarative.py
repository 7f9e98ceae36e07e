"""Declarative extensions, at SQLAlchemy's path."""

from ambo.mapping.concrete import AbstractConcreteBase, ConcreteBase
from ambo.mapping.declarative import as_declarative, declarative_base
from ambo.mapping.declared import declarative_mixin, declared_attr, has_inherited_table
from ambo.mapping.deferred_reflection import DeferredReflection
from ambo.mapping.generated_bases import DeclarativeMeta
from ambo.mapping.synonyms import synonym_for

__all__ = [
    "declarative_mixin",
    "DeclarativeMeta",
    "AbstractConcreteBase",
    "ConcreteBase",
    "DeferredReflection",
    "as_declarative",
    "declarative_base",
    "declared_attr",
    "has_inherited_table",
    "synonym_for",
]
