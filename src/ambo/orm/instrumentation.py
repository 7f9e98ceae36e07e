"""Instrumentation, at SQLAlchemy's path."""

from ambo.mapping.instrumentation import ClassManager, is_instrumented, manager_of_class
from ambo.mapping.markers import NO_VALUE

__all__ = [    "is_instrumented",
"NO_VALUE", "ClassManager", "manager_of_class"]
