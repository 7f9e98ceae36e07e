"""Reflection: what the database has, as `Table` objects; the single questions of `Inspector`.

Path of `Table("user", metadata, autoload_with=engine)`: the table is placed in its MetaData, then `reflect_table` asks the
catalog for columns, keys, constraints and indexes and adds them; tables that foreign keys refer to follow, unless
`resolve_fks` is False.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from ambo.effects import Op, call
from ambo.errors import InvalidRequestError, NoSuchTableError, suggestion
from ambo.operations.catalogs import catalog_of
from ambo.operations.catalogs.base import Described
from ambo.operations.channel import Channel
from ambo.operations.inspector import Inspector
from ambo.statements.constraints import CheckConstraint, Index, UniqueConstraint
from ambo.statements.defaults import Computed, DefaultClause, FetchedValue, Identity
from ambo.statements.elements import text
from ambo.statements.foreign_keys import ForeignKeyConstraint
from ambo.statements.metadata import MetaData, table_key
from ambo.statements.names import conv
from ambo.statements.schema_columns import Column
from ambo.statements.tables import BLANK_SCHEMA, Table


def reflect(
    channel: Channel,
    metadata: MetaData,
    schema: str | None = None,
    views: bool = False,
    only: Sequence[str] | Callable[[str, MetaData], bool] | None = None,
    extend_existing: bool = False,
    autoload_replace: bool = True,
    resolve_fks: bool = True,
    **options: Any,
) -> Op[None]:
    """Read a schema's tables into a MetaData.

    Raises InvalidRequestError if `only` names a table that is not there.
    """
    schema = metadata.schema if schema is None else schema
    catalog = catalog_of(channel.dialect)
    names = yield from catalog.table_names(channel, _plain(schema))
    if views:
        names = [*names, *(yield from catalog.view_names(channel, _plain(schema)))]
        names += yield from catalog.materialized_view_names(channel, _plain(schema))
    seen: set[str] = set()
    for name in _chosen(names, metadata, schema, only):
        key = table_key(name, schema)
        if key not in seen and (extend_existing or key not in metadata.tables):
            kept = {str(one.name) for one in metadata.tables[key].c} if key in metadata.tables and not autoload_replace else ()
            yield from _load(channel, metadata, name, schema, resolve_fks=resolve_fks, options=options, seen=seen, kept=kept)


def _chosen(names: list[str], metadata: MetaData, schema: str | None, only: Any) -> list[str]:
    if only is None:
        return names
    if callable(only):
        return [name for name in names if only(name, metadata)]
    missing = [name for name in only if name not in names]
    if missing:
        where = f" schema {schema!r}" if schema else ""
        raise InvalidRequestError(
            f"could not reflect: requested table(s) not available in the database{where}: ({', '.join(missing)}){suggestion(missing[0], names)}"
        )
    return list(only)


def _load(
    channel: Channel,
    metadata: MetaData,
    name: str,
    schema: str | None,
    resolve_fks: bool = True,
    options: Described | None = None,
    seen: set[str] | None = None,
    kept: Collection[str] = (),
) -> Op[Table]:
    """Return the table of that name, reflected; it is not left behind half-made.

    `seen` collects what was read, `kept` names columns to leave alone.
    """
    key = table_key(name, schema)
    seen = set() if seen is None else seen
    seen.add(key)
    known = key in metadata.tables
    table: Table = Table(name, metadata, schema=BLANK_SCHEMA if schema is None else schema, extend_existing=known, **(options or {}))
    try:
        yield from reflect_table(channel, table, exclude_columns=kept, resolve_fks=resolve_fks, seen=seen)
    except BaseException:
        if not known:
            metadata.tables._take(key)
        raise
    return table


def reflect_table(
    channel: Channel,
    table: Table,
    include_columns: Collection[str] | None = None,
    exclude_columns: Collection[str] = (),
    resolve_fks: bool = True,
    seen: set[str] | None = None,
    **options: Any,
) -> Op[None]:
    """Read a table's columns, keys, constraints, indexes and comment into a Table.

    Raises NoSuchTableError if the database has no such table.
    """
    catalog = catalog_of(channel.dialect)
    translated = channel.options.get("schema_translate_map") or {}
    name, schema = str(table.name), _plain(translated.get(table.schema, table.schema))
    columns = yield from catalog.columns(channel, name, schema)
    if not columns:
        raise NoSuchTableError(f"{table.fullname}: the database has no table of that name{suggestion(name, (yield from _near(channel, schema)))}")
    by_name: dict[str, Any] = {}
    for column in columns:
        described = yield from _heard(channel, table, column)
        _add_column(table, described, include_columns, exclude_columns, by_name)
    _set_key(table, (yield from catalog.primary_key(channel, name, schema)), by_name)
    keys = yield from catalog.foreign_keys(channel, name, schema)
    for described in (yield from catalog.indexes(channel, name, schema)):
        _add_index(table, described, by_name)
    for described in (yield from catalog.unique_constraints(channel, name, schema)):
        _add_unique(table, described, by_name)
    for described in (yield from catalog.check_constraints(channel, name, schema)):
        table.append_constraint(CheckConstraint(described["sqltext"], name=_named(described["name"])))
    if channel.dialect.features.comments:
        table.comment = (yield from catalog.table_comment(channel, name, schema))["text"]
    table._take_options({**(yield from catalog.table_options(channel, name, schema)), **table.dialect_kwargs})
    for described in keys:
        if not any(name in exclude_columns for name in described["constrained_columns"]):
            yield from _add_foreign_key(channel, table, described, by_name, resolve_fks, seen)


def _near(channel: Channel, schema: str | None) -> Op[list[str]]:
    return (yield from catalog_of(channel.dialect).table_names(channel, schema))


def _plain(schema: Any) -> str | None:
    return None if schema is None else str(schema)


def _named(name: Any) -> Any:
    return None if name is None else conv(name)


def _heard(channel: Channel, table: Table, described: Described) -> Op[Described]:
    """Have `column_reflect` listeners see, and change, what was found out about a column; they may ask the inspector for more."""
    listeners = [one for owner in (table.metadata, table) for one in owner.dispatch.of("column_reflect")]
    if not listeners:
        return described
    found = dict(described)
    busy, channel.busy = channel.busy, None
    try:
        for listener in listeners:
            yield from call(listener, Inspector(channel.facade(False)), table, found)
    finally:
        channel.busy = busy
    return found


def _add_column(
    table: Table, described: Described, include: Collection[str] | None, exclude: Collection[str], by_name: dict[str, Any]
) -> None:
    name = described["name"]
    if (include is not None and name not in include) or name in exclude:
        if name in exclude and name in {str(one.name) for one in table.c}:
            by_name[name] = next(one for one in table.c if one.name == name)
        return
    items: list[Any] = []
    if described.get("computed"):
        items.append(Computed(described["computed"]["sqltext"], persisted=described["computed"].get("persisted")))
    elif described.get("identity"):
        items.append(Identity(**described["identity"]))
    elif described.get("default") is not None:
        default = described["default"]
        plain = isinstance(default, FetchedValue)
        items.append(default if plain else DefaultClause(text(default) if isinstance(default, str) else default, _reflected=True))
    options = {key: described[key] for key in ("key", "comment", "info", "quote") if described.get(key) is not None}
    column: Column[Any] = Column(
        name, described["type"], *items, nullable=described.get("nullable", True), autoincrement=described.get("autoincrement", "auto"), **options
    )
    by_name[name] = column
    table.append_column(column, replace_existing=True)


def _set_key(table: Table, described: Described, by_name: dict[str, Any]) -> None:
    columns = [by_name[name] for name in described["constrained_columns"] if name in by_name]
    columns = [*(one for one in table.primary_key.columns if one not in set(columns)), *columns]
    if columns:
        table.primary_key._given_name = _named(described["name"])
        table.primary_key._reload(columns)
        table.primary_key.comment = described.get("comment")


def _add_index(table: Table, described: Described, by_name: dict[str, Any]) -> None:
    if described.get("duplicates_constraint"):
        return
    parts = described.get("expressions") or described["column_names"]
    if any(part in by_name for part in parts) or all(part is not None for part in parts):
        found = [by_name.get(part) if part in by_name else text(part) for part in parts if part is not None]
        if any(name is not None and name not in by_name for name in described["column_names"]):
            return
        Index(described["name"], *found, unique=bool(described["unique"]), _table=table, **described.get("dialect_options", {}))


def _add_unique(table: Table, described: Described, by_name: dict[str, Any]) -> None:
    if described.get("duplicates_index") or any(name not in by_name for name in described["column_names"]):
        return
    columns = [by_name[name] for name in described["column_names"]]
    constraint = UniqueConstraint(
        *columns, name=_named(described["name"]), comment=described.get("comment"), _autoattach=False, **described.get("dialect_options", {})
    )
    constraint._attach(table)


def _add_foreign_key(
    channel: Channel, table: Table, described: Described, by_name: dict[str, Any], resolve: bool, seen: set[str] | None
) -> Op[None]:
    if any(name not in by_name for name in described["constrained_columns"]):
        return
    schema, name = described["referred_schema"], described["referred_table"]
    metadata = table.metadata
    if resolve and table_key(name, schema) not in metadata.tables:
        yield from _load(channel, metadata, name, schema, resolve_fks=True, seen=seen)
    prefix = f"{schema}.{name}" if schema else name
    targets: list[Any] = [f"{prefix}.{column}" for column in described["referred_columns"]]
    table.append_constraint(
        ForeignKeyConstraint(
            [by_name[one].key for one in described["constrained_columns"]],
            targets,
            name=_named(described["name"]),
            link_to_name=True,
            comment=described.get("comment"),
            **described.get("options", {}),
        )
    )


# -- single questions


def question(channel: Channel, element: Any, method: str = "", table: str | None = None, schema: str | None = None) -> Op[Any]:
    """Ask the catalog one thing about a schema or table.

    Raises NoSuchTableError if the table is not there.
    """
    catalog = catalog_of(channel.dialect)
    ask: Callable[..., Op[Any]] = getattr(catalog, method)
    if method in ("default_schema", "schema_names", "temp_table_names"):
        return (yield from ask(channel))
    if table is None:
        return (yield from ask(channel, schema))
    found = yield from ask(channel, table, schema)
    if method != "view_definition" and _is_empty(found) and table not in (yield from _relations(channel, schema)):
        raise NoSuchTableError(f"{table}: the database has no table of that name")
    if method == "view_definition" and found is None:
        raise NoSuchTableError(f"{table}: the database has no view of that name")
    return found


def _relations(channel: Channel, schema: str | None) -> Op[Collection[str]]:
    return (yield from catalog_of(channel.dialect).relation_names(channel, schema))


def _is_empty(found: Any) -> bool:
    return not found or (isinstance(found, dict) and not any(found.values()))

