"""The events of a registry: `resolve_type_annotation`, and `before_configured` and `after_configured` of its mappers alone.

    @event.listens_for(Base, "resolve_type_annotation")
    def money(found: TypeResolve):
        return Numeric(10, 2) if found.resolved_type is Money else None
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, get_args, get_origin

from ambo.mapping.annotations import is_alias, lookup_chain

REGISTRY_EVENTS = frozenset({"resolve_type_annotation", "before_configured", "after_configured"})


class RegistryEvents:
    """The events of a registry; listen to the registry, or to the declarative base that has it."""


@dataclass(frozen=True, slots=True)
class TypeResolve:
    """A Python type that an SQL type is wanted for.

    `cls` and `key` name the attribute; `raw_type` is the annotation inside `Mapped[]`, `resolved_type` the same without None, aliases
    and `Annotated`. The others are the `Annotated[...]` and the `type` alias met on the way and what they stand for, or None.
    """

    registry: Any
    cls: type[Any]
    key: str
    raw_type: Any
    resolved_type: Any
    raw_pep_593_type: Any = None
    pep_593_resolved_argument: Any = None
    raw_pep_695_type: Any = None
    pep_695_resolved_value: Any = None

    def resolve(self, python_type: Any) -> Any:
        """Return the SQL type that the registry knows for another Python type, or None."""
        return self.registry.known_type(python_type, self.cls)


def resolving(registry: Any, class_: type[Any], key: str, raw: Any) -> TypeResolve:
    """Describe a look-up to listeners."""
    chain = list(lookup_chain(raw, class_))
    annotated = next((one for one in chain if get_origin(one) is Annotated), None)
    alias = next((one for one in chain if is_alias(one)), None)
    return TypeResolve(
        registry, class_, key, raw, chain[-1],
        annotated, None if annotated is None else get_args(annotated)[0],
        alias, None if alias is None else alias.__value__,
    )  # fmt: skip
