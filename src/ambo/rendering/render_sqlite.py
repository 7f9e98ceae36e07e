"""What SQLite says otherwise."""

from __future__ import annotations

from operator import truediv
from typing import Any, ClassVar

from ambo.errors import CompileError
from ambo.rendering.render_expressions import FUNCTION_NAMES
from ambo.rendering.sql_compiler import SQLCompiler
from ambo.statements import operators as ops
from ambo.statements.expressions import BinaryExpression
from ambo.statements.types import JSON

_FIELDS = {
    "month": "%m", "day": "%d", "year": "%Y", "second": "%S", "hour": "%H", "doy": "%j", "minute": "%M", "epoch": "%s",
    "dow": "%w", "week": "%W",
}  # fmt: skip


class SQLiteCompiler(SQLCompiler):
    """Renders for SQLite."""

    returns_with_table = False
    tuple_in_prefix = "VALUES "
    function_names: ClassVar[dict[str, str]] = {
        **FUNCTION_NAMES,
        "now": "CURRENT_TIMESTAMP",
        "localtimestamp": "DATETIME(CURRENT_TIMESTAMP, 'localtime')",
        "char_length": "length",
    }

    def visit_now_func(self, node: Any, **kw: Any) -> str:
        """Render the present moment."""
        return "CURRENT_TIMESTAMP"

    def visit_localtimestamp_func(self, node: Any, **kw: Any) -> str:
        """Render the present moment in local time."""
        return "DATETIME(CURRENT_TIMESTAMP, 'localtime')"

    def visit_char_length_func(self, node: Any, **kw: Any) -> str:
        """Render the length of a text."""
        return f"length{self.function_arguments(node, **kw)}"

    def visit_aggregate_strings_func(self, node: Any, **kw: Any) -> str:
        """Render the values of a group as one text."""
        return f"group_concat({self.join(node.clauses_tuple, **kw)}{self.order_in_aggregate(node, **kw)})"

    def visit_extract(self, node: Any, **kw: Any) -> str:
        """Render EXTRACT by STRFTIME."""
        field = _FIELDS.get(node.field)
        if field is None:
            raise CompileError(f"{node.field} is not a valid extract argument on sqlite; it knows {', '.join(sorted(_FIELDS))}")
        return f"CAST(STRFTIME('{field}', {self.process(node.expr, **kw)}) AS INTEGER)"

    def distinct_from_text(self, distinct: bool) -> str:
        return " IS NOT " if distinct else " IS "

    def as_fraction(self, node: Any, **kw: Any) -> str:
        return f"({self.operand(node, truediv, **kw)} + 0.0)"

    def binary_regexp(self, node: BinaryExpression[Any], **kw: Any) -> str:
        word = "NOT REGEXP" if node.operator is ops.not_regexp_match_op else "REGEXP"
        return f"{self.operand(node.left, node.operator, **kw)} {word} {self.operand(node.right, node.operator, **kw)}"

    def binary_regexp_replace(self, node: BinaryExpression[Any], **kw: Any) -> str:
        raise self.cannot("regular expression replacements")

    def visit_binary(self, node: BinaryExpression[Any], **kw: Any) -> str:
        if node.operator is ops.bitwise_xor_op:
            left, right = self.operand(node.left, node.operator, **kw), self.operand(node.right, node.operator, **kw)
            return f"(({left} | {right}) - ({left} & {right}))"
        return super().visit_binary(node, **kw)

    def binary_json(self, node: BinaryExpression[Any], **kw: Any) -> str:
        text = f"JSON_EXTRACT({self.process(node.left, **kw)}, {self.process(node.right, **kw)})"
        return f"JSON_QUOTE({text})" if isinstance(node.type._plain, JSON) else text

    def for_update_text(self, select: Any, **kw: Any) -> str:
        return ""

    def compound_grouping(self, text: str) -> str:
        return f"SELECT * FROM ({text})"

    def visit_values(self, source: Any, asfrom: bool = False, **kw: Any) -> str:
        """Render rows; SQLite cannot name their columns behind an alias, so they are selected under their names."""
        text = super().visit_values(source, asfrom=asfrom, **kw)
        if not asfrom or kw.get("bare_values") or source.name is None:
            return text
        rows = super().visit_values(source, asfrom=True, bare_values=True, **kw)
        columns = ", ".join([f"column{at} AS {self.quoted(one.name)}" for at, one in enumerate(source._column_args, 1)])
        return f"(SELECT {columns} FROM ({rows})){self.alias_text(self.quoted(source.name))}"

    def derived_columns(self, source: Any) -> str:
        raise self.cannot("column lists behind a function's alias", "leave render_derived() out")

    def visit_on_conflict(self, clause: Any, insert: Any = None, **kw: Any) -> str:
        if clause.constraint is not None:
            raise self.cannot("ON CONFLICT ON CONSTRAINT", "name the columns: index_elements=[...]")
        text = super().visit_on_conflict(clause, insert, **kw)
        needs_where = insert._select is not None and insert._select.visit == "select" and not insert._select._where
        return f" WHERE true{text}" if needs_where else text
