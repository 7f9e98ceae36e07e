"""Engines, connections, results and URLs, at SQLAlchemy's path."""

from ambo.connecting.create import create_engine, create_pool_from_url, engine_from_config
from ambo.connecting.inspecting import Connectable
from ambo.connecting.mock import MockConnection, create_mock_engine
from ambo.connecting.sync import Connection, Engine, NestedTransaction, RootTransaction, Transaction, TwoPhaseTransaction
from ambo.connecting.url import URL, make_url
from ambo.loading.cursor_result import CursorResult
from ambo.loading.results import (
    ChunkedIteratorResult,
    FrozenResult,
    IteratorResult,
    MappingResult,
    MergedResult,
    Result,
    ScalarResult,
    TupleResult,
)
from ambo.loading.rows import ResultKeys as RMKeyView, Row, RowMapping
from ambo.operations.inspector import Inspector
from ambo.operations.transaction import ExceptionContext
from ambo.rendering.dialect import Dialect

__all__ = [
    "ChunkedIteratorResult",
    "Connectable",
    "Connection",
    "CursorResult",
    "Dialect",
    "Engine",
    "ExceptionContext",
    "FrozenResult",
    "Inspector",
    "IteratorResult",
    "MappingResult",
    "MergedResult",
    "MockConnection",
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
