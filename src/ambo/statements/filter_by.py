"""`filter_by(name=value)`: which of a statement's sources has the name.

All sources of the statement are asked: those joined, those of select_from(), those of the columns, and, for a name that none
of these has, those that only conditions mention. A name that two of them have is ambiguous, and nothing is guessed.
The classic `Query.filter_by` asks one source alone: the one joined last, or the first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ambo.errors import AmbiguousColumnError, InvalidRequestError, suggestion
from ambo.statements.columns import ColumnCollection
from ambo.statements.late import late


def conditions_by_name(sources: Iterable[Any], values: Mapping[str, Any], mentioned: Iterable[Any] = ()) -> list[Any]:
    """Return the conditions `name = value`.

    Raises AmbiguousColumnError for a name that several sources have, InvalidRequestError for one that none has.
    """
    asked = _each_once(sources)
    return [_attribute(name, asked, mentioned) == value for name, value in values.items()]


def _each_once(sources: Iterable[Any]) -> list[Any]:
    return list({id(one): one for one in sources}.values())


def _attribute(name: str, sources: list[Any], mentioned: Iterable[Any]) -> Any:
    found = _named(name, sources) or _named(name, _each_once(mentioned))
    if len(found) == 1:
        return found[0][1]
    if not found:
        raise InvalidRequestError(_unknown(name, sources))
    names = ", ".join(str(_described(one)) for one, _ in found)
    raise AmbiguousColumnError(
        f'Attribute name "{name}" is ambiguous; it exists in multiple FROM clause entities ({names}). '
        f"Use where() with the attribute itself, such as {_described(found[0][0])}.{name} == value"
    )


def _named(name: str, sources: list[Any]) -> list[tuple[Any, Any]]:
    return [(one, attribute) for one in sources if (attribute := _of_source(one, name)) is not None]


def _of_source(source: Any, name: str) -> Any:
    namespace = getattr(source, "entity_namespace", source)
    return namespace.get(name) if isinstance(namespace, ColumnCollection) else getattr(namespace, name, None)


def _described(source: Any) -> Any:
    return getattr(source, "description", None) or source


def _unknown(name: str, sources: list[Any]) -> str:
    known: list[str] = []
    for one in sources:
        namespace = getattr(one, "entity_namespace", one)
        known += namespace.keys() if isinstance(namespace, ColumnCollection) else dir(namespace)
    if len(sources) == 1:
        return f'Entity namespace for "{_described(sources[0])}" has no property "{name}"{suggestion(name, known)}'
    searched = ", ".join(str(_described(one)) for one in sources)
    return f'None of the FROM clause entities have a property "{name}"{suggestion(name, known)}. Searched entities: {searched}'


def last_joined(select: Any) -> Any:
    """Return the source that the classic Query asks: the one joined last, or the first."""
    for spec in reversed(select._joins):
        return _target(spec)
    for source in select._from_obj:
        return source.left if getattr(source, "visit", "") == "join" else source
    for source in _of_columns(select):
        return source
    return next(iter(select.get_final_froms()), select._raw_columns[0])


def named_sources(select: Any) -> list[Any]:
    """Return the sources that a SELECT names: joined, in select_from(), or by its columns."""
    found = [_target(spec) for spec in select._joins]
    for source in select._from_obj:
        found += [one for one in source._sources_below() if getattr(one, "visit", "") != "join"]
    found += _of_columns(select)
    return found or select.get_final_froms()[:1]


class MentionedSources:
    """The sources that a statement's conditions mention; looked for when a name is in none of its own, which is rare."""

    __slots__ = ("conditions",)

    def __init__(self, statement: Any) -> None:
        self.conditions = statement._where

    def __iter__(self) -> Iterator[Any]:
        for condition in self.conditions:
            yield from late.froms_of(condition)


def _target(spec: Any) -> Any:
    joined = getattr(spec.target, "_joined_entity", None)
    return spec.target if joined is None else joined


def _of_columns(select: Any) -> Iterator[Any]:
    for item in select._raw_columns:
        source = item if getattr(item, "is_from", False) and not hasattr(item, "clauses_tuple") else getattr(item, "table", None)
        if source is not None:
            yield from (source._sources_below() if getattr(source, "visit", "") == "join" else (source,))
