"""`AsyncAttrs`: mixed into mapped classes, lets an attribute be loaded by awaiting it.

    class Base(AsyncAttrs, DeclarativeBase): ...
    addresses = await user.awaitable_attrs.addresses

Rule 1: what is loaded is returned at once; what is not is loaded by the object's AsyncSession.
"""

from __future__ import annotations

from typing import Any

from ambo.mapping.state import peek_state


class AsyncAttrs:
    """Gives mapped objects `awaitable_attrs`."""

    @property
    def awaitable_attrs(self) -> AwaitableAttrs:
        """The object's attributes, to be awaited."""
        return AwaitableAttrs(self)


class AwaitableAttrs:
    """The attributes of one object as awaitables."""

    __slots__ = ("_obj",)

    def __init__(self, obj: Any) -> None:
        self._obj = obj

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _value_of(self._obj, name)


async def _value_of(obj: Any, name: str) -> Any:
    """Return an attribute's value, loading it if need be; a property may load several things, in a thread of its own."""
    if name in obj.__dict__:
        return obj.__dict__[name]
    state = peek_state(obj)
    session = None if state is None else state.session
    if session is None or not getattr(session, "is_async", False):
        return getattr(obj, name)
    if name in type(obj)._sa_class_manager.tracked:
        return await session.load(obj, getattr(type(obj), name))
    return await session.run_sync(lambda _: getattr(obj, name))
