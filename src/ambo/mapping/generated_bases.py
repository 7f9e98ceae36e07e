"""Declarative bases that are made by a call: `registry.generate_base()`, `declarative_base()`; the metaclass that programs know.

Rule 1: `DeclarativeMeta` is the only metaclass, and is there for programs that derive their own from it (SQLModel, Flask-SQLAlchemy)
    or ask `isinstance(class_, DeclarativeMeta)`; `DeclarativeBase` has none. docs/adr/0005 says why.
"""

from __future__ import annotations

from typing import Any

from ambo.errors import InvalidRequestError, UnmappedClassError
from ambo.listening import listen
from ambo.mapping.declarative_mapping import map_class
from ambo.mapping.mapped_dataclasses import DataclassArguments, dataclass_maker, make_plain_dataclass
from ambo.mapping.mapper import Mapper
from ambo.statements.typed_columns import TypedColumns


def is_abstract(class_: type[Any]) -> bool:
    """Tell whether a class itself says that it is not to be mapped."""
    return bool(class_.__dict__.get("__abstract__"))


waiting: list[type[Any]] = []


def refusal_of(class_: type[Any], base: str) -> Exception | None:
    """Return the error for using a class in a statement before its table was read, None if it is mapped."""
    if class_ not in waiting:
        return None
    return UnmappedClassError(
        f"class {class_.__name__} is a subclass of {base}: it is mapped when .prepare() is called on the class hierarchy; call it first"
    )
"""Classes that wait for `DeferredReflection.prepare()`."""


def vars_of_bases(class_: type[Any]) -> set[str]:
    """Return the names that a class's bases define."""
    return {name for base in class_.__mro__[1:] for name in base.__dict__ if name.startswith("_ambo_waits")}


def waits_for_subclasses(class_: type[Any]) -> bool:
    """Tell whether a class is the root of an abstract concrete hierarchy, mapped when its subclasses are known."""
    return any("_ambo_waits_for_subclasses" in base.__dict__ for base in class_.__bases__) and "__tablename__" not in class_.__dict__


def registry_of(class_: type[Any]) -> Any:
    """Return the registry of the base a class derives from; a class may have a column of that name."""
    for base in class_.__mro__:
        for name in ("registry", "_sa_registry"):
            found = base.__dict__.get(name)
            if found is not None and hasattr(found, "type_annotation_map"):
                return found
    raise InvalidRequestError(f"class {class_.__name__} has no registry; derive it from a declarative base")


def map_subclass(class_: Any) -> None:
    """Map a class that derives from a declarative base, unless it is abstract."""
    if issubclass(class_, TypedColumns):  # for as_typed_table(): it names the columns of a class that is mapped
        return
    arguments: DataclassArguments | None = getattr(class_, "_ambo_dataclass", None)
    if "_ambo_waits_for_reflection" in vars_of_bases(class_) and not is_abstract(class_) and "__table__" not in class_.__dict__:
        waiting.append(class_)
        return
    if waits_for_subclasses(class_):
        listen(Mapper, "before_configured", class_.__declare_first__)
        return
    if is_abstract(class_):
        if arguments is not None:
            make_plain_dataclass(class_, arguments)
        return
    map_class(registry_of(class_), class_, None if arguments is None else dataclass_maker(arguments))


class DeclarativeMeta(type):
    """The metaclass of bases made by a call; it maps the classes that derive from them.

        class Base(metaclass=DeclarativeMeta):
            __abstract__ = True
            registry = registry()

    A metaclass derived from it may change the class in its `__init__` before it calls this one. Raises InvalidRequestError for a base
    without a registry.
    """

    def __init__(cls, name: str, bases: tuple[type[Any], ...], body: dict[str, Any], **kw: Any) -> None:
        super().__init__(name, bases, body)
        owner = registry_of(cls)
        if not hasattr(cls, "metadata"):
            cls.metadata = owner.metadata
        map_subclass(cls)


def generate_base(owner: Any, mapper: Any = None, cls: Any = object, name: str = "Base", metaclass: Any = None) -> Any:
    """Return a new declarative base class of a registry."""
    bases = cls if isinstance(cls, tuple) else (cls,)
    body: dict[str, Any] = {"registry": owner, "metadata": owner.metadata, "__abstract__": True, "__module__": __name__}
    if isinstance(cls, type) and cls.__doc__ is not None:
        body["__doc__"] = cls.__doc__
    if mapper is not None:
        body["__mapper_cls__"] = mapper
    if owner.constructor is not None and all(base.__init__ is object.__init__ for base in bases):
        body["__init__"] = owner.constructor
    return (metaclass or DeclarativeMeta)(name, bases, body)


class _IsDeclarative:
    """What `isinstance(class_, DeclarativeAttributeIntercept)` asks: does the class derive from a declarative base?"""

    def __instancecheck__(self, found: Any) -> bool:
        return isinstance(found, type) and any("registry" in base.__dict__ or "_sa_registry" in base.__dict__ for base in found.__mro__)

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type[Any], ...]:
        return (DeclarativeMeta,)


IsDeclarative = _IsDeclarative()
