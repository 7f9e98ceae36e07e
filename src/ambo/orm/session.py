"""Sessions, at SQLAlchemy's path."""

from __future__ import annotations

from ambo.mapping.state import object_session
from ambo.operations.execute_state import ORMExecuteState
from ambo.operations.save import UOWTransaction
from ambo.sessions.base import JoinTransactionMode, SessionBase as SessionBase, identity_key
from ambo.sessions.handles import SessionTransaction
from ambo.sessions.makers import close_all_sessions, scoped_session, sessionmaker
from ambo.sessions.sync import Session
from ambo.unitofwork.frames import SessionTransactionOrigin
from ambo.unitofwork.transient import make_transient, make_transient_to_detached

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
