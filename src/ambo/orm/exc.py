"""The ORM's errors, at SQLAlchemy's path."""

from __future__ import annotations

from ambo.errors import (
    DetachedInstanceError,
    FlushError,
    LazyLoadError,
    LoaderStrategyException,
    MappedAnnotationError,
    MultipleResultsFound,
    NoResultFound,
    ObjectDeletedError,
    ObjectDereferencedError,
    StaleDataError,
    StaleDataError as ConcurrentModificationError,
    UnmappedClassError,
    UnmappedColumnError,
    UnmappedError,
    UnmappedInstanceError,
)

__all__ = [
    "ConcurrentModificationError", "DetachedInstanceError", "FlushError", "LazyLoadError", "LoaderStrategyException", "MappedAnnotationError",
    "MultipleResultsFound", "NoResultFound", "ObjectDeletedError", "ObjectDereferencedError", "StaleDataError", "UnmappedClassError",
    "UnmappedColumnError", "UnmappedError", "UnmappedInstanceError",
]
