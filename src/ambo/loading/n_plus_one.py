"""N+1: the same relationship loaded object by object, reported with the place and the option that loads it at once.

    with Session(engine, n_plus_one=3) as session:      the third lazy load of one relationship from one line warns

Rule 1: a load is counted by relationship and by the line of the application that asked for it.
Rule 2: each such pair warns once for a session.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from types import FrameType
from typing import Any

from ambo.errors import NPlusOneWarning

_OURS = str(Path(__file__).resolve().parent.parent)


class NPlusOneWatch:
    """Counts the lazy loads of one session."""

    __slots__ = ("counts", "threshold")

    def __init__(self, threshold: int = 3) -> None:
        self.threshold = threshold
        self.counts: dict[tuple[Any, str, int], int] = {}

    def note(self, prop: Any) -> None:
        """Count a lazy load; warn when there were as many as the threshold says."""
        file, line = _place()
        key = (prop, file, line)
        count = self.counts[key] = self.counts.get(key, 0) + 1
        if count == self.threshold:
            warnings.warn_explicit(
                f"{prop} was loaded {count} times, object by object, at {file}:{line}; "
                f"load it for all objects at once with '.options(selectinload({prop}))' on the query that loads them",
                NPlusOneWarning,
                file,
                line,
            )


def _place() -> tuple[str, int]:
    """Return file and line of the nearest frame that is not ours."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(_OURS):
        frame = frame.f_back
    return ("<unknown>", 0) if frame is None else (frame.f_code.co_filename, frame.f_lineno)
