"""What `begin()` and `begin_nested()` return, in both colours: `SessionTransaction` and `AsyncSessionTransaction`.

    with session.begin(): …               begun at once, ended by the block
    async with session.begin(): …         begun on entering the block
    transaction = await session.begin()   begun by the await

Rule 1: leaving the block commits, or rolls back on an error; a transaction that was ended inside the block is left alone.
Rule 2: both colours are written here by hand: `begin()` itself awaits nothing, so it cannot be generated.
"""

from __future__ import annotations

from collections.abc import Generator
from types import TracebackType
from typing import Any, Self

from ambo.effects import Op
from ambo.errors import InvalidRequestError, ResourceClosedError
from ambo.operations import enlist, unit_transaction
from ambo.unitofwork.frames import Frame, SessionTransactionOrigin


class TransactionHandle:
    """What both colours know without waiting."""

    def __init__(self, session: Any, frame: Frame | None) -> None:
        self.session = session
        self._given = frame
        self._outer: Frame | None = None

    @property
    def _frame(self) -> Frame:
        if self._given is None:
            raise InvalidRequestError("this transaction has not begun: await it, or enter it with 'async with'")
        return self._given

    @property
    def parent(self) -> Any:
        """The transaction around this savepoint, or None."""
        above = self._frame.parent
        return None if above is None else self.session.handle_of(above)

    _parent = parent

    @property
    def nested(self) -> bool:
        """Whether this is a savepoint."""
        return self._frame.nested

    @property
    def origin(self) -> SessionTransactionOrigin:
        """What began it."""
        return self._frame.origin

    @property
    def is_active(self) -> bool:
        """Whether statements can run in it."""
        return self._given is not None and self._given.is_active

    def _open_frame(self) -> Frame:
        frame = self._frame
        if frame.is_closed:
            raise ResourceClosedError("This transaction is closed")
        return frame

    def _commit(self) -> Op[None]:
        return unit_transaction.commit(self.session, self._open_frame())

    def _rollback(self) -> Op[None]:
        return unit_transaction.rollback_frame(self.session, self._open_frame())

    def _enter(self) -> None:
        self._outer = self.session.enter_block(self._frame)

    def _leave(self, failed: bool) -> Op[None]:
        self.session.leave_block(self._outer)
        return unit_transaction.leave_frame(self.session, self._frame, failed)


class SessionTransaction(TransactionHandle):
    """A transaction or savepoint of a `Session`."""

    def commit(self) -> None:
        """Flush and commit, with the savepoints inside."""
        self.session._run(self._commit())

    def rollback(self) -> None:
        """Undo what was done in it."""
        self.session._run(self._rollback())

    def close(self, invalidate: bool = False) -> None:
        """Undo it in the database without touching objects."""
        self.session._run(unit_transaction.close_frame(self.session, self._frame, invalidate))

    def prepare(self) -> None:
        """Do the first phase of a two-phase commit."""
        self.session._run(unit_transaction.prepare(self.session))

    def connection(self, bind: Any = None, execution_options: Any = None) -> Any:
        """Return the connection it runs on."""
        return self.session._run(enlist.connection(self.session, bind, None, execution_options))

    def __enter__(self) -> Self:
        self._enter()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.session._run(self._leave(error is not None))


class AsyncSessionTransaction(TransactionHandle):
    """A transaction or savepoint of an `AsyncSession`; `begin` is performed by the first await or on entering."""

    def __init__(self, session: Any, frame: Frame | None, begin: Op[Any] | None = None) -> None:
        super().__init__(session, frame)
        self._begin = begin

    async def start(self) -> Self:
        """Begin."""
        begin, self._begin = self._begin, None
        if begin is not None:
            made = await self.session._run(begin)
            self._given = made._frame
            self._frame.handle = self
        return self

    def __await__(self) -> Generator[Any, Any, Self]:
        return self.start().__await__()

    async def commit(self) -> None:
        """Flush and commit, with the savepoints inside."""
        await self.session._run(self._commit())

    async def rollback(self) -> None:
        """Undo what was done in it."""
        await self.session._run(self._rollback())

    async def close(self, invalidate: bool = False) -> None:
        """Undo it in the database without touching objects."""
        await self.session._run(unit_transaction.close_frame(self.session, self._frame, invalidate))

    async def prepare(self) -> None:
        """Do the first phase of a two-phase commit."""
        await self.session._run(unit_transaction.prepare(self.session))

    async def connection(self, bind: Any = None, execution_options: Any = None) -> Any:
        """Return the connection it runs on."""
        return await self.session._run(enlist.connection(self.session, bind, None, execution_options))

    async def __aenter__(self) -> Self:
        await self.start()
        self._enter()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.session._run(self._leave(error is not None))
