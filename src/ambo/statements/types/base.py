"""What every type is: `TypeEngine`, `NullType`, `UserDefinedType`, and the small marks other types mix in.

A type says how a column is declared (its rendering is found by `__visit_name__`), how values go to the driver and come
back (processors), and what operators mean on expressions of it (`comparator_factory`).

Rule 1: a type knows a dialect only through `DialectFacts`: its name and what its driver takes and delivers by itself.
Rule 2: `_token` is equal for types that behave alike, and part of every statement's key.
Rule 3: a processor is None where the driver's own value is right; it sees None only where its docstring says so.
Rule 4: `result_expression` is source text over `{v}` for generated row loaders; it is used for values that are not None,
and the names in it are those of `RESULT_NAMES`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from enum import Enum as PythonEnum
from functools import cached_property
from itertools import count
from types import GenericAlias
from typing import Any, ClassVar, Generic, Protocol, Self, TypeVar

from ambo.errors import ArgumentError
from ambo.statements.operators import ColumnOperators, OperatorType

T = TypeVar("T")
Processor = Callable[[Any], Any]

RESULT_NAMES: dict[str, Any] = {}
"""What the expressions of `result_expression` may name; a type's module adds its own."""

_unique = count(1)


class TypeFacts(Protocol):
    """What a type asks of `dialect.features`: what the driver takes and delivers without conversion, how literals are written."""

    @property
    def native_boolean(self) -> bool: ...
    @property
    def native_float(self) -> bool: ...
    @property
    def native_decimal(self) -> bool: ...
    @property
    def native_datetime(self) -> bool: ...
    @property
    def native_time(self) -> bool: ...
    @property
    def native_interval(self) -> bool: ...
    @property
    def native_uuid(self) -> bool: ...
    @property
    def native_json(self) -> bool: ...
    @property
    def native_enum(self) -> bool: ...
    @property
    def arrays(self) -> bool: ...
    @property
    def time_zones(self) -> bool: ...
    @property
    def json_path_text(self) -> bool: ...
    @property
    def backslash_escapes(self) -> bool: ...
    @property
    def bytes_literal(self) -> str: ...


class DialectFacts(Protocol):
    """What a type may know of a dialect."""

    @property
    def name(self) -> str: ...
    @property
    def features(self) -> TypeFacts: ...
    @property
    def json_serializer(self) -> Callable[[Any], str] | None: ...
    @property
    def json_deserializer(self) -> Callable[[Any], Any] | None: ...
    @property
    def adapters(self) -> Any: ...

    def bind_processor(self, type_: TypeEngine[Any]) -> Processor | None: ...
    def result_processor(self, type_: TypeEngine[Any], coltype: object = None) -> Processor | None: ...
    def literal_processor(self, type_: TypeEngine[Any]) -> Callable[[Any], str] | None: ...
    def result_expression(self, type_: TypeEngine[Any]) -> str | None: ...
    def type_descriptor(self, type_: TypeEngine[Any]) -> TypeEngine[Any]: ...


_init_names: dict[Any, tuple[str, ...]] = {}


def init_names(cls: type[Any]) -> tuple[str, ...]:
    """Return the names of a type's constructor arguments, those of its bases behind `**kwargs` included."""
    found = _init_names.get(cls)
    if found is None:
        found = _init_names[cls] = _read_init_names(cls)
    return found


def _read_init_names(cls: type[Any]) -> tuple[str, ...]:
    names: dict[str, None] = {}
    for base in cls.__mro__:
        own = base.__dict__.get("__init__")
        if own is None or base is object:
            continue
        parameters = inspect.signature(own).parameters.values()
        names.update((one.name, None) for one in list(parameters)[1:] if one.kind not in (one.VAR_KEYWORD, one.VAR_POSITIONAL))
        if not any(one.kind in (one.VAR_KEYWORD, one.VAR_POSITIONAL) for one in parameters):
            break
    return tuple(names)


def token_of(value: Any) -> Any:
    """Return a hashable that is equal for equal constructor arguments."""
    if isinstance(value, TypeEngine):
        return value._token
    if isinstance(value, (list, tuple)):
        return (type(value), *map(token_of, value))
    if isinstance(value, dict):
        return tuple((key, token_of(one)) for key, one in value.items())
    try:
        hash(value)
    except TypeError:
        return ("unique", next(_unique))
    return value if isinstance(value, (str, type(None), type, PythonEnum)) else (type(value), value)


class Comparator(ColumnOperators):
    """What operators mean on expressions of a type; the base for a type's own `comparator_factory`.

    `expr` is the expression, `type` its type. `operate` builds what the operator means everywhere; override single
    operators, or `operate` itself, to mean something else.

    Example::

        class Folded(TypeDecorator):
            impl, cache_ok = String, True

            class comparator_factory(String.Comparator):
                def operate(self, op, other):
                    return op(func.lower(self.expr), func.lower(other))
    """

    __class_getitem__: Any = classmethod(GenericAlias)

    __slots__ = ("expr", "type")

    def __init__(self, expr: Any) -> None:
        self.expr = expr
        self.type = expr.type

    def __clause_element__(self) -> Any:
        return self.expr

    def operate(self, op: OperatorType, *other: Any, **kwargs: Any) -> Any:
        return self.expr.operate_plainly(op, *other, **kwargs)

    def reverse_operate(self, op: OperatorType, other: Any, **kwargs: Any) -> Any:
        return self.expr.reverse_operate_plainly(op, other, **kwargs)


class TypeEngine(Generic[T]):
    """The base of all types.

    To write your own, derive from `TypeDecorator` (a new face for an existing type) or `UserDefinedType` (a type that
    only your database has), not from this class.
    """

    __visit_name__: ClassVar[str] = "type_engine"
    _variants: dict[str, TypeEngine[Any]] = {}
    render_bind_cast: ClassVar[bool] = True
    render_literal_cast: ClassVar[bool] = False
    hashable: ClassVar[bool] = True
    should_evaluate_none: bool = False
    Comparator = Comparator
    comparator_factory: ClassVar[type[Any]] = Comparator
    sort_key_function: ClassVar[Callable[[Any], Any] | None] = None

    # -- what a value becomes

    def bind_processor(self, dialect: DialectFacts) -> Processor | None:
        """Return what turns a Python value into the driver's, or None if nothing is to be done."""
        return None

    def result_processor(self, dialect: DialectFacts, coltype: object) -> Processor | None:
        """Return what turns the driver's value into a Python value (None passes through it), or None."""
        return None

    def literal_processor(self, dialect: DialectFacts) -> Callable[[Any], str] | None:
        """Return what writes a value into the SQL text itself, or None if this type cannot."""
        return None

    def result_expression(self, dialect: DialectFacts) -> str | None:
        """Return what `result_processor` does as source text over `{v}`, or None if it must be called or is not there."""
        return None

    def bind_expression(self, bindvalue: Any) -> Any | None:
        """Return a SQL expression to stand around each bound value of this type, or None."""
        return None

    def column_expression(self, colexpr: Any) -> Any | None:
        """Return a SQL expression to stand around each selected column of this type, or None."""
        return None

    # -- what it is

    @property
    def python_type(self) -> type[Any]:
        """The Python type of the values.

        Raises NotImplementedError where there is none.
        """
        raise NotImplementedError(f"{type(self).__name__} has no single Python type")

    @cached_property
    def _token(self) -> Any:
        cls = type(self)
        args = tuple((name, token_of(self.__dict__[name])) for name in init_names(cls) if name in self.__dict__)
        variants = tuple((name, one._token) for name, one in self._variants.items())
        return (cls, args, variants) if args or variants else cls

    @property
    def _affinity(self) -> type[TypeEngine[Any]]:
        """The generic type this one is a kind of: where operators treat types alike."""
        for cls in type(self).__mro__:
            if "_is_affinity" in cls.__dict__:
                return cls
        return type(self)

    _type_affinity = _affinity

    @property
    def _plain(self) -> TypeEngine[Any]:
        """The type beneath all decorators, as far as that is known without a dialect."""
        return self

    def _isinstance(self, *classes: type[TypeEngine[Any]]) -> bool:
        return isinstance(self._plain, classes)

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine[Any]:
        """Return the type for a Python value that stands on the other side of an operator.

        It is this type if the value's own type is unknown or of the same kind, otherwise the value's.
        """
        other = type_of_value(value)
        if isinstance(other, NullType) or other._affinity is self._affinity:
            return self
        return other

    def for_value(self, value: Any) -> TypeEngine[Any]:
        """Return the type of this family that has room for a value."""
        return self

    def result_type(self, op: OperatorType, other: TypeEngine[Any]) -> TypeEngine[Any]:
        """Return the type of `self <op> other` for an operator that is no comparison."""
        return self

    def compare_values(self, x: Any, y: Any) -> bool:
        """Tell whether two values are equal; decides whether an attribute has changed. What is not True counts as changed."""
        return x == y  # type: ignore[no-any-return]  # not bool(): arrays and other values whose == gives no bool have none

    def get_dbapi_type(self, dbapi: Any) -> Any | None:
        """Return the driver's own type object, or None."""
        return None

    def evaluates_none(self) -> Self:
        """Return a copy whose processors see None too, so that None may be stored as a value of its own."""
        copied = self.copy()
        copied.should_evaluate_none = True
        return copied

    # -- variants and copies

    def with_variant(self, type_: TypeEngine[Any] | type[TypeEngine[Any]], *dialect_names: str) -> Self:
        """Return a copy that is another type on the named dialects.

        Example: `String(255).with_variant(VARCHAR(255, collation="C"), "postgresql")`.
        Raises ArgumentError if no dialect is named or one has a variant already.
        """
        if not dialect_names:
            raise ArgumentError("with_variant() needs the name of a dialect: with_variant(VARCHAR(50), 'postgresql')")
        if taken := [name for name in dialect_names if name in self._variants]:
            raise ArgumentError(f"{self!r} already has a variant for the dialect {taken[0]!r}")
        other = to_instance(type_)
        if other._variants:
            raise ArgumentError("can't pass a type that already has variants as a dialect-level type to with_variant()")
        copied = self.copy()
        copied._variants = {**self._variants, **dict.fromkeys(dialect_names, other)}
        return copied

    @property
    def _variant_mapping(self) -> dict[str, TypeEngine[Any]]:
        return self._variants

    def dialect_impl(self, dialect: DialectFacts) -> TypeEngine[Any]:
        """Return the type that stands for this one in a dialect: a variant, or itself."""
        chosen = self._variants.get(dialect.name) if self._variants else None
        return self if chosen is None else chosen.dialect_impl(dialect)

    def copy(self, **kw: Any) -> Self:
        """Return a copy, other constructor arguments replaced by `kw`."""
        copied = type(self).__new__(type(self))
        copied.__dict__.update({name: value for name, value in self.__dict__.items() if name not in _MEMOS})
        copied.__dict__.update(kw)
        return copied

    copy_value = staticmethod(lambda value: value)

    def adapt(self, cls: type[Any], **kw: Any) -> Any:
        """Return an instance of another type class with the same arguments, as far as it takes them."""
        args = {name: self.__dict__[name] for name in init_names(cls) if name in self.__dict__}
        args.update(kw)
        return cls(**args)

    def as_generic(self, allow_nulltype: bool = False) -> TypeEngine[Any]:
        """Return the nearest type that every database has, as for a table reflected here and created there.

        Raises NotImplementedError if there is none.
        """
        if not type(self).__name__.isupper():
            return self
        for cls in type(self).__mro__[1:]:
            generic = issubclass(cls, TypeEngine) and not cls.__name__.isupper() and cls.__name__[0] != "_" and cls is not TypeEngine
            if generic and cls.__module__.startswith("ambo."):
                found: TypeEngine[Any] = self.adapt(cls)
                return found
        raise NotImplementedError(f"{self!r} has no counterpart that every database has")

    def compile(self, dialect: Any = None) -> str:
        """Return the type's name in a dialect, as it stands in CREATE TABLE."""
        return _naming(self, dialect)

    def __str__(self) -> str:
        return self.compile()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(self._repr_args())})"

    def _repr_args(self) -> list[str]:
        shown: list[str] = []
        for base in type(self).__mro__:
            own = base.__dict__.get("__init__")
            if own is None or base is object:
                continue
            for one in list(inspect.signature(own).parameters.values())[1:]:
                value = self.__dict__.get(one.name, one.default)
                if one.name == "inherit_schema":
                    continue
                if one.kind not in (one.VAR_KEYWORD, one.VAR_POSITIONAL) and value is not one.default and value != one.default:
                    shown.append(repr(value) if one.default is one.empty and not shown else f"{one.name}={value!r}")
            break
        return shown

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name not in _MEMOS}

    def _for_schema(self, schema: str | None) -> TypeEngine[Any]:
        """Return this type as the column of a table in that schema has it; types with a name of their own move along."""
        return self


_MEMOS = frozenset({"_token", "_enum_token"})


class _TypeNamer:
    """Where rendering installs what names types, since types may not import it."""

    def __init__(self) -> None:
        self.name: Callable[[TypeEngine[Any], Any], str] = lambda type_, dialect: type(type_).__name__

    def __call__(self, type_: TypeEngine[Any], dialect: Any) -> str:
        return self.name(type_, dialect)


_naming = _TypeNamer()


def install_type_namer(namer: Callable[[TypeEngine[Any], Any], str]) -> None:
    """Let `str(type)` and `type.compile()` use a dialect's type names; called once by rendering."""
    _naming.name = namer


class NullType(TypeEngine[None]):
    """The type of what has none: an expression nobody described, a column whose type comes from its foreign key."""

    __visit_name__ = "null"
    _is_affinity = True
    hashable = False
    render_bind_cast = False

    @property
    def python_type(self) -> type[None]:
        return type(None)

    def result_type(self, op: OperatorType, other: TypeEngine[Any]) -> TypeEngine[Any]:
        return self if isinstance(other, NullType) or other._affinity is self._affinity else other.result_type(op, self)

    def literal_processor(self, dialect: DialectFacts) -> Callable[[Any], str] | None:
        return lambda value: "NULL" if value is None else _literal_of(value, dialect)


def _literal_of(value: Any, dialect: DialectFacts) -> str:
    type_ = type_of_value(value)
    write = None if isinstance(type_, NullType) else dialect.literal_processor(type_)
    if write is None:
        raise ArgumentError(f"no literal form is known for the value {value!r}; give it a type, as in literal(value, String)")
    return write(value)


class UserDefinedType(TypeEngine[T]):
    """The base for a type that only your database has.

    Give it `get_col_spec(**kw)`, which returns its name in SQL; add `bind_processor` and `result_processor` where values
    need conversion.

    Example::

        class Point(UserDefinedType):
            def get_col_spec(self, **kw):
                return "POINT"
    """

    __visit_name__ = "user_defined"
    ensure_kwarg = "get_col_spec"
    cache_ok: bool | None = None

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine[Any]:
        return self

    @cached_property
    def _token(self) -> Any:
        if self.cache_ok:
            return TypeEngine._token.func(self)  # type: ignore[attr-defined]
        return (type(self), next(_unique))


value_types: dict[type, TypeEngine[Any]] = {}
"""Which type a Python value has when nobody said; filled by the modules that define the types."""

NULLTYPE: NullType = NullType()


def type_of_value(value: Any) -> TypeEngine[Any]:
    """Return the type that fits a Python value, NullType if none is known."""
    found = value_types.get(type(value))
    if found is not None:
        return found.for_value(value)
    for cls in type(value).__mro__[1:]:
        found = value_types.get(cls)
        if found is not None:
            return found
    return NULLTYPE


def to_instance(type_: Any, *args: Any, **kw: Any) -> TypeEngine[Any]:
    """Return an instance of a type given as instance, class, factory or None (NullType).

    Raises ArgumentError if it is none of these.
    """
    if isinstance(type_, TypeEngine):
        return type_
    if type_ is None:
        return NULLTYPE
    made = type_(*args, **kw) if callable(type_) else None
    if not isinstance(made, TypeEngine):
        raise ArgumentError(f"{type_!r} is not a type; pass one such as Integer or String(50)")
    return made


def wrong_value(type_: TypeEngine[Any], value: Any, wanted: str) -> TypeError:
    """Return the error for a value that a type cannot take; whoever binds it adds the name of the column."""
    return TypeError(f"{type_!r} takes {wanted}, not {value!r} of type {type(value).__name__}")
