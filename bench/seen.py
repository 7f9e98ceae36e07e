"""What a peer saw: in the round that warms up, every peer shows the objects it made, and their values must be those of all others.

A sum over `repr` of the values, so that a string in place of a datetime, or 1 in place of True, is another sum. The objects are
shown while the clock runs, in one call a case; in the rounds that count nothing is kept.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from operator import attrgetter
from typing import Any

USER = attrgetter("id", "name", "email", "age", "created_at", "active")
ADDRESS = attrgetter("id", "user_id", "street", "city", "zip")
ORDER = attrgetter("id", "user_id", "total", "status", "created_at")


class Unseen:
    """Looks away."""

    def users(self, found: Iterable[Any]) -> None:
        """Take no notice."""

    addresses = orders = made = users


class Seen(Unseen):
    """Notes the values of what it is shown; `row_of` makes tuples of objects, or of the rows of a floor (`tuple`)."""

    def __init__(self, user: Any = USER, address: Any = ADDRESS, order: Any = ORDER) -> None:
        self.rows: dict[tuple[str, Any], tuple[Any, ...]] = {}
        self.readers = {"user": user, "address": address, "order": order}
        self.keys_known: bool | None = None

    def users(self, found: Iterable[Any]) -> None:
        """Note users."""
        self.note("user", found)

    def addresses(self, found: Iterable[Any]) -> None:
        """Note addresses."""
        self.note("address", found)

    def orders(self, found: Iterable[Any]) -> None:
        """Note orders."""
        self.note("order", found)

    def made(self, found: Iterable[Any]) -> None:
        """Note whether objects that were inserted know their keys."""
        self.keys_known = all(key is not None for key in found)

    def note(self, kind: str, found: Iterable[Any]) -> None:
        """Note rows of one kind, each key once."""
        row_of = self.readers[kind]
        for one in found:
            row = tuple(row_of(one))
            self.rows[kind, row[0]] = row

    def sum(self) -> int:
        """Return a number that depends on every value and its type, not on the order."""
        return sum(zlib.crc32(repr(noted).encode()) for noted in self.rows.items())

    def sample(self) -> str:
        """Return one row of each kind, for the message about a difference."""
        first = {kind: min((row for (of, _), row in self.rows.items() if of == kind), default=()) for kind in ("user", "address", "order")}
        return "; ".join(f"{kind} {row!r}" for kind, row in first.items() if row)
