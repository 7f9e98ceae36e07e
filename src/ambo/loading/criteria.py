"""`with_loader_criteria`: a condition that goes with a class wherever a statement (or its loads) selects it.

Rule 1: for a mapped class the condition is made once, with its values as binds; for a mixin or base it is made for each class that
    a statement meets, and the function and the values it closes over are part of the statement's key.
Rule 2: an alias is left alone unless `include_aliases` says otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ambo.errors import ArgumentError
from ambo.loading.options import LoaderOption
from ambo.statements.coercions import as_condition
from ambo.statements.entities import Entity
from ambo.statements.keys import new_token


class LoaderCriteria(LoaderOption):
    """What `with_loader_criteria()` returns."""

    __slots__ = ("_condition", "_made", "_named", "class_", "entity", "include_aliases", "loader_only", "make", "propagate_to_loaders")

    def __init__(
        self,
        entity_or_base: Any,
        where_criteria: Any,
        loader_only: bool = False,
        include_aliases: bool = False,
        propagate_to_loaders: bool = True,
        track_closure_variables: bool = True,
    ) -> None:
        super().__init__()
        entity = entity_or_base if isinstance(entity_or_base, Entity) else getattr(entity_or_base, "entity", None)
        if entity is None and isinstance(entity_or_base, type):
            entity = entity_or_base.__dict__.get("__entity__")
        elif not isinstance(entity, Entity) and hasattr(entity_or_base, "__clause_element__"):
            entity = entity_or_base.__clause_element__()  # an alias
        self.entity = entity
        self.class_ = entity.class_ if entity is not None else entity_or_base
        self.loader_only = loader_only
        self.include_aliases = include_aliases
        self.propagate_to_loaders = propagate_to_loaders
        self.make: Callable[[Any], Any] | None = where_criteria if _is_plain_function(where_criteria) else None
        self._made: dict[Any, Any] = {}
        self._condition: Any = None
        if self.make is None:
            self._condition = as_condition(where_criteria)
        elif entity is not None:
            self._condition = as_condition(self.make(self.class_))
        elif not isinstance(entity_or_base, type):
            raise ArgumentError(f"with_loader_criteria() takes a mapped class, a mixin or an alias, not {entity_or_base!r}")

    def _key_parts(self) -> list[Any]:
        head = ["criteria", self.entity if self.entity is not None else self.class_, self.include_aliases]
        return [*head, self._condition] if self._condition is not None else [*head, *_function_tokens(self.make)]

    def condition_for(self, entity: Any) -> Any:
        """Return the condition for an entity of a statement, None if it has none."""
        if entity.alias is not None and not self.include_aliases and entity is not self.entity:
            return None
        if self.entity is not None and self.entity.alias is not None:
            return self._condition if entity is self.entity else None
        if not issubclass(entity.class_, self.class_):
            return None
        if self._condition is not None:
            return self._condition
        class_ = entity.class_
        if class_ not in self._made and self.make is not None:
            self._made[class_] = as_condition(self.make(class_))
        return self._made[class_]


def _is_plain_function(value: Any) -> bool:
    return callable(value) and not hasattr(value, "__clause_element__") and not hasattr(value, "_tokens")


def _function_tokens(fn: Any) -> list[Any]:
    """Return what tells one function from another: its code and the values it uses; a new token where that is not hashable."""
    code = getattr(fn, "__code__", None)
    if code is None:
        return [new_token()]
    values = [cell.cell_contents for cell in fn.__closure__ or ()]
    values += [fn.__globals__[name] for name in code.co_names if name in fn.__globals__]
    values += list(fn.__defaults__ or ())
    try:
        for value in values:
            hash(value)
    except TypeError:
        return [new_token()]
    return [code, len(values), *values]


def with_loader_criteria(
    entity_or_base: Any,
    where_criteria: Any,
    loader_only: bool = False,
    include_aliases: bool = False,
    propagate_to_loaders: bool = True,
    track_closure_variables: bool = True,
) -> LoaderCriteria:
    """Add a condition to every appearance of a class in a statement, its subqueries, joins, and eager and lazy loads.

        select(User).options(with_loader_criteria(Address, Address.deleted == False))

    `entity_or_base` may be a mixin; then `where_criteria` is a function of the class: `lambda cls: cls.deleted == False`.
    """
    return LoaderCriteria(entity_or_base, where_criteria, loader_only, include_aliases, propagate_to_loaders, track_closure_variables)
