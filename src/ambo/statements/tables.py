"""`Table`: a table of a MetaData, its columns, constraints and indexes.

`Table(name, metadata)` of a table that exists already is that table: `__new__` decides, `__init__` does nothing.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, overload

from ambo.errors import AmboWarning, ArgumentError, DuplicateColumnError, InvalidRequestError
from ambo.listening import listen
from ambo.statements.columns import ColumnCollection
from ambo.statements.constraints import CheckConstraint, Constraint, Index, PrimaryKeyConstraint, UniqueConstraint
from ambo.statements.ddl import CheckFirst
from ambo.statements.foreign_keys import ForeignKeyConstraint
from ambo.statements.keys import new_token
from ambo.statements.metadata import MetaData, table_key
from ambo.statements.names import quoted_name
from ambo.statements.schema_columns import Column
from ambo.statements.schema_items import HasDialectOptions, SchemaItem, verbs_of
from ambo.statements.sources import Columns_co, TableClause
from ambo.statements.typed_columns import TypedColumns, columns_of
from ambo.statements.types import Boolean, Enum, TypeDecorator, TypeEngine

Typed = TypeVar("Typed", bound=TypedColumns)


class _Retain:
    """For `to_metadata`: leave the schema as it is."""

    def __repr__(self) -> str:
        return "RETAIN_SCHEMA"


RETAIN_SCHEMA: Any = _Retain()
BLANK_SCHEMA: Any = type("_Blank", (), {"__repr__": lambda self: "BLANK_SCHEMA", "__doc__": "No schema, though the MetaData has one."})()


class Table(HasDialectOptions, SchemaItem, TableClause[Columns_co]):
    """A table: `Table("user", metadata, Column("id", Integer, primary_key=True), ...)`.

    Arguments are columns, constraints and indexes. `extend_existing=True` adds them to a table of that name that exists
    already, `keep_existing=True` leaves it alone; `autoload_with=engine` reads the columns from the database; options of
    a database are such as `mysql_engine="InnoDB"`. The first argument may be a `TypedColumns` class, which lists columns.

    Raises InvalidRequestError if the MetaData has a table of that name and nothing says what to do about it.
    """

    __visit_name__ = "table"
    visit = "table"
    __hash__ = object.__hash__
    creation: Any = None
    """The CREATE VIEW or CREATE TABLE AS that makes this table; None if CREATE TABLE does."""

    @property
    def is_view(self) -> bool:
        """Whether this is a view made by `CreateView`."""
        return self.creation is not None and bool(self.creation.is_view)

    if TYPE_CHECKING:

        @overload
        def __init__(self: Table[Typed], name: str, metadata: MetaData, columns: type[Typed], /, *args: Any, **kw: Any) -> None: ...

        @overload
        def __init__(self: Table, name: str, metadata: MetaData, /, *args: Any, **kw: Any) -> None: ...

        def __init__(self, *args: Any, **kw: Any) -> None: ...

    else:

        def __new__(cls, name: Any = None, metadata: Any = None, *args: Any, **kw: Any) -> Any:
            if name is None and metadata is None and not args and not kw:
                return object.__new__(cls)
            if not isinstance(name, str) or not isinstance(metadata, MetaData):
                raise ArgumentError(f"Table takes a name and a MetaData, not {name!r} and {metadata!r}")
            if args and isinstance(args[0], type) and issubclass(args[0], TypedColumns):
                args = (*columns_of(args[0]), *args[1:])
            return _find_or_make(cls, name, metadata, args, kw)

        def __init__(self, *args: Any, **kw: Any) -> None:
            """Do nothing: `__new__` has built the table, or found it."""

    # -- building

    def _build(self, name: str, metadata: MetaData, schema: str | None, args: Sequence[Any], options: dict[str, Any]) -> None:
        quote = options.pop("quote", None)
        self._token = new_token()
        self._tokens = (self._token,)
        self._binds = ()
        self.name = quoted_name.construct(name, quote) or name
        self.metadata = metadata
        self.schema = schema
        self.key = table_key(name, schema)
        self.fullname = self.key
        self._columns = ColumnCollection()
        self.indexes: set[Index] = set()
        self.constraints: set[Constraint] = set()
        self.foreign_keys: set[Any] = set()
        self._extra_dependencies: set[Any] = set()
        self._prefixes: list[str] = []
        self.implicit_returning = True
        self.comment: str | None = None
        self.primary_key: Any = None
        PrimaryKeyConstraint(_implicit_generated=True)._attach(self)
        self._configure(args, options)

    def _configure(self, args: Sequence[Any], options: dict[str, Any], replace: bool = False) -> None:
        """Apply the arguments of a constructor call, the first or a later one with `extend_existing`."""
        autoload_with = options.pop("autoload_with", None)
        replaces = options.pop("autoload_replace", True)
        resolve_fks = options.pop("resolve_fks", True)
        include = options.pop("include_columns", None)
        extend_on = options.pop("_extend_on", None)
        for name, fn in options.pop("listeners", None) or ():
            listen(self, name, fn)
        self._prefixes = list(options.pop("prefixes", None) or self._prefixes)
        self.implicit_returning = options.pop("implicit_returning", self.implicit_returning)
        self.comment = options.pop("comment", self.comment)
        info = options.pop("info", None)
        if info is not None:
            self.info = info
        self._take_options({**getattr(self, "dialect_kwargs", {}), **options})
        if autoload_with is not None:
            own = {one.name for one in args if isinstance(one, Column)}
            exclude = own if replaces else own | {str(column.name) for column in self.c}
            verbs_of(autoload_with)(
                "reflect_table", self, include_columns=include, exclude_columns=exclude, resolve_fks=resolve_fks, _extend_on=extend_on
            )
        elif include is not None:
            for column in [one for one in self.c if one.name not in include]:
                self._columns._remove(column)
        self._add_items(args, replace or autoload_with is not None)

    def _add_items(self, args: Sequence[Any], replace: bool) -> None:
        items = [one for one in args if one is not None]
        for item in items:
            if not isinstance(item, SchemaItem):
                raise ArgumentError(
                    f"table {self.name!r} got {item!r}, which is no Column, constraint or Index; "
                    "write Column('name', Type), ForeignKeyConstraint(...), Index(...); a TypedColumns class comes first, and alone"
                )
        for item in sorted(items, key=lambda one: not isinstance(one, Column)):
            if isinstance(item, Column):
                self.append_column(item, replace_existing=replace)
            else:
                item._attach(self)

    def append_column(self, column: Any, *, replace_existing: bool = False) -> None:
        """Add a column.

        Raises DuplicateColumnError if there is one of that name and `replace_existing` is False.
        """
        for listener in column.dispatch.of("before_parent_attach"):
            listener(column, self)
        self._place_column(column, replace_existing)
        for listener in column.dispatch.of("after_parent_attach"):
            listener(column, self)
        self._finish_column(column)

    def append_constraint(self, constraint: Any) -> None:
        """Add a constraint."""
        constraint._attach(self)

    def add_is_dependent_on(self, table: Table) -> None:
        """Have the other table created before this one, though no foreign key says so."""
        self._extra_dependencies.add(table)

    def _add_column(self, column: Any, replace: bool = True) -> None:
        self._place_column(column, replace)
        self._finish_column(column)

    def _place_column(self, column: Any, replace: bool) -> None:
        if not column.name:
            raise ArgumentError(f"a column of table {self.name!r} has no name; Column needs one before it joins a Table")
        if column.key is None:
            column.key = column.name
        if column.table is not None and column.table is not self:
            raise ArgumentError(f"Column object '{column.key}' already assigned to Table '{column.table.description}'; copy it with column.copy()")
        known = self.c.get(column.key)
        if known is not None and known is not column:
            if not replace:
                raise DuplicateColumnError(f"A column with name '{column.key}' is already present in table '{self.name}'.")
            self._forget(known)
        elif (twin := next((one for one in self.c if one.name == column.name and one is not column), None)) is not None:
            if not replace:
                raise DuplicateColumnError(f"A column with name '{column.name}' is already present in table '{self.name}'.")
            if twin.key != twin.name:
                warnings.warn(
                    f'Column with user-specified key "{twin.key}" is being replaced with plain named column "{column.name}", '
                    f'key "{twin.key}" is being removed.  Give the new Column key="{twin.key}" to keep it.',
                    AmboWarning,
                    stacklevel=4,
                )
            self._forget(twin)
            self._columns._remove(twin)
        self._columns._replace(column.key, column)
        column.table = self
        column.type = column.type._for_schema(self.schema)
        if column.primary_key:
            self.primary_key._replace(column)
        elif column.key in self.primary_key.columns:
            column.primary_key = True
            self.primary_key._replace(column)

    def _finish_column(self, column: Any) -> None:
        """Do what waited for the column to be in a table: its foreign keys, indexes and checks."""
        waiting, column._waiting = column._waiting, []
        for fn in waiting:
            fn(column, self)
        self.metadata._resolve_types()
        _index_or_unique(column, self)
        _attach_type_checks(column, self)

    def _forget(self, column: Any) -> None:
        """Drop the foreign keys of a column that is being replaced."""
        for fk in list(column.foreign_keys):
            self.foreign_keys.discard(fk)
            if fk.constraint is not None and fk._own_constraint:
                self.constraints.discard(fk.constraint)

    # -- what it is

    @property
    def foreign_key_constraints(self) -> set[ForeignKeyConstraint]:
        """The foreign key constraints."""
        return {fk.constraint for fk in self.foreign_keys if fk.constraint is not None}

    @property
    def autoincrement_column(self) -> Any:
        """The column that the database numbers by itself, or None."""
        return self.primary_key._autoincrement_column

    _autoincrement_column = autoincrement_column

    @property
    def description(self) -> str:
        """The name, for messages."""
        return str(self.name)

    @property
    def entity_namespace(self) -> Any:
        """Where `filter_by(name=...)` looks for names."""
        return self.c

    def _key_parts(self) -> list[Any]:
        return [self._token]

    def _after_copy(self) -> None:
        self._tokens = (self._token,)
        self._binds = ()

    def _copy(self, **changed: Any) -> Any:
        return self

    def _clone(self, **kw: Any) -> Any:
        return self

    def __str__(self) -> str:
        return str(self.fullname)

    def __repr__(self) -> str:
        shown = [repr(str(self.name)), repr(self.metadata), *[repr(column) for column in self.c], f"schema={self.schema!r}"]
        return f"Table({', '.join(shown)})"

    # -- with a database

    def create(self, bind: Any, checkfirst: bool | CheckFirst = False) -> None:
        """Create the table in the database."""
        verbs_of(bind)("create", self, checkfirst=checkfirst)

    def drop(self, bind: Any, checkfirst: bool | CheckFirst = False) -> None:
        """Drop the table from the database."""
        verbs_of(bind)("drop", self, checkfirst=checkfirst)

    # -- copies

    def to_metadata(
        self,
        metadata: MetaData,
        schema: Any = RETAIN_SCHEMA,
        referred_schema_fn: Callable[..., str | None] | None = None,
        name: str | None = None,
    ) -> Table:
        """Return a copy of this table in another MetaData (or, with `name`, in the same one).

        `referred_schema_fn(table, to_schema, constraint, referred_schema)` may choose the schema of what foreign keys
        refer to.
        """
        new_name = name or str(self.name)
        new_schema = self.schema if schema is RETAIN_SCHEMA else (metadata.schema if schema is None else schema)
        key = table_key(new_name, None if new_schema is BLANK_SCHEMA else new_schema)
        if key in metadata.tables:
            return metadata.tables[key]  # type: ignore[no-any-return]
        if self.creation is not None:
            return self.creation.to_metadata(metadata, new_schema, new_name)  # type: ignore[no-any-return]
        columns = [_bare(column) for column in self.c]
        table: Table = Table(
            new_name, metadata, *columns, schema=BLANK_SCHEMA if new_schema is None else new_schema, comment=self.comment,
            prefixes=list(self._prefixes), **self.dialect_kwargs,
        )  # fmt: skip
        for constraint in sorted(self.constraints, key=_stable):
            self._copy_constraint(constraint, table, schema, referred_schema_fn)
        for index in sorted(self.indexes, key=lambda one: str(one.name)):
            if not index._column_flag:
                index._copy(target_table=table)
        self._schema_item_copy(table)
        return table

    tometadata = to_metadata

    def _copy_constraint(self, constraint: Any, table: Table, schema: Any, referred_schema_fn: Any) -> None:
        if constraint._type_bound or getattr(constraint, "_column_flag", False):
            return
        referred: str | None = None
        if isinstance(constraint, ForeignKeyConstraint):
            current = constraint._referred_schema
            if referred_schema_fn is not None:
                referred = referred_schema_fn(self, table.schema, constraint, current)
                referred = current if referred is RETAIN_SCHEMA else referred
            elif schema is not RETAIN_SCHEMA and current == self.schema:
                referred = table.schema
        constraint._copy(schema=referred, target_table=table)._attach(table)

    # -- pickling

    def __reduce_ex__(self, protocol: Any) -> Any:
        state = {name: value for name, value in self.__dict__.items() if name not in ("_token", "_own_dispatch")}
        state.update({name: getattr(self, name) for name in ("name", "schema", "fullname", "implicit_returning", "_columns")})
        return type(self), (), state

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            object.__setattr__(self, name, value)
        self._token = new_token()
        self._after_copy()


def _find_or_make(cls: type[Any], name: str, metadata: MetaData, args: Sequence[Any], kw: dict[str, Any]) -> Any:
    """Return the table of that name: the one that is there, extended if asked, or a new one."""
    schema = kw.pop("schema", None)
    quote_schema = kw.pop("quote_schema", None)
    keep, extend = kw.pop("keep_existing", False), kw.pop("extend_existing", False)
    must_exist = kw.pop("must_exist", False)
    schema = None if schema is BLANK_SCHEMA else metadata.schema if schema is None else schema
    schema = quoted_name.construct(schema, quote_schema)
    if keep and extend:
        raise ArgumentError("keep_existing and extend_existing exclude each other")
    key = table_key(name, schema)
    known = metadata.tables.get(key)
    if known is not None:
        if not keep and not extend and args:
            raise InvalidRequestError(
                f"Table '{key}' is already defined for this MetaData instance. Specify 'extend_existing=True' to redefine "
                "options and columns on an existing Table object."
            )
        if extend:
            if "quote" in kw or quote_schema is not None:
                raise ArgumentError(f"can't redefine 'quote' or 'quote_schema' of the existing table {key!r}")
            known._configure(args, kw, replace=True)
        return known
    if must_exist:
        raise InvalidRequestError(f"Table '{key}' not defined")
    return _make(cls, name, metadata, schema, args, kw)


def _make(cls: type[Any], name: str, metadata: MetaData, schema: str | None, args: Sequence[Any], kw: dict[str, Any]) -> Any:
    table = object.__new__(cls)
    for listener in table.dispatch.of("before_parent_attach"):
        listener(table, metadata)
    key = table_key(name, schema)
    placed = False
    try:
        if "autoload_with" in kw and kw["autoload_with"] is not None:
            table.key, placed = key, True
            metadata.tables._put(key, table)
        table._build(name, metadata, schema, args, kw)
    except BaseException:
        if placed:
            metadata.tables._take(key)
        raise
    metadata._add_table(table)
    for listener in table.dispatch.of("after_parent_attach"):
        listener(table, metadata)
    return table


def _index_or_unique(column: Any, table: Table[Any]) -> None:
    """Make what `Column(index=True)` and `Column(unique=True)` stand for."""
    if column.index:
        if isinstance(column.index, str):
            raise ArgumentError(f"column {column.name!r}: index= takes True or False; to name an index, make an Index('name', ...)")
        Index(None, column.key, unique=bool(column.unique), _column_flag=True, _table=table)
    elif column.unique:
        if isinstance(column.unique, str):
            raise ArgumentError(f"column {column.name!r}: unique= takes True or False; to name it, make a UniqueConstraint")
        constraint = UniqueConstraint(column.key, _autoattach=False)
        constraint._column_flag = True
        constraint._attach(table)


def _attach_type_checks(column: Any, table: Table[Any]) -> None:
    """Add the CHECKs that the column's type asks for, one for each variant that does."""
    types: list[TypeEngine[Any]] = [column.type, *column.type._variants.values()]
    for type_ in types:
        plain = type_.impl if isinstance(type_, TypeDecorator) else type_
        if not isinstance(plain, (Boolean, Enum)) or not plain.create_constraint:
            continue
        values: list[Any] = [0, 1] if isinstance(plain, Boolean) else list(plain.enums)
        check = CheckConstraint(
            column.in_(values), name=plain.name, _create_rule=_NeedsCheck(column.type, type_, plain), _type_bound=True, _autoattach=False
        )
        check._attach(table)


class _NeedsCheck:
    """Whether a type's CHECK is needed in a dialect: it is the type used there, and it is not a type of the database."""

    def __init__(self, declared: TypeEngine[Any], chosen: TypeEngine[Any], plain: Boolean | Enum) -> None:
        self.declared = declared
        self.chosen = chosen
        self.plain = plain

    def __call__(self, dialect: Any) -> bool:
        if self.declared._variants.get(dialect.name, self.declared) is not self.chosen:
            return False
        if isinstance(self.plain, Boolean):
            return not dialect.features.native_boolean
        return not (self.plain.native_enum and dialect.features.native_enum)


def _bare(column: Any) -> Any:
    """Return a free copy of a column without the constraints, which the table copies."""
    return column._copy(bare=True)


def _stable(constraint: Any) -> tuple[str, str]:
    return type(constraint).__name__, str(constraint.name or "")

