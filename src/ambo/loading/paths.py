"""What users name in loader options (`User.orders`, `Order.items.of_type(Gift)`, `"*"`), turned into steps and entities.

Rule 1: an entity is the `Entity` node of a mapped class or of an alias; two nodes mean the same if they are the same object.
Rule 2: what cannot be meant (a string, a column where a relationship is due) is refused here, when the option is made.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ambo.errors import ArgumentError
from ambo.statements.coercions import as_expression, element_of
from ambo.statements.entities import Entity


@dataclass(frozen=True, slots=True)
class PathStep:
    """One attribute on the way: of which entity (None: any), called what (`*`: all of them), narrowed to which subclass and criteria."""

    entity: Any
    key: str
    of_type: Any = None
    criteria: tuple[Any, ...] = ()

    def parts(self) -> list[Any]:
        """Return what this step adds to a statement's key."""
        return ["step", self.entity, self.key, self.of_type, len(self.criteria), *self.criteria]

    def __str__(self) -> str:
        return self.key if self.entity is None else f"{self.entity.mapper.class_.__name__}.{self.key}"


def entity_of(value: Any) -> Any:
    """Return the entity of a mapped class, an alias, or a mapper.

    Raises ArgumentError for anything else.
    """
    found = element_of(value) if not isinstance(value, Entity) else value
    if found is None:
        found = getattr(value, "entity", None)
    if isinstance(found, Entity):
        return found
    raise ArgumentError(f"a mapped class or an alias of one was expected, not {value!r}")


def alias_of(value: Any) -> Any:
    """Return what `contains_eager(alias=...)` names: an entity or a plain source of rows."""
    if isinstance(value, str):
        raise ArgumentError(f"contains_eager(alias={value!r}) names an alias by a string; pass the aliased() object itself")
    found = element_of(value)
    return found if found is not None else entity_of(value)


def expression_of(value: Any) -> Any:
    """Return the node of an SQL expression."""
    return as_expression(value)


def path_step(attr: Any, relationship: bool, entity: Any = None) -> PathStep:
    """Return the step that an attribute, or `"*"`, stands for.

    Raises ArgumentError for other strings, and for a column where a relationship is due.
    """
    if isinstance(attr, str):
        if attr == "*":
            return PathStep(entity, "*")
        raise ArgumentError(
            f"Strings are not accepted for attribute names in loader options: pass the class-bound attribute, such as User.{attr}, not {attr!r}"
        )
    prop = getattr(attr, "prop", None) or getattr(attr, "property", None)
    owner = getattr(attr, "owner_entity", None)
    owner = getattr(attr, "entity", None) if owner is None else owner
    if prop is None or owner is None:
        raise ArgumentError(f"expected an attribute of a mapped class, such as User.orders, got {attr!r}")
    if relationship and not prop.is_relationship:
        raise ArgumentError(f"{attr} is a column, and this option loads relationships; use load_only(), defer() or undefer() for columns")
    return PathStep(owner, prop.key, getattr(attr, "narrowed", None), tuple(getattr(attr, "criteria", ())))
