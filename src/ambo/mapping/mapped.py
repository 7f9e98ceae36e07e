"""`Mapped[T]`: the annotation of a mapped attribute. On the class it is an expression, on an object a `T`.

    Mapped[int]                 a column
    Mapped[list["Address"]]     a relationship
    WriteOnlyMapped["Address"]  a collection that is only added to, removed from and selected from
    DynamicMapped["Address"]    a collection that is a query (the classic form)
    Unmapped[str]               a column of the table that is no attribute

Rule: at run time these are names to be found in annotations; everything else here is for type checkers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

if TYPE_CHECKING:
    from ambo.mapping.attributes import InstrumentedAttribute
    from ambo.mapping.write_only import DynamicCollection, WriteOnlyCollection
    from ambo.statements.expressions import ColumnElement

_T = TypeVar("_T")
_T_co = TypeVar("_T_co", covariant=True)


class _MappedAnnotationBase(Generic[_T_co]):
    """What all annotations of mapped attributes derive from."""

    __slots__ = ()


class Mapped(_MappedAnnotationBase[_T]):
    """The annotation of a mapped attribute; see the module's docstring."""

    __slots__ = ()

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: Any) -> InstrumentedAttribute[_T]: ...

        @overload
        def __get__(self, instance: object, owner: Any) -> _T: ...

        def __get__(self, instance: object | None, owner: Any) -> InstrumentedAttribute[_T] | _T: ...

        def __set__(self, instance: Any, value: ColumnElement[_T] | _T) -> None: ...

        def __delete__(self, instance: Any) -> None: ...

        @classmethod
        def _empty_constructor(cls, arg1: Any) -> Mapped[_T]: ...


class DynamicMapped(_MappedAnnotationBase[_T]):
    """The annotation of a relationship with `lazy="dynamic"`."""

    __slots__ = ()

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: Any) -> InstrumentedAttribute[_T]: ...

        @overload
        def __get__(self, instance: object, owner: Any) -> DynamicCollection[_T]: ...

        def __get__(self, instance: object | None, owner: Any) -> InstrumentedAttribute[_T] | DynamicCollection[_T]: ...

        def __set__(self, instance: Any, value: Any) -> None: ...


class WriteOnlyMapped(_MappedAnnotationBase[_T]):
    """The annotation of a relationship with `lazy="write_only"`."""

    __slots__ = ()

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: Any) -> InstrumentedAttribute[_T]: ...

        @overload
        def __get__(self, instance: object, owner: Any) -> WriteOnlyCollection[_T]: ...

        def __get__(self, instance: object | None, owner: Any) -> InstrumentedAttribute[_T] | WriteOnlyCollection[_T]: ...

        def __set__(self, instance: Any, value: Any) -> None: ...


class Unmapped(_MappedAnnotationBase[_T_co]):
    """The annotation of a column that the table has and the class has not; see `unmapped_column()`.

        legacy_name: Unmapped[str | None] = unmapped_column()
    """

    __slots__ = ()


class ORMDescriptor(Generic[_T_co]):
    """Typing only: something that has a value on objects and an expression on the class."""


MappedClassProtocol = Any
