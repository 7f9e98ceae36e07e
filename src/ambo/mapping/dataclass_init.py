"""The `__init__` of a dataclass mapping, which leaves alone what it was not given.

Python's dataclass stores defaults in the object: `Parent(child_id=5)` with `child = relationship(default=None)` would say both
"child 5" and "no child", and the flush would believe the latter. So a default is not stored: the attribute reads as it, and
the column's own default goes into the INSERT.

The signature is the one that `dataclasses.dataclass` made (https://docs.python.org/3/library/dataclasses.html); the body is
generated anew from its fields.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Container, Iterator, Mapping
from types import MappingProxyType
from typing import Any

DONT_SET: Any = type("_DontSet", (), {"__repr__": lambda self: "DONT_SET", "__doc__": "Stands for an argument that was not given."})()


_NO_VALUES: Mapping[str, Any] = MappingProxyType({})


def unset_values(class_: type[Any]) -> Mapping[str, Any]:
    """Return what attributes of new objects read as that were never set: the defaults of a dataclass mapping."""
    found: Mapping[str, Any] = getattr(class_, "__ambo_unset_values__", _NO_VALUES)
    return found


def leave_unset(class_: type[Any], defaults: Mapping[str, Any]) -> None:
    """Have a dataclass's `__init__` not store these defaults; its attributes read as them."""
    if not defaults:
        return
    class_.__ambo_unset_values__ = MappingProxyType(dict(defaults))  # read by unset_values()
    if "__init__" in class_.__dict__:
        _make_init(class_, defaults)


def _make_init(class_: type[Any], names: Container[str]) -> None:
    fields: dict[str, Any] = vars(class_)["__dataclass_fields__"]
    made = class_.__dict__["__init__"]
    parameters = list(inspect.signature(made).parameters.values())
    values: dict[str, Any] = {"DONT_SET": DONT_SET}
    head = ", ".join(_parameters(parameters, names, values))
    owner = parameters[0].name
    body = [*_assignments(owner, parameters[1:], fields, names, values), *_factories(owner, fields, values)]
    if hasattr(class_, "__post_init__"):
        initial = [one.name for one in parameters[1:] if _is_initial(fields[one.name])]
        body.append(f"{owner}.__post_init__({', '.join(initial)})")
    source = f"def __init__({head}):\n    " + "\n    ".join(body or ["pass"])
    exec(compile(source, f"<__init__ of {class_.__name__}>", "exec"), values)
    init = values["__init__"]
    init.__qualname__, init.__module__, init.__annotations__ = made.__qualname__, made.__module__, made.__annotations__
    class_.__init__ = init  # as dataclass itself does


def _is_initial(field: Any) -> bool:
    return field._field_type is dataclasses._FIELD_INITVAR  # type: ignore[attr-defined]  # there is no other way to tell


def _parameters(parameters: list[inspect.Parameter], names: Container[str], values: dict[str, Any]) -> Iterator[str]:
    star = False
    for one in parameters:
        if one.kind is one.KEYWORD_ONLY and not star:
            star = True
            yield "*"
        if one.default is one.empty:
            yield one.name
        elif one.name in names:
            yield f"{one.name}=DONT_SET"
        else:
            values[f"_default_{one.name}"] = one.default
            yield f"{one.name}=_default_{one.name}"


def _assignments(
    owner: str, parameters: list[inspect.Parameter], fields: dict[str, Any], names: Container[str], values: dict[str, Any]
) -> Iterator[str]:
    for one in parameters:
        name, field = one.name, fields[one.name]
        if _is_initial(field):
            continue
        if name in names:
            yield f"if {name} is not DONT_SET: {owner}.{name} = {name}"
        elif field.default_factory is not dataclasses.MISSING:
            values[f"_make_{name}"] = field.default_factory
            yield f"{owner}.{name} = _make_{name}() if {name} is _default_{name} else {name}"
        else:
            yield f"{owner}.{name} = {name}"


def _factories(owner: str, fields: dict[str, Any], values: dict[str, Any]) -> Iterator[str]:
    for name, field in fields.items():
        if not field.init and field.default_factory is not dataclasses.MISSING:
            values[f"_make_{name}"] = field.default_factory
            yield f"{owner}.{name} = _make_{name}()"
