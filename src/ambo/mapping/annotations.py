"""What a class body's annotations say: `Mapped[Optional[str]]`, `Mapped[list["Address"]]`, in any spelling.

An annotation may be an object, a string (`from __future__ import annotations`), or hold strings. Names that do not exist (yet)
become `Unresolved`, good enough for the target of a relationship; only a column's type must be there.

Rule 1: evaluation looks into the class, its module, then `typing`; what nobody knows is Unresolved, never an error here.
Rule 2: `MappedAnnotation` is all that the rest of mapping sees: wrapper, inner type without None, whether None is allowed.
"""

from __future__ import annotations

import builtins
import collections.abc
import enum
import sys
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ForwardRef, Literal, Union, get_args, get_origin

import typing_extensions

from ambo.errors import MappedAnnotationError
from ambo.mapping.mapped import DynamicMapped, Mapped, Unmapped, WriteOnlyMapped, _MappedAnnotationBase

_ALIASES = tuple({getattr(typing, "TypeAliasType", typing_extensions.TypeAliasType), typing_extensions.TypeAliasType})


class Unresolved:
    """A name in an annotation that stands for a class defined later."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __or__(self, other: Any) -> Any:
        return Union[self, other]  # noqa: UP007 (built from values)

    def __ror__(self, other: Any) -> Any:
        return Union[other, self]  # noqa: UP007 (built from values)

    def __getitem__(self, item: Any) -> Unresolved:
        return self

    def __getattr__(self, name: str) -> Unresolved:
        if name.startswith("__"):
            raise AttributeError(name)
        return Unresolved(f"{self.name}.{name}")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError(f"{self.name} is not defined")

    def __repr__(self) -> str:
        return self.name


class _Names(Mapping[str, Any]):
    """The names an annotation may use, most local first."""

    def __init__(self, class_: type[Any]) -> None:
        self.class_ = class_
        self.module: dict[str, Any] = getattr(sys.modules.get(class_.__module__), "__dict__", {})

    def __getitem__(self, name: str) -> Any:
        for names in (self.module, vars(builtins), _WELL_KNOWN, vars(typing)):
            if name in names:
                return names[name]
        if name == self.class_.__name__:
            return self.class_
        if name.startswith("__"):
            raise KeyError(name)
        return Unresolved(name)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


_WELL_KNOWN: dict[str, Any] = {"Mapped": Mapped, "DynamicMapped": DynamicMapped, "WriteOnlyMapped": WriteOnlyMapped, "Unmapped": Unmapped}


@dataclass(frozen=True, slots=True)
class MappedAnnotation:
    """What one annotation says.

    `wrapper` is Mapped, DynamicMapped, WriteOnlyMapped, Unmapped, or None for a plain annotation; `inner` the type inside without None;
    `whole` the type inside as written; `nullable` whether None is allowed.
    """

    wrapper: Any
    inner: Any
    whole: Any
    nullable: bool


def may_name_wrapper(raw: Any) -> bool:
    """Tell whether an annotation may be `Mapped[...]` or one of its kind; of a string only the spelling is looked at."""
    return not isinstance(raw, str) or "Mapped" in raw or "Unmapped" in raw


def evaluate(text: str, class_: type[Any]) -> Any:
    """Return what an annotation's text means in the module of a class."""
    try:
        return eval(text, {"__builtins__": vars(builtins)}, _Names(class_))  # the program's own annotation
    except Exception as error:
        raise MappedAnnotationError(f"cannot understand the annotation {text!r} in class {class_.__name__}: {error}") from error


def read_annotation(class_: type[Any], raw: Any) -> MappedAnnotation:
    """Return what an annotation in the body of `class_` says."""
    given = resolved(raw, class_)
    origin = get_origin(given)
    wrapper: Any = None
    inner = given
    if isinstance(origin, type) and issubclass(origin, _MappedAnnotationBase):
        wrapper = origin
        (inner,) = get_args(given)
    elif isinstance(given, type) and issubclass(given, _MappedAnnotationBase):
        raise MappedAnnotationError(f"an annotation of class {class_.__name__} is {given.__name__} without a type; write such as {given.__name__}[int]")
    whole = resolved(inner, class_)
    bare, nullable = without_none(whole, class_)
    return MappedAnnotation(wrapper, bare, whole, nullable)


def resolved(given: Any, class_: type[Any]) -> Any:
    """Return an annotation with its outermost string evaluated."""
    while isinstance(given, (str, ForwardRef)):
        given = evaluate(given if isinstance(given, str) else given.__forward_arg__, class_)
    return given


def is_union(given: Any) -> bool:
    """Tell whether a type is `A | B` in either spelling."""
    return get_origin(given) in (Union, types.UnionType)


def is_alias(given: Any) -> bool:
    """Tell whether a type was made by `type X = ...`."""
    return isinstance(given, _ALIASES)


def without_none(given: Any, class_: type[Any]) -> tuple[Any, bool]:
    """Return a type without None, and whether None was in it."""
    given = resolved(given, class_)
    if is_union(given):
        members = [resolved(one, class_) for one in get_args(given)]
        kept: list[Any] = []
        nullable = False
        for one in members:
            if one is type(None):
                nullable = True
                continue
            bare, inside = without_none(one, class_) if not is_alias(one) else (one, allows_none(one, class_))
            nullable = nullable or inside
            kept.append(bare)
        return _union_of(kept), nullable
    if is_alias(given) or get_origin(given) is Annotated:
        return given, allows_none(given, class_)
    return given, given is type(None)


def _union_of(members: list[Any]) -> Any:
    if len(members) < 2:
        return members[0] if members else type(None)
    return Union[tuple(members)]  # noqa: UP007 (built from values)


def allows_none(given: Any, class_: type[Any]) -> bool:
    """Tell whether None is among the values of a type."""
    given = resolved(given, class_)
    if given is type(None):
        return True
    if is_union(given):
        return any(allows_none(one, class_) for one in get_args(given))
    if is_alias(given):
        return allows_none(given.__value__, class_)
    origin = get_origin(given)
    if is_alias(origin):
        return allows_none(origin.__value__, class_)
    if origin is Annotated:
        return allows_none(get_args(given)[0], class_)
    if origin is Literal:
        return None in get_args(given)
    return False


def metadata_of(given: Any) -> tuple[Any, ...]:
    """Return what stands in `Annotated[...]` besides the type, through aliases and unions with None."""
    if is_alias(given):
        return metadata_of(given.__value__)
    if is_alias(get_origin(given)):
        return metadata_of(get_origin(given).__value__)
    if get_origin(given) is Annotated:
        return (*given.__metadata__, *metadata_of(get_args(given)[0]))
    if is_union(given):
        for one in get_args(given):
            found = metadata_of(one)
            if found:
                return found
    return ()


def lookup_chain(given: Any, class_: type[Any]) -> Iterator[Any]:
    """Yield the types under which a type map may know a type, most specific first."""
    seen = 0
    while seen < 50:
        seen += 1
        given = resolved(given, class_)
        yield given
        bare, nullable = without_none(given, class_)
        if nullable and is_union(given):
            given = bare
        elif is_alias(given):
            given = given.__value__
        elif is_alias(get_origin(given)):
            given = get_origin(given).__value__
        elif get_origin(given) is Annotated:
            given = get_args(given)[0]
        elif hasattr(given, "__supertype__"):
            given = given.__supertype__
        else:
            return


def literal_values(given: Any) -> list[Any]:
    """Return the values of a `Literal`, of nested ones and of unions of them; an empty list for any other type."""
    if is_alias(given):
        return literal_values(given.__value__)
    if get_origin(given) is Literal:
        found: list[Any] = []
        for one in get_args(given):
            found += literal_values(one) or [one]
        return [one for one in dict.fromkeys(found) if one is not None]
    if is_union(given):
        parts = [literal_values(one) for one in get_args(given) if one is not type(None)]
        return [value for part in parts for value in part] if all(parts) else []
    return []


def is_enum(given: Any) -> bool:
    """Tell whether a type is a Python enumeration."""
    return isinstance(given, type) and issubclass(given, enum.Enum)


_COLLECTIONS: dict[Any, type[Any] | None] = {
    list: list,
    set: set,
    dict: dict,
    collections.abc.Sequence: list,
    collections.abc.MutableSequence: list,
    collections.abc.MutableSet: set,
    collections.abc.Set: set,
    collections.abc.Mapping: dict,
    collections.abc.MutableMapping: dict,
    collections.abc.Collection: list,
    collections.abc.Iterable: list,
}


@dataclass(frozen=True, slots=True)
class Target:
    """What a relationship's annotation says: the target (a class or a name), the collection class, None for a single object."""

    target: Any
    collection: Any


def relationship_target(annotation: MappedAnnotation) -> Target:
    """Return target and collection of a relationship's annotation."""
    inner = annotation.inner
    if annotation.wrapper is not None and issubclass(annotation.wrapper, (DynamicMapped, WriteOnlyMapped)):
        origin = get_origin(inner)
        return Target(_name_or_class(get_args(inner)[-1] if origin else inner), list)
    while get_origin(inner) is Annotated:
        inner = get_args(inner)[0]
    origin = get_origin(inner)
    if isinstance(origin, type) and get_args(inner) and not is_union(inner):
        collection = _COLLECTIONS.get(origin, origin)
        return Target(_name_or_class(get_args(inner)[-1]), collection)
    return Target(_name_or_class(inner), None)


def _name_or_class(given: Any) -> Any:
    if isinstance(given, ForwardRef):
        return given.__forward_arg__
    if isinstance(given, Unresolved):
        return given.name
    return given
