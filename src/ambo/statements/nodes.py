"""The root of the tree that every statement is.

    ClauseElement
    ├── ColumnElement            has a type, can be an operand: expressions.py, named_columns.py, logic.py, elements.py, …
    ├── FromClause               what rows come from: sources.py, aliased_sources.py, table_values.py
    ├── ClauseList               expressions with a separator
    └── Executable               the statements: row_statements.py, selects.py, compounds.py, writes.py

Rule 1: a node never changes after it is built; methods that seem to change one return another.
Rule 2: `visit` names the rendering; `_nodes` the attributes that hold nodes (a node, None, or a tuple of these),
`_facts` those that hold plain hashables. Keys, traversal, copying and comparison all follow from the two.
Rule 3: nodes know nothing of dialects. What they offer as methods but cannot build themselves is in `late.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, Self, cast as typed

from ambo.statements.copying import copy_node, make_custom
from ambo.statements.keys import INLINE_LIMIT, Keyed
from ambo.statements.late import late
from ambo.statements.operators import OperatorType
from ambo.statements.types.base import NULLTYPE


class ClauseElement(Keyed):
    """The root of everything that can be part of a statement."""

    __slots__ = ("_binds", "_tokens")

    visit: ClassVar[str] = "clause"
    _nodes: ClassVar[tuple[str, ...]] = ()
    _facts: ClassVar[tuple[str, ...]] = ()
    inherit_cache: ClassVar[bool | None] = None
    supports_execution = False
    is_selectable = False
    is_select = False
    is_from = False
    is_dml = False
    is_clause_element = True
    _renderer: ClassVar[Any] = None
    """What `@compiles` installed for this class: `(element, compiler, **kw) -> str`; see rendering/extension.py."""

    def __init_subclass__(cls, **kw: Any) -> None:
        super().__init_subclass__(**kw)
        if not cls.__module__.startswith("ambo."):
            make_custom(cls)

    def __getattr__(self, name: str) -> Any:
        return unset_attribute(self, name)

    @property
    def __visit_name__(self) -> str:
        return self.visit

    def _key_parts(self) -> list[Any]:
        parts: list[Any] = [self.visit]
        for name in self._facts:
            parts.append(getattr(self, name))
        for name in self._nodes:
            value = getattr(self, name)
            if isinstance(value, tuple):
                parts.append(len(value))
                parts += value
            else:
                parts.append(value)
        return parts

    def _children(self) -> Iterator[ClauseElement]:
        """Yield the nodes right below this one, in order."""
        for name in self._nodes:
            value = getattr(self, name)
            if isinstance(value, tuple):
                for one in value:
                    if isinstance(one, ClauseElement):
                        yield one
            elif isinstance(value, ClauseElement):
                yield value

    def get_children(self, **kw: Any) -> Iterable[ClauseElement]:
        """Return the nodes right below this one."""
        return self._children()

    def _copy(self, **changed: Any) -> Self:
        """Return a copy with some attributes replaced."""
        return typed("Self", copy_node(self, changed))

    def _clone(self, **kw: Any) -> Self:
        return typed("Self", copy_node(self, {}))

    def self_group(self, against: OperatorType | None = None) -> ClauseElement:
        """Return this, in parentheses if an operand of `against` needs them."""
        return self

    def compile(self, bind: Any = None, dialect: Any = None, **kw: Any) -> Any:
        """Return the compiled form, for `dialect` or that of `bind` (an engine or connection).

        `compile_kwargs={"literal_binds": True}` writes values into the SQL. `str()` of the result is the SQL.
        """
        return late.compile(self, bind, dialect, **kw)

    def __str__(self) -> str:
        return typed(str, late.to_string(self))

    def __reduce_ex__(self, protocol: Any) -> Any:
        return object.__reduce_ex__(self, max(2, protocol))  # older protocols know no slots

    def __repr__(self) -> str:
        return f"<{type(self).__module__}.{type(self).__name__} object at {id(self):#x}>"

    def __bool__(self) -> bool:
        raise TypeError("Boolean value of this clause is not defined")

    def params(self, optionaldict: Mapping[str, Any] | None = None, /, **kwargs: Any) -> Self:
        """Return a copy whose bound parameters of these names have these values."""
        return typed("Self", late.with_params(self, {**(optionaldict or {}), **kwargs}, unique=False))

    def unique_params(self, optionaldict: Mapping[str, Any] | None = None, /, **kwargs: Any) -> Self:
        """Return a copy as `params` does, whose named parameters do not mix with others of the same name."""
        return typed("Self", late.with_params(self, {**(optionaldict or {}), **kwargs}, unique=True))

    def compare(self, other: Any, **kw: Any) -> bool:
        """Tell whether the other node has the same structure and the same values."""
        return typed(bool, late.compare(self, other, **kw))

    def _after_copy(self) -> None:
        self._tokens = None
        self._binds = ()

    def _ungroup(self) -> ClauseElement:
        return self

    @property
    def _from_objects(self) -> list[Any]:
        return typed("list[Any]", late.froms_of(self))


def unset_attribute(node: ClauseElement, name: str) -> Any:
    """Answer for an attribute that a user's subclass, with an `__init__` of its own, never set."""
    if name == "_tokens":
        return None
    if name == "_binds":
        return ()
    if name == "type":
        return NULLTYPE
    raise AttributeError(f"{type(node).__name__!r} object has no attribute {name!r}")


def inline_tokens(head: tuple[Any, ...], *nodes: Any) -> tuple[Any, ...] | None:
    """Return the tokens of a small node over small nodes, or None if the walk must collect them."""
    tokens = list(head)
    for node in nodes:
        below = node._tokens
        if below is None:
            return None
        tokens += below
    return None if len(tokens) > INLINE_LIMIT else tuple(tokens)


def binds_of(*nodes: Any) -> tuple[Any, ...]:
    """Return the binds of small nodes, in order."""
    binds: tuple[Any, ...] = ()
    for node in nodes:
        binds += node._binds
    return binds


class ClauseList(ClauseElement):
    """Expressions with a separator between them."""

    __slots__ = ("clauses", "group", "operator")
    visit = "clauselist"
    _nodes = ("clauses",)

    def __init__(self, *clauses: Any, operator: OperatorType | None = None, group: bool = True) -> None:
        self.clauses: tuple[Any, ...] = clauses
        self.operator = operator
        self.group = group
        self._tokens = None
        self._binds = ()

    def _key_parts(self) -> list[Any]:
        return ["list", self.operator, self.group, len(self.clauses), *self.clauses]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.clauses)

    def __len__(self) -> int:
        return len(self.clauses)
