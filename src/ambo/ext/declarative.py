"""Declarative mapping, at the path it had before it moved to `ambo.orm`."""

from __future__ import annotations

from ambo.mapping.declarative import as_declarative, declarative_base
from ambo.mapping.declared import declarative_mixin, declared_attr, has_inherited_table
from ambo.mapping.synonyms import synonym_for

__all__ = ["as_declarative", "declarative_base", "declarative_mixin", "declared_attr", "has_inherited_table", "synonym_for"]
