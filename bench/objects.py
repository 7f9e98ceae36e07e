"""What an object costs in memory, and to read or to set an attribute of.

Memory is what tracemalloc counts while every user is loaded, divided by their number: the object, its values, and what the library keeps
for it (identity map, states). Times are the least of several runs of a loop in the object's own process, less an empty loop.
"""

from __future__ import annotations

import gc
import inspect
import timeit
import tracemalloc
from typing import Any

LOOPS = 50_000


async def measured(peer: Any) -> dict[str, Any]:
    """Return bytes an object, and nanoseconds to read and to set an attribute; a floor's rows have no attributes to set."""
    if not hasattr(peer, "hold_users"):
        return {"missing": True}
    users = await held(peer)
    del users
    await dropped(peer)
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        users = await held(peer)
        gc.collect()
        size = (tracemalloc.get_traced_memory()[0] - before) / len(users)
    finally:
        tracemalloc.stop()
    user = users[0]
    answer = {"bytes": size, "get": None, "set": None}
    if hasattr(user, "age"):
        answer |= {"get": nanoseconds("user.age", user), "set": nanoseconds("user.age = 5", user)}
    await dropped(peer)
    return answer


async def held(peer: Any) -> Any:
    """Load every user; what keeps them (a session) stays open."""
    answer = peer.hold_users()
    return await answer if inspect.isawaitable(answer) else answer


async def dropped(peer: Any) -> None:
    """Let go of what `hold_users` keeps."""
    answer = peer.drop_users()
    if inspect.isawaitable(answer):
        await answer


def nanoseconds(statement: str, user: Any) -> float:
    """Return what one execution of the statement costs."""
    busy, empty = (min(timeit.repeat(text, globals={"user": user}, number=LOOPS, repeat=15)) for text in (statement, "pass"))
    return (busy - empty) / LOOPS * 1e9
