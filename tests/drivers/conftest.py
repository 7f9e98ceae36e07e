"""Fixtures of the driver tests."""

from worlds import world

__all__ = ["world"]
