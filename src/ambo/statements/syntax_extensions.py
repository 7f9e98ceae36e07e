"""Pieces of SQL that users add to statements at named places: `SyntaxExtension`, and `Extensible` statements that take them.

    class Qualify(SyntaxExtension, ClauseElement):
        def __init__(self, condition): self.condition = condition
        def apply_to_select(self, select_stmt):
            select_stmt.apply_syntax_extension_point(self.append_replacing_same_type, "post_criteria")

`select(...).ext(Qualify(...))` then renders what `@compiles(Qualify)` returns between HAVING and ORDER BY.
Rule: a place is an attribute of the statement that holds a tuple of nodes, so keys, lowering and copies need know nothing of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Any, ClassVar, Self

from ambo.errors import ArgumentError
from ambo.statements.executable import Executable

Placing = Callable[[Sequence[Any]], Sequence[Any]]


class InternalTraversal(Enum):
    """What an attribute of a user's own construct holds, in its `_traverse_internals`."""

    dp_clauseelement = "CE"
    dp_clauseelement_tuple = "CT"
    dp_clauseelement_list = "CL"
    dp_string = "S"
    dp_boolean = "B"
    dp_plain_obj = "PO"
    dp_plain_dict = "PD"
    dp_type = "T"
    dp_anon_name = "AN"
    dp_operator = "O"

    @property
    def is_node(self) -> bool:
        """Whether the attribute is a node, or a tuple of nodes."""
        return self in (InternalTraversal.dp_clauseelement, InternalTraversal.dp_clauseelement_tuple)


class SyntaxExtension:
    """The base, beside ClauseElement, of a construct that `statement.ext()` takes; override the `apply_to_…` that make sense."""

    __slots__ = ()

    def append_replacing_same_type(self, existing: Sequence[Any]) -> Sequence[Any]:
        """Return the elements of a place with this one last, and no other of its class."""
        return [*[one for one in existing if not isinstance(one, type(self))], self]

    def _refuse(self, kind: str) -> None:
        raise NotImplementedError(f"Extension {type(self).__name__} cannot be applied to {kind}: it defines no apply_to_{kind}()")

    def apply_to_select(self, select_stmt: Any) -> None:
        """Place this into a SELECT."""
        self._refuse("select")

    def apply_to_update(self, update_stmt: Any) -> None:
        """Place this into an UPDATE."""
        self._refuse("update")

    def apply_to_delete(self, delete_stmt: Any) -> None:
        """Place this into a DELETE."""
        self._refuse("delete")

    def apply_to_insert(self, insert_stmt: Any) -> None:
        """Place this into an INSERT."""
        self._refuse("insert")


class Extensible(Executable):
    """A statement that takes syntax extensions."""

    __slots__ = ()
    _places: ClassVar[Mapping[str, str]] = {}
    """Where extensions go, and the attribute that holds those of the place."""

    def ext(self, extension: SyntaxExtension) -> Self:
        """Return the statement with a syntax extension, such as `postgresql.distinct_on(t.c.a)` or `mysql.limit(5)`.

        Raises ArgumentError for what is none, NotImplementedError if it does not go with this kind of statement.
        """
        if not isinstance(extension, SyntaxExtension):
            raise ArgumentError(f"ext() takes a SyntaxExtension such as mysql.limit(5), got {extension!r}")
        made = self._with()
        getattr(extension, f"apply_to_{self.visit}")(made)
        return made

    def apply_syntax_extension_point(self, apply_fn: Placing, position: str) -> None:
        """Put into a place of this statement what `apply_fn` makes of the elements there; for an extension's `apply_to_…`.

        Raises ValueError for a place that this kind of statement does not have.
        """
        attribute = self._places.get(position)
        if attribute is None:
            known = ", ".join(map(repr, self._places))
            raise ValueError(f"Unknown position {position!r} for {type(self).__name__}; known positions: {known}")
        setattr(self, attribute, tuple(apply_fn(getattr(self, attribute))))
