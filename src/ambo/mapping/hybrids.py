"""Hybrids: attributes and methods that compute in Python on an object and in SQL on the class.

    @hybrid_property
    def length(self): return self.end - self.start
    interval.length          Python         Interval.length > 3          SQL

Rule 1: on the class the function is called with the class (or an alias) in the place of `self`, unless `.expression` says otherwise.
Rule 2: what comes out on the class is a HybridAttribute, which passes operators on and names the column in a SELECT.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from ambo.errors import InvalidRequestError
from ambo.mapping.attributes import InspectionAttr, PropComparator, QueryableAttribute
from ambo.mapping.markers import HybridExtensionType
from ambo.statements.coercions import element_of
from ambo.statements.expressions import ColumnElement, Label
from ambo.statements.operators import ColumnOperators, OperatorType

if TYPE_CHECKING:
    from ambo.mapping.attributes import InstrumentedAttribute

_T = TypeVar("_T")
_R = TypeVar("_R")

HYBRID_METHOD = HybridExtensionType.HYBRID_METHOD
HYBRID_PROPERTY = HybridExtensionType.HYBRID_PROPERTY


class hybrid_method(InspectionAttr, Generic[_R]):
    """A method that works on objects and, called on the class, returns SQL."""

    is_attribute = True
    extension_type = HYBRID_METHOD

    def __init__(self, func: Callable[..., _R], expr: Callable[..., Any] | None = None) -> None:
        self.func = func
        self.expr: Callable[..., Any] = func if expr is None else expr
        self.__doc__ = func.__doc__
        self.__name__ = func.__name__
        self.info: dict[Any, Any] = {}

    def __get__(self, instance: Any, owner: Any) -> Any:
        if instance is None:
            return _bound(self.expr, owner)
        return self.func.__get__(instance, owner)

    def expression(self, expr: Callable[..., Any]) -> hybrid_method[_R]:
        """Say how the SQL is made."""
        self.expr = expr
        if not self.expr.__doc__:
            self.expr.__doc__ = self.func.__doc__
        return self

    @property
    def inplace(self) -> _InPlaceMethod[_R]:
        """The same decorators, for functions of other names."""
        return _InPlaceMethod(self)


class _InPlaceMethod(Generic[_R]):
    def __init__(self, hybrid: hybrid_method[_R]) -> None:
        self._hybrid = hybrid

    def expression(self, expr: Callable[..., Any]) -> hybrid_method[_R]:
        """Say how the SQL is made."""
        return self._hybrid.expression(expr)


def _bound(fn: Any, owner: Any) -> Any:
    inner = fn.__func__ if isinstance(fn, classmethod) else fn
    return inner.__get__(owner, type(owner) if not isinstance(owner, type) else owner)


class hybrid_property(InspectionAttr, Generic[_T]):
    """A property that works on objects and, read from the class, gives SQL.

    Has the decorators of `property`, and `expression`, `comparator` and `update_expression` for SQL; `inplace` has the same for
    functions of other names.
    """

    is_attribute = True
    extension_type = HYBRID_PROPERTY

    def __init__(
        self,
        fget: Callable[..., _T],
        fset: Callable[..., None] | None = None,
        fdel: Callable[..., None] | None = None,
        expr: Callable[..., Any] | None = None,
        custom_comparator: Callable[..., Any] | None = None,
        update_expr: Callable[..., Any] | None = None,
        bulk_dml_setter: Callable[..., None] | None = None,
    ) -> None:
        self.fget = fget
        self.fset = fset
        self.fdel = fdel
        self.expr = expr
        self.custom_comparator = custom_comparator
        self.update_expr = update_expr
        self.bulk_dml_setter = bulk_dml_setter
        self.__doc__ = fget.__doc__
        self.__name__ = fget.__name__
        self.info: dict[Any, Any] = {}

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: Any) -> InstrumentedAttribute[_T]: ...

        @overload
        def __get__(self, instance: object, owner: Any) -> _T: ...

        def __get__(self, instance: Any, owner: Any) -> Any: ...

    else:

        def __get__(self, instance: Any, owner: Any) -> Any:
            return self.fget(instance) if instance is not None else self._on_class(owner)

    def _on_class(self, owner: Any) -> Any:
        if self.custom_comparator is not None:
            found = _call(self.custom_comparator, owner)
        else:
            found = _call(self.expr or self.fget, owner)
        return HybridAttribute(self, owner, found)

    def __set__(self, instance: Any, value: Any) -> None:
        if self.fset is None:
            raise AttributeError(f"can't set attribute {self.__name__!r}: the hybrid has no setter")
        self.fset(instance, value)

    def __delete__(self, instance: Any) -> None:
        if self.fdel is None:
            raise AttributeError(f"can't delete attribute {self.__name__!r}: the hybrid has no deleter")
        self.fdel(instance)

    def _copy(self, **changed: Any) -> hybrid_property[_T]:
        made: hybrid_property[_T] = type(self).__new__(type(self))
        made.__dict__.update(self.__dict__)
        made.__dict__.update(changed)
        return made

    @property
    def overrides(self) -> hybrid_property[_T]:
        """This; a mark for code that overrides a hybrid of a superclass."""
        return self

    def getter(self, fget: Callable[..., _T]) -> hybrid_property[_T]:
        """Say how the value is read."""
        return self._copy(fget=fget)

    def setter(self, fset: Callable[..., None]) -> hybrid_property[_T]:
        """Say how the value is set."""
        return self._copy(fset=fset)

    def deleter(self, fdel: Callable[..., None]) -> hybrid_property[_T]:
        """Say how the value is deleted."""
        return self._copy(fdel=fdel)

    def expression(self, expr: Callable[..., Any]) -> hybrid_property[_T]:
        """Say how the SQL is made."""
        return self._copy(expr=expr)

    def comparator(self, comparator: Callable[..., Any]) -> hybrid_property[_T]:
        """Give the comparator whose operators the class-level attribute has."""
        return self._copy(custom_comparator=comparator)

    def update_expression(self, meth: Callable[..., Any]) -> hybrid_property[_T]:
        """Say which columns an UPDATE sets: the function returns pairs (attribute, value)."""
        return self._copy(update_expr=meth)

    def bulk_dml(self, meth: Callable[..., None]) -> hybrid_property[_T]:
        """Say which columns a dictionary of a bulk INSERT or UPDATE sets: `meth(cls, mapping, value)` puts them into `mapping`."""
        return self._copy(bulk_dml_setter=meth)

    @property
    def inplace(self) -> _InPlaceProperty[_T]:
        """The same decorators, for functions of other names: they change this hybrid and return it."""
        return _InPlaceProperty(self)


class _InPlaceProperty(Generic[_T]):
    def __init__(self, hybrid: hybrid_property[_T]) -> None:
        self._hybrid = hybrid

    def _set(self, name: str, fn: Any) -> hybrid_property[_T]:
        setattr(self._hybrid, name, fn)
        return self._hybrid

    def getter(self, fget: Callable[..., _T]) -> hybrid_property[_T]:
        """Say how the value is read."""
        return self._set("fget", fget)

    def setter(self, fset: Callable[..., None]) -> hybrid_property[_T]:
        """Say how the value is set."""
        return self._set("fset", fset)

    def deleter(self, fdel: Callable[..., None]) -> hybrid_property[_T]:
        """Say how the value is deleted."""
        return self._set("fdel", fdel)

    def expression(self, expr: Callable[..., Any]) -> hybrid_property[_T]:
        """Say how the SQL is made."""
        return self._set("expr", expr)

    def comparator(self, comparator: Callable[..., Any]) -> hybrid_property[_T]:
        """Give the comparator."""
        return self._set("custom_comparator", comparator)

    def update_expression(self, meth: Callable[..., Any]) -> hybrid_property[_T]:
        """Say which columns an UPDATE sets."""
        return self._set("update_expr", meth)

    def bulk_dml(self, meth: Callable[..., None]) -> hybrid_property[_T]:
        """Say which columns a dictionary of a bulk INSERT or UPDATE sets."""
        return self._set("bulk_dml_setter", meth)


def _call(fn: Any, owner: Any) -> Any:
    return (fn.__func__ if isinstance(fn, classmethod) else fn)(owner)


class HybridAttribute(QueryableAttribute[Any], ColumnOperators):
    """A hybrid on the class: the SQL it stands for, under the hybrid's name."""

    __slots__ = ("__dict__",)
    is_attribute = True
    class_: Any = None

    def __init__(self, hybrid: hybrid_property[Any], owner: Any, value: Any) -> None:
        self.hybrid = hybrid
        self.owner = owner
        self.value = value
        self.key = hybrid.__name__
        self.class_ = owner
        source = hybrid.custom_comparator or hybrid.expr
        self.__doc__ = getattr(source, "__doc__", None) or hybrid.__doc__

    extension_type = HYBRID_PROPERTY
    __hash__ = object.__hash__

    def __get__(self, obj: Any, owner: Any = None) -> Any:
        return self

    @property
    def bulk_setter(self) -> Callable[[dict[str, Any], Any], None] | None:
        """What `bulk_dml` was given: puts a value of the hybrid into a dictionary of column values."""
        given = self.hybrid.bulk_dml_setter
        if given is None:
            return None
        return partial(given.__func__ if isinstance(given, classmethod) else given, self.owner)

    @property
    def entity(self) -> Any:
        """The entity the hybrid was read from."""
        node = element_of(self.owner)
        return node if node is not None else getattr(self.value, "entity", None)

    @property
    def parent(self) -> Any:
        """The mapper or alias the hybrid was read from."""
        return self.entity.parent

    @property
    def comparator(self) -> Any:
        """What has the operators."""
        return self.value

    @property
    def expression(self) -> Any:
        """The SQL."""
        return self.__clause_element__()

    @property
    def info(self) -> Any:
        """The hybrid's own `info`."""
        return self.hybrid.info

    @property
    def overrides(self) -> hybrid_property[Any]:
        """The hybrid, for decorators in a subclass: `@Person.name.overrides.expression`."""
        return self.hybrid

    def getter(self, fget: Callable[..., Any]) -> hybrid_property[Any]:
        """Return the hybrid with another getter, for a subclass."""
        return self.hybrid.getter(fget)

    def setter(self, fset: Callable[..., None]) -> hybrid_property[Any]:
        """Return the hybrid with another setter, for a subclass."""
        return self.hybrid.setter(fset)

    def deleter(self, fdel: Callable[..., None]) -> hybrid_property[Any]:
        """Return the hybrid with another deleter, for a subclass."""
        return self.hybrid.deleter(fdel)

    def __clause_element__(self) -> Any:
        element = element_of(self.value)
        if element is None:
            raise InvalidRequestError(
                f"hybrid {self!s} gives {self.value!r} on the class, which is no SQL expression; give it one with @{self.key}.expression"
            )
        if isinstance(element, ColumnElement) and getattr(element, "_result_name", None) != self.key and not isinstance(element, Label):
            return Label(self.key, element)
        return element

    def operate(self, op: OperatorType, *other: Any, **kwargs: Any) -> Any:
        """Apply an operator to the SQL."""
        return op(self.value, *other, **kwargs)

    def reverse_operate(self, op: OperatorType, other: Any, **kwargs: Any) -> Any:
        """Apply an operator with the SQL on the right."""
        return op(other, self.value, **kwargs)

    def update_pairs(self, value: Any) -> list[tuple[Any, Any]]:
        """Return the pairs (attribute, value) that an UPDATE of this hybrid sets."""
        if self.hybrid.update_expr is not None:
            return list(_call_with(self.hybrid.update_expr, self.owner, value))
        target = self.value
        if isinstance(target, PropComparator):
            target = target.expression
        if isinstance(target, HybridAttribute):
            return target.update_pairs(value)
        return [(target, value)]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name in ("value", "hybrid", "owner"):
            raise AttributeError(name)
        return getattr(self.value, name)

    def __str__(self) -> str:
        return f"{getattr(self.owner, '__name__', self.owner)}.{self.key}"

    def __repr__(self) -> str:
        return f"<HybridAttribute {self}>"

    @property
    def property(self) -> Any:
        """The property of what the hybrid stands for."""
        return self.value.property


def _call_with(fn: Any, owner: Any, value: Any) -> Any:
    return (fn.__func__ if isinstance(fn, classmethod) else fn)(owner, value)


class Comparator(PropComparator):
    """The base of comparators for hybrids; `expression` is what it was made with."""

    def __init__(self, expression: Any) -> None:
        super().__init__(None, None, expression)
        self._expression = expression

    def __clause_element__(self) -> Any:
        element = self._expression
        while hasattr(element, "__clause_element__"):
            inner = element.__clause_element__()
            if inner is element:
                break
            element = inner
        return element

    def adapt_to_entity(self, adapt_to_entity: Any) -> Any:
        """Return this: the expression was made for its entity."""
        return self

    @property
    def property(self) -> Any:
        """The property of the expression, if it has one."""
        return getattr(self._expression, "property", None)


class ExprComparator(Comparator):
    """The comparator of a hybrid without one of its own."""
