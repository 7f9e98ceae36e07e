"""`Renderer`: what every part of the SQL compiler stands on: dispatch, names, binds, pieces.

Rule 1: a bind is written as a mark (`\\x01<slot>\\x01`); placeholders are put in at the end, in text order, so that parts
may be rendered in any order (a CTE is found last and stands first).
Rule 2: the statement is lowered already; an entity here is a bug of ours.
Rule 3: no generator expression or `map` between two render calls: each would cost C stack in deep trees.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, ClassVar

from ambo.errors import CompileError, UnsupportedCompilationError
from ambo.rendering.compiled import BindSlot, ResultColumn, empty_list_text
from ambo.statements.expressions import BindParameter
from ambo.statements.keys import StatementKey
from ambo.statements.labels import AnonymousName, PrefixedName
from ambo.statements.types import TupleType, TypeEngine

_STEP = 25
_MARK = re.compile("\x01(\\d+)\x01")


class Renderer:
    """Renders one statement for one dialect; the parts of SQL are rendered by what derives from this."""

    _negated_list = False
    _row_suffix = ""

    div_is_floordiv: ClassVar[bool] = True
    tuple_in_prefix: ClassVar[str] = ""
    before_cte_columns: ClassVar[str] = ""
    """What stands before the rows of `(a, b) IN ((1, 2), …)`."""

    def __init__(
        self,
        dialect: Any,
        key: StatementKey,
        *,
        literal_binds: bool = False,
        schema_translate: dict[str | None, str | None] | None = None,
        render_postcompile: bool = False,
    ) -> None:
        self.dialect = dialect
        self.features = dialect.features
        self.preparer = dialect.preparer
        self.type_compiler = dialect.type_names
        self.key = key
        self.literal_binds = literal_binds
        self.render_postcompile = render_postcompile
        self.schema_translate = schema_translate
        self.percent = dialect.paramstyle in ("format", "pyformat")
        self.slots: list[BindSlot] = []
        self.result_columns: list[ResultColumn] = []
        self.is_textual = False
        self._index_of = {id(bind): at for at, bind in enumerate(key.binds)}
        self._slot_of: dict[int, int] = {}
        self._named_slots: dict[str, tuple[int, Any]] = {}
        self._names: dict[int, str] = {}
        self._named: list[Any] = []  # kept alive: `_names` goes by identity
        self._counters: dict[str, int] = {}
        self._rendered: dict[int, str] = {}
        self._depth = 0
        self._allowed = 2 * _STEP

    # -- dispatch

    def process(self, node: Any, **kw: Any) -> str:
        """Return the SQL of a node."""
        if self._rendered:
            known = self._rendered.get(id(node))
            if known is not None:
                return known
        self._depth += 1
        if self._depth >= self._allowed:
            self._prepare(node, kw)
            before, self._allowed = self._allowed, self._depth + 2 * _STEP
            text = self._dispatch(node, kw)
            self._allowed = before
        else:
            text = self._dispatch(node, kw)
        self._depth -= 1
        return text

    def _dispatch(self, node: Any, kw: dict[str, Any]) -> str:
        renderer = node._renderer
        if renderer is not None:
            return str(renderer(node, self, **kw))
        method = getattr(self, f"visit_{node.visit}", None)
        if method is None:
            raise self._cannot(node)
        return method(node, **kw)  # type: ignore[no-any-return]

    def _prepare(self, root: Any, kw: dict[str, Any]) -> None:
        """Render the lower parts of a deep expression first, so that no call goes deeper than a few `_STEP` levels.

        Goes through the expression bottom up; a node every `_STEP` levels is rendered and its text kept.
        """
        allowed, depth = self._allowed, self._depth
        heights: dict[int, int] = {}
        stack: list[tuple[Any, bool]] = [(root, False)]
        while stack:
            node, below_done = stack.pop()
            below = [] if node.is_select or node.is_dml else [one for one in node._children() if not (one.is_select or one.is_dml)]
            if not below_done:
                stack.append((node, True))
                stack += [(one, False) for one in below if id(one) not in heights]
                continue
            height = heights[id(node)] = 1 + max([heights[id(one)] for one in below], default=0)
            if height >= _STEP and node is not root:
                self._depth, self._allowed = 0, 4 * _STEP
                self._rendered[id(node)] = self.process(node, **kw)
                heights[id(node)] = 0
        self._allowed, self._depth = allowed, depth

    def _cannot(self, node: Any) -> CompileError:
        if node.visit in ("entity", "entity_column"):
            return CompileError(f"{node!r} was not turned into tables and columns before rendering; import ambo.orm")
        return UnsupportedCompilationError(
            f"the dialect {self.dialect.name!r} has no rendering for {type(node).__name__}; "
            f"write one with @compiles({type(node).__name__}, {self.dialect.name!r})"
        )

    def cannot(self, what: str, instead: str = "") -> CompileError:
        """Return the error for something this database does not have."""
        return CompileError(f"{self.dialect.name} has no {what}{'; ' + instead if instead else ''}")

    # -- names

    def made_up_name(self, owner: Any, base: str) -> str:
        """Return the name made up for an object, the same one each time."""
        known = self._names.get(id(owner))
        if known is None:
            number = self._counters.get(base, 1)
            self._counters[base] = number + 1
            known = self._names[id(owner)] = self._fitting(f"{base}_{number}", number)
            self._named.append(owner)
        return known

    def _fitting(self, name: str, number: int) -> str:
        longest = self.features.max_identifier_length
        if len(name) <= longest - 6:
            return name
        return f"{name[: max(longest - 6, 0)]}_{number:x}"

    def label_name(self, name: Any) -> str:
        """Return the text of a label's name, fixed or made up."""
        if isinstance(name, PrefixedName):
            return f"{self.made_up_name(name.source, name.source._made_up_name)}_{name.base}"
        return self.made_up_name(name, name.base) if isinstance(name, AnonymousName) else str(name)

    def applies(self, dialect: str) -> bool:
        """Tell whether a prefix or hint for the named database is meant for this one."""
        return dialect in ("*", self.dialect.name)

    def literal_text(self, text: str) -> str:
        """Return SQL text as it must stand where `%` begins a placeholder."""
        return text.replace("%", "%%") if self.percent else text

    # -- binds

    def visit_bindparam(self, bind: BindParameter[Any], **kw: Any) -> str:
        """Render a bound value: a mark to be replaced, or the value itself."""
        if (self.literal_binds or kw.get("literal_binds") or bind.literal_execute) and not (
            bind.required and bind.value is None and bind.callable is None
        ):
            return self.literal_of(bind)
        wrapped = bind.type.dialect_impl(self.dialect).bind_expression(bind) if not kw.get("skip_bind_expression") else None
        if wrapped is not None and wrapped is not bind:
            return self.process(wrapped, skip_bind_expression=True, **kw)
        slot = self.slot_for(bind)
        return f"\x01{slot}\x01"

    def slot_for(self, bind: BindParameter[Any]) -> int:
        """Return the slot of a bind; binds that share a name the user gave share it."""
        known = self._slot_of.get(id(bind))
        if known is not None:
            return known
        kind = (bind._tokens or ("?",))[0]
        if kind[0] == ":":
            found = self._named_slots.get(bind.key)
            if found is not None and found[1]._tokens == bind._tokens:
                self._slot_of[id(bind)] = found[0]
                return found[0]
            name = bind.key
        elif kind[0] == "=":
            name = self._value_name(bind)
        else:
            name = self.made_up_name(bind, bind.key)
        slot = self._make_slot(bind, name)
        self.slots.append(slot)
        at = self._slot_of[id(bind)] = len(self.slots) - 1
        self._named.append(bind)
        self._named_slots.setdefault(name, (at, bind))
        return at

    def _make_slot(self, bind: BindParameter[Any], name: str) -> BindSlot:
        index = self._index_of.get(id(bind))
        slot = BindSlot(index, name, bind.type, self.dialect.bind_processor(bind.type), bind.effective_value if index is None else None)
        slot.expanding = bind.expanding
        slot.required = bind.required
        slot.prefix = self.tuple_in_prefix
        slot.dynamic = bind.callable is not None or bind.required
        cast = None if isinstance(bind.type, TupleType) else self.dialect.bind_cast(bind.type)
        slot.cast = "" if cast is None else f"::{cast}"
        return slot

    def _value_name(self, bind: BindParameter[Any]) -> str:
        """Return the name of a value in VALUES or SET: the column's, with a suffix for rows after the first."""
        name = bind.key + self._row_suffix
        return name if name not in self._named_slots else self.made_up_name(bind, bind.key)

    def literal_of(self, bind: BindParameter[Any]) -> str:
        """Return a bind's value as SQL text."""
        value = bind.effective_value
        if bind.expanding:
            items = list(value or ())
            if not items:
                return empty_list_text(self._negated_list, len(bind.type.types) if isinstance(bind.type, TupleType) else 0)
            prefix = self.tuple_in_prefix if isinstance(bind.type, TupleType) else ""
            return prefix + ", ".join([self._literal_item(one, bind.type) for one in items])
        return self.render_literal_value(value, bind.type)

    def _literal_item(self, value: Any, type_: TypeEngine[Any]) -> str:
        if isinstance(type_, TupleType):
            return f"({', '.join([self.render_literal_value(one, kind) for one, kind in zip(value, type_.types, strict=False)])})"
        return self.render_literal_value(value, type_)

    def render_literal_value(self, value: Any, type_: TypeEngine[Any]) -> str:
        """Return a value as SQL text.

        Raises CompileError if its type has no literal form.
        """
        if value is None and not type_.should_evaluate_none:
            return "NULL"
        write = self.dialect.literal_processor(type_)
        if write is None:
            raise CompileError(f"no literal value renderer is available for literal value {value!r} with datatype {type_!r}")
        try:
            text = write(value)
        except CompileError:
            raise
        except Exception as error:
            raise CompileError(f"Could not render literal value {value!r} with datatype {type_!r}; see parent stack trace for more detail.") from error
        return self.literal_text(text)

    # -- assembling

    def pieces(self, text: str) -> list[Any]:
        """Split text at its marks into pieces for `Compiled`, casting what the database wants cast."""
        found: list[Any] = []
        for at, part in enumerate(_MARK.split(text)):
            if at % 2 == 0:
                if part:
                    found.append(part)
                continue
            found.append(int(part))
        return found

    def join(self, nodes: Sequence[Any], separator: str = ", ", **kw: Any) -> str:
        """Render nodes with a separator between them, those that render to nothing left out."""
        return separator.join([text for text in [self.process(one, **kw) for one in nodes] if text])

    def quoted(self, name: Any) -> str:
        """Return a name, quoted if it has to be."""
        return self.preparer.quote(name)  # type: ignore[no-any-return]
