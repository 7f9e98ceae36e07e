"""Sessions, at SQLAlchemy's path."""

from __future__ import annotations

from ambo.mapping.state import object_session as object_session
from ambo.operations.execute_state import ORMExecuteState as ORMExecuteState
from ambo.operations.save import UOWTransaction as UOWTransaction
from ambo.sessions.base import (
    JoinTransactionMode as JoinTransactionMode,
    SessionBase as SessionBase,
    identity_key as identity_key,
)
from ambo.sessions.handles import SessionTransaction as SessionTransaction
from ambo.sessions.makers import (
    close_all_sessions as close_all_sessions,
    scoped_session as scoped_session,
    sessionmaker as sessionmaker,
)
from ambo.sessions.sync import Session as Session
from ambo.unitofwork.frames import SessionTransactionOrigin as SessionTransactionOrigin
from ambo.unitofwork.transient import (
    make_transient as make_transient,
    make_transient_to_detached as make_transient_to_detached,
)

__all__ = [
    "JoinTransactionMode",
    "ORMExecuteState",
    "Session",
    "SessionTransaction",
    "SessionTransactionOrigin",
    "UOWTransaction",
    "close_all_sessions",
    "identity_key",
    "make_transient",
    "make_transient_to_detached",
    "object_session",
    "scoped_session",
    "sessionmaker",
]
