"""The entry to rendering: a statement goes in, `Compiled` comes out.

    compile_statement(select(t), dialect)           what is executed, or shown
    compile_write(insert(t), dialect, ("a", "b"))   an INSERT, UPDATE or DELETE executed with these parameters

The path: `statement_key` fixes the order of binds; lowering (installed by the loading layer) puts tables in the places of
mapped classes; the dialect's compiler renders; `Compiled` keeps the SQL in pieces around its binds.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from ambo.errors import CompileError
from ambo.rendering.compiled import BindSlot, Compiled, CompiledWrite, ResultColumn
from ambo.rendering.default import DEFAULT
from ambo.rendering.render_default import DefaultCompiler
from ambo.rendering.render_mariadb import MariaDBCompiler
from ambo.rendering.render_postgresql import PostgreSQLCompiler
from ambo.rendering.render_sqlite import SQLiteCompiler
from ambo.rendering.sql_compiler import SQLCompiler
from ambo.statements.aliased_sources import AliasedSource
from ambo.statements.keys import StatementKey, statement_key
from ambo.statements.late import late
from ambo.statements.nodes import ClauseElement

__all__ = ["BindSlot", "Compiled", "CompiledWrite", "ResultColumn", "compile_statement", "compile_write", "install_lowering"]

C = TypeVar("C", bound=Compiled)
Lowering = Callable[[Any], Any]
COMPILERS: dict[str, type[SQLCompiler]] = {
    "default": DefaultCompiler,
    "sqlite": SQLiteCompiler,
    "postgresql": PostgreSQLCompiler,
    "mariadb": MariaDBCompiler,
    "mysql": MariaDBCompiler,
}
_KINDS = {"insert": "insert", "update": "update", "delete": "delete", "textclause": "text", "tstring": "text", "textual_select": "text"}


class _Lowering:
    """Where the loading layer installs what puts tables in the places of mapped classes."""

    def __init__(self) -> None:
        self.lower: Lowering = lambda statement: statement


_lowering = _Lowering()


def install_lowering(fn: Lowering) -> None:
    """Run `fn` on every statement before it is rendered."""
    _lowering.lower = fn
    late.lowered = fn


def compiler_class(dialect: Any) -> type[SQLCompiler]:
    """Return the class that renders for a dialect: the dialect's own, or that of its database."""
    own = getattr(dialect, "compiler_class", None)
    if own is not None:
        return own  # type: ignore[no-any-return]
    return COMPILERS.get(dialect.name, DefaultCompiler)


def compile_statement(
    statement: Any,
    dialect: Any,
    *,
    literal_binds: bool = False,
    render_schema_translate: Mapping[str | None, str | None] | None = None,
    render_postcompile: bool = False,
    lower: bool = True,
    include_table: bool = True,
    key: StatementKey | None = None,
) -> Compiled:
    """Render a statement or expression for a dialect.

    `key` is that of the statement whose lowered form this is. `literal_binds` writes values into the SQL; without `include_table` columns stand alone, as in DDL. Raises CompileError if
    the dialect has no form for it.
    """
    compiler = _compiler(statement, dialect, literal_binds, render_schema_translate, render_postcompile, key)
    if getattr(statement, "is_ddl", False):
        return _finished(Compiled, compiler, statement, dialect.ddl.translated(render_schema_translate).process(statement))
    text = _render(compiler, _lowering.lower(statement) if lower else statement, include_table)
    return _finished(Compiled, compiler, statement, text)


def compile_write(
    statement: Any,
    dialect: Any,
    column_keys: tuple[str, ...] | None = None,
    *,
    render_schema_translate: Mapping[str | None, str | None] | None = None,
    for_many: bool = False,
    lower: bool = True,
) -> CompiledWrite:
    """Render an INSERT, UPDATE or DELETE that is executed with values for `column_keys`.

    `for_many` says that it is executed with several sets of them. See `CompiledWrite` for what is known beside the SQL.
    """
    compiler = _compiler(statement, dialect, False, render_schema_translate, False)
    lowered = _lowering.lower(statement) if lower else statement
    compiler.column_keys = column_keys or ()
    compiler.for_many = for_many
    compiler.wants_keys = True
    text = _render(compiler, lowered)
    made = _finished(CompiledWrite, compiler, statement, text)
    made.table = lowered.table
    made.prefetch = tuple(compiler.prefetch)
    made.postfetch = tuple(compiler.postfetch)
    made.returning_defaults = tuple(compiler.returning_defaults)
    made.implicit_returning = bool(compiler.returning_defaults)
    made.column_slots = compiler.column_slots
    made.primary_key = tuple(_key_source(how, what, compiler.returning_defaults) for how, what in compiler.primary_key)
    return made


def _key_source(how: str, what: Any, returned: list[Any]) -> tuple[str, Any]:
    if how == "given":
        return how, what
    for position, column in enumerate(returned):
        if column is what:
            return "returned", position
    return ("lastrowid", None) if how == "lastrowid" else ("unknown", None)


def _compiler(
    statement: Any, dialect: Any, literal_binds: bool, translate: Any, render_postcompile: bool, key: StatementKey | None = None
) -> SQLCompiler:
    return compiler_class(dialect)(
        dialect,
        statement_key(statement) if key is None else key,
        literal_binds=literal_binds,
        schema_translate=dict(translate) if translate else None,
        render_postcompile=render_postcompile,
    )


def _render(compiler: SQLCompiler, node: Any, include_table: bool = True) -> str:
    context = {} if include_table else {"include_table": False}
    try:
        text = compiler.process(node, **context)
    except RecursionError:
        try:
            with deeper():
                text = compiler_again(compiler).process(node, **context)
        except RecursionError as error:
            raise CompileError("a statement of so many subqueries inside one another cannot be written; put them in WITH by .cte()") from error
    return compiler.top_level_with() + text


def compiler_again(compiler: SQLCompiler) -> SQLCompiler:
    """Return the compiler as it was before it rendered anything."""
    keys, many, wants = compiler.column_keys, compiler.for_many, compiler.wants_keys
    compiler.__init__(  # type: ignore[misc]  # start over, with the same settings
        compiler.dialect,
        compiler.key,
        literal_binds=compiler.literal_binds,
        schema_translate=compiler.schema_translate,
        render_postcompile=compiler.render_postcompile,
    )
    compiler.column_keys, compiler.for_many, compiler.wants_keys = keys, many, wants
    return compiler


@contextmanager
def deeper() -> Iterator[None]:
    """Allow deeply nested subqueries, as far as the C stack of any thread will take it."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, 9_000))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def _finished(cls: type[C], compiler: SQLCompiler, statement: Any, text: str) -> C:
    made = cls(statement, compiler.dialect, compiler.pieces(text), compiler.slots, compiler.key)
    made.kind = "ddl" if getattr(statement, "is_ddl", False) else _KINDS.get(statement.visit, "select")
    made.is_textual = compiler.is_textual or statement.visit in ("textclause", "tstring", "clause")
    made.known_columns = tuple(compiler.result_columns)
    made.result_columns = () if compiler.is_textual else made.known_columns
    made.returns_rows = bool(made.result_columns) or made.is_textual
    if compiler.render_postcompile and made._lists:
        made.sql = made.parameters(compiler.key.binds)[0]
    return made


# -- `str(node)` and `node.compile()`


def compile_element(
    node: Any,
    bind: Any = None,
    dialect: Any = None,
    *,
    compile_kwargs: Mapping[str, Any] | None = None,
    column_keys: Any = None,
    schema_translate_map: Any = None,
    **kw: Any,
) -> Any:
    """Render a node for showing it; what `node.compile()` does."""
    node = shown_as(node)
    target = dialect if dialect is not None else getattr(bind, "dialect", None) or DEFAULT
    options = dict(compile_kwargs or {})
    literal, post = bool(options.pop("literal_binds", False)), bool(options.pop("render_postcompile", False))
    table = bool(options.pop("include_table", True))
    if options:
        raise CompileError(f"compile_kwargs knows literal_binds, render_postcompile and include_table, not {sorted(options)!r}")
    if getattr(node, "is_dml", False) and not literal and (column_keys is not None or getattr(node, "_values", ()) or getattr(node, "_values_given", False)):
        return compile_write(node, target, tuple(column_keys or ()), render_schema_translate=schema_translate_map)
    return compile_statement(
        node, target, literal_binds=literal, render_schema_translate=schema_translate_map, render_postcompile=post, include_table=table
    )


def to_string(node: ClauseElement) -> str:
    """Render a node for the default dialect; what `str(node)` does."""
    return compile_statement(shown_as(node), DEFAULT).sql


def shown_as(node: Any) -> Any:
    """Return what is shown for a node on its own: for a subquery, the SELECT in it."""
    below = getattr(node, "element", None)
    return below if isinstance(node, AliasedSource) and getattr(below, "is_select", False) else node


late.compile = compile_element
late.to_string = to_string
