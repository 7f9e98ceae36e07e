"""What a bind's `_run_schema_verb(verb, element, **options)` runs: creating, dropping and reflecting, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ambo.effects import Op
from ambo.operations import create, reflect
from ambo.operations.connection import Scope, enter

VERBS: dict[str, Callable[..., Op[Any]]] = {
    "create": create.create,
    "drop": create.drop,
    "reflect": reflect.reflect,
    "reflect_table": reflect.reflect_table,
    "question": reflect.question,
    "has_table": reflect.has_table,
}


def perform(scope: Scope, verb: str, element: Any, **options: Any) -> Op[Any]:
    """Run one of the verbs on an open connection, inside its transaction."""
    enter(scope)
    return (yield from VERBS[verb](scope.channel, element, **options))
