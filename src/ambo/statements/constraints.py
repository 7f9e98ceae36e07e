"""Constraints of a table: primary key, unique, check, and what they share; foreign keys stand in `foreign_keys.py`.

A constraint over columns is given their names or the columns themselves. Names are looked up when the constraint joins
its table; one made of columns joins by itself as soon as all of them are in the same table.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from itertools import count
from typing import Any, ClassVar

from ambo.errors import AmboWarning, ArgumentError, ConstraintColumnNotFoundError, suggestion
from ambo.statements.columns import ColumnCollection
from ambo.statements.ddl import CheckFirst
from ambo.statements.elements import text
from ambo.statements.names import NO_NAME, quoted_name
from ambo.statements.naming import conventional_name
from ambo.statements.nodes import ClauseElement
from ambo.statements.schema_columns import Column, columns_in, schema_element
from ambo.statements.schema_items import HasDialectOptions, SchemaItem, verbs_of

_order = count()


class Constraint(HasDialectOptions, SchemaItem):
    """The base of all constraints: `name`, `table`, and whether it is checked at the end of the transaction."""

    __visit_name__ = "constraint"
    _naming_kind: ClassVar[str | None] = None
    parent: Any = None
    _type_bound = False
    _create_rule: Any = None

    def __init__(
        self,
        name: Any = None,
        deferrable: bool | None = None,
        initially: str | None = None,
        info: dict[Any, Any] | None = None,
        comment: str | None = None,
        _create_rule: Any = None,
        _type_bound: bool = False,
        **dialect_kw: Any,
    ) -> None:
        self._order = next(_order)
        self.name = name
        self.deferrable = deferrable
        self.initially = initially
        self.comment = comment
        self._create_rule = _create_rule
        self._type_bound = _type_bound
        if info is not None:
            self.info = info
        self._take_options(dialect_kw)

    @property
    def table(self) -> Any:
        """The table.

        Raises InvalidRequestError if the constraint is in none.
        """
        found = self.parent.table if isinstance(self.parent, Column) else self.parent
        if found is None:
            raise ArgumentError(f"this {type(self).__name__} is not part of a table; append it to one")
        return found

    def _set_parent(self, parent: Any, **kw: Any) -> None:
        if isinstance(parent, Column):
            self._set_column(parent)
            return
        self.parent = parent
        self.name = conventional_name(self, parent, self.name)
        parent.constraints.add(self)

    def _set_column(self, column: Any) -> None:
        """Stay with a column, and be written behind it; a constraint given inside Column(...)."""
        self.parent = column
        column.constraints.add(self)
        column._when_in_table(self._take_name)

    def _take_name(self, column: Any, table: Any) -> None:
        self.name = conventional_name(self, table, self.name)

    def _options(self) -> dict[str, Any]:
        return {
            "name": self.name, "deferrable": self.deferrable, "initially": self.initially, "comment": self.comment, **self.dialect_kwargs,
        }  # fmt: skip

    def _copy(self, **kw: Any) -> Any:
        raise NotImplementedError


class ColumnCollectionMixin:
    """What is made of columns of one table: it joins the table of columns it was given."""

    __visit_name__: str
    columns: ColumnCollection[Any]
    _given: list[Any]

    def _take_columns(self, given: tuple[Any, ...], autoattach: bool) -> None:
        self._given = [schema_element(one) for one in given]
        self.columns = ColumnCollection()
        columns = [one for one in self._given if isinstance(one, Column)]
        if autoattach and columns and all(isinstance(one, Column) or self._is_in_table_of(columns, one) for one in self._given):
            self._attach_to_table_of(columns)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join([repr(one) for one in self.columns.values()])})"

    def _is_in_table_of(self, columns: list[Any], name: Any) -> bool:
        """Tell whether a name is that of a column which the given columns' table already has."""
        table = columns[0].table
        return isinstance(name, str) and table is not None and name in table.c

    def _attach_to_table_of(self, columns: list[Any]) -> None:
        """Join the columns' table, now or when the last of them has joined one."""

        def try_now(*_: Any) -> None:
            if self._parent_table() is None and all(one.table is not None for one in columns):
                if self.__visit_name__ == "check_constraint" and len({one.table for one in columns}) > 1:
                    return  # an expression over two tables is no table's
                self._check_one_source(columns)
                self._attach(columns[0].table)  # type: ignore[attr-defined]  # always mixed into a SchemaItem

        if all(one.table is not None for one in columns):
            try_now()
            return
        for one in columns:
            one._when_in_table(try_now)

    def _check_one_source(self, columns: list[Any]) -> None:
        names = {str(one.table.description) for one in columns}
        if len(names) > 1:
            raise ArgumentError(f"columns of a {type(self).__name__} must belong to one table, not to {', '.join(sorted(names))}")

    def _parent_table(self) -> Any:
        return getattr(self, "parent", None)

    def _resolve_columns(self, table: Any) -> None:
        for one in self._given:
            column = self._find(one, table)
            self.columns._add(column.key, column)

    def _find(self, given: Any, table: Any) -> Any:
        if isinstance(given, str):
            found = table.c.get(given)
            if found is None:
                name = getattr(self, "name", None)
                raise ConstraintColumnNotFoundError(
                    f"can't create {type(self).__name__}{f' {name!r}' if name else ''} on table {table.description!r}: "
                    f"no column named {given!r} is present{suggestion(given, table.c.keys())}"
                )
            return found
        if isinstance(given, Column) and given.table is not None and given.table is not table:
            return table.c.get(given.key, given)
        return getattr(given, "expression", given) if not isinstance(given, Column) else given

    def __iter__(self) -> Iterator[Any]:
        return iter(self.columns)

    def __len__(self) -> int:
        return len(self.columns)

    def __contains__(self, one: Any) -> bool:
        return self.columns.contains_column(one) if isinstance(one, Column) else one in self.columns

    @property
    def c(self) -> ColumnCollection[Any]:
        """The columns."""
        return self.columns


class ColumnCollectionConstraint(ColumnCollectionMixin, Constraint):
    """A constraint over columns."""

    def __init__(self, *columns: Any, _autoattach: bool = True, **options: Any) -> None:
        Constraint.__init__(self, **options)
        self._take_columns(columns, _autoattach)

    def _set_parent(self, parent: Any, **kw: Any) -> None:
        if isinstance(parent, Column):
            raise ArgumentError(f"a {type(self).__name__} belongs to a table, not to column {parent.name!r}")
        if self.parent is parent:
            return
        self.columns = ColumnCollection()
        self._resolve_columns(parent)
        super()._set_parent(parent)

    def contains_column(self, col: Any) -> bool:
        """Tell whether the column is one of this constraint's."""
        return self.columns.contains_column(col)

    def _column_names(self) -> list[Any]:
        return self.columns.keys() if self.columns else [one if isinstance(one, str) else one.key for one in self._given]

    def _copy(self, *, target_table: Any = None, **kw: Any) -> Any:
        copied = type(self)(*self._column_names(), _autoattach=False, **self._options())
        return self._schema_item_copy(copied)

    def copy(self, **kw: Any) -> Any:
        """Return a free constraint like this one, over columns of the same names."""
        return self._copy(**kw)


class UniqueConstraint(ColumnCollectionConstraint):
    """UNIQUE: `UniqueConstraint("a", "b", name="uq_ab")`."""

    __visit_name__ = "unique_constraint"
    _naming_kind = "uq"
    _column_flag = False


class PrimaryKeyConstraint(ColumnCollectionConstraint):
    """PRIMARY KEY; every table has one, perhaps empty. `columns` marked `primary_key=True` join it."""

    __visit_name__ = "primary_key_constraint"
    _naming_kind = "pk"

    def __init__(self, *columns: Any, name: Any = None, _implicit_generated: bool = False, **options: Any) -> None:
        self._implicit_generated = _implicit_generated
        self._given_name = name
        super().__init__(*columns, name=name, **options)

    def _set_parent(self, parent: Any, **kw: Any) -> None:
        if self.parent is parent:
            return
        if parent.primary_key is not self:
            parent.constraints.discard(parent.primary_key)
        parent.primary_key = self
        marked = [one for one in parent.c if one.primary_key]
        if not self._given:
            self._given = list(marked)
        super()._set_parent(parent)
        if marked and {id(one) for one in marked} != {id(one) for one in self.columns}:
            names, own = (", ".join(repr(str(one.name)) for one in columns) for columns in (marked, self.columns))
            warnings.warn(
                f"Table {parent.name!r} specifies columns {names} as primary_key=True, not matching the columns of its PrimaryKeyConstraint, "
                f"{own}; those of the constraint are used",
                AmboWarning,
                stacklevel=5,
            )
            for column in marked:
                column.primary_key = False
        for column in self.columns:
            column.primary_key = True
            if column._nullable_unset:
                column.nullable = False

    def _replace(self, column: Any) -> None:
        """Put a column in the place of the one that has its key, or add it."""
        self.columns._replace(column.key, column)
        self.name = conventional_name(self, self.parent, self._given_name)

    def _reload(self, columns: list[Any]) -> None:
        """Make these the key's columns, after reflection."""
        for column in columns:
            column.primary_key = True
            column.nullable = False
        self.columns = ColumnCollection((one.key, one) for one in columns)
        self.name = conventional_name(self, self.parent, self._given_name)

    @property
    def columns_autoinc_first(self) -> list[Any]:
        """The columns, the autoincrementing one first."""
        first = self._autoincrement_column
        return [*([first] if first is not None else []), *[one for one in self.columns if one is not first]]

    @property
    def _autoincrement_column(self) -> Any:
        """The column that the database numbers by itself, or None.

        Raises ArgumentError if a column that cannot be so numbered is declared `autoincrement=True`.
        """
        explicit = [one for one in self.columns if one.autoincrement is True or one.identity is not None]
        if len(explicit) > 1:
            raise ArgumentError(f"table {self.parent.name!r} has more than one autoincrement column; only one may be: {[c.name for c in explicit]}")
        if explicit:
            return explicit[0] if self._can_autoincrement(explicit[0], explain=True) else None
        if len(self.columns) == 1:
            only = self.columns[0]
            if only.autoincrement in ("auto", "ignore_fk") and self._can_autoincrement(only):
                return only
        marked = [one for one in self.columns if one.autoincrement == "ignore_fk" and self._can_autoincrement(one)]
        return marked[0] if len(marked) == 1 else None

    def _can_autoincrement(self, column: Any, explain: bool = False) -> bool:
        type_ = column.type._plain
        numeric = getattr(type_, "scale", None) in (None, 0) and hasattr(type_, "scale")
        if type_._affinity.__name__ != "Integer" and not (explain and type_._affinity.__name__ == "Numeric" and numeric):
            if explain:
                raise ArgumentError(
                    f"column {column.table.name}.{column.name} has the type {column.type!r}, which cannot be numbered by the database; "
                    "autoincrement=True takes an Integer"
                )
            return False
        if explain:
            return True
        if column.default is not None and not column.default.is_sequence:
            return False
        if column.server_default is not None and not column.server_default.is_identity:
            return False
        return not column.foreign_keys or column.autoincrement == "ignore_fk"


class CheckConstraint(ColumnCollectionMixin, Constraint):
    """CHECK: `CheckConstraint("price > 0", name="positive")`, or an expression such as `column > 0`."""

    __visit_name__ = "check_constraint"
    _naming_kind = "ck"

    def __init__(self, sqltext: Any, name: Any = None, table: Any = None, _autoattach: bool = True, **options: Any) -> None:
        Constraint.__init__(self, name=name, **options)
        self.sqltext = text(sqltext) if isinstance(sqltext, str) else schema_element(sqltext)
        self._take_columns((), False)
        columns = list(columns_in(self.sqltext))
        if table is not None:
            self._attach(table)
        elif _autoattach and columns and len({id(one.table) for one in columns}) == 1:
            self._attach_to_table_of(columns)

    def __repr__(self) -> str:
        return f"CheckConstraint({str(self.sqltext)!r})"

    @property
    def is_column_level(self) -> bool:
        """Whether the constraint was given inside a Column."""
        return isinstance(self.parent, Column)

    def _set_parent(self, parent: Any, **kw: Any) -> None:
        if not isinstance(parent, Column):
            if self.parent is parent:
                return
            self.columns = ColumnCollection()
            for column in columns_in(self.sqltext):
                self.columns._add(column.key, column)
        Constraint._set_parent(self, parent)

    def _copy(self, *, target_table: Any = None, **kw: Any) -> Any:
        sqltext = self.sqltext
        if target_table is not None and self.parent is not None:
            sqltext = moved(sqltext, self.parent, target_table)
        options = {**self._options(), "_create_rule": self._create_rule, "_type_bound": self._type_bound}
        return self._schema_item_copy(CheckConstraint(sqltext, _autoattach=False, **options))

    def copy(self, **kw: Any) -> Any:
        """Return a free constraint like this one."""
        return self._copy(**kw)


def moved(expression: Any, source: Any, target: Any) -> Any:
    """Return an expression about one table's columns as one about another's, by their keys."""
    replaced: dict[int, Any] = {id(one): target.c[one.key] for one in columns_in(expression) if one.table is source and one.key in target.c}
    return _moved(expression, replaced)


def _moved(node: Any, replaced: dict[int, Any]) -> Any:
    if id(node) in replaced:
        return replaced[id(node)]
    if isinstance(node, Column) or not hasattr(node, "_nodes"):
        return node
    changed: dict[str, Any] = {}
    for name in node._nodes:
        value = getattr(node, name)
        new = tuple(_moved(one, replaced) for one in value) if isinstance(value, tuple) else _moved(value, replaced)
        if new != value if isinstance(value, tuple) and all(a is b for a, b in zip(new, value, strict=True)) else new is not value:
            changed[name] = new
    return node._copy(**changed) if changed else node


class Index(ColumnCollectionMixin, HasDialectOptions, SchemaItem):
    """An index: `Index("ix_name", table.c.a, func.lower(table.c.b), unique=True)`.

    Names are looked up in the table that the index is put into; options of a database are such as
    `postgresql_using="gin"`, `postgresql_where=condition`, `sqlite_where=condition`.
    """

    __visit_name__ = "index"
    _naming_kind = "ix"
    table: Any = None

    def __init__(
        self,
        name: Any,
        *expressions: Any,
        unique: bool = False,
        quote: bool | None = None,
        info: dict[Any, Any] | None = None,
        _table: Any = None,
        _column_flag: bool = False,
        **dialect_kw: Any,
    ) -> None:
        self.name = quoted_name.construct(name, quote) if isinstance(name, str) else name
        self.unique = unique
        self._column_flag = _column_flag
        if info is not None:
            self.info = info
        self._take_options(dialect_kw)
        if wrong := [one for one in expressions if not isinstance(one, (str, ClauseElement)) and not hasattr(one, "__clause_element__")]:
            raise ArgumentError(f"an Index takes columns, their names or expressions, not {wrong[0]!r}")
        self.expressions: list[Any] = [schema_element(one) for one in expressions]
        self._given = list(self.expressions)
        self.columns = ColumnCollection()
        columns = [column for one in self.expressions if not isinstance(one, str) for column in columns_in(one)]
        if _table is not None:
            self._attach(_table)
        elif columns:
            self._attach_to_table_of(columns)

    def _parent_table(self) -> Any:
        return self.table

    def _set_parent(self, parent: Any, **kw: Any) -> None:
        if self.table is parent:
            return
        if self.table is not None:
            raise ArgumentError(f"index {self.name!r} is against table {self.table.description!r} and cannot join {parent.description!r}")
        expressions: list[Any] = []
        self.columns = ColumnCollection()
        for one in self._given:
            expression = self._find(one, parent) if isinstance(one, str) else one
            expressions.append(expression)
            for column in columns_in(expression):
                if not self.columns.contains_column(column):
                    self.columns._add(column.key, column)
        self.expressions = expressions
        self.table = parent
        self.name = conventional_name(self, parent, None if self.name is NO_NAME else self.name)
        if self.name is None and parent.metadata is not None:
            raise ArgumentError(f"an index of table {parent.description!r} needs a name, as no naming convention gives it one")
        parent.indexes.add(self)

    def create(self, bind: Any, checkfirst: bool | CheckFirst = False) -> None:
        """Create the index in the database."""
        verbs_of(bind)("create", self, checkfirst=checkfirst)

    def drop(self, bind: Any, checkfirst: bool | CheckFirst = False) -> None:
        """Drop the index from the database."""
        verbs_of(bind)("drop", self, checkfirst=checkfirst)

    def _copy(self, *, target_table: Any = None, **kw: Any) -> Any:
        expressions = [one if isinstance(one, str) else moved(one, self.table, target_table) for one in self.expressions]
        return self._schema_item_copy(Index(self.name, *expressions, unique=self.unique, _table=target_table, **self.dialect_kwargs))

    def __repr__(self) -> str:
        shown = [repr(self.name), *[repr(one) for one in self.expressions], *(["unique=True"] if self.unique else [])]
        return f"Index({', '.join(shown)})"
