"""What PostgreSQL says otherwise."""

from __future__ import annotations

from operator import getitem
from typing import Any, ClassVar

from ambo.rendering.sql_compiler import SQLCompiler
from ambo.statements import operators as ops
from ambo.statements.expressions import BinaryExpression
from ambo.statements.operators import OperatorType
from ambo.statements.types import JSON, String


class PostgreSQLCompiler(SQLCompiler):
    """Renders for PostgreSQL."""

    limit_word = " \n LIMIT "
    no_limit = "ALL"
    tuple_in_prefix: ClassVar[str] = ""

    def operator_text(self, op: OperatorType) -> str:
        return " # " if op is ops.bitwise_xor_op else super().operator_text(op)

    def operand(self, node: Any, around: OperatorType, **kw: Any) -> str:
        """Wrap arrows: to PostgreSQL they bind no tighter than `||`, and less than `+`."""
        text = super().operand(node, around, **kw)
        if _is_arrow(node.operator) and not _is_arrow(around) and (isinstance(around, ops.custom_op) or ops.precedence(around) > 5):
            return text if text.startswith("CAST(") else f"({text})"
        return text

    def binary_json(self, node: BinaryExpression[Any], **kw: Any) -> str:
        is_path = node.operator is ops.json_path_getitem_op
        left, right = self.operand(node.left, node.operator, **kw), self.operand(node.right, node.operator, **kw)
        if isinstance(node.type._plain, JSON):
            return f"{left} {'#>' if is_path else '->'} {right}"
        text = f"{left} {'#>>' if is_path else '->>'} {right}"
        if isinstance(node.type._plain, String):
            return text
        return f"CAST({text} AS {self.type_compiler.process(node.type)})"

    def binary_regexp(self, node: BinaryExpression[Any], **kw: Any) -> str:
        negated = "!" if node.operator is ops.not_regexp_match_op else ""
        left, right = self.operand(node.left, node.operator, **kw), self.operand(node.right, node.operator, **kw)
        flags = (node.modifiers or {}).get("flags")
        if flags is None:
            return f"{left} {negated}~ {right}"
        if flags == "i":
            return f"{left} {negated}~* {right}"
        return f"{left} {negated}~ CONCAT('(?', {self.render_literal_value(flags, String())}, ')', {right})"

    def binary_regexp_replace(self, node: BinaryExpression[Any], **kw: Any) -> str:
        flags = (node.modifiers or {}).get("flags")
        text = f"REGEXP_REPLACE({self.process(node.left, **kw)}, {self.process(node.right, **kw)}"
        return f"{text})" if flags is None else f"{text}, {self.render_literal_value(flags, String())})"

    def binary_match(self, node: BinaryExpression[Any], **kw: Any) -> str:
        left = self.operand(node.left, node.operator, **kw)
        config = (node.modifiers or {}).get("postgresql_regconfig")
        query = self.operand(node.right, node.operator, **kw)
        if config is not None:
            query = f"{self.render_literal_value(config, String())}, {query}"
        text = f"{left} @@ plainto_tsquery({query})"
        return f"NOT ({text})" if node.operator is ops.not_match_op else text

    def visit_aggregate_order_by(self, node: Any, **kw: Any) -> str:
        """Render an aggregate's argument with its own ORDER BY."""
        return f"{self.process(node.target, **kw)} ORDER BY {self.process(node.order_by, **kw)}"

    def visit_array(self, node: Any, **kw: Any) -> str:
        """Render ARRAY[...]."""
        if not node.clauses:
            return f"ARRAY[]::{self.type_compiler.process(node.type)}"
        return f"ARRAY[{self.join(node.clauses, **kw)}]"

    def visit_next_value(self, node: Any, **kw: Any) -> str:
        """Render the next number of a sequence."""
        return self.visit_sequence(node.sequence)

    def visit_sequence(self, node: Any, **kw: Any) -> str:
        name = self.preparer.format_sequence(node).replace("'", "''")
        return f"nextval('{name}')"

    def visit_aggregate_strings_func(self, node: Any, **kw: Any) -> str:
        return f"string_agg({self.join(node.clauses_tuple, **kw)}{self.order_in_aggregate(node, **kw)})"

    def visit_distinct_on(self, node: Any, **kw: Any) -> str:
        """Render DISTINCT ON."""
        return f"DISTINCT ON ({self.join(node.expressions, **kw)})"

    def distinct_text(self, select: Any, **kw: Any) -> str:
        if not select._distinct_on:
            return super().distinct_text(select, **kw)
        return f"DISTINCT ON ({self.join(select._distinct_on, **kw)}) "

    def fetch_text(self, select: Any, **kw: Any) -> str:
        with_ties, percent = select._fetch_options or (False, False)
        if percent:
            raise self.cannot("FETCH FIRST ... PERCENT")
        text = "" if select._offset is None else f"\n OFFSET ({self.process(select._offset, **kw)}) ROWS"
        return f"{text}\n FETCH FIRST ({self.process(select._fetch, **kw)}) ROWS {'WITH TIES' if with_ties else 'ONLY'}"

    def for_update_text(self, select: Any, **kw: Any) -> str:
        arg = select._for_update
        if arg.read:
            text = " FOR KEY SHARE" if arg.key_share else " FOR SHARE"
        else:
            text = " FOR NO KEY UPDATE" if arg.key_share else " FOR UPDATE"
        if arg.of:
            names = dict.fromkeys([self.source_name(one if one.visit != "column" else one.table) for one in arg.of])
            text += f" OF {', '.join(names)}"
        return text + (" NOWAIT" if arg.nowait else "") + (" SKIP LOCKED" if arg.skip_locked else "")

    def visit_slice(self, node: Any, **kw: Any) -> str:
        return f"{self.process(node.start, **kw)}:{self.process(node.stop, **kw)}"

    def table_hint(self, source: Any, text: str) -> str:
        return text if text == "ONLY" else ""

    def visit_table(self, table: Any, asfrom: bool = False, **kw: Any) -> str:
        text = super().visit_table(table, asfrom=asfrom, **kw)
        if not asfrom:
            return text
        if text.endswith(" ONLY"):
            return f"ONLY {text[:-5]}"
        return text.rstrip()

    def binary_getitem(self, node: BinaryExpression[Any], **kw: Any) -> str:
        left = self.process(node.left, **kw)
        if node.left.visit not in ("column", "bindparam", "array") and not (node.left.visit == "binary" and node.left.operator is getitem):
            left = f"({left})"
        return f"{left}[{self.process(node.right, **kw)}]"


def _is_arrow(op: Any) -> bool:
    if isinstance(op, ops.custom_op):
        return op.opstring in ("->", "->>", "#>", "#>>")
    return op in (ops.json_getitem_op, ops.json_path_getitem_op)
