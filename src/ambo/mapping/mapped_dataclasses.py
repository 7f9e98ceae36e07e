"""Dataclass mappings: what `MappedAsDataclass` and `@registry.mapped_as_dataclass` add.

`Mapped[int]` becomes a dataclass field of type int with the options given to `mapped_column()` and the like; then Python's own
`dataclass` runs; then the attributes are put back for the mapper to find.

Rule 1: fields are in the order of the annotations; attributes without an annotation are no fields.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ambo.errors import ArgumentError, InvalidRequestError
from ambo.mapping.annotations import may_name_wrapper, read_annotation
from ambo.mapping.class_body import SPECIAL, ClassBody
from ambo.mapping.dataclass_init import leave_unset, unset_values
from ambo.mapping.mapped import Unmapped
from ambo.mapping.mapped_column import MappedColumn
from ambo.mapping.markers import NO_ARG
from ambo.mapping.properties import NO_OPTIONS, DataclassOptions, Given
from ambo.statements.typed_columns import own_annotations

_ABSENT = object()


@dataclass(frozen=True, slots=True)
class DataclassArguments(Given):
    """The arguments of `dataclasses.dataclass`."""

    init: Any = NO_ARG
    repr: Any = NO_ARG
    eq: Any = NO_ARG
    order: Any = NO_ARG
    unsafe_hash: Any = NO_ARG
    match_args: Any = NO_ARG
    kw_only: Any = NO_ARG
    dataclass_callable: Any = NO_ARG


def dataclass_maker(arguments: DataclassArguments) -> Callable[[type[Any], ClassBody], None]:
    """Return what makes a dataclass of a class whose body was read."""

    def make(class_: type[Any], body: ClassBody) -> None:
        for found in body.found.values():
            options = getattr(found.value, "options", NO_OPTIONS)
            wrong = [name for name, value in options.given().items() if name != "init" or value is not False]
            if wrong and found.annotation is None and found.owner is class_ and "default" not in wrong:
                raise InvalidRequestError(
                    f"{class_.__name__}.{found.key} has dataclass arguments ({', '.join(wrong)}) but no Mapped[] annotation, "
                    "so it is no field of the dataclass; annotate it"
                )
        make_plain_dataclass(class_, arguments)

    return make


def refuse_arguments(class_: type[Any], body: ClassBody) -> None:
    """Raise ArgumentError if an attribute of a class that is no dataclass has arguments for one."""
    for found in body.found.values():
        options = getattr(found.value, "options", NO_OPTIONS)
        harmless = {"default"} if isinstance(found.value, MappedColumn) else {"init"} if getattr(found.value, "is_column", False) else set()
        if isinstance(found.value, MappedColumn) and found.value.column.insert_sentinel:
            harmless = {"init"}
        given = [name for name in options.given() if name not in harmless]
        if given:
            raise ArgumentError(
                f"attribute {found.key!r} on class {class_.__name__} has dataclass arguments ({', '.join(given)}), and the class is "
                "no dataclass; derive it from MappedAsDataclass, or leave the arguments out"
            )


def make_plain_dataclass(class_: type[Any], arguments: DataclassArguments) -> None:
    """Make a dataclass of a class, its mapped annotations read as plain ones."""
    annotations = own_annotations(class_)
    fields: dict[str, Any] = {}
    saved: dict[str, Any] = {}
    for name, raw in annotations.items():
        if name in SPECIAL:
            continue
        _prepare(class_, name, raw, fields, saved)
    original = dict(annotations)
    class_.__annotations__ = fields
    options = arguments.given()
    apply = options.pop("dataclass_callable", dataclasses.dataclass)
    try:
        apply(class_, **options)
    except TypeError as error:
        raise InvalidRequestError(f"Python's dataclass refuses class {class_.__name__}: {error}") from error
    finally:
        class_.__annotations__ = original
        for name, value in saved.items():
            if value is not _ABSENT:
                setattr(class_, name, value)
            elif name in class_.__dict__:
                delattr(class_, name)
    if apply is dataclasses.dataclass:
        values = {**{name: one for name, one in unset_values(class_).items() if name not in fields}, **_own_unset_values(class_, fields)}
        leave_unset(class_, values)


def _own_unset_values(class_: type[Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the defaults that are read from the attribute and not stored by `__init__`."""
    found = {}
    for name in fields:
        value = class_.__dict__.get(name)
        related = getattr(value, "is_relationship", False)
        if not (related or getattr(value, "is_column", False)):
            continue
        options: DataclassOptions = getattr(value, "options", NO_OPTIONS)
        if options.default is not NO_ARG:
            found[name] = options.default
        elif related and options.default_factory in (list, set, dict):
            found[name] = None
    return found


def _prepare(class_: type[Any], name: str, raw: Any, fields: dict[str, Any], saved: dict[str, Any]) -> None:
    value = class_.__dict__.get(name, _ABSENT)
    options = getattr(value, "options", None)
    if may_name_wrapper(raw) or isinstance(options, DataclassOptions):
        annotation = read_annotation(class_, raw)
        if annotation.wrapper is Unmapped:
            return
        if annotation.wrapper is not None or isinstance(options, DataclassOptions):
            fields[name] = annotation.whole
            saved[name] = value
            _set_field(class_, name, value, options)
            return
    fields[name] = raw


def _set_field(class_: type[Any], name: str, value: Any, options: DataclassOptions | None) -> None:
    if options is None:
        return
    given = options.given()
    if given.get("init") is False and "default" in given:
        default = given.pop("default")
        if not (getattr(value, "is_column", False) or getattr(value, "is_relationship", False)):
            given["default_factory"] = lambda: default
    if given:
        setattr(class_, name, dataclasses.field(**given))
    elif value is not _ABSENT:
        delattr(class_, name)
