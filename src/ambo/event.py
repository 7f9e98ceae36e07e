"""Events: `event.listen(engine, "connect", fn)`, `@event.listens_for(Session, "before_flush")`, `event.remove`, `event.contains`."""

from __future__ import annotations

from ambo.listening import (
    contains as contains,
    listen as listen,
    listens_for as listens_for,
    remove as remove,
)

__all__ = [
    "contains",
    "listen",
    "listens_for",
    "remove",
]
