"""Loader options, at SQLAlchemy's path."""

from __future__ import annotations

from ambo.loading.options import Load, LoaderOption as _AbstractLoad
from ambo.loading.strategies import (
    contains_eager,
    defaultload,
    defer,
    immediateload,
    joinedload,
    lazyload,
    load_only,
    noload,
    raiseload,
    selectin_polymorphic,
    selectinload,
    subqueryload,
    undefer,
    undefer_group,
    with_expression,
)

__all__ = [
    "Load", "_AbstractLoad", "contains_eager", "defaultload", "defer", "immediateload", "joinedload", "lazyload", "load_only", "noload",
    "raiseload", "selectin_polymorphic", "selectinload", "subqueryload", "undefer", "undefer_group", "with_expression",
]
