"""`MetaData`: the tables of a schema, by name.

Path of `metadata.create_all(engine)`: the bind (an Engine or Connection) has `_run_schema_verb(verb, element, **options)`,
which runs the operation of that name in `operations/create.py`, or `operations/reflect.py`, in its colour.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from ambo.errors import ArgumentError
from ambo.statements.ddl import CheckFirst
from ambo.statements.names import quoted_name
from ambo.statements.naming import DEFAULT_CONVENTION
from ambo.statements.schema_items import SchemaItem, verbs_of
from ambo.statements.table_order import sort_tables
from ambo.statements.types import NullType


class Tables(dict[str, Any]):
    """The tables of a MetaData by their keys; read-only to users."""

    def _put(self, key: str, table: Any) -> None:
        super().__setitem__(key, table)

    def _take(self, key: str) -> None:
        super().pop(key, None)

    def _empty(self) -> None:
        super().clear()

    def _refuse(self, *args: Any, **kw: Any) -> NoReturn:
        raise TypeError("MetaData.tables is read-only; define a Table, or use MetaData.remove()")

    __setitem__ = __delitem__ = clear = pop = popitem = setdefault = update = _refuse

    def __reduce__(self) -> Any:
        return _tables, (list(self.items()),)


def _tables(items: list[tuple[str, Any]]) -> Tables:
    return Tables(items)


class MetaData(SchemaItem):
    """A collection of tables that belong together.

    `schema` is where its tables live unless they say otherwise; `naming_convention` names constraints that have no name.

    Example::

        metadata = MetaData()
        user = Table("user", metadata, Column("id", Integer, primary_key=True))
        metadata.create_all(engine)
    """

    __visit_name__ = "metadata"
    bind: Any = None

    def __init__(
        self,
        schema: str | None = None,
        quote_schema: bool | None = None,
        naming_convention: Mapping[Any, Any] | None = None,
        info: dict[Any, Any] | None = None,
    ) -> None:
        if schema is not None and not isinstance(schema, str):
            raise ArgumentError(f"expected schema argument to be a string, got {type(schema)}; engines are given to create_all() and the like")
        self.tables = Tables()
        self.schema = quoted_name.construct(schema, quote_schema)
        self.naming_convention: dict[Any, Any] = dict(naming_convention or DEFAULT_CONVENTION)
        self._sequences: dict[str, Any] = {}
        self._waiting_keys: list[Any] = []
        if info is not None:
            self.info = info

    def __repr__(self) -> str:
        return "MetaData()"

    def __contains__(self, table_or_key: Any) -> bool:
        key = table_or_key if isinstance(table_or_key, str) else table_or_key.key
        return key in self.tables

    # -- keeping tables

    def _add_table(self, table: Any) -> None:
        self.tables._put(table.key, table)
        self._resolve_types()

    def _note_foreign_key(self, fk: Any) -> None:
        """Remember a foreign key whose column waits for its target's type."""
        self._waiting_keys.append(fk)
        self._resolve_types()

    def _resolve_types(self) -> None:
        changed = True
        while changed:
            changed = False
            for fk in list(self._waiting_keys):
                before = fk.parent.type
                fk._take_type()
                if fk.parent.type is not before:
                    changed = True
            self._waiting_keys = [fk for fk in self._waiting_keys if isinstance(fk.parent.type, NullType)]

    def remove(self, table: Any) -> None:
        """Forget a table."""
        self.tables._take(table.key)

    def clear(self) -> None:
        """Forget all tables."""
        self.tables._empty()
        self._sequences.clear()

    @property
    def sorted_tables(self) -> list[Any]:
        """The tables in the order of their foreign keys: what is referred to first."""
        return sort_tables(sorted(self.tables.values(), key=lambda table: str(table.key)))

    @property
    def _schemas(self) -> list[str]:
        return sorted({str(table.schema) for table in self.tables.values() if table.schema is not None})

    # -- with a database

    def create_all(self, bind: Any, tables: Sequence[Any] | None = None, checkfirst: bool | CheckFirst = True) -> None:
        """Create the tables that do not exist yet, or all with `checkfirst=False`.

        Under asyncio: `await connection.run_sync(metadata.create_all)`.
        """
        verbs_of(bind)("create", self, tables=tables, checkfirst=checkfirst)

    def drop_all(self, bind: Any, tables: Sequence[Any] | None = None, checkfirst: bool | CheckFirst = True) -> None:
        """Drop the tables that exist."""
        verbs_of(bind)("drop", self, tables=tables, checkfirst=checkfirst)

    def reflect(
        self,
        bind: Any,
        schema: str | None = None,
        views: bool = False,
        only: Sequence[str] | Callable[[str, MetaData], bool] | None = None,
        extend_existing: bool = False,
        autoload_replace: bool = True,
        resolve_fks: bool = True,
        **dialect_kwargs: Any,
    ) -> None:
        """Read the tables of a database into this MetaData, those named by `only` or all."""
        options = {
            "schema": schema, "views": views, "only": only, "extend_existing": extend_existing,
            "autoload_replace": autoload_replace, "resolve_fks": resolve_fks, **dialect_kwargs,
        }  # fmt: skip
        verbs_of(bind)("reflect", self, **options)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_own_dispatch"}


def table_key(name: str, schema: str | None) -> str:
    """Return the key under which a MetaData keeps a table."""
    return name if schema is None else f"{schema}.{name}"


