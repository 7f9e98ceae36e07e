"""What MariaDB and MySQL say otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from operator import floordiv
from typing import Any, ClassVar

from ambo.rendering.render_expressions import FUNCTION_NAMES
from ambo.rendering.sql_compiler import SQLCompiler
from ambo.statements import operators as ops
from ambo.statements.expressions import BinaryExpression, BindParameter
from ambo.statements.sources import Join
from ambo.statements.types import JSON, Boolean, Date, DateTime, Float, Integer, Interval, LargeBinary, Numeric, String, Time

ALL_ROWS = "18446744073709551615"
_TEMPORAL = (Date, Time, DateTime, Interval)


class MariaDBCompiler(SQLCompiler):
    """Renders for MariaDB and MySQL."""

    limit_word = " \n LIMIT "
    div_is_floordiv = False
    tuple_in_prefix: ClassVar[str] = ""
    before_cte_columns: ClassVar[str] = " "  # a CTE named count would be taken for the function
    function_names: ClassVar[dict[str, str]] = {**FUNCTION_NAMES, "random": "rand"}
    extract_fields: ClassVar[dict[str, str]] = {"milliseconds": "millisecond"}

    def applies(self, dialect: str) -> bool:
        return dialect in ("*", "mysql", self.dialect.name)

    def visit_random_func(self, node: Any, **kw: Any) -> str:
        """Render a random number."""
        return f"rand{self.function_arguments(node, **kw)}"

    def visit_sysdate_func(self, node: Any, **kw: Any) -> str:
        """Render the present moment."""
        return "SYSDATE()"

    def visit_rollup_func(self, node: Any, **kw: Any) -> str:
        return f"{self.join(node.clauses_tuple, **kw)} WITH ROLLUP"

    def visit_aggregate_strings_func(self, node: Any, **kw: Any) -> str:
        value, separator = node.clauses_tuple
        ordered = f"{self.process(value, **kw)}{self.order_in_aggregate(node, **kw)}"
        return f"group_concat({ordered} SEPARATOR {self.process(separator, literal_binds=True)})"

    def visit_true(self, node: Any, **kw: Any) -> str:
        return "true"

    def visit_false(self, node: Any, **kw: Any) -> str:
        return "false"

    def visit_bindparam(self, bind: BindParameter[Any], **kw: Any) -> str:
        """Render a bound value; dates are cast, as they would come back as text from a select list, COALESCE or CASE."""
        text = super().visit_bindparam(bind, **kw)
        if text[0] != "\x01" or bind.expanding or not isinstance(plain := bind.type.dialect_impl(self.dialect)._plain, _TEMPORAL):
            return text
        if (bind._tokens or ("?",))[0][0] == "=":
            return text  # the value of a column in VALUES or SET
        name = "DATETIME(6)" if isinstance(plain, Interval) else self.cast_name(plain)
        return f"CAST({text} AS {name})"

    def visit_values(self, source: Any, asfrom: bool = False, **kw: Any) -> str:
        """Render rows spelled out; in FROM as SELECTs, since VALUES names no columns before MariaDB 11.7."""
        if not asfrom or kw.get("bare_values") or source.name is None:
            return super().visit_values(source, asfrom, **kw)
        inner = {**kw, "literal_binds": True} if source.literal_binds else kw
        names = [self.quoted(one.name) for one in source._column_args]
        rows = [
            ", ".join([f"{self.process(value, **inner)} AS {name}" for value, name in zip(row.clauses, names, strict=True)])
            for row in source.rows
        ]
        selects = " UNION ALL ".join([f"SELECT {row}" for row in rows])
        return f"({selects}){self.alias_text(self.quoted(source.name))}"

    def visit_cast(self, node: Any, **kw: Any) -> str:
        text = self.process(node.clause, **kw)
        name = self.cast_name(node.type)
        return f"CAST({text} AS {name})" if name is not None else text

    def cast_name(self, type_: Any) -> str | None:
        """Return the type as CAST knows it, None if CAST has none for it."""
        plain = type_.dialect_impl(self.dialect)._plain
        if isinstance(plain, (Integer, Boolean)):
            return "SIGNED INTEGER"
        if isinstance(plain, (Date, Time, DateTime)):
            name = str(self.type_compiler.process(type_))
            return name.replace("TIMESTAMP", "DATETIME")
        if isinstance(plain, Float):
            return str(self.type_compiler.process(type_))
        if isinstance(plain, Numeric):
            return str(self.type_compiler.process(type_)).replace("NUMERIC", "DECIMAL")
        if isinstance(plain, LargeBinary):
            return "BINARY"
        if isinstance(plain, String):
            return f"CHAR({plain.length})" if plain.length else "CHAR"
        return "JSON" if isinstance(plain, JSON) and self.dialect.name == "mysql" else None

    def binary_distinct_from(self, node: BinaryExpression[Any], **kw: Any) -> str:
        text = f"{self.operand(node.left, node.operator, **kw)} <=> {self.operand(node.right, node.operator, **kw)}"
        return f"NOT ({text})" if node.operator is ops.is_distinct_from else text

    def binary_floordiv(self, node: BinaryExpression[Any], **kw: Any) -> str:
        return f"FLOOR({self.operand(node.left, floordiv, **kw)} / {self.operand(node.right, floordiv, **kw)})"

    def binary_regexp(self, node: BinaryExpression[Any], **kw: Any) -> str:
        word = "NOT REGEXP" if node.operator is ops.not_regexp_match_op else "REGEXP"
        right = self.operand(node.right, node.operator, **kw)
        flags = (node.modifiers or {}).get("flags")
        if flags is not None:
            right = f"CONCAT('(?', {self.render_literal_value(flags, String())}, ')', {right})"
        return f"{self.operand(node.left, node.operator, **kw)} {word} {right}"

    def binary_regexp_replace(self, node: BinaryExpression[Any], **kw: Any) -> str:
        pattern, replacement = (self.process(one, **kw) for one in node.right.clauses)
        flags = (node.modifiers or {}).get("flags")
        if flags is not None:
            pattern = f"CONCAT('(?', {self.render_literal_value(flags, String())}, ')', {pattern})"
        return f"REGEXP_REPLACE({self.process(node.left, **kw)}, {pattern}, {replacement})"

    def binary_match(self, node: BinaryExpression[Any], **kw: Any) -> str:
        text = f"MATCH ({self.process(node.left, **kw)}) AGAINST ({self.process(node.right, **kw)} IN BOOLEAN MODE)"
        return f"NOT ({text})" if node.operator is ops.not_match_op else text

    def binary_json(self, node: BinaryExpression[Any], **kw: Any) -> str:
        text = f"JSON_EXTRACT({self.process(node.left, **kw)}, {self.process(node.right, **kw)})"
        plain = node.type._plain
        if isinstance(plain, JSON):
            return text
        unquoted = f"JSON_UNQUOTE({text})"
        if isinstance(plain, String):
            return f"CASE JSON_TYPE({text}) WHEN 'NULL' THEN NULL ELSE {unquoted} END"
        if isinstance(plain, Boolean):
            return f"({text} = true)"
        name = self.cast_name(node.type)
        return f"CASE JSON_TYPE({text}) WHEN 'NULL' THEN NULL ELSE CAST({unquoted} AS {name}) END"

    def default_from(self) -> str:
        return " \nFROM DUAL"

    def limit_text(self, select: Any, **kw: Any) -> str:
        if select._fetch is not None:
            return self.fetch_text(select, **kw)
        if select._offset is None:
            return f"{self.limit_word}{self.process(select._limit, **kw)}"
        count = ALL_ROWS if select._limit is None else self.process(select._limit, **kw)
        return f"{self.limit_word}{self.process(select._offset, **kw)}, {count}"

    def for_update_text(self, select: Any, **kw: Any) -> str:
        arg = select._for_update
        text = " LOCK IN SHARE MODE" if arg.read else " FOR UPDATE"
        if arg.of and self.dialect.name == "mysql":
            text += f" OF {', '.join([self.source_name(one if one.visit != 'column' else one.table) for one in arg.of])}"
        return text + (" NOWAIT" if arg.nowait else "") + (" SKIP LOCKED" if arg.skip_locked else "")

    def update_target(self, table: Any, extra: Sequence[Any], **kw: Any) -> str:
        return ", ".join([self.process(one, asfrom=True, **kw) for one in (table, *extra)])

    def _written_order(self, table: Any, given: dict[Any, Any]) -> list[Any]:
        own = super()._written_order(table, given)
        return [one for one in own if one.table is not table] + [one for one in own if one.table is table]

    def update_from_text(self, table: Any, extra: Sequence[Any], **kw: Any) -> str:
        return ""

    def set_target(self, column: Any, table: Any, extra: Sequence[Any]) -> str:
        if extra or isinstance(table, Join):
            return self.visit_column(column)
        return self.quoted(column.name)

    def update_limit_text(self, statement: Any, **kw: Any) -> str:
        limit = dict(getattr(statement, "_dialect_options", ())).get("mysql_limit")
        return f" LIMIT {int(limit)}" if limit is not None else ""

    def visit_dml_limit(self, node: Any, **kw: Any) -> str:
        """Render the LIMIT of a write."""
        return f"LIMIT {self.process(node.limit, **kw)}"

    def delete_target(self, table: Any, extra: Sequence[Any], **kw: Any) -> str:
        if not extra:
            return super().delete_target(table, extra, **kw)
        sources = ", ".join([self.process(one, asfrom=True, **kw) for one in (table, *extra)])
        return f"FROM {self.source_name(table)} USING {sources}"

    def visit_inserted_value(self, node: Any, **kw: Any) -> str:
        return f"VALUES({self.quoted(node.column.name)})"

    def visit_next_value(self, node: Any, **kw: Any) -> str:
        """Render the next number of a sequence."""
        return self.visit_sequence(node.sequence)

    def visit_sequence(self, node: Any, **kw: Any) -> str:
        return f"nextval({self.preparer.format_sequence(node)})"
