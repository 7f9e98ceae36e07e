"""What the columns of a SELECT are called: in its SQL, in its result, and as columns of a subquery.

A name is either fixed or made up. Made-up ones (`count_1`, `anon_2`) are chosen when SQL is rendered; here they are
`AnonymousName` objects, one for each place that needs one, kept by the SELECT.

Rules, for the usual style (DISAMBIGUATE_ONLY): a column keeps its name; another column of the same name gets a made-up one
(`id_1`); the same column again gets `id__1`; expressions get `anon_1`, functions `count_1`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from typing import Any

from ambo.statements.expressions import ColumnElement, Label
from ambo.statements.logic import UnaryExpression
from ambo.statements.named_columns import ColumnClause
from ambo.statements.nodes import ClauseList


class SelectLabelStyle(Enum):
    """How a SELECT names its columns."""

    LABEL_STYLE_NONE = 0
    LABEL_STYLE_TABLENAME_PLUS_COL = 1
    LABEL_STYLE_DISAMBIGUATE_ONLY = 2
    LABEL_STYLE_LEGACY_ORM = 3

    def __repr__(self) -> str:
        return self.name


LABEL_STYLE_NONE = SelectLabelStyle.LABEL_STYLE_NONE
LABEL_STYLE_TABLENAME_PLUS_COL = SelectLabelStyle.LABEL_STYLE_TABLENAME_PLUS_COL
LABEL_STYLE_DISAMBIGUATE_ONLY = SelectLabelStyle.LABEL_STYLE_DISAMBIGUATE_ONLY
LABEL_STYLE_DEFAULT = LABEL_STYLE_DISAMBIGUATE_ONLY
LABEL_STYLE_LEGACY_ORM = SelectLabelStyle.LABEL_STYLE_LEGACY_ORM


class AnonymousName:
    """A name still to be made up: `base`, an underscore, a number."""

    __slots__ = ("base",)

    def __init__(self, base: str) -> None:
        self.base = base

    def __repr__(self) -> str:
        return f"AnonymousName({self.base!r})"


class PrefixedName(AnonymousName):
    """The name `alias_column` for a column of an alias whose own name is still to be made up."""

    __slots__ = ("source",)

    def __init__(self, source: Any, base: str) -> None:
        super().__init__(base)
        self.source = source


class OutputColumn:
    """One column of a SELECT: the expression, its name (None: it has none of its own), its key in a subquery's `.c`.

    `shown` says when `AS name` is written: always, never, or only inside a subquery.
    """

    __slots__ = ("column", "key", "name", "shown")

    def __init__(self, column: Any, name: str | AnonymousName | None, key: str, shown: str) -> None:
        self.column = column
        self.name = name
        self.key = key
        self.shown = shown

    def __repr__(self) -> str:
        return f"OutputColumn({self.name!r}, key={self.key!r}, shown={self.shown!r})"


def expand_columns(items: Sequence[Any]) -> Iterator[Any]:
    """Yield the columns that the items of a SELECT list stand for: those of a table for the table."""
    for item in items:
        if isinstance(item, ColumnElement):
            yield item
        elif isinstance(item, ClauseList):
            yield from expand_columns(item.clauses)
        elif getattr(item, "is_from", False):
            yield from item.c.values()
        else:
            yield item


def plain_name_of(column: Any) -> str | None:
    """Return the name a column has by itself: its own, its label's, that of the one column a CAST wraps."""
    while getattr(column, "wrapped_column_expression", None) is not None:
        column = column.wrapped_column_expression
    if isinstance(column, Label) or (isinstance(column, ColumnElement) and not column.is_literal):
        found = column._result_name
        return str(found) if found is not None else None
    return None


def base_of(column: Any) -> Any:
    """Return the column beneath casts: two items of the same one are repetitions of it."""
    while getattr(column, "wrapped_column_expression", None) is not None:
        column = column.wrapped_column_expression
    return column


class _Namer:
    """Names the columns of one SELECT, in order."""

    made_up: dict[int, AnonymousName]

    def __init__(self, style: SelectLabelStyle) -> None:
        self.style = style
        self.taken: dict[str, Any] = {}
        self.keys: dict[str, int] = {}
        self.made_up: dict[int, AnonymousName] = {}
        self.repeats: dict[str, int] = {}

    def name(self, column: Any) -> OutputColumn:
        if isinstance(column, Label):
            return self._label(column)
        if not isinstance(column, ColumnElement):
            return OutputColumn(column, None, self._key("_no_label"), "never")
        if column.is_literal:
            return OutputColumn(column, None, self._key(str(column.name)), "never")
        plain = plain_name_of(column)
        if plain is not None:
            return self._named(column, plain)
        base = column._anonymous_base
        shown = "subquery" if isinstance(column, UnaryExpression) and not column._shows_label else "always"
        if self.style is LABEL_STYLE_NONE:
            shown = "subquery"
        return OutputColumn(column, AnonymousName(base), self._key("_no_label" if base == "anon" else base), shown)

    def _label(self, column: Label[Any]) -> OutputColumn:
        if column.name is None:
            base = column._anonymous_base
            return OutputColumn(column, AnonymousName(base), self._key("_no_label" if base == "anon" else base), "always")
        self.taken.setdefault(column.name, column)
        return OutputColumn(column, column.name, self._key(column.name), "always")

    def _named(self, column: Any, plain: str) -> OutputColumn:
        name, key = plain, str(column.key or plain)
        wraps = base_of(column) is not column
        shown = "always" if wraps else "subquery"
        if self.style is LABEL_STYLE_NONE:
            return OutputColumn(column, plain, self._key(key), "subquery")
        if self.style is LABEL_STYLE_TABLENAME_PLUS_COL and not wraps:
            prefix = table_prefix(column)
            if prefix:
                name, key, shown = f"{prefix}_{plain}", f"{prefix}_{key}", "always"
            elif (source := unnamed_source(column)) is not None and id(column) not in self.made_up:
                prefixed = self.made_up[id(column)] = PrefixedName(source, plain)
                return OutputColumn(column, prefixed, self._key(f"{source._made_up_name}_1_{key}"), "always")
        first = self.taken.setdefault(name, column)
        if first is column and name not in self.keys:
            self.keys.setdefault(name, 0)
            return OutputColumn(column, name, self._key(key), shown)
        if base_of(first) is base_of(column):
            if getattr(column, "table", None) is None and not wraps:
                return OutputColumn(column, name, self._key(key), "subquery")
            return self._repeated(column, name, key)
        known = self.made_up.get(id(column))
        if known is not None:
            return self._repeated(column, name, key)
        known = self.made_up[id(column)] = AnonymousName(name)
        return OutputColumn(column, known, self._key(key), "always")

    def _repeated(self, column: Any, name: str, key: str) -> OutputColumn:
        number = self.repeats[name] = self.repeats.get(name, 0) + 1
        return OutputColumn(column, f"{name}__{number}", self._key(key), "always")

    def _key(self, wanted: str) -> str:
        """Return the key, with `_1`, `_2`, … if it is taken."""
        slot = f"key {wanted}"
        if slot not in self.keys:
            self.keys[slot] = 0
            return wanted
        while True:
            self.keys[slot] += 1
            candidate = f"{wanted}_{self.keys[slot]}"
            if f"key {candidate}" not in self.keys:
                self.keys[f"key {candidate}"] = 0
                return candidate


def table_prefix(column: Any) -> str | None:
    """Return the name of a column's table as it stands in `table_column` labels."""
    table: Any = getattr(column, "table", None)
    if getattr(table, "is_entity", False):
        if table.alias is None:
            return table_prefix(column._expression)
        return table.alias if isinstance(table.alias, str) else None
    if table is None or not getattr(table, "named_with_column", False):
        return None
    name = getattr(table, "name", None)
    schema = getattr(table, "schema", None)
    if name is None:
        return None
    return f"{schema}_{name}".replace(".", "_") if isinstance(schema, str) else str(name)


def unnamed_source(column: Any) -> Any:
    """Return the source of a column if its name is still to be made up."""
    table = getattr(column, "table", None)
    return table if table is not None and hasattr(table, "_made_up_name") and table.name is None else None


def name_columns(items: Sequence[Any], style: SelectLabelStyle) -> tuple[OutputColumn, ...]:
    """Return the output columns of a SELECT list."""
    namer = _Namer(style)
    return tuple([namer.name(column) for column in expand_columns(items)])


def named_pairs(outputs: Iterable[OutputColumn]) -> Iterator[tuple[str, str, Any, bool]]:
    """Yield key, name, column, and whether the name is made up, for the columns of a subquery."""
    for one in outputs:
        made_up = isinstance(one.name, AnonymousName)
        yield one.key, (one.key if made_up or one.name is None else str(one.name)), one.column, made_up


__all__ = [
    "LABEL_STYLE_DEFAULT",
    "LABEL_STYLE_DISAMBIGUATE_ONLY",
    "LABEL_STYLE_LEGACY_ORM",
    "LABEL_STYLE_NONE",
    "LABEL_STYLE_TABLENAME_PLUS_COL",
    "AnonymousName",
    "ColumnClause",
    "OutputColumn",
    "SelectLabelStyle",
    "expand_columns",
    "name_columns",
]
