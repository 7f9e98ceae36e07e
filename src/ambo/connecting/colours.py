"""How the two colours differ where they differ at all: read by `tools/unasync.py`, the parity test, the tests' twin proxy, the codemod.

Everything not listed here has the same name, parameters and meaning in both colours, and is a coroutine in the async one iff it
waits.
"""

from __future__ import annotations

from enum import Enum


class Shape(Enum):
    """What a method returns that is neither a value nor a coroutine."""

    STARTED = "awaitable context manager: `await it` or `async with it`; in the blocking colour it has started when it is returned"
    BLOCK = "context manager"


SHAPES: dict[str, Shape] = {
    "AsyncEngine.connect": Shape.STARTED,
    "AsyncEngine.begin": Shape.BLOCK,
    "AsyncConnection.begin": Shape.STARTED,
    "AsyncConnection.begin_nested": Shape.STARTED,
    "AsyncConnection.begin_twophase": Shape.STARTED,
    "AsyncConnection.stream": Shape.STARTED,
    "AsyncConnection.stream_scalars": Shape.STARTED,
    "AsyncColour.begin": Shape.STARTED,
    "AsyncColour.begin_nested": Shape.STARTED,
}
"""Methods of another shape, by the async class they belong to."""

ASYNC_ONLY: frozenset[str] = frozenset({
    "AsyncConnection.aclose",
    "AsyncSession.aclose",
    "AsyncConnectionExtras.run_sync",
    "AsyncConnectionExtras.sync_connection",
    "AsyncConnectionExtras.sync_engine",
    "AsyncEngineExtras.sync_engine",
    "AsyncTransactionExtras.sync_transaction",
    "AsyncColour.sync_session",
    "AsyncColour.view_class",
    "AsyncColour.sync_session_class",
    "AsyncSessionTransaction.start",
})  # fmt: skip
"""Members that the blocking colour does not have, by the class that defines them; where that class is generated from, they are left out."""

SYNC_NAMES: dict[str, str] = {
    "arun": "run",
    "async_results": "results",
    "query_aio": "query_sync",
    "async_sessionmaker": "sessionmaker",
    "__aenter__": "__enter__",
    "__aexit__": "__exit__",
}
"""Names that change with the colour, beside the rule that `AsyncX` becomes `X`."""

GENERATED: dict[str, str] = {
    "connecting/aio.py": "connecting/sync.py",
    "sessions/aio.py": "sessions/sync.py",
    "sessions/query_aio.py": "sessions/query_sync.py",
}
"""Hand-written modules and what is generated from them, relative to `src/ambo`."""
