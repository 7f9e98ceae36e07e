"""MariaDB and MySQL: what they do in their own way."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

from ambo.errors import CompileError
from ambo.rendering.ddl import DDLRenderer
from ambo.rendering.dialect import Dialect
from ambo.rendering.features import Features
from ambo.rendering.reserved import MARIADB_WORDS
from ambo.rendering.transactions import MARIADB
from ambo.rendering.type_names import TypeNames
from ambo.statements.constraints import UniqueConstraint
from ambo.statements.foreign_keys import ForeignKeyConstraint
from ambo.statements.types import TIMESTAMP


class MariaDBTypeNames(TypeNames):
    """MariaDB's names. Generic date types keep microseconds, which plain DATETIME would drop."""

    collation_quoted = False

    def _text(self, name: str, type_: Any, length: int | None = None) -> str:
        words = [f"{name}({length or type_.length})" if length or type_.length else name]
        if getattr(type_, "charset", None):
            words.append(f"CHARACTER SET {type_.charset}")
        words += [word.upper() for word in ("ascii", "unicode", "binary") if getattr(type_, word, False)]
        if type_.collation:
            words.append(f"COLLATE {type_.collation}")
        return " ".join(words)

    def _whole(self, name: str, type_: Any) -> str:
        width = getattr(type_, "display_width", None)
        return self._signed(f"{name}({width})" if width is not None else name, type_)

    def _signed(self, name: str, type_: Any) -> str:
        unsigned = " UNSIGNED" if getattr(type_, "unsigned", False) else ""
        return f"{name}{unsigned}{' ZEROFILL' if getattr(type_, 'zerofill', False) else ''}"

    def visit_integer(self, type_: Any, **kw: Any) -> str:
        return self._whole("INTEGER", type_)

    visit_INTEGER = visit_integer

    def visit_small_integer(self, type_: Any, **kw: Any) -> str:
        return self._whole("SMALLINT", type_)

    visit_SMALLINT = visit_small_integer

    def visit_big_integer(self, type_: Any, **kw: Any) -> str:
        return self._whole("BIGINT", type_)

    visit_BIGINT = visit_big_integer

    def visit_TINYINT(self, type_: Any, **kw: Any) -> str:
        return self._whole("TINYINT", type_)

    def visit_MEDIUMINT(self, type_: Any, **kw: Any) -> str:
        return self._whole("MEDIUMINT", type_)

    def visit_numeric(self, type_: Any, **kw: Any) -> str:
        return self._signed(self._number("NUMERIC", type_), type_)

    visit_NUMERIC = visit_numeric

    def visit_DECIMAL(self, type_: Any, **kw: Any) -> str:
        return self._signed(self._number("DECIMAL", type_), type_)

    def visit_float(self, type_: Any, **kw: Any) -> str:
        return self._signed(self._number("FLOAT", type_), type_)

    visit_FLOAT = visit_float

    def visit_REAL(self, type_: Any, **kw: Any) -> str:
        return self._signed(self._number("REAL", type_), type_)

    def visit_double(self, type_: Any, **kw: Any) -> str:
        return self._signed(self._number("DOUBLE", type_) if type_.scale is not None else "DOUBLE", type_)

    visit_DOUBLE = visit_double

    def visit_boolean(self, type_: Any, **kw: Any) -> str:
        return "BOOL"

    visit_BOOLEAN = visit_boolean

    def visit_VARCHAR(self, type_: Any, **kw: Any) -> str:
        if not type_.length:
            raise CompileError(f"VARCHAR requires a length on {self.dialect.name}: write String(255), or Text for text of any length")
        return self._text("VARCHAR", type_)

    def visit_NVARCHAR(self, type_: Any, **kw: Any) -> str:
        if not type_.length:
            raise CompileError(f"NVARCHAR requires a length on {self.dialect.name}: write Unicode(255)")
        return self._text("NATIONAL VARCHAR", type_)

    def visit_NCHAR(self, type_: Any, **kw: Any) -> str:
        return self._text("NATIONAL CHAR", type_)

    def visit_TINYTEXT(self, type_: Any, **kw: Any) -> str:
        return self._text("TINYTEXT", type_)

    def visit_MEDIUMTEXT(self, type_: Any, **kw: Any) -> str:
        return self._text("MEDIUMTEXT", type_)

    def visit_LONGTEXT(self, type_: Any, **kw: Any) -> str:
        return self._text("LONGTEXT", type_)

    def visit_enum(self, type_: Any, **kw: Any) -> str:
        if not type_.native_enum:
            return self.visit_VARCHAR(type_)
        return self.visit_ENUM(type_)

    def visit_ENUM(self, type_: Any, **kw: Any) -> str:
        return self._text(f"ENUM({self._quoted(type_.enums)})", _without_length(type_))

    def visit_SET(self, type_: Any, **kw: Any) -> str:
        return self._text(f"SET({self._quoted(type_.values)})", _without_length(type_))

    def _quoted(self, values: Any) -> str:
        return ",".join("'" + one.replace("'", "''") + "'" for one in values)

    def visit_datetime(self, type_: Any, **kw: Any) -> str:
        return "DATETIME(6)"

    def visit_DATETIME(self, type_: Any, **kw: Any) -> str:
        return _fractional("DATETIME", type_)

    def visit_time(self, type_: Any, **kw: Any) -> str:
        return "TIME(6)"

    def visit_TIME(self, type_: Any, **kw: Any) -> str:
        return _fractional("TIME", type_)

    def visit_TIMESTAMP(self, type_: Any, **kw: Any) -> str:
        return _fractional("TIMESTAMP", type_)

    def visit_YEAR(self, type_: Any, **kw: Any) -> str:
        return f"YEAR({type_.display_width})" if type_.display_width else "YEAR"

    def visit_large_binary(self, type_: Any, **kw: Any) -> str:
        return self.visit_BLOB(type_)

    def visit_BLOB(self, type_: Any, **kw: Any) -> str:
        return f"BLOB({type_.length})" if type_.length else "BLOB"

    def visit_TINYBLOB(self, type_: Any, **kw: Any) -> str:
        return "TINYBLOB"

    def visit_MEDIUMBLOB(self, type_: Any, **kw: Any) -> str:
        return "MEDIUMBLOB"

    def visit_LONGBLOB(self, type_: Any, **kw: Any) -> str:
        return "LONGBLOB"

    def visit_VARBINARY(self, type_: Any, **kw: Any) -> str:
        if not type_.length:
            raise CompileError(f"VARBINARY requires a length on {self.dialect.name}")
        return f"VARBINARY({type_.length})"

    def visit_BIT(self, type_: Any, **kw: Any) -> str:
        return f"BIT({type_.length})" if type_.length is not None else "BIT"


class MariaDBDDL(DDLRenderer):
    """AUTO_INCREMENT, table options, comments inside CREATE TABLE."""

    def column_specification(self, column: Any) -> str:
        words = [self.preparer.format_column(column), self.column_type(column)]
        if column.computed is not None:
            words.append(self.computed(column.computed))
        if not column.nullable and (column.computed is None or self.features.computed_not_null):
            words.append("NOT NULL")
        elif isinstance(column.type.dialect_impl(self.dialect), TIMESTAMP):
            words.append("NULL")
        if column.comment is not None:
            words.append(f"COMMENT {self.literal(column.comment)}")
        if self._numbers_itself(column):
            words.append("AUTO_INCREMENT")
        elif (default := self.default_of(column)) is not None:
            digits = re.search(r"\((\d)\)$", words[1])
            if digits and _NOW.match(default):
                default = f"CURRENT_TIMESTAMP({digits[1]})"  # as precise as the column, or MySQL refuses it
            words.append(f"DEFAULT {default}")
        return " ".join(words)

    def _numbers_itself(self, column: Any) -> bool:
        if column.table is None or column is not column.table.autoincrement_column:
            return False
        if column.server_default is not None and column.identity is None:
            return False
        return not (self.features.sequences and column.default is not None and column.default.is_sequence and not column.default.optional)

    def default_text(self, default: Any) -> str:
        text = super().default_text(default)
        plain = isinstance(default.arg, str) or default.arg.visit in ("text", "textclause", "true", "false", "null", "bindparam")
        return text if plain or _NOW.match(text) else f"({text})"

    def _match(self, constraint: Any) -> str:
        if constraint.match is not None:
            raise CompileError(f"{self.dialect.name} ignores MATCH, and the actions of the foreign key with it; leave match= out")
        return ""

    def visit_drop_constraint(self, drop: Any, **kw: Any) -> str:
        return super().visit_drop_constraint(drop).removesuffix(" CASCADE")

    def after_table(self, table: Any) -> str:
        options = {name: value for dialect in ("mysql", self.dialect.name) for name, value in table.dialect_options[dialect].items()}
        parts = [f"{_TABLE_OPTIONS.get(name, name.upper().replace('_', ' '))}={value}" for name, value in options.items()]
        if table.comment is not None:
            parts.append(f"COMMENT={self.literal(table.comment)}")
        return " ".join(parts)

    def constraint_word(self, constraint: Any) -> str:
        if isinstance(constraint, ForeignKeyConstraint):
            return "FOREIGN KEY"
        return "INDEX" if isinstance(constraint, UniqueConstraint) else "CONSTRAINT"

    def index_prefixes(self, index: Any) -> list[str]:
        prefix = index.dialect_options["mysql"]["prefix"] or index.dialect_options["mariadb"]["prefix"]
        return [*super().index_prefixes(index), *([prefix] if prefix else [])]

    def index_expression(self, index: Any, expression: Any) -> str:
        if not self.features.expression_indexes and self.needs_parentheses(expression):
            raise CompileError(
                f"{self.dialect.name} has no indexes on expressions, as {index.name} is; index a column with Computed(…) that holds the value"
            )
        length = index.dialect_options["mysql"]["length"] or index.dialect_options["mariadb"]["length"]
        if isinstance(length, dict):
            length = length.get(getattr(expression, "name", None))
        return super().index_expression(index, expression) + (f"({length})" if length else "")

    def needs_parentheses(self, expression: Any) -> bool:
        return expression.visit not in ("column", "unary")

    def index_suffix(self, index: Any) -> str:
        using = index.dialect_options["mysql"]["using"] or index.dialect_options["mariadb"]["using"]
        return f" USING {using}" if using else ""

    def index_name(self, index: Any, creating: bool = False) -> str:
        return str(self.preparer.format_index(index))

    def visit_drop_index(self, drop: Any, **kw: Any) -> str:
        exists = "IF EXISTS " if drop.if_exists else ""
        return f"\nDROP INDEX {exists}{self.index_name(drop.element)} ON {self.preparer.format_table(drop.element.table)}"

    def visit_set_table_comment(self, create: Any, **kw: Any) -> str:
        return f"ALTER TABLE {self.preparer.format_table(create.element)} COMMENT {self.literal(create.element.comment)}"

    def visit_drop_table_comment(self, drop: Any, **kw: Any) -> str:
        return f"ALTER TABLE {self.preparer.format_table(drop.element)} COMMENT ''"

    def visit_set_column_comment(self, create: Any, **kw: Any) -> str:
        column = create.element
        return f"ALTER TABLE {self.preparer.format_table(column.table)} CHANGE {self.preparer.format_column(column)} {self.column_specification(column)}"


_NOW = re.compile(r"^(current_timestamp|now)(\([^)]*\))?$", re.IGNORECASE)
_TABLE_OPTIONS = {"default_charset": "DEFAULT CHARSET", "charset": "CHARSET", "auto_increment": "AUTO_INCREMENT", "row_format": "ROW_FORMAT"}


def _fractional(name: str, type_: Any) -> str:
    digits = getattr(type_, "fsp", None)
    return f"{name}({digits})" if digits is not None else name


def _without_length(type_: Any) -> Any:
    """Return a stand-in for a type whose length is not to be written."""
    return type_.copy(length=None)


class MariaDBDialect(Dialect):
    """MariaDB 10.5 and later."""

    name = "mariadb"
    driver = "pymysql"
    paramstyle = "format"
    reserved_words = MARIADB_WORDS
    quotes = ("`", "`")
    transactions = MARIADB
    type_names_class = MariaDBTypeNames
    ddl_class = MariaDBDDL
    catalog = "mariadb"
    features = Features(
        insert_returning=True,
        delete_returning=True,
        empty_insert=False,
        on_duplicate_key=True,
        delete_using=True,
        update_join_values=True,
        lastrowid=True,
        is_distinct_from=False,
        nulls_order=False,
        full_join=False,
        filter_clause=False,
        concat_function=True,
        backslash_escapes=True,
        sequences=True,
        optional_sequences=True,
        expression_indexes=False,
        computed_not_null=False,
        deferrable_constraints=False,
        unbounded_numeric=False,
        comments=True,
        inline_comments=True,
        max_identifier_length=64,
        max_parameters=65535,
        native_decimal=True,
        native_datetime=True,
        native_time=False,
        zoned_times=False,
        native_enum=True,
    )


class MySQLDialect(MariaDBDialect):
    """MySQL 8: no RETURNING, no sequences."""

    name = "mysql"
    features = dataclasses.replace(
        MariaDBDialect.features, insert_returning=False, delete_returning=False, sequences=False, lateral=True,
        expression_indexes=True, computed_not_null=True, update_join_values=False,
    )


MARIADB_DIALECT = MariaDBDialect()
