"""Fixtures of the tests of connecting."""

from worlds import world

__all__ = ["world"]
