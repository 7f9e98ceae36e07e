"""PostgreSQL: what it does in its own way."""

from __future__ import annotations

from typing import Any

from ambo.errors import CompileError
from ambo.rendering.dialect import Dialect
from ambo.rendering.features import Features
from ambo.rendering.reserved import POSTGRESQL_WORDS
from ambo.rendering.transactions import POSTGRESQL
from ambo.rendering.type_names import TypeNames
from ambo.statements.types import CHAR, JSON, Enum, Interval, NullType, Numeric, String, Text, TypeDecorator, TypeEngine, UserDefinedType
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
        return self.dialect.preparer.format_type(type_, type_.adapt_schema(kw.get("schema")))

    visit_ENUM = visit_enum

    def visit_DOMAIN(self, type_: Any, **kw: Any) -> str:
        return self.dialect.preparer.format_type(type_, type_.adapt_schema(kw.get("schema")))

    def visit_ARRAY(self, type_: Any, **kw: Any) -> str:
        inner = self.process(type_.item_type, **kw)
        name, collate, rest = inner.partition(" COLLATE ")
        return name + "[]" * (type_.dimensions or 1) + collate + rest

    def visit_BIT(self, type_: Any, **kw: Any) -> str:
        if type_.varying:
            return f"BIT VARYING({type_.length})" if type_.length is not None else "BIT VARYING"
        return f"BIT({type_.length})" if type_.length is not None else "BIT"

    def visit_named(self, type_: Any, **kw: Any) -> str:
        """Name a type that is called everywhere what its class says."""
        return str(type_.sql_name)

    def cast_name(self, type_: TypeEngine[Any]) -> str | None:
        """Return the type a placeholder is cast to; lengths and precisions are left out, as a cast would cut."""
        inner = type_.type_engine(self.dialect) if isinstance(type_, TypeDecorator) else type_
        if not inner.render_bind_cast or isinstance(inner, (NullType, UserDefinedType)):
            return None
        if isinstance(inner, Enum):
            return self.process(inner) if inner.native_enum and inner.name is not None else "VARCHAR"
        if isinstance(inner, CHAR):
            return None
        if isinstance(inner, String) and inner.__visit_name__ != "named":
            return "TEXT" if isinstance(inner, Text) else "VARCHAR"
        if isinstance(inner, (_Binary, JSON, Interval)) or not isinstance(inner, Numeric):
            return self.process(inner)
        return self.process(inner).partition("(")[0]


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
    default_schema_name = "public"
    features = Features(
        insert_returning=True,
        update_returning=True,
        delete_returning=True,
        insert_on_conflict=True,
        update_from=True,
        update_alias=True,
        delete_using=True,
        unnest=True,
        arrays=True,
        ilike=True,
        lateral=True,
        distinct_on=True,
        for_update=True,
        json_path_text=False,
        bind_casts=True,
        transactional_ddl=True,
        two_phase=True,
        server_cursors=True,
        sequences=True,
        optional_sequences=True,
        identity_columns=True,
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
