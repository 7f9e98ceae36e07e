"""System catalogs: what each database tells about its tables. `CATALOGS` finds one by `dialect.catalog`."""

from __future__ import annotations

from typing import Any

from ambo.errors import CompileError
from ambo.operations.catalogs.base import Catalog
from ambo.operations.catalogs.mariadb import MariaDBCatalog
from ambo.operations.catalogs.postgresql import PostgreSQLCatalog
from ambo.operations.catalogs.sqlite import SQLiteCatalog

CATALOGS: dict[str, Catalog] = {"sqlite": SQLiteCatalog(), "postgresql": PostgreSQLCatalog(), "mariadb": MariaDBCatalog()}


def catalog_of(dialect: Any) -> Catalog:
    """Return the catalog of a dialect's database.

    Raises CompileError if it has none that ambo knows.
    """
    found = CATALOGS.get(dialect.catalog)
    if found is None:
        raise CompileError(f"the dialect {dialect.name!r} has no catalog to ask; call create_all(checkfirst=False)")
    return found


__all__ = ["CATALOGS", "Catalog", "catalog_of"]
