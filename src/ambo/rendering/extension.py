"""`@compiles`: rendering of one's own constructs, or another rendering of existing ones.

    @compiles(MyFunction)
    def render(element, compiler, **kw): ...

    @compiles(MyFunction, "postgresql")
    def render_for_postgresql(element, compiler, **kw): ...

The function of the dialect wins over the one without; without either, the class is rendered as it was before.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from ambo.errors import UnsupportedCompilationError

Renderer = Callable[..., str]
F = TypeVar("F", bound=Renderer)
_ALSO_KNOWN_AS = {"mariadb": "mysql"}
DEFAULT = "default"


class Renderings:
    """The functions that `@compiles` registered for one class, by dialect."""

    def __init__(self, before: Any) -> None:
        self.by_dialect: dict[str, Renderer] = {}
        self.before = before

    def __call__(self, element: Any, compiler: Any, **kw: Any) -> str:
        name = compiler.dialect.name
        found = self.by_dialect.get(name) or self.by_dialect.get(_ALSO_KNOWN_AS.get(name, name)) or self.by_dialect.get(DEFAULT)
        if found is not None:
            return found(element, compiler, **kw)
        if self.before is not None:
            return str(self.before(element, compiler, **kw))
        visit = getattr(element, "visit", None) or element.__visit_name__
        method = getattr(compiler, f"visit_{visit}", None)
        if method is None:
            raise UnsupportedCompilationError(
                f"{type(element).__name__} has no rendering for {name!r}; write one with @compiles({type(element).__name__}, {name!r})"
            )
        return str(method(element, **kw))


def compiles(class_: type[Any], *specs: str) -> Callable[[F], F]:
    """Register a function that renders instances of a class, for the named dialects or all."""

    def decorate(fn: F) -> F:
        own = class_.__dict__.get("_renderer")
        if not isinstance(own, Renderings):
            own = Renderings(getattr(class_, "_renderer", None))
            class_._renderer = own
        for name in specs or (DEFAULT,):
            own.by_dialect[name] = fn
        return fn

    return decorate


def deregister(class_: type[Any]) -> None:
    """Remove what `@compiles` registered for a class."""
    if "_renderer" in class_.__dict__:
        del class_._renderer
