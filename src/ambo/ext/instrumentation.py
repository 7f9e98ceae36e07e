"""Instrumentation, at SQLAlchemy's path; ambo has one kind of instrumentation only, so nothing can be replaced here."""

from ambo.mapping.instrumentation import ClassManager, manager_of_class

__all__ = ["ClassManager", "manager_of_class"]
