"""Plain functions inside asyncio: `run_sync(fn)` gives `fn` a thread of its own, and the event loop does its I/O.

    task                                    thread (copied context)
    await run_in_thread(fn, connection)     fn(connection) -> run(operation) -> a coroutine of an async link
      awaits what the thread hands over  <-   hand_over(coroutine)
      and answers                        ->   goes on with the result

So the same `run` drives a sync Session over blocking links and, on such a thread, over awaiting ones.

Rule 1: effects are awaited by the very task that called `run_sync`: its context, its timeouts, its cancellation.
Rule 2: a cancellation is thrown at fn's next effect (never at giving a connection back); the await ends only when fn has ended.
Rule 3: outside of such a thread an awaiting link cannot be used by blocking code: AwaitRequired.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from ambo.errors import AwaitRequired

T = TypeVar("T")
Job = Coroutine[Any, Any, Any]

_here = threading.local()


class Bridge:
    """One `run_sync` call: what the thread asks for, and what the task answers."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.asked: asyncio.Future[Job | None] = loop.create_future()
        self.bell = threading.Lock()
        self.bell.acquire()
        self.result: Any = None
        self.error: BaseException | None = None
        self.cancelled: asyncio.CancelledError | None = None
        self.abandoned = False

    # -- on the thread
    def ask(self, job: Job, always: bool) -> Any:
        """Have the task await a coroutine, and return its result; a pending cancellation comes first, unless `always`."""
        if self.abandoned:
            job.close()
            raise AwaitRequired("the event loop gave up this run_sync() call; nothing can be awaited any more")
        if self.cancelled is not None and not always:
            job.close()
            cancelled, self.cancelled = self.cancelled, None
            raise asyncio.CancelledError(*cancelled.args)
        self.loop.call_soon_threadsafe(self._note, job)
        self.bell.acquire()
        error, self.error = self.error, None
        if error is not None:
            raise error
        return self.result

    def finish(self) -> None:
        """Tell the task that fn has ended."""
        try:
            self.loop.call_soon_threadsafe(self._note, None)
        except RuntimeError:
            pass  # the loop was closed meanwhile

    # -- on the loop
    def _note(self, job: Job | None) -> None:
        if not self.asked.done():
            self.asked.set_result(job)

    async def next(self) -> Job | None:
        """Wait for what the thread asks for (None: it has ended), remembering a cancellation meanwhile."""
        while True:
            try:
                job = await asyncio.shield(self.asked)
            except asyncio.CancelledError as error:
                self.cancelled = error
                continue
            self.asked = self.loop.create_future()
            return job

    async def serve(self) -> None:
        """Await what the thread asks for until it has ended."""
        while (job := await self.next()) is not None:
            try:
                self.result = await job
            except GeneratorExit:
                raise
            except BaseException as error:
                self.error = error
            self.bell.release()

    def abandon(self) -> None:
        """Let the thread go on with errors: the task is being closed and cannot wait."""
        self.abandoned = True
        self.error = AwaitRequired("the event loop gave up this run_sync() call")
        if self.bell.locked():
            self.bell.release()


async def run_in_thread(fn: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """Call a plain function in a thread of its own, awaiting its database work here.

    Returns and raises what the function returns and raises; CancelledError if this task was cancelled and the
    function did not say otherwise by raising something else.
    """
    bridge = Bridge(asyncio.get_running_loop())
    outcome: list[Any] = []
    thread = threading.Thread(target=contextvars.copy_context().run, args=(_work, bridge, outcome, fn, args, kwargs), name="ambo-run-sync", daemon=True)
    thread.start()
    try:
        await bridge.serve()
    except GeneratorExit:
        bridge.abandon()
        raise
    thread.join()
    value, error = outcome
    try:
        if error is not None:
            raise error
        if bridge.cancelled is not None:
            raise bridge.cancelled
        found: T = value
        return found
    finally:
        del error, outcome


def _work(bridge: Bridge, outcome: list[Any], fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Call fn on its thread and note what came of it."""
    _here.bridge = bridge
    try:
        outcome[:] = (fn(*args, **kwargs), None)
    except BaseException as error:
        outcome[:] = (None, error)
    bridge.finish()


def on_bridge() -> bool:
    """Tell whether this thread was made by `run_in_thread`, so that a loop awaits what it asks for."""
    return getattr(_here, "bridge", None) is not None


def hand_over(job: Job, always: bool = False) -> Any:
    """Have the event loop await a coroutine for this `run_sync` thread, and return its result.

    Raises AwaitRequired on any other thread, where nobody could.
    """
    bridge: Bridge | None = getattr(_here, "bridge", None)
    if bridge is None:
        job.close()
        raise AwaitRequired(
            "blocking code tried to use an asyncio connection; await the AsyncSession or AsyncConnection instead, run the code with "
            "`await session.run_sync(fn)`, or, in an event listener, make the listener `async def`"
        )
    return bridge.ask(job, always)


def await_here(awaitable: Awaitable[T]) -> T:
    """Have the event loop await something for this `run_sync` thread, and return its result.

    Raises AwaitRequired on any other thread, where nobody could.
    """
    found: T = hand_over(_awaited(awaitable))
    return found


async def _awaited(awaitable: Awaitable[T]) -> T:
    return await awaitable
