"""What every peer has, until it says otherwise."""

from __future__ import annotations

from typing import Any, ClassVar

from bench.cases import FULL, Sizes
from bench.seen import Seen, Unseen


class TakingPart:
    """The base of every `Peer`."""

    is_async = False
    packages: ClassVar[tuple[str, ...]] = ()
    """Distributions whose versions the report names."""
    notes: ClassVar[dict[str, str]] = {}
    """Footnotes by case; `*` stands for all."""
    sizes: Sizes = FULL
    seen: Unseen = Unseen()

    def watching(self) -> Seen:
        """Return what notes this peer's objects."""
        return Seen()

    def shown_users(self, users: Any) -> int:
        """Show users, and keep none of them: an identity map would find them again in the next answer."""
        self.seen.users(users)
        return len(users)

    def drop_users(self) -> Any:
        """Let go of what `hold_users` keeps; nothing, where there is no session."""


class Floor(TakingPart):
    """A bare driver, whose rows are tuples."""

    def watching(self) -> Seen:
        """Rows are shown as they are."""
        return Seen(tuple, tuple, tuple)
