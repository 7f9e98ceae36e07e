"""Loading the columns of subclasses in statements of their own: `selectin_polymorphic()`, `polymorphic_load="selectin"`.

    select(Employee)  ->  managers, engineers, ...  ->  SELECT managers.* WHERE id IN (keys of the managers)

Rule 1: a step of this kind stores nothing: its rows refill objects that are there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any

from ambo.loading.choices import NO_CHOICES
from ambo.loading.population import Loading
from ambo.loading.selectin import KeyedSelect, in_keys, keyed_objects
from ambo.statements.selects import select


class SubclassStep:
    """Loads the columns that objects of one subclass lack."""

    one_by_one = False
    is_grouping = False
    memory_only = False
    asks_for_all = True
    general = None

    def __init__(self, mapper: Any, missing: frozenset[str], criteria: tuple[Any, ...]) -> None:
        self.mapper = mapper
        self.missing = missing
        self.criteria = criteria
        columns = [mapper.entity.attribute(key) for key in mapper.pk_keys]
        condition, bind = in_keys(columns)
        self.keyed = KeyedSelect(select(mapper.entity).where(condition), tuple(mapper.pk_keys), bind, False)
        self.prepared: Any = None

    def __str__(self) -> str:
        return f"selectin {', '.join(sorted(self.missing))} of {self.mapper.class_.__name__}"

    def for_one(self) -> SubclassStep:
        """Return what serves a single object."""
        return self

    def query(self, prepare: Callable[..., Any]) -> Any:
        """Return the prepared statement, made at first need."""
        if self.prepared is None:
            statement = self.keyed.statement.options(*self.criteria)
            self.prepared = prepare(statement, {id(self.mapper.entity): NO_CHOICES}, (), self.missing)
        return self.prepared

    def pairs(self, fresh: Sequence[Any], known: Sequence[Any], loading: Any) -> list[tuple[Any, Any]]:
        """Return pairs (object, key) for the objects that lack something."""
        names = self.keyed.parent_keys
        found = list(zip(fresh, map(attrgetter(*names), fresh), strict=True))
        lacking = {id(obj): obj for obj in known if not self.missing <= obj.__dict__.keys()}
        return found + keyed_objects(list(lacking.values()), names)

    def loading_for(self, loading: Any) -> Loading:
        """Return the loading of the statement: it replaces what is lacking, and nothing else."""
        return Loading(loading.session, True, loading.token, self.missing, loading.values, loading.options)

    def store(self, parents: Sequence[tuple[Any, Any]], groups: Any) -> None:
        """Do nothing: the rows have refilled the objects."""
