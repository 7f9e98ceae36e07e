"""Both colours have the same members, parameters and annotations; what differs stands in `connecting/colours.py` and nowhere else.

The sync classes are generated, so most of this holds by construction; the test finds members that only one colour inherits, tables that
rot, and generated files edited by hand.
"""

from __future__ import annotations

import ast
import importlib.util
import inspect
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from ambo.connecting import colours
from twin import PAIRS

PACKAGE = Path(__file__).parent.parent / "src" / "ambo"

#: Defaults that differ on purpose (docs/differences.md, "Both colours").
DEFAULTS = {("__init__", "expire_on_commit")}
#: Closes the blocking sessions of the process; a task can close only its own.
SYNC_ONLY = {"sessionmaker.close_all"}


def both() -> list[tuple[type, type]]:
    return sorted(PAIRS.items(), key=lambda pair: pair[1].__name__)


def public(cls: type) -> set[str]:
    return {name for name in dir(cls) if not name.startswith("_")}


def member_differences(sync: type, awaiting: type, async_only: frozenset[str] = colours.ASYNC_ONLY) -> list[str]:
    """Name the members that only one colour has."""
    mine = {name for name in public(awaiting) if not any(f"{cls.__name__}.{name}" in async_only for cls in awaiting.__mro__)}
    return [f"{awaiting.__name__}.{name} has no twin" for name in sorted(mine - public(sync))] + [
        f"{sync.__name__}.{name} has no twin" for name in sorted(public(sync) - mine) if f"{sync.__name__}.{name}" not in SYNC_ONLY
    ]


def neutral(annotation: Any) -> str:
    """Return an annotation without its colour."""
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    return re.sub(r"\bAsync(?=[A-Z])", "", text)


def signature_differences(name: str, sync: Any, awaiting: Any) -> list[str]:
    """Tell how the parameters of two functions differ."""
    one, two = inspect.signature(sync), inspect.signature(awaiting)
    found = []
    if list(one.parameters) != list(two.parameters):
        return [f"{name}: parameters {list(one.parameters)} and {list(two.parameters)}"]
    for key, mine in one.parameters.items():
        other = two.parameters[key]
        if mine.kind != other.kind:
            found.append(f"{name}({key}): {mine.kind} and {other.kind}")
        if neutral(mine.annotation) != neutral(other.annotation):
            found.append(f"{name}({key}): {mine.annotation} and {other.annotation}")
        if mine.default != other.default and (name.rpartition(".")[2], key) not in DEFAULTS:
            found.append(f"{name}({key}): default {mine.default!r} and {other.default!r}")
    return found


@pytest.mark.parametrize(("sync", "awaiting"), both(), ids=lambda cls: cls.__name__)
def test_both_colours_have_the_same_members(sync: type, awaiting: type) -> None:
    assert member_differences(sync, awaiting) == []


@pytest.mark.parametrize(("sync", "awaiting"), both(), ids=lambda cls: cls.__name__)
def test_both_colours_take_the_same_arguments(sync: type, awaiting: type) -> None:
    found = []
    for name in sorted(public(sync) & public(awaiting)):
        mine, other = inspect.getattr_static(sync, name), inspect.getattr_static(awaiting, name)
        assert type(mine) is type(other), f"{sync.__name__}.{name}: {type(mine)} and {type(other)}"
        if inspect.isfunction(mine):
            found += signature_differences(f"{sync.__name__}.{name}", mine, other)
    assert found == []


@pytest.mark.parametrize(("sync", "awaiting"), both(), ids=lambda cls: cls.__name__)
def test_the_sync_colour_has_no_coroutine(sync: type, awaiting: type) -> None:
    waiting = [name for name in public(sync) if inspect.iscoroutinefunction(inspect.getattr_static(sync, name))]
    assert waiting == []


def test_the_table_of_exceptions_names_members_that_exist() -> None:
    known = {f"{cls.__name__}.{name}" for awaiting in PAIRS.values() for cls in awaiting.__mro__ for name in vars(cls)}
    assert colours.ASYNC_ONLY - known == set()
    assert set(colours.SHAPES) - known == set()


def waits(node: ast.AsyncFunctionDef) -> int:
    """Count what a coroutine awaits; a loop or `try` counts as several, since logic belongs into an operation."""
    weights = [2 if isinstance(one, ast.For | ast.AsyncFor | ast.While | ast.Try) else isinstance(one, ast.Await) for one in ast.walk(node)]
    return sum(weights)


@pytest.mark.parametrize("path", sorted(colours.GENERATED))
def test_a_shell_method_waits_once(path: str) -> None:
    tree = ast.parse((PACKAGE / path).read_text())
    shells = [node for node in ast.walk(tree) if isinstance(node, ast.AsyncFunctionDef) and not node.name.startswith("__")]
    assert [f"{path}:{node.lineno} {node.name}" for node in shells if waits(node) > 1] == []


def load_tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("unasync", PACKAGE.parent.parent / "tools" / "unasync.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("source", "target"), sorted(colours.GENERATED.items()))
def test_generated_files_are_up_to_date(source: str, target: str) -> None:
    assert load_tool().Converter().convert((PACKAGE / source).read_text(), source) == (PACKAGE / target).read_text(), "run `make unasync`"


def test_every_substitution_is_needed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    tool = load_tool()
    assert tool.main(["--check"]) == 0, capsys.readouterr().out
    monkeypatch.setitem(tool.SYNC_NAMES, "nobody_uses_this", "x")
    assert tool.main(["--check"]) == 1
    assert "nobody_uses_this" in capsys.readouterr().out


def test_unasync_drops_words_and_keeps_layout() -> None:
    source = (
        '"""What AsyncX does: `await x.f()`."""\n\nfrom ambo.connecting.runtime import arun\n\n\nclass AsyncX:\n'
        "    async def f(self) -> AsyncX:  # awaits\n        async with self as x:\n            return await arun(x)\n"
    )
    assert load_tool().Converter().convert(source, "x.py").endswith(
        '"""What X does: `x.f()`."""\n\nfrom ambo.connecting.runtime import run\n\n\nclass X:\n'
        "    def f(self) -> X:  # awaits\n        with self as x:\n            return run(x)\n"
    )


def test_differences_are_found() -> None:
    class Thing:
        def both(self, a: int, b: str = "x") -> None: ...

        def mine(self) -> None: ...

    class AsyncThing:
        async def both(self, a: int, b: str = "y") -> None: ...

        async def other(self) -> None: ...

    assert member_differences(Thing, AsyncThing, frozenset()) == ["AsyncThing.other has no twin", "Thing.mine has no twin"]
    assert member_differences(Thing, AsyncThing, frozenset({"AsyncThing.other"})) == ["Thing.mine has no twin"]
    assert signature_differences("both", Thing.both, AsyncThing.both) == ["both(b): default 'x' and 'y'"]
    assert signature_differences("both", Thing.both, Thing.mine) != []
