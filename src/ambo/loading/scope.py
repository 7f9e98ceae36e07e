"""The FROM clause of one SELECT while it is lowered: its sources, and which entities they bring.

Rule 1: an entity's source is made once for a whole statement, so it can be found again by identity.
Rule 2: where a join goes on the left is decided by what the user named; if he named nothing, by the only source that fits.
"""

from __future__ import annotations

from operator import and_ as AND
from typing import Any

from ambo.errors import InvalidRequestError
from ambo.statements.froms import can_join, froms_of
from ambo.statements.late import late
from ambo.statements.logic import TRUE
from ambo.statements.sources import Join


class Scope:
    """Sources and entities of one SELECT.

    `entities` are those that its columns, sources and joins name (conditions bring in plain tables only), `joined` those of them
    whose criteria stand in an ON clause. `listening` is off while conditions are lowered. `aliases` stand for classes that are joined to
    tables which they have themselves.
    """

    __slots__ = ("aliases", "correlates", "entities", "froms", "joined", "listening", "needed", "node")

    def __init__(self, node: Any, correlates: bool) -> None:
        self.node = node
        self.correlates = correlates
        self.entities: dict[int, Any] = {}
        self.joined: set[int] = set()
        self.froms: list[Any] = []
        self.listening = True
        self.needed: set[int] = set()
        self.aliases: dict[int, Any] = {}

    def mention(self, entity: Any, by_expression: bool = False) -> None:
        """Note that an entity is named here; an expression may not bring its table along."""
        if self.listening:
            self.entities.setdefault(id(entity), entity)
            if by_expression:
                self.needed.add(id(entity))

    def bring(self, entity: Any, joined: bool = False) -> None:
        """Note that an entity's source stands in FROM; if `joined`, its criteria stand in ON."""
        self.entities.setdefault(id(entity), entity)
        if joined:
            self.joined.add(id(entity))

    def index_of(self, source: Any) -> int | None:
        """Return which of the sources holds the given one."""
        tables = {id(one) for one in source._sources_below() if not isinstance(one, Join)}
        for wanted in ({id(source)}, tables):
            for index, one in enumerate(self.froms):
                if wanted <= {id(below) for below in one._sources_below()}:
                    return index
        return None

    def covers(self, source: Any) -> bool:
        """Tell whether a source stands in FROM already."""
        return any(below is source for one in self.froms for below in one._sources_below())

    def present(self, entity: Any, column: Any) -> Any:
        """Return the column of a superclass's table that stands in FROM and equals one of a subclass, which does not; None if there is none."""
        if entity.alias is not None or self.covers(column.table):
            return None
        prop = entity.mapper.property_of(column)
        return None if prop is None else next((one for one in prop.columns if getattr(one, "table", None) is not None and self.covers(one.table)), None)

    def attach(self, left: Any, right: Any, onclause: Any, isouter: bool = False, full: bool = False) -> None:
        """Join a source to the one that holds `left`, which is added if none does."""
        index = self.index_of(left)
        if index is None:
            self.froms.append(left)
            index = len(self.froms) - 1
        self.froms[index] = Join(self.froms[index], right, onclause, isouter, full)


def conjunction(conditions: list[Any]) -> Any:
    """Return conditions joined by AND; TRUE for none."""
    if not conditions:
        return TRUE
    return conditions[0] if len(conditions) == 1 else late.junction(AND, conditions)


def choose_left(candidates: list[Any], right: Any, onclause: Any) -> Any:
    """Return the source that a join without a named left side starts from.

    Raises InvalidRequestError if none or several fit.
    """
    others = [one for one in candidates if one is not right]
    if len(others) > 1:
        fitting = [one for one in others if _fits(one, right, onclause)]
        others = fitting or others if onclause is not None else fitting
    if len(others) == 1:
        return others[0]
    shown = getattr(right, "description", right)
    if not candidates or not others:
        names = ", ".join(repr(str(one.description)) for one in candidates)
        raise InvalidRequestError(
            f"Unable to determine which FROM clause to join {shown!r} from{': none of ' + names + ' can be joined to it' if names else ''}. "
            "Use .select_from() or .join_from() to name the left side, and an ON clause if no foreign key says it."
        )
    names = ", ".join(repr(str(one.description)) for one in others)
    raise InvalidRequestError(
        f"Can't determine which FROM clause to join {shown!r} from: {names} can all be joined to it. "
        "Use .select_from() or .join_from() to name the left side, or give an explicit ON clause."
    )


def _fits(left: Any, right: Any, onclause: Any) -> bool:
    if onclause is None:
        return can_join(left, right)
    named = {id(one) for one in froms_of(onclause)}
    return any(id(below) in named for below in left._sources_below())
