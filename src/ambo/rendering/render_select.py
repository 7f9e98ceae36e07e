"""Rendering of SELECT, UNION and WITH: what FROM lists, what is correlated, what columns are called.

`frames` is the stack of SELECTs being rendered: a subquery in a condition leaves out of its own FROM what the statement
around it lists already (correlation), if it then still has something to select from.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import and_ as AND
from typing import Any

from ambo.errors import CompileError, InvalidRequestError
from ambo.rendering.compiled import ResultColumn
from ambo.rendering.render_sources import SourceRenderer
from ambo.statements.expressions import ColumnElement, Label
from ambo.statements.froms import final_froms
from ambo.statements.keys import StatementKey
from ambo.statements.labels import OutputColumn
from ambo.statements.logic import UnaryExpression

_LOCAL = ("asfrom", "lateral", "label_reference", "in_list", "hints", "include_table", "bare_values", "from_linter")


class Frame:
    """A SELECT being rendered: the sources it lists, those of all SELECTs around it, its columns."""

    __slots__ = ("all_sources", "froms", "is_compound", "outputs", "sources")

    def __init__(self, froms: Sequence[Any], outer: Frame | None, outputs: Sequence[OutputColumn], is_compound: bool = False) -> None:
        self.froms = froms
        self.sources: set[int] = {id(below) for one in froms for below in one._sources_below()}
        self.all_sources: set[int] = self.sources | (outer.all_sources if outer is not None else set())
        self.outputs = outputs
        self.is_compound = is_compound


class PendingCTE:
    """A CTE found in a statement: the node it was last seen as, and its text once it is rendered."""

    __slots__ = ("node", "text")

    def __init__(self, node: Any) -> None:
        self.node = node
        self.text: str | None = None


class SelectRenderer(SourceRenderer):
    """Renders statements that return rows; a part of `SQLCompiler`."""

    limit_word = "\n LIMIT "
    no_limit = "-1"
    """What LIMIT has where there is only an OFFSET."""

    def __init__(self, dialect: Any, key: StatementKey, **options: Any) -> None:
        super().__init__(dialect, key, **options)
        self.frames: list[Frame] = []
        self._collects = True
        self._cte_levels: list[dict[str, PendingCTE]] = [{}]
        self._cte_names: dict[int, str] = {}
        self._cte_recursive = [False]

    @property
    def frame(self) -> Frame | None:
        """The innermost SELECT being rendered."""
        return self.frames[-1] if self.frames else None

    # -- SELECT

    def visit_select(self, select: Any, asfrom: bool = False, lateral: bool = False, **kw: Any) -> str:
        """Render a SELECT."""
        for name in _LOCAL:
            kw.pop(name, None)
        outer = self.frame
        froms = self._listed_froms(select, outer, asfrom and not lateral)
        frame = Frame(froms, outer, select._outputs)
        collects, self._collects = self._collects, False
        self.frames.append(frame)
        self._cte_levels.append({})
        self._cte_recursive.append(False)
        for cte in select._independent_ctes:
            self.process(cte, asfrom=True)
        columns = self._column_list(select._outputs, asfrom, collects, **kw)
        head = "SELECT" + self.extensions(select._post_select, **kw) + " " + self._prefixes(select._prefixes, **kw)
        before = "".join([f"{self.process(one, **kw)} " for one in select._pre_columns])
        text = head + self.distinct_text(select, **kw) + before + columns
        text += self._body(select, froms, **kw)
        self.frames.pop()
        nested = self._cte_levels.pop()
        recursive = self._cte_recursive.pop()
        return self._with_text(nested, recursive) + text

    def _body(self, select: Any, froms: Sequence[Any], **kw: Any) -> str:
        text = ""
        listed = [self.process(one, asfrom=True, hints=select._hints, **kw) for one in froms]
        if listed:
            text += f" \nFROM {', '.join(listed)}"
        elif select._where:
            text += self.default_from()
        if select._where:
            where = self.conditions(select._where, **kw)
            if where:
                text += f" \nWHERE {where}"
        if select._group_by:
            text += self.group_by_text(select, **kw)
        if select._having:
            having = self.conditions(select._having, **kw)
            if having:
                text += f" \nHAVING {having}"
        text += self.extensions(select._post_criteria, **kw) + self._tail(select, **kw) + self.extensions(select._post_body, **kw)
        for hint, dialect in select._statement_hints:
            if self.applies(dialect):
                text += f" {self.literal_text(hint)}"
        return text + self._suffixes(select._suffixes, **kw)

    def _tail(self, select: Any, **kw: Any) -> str:
        text = ""
        if select._order_by:
            text += self.order_by_text(select, **kw)
        if select._limit is not None or select._offset is not None or select._fetch is not None:
            text += self.limit_text(select, **kw)
        if select._for_update is not None:
            text += self.for_update_text(select, **kw)
        return text

    def extensions(self, elements: Sequence[Any], **kw: Any) -> str:
        """Render the syntax extensions of one place."""
        return "".join([f" {self.process(one, **kw)}" for one in elements])

    def default_from(self) -> str:
        """Return FROM for a SELECT without sources that has conditions."""
        return ""

    def conditions(self, clauses: Sequence[Any], **kw: Any) -> str:
        """Render conditions joined by AND."""
        if len(clauses) == 1:
            return self.condition(clauses[0], **kw)
        texts = [self.operand(one, AND, **kw) for one in clauses]
        return " AND ".join([text for text in texts if text])

    def _prefixes(self, prefixes: Sequence[tuple[Any, str]], **kw: Any) -> str:
        return "".join(
            [f"{self._fragment(one, **kw)} " for one, dialect in prefixes if self.applies(dialect)]
        )

    def _suffixes(self, suffixes: Sequence[tuple[Any, str]], **kw: Any) -> str:
        return "".join(
            [f" {self._fragment(one, **kw)} " for one, dialect in suffixes if self.applies(dialect)]
        )

    def _fragment(self, one: Any, **kw: Any) -> str:
        return self.literal_text(one) if isinstance(one, str) else self.process(one, **kw)

    def distinct_text(self, select: Any, **kw: Any) -> str:
        """Return DISTINCT, if asked for."""
        return "DISTINCT " if select._distinct else ""

    def group_by_text(self, select: Any, **kw: Any) -> str:
        """Render GROUP BY."""
        return f" GROUP BY {self.join(select._group_by, **kw)}"

    def order_by_text(self, select: Any, **kw: Any) -> str:
        """Render ORDER BY; a label of this SELECT is written as its name."""
        text = ", ".join([one for one in [self.process(item, **kw, **_reference(item)) for item in select._order_by] if one])
        return f" ORDER BY {text}" if text else ""

    def limit_text(self, select: Any, **kw: Any) -> str:
        """Render LIMIT and OFFSET, or FETCH."""
        if select._fetch is not None:
            return self.fetch_text(select, **kw)
        text = ""
        if select._limit is not None:
            text += f"{self.limit_word}{self.process(select._limit, **kw)}"
        if select._offset is not None:
            if select._limit is None:
                text += self.limit_word + self.no_limit
            text += f" OFFSET {self.process(select._offset, **kw)}"
        return text

    def fetch_text(self, select: Any, **kw: Any) -> str:
        """Render OFFSET ... FETCH FIRST."""
        text = ""
        if select._offset is not None:
            text += f"\n OFFSET {self.process(select._offset, **kw)} ROWS"
        with_ties, percent = select._fetch_options or (False, False)
        words = f"{' PERCENT' if percent else ''} ROWS {'WITH TIES' if with_ties else 'ONLY'}"
        return f"{text}\n FETCH FIRST {self.process(select._fetch, **kw)}{words}"

    def for_update_text(self, select: Any, **kw: Any) -> str:
        """Render FOR UPDATE."""
        return " FOR UPDATE"

    # -- sources and correlation

    def _listed_froms(self, select: Any, outer: Frame | None, asfrom: bool) -> list[Any]:
        froms = final_froms(select)
        if outer is None:
            return froms
        explicit = outer.all_sources - outer.sources if asfrom else outer.all_sources
        if select._correlate is not None:
            named = {id(one) for one in select._correlate} & explicit
            froms = [one for one in froms if id(one) not in named]
        if select._correlate_except is not None:
            kept = {id(one) for one in select._correlate_except}
            froms = [one for one in froms if id(one) not in explicit or id(one) in kept]
        if select._auto_correlate and not asfrom and len(froms) > 1:
            left = [one for one in froms if id(one) not in outer.sources]
            if not left:
                raise InvalidRequestError(
                    "Select statement returned no FROM clauses due to auto-correlation; "
                    "specify correlate(<tables>) to control correlation manually."
                )
            froms = left
        return froms

    # -- columns

    def _column_list(self, outputs: Sequence[OutputColumn], asfrom: bool, collects: bool, **kw: Any) -> str:
        texts = [self._output(one, asfrom, collects, **kw) for one in outputs]
        return ", ".join([text for text in texts if text])

    def _output(self, output: OutputColumn, asfrom: bool, collects: bool, **kw: Any) -> str:
        column = output.column
        shown = output.shown == "always" or (asfrom and output.shown == "subquery")
        name = self.label_name(output.name) if output.name is not None and (shown or isinstance(output.name, str)) else None
        inner = column._element if isinstance(column, Label) else column
        if isinstance(inner, ColumnElement):
            wrapped = inner.type.dialect_impl(self.dialect).column_expression(inner)
            if wrapped is not None and wrapped is not inner:
                inner, shown = wrapped, shown or name is not None
        text = self.process(inner, **kw)
        if collects:
            self._collect(output, name, text)
        return f"{text} AS {self.quoted(name)}" if shown and name is not None else text

    def _collect(self, output: OutputColumn, name: str | None, text: str) -> None:
        column = output.column
        if not isinstance(column, ColumnElement):
            self.is_textual = True
            return
        if column.is_literal and text.strip().endswith("*"):
            self.is_textual = True
            return
        found = name if name is not None else self.unlabelled_name(column, text)
        objects: list[Any] = [column, found]
        if isinstance(column, Label):
            objects.append(column._element)
        elif getattr(column, "wraps_column_expression", False):
            objects.append(column.element)
        key = getattr(column, "key", None)
        if isinstance(key, str) and key != found:
            objects.append(key)
        if not isinstance(column, Label):
            objects += column._proxies
        self.result_columns.append(ResultColumn(found, column.type, tuple(objects)))

    def unlabelled_name(self, column: Any, text: str) -> str:
        """Return what a column without AS is called in results."""
        if column.is_literal:
            return str(column.name)
        element = getattr(column, "element", None)
        return str(getattr(element, "name", None) or text)

    # -- references to columns by name

    def visit_label(self, node: Label[Any], **kw: Any) -> str:
        """Render what is named: its name where one refers to it, else the expression."""
        if kw.get("label_reference"):
            found = self.reference_to_label(node)
            if found is not None:
                return found
        return self.process(node._element, **{**kw, "label_reference": False} if kw.get("label_reference") else kw)

    def visit_textual_label_reference(self, node: Any, **kw: Any) -> str:
        """Render a name given as a string in ORDER BY."""
        return self.named_in_select(node.element, **kw)

    def reference_to_label(self, label: Label[Any]) -> str | None:
        """Return the name of a label, if the SELECT being rendered lists it."""
        frame = self.frame
        for output in frame.outputs if frame is not None else ():
            column = output.column
            if column is label or (isinstance(column, Label) and column.name == label.name and column._element is label._element):
                return self.quoted(self.label_name(output.name))
        return None

    def named_in_select(self, name: str, **kw: Any) -> str:
        """Return what a string in ORDER BY or GROUP BY stands for.

        Raises CompileError if the SELECT has no column or label of that name.
        """
        frame = self.frame
        kw.pop("label_reference", None)
        if frame is not None:
            for output in frame.outputs:
                if output.name == name and (isinstance(output.column, Label) or frame.is_compound):
                    return self.quoted(name)
            for output in frame.outputs:
                if name in (output.key, output.name) or getattr(output.column, "key", None) == name:
                    if frame.is_compound and output.name is not None:
                        return self.quoted(self.label_name(output.name))
                    return self.process(output.column, **kw)
            for source in frame.froms:
                found = source.c.get(name) if hasattr(source, "c") else None
                if found is not None:
                    return self.process(found, **kw)
        raise CompileError(
            "Can't resolve label reference for ORDER BY / GROUP BY / DISTINCT etc. "
            f"Textual SQL expression {name!r} should be explicitly declared as text({name!r})"
        )

    # -- UNION and its kin

    def visit_compound_select(self, compound: Any, asfrom: bool = False, **kw: Any) -> str:
        """Render SELECTs joined by UNION, INTERSECT or EXCEPT."""
        for name in _LOCAL:
            kw.pop(name, None)
        self._cte_levels.append({})
        self._cte_recursive.append(False)
        for cte in compound._independent_ctes:
            self.process(cte, asfrom=True)
        texts = [self._compound_part(one, compound, asfrom, **kw) for one in compound.selects]
        text = f" {self.compound_keyword(compound.keyword)} ".join(texts)
        self.frames.append(Frame((), self.frame, compound._outputs, is_compound=True))
        if compound._group_by:
            text += self.group_by_text(compound, **kw)
        text += self._tail(compound, include_table=False, **kw)
        self.frames.pop()
        return self._with_text(self._cte_levels.pop(), self._cte_recursive.pop()) + text

    def compound_keyword(self, keyword: str) -> str:
        """Return UNION, INTERSECT or EXCEPT as this database calls it."""
        return keyword

    def _compound_part(self, part: Any, compound: Any, asfrom: bool, **kw: Any) -> str:
        text = self.process(part, asfrom=asfrom, **kw)
        wrapped = part.visit == "compound_select" or (
            part.visit == "select"
            and bool(part._order_by or part._limit is not None or part._offset is not None or part._fetch is not None or part._for_update)
        )
        return self.compound_grouping(text) if wrapped else text

    def compound_grouping(self, text: str) -> str:
        """Return a SELECT that must be kept together inside a UNION."""
        return f"({text})"

    def visit_textual_select(self, statement: Any, asfrom: bool = False, **kw: Any) -> str:
        """Render hand-written SQL whose columns are declared."""
        if self._collects:
            self._collects = False
            for output in statement._outputs:
                self._collect(output, str(output.name if isinstance(output.name, str) else output.key), str(output.key))
        self._cte_levels.append({})
        self._cte_recursive.append(False)
        for cte in statement._independent_ctes:
            self.process(cte, asfrom=True)
        text = self.process(statement.element)
        return self._with_text(self._cte_levels.pop(), self._cte_recursive.pop()) + text

    def visit_scalar_select(self, node: Any, **kw: Any) -> str:
        """Render a SELECT as a value."""
        kw.pop("include_table", None)
        return f"({self.process(node.element, **kw)})"

    def visit_exists(self, node: Any, **kw: Any) -> str:
        """Render EXISTS."""
        kw.pop("include_table", None)
        return f"EXISTS ({self.process(node.element, **kw)})"

    # -- WITH

    def visit_cte(self, cte: Any, asfrom: bool = False, **kw: Any) -> str:
        """Render a CTE's name, and its body into the WITH of the statement."""
        if not self.features.ctes:
            raise self.cannot("WITH")
        if cte.cte_alias_of is not None:
            below = self.visit_cte(cte.cte_alias_of, asfrom=True)
            name = self.quoted(self.alias_name(cte))
            return f"{below}{self.alias_text(name)}" if asfrom and below != name else name
        name = self.cte_name(cte)
        self._register_cte(cte, name)
        return self.quoted(name)

    def _register_cte(self, cte: Any, name: str) -> None:
        level, at = self._cte_place(cte, name)
        known = level.get(name)
        if known is not None:
            if known.node is cte or _restates(known.node, cte):
                return
            if not _restates(cte, known.node):
                if known.node.element is cte.element:
                    return
                raise CompileError(f"Multiple, unrelated CTEs found with the same name: {name!r}")
            del level[name]
        pending = PendingCTE(cte)
        level[name] = pending
        pending.text = self._cte_text(cte, name, at)
        del level[name]
        level[name] = pending

    def _cte_place(self, cte: Any, name: str) -> tuple[dict[str, PendingCTE], int]:
        for at in range(len(self._cte_levels) - 1, -1, -1):
            if name in self._cte_levels[at]:
                return self._cte_levels[at], at
        at = len(self._cte_levels) - 1 if cte.nesting else 0
        return self._cte_levels[at], at

    def _save_write(self) -> Any:
        """Put aside what belongs to the write around a CTE; there is none in a SELECT."""
        return None

    def _restore_write(self, saved: Any) -> None:
        """Take it back."""

    def _cte_text(self, cte: Any, name: str, at: int) -> str:
        frames, self.frames = self.frames, []
        collects, self._collects = self._collects, False
        write = self._save_write()
        element = cte.element
        inner = self.process(element, asfrom=True, bare_values=True) if element.visit == "values" else self.process(element, asfrom=True)
        self._restore_write(write)
        self._collects, self.frames = collects, frames
        head = self.quoted(name)
        if cte.recursive:
            self._cte_recursive[at] = True
        if cte.recursive or element.visit == "values":
            head += f"{self.before_cte_columns}({', '.join([self.quoted(self.column_name(one)) for one in cte.c.values()])})"
        prefixes = self._prefixes(cte.prefixes)
        suffixes = self._suffixes(cte.suffixes).rstrip()
        return f"{head} AS {prefixes}\n({inner}){suffixes}"

    def _with_text(self, level: dict[str, PendingCTE], recursive: bool) -> str:
        if not level:
            return ""
        body = ", \n".join([one.text for one in level.values() if one.text is not None])
        return f"WITH {'RECURSIVE ' if recursive else ''}{body}\n "

    def top_level_with(self) -> str:
        """Return the WITH that stands before the whole statement."""
        return self._with_text(self._cte_levels[0], self._cte_recursive[0])


def _reference(item: Any) -> dict[str, bool]:
    """Return the argument that has a label written as its name, if the item of ORDER BY is one."""
    while isinstance(item, UnaryExpression) and item.modifier is not None:
        item = item.element
    return {"label_reference": True} if isinstance(item, Label) else {}


def _restates(one: Any, other: Any) -> bool:
    """Tell whether a CTE repeats another one with more."""
    while one is not None:
        if one is other:
            return True
        one = one.restates
    return False


