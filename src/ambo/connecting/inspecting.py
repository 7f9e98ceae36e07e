"""`inspect(engine)` and `inspect(connection)`: their Inspector; it is registered when this module is imported."""

from __future__ import annotations

from typing import Any, NoReturn

from ambo.connecting.aio import AsyncConnection, AsyncEngine
from ambo.connecting.sync import Connection, Engine
from ambo.errors import NoInspectionAvailable
from ambo.mapping.inspection import inspects
from ambo.operations.inspector import Inspector

Connectable = Engine | Connection
"""Something blocking that statements can be sent to."""


@inspects(Engine, Connection)
def inspector_of(bind: Any) -> Inspector:
    """Return an inspector that asks through an engine or connection."""
    return Inspector(bind)


@inspects(AsyncEngine, AsyncConnection)
def refuse(bind: Any) -> NoReturn:
    """Say how an async engine is inspected.

    Raises NoInspectionAvailable always.
    """
    raise NoInspectionAvailable(
        f"inspecting an {type(bind).__name__} needs a connection that waits: "
        "write 'await connection.run_sync(lambda connection: inspect(connection).get_table_names())'"
    )
