"""Pickling statements and queries so that they can be used in another process: tables, classes and sessions are named, not stored.

    dumps(statement)                          tables by their keys, mapped classes and attributes by their names
    loads(data, metadata, session, engine)    the names are looked up there

Rule 1: unpickling runs what the data says: only load what the program itself has dumped.
"""

from __future__ import annotations

import pickle
from base64 import b64decode, b64encode
from io import BytesIO
from typing import IO, Any, TypeAlias

from ambo.connecting.engines import EngineBase
from ambo.errors import InvalidRequestError
from ambo.mapping.aliases import AliasedClass, AliasedEntity
from ambo.mapping.attributes import QueryableAttribute
from ambo.mapping.inspection import class_mapper
from ambo.mapping.mapper import Mapper
from ambo.mapping.properties import MapperProperty
from ambo.sessions.base import SessionBase
from ambo.sessions.makers import Scoped
from ambo.statements.copying import slot_names
from ambo.statements.schema_columns import Column
from ambo.statements.tables import Table

Named: TypeAlias = "tuple[Any, ...] | None"
_OF_ALIASES = frozenset({"attributes_made", "_class_view", "_tokens", "_binds", "_columns"})
"""What an alias makes when it is asked for."""


class Serializer(pickle.Pickler):
    """A pickler of statements: `Serializer(file, protocol).dump(statement)`. Protocols before 2 know no slots, so 2 is taken for them."""

    def __init__(self, file: IO[bytes], protocol: int | None = None) -> None:
        chosen = pickle.DEFAULT_PROTOCOL if protocol is None else protocol
        super().__init__(file, pickle.HIGHEST_PROTOCOL if chosen < 0 else max(2, chosen))

    def persistent_id(self, obj: Any) -> str | None:
        """Return the name of what is not stored."""
        found = _named(obj)
        if found is None:
            return None
        kind, *rest = found
        return f"{kind}:{b64encode(pickle.dumps(rest)).decode()}"

    def reducer_override(self, obj: Any) -> Any:
        """Return how aliases, and the attributes of aliases, are made again."""
        if isinstance(obj, type):
            return NotImplemented
        if isinstance(obj, AliasedClass):
            return _class_of_alias, (obj.__clause_element__(),)
        if isinstance(obj, AliasedEntity):
            return object.__new__, (type(obj),), _state_of_alias(obj), None, None, _restore_alias
        if _is_attribute(obj) and isinstance(obj.owner_entity, AliasedEntity) and _same(obj, obj.owner_entity.attributes_made.get(obj.key)):
            return _attribute_of_alias, (obj.owner_entity, obj.key)
        return NotImplemented


class Deserializer(pickle.Unpickler):
    """The unpickler of what a `Serializer` wrote; tables are looked up in `metadata`, queries get the session."""

    def __init__(self, file: IO[bytes], metadata: Any = None, scoped_session: Any = None, engine: Any = None) -> None:
        super().__init__(file)
        self.metadata = metadata
        self.scoped_session = scoped_session
        self.engine = engine

    def persistent_load(self, pid: str) -> Any:
        """Return what a name stands for.

        Raises InvalidRequestError if that is not there.
        """
        kind, _, packed = pid.partition(":")
        given = pickle.loads(b64decode(packed))
        if kind == "session":
            return self._session()
        if kind == "engine":
            return self._engine()
        if kind in ("table", "column"):
            table = self._table(given[0])
            return table if kind == "table" else table.c[given[1]]
        return _of_class(kind, *given)

    def _session(self) -> Any:
        return self.scoped_session() if isinstance(self.scoped_session, Scoped) else self.scoped_session

    def _engine(self) -> Any:
        session = self._session()
        found = self.engine if self.engine is not None else None if session is None else session.get_bind()
        if found is None:
            raise InvalidRequestError("what was pickled refers to an engine; pass engine= (or a session that has one) to loads()")
        return found

    def _table(self, key: str) -> Any:
        if self.metadata is None or key not in self.metadata.tables:
            where = "no metadata was given" if self.metadata is None else "the metadata has no table of that name"
            raise InvalidRequestError(f"what was pickled refers to the table {key!r}, but {where}; pass the MetaData with it to loads()")
        return self.metadata.tables[key]


def dumps(obj: Any, protocol: int = pickle.HIGHEST_PROTOCOL) -> bytes:
    """Pickle a statement, an expression, a classic query, or anything that holds some."""
    file = BytesIO()
    Serializer(file, protocol).dump(obj)
    return file.getvalue()


def loads(data: bytes, metadata: Any = None, scoped_session: Any = None, engine: Any = None) -> Any:
    """Return what `dumps` was given: statements about the tables of `metadata`, queries of the session. Only load your own data.

    Raises InvalidRequestError if a table is not there.
    """
    return Deserializer(BytesIO(data), metadata, scoped_session, engine).load()


def _named(obj: Any) -> Named:
    """Return the kind of a thing that is known by name, and its name; None for all else."""
    if isinstance(obj, (SessionBase, Scoped)):
        return ("session",)
    if isinstance(obj, EngineBase):
        return ("engine",)
    if isinstance(obj, Table):
        return ("table", str(obj.key)) if _same(obj, obj.metadata.tables.get(obj.key)) else None
    if isinstance(obj, Column):
        table = obj.table
        return ("column", str(table.key), str(obj.key)) if isinstance(table, Table) and _named(table) is not None else None
    if isinstance(obj, Mapper):
        return "mapper", obj.class_
    if isinstance(obj, MapperProperty):
        parent: Any = obj.parent
        return ("property", parent.class_, obj.key) if _same(obj, parent.attributes.get(obj.key)) else None
    if _is_attribute(obj) and not isinstance(obj.owner_entity, AliasedEntity):
        class_ = obj.owner_entity.class_
        return ("attribute", class_, obj.key) if _same(obj, getattr(class_, obj.key, None)) else None
    return None


def _same(obj: object, other: object) -> bool:
    return obj is other  # type checkers narrow the operands of a bare `is`


def _is_attribute(obj: Any) -> bool:
    return isinstance(obj, QueryableAttribute)


def _of_class(kind: str, class_: Any, key: str = "") -> Any:
    if kind == "attribute":
        return getattr(class_, key)
    mapper: Any = class_mapper(class_)
    return mapper if kind == "mapper" else mapper.attributes[key]


def _class_of_alias(entity: AliasedEntity) -> Any:
    return entity.entity


def _attribute_of_alias(entity: AliasedEntity, key: str) -> Any:
    return entity.attribute(key)


def _state_of_alias(entity: AliasedEntity) -> dict[str, Any]:
    own = {name: getattr(entity, name) for name in slot_names(type(entity)) if name not in _OF_ALIASES and name != "token"}
    return {**own, **{name: value for name, value in entity.__dict__.items() if name not in _OF_ALIASES}}


def _restore_alias(entity: AliasedEntity, state: dict[str, Any]) -> None:
    for name, value in state.items():
        object.__setattr__(entity, name, value)
    entity.token = entity.mapper.token
    entity.attributes_made = {}
    entity._after_copy()
