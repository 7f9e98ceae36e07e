"""`declared_attr`: a class attribute that a mixin computes for each class that uses it.

    class HasName:
        @declared_attr
        def name(cls) -> Mapped[str]: ...            for the class that uses the mixin
        @declared_attr.directive
        def __tablename__(cls) -> str: ...           a directive, not an attribute
        @declared_attr.cascading
        def id(cls) -> Mapped[int]: ...              anew for each subclass too

Rule 1: while a class is scanned, a declared_attr is called once for it; everyone who asks gets the same object.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from ambo.errors import AmboWarning

if TYPE_CHECKING:
    from ambo.mapping.attributes import InstrumentedAttribute
    from ambo.mapping.mapped import Mapped
    from ambo.statements.expressions import ColumnElement

_T = TypeVar("_T")
scans: dict[type[Any], dict[Any, Any]] = {}
"""The classes being scanned, and what their declared_attrs returned so far."""


class _DeclaredAttr(Generic[_T]):
    """What `declared_attr` and its variants share."""

    cascades = False
    is_directive = False

    def __init__(self, fn: Callable[..., Any], cascading: bool = False, quiet: bool = False) -> None:
        self.fget = fn.__func__ if isinstance(fn, classmethod) else fn
        self.__doc__ = fn.__doc__
        if cascading:
            self.cascades = True

    def __get__(self, instance: Any, owner: Any) -> Any:
        found = scans.get(owner)
        if found is None:
            if not self.is_directive and not getattr(self.fget, "__name__", "").startswith("__"):
                warnings.warn(
                    f"declared_attr {self.fget.__name__!r} is read from {owner.__name__}, which is not mapped; it is computed afresh",
                    AmboWarning,
                    stacklevel=2,
                )
            return self.fget(owner)
        if self not in found:
            found[self] = self.fget(owner)
        return found[self]

    @property
    def annotation(self) -> Any:
        """The annotation of the function's result, or None."""
        return getattr(self.fget, "__annotations__", {}).get("return")


class directive(_DeclaredAttr[_T]):
    """Marks a function that returns a directive such as `__tablename__`."""

    is_directive = True

    if TYPE_CHECKING:

        def __init__(self, fn: Callable[..., _T], cascading: bool = False) -> None: ...

        def __get__(self, instance: object, owner: Any) -> _T: ...

        def __set__(self, instance: Any, value: Any) -> None: ...


class cascading(_DeclaredAttr[_T]):
    """Marks a function to be called for each subclass as well."""

    cascades = True


class declared_attr(_DeclaredAttr[_T]):
    """Marks a method of a mixin or class as the source of a mapped attribute; see the module's docstring."""

    directive = directive
    cascading = cascading

    if TYPE_CHECKING:

        def __init__(self, fn: Callable[..., Mapped[_T] | ColumnElement[_T]], cascading: bool = False) -> None: ...

        @overload
        def __get__(self, instance: None, owner: Any) -> InstrumentedAttribute[_T]: ...

        @overload
        def __get__(self, instance: object, owner: Any) -> _T: ...

        def __get__(self, instance: object | None, owner: Any) -> InstrumentedAttribute[_T] | _T: ...

        def __set__(self, instance: Any, value: Any) -> None: ...


def declarative_mixin(cls: type[_T]) -> type[_T]:
    """Return the class; marks a mixin for readers and old type checkers."""
    return cls


def has_inherited_table(cls: type[Any]) -> bool:
    """Tell whether a class has a mapped superclass with a table."""
    return any(getattr(base, "__table__", None) is not None for base in cls.__mro__[1:])
