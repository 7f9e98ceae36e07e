"""Engines, at SQLAlchemy 1.4's path."""

from ambo.connecting.create import create_engine
from ambo.connecting.sync import Connection, Engine

__all__ = ["Connection", "Engine", "create_engine"]
