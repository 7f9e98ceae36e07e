"""Loading a relationship for many objects by their keys: `SELECT ... WHERE orders.user_id IN (keys of the users)`.

    parents -> keys -> one statement (several, where a database takes no arrays) -> children by key -> stored on the parents

    foreign key on the target      the target alone; its foreign key tells whose child it is
    foreign key on the parent      the target by its primary key; what the session has is not asked for again
    secondary table                the target joined to it
    any other condition            the target joined to an alias of the parent's class

Where lists are arrays, one key is asked for by `orders.user_id = key`: the server keeps a plan for that, and makes one for each array.

Rule 1: nothing here waits: a step says for which objects and keys to ask, and stores what came (operations/eager.py asks).
Rule 2: a step belongs to a cached plan; what differs from one execution to the next is in `Loading`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from operator import attrgetter
from typing import Any, ClassVar

from ambo.loading.choices import Choice, Choices
from ambo.loading.options import Entry, Strategy
from ambo.loading.paths import PathStep
from ambo.loading.population import Loading, store_collections, store_object
from ambo.loading.relations import adapted, column_of
from ambo.loading.rewriting import replaced
from ambo.mapping.aliases import AliasedClass
from ambo.mapping.join_conditions import Marked
from ambo.mapping.markers import MANYTOONE
from ambo.mapping.shared_state import SharedState, entry_key
from ambo.statements.elements import tuple_
from ambo.statements.expressions import BindParameter
from ambo.statements.keys import statement_key
from ambo.statements.selects import Select, select


@dataclass(frozen=True, slots=True)
class KeyedSelect:
    """A statement that finds the related objects of many parents.

    `parent_keys` are the attributes of a parent that make its key, `bind` takes the list of keys, or the only one.
    """

    statement: Select[Any]
    parent_keys: tuple[str, ...]
    bind: BindParameter[Any]
    repeats: bool


def keyed_select(prop: Any, target: Any, criteria: Sequence[Any], for_one: bool = False) -> KeyedSelect:
    """Return the statement that loads a relationship by the keys of its parents, or by the key of one."""
    pairs = equal_pairs(prop)
    through = None if prop.secondary is None else prop.secondary.alias()
    if pairs is None:
        parent = AliasedClass(prop.parent).__clause_element__()
        locals_ = list(prop.parent.primary_key)
        columns = [column_of(parent, column) for column in locals_]
        statement = select(target, *columns).select_from(parent)
        local = parent
    else:
        locals_ = [one for one, _ in pairs]
        columns = [column_of(target, other) if through is None else through.corresponding_column(other) for _, other in pairs]
        statement = select(target, *columns)
        local = None
    statement = _joined(prop, statement, target, through, local)
    condition, bind = is_key(columns[0]) if for_one else in_keys(columns)
    statement = statement.where(condition)
    if criteria:
        statement = statement.where(*criteria)
    order = [_ordered(one, prop, target, through) for one in prop.order_by or ()]
    if order:
        statement = statement.order_by(*order)
    keys = tuple(prop.parent.property_of(column).key for column in locals_)
    return KeyedSelect(statement, keys, bind, through is not None or pairs is None)


def in_keys(columns: Sequence[Any]) -> tuple[Any, Any]:
    """Return `columns IN (keys)` and the bind that takes the list of keys."""
    left = tuple_(*columns) if len(columns) > 1 else columns[0]
    condition = left.in_(BindParameter("keys", None, left.type, unique=True, expanding=True))
    return condition, statement_key(condition).binds[-1]


def is_key(column: Any) -> tuple[Any, Any]:
    """Return `column = key` and the bind that takes the key."""
    bind: BindParameter[Any] = BindParameter("key", None, column.type, unique=True)
    return column == bind, bind


def _joined(prop: Any, statement: Any, target: Any, through: Any, local: Any) -> Any:
    """Return the statement with the relationship's conditions in it."""
    if local is None and through is None:
        return statement
    primary, onward = prop.on_clause(
        lambda column: column if local is None else column_of(local, column),
        lambda column: column_of(target, column),
        None if through is None else through.corresponding_column,
    )
    if local is None:
        return statement.select_from(through).join(target, onward)
    if through is None:
        return statement.join(target, primary)
    return statement.join(through, primary).join(target, onward)


def _ordered(expression: Any, prop: Any, target: Any, through: Any) -> Any:
    here = adapted(expression, target)
    if through is None:
        return here
    return replaced(
        here, lambda node: through.corresponding_column(node) if node.visit == "column" and node.table is prop.secondary else None
    )


def equal_pairs(prop: Any) -> list[tuple[Any, Any]] | None:
    """Return the (parent's column, other column) pairs of a join condition that consists of nothing else, else None."""
    condition = prop.condition.marked_primary
    terms = list(condition.clauses) if condition.visit == "boolean_list" and condition.operator.__name__ == "and_" else [condition]
    found = []
    for term in terms:
        left, right = getattr(term, "left", None), getattr(term, "right", None)
        if not (isinstance(left, Marked) and isinstance(right, Marked)) or left.remote is right.remote or term.operator.__name__ != "eq":
            return None
        local, other = (right.element, left.element) if left.remote else (left.element, right.element)
        if local.visit != "column" or prop.parent.property_of(local) is None:
            return None
        found.append((local, other))
    return found


def refers_to_primary_key(prop: Any) -> list[str] | None:
    """Return the parent's attributes that hold the target's primary key, in its order; None if they do not."""
    if prop.direction is not MANYTOONE or prop.secondary is not None or prop.entity.alias is not None:
        return None
    pairs = equal_pairs(prop)
    if pairs is None:
        return None
    by_remote = {prop.mapper.property_of(remote): local for local, remote in pairs}
    found = []
    for column in prop.mapper.primary_key:
        local = by_remote.pop(prop.mapper.property_of(column), None)
        if local is None:
            return None
        found.append(prop.parent.property_of(local).key)
    return None if by_remote else found


@dataclass(eq=False)
class SelectInStep:
    """Loads one relationship for all objects of an entity; `general` is the step of which this is the one for a single object."""

    prop: Any
    choice: Choice
    path: tuple[Any, ...]
    criteria: tuple[Any, ...] = ()
    one_by_one: bool = False
    memory_only: bool = False
    general: SelectInStep | None = None
    is_grouping: ClassVar[bool] = True
    prepared: Any = field(default=None)
    _for_one: SelectInStep | None = field(default=None)
    _by_identity: list[str] | None = field(default=None)

    def __str__(self) -> str:
        return f"selectin {self.prop}"

    @property
    def target(self) -> Any:
        """The entity that is loaded."""
        return self.choice.target(self.prop)

    @cached_property
    def keyed(self) -> KeyedSelect:
        """The statement."""
        criteria = [adapted(one, self.target) for one in self.choice.criteria]
        if not criteria and not self.choice.below and self.choice.of_type is None:
            self._by_identity = refers_to_primary_key(self.prop)
        return keyed_select(self.prop, self.target, criteria, self.general is not None)

    @cached_property
    def asks_for_all(self) -> bool:
        """Whether no parent can be served without a question: its key, a primary key, is never NULL, and what it has is not found in memory."""
        names = self.keyed.parent_keys
        return self._by_identity is None and len(names) == 1 and names == tuple(self.prop.parent.pk_keys)

    def for_one(self) -> SelectInStep:
        """Return the step that serves a single object."""
        if self.general is not None or len(self.keyed.parent_keys) > 1:
            return self
        if self._for_one is None:
            self._for_one = SelectInStep(self.prop, self.choice, self.path, self.criteria, self.one_by_one, self.memory_only, self)
        return self._for_one

    def choices_below(self) -> Choices:
        """Return the options for the target: a recursive load goes on with itself."""
        strategy = self.choice.strategy
        below = self.choice.below
        if strategy is None or not strategy.depth or strategy.depth == 1:
            return below
        deeper = replace(strategy, depth=strategy.depth if strategy.depth < 0 else strategy.depth - 1)
        entry = Entry((PathStep(self.target, self.prop.key),), deeper)
        return Choices((*below.entries, *self._repeated(deeper), entry), below.defaults)

    def _repeated(self, strategy: Strategy) -> Iterator[Entry]:
        for entry in self.choice.below.entries:
            yield replace(entry, path=(PathStep(self.target, self.prop.key), *entry.path))

    def query(self, prepare: Callable[..., Any]) -> Any:
        """Return the prepared statement, made at first need."""
        if self.prepared is None:
            statement = self.keyed.statement.options(*self.criteria)
            self.prepared = prepare(statement, {id(self.target): self.choices_below()}, self.path, grouping=True)
            self._goes_on_with_itself()
        return self.prepared

    def _goes_on_with_itself(self) -> None:
        """Let a load without a depth limit use this very step on each level."""
        strategy = self.choice.strategy
        if strategy is None or strategy.depth != -1 or self.prepared.loader is None:
            return
        for plan in self.prepared.loader.gathering:
            plan.steps = tuple(self.general or self if isinstance(one, SelectInStep) and one.prop is self.prop else one for one in plan.steps)

    # ---- running

    def pairs(self, fresh: Sequence[Any], known: Sequence[Any], loading: Any) -> list[tuple[Any, Any]]:
        """Return pairs (object, key) for the objects that the relationship is to be loaded for.

        New objects have their keys: the plan that loads them saw to it. Others are looked at one by one.
        """
        names = self.keyed.parent_keys
        found = list(zip(fresh, map(attrgetter(*names), fresh), strict=True))
        if known:
            distinct = {id(obj): obj for obj in known if loading.wants(obj, self.prop.key)}
            found += keyed_objects(list(distinct.values()), names)
        return found

    def loading_for(self, loading: Loading) -> Loading:
        """Return the loading of the statement that this step sends."""
        populate = loading.populate and loading.only is None
        return Loading(loading.session, populate, loading.token, None, loading.values, loading.options)

    def store(self, parents: Sequence[tuple[Any, Any]], groups: dict[Any, list[Any]]) -> None:
        """Give the loaded objects, in lists by the key of their parent, to their parents."""
        name = self.prop.key
        if self.prop.uselist:
            find = groups.get
            store_collections(name, [(obj, find(key, ())) for obj, key in parents])
            return
        for obj, key in parents:
            found = groups.get(key)
            store_object(obj, name, found[0] if found else None)

    def served(self, parents: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
        """Give parents whose key is NULL what they get without a question; return the others."""
        single = len(self.keyed.parent_keys) == 1
        nulls = [pair for pair in parents if (pair[1] is None if single else None in pair[1])]
        if not nulls:
            return parents
        self.store(nulls, {})
        return [pair for pair in parents if not (pair[1] is None if single else None in pair[1])]

    def from_memory(self, parents: list[tuple[Any, Any]], loading: Any) -> list[tuple[Any, Any]]:
        """Serve many-to-one references from the identity map; return the parents that are left."""
        if self._by_identity is None or (loading.populate and loading.only is None and not self.memory_only):
            return parents
        names = self.keyed.parent_keys
        order = [self._by_identity.index(name) for name in names] if len(names) > 1 else []
        refs = loading.session.identity_map.refs_of(self.prop.mapper.identity_class, loading.token)
        left = []
        for obj, key in parents:
            entry = refs.get(entry_key((key,)) if not order else _reordered(key, order))
            found = None if entry is None else entry()
            if found is None or not isinstance(found, self.prop.mapper.class_) or _is_stale(found):
                left.append((obj, key))
            else:
                store_object(obj, self.prop.key, found)
        return left


def grouped(items: Sequence[tuple[Any, ...]], width: int) -> dict[Any, list[Any]]:
    """Return the loaded objects by the key of their parent; row loaders do the same."""
    groups: dict[Any, list[Any]] = {}
    for obj, *key in items:
        groups.setdefault(key[0] if width == 1 else tuple(key), []).append(obj)
    return groups


def once(groups: dict[Any, list[Any]]) -> None:
    """Leave each object once in the list of a parent."""
    for key, group in groups.items():
        if len(group) > 1:
            groups[key] = list({id(one): one for one in group}.values())


def _reordered(key: Sequence[Any], order: Sequence[int]) -> tuple[Any, ...]:
    placed = [None] * len(order)
    for value, at in zip(key, order, strict=True):
        placed[at] = value
    return tuple(placed)


def _is_stale(obj: Any) -> bool:
    state = obj._sa_instance_state
    return state.__class__ is not SharedState and (bool(state.expired) or state.deleted_flag)


def keyed_objects(objects: Sequence[Any], names: Sequence[str]) -> list[tuple[Any, Any]]:
    """Return pairs (object, key) for the objects whose key is loaded."""
    found = []
    for obj in objects:
        have = obj.__dict__
        if all(name in have for name in names):
            found.append((obj, have[names[0]] if len(names) == 1 else tuple([have[name] for name in names])))
    return found
