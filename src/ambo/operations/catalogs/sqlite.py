"""SQLite's catalog: pragmas, and the text of CREATE TABLE where they are silent (names of constraints, checks).

SQLite keeps that text as it was written; `_Clauses` cuts it into the parts between the outermost commas.
"""

from __future__ import annotations

import re
from typing import Any

from ambo.effects import Op
from ambo.operations.catalogs.base import Catalog, Described, ask
from ambo.operations.channel import Channel
from ambo.statements import types as T

TYPES: dict[str, type[T.TypeEngine[Any]]] = {
    "BIGINT": T.BIGINT, "BLOB": T.BLOB, "BOOL": T.BOOLEAN, "BOOLEAN": T.BOOLEAN, "CHAR": T.CHAR, "DATE": T.DATE, "DATETIME": T.DATETIME,
    "DECIMAL": T.DECIMAL, "DOUBLE": T.DOUBLE, "DOUBLE_PRECISION": T.DOUBLE_PRECISION, "DOUBLE PRECISION": T.DOUBLE_PRECISION, "FLOAT": T.FLOAT,
    "INT": T.INTEGER, "INTEGER": T.INTEGER, "JSON": T.JSON, "NUMERIC": T.NUMERIC, "REAL": T.REAL, "SMALLINT": T.SMALLINT, "TEXT": T.TEXT,
    "TIME": T.TIME, "TIMESTAMP": T.TIMESTAMP, "VARCHAR": T.VARCHAR, "NVARCHAR": T.NVARCHAR, "NCHAR": T.NCHAR,
}  # fmt: skip
_TYPE = re.compile(r"^([\w ]+?)\s*(?:\(([^)]*)\))?\s*$")
_NAME = r'(?:"((?:[^"]|"")*)"|`((?:[^`]|``)*)`|\[([^\]]*)\]|(\w+))'
_CONSTRAINT = re.compile(rf"^\s*CONSTRAINT\s+{_NAME}\s+", re.IGNORECASE)


class SQLiteCatalog(Catalog):
    """See the module's docstring."""

    def default_schema(self, channel: Channel) -> Op[str | None]:
        yield from ()
        return "main"

    def schema_names(self, channel: Channel) -> Op[list[str]]:
        rows = yield from ask(channel, "PRAGMA database_list")
        return [row[1] for row in rows if row[1] != "temp"]

    def _names(self, channel: Channel, schema: str | None, kind: str) -> Op[list[str]]:
        rows = yield from ask(
            channel,
            f"SELECT name FROM {_master(channel, schema)} WHERE type = ? AND name NOT LIKE 'sqlite~_%' ESCAPE '~' ORDER BY name",
            (kind,),
        )
        return [row[0] for row in rows]

    def table_names(self, channel: Channel, schema: str | None) -> Op[list[str]]:
        return self._names(channel, schema, "table")

    def view_names(self, channel: Channel, schema: str | None) -> Op[list[str]]:
        return self._names(channel, schema, "view")

    def temp_table_names(self, channel: Channel) -> Op[list[str]]:
        rows = yield from ask(channel, "SELECT name FROM sqlite_temp_master WHERE type = 'table' ORDER BY name")
        return [row[0] for row in rows]

    def relation_names(self, channel: Channel, schema: str | None) -> Op[set[str]]:
        sql = f"SELECT name FROM {_master(channel, schema)} WHERE type IN ('table', 'view')"
        if schema is None:
            sql += " UNION ALL SELECT name FROM sqlite_temp_master WHERE type IN ('table', 'view')"
        return {row[0] for row in (yield from ask(channel, sql))}

    def index_names(self, channel: Channel, table: str, schema: str | None) -> Op[set[str]]:
        rows = yield from ask(channel, f"SELECT name FROM {_master(channel, schema)} WHERE type = 'index' AND tbl_name = ?", (table,))
        return {row[0] for row in rows}

    def view_definition(self, channel: Channel, name: str, schema: str | None) -> Op[str | None]:
        return self._source(channel, name, schema)

    def _source(self, channel: Channel, name: str, schema: str | None) -> Op[str | None]:
        """Return the CREATE statement of a table or view."""
        masters = [_master(channel, schema)] if schema else ["sqlite_master", "sqlite_temp_master"]
        for master in masters:
            rows = yield from ask(channel, f"SELECT sql FROM {master} WHERE name = ? AND type IN ('table', 'view')", (name,))
            if rows:
                return str(rows[0][0])
        return None

    def _pragma(self, channel: Channel, pragma: str, name: str, schema: str | None) -> Op[list[Any]]:
        quote = channel.dialect.preparer.quote_identifier
        prefix = f"{quote(schema)}." if schema else ""
        return (yield from ask(channel, f"PRAGMA {prefix}{pragma}({quote(name)})"))

    # -- columns and keys

    def columns(self, channel: Channel, table: str, schema: str | None) -> Op[list[Described]]:
        rows = yield from self._pragma(channel, "table_xinfo", table, schema)
        source = ((yield from self._source(channel, table, schema)) or "") if any(row[6] in (2, 3) for row in rows) else ""
        return [self._column(row, source) for row in rows if row[6] != 1]

    def _column(self, row: Any, source: str) -> Described:
        _, name, declared, notnull, default, position, hidden = row
        found: Described = {
            "name": name, "type": type_of(declared), "nullable": not notnull, "default": default, "primary_key": position,
        }  # fmt: skip
        if hidden in (2, 3):
            found["computed"] = {"sqltext": _generated(source, name), "persisted": hidden == 3}
            found["default"] = None
        return found

    def primary_key(self, channel: Channel, table: str, schema: str | None) -> Op[Described]:
        rows = yield from self._pragma(channel, "table_xinfo", table, schema)
        columns = [row[1] for row in sorted((row for row in rows if row[5]), key=lambda row: row[5])]
        clauses = yield from self._clauses(channel, table, schema)
        name = next((one.name for one in clauses if one.starts("PRIMARY KEY")), None)
        return {"constrained_columns": columns, "name": name if columns else None}

    def foreign_keys(self, channel: Channel, table: str, schema: str | None) -> Op[list[Described]]:
        rows = yield from self._pragma(channel, "foreign_key_list", table, schema)
        clauses = yield from self._clauses(channel, table, schema)
        found: dict[int, Described] = {}
        for number, _, referred, own, theirs, on_update, on_delete, _match in rows:
            key = found.get(number)
            if key is None:
                options = {name: value for name, value in (("onupdate", on_update), ("ondelete", on_delete)) if value and value != "NO ACTION"}
                key = found[number] = {
                    "name": None, "constrained_columns": [], "referred_schema": schema, "referred_table": referred, "referred_columns": [],
                    "options": options,
                }  # fmt: skip
            key["constrained_columns"].append(own)
            if theirs is not None:
                key["referred_columns"].append(theirs)
        for key in found.values():
            if not key["referred_columns"]:
                remote = yield from self.primary_key(channel, key["referred_table"], schema)
                key["referred_columns"] = remote["constrained_columns"]
        placed = [(_name_foreign_key(key, clauses), key) for key in found.values()]
        return [key for _, key in sorted(placed, key=lambda pair: pair[0])]

    def _clauses(self, channel: Channel, table: str, schema: str | None) -> Op[list[_Clause]]:
        source = yield from self._source(channel, table, schema)
        return [] if source is None else cut(source)

    # -- constraints and indexes

    def unique_constraints(self, channel: Channel, table: str, schema: str | None) -> Op[list[Described]]:
        found = []
        automatic = yield from self._automatic(channel, table, schema, "u")
        for clause in (yield from self._clauses(channel, table, schema)):
            columns = clause.columns_after("UNIQUE") if clause.starts("UNIQUE") else clause.own_unique()
            if columns and columns in automatic:
                automatic.remove(columns)
                found.append({"name": clause.name if clause.starts("UNIQUE") else None, "column_names": columns})
        return found + [{"name": None, "column_names": columns} for columns in automatic]

    def _automatic(self, channel: Channel, table: str, schema: str | None, origin: str) -> Op[list[list[str]]]:
        """Return the columns of the indexes that SQLite made for constraints."""
        found = []
        for row in (yield from self._pragma(channel, "index_list", table, schema)):
            if row[3] == origin:
                parts = yield from self._pragma(channel, "index_info", row[1], schema)
                found.append([part[2] for part in parts])
        return found

    def indexes(self, channel: Channel, table: str, schema: str | None) -> Op[list[Described]]:
        found = []
        for row in (yield from self._pragma(channel, "index_list", table, schema)):
            if row[3] != "c":
                continue
            parts = yield from self._pragma(channel, "index_info", row[1], schema)
            index: Described = {"name": row[1], "column_names": [part[2] for part in parts], "unique": row[2], "dialect_options": {}}
            rows = yield from ask(channel, f"SELECT sql FROM {_master(channel, schema)} WHERE name = ?", (row[1],))
            source = rows[0][0] if rows else ""
            if None in index["column_names"]:
                index["expressions"] = _between_parentheses(source)
            if row[4] and (where := re.search(r"\)\s+WHERE\s+(.+)$", source, re.IGNORECASE | re.DOTALL)):
                index["dialect_options"]["sqlite_where"] = where[1]
            found.append(index)
        return sorted(found, key=lambda one: str(one["name"]))

    def check_constraints(self, channel: Channel, table: str, schema: str | None) -> Op[list[Described]]:
        found: list[Described] = []
        for clause in (yield from self._clauses(channel, table, schema)):
            found += clause.checks()
        return sorted(found, key=lambda one: (one["name"] is not None, str(one["name"])))

    def table_comment(self, channel: Channel, table: str, schema: str | None) -> Op[Described]:
        raise NotImplementedError("SQLite has no comments")

    def table_options(self, channel: Channel, table: str, schema: str | None) -> Op[Described]:
        source = (yield from self._source(channel, table, schema)) or ""
        tail = source[source.rfind(")") + 1 :].upper()
        options: Described = {}
        if "WITHOUT ROWID" in tail:
            options["sqlite_with_rowid"] = False
        if "STRICT" in tail:
            options["sqlite_strict"] = True
        return options


def type_of(declared: str) -> T.TypeEngine[Any]:
    """Return the type for what a column was declared as; an unknown name goes by SQLite's affinity rules."""
    found = _TYPE.match(declared or "")
    if found is None:
        return T.NullType() if declared is None or declared == "" else T.NUMERIC()
    name, args = found[1].upper(), found[2]
    cls = TYPES.get(name) or _by_affinity(name)
    numbers = [int(one) for one in re.findall(r"\d+", args or "")]
    if not numbers or cls is T.NullType:
        return cls()
    try:
        return cls(*numbers)
    except TypeError:
        return cls()


def _by_affinity(name: str) -> type[T.TypeEngine[Any]]:
    if "INT" in name:
        return T.INTEGER
    if any(part in name for part in ("CHAR", "CLOB", "TEXT")):
        return T.TEXT
    if "BLOB" in name or not name:
        return T.NullType
    if any(part in name for part in ("REAL", "FLOA", "DOUB")):
        return T.REAL
    return T.NUMERIC


def _master(channel: Channel, schema: str | None) -> str:
    return f"{channel.dialect.preparer.quote_identifier(schema)}.sqlite_master" if schema else "sqlite_master"


class _Clause:
    """A part of CREATE TABLE between two commas: a column, or a constraint with its name."""

    def __init__(self, text: str, order: int) -> None:
        self.order = order
        named = _CONSTRAINT.match(text)
        self.name = _unquoted(named.groups()) if named else None
        self.rest = text[named.end() :].strip() if named else text.strip()

    def starts(self, words: str) -> bool:
        return re.match(words.replace(" ", r"\s+") + r"\b", self.rest, re.IGNORECASE) is not None

    def columns_after(self, words: str) -> list[str]:
        found = re.match(words.replace(" ", r"\s+") + r"\s*\(([^)]*)\)", self.rest, re.IGNORECASE)
        return [_unquoted(one) for one in re.findall(_NAME, found[1])] if found else []

    def own_unique(self) -> list[str]:
        """Return the column if this is one with UNIQUE behind it."""
        column = re.match(_NAME, self.rest)
        bare = re.sub(r"'(?:[^']|'')*'|\([^()]*\)", "", self.rest)
        return [_unquoted(column.groups())] if column and re.search(r"\bUNIQUE\b", bare, re.IGNORECASE) and not self._is_constraint() else []

    def _is_constraint(self) -> bool:
        return any(self.starts(words) for words in ("PRIMARY KEY", "UNIQUE", "CHECK", "FOREIGN KEY"))

    def checks(self) -> list[Described]:
        """Return the CHECKs here: the clause itself, or those behind a column."""
        if self.starts("CHECK"):
            return [{"sqltext": _between_parentheses_text(self.rest[5:]), "name": self.name}]
        if self._is_constraint():
            return []
        pattern = re.compile(rf"(?:CONSTRAINT\s+{_NAME}\s+)?\bCHECK\s*(?=\()", re.IGNORECASE)
        return [
            {"sqltext": _between_parentheses_text(self.rest[one.end() :]), "name": _unquoted(one.groups()) if any(one.groups()) else None}
            for one in pattern.finditer(self.rest)
        ]


def cut(source: str) -> list[_Clause]:
    """Cut CREATE TABLE into the parts between its outermost commas."""
    start = source.find("(")
    return [] if start < 0 else [_Clause(part, order) for order, part in enumerate(split_outside(_between_parentheses_text(source[start:])))]


def split_outside(text: str) -> list[str]:
    """Split at commas that stand in no parenthesis, string or quoted name."""
    parts, depth, begin, at = [], 0, 0, 0
    while at < len(text):
        char = text[at]
        if char in "'\"`[":
            at = _end_of_quotes(text, at)
        elif char == "(":
            depth += 1
        elif char == ")":
            depth -= 1
        elif char == "," and depth == 0:
            parts.append(text[begin:at])
            begin = at + 1
        elif text.startswith("--", at):
            end = text.find("\n", at)
            at = len(text) if end < 0 else end
        at += 1
    return [*parts, text[begin:]]


def _end_of_quotes(text: str, at: int) -> int:
    close = "]" if text[at] == "[" else text[at]
    end = text.find(close, at + 1)
    while end >= 0 and close != "]" and text.startswith(close, end + 1):
        end = text.find(close, end + 2)
    return len(text) if end < 0 else end


def _between_parentheses_text(text: str) -> str:
    """Return what stands between the first parenthesis and the one that closes it."""
    depth, at, begin = 0, 0, 0
    while at < len(text):
        char = text[at]
        if char in "'\"`":
            at = _end_of_quotes(text, at)
        elif char == "(":
            depth += 1
            begin = at + 1 if depth == 1 else begin
        elif char == ")":
            depth -= 1
            if depth == 0:
                return text[begin:at]
        at += 1
    return text[begin:]


def _between_parentheses(source: str) -> list[str]:
    return [part.strip() for part in split_outside(_between_parentheses_text(source))]


def _unquoted(groups: Any) -> str:
    double, tick, bracket, plain = groups
    if double:
        return str(double).replace('""', '"')
    return str(tick).replace("``", "`") if tick else str(bracket or plain)


def _generated(source: str, column: str) -> str:
    for clause in cut(source):
        name = re.match(_NAME, clause.rest)
        if name is not None and _unquoted(name.groups()) == column:
            found = re.search(r"\bAS\s*(?=\()", clause.rest, re.IGNORECASE)
            return _between_parentheses_text(clause.rest[found.end() :]) if found else ""
    return ""


def _name_foreign_key(key: Described, clauses: list[_Clause]) -> int:
    """Find name and options of a foreign key in the text of the table; return its place there."""
    for clause in clauses:
        if clause.starts("FOREIGN KEY"):
            matches = clause.columns_after("FOREIGN KEY") == key["constrained_columns"]
        else:
            column = re.match(_NAME, clause.rest)
            matches = (
                column is not None and [_unquoted(column.groups())] == key["constrained_columns"] and "REFERENCES" in clause.rest.upper()
            )
        if not matches:
            continue
        if clause.starts("FOREIGN KEY"):
            key["name"] = clause.name
        deferring = re.search(r"\b(NOT\s+)?DEFERRABLE\b", clause.rest, re.IGNORECASE)
        if deferring:
            key["options"]["deferrable"] = deferring[1] is None
        initially = re.search(r"\bINITIALLY\s+(\w+)", clause.rest, re.IGNORECASE)
        if initially:
            key["options"]["initially"] = initially[1].upper()
        return clause.order
    return len(clauses)

