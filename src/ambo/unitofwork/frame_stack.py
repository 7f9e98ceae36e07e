"""A session's stack of frames: which transaction or savepoint is the innermost, and whether a statement may run in it.

    first use, begin(), begin_nested() ──push_frame──> usable_frame() for each statement ──> pop_frame

Rule 1: nothing here knows an object or the database: what a frame's end means for objects is in `unit.py`, what is sent in
    `operations/unit_transaction.py`.
Rule 2: life-cycle events are called directly, in both colours; a coroutine cannot listen to them.
"""

from __future__ import annotations

from typing import Any

from ambo.errors import InvalidRequestError, PendingRollbackError
from ambo.listening import heard
from ambo.unitofwork.frames import ACTIVE, AUTOBEGIN, CLOSED, DEACTIVE, PREPARED, Frame, SessionTransactionOrigin


class FrameStack:
    """The transactions of one session, as far as memory goes. `is_async` tells the colour of the session on top of it."""

    is_async = False
    dispatch: Any
    autobegin: bool
    _frame: Frame | None = None
    _block: Frame | None = None
    _flushing = False
    _closed = False

    def facade(self, for_async: bool) -> Any:
        """Return the session that a listener of one colour is given."""
        return self

    def ensure_frame(self) -> Frame:
        """Return the innermost frame, beginning a transaction if there is none.

        Raises InvalidRequestError if there is none and autobegin is off.
        """
        if self._frame is not None:
            return self._frame
        if not self.autobegin:
            raise InvalidRequestError("Autobegin is disabled on this Session; please call session.begin() to start a new transaction")
        return self.push_frame(AUTOBEGIN)

    def usable_frame(self) -> Frame:
        """Return the innermost frame for running a statement.

        Raises PendingRollbackError after a failed flush, InvalidRequestError if the transaction is prepared or over.
        """
        frame = self._frame
        if frame is None:
            frame = self.ensure_frame()
        elif self._block is not None:
            self._check_block()
        if frame.status is not ACTIVE:
            raise unusable(frame)
        return frame

    def enter_block(self, frame: Frame) -> Frame | None:
        """Note the frame of a `with` block that begins; return that of the block around it."""
        outer, self._block = self._block, frame
        return outer

    def leave_block(self, outer: Frame | None) -> None:
        """Note that a `with` block has ended."""
        self._block = outer

    def _check_block(self) -> None:
        if self._block is not None and self._block.status is CLOSED:
            raise InvalidRequestError(
                "Can't operate on closed transaction inside context manager.  Please complete the context manager before emitting further commands."
            )

    def push_frame(self, origin: SessionTransactionOrigin) -> Frame:
        """Begin a transaction or savepoint, as far as bookkeeping goes.

        Raises InvalidRequestError if the session was closed for good (`close_resets_only=False`).
        """
        if self._closed:
            raise InvalidRequestError("This Session has been permanently closed and is unable to handle any more transaction requests.")
        if self._block is not None:
            self._check_block()
        frame = self._frame = Frame(self._frame, origin)
        if "after_transaction_create" in heard:
            for listener in self.dispatch.of("after_transaction_create"):
                listener(self.facade(False), self.handle_of(frame))
        return frame

    def pop_frame(self, frame: Frame) -> None:
        """End a transaction or savepoint, as far as bookkeeping goes."""
        handle = self.handle_of(frame) if "after_transaction_end" in heard else None
        self._frame = frame.parent
        frame.status = CLOSED
        frame.usual = None
        if frame is self._block and frame.parent is not None:
            frame.parent.usual = None  # until the `with` block ends every statement is refused, see `_check_block`
        frame.handle = None  # a handle knows its frame for good; both ways they would wait for the collector
        if handle is not None:
            for listener in self.dispatch.of("after_transaction_end"):
                listener(self.facade(False), handle)

    def handle_of(self, frame: Frame) -> Any:
        """Return what users see of a frame that has not ended: the same object each time, made when it is first asked for."""
        if frame.handle is None and not frame.is_closed:
            frame.handle = self.make_handle(frame)
        return frame.handle

    def make_handle(self, frame: Frame) -> Any:
        """Return what users see of a frame; shells have their own."""
        return frame


def unusable(frame: Frame) -> InvalidRequestError:
    """Say why no statement can run in this frame."""
    if frame.status is DEACTIVE:
        return PendingRollbackError(
            "This Session's transaction has been rolled back due to a previous exception during flush. To begin a new transaction with this "
            f"Session, first issue Session.rollback(). The original exception was: {frame.failure}"
        )
    if frame.status is PREPARED:
        return InvalidRequestError("This session is in 'prepared' state; only commit() and rollback() are possible now.")
    return InvalidRequestError(f"This session's transaction is in '{frame.status.name.lower()}' state; nothing can be run in it.")
