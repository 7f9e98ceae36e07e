"""MariaDB's and MySQL's catalog: information_schema, and SHOW CREATE TABLE for what that leaves out."""

from __future__ import annotations

import re
from typing import Any

from ambo.effects import Op
from ambo.operations.catalogs.base import Catalog, Described, ask
from ambo.operations.channel import Channel
from ambo.statements import types as T
from ambo.statements.types import TypeEngine, mysql as M

_SCHEMA = "coalesce(%s, DATABASE())"


class MariaDBCatalog(Catalog):
    """See the module's docstring."""

    def default_schema(self, channel: Channel) -> Op[str | None]:
        found: str | None = (yield from ask(channel, "SELECT DATABASE()"))[0][0]
        return found

    def schema_names(self, channel: Channel) -> Op[list[str]]:
        return [row[0] for row in (yield from ask(channel, "SHOW SCHEMAS"))]

    def _tables(self, channel: Channel, schema: str | None, kinds: str) -> Op[list[str]]:
        rows = yield from ask(
            channel,
            f"SELECT table_name FROM information_schema.tables WHERE table_schema = {_SCHEMA} AND table_type IN {kinds} ORDER BY table_name",
            (schema,),
        )
        return [row[0] for row in rows]

    def table_names(self, channel: Channel, schema: str | None) -> Op[list[str]]:
        return self._tables(channel, schema, "('BASE TABLE', 'SYSTEM VERSIONED')")

    def temp_table_names(self, channel: Channel) -> Op[list[str]]:
        return self._tables(channel, None, "('TEMPORARY')")

    def view_names(self, channel: Channel, schema: str | None) -> Op[list[str]]:
        return self._tables(channel, schema, "('VIEW', 'SYSTEM VIEW')")

    def relation_names(self, channel: Channel, schema: str | None) -> Op[set[str]]:
        return set((yield from self._tables(channel, schema, "('BASE TABLE', 'SYSTEM VERSIONED', 'VIEW', 'SYSTEM VIEW')")))

    def sequence_names(self, channel: Channel, schema: str | None) -> Op[set[str]]:
        return set((yield from self._tables(channel, schema, "('SEQUENCE')")))

    def view_definition(self, channel: Channel, name: str, schema: str | None) -> Op[str | None]:
        rows = yield from ask(
            channel,
            f"SELECT view_definition FROM information_schema.views WHERE table_schema = {_SCHEMA} AND table_name = %s",
            (schema, name),
        )
        return str(rows[0][0]) if rows else None

    def columns(self, channel: Channel, table: str, schema: str | None) -> Op[list[Described]]:
        rows = yield from ask(
            channel,
            "SELECT column_name, column_type, is_nullable, column_default, extra, column_comment, collation_name, generation_expression "
            f"FROM information_schema.columns WHERE table_schema = {_SCHEMA} AND table_name = %s ORDER BY ordinal_position",
            (schema, table),
        )
        return [_column(row) for row in rows]

    def _keys(self, channel: Channel, table: str, schema: str | None) -> Op[dict[str, list[Any]]]:
        """Return the parts of each index by its name."""
        rows = yield from ask(
            channel,
            "SELECT index_name, column_name, non_unique, index_type, sub_part FROM information_schema.statistics "
            f"WHERE table_schema = {_SCHEMA} AND table_name = %s ORDER BY index_name, seq_in_index",
            (schema, table),
        )
        found: dict[str, list[Any]] = {}
        for row in rows:
            found.setdefault(row[0], []).append(row)
        return found

    def primary_key(self, channel: Channel, table: str, schema: str | None) -> Op[Described]:
        keys = yield from self._keys(channel, table, schema)
        return {"constrained_columns": [row[1] for row in keys.get("PRIMARY", ())], "name": None}

    def unique_constraints(self, channel: Channel, table: str, schema: str | None) -> Op[list[Described]]:
        keys = yield from self._keys(channel, table, schema)
        return [
            {"name": name, "column_names": [row[1] for row in rows], "duplicates_index": name}
            for name, rows in keys.items()
            if name != "PRIMARY" and not rows[0][2]
        ]

    def indexes(self, channel: Channel, table: str, schema: str | None) -> Op[list[Described]]:
        found: list[Described] = []
        for name, rows in (yield from self._keys(channel, table, schema)).items():
            if name == "PRIMARY":
                continue
            one: Described = {"name": name, "column_names": [row[1] for row in rows], "unique": not rows[0][2]}
            if rows[0][3] in ("FULLTEXT", "SPATIAL"):
                one["type"] = rows[0][3]
                one["dialect_options"] = {"mysql_prefix": rows[0][3]}
            found.append(one)
        return found

    def foreign_keys(self, channel: Channel, table: str, schema: str | None) -> Op[list[Described]]:
        rows = yield from ask(
            channel,
            "SELECT k.constraint_name, k.column_name, k.referenced_table_schema, k.referenced_table_name, k.referenced_column_name, "
            "r.update_rule, r.delete_rule FROM information_schema.key_column_usage k JOIN information_schema.referential_constraints r "
            "ON r.constraint_schema = k.constraint_schema AND r.constraint_name = k.constraint_name AND r.table_name = k.table_name "
            f"WHERE k.table_schema = {_SCHEMA} AND k.table_name = %s ORDER BY k.constraint_name, k.ordinal_position",
            (schema, table),
        )
        default = yield from self.default_schema(channel)
        found: dict[str, Described] = {}
        for name, column, remote_schema, remote, remote_column, on_update, on_delete in rows:
            one = found.setdefault(
                name,
                {
                    "name": name, "constrained_columns": [], "referred_schema": None if remote_schema == (schema or default) else remote_schema,
                    "referred_table": remote, "referred_columns": [],
                    "options": {
                        key: rule for key, rule in (("onupdate", on_update), ("ondelete", on_delete)) if rule not in ("RESTRICT", "NO ACTION")
                    },
                },
            )  # fmt: skip
            one["constrained_columns"].append(column)
            one["referred_columns"].append(remote_column)
        return list(found.values())

    def check_constraints(self, channel: Channel, table: str, schema: str | None) -> Op[list[Described]]:
        quote = channel.dialect.preparer.quote_identifier
        path = f"{quote(schema)}.{quote(table)}" if schema else quote(table)
        source = (yield from ask(channel, f"SHOW CREATE TABLE {path}"))[0][1]
        return [{"name": match[1], "sqltext": match[2]} for match in re.finditer(r"CONSTRAINT `([^`]+)` CHECK \((.+)\)(?=,?\n)", source)]

    def table_comment(self, channel: Channel, table: str, schema: str | None) -> Op[Described]:
        rows = yield from ask(
            channel,
            f"SELECT table_comment FROM information_schema.tables WHERE table_schema = {_SCHEMA} AND table_name = %s",
            (schema, table),
        )
        return {"text": (rows[0][0] or None) if rows else None}

    def table_options(self, channel: Channel, table: str, schema: str | None) -> Op[Described]:
        rows = yield from ask(
            channel,
            f"SELECT engine, table_collation FROM information_schema.tables WHERE table_schema = {_SCHEMA} AND table_name = %s",
            (schema, table),
        )
        return {"mysql_engine": rows[0][0], "mysql_collate": rows[0][1]} if rows else {}


def _column(row: Any) -> Described:
    name, declared, nullable, default, extra, comment, collation, generated = row
    found: Described = {
        "name": name, "type": type_of(declared, collation), "nullable": nullable == "YES", "default": None if default == "NULL" else default,
        "autoincrement": "auto_increment" in (extra or "").lower(), "comment": comment or None,
    }  # fmt: skip
    if generated:
        found["computed"] = {"sqltext": generated, "persisted": "STORED" in (extra or "").upper()}
    return found


_NUMBERS: dict[str, Any] = {
    "tinyint": M.TINYINT, "smallint": M.SMALLINT, "mediumint": M.MEDIUMINT, "int": M.INTEGER, "bigint": M.BIGINT, "decimal": M.DECIMAL,
    "numeric": M.NUMERIC, "float": M.FLOAT, "double": M.DOUBLE, "bit": M.BIT, "year": M.YEAR,
}  # fmt: skip
_TEXTS: dict[str, Any] = {
    "varchar": M.VARCHAR, "char": M.CHAR, "text": M.TEXT, "tinytext": M.TINYTEXT, "mediumtext": M.MEDIUMTEXT, "longtext": M.LONGTEXT,
}  # fmt: skip
_OTHERS: dict[str, Any] = {
    "date": T.DATE, "datetime": M.DATETIME, "timestamp": M.TIMESTAMP, "time": M.TIME, "blob": T.BLOB, "tinyblob": M.TINYBLOB,
    "mediumblob": M.MEDIUMBLOB, "longblob": M.LONGBLOB, "binary": T.BINARY, "varbinary": T.VARBINARY, "json": T.JSON, "uuid": T.UUID,
}  # fmt: skip


def type_of(declared: str, collation: str | None = None) -> TypeEngine[Any]:
    """Return the type for what information_schema says a column's is."""
    match = re.match(r"^(\w+)(?:\((.*)\))?(.*)$", declared, re.DOTALL)
    if match is None:
        return T.NullType()
    name, args, rest = match[1].lower(), match[2] or "", match[3].lower()
    if name in ("enum", "set"):
        values = [one.replace("''", "'") for one in re.findall(r"'((?:[^']|'')*)'", args)]
        return (M.ENUM if name == "enum" else M.SET)(*values, collation=collation)
    numbers = [int(one) for one in re.findall(r"\d+", args)]
    if name in _TEXTS:
        return _TEXTS[name](*numbers, collation=collation)  # type: ignore[no-any-return]
    if name in _OTHERS:
        if name in ("datetime", "timestamp", "time") and numbers:
            return _OTHERS[name](fsp=numbers[0])  # type: ignore[no-any-return]
        return _OTHERS[name](*numbers)  # type: ignore[no-any-return]
    cls = _NUMBERS.get(name)
    if cls is None:
        return T.NullType()
    if name in ("bit", "year"):
        return cls(*numbers)  # type: ignore[no-any-return]
    signs = {word: True for word in ("unsigned", "zerofill") if word in rest}
    if name in ("decimal", "numeric", "float", "double"):
        return cls(*numbers, **signs)  # type: ignore[no-any-return]
    return cls(**({"display_width": numbers[0]} if numbers else {}), **signs)  # type: ignore[no-any-return]

