"""Rendering of expressions: operators, functions, literals, CASE, windows, text.

Parentheses: an operand is wrapped when its own operator binds no tighter than the one around it (`operand`).
Long chains (`a + b + c + …`, ten thousand deep) are unrolled along their left side instead of recursing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from operator import and_, floordiv, getitem, inv, mod, or_, truediv
from typing import Any, ClassVar

from ambo.errors import CompileError
from ambo.rendering.renderer import Renderer
from ambo.statements import operators as ops
from ambo.statements.elements import Cast
from ambo.statements.expressions import BinaryExpression, BindParameter, Grouping, Label
from ambo.statements.logic import BooleanClauseList, UnaryExpression
from ambo.statements.operators import INFO, OperatorType, custom_op, needs_parentheses
from ambo.statements.types import NUMERICTYPE, Boolean, Integer, NullType, Numeric, String, TupleType
from ambo.statements.windows import FrameClauseType

_BIND_IN_TEXT = re.compile(r"(?<![:\w\x5c]):(\w+)(?!:)")
_BACKSLASH_COLON = re.compile(r"\x5c(:[\w\$]*)(?![:\w\$])")
_ILLEGAL_IN_FUNCTION = re.compile(r"[^A-Za-z0-9_$]")

FUNCTION_NAMES: dict[str, str] = {
    "current_date": "CURRENT_DATE",
    "current_time": "CURRENT_TIME",
    "current_timestamp": "CURRENT_TIMESTAMP",
    "current_user": "CURRENT_USER",
    "localtime": "LOCALTIME",
    "localtimestamp": "LOCALTIMESTAMP",
    "session_user": "SESSION_USER",
    "sysdate": "sysdate",
    "user": "USER",
    "cube": "CUBE",
    "rollup": "ROLLUP",
    "grouping_sets": "GROUPING SETS",
}


class ExpressionRenderer(Renderer):
    """Renders expressions; a part of `SQLCompiler`."""

    function_names: ClassVar[dict[str, str]] = FUNCTION_NAMES
    _negated_list = False
    extract_fields: ClassVar[dict[str, str]] = {}

    # -- operands

    def operand(self, node: Any, around: OperatorType, **kw: Any) -> str:
        """Render an operand of an operator, in parentheses if it needs them."""
        text = self.condition(node, **kw) if around in JUNCTIONS else self.process(node, **kw)
        inner = node.operator if node.visit != "unary" else (node.operator or node.modifier)
        if inner in PATTERNS:
            return f"({text})"
        if inner is not None and needs_parentheses(inner, around) and node.visit not in ("scalar_select", "grouping"):
            return f"({text})"
        return text

    def condition(self, node: Any, **kw: Any) -> str:
        """Render what must be true; a boolean column is compared with 1 where there are no booleans."""
        text = self.process(node, **kw)
        if not self.features.native_boolean and self._is_bare_boolean(node):
            return f"{text} = 1"
        return text

    def _is_bare_boolean(self, node: Any) -> bool:
        return node.visit == "column" and isinstance(node.type._plain, Boolean)

    def grouped(self, node: Any, **kw: Any) -> str:
        """Render an expression that is wrapped whenever it is an operation, as in SET and WHEN."""
        text = self.process(node, **kw)
        return f"({text})" if isinstance(node, (BinaryExpression, BooleanClauseList)) else text

    # -- operators

    def visit_binary(self, node: BinaryExpression[Any], **kw: Any) -> str:
        """Render `left op right`; a chain along the left side is unrolled."""
        chain = [node]
        while True:
            left = chain[-1].left
            if type(left) is not BinaryExpression or id(left) in self._rendered or left._renderer is not None or SPECIAL.get(chain[-1].operator) is not None:
                break
            chain.append(left)
        first = chain[-1]
        special = self._special(first)
        text = special(first, **kw) if special is not None else self._plain_binary(first, self.operand(first.left, first.operator, **kw), **kw)
        for outer in reversed(chain[:-1]):
            inner = outer.left.operator
            if needs_parentheses(inner, outer.operator):
                text = f"({text})"
            text = self._plain_binary(outer, text, **kw)
        return text

    def _special(self, node: BinaryExpression[Any]) -> Callable[..., str] | None:
        name = SPECIAL.get(node.operator)
        return getattr(self, name) if name is not None else None

    def _plain_binary(self, node: BinaryExpression[Any], left: str, **kw: Any) -> str:
        return f"{left}{self.operator_text(node.operator)}{self.operand(node.right, node.operator, **kw)}"

    def operator_text(self, op: OperatorType) -> str:
        """Return an operator as it stands between its operands."""
        if isinstance(op, custom_op):
            return f" {self.literal_text(op.opstring)} "
        return self.literal_text(INFO[op].sql)

    def visit_boolean_list(self, node: BooleanClauseList, **kw: Any) -> str:
        """Render AND and OR."""
        op = node.operator
        texts = [self.operand(one, op, **kw) for one in node.clauses]
        return INFO[op].sql.join([text for text in texts if text])

    def visit_unary(self, node: UnaryExpression[Any], **kw: Any) -> str:
        """Render an operator before or after its operand."""
        if node.operator is not None:
            if node.operator is inv and not self.features.native_boolean and self._is_bare_boolean(node.element):
                return f"{self.process(node.element, **kw)} = 0"
            return f"{self._prefix_text(node.operator)}{self.operand(node.element, node.operator, **kw)}"
        if node.modifier in (ops.nulls_first_op, ops.nulls_last_op) and not self.features.nulls_order:
            return self.nulls_order_text(node, **kw)
        return f"{self._ordered(node, **kw)}{INFO[node.modifier].sql if node.modifier is not None else ''}"

    def _prefix_text(self, op: OperatorType) -> str:
        return f"{op.opstring} " if isinstance(op, custom_op) else INFO[op].sql

    def _ordered(self, node: UnaryExpression[Any], **kw: Any) -> str:
        element = node.element
        if isinstance(element, Label) or element.visit == "textual_label_reference":
            return self.process(element, **kw)
        if isinstance(element, UnaryExpression) and element.modifier is not None:
            return self.process(element, **kw)
        return self.operand(element, node.modifier, **kw)  # type: ignore[arg-type]  # there is a modifier

    def nulls_order_text(self, node: UnaryExpression[Any], **kw: Any) -> str:
        """Render NULLS FIRST or LAST where there is none: by sorting on IS NULL first."""
        element = node.element
        bare = element.element if isinstance(element, UnaryExpression) and element.modifier in (ops.asc_op, ops.desc_op) else element
        last = "" if node.modifier is ops.nulls_last_op else " DESC"
        return f"{self.process(bare, **kw)} IS NULL{last}, {self.process(element, **kw)}"

    def visit_collection_aggregate(self, node: Any, **kw: Any) -> str:
        """Render ANY and ALL."""
        text = self.process(node.element, **kw)
        wrapped = text if text.startswith("(") and node.element.visit in ("scalar_select", "grouping") else f"({text})"
        return f"{INFO[node.operator].sql}{wrapped}"

    def visit_grouping(self, node: Grouping[Any], **kw: Any) -> str:
        """Render parentheses."""
        return f"({self.process(node.element, **kw)})"

    def visit_clauselist(self, node: Any, **kw: Any) -> str:
        """Render expressions in a row."""
        separator = INFO[node.operator].sql if node.operator is not None and node.operator in INFO else " "
        if node.operator is None:
            separator = ", "
        return self.join(node.clauses, separator, **kw)

    # -- operators with a form of their own

    def binary_in(self, node: BinaryExpression[Any], **kw: Any) -> str:
        """Render IN and NOT IN."""
        negated = node.operator is ops.not_in_op
        left = self.operand(node.left, node.operator, **kw)
        right = node.right
        if isinstance(right, BindParameter) and right.expanding:
            text = self._in_bind(left, node, right, negated, **kw)
        else:
            inside = self.process(right, **{**kw, "in_list": True})
            if right.is_select or right.visit == "clauselist" or getattr(right, "is_text", False):
                inside = f"({inside})"
            text = f"{left}{INFO[node.operator].sql}{inside}"
        return f"({text})" if negated else text

    def _in_bind(self, left: str, node: Any, bind: BindParameter[Any], negated: bool, **kw: Any) -> str:
        if self.literal_binds or kw.get("literal_binds") or bind.literal_execute:
            self._negated_list = negated
            return f"{left}{INFO[node.operator].sql}({self.literal_of(bind)})"
        slot = self.slots[self.slot_for(bind)]
        slot.negated = negated
        mark = f"\x01{self.slot_for(bind)}\x01"
        if self.features.arrays and slot.cast and not slot.cast.endswith("]") and not isinstance(bind.type, TupleType):
            slot.as_array = True
            slot.cast += "[]"
        if slot.as_array:
            return f"{left} {'!= ALL' if negated else '= ANY'} ({mark})"
        return f"{left}{INFO[node.operator].sql}({mark})"

    def _escape_text(self, node: BinaryExpression[Any]) -> str:
        escape = (node.modifiers or {}).get("escape")
        return "" if escape is None else f" ESCAPE {self.render_literal_value(escape, String())}"

    def binary_like(self, node: BinaryExpression[Any], **kw: Any) -> str:
        """Render LIKE and NOT LIKE."""
        right = self.operand(node.right, node.operator, **kw)
        return f"{self.operand(node.left, node.operator, **kw)}{INFO[node.operator].sql}{right}{self._escape_text(node)}"

    def binary_ilike(self, node: BinaryExpression[Any], **kw: Any) -> str:
        """Render ILIKE and NOT ILIKE."""
        word = "NOT LIKE" if node.operator is ops.not_ilike_op else "LIKE"
        left, right = self.operand(node.left, node.operator, **kw), self.operand(node.right, node.operator, **kw)
        if self.features.ilike:
            return f"{left} {word.replace('LIKE', 'ILIKE')} {right}{self._escape_text(node)}"
        return f"{self.lowered(left)} {word} {self.lowered(right)}{self._escape_text(node)}"

    def lowered(self, text: str) -> str:
        """Return text in lower case."""
        return f"lower({text})"

    def binary_pattern(self, node: BinaryExpression[Any], **kw: Any) -> str:
        """Render `contains`, `startswith`, `endswith` and their kin."""
        before, after, folded, negated = PATTERNS[node.operator]
        left, right = self.operand(node.left, node.operator, **kw), self.operand(node.right, ops.concat_op, **kw)
        if folded and not self.features.ilike:
            left, right = self.lowered(left), self.lowered(right)
        word = "ILIKE" if folded and self.features.ilike else "LIKE"
        wildcard = self.literal_text("'%'")
        parts = [part for part in (wildcard if before else "", right, wildcard if after else "") if part]
        return f"{left} {'NOT ' if negated else ''}{word} {self.concatenated(parts)}{self._escape_text(node)}"

    def concatenated(self, parts: list[str]) -> str:
        """Return texts joined by the database's concatenation."""
        return f"concat({', '.join(parts)})" if self.features.concat_function else " || ".join(parts)

    def binary_concat(self, node: BinaryExpression[Any], **kw: Any) -> str:
        """Render `a || b`."""
        left, right = self.operand(node.left, ops.concat_op, **kw), self.operand(node.right, ops.concat_op, **kw)
        return f"concat({left}, {right})" if self.features.concat_function else f"{left} || {right}"

    def binary_between(self, node: BinaryExpression[Any], **kw: Any) -> str:
        """Render BETWEEN."""
        low, high = node.right.clauses
        symmetric = "SYMMETRIC " if (node.modifiers or {}).get("symmetric") else ""
        bounds = f"{self.operand(low, node.operator, **kw)} AND {self.operand(high, node.operator, **kw)}"
        return f"{self.operand(node.left, node.operator, **kw)}{INFO[node.operator].sql}{symmetric}{bounds}"

    def binary_collate(self, node: BinaryExpression[Any], **kw: Any) -> str:
        """Render COLLATE."""
        return f"{self.operand(node.left, node.operator, **kw)} COLLATE {self.process(node.right, **kw)}"

    def visit_collation(self, node: Any, **kw: Any) -> str:
        """Render a collation's name."""
        return self.quoted(node.collation)

    def binary_match(self, node: BinaryExpression[Any], **kw: Any) -> str:
        """Render full-text search."""
        return f"{self.operand(node.left, node.operator, **kw)}{INFO[node.operator].sql}{self.operand(node.right, node.operator, **kw)}"

    def binary_regexp(self, node: BinaryExpression[Any], **kw: Any) -> str:
        """Render a regular expression match."""
        word = "<not regexp>" if node.operator is ops.not_regexp_match_op else "<regexp>"
        return f"{self.operand(node.left, node.operator, **kw)} {word} {self.operand(node.right, node.operator, **kw)}"

    def binary_regexp_replace(self, node: BinaryExpression[Any], **kw: Any) -> str:
        """Render a regular expression replacement."""
        return f"<regexp replace>({self.process(node.left, **kw)}, {self.process(node.right, **kw)})"

    def binary_distinct_from(self, node: BinaryExpression[Any], **kw: Any) -> str:
        """Render IS [NOT] DISTINCT FROM."""
        left, right = self.operand(node.left, node.operator, **kw), self.operand(node.right, node.operator, **kw)
        return f"{left}{self.distinct_from_text(node.operator is ops.is_distinct_from)}{right}"

    def distinct_from_text(self, distinct: bool) -> str:
        """Return the operator for "differs, where NULL equals NULL", or for its opposite."""
        return " IS DISTINCT FROM " if distinct else " IS NOT DISTINCT FROM "

    def binary_truediv(self, node: BinaryExpression[Any], **kw: Any) -> str:
        """Render a division that keeps fractions."""
        left = self.operand(node.left, truediv, **kw)
        if not self.div_is_floordiv:
            return f"{left} / {self.operand(node.right, truediv, **kw)}"
        return f"{left} / {self.as_fraction(node.right, **kw)}"

    def as_fraction(self, node: Any, **kw: Any) -> str:
        """Render a divisor so that the quotient keeps its fraction."""
        kind = node.type if isinstance(node.type, Numeric) else NUMERICTYPE
        return self.process(Cast(node, kind), **kw)

    def binary_floordiv(self, node: BinaryExpression[Any], **kw: Any) -> str:
        """Render a division that drops fractions."""
        text = f"{self.operand(node.left, floordiv, **kw)} / {self.operand(node.right, floordiv, **kw)}"
        whole = isinstance(node.left.type._plain, (Integer, NullType)) and isinstance(node.right.type._plain, (Integer, NullType))
        return text if self.div_is_floordiv and whole else f"FLOOR({text})"

    def binary_mod(self, node: BinaryExpression[Any], **kw: Any) -> str:
        """Render a remainder."""
        return f"{self.operand(node.left, mod, **kw)}{self.literal_text(' % ')}{self.operand(node.right, mod, **kw)}"

    def binary_getitem(self, node: BinaryExpression[Any], **kw: Any) -> str:
        """Render a subscript of an array."""
        return f"{self.operand(node.left, getitem, **kw)}[{self.process(node.right, **kw)}]"

    def binary_json(self, node: BinaryExpression[Any], **kw: Any) -> str:
        """Render a subscript of JSON."""
        raise self.cannot("JSON subscripts", "compile for a dialect that does, such as postgresql or sqlite")

    def visit_slice(self, node: Any, **kw: Any) -> str:
        """Render the bounds of a slice."""
        return f"{self.process(node.start, **kw)}:{self.process(node.stop, **kw)}"

    def visit_function_as_binary(self, node: Any, **kw: Any) -> str:
        """Render the function."""
        return self.process(node.sql_function, **kw)

    # -- leaves

    def visit_null(self, node: Any, **kw: Any) -> str:
        """Render NULL."""
        return "NULL"

    def visit_true(self, node: Any, **kw: Any) -> str:
        """Render TRUE."""
        return "true" if self.features.native_boolean else "1"

    def visit_false(self, node: Any, **kw: Any) -> str:
        """Render FALSE."""
        return "false" if self.features.native_boolean else "0"

    def visit_textclause(self, node: Any, **kw: Any) -> str:
        """Render SQL written by hand."""
        known = {one.key: one for one in node._bindparams}

        def put(match: re.Match[str]) -> str:
            bind = known.get(match.group(1))
            return match.group(0) if bind is None else self.process(bind, **kw)

        text = _BIND_IN_TEXT.sub(put, self.literal_text(node.text))
        return _BACKSLASH_COLON.sub(lambda match: match.group(1), text)

    def visit_tstring(self, node: Any, **kw: Any) -> str:
        """Render SQL from a template string.

        Raises CompileError for a label in it: nothing says whether `AS` is wanted there.
        """
        parts = [self.literal_text(node._strings[0])]
        for element, text in zip(node._elements, node._strings[1:], strict=True):
            if element.visit == "label":
                raise CompileError(f"label {element.name!r} in a tstring(): write the expression, and AS {element.name} in the text")
            within = {**kw, "asfrom": True} if getattr(element, "is_from", False) else kw
            parts += [self.process(element, **within), self.literal_text(text)]
        return "".join(parts)

    def visit_tuple(self, node: Any, **kw: Any) -> str:
        """Render a row value."""
        return f"({self.join(node.clauses, **kw)})"

    def visit_cast(self, node: Any, **kw: Any) -> str:
        """Render CAST."""
        return f"CAST({self.process(node.clause, **kw)} AS {self.type_compiler.process(node.type)})"

    def visit_try_cast(self, node: Any, **kw: Any) -> str:
        """Render TRY_CAST."""
        return f"TRY_CAST({self.process(node.clause, **kw)} AS {self.type_compiler.process(node.type)})"

    def visit_type_coerce(self, node: Any, **kw: Any) -> str:
        """Render the expression: the type is for Python only."""
        return self.process(node.clause, **kw)

    def visit_case(self, node: Any, **kw: Any) -> str:
        """Render CASE."""
        text = "CASE "
        if node.value is not None:
            text += f"{self.process(node.value, **kw)} "
        for at in range(0, len(node.whens), 2):
            condition = node.whens[at]
            shown = self.process(condition, **kw) if node.value is not None else self.grouped(condition, **kw)
            text += f"WHEN {shown} THEN {self.grouped_result(node.whens[at + 1], **kw)} "
        if node.else_ is not None:
            text += f"ELSE {self.grouped_result(node.else_, **kw)} "
        return f"{text}END"

    def grouped_result(self, node: Any, **kw: Any) -> str:
        """Render the result of a CASE branch."""
        return self.process(node, **kw)

    def visit_extract(self, node: Any, **kw: Any) -> str:
        """Render EXTRACT."""
        field = self.extract_fields.get(node.field, node.field)
        return f"EXTRACT({field} FROM {self.process(node.expr, **kw)})"

    # -- functions and windows

    def visit_function(self, node: Any, **kw: Any) -> str:
        """Render a function call."""
        own = getattr(self, f"visit_{str(node.name).lower()}_func", None)
        if own is not None and not node.packagenames:
            return str(own(node, **kw))
        name = self.function_name(node)
        if getattr(node, "_is_rendered_bare", False):
            return name
        inside = self.join(node.clauses_tuple, **kw)
        return f"{name}({inside})"

    def function_name(self, node: Any) -> str:
        """Return a function's name with its packages."""
        known = self.function_names.get(str(node.name)) if type(node).__name__ == node.name else None
        if known is not None:
            return known
        names = [self._function_part(one) for one in (*node.packagenames, node.name)]
        return ".".join(names)

    def _function_part(self, name: str) -> str:
        return self.quoted(name) if _ILLEGAL_IN_FUNCTION.search(name) or getattr(name, "quote", None) else str(name)

    def function_arguments(self, node: Any, **kw: Any) -> str:
        """Render a function's arguments in parentheses."""
        return f"({self.join(node.clauses_tuple, **kw)})"

    def function_argspec(self, node: Any, **kw: Any) -> str:
        """Render a function's arguments in parentheses."""
        return self.function_arguments(node, **kw)

    def visit_grouping_sets_func(self, node: Any, **kw: Any) -> str:
        """Render GROUPING SETS."""
        return f"GROUPING SETS{self.function_arguments(node, **kw)}"

    def visit_cube_func(self, node: Any, **kw: Any) -> str:
        """Render CUBE."""
        return f"CUBE{self.function_arguments(node, **kw)}"

    def visit_rollup_func(self, node: Any, **kw: Any) -> str:
        """Render ROLLUP."""
        return f"ROLLUP{self.function_arguments(node, **kw)}"

    def visit_next_value_func(self, node: Any, **kw: Any) -> str:
        """Render the next number of a sequence."""
        return self.visit_sequence(node.sequence)

    def visit_sequence(self, node: Any, **kw: Any) -> str:
        """Render the next number of a sequence."""
        raise self.cannot("sequences")

    def visit_scalar_function_column(self, node: Any, **kw: Any) -> str:
        """Render one field of a function's row."""
        return f"({self.process(node.fn, **kw)}).{self.quoted(node.name)}"

    def visit_over(self, node: Any, **kw: Any) -> str:
        """Render a window."""
        parts = []
        for words, clauses in (("PARTITION BY", node.partition_by), ("ORDER BY", node.order_by)):
            if clauses is not None and len(clauses):
                parts.append(f"{words} {self.process(clauses, **kw)}")
        if node.frame is not None:
            parts.append(f"{node.unit} {self.process(node.frame, **kw)}")
            if node.exclude:
                parts.append(f"EXCLUDE {node.exclude}")
        return f"{self.process(node.element, **kw)} OVER ({' '.join(parts)})"

    def visit_frame_clause(self, node: Any, **kw: Any) -> str:
        """Render the bounds of a window's frame."""
        start = self._bound_text(node.start, node.start_frame_type, "PRECEDING", **kw)
        return f"BETWEEN {start} AND {self._bound_text(node.end, node.end_frame_type, 'FOLLOWING', **kw)}"

    def _bound_text(self, bound: Any, kind: FrameClauseType, unbounded: str, **kw: Any) -> str:
        if kind is FrameClauseType.UNBOUNDED:
            return f"UNBOUNDED {unbounded}"
        return "CURRENT ROW" if kind is FrameClauseType.CURRENT else f"{self.process(bound, **kw)} {kind.name}"

    def visit_ordered_aggregate(self, node: Any, **kw: Any) -> str:
        """Render an aggregate with its own ORDER BY."""
        return f"{self.process(node.element, **kw).removesuffix(')')} ORDER BY {self.process(node.order_by, **kw)})"

    def visit_withingroup(self, node: Any, **kw: Any) -> str:
        """Render WITHIN GROUP."""
        return f"{self.process(node.element, **kw)} WITHIN GROUP (ORDER BY {self.process(node.order_by, **kw)})"

    def visit_funcfilter(self, node: Any, **kw: Any) -> str:
        """Render FILTER."""
        if node.criterion is None:
            return self.process(node.func, **kw)
        if not self.features.filter_clause:
            raise self.cannot("FILTER", "put the condition into the aggregate: func.count(case((condition, 1)))")
        return f"{self.process(node.func, **kw)} FILTER (WHERE {self.process(node.criterion, **kw)})"

    def visit_aggregate_strings_func(self, node: Any, **kw: Any) -> str:
        """Render the values of a group as one text."""
        return f"aggregate_strings({self.join(node.clauses_tuple, **kw)}{self.order_in_aggregate(node, **kw)})"

    def order_in_aggregate(self, node: Any, **kw: Any) -> str:
        """Return the ORDER BY of `aggregate_strings(..., order_by=...)`, or nothing."""
        return "" if node.order_by is None else f" ORDER BY {self.process(node.order_by, **kw)}"

    def visit_inserted_value(self, node: Any, **kw: Any) -> str:
        """Render the value that could not be inserted."""
        raise self.cannot("VALUES(column)")

    def visit_column_element(self, node: Any, **kw: Any) -> str:
        """Refuse a user's construct that has no rendering."""
        raise self._cannot(node)

    visit_clause = visit_column_element


PATTERNS: dict[OperatorType, tuple[bool, bool, bool, bool]] = {
    ops.contains_op: (True, True, False, False),
    ops.not_contains_op: (True, True, False, True),
    ops.icontains_op: (True, True, True, False),
    ops.not_icontains_op: (True, True, True, True),
    ops.startswith_op: (False, True, False, False),
    ops.not_startswith_op: (False, True, False, True),
    ops.istartswith_op: (False, True, True, False),
    ops.not_istartswith_op: (False, True, True, True),
    ops.endswith_op: (True, False, False, False),
    ops.not_endswith_op: (True, False, False, True),
    ops.iendswith_op: (True, False, True, False),
    ops.not_iendswith_op: (True, False, True, True),
}
"""Where the wildcards go, whether case is folded, whether it is negated."""

SPECIAL: dict[OperatorType, str] = {
    **dict.fromkeys(PATTERNS, "binary_pattern"),
    **dict.fromkeys((ops.in_op, ops.not_in_op), "binary_in"),
    **dict.fromkeys((ops.like_op, ops.not_like_op), "binary_like"),
    **dict.fromkeys((ops.ilike_op, ops.not_ilike_op), "binary_ilike"),
    **dict.fromkeys((ops.between_op, ops.not_between_op), "binary_between"),
    **dict.fromkeys((ops.regexp_match_op, ops.not_regexp_match_op), "binary_regexp"),
    **dict.fromkeys((ops.match_op, ops.not_match_op), "binary_match"),
    **dict.fromkeys((ops.is_distinct_from, ops.is_not_distinct_from), "binary_distinct_from"),
    **dict.fromkeys((ops.json_getitem_op, ops.json_path_getitem_op), "binary_json"),
    ops.regexp_replace_op: "binary_regexp_replace",
    ops.collate: "binary_collate",
    ops.concat_op: "binary_concat",
    getitem: "binary_getitem",
    truediv: "binary_truediv",
    floordiv: "binary_floordiv",
    mod: "binary_mod",
}
"""The operators that are more than text between two operands, and the method for each."""

JUNCTIONS = (and_, or_)
