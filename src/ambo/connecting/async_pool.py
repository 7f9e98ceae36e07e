"""The awaiting pools: the same policy, one set of slots for each event loop, futures instead of sleeping threads.

    await acquire()   policy.take() -> the link | open one | queue up as a future     then as in `sync_pool.py`
    release(link)     plain function: what cannot be given back at once is closed without waiting

Rule 1: a link never leaves the loop that opened it. Slots of a loop that was closed are given up, their links terminated.
Rule 2: a waiter that is cancelled passes on what it was granted; a cancelled opening gives its slot up.
Rule 3: only the loop's own thread touches its slots; a link collected elsewhere is accounted for by `call_soon_threadsafe`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from ambo import errors
from ambo.connecting.blocking import running_loop
from ambo.connecting.checkout import BasePool, ProxiedConnection, Record
from ambo.connecting.pool import CLOSE, HAND, OPEN, USE, AssertionPolicy, NullPolicy, Policy, SharedPolicy
from ambo.connecting.recording import running as recordings
from ambo.connecting.sync_pool import no_options, queue_policy
from ambo.drivers.base import AsyncLink
from ambo.listening import clock

_CHECKOUT_ATTEMPTS = 3


class LoopSlots:
    """The policy of one event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, policy: Policy) -> None:
        self.loop = loop
        self.policy = policy

    async def take(self, timeout: float | None) -> AsyncLink | None:
        """Return a link, or None: the caller is to open one. Raises the built-in TimeoutError."""
        verb, link = self.policy.take()
        if verb is USE or verb is OPEN:
            found: AsyncLink | None = link
            return found
        waiter: asyncio.Future[AsyncLink | None] = self.loop.create_future()
        self.policy.enqueue(waiter)
        alarm = None if timeout is None else self.loop.call_later(timeout, self._too_late, waiter)
        try:
            return await waiter
        except BaseException:
            if not self.policy.abandon(waiter) and waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                self.return_grant(waiter.result())
            raise
        finally:
            if alarm is not None:
                alarm.cancel()

    def _too_late(self, waiter: asyncio.Future[Any]) -> None:
        if not waiter.done():
            self.policy.abandon(waiter)
            waiter.set_exception(TimeoutError())

    def return_grant(self, link: AsyncLink | None) -> None:
        """Pass on what a waiter got and cannot use."""
        if link is None:
            self.gone(None)
        elif self.give(link):
            link.terminate()

    def give(self, link: AsyncLink) -> bool:
        """Put a link back; True if it is to be closed."""
        while True:
            verb, waiter = self.policy.give(link)
            if verb is not HAND:
                return verb is CLOSE
            if not waiter.done():  # else cancelled in this very turn of the loop, and about to leave
                waiter.set_result(link)
                return False

    def gone(self, link: AsyncLink | None) -> None:
        """A link was closed, or none could be opened."""
        while (waiter := self.policy.gone(link)) is not None:
            if not waiter.done():
                waiter.set_result(None)
                return

    def lost(self, record: Record) -> None:
        """A link was garbage collected, on any thread."""
        try:
            self.loop.call_soon_threadsafe(self.gone, None)
        except RuntimeError:
            pass  # the loop is closed, and these slots with it


class AsyncPool(BasePool):
    """A pool for awaiting connections. `creator` returns an awaitable of a link; options as in `BasePool`."""

    is_async = True

    def __init__(self, creator: Callable[[], Awaitable[Any]], **options: Any) -> None:
        super().__init__(creator, **options)
        self._loops: dict[asyncio.AbstractEventLoop, LoopSlots] = {}

    def policies(self) -> list[Policy]:
        return [slots.policy for slots in self._loops.values()]

    def slots(self) -> LoopSlots:
        """Return the running loop's slots."""
        loop = asyncio.get_running_loop()
        return self._loops.get(loop) or self._new_slots(loop)

    def _new_slots(self, loop: asyncio.AbstractEventLoop) -> LoopSlots:
        for other in [one for one in self._loops if one.is_closed()]:
            for link in self._loops.pop(other).policy.drain():
                link.terminate()
        found = self._loops[loop] = LoopSlots(loop, self.new_policy())
        return found

    async def connect(self) -> ProxiedConnection:
        """Check a connection out; `close()` gives it back."""
        return ProxiedConnection(self, await self.acquire())

    def idle_link(self) -> AsyncLink | None:
        """Check an idle link of the running loop out if nothing is to be opened, waited for, tested or told; else None: await `acquire`."""
        slots = self._loops.get(running_loop())  # type: ignore[arg-type]  # None, on a thread of `run_sync`, has no slots
        if slots is None or self.quiet_since != clock.now or self.pre_ping or recordings:
            return None
        link: AsyncLink | None = slots.policy.spare()
        if link is None or not self.is_stale(link):
            return link
        if slots.give(link):
            self._close(link)
        return None

    async def acquire(self, timeout: float | None = None) -> AsyncLink:
        """Check a link out.

        Raises TimeoutError if none becomes free in time, and whatever opening or a listener raises.
        """
        slots = self.slots()
        link = await self._take(slots, timeout)
        if link is None:
            link = await self._open(slots)
        elif self.pre_ping or self.is_stale(link):
            link = await self._replaced(slots, link)
        if self.quiet_since != clock.now and self.heard():
            return await self._shown(slots, link, timeout)
        return link

    async def _shown(self, slots: LoopSlots, link: AsyncLink, timeout: float | None) -> AsyncLink:
        """Call the `checkout` listeners; one may refuse the link by raising DisconnectionError, and gets another."""
        for attempt in range(1, _CHECKOUT_ATTEMPTS + 1):
            try:
                for listener in self.dispatch.of("checkout"):
                    await self._call(listener, link, ProxiedConnection(self, link))
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
            fresh = await self._take(slots, timeout)
            link = await self._open(slots) if fresh is None else fresh
        raise AssertionError("unreachable")

    async def _replaced(self, slots: LoopSlots, link: AsyncLink) -> AsyncLink:
        """Return the link if it is neither stale nor, where pings are asked for, dead; else a fresh one in its place."""
        try:
            usable = not self.is_stale(link) and (not self.pre_ping or await self._answers(link))
        except BaseException:
            link.is_broken = True
            self._discard(link)
            raise
        if usable:
            return link
        self._close(link)
        return await self._open(slots)

    async def _take(self, slots: LoopSlots, timeout: float | None) -> AsyncLink | None:
        limit = self.timeout if timeout is None else timeout
        try:
            return await slots.take(limit)
        except TimeoutError:
            raise errors.TimeoutError(self.timeout_message(limit, slots.policy)) from None

    async def _answers(self, link: AsyncLink) -> bool:
        """Ping; a dead server makes every connection older than now stale."""
        try:
            await link.ping()
        except errors.DBAPIError:
            self.generation += 1
            return False
        return True

    async def _open(self, slots: LoopSlots) -> AsyncLink:
        """Open a link in a slot that was granted, and give the slot up if that fails."""
        try:
            link: AsyncLink = await self.opener()
            link.pool_record = Record(self, slots, link)
        except BaseException:
            slots.gone(None)
            raise
        try:
            await self._greet(link)
        except BaseException:
            link.is_broken = True
            self._close(link)
            slots.gone(None)
            raise
        return link

    async def _greet(self, link: AsyncLink) -> None:
        before = link.round_trips
        if not self.opened_once:
            self.opened_once = True
            for listener in self.dispatch.of("first_connect"):
                await self._call(listener, link)
        for listener in self.dispatch.of("connect"):
            await self._call(listener, link)
        link.connect_trips += link.round_trips - before
        link.round_trips = before

    async def _call(self, listener: Any, link: AsyncLink, *rest: Any) -> None:
        if listener.is_async:
            await listener(link.raw, link.pool_record, *rest)
        else:
            await link.call_listener(listener, link.pool_record, *rest)

    def _close(self, link: AsyncLink) -> None:
        """Close a link without waiting; its slot stays taken."""
        if not link.closed:
            try:
                self.tell("close", link)
            finally:
                link.terminate()

    def release(self, link: AsyncLink, broken: bool = False) -> None:
        """Give a link back, from its own loop. Never waits: one with an open transaction is closed."""
        if broken:
            link.is_broken = True
        if link.cursors:
            link.tidy()
        slots = link.pool_record.slots
        if slots is None:
            link.terminate()  # detached
            return
        try:
            if not (link.is_broken or link.shared):
                self._reset(link)
            if self.quiet_since != clock.now:
                self.tell("checkin", link)
        finally:
            if self.is_stale(link):
                self._discard(link)
            elif slots.give(link):
                self._close(link)

    def give_back(self, link: AsyncLink, begun: bool = False) -> bool:
        """Give a link back, unless this is not its loop's thread or somebody records it: then `release` is due as an effect.

        A transaction that was `begun` is undone if that need not be waited for; else False, too.
        """
        record = link.pool_record
        slots = record.slots
        if slots is None or slots.loop is not running_loop() or recordings:
            return False
        if begun and (self.quiet_since != clock.now or link.is_broken or not link.roll_back_at_once()):
            return False
        if self.quiet_since != clock.now or record.generation != self.generation or link.is_broken or link.cursors or link.in_transaction:
            self.release(link)
        elif slots.give(link):
            self._close(link)
        return True

    def _reset(self, link: AsyncLink) -> None:
        """See that nobody left a transaction open (operations never do)."""
        if self.reset_on_return and link.in_transaction:
            link.is_broken = True
        elif self.quiet_since != clock.now:
            self.tell("reset", link, None)

    def _discard(self, link: AsyncLink) -> None:
        try:
            self._close(link)
        finally:
            link.pool_record.slots.gone(link)

    def forget(self, link: AsyncLink) -> None:
        """Take a checked-out link out of the pool."""
        slots = link.pool_record.slots
        link.pool_record.slots = None
        slots.gone(link)

    async def dispose(self) -> None:
        """Close all idle connections, of other loops without waiting; those in use are closed when they come back."""
        self.generation += 1
        here = asyncio.get_running_loop()
        idle = [(loop, link) for loop, slots in self._loops.items() for link in slots.policy.drain()]
        for loop, link in idle:
            self.tell("close", link)
            if loop is here:
                await link.close()
            else:
                link.terminate()

    def terminate(self) -> None:
        """Close all idle connections without waiting."""
        self.generation += 1
        for slots in self._loops.values():
            for link in slots.policy.drain():
                self._close(link)


class AsyncAdaptedQueuePool(AsyncPool):
    """Keeps `pool_size` connections, allows `max_overflow` more for a while, and lets others wait in order."""

    def new_policy(self) -> Policy:
        return queue_policy(**self.policy_options)


class AsyncNullPool(AsyncPool):
    """Opens a connection for every checkout and closes it afterwards."""

    def new_policy(self) -> Policy:
        return no_options(self, NullPolicy)


class AsyncAssertionPool(AsyncPool):
    """Allows one checkout at a time and raises AssertionError at a second: finds leaks in tests."""

    def new_policy(self) -> Policy:
        return no_options(self, AssertionPolicy)

    async def _take(self, slots: LoopSlots, timeout: float | None) -> AsyncLink | None:
        if slots.policy.checkedout:
            raise AssertionError("a connection is checked out already, and this AssertionPool allows one at a time")
        return await slots.take(0)


class AsyncStaticPool(AsyncPool):
    """One connection a loop, which all checkouts share; SQLite's serves all loops, one after the other."""

    def new_policy(self) -> Policy:
        return no_options(self, SharedPolicy)

    def _new_slots(self, loop: asyncio.AbstractEventLoop) -> LoopSlots:
        found = LoopSlots(loop, self.new_policy())
        for other in [one for one in self._loops if one.is_closed()]:
            for link in self._loops.pop(other).policy.drain():
                if link.loop_bound:
                    link.terminate()
                else:
                    _move(link, found)
        self._loops[loop] = found
        return found

    async def _open(self, slots: LoopSlots) -> AsyncLink:
        link = await super()._open(slots)
        link.shared = True
        assert isinstance(slots.policy, SharedPolicy)
        for waiter in slots.policy.arrived(link):
            if not waiter.done():
                waiter.set_result(link)
        return link


def _move(link: AsyncLink, slots: LoopSlots) -> None:
    """Let the only connection of a loop that was closed serve another one."""
    assert isinstance(slots.policy, SharedPolicy)
    slots.policy.opened = 1
    slots.policy.link = link
    link.pool_record.slots = slots
