"""PostgreSQL's catalog: the tables of pg_catalog, asked once a question."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ambo.effects import Op
from ambo.operations.catalogs.base import Catalog, Described, ask
from ambo.operations.channel import Channel
from ambo.statements import types as T
from ambo.statements.types import TypeEngine, postgresql as P, ranges as R

_VISIBLE = "pg_table_is_visible(c.oid) AND n.nspname <> 'pg_catalog'"


def _where_schema(schema: str | None, number: int, visible: str = _VISIBLE) -> tuple[str, tuple[str, ...]]:
    """Return the condition for a schema, and its parameter if there is one."""
    return (visible, ()) if schema is None else (f"n.nspname = ${number}::text", (schema,))


class PostgreSQLCatalog(Catalog):
    """See the module's docstring."""

    def default_schema(self, channel: Channel) -> Op[str | None]:
        found: str | None = (yield from ask(channel, "SELECT current_schema()"))[0][0]
        return found

    def schema_names(self, channel: Channel) -> Op[list[str]]:
        rows = yield from ask(channel, "SELECT nspname FROM pg_catalog.pg_namespace WHERE nspname NOT LIKE 'pg\\_%' ORDER BY nspname")
        return [row[0] for row in rows]

    def _relations(self, channel: Channel, schema: str | None, kinds: str, persistence: str = "<> 't'") -> Op[list[str]]:
        where, params = _where_schema(schema, 1)
        rows = yield from ask(
            channel,
            "SELECT c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
            f"WHERE c.relkind IN {kinds} AND c.relpersistence {persistence} AND {where} ORDER BY c.relname",
            params,
        )
        return [row[0] for row in rows]

    def table_names(self, channel: Channel, schema: str | None) -> Op[list[str]]:
        return self._relations(channel, schema, "('r', 'p')")

    def temp_table_names(self, channel: Channel) -> Op[list[str]]:
        return self._relations(channel, None, "('r', 'p')", "= 't'")

    def view_names(self, channel: Channel, schema: str | None) -> Op[list[str]]:
        return self._relations(channel, schema, "('v')")

    def materialized_view_names(self, channel: Channel, schema: str | None) -> Op[list[str]]:
        return self._relations(channel, schema, "('m')")

    def relation_names(self, channel: Channel, schema: str | None) -> Op[set[str]]:
        return set((yield from self._relations(channel, schema, "('r', 'p', 'f', 'v', 'm')", "IS NOT NULL")))

    def sequence_names(self, channel: Channel, schema: str | None) -> Op[set[str]]:
        return set((yield from self._relations(channel, schema, "('S')", "IS NOT NULL")))

    def view_definition(self, channel: Channel, name: str, schema: str | None) -> Op[str | None]:
        where, params = _where_schema(schema, 2)
        rows = yield from ask(
            channel,
            "SELECT pg_get_viewdef(c.oid) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
            f"WHERE c.relkind IN ('v', 'm') AND c.relname = $1::text AND {where}",
            (name, *params),
        )
        return str(rows[0][0]) if rows else None

    def type_names(self, channel: Channel, schema: str | None) -> Op[set[str]]:
        where, params = _where_schema(schema, 1, "pg_type_is_visible(t.oid)")
        rows = yield from ask(
            channel,
            "SELECT t.typname FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace "
            f"WHERE t.typtype IN ('e', 'd') AND {where}",
            params,
        )
        return {row[0] for row in rows}

    def enums(self, channel: Channel, schema: str | None) -> Op[list[Described]]:
        where, params = ("true", ()) if schema == "*" else _where_schema(schema, 1, "pg_type_is_visible(t.oid)")
        rows = yield from ask(
            channel,
            "SELECT t.typname, n.nspname, pg_type_is_visible(t.oid), "
            "array_agg(e.enumlabel::text ORDER BY e.enumsortorder) "
            "FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace "
            "JOIN pg_catalog.pg_enum e ON e.enumtypid = t.oid "
            f"WHERE t.typtype = 'e' AND {where} GROUP BY 1, 2, 3 ORDER BY 2, 1",
            params,
        )
        return [{"name": name, "schema": own, "visible": visible, "labels": list(labels)} for name, own, visible, labels in rows]

    def _oid(self, channel: Channel, table: str, schema: str | None) -> Op[int | None]:
        where, params = _where_schema(schema, 2)
        rows = yield from ask(
            channel,
            "SELECT c.oid::bigint FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
            f"WHERE c.relname = $1::text AND c.relkind IN ('r', 'p', 'f', 'v', 'm') AND {where}",
            (table, *params),
        )
        return rows[0][0] if rows else None

    # -- columns

    def columns(self, channel: Channel, table: str, schema: str | None) -> Op[list[Described]]:
        oid = yield from self._oid(channel, table, schema)
        if oid is None:
            return []
        rows = yield from ask(channel, _COLUMNS, (oid,))
        enums = {(one["schema"], one["name"]): one for one in (yield from self.enums(channel, "*"))} if any(row[9] for row in rows) else {}
        return [_column(row, enums) for row in rows]

    # -- constraints

    def _constraints(self, channel: Channel, table: str, schema: str | None, kind: str) -> Op[list[Any]]:
        """Return name, columns, definition and comment of the constraints of a kind."""
        oid = yield from self._oid(channel, table, schema)
        if oid is None:
            return []
        return (yield from ask(channel, _CONSTRAINTS, (oid, kind)))

    def primary_key(self, channel: Channel, table: str, schema: str | None) -> Op[Described]:
        rows = yield from self._constraints(channel, table, schema, "p")
        if not rows:
            return {"constrained_columns": [], "name": None}
        name, columns, _, comment = rows[0]
        return {"constrained_columns": list(columns), "name": name, "comment": comment}

    def unique_constraints(self, channel: Channel, table: str, schema: str | None) -> Op[list[Described]]:
        found: list[Described] = []
        for name, columns, text, comment in (yield from self._constraints(channel, table, schema, "u")):
            one: Described = {"name": name, "column_names": list(columns), "comment": comment}
            if "NULLS NOT DISTINCT" in text:
                one["dialect_options"] = {"postgresql_nulls_not_distinct": True}
            found.append(one)
        return found

    def check_constraints(self, channel: Channel, table: str, schema: str | None) -> Op[list[Described]]:
        found: list[Described] = []
        for name, _, text, comment in (yield from self._constraints(channel, table, schema, "c")):
            match = re.match(r"^CHECK\s*\((.*)\)((?: NO INHERIT)?)((?: NOT VALID)?)$", text, re.DOTALL)
            one: Described = {"name": name, "sqltext": _bare(match[1] if match else text), "comment": comment}
            if match and match[3]:
                one["dialect_options"] = {"not_valid": True}
            found.append(one)
        return found

    def foreign_keys(self, channel: Channel, table: str, schema: str | None) -> Op[list[Described]]:
        found: list[Described] = []
        for name, columns, text, comment in (yield from self._constraints(channel, table, schema, "f")):
            match = _FOREIGN_KEY.match(text)
            assert match is not None, text
            names = _split_path(match["table"])
            referred_schema = names[0] if len(names) == 2 else schema
            one: Described = {"name": name, "constrained_columns": list(columns), "referred_schema": referred_schema, "referred_table": names[-1]}
            one |= {"referred_columns": [_unquote(part) for part in _split_list(match["columns"])], "options": _options(match), "comment": comment}
            found.append(one)
        return found

    # -- indexes, comments

    def indexes(self, channel: Channel, table: str, schema: str | None) -> Op[list[Described]]:
        oid = yield from self._oid(channel, table, schema)
        if oid is None:
            return []
        return [_index(row) for row in (yield from ask(channel, _INDEXES, (oid,)))]

    def table_comment(self, channel: Channel, table: str, schema: str | None) -> Op[Described]:
        oid = yield from self._oid(channel, table, schema)
        rows = yield from ask(channel, "SELECT obj_description($1::bigint::oid, 'pg_class')", (oid,))
        return {"text": rows[0][0] if rows else None}


_COLUMNS = """
SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid), a.attidentity::text,
       a.attgenerated::text, col_description(a.attrelid, a.attnum), co.collname,
       CASE WHEN a.attidentity <> '' THEN ARRAY[s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, s.seqcycle::int] END,
       t.typtype IN ('e', 'd') OR e.typtype = 'e', coalesce(tn.nspname, ''), coalesce(e.typname, t.typname), t.typtype::text,
       format_type(t.typbasetype, t.typtypmod), t.typnotnull, pg_type_is_visible(t.oid), coalesce(en.nspname, tn.nspname)
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
JOIN pg_catalog.pg_namespace tn ON tn.oid = t.typnamespace
LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem AND t.typcategory = 'A'
LEFT JOIN pg_catalog.pg_namespace en ON en.oid = e.typnamespace
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN pg_catalog.pg_collation co ON co.oid = a.attcollation AND co.oid <> t.typcollation
LEFT JOIN pg_catalog.pg_sequence s ON a.attidentity <> '' AND
    s.seqrelid = pg_get_serial_sequence(a.attrelid::regclass::text, a.attname)::regclass
WHERE a.attrelid = $1::bigint::oid AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
"""
_CONSTRAINTS = """
SELECT k.conname,
       (SELECT array_agg(a.attname::text ORDER BY u.place)
        FROM unnest(k.conkey) WITH ORDINALITY AS u(number, place) JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.number),
       pg_get_constraintdef(k.oid), obj_description(k.oid, 'pg_constraint')
FROM pg_catalog.pg_constraint k
WHERE k.conrelid = $1::bigint::oid AND k.contype = $2::text::"char"
ORDER BY k.conname
"""
_INDEXES = """
SELECT i.relname, x.indisunique, am.amname, pg_get_expr(x.indpred, x.indrelid), x.indnkeyatts,
       (SELECT array_agg(pg_get_indexdef(x.indexrelid, g.n, true) ORDER BY g.n) FROM generate_series(1, x.indnatts) AS g(n)),
       (SELECT array_agg((x.indkey[g.n - 1] = 0) ORDER BY g.n) FROM generate_series(1, x.indnatts) AS g(n)),
       (SELECT array_agg(x.indoption[g.n - 1]::int ORDER BY g.n) FROM generate_series(1, x.indnkeyatts) AS g(n)),
       EXISTS (SELECT 1 FROM pg_catalog.pg_constraint k WHERE k.conindid = x.indexrelid AND k.contype = 'u'),
       i.reloptions, (to_jsonb(x) ->> 'indnullsnotdistinct')::boolean
FROM pg_catalog.pg_index x
JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid
JOIN pg_catalog.pg_am am ON am.oid = i.relam
WHERE x.indrelid = $1::bigint::oid AND NOT x.indisprimary
ORDER BY i.relname
"""
_FOREIGN_KEY = re.compile(
    r"FOREIGN KEY \((?P<own>.*?)\) REFERENCES (?P<table>.*?)\((?P<columns>[^)]*)\)(?: MATCH (?P<match>FULL|PARTIAL|SIMPLE))?"
    r"(?: ON UPDATE (?P<onupdate>CASCADE|RESTRICT|NO ACTION|SET NULL|SET DEFAULT))?"
    r"(?: ON DELETE (?P<ondelete>(?:CASCADE|RESTRICT|NO ACTION|SET NULL|SET DEFAULT)(?:\s*\([^)]*\))?))?"
    r"(?: (?P<deferrable>DEFERRABLE|NOT DEFERRABLE))?(?: INITIALLY (?P<initially>DEFERRED|IMMEDIATE))?"
)


def _options(match: re.Match[str]) -> Described:
    options: Described = {name: match[name] for name in ("onupdate", "ondelete", "initially", "match") if match[name]}
    if match["deferrable"]:
        options["deferrable"] = match["deferrable"] == "DEFERRABLE"
    return options


def _split_list(text: str) -> list[str]:
    return re.findall(r'"(?:[^"]|"")*"|[^,\s]+', text)


def _split_path(text: str) -> list[str]:
    return [_unquote(one) for one in re.findall(r'"(?:[^"]|"")*"|[^.]+', text.strip())]


def _unquote(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def _bare(text: str) -> str:
    """Take off the parentheses around a whole expression."""
    if text.startswith("(") and text.endswith(")"):
        depth = 0
        for at, char in enumerate(text):
            depth += (char == "(") - (char == ")")
            if depth == 0 and at < len(text) - 1:
                return text
        return text[1:-1]
    return text


def _index(row: Any) -> Described:
    name, unique, method, where, keys, parts, expressions, options, is_constraint, storage, nulls = row
    found: Described = {
        "name": name, "unique": unique,
        "column_names": [None if computed else _unquote(one) for one, computed in zip(parts[:keys], expressions, strict=False)],
        "include_columns": [_unquote(one) for one in parts[keys:]], "dialect_options": {"postgresql_include": [_unquote(one) for one in parts[keys:]]},
    }  # fmt: skip
    if any(expressions[:keys]):
        found["expressions"] = [one if computed else _unquote(one) for one, computed in zip(parts[:keys], expressions, strict=False)]
    sorting = {}
    for part, option in zip(parts, options, strict=False):
        words = (("desc",) if option & 1 else ()) + (("nulls_last",) if option == 1 else ("nulls_first",) if option == 2 else ())
        if words:
            sorting[_unquote(part)] = words
    if sorting:
        found["column_sorting"] = sorting
    if is_constraint:
        found["duplicates_constraint"] = name
    extra = found["dialect_options"]
    if storage:
        extra["postgresql_with"] = dict(one.split("=", 1) for one in storage)
    if method != "btree":
        extra["postgresql_using"] = method
    if where:
        extra["postgresql_where"] = _bare(where)
    if nulls:
        extra["postgresql_nulls_not_distinct"] = True
    return found


# -- types


def _column(row: Any, enums: dict[Any, Described]) -> Described:
    name, formatted, notnull, default, identity, generated, comment, collation, sequence, special, *named = row
    found: Described = {"name": name, "type": None, "nullable": not notnull, "default": default, "autoincrement": False, "comment": comment}
    found["type"] = _special_type(formatted, named, enums) if special else type_of(formatted, collation)
    if identity:
        start, increment, low, high, cache, cycle = sequence or (1, 1, 1, None, 1, 0)
        found["identity"] = {
            "always": identity == "a", "start": start, "increment": increment, "minvalue": low, "maxvalue": high, "cache": cache, "cycle": bool(cycle),
        }  # fmt: skip
        found["autoincrement"] = True
    elif generated:
        found["computed"] = {"sqltext": _bare(default or ""), "persisted": generated == "s"}
        found["default"] = None
    elif default is not None and default.startswith("nextval("):
        found["autoincrement"] = True
    return found


def _special_type(formatted: str, named: list[Any], enums: dict[Any, Described]) -> TypeEngine[Any]:
    """Return the type of a column whose type somebody created: an enumeration, a domain, or an array of one."""
    _, name, kind, base, not_null, visible, schema = named
    dimensions = formatted.count("[]")
    if kind == "d":
        return P.DOMAIN(name, type_of(base), not_null=not_null, schema=None if visible else schema, create_type=False)
    known = enums.get((schema, name))
    found = P.ENUM(*(known["labels"] if known else ()), name=name, schema=None if visible else schema)
    return P.ARRAY(found, dimensions=None) if dimensions else found


PLAIN_TYPES: dict[str, Callable[[], TypeEngine[Any]]] = {
    "integer": T.INTEGER, "bigint": T.BIGINT, "smallint": T.SMALLINT, "boolean": T.BOOLEAN, "text": T.TEXT, "bytea": P.BYTEA, "date": T.DATE,
    "real": T.REAL, "double precision": T.DOUBLE_PRECISION, "uuid": T.UUID, "json": P.JSON, "jsonb": P.JSONB, "inet": P.INET, "cidr": P.CIDR,
    "macaddr": P.MACADDR, "macaddr8": P.MACADDR8, "money": P.MONEY, "oid": P.OID, "regclass": P.REGCLASS, "regconfig": P.REGCONFIG,
    "tsvector": P.TSVECTOR, "tsquery": P.TSQUERY, "hstore": P.HSTORE, "citext": P.CITEXT, "jsonpath": P.JSONPATH, "name": T.TEXT,
    "int4range": R.INT4RANGE, "int8range": R.INT8RANGE, "numrange": R.NUMRANGE, "daterange": R.DATERANGE, "tsrange": R.TSRANGE,
    "tstzrange": R.TSTZRANGE, "int4multirange": R.INT4MULTIRANGE, "int8multirange": R.INT8MULTIRANGE, "nummultirange": R.NUMMULTIRANGE,
    "datemultirange": R.DATEMULTIRANGE, "tsmultirange": R.TSMULTIRANGE, "tstzmultirange": R.TSTZMULTIRANGE,
}  # fmt: skip


def type_of(formatted: str, collation: str | None = None) -> TypeEngine[Any]:
    """Return the type for what `format_type` says."""
    text, brackets = formatted.rstrip("[]"), formatted.count("[]")
    if brackets:
        return P.ARRAY(type_of(text, collation))
    match = re.match(r"^([\w .\"]+?)(?:\(([\d, ]+)\))?((?: \w+)* (?:with|without) time zone)?(?:\((\d+)\))?$", text)
    if match is None:
        return T.NullType()
    base, args = match[1].rpartition(".")[2], [int(one) for one in re.findall(r"\d+", match[2] or match[4] or "")]
    first = args[0] if args else None
    if base.startswith(("timestamp", "time")):
        kind: Any = P.TIMESTAMP if base.startswith("timestamp") else P.TIME
        return kind(timezone=" with time zone" in text, precision=first)  # type: ignore[no-any-return]
    if base.startswith("interval"):
        return P.INTERVAL(precision=first, fields=base[9:].upper() or None)
    if base in ("character varying", "character", "bpchar"):
        return (T.VARCHAR if base == "character varying" else T.CHAR)(length=first, collation=collation)
    if base == "numeric":
        return T.NUMERIC(first, args[1] if len(args) > 1 else None)
    if base in ("bit", "bit varying"):
        return P.BIT(first, varying=base == "bit varying")
    if base == "text" and collation:
        return T.TEXT(collation=collation)
    made = PLAIN_TYPES.get(base)
    return T.NullType() if made is None else made()
