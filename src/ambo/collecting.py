"""The cyclic garbage collector, paused while many objects come into being at once: it would walk all of them several times over.

Rule: only around a function that never yields and never waits; the state before is restored whatever happens.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

MANY = 200
"""Objects from which on it pays."""


def calmly(count: int, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a function about `count` objects, with the collector paused if they are many."""
    return function(*args, **kwargs) if count < MANY else undisturbed(function, *args, **kwargs)


def undisturbed(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a function with the collector paused."""
    if not gc.isenabled():
        return function(*args, **kwargs)
    gc.disable()
    try:
        return function(*args, **kwargs)
    finally:
        gc.enable()
