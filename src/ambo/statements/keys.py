"""Structural keys: what two statements share when the same SQL serves both.

Every node of a statement is `Keyed`: `_tokens` is a flat tuple of hashables that fixes its SQL but for bound values,
`_binds` the bound parameters in the same order. Small nodes set both when they are built; for big ones, and for ones
that hold something anonymous (an alias, a subquery), `_tokens` is None and the walk below reads `_key_parts()`.

Rule 1: no nested tuples that grow with the statement, no recursion: the walk keeps its own stack.
Rule 2: a token sequence can be read back in one way only; whatever repeats is preceded by its count.
Rule 3: what has an identity but no name (alias, subquery, CTE, a whole statement) is numbered in first-seen order and
spelled out at first sight; later sights are the number. Equal statements made afresh thus have equal keys.
Rule 4: a value is never a token; its type, `None`-ness and the emptiness of a list are.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar
from weakref import WeakSet

if TYPE_CHECKING:
    from ambo.statements.expressions import BindParameter

_counter = itertools.count(1)
INLINE_LIMIT = 48
"""Nodes with more tokens than this do not copy them at construction; the walk collects them when asked."""

AGAIN = "again"


def new_token() -> int:
    """Return an integer that no other table column, mapper or the like has in this process."""
    return next(_counter)


class Keyed:
    """Something that takes part in a statement's key."""

    __slots__ = ()

    _tokens: tuple[Any, ...] | None
    _binds: tuple[BindParameter[Any], ...]
    _anonymous: ClassVar[bool] = False
    """Whether equal structure is not enough: two sights of this object are told from two objects."""

    def _key_parts(self) -> list[Any]:
        """Return tokens and further `Keyed` things, in order; asked only while `_tokens` is None."""
        raise NotImplementedError

    def __setstate__(self, state: Any) -> None:
        """Take what was pickled, but for the key: its tokens are those of another process."""
        own, slots = state if isinstance(state, tuple) else (state, None)
        for name, value in {**(own or {}), **(slots or {})}.items():
            if name not in _OF_ONE_PROCESS:
                object.__setattr__(self, name, value)
        if not isinstance(self, KeyedByDict):
            self._after_copy()

    def _after_copy(self) -> None:
        """Forget what depends on attributes that a copy may have changed."""
        object.__setattr__(self, "_tokens", None)
        object.__setattr__(self, "_binds", ())


_OF_ONE_PROCESS = frozenset({"_binds", "_memo_columns", "_tokens", "_unique_token"})
_NOT_IN_KEY = frozenset({"_execution_options", "_memo_columns"})


class KeyedByDict(Keyed):
    """A statement: it keeps only the clauses that differ from the defaults, in its `__dict__`; the defaults are class attributes.

    Building a changed copy is one dict copy, so a chain of methods costs little however many clauses there are, and the key
    reads the clauses where they stand.
    """

    visit: ClassVar[str]

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


class StatementKey:
    """The key of a statement and its bound parameters, in key order."""

    __slots__ = ("binds", "key")

    def __init__(self, key: tuple[Any, ...], binds: tuple[BindParameter[Any], ...]) -> None:
        self.key = key
        self.binds = binds

    def __repr__(self) -> str:
        return f"StatementKey({self.key!r}, {len(self.binds)} binds)"


def statement_key(statement: Keyed) -> StatementKey:
    """Return the key of a statement (or of any expression) and its binds."""
    tokens = statement._tokens
    if tokens is not None:
        binds = statement._binds
        key = tokens
    else:
        flat = flat_key(statement) if isinstance(statement, KeyedByDict) else None
        found: Sequence[Any]
        bound: Sequence[Any]
        found, bound = walk_key(statement) if flat is None else flat
        key, binds = tuple(found), tuple(bound)
    if len(binds) > 1 and len(set(map(id, binds))) != len(binds):
        key = (*key, *_sharing(binds))
    return StatementKey(key, binds)


def flat_key(statement: KeyedByDict) -> tuple[list[Any], tuple[Any, ...]] | None:
    """Return tokens and binds of a statement all of whose clauses are small; None if the walk must collect them."""
    tokens: list[Any] = [statement.visit]
    binds: tuple[Any, ...] = ()
    for name, value in statement.__dict__.items():
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


def walk_key(root: Keyed) -> tuple[list[Any], list[BindParameter[Any]]]:
    """Collect tokens and binds of a tree, numbering what is anonymous."""
    tokens: list[Any] = []
    binds: list[BindParameter[Any]] = []
    seen: dict[int, int] = {}
    add = tokens.append
    stack: list[Any] = [root]
    pop = stack.pop
    while stack:
        item = pop()
        if not isinstance(item, Keyed):
            add(item)
            continue
        known = item._tokens
        if known is not None:
            tokens += known
            if item._binds:
                binds += item._binds
            continue
        if item._anonymous:
            number = seen.get(id(item))
            if number is not None:
                add(AGAIN)
                add(number)
                continue
            seen[id(item)] = len(seen)
        parts = item._key_parts()
        parts.reverse()
        stack += parts
    return tokens, binds


def _sharing(binds: tuple[BindParameter[Any], ...]) -> list[Any]:
    """Return tokens that tell which binds are the same object: `GROUP BY f($1)` may reuse `$1` only then."""
    first: dict[int, int] = {}
    tokens: list[Any] = ["shared"]
    for index, bind in enumerate(binds):
        tokens.append(first.setdefault(id(bind), index))
    return tokens


K = TypeVar("K")
V = TypeVar("V")


class LRU(Generic[K, V]):
    """A bounded map that forgets what was not used for long.

    Two generations instead of an ordered list: a hit in the young one costs a single look-up. When the young one is
    full it becomes the old one, and what is still asked for moves back. Holds at most `capacity` entries.
    """

    __slots__ = ("__weakref__", "_half", "_old", "_young", "capacity")

    def __init__(self, capacity: int = 500) -> None:
        self.capacity = capacity
        self._half = max(1, capacity // 2)
        self._young: dict[K, V] = {}
        self._old: dict[K, V] = {}

    def get(self, key: K) -> V | None:
        """Return what was put under the key, or None."""
        found = self._young.get(key)
        if found is None and self._old:
            found = self._old.get(key)
            if found is not None:
                self.put(key, found)
        return found

    def put(self, key: K, value: V) -> None:
        """Keep a value, forgetting the oldest ones if there are too many."""
        young = self._young
        young[key] = value
        if len(young) >= self._half:
            self._old = young
            self._young = {}

    def clear(self) -> None:
        """Forget everything."""
        self._young = {}
        self._old = {}

    def __len__(self) -> int:
        return len(self._young.keys() | self._old.keys())

    def __contains__(self, key: object) -> bool:
        return key in self._young or key in self._old


_plan_caches: WeakSet[LRU[Any, Any]] = WeakSet()


def plan_cache(capacity: int) -> LRU[Any, Any]:
    """Make what an engine keeps its plans in."""
    made: LRU[Any, Any] = LRU(capacity)
    _plan_caches.add(made)
    return made


def forget_plans() -> None:
    """Forget the plans of all engines: a class has got a subclass, which plans made before know nothing of."""
    for one in list(_plan_caches):
        one.clear()
