"""Waiting from plain functions, at SQLAlchemy's path; there are no greenlets: the function runs in a thread of its own."""

from ambo.connecting.bridge import await_here as await_only, run_in_thread as greenlet_spawn

__all__ = [
    "await_only",
    "greenlet_spawn",
]
