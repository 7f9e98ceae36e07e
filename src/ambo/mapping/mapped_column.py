"""`mapped_column()`: a column declared in a class body, completed by its `Mapped[...]` annotation.

Rule 1: what is said explicitly wins over `Annotated[...]`, which wins over the plain annotation.
Rule 2: a MappedColumn of a mixin is copied for every class that uses it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, TypeVar

from ambo.errors import MappedAnnotationError
from ambo.mapping.annotations import MappedAnnotation, metadata_of
from ambo.mapping.mapped import Mapped
from ambo.mapping.markers import NO_ARG
from ambo.mapping.properties import NO_OPTIONS, ColumnProperty, DataclassOptions, LateAttribute, MapperProperty, _creation
from ambo.statements.operators import ColumnOperators, OperatorType
from ambo.statements.schema_columns import UNSET, Column, insert_sentinel

T = TypeVar("T")
TypeOf = Callable[[MappedAnnotation, str], Any]
Class: TypeAlias = type[Any]


class MappedColumn(LateAttribute, Mapped[T], ColumnOperators):
    """A column in a class body; `column` is the Column, which the mapped class's table takes over."""

    is_column = True

    def __init__(
        self,
        column: Column[Any],
        *,
        options: DataclassOptions = NO_OPTIONS,
        deferred: Any = NO_ARG,
        deferred_group: str | None = None,
        deferred_raiseload: bool = False,
        active_history: bool = False,
        use_existing_column: bool = False,
        sort_order: int | None = None,
        explicit_name: bool = False,
        explicit_nullable: bool = False,
    ) -> None:
        self.column = column
        self.options = options
        self.deferred = (deferred_group is not None or deferred_raiseload) if deferred is NO_ARG else deferred
        self.deferred_group = deferred_group
        self.deferred_raiseload = deferred_raiseload
        self.active_history = active_history
        self.use_existing_column = use_existing_column
        self._sort_order = sort_order
        self.explicit_name = explicit_name
        self.explicit_nullable = explicit_nullable
        self.foreign_keys = column.foreign_keys
        self.order = next(_creation)

    @property
    def sort_order(self) -> int:
        """Where the column stands among those of the table."""
        return self._sort_order or 0

    @property
    def name(self) -> Any:
        """The column's name."""
        return self.column.name

    @property
    def key(self) -> Any:
        """The column's key."""
        return self.column.key

    @property
    def type(self) -> Any:
        """The column's type."""
        return self.column.type

    def __clause_element__(self) -> Column[Any]:
        return self.column

    def operate(self, op: OperatorType, *other: Any, **kwargs: Any) -> Any:
        """Apply an operator to the column."""
        return op(self.column, *other, **kwargs)

    def reverse_operate(self, op: OperatorType, other: Any, **kwargs: Any) -> Any:
        """Apply an operator with the column on the right."""
        return op(other, self.column, **kwargs)

    __hash__ = object.__hash__

    def copy(self) -> MappedColumn[T]:
        """Return the same for another table."""
        made: MappedColumn[T] = MappedColumn.__new__(type(self))
        made.__dict__.update(self.__dict__)
        made.column = self.column._copy()
        made.foreign_keys = made.column.foreign_keys
        return made

    def wants_property(self) -> bool:
        """Tell whether the mapper must be told more than the column itself."""
        return self.deferred or self.deferred_group is not None or self.active_history or self.deferred_raiseload

    def to_property(self) -> MapperProperty[Any]:
        """Return the mapped property."""
        return ColumnProperty(
            self.column,
            deferred=self.deferred,
            group=self.deferred_group,
            raiseload=self.deferred_raiseload,
            active_history=self.active_history,
            options=self.options,
        )

    def named(self, key: str) -> None:
        """Take the attribute's name for the column if it has none of its own."""
        column = self.column
        if column.name is None:
            column.name = key
        if column.key is None:
            column.key = key

    def annotate(self, class_: Class, key: str, annotation: MappedAnnotation | None, type_of: TypeOf) -> None:
        """Complete the column by its annotation: type, nullability, what `Annotated` brings along.

        Raises MappedAnnotationError if there is no SQL type for the Python type.
        """
        column = self.column
        if annotation is None:
            if not column.foreign_keys and _is_null(column) and not getattr(column, "_explicit_type", False):
                self._refuse_without_type(class_, key)
            return
        inherited = next((one for one in metadata_of(annotation.whole) if isinstance(one, MappedColumn)), None)
        nullable_said = not column._nullable_unset
        if not nullable_said:
            if inherited is not None and not inherited.column._nullable_unset:
                column.nullable = inherited.column.nullable
            else:
                column.nullable = annotation.nullable and not column.primary_key
            column._nullable_unset = False
        if inherited is not None:
            self._take_over(inherited, annotation, nullable_said)
        if _is_null(column) and not column.foreign_keys:
            self._set_type(type_of(annotation, f"{class_.__name__}.{key}"))

    def _take_over(self, other: MappedColumn[Any], annotation: MappedAnnotation, nullable_said: bool) -> None:
        had_primary = self.column.primary_key
        other.column._merge(self.column)
        if self.column.primary_key and not had_primary and not nullable_said:
            self.column.nullable = False
        self.foreign_keys = self.column.foreign_keys
        self.options = self.options.over(other.options)
        if self._sort_order is None:
            self._sort_order = other._sort_order
        if not self.explicit_name and other.explicit_name:
            self.column.name = other.column.name
            self.column.key = other.column.key
        self.deferred = self.deferred or other.deferred
        self.deferred_group = self.deferred_group or other.deferred_group
        self.deferred_raiseload = self.deferred_raiseload or other.deferred_raiseload
        self.active_history = self.active_history or other.active_history
        self.use_existing_column = self.use_existing_column or other.use_existing_column

    def _set_type(self, type_: Any) -> None:
        self.column.type = type_

    def _refuse_without_type(self, class_: Class, key: str) -> None:
        raise MappedAnnotationError(
            f"{class_.__name__}.{key} has neither a type nor a Mapped[] annotation; "
            f"write '{key}: Mapped[int] = mapped_column()' or 'mapped_column(Integer)'"
        )


def _is_null(column: Column[Any]) -> bool:
    return bool(getattr(column.type, "_isnull", type(column.type).__name__ == "NullType"))


def mapped_column(
    __name_pos: Any = None,
    __type_pos: Any = None,
    /,
    *args: Any,
    init: Any = NO_ARG,
    repr: Any = NO_ARG,
    default: Any = NO_ARG,
    default_factory: Any = NO_ARG,
    compare: Any = NO_ARG,
    kw_only: Any = NO_ARG,
    hash: Any = NO_ARG,
    nullable: Any = NO_ARG,
    primary_key: bool | None = False,
    deferred: Any = NO_ARG,
    deferred_group: str | None = None,
    deferred_raiseload: bool = False,
    use_existing_column: bool = False,
    name: str | None = None,
    type_: Any = None,
    autoincrement: Any = "auto",
    doc: str | None = None,
    key: str | None = None,
    index: bool | None = None,
    unique: bool | None = None,
    info: Mapping[Any, Any] | None = None,
    onupdate: Any = None,
    insert_default: Any = NO_ARG,
    server_default: Any = None,
    server_onupdate: Any = None,
    active_history: bool = False,
    quote: bool | None = None,
    system: bool = False,
    comment: str | None = None,
    sort_order: Any = NO_ARG,
    dataclass_metadata: Any = NO_ARG,
    **kw: Any,
) -> MappedColumn[Any]:
    """Declare a column of a mapped class.

        name: Mapped[str] = mapped_column(String(50), index=True)

    Takes all arguments of `Column`; the name comes from the attribute, type and nullability from the annotation unless given.
    `init`, `repr`, `default`, `default_factory`, `compare`, `kw_only`, `hash` are for dataclass mappings (`default` also is the column's
    default, unless `insert_default` says otherwise); `deferred` leaves the column out until it is read; `sort_order` moves it in
    the table; `use_existing_column` lets sibling classes of one table share it.
    """
    column_default = default if insert_default is NO_ARG else insert_default
    if kw.pop("_omit_from_statements", False) and deferred is NO_ARG:
        deferred = True
    column: Column[Any] = Column(
        __name_pos,
        __type_pos,
        *args,
        name=name,
        type_=type_,
        autoincrement=autoincrement,
        default=UNSET if column_default is NO_ARG else column_default,
        doc=doc,
        key=key,
        index=index,
        unique=unique,
        info=dict(info) if info is not None else None,
        nullable=UNSET if nullable is NO_ARG else nullable,
        onupdate=onupdate,
        primary_key=bool(primary_key),
        server_default=server_default,
        server_onupdate=server_onupdate,
        quote=quote,
        system=system,
        comment=comment,
        **kw,
    )
    return MappedColumn(
        column,
        options=DataclassOptions(init, repr, default, default_factory, compare, kw_only, hash, dataclass_metadata),
        deferred=deferred,
        deferred_group=deferred_group,
        deferred_raiseload=deferred_raiseload,
        active_history=active_history,
        use_existing_column=use_existing_column,
        sort_order=None if sort_order is NO_ARG else sort_order,
        explicit_name=column.name is not None,
    )


def orm_insert_sentinel(
    name: str | None = None, type_: Any = None, *, default: Any = None, omit_from_statements: bool = True
) -> MappedColumn[Any]:
    """Declare an `insert_sentinel()` column of a mapped class; `omit_from_statements` leaves it out of queries until it is read."""
    column = insert_sentinel(name, type_, default=default, omit_from_statements=omit_from_statements)
    return MappedColumn(column, options=DataclassOptions(init=False), deferred=omit_from_statements, explicit_name=name is not None)


def deferred(
    column: Any,
    *additional_columns: Any,
    group: str | None = None,
    raiseload: bool = False,
    comparator_factory: Any = None,
    init: Any = NO_ARG,
    repr: Any = NO_ARG,
    default: Any = NO_ARG,
    default_factory: Any = NO_ARG,
    compare: Any = NO_ARG,
    kw_only: Any = NO_ARG,
    hash: Any = NO_ARG,
    active_history: bool = False,
    expire_on_flush: bool = True,
    info: Mapping[Any, Any] | None = None,
    doc: str | None = None,
) -> Any:
    """Map a column or SQL expression that is left out of queries until it is read."""
    options = DataclassOptions(init, repr, default, default_factory, compare, kw_only, hash)
    if isinstance(column, MappedColumn):
        column.deferred = True
        column.deferred_group = group
        column.deferred_raiseload = raiseload
        column.options = options.over(column.options)
        return column
    return ColumnProperty[Any](
        column,
        *additional_columns,
        deferred=True,
        group=group,
        raiseload=raiseload,
        comparator_factory=comparator_factory,
        active_history=active_history,
        expire_on_flush=expire_on_flush,
        info=info,
        doc=doc,
        options=options,
    )
