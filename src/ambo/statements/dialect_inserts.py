"""INSERTs with a clause of one database: `ON CONFLICT` (PostgreSQL, SQLite), `ON DUPLICATE KEY UPDATE` (MariaDB).

What the clause may refer to, the row that could not be inserted, is `insert.excluded` (`insert.inserted` on MariaDB).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import and_ as AND
from typing import Any, Self

from ambo.errors import ArgumentError, InvalidRequestError
from ambo.statements.aliased_sources import Alias
from ambo.statements.coercions import as_condition, element_of
from ambo.statements.columns import ColumnCollection
from ambo.statements.expressions import ColumnElement
from ambo.statements.late import late
from ambo.statements.nodes import ClauseElement
from ambo.statements.writes import Assignment, Insert, value_node


class OnConflict(ClauseElement):
    """`ON CONFLICT target DO NOTHING`, or with assignments `DO UPDATE SET ... WHERE ...`."""

    __slots__ = ("assignments", "constraint", "index_elements", "index_where", "updates", "where")
    visit = "on_conflict"
    _nodes = ("index_elements", "index_where", "assignments", "where")
    _facts = ("constraint", "updates")

    def __init__(
        self,
        constraint: Any,
        index_elements: Any,
        index_where: Any,
        assignments: Sequence[Assignment] = (),
        where: Any = None,
        updates: bool = False,
    ) -> None:
        self.updates = updates
        if constraint is not None and index_elements is not None:
            raise ArgumentError("'constraint' and 'index_elements' are mutually exclusive")
        if constraint is not None and not isinstance(constraint, str):
            constraint, index_elements, found_where = _constraint_target(constraint)
            index_where = found_where if index_where is None else index_where
        self.constraint = constraint
        self.index_elements = tuple(one if isinstance(one, str) else element_of(one) for one in index_elements or ())
        self.index_where = None if index_where is None else as_condition(index_where)
        self.assignments = tuple(assignments)
        self.where = where
        self._tokens = None
        self._binds = ()


def _constraint_target(constraint: Any) -> tuple[str | None, Any, Any]:
    """Return name, columns and condition of a constraint or index object; the name wins where there is one."""
    where = getattr(constraint, "dialect_options", {}).get("postgresql", {}).get("where")
    is_index = hasattr(constraint, "expressions")
    name = getattr(constraint, "name", None)
    if name is not None and not is_index:
        return str(name), None, None
    columns = list(getattr(constraint, "expressions", None) or constraint.columns)
    return None, columns, where


class OnDuplicateKey(ClauseElement):
    """`ON DUPLICATE KEY UPDATE`."""

    __slots__ = ("assignments",)
    visit = "on_duplicate_key"
    _nodes = ("assignments",)

    def __init__(self, assignments: Sequence[Assignment]) -> None:
        self.assignments = tuple(assignments)
        self._tokens = None
        self._binds = ()


class InsertedValue(ColumnElement[Any]):
    """`VALUES(column)`: the value that could not be inserted, on MariaDB."""

    __slots__ = ("column",)
    visit = "inserted_value"
    _nodes = ("column",)

    def __init__(self, column: Any) -> None:
        self.column = column
        self.type = column.type
        self._tokens = None
        self._binds = ()


class _UpsertBase(Insert):
    """What the inserts with ON CONFLICT share."""

    inherit_cache = False

    def _target(self) -> Any:
        return getattr(self.table, "_write_table", self.table)

    def _once(self, clause: ClauseElement) -> Self:
        if self._post_values:
            raise InvalidRequestError("This Insert construct already has an ON CONFLICT clause established")
        return self._with(_post_values=(clause,))

    def _set_clause(self, set_: Any) -> list[Assignment]:
        items = set_.items() if isinstance(set_, (Mapping, ColumnCollection)) else set_
        if not items:
            raise ArgumentError("set parameter must be a non-empty dictionary or a ColumnCollection such as the `.c.` collection of a Table object")
        made = []
        for key, value in items:
            column = self._column_of(key)
            made.append(Assignment(column, value_node(value, column)))
        return made


class OnConflictInsert(_UpsertBase):
    """An INSERT that says what happens when a row is there already."""

    @property
    def excluded(self) -> ColumnCollection[Any]:
        """The columns of the row that could not be inserted."""
        if "_excluded" not in self.__dict__:
            self.__dict__["_excluded"] = Alias(self._target(), "excluded")
        columns: ColumnCollection[Any] = self.__dict__["_excluded"].c
        return columns

    def _key_parts(self) -> list[Any]:
        return [part for part in super()._key_parts() if part is not self.__dict__.get("_excluded") and part != "_excluded"]

    def on_conflict_do_nothing(self, index_elements: Any = None, index_where: Any = None, constraint: Any = None) -> Self:
        """Return this with `ON CONFLICT DO NOTHING`: existing rows stay as they are."""
        return self._once(OnConflict(constraint, index_elements, index_where))

    def on_conflict_do_update(
        self,
        index_elements: Any = None,
        index_where: Any = None,
        set_: Any = None,
        where: Any = None,
        constraint: Any = None,
    ) -> Self:
        """Return this with `ON CONFLICT (index_elements) DO UPDATE SET set_ WHERE where`.

        Example: `stmt.on_conflict_do_update(index_elements=["id"], set_={"name": stmt.excluded.name})`.
        """
        condition = None if where is None else late.junction(AND, (where,))
        return self._once(OnConflict(constraint, index_elements, index_where, self._set_clause(set_), condition, updates=True))


class PostgreSQLInsert(OnConflictInsert):
    """`INSERT` with PostgreSQL's ON CONFLICT."""

    def on_conflict_do_nothing(  # type: ignore[override]  # PostgreSQL's arguments come in another order
        self, constraint: Any = None, index_elements: Any = None, index_where: Any = None
    ) -> Self:
        """Return this with `ON CONFLICT DO NOTHING`: existing rows stay as they are."""
        return self._once(OnConflict(constraint, index_elements, index_where))

    def on_conflict_do_update(  # type: ignore[override]  # PostgreSQL's arguments come in another order
        self,
        constraint: Any = None,
        index_elements: Any = None,
        index_where: Any = None,
        set_: Any = None,
        where: Any = None,
    ) -> Self:
        """Return this with `ON CONFLICT ... DO UPDATE SET set_ WHERE where`."""
        if constraint is None and not index_elements:
            raise ArgumentError("Either constraint or index_elements, but not both, must be specified unless DO NOTHING")
        return super().on_conflict_do_update(index_elements, index_where, set_, where, constraint)


class SQLiteInsert(OnConflictInsert):
    """`INSERT` with SQLite's ON CONFLICT."""


class MySQLInsert(_UpsertBase):
    """`INSERT` with MariaDB's ON DUPLICATE KEY UPDATE."""

    @property
    def inserted(self) -> ColumnCollection[Any]:
        """The values of the row that could not be inserted."""
        return ColumnCollection([(key, InsertedValue(column)) for key, column in self._target().c.items()])

    def on_duplicate_key_update(self, *args: Any, **kw: Any) -> Self:
        """Return this with `ON DUPLICATE KEY UPDATE`; takes a dict, pairs, or names."""
        if args and kw:
            raise ArgumentError("Can't pass kwargs and positional arguments simultaneously")
        if len(args) > 1:
            raise ArgumentError("Only a single dictionary or list of tuples is accepted positionally.")
        return self._once(OnDuplicateKey(self._set_clause(args[0] if args else kw)))


def postgresql_insert(table: Any) -> PostgreSQLInsert:
    """Return an INSERT that knows PostgreSQL's ON CONFLICT."""
    return PostgreSQLInsert(table)


def sqlite_insert(table: Any) -> SQLiteInsert:
    """Return an INSERT that knows SQLite's ON CONFLICT."""
    return SQLiteInsert(table)


def mysql_insert(table: Any) -> MySQLInsert:
    """Return an INSERT that knows MariaDB's ON DUPLICATE KEY UPDATE."""
    return MySQLInsert(table)
