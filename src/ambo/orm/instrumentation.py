"""Instrumentation, at SQLAlchemy's path."""

from ambo.mapping.instrumentation import ClassManager, manager_of_class
from ambo.mapping.markers import NO_VALUE

__all__ = ["NO_VALUE", "ClassManager", "manager_of_class"]
