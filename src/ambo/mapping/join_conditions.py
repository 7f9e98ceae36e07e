"""How a relationship joins: the condition, which of its columns are foreign, which are remote, in which direction values flow.

    given               a primaryjoin, or the foreign keys between the two tables
    foreign columns     foreign(...), foreign_keys=, or what a ForeignKey says
    remote columns      remote(...), remote_side=, the secondary table's, the target table's
    direction           many-to-one if the foreign column is local, one-to-many if it is remote

Inside, each mention of a column that takes part is a `Marked` node: in a self-referential condition the same column
stands on both sides, and only the mark tells which mention is which. `stripped()` gives the plain condition.

Rule 1: a pair (referred, foreign) is a value's way; a pair (local, remote) is what a lazy load compares.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ambo.errors import AmbiguousForeignKeysError, ArgumentError, NoForeignKeysError
from ambo.mapping.foreign_links import constraint_links, refers, tables_of
from ambo.mapping.markers import MANYTOMANY, MANYTOONE, ONETOMANY, RelationshipDirection
from ambo.statements.expressions import ColumnElement
from ambo.statements.froms import join_condition
from ambo.statements.named_columns import ColumnClause
from ambo.statements.nodes import ClauseElement
from ambo.statements.sources import Join
from ambo.statements.traversal import iterate, replace

Pair = tuple[Any, Any]


class Marked(ColumnElement[Any]):
    """A column's mention in a join condition, with what is known about it."""

    __slots__ = ("element", "foreign", "key", "remote")
    visit = "marked"
    _nodes = ("element",)

    def __init__(self, element: Any, foreign: bool = False, remote: bool = False) -> None:
        self.element = element
        self.foreign = foreign
        self.remote = remote
        self.type = element.type
        self.key = getattr(element, "key", None)
        self._tokens = element._tokens
        self._binds = element._binds

    def _key_parts(self) -> list[Any]:
        return [self.element]

    @property
    def table(self) -> Any:
        """The column's table."""
        return self.element.table


def foreign(expr: Any) -> Any:
    """Mark the column in a primaryjoin that refers to the other."""
    return _mark(expr, is_foreign=True)


def remote(expr: Any) -> Any:
    """Mark the column in a primaryjoin that belongs to the target."""
    return _mark(expr, is_remote=True)


def _mark(expr: Any, is_foreign: bool = False, is_remote: bool = False) -> Any:
    element = expr
    while hasattr(element, "__clause_element__"):
        inner = element.__clause_element__()
        if inner is element:
            break
        element = inner

    def mark(node: Any) -> Any:
        if isinstance(node, Marked):
            return Marked(node.element, node.foreign or is_foreign, node.remote or is_remote)
        if is_column(node):
            return Marked(node, is_foreign, is_remote)
        return None

    return replace(element, mark)


def is_column(node: Any) -> bool:
    """Tell whether a node is a column of a table or of a mapped class."""
    return isinstance(node, ColumnClause) or bool(getattr(node, "is_entity_column", False))


def stripped(expression: Any) -> Any:
    """Return a condition without marks."""
    return None if expression is None else replace(expression, lambda node: node.element if isinstance(node, Marked) else None)


def plain(expression: Any) -> Any:
    """Return an expression with the attributes of mapped classes (not of aliases) replaced by their columns."""

    def column(node: Any) -> Any:
        if isinstance(node, Marked):
            inner = plain(node.element)
            return Marked(inner, node.foreign, node.remote) if is_column(inner) else inner
        if getattr(node, "is_entity_column", False) and node.entity.alias is None:
            return node.expression
        return node if isinstance(node, ColumnClause) else None  # its source stays what it is, whatever it is made of

    return None if expression is None else replace(expression, column)


def plain_join(source: Any) -> Any:
    """Return a source with the mapped classes in it replaced by their tables: `join(B, D, B.d_id == D.id)`."""
    if getattr(source, "is_entity", False) and source.alias is None:
        return source.mapper.persist_selectable
    if getattr(source, "visit", None) != "join":
        return source
    left, right = plain_join(source.left), plain_join(source.right)
    onclause = join_condition(left, right) if source.onclause is None else plain(source.onclause)
    return Join(left, right, onclause, source.isouter, source.full)


def columns_in(expression: Any) -> list[Any]:
    """Return the marked or plain column mentions of a condition."""
    found: list[Any] = []
    inside: set[int] = set()
    for node in iterate(expression):
        if isinstance(node, Marked):
            inside.add(id(node.element))
            found.append(node)
        elif is_column(node) and id(node) not in inside:
            found.append(node)
    return found


def conjunction(conditions: Iterable[Any]) -> Any:
    """Join conditions by AND."""
    found: Any = None
    for one in conditions:
        found = one if found is None else found & one
    return found




class JoinCondition:
    """The join of one relationship, analysed."""

    def __init__(
        self,
        name: str,
        parent_table: Any,
        parent_local: Any,
        child_table: Any,
        child_local: Any,
        primaryjoin: Any = None,
        secondary: Any = None,
        secondaryjoin: Any = None,
        foreign_keys: Iterable[Any] = (),
        remote_side: Iterable[Any] = (),
        is_self_referential: bool = False,
        supports_sync: bool = True,
        can_be_synced: Callable[[Any], bool] = lambda column: True,
    ) -> None:
        self.name = name
        self.parent_table = parent_table
        self.parent_local = parent_local
        self.child_table = child_table
        self.child_local = child_local
        self.secondary = secondary
        self.foreign_keys = set(foreign_keys)
        self.given_remote = set(remote_side)
        self.is_self_referential = is_self_referential
        self.supports_sync = supports_sync
        self.can_be_synced = can_be_synced
        if secondaryjoin is not None and secondary is None:
            raise ArgumentError(f"relationship {name} has a secondaryjoin but no secondary table")
        self.primaryjoin, self.secondaryjoin = self._given_or_found(plain(primaryjoin), plain(secondaryjoin))
        self.marked_primary = self._marked(self.primaryjoin, parent_table)
        self.marked_secondary = None if self.secondaryjoin is None else self._marked(self.secondaryjoin, child_table)
        self.primaryjoin = stripped(self.primaryjoin)
        self.secondaryjoin = stripped(self.secondaryjoin)
        self._check_foreign()
        self.direction = self._find_direction()
        self._find_pairs()
        self._check_flow()

    # ---- the condition

    def _given_or_found(self, primary: Any, secondary_join: Any) -> Pair:
        if self.secondary is not None:
            if secondary_join is None:
                secondary_join = self._between(self.child_table, self.secondary, self.child_local)
            if primary is None:
                primary = self._between(self.parent_table, self.secondary, self.parent_local)
        elif primary is None:
            primary = self._between(self.parent_table, self.child_table, self.parent_local)
        return primary, secondary_join

    def _between(self, one: Any, other: Any, preferred: Any) -> Any:
        groups = _constraints_between(one, other)
        if self.foreign_keys:
            groups = [kept for pairs in groups if (kept := [pair for pair in pairs if pair[1] in self.foreign_keys])]
        if len(groups) > 1 and preferred is not None:
            near = [pairs for pairs in groups if all(self._touches(preferred, pair) for pair in pairs)]
            groups = near or groups
        if len(groups) > 1:
            unique = {frozenset((id(a), id(b)) for a, b in pairs): pairs for pairs in groups}
            groups = list(unique.values())
        if not groups:
            raise NoForeignKeysError(self._no_join(one, other))
        if len(groups) > 1:
            choices = ", ".join(sorted(str(pair[1]) for pairs in groups for pair in pairs))
            raise AmbiguousForeignKeysError(
                f"could not determine the join of relationship {self.name}: several foreign keys link tables "
                f"{one.description!r} and {other.description!r} ({choices}); name one with foreign_keys=[...]"
            )
        return conjunction(referred == own for referred, own in groups[0])

    @staticmethod
    def _touches(preferred: Any, pair: Pair) -> bool:
        tables = tables_of(preferred)
        return any(getattr(column, "table", None) is table for column in pair for table in tables)

    def _no_join(self, one: Any, other: Any) -> str:
        through = " through the secondary table" if self.secondary is not None else ""
        return (
            f"could not determine the join of relationship {self.name}{through}: no foreign keys link tables "
            f"{one.description!r} and {other.description!r}; add a ForeignKey, or pass primaryjoin"
            f"{' and secondaryjoin' if self.secondary is not None else ''}"
        )

    # ---- marks

    def _marked(self, condition: Any, near: Any) -> Any:
        """Return a condition with every mention of a column marked; `near` is the table it joins to the secondary one."""
        condition = _each_mention(condition)
        mentions = marked_columns(condition)
        if not any(one.foreign for one in mentions):
            foreign_ids = self._foreign_mentions(condition, mentions)
            for one in mentions:
                one.foreign = id(one) in foreign_ids
        if any(one.remote for one in mentions):
            if self.given_remote:
                raise ArgumentError(f"relationship {self.name} has both remote() marks in its primaryjoin and remote_side; use one of them")
            return condition
        if self.secondary is not None:
            remote_ids = self._in_secondary(condition, mentions, near)
        else:
            remote_ids = self._remote_mentions(condition, mentions, {id(one) for one in mentions if one.foreign})
        for one in mentions:
            one.remote = id(one) in remote_ids
        return condition

    def _foreign_mentions(self, condition: Any, mentions: list[Any]) -> set[int]:
        if self.foreign_keys:
            return {id(one) for one in mentions if _column(one) in self.foreign_keys}
        found: set[int] = set()
        for left, right in _comparisons(condition):
            which = self._which_is_foreign(_column(left), _column(right))
            if which is not None:
                found.add(id(left if which is _column(left) and which is not _column(right) else right))
        return found

    def _which_is_foreign(self, one: Any, other: Any) -> Any:
        if refers(one, other):
            return one
        if refers(other, one):
            return other
        if self.secondary is not None:
            inside = self.secondary.c
            if inside.contains_column(one) is not inside.contains_column(other):
                return one if inside.contains_column(one) else other
        return None

    def _remote_mentions(self, condition: Any, mentions: list[Any], foreign_ids: set[int]) -> set[int]:
        if self.given_remote:
            return self._remote_as_given(condition, mentions)
        if self.is_self_referential and self._stays_on_one_side(condition):
            return self._remote_of_self(condition, foreign_ids)
        if self._tables_overlap():
            child = self.child_local.c
            parent = self.parent_local.c
            found = {id(one) for one in mentions if self._in_child(one) and (not self._in_parent(one) or (_within(child, one) and not _within(parent, one)))}
            return found or self._remote_of_self(condition, foreign_ids)
        return {id(one) for one in mentions if self._in_child(one)}

    def _stays_on_one_side(self, condition: Any) -> bool:
        """Tell whether some comparison is between columns that both parent and target have, so that tables do not tell them apart."""
        return any(all(self._in_parent(one) and self._in_child(one) for one in pair) for pair in _comparisons(condition))

    def _in_secondary(self, condition: Any, mentions: list[Any], near: Any) -> set[int]:
        """Return the mentions of the secondary table; where that is a join with the near table in it, the near one's are not."""
        found = {id(one) for one in mentions if _within(self.secondary.c, one)}
        for left, right in _comparisons(condition):
            if id(left) in found and id(right) in found and _within(near.c, left) is not _within(near.c, right):
                found.discard(id(left if _within(near.c, left) else right))
        return found

    def _remote_as_given(self, condition: Any, mentions: list[Any]) -> set[int]:
        found = {id(one) for one in mentions if _column(one) in self.given_remote}
        if not self.is_self_referential:
            return found
        both: set[int] = set()
        for left, right in _comparisons(condition):
            if _column(left) is _column(right) and id(left) in found and id(right) in found:
                both.add(id(right))
        return found - both

    def _remote_of_self(self, condition: Any, foreign_ids: set[int]) -> set[int]:
        found: set[int] = set()
        for left, right in _comparisons(condition):
            if id(left) in foreign_ids and id(right) not in foreign_ids:
                found.add(id(left))
            elif id(right) in foreign_ids:
                found.add(id(right))
        return found

    def _tables_overlap(self) -> bool:
        mine = {id(one) for one in tables_of(self.parent_table)}
        return any(id(one) in mine for one in tables_of(self.child_table))

    def _in_child(self, mention: Any) -> bool:
        return _within(self.child_table.c, mention)

    def _in_parent(self, mention: Any) -> bool:
        return _within(self.parent_table.c, mention)

    # ---- direction and pairs

    def _check_foreign(self) -> None:
        if any(one.foreign for one in marked_columns(self.marked_primary)):
            return
        raise ArgumentError(
            f"could not locate any relevant foreign key columns for the primary join condition '{self.primaryjoin}' of relationship "
            f"{self.name}; give the column a ForeignKey, mark it with foreign(), or pass foreign_keys=[...]"
        )

    def _check_flow(self) -> None:
        if self.supports_sync and not (self.synchronize_pairs or self.secondary_synchronize_pairs):
            raise ArgumentError(
                f"could not locate any simple equality expressions involving foreign key columns in the primary join condition "
                f"'{self.primaryjoin}' of relationship {self.name}, so it can't be written; compare columns with ==, or set viewonly=True"
            )

    def _find_direction(self) -> RelationshipDirection:
        if self.secondary is not None:
            return MANYTOMANY
        foreign_marks = [one for one in marked_columns(self.marked_primary) if one.foreign]
        in_child = [one for one in foreign_marks if self._in_child(one)]
        in_parent = [one for one in foreign_marks if self._in_parent(one)]
        if in_child and in_parent:
            return self._direction_by_remote(foreign_marks)
        if in_child:
            return ONETOMANY
        if in_parent:
            return MANYTOONE
        raise ArgumentError(
            f"can't determine the direction of relationship {self.name}: the foreign key columns of '{self.primaryjoin}' are in neither "
            "the parent's nor the target's table"
        )

    def _direction_by_remote(self, foreign_marks: list[Any]) -> RelationshipDirection:
        kinds = {one.remote for one in foreign_marks}
        if kinds == {True}:
            return ONETOMANY
        if kinds == {False}:
            return MANYTOONE
        raise ArgumentError(
            f"can't determine the direction of relationship {self.name}: foreign key columns are on both sides of '{self.primaryjoin}'; "
            "mark the target's with remote(), or pass remote_side and foreign_keys"
        )

    def _find_pairs(self) -> None:
        self.synchronize_pairs = list(self._flow(self.marked_primary))
        self.secondary_synchronize_pairs = [] if self.marked_secondary is None else list(self._flow(self.marked_secondary))
        self.local_remote_pairs = list(self._across(self.marked_primary))
        if self.marked_secondary is not None:
            self.local_remote_pairs += list(self._across(self.marked_secondary))
        both = [*marked_columns(self.marked_primary), *marked_columns(self.marked_secondary)]
        self.remote_columns = {one.element for one in both if one.remote}
        self.foreign_columns = {one.element for one in both if one.foreign}
        self.local_columns = {
            one.element for one in marked_columns(self.marked_primary) if not one.remote and self._in_parent(one)
        }

    def _flow(self, condition: Any) -> Iterator[Pair]:
        for left, right in _comparisons(condition, equal_only=True):
            if left.foreign and not right.foreign:
                yield right.element, left.element
            elif right.foreign and not left.foreign:
                yield left.element, right.element

    def _across(self, condition: Any) -> Iterator[Pair]:
        for left, right in _comparisons(condition):
            if left.remote and not right.remote:
                yield right.element, left.element
            elif right.remote and not left.remote:
                yield left.element, right.element

    # ---- use

    def reversed_primary(self, keep_remote: bool = True) -> Any:
        """Return the condition as the other side of the relationship sees it; without marks for remote if that side says it itself."""

        def turn(node: Any) -> Any:
            return Marked(node.element, node.foreign, keep_remote and not node.remote) if isinstance(node, Marked) else None

        return replace(self.marked_primary, turn)

    def expression(self, local: Callable[[Any], Any], remote: Callable[[Any], Any], through: Callable[[Any], Any] | None = None) -> tuple[Any, Any]:
        """Return (primary, secondary) conditions with each column replaced by what stands for it.

        `local` gives what stands for a column of the parent, `remote` of the target, `through` of the secondary table.
        """
        if self.marked_secondary is None:
            return _instead(self.marked_primary, local, remote), None
        middle = through or (lambda column: column)
        return _instead(self.marked_primary, local, middle), _instead(self.marked_secondary, remote, middle)


def _instead(condition: Any, local: Callable[[Any], Any], remote: Callable[[Any], Any]) -> Any:
    def one(node: Any) -> Any:
        if isinstance(node, Marked):
            return remote(node.element) if node.remote else local(node.element)
        return None

    return replace(condition, one)


def _each_mention(node: Any) -> Any:
    """Wrap each mention of a column in a mark of its own, also where one column is mentioned twice."""
    if isinstance(node, Marked):
        return Marked(node.element, node.foreign, node.remote)
    if is_column(node):
        return Marked(node)
    changed: dict[str, Any] = {}
    for name in getattr(node, "_nodes", ()):
        value = getattr(node, name)
        if isinstance(value, tuple):
            changed[name] = tuple(_each_mention(one) if isinstance(one, ClauseElement) else one for one in value)
        elif isinstance(value, ClauseElement):
            changed[name] = _each_mention(value)
    return node._copy(**changed) if changed else node


def _within(columns: Any, mention: Any) -> bool:
    return bool(columns.contains_column(_column(mention)))


def _column(mention: Any) -> Any:
    return mention.element if isinstance(mention, Marked) else mention


def marked_columns(condition: Any) -> list[Any]:
    """Return the marks in a condition."""
    return [] if condition is None else [node for node in iterate(condition) if isinstance(node, Marked)]


def _comparisons(condition: Any, equal_only: bool = False) -> Iterator[Pair]:
    """Yield the pairs of column mentions that a condition compares."""
    for node in iterate(condition):
        operator = getattr(getattr(node, "operator", None), "__name__", None)
        left, right = getattr(node, "left", None), getattr(node, "right", None)
        if left is None or right is None or (equal_only and operator != "eq"):
            continue
        lefts, rights = columns_in(left), columns_in(right)
        if equal_only and (len(lefts) != 1 or len(rights) != 1):
            continue
        for one in lefts:
            for other in rights:
                yield one, other


def _constraints_between(one: Any, other: Any) -> list[list[Pair]]:
    groups = constraint_links(other, one)
    if one is not other:
        groups += constraint_links(one, other)
    return groups
