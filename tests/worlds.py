"""Links of every driver and colour behind one awaitable face: `world.link()` opens one, `await world.do(link.execute, sql)` uses it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ambo.connecting.registry import driver_for
from ambo.connecting.url import URL, make_url

WORLDS = ("sqlite-sync", "sqlite-async", "psycopg-sync", "psycopg-async", "asyncpg-async", "pymysql-sync", "asyncmy-async")


class World:
    """One driver in one colour, with a database of its own."""

    def __init__(self, name: str, url: URL) -> None:
        self.name = name
        self.url = url
        self.is_async = name.endswith("-async")
        self.driver = driver_for(url, is_async=self.is_async)
        self.is_sqlite = name.startswith("sqlite")
        self.is_mariadb = "mysql" in name or "asyncmy" in name
        self.links: list[Any] = []

    def one(self, number: int = 1) -> str:
        """Return the placeholder of a parameter."""
        return "?" if self.is_sqlite else "%s" if self.is_mariadb else f"${number}"

    async def do(self, method: Callable[..., Any], *args: Any) -> Any:
        """Call a method of either colour."""
        found = method(*args)
        return await found if inspect.isawaitable(found) else found

    async def link(self, **connect_args: Any) -> Any:
        """Open a link; it is terminated after the test."""
        found = await self.do(self.driver.connect, self.url, connect_args)
        self.links.append(found)
        return found


@pytest.fixture(params=WORLDS)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """Each driver in each colour."""
    driver = request.param.partition("-")[0]
    if driver == "sqlite":
        url = make_url(f"sqlite:///{tmp_path / 'test.db'}")
    elif driver in ("pymysql", "asyncmy"):
        url = make_url(request.getfixturevalue("mariadb_url")).set(drivername=f"mariadb+{driver}")
    else:
        url = make_url(request.getfixturevalue("postgres_url")).set(drivername=f"postgresql+{driver}")
    found = World(request.param, url)
    yield found
    for link in found.links:
        link.terminate()
