"""The blocking guard: is this thread's event loop running, so that a blocking call would stop it?

Rule: it costs one call of a C function, and is silent where the loop belongs to an interactive shell
(Jupyter, IPython, `python -m asyncio`), whose users mean it.
"""

from __future__ import annotations

import asyncio
import sys
import warnings
from typing import Literal

from ambo.errors import BlockingError, BlockingWarning

Blocking = Literal["warn", "raise", "allow"]

# The C function itself: asyncio.get_running_loop raises where there is none, and this is asked at every blocking call.
running_loop = asyncio._get_running_loop


def in_interactive_shell() -> bool:
    """Whether a person types into this process: IPython, a Jupyter kernel, the asyncio REPL."""
    if hasattr(sys, "ps1") or sys.flags.interactive:
        return True
    ipython = sys.modules.get("IPython")
    return ipython is not None and ipython.get_ipython() is not None


def guard(mode: Blocking, what: str) -> None:
    """Warn or raise if a blocking call is made inside a running event loop; `what` names the thing that blocks.

    Raises BlockingError (mode "raise") or warns with BlockingWarning ("warn").
    """
    if mode == "allow" or running_loop() is None or in_interactive_shell():
        return
    message = (
        f"{what} blocks this thread, whose event loop is running: everything else in the loop stands still meanwhile. "
        f"Use the async twin (AsyncSession, create_async_engine) or `await session.run_sync(fn)`; blocking='allow' silences this"
    )
    if mode == "raise":
        raise BlockingError(message)
    warnings.warn(message, BlockingWarning, stacklevel=4)
