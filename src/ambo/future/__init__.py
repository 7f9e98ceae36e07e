"""The names under which SQLAlchemy 1.4 announced version 2, at its path: `from ambo.future import select`. Re-exports only."""

from ambo.engine import Connection, Engine, create_engine
from ambo.sql.expression import select

__all__ = ["Connection", "Engine", "create_engine", "select"]
