"""Engines, connections, results and URLs, at SQLAlchemy's path."""

from __future__ import annotations

from ambo.connecting.create import (
    create_engine as create_engine,
    create_pool_from_url as create_pool_from_url,
    engine_from_config as engine_from_config,
)
from ambo.connecting.inspecting import Connectable as Connectable
from ambo.connecting.mock import MockConnection as MockConnection, create_mock_engine as create_mock_engine
from ambo.connecting.sync import (
    Connection as Connection,
    Engine as Engine,
    NestedTransaction as NestedTransaction,
    RootTransaction as RootTransaction,
    Transaction as Transaction,
    TwoPhaseTransaction as TwoPhaseTransaction,
)
from ambo.connecting.url import (
    URL as URL,
    make_url as make_url,
)
from ambo.loading.cursor_result import (
    CursorResult as CursorResult,
)
from ambo.loading.results import (
    ChunkedIteratorResult as ChunkedIteratorResult,
    FrozenResult as FrozenResult,
    IteratorResult as IteratorResult,
    MappingResult as MappingResult,
    MergedResult as MergedResult,
    Result as Result,
    ScalarResult as ScalarResult,
    TupleResult as TupleResult,
)
from ambo.loading.rows import (
    ResultKeys as RMKeyView,
    Row as Row,
    RowMapping as RowMapping,
)
from ambo.operations.inspector import Inspector
from ambo.operations.listeners import (
    ExceptionContext as ExceptionContext,
)
from ambo.rendering.dialect import Dialect

__all__ = [
    "Inspector",
    "Dialect",
    "ChunkedIteratorResult",
    "Connectable",
    "Connection",
    "CursorResult",
    "Engine",
    "ExceptionContext",
    "FrozenResult",
    "IteratorResult",
    "MappingResult",
    "MergedResult",
    "NestedTransaction",
    "RMKeyView",
    "Result",
    "RootTransaction",
    "Row",
    "RowMapping",
    "ScalarResult",
    "Transaction",
    "TupleResult",
    "TwoPhaseTransaction",
    "URL",
    "create_engine",
    "create_mock_engine",
    "create_pool_from_url",
    "engine_from_config",
    "make_url",
]
