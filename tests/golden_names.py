"""Names that the expressions of the golden files use."""

from __future__ import annotations

from typing import Any

import ambo
import ambo.types
from ambo.rendering.mariadb import MARIADB_DIALECT
from ambo.rendering.postgresql import POSTGRESQL_DIALECT
from ambo.rendering.sqlite import SQLITE_DIALECT
from ambo.statements.dialect_inserts import mysql_insert, postgresql_insert, sqlite_insert
from ambo.statements.foreign_keys import ForeignKey
from ambo.statements.metadata import MetaData
from ambo.statements.schema_columns import Column
from ambo.statements.tables import Table

DIALECTS = {"sqlite": SQLITE_DIALECT, "pg": POSTGRESQL_DIALECT, "maria": MARIADB_DIALECT}


def public_names() -> dict[str, Any]:
    """What `from ambo import *` and `from ambo.types import *` give."""
    found = {name: value for module in (ambo, ambo.types) for name, value in vars(module).items() if not name.startswith("_")}
    found.update(sqlite_insert=sqlite_insert, postgresql_insert=postgresql_insert, mysql_insert=mysql_insert)
    return found


def expression_names() -> dict[str, Any]:
    names = public_names()
    names["c"] = ambo.column("x", ambo.types.Integer)
    names["s"] = ambo.column("s", ambo.types.String)
    names["T"] = ambo.table("t", ambo.column("a", ambo.types.Integer), ambo.column("b", ambo.types.String))
    return names


def database_names() -> dict[str, Any]:
    types = ambo.types
    metadata = MetaData()
    table = Table(
        "t",
        metadata,
        Column("id", types.Integer, primary_key=True),
        Column("name", types.String(30)),
        Column("n", types.Numeric),
        Column("f", types.Float),
        Column("j", types.JSON),
        Column("dt", types.DateTime),
        Column("ok", types.Boolean),
    )
    other = Table(
        "addr",
        metadata,
        Column("id", types.Integer, primary_key=True),
        Column("t_id", ForeignKey("t.id")),
        Column("mail", types.String),
    )
    return {**public_names(), "T": table, "A": other, "c": table.c.id, "s": table.c.name}


def select_names() -> dict[str, Any]:
    types = ambo.types
    table = Table("t", MetaData(), Column("x_name", types.Integer, key="k", primary_key=True), Column("b", types.String))
    a_cte = ambo.select(table).cte("a")

    def recursive() -> Any:
        numbers = ambo.select(table.c.k).cte("q", recursive=True)
        return ambo.select(numbers.union_all(ambo.select(numbers.c.k + 1).where(numbers.c.k < 5)))

    def labelled() -> Any:
        z = (table.c.k + 1).label("z")
        return ambo.select(z, table.c.b).order_by(z, -z, z + 5, z.desc()).group_by(z, z + 1).where(z == 5).having(z == 7)

    return {
        **public_names(),
        "T": table,
        "U": table.alias("u"),
        "a_cte": a_cte,
        "b_cte": ambo.select(a_cte.c.k).cte("b"),
        "recursive": recursive,
        "labelled": labelled,
    }
