"""The names under which SQLAlchemy 1.4 announced version 2, at its path: `from ambo.future import select`. Re-exports only."""

from ambo.connecting.create import create_engine
from ambo.connecting.sync import Connection, Engine
from ambo.statements.selects import select

__all__ = ["Connection", "Engine", "create_engine", "select"]
