"""Which sources a SELECT needs: those its columns and conditions name, its joins resolved.

`final_froms` is what FROM lists, before correlation (the renderer takes away what an outer statement has).
A join without a left side takes the one source it can be joined to; more than one is an error that says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import and_ as AND
from typing import Any

from ambo.errors import AmbiguousForeignKeysError, InvalidRequestError, NoForeignKeysError, NoReferenceError
from ambo.statements.aliased_sources import TableSample
from ambo.statements.coercions import as_condition, as_from
from ambo.statements.expressions import ColumnElement
from ambo.statements.late import late
from ambo.statements.named_columns import ColumnClause
from ambo.statements.nodes import ClauseElement
from ambo.statements.select_parts import JoinSpec
from ambo.statements.selects import Select
from ambo.statements.sources import FromClause, Join
from ambo.statements.table_values import TableValuedColumn


def froms_of(node: Any) -> list[Any]:
    """Return the sources that an expression (or a source) asks for, in order of appearance."""
    found: dict[int, Any] = {}
    stack = [node]
    while stack:
        one = stack.pop()
        if isinstance(one, (ColumnClause, TableValuedColumn)):
            if one.table is not None:
                found.setdefault(id(one.table), one.table)
        elif getattr(one, "is_entity_column", False):
            found.setdefault(id(one.entity), one.entity)
        elif isinstance(one, FromClause):
            found.setdefault(id(one), one)
        elif isinstance(one, ClauseElement) and not (one.is_select or one.is_dml or one.visit in ("scalar_select", "exists")):
            below = list(one._children())
            below.reverse()
            stack += below
    return list(found.values())


def froms_of_all(nodes: Iterable[Any]) -> list[Any]:
    """Return the sources that several expressions ask for."""
    found: dict[int, Any] = {}
    for node in nodes:
        for one in froms_of(node):
            found.setdefault(id(one), one)
    return list(found.values())


def froms_of_columns(select: Select[Any]) -> list[Any]:
    """Return the sources that the columns of a SELECT ask for."""
    return froms_of_all(select._raw_columns)


def final_froms(select: Select[Any]) -> list[Any]:
    """Return the sources of a SELECT: explicit ones and joins first, then what columns and conditions ask for."""
    explicit = resolve_joins(select)
    implied = froms_of_all((*select._raw_columns, *select._where))
    found: dict[int, Any] = {}
    for one in (*explicit, *implied):
        found.setdefault(id(one), one)
    hidden: set[int] = set()
    for one in found.values():
        for below in one._sources_below():
            if below is not one:
                hidden.add(id(below))
    return [one for one in found.values() if id(one) not in hidden]


def resolve_joins(select: Select[Any]) -> list[Any]:
    """Return the explicit sources of a SELECT with its `.join()`s built into them."""
    froms = list(select._from_obj)
    for spec in select._joins:
        _apply(select, froms, spec)
    return froms


def _apply(select: Select[Any], froms: list[Any], spec: JoinSpec) -> None:
    right = spec.target
    if spec.left is not None:
        index = _index_of(froms, spec.left)
        left = spec.left if index is None else froms[index]
    else:
        index, left = _implicit_left(select, froms, right, spec.onclause)
    joined = Join(left, right, spec.onclause if spec.onclause is not None else join_condition(left, right), spec.isouter, spec.full)
    if index is None:
        froms.append(joined)
    else:
        froms[index] = joined


def _index_of(froms: Sequence[Any], wanted: Any) -> int | None:
    for index, one in enumerate(froms):
        if any(below is wanted for below in one._sources_below()):
            return index
    return None


def _implicit_left(select: Select[Any], froms: list[Any], right: Any, onclause: Any) -> tuple[int | None, Any]:
    candidates = froms or [one for one in froms_of_columns(select) if one is not right] or froms_of_all(select._where)
    candidates = [one for one in candidates if one is not right]
    if not candidates:
        raise InvalidRequestError(
            f"Unable to determine which FROM clause to join {right.description!r} from: the SELECT names no other source. "
            "Use .select_from() or .join_from() to name the left side."
        )
    usable = candidates if len(candidates) == 1 else _joinable(candidates, right, onclause)
    if len(usable) != 1:
        names = ", ".join(repr(one.description) for one in candidates)
        raise InvalidRequestError(
            f"Can't determine which FROM clause to join {right.description!r} from: {names} are there. "
            "Use .select_from() or .join_from() to name the left side, and an explicit ON clause if there is none yet."
        )
    left = usable[0]
    return (next((index for index, one in enumerate(froms) if one is left), None) if froms else None), left


def _joinable(candidates: Sequence[Any], right: Any, onclause: Any) -> list[Any]:
    if onclause is not None:
        named = {id(one) for one in froms_of(onclause)}
        return [one for one in candidates if any(id(below) in named for below in one._sources_below())]
    return [one for one in candidates if can_join(one, right)]


# -- conditions from foreign keys


def join_condition(left: Any, right: Any, a_subset: Any = None) -> Any:
    """Return `left.id = right.left_id` as the foreign keys between two sources say.

    Raises NoForeignKeysError if there is none, AmbiguousForeignKeysError if there are several.
    """
    found = _constraints_between(left, right)
    if not found:
        hint = ""
        if isinstance(right, Join):
            hint = " Perhaps you meant to convert the right side to a subquery using alias()?"
        raise NoForeignKeysError(
            f"Can't find any foreign key relationships between '{left.description}' and '{right.description}'.{hint} "
            "Give the condition: join(target, left.id == right.left_id)."
        )
    if len(found) > 1:
        raise AmbiguousForeignKeysError(
            f"Can't determine join between '{left.description}' and '{right.description}'; "
            "tables have more than one foreign key constraint relationship between them. "
            "Please specify the 'onclause' of this join explicitly."
        )
    pairs = next(iter(found.values()))
    return late.junction(AND, [referred == referring for referred, referring in pairs])


def _constraints_between(left: Any, right: Any) -> dict[Any, list[tuple[Any, Any]]]:
    """Return the foreign key constraints between two sources, each with its pairs (referred, referring)."""
    preferred = left.right if isinstance(left, Join) else None
    for source in (preferred, left):
        if source is None:
            continue
        found: dict[Any, list[tuple[Any, Any]]] = {}
        _collect(source, right, found)
        if left is not right:
            _collect(right, source, found)
        if found:
            return found
    return {}


def _collect(referred_side: Any, referring_side: Any, found: dict[Any, list[tuple[Any, Any]]]) -> None:
    for column in referring_side.c.values():
        for key in column.foreign_keys:
            try:
                target = key.column
            except NoReferenceError as error:
                if getattr(error, "table_name", None) == getattr(referred_side, "name", None):
                    raise
                continue
            referred = referred_side.corresponding_column(target)
            if referred is None:
                continue
            pairs = found.setdefault(key.constraint if key.constraint is not None else key, [])
            if not any(a is referred and b is column for a, b in pairs):
                pairs.append((referred, column))


def can_join(left: Any, right: Any, consider_as_foreign_keys: Any = None, a_subset: Any = None) -> bool:
    """Tell whether foreign keys link two sources."""
    return bool(_constraints_between(left, right))


def join(left: Any, right: Any, onclause: Any = None, isouter: bool = False, full: bool = False) -> Join:
    """Return a join of two sources; without `onclause` the foreign keys decide."""
    one, other = as_from(left, what="join()"), as_from(right, what="join()")
    condition = as_condition(onclause) if onclause is not None else _deferred(one, other)
    return Join(one, other, condition, isouter, full)


def _deferred(left: Any, right: Any) -> Any:
    if getattr(left, "is_entity", False) or getattr(right, "is_entity", False):
        return None
    return join_condition(left, right)


def outerjoin(left: Any, right: Any, onclause: Any = None, full: bool = False) -> Join:
    """Return a left outer join of two sources."""
    return join(left, right, onclause, True, full)


def tablesample(selectable: Any, sampling: Any, name: str | None = None, seed: Any = None) -> TableSample:
    """Return a random part of a table; a number is a percentage for the method SYSTEM."""
    source = as_from(selectable)
    method = sampling if isinstance(sampling, ColumnElement) else late.function("system", sampling)
    return TableSample(source, method, name, seed)


late.froms_of = froms_of
late.froms_of_columns = froms_of_columns
late.final_froms = final_froms
late.join = join
late.tablesample = tablesample
