"""What a query is made of, at SQLAlchemy's path."""

from ambo.loading.plan import Cell as _ColumnEntity, EntityPlan as _MapperEntity

__all__ = [
    "_ColumnEntity",
    "_MapperEntity",
]
