"""Rendering of INSERT, UPDATE and DELETE: which columns are written, with what, and what comes back.

For a column nobody gave a value for: a Python-side default becomes a parameter to be computed before each row
(`prefetch`), a SQL expression stands in the statement, what the database makes up is fetched (`returning_defaults`) or
left to be read later (`postfetch`).

`column_keys` are the names given as parameters of the execution; None means that nothing is executed and the statement
is only shown: then a statement without values shows all columns.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from ambo.errors import AmboWarning, CompileError, suggestion
from ambo.rendering.render_select import Frame, SelectRenderer
from ambo.statements.expressions import BindParameter
from ambo.statements.froms import froms_of_all
from ambo.statements.keys import StatementKey
from ambo.statements.labels import LABEL_STYLE_DISAMBIGUATE_ONLY, name_columns
from ambo.statements.logic import NULL
from ambo.statements.named_columns import ColumnClause
from ambo.statements.sources import Join
from ambo.statements.writes import Assignment, ValueBind


class Prefetch:
    """A value that Python computes before a row is written: the column, its default, the name of the parameter."""

    __slots__ = ("column", "default", "name", "row")

    def __init__(self, column: Any, default: Any, name: str, row: int = 0) -> None:
        self.column = column
        self.default = default
        self.name = name
        self.row = row

    def __repr__(self) -> str:
        return f"Prefetch({self.column!s}, {self.name!r})"


class WriteRenderer(SelectRenderer):
    """Renders writes; a part of `SQLCompiler`."""

    insert_default_words = "DEFAULT VALUES"
    returns_with_table = True

    def __init__(self, dialect: Any, key: StatementKey, **options: Any) -> None:
        super().__init__(dialect, key, **options)
        self.column_keys: tuple[str, ...] | None = None
        self.for_many = False
        self.wants_keys = False
        self.prefetch: list[Prefetch] = []
        self.postfetch: list[Any] = []
        self.returning_defaults: list[Any] = []
        self.primary_key: list[tuple[str, Any]] = []
        self.column_slots: dict[str, str] = {}
        self._row_suffix = ""
        self._is_nested_write = False
        self._writing: tuple[Any, dict[Any, Any]] | None = None

    def _save_write(self) -> Any:
        saved = (self.column_keys, self._row_suffix, self._is_nested_write, self.wants_keys, self._writing)
        self.column_keys, self._row_suffix, self._is_nested_write, self.wants_keys = (), "", True, False
        return saved

    def _restore_write(self, saved: Any) -> None:
        self.column_keys, self._row_suffix, self._is_nested_write, self.wants_keys, self._writing = saved

    # -- what is written

    def _given(self, statement: Any, assignments: Sequence[Assignment]) -> dict[Any, Any]:
        """Return column -> value node for what the statement and the parameters give, unknown names refused."""
        table = statement.table
        found: dict[Any, Any] = {}
        unknown: list[str] = []
        for one in assignments:
            column = self._target(table, one.column)
            if column is None:
                unknown.append(str(getattr(one.column, "key", one.column)))
            else:
                found[column] = one.value
        for key in self.column_keys or ():
            column = table.c.get(key)
            if column is None:
                if key not in self._bind_names():
                    self._unused(table, key)
            elif column not in found or not isinstance(found[column], ValueBind):
                found.setdefault(column, self._parameter(column))
            else:
                found[column] = self._parameter(column)
        if unknown:
            hint = suggestion(unknown[0], table.c.keys())
            raise CompileError(f"Unconsumed column names: {', '.join(unknown)}{hint}")
        if self.column_keys is None and not assignments and not statement._values_given:
            found = {column: self._parameter(column) for column in table.c}
        self._writing = (statement, found)
        return found

    def visit_dml_target_copy(self, node: Any, **kw: Any) -> str:
        """Render what the statement writes into another column."""
        if self._writing is None:
            raise CompileError("from_dml_column() stands for a value of the INSERT or UPDATE it is in; there is none around it")
        statement, given = self._writing
        column = self._target(statement.table, node.column)
        if column in given:
            value = given[column]
            self._writing = (statement, {key: one for key, one in given.items() if key is not column})
            text = self._value(column, value, **kw)
            self._writing = (statement, given)
            return text
        if statement.is_update:
            return self.visit_column(column, **kw)
        text_or_none = self._insert_default(column)
        if text_or_none is None:
            raise CompileError(f"from_dml_column({column.name!r}): the INSERT writes no such column, and it has no default that is known here")
        return text_or_none

    def _unused(self, table: Any, key: str) -> None:
        """Say that a parameter names nothing; it is left out, as programs written for SQLAlchemy expect."""
        hint = suggestion(key, table.c.keys())
        warnings.warn(f"the parameter {key!r} names no column of {table.description!r} and is not used{hint}", AmboWarning, stacklevel=2)

    def _bind_names(self) -> set[str]:
        return {bind.key for bind in self.key.binds if not bind.unique}

    def _target(self, table: Any, column: Any) -> Any:
        if isinstance(column, str):
            return table.c.get(column)
        if table.c.contains_column(column):
            return column
        if isinstance(column, ColumnClause) and column.table is not None and column.table is not table:
            found = table.corresponding_column(column) if column.table.visit == "table" else None
            return found if found is not None else column
        return table.c.get(column.key)

    def _parameter(self, column: Any, required: bool = True) -> ValueBind:
        return ValueBind(str(column.key), None, column.type, unique=True, required=required)

    def _written_order(self, table: Any, given: dict[Any, Any]) -> list[Any]:
        """Return the columns written, in the table's order, those of other tables last."""
        own = [column for column in table.c if column in given]
        return own + [column for column in given if column not in own]

    def _value(self, column: Any, value: Any, **kw: Any) -> str:
        if isinstance(value, BindParameter):
            text = self.process(value, **kw)
            if isinstance(value, ValueBind) and id(value) in self._slot_of:
                self.column_slots.setdefault(str(column.key), self.slots[self._slot_of[id(value)]].name)
            return text
        return self.grouped(value, **kw)

    def _computed_before(self, column: Any, default: Any, row: int = 0) -> str:
        """Render a parameter that Python computes before the row is written."""
        bind = self._parameter(column, required=False)
        if self._writing is not None:
            self._writing[1][column] = bind
        text = self.process(bind)
        name = self.slots[self._slot_of[id(bind)]].name
        self.prefetch.append(Prefetch(column, default, name, row))
        self.column_slots.setdefault(str(column.key), name)
        return text

    # -- INSERT

    def _begin_write(self, statement: Any, kw: dict[str, Any]) -> bool:
        """Forget what only a statement around this one means; return whether its RETURNING columns are those of the result."""
        for name in ("asfrom", "include_table", "hints", "bare_values"):
            kw.pop(name, None)
        collects, self._collects = self._collects, False
        for cte in statement._independent_ctes:
            self.process(cte, asfrom=True)
        return collects

    def _end_write(self, statement: Any, collects: bool, **kw: Any) -> str:
        """Render what UPDATE and DELETE end with."""
        text = f" WHERE {self.conditions(statement._where, **kw)}" if statement._where else ""
        text += self.update_limit_text(statement, **kw) + self.extensions(statement._post_criteria, **kw)
        text += self._returning_of(statement, statement.table, collects, **kw)
        self.frames.pop()
        return text

    def visit_insert(self, statement: Any, **kw: Any) -> str:
        """Render an INSERT."""
        collects = self._begin_write(statement, kw)
        table = statement.table
        if table.visit != "table":
            raise CompileError(f"INSERT needs a table, not {table.description!r}")
        self._is_inline = statement._inline
        head = f"INSERT {self._prefixes(statement._prefixes)}INTO {self.table_name(table)}{self.insert_hint(statement)}"
        body = self._insert_body(statement, table, **kw)
        text = head + body
        for clause in statement._post_values:
            text += f" {self.process(clause, insert=statement, **kw)}"
        return text + self._returning_of(statement, table, collects, **kw)

    def insert_hint(self, statement: Any) -> str:
        """Return what stands behind the table's name."""
        return self.hint_for(statement.table, statement._hints)

    def _insert_body(self, statement: Any, table: Any, **kw: Any) -> str:
        if statement._select is not None:
            return self._insert_from_select(statement, table, **kw)
        if statement._multi_values:
            return self._insert_rows(statement, table, **kw)
        given = self._given(statement, statement._values)
        columns, values = self._insert_columns(table, given, **kw)
        if not columns:
            if not self.features.empty_insert:
                return " () VALUES ()"
            return f" {self.insert_default_words}"
        return f" ({', '.join([self.quoted(one.name) for one in columns])}) VALUES ({', '.join(values)})"

    def _insert_columns(self, table: Any, given: dict[Any, Any], **kw: Any) -> tuple[list[Any], list[str]]:
        columns: list[Any] = []
        values: list[str] = []
        for column in table.c:
            if column in given:
                text: str | None = self._value(column, given[column], **kw)
            else:
                text = self._insert_default(column)
            if text is not None:
                columns.append(column)
                values.append(text)
            self._note_key(table, column, text is not None)
        return columns, values

    def _insert_default(self, column: Any, row: int = 0) -> str | None:
        """Render the default of a column that was given no value; None leaves it to the database."""
        default = getattr(column, "default", None)
        if default is None:
            if getattr(column, "server_default", None) is not None and not column.primary_key:
                self.postfetch.append(column)
            return None
        if getattr(default, "is_sequence", False):
            if not self.features.sequences or (default.optional and self.features.optional_sequences):
                return None
            if not column.primary_key:
                self.postfetch.append(column)
            return self.visit_sequence(default)
        if getattr(default, "is_sentinel", False):
            return None
        if default.is_clause_element:
            if not column.primary_key:
                self.postfetch.append(column)
            return self.grouped(default.arg)
        if self._is_nested_write:
            return self.process(self._default_bind(column, default))
        return self._computed_before(column, default, row)

    def _default_bind(self, column: Any, default: Any) -> ValueBind:
        call = (lambda: default.arg(None)) if default.is_callable else None
        return ValueBind(str(column.key), None if call else default.arg, column.type, unique=True, callable_=call)

    def _note_key(self, table: Any, column: Any, is_written: bool) -> None:
        """Remember where the value of a primary key column will be known from."""
        if not column.primary_key:
            return
        key = str(column.key)
        if key in self.column_slots:
            self.primary_key.append(("given", self.column_slots[key]))
        elif is_written or column is not getattr(table, "_autoincrement_column", None):
            self.primary_key.append(("made", column))
        else:
            self.primary_key.append(("lastrowid" if self.features.lastrowid else "made", column))

    def _insert_rows(self, statement: Any, table: Any, **kw: Any) -> str:
        if not self.features.multi_values:
            raise self.cannot("INSERT with several rows of VALUES", "execute it with a list of parameters")
        rows = [self._given(statement, row.assignments) for row in statement._multi_values]
        every = {column for row in rows for column in row}
        for row in rows:
            row.update({column: self._absent(column) for column in every - set(row) if getattr(column, "default", None) is None})
        columns: list[Any] = []
        texts: list[str] = []
        for number, row in enumerate(rows):
            self._row_suffix = f"_m{number}"
            self._writing = (statement, row)
            names, values = self._row_values(table, row, number, **kw)
            columns = names
            texts.append(f"({', '.join(values)})")
        self._row_suffix = ""
        return f" ({', '.join([self.quoted(one.name) for one in columns])}) VALUES {', '.join(texts)}"

    def _absent(self, column: Any) -> Any:
        """Return what stands for a column that other rows of the same INSERT have a value for."""
        made_by_database = getattr(column, "server_default", None) is not None or column.primary_key
        if made_by_database and self.features.default_in_values:
            return ColumnClause("DEFAULT", is_literal=True)
        if made_by_database and not column.primary_key:
            raise CompileError(
                f"Can't mix rows with and without {column.name!r} in one INSERT: its default is the database's, and "
                f"{self.dialect.name} has no DEFAULT among values; execute the INSERT with a list of parameters"
            )
        return NULL

    def _row_values(self, table: Any, row: dict[Any, Any], number: int, **kw: Any) -> tuple[list[Any], list[str]]:
        columns: list[Any] = []
        values: list[str] = []
        for column in table.c:
            text = self._value(column, row[column], **kw) if column in row else self._insert_default(column, number)
            if text is not None:
                columns.append(column)
                values.append(text)
        return columns, values

    def _insert_from_select(self, statement: Any, table: Any, **kw: Any) -> str:
        select = statement._select
        columns = [self._resolved(table, one) for one in statement._select_names]
        extra: list[Any] = []
        if statement.include_insert_from_select_defaults and select.visit == "select":
            for column in table.c:
                found = self._select_default(column) if column not in columns else None
                if found is not None:
                    columns.append(column)
                    extra.append(found)
        if extra:
            select = select.add_columns(*extra)
        return f" ({', '.join([self.quoted(one.name) for one in columns])}) {self.process(select, **kw)}"

    def _select_default(self, column: Any) -> Any:
        """Return what stands for a column's default in INSERT ... SELECT, None if the database fills it in."""
        default = getattr(column, "default", None)
        if default is None or getattr(default, "is_sentinel", False):
            return None
        if getattr(default, "is_sequence", False):
            return default.next_value() if self.features.sequences and not default.optional else None
        return default.arg if default.is_clause_element else self._default_bind(column, default)

    def _resolved(self, table: Any, column: Any) -> Any:
        found = self._target(table, column)
        if found is None:
            key = str(getattr(column, "key", column))
            raise CompileError(f"Unconsumed column names: {key}{suggestion(key, table.c.keys())}")
        return found

    # -- RETURNING

    def _returning_of(self, statement: Any, table: Any, collects: bool, **kw: Any) -> str:
        if statement._returning:
            self._require_returning(statement)
            return self._returning_text(statement._outputs, collects, **kw)
        if not self.wants_keys or not collects or not statement.is_insert or not self.features.insert_returning:
            return ""
        wanted = self._implicit_returning(statement, table)
        if not wanted:
            return ""
        self.returning_defaults = wanted
        self.postfetch = [one for one in self.postfetch if one not in wanted]
        return self._returning_text(name_columns(wanted, LABEL_STYLE_DISAMBIGUATE_ONLY), True, **kw)

    def _implicit_returning(self, statement: Any, table: Any) -> list[Any]:
        if statement._inline or statement._select is not None or statement._multi_values or not table.implicit_returning:
            return []
        if self.for_many and not statement._return_defaults:
            return []
        made = [column for how, column in self.primary_key if how == "made"]
        if statement._return_defaults:
            made = [column for how, column in self.primary_key if how != "given"]
            wanted = statement._return_defaults_columns or self.postfetch
            made += [one for one in wanted if one in self.postfetch and one not in made]
        return made

    def _require_returning(self, statement: Any) -> None:
        has = {
            "insert": self.features.insert_returning,
            "update": self.features.update_returning,
            "delete": self.features.delete_returning,
        }[statement.visit]
        if not has:
            raise self.cannot(f"{statement.visit.upper()} ... RETURNING", "select the rows in a statement of their own")

    def _returning_text(self, outputs: Sequence[Any], collects: bool, **kw: Any) -> str:
        inner = kw if self.returns_with_table else {**kw, "include_table": False}
        return f" RETURNING {self._column_list(outputs, False, collects, **inner)}"

    # -- UPDATE

    def visit_update(self, statement: Any, **kw: Any) -> str:
        """Render an UPDATE."""
        collects = self._begin_write(statement, kw)
        table = statement.table
        own = self._given(statement, statement._values)
        extra = self._extra_sources(table, [*statement._where, *own.values()])
        self.frames.append(Frame([table, *extra], self.frame, ()))
        text = f"UPDATE {self._prefixes(statement._prefixes)}{self.update_target(table, extra, **kw)} SET "
        text += ", ".join(self._set_items(statement, table, own, extra, **kw))
        text += self.update_from_text(table, extra, **kw)
        return text + self._end_write(statement, collects, **kw)

    def _extra_sources(self, table: Any, nodes: Sequence[Any]) -> list[Any]:
        own = {id(one) for one in table._sources_below()}
        return [one for one in froms_of_all(nodes) if id(one) not in own]

    def _set_items(self, statement: Any, table: Any, given: dict[Any, Any], extra: Sequence[Any], **kw: Any) -> list[str]:
        columns = list(given) if statement._preserve_order else self._written_order(table, given)
        items = [f"{self.set_target(one, table, extra)}={self._value(one, given[one], **kw)}" for one in columns]
        for column in [] if self._is_shown_only(statement) else table.c:
            if column not in given:
                text = self._update_default(column)
                if text is not None:
                    items.append(f"{self.set_target(column, table, extra)}={text}")
        if not items:
            raise CompileError(f"UPDATE of {table.description!r} sets nothing; give it values(name=...)")
        return items

    def _is_shown_only(self, statement: Any) -> bool:
        return self.column_keys is None and not statement._values

    def set_target(self, column: Any, table: Any, extra: Sequence[Any]) -> str:
        """Return the name of a column that is set."""
        return self.quoted(column.name)

    def _update_default(self, column: Any) -> str | None:
        default = getattr(column, "onupdate", None)
        if default is None:
            if getattr(column, "server_onupdate", None) is not None:
                self.postfetch.append(column)
            return None
        if getattr(default, "is_sequence", False):
            self.postfetch.append(column)
            return self.visit_sequence(default)
        if default.is_clause_element:
            self.postfetch.append(column)
            return self.grouped(default.arg)
        if self._is_nested_write:
            return self.process(self._default_bind(column, default))
        return self._computed_before(column, default)

    def update_target(self, table: Any, extra: Sequence[Any], **kw: Any) -> str:
        """Render what UPDATE names."""
        if isinstance(table, Join):
            raise self.cannot("UPDATE of a join", "name the other table in a condition")
        return self.process(table, asfrom=True, **kw)

    def update_from_text(self, table: Any, extra: Sequence[Any], **kw: Any) -> str:
        """Render the FROM of an UPDATE that other tables take part in."""
        if not extra:
            return ""
        if not self.features.update_from:
            raise self.cannot("UPDATE ... FROM", "use a subquery in the condition")
        return f" FROM {', '.join([self.process(one, asfrom=True, **kw) for one in extra])}"

    def update_limit_text(self, statement: Any, **kw: Any) -> str:
        """Render LIMIT for databases whose UPDATE and DELETE have it."""
        return ""

    # -- DELETE

    def visit_delete(self, statement: Any, **kw: Any) -> str:
        """Render a DELETE."""
        collects = self._begin_write(statement, kw)
        table = statement.table
        extra = self._extra_sources(table, statement._where)
        self.frames.append(Frame([table, *extra], self.frame, ()))
        text = f"DELETE {self._prefixes(statement._prefixes)}{self.delete_target(table, extra, **kw)}"
        return text + self._end_write(statement, collects, **kw)

    def delete_target(self, table: Any, extra: Sequence[Any], **kw: Any) -> str:
        """Render what DELETE names."""
        text = f"FROM {self.process(table, asfrom=True, **kw)}"
        if not extra:
            return text
        if not self.features.delete_using:
            raise self.cannot("DELETE ... USING", "use a subquery in the condition")
        return f"{text}{self.delete_using_word}{', '.join([self.process(one, asfrom=True, **kw) for one in extra])}"

    delete_using_word = " USING "

    # -- what the databases add to INSERT

    def visit_on_conflict(self, clause: Any, insert: Any = None, **kw: Any) -> str:
        """Render ON CONFLICT."""
        if not self.features.insert_on_conflict:
            raise self.cannot("ON CONFLICT", "use the insert() of its own dialect module" if self.features.on_duplicate_key else "")
        text = "ON CONFLICT"
        if clause.constraint is not None:
            text += f" ON CONSTRAINT {self.quoted(clause.constraint)}"
        elif clause.index_elements:
            text += f" ({', '.join([self._conflict_element(one) for one in clause.index_elements])})"
            if clause.index_where is not None:
                text += f" WHERE {self.process(clause.index_where, include_table=False, literal_binds=True)}"
        if not clause.updates:
            return f"{text} DO NOTHING"
        text += f" DO UPDATE SET {self._conflict_assignments(clause, insert, **kw)}"
        if clause.where is not None:
            text += f" WHERE {self.process(clause.where, **kw)}"
        return text

    def _conflict_element(self, one: Any) -> str:
        return self.quoted(one) if isinstance(one, str) else self.process(one, include_table=False)

    def _conflict_assignments(self, clause: Any, insert: Any, **kw: Any) -> str:
        table = insert.table
        texts = []
        for one in clause.assignments:
            column = self._target(table, one.column)
            name = self.quoted(one.column if column is None else column.name)
            texts.append(f"{name} = {self.grouped(one.value, **kw)}")
        return ", ".join(texts)

    def visit_on_duplicate_key(self, clause: Any, insert: Any = None, **kw: Any) -> str:
        """Render ON DUPLICATE KEY UPDATE."""
        if not self.features.on_duplicate_key:
            raise self.cannot("ON DUPLICATE KEY UPDATE", "use on_conflict_do_update() of its own insert()")
        return f"ON DUPLICATE KEY UPDATE {self._conflict_assignments(clause, insert, **kw)}"
