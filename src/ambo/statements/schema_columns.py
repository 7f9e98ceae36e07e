"""`Column`: a column of a table, with all that is known about it.

A column is made free and joins a table later; what depends on the table waits in `_waiting` until then.
Its key in statements is one integer that no other column has (`_token`).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Generic, Literal, Self, overload

from typing_extensions import TypeVar

from ambo.errors import ArgumentError
from ambo.statements.defaults import ColumnDefault, Computed, DefaultClause, DefaultGenerator, FetchedValue, Identity, Sequence
from ambo.statements.keys import new_token
from ambo.statements.named_columns import ColumnClause
from ambo.statements.names import quoted_name
from ambo.statements.nodes import ClauseElement
from ambo.statements.schema_items import HasDialectOptions, SchemaItem
from ambo.statements.traversal import replace
from ambo.statements.types import NULLTYPE, Integer, NullType, TypeEngine, to_instance

T = TypeVar("T", default=Any)
T_co = TypeVar("T_co", covariant=True)
AutoIncrement = bool | Literal["auto", "ignore_fk"]
WhenInTable = Callable[[Any, Any], None]


class _Unset:
    """An argument that was not given, where None means something."""

    def __repr__(self) -> str:
        return "unset"

    def __bool__(self) -> bool:
        return False


UNSET: Any = _Unset()


class Named(Generic[T_co]):
    """The annotation of a column in a `TypedColumns` class: `name: Named[str]`."""

    __slots__ = ()

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: Any) -> Any: ...

        @overload
        def __get__(self, instance: object, owner: Any) -> Column[T_co]: ...

        def __get__(self, instance: object | None, owner: Any) -> Any: ...


class Column(HasDialectOptions, SchemaItem, ColumnClause[T], Named[T]):
    """A column of a `Table`.

    `Column("id", Integer, primary_key=True)`: the name, the type, then constraints and defaults such as
    `ForeignKey("user.id")`, `Identity()`, `Computed("a + b")`, `Sequence("s")`.

    `nullable` defaults to whether the column is no part of the primary key; `default` and `onupdate` are Python values,
    callables or SQL expressions, `server_default` and `server_onupdate` the database's own; `autoincrement` is "auto",
    True, False or "ignore_fk"; `key` is the name in `table.c` if it differs; `index` and `unique` make an Index or
    UniqueConstraint of this column alone.

    Raises ArgumentError if an argument fits nothing.
    """

    __visit_name__ = "column"
    visit = "column"
    __hash__ = ColumnClause.__hash__

    if TYPE_CHECKING:

        def __get__(self, instance: object | None, owner: Any) -> Self: ...

    def __init__(
        self,
        name_pos: Any = None,
        type_pos: Any = None,
        /,
        *args: Any,
        name: str | None = None,
        type_: Any = None,
        autoincrement: AutoIncrement = "auto",
        default: Any = UNSET,
        insert_default: Any = UNSET,
        doc: str | None = None,
        key: str | None = None,
        index: bool | None = None,
        unique: bool | None = None,
        info: dict[Any, Any] | None = None,
        nullable: Any = UNSET,
        onupdate: Any = None,
        primary_key: bool = False,
        server_default: Any = None,
        server_onupdate: Any = None,
        quote: bool | None = None,
        system: bool = False,
        comment: str | None = None,
        insert_sentinel: bool = False,
        _proxies: Any = None,
        **dialect_kwargs: Any,
    ) -> None:
        name, type_, items = _positional(name_pos, type_pos, args, name, type_)
        ColumnClause.__init__(self, quoted_name.construct(name, quote) or name, type_)
        self._token = new_token()
        self._tokens = (self._token,)
        self.key = key if key is not None else self.name
        self.primary_key = bool(primary_key)
        self._nullable_unset = nullable is UNSET
        self.nullable = not self.primary_key if nullable is UNSET else bool(nullable)
        self.index = index
        self.unique = unique
        self.system = system
        self.doc = doc
        self.comment = comment
        self.autoincrement = autoincrement
        self.insert_sentinel = insert_sentinel
        self._insert_sentinel = insert_sentinel
        self.constraints: set[Any] = set()
        self.foreign_keys: set[Any] = set()
        self.default: Any = None
        self.onupdate: Any = None
        self.server_default: Any = None
        self.server_onupdate: Any = None
        self.computed: Computed | None = None
        self.identity: Identity | None = None
        self._waiting: list[WhenInTable] = []
        if info is not None:
            self.info = info
        self._take_options(dialect_kwargs)
        if insert_default is not UNSET:
            default = insert_default
        self._add_items(items, default, onupdate, server_default, server_onupdate)

    def _add_items(self, items: Iterable[Any], default: Any, onupdate: Any, server_default: Any, server_onupdate: Any) -> None:
        """Attach defaults, constraints and the like, those given by keyword first."""
        found: list[Any] = []
        if default is not UNSET and default is not None:
            found.append(default if isinstance(default, DefaultGenerator) else ColumnDefault(default))
        if onupdate is not None:
            if isinstance(onupdate, DefaultGenerator):
                onupdate.for_update = True
            found.append(onupdate if isinstance(onupdate, DefaultGenerator) else ColumnDefault(onupdate, for_update=True))
        if server_default is not None:
            found.append(
                server_default._as_for_update(False) if isinstance(server_default, FetchedValue) else DefaultClause(server_default)
            )
        if server_onupdate is not None:
            found.append(
                server_onupdate._as_for_update(True)
                if isinstance(server_onupdate, FetchedValue)
                else DefaultClause(server_onupdate, for_update=True)
            )
        for item in [*found, *items]:
            if not isinstance(item, SchemaItem):
                raise ArgumentError(
                    f"column {self.name!r} got {item!r}, which is no type, constraint or default; "
                    "a column takes a name, a type, then such as ForeignKey(...), Identity(), Computed(...), Sequence(...)"
                )
            one: Any = item
            shared = isinstance(item, (Computed, Identity)) and item.column is not None
            (one._copy() if shared else one)._attach(self)

    # -- joining a table

    def _when_in_table(self, fn: WhenInTable) -> None:
        """Call `fn(column, table)` once this column is in a table, at once if it is."""
        if self.table is not None:
            fn(self, self.table)
        else:
            self._waiting.append(fn)

    def _set_parent(self, parent: Any, *, replaces: bool = False, allow_replacements: bool = True, **kw: Any) -> None:
        parent._add_column(self, allow_replacements)

    def append_foreign_key(self, fk: Any) -> None:
        """Add a ForeignKey to this column."""
        fk._attach(self)

    def references(self, column: Column[Any]) -> bool:
        """Tell whether a foreign key of this column points to the given one."""
        return any(fk.column.proxy_set & column.proxy_set for fk in self.foreign_keys)

    # -- what statements ask

    def _key_parts(self) -> list[Any]:
        return [self._token]

    def _after_copy(self) -> None:
        self._tokens = (self._token,)
        self._binds = ()

    def __getattr__(self, name: str) -> Any:
        if name == "_token":
            raise AttributeError(name)
        return super().__getattr__(name)

    @property
    def base_columns(self) -> frozenset[Any]:
        """This column, which stands for no other."""
        return frozenset((self,))

    # -- copies

    def _clone(self, **kw: Any) -> Any:
        return self

    def _copy(self, **kw: Any) -> Any:
        """Return a free column like this one, its constraints and defaults copied; `name` may be given."""
        items: list[Any] = []
        if not kw.pop("bare", False):
            items += [one._copy(**kw) for one in self.constraints if not one._type_bound]
            items += [fk._copy(**kw) for fk in self.foreign_keys if fk.constraint is None or fk._own_constraint]
        server_default, server_onupdate = self.server_default, self.server_onupdate
        if isinstance(server_default, (Computed, Identity)):
            items.append(server_default._copy())
            server_default = server_onupdate = None
        copied = type(self)(
            kw.get("name", self.name),
            self.type if getattr(self.type, "_ambo_mutable", None) is None else copy.copy(self.type),
            *items,
            key=self.key if kw.get("name") is None else None,
            primary_key=self.primary_key,
            unique=self.unique,
            index=self.index,
            system=self.system,
            autoincrement=self.autoincrement,
            default=UNSET if self.default is None else self.default._copy(),
            onupdate=None if self.onupdate is None else self.onupdate._copy(),
            server_default=None if server_default is None else server_default._copy(),
            server_onupdate=None if server_onupdate is None else server_onupdate._copy(),
            doc=self.doc,
            comment=self.comment,
            insert_sentinel=self.insert_sentinel,
            nullable=self.nullable,
            **self.dialect_kwargs,
        )
        copied._nullable_unset = self._nullable_unset
        return self._schema_item_copy(copied)

    def copy(self, **kw: Any) -> Any:
        """Return a free column like this one."""
        return self._copy(**kw)

    def _merge(self, other: Column[Any]) -> None:
        """Give `other` what this column says and `other` leaves open; how `Annotated` types and mixins combine."""
        if self.primary_key and not other.primary_key:
            other.primary_key = True
        if other._nullable_unset and (self.primary_key or not self._nullable_unset):
            other.nullable = self.nullable
            other._nullable_unset = self._nullable_unset
        if isinstance(other.type, NullType):
            other.type = self.type
        if not other.foreign_keys:
            for fk in self.foreign_keys:
                if fk.constraint is None or fk._own_constraint:
                    fk._copy()._attach(other)
        for name in ("default", "onupdate", "server_default", "server_onupdate"):
            mine = getattr(self, name)
            if mine is not None and getattr(other, name) is None and not isinstance(mine, (Computed, Identity)):
                mine._copy()._attach(other)
        for special in (self.computed, self.identity):
            if special is not None and other.server_default is None:
                special._copy()._attach(other)
        for name in ("unique", "index", "doc", "comment"):
            if getattr(other, name) is None:
                setattr(other, name, getattr(self, name))
        if other.autoincrement == "auto":
            other.autoincrement = self.autoincrement
        for constraint in self.constraints:
            if not constraint._type_bound:
                constraint._copy()._attach(other)
        if self.system:
            other.system = True
        other.info = {**self.info, **other.info}

    def __str__(self) -> str:
        if self.name is None:
            return "(no name)"
        if self.table is not None and getattr(self.table, "named_with_column", False):
            return f"{self.table.description}.{self.description}"
        return self.description

    def __repr__(self) -> str:
        shown = [repr(self.name)] if self.name is not None else []
        shown.append(repr(self.type))
        shown += [repr(fk) for fk in self.foreign_keys]
        shown.append(f"table=<{self.table.description}>" if self.table is not None else "table=None")
        if self.key != self.name:
            shown.append(f"key={self.key!r}")
        if self.primary_key:
            shown.append("primary_key=True")
        if not self.nullable:
            shown.append("nullable=False")
        shown += [f"{name}={value!r}" for name in ("default", "server_default", "comment") if (value := getattr(self, name)) is not None]
        return f"Column({', '.join(shown)})"

    def __reduce_ex__(self, protocol: Any) -> Any:
        return _unpickled, (type(self),), _state(self)

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            object.__setattr__(self, name, value)
        self._token = new_token()
        self._after_copy()


def _unpickled(cls: type[Any]) -> Any:
    return object.__new__(cls)


def _state(column: Column[Any]) -> dict[str, Any]:
    """Return what a pickled column keeps: all but its key in statements, which is this process's."""
    state = {name: value for name, value in column.__dict__.items() if name not in ("_token", "_own_dispatch", "_waiting")}
    state.update({name: getattr(column, name) for name in ("name", "key", "type", "table", "is_literal")})
    state["_waiting"] = []
    return state


def _positional(name_pos: Any, type_pos: Any, args: Iterable[Any], name: Any, type_: Any) -> tuple[Any, Any, list[Any]]:
    """Sort the positional arguments of a column: a name and a type may each be missing, or be given by keyword."""
    items = [one for one in (name_pos, type_pos) if one is not None] + list(args)
    if items and isinstance(items[0], str):
        if name is not None:
            raise ArgumentError(f"column {name!r} got its name twice")
        name = items.pop(0)
    if items and _is_type(items[0]):
        if type_ is not None:
            raise ArgumentError(f"column {name!r} got its type twice")
        type_ = items.pop(0)
    if name is not None and not isinstance(name, str):
        raise ArgumentError(f"a column's name is a string, not {name!r}")
    return name, NULLTYPE if type_ is None else to_instance(type_), items


def _is_type(value: Any) -> bool:
    if isinstance(value, type):
        return issubclass(value, TypeEngine)
    return isinstance(value, TypeEngine)


def schema_element(given: Any) -> Any:
    """Return the node for part of a constraint or index; attributes of mapped classes become their columns."""
    element = given.__clause_element__() if hasattr(given, "__clause_element__") else given
    if not isinstance(element, ClauseElement):
        return element
    return replace(element, lambda node: node.expression if getattr(node, "is_entity_column", False) else None)


def columns_in(expression: Any) -> Iterator[Column[Any]]:
    """Yield the table columns an expression mentions, each once, in order."""
    seen: set[int] = set()
    stack = [expression.__clause_element__() if hasattr(expression, "__clause_element__") else expression]
    while stack:
        one = stack.pop()
        if isinstance(one, Column):
            if id(one) not in seen:
                seen.add(id(one))
                yield one
        elif isinstance(one, ClauseElement):
            stack += reversed(list(one._children()))


def insert_sentinel(name: str | None = None, type_: Any = None, *, default: Any = None, omit_from_statements: bool = True) -> Column[Any]:
    """Return a nullable column whose values tell rows of one INSERT apart; an integer unless `type_` says otherwise.

    ambo matches rows without it (by key, or by an ordinal that travels with the row); it is for tables that have one.
    """
    return Column(name, Integer() if type_ is None else type_, default=UNSET if default is None else default, nullable=True, insert_sentinel=True)


def sentinel_default() -> Any:
    """Return what stands for the default of a sentinel column where one is asked for by name: none."""
    return UNSET


__all__ = ["UNSET", "Column", "Sequence", "columns_in", "insert_sentinel", "schema_element", "sentinel_default"]
