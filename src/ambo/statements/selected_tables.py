"""Tables that a SELECT makes: CREATE VIEW and CREATE TABLE AS.

    active = CreateView(select(user.c.id).where(user.c.active), "active_user", metadata=metadata)
    metadata.create_all(engine)          # the tables, then the views in the order in which they were defined
    select(active.table)

Rule: what they make is an ordinary `Table` whose `creation` is the statement that makes it; it has no keys or constraints.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from ambo.errors import ArgumentError
from ambo.statements.ddl import Create, Drop
from ambo.statements.labels import AnonymousName
from ambo.statements.late import late
from ambo.statements.metadata import MetaData
from ambo.statements.row_statements import ReturnsRows
from ambo.statements.schema_columns import Column
from ambo.statements.tables import BLANK_SCHEMA, RETAIN_SCHEMA, Table


class CreateFromSelect(Create):
    """What both share: the SELECT, and the table that stands for the result."""

    is_view = False

    def __init__(
        self, selectable: Any, name: str, *, metadata: MetaData | None = None, schema: str | None = None, temporary: bool = False, **options: Any
    ) -> None:
        if not isinstance(selectable, ReturnsRows):
            raise ArgumentError(f"{type(self).__name__} takes a SELECT, got {selectable!r}")
        unknown = sorted(set(options) - {"sqlite_if_not_exists"})
        if unknown:
            raise ArgumentError(f"{type(self).__name__} has no option {', '.join(unknown)}; for SQLite there is sqlite_if_not_exists")
        self.selectable = selectable
        self.temporary = temporary
        self.dialect_kwargs = options
        self.table = Table(name, MetaData() if metadata is None else metadata, *_columns(selectable), schema=schema)
        self.table.creation = self
        super().__init__(self.table)

    def to_metadata(self, metadata: MetaData, schema: Any = RETAIN_SCHEMA, name: str | None = None) -> Table:
        """Return a table of another MetaData that the same SELECT makes there."""
        own = self.table.schema if schema is RETAIN_SCHEMA else schema
        made = Table(name or str(self.table.name), metadata, *_columns(self.selectable), schema=own or BLANK_SCHEMA)
        made.creation = self._copy(table=made, element=made, target=made)
        return made


def _columns(selectable: Any) -> Iterator[Column[Any]]:
    made_up: Counter[str] = Counter()
    for one in selectable._outputs:
        name = one.key if one.name is None else one.name
        if isinstance(name, AnonymousName):
            made_up[name.base] += 1
            name = f"{name.base}_{made_up[name.base]}"
        yield Column(name, one.column.type, key=one.key)


class CreateView(CreateFromSelect):
    """CREATE VIEW name AS SELECT; `table` is the view, to select from and to map classes to.

    Arguments: `metadata` is what creates and drops the view with its tables; `schema` where it lives; `temporary`, `or_replace`
    and `materialized` are words of the statement, for databases that have them.
    """

    visit = "create_view"
    is_view = True

    def __init__(
        self,
        selectable: Any,
        view_name: str,
        *,
        metadata: MetaData | None = None,
        schema: str | None = None,
        temporary: bool = False,
        or_replace: bool = False,
        materialized: bool = False,
        **dialect_kwargs: Any,
    ) -> None:
        self.or_replace = or_replace
        self.materialized = materialized
        super().__init__(selectable, view_name, metadata=metadata, schema=schema, temporary=temporary, **dialect_kwargs)


class CreateTableAs(CreateFromSelect):
    """CREATE TABLE name AS SELECT: a table with the rows that the SELECT finds now. `select(...).into("name")` makes one."""

    visit = "create_table_as"

    def __init__(
        self,
        selectable: Any,
        table_name: str,
        *,
        metadata: MetaData | None = None,
        schema: str | None = None,
        temporary: bool = False,
        if_not_exists: bool = False,
        **dialect_kwargs: Any,
    ) -> None:
        super().__init__(selectable, table_name, metadata=metadata, schema=schema, temporary=temporary, **dialect_kwargs)
        self.if_not_exists = if_not_exists


class DropView(Drop):
    """DROP VIEW, or DROP MATERIALIZED VIEW."""

    visit = "drop_view"

    def __init__(self, element: Any, *, if_exists: bool = False, materialized: bool | None = None) -> None:
        super().__init__(element, if_exists)
        self.materialized = is_materialized(element) if materialized is None else materialized


def is_materialized(table: Any) -> bool:
    """Tell whether a table is a materialized view."""
    return bool(getattr(table.creation, "materialized", False))


late.create_table_as = CreateTableAs
