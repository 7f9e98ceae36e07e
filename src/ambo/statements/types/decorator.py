"""`TypeDecorator`: a new face for an existing type; and `PickleType`, which is one."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from functools import cached_property
from typing import Any, ClassVar

from ambo.errors import ArgumentError, InvalidRequestError
from ambo.statements.operators import OperatorType
from ambo.statements.types.base import (
    Comparator,
    DialectFacts,
    NullType,
    Processor,
    T,
    TypeEngine,
    _unique,
    init_names,
    to_instance,
    token_of,
)
from ambo.statements.types.strings import LargeBinary


class TypeDecorator(TypeEngine[T]):
    """Another type with conversions of your own around it.

    Set `impl` to the type underneath and override `process_bind_param(value, dialect)` and
    `process_result_value(value, dialect)`; both see None too. `cache_ok = True` promises that instances with equal
    constructor arguments behave alike; without it, statements with different instances never share their SQL.

    Example::

        class Lower(TypeDecorator):
            impl = String
            cache_ok = True

            def process_bind_param(self, value, dialect):
                return None if value is None else value.lower()
    """

    __visit_name__ = "type_decorator"
    impl: Any
    cache_ok: bool | None = None
    coerce_to_is_types: ClassVar[tuple[type, ...]] = (type(None),)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        own = getattr(type(self), "impl", None)
        if own is None:
            raise ArgumentError(f"{type(self).__name__} needs the type it decorates: set its class attribute 'impl', as in impl = String")
        self.impl = to_instance(own, *args, **kwargs)

    # -- what users override

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        """Return what the type underneath is to store."""
        raise NotImplementedError

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        """Return the Python value for what the type underneath read."""
        raise NotImplementedError

    def process_literal_param(self, value: Any, dialect: Any) -> Any:
        """Return what the type underneath is to write into the SQL text."""
        raise NotImplementedError

    def load_dialect_impl(self, dialect: Any) -> TypeEngine[Any]:
        """Return the type underneath for a dialect, usually `dialect.type_descriptor(...)`."""
        return to_instance(self.impl)

    def coerce_compared_value(self, op: Any, value: Any) -> Any:
        return self

    # -- how it is put together

    def _overrides(self, name: str) -> bool:
        return getattr(type(self), name) is not getattr(TypeDecorator, name)

    @property
    def impl_instance(self) -> TypeEngine[Any]:
        """The type underneath, without regard to a dialect."""
        return to_instance(self.impl)

    @property
    def _plain(self) -> TypeEngine[Any]:
        return to_instance(self.impl)._plain

    @property
    def _affinity(self) -> type[TypeEngine[Any]]:
        return to_instance(self.impl)._affinity

    _type_affinity = _affinity

    def type_engine(self, dialect: Any) -> TypeEngine[Any]:
        """Return the type underneath in a dialect, free of decorators."""
        chosen = self._variants.get(dialect.name)
        if chosen is not None:
            return chosen.type_engine(dialect) if isinstance(chosen, TypeDecorator) else chosen
        inner = self.load_dialect_impl(dialect)
        if isinstance(inner, TypeDecorator) and type(inner) is not type(self):
            return inner.type_engine(dialect)
        return inner if isinstance(inner, TypeDecorator) else inner.dialect_impl(dialect)

    def _underneath(self, dialect: Any) -> TypeEngine[Any]:
        inner = self.load_dialect_impl(dialect)
        return to_instance(self.impl) if isinstance(inner, type(self)) else inner

    def bind_processor(self, dialect: Any) -> Processor | None:
        inner = dialect.bind_processor(self._underneath(dialect))
        if not self._overrides("process_bind_param"):
            return inner  # type: ignore[no-any-return]
        process = self.process_bind_param
        if inner is None:
            return lambda value: process(value, dialect)
        return lambda value: inner(process(value, dialect))

    def result_processor(self, dialect: Any, coltype: object) -> Processor | None:
        inner = dialect.result_processor(self._underneath(dialect), coltype)
        if not self._overrides("process_result_value"):
            return inner  # type: ignore[no-any-return]
        process = self.process_result_value
        if inner is None:
            return lambda value: process(value, dialect)
        return lambda value: process(inner(value), dialect)

    def result_expression(self, dialect: DialectFacts) -> str | None:
        if self._overrides("process_result_value") or type(self).result_processor is not TypeDecorator.result_processor:
            return None
        return dialect.result_expression(self._underneath(dialect))

    def literal_processor(self, dialect: Any) -> Callable[[Any], str] | None:
        inner = dialect.literal_processor(self._underneath(dialect))
        if self._overrides("process_literal_param"):
            process = self.process_literal_param
            return lambda value: str(process(value, dialect)) if inner is None else inner(process(value, dialect))
        if inner is not None and self._overrides("process_bind_param"):
            return lambda value: inner(self.process_bind_param(value, dialect))
        return inner  # type: ignore[no-any-return]

    def bind_expression(self, bindvalue: Any) -> Any | None:
        return to_instance(self.impl).bind_expression(bindvalue)

    def column_expression(self, colexpr: Any) -> Any | None:
        return to_instance(self.impl).column_expression(colexpr)

    # -- what it takes over from the type underneath

    @property
    def comparator_factory(self) -> type[Comparator]:  # type: ignore[override]  # depends on impl
        return to_instance(self.impl).comparator_factory

    @property
    def python_type(self) -> type[Any]:
        return to_instance(self.impl).python_type

    @property
    def sort_key_function(self) -> Any:  # type: ignore[override]  # depends on impl
        """What values are sorted by, as the type underneath says."""
        return to_instance(self.impl).sort_key_function

    def compare_values(self, x: Any, y: Any) -> bool:
        return to_instance(self.impl).compare_values(x, y)

    def result_type(self, op: OperatorType, other: TypeEngine[Any]) -> TypeEngine[Any]:
        inner = to_instance(self.impl)
        found = inner.result_type(op, other)
        return self if found is inner else found

    def _for_schema(self, schema: str | None) -> Any:
        inner = to_instance(self.impl)
        found = inner._for_schema(schema)
        return self if found is inner else self.copy(impl=found)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name == "impl":
            raise AttributeError(name)
        return getattr(to_instance(self.impl), name)  # a subclass's __init__ need not have called ours

    def copy(self, **kw: Any) -> Any:
        copied = type(self).__new__(type(self))
        copied.__dict__.update({name: value for name, value in self.__dict__.items() if name != "_token"})
        copied.__dict__.update(kw)
        return copied

    @cached_property
    def _token(self) -> Any:
        cls = type(self)
        if not self.cache_ok:
            return (cls, next(_unique))
        args = tuple((name, token_of(self.__dict__[name])) for name in init_names(cls) if name in self.__dict__)
        return (cls, args, to_instance(self.impl)._token, tuple((name, one._token) for name, one in self._variants.items()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(to_instance(self.impl)._repr_args())})"


class PickleType(TypeDecorator[Any]):
    """Any Python object, pickled.

    Two values are equal if their pickles are, or as `comparator(a, b)` says. Never read pickles of strangers.
    """

    impl: Any = LargeBinary
    cache_ok = True
    hashable = False

    def __init__(
        self, protocol: int = pickle.HIGHEST_PROTOCOL, pickler: Any = None, comparator: Callable[[Any, Any], bool] | None = None, impl: Any = None
    ) -> None:
        super().__init__()
        self.protocol = protocol
        self.pickler = pickler or pickle
        self.comparator = comparator
        if impl is not None:
            self.impl = to_instance(impl)

    def __reduce__(self) -> Any:
        return PickleType, (self.protocol, None if self.pickler is pickle else self.pickler, self.comparator, self.impl)

    @property
    def python_type(self) -> type[Any]:
        return object

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return None if value is None else self.pickler.dumps(value, self.protocol)

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return None if value is None else self.pickler.loads(bytes(value))

    def compare_values(self, x: Any, y: Any) -> bool:
        if self.comparator is not None:
            return self.comparator(x, y)
        return x == y  # type: ignore[no-any-return]


class Variant(TypeDecorator[Any]):
    """The type of old for other databases; making one raises InvalidRequestError that names its successor."""

    impl = NullType
    cache_ok = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise InvalidRequestError("Variant is gone; write 'String().with_variant(other_type, \"postgresql\")'")
