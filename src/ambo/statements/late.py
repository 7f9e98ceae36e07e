"""Functions that nodes offer as methods but that are built from nodes: `table.select()`, `column.in_(select(...))`, `str(node)`.

A node's method looks them up here; the module that defines one assigns it when it is imported, and
`ambo.statements.__init__` imports them all. This is what keeps the imports acyclic.

Rule: one attribute per function, assigned once, by the module named beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Builder = Callable[..., Any]


def _missing(*args: Any, **kw: Any) -> Any:
    raise RuntimeError("ambo.statements is only partly imported; import ambo.statements first")


def _same(statement: Any) -> Any:
    return statement


class Late:
    """The functions; see the module's docstring."""

    def __init__(self) -> None:
        # comparisons.py: (expression, operator, *others, **modifiers)
        self.operate: Builder = _missing
        self.reverse_operate: Builder = _missing
        self.negate: Builder = _missing
        self.junction: Builder = _missing
        # traversal.py
        self.with_params: Builder = _missing
        self.compare: Builder = _missing
        self.froms_of: Builder = _missing
        # froms.py
        self.froms_of_columns: Builder = _missing
        self.final_froms: Builder = _missing
        # reducing.py: (select, only_synonyms)
        self.reduced: Builder = _missing
        # elements.py
        self.cast: Builder = _missing
        self.slice: Builder = _missing
        # aliased_sources.py
        self.lateral: Builder = _missing
        # table_values.py
        self.whole_row: Builder = _missing
        # aliases.py
        self.alias: Builder = _missing
        self.values_data: Builder = _missing
        self.function: Builder = _missing
        # froms.py
        self.join: Builder = _missing
        self.tablesample: Builder = _missing
        # loading/from_statement.py
        self.from_statement: Builder = _missing
        # rendering, for loading: (statement) -> the same without entities
        self.lowered: Builder = _same
        # selects.py
        self.select: Builder = _missing
        # compounds.py
        self.compound: Builder = _missing
        self.scalar_select: Builder = _missing
        self.exists: Builder = _missing
        self.textual_select: Builder = _missing
        # selected_tables.py
        self.create_table_as: Builder = _missing
        # writes.py
        self.insert: Builder = _missing
        self.update: Builder = _missing
        self.delete: Builder = _missing
        # rendering: (node, bind, dialect, **compile arguments) and (node)
        self.compile: Builder = _missing
        self.to_string: Builder = _missing


late = Late()
