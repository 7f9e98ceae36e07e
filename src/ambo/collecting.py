"""The cyclic garbage collector, paused while many objects come into being at once: it would walk all of them several times over.

Rule: only around a function that never yields and never waits, or what a generator does between its waits; the state before is restored
    whatever happens.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Generator
from typing import Any, ParamSpec, TypeVar

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


def undisturbed_but_for_waits(waiting: Generator[Any, Any, T]) -> Generator[Any, Any, T]:
    """Drive a generator that yields when it must wait, with the collector paused while it does not.

    Nothing is made between a wait and the pause, so that the collector looks at all that came once, and not at each part of it.
    """
    ready: Any = None
    work = waiting.send
    while True:
        was_on = gc.isenabled()
        gc.disable()
        try:
            wanted = work(ready)
        except StopIteration as stop:
            value: T = stop.value
            return value
        finally:
            if was_on:
                gc.enable()
        ready = yield wanted
