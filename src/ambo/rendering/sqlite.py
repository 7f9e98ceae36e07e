"""SQLite: what it does in its own way."""

from __future__ import annotations

import re
from typing import Any

from ambo.errors import CompileError
from ambo.rendering.ddl import DDLRenderer, is_integer
from ambo.rendering.dialect import Dialect
from ambo.rendering.features import Features
from ambo.rendering.reserved import SQLITE_WORDS
from ambo.rendering.transactions import SQLITE
from ambo.rendering.type_names import TypeNames


class SQLiteTypeNames(TypeNames):
    """SQLite takes any name for a type; these choose the affinity that fits."""

    collation_quoted = True


_ATOM = re.compile(r"^\s*(['\"(].*|[-+]?[\w.]+)\s*$", re.DOTALL)
"""What may stand after DEFAULT without parentheses."""


class SQLiteDDL(DDLRenderer):
    """A table's constraints are all written with it, for SQLite cannot add any afterwards."""

    def _view_if_not_exists(self, create: Any) -> bool:
        return bool(create.dialect_kwargs.get("sqlite_if_not_exists"))

    def column_specification(self, column: Any) -> str:
        text = super().column_specification(column)
        if column.autoincrement is True and column.primary_key and len(column.table.primary_key.columns) != 1:
            raise CompileError("SQLite does not support autoincrement for composite primary keys")
        if self._numbers_itself(column):
            text += f" PRIMARY KEY{self._on_conflict(column, 'on_conflict_primary_key')} AUTOINCREMENT"
        if not column.nullable:
            text += self._on_conflict(column, "on_conflict_not_null")
        return text

    def _on_conflict(self, item: Any, option: str = "on_conflict") -> str:
        found = item.dialect_options["sqlite"][option]
        return f" ON CONFLICT {found}" if found else ""

    def _numbers_itself(self, column: Any) -> bool:
        table = column.table
        return bool(
            column.primary_key
            and table.dialect_options["sqlite"]["autoincrement"]
            and len(table.primary_key.columns) == 1
            and is_integer(column, self.dialect)
            and not column.foreign_keys
        )

    def default_text(self, default: Any) -> str:
        if isinstance(default.arg, str):
            return super().default_text(default)
        text = self.expression(default.arg)
        return text if _ATOM.match(text) else f"({text})"

    def visit_primary_key_constraint(self, constraint: Any, **kw: Any) -> str:
        if len(constraint.columns) == 1 and self._numbers_itself(constraint.columns[0]):
            return ""
        text = super().visit_primary_key_constraint(constraint)
        option = self._on_conflict(constraint)
        if not option and len(constraint.columns) == 1:
            option = self._on_conflict(constraint.columns[0], "on_conflict_primary_key")
        return text + option

    def visit_unique_constraint(self, constraint: Any, **kw: Any) -> str:
        text = super().visit_unique_constraint(constraint)
        option = self._on_conflict(constraint)
        if not option and len(constraint.columns) == 1:
            option = self._on_conflict(constraint.columns[0], "on_conflict_unique")
        return text + option

    def visit_check_constraint(self, constraint: Any, **kw: Any) -> str:
        return super().visit_check_constraint(constraint) + self._on_conflict(constraint)

    def visit_foreign_key_constraint(self, constraint: Any, **kw: Any) -> str:
        """A foreign key cannot reach into another attached file."""
        remote = constraint.elements[0].column.table
        if remote.schema != constraint.parent.schema:
            return ""
        text = super().visit_foreign_key_constraint(constraint)
        schema = self.preparer.schema_of(remote)
        return text.replace(f"REFERENCES {self.preparer.quote_schema(schema)}.", "REFERENCES ") if schema else text

    def visit_create_index(self, create: Any, **kw: Any) -> str:
        text = super().visit_create_index(create)
        schema = create.element.table.schema
        if not schema:
            return text
        name, table = self.preparer.format_index(create.element), self.preparer.format_table(create.element.table)
        own = f"{self.preparer.quote_schema(schema)}.{name}"
        return text.replace(f"{name} ON {table}", f"{own} ON {self.preparer.quote(create.element.table.name)}")

    def index_suffix(self, index: Any) -> str:
        where = index.dialect_options["sqlite"]["where"]
        return "" if where is None else f" WHERE {self.expression(where)}"

    def after_table(self, table: Any) -> str:
        options = table.dialect_options["sqlite"]
        words = [word for word, wanted in (("WITHOUT ROWID", options["with_rowid"] is False), ("STRICT", options["strict"])) if wanted]
        return "\n " + ",\n ".join(words) if words else ""


class SQLiteDialect(Dialect):
    """SQLite 3.35 and later."""

    name = "sqlite"
    driver = "pysqlite"
    paramstyle = "qmark"
    reserved_words = SQLITE_WORDS
    transactions = SQLITE
    type_names_class = SQLiteTypeNames
    ddl_class = SQLiteDDL
    catalog = "sqlite"
    default_schema_name = "main"
    features = Features(
        insert_returning=True,
        update_returning=True,
        delete_returning=True,
        insert_on_conflict=True,
        update_from=True,
        update_from_values=True,
        default_in_values=False,
        lastrowid=True,
        transactional_ddl=True,
        alter_constraints=False,
        is_distinct_from=False,
        max_parameters=32766,
    )


SQLITE_DIALECT = SQLiteDialect()
