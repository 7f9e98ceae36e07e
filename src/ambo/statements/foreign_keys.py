"""Foreign keys: `ForeignKey` inside a column, `ForeignKeyConstraint` inside a table.

A target given as text is looked up when it is first needed, so tables may be defined in any order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ambo.errors import ArgumentError, InvalidRequestError, NoReferencedColumnError, NoReferencedTableError, suggestion
from ambo.statements.constraints import ColumnCollectionConstraint
from ambo.statements.schema_columns import Column
from ambo.statements.schema_items import HasDialectOptions, SchemaItem
from ambo.statements.sources import TableClause
from ambo.statements.types import NullType


class ForeignKey(HasDialectOptions, SchemaItem):
    """A column's reference to another: `ForeignKey("user.id", ondelete="CASCADE")`.

    `column` is "table.column", "schema.table.column", or a Column. `use_alter` adds it by ALTER TABLE after both tables
    exist; `link_to_name` takes the column's name in the database rather than its key.
    """

    __visit_name__ = "foreign_key"
    parent: Any = None
    constraint: Any = None
    _own_constraint = False

    def __init__(
        self,
        column: Any,
        _constraint: Any = None,
        use_alter: bool = False,
        name: Any = None,
        onupdate: str | None = None,
        ondelete: str | None = None,
        deferrable: bool | None = None,
        initially: str | None = None,
        link_to_name: bool = False,
        match: str | None = None,
        info: dict[Any, Any] | None = None,
        comment: str | None = None,
        _unresolvable: bool = False,
        **dialect_kw: Any,
    ) -> None:
        if hasattr(column, "__clause_element__"):
            column = column.__clause_element__()
        column = getattr(column, "expression", column) if not isinstance(column, (str, Column)) else column
        if not isinstance(column, (str, Column)) and not isinstance(getattr(column, "table", None), TableClause):
            raise ArgumentError(f"ForeignKey takes 'table.column' or a Column of a table, not {column!r}")
        self._colspec: str | Column[Any] = column
        self.constraint = _constraint
        self.use_alter = use_alter
        self.name = name
        self.onupdate = onupdate
        self.ondelete = ondelete
        self.deferrable = deferrable
        self.initially = initially
        self.link_to_name = link_to_name
        self.match = match
        self.comment = comment
        self._unresolvable = _unresolvable
        self._resolved: Column[Any] | None = None
        if info is not None:
            self.info = info
        self._take_options(dialect_kw)

    # -- the target

    def _target_parts(self) -> tuple[str | None, str, str | None]:
        """Return schema, table and column of the target as they were given, without looking it up."""
        if not isinstance(self._colspec, str):
            table = self._colspec.table
            return (None, "", str(self._colspec.key)) if table is None else (table.schema, str(table.name), str(self._colspec.key))
        parts = self._colspec.split(".")
        if len(parts) == 1:
            return None, parts[0], None
        return ".".join(parts[:-2]) or None, parts[-2], parts[-1]

    def _target_table_key(self) -> str:
        schema, table, _ = self._target_parts()
        metadata = self.parent.table.metadata
        if schema is None and isinstance(self._colspec, str):
            schema = metadata.schema
        return f"{schema}.{table}" if schema else table

    @property
    def target_fullname(self) -> str:
        """The target as "table.column"."""
        return self._get_colspec()

    def _get_colspec(self, schema: Any = None, table_name: str | None = None) -> str:
        own_schema, table, column = self._target_parts()
        schema = own_schema if schema is None else schema if isinstance(schema, str) else None
        return ".".join(part for part in (schema, table_name or table, column) if part)

    @property
    def _referred_schema(self) -> str | None:
        return self._target_parts()[0]

    @property
    def column(self) -> Column[Any]:
        """The column referred to.

        Raises NoReferencedTableError or NoReferencedColumnError if there is none (yet).
        """
        if self._resolved is None:
            self._resolved = self._look_up() if isinstance(self._colspec, str) else self._colspec
        return self._resolved

    def _look_up(self) -> Column[Any]:
        if self.parent is None:
            raise InvalidRequestError(f"this ForeignKey to {self._colspec!r} is not part of a Column")
        if self.parent.table is None:
            raise InvalidRequestError(f"column {self.parent.name!r} is not part of a Table, so its ForeignKey to {self._colspec!r} has no target")
        metadata = self.parent.table.metadata
        key = self._target_table_key()
        table = metadata.tables.get(key)
        _, _, name = self._target_parts()
        if table is None:
            raise NoReferencedTableError(
                f"Foreign key associated with column '{self.parent}' could not find table '{key}' with which to generate "
                f"a foreign key to target column '{name}'{suggestion(key, metadata.tables)}",
                key,
            )
        return self._column_of(table, str(self.parent.key) if name is None else name)

    def _column_of(self, table: Any, name: str) -> Column[Any]:
        found: Column[Any] | None
        if self.link_to_name:
            found = next((one for one in table.c if one.name == name), None)
        else:
            found = table.c.get(name)
        if found is None:
            raise NoReferencedColumnError(
                f"Could not initialize target column for ForeignKey '{self._colspec}' on table '{self.parent.table.name}': "
                f"table '{table.name}' has no column named '{name}'{suggestion(name, table.c.keys())}",
                table.name,
                name,
            )
        return found

    def references(self, table: Any) -> bool:
        """Tell whether the target is a column of that table."""
        return table.corresponding_column(self.column) is not None

    def get_referent(self, table: Any) -> Any:
        """Return the column of that table (or alias of it) this refers to, or None."""
        return table.corresponding_column(self.column)

    def _take_type(self) -> None:
        """Give the parent column the target's type if it has none of its own."""
        if isinstance(self.parent.type, NullType):
            try:
                type_ = self.column.type
            except (NoReferencedTableError, NoReferencedColumnError):
                return
            if not isinstance(type_, NullType):
                self.parent.type = type_

    # -- joining a column

    def _set_parent(self, parent: Any, **kw: Any) -> None:
        if self.parent is not None and self.parent is not parent:
            raise InvalidRequestError(f"this ForeignKey already has a parent, {self.parent}")
        self.parent = parent
        parent.foreign_keys.add(self)
        parent._when_in_table(self._set_table)

    def _set_table(self, column: Any, table: Any) -> None:
        if self.constraint is None:
            self._own_constraint = True
            self.constraint = ForeignKeyConstraint(
                [],
                [],
                use_alter=self.use_alter,
                name=self.name,
                onupdate=self.onupdate,
                ondelete=self.ondelete,
                deferrable=self.deferrable,
                initially=self.initially,
                match=self.match,
                comment=self.comment,
                **self.dialect_kwargs,
            )
            self.constraint._adopt(self, table)
        table.foreign_keys.add(self)
        table.metadata._note_foreign_key(self)

    def _copy(self, *, schema: str | None = None, **kw: Any) -> ForeignKey:
        spec: Any = self._get_colspec(schema) if isinstance(self._colspec, str) or self._colspec.table is not None else self._colspec
        if not isinstance(self._colspec, str) and not kw.get("by_name"):
            spec = self._colspec
        copied = ForeignKey(
            spec,
            use_alter=self.use_alter,
            name=self.name,
            onupdate=self.onupdate,
            ondelete=self.ondelete,
            deferrable=self.deferrable,
            initially=self.initially,
            link_to_name=self.link_to_name,
            match=self.match,
            comment=self.comment,
            **self.dialect_kwargs,
        )
        self._schema_item_copy(copied)
        return copied

    def __repr__(self) -> str:
        return f"ForeignKey({self._get_colspec()!r})"


class ForeignKeyConstraint(ColumnCollectionConstraint):
    """FOREIGN KEY (columns) REFERENCES …: `ForeignKeyConstraint(["a", "b"], ["other.a", "other.b"])`."""

    __visit_name__ = "foreign_key_constraint"
    _naming_kind = "fk"

    def __init__(
        self,
        columns: Sequence[Any],
        refcolumns: Sequence[Any],
        name: Any = None,
        onupdate: str | None = None,
        ondelete: str | None = None,
        deferrable: bool | None = None,
        initially: str | None = None,
        use_alter: bool = False,
        link_to_name: bool = False,
        match: str | None = None,
        table: Any = None,
        info: dict[Any, Any] | None = None,
        comment: str | None = None,
        **dialect_kw: Any,
    ) -> None:
        if len(columns) != len(refcolumns):
            raise ArgumentError(
                f"ForeignKeyConstraint number of constrained columns ({len(columns)}) must match the number of referenced columns ({len(refcolumns)})"
            )
        if len({one if isinstance(one, str) else id(one) for one in columns}) < len(columns):
            raise ArgumentError("ForeignKeyConstraint with duplicate source column references are not supported.")
        self.onupdate = onupdate
        self.ondelete = ondelete
        self.use_alter = use_alter
        self.link_to_name = link_to_name
        self.match = match
        self.elements: list[ForeignKey] = [
            ForeignKey(
                one, self, use_alter, name, onupdate, ondelete, deferrable, initially, link_to_name=link_to_name, match=match, **dialect_kw
            )
            for one in refcolumns
        ]
        super().__init__(*columns, name=name, deferrable=deferrable, initially=initially, info=info, comment=comment, **dialect_kw)
        if table is not None:
            self._attach(table)

    def _adopt(self, fk: ForeignKey, table: Any) -> None:
        """Become the constraint of a single ForeignKey given inside a column."""
        self.elements = [fk]
        self._given = [fk.parent]
        self._attach(table)

    def _set_parent(self, parent: Any, **kw: Any) -> None:
        if self.parent is parent:
            return
        own = bool(self.elements) and self.elements[0].parent is None
        super()._set_parent(parent)
        for fk, column in zip(self.elements, self.columns, strict=False):
            if own and fk.parent is not column:
                fk._attach(column)
        self._check_one_table()

    def _check_one_table(self) -> None:
        targets = {(schema, table) for schema, table, _ in (one._target_parts() for one in self.elements)}
        if len(targets) > 1:
            names = ", ".join(sorted(f"{schema}.{table}" if schema else table for schema, table in targets))
            raise ArgumentError(f"ForeignKeyConstraint on {self.parent.fullname} refers to several tables: {names}; it takes one")

    @property
    def referred_table(self) -> Any:
        """The table referred to."""
        return self.elements[0].column.table

    @property
    def _referred_schema(self) -> str | None:
        return self.elements[0]._referred_schema if self.elements else None

    @property
    def column_keys(self) -> list[str]:
        """The keys of the columns on this side."""
        return self._column_names()

    @property
    def _elements(self) -> dict[str, ForeignKey]:
        return dict(zip(self.column_keys, self.elements, strict=True))

    @property
    def _col_description(self) -> str:
        return ", ".join(self.column_keys)

    def _copy(self, *, schema: str | None = None, target_table: Any = None, **kw: Any) -> Any:
        targets: list[Any] = []
        for fk in self.elements:
            own_schema, table, _ = fk._target_parts()
            same = self.parent is not None and target_table is not None and table == self.parent.name and own_schema == self.parent.schema
            targets.append(fk._get_colspec(schema, table_name=str(target_table.name) if same else None))
        options = self._options()
        copied = ForeignKeyConstraint(
            self._column_names(),
            targets,
            onupdate=self.onupdate,
            ondelete=self.ondelete,
            use_alter=self.use_alter,
            link_to_name=self.link_to_name,
            match=self.match,
            **options,
        )
        for mine, theirs in zip(self.elements, copied.elements, strict=True):
            mine._schema_item_copy(theirs)
        return self._schema_item_copy(copied)


