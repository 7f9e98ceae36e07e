"""What can be executed: execution options, statement options, and the base of all statements (see `keys.KeyedByDict` for how it is kept)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Self

from ambo.errors import ArgumentError
from ambo.statements.keys import Keyed, KeyedByDict
from ambo.statements.nodes import ClauseElement

NO_OPTIONS: Mapping[str, Any] = MappingProxyType({})


class Executable(ClauseElement):
    """Something that `execute()` takes."""

    __slots__ = ()
    supports_execution = True
    _execution_options: Mapping[str, Any] = NO_OPTIONS
    _with_options: tuple[Any, ...] = ()
    is_text = False
    is_insert = False
    is_update = False
    is_delete = False
    returns_rows = False

    def _with(self, **changed: Any) -> Self:
        return self._copy(**changed)

    def options(self, *options: Any) -> Self:
        """Return the statement with loader options (`selectinload(...)`, `defer(...)`) or other options.

        Raises ArgumentError for what is no option.
        """
        for one in options:
            if not (isinstance(one, Keyed) or hasattr(one, "_tokens")):
                raise ArgumentError(f"options() takes loader options such as selectinload(User.addresses), got {one!r}")
        return self._with(_with_options=self._with_options + options)

    def execution_options(self, **kw: Any) -> Self:
        """Return the statement with options for its execution, such as `yield_per=100` or `populate_existing=True`."""
        return self._with(_execution_options={**self._execution_options, **kw})

    def get_execution_options(self) -> Mapping[str, Any]:
        """Return the execution options."""
        return MappingProxyType(dict(self._execution_options))


class Statement(KeyedByDict, Executable):
    """The base of SELECT, UNION, INSERT, UPDATE and DELETE: its clauses stand in its `__dict__`."""

    _tokens = None
    _binds = ()
    _anonymous = True
    _memo_columns: Any = None

    def __add__(self, change: Callable[[Self], Self]) -> Self:
        """Return what the function makes of this statement: `stmt += lambda s: s.where(...)`."""
        return change(self)

    def add_criteria(self, change: Callable[[Self], Self], **kw: Any) -> Self:
        """Return what the function makes of this statement."""
        return change(self)

    def spoil(self) -> Self:
        """Return this; there is nothing to be undone, since keys never come from a function's code."""
        return self
