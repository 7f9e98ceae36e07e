"""What a pool decides, and nothing else: no lock, no thread, no event loop, no clock, no connection.

    take()                      -> USE this link | OPEN a new one | WAIT in the queue
    give(link)                  -> HAND it to that waiter | KEEP it idle | CLOSE it
    gone(link)                  -> a link was closed or could not be opened: the waiter that may now OPEN one, if any
    enqueue / abandon(waiter)   a waiter is opaque here; the shells (`checkout.py`, `sync_pool.py`, `async_pool.py`) know how to wake it

Rule 1: a waiter gets what it asked for in the order of asking; nobody overtakes the queue.
Rule 2: `opened` counts every link that exists or is being opened; each of these slots is given back exactly once, by
        `give` (or CLOSE out of it) or by `gone`.
Rule 3: what is stale (recycled, invalidated) is found when a link is taken, never by a timer.
"""

from __future__ import annotations

from collections import deque
from enum import Enum, auto
from typing import Any


class Verb(Enum):
    """What the shell is to do."""

    USE = auto()
    OPEN = auto()
    WAIT = auto()
    HAND = auto()
    KEEP = auto()
    CLOSE = auto()


USE, OPEN, WAIT, HAND, KEEP, CLOSE = Verb


class Policy:
    """A bounded set of links: `size` are kept, `max_overflow` more may exist for a while.

    `size` 0 means no limit, `max_overflow` -1 no limit on the overflow; `lifo` prefers the link used last.
    """

    def __init__(self, size: int = 5, max_overflow: int = 10, lifo: bool = False) -> None:
        self.size = size
        self.limit = size + max_overflow if size and max_overflow >= 0 else None
        self.lifo = lifo
        self.idle: deque[Any] = deque()
        self.opened = 0
        self.waiters: deque[Any] = deque()

    def spare(self) -> Any:
        """Return an idle link, or None. The one thing that needs no lock: whoever takes from a deque has it, and no waiter is passed over."""
        try:
            return self.idle.pop() if self.lifo else self.idle.popleft()
        except IndexError:
            return None

    def take(self) -> tuple[Verb, Any]:
        """Decide where a link comes from."""
        link = self.spare()
        if link is not None:
            return USE, link
        if self.limit is None or self.opened < self.limit:
            self.opened += 1
            return OPEN, None
        return WAIT, None

    def give(self, link: Any) -> tuple[Verb, Any]:
        """Decide where a healthy link goes."""
        if self.waiters:
            return HAND, self.waiters.popleft()
        if not self.size or len(self.idle) < self.size:
            self.idle.append(link)
            return KEEP, None
        self.opened -= 1
        return CLOSE, None

    def gone(self, link: Any = None) -> Any:
        """A link is no more (None: it never came to be): return the waiter that may open one instead, or None."""
        if self.waiters:
            return self.waiters.popleft()
        self.opened -= 1
        return None

    def enqueue(self, waiter: Any) -> None:
        """Put a waiter at the end of the queue."""
        self.waiters.append(waiter)

    def abandon(self, waiter: Any) -> bool:
        """Take a waiter out; False if it was not in the queue any more, and has been answered."""
        try:
            self.waiters.remove(waiter)
        except ValueError:
            return False
        return True

    def drain(self) -> list[Any]:
        """Give up all idle links and return them, to be closed."""
        idle = list(self.idle)
        self.idle.clear()
        self.opened -= len(idle)
        return idle

    @property
    def checkedout(self) -> int:
        """How many links are in use or being opened."""
        return self.opened - len(self.idle)


class NullPolicy(Policy):
    """Keeps nothing: a link lives as long as its checkout."""

    def __init__(self) -> None:
        super().__init__(0, -1)

    def give(self, link: Any) -> tuple[Verb, Any]:
        self.opened -= 1
        return CLOSE, None


class AssertionPolicy(Policy):
    """At most one link, and an error instead of a wait."""

    def __init__(self) -> None:
        super().__init__(1, 0)


class SharedPolicy(Policy):
    """One link for everybody at the same time; `users` counts them."""

    def __init__(self) -> None:
        super().__init__(1, 0)
        self.link: Any = None
        self.users = 0

    def spare(self) -> Any:
        if self.link is not None:
            self.users += 1
        return self.link

    def take(self) -> tuple[Verb, Any]:
        link = self.spare()
        if link is not None:
            return USE, link
        if self.opened:
            return WAIT, None
        self.opened += 1
        return OPEN, None

    def arrived(self, link: Any) -> list[Any]:
        """The link was opened: return the waiters that share it from now on."""
        self.link = link
        sharing = list(self.waiters)
        self.waiters.clear()
        self.users += 1 + len(sharing)
        return sharing

    def give(self, link: Any) -> tuple[Verb, Any]:
        self.users -= 1
        return KEEP, None

    def gone(self, link: Any = None) -> Any:
        if link is not self.link:
            return None  # another user of the same link was first
        self.link = None
        self.users = 0
        return super().gone()

    def drain(self) -> list[Any]:
        found = [self.link] if self.link is not None else []
        self.link = None
        self.opened -= len(found)
        return found

    @property
    def checkedout(self) -> int:
        return self.users
