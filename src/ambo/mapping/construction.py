"""How objects of mapped classes come into being: the injected `__init__`, and the constructor of classes that have none of their own.

    Person(name="x")  ->  __init__  ->  a private state  ->  the class's own __init__  ->  attributes, as their trackers want them
                              `── all at once, where the constructor is ours, the names are columns, and nobody listens

Rule 1: a new object has a state before any code of its class runs.
Rule 2: what `object.__new__` makes without `__init__` (a copy, an unpickled object) gets its state when somebody asks for it.
"""

from __future__ import annotations

import inspect as python_inspect
from collections.abc import Callable
from typing import Any

from ambo.errors import suggestion
from ambo.listening import heard
from ambo.mapping.configuration import before_use, status
from ambo.mapping.shared_state import NOTHING
from ambo.mapping.state import new_state
from ambo.statements.schema_columns import Column


def default_constructor(self: Any, **kwargs: Any) -> None:
    """Set the attributes named by keyword arguments.

    Raises TypeError for a name that is no attribute of the class.
    """
    class_ = type(self)
    manager = getattr(class_, "_sa_class_manager", None)
    tracked = manager.tracked if manager is not None and manager.stores_plainly else {}
    for key, value in kwargs.items():
        tracker = tracked.get(key)
        if tracker is not None:
            tracker.set(self, value)
        elif hasattr(class_, key):
            if manager is not None and isinstance(class_.__dict__.get(key), Column):
                manager.mapper.registry.adopt_late_attributes()
            setattr(self, key, value)
        else:
            raise TypeError(_unknown_keyword(class_, key))


def _unknown_keyword(class_: type[Any], key: str) -> str:
    from_names = [name for name in class_.__dict__["__entity__"].mapper.attributes if not name.startswith("_")]
    return f"{key!r} is an invalid keyword argument for {class_.__name__}{suggestion(key, from_names)}"


def make_init(manager: Any, original: Callable[..., None]) -> Any:
    """Return the `__init__` of a mapped class, around the one it has."""
    dispatch = manager.dispatch
    mapper = manager.mapper
    fast = manager.fast
    known = fast.alike
    stores_at_once = original is default_constructor and manager.stores_plainly

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        have = self.__dict__
        if have.get("_sa_instance_state") is not None:
            original(self, *args, **kwargs)
            return
        if status.is_doubtful:
            before_use(manager)
        state = have["_sa_instance_state"] = new_state(self, mapper)
        if manager.identity_setter is not None:
            manager.identity_setter(self)
        if "init" in heard:
            for one in dispatch.of("init"):
                one(state if one.options.get("raw") else self, args, kwargs)
        if stores_at_once and not args and state.session_ref is None:
            names = tuple(kwargs)
            changes = known.get(names) or fast.changes_of(names)
            if changes is not None:
                if state.committed is NOTHING:
                    state.committed = changes
                else:  # the discriminator
                    state.committed = {**state.committed, **changes}
                state.modified = True
                have.update(kwargs)
                return
        try:
            original(self, *args, **kwargs)
        except BaseException:
            for one in dispatch.of("init_failure"):
                one(state if one.options.get("raw") else self, args, kwargs)
            raise

    made = mark(__init__, original)
    if original is not object.__init__:
        made.__signature__ = python_inspect.signature(original)
    return made


def mark(made: Any, original: Any) -> Any:
    """Have a method that stands for another say so."""
    made._ambo_original = original
    made.__wrapped__ = original
    made.__doc__ = getattr(original, "__doc__", None)
    return made
