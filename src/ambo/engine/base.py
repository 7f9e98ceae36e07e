"""Re-exports at SQLAlchemy's path `engine.base`."""

from __future__ import annotations

from ambo.connecting.sync import Connection, Engine, NestedTransaction, RootTransaction, Transaction, TwoPhaseTransaction

__all__ = [
    "Connection",
    "Engine",
    "NestedTransaction",
    "RootTransaction",
    "Transaction",
    "TwoPhaseTransaction",
]
