"""What `str(statement)` shows differently: nothing is refused, and what databases spell in many ways is spelt plainly."""

from __future__ import annotations

from typing import Any

from ambo.rendering.sql_compiler import SQLCompiler
from ambo.statements.expressions import BinaryExpression


class DefaultCompiler(SQLCompiler):
    """Renders for no database in particular."""

    delete_using_word = " , "

    def binary_json(self, node: BinaryExpression[Any], **kw: Any) -> str:
        """Render a subscript of JSON as if it were an array."""
        return f"{self.operand(node.left, node.operator, **kw)}[{self.process(node.right, **kw)}]"

    def visit_next_value(self, node: Any, **kw: Any) -> str:
        """Render the next number of a sequence."""
        return self.visit_sequence(node.sequence)

    def visit_sequence(self, node: Any, **kw: Any) -> str:
        """Render the next number of a sequence, for reading."""
        return f"<next sequence value: {node.name}>"

    def table_hint(self, source: Any, text: str) -> str:
        """Return a hint in brackets."""
        return f"[{text}]"

    def visit_on_conflict(self, clause: Any, insert: Any = None, **kw: Any) -> str:
        """Render ON CONFLICT, for reading."""
        self.features_allow = True
        return super().visit_on_conflict(clause, insert, **kw)
