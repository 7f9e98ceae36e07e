"""Load plans: what becomes of the rows of one lowered statement. Data that can be printed, kept, and turned into a row loader.

    LoadPlan
    └── elements: one for each thing the user selected
        ├── Cell                      a value of the row
        ├── EntityPlan                an object: its key, attributes, subclasses (branches), joined relations, further loads (steps)
        │   └── joined: JoinedPlan -> EntityPlan   read from the same row
        └── BundlePlan                a group of elements

Rule 1: a plan depends on a statement's structure only; values, sessions and objects come in with a `Loading`, one for each execution.
Rule 2: nothing here does I/O or changes an object.

What loading needs from a session stands here too (`LoadingSession`), because every loader talks to it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from ambo.mapping.shared_state import SessionRef, SharedState


class LoadingSession(Protocol):
    """What loading needs from a session.

    `session_ref` is a weak reference to it, made once; `shared_states` a plain dict for the states of clean objects, which
    loading fills, keyed by (mapper, options object or None).
    """

    identity_map: Any  # unitofwork's; siblings do not import each other
    session_ref: SessionRef
    shared_states: dict[tuple[Any, ...], SharedState]

    def became_clean(self, states: Any) -> Any:
        """Note that objects have no changes (any more)."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of a row: where it stands and of what type it is."""

    index: int
    type: Any

    def __str__(self) -> str:
        return f"#{self.index}"


@dataclass(frozen=True, slots=True, eq=False)
class JoinedPlan:
    """A relationship whose objects stand in the same row."""

    key: str
    prop: Any
    entity: EntityPlan
    uselist: bool


@dataclass(slots=True, eq=False)
class EntityPlan:
    """An object read from a row.

    `empty` are relationships to leave empty (`noload`), `steps` the loads that follow the statement, `propagated` the options
    that go on to lazy loads, None if there are none. `branches` are (discriminator value, plan of the subclass).
    """

    mapper: Any
    entity: Any
    key: tuple[Cell, ...] = ()
    attributes: tuple[tuple[str, Cell], ...] = ()
    empty: tuple[Any, ...] = ()
    joined: tuple[JoinedPlan, ...] = ()
    discriminator: Cell | None = None
    branches: tuple[tuple[Any, EntityPlan], ...] = ()
    steps: tuple[Any, ...] = ()
    propagated: Any = None
    by_peers: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class BundlePlan:
    """Several elements that the user sees as one: `make(values)` puts them together."""

    elements: tuple[Element, ...]
    make: Callable[[tuple[Any, ...]], Any]


Element: TypeAlias = Cell | EntityPlan | BundlePlan


@dataclass(frozen=True, slots=True, eq=False)
class LoadPlan:
    """What becomes of each row. `width` is the number of values in it, `repeats` the joined collection for which rows repeat."""

    elements: tuple[Element, ...]
    width: int
    repeats: str | None = None
