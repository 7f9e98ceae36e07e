"""SQLite: what it does in its own way."""

from __future__ import annotations

from ambo.rendering.dialect import Dialect
from ambo.rendering.features import Features
from ambo.rendering.reserved import SQLITE_WORDS
from ambo.rendering.transactions import SQLITE
from ambo.rendering.type_names import TypeNames


class SQLiteTypeNames(TypeNames):
    """SQLite takes any name for a type; these choose the affinity that fits."""

    collation_quoted = True


class SQLiteDialect(Dialect):
    """SQLite 3.35 and later."""

    name = "sqlite"
    driver = "pysqlite"
    paramstyle = "qmark"
    reserved_words = SQLITE_WORDS
    transactions = SQLITE
    type_names_class = SQLiteTypeNames
    default_schema_name = "main"
    features = Features(
        insert_returning=True,
        update_returning=True,
        delete_returning=True,
        insert_on_conflict=True,
        update_from=True,
        default_in_values=False,
        lastrowid=True,
        transactional_ddl=True,
        alter_constraints=False,
        is_distinct_from=False,
        max_parameters=32766,
    )


SQLITE_DIALECT = SQLiteDialect()
