"""What everything in a schema shares: a parent, `info`, listeners, and options that belong to one database.

Listeners: every class of schema items has a `Dispatch`, with those of its bases as parents; an item gets its own when
somebody listens to it. `before_parent_attach(item, parent)` and `after_parent_attach(item, parent)` are called here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ambo.errors import ArgumentError
from ambo.listening import Dispatch


class _DispatchAccess:
    """`item.__event_dispatch__(name)` and `Class.__event_dispatch__(name)` alike."""

    def __get__(self, item: Any, owner: type[Any]) -> Any:
        return lambda name: own_dispatch(item, owner)


def own_dispatch(item: Any, owner: type[Any]) -> Dispatch:
    """Return the dispatch of an item, or of a class if the item is None, made at first use."""
    if item is None:
        found: Dispatch | None = owner.__dict__.get("_class_dispatch")
        if found is None:
            bases = [own_dispatch(None, base) for base in owner.__bases__ if issubclass(base, EventTarget)]
            found = Dispatch(*bases)
            owner._class_dispatch = found
        return found
    made: Dispatch | None = item._own_dispatch
    if made is None:
        made = item._own_dispatch = Dispatch(own_dispatch(None, owner))
    return made


class EventTarget:
    """Something in a schema that emits events."""

    __event_dispatch__ = _DispatchAccess()
    _own_dispatch: Dispatch | None = None

    @property
    def dispatch(self) -> Dispatch:
        """The listeners of this item and of its class."""
        return self._own_dispatch or own_dispatch(None, type(self))


class SchemaItem(EventTarget):
    """A part of a schema: a table, column, constraint, index, sequence, default."""

    __visit_name__ = "schema_item"
    create_drop_stringify_dialect = "default"

    @property
    def info(self) -> dict[Any, Any]:
        """A dictionary for whatever the user wants to keep beside the item."""
        found: dict[Any, Any] | None = self.__dict__.get("_info")
        if found is None:
            found = self.__dict__["_info"] = {}
        return found

    @info.setter
    def info(self, value: dict[Any, Any]) -> None:
        self.__dict__["_info"] = value

    _ddl_condition: Any = None

    def ddl_if(self, dialect: Any = None, callable_: Any = None, state: Any = None) -> Any:
        """Have a constraint or index created on the named databases only, or if `callable_` returns True; returns itself."""
        self._ddl_condition = (dialect, callable_, state)
        return self

    def _attach(self, parent: Any, **kw: Any) -> None:
        """Make this a part of `parent`, telling listeners before and after."""
        dispatch = self.dispatch
        for listener in dispatch.of("before_parent_attach"):
            listener(self, parent)
        self._set_parent(parent, **kw)
        for listener in dispatch.of("after_parent_attach"):
            listener(self, parent)

    _set_parent_with_dispatch = _attach

    def _set_parent(self, parent: Any, **kw: Any) -> None:
        raise NotImplementedError

    def _schema_item_copy(self, copied: Any) -> Any:
        """Take over to a copy what every item has: `info` and the listeners registered with `propagate=True`."""
        if "_info" in self.__dict__:
            copied.info = dict(self.info)
        own = self._own_dispatch
        for name, listeners in own._own.items() if own is not None else ():
            for one in listeners:
                if one.options.get("propagate"):
                    own_dispatch(copied, type(copied)).add(name, one.fn, one.options)
        return copied


class DialectOptions(Mapping[str, dict[str, Any]]):
    """Options by database: `options["postgresql"]["using"]`; unset ones are missing keys of an empty dict."""

    def __init__(self, given: Mapping[str, Any], owner: str) -> None:
        self._by_name: dict[str, _Options] = {}
        for key, value in given.items():
            name, separator, option = key.partition("_")
            if not separator or not option:
                raise ArgumentError(f"{owner} has no argument {key!r}; options of a database are written as <database>_<option>")
            self[name][option] = value

    def __getitem__(self, name: str) -> dict[str, Any]:
        return self._by_name.setdefault(name, _Options())

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)


class _Options(dict[str, Any]):
    def __missing__(self, key: str) -> None:
        return None


class HasDialectOptions:
    """Mixed into what takes `postgresql_using="gin"` and the like."""

    dialect_options: DialectOptions

    def _take_options(self, given: Mapping[str, Any]) -> None:
        self.dialect_options = DialectOptions(given, type(self).__name__)

    @property
    def dialect_kwargs(self) -> dict[str, Any]:
        """The options as they were given."""
        return {f"{name}_{option}": value for name, options in self.dialect_options.items() for option, value in options.items()}

    kwargs = dialect_kwargs


def verbs_of(bind: Any) -> Callable[..., Any]:
    """Return the hook of an engine, connection or inspector that runs schema operations."""
    found: Callable[..., Any] | None = getattr(bind, "_run_schema_verb", None)
    if found is None:
        raise ArgumentError(f"{bind!r} is no Engine or Connection; under asyncio write 'await connection.run_sync(metadata.create_all)'")
    return found
