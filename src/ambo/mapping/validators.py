"""`@validates("name")`: a method that checks or changes a value before it is set; `@reconstructor`: one that runs after a load.

Rule 1: validators are listeners of the attribute, set up when the class is mapped; the last definition for an attribute wins.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from ambo.errors import InvalidRequestError

_Fn = TypeVar("_Fn", bound=Callable[..., Any])


class ValidatorOptions(NamedTuple):
    """How a validator wants to be called."""

    include_removes: bool
    include_backrefs: bool


class Validator(NamedTuple):
    """A validator: the attributes it is for, the method, how it is called."""

    names: tuple[str, ...]
    fn: Callable[..., Any]
    options: ValidatorOptions


def validates(*names: str, include_removes: bool = False, include_backrefs: bool = True) -> Callable[[_Fn], _Fn]:
    """Mark a method as the validator of some attributes.

        @validates("email")
        def check(self, key, value):
            if "@" not in value: raise ValueError("no email address")
            return value

    The method returns the value to store. With `include_removes` it is also told of removals, by a third argument; without
    `include_backrefs` it is not called for changes that began on the other side of a relationship.
    """

    def mark(fn: _Fn) -> _Fn:
        fn._ambo_validates = Validator(names, fn, ValidatorOptions(include_removes, include_backrefs))  # type: ignore[attr-defined]
        return fn

    return mark


def find_validators(class_: type[Any]) -> dict[str, Validator]:
    """Return the validators of a class by attribute.

    Raises InvalidRequestError if one class has two for the same attribute.
    """
    found: dict[str, Validator] = {}
    for base in reversed(class_.__mro__):
        own: dict[str, Validator] = {}
        for value in base.__dict__.values():
            validator = getattr(value, "_ambo_validates", None)
            if isinstance(validator, Validator):
                for name in validator.names:
                    if name in own:
                        raise InvalidRequestError(f"a validation function for mapped attribute {name!r} of {base.__name__} already exists")
                    own[name] = validator
        found.update(own)
    return found


def install_validator(tracker: Any, validator: Validator) -> None:
    """Make a validator listen to an attribute."""
    fn, options, key = validator.fn, validator.options, tracker.key

    def concerns(initiator: Any) -> bool:
        return options.include_backrefs or getattr(getattr(initiator, "impl", None), "prop", tracker.prop) is tracker.prop

    def check(target: Any, value: Any, *rest: Any) -> Any:
        if not concerns(rest[-1]):
            return value
        return fn(target, key, value, False) if options.include_removes else fn(target, key, value)

    def check_set(target: Any, value: Any, old: Any, initiator: Any) -> Any:
        return check(target, value, initiator)

    def check_append(target: Any, value: Any, initiator: Any) -> Any:
        return value if getattr(initiator, "op", None) == "bulk_replace" else check(target, value, initiator)

    def check_bulk(target: Any, values: Any, initiator: Any) -> None:
        values[:] = [check(target, value, initiator) for value in values]

    def check_remove(target: Any, value: Any, initiator: Any) -> None:
        if concerns(initiator):
            fn(target, key, value, True)

    named = {"retval": True}
    tracker.dispatch.add("set", check_set, named)
    tracker.dispatch.add("append", check_append, named)
    tracker.dispatch.add("bulk_replace", check_bulk, {})
    if options.include_removes:
        tracker.dispatch.add("remove", check_remove, {})


def reconstructor(fn: _Fn) -> _Fn:
    """Mark a method to be called when an object was loaded; `__init__` is not called then."""
    fn._ambo_reconstructor = True  # type: ignore[attr-defined]
    return fn


def find_reconstructor(class_: type[Any]) -> Callable[[Any], Any] | None:
    """Return the method that `@reconstructor` marks."""
    for base in class_.__mro__:
        for value in base.__dict__.values():
            own = getattr(value, "_ambo_original", value)  # instrumentation has wrapped __init__
            if getattr(own, "_ambo_reconstructor", False):
                return own  # type: ignore[no-any-return]
    return None
