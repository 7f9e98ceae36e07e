"""Waiting for a psycopg connection under asyncio: one registration for a connection's life, psycopg's generators driven from the loop.

    await watch.drive(waiting)   next(waiting) -> the loop finds the socket readable -> waiting.send(READY) -> … -> the generator's result

psycopg adds a reader for each wait and removes it after: two system calls and some 40 Python calls; and since what arrived is read by the
task, a turn later, the loop finds the socket readable twice.

Rule 1: what is registered is a duplicate of the socket's descriptor, so that psycopg, which may wait for the same connection on behalf
        of whoever uses it directly, cannot remove it.
Rule 2: what arrives while nobody waits (a notice, the server's goodbye) ends the registration, and the next wait makes a new one; unless it
        is `expected`, an answer that nobody waits for: then it is read.
Rule 3: what is done while reading (making objects of rows) sees the waiting task's context variables.
Rule 4: a watch does not know its link: a link that is dropped is collected at once, and closes its watch.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Generator
from contextvars import Context, copy_context
from typing import Any

_READABLE, _WRITABLE = 1, 2  # bits of psycopg.waiting.Wait and Ready
Waiting = Generator[Any, Any, Any]


class Watch:
    """The descriptor that the loop watches, and who waits for it."""

    __slots__ = ("answer", "context", "descriptor", "expected", "is_reading", "is_writing", "loop", "waiting", "wanted")

    def __init__(self, descriptor: int) -> None:
        self.loop = asyncio.get_running_loop()
        self.descriptor = socket.fromfd(descriptor, socket.AF_INET, socket.SOCK_STREAM).detach()  # whatever family it is of
        self.is_reading = False
        self.is_writing = False
        self.waiting: Waiting | None = None
        self.answer: asyncio.Future[Any] | None = None
        self.wanted = 0
        self.context: Context | None = None
        self.expected: Callable[[], None] | None = None

    @property
    def has_answer(self) -> bool:
        """Whether the last generator has ended, whoever heard of it."""
        return not self.wanted

    async def drive(self, waiting: Waiting) -> Any:
        """Drive one of psycopg's waiting generators, and return its result; a cancelled one can be driven on."""
        try:
            self.wanted = next(waiting)
        except StopIteration as stop:
            self.wanted = 0
            return stop.value
        return await self.drive_on(waiting)

    async def drive_on(self, waiting: Waiting) -> Any:
        """Go on with a generator that waits already."""
        self.expected = None
        answer = self.answer = self.loop.create_future()
        self.waiting = waiting
        self.context = copy_context()
        try:
            self.register()
            return await answer
        finally:
            self.waiting = self.answer = self.context = None

    def register(self) -> None:
        """Have the loop watch for what is wanted."""
        if not self.is_reading:
            Context().run(self.loop.add_reader, self.descriptor, self.step, _READABLE)  # outlives the task, so not in its context
            self.is_reading = True
        wants_to_write = bool(self.wanted & _WRITABLE)
        if wants_to_write is not self.is_writing:
            self.is_writing = wants_to_write
            if wants_to_write:
                self.loop.add_writer(self.descriptor, self.step, _WRITABLE)
            else:
                self.loop.remove_writer(self.descriptor)

    def step(self, ready: int) -> None:
        """The descriptor is ready: go on."""
        waiting, answer, context = self.waiting, self.answer, self.context
        if waiting is None or answer is None or context is None or answer.done():
            self.unasked()
            return
        if not self.wanted & ready:
            return
        try:
            self.wanted = context.run(waiting.send, ready)
        except StopIteration as stop:
            self.wanted = 0
            self.waiting = None
            answer.set_result(stop.value)
        except BaseException as error:
            self.wanted = 0
            self.waiting = None
            answer.set_exception(error)
        if self.is_writing or self.wanted & _WRITABLE:
            self.register()

    def unasked(self) -> None:
        """Read what arrived while nobody waits, if it is expected."""
        read, self.expected = self.expected, None
        try:
            if read is None:
                self.rest()
            else:
                read()
        except Exception:
            self.rest()

    def rest(self) -> None:
        """Watch for nothing until somebody waits."""
        if self.is_reading:
            self.loop.remove_reader(self.descriptor)
        if self.is_writing:
            self.loop.remove_writer(self.descriptor)
        self.is_reading = self.is_writing = False

    def close(self) -> None:
        """Give the descriptor up, from any thread."""
        if self.loop.is_closed() or not self.loop.is_running() or asyncio._get_running_loop() is self.loop:
            self.end()
            return
        try:
            self.loop.call_soon_threadsafe(self.end)
        except RuntimeError:
            self.end()

    def end(self) -> None:
        """Give the descriptor up, on the loop's thread or after the loop's end."""
        if self.descriptor >= 0:
            if not self.loop.is_closed():
                self.rest()
            socket.close(self.descriptor)
            self.descriptor = -1
