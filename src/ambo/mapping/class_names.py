"""Names in strings: `relationship("Address", primaryjoin="User.id == Address.user_id", order_by="Address.email")`.

A string is Python, evaluated with the classes of the registry, the tables of its MetaData and the usual SQL functions as names.

Rule 1: a name that stands for several classes must say its module: "myapp.models.Address", or as much of it as is needed.
Rule 2: an unknown name is an InvalidRequestError that names the class, the expression and the name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ambo.errors import InvalidRequestError, UnmappedClassError, suggestion
from ambo.mapping.join_conditions import foreign, remote
from ambo.statements import elements, froms, functions, selects
from ambo.statements.nodes import ClauseElement

_MODULES = (functions, elements, selects, froms)
_FUNCTIONS = (
    "and_", "or_", "not_", "func", "text", "cast", "case", "desc", "asc", "nulls_first", "nulls_last", "nullsfirst", "nullslast",
    "null", "true", "false", "literal", "literal_column", "select", "exists", "bindparam", "between", "tuple_", "distinct",
    "extract", "type_coerce", "column", "join", "outerjoin",
)  # fmt: skip
KNOWN_FUNCTIONS: dict[str, Any] = {
    "foreign": foreign,
    "remote": remote,
    **{name: getattr(module, name) for module in _MODULES for name in _FUNCTIONS if hasattr(module, name)},
}
"""Functions that may be named in strings."""


class ClassName:
    """A class named in a string; its attributes are columns."""

    def __init__(self, class_: type[Any], where: str) -> None:
        self._class = class_
        self._where = where

    def resolve(self) -> type[Any]:
        """Return the class."""
        return self._class

    def __clause_element__(self) -> Any:
        return self._class.__dict__["__entity__"]

    def __getattr__(self, key: str) -> Any:
        if key.startswith("__"):
            raise AttributeError(key)
        mapper = self._class.__dict__["__entity__"].mapper
        prop = mapper.attributes.get(key)
        if prop is None:
            if hasattr(self._class, key):
                return getattr(self._class, key)
            raise InvalidRequestError(
                f"{self._where}: class {self._class.__name__} has no property {key!r}{suggestion(key, mapper.attributes)}"
            )
        return getattr(self._class, key)


class ModuleName:
    """The beginning of a dotted path to a class."""

    def __init__(self, scope: NameScope, parts: tuple[str, ...]) -> None:
        self._scope = scope
        self._parts = parts

    def __getattr__(self, key: str) -> Any:
        if key.startswith("__"):
            raise AttributeError(key)
        classes = [one for one in self._scope.registry.classes_named(key) if self._matches(one)]
        if classes:
            return self._scope.one_class(key, classes)
        deeper = ModuleName(self._scope, (*self._parts, key))
        if not deeper.exists():
            raise self._scope.unknown(".".join((*self._parts, key)))
        return deeper

    def _matches(self, class_: type[Any]) -> bool:
        path = class_.__module__.split(".")
        size = len(self._parts)
        return any(tuple(path[start : start + size]) == self._parts for start in range(len(path) - size + 1))

    def exists(self) -> bool:
        """Tell whether some class lives below this path."""
        return any(self._matches(mapper.class_) for mapper in self._scope.registry.mappers)


class SchemaName:
    """A schema's name before a table's."""

    def __init__(self, scope: NameScope, schema: str) -> None:
        self._scope = scope
        self._schema = schema

    def __getattr__(self, key: str) -> Any:
        table = self._scope.metadata.tables.get(f"{self._schema}.{key}")
        if table is None:
            raise AttributeError(key)
        return TableName(table)


class TableName:
    """A table named in a string; its attributes are columns, or what the table has."""

    def __init__(self, table: Any) -> None:
        self._table = table

    def resolve(self) -> Any:
        """Return the table."""
        return self._table

    def __clause_element__(self) -> Any:
        return self._table

    def __getattr__(self, key: str) -> Any:
        if key in self._table.c and key not in ("c", "columns"):
            return self._table.c[key]
        return getattr(self._table, key)


class NameScope(Mapping[str, Any]):
    """The names a string of one relationship may use."""

    def __init__(self, prop: Any, text: str, what: str, favor_tables: bool) -> None:
        self.registry = prop.parent.registry
        self.metadata = getattr(prop.parent.class_, "metadata", None) or self.registry.metadata
        self.favor_tables = favor_tables
        self.where = f"{what} of relationship {prop}, {text!r}"

    def __getitem__(self, name: str) -> Any:
        classes = self.registry.classes_named(name)
        tables = self.metadata.tables
        if classes and not (self.favor_tables and name in tables):
            return self.one_class(name, classes)
        if name in tables:
            return TableName(tables[name])
        if name == "metadata":
            return self.metadata
        if name in KNOWN_FUNCTIONS:
            return KNOWN_FUNCTIONS[name]
        if any(key.startswith(f"{name}.") for key in tables):
            return SchemaName(self, name)
        module = ModuleName(self, (name,))
        if module.exists():
            return module
        raise self.unknown(name)

    def one_class(self, name: str, classes: list[type[Any]]) -> ClassName:
        """Return the class, if it is only one."""
        if len(classes) > 1:
            paths = ", ".join(sorted(f"{one.__module__}.{one.__name__}" for one in classes))
            raise InvalidRequestError(f"{self.where}: several classes are called {name!r} ({paths}); write the module before the name")
        return ClassName(classes[0], self.where)

    def unknown(self, name: str) -> InvalidRequestError:
        """Return the error for a name that nobody has."""
        known = [*self.registry._class_registry, *self.metadata.tables]
        return InvalidRequestError(
            f"{self.where}: failed to locate a name ({name!r}){suggestion(name, known)}. If this is a class name, "
            "the class must be defined (imported) before the first use of the mappings"
        )

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def evaluate_name(prop: Any, text: str, what: str, favor_class: bool = False, favor_tables: bool = False) -> Any:
    """Return what a string argument of a relationship means."""
    scope = NameScope(prop, text, what, favor_tables)
    if favor_tables and text in scope.metadata.tables:
        return scope.metadata.tables[text]
    try:
        found = eval(text, {"__builtins__": {"__import__": __import__}}, scope)  # the program's own string
    except InvalidRequestError:
        raise
    except (NameError, AttributeError) as error:
        raise InvalidRequestError(f"{scope.where}: {error}") from error
    except SyntaxError as error:
        raise InvalidRequestError(f"{scope.where} is neither a name nor a Python expression: {error.msg}") from error
    if favor_class and not isinstance(found, (ClassName, TableName)) and not hasattr(found, "mapper"):
        raise UnmappedClassError(f"{scope.where} is not a mapped class")
    return _unwrapped(found)


def _unwrapped(found: Any) -> Any:
    if isinstance(found, (ClassName, TableName)):
        return found.resolve()
    if isinstance(found, (list, tuple)):
        return [_unwrapped(one) for one in found]
    return found


def resolve_argument(prop: Any, given: Any, what: str, favor_tables: bool = False) -> Any:
    """Return what an argument of a relationship means: strings are evaluated, functions called, members of lists likewise."""
    if isinstance(given, str):
        return evaluate_name(prop, given, what, favor_tables=favor_tables)
    if isinstance(given, (list, tuple)):
        return [resolve_argument(prop, one, what, favor_tables) for one in given]
    if _is_late(given):
        return resolve_argument(prop, given(), what, favor_tables)
    return given


def _is_late(given: Any) -> bool:
    return (
        isinstance(given, Callable)  # type: ignore[arg-type]
        and not isinstance(given, (type, ClauseElement))
        and not hasattr(given, "__clause_element__")
        and not hasattr(given, "c")
    )
