"""Re-exports at SQLAlchemy's path `engine.base`."""

from __future__ import annotations

from ambo.connecting.sync import (
    Connection as Connection,
    Engine as Engine,
    NestedTransaction as NestedTransaction,
    RootTransaction as RootTransaction,
    Transaction as Transaction,
    TwoPhaseTransaction as TwoPhaseTransaction,
)

__all__ = [
    "Connection",
    "Engine",
    "NestedTransaction",
    "RootTransaction",
    "Transaction",
    "TwoPhaseTransaction",
]
