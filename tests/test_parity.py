"""Both colours have the same members, parameters and annotations; what differs stands in `connecting/colours.py` and nowhere else.

The sync classes are generated, so most of this holds by construction; the test finds members that only one colour inherits, tables that
rot, and generated files edited by hand.
"""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path
from typing import Any

import pytest

from ambo.connecting import colours
from twin import PAIRS

PACKAGE = Path(__file__).parent.parent / "src" / "ambo"

#: Defaults that differ on purpose (docs/differences.md, "Both colours").
DEFAULTS = {("__init__", "expire_on_commit")}


def both() -> list[tuple[type, type]]:
    return sorted(PAIRS.items(), key=lambda pair: pair[1].__name__)


def public(cls: type) -> set[str]:
    return {name for name in dir(cls) if not name.startswith("_")}


def member_differences(sync: type, awaiting: type, async_only: frozenset[str] = colours.ASYNC_ONLY) -> list[str]:
    """Name the members that only one colour has."""
    mine = {name for name in public(awaiting) if not any(f"{cls.__name__}.{name}" in async_only for cls in awaiting.__mro__)}
    return [f"{awaiting.__name__}.{name} has no twin" for name in sorted(mine - public(sync))] + [
        f"{sync.__name__}.{name} has no twin" for name in sorted(public(sync) - mine)
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


@pytest.mark.parametrize("path", sorted(colours.GENERATED))
def test_a_shell_method_is_one_statement(path: str) -> None:
    long = []
    for node in ast.walk(ast.parse((PACKAGE / path).read_text())):
        if isinstance(node, ast.AsyncFunctionDef) and not node.name.startswith("__"):
            body = [one for one in node.body if not (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))]
            if len(body) > 1:
                long.append(f"{path}:{node.lineno} {node.name} has {len(body)} statements")
    assert long == []


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
