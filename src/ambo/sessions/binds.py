"""Which engine or connection serves which class or table: what `Session(bind=..., binds={...})` says.

Rule 1: the most special entry wins: the class itself, its bases in their order, its tables, then the session's own `bind`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ambo.errors import ArgumentError, UnboundExecutionError, UnmappedClassError
from ambo.mapping.inspection import class_mapper
from ambo.statements.nodes import ClauseElement
from ambo.statements.traversal import iterate


class Binds:
    """The entries of one session."""

    __slots__ = ("by_class", "by_table")

    def __init__(self, entries: Mapping[Any, Any] | None = None) -> None:
        self.by_class: dict[type[Any], Any] = {}
        self.by_table: dict[Any, Any] = {}
        for key, bind in (entries or {}).items():
            self.add(key, bind)

    def add(self, key: Any, bind: Any) -> None:
        """Have a class, mapper or table served by `bind`."""
        mapper = _mapper(key)
        if mapper is not None:
            self.by_class[mapper.class_] = bind
            for table in mapper.tables:
                self.by_table.setdefault(table, bind)
        elif isinstance(key, type):
            self.by_class[key] = bind
        elif isinstance(key, ClauseElement):
            self.by_table[key] = bind
        else:
            raise ArgumentError(f"binds: {key!r} is neither a class, a mapper nor a table")

    def __bool__(self) -> bool:
        return bool(self.by_class or self.by_table)

    def find(self, mapper: Any, clause: Any) -> Any:
        """Return the bind of a mapper or of what a clause selects from; None if no entry fits."""
        if mapper is not None:
            for cls in mapper.class_.__mro__:
                if cls in self.by_class:
                    return self.by_class[cls]
            found = self._of_tables(mapper.tables)
            if found is not None:
                return found
        return None if clause is None else self._of_clause(clause)

    def _of_tables(self, tables: Iterable[Any]) -> Any:
        return next((self.by_table[table] for table in tables if table in self.by_table), None)

    def _of_clause(self, clause: Any) -> Any:
        for node in iterate(clause):
            mapper = getattr(getattr(node, "entity", node), "mapper", None)
            found = self.by_table.get(node) if mapper is None else self.find(mapper, None)
            if found is not None:
                return found
        return None


def _mapper(key: Any) -> Any:
    try:
        return class_mapper(key)
    except (ArgumentError, UnmappedClassError):
        return None


def unbound(session: Any, mapper: Any, clause: Any) -> UnboundExecutionError:
    """Say that nothing serves a statement."""
    wanted = f"mapper {mapper}" if mapper is not None else "the statement" if clause is not None else "it"
    return UnboundExecutionError(
        f"Could not locate a bind configured on {wanted} or this Session; give it one with {type(session).__name__}(engine) or binds={{...}}"
    )
