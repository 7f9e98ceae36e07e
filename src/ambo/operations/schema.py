"""The schema verbs of a bind: what `metadata.create_all(bind)`, `table.drop(bind)` and reflection call through `bind._run_schema_verb`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ambo.effects import Op
from ambo.operations import create, reflect
from ambo.operations.channel import Channel
from ambo.operations.connection import Scope, enter

VERBS: dict[str, Callable[..., Op[Any]]] = {
    "create": create.create,
    "drop": create.drop,
    "reflect": reflect.reflect,
    "reflect_table": reflect.reflect_table,
    "question": reflect.question,
}
"""The verbs by name; each takes a channel, the element, and the verb's options."""


def run_verb(channel: Channel, verb: str, element: Any, options: Mapping[str, Any]) -> Op[Any]:
    """Run a schema verb on a channel."""
    return (yield from VERBS[verb](channel, element, **options))


def run_on(scope: Scope, verb: str, element: Any, options: Mapping[str, Any]) -> Op[Any]:
    """Run a schema verb on a connection, inside its transaction."""
    enter(scope)
    return (yield from run_verb(scope.channel, verb, element, options))
