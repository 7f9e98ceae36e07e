"""The blocking pools: `pool.Policy` decides, a lock guards it, threads wait for a lock of their own each.

    acquire:  policy.take() -> the link | open one | queue up and sleep       then: replace if stale, ping, `checkout` listeners
    release:  end what is open, `checkin` listeners, policy.give(link) -> hand it to the first waiter | keep | close

Rule: no listener, ping, open or close runs under the lock; a link garbage collected meanwhile is noted in `vanished` and
accounted for by whoever leaves the lock next.
"""

from __future__ import annotations

import threading
import weakref
from collections import deque
from collections.abc import Callable
from typing import Any

from ambo import errors
from ambo.connecting.checkout import BasePool, ProxiedConnection, Record
from ambo.connecting.pool import CLOSE, HAND, OPEN, USE, AssertionPolicy, NullPolicy, Policy, SharedPolicy
from ambo.connecting.recording import running as recordings
from ambo.drivers.base import Driver, PlainLink, SyncLink
from ambo.listening import clock

_CHECKOUT_ATTEMPTS = 3


class Waiter:
    """A thread that sleeps until it is granted a link (or, None, the right to open one)."""

    __slots__ = ("bell", "granted")

    def __init__(self) -> None:
        self.granted: SyncLink | None = None
        self.bell = threading.Lock()
        self.bell.acquire()

    def grant(self, link: SyncLink | None) -> None:
        """Wake the thread."""
        self.granted = link
        self.bell.release()


class Slots:
    """A policy and the lock around it."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.lock = threading.Lock()
        self.vanished: deque[Record] = deque()

    def take(self, timeout: float | None) -> SyncLink | None:
        """Return a link, or None: the caller is to open one. Raises the built-in TimeoutError."""
        with self.lock:
            verb, link = self.policy.take()
            if verb is USE or verb is OPEN:
                found: SyncLink | None = link
                return found
            waiter = Waiter()
            self.policy.enqueue(waiter)
        if self.vanished:
            self.settle()
        return self.wait(waiter, timeout)

    def wait(self, waiter: Waiter, timeout: float | None) -> SyncLink | None:
        """Sleep until granted; whatever ends the sleep, a grant is never lost."""
        try:
            if waiter.bell.acquire(timeout=-1 if timeout is None else timeout):
                return waiter.granted
            with self.lock:
                if self.policy.abandon(waiter):
                    raise TimeoutError
            waiter.bell.acquire()
        except TimeoutError:
            raise
        except BaseException:
            with self.lock:
                waiting = self.policy.abandon(waiter)
            if not waiting:
                waiter.bell.acquire()
                self.return_grant(waiter.granted)
            raise
        return waiter.granted

    def return_grant(self, link: SyncLink | None) -> None:
        """Pass on what a waiter got and cannot use."""
        if link is None:
            self.gone(None)
        elif self.give(link):
            link.close()

    def give(self, link: SyncLink) -> bool:
        """Put a link back; True if it is to be closed."""
        with self.lock:
            verb, waiter = self.policy.give(link)
        if verb is HAND:
            waiter.grant(link)
        if self.vanished:
            self.settle()
        return verb is CLOSE

    def gone(self, link: SyncLink | None) -> None:
        """A link was closed, or none could be opened."""
        with self.lock:
            waiter = self.policy.gone(link)
        if waiter is not None:
            waiter.grant(None)
        if self.vanished:
            self.settle()

    def lost(self, record: Record) -> None:
        """A link was garbage collected, possibly while this very thread holds the lock."""
        self.vanished.append(record)
        self.settle()

    def settle(self) -> None:
        """Account for vanished links, unless somebody in the lock will."""
        while self.vanished and self.lock.acquire(blocking=False):
            try:
                waiter = self.policy.gone(None) if self.vanished and self.vanished.popleft() else None
            finally:
                self.lock.release()
            if waiter is not None:
                waiter.grant(None)


class Pool(BasePool):
    """A pool for blocking connections.

    `creator` is called without arguments and returns a link (engines) or a DB-API connection (your own pool). Options as in
    `BasePool`. Example:

        pool = QueuePool(lambda: sqlite3.connect("app.db"), pool_size=2)
        with pool.connect() as connection:
            connection.cursor().execute("select 1")
    """

    def __init__(self, creator: Callable[[], Any], **options: Any) -> None:
        super().__init__(creator, **options)
        self.slots = Slots(self.new_policy())

    def policies(self) -> list[Policy]:
        return [self.slots.policy]

    def connect(self) -> ProxiedConnection:
        """Check a connection out; `close()` gives it back."""
        return ProxiedConnection(self, self.acquire())

    def idle_link(self) -> SyncLink | None:
        """Check an idle link out if nothing is to be opened, waited for, tested or told; else None, and `acquire` is due."""
        if self.quiet_since != clock.now or self.pre_ping or recordings:
            return None
        link: SyncLink | None = self.slots.policy.spare()
        if link is None or not (link.is_broken or link.closed or link.pool_record.generation != self.generation or self.recycle > -1):
            return link
        if not self.is_stale(link):
            return link
        if self.slots.give(link):
            self._close(link)
        return None

    def acquire(self, timeout: float | None = None) -> SyncLink:
        """Check a link out.

        Raises TimeoutError if none becomes free in time, and whatever opening or a listener raises.
        """
        link = self._take(timeout)
        if link is None:
            link = self._open()
        elif self.pre_ping or self.is_stale(link):
            link = self._replaced(link)
        if self.quiet_since != clock.now and self.heard():
            return self._shown(link, timeout)
        return link

    def _shown(self, link: SyncLink, timeout: float | None) -> SyncLink:
        """Call the `checkout` listeners; one may refuse the link by raising DisconnectionError, and gets another."""
        for attempt in range(1, _CHECKOUT_ATTEMPTS + 1):
            try:
                for listener in self.dispatch.of("checkout"):
                    listener(link.raw, link.pool_record, ProxiedConnection(self, link))
                return link
            except errors.DisconnectionError as error:
                if getattr(error, "invalidate_pool", False):
                    self.generation += 1
                self._discard(link)
                if attempt == _CHECKOUT_ATTEMPTS:
                    raise errors.InvalidRequestError(f"{attempt} connections in turn were refused by a checkout listener: {error}") from error
            except BaseException:
                self.release(link)
                raise
            fresh = self._take(timeout)
            link = self._open() if fresh is None else fresh
        raise AssertionError("unreachable")

    def _replaced(self, link: SyncLink) -> SyncLink:
        """Return the link if it is neither stale nor, where pings are asked for, dead; else a fresh one in its place."""
        try:
            usable = not self.is_stale(link) and (not self.pre_ping or self._answers(link))
        except BaseException:
            link.is_broken = True
            self._discard(link)
            raise
        if usable:
            return link
        self._close(link)
        return self._open()

    def _take(self, timeout: float | None) -> SyncLink | None:
        limit = self.timeout if timeout is None else timeout
        try:
            return self.slots.take(limit)
        except TimeoutError:
            raise errors.TimeoutError(self.timeout_message(limit, self.slots.policy)) from None

    def _answers(self, link: SyncLink) -> bool:
        """Ping; a dead server makes every connection older than now stale."""
        try:
            link.ping()
        except errors.DBAPIError:
            self.generation += 1
            return False
        return True

    def _open(self) -> SyncLink:
        """Open a link in a slot that was granted, and give the slot up if that fails."""
        try:
            found = self.opener()
            link: SyncLink = found if isinstance(found, SyncLink) else PlainLink(found, Driver())
            link.pool_record = Record(self, self.slots, link)
        except BaseException:
            self.slots.gone(None)
            raise
        try:
            self._greet(link)
        except BaseException:
            self._close(link)
            self.slots.gone(None)
            raise
        return link

    def _greet(self, link: SyncLink) -> None:
        before = link.round_trips
        if not self.opened_once:
            self.opened_once = True
            for listener in self.dispatch.of("first_connect"):
                link.call_listener(listener, link.pool_record)
        for listener in self.dispatch.of("connect"):
            link.call_listener(listener, link.pool_record)
        link.connect_trips += link.round_trips - before
        link.round_trips = before

    def _close(self, link: SyncLink) -> None:
        """Close a link; its slot stays taken."""
        if link.closed:
            return
        try:
            self.tell("close", link)
        finally:
            (link.terminate if link.is_broken else link.close)()

    def release(self, link: SyncLink, broken: bool = False) -> None:
        """Give a link back. Never waits for anything but the server's answer to a ROLLBACK somebody forgot."""
        if broken:
            link.is_broken = True
        if link.cursors:
            link.tidy()
        if link.pool_record.slots is not self.slots:
            link.close()  # detached
            return
        try:
            is_heard = self.quiet_since != clock.now
            if not (link.is_broken or link.shared) and (is_heard or link.in_transaction):
                self._reset(link)
            if is_heard:
                self.tell("checkin", link)
        finally:
            if self.is_stale(link):
                self._discard(link)
            elif self.slots.give(link):
                self._close(link)

    def give_back(self, link: SyncLink, begun: bool = False) -> bool:
        """Put a link back if there is nothing to do about it and nobody to be told; else False, and `release` is due.

        A transaction that was `begun` is undone if that need not be waited for; else False, too.
        """
        slots = self.slots
        record = link.pool_record
        if self.quiet_since != clock.now or link.is_broken or link.cursors or record.slots is not slots or recordings:
            return False
        if record.generation != self.generation or link.closed or link.shared:
            return False
        if link.in_transaction and not (begun and link.roll_back_at_once()):
            return False
        if slots.give(link):
            self._close(link)
        return True

    def _discard(self, link: SyncLink) -> None:
        try:
            self._close(link)
        finally:
            self.slots.gone(link)

    def _reset(self, link: SyncLink) -> None:
        """End a transaction that somebody left open (operations never do)."""
        if self.quiet_since != clock.now:
            self.tell("reset", link, None)
        if self.reset_on_return and link.in_transaction:
            try:
                link.execute("COMMIT" if self.reset_on_return == "commit" else "ROLLBACK")
            except errors.DBAPIError:
                link.is_broken = True

    def forget(self, link: SyncLink) -> None:
        """Take a checked-out link out of the pool."""
        link.pool_record.slots = None
        self.slots.gone(link)

    def dispose(self) -> None:
        """Close all idle connections; those in use are closed when they come back. The pool stays usable."""
        self.generation += 1
        with self.slots.lock:
            idle = self.slots.policy.drain()
        for link in idle:
            self._close(link)


class QueuePool(Pool):
    """Keeps `pool_size` connections, allows `max_overflow` more for a while, and lets others wait in order."""

    def new_policy(self) -> Policy:
        return queue_policy(**self.policy_options)


class NullPool(Pool):
    """Opens a connection for every checkout and closes it afterwards."""

    def new_policy(self) -> Policy:
        return no_options(self, NullPolicy)


class AssertionPool(Pool):
    """Allows one checkout at a time and raises AssertionError at a second: finds leaks in tests."""

    def new_policy(self) -> Policy:
        return no_options(self, AssertionPolicy)

    def _take(self, timeout: float | None) -> SyncLink | None:
        try:
            return self.slots.take(0)
        except TimeoutError:
            raise AssertionError("a connection is checked out already, and this AssertionPool allows one at a time") from None


class StaticPool(Pool):
    """One connection, which all checkouts share."""

    def new_policy(self) -> Policy:
        return no_options(self, SharedPolicy)

    def idle_link(self) -> SyncLink | None:
        return None  # users of a shared link are counted under the lock

    def _open(self) -> SyncLink:
        link = super()._open()
        link.shared = True
        policy = self.slots.policy
        assert isinstance(policy, SharedPolicy)
        with self.slots.lock:
            sharing = policy.arrived(link)
        for waiter in sharing:
            waiter.grant(link)
        return link


class SingletonThreadPool(Pool):
    """One connection a thread, which all checkouts of that thread share; for in-memory SQLite."""

    def __init__(self, creator: Callable[[], Any], **options: Any) -> None:
        self._local = threading.local()
        self._all: weakref.WeakSet[SyncLink] = weakref.WeakSet()
        super().__init__(creator, **options)

    def new_policy(self) -> Policy:
        return Policy(int(self.policy_options.get("pool_size", 5)), -1)

    def acquire(self, timeout: float | None = None) -> SyncLink:
        """Return this thread's link, opened on first use."""
        link: SyncLink | None = getattr(self._local, "link", None)
        if link is None or link.closed or self.is_stale(link):
            with self.slots.lock:
                self.slots.policy.opened += 1
            link = self._open()
            link.shared = True
            self._local.link = link
            self._all.add(link)
        if self.quiet_since != clock.now and self.heard():
            for listener in self.dispatch.of("checkout"):
                listener(link.raw, link.pool_record, ProxiedConnection(self, link))
        return link

    def idle_link(self) -> SyncLink | None:
        link: SyncLink | None = getattr(self._local, "link", None)
        if link is None or self.quiet_since != clock.now or recordings or self.is_stale(link):
            return None
        return link

    def give_back(self, link: SyncLink, begun: bool = False) -> bool:
        return not begun and self.quiet_since == clock.now and not link.is_broken and not recordings

    def release(self, link: SyncLink, broken: bool = False) -> None:
        """Keep the link for its thread's next checkout, unless it is broken."""
        if broken or link.is_broken:
            link.is_broken = True
            self._forget_thread(link)
        else:
            self.tell("checkin", link)

    def _forget_thread(self, link: SyncLink) -> None:
        if link in self._all:
            self._all.discard(link)
            self._discard(link)

    def dispose(self) -> None:
        """Close the connections of all threads: an in-memory database ends with its last connection."""
        self.generation += 1
        for link in list(self._all):
            self._forget_thread(link)


def queue_policy(pool_size: int = 5, max_overflow: int = 10, use_lifo: bool = False) -> Policy:
    """Make a bounded policy out of the options' public names."""
    return Policy(pool_size, max_overflow, use_lifo)


def no_options(pool: BasePool, policy: type[Policy]) -> Policy:
    """Make a policy that has no options, and say so if some were given."""
    if pool.policy_options:
        given = ", ".join(sorted(pool.policy_options))
        raise errors.ArgumentError(f"{type(pool).__name__} has no option {given}; only QueuePool has a size")
    return policy()
