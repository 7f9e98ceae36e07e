"""Pickling statements and queries, at SQLAlchemy's path."""

from ambo.sessions.serializing import Deserializer, Serializer, dumps, loads

__all__ = ["Deserializer", "Serializer", "dumps", "loads"]
