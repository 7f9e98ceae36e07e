"""`Inspector`: what a database has, asked piece by piece, in the shapes SQLAlchemy's inspector answers in.

Made by `inspect(engine)` or `inspect(connection)`; under asyncio inside `await connection.run_sync(lambda c: inspect(c).…)`.
Answers are remembered until `clear_cache()`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from ambo.errors import UnreflectableTableError
from ambo.operations.catalogs.base import Described
from ambo.statements.tables import Table

Key = tuple[str | None, str]


class Inspector:
    """Answers questions about a database's schemas, tables and views.

    Example: `inspect(engine).get_columns("user")` gives a dict with name, type, nullable and default for each column.
    Methods about a table raise NoSuchTableError if it is not there.
    """

    def __init__(self, bind: Any) -> None:
        self.bind = bind
        self.engine = getattr(bind, "engine", bind)
        self.info_cache: dict[Any, Any] = {}

    @classmethod
    def from_engine(cls, bind: Any) -> Inspector:
        """Return the inspector of an engine."""
        return cls(bind)

    @property
    def dialect(self) -> Any:
        """The dialect of the database."""
        return self.bind.dialect

    def clear_cache(self) -> None:
        """Forget the answers, as after DDL."""
        self.info_cache.clear()

    def _ask(self, method: str, table: str | None = None, schema: str | None = None) -> Any:
        key = (method, table, schema)
        if key not in self.info_cache:
            self.info_cache[key] = self.bind._run_schema_verb("question", None, method=method, table=table, schema=schema)
        found = self.info_cache[key]
        if isinstance(found, list):
            return [dict(one) if isinstance(one, dict) else one for one in found]
        return dict(found) if isinstance(found, dict) else found

    # -- schemas and names

    @property
    def default_schema_name(self) -> str | None:
        """The schema of names that have none."""
        found: str | None = self._ask("default_schema")
        return found

    def get_schema_names(self, **kw: Any) -> list[str]:
        """Return the schemas."""
        return list(self._ask("schema_names"))

    def get_table_names(self, schema: str | None = None, **kw: Any) -> list[str]:
        """Return the tables of a schema."""
        return list(self._ask("table_names", schema=schema))

    def get_temp_table_names(self, **kw: Any) -> list[str]:
        """Return the temporary tables of this connection."""
        return list(self._ask("temp_table_names"))

    def get_view_names(self, schema: str | None = None, **kw: Any) -> list[str]:
        """Return the views of a schema."""
        return list(self._ask("view_names", schema=schema))

    def get_materialized_view_names(self, schema: str | None = None, **kw: Any) -> list[str]:
        """Return the materialized views of a schema."""
        return list(self._ask("materialized_view_names", schema=schema))

    def get_sequence_names(self, schema: str | None = None, **kw: Any) -> list[str]:
        """Return the sequences of a schema."""
        return sorted(self._ask("sequence_names", schema=schema))

    def get_view_definition(self, view_name: str, schema: str | None = None, **kw: Any) -> str:
        """Return the SELECT of a view."""
        found: str = self._ask("view_definition", view_name, schema)
        return found

    def get_enums(self, schema: str | None = None, **kw: Any) -> list[Described]:
        """Return the enumerated types of a schema, of all with `schema="*"` (PostgreSQL)."""
        return list(self._ask("enums", schema=schema))

    def has_table(self, table_name: str, schema: str | None = None, **kw: Any) -> bool:
        """Tell whether there is a table or view of that name."""
        return table_name in self._ask("relation_names", schema=schema)

    def has_sequence(self, sequence_name: str, schema: str | None = None, **kw: Any) -> bool:
        """Tell whether there is a sequence of that name."""
        return sequence_name in self._ask("sequence_names", schema=schema)

    def has_schema(self, schema_name: str, **kw: Any) -> bool:
        """Tell whether there is a schema of that name."""
        return schema_name in self._ask("schema_names")

    def has_index(self, table_name: str, index_name: str, schema: str | None = None, **kw: Any) -> bool:
        """Tell whether a table has an index of that name."""
        return self.has_table(table_name, schema) and index_name in self._ask("index_names", table_name, schema)

    # -- one table

    def get_columns(self, table_name: str, schema: str | None = None, **kw: Any) -> list[Described]:
        """Return name, type, nullable, default and more for each column."""
        return list(self._ask("columns", table_name, schema))

    def get_pk_constraint(self, table_name: str, schema: str | None = None, **kw: Any) -> Described:
        """Return constrained_columns and name of the primary key."""
        return dict(self._ask("primary_key", table_name, schema))

    def get_foreign_keys(self, table_name: str, schema: str | None = None, **kw: Any) -> list[Described]:
        """Return name, constrained_columns, referred_schema, referred_table, referred_columns and options of each."""
        return list(self._ask("foreign_keys", table_name, schema))

    def get_unique_constraints(self, table_name: str, schema: str | None = None, **kw: Any) -> list[Described]:
        """Return name and column_names of each."""
        return list(self._ask("unique_constraints", table_name, schema))

    def get_indexes(self, table_name: str, schema: str | None = None, **kw: Any) -> list[Described]:
        """Return name, column_names, unique and more of each."""
        return list(self._ask("indexes", table_name, schema))

    def get_check_constraints(self, table_name: str, schema: str | None = None, **kw: Any) -> list[Described]:
        """Return name and sqltext of each."""
        return list(self._ask("check_constraints", table_name, schema))

    def get_table_comment(self, table_name: str, schema: str | None = None, **kw: Any) -> Described:
        """Return {"text": the comment or None}."""
        return dict(self._ask("table_comment", table_name, schema))

    def get_table_options(self, table_name: str, schema: str | None = None, **kw: Any) -> Described:
        """Return options as keyword arguments of Table."""
        return dict(self._ask("table_options", table_name, schema))

    # -- many tables

    def _multi(self, method: str, schema: str | None, filter_names: Collection[str] | None) -> dict[Key, Any]:
        names = self.get_table_names(schema)
        return {(schema, name): self._ask(method, name, schema) for name in names if filter_names is None or name in filter_names}

    def get_multi_columns(self, schema: str | None = None, filter_names: Collection[str] | None = None, **kw: Any) -> dict[Key, Any]:
        """Return the columns of many tables by (schema, name)."""
        return self._multi("columns", schema, filter_names)

    def get_multi_pk_constraint(self, schema: str | None = None, filter_names: Collection[str] | None = None, **kw: Any) -> dict[Key, Any]:
        """Return the primary keys of many tables by (schema, name)."""
        return self._multi("primary_key", schema, filter_names)

    def get_multi_foreign_keys(self, schema: str | None = None, filter_names: Collection[str] | None = None, **kw: Any) -> dict[Key, Any]:
        """Return the foreign keys of many tables by (schema, name)."""
        return self._multi("foreign_keys", schema, filter_names)

    def get_multi_indexes(self, schema: str | None = None, filter_names: Collection[str] | None = None, **kw: Any) -> dict[Key, Any]:
        """Return the indexes of many tables by (schema, name)."""
        return self._multi("indexes", schema, filter_names)

    def get_multi_unique_constraints(
        self, schema: str | None = None, filter_names: Collection[str] | None = None, **kw: Any
    ) -> dict[Key, Any]:
        """Return the unique constraints of many tables by (schema, name)."""
        return self._multi("unique_constraints", schema, filter_names)

    def get_multi_check_constraints(
        self, schema: str | None = None, filter_names: Collection[str] | None = None, **kw: Any
    ) -> dict[Key, Any]:
        """Return the checks of many tables by (schema, name)."""
        return self._multi("check_constraints", schema, filter_names)

    def get_sorted_table_and_fkc_names(self, schema: str | None = None, **kw: Any) -> list[tuple[str | None, list[tuple[str, str | None]]]]:
        """Return (table, []) in the order of their foreign keys, at last (None, the keys of cycles)."""
        names = self.get_table_names(schema)
        needs = {name: {key["referred_table"] for key in self.get_foreign_keys(name, schema)} & set(names) - {name} for name in names}
        ordered: list[str] = []
        while ready := [name for name in names if name not in ordered and needs[name] <= set(ordered)]:
            ordered += ready
        rest = [name for name in names if name not in ordered]
        left = [(name, key["name"]) for name in rest for key in self.get_foreign_keys(name, schema) if key["referred_table"] in rest]
        return [*((name, []) for name in [*ordered, *rest]), (None, left)]

    def reflect_table(
        self, table: Table, include_columns: Collection[str] | None = None, exclude_columns: Iterable[str] = (), resolve_fks: bool = True, **kw: Any
    ) -> None:
        """Read a table's columns, keys and indexes into a Table."""
        if not isinstance(table, Table):
            raise UnreflectableTableError(f"{table!r} is not a Table")
        self._run_schema_verb("reflect_table", table, include_columns=include_columns, exclude_columns=list(exclude_columns), resolve_fks=resolve_fks)

    def _run_schema_verb(self, verb: str, element: Any, **options: Any) -> Any:
        return self.bind._run_schema_verb(verb, element, **options)
