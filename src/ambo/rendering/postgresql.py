"""PostgreSQL: what it does in its own way."""

from __future__ import annotations

from typing import Any

from ambo.errors import CompileError
from ambo.rendering.ddl import DDLRenderer, is_integer
from ambo.rendering.dialect import Dialect
from ambo.rendering.features import Features
from ambo.rendering.reserved import POSTGRESQL_WORDS
from ambo.rendering.transactions import POSTGRESQL
from ambo.rendering.type_names import TypeNames
from ambo.statements.types import (
    ARRAY,
    CHAR,
    JSON,
    Enum,
    Interval,
    NullType,
    Numeric,
    String,
    Text,
    TypeDecorator,
    TypeEngine,
    UserDefinedType,
)
from ambo.statements.types.json import JSONElementType, JSONIntIndexType, JSONPathType
from ambo.statements.types.postgresql import BIT
from ambo.statements.types.strings import _Binary


class PostgreSQLTypeNames(TypeNames):
    """PostgreSQL's names."""

    def visit_float(self, type_: Any, **kw: Any) -> str:
        return f"FLOAT({type_.precision})" if type_.precision else "FLOAT"

    visit_FLOAT = visit_float

    def visit_double(self, type_: Any, **kw: Any) -> str:
        return "DOUBLE PRECISION"

    visit_DOUBLE = visit_double

    def visit_large_binary(self, type_: Any, **kw: Any) -> str:
        return "BYTEA"

    visit_BLOB = visit_BINARY = visit_VARBINARY = visit_BYTEA = visit_large_binary

    def visit_CLOB(self, type_: Any, **kw: Any) -> str:
        return self._text("TEXT", type_)

    def visit_datetime(self, type_: Any, **kw: Any) -> str:
        return self.visit_TIMESTAMP(type_)

    visit_DATETIME = visit_datetime

    def visit_TIMESTAMP(self, type_: Any, **kw: Any) -> str:
        return f"TIMESTAMP{_precision(type_)} {'WITH' if type_.timezone else 'WITHOUT'} TIME ZONE"

    def visit_time(self, type_: Any, **kw: Any) -> str:
        return f"TIME{_precision(type_)} {'WITH' if type_.timezone else 'WITHOUT'} TIME ZONE"

    visit_TIME = visit_time

    def visit_interval(self, type_: Any, **kw: Any) -> str:
        return "INTERVAL" if type_.native else "TIMESTAMP WITHOUT TIME ZONE"

    def visit_INTERVAL(self, type_: Any, **kw: Any) -> str:
        fields = f" {type_.fields}" if type_.fields else ""
        return f"INTERVAL{fields}{_precision(type_)}"

    def visit_enum(self, type_: Any, **kw: Any) -> str:
        if not type_.native_enum or type_.name is None:
            if type_.native_enum:
                raise CompileError(f"PostgreSQL ENUM type {type_!r} requires a name: pass name='...'")
            return self.visit_VARCHAR(type_)
        return str(self.dialect.preparer.format_type(type_, type_.schema))

    visit_ENUM = visit_enum

    def visit_DOMAIN(self, type_: Any, **kw: Any) -> str:
        return str(self.dialect.preparer.format_type(type_, type_.schema))

    def visit_ARRAY(self, type_: Any, **kw: Any) -> str:
        inner = self.process(type_.item_type, **kw)
        name, collate, rest = inner.partition(" COLLATE ")
        return name + "[]" * (type_.dimensions or 1) + collate + rest

    def visit_BIT(self, type_: Any, **kw: Any) -> str:
        if type_.varying:
            return f"BIT VARYING({type_.length})" if type_.length is not None else "BIT VARYING"
        return f"BIT({type_.length})" if type_.length is not None else "BIT"

    def visit_JSONB(self, type_: Any, **kw: Any) -> str:
        return "JSONB"

    def visit_named(self, type_: Any, **kw: Any) -> str:
        """Name a type that is called everywhere what its class says."""
        return str(type_.sql_name)

    def cast_name(self, type_: TypeEngine[Any]) -> str | None:
        """Return the type a placeholder is cast to; lengths and precisions are left out, as a cast would cut."""
        inner = type_.type_engine(self.dialect) if isinstance(type_, TypeDecorator) else type_
        if isinstance(inner, JSONElementType):
            return _JSON_STEPS.get(type(inner), "TEXT")
        if not inner.render_bind_cast or isinstance(inner, (NullType, UserDefinedType)):
            return None
        if isinstance(inner, Enum):
            return self.process(inner) if inner.native_enum and inner.name is not None else "VARCHAR"
        if isinstance(inner, ARRAY):
            item = self.cast_name(inner.item_type)
            return None if item is None else item + "[]" * (inner.dimensions or 1)
        if isinstance(inner, CHAR):
            return None
        if isinstance(inner, BIT):
            return "BIT VARYING"
        if isinstance(inner, String) and inner.__visit_name__ != "named":
            return "TEXT" if isinstance(inner, Text) else "VARCHAR"
        if isinstance(inner, (_Binary, JSON, Interval)) or not isinstance(inner, Numeric):
            return self.process(inner)
        return self.process(inner).partition("(")[0]


class PostgreSQLDDL(DDLRenderer):
    """SERIAL keys, indexes of all kinds, types with names."""

    def column_specification(self, column: Any) -> str:
        serial = self.serial(column)
        if serial is None:
            return super().column_specification(column)
        return f"{self.preparer.format_column(column)} {serial}{'' if column.nullable else ' NOT NULL'}"

    def serial(self, column: Any) -> str | None:
        """Return SERIAL, or what it is for the column's width; None for a column that numbers itself in no such way."""
        table = column.table
        if table is None or column is not table.autoincrement_column or column.identity is not None:
            return None
        if column.default is not None and not (column.default.is_sequence and column.default.optional):
            return None
        if not is_integer(column, self.dialect) or (column.server_default is not None and not self._was_serial(column.server_default)):
            return None
        return {"BIGINT": "BIGSERIAL", "SMALLINT": "SMALLSERIAL"}.get(self.column_type(column), "SERIAL")

    def _was_serial(self, default: Any) -> bool:
        """Tell whether a default was read from a SERIAL column: its sequence belongs to the old table."""
        return bool(default.reflected) and str(getattr(default.arg, "text", "")).startswith("nextval(")

    def computed(self, computed: Any) -> str:
        if computed.persisted is None:
            return f"GENERATED ALWAYS AS ({self.expression(computed.sqltext)}) STORED"
        return super().computed(computed)

    # -- constraints

    def unique_words(self, constraint: Any) -> str:
        return "NULLS NOT DISTINCT " if constraint.dialect_options["postgresql"]["nulls_not_distinct"] else ""

    def _validity(self, constraint: Any) -> str:
        return " NOT VALID" if constraint.dialect_options["postgresql"]["not_valid"] else ""

    def visit_check_constraint(self, constraint: Any, **kw: Any) -> str:
        return super().visit_check_constraint(constraint) + self._validity(constraint)

    def visit_foreign_key_constraint(self, constraint: Any, **kw: Any) -> str:
        return super().visit_foreign_key_constraint(constraint) + self._validity(constraint)

    def visit_exclude_constraint(self, constraint: Any, **kw: Any) -> str:
        ops = constraint.ops
        parts = [
            f"{self.expression(one)}{f' {ops[name]}' if name in ops else ''} WITH {operator}" for one, name, operator in constraint.rendered()
        ]
        where = "" if constraint.where is None else f" WHERE ({self.expression(constraint.where)})"
        return f"{self._named(constraint)}EXCLUDE USING {constraint.using} ({', '.join(parts)}){where}{self._deferring(constraint)}"

    def after_table(self, table: Any) -> str:
        options = table.dialect_options["postgresql"]
        words: list[str] = []
        if options["inherits"]:
            parents = [options["inherits"]] if isinstance(options["inherits"], str) else options["inherits"]
            words.append(f"INHERITS ( {', '.join(self.preparer.quote(one) for one in parents)} )")
        if options["partition_by"]:
            words.append(f"PARTITION BY {options['partition_by']}")
        if options["using"]:
            words.append(f"USING {options['using']}")
        if options["with_oids"] is not None:
            words.append("WITH OIDS" if options["with_oids"] else "WITHOUT OIDS")
        if options["on_commit"]:
            words.append(f"ON COMMIT {options['on_commit'].replace('_', ' ').upper()}")
        if options["tablespace"]:
            words.append(f"TABLESPACE {self.preparer.quote(options['tablespace'])}")
        return "".join(f"\n {word}" for word in words)

    # -- indexes

    def index_words(self, index: Any) -> list[str]:
        return ["CONCURRENTLY"] if index.dialect_options["postgresql"]["concurrently"] else []

    def index_method(self, index: Any) -> str:
        using = index.dialect_options["postgresql"]["using"]
        return f"USING {using} " if using else ""

    def index_expression(self, index: Any, expression: Any) -> str:
        ops = index.dialect_options["postgresql"]["ops"] or {}
        key = getattr(expression, "key", None)
        return super().index_expression(index, expression) + (f" {ops[key]}" if key in ops else "")

    def needs_parentheses(self, expression: Any) -> bool:
        return expression.visit not in ("column", "function", "collate", "unary", "label", "textclause", "text")

    def index_suffix(self, index: Any) -> str:
        options = index.dialect_options["postgresql"]
        text = ""
        if options["include"]:
            names = [one if isinstance(one, str) else one.name for one in options["include"]]
            text += f" INCLUDE ({', '.join(self.preparer.quote(one) for one in names)})"
        if options["nulls_not_distinct"] is not None:
            text += " NULLS NOT DISTINCT" if options["nulls_not_distinct"] else " NULLS DISTINCT"
        if options["with"]:
            text += f" WITH ({', '.join(f'{name} = {value}' for name, value in options['with'].items())})"
        if options["tablespace"]:
            text += f" TABLESPACE {self.preparer.quote(options['tablespace'])}"
        if options["where"] is not None:
            text += f" WHERE {self.expression(options['where'])}"
        return text

    def visit_drop_index(self, drop: Any, **kw: Any) -> str:
        words = "CONCURRENTLY " if drop.element.dialect_options["postgresql"]["concurrently"] else ""
        return f"\nDROP INDEX {words}{'IF EXISTS ' if drop.if_exists else ''}{self.index_name(drop.element)}"

    # -- types

    def visit_create_type(self, create: Any, **kw: Any) -> str:
        type_ = create.element
        name = self.dialect.type_names.process(type_)
        if not isinstance(type_, Enum):
            return self._domain(type_, name)
        return f"CREATE TYPE {name} AS ENUM ({', '.join(self.literal(one) for one in type_.enums)})"

    def _domain(self, type_: Any, name: str) -> str:
        words = [f"CREATE DOMAIN {name} AS {self.dialect.type_names.process(type_.data_type)}"]
        if type_.collation is not None:
            words.append(f"COLLATE {self.preparer.quote(type_.collation)}")
        if type_.default is not None:
            words.append(f"DEFAULT {self.expression(type_.default)}")
        if type_.constraint_name is not None:
            words.append(f"CONSTRAINT {self.preparer.quote(type_.constraint_name)}")
        if type_.not_null:
            words.append("NOT NULL")
        if type_.check is not None:
            words.append(f"CHECK ({self.expression(type_.check)})")
        return " ".join(words)

    def visit_drop_type(self, drop: Any, **kw: Any) -> str:
        kind = "TYPE" if isinstance(drop.element, Enum) else "DOMAIN"
        return f"DROP {kind} {'IF EXISTS ' if drop.if_exists else ''}{self.dialect.type_names.process(drop.element)}"


_JSON_STEPS: dict[type[TypeEngine[Any]], str] = {JSONIntIndexType: "INTEGER", JSONPathType: "TEXT[]"}


def _precision(type_: Any) -> str:
    found = getattr(type_, "precision", None)
    return "" if found is None else f"({found})"


class PostgreSQLDialect(Dialect):
    """PostgreSQL 14 and later; `merge` is for 17 and later."""

    name = "postgresql"
    driver = "psycopg"
    paramstyle = "numeric_dollar"
    reserved_words = POSTGRESQL_WORDS
    transactions = POSTGRESQL
    type_names_class = PostgreSQLTypeNames
    ddl_class = PostgreSQLDDL
    catalog = "postgresql"
    default_schema_name = "public"
    features = Features(
        insert_returning=True,
        update_returning=True,
        delete_returning=True,
        insert_on_conflict=True,
        update_from=True,
        delete_using=True,
        unnest=True,
        arrays=True,
        ilike=True,
        lateral=True,
        distinct_on=True,
        json_path_text=False,
        bind_casts=True,
        transactional_ddl=True,
        sequences=True,
        optional_sequences=True,
        identity_columns=True,
        identity_null=True,
        comments=True,
        constraint_comments=True,
        max_identifier_length=63,
        max_parameters=65535,
        native_boolean=True,
        native_decimal=True,
        native_datetime=True,
        native_interval=True,
        native_uuid=True,
        native_json=True,
        native_enum=True,
        time_zones=True,
        bytes_literal="'\\x{hex}'::bytea",
    )


POSTGRESQL_DIALECT = PostgreSQLDialect()
