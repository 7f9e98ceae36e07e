"""Lazy loading: the statement that loads one relationship of one object, and when none is needed.

    strategy (option, else mapping): raise, noload, or load
    many-to-one by primary key: a NULL key is None, an object in the identity map is the answer
    else SELECT target WHERE the relationship's condition, the object's own columns being values

Rule 1: nothing here waits; `operations/loads.py` runs the statement.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ambo.errors import LazyLoadError
from ambo.loading.choices import NO_CHOICES, Choice, Propagated
from ambo.loading.relations import adapted, column_of
from ambo.loading.rewriting import replaced
from ambo.loading.selectin import refers_to_primary_key
from ambo.statements.expressions import BindParameter
from ambo.statements.selects import Select, select


@dataclass(frozen=True, slots=True)
class LazySelect:
    """The statement for one relationship: `values` are pairs (attribute of the object, bind)."""

    statement: Select[Any]
    values: tuple[tuple[str, BindParameter[Any]], ...]


def lazy_select(prop: Any, target: Any, criteria: Sequence[Any]) -> LazySelect:
    """Return the statement that loads a relationship of one object."""
    values: dict[str, BindParameter[Any]] = {}

    def value(column: Any) -> Any:
        owner = prop.parent.property_of(column)
        if owner is None:
            return column
        bind = values.get(owner.key)
        if bind is None:
            bind = values[owner.key] = BindParameter("value", None, column.type, unique=True)
        return bind

    through = None if prop.secondary is None else prop.secondary.alias()
    primary, onward = prop.on_clause(
        value,
        lambda column: column_of(target, column),
        lambda column: through.corresponding_column(column) if through is not None else column,
    )
    statement = select(target)
    if through is not None:
        statement = statement.select_from(through).join(target, onward)
    statement = statement.where(primary, *[adapted(one, target) for one in criteria])
    order = [adapted(one, target) for one in prop.order_by or ()]
    if through is not None:
        order = [
            replaced(
                one, lambda node: through.corresponding_column(node) if node.visit == "column" and node.table is prop.secondary else None
            )
            for one in order
        ]
    if order:
        statement = statement.order_by(*order)
    return LazySelect(statement, tuple(values.items()))


def choice_for(state: Any, prop: Any) -> Choice:
    """Return how an object's relationship is to be loaded, as the options of the query that loaded the object say."""
    options = state.load_options
    if not isinstance(options, Propagated):
        return Choice(None, NO_CHOICES)
    found = options.choices.of(options.entity, prop.key)
    return replace(found, strategy=None, criteria=()) if options.ended else found


def refusal(prop: Any, choice: Choice, obj: Any, needs_sql: bool) -> LazyLoadError | None:
    """Return the error for an attribute that may not be loaded now, None if it may."""
    name = prop.lazy if choice.strategy is None else choice.strategy.name
    if name == "raise" or (name == "raise_on_sql" and needs_sql):
        source = f"lazy={name!r}"
        return LazyLoadError(
            f"'{prop}' is not available due to {source}. Load it with the object: add '.options(selectinload({prop}))' to the query.",
            obj,
            prop.key,
        )
    return None


def is_empty(prop: Any, choice: Choice) -> bool:
    """Tell whether the attribute is left empty (`noload`)."""
    return (prop.lazy if choice.strategy is None else choice.strategy.name) == "noload"


def identity_attributes(prop: Any, choice: Choice) -> list[str] | None:
    """Return the attributes that hold the key of the one object a relationship refers to, None if a statement must find it."""
    if choice.criteria or choice.of_type is not None:
        return None
    return refers_to_primary_key(prop)
