"""Rendering of what stands in FROM, and of columns with the name of what they belong to.

A source is written in full where it is listed (`asfrom`) and by its name everywhere else.
"""

from __future__ import annotations

from typing import Any

from ambo.errors import CompileError
from ambo.rendering.render_expressions import ExpressionRenderer
from ambo.statements.aliased_sources import AliasedSource, ProxyColumn
from ambo.statements.named_columns import ColumnClause
from ambo.statements.sources import Join


class SourceRenderer(ExpressionRenderer):
    """Renders sources and columns; a part of `SQLCompiler`."""

    # -- columns

    def visit_column(self, column: ColumnClause[Any], include_table: bool = True, **kw: Any) -> str:
        """Render a column, with the name of its table."""
        if column.is_literal:
            return self.literal_text(str(column.name))
        name = self.quoted(self.column_name(column))
        table = column.table
        if table is None or not include_table or not table.named_with_column:
            return name
        return f"{self.source_name(table)}.{name}"

    def column_name(self, column: ColumnClause[Any]) -> Any:
        """Return a column's name; a made-up one is asked of the SELECT it comes from."""
        if not isinstance(column, ProxyColumn) or column._position is None:
            return column.name
        below = column.table.element
        if below.is_select or below.is_dml:
            return self.label_name(below._outputs[column._position].name)
        if below.visit == "grouping":
            return self.label_name(below.element._outputs[column._position].name)
        return self.column_name(below.c[column._position])

    def source_name(self, source: Any) -> str:
        """Return the name by which columns refer to a source."""
        if isinstance(source, AliasedSource):
            return self.quoted(self.alias_name(source))
        if source.visit == "table":
            return self.table_name(source)
        return self.process(source)

    def cte_name(self, cte: Any) -> str:
        """Return the name of a CTE; one that restates another has that one's."""
        while cte.restates is not None:
            cte = cte.restates
        if cte.name is not None:
            return str(cte.name)
        return self.made_up_name(cte, "anon")

    def alias_name(self, source: AliasedSource) -> Any:
        """Return the name of an aliased source, given or made up."""
        if source.name is not None:
            return source.name
        if source.visit == "cte":
            return self.cte_name(source)
        return self.made_up_name(source, source._made_up_name)

    def table_name(self, table: Any) -> str:
        """Return a table's name with its schema."""
        schema = self.schema_of(table)
        name = self.quoted(table.name)
        return name if not schema else f"{self.preparer.quote_schema(schema)}.{name}"

    def schema_of(self, table: Any) -> Any:
        """Return the schema of a table, translated if the execution options say so."""
        schema = table.schema
        if self.schema_translate is not None and schema in self.schema_translate:
            return self.schema_translate[schema]
        return schema

    # -- sources

    def visit_table(self, table: Any, asfrom: bool = False, **kw: Any) -> str:
        """Render a table."""
        return self.table_name(table) + (self.hint_for(table, kw.get("hints")) if asfrom else "")

    def hint_for(self, source: Any, hints: Any) -> str:
        """Return the hint given for a source, if any."""
        for target, text, dialect in hints or ():
            if target is source and self.applies(dialect):
                return " " + self.table_hint(source, text)
        return ""

    def table_hint(self, source: Any, text: str) -> str:
        """Return a table's hint as this database writes it."""
        return self.literal_text(text.replace("%(name)s", self.source_name(source)))

    def visit_alias(self, source: Any, asfrom: bool = False, **kw: Any) -> str:
        """Render `element AS name`, or the name."""
        name = self.quoted(self.alias_name(source))
        if not asfrom:
            return name
        element = source.element
        while element.visit in ("alias", "subquery"):
            element = element.element
        inner = self.process(element, **{**kw, "asfrom": True})
        if isinstance(element, Join) or element.is_select:
            inner = f"({inner})"
        return f"{inner}{self.alias_text(name)}{self.hint_for(source, kw.get('hints'))}"

    def alias_text(self, name: str) -> str:
        """Return what puts a source under a name."""
        return f" AS {name}"

    def visit_subquery(self, source: Any, asfrom: bool = False, **kw: Any) -> str:
        """Render `(SELECT ...) AS name`, or the name."""
        name = self.quoted(self.alias_name(source))
        if not asfrom:
            return name
        return f"({self.process(source.element, **{**kw, 'asfrom': True})}){self.alias_text(name)}"

    def visit_lateral(self, source: Any, asfrom: bool = False, **kw: Any) -> str:
        """Render `LATERAL (SELECT ...) AS name`, or the name."""
        name = self.quoted(self.alias_name(source))
        if not asfrom:
            return name
        if not self.features.lateral:
            raise self.cannot("LATERAL", "write the subquery as a scalar one or a join")
        inner = self.process(source.element, **{**kw, "asfrom": True, "lateral": True})
        if source.element.is_select:
            inner = f"({inner})"
        return f"LATERAL {inner}{self.alias_text(name)}"

    def visit_tablesample(self, source: Any, asfrom: bool = False, **kw: Any) -> str:
        """Render `table AS name TABLESAMPLE method(percent)`, or the name."""
        text = self.visit_alias(source, asfrom=asfrom, **kw)
        if not asfrom:
            return text
        text += f" TABLESAMPLE {self.process(source.sampling, **kw)}"
        if source.seed is not None:
            text += f" REPEATABLE ({self.process(source.seed, **kw)})"
        return text

    def visit_table_valued(self, source: Any, asfrom: bool = False, **kw: Any) -> str:
        """Render a function in FROM, or its name."""
        name = self.quoted(self.alias_name(source))
        if not asfrom:
            return name
        text = self.process(source.element, **{**kw, "asfrom": True})
        if source.is_lateral:
            text = f"LATERAL {text}"
        if source.with_ordinality:
            text += " WITH ORDINALITY"
        text += self.alias_text(name)
        return text + (self.derived_columns(source) if source.rendered else "")

    def derived_columns(self, source: Any) -> str:
        """Return the column list behind the alias of a function."""
        names = [self.quoted(one.name) for one in source.elements]
        if source.with_types:
            names = [f"{name} {self.type_compiler.process(one.type)}" for name, one in zip(names, source.elements, strict=True)]
        return f"({', '.join(names)})"

    def visit_table_valued_column(self, node: Any, **kw: Any) -> str:
        """Render the name of a function's alias, or of a table, as a value."""
        return self.source_name(node.table)

    def visit_values(self, source: Any, asfrom: bool = False, **kw: Any) -> str:
        """Render rows spelled out; in FROM under a name, with the names of their columns."""
        if not asfrom and not kw.get("in_list") and not kw.get("bare_values"):
            return self.quoted(self.alias_name(source))
        inner = {**kw, "literal_binds": True} if source.literal_binds else kw
        rows = f"VALUES {', '.join([self.process(row, **inner) for row in source.rows])}"
        if not asfrom or kw.get("bare_values"):
            return rows
        lateral = "LATERAL " if source.is_lateral else ""
        if source.name is None:
            return f"{lateral}({rows})"
        columns = ", ".join([self.quoted(one.name) for one in source._column_args])
        return f"{lateral}({rows}){self.alias_text(self.quoted(source.name))} ({columns})"

    def visit_join(self, join: Join, asfrom: bool = False, **kw: Any) -> str:
        """Render a join, its left side unrolled."""
        chain = [join]
        while isinstance(chain[-1].left, Join):
            chain.append(chain[-1].left)
        text = self.process(chain[-1].left, **{**kw, "asfrom": True})
        for one in reversed(chain):
            right = self.process(one.right, **{**kw, "asfrom": True})
            if isinstance(one.right, Join):
                right = f"({right})"
            if one.onclause is None:
                raise CompileError(f"the join of {one.left.description} and {one.right.description} has no ON condition")
            text = f"{text}{self.join_words(one)}{right} ON {self.condition(one.onclause, **kw)}"
        return text

    def join_words(self, join: Join) -> str:
        """Return the words between the sides of a join."""
        if join.full:
            if not self.features.full_join:
                raise self.cannot("FULL OUTER JOIN", "write it as a union of a left join and what only the right side has")
            return " FULL OUTER JOIN "
        return " LEFT OUTER JOIN " if join.isouter else " JOIN "
