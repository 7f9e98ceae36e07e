"""How schema statements are written: `DDLRenderer`, one method a kind of statement; databases override single ones.

Expressions inside DDL (checks, defaults, index conditions) are written with their values in place and without table names;
`write_expression` does that and is installed by the compiler.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any, Self

from ambo.errors import CompileError, UnsupportedCompilationError
from ambo.statements.constraints import CheckConstraint, Index, PrimaryKeyConstraint
from ambo.statements.ddl import CreateColumn, CreateTable, DDLIf
from ambo.statements.defaults import DefaultClause
from ambo.statements.elements import TextClause
from ambo.statements.foreign_keys import ForeignKeyConstraint
from ambo.statements.late import late
from ambo.statements.nodes import ClauseElement
from ambo.statements.schema_columns import Column
from ambo.statements.types import Integer, String

SEPARATOR = ", \n\t"


def write_expression(expression: Any, dialect: Any, *, include_table: bool = False) -> str:
    """Return an expression as it stands in DDL."""
    if isinstance(expression, str):
        return expression
    kwargs = {"literal_binds": True, "include_table": include_table}
    return str(late.compile(expression, None, dialect, compile_kwargs=kwargs))


def applies(item: Any, dialect: Any, target: Any) -> bool:
    """Tell whether a constraint or index with `ddl_if` is meant for this database."""
    condition = item._ddl_condition
    return condition is None or DDLIf(*condition).applies(item, target, None, dialect, tables=None)


class DDLRenderer:
    """Writes schema statements for one dialect: `renderer.process(CreateTable(table))`."""

    def __init__(self, dialect: Any) -> None:
        self.dialect = dialect
        self.features = dialect.features
        self.preparer = dialect.preparer

    def translated(self, names: Mapping[str | None, str | None] | None) -> Self:
        """Return a renderer that puts other schemas in the place of some (`schema_translate_map`)."""
        if not names:
            return self
        made = copy.copy(self)
        made.preparer = self.preparer.translated(names)
        return made

    def process(self, element: Any, **kw: Any) -> str:
        """Return the SQL of a schema statement.

        Raises UnsupportedCompilationError if the database has nothing like it.
        """
        renderer = getattr(type(element), "_renderer", None)
        if renderer is not None:
            return str(renderer(element, self, **kw) or "")
        kind = element.visit if isinstance(element, ClauseElement) else element.__visit_name__
        visit = getattr(self, f"visit_{kind}", None)
        if visit is None:
            raise UnsupportedCompilationError(f"{self.dialect.name} has no rendering for {type(element).__name__}")
        return str(visit(element, **kw))

    @property
    def type_compiler(self) -> Any:
        """What names types."""
        return self.dialect.type_names

    def render_default_string(self, default: Any) -> str:
        """Return a server default given as string or expression."""
        return self.default_text(DefaultClause(default))

    def literal(self, text: str) -> str:
        """Return text as a string literal."""
        write = self.dialect.literal_processor(String())
        found: str = write(text)
        return found

    def expression(self, expression: Any) -> str:
        """Return an expression without table names, values in place."""
        if isinstance(expression, Column):
            return str(self.preparer.format_column(expression))
        if isinstance(expression, TextClause) and expression.visit == "textclause" and not any(bind.value is not None for bind in expression._bindparams):
            return expression.text.replace("\\:", ":")  # DDL takes no parameters: a colon in it is a colon
        return write_expression(expression, self.dialect)

    # -- text of one's own

    def visit_ddl_text(self, ddl: Any, **kw: Any) -> str:
        context = dict(ddl.context)
        target = ddl.target
        if target is not None and hasattr(target, "schema") and hasattr(target, "name"):
            path = self.preparer.format_table(target)
            context.setdefault("table", self.preparer.quote(target.name))
            context.setdefault("schema", self.preparer.quote_schema(target.schema) if target.schema else "")
            context.setdefault("fullname", path)
        return str(ddl.statement % context)

    # -- tables

    def visit_create_table(self, create: CreateTable, **kw: Any) -> str:
        table = create.element
        words = ["CREATE", *table._prefixes, "TABLE"]
        if create.if_not_exists:
            words.append("IF NOT EXISTS")
        head = f"\n{' '.join(words)} {self.preparer.format_table(table)} {self.after_create_table(table)}("
        parts = [part for column in create.columns if not column.element.system and (part := self._column_part(column))]
        constraints = self.table_constraints(table, create.include_foreign_key_constraints)
        if constraints:
            parts.append(constraints)
        body = SEPARATOR.join(parts)
        return f"{head}{chr(10) + chr(9) + body if body else ''}\n){self.after_table(table)}\n\n"

    def after_create_table(self, table: Any) -> str:
        """Return what stands between the table's name and the parenthesis."""
        return ""

    def after_table(self, table: Any) -> str:
        """Return the table's options, after the parenthesis."""
        return ""

    def _column_part(self, column: CreateColumn) -> str:
        try:
            text = self.process(column)
            if not text:  # a rendering of the program's leaves the column out
                return ""
            for check in sorted(column.element.constraints, key=lambda one: int(one._order)):
                if self.wants(check):
                    text += f" {self.process(check)}"
            return text
        except CompileError as error:
            raise CompileError(f"(in table '{column.element.table.description}', column '{column.element.name}'): {error}") from error

    def visit_create_column(self, create: CreateColumn, **kw: Any) -> str:
        return self.column_specification(create.element)

    def column_specification(self, column: Any) -> str:
        """Return a column's name, type and what comes after them."""
        words = [self.preparer.format_column(column), self.column_type(column)]
        default = self.default_of(column)
        if default is not None:
            words.append(f"DEFAULT {default}")
        if column.computed is not None:
            words.append(self.computed(column.computed))
        if self.writes_identity(column):
            words.append(self.identity(column.identity))
        if not column.nullable and not self.writes_identity(column):
            words.append("NOT NULL")
        elif column.nullable and self.writes_identity(column) and self.features.identity_null:
            words.append("NULL")
        return " ".join(words)

    def column_type(self, column: Any) -> str:
        """Return the name of a column's type."""
        return str(self.dialect.type_names.process(column.type, type_expression=column))

    def default_of(self, column: Any) -> str | None:
        """Return what stands after DEFAULT, or None."""
        default = column.server_default
        return self.default_text(default) if isinstance(default, DefaultClause) else None

    def get_column_specification(self, column: Any, **kw: Any) -> str:
        """Return a column's name, type and what comes after them; for renderings of one's own."""
        return self.column_specification(column)

    def get_column_default_string(self, column: Any) -> str | None:
        """Return what stands after DEFAULT, or None; for renderings of one's own."""
        return self.default_of(column)

    def default_text(self, default: DefaultClause) -> str:
        """Return a server default: strings as literals, everything else as it is."""
        if isinstance(default.arg, str):
            return self.literal(default.arg)
        return self.expression(default.arg)

    def computed(self, computed: Any) -> str:
        """Return GENERATED ALWAYS AS."""
        text = f"GENERATED ALWAYS AS ({self.expression(computed.sqltext)})"
        if computed.persisted is True:
            return f"{text} STORED"
        return f"{text} VIRTUAL" if computed.persisted is False else text

    def writes_identity(self, column: Any) -> bool:
        """Tell whether GENERATED … AS IDENTITY is written for a column."""
        return column.identity is not None and self.features.identity_columns

    def identity(self, identity: Any) -> str:
        """Return GENERATED … AS IDENTITY."""
        options = self.sequence_options(identity)
        text = f"GENERATED {'ALWAYS' if identity.always else 'BY DEFAULT'} AS IDENTITY"
        return f"{text} ({options})" if options else text

    # -- constraints

    def table_constraints(self, table: Any, foreign_keys: Iterable[Any] | None = None) -> str:
        """Return the constraints inside CREATE TABLE."""
        wanted = None if foreign_keys is None else {id(one) for one in foreign_keys}
        found: list[Any] = [table.primary_key] if len(table.primary_key.columns) else []
        for one in sorted(table.constraints, key=lambda one: int(one._order)):
            if one is table.primary_key or not self.wants(one):
                continue
            if isinstance(one, ForeignKeyConstraint) and not self._writes_inline(one, wanted):
                continue
            found.append(one)
        return SEPARATOR.join(text for one in found if (text := self.process(one)))

    def _writes_inline(self, constraint: Any, wanted: set[int] | None) -> bool:
        if not self.features.alter_constraints:
            return True
        return id(constraint) in wanted if wanted is not None else not constraint.use_alter

    def wants(self, constraint: Any) -> bool:
        """Tell whether a constraint is meant for this database."""
        if constraint._create_rule is not None and not constraint._create_rule(self.dialect):
            return False
        return applies(constraint, self.dialect, constraint.parent)

    def _named(self, constraint: Any) -> str:
        name = self.preparer.format_constraint(constraint)
        return "" if name is None else f"CONSTRAINT {name} "

    def _deferring(self, constraint: Any) -> str:
        if not self.features.deferrable_constraints:
            return ""
        text = ""
        if constraint.deferrable is not None:
            text += " DEFERRABLE" if constraint.deferrable else " NOT DEFERRABLE"
        return text + (f" INITIALLY {constraint.initially}" if constraint.initially is not None else "")

    def _columns(self, columns: Iterable[Any]) -> str:
        return ", ".join(self.preparer.quote(one.name) for one in columns)

    def visit_primary_key_constraint(self, constraint: PrimaryKeyConstraint, **kw: Any) -> str:
        if not len(constraint.columns):
            return ""
        columns = constraint.columns_autoinc_first if constraint._implicit_generated else list(constraint.columns)
        return f"{self._named(constraint)}PRIMARY KEY ({self._columns(columns)}){self._deferring(constraint)}"

    def visit_unique_constraint(self, constraint: Any, **kw: Any) -> str:
        if not len(constraint.columns):
            return ""
        return f"{self._named(constraint)}UNIQUE {self.unique_words(constraint)}({self._columns(constraint.columns)}){self._deferring(constraint)}"

    def unique_words(self, constraint: Any) -> str:
        """Return what stands between UNIQUE and its columns."""
        return ""

    def visit_check_constraint(self, constraint: CheckConstraint, **kw: Any) -> str:
        return f"{self._named(constraint)}CHECK ({self.expression(constraint.sqltext)}){self._deferring(constraint)}"

    visit_column_check_constraint = visit_check_constraint

    def visit_foreign_key_constraint(self, constraint: ForeignKeyConstraint, **kw: Any) -> str:
        remote = constraint.elements[0].column.table
        own = self._columns(fk.parent for fk in constraint.elements)
        theirs = self._columns(fk.column for fk in constraint.elements)
        text = f"{self._named(constraint)}FOREIGN KEY({own}) REFERENCES {self.preparer.format_table(remote)} ({theirs})"
        return text + self._match(constraint) + self._actions(constraint) + self._deferring(constraint)

    def _match(self, constraint: Any) -> str:
        return "" if constraint.match is None else f" MATCH {constraint.match}"

    def _actions(self, constraint: Any) -> str:
        text = f" ON DELETE {_action(constraint.ondelete)}" if constraint.ondelete is not None else ""
        return text + (f" ON UPDATE {_action(constraint.onupdate)}" if constraint.onupdate is not None else "")

    def visit_add_constraint(self, create: Any, **kw: Any) -> str:
        return f"ALTER TABLE {self.preparer.format_table(create.element.table)} ADD {self.process(create.element)}"

    def visit_drop_constraint(self, drop: Any, **kw: Any) -> str:
        name = self.preparer.format_constraint(drop.element)
        if name is None:
            raise CompileError(f"can't emit DROP CONSTRAINT for {drop.element!r}; it has no name")
        exists = "IF EXISTS " if drop.if_exists else ""
        return f"ALTER TABLE {self.preparer.format_table(drop.element.table)} DROP {self.constraint_word(drop.element)} {exists}{name}" + (
            " CASCADE" if drop.cascade else ""
        )

    def constraint_word(self, constraint: Any) -> str:
        """Return what a constraint is called in ALTER TABLE … DROP."""
        return "CONSTRAINT"

    def visit_drop_table(self, drop: Any, **kw: Any) -> str:
        return f"\nDROP TABLE {'IF EXISTS ' if drop.if_exists else ''}{self.preparer.format_table(drop.element)}"

    # -- indexes

    def visit_create_index(self, create: Any, **kw: Any) -> str:
        index: Index = create.element
        if index.table is None:
            raise CompileError(f"index {index.name!r} is not associated with any table")
        if not index.expressions:
            raise CompileError(f"index {index.name!r} has no columns or expressions")
        words = ["CREATE", *self.index_prefixes(index), "INDEX", *self.index_words(index)]
        if create.if_not_exists:
            words.append("IF NOT EXISTS")
        columns = ", ".join(self.index_expression(index, one) for one in index.expressions)
        head = f"{' '.join(words)} {self.index_name(index, creating=True)} ON {self.preparer.format_table(index.table)}"
        return f"{head} {self.index_method(index)}({columns}){self.index_suffix(index)}"

    def index_prefixes(self, index: Index) -> list[str]:
        """Return what stands before INDEX."""
        return ["UNIQUE"] if index.unique else []

    def index_words(self, index: Index) -> list[str]:
        """Return what stands after INDEX."""
        return []

    def index_method(self, index: Index) -> str:
        """Return what stands before the columns."""
        return ""

    def index_suffix(self, index: Index) -> str:
        """Return what stands after the columns."""
        return ""

    def index_name(self, index: Index, creating: bool = False) -> str:
        """Return the index's name; where it lives beside its table, with the schema when dropping it."""
        name = self.preparer.format_index(index)
        schema = index.table.schema if index.table is not None else None
        return f"{self.preparer.quote_schema(schema)}.{name}" if schema and not creating else name

    def index_expression(self, index: Index, expression: Any) -> str:
        """Return a column of an index, or an expression in parentheses where it needs them."""
        text = self.expression(expression)
        return f"({text})" if self.needs_parentheses(expression) else text

    def needs_parentheses(self, expression: Any) -> bool:
        """Tell whether an expression in an index is more than a column or a function call."""
        return False

    def visit_drop_index(self, drop: Any, **kw: Any) -> str:
        return f"\nDROP INDEX {'IF EXISTS ' if drop.if_exists else ''}{self.index_name(drop.element)}"

    # -- sequences, schemas, types, views

    def sequence_options(self, options: Any) -> str:
        """Return START WITH and the rest."""
        words: list[str] = []
        if options.increment is not None:
            words.append(f"INCREMENT BY {options.increment}")
        if options.start is not None:
            words.append(f"START WITH {options.start}")
        for name, unset in (("minvalue", "nominvalue"), ("maxvalue", "nomaxvalue")):
            if getattr(options, name) is not None:
                words.append(f"{name.upper()} {getattr(options, name)}")
            if getattr(options, unset):
                words.append(f"NO {name.upper()}")
        if options.cache is not None:
            words.append(f"CACHE {options.cache}")
        if options.cycle is not None:
            words.append("CYCLE" if options.cycle else "NO CYCLE")
        return " ".join(words)

    def visit_create_sequence(self, create: Any, **kw: Any) -> str:
        sequence = create.element
        exists = "IF NOT EXISTS " if create.if_not_exists else ""
        words = [f"CREATE SEQUENCE {exists}{self.preparer.format_sequence(sequence)}"]
        if sequence.data_type is not None:
            words.append(f"AS {self.dialect.type_names.process(sequence.data_type)}")
        words.append(self.sequence_options(sequence))
        return " ".join(word for word in words if word)

    def visit_drop_sequence(self, drop: Any, **kw: Any) -> str:
        return f"DROP SEQUENCE {'IF EXISTS ' if drop.if_exists else ''}{self.preparer.format_sequence(drop.element)}"

    def visit_create_schema(self, create: Any, **kw: Any) -> str:
        return f"CREATE SCHEMA {'IF NOT EXISTS ' if create.if_not_exists else ''}{self.preparer.quote_schema(create.element)}"

    def visit_drop_schema(self, drop: Any, **kw: Any) -> str:
        text = f"DROP SCHEMA {'IF EXISTS ' if drop.if_exists else ''}{self.preparer.quote_schema(drop.element)}"
        return f"{text} CASCADE" if drop.cascade else text

    def visit_create_view(self, create: Any, **kw: Any) -> str:
        words = ["CREATE"]
        words += [word for word, wanted in (("OR REPLACE", create.or_replace), ("TEMPORARY", create.temporary)) if wanted]
        words += ["MATERIALIZED"] if create.materialized else []
        return self._made_by_select(create, [*words, "VIEW"], self._view_if_not_exists(create))

    def _view_if_not_exists(self, create: Any) -> bool:
        return False

    def visit_create_table_as(self, create: Any, **kw: Any) -> str:
        return self._made_by_select(create, ["CREATE", *(["TEMPORARY"] if create.temporary else []), "TABLE"], create.if_not_exists)

    def _made_by_select(self, create: Any, words: list[str], if_not_exists: bool) -> str:
        query = late.compile(create.selectable, None, self.dialect, compile_kwargs={"literal_binds": True})
        words += ["IF NOT EXISTS"] if if_not_exists else []
        return f"{' '.join(words)} {self.preparer.format_table(create.table)} AS {query}"

    def visit_drop_view(self, drop: Any, **kw: Any) -> str:
        kind = "MATERIALIZED VIEW" if drop.materialized else "VIEW"
        return f"\nDROP {kind} {'IF EXISTS ' if drop.if_exists else ''}{self.preparer.format_table(drop.element)}"

    # -- comments

    def visit_set_table_comment(self, create: Any, **kw: Any) -> str:
        return f"COMMENT ON TABLE {self.preparer.format_table(create.element)} IS {self.literal(create.element.comment)}"

    def visit_drop_table_comment(self, drop: Any, **kw: Any) -> str:
        return f"COMMENT ON TABLE {self.preparer.format_table(drop.element)} IS NULL"

    def _column_path(self, column: Any) -> str:
        return f"{self.preparer.format_table(column.table)}.{self.preparer.format_column(column)}"

    def visit_set_column_comment(self, create: Any, **kw: Any) -> str:
        return f"COMMENT ON COLUMN {self._column_path(create.element)} IS {self.literal(create.element.comment)}"

    def visit_drop_column_comment(self, drop: Any, **kw: Any) -> str:
        return f"COMMENT ON COLUMN {self._column_path(drop.element)} IS NULL"

    def _constraint_path(self, constraint: Any) -> str:
        return f"{self.preparer.format_constraint(constraint)} ON {self.preparer.format_table(constraint.table)}"

    def visit_set_constraint_comment(self, create: Any, **kw: Any) -> str:
        return f"COMMENT ON CONSTRAINT {self._constraint_path(create.element)} IS {self.literal(create.element.comment)}"

    def visit_drop_constraint_comment(self, drop: Any, **kw: Any) -> str:
        return f"COMMENT ON CONSTRAINT {self._constraint_path(drop.element)} IS NULL"


_ACTIONS = frozenset({"CASCADE", "SET NULL", "SET DEFAULT", "RESTRICT", "NO ACTION"})


def _action(text: str) -> str:
    """Return what follows ON DELETE; PostgreSQL's may name columns: SET NULL (a, b)."""
    words = " ".join(text.upper().split("(")[0].split())
    if words not in _ACTIONS:
        raise CompileError(f"unexpected SQL phrase {text!r} after ON DELETE or ON UPDATE; one of {', '.join(sorted(_ACTIONS))} is meant")
    return text


def render(element: ClauseElement, dialect: Any) -> str:
    """Return the SQL of a schema statement in a dialect."""
    found: str = dialect.ddl.process(element)
    return found


def is_integer(column: Any, dialect: Any) -> bool:
    """Tell whether a column's type in a dialect is a whole number."""
    type_ = column.type.dialect_impl(dialect)
    while hasattr(type_, "type_engine"):
        type_ = type_.type_engine(dialect)
    return isinstance(type_, Integer)
