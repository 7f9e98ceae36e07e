"""The collector is paused while many objects are made, and never while something waits."""

from __future__ import annotations

import gc
from collections.abc import Generator
from typing import Any

import pytest

from ambo.collecting import undisturbed, undisturbed_but_for_waits, undisturbed_for_each


def test_a_function_runs_undisturbed() -> None:
    assert undisturbed(gc.isenabled) is False
    assert gc.isenabled()
    with pytest.raises(ZeroDivisionError):
        undisturbed(lambda: 1 / 0)
    assert gc.isenabled()


def reading(seen: list[bool], fails: bool = False) -> Generator[str, int, int]:
    seen.append(gc.isenabled())
    first = yield "wait"
    seen.append(gc.isenabled())
    if fails:
        raise ZeroDivisionError
    return first + (yield "again")


def drive(waiting: Generator[str, Any, int]) -> tuple[list[bool], int]:
    """Answer each wait with its number; return whether the collector was on while waiting, and the result."""
    on: list[bool] = []
    ready: Any = None
    while True:
        try:
            waiting.send(ready)
        except StopIteration as stop:
            return on, stop.value
        on.append(gc.isenabled())
        ready = len(on)


def test_it_is_paused_between_waits_only() -> None:
    seen: list[bool] = []
    assert drive(undisturbed_but_for_waits(reading(seen))) == ([True, True], 3)
    assert seen == [False, False] and gc.isenabled()


def test_it_is_restored_after_an_error() -> None:
    with pytest.raises(ZeroDivisionError):
        drive(undisturbed_but_for_waits(reading([], fails=True)))
    assert gc.isenabled()


def test_who_has_switched_it_off_keeps_it_off() -> None:
    gc.disable()
    try:
        assert drive(undisturbed_but_for_waits(reading([]))) == ([False, False], 3)
        undisturbed(int)
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_parts_are_looked_at_while_they_are_young() -> None:
    looks: list[int] = []

    def note(phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            looks.append(info["generation"])

    kept: list[list[int]] = []
    gc.collect()
    gc.callbacks.append(note)
    try:
        undisturbed_for_each(lambda part: kept.extend([] for _ in part), [range(4000)] * 4)
    finally:
        gc.callbacks.remove(note)
    assert looks == [0, 0] and len(kept) == 16000 and gc.isenabled()
