"""How each relationship is loaded: what the option or the mapping says, turned into a join, a step that follows, or nothing.

    lazy                      nothing: the attribute is loaded when it is read (operations/loads.py)
    joined, contains_eager    "join": in the same rows (joined.py)
    selectin, subquery        a `SelectInStep` (selectin.py)
    immediate                 the same, one statement for each object: what reading the attribute would do
    noload                    "empty"

Rule 1: what the mapping says is not followed into a class that lies on the path already (or deeper than `join_depth`), but for
    references to objects that are in memory; an option is followed as far as it reaches.
"""

from __future__ import annotations

from typing import Any

from ambo.loading.choices import Choice
from ambo.loading.selectin import SelectInStep, refers_to_primary_key

_KINDS = {
    "select": "lazy", "joined": "joined", "selectin": "selectin", "subquery": "selectin", "immediate": "immediate", "noload": "noload",
    "contains": "contains", "peers": "peers",
}  # fmt: skip


def kind_of(prop: Any, choice: Choice) -> str:
    """Return the kind of load that an option, or else the mapping, asks for."""
    name = prop.lazy if choice.strategy is None else choice.strategy.name
    return _KINDS.get(name, "lazy")


def step_for(prop: Any, choice: Choice, path: tuple[Any, ...], criteria: tuple[Any, ...]) -> Any:
    """Return "join", "empty", the step that loads a relationship, or None if nothing is to be done."""
    if prop.lazy in ("dynamic", "write_only"):
        return None
    kind = kind_of(prop, choice)
    if kind in ("lazy", "peers"):
        return None
    if not choice.exact and stops(prop, path):
        from_memory = kind in ("selectin", "immediate") and prop.mapper is not prop.parent and refers_to_primary_key(prop) is not None
        return SelectInStep(prop, choice, (*path, prop), memory_only=True) if from_memory else None
    if kind == "noload":
        return "empty"
    if kind in ("joined", "contains"):
        return "join"
    return SelectInStep(prop, choice, (*path, prop), criteria, kind == "immediate")


def stops(prop: Any, path: tuple[Any, ...]) -> bool:
    """Tell whether the mapping's own eager loading ends here."""
    if prop.join_depth is not None:
        return len(path) + 1 > int(prop.join_depth)
    root = path[0].parent if path else prop.parent
    return prop.mapper is root or any(prop.mapper is one.mapper for one in path)
