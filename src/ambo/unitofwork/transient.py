"""Changing by hand where an object stands: `make_transient`, `make_transient_to_detached`.

Rule 1: no session is asked; the caller knows what the database has.
"""

from __future__ import annotations

from ambo.errors import InvalidRequestError
from ambo.mapping.state import state_of
from ambo.unitofwork.membership import name_of


def make_transient(instance: object) -> None:
    """Make an object new: out of its session, without identity, its values kept, as a copy of a row to insert."""
    state = state_of(instance)
    session = state.session
    if session is not None:
        session.let_go([(instance, state)])
    state.expired = frozenset()
    state.expired_all = False
    state.callables.clear()
    state.key = None
    state.deleted_flag = False


def make_transient_to_detached(instance: object) -> None:
    """Make a new object, whose primary key is set, the picture of a row that exists: what is not set is expired.

    Raises InvalidRequestError if the object is not transient.
    """
    state = state_of(instance)
    if state.session is not None or state.key is not None:
        raise InvalidRequestError(f"Given object must be transient, but {name_of(instance)} has a session or an identity")
    state.key = state.mapper.identity_key_of(instance)
    state.deleted_flag = False
    state.commit_all()
    state.expire(state.unloaded)
