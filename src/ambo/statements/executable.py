"""What can be executed: execution options, statement options, and the base of all statements.

Rule: a statement keeps only what differs from the defaults, in its `__dict__`; the defaults are class attributes.
Building a changed copy is one dict copy, so a chain of methods costs little however many clauses there are.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Self

from ambo.errors import ArgumentError
from ambo.statements.keys import Keyed
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


_NOT_IN_KEY = frozenset({"_execution_options", "_memo_columns"})


class Statement(Executable):
    """The base of SELECT, UNION, INSERT, UPDATE and DELETE; see the module's rule."""

    _tokens = None
    _binds = ()
    _anonymous = True
    _memo_columns: Any = None

    def _with(self, **changed: Any) -> Self:
        new = object.__new__(self.__class__)
        state = {**self.__dict__, **changed}
        state.pop("_memo_columns", None)
        new.__dict__ = state
        return new

    def _copy(self, **changed: Any) -> Self:
        return self._with(**changed)

    def _generate(self) -> Self:
        return self._with()

    def _flat_key(self) -> tuple[list[Any], tuple[Any, ...]] | None:
        """Return tokens and binds if all that this holds is small; None if the walk must collect them."""
        tokens: list[Any] = [self.visit]
        binds: tuple[Any, ...] = ()
        for name, value in self.__dict__.items():
            if name in _NOT_IN_KEY:
                continue
            tokens.append(name)
            if value.__class__ is tuple:
                tokens.append(len(value))
                several = value
            else:
                several = (value,)
            for one in several:
                if isinstance(one, Keyed):
                    known = one._tokens
                    if known is None:
                        return None
                    tokens += known
                    binds += one._binds
                else:
                    tokens.append(one)
        tokens.append(";")
        return tokens, binds

    def _key_parts(self) -> list[Any]:
        parts: list[Any] = [self.visit]
        for name, value in self.__dict__.items():
            if name in _NOT_IN_KEY:
                continue
            parts.append(name)
            if value.__class__ is tuple:
                parts.append(len(value))
                parts += value
            else:
                parts.append(value)
        parts.append(";")
        return parts
