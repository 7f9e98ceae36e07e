"""PostgreSQL's dialect, at SQLAlchemy's path."""

from ambo.operations.catalogs.postgresql import PLAIN_TYPES as ischema_names
from ambo.rendering.postgresql import PostgreSQLDDL as PGDDLCompiler, PostgreSQLDialect as PGDialect, PostgreSQLTypeNames as PGTypeCompiler
from ambo.statements.types import UUID
from ambo.statements.types.postgresql import (
    ARRAY,
    BYTEA,
    CIDR,
    ENUM,
    INET,
    INTERVAL,
    MACADDR,
    TIMESTAMP,
)

__all__ = [
    "ARRAY",
    "BYTEA",
    "CIDR",
    "ENUM",
    "INET",
    "INTERVAL",
    "MACADDR",
    "PGDDLCompiler",
    "PGDialect",
    "PGTypeCompiler",
    "TIMESTAMP",
    "UUID",
    "ischema_names",
]
