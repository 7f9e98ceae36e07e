"""Both colours have the same classes, methods, parameters and annotations; `colours.py` names the exceptions.

The modules are compared as source text, so that this runs whether or not drivers are installed.
"""

from __future__ import annotations

import ast
import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from ambo.connecting import colours

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "src" / "ambo"
PAIRS = sorted(colours.GENERATED.items())


def load_tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("unasync", ROOT / "tools" / "unasync.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["unasync"] = module
    spec.loader.exec_module(module)
    return module


def blocking(text: str) -> str:
    """Return an annotation or name of the async colour as the other one writes it."""
    text = re.sub(r"\bAsync(?=[A-Z])", "", text)
    for name, other in colours.SYNC_NAMES.items():
        text = re.sub(rf"\b{name}\b", other, text)
    return text


def signatures(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            for one in node.body:
                if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield f"{node.name}.{one.name}", one


def described(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    return f"({ast.unparse(node.args)}) -> {ast.unparse(node.returns) if node.returns else None}"


def differences(source: str, target: str) -> list[str]:
    """Say how the blocking module differs from what the async one promises."""
    expected = {
        blocking(name): blocking(described(node)) for name, node in signatures(ast.parse(source)) if name not in colours.ASYNC_ONLY
    }
    found = {name: described(node) for name, node in signatures(ast.parse(target))}
    missing = [f"{name} is missing" for name in expected if name not in found]
    extra = [f"{name} has no async twin" for name in found if name not in expected]
    other = [f"{name}{found[name]} should be {name}{expected[name]}" for name in expected if name in found and found[name] != expected[name]]
    return missing + extra + other


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_both_colours_have_the_same_methods(source: str, target: str) -> None:
    assert differences((PACKAGE / source).read_text(), (PACKAGE / target).read_text()) == []


def test_the_comparison_can_fail() -> None:
    source = "class AsyncA:\n    async def f(self, x: int) -> AsyncA: ...\n    def g(self) -> None: ...\n"
    target = "class A:\n    def f(self, x: str) -> A: ...\n    def h(self) -> None: ...\n"
    assert differences(source, target) == [
        "A.g is missing",
        "A.h has no async twin",
        "A.f(self, x: str) -> A should be A.f(self, x: int) -> A",
    ]


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_generated_files_are_up_to_date(source: str, target: str) -> None:
    assert load_tool().Converter().convert((PACKAGE / source).read_text(), source) == (PACKAGE / target).read_text(), "run `make unasync`"


def test_every_substitution_is_needed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    tool = load_tool()
    assert tool.main(["--check"]) == 0
    monkeypatch.setitem(tool.SYNC_NAMES, "nobody_uses_this", "x")
    assert tool.main(["--check"]) == 1
    assert "nobody_uses_this" in capsys.readouterr().out


def test_the_table_of_shapes_names_plain_functions_that_exist() -> None:
    plain: dict[str, bool] = {}
    for source, _ in PAIRS:
        for name, node in signatures(ast.parse((PACKAGE / source).read_text())):
            plain[name] = isinstance(node, ast.FunctionDef)
    missing = [name for name in colours.SHAPES if name not in plain]
    coroutines = [name for name in colours.SHAPES if not plain.get(name, True)]
    assert (missing, coroutines) == ([], [])


def test_unasync_drops_words_and_keeps_layout() -> None:
    tool = load_tool()
    source = (
        '"""What AsyncX does: `await x.f()`."""\n\nfrom ambo.connecting.runtime import arun\n\n\nclass AsyncX:\n'
        "    async def f(self) -> AsyncX:  # awaits\n        async with self as x:\n            return await arun(x)\n"
    )
    converted = tool.Converter().convert(source, "x.py")
    assert converted.endswith(
        '"""What X does: `x.f()`."""\n\nfrom ambo.connecting.runtime import run\n\n\nclass X:\n'
        "    def f(self) -> X:  # awaits\n        with self as x:\n            return run(x)\n"
    )
