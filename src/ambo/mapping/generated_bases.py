"""Declarative bases that are made by a call: `registry.generate_base()`, `declarative_base()`.

Rule 1: a generated base derives from the user's class and from `_GeneratedBase`, whose `__init_subclass__` maps.
"""

from __future__ import annotations

from typing import Any, ClassVar

from ambo.errors import InvalidRequestError
from ambo.listening import listen
from ambo.mapping.class_body import own_bases
from ambo.mapping.declarative_mapping import map_class
from ambo.mapping.mapped_dataclasses import DataclassArguments, dataclass_maker, make_plain_dataclass
from ambo.mapping.mapper import Mapper


def is_abstract(class_: type[Any]) -> bool:
    """Tell whether a class itself says that it is not to be mapped."""
    return bool(class_.__dict__.get("__abstract__"))


waiting: list[type[Any]] = []
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
        found = base.__dict__.get("registry")
        if found is not None and hasattr(found, "type_annotation_map"):
            return found
    raise InvalidRequestError(f"class {class_.__name__} has no registry; derive it from a declarative base")


def map_subclass(class_: Any) -> None:
    """Map a class that derives from a declarative base, unless it is abstract."""
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


def generate_base(owner: Any, mapper: Any = None, cls: Any = object, name: str = "Base") -> Any:
    """Return a new declarative base class of a registry."""
    bases = cls if isinstance(cls, tuple) else (cls,)
    body: dict[str, Any] = {"registry": owner, "metadata": owner.metadata, "__module__": __name__}
    if isinstance(cls, type) and cls.__doc__ is not None:
        body["__doc__"] = cls.__doc__
    if mapper is not None:
        body["__mapper_cls__"] = mapper
    if owner.constructor is not None and all(base.__init__ is object.__init__ for base in bases):
        body["__init__"] = owner.constructor
    return type(name, (*(base for base in bases if base is not object), _GeneratedBase), body)


class _GeneratedBase:
    """What generated bases derive from."""

    registry: ClassVar[Any]

    def __init_subclass__(cls, **kw: Any) -> None:
        if _GeneratedBase not in cls.__bases__:
            map_subclass(cls)
        super().__init_subclass__(**kw)


own_bases.add(_GeneratedBase)


class _BaseMaker:
    """What `class Base(metaclass=DeclarativeMeta)` calls: makes a declarative base without any metaclass."""

    def __call__(self, name: str, bases: tuple[type[Any], ...], body: dict[str, Any], **kw: Any) -> Any:
        if not any(hasattr(base, "registry") for base in bases) and "registry" not in body:
            raise InvalidRequestError(f"declarative base {name} needs a registry: write 'registry = registry()' in its body")
        body.setdefault("metadata", getattr(body.get("registry"), "metadata", None))
        return type(name, (*(base for base in bases if base is not object), _GeneratedBase), body, **kw)

    def __instancecheck__(self, found: Any) -> bool:
        return isinstance(found, type) and hasattr(found, "registry") and hasattr(found, "metadata")


DeclarativeMeta = _BaseMaker()
