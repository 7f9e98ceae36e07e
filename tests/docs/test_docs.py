"""Every Python block of the README and of docs/ runs; what it prints is what the page says.

The blocks of a page are one program, run in order in an empty folder. A block may `await`. Lines `#> text` are the expected output.
A page whose blocks name `sqlite:///shop.db` and `sqlite+aiosqlite:///shop.db` runs on PostgreSQL too.
"""

from __future__ import annotations

import ast
import asyncio
import contextlib
import inspect
import io
import re
import sys
import types
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
SYNC, ASYNC = "sqlite:///shop.db", "sqlite+aiosqlite:///shop.db"
PAGES = [page for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))] if BLOCK.search(page.read_text())]
EVERYWHERE = [page for page in PAGES if SYNC in page.read_text() or ASYNC in page.read_text()]


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def run_page(page: Path, replace: dict[str, str] | None = None) -> None:
    """Run a page's blocks; error places are those of the page."""
    text = page.read_text()
    module = types.ModuleType("page")
    sys.modules["page"] = module
    try:
        with asyncio.Runner() as runner:
            for found in BLOCK.finditer(text):
                run_block(page, found.group(1), text[: found.start(1)].count("\n"), module, runner, replace or {})
    finally:
        del sys.modules["page"]


def run_block(page: Path, source: str, line: int, module: types.ModuleType, runner: asyncio.Runner, replace: dict[str, str]) -> None:
    expected = [one.strip().removeprefix("#>").strip() for one in source.splitlines() if one.strip().startswith("#>")]
    for old, new in sorted(replace.items(), key=lambda pair: -len(pair[0])):
        source = source.replace(f'"{old}"', repr(new))
    tree = ast.parse("\n" * line + source, str(page))
    code = compile(tree, str(page), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        if code.co_flags & inspect.CO_COROUTINE:
            runner.run(eval(code, module.__dict__))
        else:
            exec(code, module.__dict__)
    if expected:
        assert [one.rstrip() for one in shown.getvalue().splitlines()] == expected, f"{page}:{line}"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_the_blocks_of_a_page_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run_page(page)


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg"])
@pytest.mark.parametrize("page", EVERYWHERE, ids=name_of)
def test_pages_for_every_database_run_on_postgresql(page: Path, driver: str, postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run_page(page, {SYNC: postgres_url, ASYNC: postgres_url.replace("postgresql:", f"postgresql+{driver}:")})


def test_a_wrong_output_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```python\nprint(1 + 1)\n#> 3\n```\n")
    with pytest.raises(AssertionError):
        run_page(page)


def test_links_between_pages_lead_somewhere() -> None:
    broken = []
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text()):
            if "://" not in target and not (page.parent / target).exists():
                broken.append(f"{name_of(page)}: {target}")
    assert broken == []
