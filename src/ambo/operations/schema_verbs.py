"""What a bind's `_run_schema_verb(verb, element, **options)` runs: creating, dropping and reflecting, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ambo.effects import Op
from ambo.operations import create, reflect
from ambo.operations.connection import Scope, enter
from ambo.operations.transaction import Channel

VERBS: dict[str, Callable[..., Op[Any]]] = {
    "create": create.create,
    "drop": create.drop,
    "reflect": reflect.reflect,
    "reflect_table": reflect.reflect_table,
    **reflect.QUESTIONS,
}


def perform(scope: Scope, verb: str, element: Any, **options: Any) -> Op[Any]:
    """Run one of the verbs on an open connection, inside its transaction."""
    enter(scope)
    channel: Channel = scope.channel
    return (yield from VERBS[verb](channel, element, **options))
