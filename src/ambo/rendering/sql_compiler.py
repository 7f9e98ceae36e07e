"""`SQLCompiler`: turns a tree of nodes into SQL text. One instance renders one statement.

A node is rendered by the method `visit_<node.visit>`, or by what `@compiles` installed for its class. Each class stands on the one
before and adds a concern; a dialect's compiler overrides single methods.

    renderer.py             Renderer: dispatch, names, binds, assembling; the rules
    render_expressions.py   ExpressionRenderer: operators, functions, literals
    render_sources.py       SourceRenderer: tables, joins, aliases
    render_select.py        SelectRenderer: SELECT, UNION, CTE
    render_write.py         WriteRenderer: INSERT, UPDATE, DELETE
    sql_compiler.py         this file: all of it
    render_<database>.py    what that database says otherwise
"""

from __future__ import annotations

from ambo.rendering.render_write import WriteRenderer


class SQLCompiler(WriteRenderer):
    """Renders one statement for one dialect; see the module's docstring."""
