"""Engines, at SQLAlchemy 1.4's path."""

from ambo.engine import Connection, Engine, create_engine

__all__ = ["Connection", "Engine", "create_engine"]
