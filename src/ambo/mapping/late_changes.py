"""What listeners do to a session while its flush writes: too late for that flush, so they are warned.

Rule: whoever changes what a flush consists of asks `session_ref.is_writing` first, which costs no call.
"""

from __future__ import annotations

import warnings

from ambo.errors import AmboWarning


def warn_of_late(what: str) -> None:
    """Say that something a flush cannot take into account any more was done by one of its listeners."""
    warnings.warn(
        f"Usage of the '{what}' operation is not currently supported within the execution stage of the flush process. "
        "Results may not be consistent. Consider using alternative event listeners or connection-level operations instead: "
        "before_flush() and after_flush() may change objects.",
        AmboWarning,
        stacklevel=4,
    )
