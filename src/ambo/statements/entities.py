"""What a mapped class looks like inside a statement: `Entity` for the class, `EntityColumn` for one of its attributes.

The mapping layer derives from these two and fills them in; this layer only holds, keys and traverses them. Before a
statement is compiled, lowering (`loading/lower.py`) puts plain tables and columns in their places.

Rule: an entity's `token` is the mapper's, unique in the process; an aliased entity has none and is numbered like any
alias, so two fresh aliases of one class give equal keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from ambo.statements.expressions import ColumnElement
from ambo.statements.nodes import ClauseElement
from ambo.statements.sources import FromClause
from ambo.statements.types.base import TypeEngine

T = TypeVar("T")


class Entity(FromClause):
    """A mapped class, or an alias of one, as a source of rows.

    `mapper` is opaque here; `alias` is None, or anything that marks an alias (its name or selectable).
    """

    __slots__ = ("__dict__", "__weakref__", "alias", "mapper", "token")
    visit = "entity"
    is_entity = True
    named_with_column = True
    stands_for_class = False
    """Whether this is an alias that a load made for a class, so that options which name the class mean it."""

    def __init__(self, mapper: Any, token: int, alias: Any = None) -> None:
        self.mapper = mapper
        self.token = token
        self.alias: Any = alias
        self._tokens = ("entity", token) if alias is None else None
        self._binds = ()

    @property
    def _anonymous(self) -> bool:  # type: ignore[override]  # depends on the entity
        return self.alias is not None

    @property
    def class_(self) -> Any:
        """The mapped class."""
        return self.mapper.class_

    @property
    def _given(self) -> Any:
        """What the user wrote: the mapped class, or the alias."""
        return self.class_ if self.alias is None else getattr(self, "entity", self)

    def _description(self) -> dict[str, Any]:
        name = getattr(self, "name", None) or (self.class_.__name__ if self.alias is None else None)
        given = self._given
        return {"name": name, "type": self.class_, "aliased": self.alias is not None, "expr": given, "entity": given}

    @property
    def _write_table(self) -> Any:
        """The table an INSERT into this entity goes to."""
        return self.mapper.local_table

    def _key_parts(self) -> list[Any]:
        return ["aliased entity", self.token, *self._alias_parts()]

    def _alias_parts(self) -> list[Any]:
        """Return what tells this alias from one of another kind: its name, the selectable beneath."""
        return [self.alias if isinstance(self.alias, str) else None]

    def _after_copy(self) -> None:
        self._tokens = ("entity", self.token) if self.alias is None else None
        self._binds = ()

    def _children(self) -> Iterator[ClauseElement]:
        return iter(())

    def _make_columns(self) -> Iterable[tuple[str, Any]]:
        raise NotImplementedError(f"{type(self).__name__} must say what its columns are")

    def __clause_element__(self) -> Entity:
        return self


class EntityColumn(ColumnElement[T]):
    """A column attribute of an entity.

    `entity` is the class or alias it was asked of, `key` the attribute's name, `expression` the plain column beneath.
    """

    __slots__ = ("__dict__", "_bind_base", "_expression", "_plain_token", "entity", "key", "name")
    visit = "entity_column"
    is_entity_column = True
    _bind_base: str  # a stored one: each comparison asks for it

    def __init__(self, entity: Entity, key: str, expression: Any, token: Any, type_: TypeEngine[Any] | None = None) -> None:
        self.entity = entity
        self.key = key
        self._expression = expression
        self._plain_token = token
        self.name = getattr(expression, "name", None) or key
        self._bind_base = str(self.name)
        self.type = expression.type if type_ is None else type_
        self._tokens = (token,) if entity.alias is None else None
        self._binds = ()

    def _key_parts(self) -> list[Any]:
        return ["column of", self.entity, self.key, self._plain_token]

    def _after_copy(self) -> None:
        self._tokens = (self._plain_token,) if self.entity.alias is None else None
        self._binds = ()

    def _children(self) -> Iterator[ClauseElement]:
        return iter(())

    def _description(self) -> dict[str, Any]:
        entity = self.entity
        return {"name": self.key, "type": self.type, "aliased": entity.alias is not None, "expr": self, "entity": entity._given}

    @property
    def expression(self) -> Any:
        """The plain column."""
        return self._expression

    @property
    def table(self) -> Any:
        """The entity."""
        return self.entity

    @property
    def primary_key(self) -> Any:
        """Whether the column beneath belongs to a primary key."""
        return self._expression.primary_key

    @property
    def foreign_keys(self) -> Any:
        """The foreign keys of the column beneath."""
        return self._expression.foreign_keys

    @property
    def _proxies(self) -> tuple[ColumnElement[Any], ...]:
        return (self._expression,)

    @property
    def _result_name(self) -> str | None:
        return str(self.key)

    @property
    def _anonymous_base(self) -> str:
        return str(self.name)
