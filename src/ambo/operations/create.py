"""Create and drop: what `metadata.create_all(bind)`, `table.drop(bind)` and the like run.

Path of create_all: one look at what exists (`checkfirst`), then types, sequences, tables with their indexes and comments in
the order of their foreign keys, then the foreign keys that had to wait. Listeners of before_create and after_create are
called around each table and around the whole; between two of them all statements go out in one batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ambo.effects import Execute, Op
from ambo.errors import ArgumentError, CircularDependencyError
from ambo.listening import Registered
from ambo.operations.catalogs import catalog_of
from ambo.operations.channel import Channel
from ambo.operations.listeners import notify
from ambo.operations.transaction import send_batch
from ambo.statements import ddl
from ambo.statements.constraints import Index
from ambo.statements.defaults import Sequence as DatabaseSequence
from ambo.statements.foreign_keys import ForeignKeyConstraint
from ambo.statements.metadata import MetaData
from ambo.statements.selected_tables import DropView
from ambo.statements.table_order import sort_tables_and_constraints
from ambo.statements.tables import Table
from ambo.statements.types import SchemaType, TypeDecorator

Verb = Callable[["Work", Any], Op[None]]


class Work:
    """One create or drop: where it goes, what is asked first, and the statements that wait to be sent."""

    def __init__(self, channel: Channel, checkfirst: bool | ddl.CheckFirst, tables: Sequence[Table] | None = None) -> None:
        self.channel = channel
        self.dialect = channel.dialect
        self.schemas = channel.options.get("schema_translate_map") or {}
        self.renderer = channel.dialect.ddl.translated(self.schemas)
        self.checkfirst = checkfirst
        self.checked = ddl.CheckFirst(checkfirst)
        self.tables = tables
        self.pending: list[Execute] = []
        self.known: dict[str | None, set[str]] = {}

    def say(self, statement: ddl.DDLElement) -> None:
        """Put a statement into the batch."""
        self.pending.append(Execute(None, self.renderer.process(statement), ()))

    def send(self) -> Op[None]:
        """Send what waits."""
        if self.pending:
            waiting, self.pending = self.pending, []
            yield from send_batch(self.channel, waiting)

    def tell(self, target: Any, event: str, **kw: Any) -> Op[None]:
        """Call the listeners of a schema event, everything before it sent."""
        listeners = target.dispatch.of(event)
        if listeners:
            yield from self.send()
        for listener in listeners:
            yield from notify(self.channel, _Told(listener, target, {"checkfirst": self.checkfirst, **kw}), ())

    def checks(self, item: Any) -> bool:
        """Tell whether to look for an item before it is created or dropped."""
        if isinstance(item, Table):
            kind = ddl.CheckFirst.VIEWS if item.is_view else ddl.CheckFirst.TABLES
        elif isinstance(item, Index):
            kind = ddl.CheckFirst.INDEXES
        else:
            kind = ddl.CheckFirst.SEQUENCES if isinstance(item, DatabaseSequence) else ddl.CheckFirst.TYPES
        return kind in self.checked

    def exists(self, table: Any) -> Op[bool]:
        """Tell whether the database has a table (or view) of that name; each schema is asked once."""
        schema = self.schema_of(table)
        found = self.known.get(schema)
        if found is None:
            found = self.known[schema] = yield from catalog_of(self.dialect).relation_names(self.channel, schema)
        return str(table.name) in found

    def schema_of(self, item: Any) -> str | None:
        """Return the schema an item lives in."""
        found = self.schemas.get(item.schema, item.schema)
        return None if found is None else str(found)


class _Told(Registered):
    """A listener of a schema event, called as `fn(target, connection, **kw)` though `notify` puts the connection first."""

    __slots__ = ("kw", "listener", "target")

    def __init__(self, listener: Registered, target: Any, kw: dict[str, Any]) -> None:
        super().__init__(listener.fn, listener.options)
        self.listener = listener
        self.target = target
        self.kw = kw

    def __call__(self, connection: Any) -> Any:
        return self.listener(self.target, connection, **self.kw)


def create(channel: Channel, element: Any, checkfirst: bool | ddl.CheckFirst = True, tables: Sequence[Table] | None = None) -> Op[None]:
    """Create a MetaData's tables, or a single table, index, sequence or type."""
    work = Work(channel, checkfirst, tables)
    yield from _verb(element, _CREATE)(work, element)
    yield from work.send()


def drop(channel: Channel, element: Any, checkfirst: bool | ddl.CheckFirst = True, tables: Sequence[Table] | None = None) -> Op[None]:
    """Drop a MetaData's tables, or a single table, index, sequence or type."""
    work = Work(channel, checkfirst, tables)
    yield from _verb(element, _DROP)(work, element)
    yield from work.send()


def _verb(element: Any, verbs: dict[type, Verb]) -> Verb:
    for cls, verb in verbs.items():
        if isinstance(element, cls):
            return verb
    raise ArgumentError(f"{element!r} is nothing that can be created or dropped")


# -- metadata


def _create_metadata(work: Work, metadata: MetaData) -> Op[None]:
    chosen: list[Table] = []
    for table in _chosen(metadata, work.tables):
        if not work.checks(table) or not (yield from work.exists(table)):
            chosen.append(table)
    plain, selected = _parted(metadata, chosen)
    ordered = sort_tables_and_constraints(plain, _left_out(work))
    sequences = yield from _sequences(work, metadata, chosen if work.tables is not None else None)
    yield from work.tell(metadata, "before_create", tables=chosen)
    yield from _create_types(work, chosen)
    for sequence in sequences:
        work.say(ddl.CreateSequence(sequence))
    for table, keys in ordered:
        if table is not None:
            yield from _create_one(work, table, keys)
        elif work.dialect.features.alter_constraints:
            for key in sorted(keys, key=lambda one: int(one._order)):
                work.say(ddl.AddConstraint(key, isolate_from_table=False))
    for table in selected:
        yield from _create_one(work, table, None)
    yield from work.tell(metadata, "after_create", tables=chosen)


def _chosen(metadata: MetaData, tables: Sequence[Table] | None) -> list[Table]:
    found = metadata.tables.values() if tables is None else tables
    return sorted(found, key=lambda table: str(table.key))


def _parted(metadata: MetaData, tables: list[Table]) -> tuple[list[Table], list[Table]]:
    """Return the tables of CREATE TABLE, and those a SELECT makes in the order of their definition."""
    places = {id(table): at for at, table in enumerate(metadata.tables.values())}
    selected = sorted([one for one in tables if one.creation is not None], key=lambda one: places[id(one)])
    return [one for one in tables if one.creation is None], selected


def _left_out(work: Work) -> Callable[[Any], bool | None] | None:
    """Say which foreign keys may be added later; without ALTER none may."""
    if not work.dialect.features.alter_constraints:
        return lambda constraint: None
    return None


def _sequences(work: Work, metadata: MetaData, tables: list[Table] | None) -> Op[list[Any]]:
    """Return the sequences to create: those of the columns concerned, or all of the MetaData, that do not exist."""
    if not work.dialect.features.sequences:
        return []
    found = list(metadata._sequences.values())
    if tables is not None:
        found = [one for one in found if one.column is not None and one.column.table in tables]
    found = [one for one in found if not (one.optional and work.dialect.features.optional_sequences)]
    if ddl.CheckFirst.SEQUENCES not in work.checked or not found:
        return found
    missing = []
    for one in found:
        names = yield from catalog_of(work.dialect).sequence_names(work.channel, work.schema_of(one))
        if str(one.name) not in names:
            missing.append(one)
    return missing


def _drop_metadata(work: Work, metadata: MetaData) -> Op[None]:
    chosen: list[Table] = []
    for table in _chosen(metadata, work.tables):
        if not work.checks(table) or (yield from work.exists(table)):
            chosen.append(table)
    plain, selected = _parted(metadata, chosen)
    try:
        ordered = sort_tables_and_constraints(plain, _named_only(work))
    except CircularDependencyError as error:
        names = ", ".join(sorted(str(table.fullname) for table in error.cycles))
        raise CircularDependencyError(
            f"Can't sort tables for DROP; an unresolvable foreign key dependency exists between tables: {names}. "
            "Give the foreign keys of the cycle names, so that they can be dropped first",
            error.cycles,
            error.edges,
        ) from error
    yield from work.tell(metadata, "before_drop", tables=chosen)
    for made in reversed(selected):
        yield from _drop_one(work, made)
    for table, keys in reversed(ordered):
        if table is None:
            for key in keys:
                if key.name is not None and work.dialect.features.alter_constraints:
                    work.say(ddl.DropConstraint(key, isolate_from_table=False))
        else:
            yield from _drop_one(work, table)
    yield from _drop_sequences(work, metadata, chosen if work.tables is not None else None)
    yield from _drop_types(work, chosen, metadata)
    yield from work.tell(metadata, "after_drop", tables=chosen)


def _named_only(work: Work) -> Callable[[Any], bool | None]:
    """A foreign key without a name cannot be dropped on its own, unless the database needs no order at all."""

    def choose(constraint: ForeignKeyConstraint) -> bool | None:
        return False if constraint.name is None and work.dialect.features.alter_constraints else None

    return choose


def _drop_sequences(work: Work, metadata: MetaData, tables: list[Table] | None) -> Op[None]:
    if not work.dialect.features.sequences:
        return
    for one in metadata._sequences.values():
        if tables is not None and (one.column is None or one.column.table not in tables):
            continue
        if one.optional and work.dialect.features.optional_sequences:
            continue
        if work.checks(one):
            names = yield from catalog_of(work.dialect).sequence_names(work.channel, work.schema_of(one))
            if str(one.name) not in names:
                continue
        work.say(ddl.DropSequence(one))


# -- one table


def _create_table(work: Work, table: Table) -> Op[None]:
    if work.checks(table) and (yield from work.exists(table)):
        return
    yield from _create_types(work, [table])
    for sequence in (yield from _sequences(work, table.metadata, [table])):
        work.say(ddl.CreateSequence(sequence))
    yield from _create_one(work, table, None)


def _create_one(work: Work, table: Table, keys: Iterable[Any] | None) -> Op[None]:
    """Create a table with those of its foreign keys that can be created now, then its indexes and comments."""
    yield from work.tell(table, "before_create", tables=work.tables)
    work.say(ddl.CreateTable(table, None if keys is None else list(keys)) if table.creation is None else table.creation)
    for index in sorted(table.indexes, key=lambda one: str(one.name)):
        if _applies(index, work):
            yield from _one(work, index, "create", ddl.CreateIndex(index))
    for statement in _comments(table, work.dialect.features):
        work.say(statement)
    yield from work.tell(table, "after_create", tables=work.tables)


def _one(work: Work, item: Any, verb: str, statement: ddl.DDLElement) -> Op[None]:
    """Run a statement about an item between its events."""
    yield from work.tell(item, f"before_{verb}")
    work.say(statement)
    yield from work.tell(item, f"after_{verb}")


def _applies(item: Any, work: Work) -> bool:
    return item._ddl_condition is None or ddl.DDLIf(*item._ddl_condition).applies(item, item.table, None, work.dialect)


def _comments(table: Table, features: Any) -> list[ddl.DDLElement]:
    if not features.comments or features.inline_comments:
        return []
    found: list[ddl.DDLElement] = [ddl.SetTableComment(table)] if table.comment is not None else []
    found += [ddl.SetColumnComment(column) for column in table.c if column.comment is not None]
    if features.constraint_comments:
        found += [ddl.SetConstraintComment(one) for one in table.constraints if one.comment is not None and one.name is not None]
    return found


def _drop_table(work: Work, table: Table) -> Op[None]:
    if work.checks(table) and not (yield from work.exists(table)):
        return
    yield from _drop_one(work, table)
    yield from _drop_types(work, [table], None)


def _drop_one(work: Work, table: Table) -> Op[None]:
    yield from work.tell(table, "before_drop", tables=work.tables)
    work.say(DropView(table) if table.is_view else ddl.DropTable(table))
    yield from work.tell(table, "after_drop", tables=work.tables)


# -- types


def _create_types(work: Work, tables: Iterable[Table]) -> Op[None]:
    wanted = named_types(tables, work.dialect)
    for schema in {work.schema_of(one) for one in wanted} if wanted else ():
        known = (yield from catalog_of(work.dialect).type_names(work.channel, schema)) if ddl.CheckFirst.TYPES in work.checked else set()
        for one in wanted:
            if work.schema_of(one) == schema and str(one.name) not in known:
                work.say(ddl.CreateType(one))


def _drop_types(work: Work, tables: Iterable[Table], metadata: MetaData | None) -> Op[None]:
    """Drop the types that belong to these tables alone; one that belongs to a MetaData goes with that."""
    wanted = named_types(tables, work.dialect)
    if metadata is None:
        wanted = [one for one in wanted if one.metadata is None]
    for one in reversed(wanted):
        if work.checks(one):
            known = yield from catalog_of(work.dialect).type_names(work.channel, work.schema_of(one))
            if str(one.name) not in known:
                continue
        work.say(ddl.DropType(one))


def named_types(tables: Iterable[Table], dialect: Any) -> list[Any]:
    """Return the types with a name of their own that tables need in a dialect, each once."""
    found: dict[tuple[Any, Any], Any] = {}
    if dialect.features.native_enum and dialect.features.transactional_ddl:
        for table in tables:
            for column in table.c:
                one = _named(column.type, dialect)
                if one is not None:
                    found.setdefault((one.schema, one.name), one)
    return list(found.values())


def _named(type_: Any, dialect: Any) -> Any:
    impl = type_.dialect_impl(dialect)
    if isinstance(impl, TypeDecorator):
        impl = impl.type_engine(dialect)
    item = getattr(impl, "item_type", None)
    if item is not None:
        return _named(item, dialect)
    if not isinstance(impl, SchemaType) or impl.name is None or not getattr(impl, "create_type", True):
        return None
    return impl if getattr(impl, "native_enum", False) or hasattr(impl, "data_type") else None


def _create_type(work: Work, type_: Any) -> Op[None]:
    if (yield from _type_wants(work, type_, there=False)):
        work.say(ddl.CreateType(type_))


def _drop_type(work: Work, type_: Any) -> Op[None]:
    if (yield from _type_wants(work, type_, there=True)):
        work.say(ddl.DropType(type_))


def _type_wants(work: Work, type_: Any, there: bool) -> Op[bool]:
    """Tell whether the database has such types and, if that is to be checked, has this one (`there`) or not."""
    features = work.dialect.features
    if not (features.native_enum and features.transactional_ddl) or not getattr(type_, "native_enum", True):
        return False
    if not work.checks(type_):
        return True
    known = yield from catalog_of(work.dialect).type_names(work.channel, work.schema_of(type_))
    return (str(type_.name) in known) is there


# -- indexes and sequences


def _create_index(work: Work, index: Index) -> Op[None]:
    if work.checks(index):
        known = yield from catalog_of(work.dialect).index_names(work.channel, str(index.table.name), work.schema_of(index.table))
        if str(index.name) in known:
            return
    yield from _one(work, index, "create", ddl.CreateIndex(index))


def _drop_index(work: Work, index: Index) -> Op[None]:
    if work.checks(index):
        known = yield from catalog_of(work.dialect).index_names(work.channel, str(index.table.name), work.schema_of(index.table))
        if str(index.name) not in known:
            return
    yield from _one(work, index, "drop", ddl.DropIndex(index))


def _create_sequence(work: Work, sequence: Any) -> Op[None]:
    if not work.dialect.features.sequences:
        return
    if work.checks(sequence):
        known = yield from catalog_of(work.dialect).sequence_names(work.channel, work.schema_of(sequence))
        if str(sequence.name) in known:
            return
    work.say(ddl.CreateSequence(sequence))


def _drop_sequence(work: Work, sequence: Any) -> Op[None]:
    if not work.dialect.features.sequences:
        return
    if work.checks(sequence):
        known = yield from catalog_of(work.dialect).sequence_names(work.channel, work.schema_of(sequence))
        if str(sequence.name) not in known:
            return
    work.say(ddl.DropSequence(sequence))


_CREATE: dict[type, Verb] = {
    MetaData: _create_metadata,
    Table: _create_table,
    Index: _create_index,
    DatabaseSequence: _create_sequence,
    SchemaType: _create_type,
}
_DROP: dict[type, Verb] = {
    MetaData: _drop_metadata,
    Table: _drop_table,
    Index: _drop_index,
    DatabaseSequence: _drop_sequence,
    SchemaType: _drop_type,
}
