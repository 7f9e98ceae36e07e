"""Event listeners: who listens to what, without knowing any event's meaning.

A thing that emits events (an engine, a session, a mapper, a table, an attribute, or a whole class of these) owns a
`Dispatch`. A dispatch sees its own listeners and those of its parents, most general first: a session's dispatch
has the sessionmaker's and the Session class's as parents.

Rule 1: nothing here calls a listener. Emitters ask `dispatch.of("name")` and call, or yield `effects.call`.
Rule 2: `of` is cheap when nobody listens; the merged tuple is kept until any registration changes anything. `heard` costs nothing.

How a target is found: `listen(target, ...)` asks `target.__event_dispatch__(name)` (a method or classmethod that
returns a Dispatch); a resolver may be registered for targets that cannot have one (`add_resolver`).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

from ambo.errors import InvalidRequestError

Listener = Callable[..., Any]


class _Clock:
    """Counts registrations, so that memoised listener tuples know when they are out of date."""

    __slots__ = ("now",)

    def __init__(self) -> None:
        self.now = 0


clock = _Clock()

heard: set[str] = set()
"""The names of all events that anybody ever listened to: on a hot path `"load" in heard` is asked before a dispatch is."""

_EXECUTED = ("conn", "cursor", "statement", "parameters", "context", "executemany")
_WRITTEN = ("mapper", "connection", "target")
PARAMETERS: dict[str, tuple[str, ...]] = {
    "before_cursor_execute": _EXECUTED,
    "after_cursor_execute": _EXECUTED,
    "before_execute": ("conn", "clauseelement", "multiparams", "params", "execution_options"),
    "after_execute": ("conn", "clauseelement", "multiparams", "params", "execution_options", "result"),
    "before_flush": ("session", "flush_context", "instances"),
    "after_flush": ("session", "flush_context"),
    "after_flush_postexec": ("session", "flush_context"),
    "after_begin": ("session", "transaction", "connection"),
    **dict.fromkeys(("before_commit", "after_commit", "after_rollback"), ("session",)),
    **dict.fromkeys(("before_insert", "after_insert", "before_update", "after_update", "before_delete", "after_delete"), _WRITTEN),
    **dict.fromkeys(("append", "remove", "append_wo_mutation"), ("target", "value", "initiator")),
    "set": ("target", "value", "oldvalue", "initiator"),
    "load": ("target", "context"),
    "refresh": ("target", "context", "attrs"),
    "init": ("target", "args", "kwargs"),
    "connect": ("dbapi_connection", "connection_record"),
    "checkout": ("dbapi_connection", "connection_record", "connection_proxy"),
    "checkin": ("dbapi_connection", "connection_record"),
}
"""The names under which `named=True` listeners are given what an event has to say."""


class Registered:
    """One listener and how it wants to be called.

    `fn` is the user's function, `options` the keyword arguments given to `listen` (`raw`, `retval`, `propagate`,
    `named`, `once`, `active_history`, …), `is_async` whether it is a coroutine function.
    """

    __slots__ = ("done", "fn", "is_async", "options", "parameters")

    def __init__(self, fn: Listener, options: dict[str, Any], name: str = "") -> None:
        self.fn = fn
        self.parameters = PARAMETERS.get(name) if options.get("named") else None
        self.options = options
        self.is_async = inspect.iscoroutinefunction(fn)
        self.done = False

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self.options.get("once"):
            if self.done:
                return None
            self.done = True
        if self.parameters is not None:
            return self.fn(**dict(zip(self.parameters, args, strict=False)), **kwargs)
        return self.fn(*args, **kwargs)


class Emission:
    """The listeners of one event of one emitter, as `dispatch.before_flush`: call it to call them, look in it, count it."""

    __slots__ = ("_found",)

    def __init__(self, found: tuple[Registered, ...]) -> None:
        self._found = found

    def __call__(self, *args: Any, **kwargs: Any) -> None:
        for one in self._found:
            one(*args, **kwargs)

    def __iter__(self) -> Iterator[Listener]:
        return iter([one.fn for one in self._found])

    def __contains__(self, fn: object) -> bool:
        return any(one.fn is fn or one.fn == fn for one in self._found)

    def __len__(self) -> int:
        return len(self._found)


class Dispatch:
    """The listeners of one emitter, with those of its parents."""

    __slots__ = ("__weakref__", "_merged", "_own", "_seen", "parents")

    def __init__(self, *parents: Dispatch) -> None:
        self.parents = parents
        self._own: dict[str, list[Registered]] = {}
        self._merged: dict[str, tuple[Registered, ...]] = {}
        self._seen = -1

    def of(self, name: str) -> tuple[Registered, ...]:
        """Return the listeners of an event, the parents' first."""
        if name not in heard:
            return ()
        if self._seen != clock.now:
            self._merged.clear()
            self._seen = clock.now
        found = self._merged.get(name)
        if found is None:
            found = self._merged[name] = self._collect(name)
        return found

    def __getattr__(self, name: str) -> Emission:
        if name.startswith("_"):
            raise AttributeError(name)
        return Emission(self.of(name))

    def _collect(self, name: str) -> tuple[Registered, ...]:
        found: list[Registered] = []
        for parent in self.parents:
            found += [one for one in parent.of(name) if one not in found]
        return (*found, *self._own.get(name, ()))

    def add(self, name: str, fn: Listener, options: dict[str, Any]) -> None:
        """Register a listener; `insert=True` puts it first, a second registration of the same function is ignored."""
        own = self._own.setdefault(name, [])
        if any(one.fn is fn for one in own):
            return
        if options.get("insert"):
            own.insert(0, Registered(fn, options, name))
        else:
            own.append(Registered(fn, options, name))
        clock.now += 1
        heard.add(name)

    def discard(self, name: str, fn: Listener) -> bool:
        """Remove a listener; return whether it was there."""
        own = self._own.get(name, [])
        kept = [one for one in own if one.fn is not fn]
        self._own[name] = kept
        clock.now += 1
        return len(kept) < len(own)

    def _clear(self) -> None:
        """Forget all listeners but ambo's own; for tests."""
        for listeners in self._own.values():
            listeners[:] = [one for one in listeners if one.options.get("internal")]
        clock.now += 1

    def has(self, name: str, fn: Listener) -> bool:
        """Tell whether this very emitter has that listener."""
        return any(one.fn is fn for one in self._own.get(name, ()))


Resolver = Callable[[Any, str], "Dispatch | None"]
_resolvers: list[Resolver] = []


def add_resolver(resolver: Resolver) -> None:
    """Teach `listen` a kind of target that cannot carry `__event_dispatch__`."""
    _resolvers.append(resolver)


def dispatch_of(target: Any, name: str) -> Dispatch:
    """Return the dispatch of an event's target.

    Raises InvalidRequestError if the target emits no events of that name.
    """
    own = getattr(target, "__event_dispatch__", None)
    found: Dispatch | None = own(name) if own is not None else None
    for resolver in _resolvers:
        if found is not None:
            break
        found = resolver(target, name)
    if found is None:
        raise InvalidRequestError(f"{target!r} emits no event {name!r}; see docs/how-to/events.md for what emits what")
    return found


def listen(target: Any, name: str, fn: Listener, **options: Any) -> None:
    """Call `fn` whenever `target` emits `name`."""
    dispatch_of(target, name).add(name, fn, options)


def listens_for(target: Any, name: str, **options: Any) -> Callable[[Listener], Listener]:
    """Return a decorator that registers its function as a listener."""

    def register(fn: Listener) -> Listener:
        listen(target, name, fn, **options)
        return fn

    return register


def remove(target: Any, name: str, fn: Listener) -> None:
    """Stop calling `fn`.

    Raises InvalidRequestError if it was not listening.
    """
    if not dispatch_of(target, name).discard(name, fn):
        raise InvalidRequestError(f"{fn!r} does not listen to {name!r} of {target!r}")


def contains(target: Any, name: str, fn: Listener) -> bool:
    """Tell whether `fn` listens to `name` of `target`."""
    return dispatch_of(target, name).has(name, fn)
