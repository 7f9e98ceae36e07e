"""The house rules hold for every module, and every rule is shown to fail on a bad snippet."""

from __future__ import annotations

import inspect
from pathlib import Path
from types import ModuleType

import pytest

import architecture
from architecture import CHECKS, Source, read_package

PACKAGE = Path(__file__).parent.parent / "src" / "ambo"


@pytest.fixture(scope="module")
def sources() -> list[Source]:
    return read_package(PACKAGE)


@pytest.mark.parametrize("name", sorted(CHECKS))
def test_the_package_keeps_the_rule(name: str, sources: list[Source]) -> None:
    violations = CHECKS[name](sources)
    assert not violations, f"{CHECKS[name].__doc__}\n" + "\n".join(violations)


HEAD = '"""A module."""\n'
OPS = Source("ambo.operations.first", HEAD + 'def send() -> Op[None]:\n    """Send."""\n    yield from fetch()\n')

#: For each rule: modules that break it, and a word of the complaint. The first module is the culprit.
BAD: dict[str, list[tuple[list[Source], str]]] = {
    "modules_are_short": [([Source("ambo.x", HEAD + "x = 1\n" * 601)], "two rooms")],
    "functions_are_short": [([Source("ambo.x", HEAD + "def f() -> None:\n" + "    x = 1\n" * 61)], "f has 61")],
    "modules_say_what_lives_there": [([Source("ambo.x", "x = 1\n")], "no module docstring")],
    "public_names_have_docstrings": [
        ([Source("ambo.x", HEAD + "def f() -> None:\n    pass\n")], "f has no docstring"),
        ([Source("ambo.x", HEAD + "class C:\n    x = 1\n")], "C has no docstring"),
    ],
    "docstrings_are_short": [([Source("ambo.x", HEAD + 'def f() -> None:\n    """a\n' + "    b\n" * 25 + '    """\n')], "longer")],
    "names_are_plain": [
        ([Source("ambo.sessions.helpers", HEAD)], "says nothing"),
        ([Source("ambo.sessions._base", HEAD), Source("ambo.sessions.base", HEAD)], "beside"),
    ],
    "functions_are_annotated": [
        ([Source("ambo.x", HEAD + "def f(a) -> None: ...\n")], "annotation for a"),
        ([Source("ambo.x", HEAD + "class C:\n    def f(self, *, b: int = 1, **kw) -> None: ...\n")], "annotation for kw"),
        ([Source("ambo.x", HEAD + "async def f(): ...\n")], "for the result"),
    ],
    "no_metaclass": [
        ([Source("ambo.x", HEAD + "class C(metaclass=M): ...\n")], "has a metaclass"),
        ([Source("ambo.x", HEAD + "class M(type): ...\n")], "is a metaclass"),
    ],
    "no_import_inside_a_function": [
        ([Source("ambo.x", HEAD + "def f() -> None:\n    from ambo.errors import AmboError\n")], "move it"),
        ([Source("ambo.x.y", HEAD + "def f() -> None:\n    from . import z\n")], "move it"),
        ([Source("ambo.x", HEAD + "def f() -> None:\n    if 1:\n        import ambo.errors\n")], "move it"),
    ],
    "nobody_imports_the_root": [
        ([Source("ambo.mapping.x", HEAD + "from ambo import select\n")], "a facade"),
        ([Source("ambo.mapping.x", HEAD + "import ambo\n")], "a facade"),
        ([Source("ambo.mapping.x", HEAD + "from ambo.exc import InvalidRequestError\n")], "a facade"),
    ],
    "no_import_cycle": [
        (
            [
                Source("ambo.mapping.a", HEAD + "from ambo.mapping import b\n"),
                Source("ambo.mapping.b", HEAD + "from ambo.mapping.c import x\n"),
                Source("ambo.mapping.c", HEAD + "from .a import y\n"),
            ],
            "ambo.mapping.a <-> ambo.mapping.b <-> ambo.mapping.c",
        )
    ],
    "facades_re_export_only": [
        ([Source("ambo.orm", HEAD + "def f() -> None: ...\n")], "re-exports"),
        ([Source("ambo", HEAD + "if True:\n    x = 1\n", True)], "re-exports"),
        ([Source("ambo.ext.hybrid", HEAD + "cache = {}\n")], "re-exports"),
    ],
    "dialects_are_asked_for_facts": [
        ([Source("ambo.sessions.x", HEAD + "if self.dialect.name == 'sqlite': ...\n")], "features"),
        ([Source("ambo.sessions.x", HEAD + "x = dialect.driver in ('asyncpg', 'psycopg')\n")], "features"),
    ],
    "bare_yield_only_in_effects": [
        ([Source("ambo.operations.x", HEAD + "def f() -> Op[None]:\n    yield Execute(link, sql)\n")], "yield from"),
        ([Source("ambo.operations.x", HEAD + "def f() -> Iterator[int]:\n    x = (yield 1)\n")], "yield from"),
        ([Source("ambo.loading.x", HEAD + "def f() -> effects.Op[None]:\n    yield 1\n")], "yield from"),
    ],
    "verbs_live_in_operations": [([Source("ambo.loading.x", HEAD + "def f() -> Op[int]:\n    return (yield from g())\n")], "live in")],
    "no_operation_is_lost": [
        ([Source("ambo.operations.x", HEAD + "from ambo.operations.first import send\ndef f() -> Op[None]:\n    send()\n"), OPS], "send()"),
        ([Source("ambo.operations.x", HEAD + "from ambo.operations import first\ndef f() -> Op[None]:\n    x = first.send()\n"), OPS], "first.send()"),
        ([Source("ambo.operations.x", HEAD + "from .first import send as s\ndef f() -> Op[None]:\n    yield from s()\n    return s()\n"), OPS], "s()"),
        ([Source("ambo.operations.x", HEAD + "class C:\n    def go(self) -> Op[bool]: ...\n    def f(self) -> Op[None]:\n        if self.go():\n            pass\n")], "self.go()"),
    ],
}

#: Look-alikes that every rule lets pass.
GOOD = [
    OPS,
    Source(
        "ambo.operations.good",
        HEAD
        + "from ambo.operations.first import send\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from ambo.operations import other\n"
        + 'def again() -> Op[None]:\n    """Send again, by handing the operation on."""\n    return send()\n'
        + 'def both(run: Callable[[Op[None]], None]) -> Op[None]:\n    """Send twice."""\n    run(send())\n    yield from send()\n',
    ),
    Source("ambo.operations.other", HEAD + "from ambo.operations.good import again\n__all__ = ['again']\n"),
    Source("ambo.orm", HEAD + "from ambo.operations.other import again\n__all__ = ['again']\n"),
    Source("ambo.sessions.x", HEAD + "from ambo.operations.first import send\nclass C:\n" + '    """Hands on."""\n    def _send(self) -> Op[None]:\n        return send()\n'),
    Source("ambo.connecting.x", HEAD + 'def around(operation: Op[T], log: Log) -> Op[T]:\n    """Wrap."""\n    return (yield from operation)\n'),
    Source("ambo.rendering.render_mariadb", HEAD + "x = dialect.name == 'mysql'\n"),
    Source("ambo.mapping.walk", HEAD + "def _walk(self: object) -> Iterator[int]:\n    yield 1\ndef late() -> None:\n" + '    """Import."""\n    import rich\n'),
    Source("ambo.mapping.long", HEAD + ("\n# why\n" * 700) + 'class C:\n    """\n' + "    a\n" * 20 + '    """\n'),
]


@pytest.mark.parametrize("name", sorted(CHECKS))
def test_the_rule_can_fail(name: str) -> None:
    assert BAD.get(name), f"no bad snippet for {name}"
    for modules, word in BAD[name]:
        found = CHECKS[name](modules)
        assert len(found) == 1 and word in found[0], (modules[0].text[:200], found)


@pytest.mark.parametrize("name", sorted(CHECKS))
def test_the_rule_lets_good_code_pass(name: str) -> None:
    assert CHECKS[name](GOOD) == []


def exported(module: ModuleType) -> dict[str, object]:
    return {name: getattr(module, name) for name in getattr(module, "__all__", ()) if not name.startswith("_")}


def undocumented(names: dict[str, object]) -> list[str]:
    """Return the exported classes, functions and public methods of ambo that have no docstring, inherited ones counted."""
    missing = []
    for name, value in names.items():
        if not (inspect.isclass(value) or inspect.isfunction(value)) or not value.__module__.startswith(("ambo", __name__)):
            continue
        if not inspect.getdoc(value):
            missing.append(name)
        if inspect.isclass(value):
            members = [(key, one) for key, one in vars(value).items() if not key.startswith("_")]
            missing += [f"{name}.{key}" for key, one in members if (inspect.isfunction(one) or isinstance(one, property)) and not inspect.getdoc(getattr(value, key))]
    return missing


def test_what_users_import_is_documented() -> None:
    import ambo
    import ambo.orm

    assert undocumented({**exported(ambo), **exported(ambo.orm)}) == []


def test_a_missing_docstring_is_found() -> None:
    class Bare:
        def method(self) -> None: ...

    assert undocumented({"Bare": Bare}) == ["Bare", "Bare.method"]


def test_code_lines_leave_out_words_and_overloads() -> None:
    text = '"""Doc."""\n\n# why\n@overload\ndef f(a: int) -> int: ...\n@overload\ndef f(a: str) -> str: ...\ndef f(a: object) -> object:\n    """Doc."""\n    return a\n'
    assert architecture.code_lines(Source("ambo.x", text)) == 2
