"""Loader options: what `select(User).options(...)` takes. Data only; `choices.py` decides what they mean for a plan.

A `Load` is a list of entries `(path, strategy)`. The path starts at an entity and follows relationships; the strategy says how to
load the last one, or which columns of the entity at its end to load. Chaining appends entries, and returns a new object each time:

    selectinload(User.orders).load_only(Order.id)   ->  (User.orders): selectin    (User.orders): load_only(id)

Rule 1: an option is part of a statement's key: `_tokens` fixes its structure, `_binds` holds the values in its criteria.
Rule 2: an option names what it wants by entity and attribute name; whether it applies is found out when a plan is made.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self, TypeAlias

from ambo.errors import ArgumentError
from ambo.loading.paths import PathStep, alias_of, entity_of, expression_of, path_step
from ambo.statements.keys import Keyed, walk_key

StrategyName: TypeAlias = Literal[
    "joined", "selectin", "subquery", "lazy", "immediate", "raise", "raise_on_sql", "noload", "contains", "peers", "default",
    "defer", "undefer", "undefer_group", "load_only", "expression", "polymorphic",
]  # fmt: skip
RELATIONSHIP_STRATEGIES = frozenset(
    ("joined", "selectin", "subquery", "lazy", "immediate", "raise", "raise_on_sql", "noload", "contains", "peers", "default")
)


@dataclass(frozen=True, slots=True)
class Strategy:
    """How to load what stands at the end of a path. Which fields count depends on the name."""

    name: StrategyName
    innerjoin: bool | str | None = None
    alias: Any = None
    depth: int | None = None
    keys: tuple[str, ...] = ()
    raiseload: bool = False
    expression: Any = None
    entities: tuple[Any, ...] = ()

    def parts(self) -> list[Any]:
        """Return what this strategy adds to a statement's key."""
        head = [self.name, self.innerjoin, self.alias, self.depth, self.raiseload, len(self.keys), *self.keys, len(self.entities)]
        return [*head, *self.entities, self.expression]


@dataclass(frozen=True, slots=True)
class Entry:
    """A strategy, the path it stands at, and the entity from which it was said (`Load(User)`), if any."""

    path: tuple[PathStep, ...]
    strategy: Strategy
    root: Any = None
    strict: bool = True


class ExecutableOption(Keyed):
    """Anything `statement.options()` accepts."""

    __slots__ = ("_binds", "_tokens")

    _anonymous = False
    propagate_to_loaders = False

    def __init__(self) -> None:
        self._tokens = None
        self._binds = ()


class UserDefinedOption(ExecutableOption):
    """An application's own option; listeners of `do_orm_execute` find it in `user_defined_options`."""

    __slots__ = ("_told", "payload")

    is_user_defined = True

    def __init__(self, payload: Any = None) -> None:
        super().__init__()
        self.payload = payload
        self._told = payload if isinstance(payload, Hashable) else object()

    def _key_parts(self) -> list[Any]:
        parts = ["user option", type(self)]
        return [*parts, self._told] if self.propagate_to_loaders else parts  # then it stays with the objects, and so with the plan


class LoaderOption(ExecutableOption):
    """The base of options that say what to load."""

    __slots__ = ()


def _column_keys(step: PathStep, attr: Any) -> Sequence[str]:
    """Return the names of the columns that an attribute stands for: a composite's are several."""
    prop = getattr(attr, "prop", None)
    return prop.keys if getattr(prop, "is_composite", False) else (step.key,)  # type: ignore[union-attr]  # has `keys` then


class Load(LoaderOption):
    """Loader options from one entity on: `Load(User).selectinload(User.orders).load_only(Order.id)`.

    The functions `selectinload(User.orders)` and so on are shorthands that take the entity from their first attribute.
    """

    __slots__ = ("entries", "path", "root")
    propagate_to_loaders = True

    def __init__(self, entity: Any = None) -> None:
        super().__init__()
        self.root = None if entity is None else entity_of(entity)
        self.path: tuple[PathStep, ...] = ()
        self.entries: tuple[Entry, ...] = ()

    def _key_parts(self) -> list[Any]:
        found: list[Any] = ["load", len(self.entries)]
        for entry in self.entries:
            found += [entry.root, len(entry.path)]
            for step in entry.path:
                found += step.parts()
            found += entry.strategy.parts()
        return found

    def settled(self) -> Self:
        """Return this option with its key computed for good, if it holds nothing anonymous; it is about to be shared."""
        parts = self._key_parts()
        keyed = [one for one in parts if isinstance(one, Keyed)]
        if all(one._tokens is not None for one in keyed):
            tokens, binds = walk_key(self)
            self._tokens, self._binds = tuple(tokens), tuple(binds)
        return self

    def _with(self, entries: Iterable[Entry], path: tuple[PathStep, ...]) -> Self:
        made = type(self).__new__(type(self))
        ExecutableOption.__init__(made)
        made.root = self.root
        made.path = path
        made.entries = (*self.entries, *entries)
        return made

    def _relationship(self, attribute: Any, strategy: Strategy) -> Self:
        step = path_step(attribute, relationship=True, entity=self.root if not self.path else None)
        path = (*self.path, step)
        return self._with([Entry(path, strategy, self.root, step.key != "*")], path)

    def _columns(self, strategy: Strategy, root: Any = None) -> Self:
        return self._with([Entry(self.path, strategy, root if self.root is None else self.root)], self.path)

    def _named_columns(self, name: StrategyName, attrs: Sequence[Any], **fields: Any) -> Self:
        steps = [path_step(attr, relationship=False, entity=self.root) for attr in attrs]
        root = next((step.entity for step in steps if not self.path), None)
        keys = tuple(key for step, attr in zip(steps, attrs, strict=True) for key in _column_keys(step, attr))
        return self._columns(Strategy(name, keys=keys, **fields), root)

    # ---- relationships

    def joinedload(self, attr: Any, innerjoin: bool | Literal["unnested"] | None = None) -> Self:
        """Load in the same statement, by a join; outer unless `innerjoin`."""
        return self._relationship(attr, Strategy("joined", innerjoin=innerjoin))

    def selectinload(self, attr: Any, recursion_depth: int | None = None) -> Self:
        """Load in a second statement, for all objects at once, by their keys."""
        return self._relationship(attr, Strategy("selectin", depth=recursion_depth))

    def subqueryload(self, attr: Any) -> Self:
        """Load in a second statement that repeats the first as a subquery."""
        return self._relationship(attr, Strategy("subquery"))

    def lazyload(self, attr: Any) -> Self:
        """Load when the attribute is read."""
        return self._relationship(attr, Strategy("lazy"))

    def immediateload(self, attr: Any, recursion_depth: int | None = None) -> Self:
        """Load with the object, by the statement a lazy load would use."""
        return self._relationship(attr, Strategy("immediate", depth=recursion_depth))

    def peerload(self, attr: Any) -> Self:
        """Load when the attribute is first read, for every object of the same result at once."""
        return self._relationship(attr, Strategy("peers"))

    def raiseload(self, attr: Any, sql_only: bool = False) -> Self:
        """Raise when the attribute is read; with `sql_only`, only when that would need SQL."""
        return self._relationship(attr, Strategy("raise_on_sql" if sql_only else "raise"))

    def noload(self, attr: Any) -> Self:
        """Leave the attribute empty."""
        return self._relationship(attr, Strategy("noload"))

    def defaultload(self, attr: Any) -> Self:
        """Load as the mapping says; only the options chained on count."""
        return self._relationship(attr, Strategy("default"))

    def contains_eager(self, attr: Any, alias: Any = None) -> Self:
        """Take the related objects from the statement's own joins (from `alias`, if the join was against one)."""
        return self._relationship(attr, Strategy("contains", alias=None if alias is None else alias_of(alias)))

    # ---- columns

    def load_only(self, *attrs: Any, raiseload: bool = False) -> Self:
        """Load these columns and the primary key, and defer the others."""
        return self._named_columns("load_only", attrs, raiseload=raiseload)

    def defer(self, key: Any, raiseload: bool = False) -> Self:
        """Leave a column out until it is read; with `raiseload`, reading it raises."""
        return self._named_columns("defer", (key,), raiseload=raiseload)

    def undefer(self, key: Any) -> Self:
        """Load a column that the mapping defers."""
        return self._named_columns("undefer", (key,))

    def undefer_group(self, name: str) -> Self:
        """Load the deferred columns of one group."""
        return self._columns(Strategy("undefer_group", keys=(name,)))

    def with_expression(self, key: Any, expression: Any) -> Self:
        """Fill a `query_expression()` attribute from an SQL expression."""
        return self._named_columns("expression", (key,), expression=expression_of(expression))

    def selectin_polymorphic(self, classes: Iterable[Any]) -> Self:
        """Load the columns of these subclasses in further statements, one for each."""
        return self._columns(Strategy("polymorphic", entities=tuple(entity_of(one) for one in classes)))

    # ---- nesting

    def options(self, *opts: Load) -> Self:
        """Attach several options below the path reached so far."""
        entries: list[Entry] = []
        for option in opts:
            if not isinstance(option, Load):
                raise ArgumentError(f"a loader option such as joinedload(User.orders) was expected, not {option!r}")
            entries += [Entry((*self.path, *one.path), one.strategy, self.root, one.strict) for one in option.entries]
        return self._with(entries, self.path)

    def __repr__(self) -> str:
        shown = "; ".join(f"{'.'.join(map(str, one.path)) or self.root}: {one.strategy.name}" for one in self.entries)
        return f"<Load {shown}>"
