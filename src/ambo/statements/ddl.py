"""Statements that change the schema: CREATE, DROP, ALTER, COMMENT, and `DDL` for text of one's own.

They are executed like any other statement. As listeners (`listen(table, "after_create", DDL("..."))`) they run on the
connection that the event hands over, if `execute_if` lets them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Flag, auto
from typing import Any, ClassVar, Self

from ambo.errors import ArgumentError
from ambo.statements.executable import Executable

__all__ = [
    "AddConstraint",
    "CheckFirst",
    "CreateColumn",
    "CreateIndex",
    "CreateSchema",
    "CreateSequence",
    "CreateTable",
    "DDL",
    "DDLElement",
    "DropColumnComment",
    "DropConstraint",
    "DropConstraintComment",
    "DropIndex",
    "DropSchema",
    "DropSequence",
    "DropTable",
    "DropTableComment",
    "ExecutableDDLElement",
    "SetColumnComment",
    "SetConstraintComment",
    "SetTableComment",
]  # what `ambo.schema` and `ambo.sql.ddl` have of it

Condition = Callable[..., bool]


class CheckFirst(Flag):
    """What `create_all(checkfirst=...)` and its kin look for before they create or drop it; True is ALL, False is NONE."""

    NONE = 0
    TABLES = 2  # not 1, which is True
    VIEWS = auto()
    INDEXES = auto()
    SEQUENCES = auto()
    TYPES = auto()
    ALL = TABLES | VIEWS | INDEXES | SEQUENCES | TYPES

    @classmethod
    def _missing_(cls, value: object) -> Any:
        return (cls.ALL if value else cls.NONE) if isinstance(value, bool) else super()._missing_(value)


class DDLIf:
    """When a piece of DDL applies: to these databases, and if `callable_(ddl, target, bind, …)` agrees."""

    __slots__ = ("callable_", "dialect", "state")

    def __init__(self, dialect: str | Sequence[str] | None, callable_: Condition | None, state: Any) -> None:
        self.dialect = dialect
        self.callable_ = callable_
        self.state = state

    def applies(self, ddl: Any, target: Any, bind: Any, dialect: Any, **kw: Any) -> bool:
        """Tell whether the DDL is to be executed."""
        if isinstance(self.dialect, str) and dialect.name != self.dialect:
            return False
        if isinstance(self.dialect, (tuple, list, set, frozenset)) and dialect.name not in self.dialect:
            return False
        if self.callable_ is None:
            return True
        return bool(self.callable_(ddl, target, bind, state=self.state, dialect=dialect, **kw))


class DDLElement(Executable):
    """The base of all schema statements; derive from it, and give the class a rendering with `@compiles`, for your own."""

    visit = "ddl"
    is_ddl = True
    target: Any = None
    _ddl_if: DDLIf | None = None
    _tokens = None
    _binds = ()
    _anonymous: ClassVar[bool] = True

    def _key_parts(self) -> list[Any]:
        return [self.visit, id(self)]

    def _copy(self, **changed: Any) -> Self:
        made = object.__new__(type(self))
        made.__dict__.update(self.__dict__)
        made.__dict__.update(changed)
        return made

    def execute_if(self, dialect: str | Sequence[str] | None = None, callable_: Condition | None = None, state: Any = None) -> Self:
        """Return a copy that, as a listener, runs on the named databases only, or if `callable_` returns True.

        `callable_` is called with (ddl, target, bind, state=…, dialect=…, tables=…, checkfirst=…).
        """
        return self._copy(_ddl_if=DDLIf(dialect, callable_, state))

    def against(self, target: Any) -> Self:
        """Return a copy about a table or other schema item, whose name `%(table)s` then is."""
        return self._copy(target=target)

    def _should_execute(self, target: Any, bind: Any, **kw: Any) -> bool:
        return self._ddl_if is None or self._ddl_if.applies(self, target, bind, bind.dialect, **kw)

    def __call__(self, target: Any, bind: Any, **kw: Any) -> Any:
        """Run on a connection, as a listener of a schema event."""
        if self._should_execute(target, bind, **kw):
            return bind.execute(self.against(target))
        return None


ExecutableDDLElement = DDLElement


class DDL(DDLElement):
    """DDL as text: `DDL("ALTER TABLE %(table)s ADD COLUMN x INTEGER")`.

    `%(table)s`, `%(schema)s` and `%(fullname)s` are the target's; more names come from `context`; a lone percent sign is
    written `%%`.
    """

    visit = "ddl_text"

    def __init__(self, statement: str, context: dict[str, Any] | None = None) -> None:
        if not isinstance(statement, str):
            raise ArgumentError(f"DDL takes a string, not {statement!r}")
        self.statement = statement
        self.context = context or {}

    def __repr__(self) -> str:
        return f"<DDL {self.statement!r}>"


class SchemaStatement(DDLElement):
    """A statement about one schema item, its `element`."""

    stringify_dialect = "default"

    def __init__(self, element: Any, if_not_exists: bool = False, if_exists: bool = False) -> None:
        self.element = element
        self.if_not_exists = if_not_exists
        self.if_exists = if_exists
        self.target = element

    def to_metadata(self, metadata: Any) -> Any:
        """Return the same statement about the element's counterpart in another MetaData."""
        return type(self)(metadata.tables[self.element.key])


class Create(SchemaStatement):
    """The base of CREATE statements: `if_not_exists`."""

    def __init__(self, element: Any, if_not_exists: bool = False) -> None:
        super().__init__(element, if_not_exists=if_not_exists)


class Drop(SchemaStatement):
    """The base of DROP statements: `if_exists`."""

    def __init__(self, element: Any, if_exists: bool = False) -> None:
        super().__init__(element, if_exists=if_exists)


class CreateTable(Create):
    """CREATE TABLE; `include_foreign_key_constraints` names those to write, all if None."""

    visit = "create_table"

    def __init__(self, element: Any, include_foreign_key_constraints: Sequence[Any] | None = None, if_not_exists: bool = False) -> None:
        super().__init__(element, if_not_exists)
        self.columns = [CreateColumn(column) for column in element.columns]
        self.include_foreign_key_constraints = include_foreign_key_constraints


class CreateColumn(DDLElement):
    """A column inside CREATE TABLE; give it a rendering with `@compiles` to write columns another way."""

    visit = "create_column"

    def __init__(self, element: Any) -> None:
        self.element = element


class DropTable(Drop):
    """DROP TABLE."""

    visit = "drop_table"


class CreateIndex(Create):
    """CREATE INDEX."""

    visit = "create_index"


class DropIndex(Drop):
    """DROP INDEX."""

    visit = "drop_index"


class CreateSequence(Create):
    """CREATE SEQUENCE."""

    visit = "create_sequence"


class DropSequence(Drop):
    """DROP SEQUENCE."""

    visit = "drop_sequence"


class CreateSchema(Create):
    """CREATE SCHEMA, by its name."""

    visit = "create_schema"

    def __init__(self, name: str, if_not_exists: bool = False) -> None:
        super().__init__(name, if_not_exists)


class DropSchema(Drop):
    """DROP SCHEMA, by its name; `cascade` drops what is in it."""

    visit = "drop_schema"

    def __init__(self, name: str, cascade: bool = False, if_exists: bool = False) -> None:
        super().__init__(name, if_exists)
        self.cascade = cascade


class CreateType(Create):
    """CREATE TYPE … AS ENUM or CREATE DOMAIN, for a type that has a name in the database."""

    visit = "create_type"


class DropType(Drop):
    """DROP TYPE or DROP DOMAIN."""

    visit = "drop_type"


class AddConstraint(Create):
    """ALTER TABLE … ADD CONSTRAINT; CREATE TABLE then leaves the constraint out, unless `isolate_from_table` is False."""

    visit = "add_constraint"

    def __init__(self, element: Any, *, isolate_from_table: bool = True) -> None:
        super().__init__(element)
        if isolate_from_table:
            element._create_rule = never


class DropConstraint(Drop):
    """ALTER TABLE … DROP CONSTRAINT."""

    visit = "drop_constraint"

    def __init__(self, element: Any, *, cascade: bool = False, if_exists: bool = False, isolate_from_table: bool = True, **kw: Any) -> None:
        super().__init__(element, if_exists)
        self.cascade = cascade
        if isolate_from_table:
            element._create_rule = never


def never(dialect: Any) -> bool:
    """The rule of a constraint that is added and dropped on its own, so that CREATE TABLE leaves it out."""
    return False


class SetTableComment(SchemaStatement):
    """COMMENT ON TABLE … IS '…'."""

    visit = "set_table_comment"


class DropTableComment(SchemaStatement):
    """COMMENT ON TABLE … IS NULL."""

    visit = "drop_table_comment"


class SetColumnComment(SchemaStatement):
    """COMMENT ON COLUMN … IS '…'."""

    visit = "set_column_comment"


class DropColumnComment(SchemaStatement):
    """COMMENT ON COLUMN … IS NULL."""

    visit = "drop_column_comment"


class SetConstraintComment(SchemaStatement):
    """COMMENT ON CONSTRAINT … ON … IS '…'."""

    visit = "set_constraint_comment"


class DropConstraintComment(SchemaStatement):
    """COMMENT ON CONSTRAINT … ON … IS NULL."""

    visit = "drop_constraint_comment"
