"""Hybrid attributes, at SQLAlchemy's path."""

from ambo.mapping.hybrids import HYBRID_METHOD, HYBRID_PROPERTY, Comparator, ExprComparator, hybrid_method, hybrid_property
from ambo.mapping.markers import HybridExtensionType

__all__ = [
    "HYBRID_METHOD",
    "HYBRID_PROPERTY",
    "Comparator",
    "ExprComparator",
    "HybridExtensionType",
    "hybrid_method",
    "hybrid_property",
]
