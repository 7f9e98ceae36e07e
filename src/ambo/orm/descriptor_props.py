"""Composites and synonyms, at SQLAlchemy's path."""

from ambo.mapping.composites import Composite, CompositeProperty
from ambo.mapping.synonyms import Synonym, SynonymProperty

__all__ = ["Composite", "CompositeProperty", "Synonym", "SynonymProperty"]
