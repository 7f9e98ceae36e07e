"""Declarative bases: `DeclarativeBase`, `MappedAsDataclass`, `declarative_base()`, `registry.mapped` and their like.

    class Base(DeclarativeBase): ...                        makes a registry
    class User(Base): __tablename__ = "user"; ...           `__init_subclass__` maps the class

Rule 1: no metaclass (but for `declarative_base()`'s); a class is mapped by `__init_subclass__` or by a decorator, both end in `map_class`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, cast, overload

from typing_extensions import TypeVar, dataclass_transform

from ambo.errors import InvalidRequestError
from ambo.mapping.class_body import is_mapped, own_bases
from ambo.mapping.composites import composite
from ambo.mapping.construction import default_constructor
from ambo.mapping.generated_bases import DeclarativeMeta, is_abstract, map_subclass
from ambo.mapping.mapped_column import MappedColumn, deferred, mapped_column
from ambo.mapping.mapped_dataclasses import DataclassArguments, make_plain_dataclass
from ambo.mapping.mapper import Mapper
from ambo.mapping.markers import NO_ARG
from ambo.mapping.properties import column_property, query_expression
from ambo.mapping.registry import registry
from ambo.mapping.relationship_api import relationship
from ambo.mapping.synonyms import synonym
from ambo.mapping.unmapped_columns import unmapped_column
from ambo.statements.columns import ColumnCollection, ColumnsOf
from ambo.statements.metadata import MetaData
from ambo.statements.sources import FromClause

_T = TypeVar("_T")
_Columns = TypeVar("_Columns", bound=ColumnsOf, default=ColumnCollection[Any])


def _set_up_base(class_: Any) -> None:
    """Give a base its registry and metadata."""
    own = class_.__dict__
    given = own.get("registry")
    if given is None:
        given = registry(metadata=own.get("metadata"), type_annotation_map=own.get("type_annotation_map"))
        class_.registry = given
    elif "type_annotation_map" in own:
        given.update_type_annotation_map(own["type_annotation_map"])
    if "metadata" not in own:
        class_.metadata = given.metadata
    elif "registry" in own:
        given.metadata = own["metadata"]
    if "__init__" not in own and class_.__init__ is object.__init__ and given.constructor is not None:
        class_.__init__ = given.constructor


def _refuse_name_clash(cls: type[Any]) -> None:
    if "metadata" in cls.__dict__ and not isinstance(cls.__dict__["metadata"], MetaData):
        raise InvalidRequestError(f"{cls.__name__}.metadata must be a MetaData; the name is reserved on a declarative base")


class DeclarativeRoot:
    """What users derive their bases from. A class right below one of its own subclasses is a base; whatever is below that is mapped."""

    if TYPE_CHECKING:
        registry: ClassVar[registry]
        metadata: ClassVar[MetaData]
        __table__: ClassVar[Any]
        __tablename__: Any
        __mapper__: ClassVar[Mapper]
        __mapper_args__: Any
        __table_args__: Any

        def __init__(self, **kw: Any) -> None: ...

    def __init_subclass__(cls, **kw: Any) -> None:
        if DeclarativeRoot not in cls.__bases__:
            if any(DeclarativeRoot in base.__bases__ for base in cls.__bases__):
                _refuse_name_clash(cls)
                _set_up_base(cls)
            else:
                map_subclass(cls)
        super().__init_subclass__(**kw)


class DeclarativeBase(DeclarativeRoot):
    """The base of mapped classes: derive your own `Base` from it, and the mapped classes from that.

        class Base(DeclarativeBase): ...
        class User(Base):
            __tablename__ = "user_account"
            id: Mapped[int] = mapped_column(primary_key=True)
            name: Mapped[str]

    `Base` may define `metadata`, `registry` and `type_annotation_map`; columns and methods it has are given to every class.
    """


class DeclarativeBaseNoMeta(DeclarativeRoot):
    """The same as DeclarativeBase, which has no metaclass here either."""


@dataclass_transform(
    field_specifiers=(
        MappedColumn, mapped_column, relationship, composite, column_property, synonym, deferred, query_expression, unmapped_column
    )
)  # fmt: skip
class MappedAsDataclass:
    """Mixed into a declarative base or class, makes dataclasses of the mapped classes.

        class Base(MappedAsDataclass, DeclarativeBase, kw_only=True): ...

    Class arguments are those of `dataclasses.dataclass`.
    """

    _ambo_dataclass: ClassVar[DataclassArguments | None] = None

    def __init_subclass__(
        cls,
        init: Any = NO_ARG,
        repr: Any = NO_ARG,
        eq: Any = NO_ARG,
        order: Any = NO_ARG,
        unsafe_hash: Any = NO_ARG,
        match_args: Any = NO_ARG,
        kw_only: Any = NO_ARG,
        dataclass_callable: Any = NO_ARG,
        **kw: Any,
    ) -> None:
        given = DataclassArguments(init, repr, eq, order, unsafe_hash, match_args, kw_only, dataclass_callable)
        above = cls.__dict__.get("_ambo_dataclass") or getattr(cls, "_ambo_dataclass", None)
        cls._ambo_dataclass = given if above is None else given.over(above)
        super().__init_subclass__(**kw)
        if not is_mapped(cls) and not is_abstract(cls) and not isinstance(cls, DeclarativeMeta):
            make_plain_dataclass(cls, cls._ambo_dataclass)


own_bases.update({DeclarativeRoot, DeclarativeBase, DeclarativeBaseNoMeta, MappedAsDataclass})


def declarative_base(
    *,
    metadata: MetaData | None = None,
    mapper: Any = None,
    cls: Any = object,
    name: str = "Base",
    class_registry: Any = None,
    type_annotation_map: Any = None,
    constructor: Any = default_constructor,
    metaclass: Any = None,
) -> Any:
    """Return a new declarative base class."""
    made = registry(metadata=metadata, class_registry=class_registry, type_annotation_map=type_annotation_map, constructor=constructor)
    return made.generate_base(mapper=mapper, cls=cls, name=name, metaclass=metaclass)


def as_declarative(**kw: Any) -> Callable[[type[_T]], type[_T]]:
    """Turn a class into a declarative base."""

    def decorate(cls: type[_T]) -> type[_T]:
        return declarative_base(cls=cls, name=cls.__name__, **kw)  # type: ignore[no-any-return]

    return decorate


def add_mapped_attribute(target: type[Any], key: str, attr: Any) -> None:
    """Map one more attribute of a mapped class, or set a plain one."""
    mapper = target.__dict__["__entity__"].mapper
    if isinstance(attr, MappedColumn) or hasattr(attr, "declared_columns") or hasattr(attr, "foreign_keys"):
        mapper.add_property(key, attr)
    else:
        setattr(target, key, attr)


@dataclass_transform(
    field_specifiers=(
        MappedColumn, mapped_column, relationship, composite, column_property, synonym, deferred, query_expression, unmapped_column
    )
)  # fmt: skip
def mapped_as_dataclass(owner: registry, **arguments: Any) -> Callable[[type[_T]], type[_T]]:
    """Map a class by a registry and make a dataclass of it; a decorator that type checkers understand."""
    return owner.mapped_as_dataclass(**arguments)


@overload
def unmapped_dataclass(__cls: type[_T], /) -> type[_T]: ...


@overload
def unmapped_dataclass(
    __cls: None = None,
    /,
    *,
    init: Any = ...,
    repr: Any = ...,
    eq: Any = ...,
    order: Any = ...,
    unsafe_hash: Any = ...,
    match_args: Any = ...,
    kw_only: Any = ...,
    dataclass_callable: Any = ...,
) -> Callable[[type[_T]], type[_T]]: ...


@dataclass_transform(
    field_specifiers=(
        MappedColumn, mapped_column, relationship, composite, column_property, synonym, deferred, query_expression, unmapped_column
    )
)  # fmt: skip
def unmapped_dataclass(__cls: Any = None, /, **arguments: Any) -> Any:
    """Make a dataclass of a mixin for classes that `mapped_as_dataclass` maps; it is not mapped itself.

        @unmapped_dataclass
        class Timed:
            created: Mapped[datetime] = mapped_column(init=False, server_default=func.now())

    With or without the arguments of `dataclasses.dataclass`. Raises InvalidRequestError for a class that is mapped.
    """
    given = DataclassArguments(**arguments)

    def decorate(cls: type[_T]) -> type[_T]:
        if is_mapped(cls):
            raise InvalidRequestError(
                f"{cls.__name__} is mapped already; unmapped_dataclass is for mixins. Derive the class from MappedAsDataclass instead"
            )
        make_plain_dataclass(cls, given)
        return cls

    return decorate if __cls is None else decorate(__cls)


def as_typed_table(__cls: Any, __typed_columns: type[_Columns] | None = None, /) -> FromClause[_Columns]:
    """Return a mapped class's table, for type checkers one with the columns of a `TypedColumns` class.

        class user_columns(User, TypedColumns): ...
        users = as_typed_table(User, user_columns)
        select(users.c.name)

    The columns of `User` are best annotated `MappedColumn[int]`, which checkers then know to be columns.
    Raises InvalidRequestError if the class is not mapped.
    """
    table: Any = getattr(__cls, "__table__", None)
    if table is None:
        raise InvalidRequestError(f"{__cls!r} has no table; as_typed_table() takes a mapped class")
    return cast("FromClause[_Columns]", table)
