"""A body in sync form, run against every driver: fixtures `every_driver(body)` and `every_postgres(body)` where `body(connection)` takes a Connection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ambo import create_engine
from ambo.ext.asyncio import create_async_engine

DRIVERS = ("sqlite", "aiosqlite", "psycopg", "psycopg-async", "asyncpg", "pymysql", "asyncmy")
Run = Callable[[Callable[[Any], Any]], Any]


def run_sync(url: str, body: Callable[[Any], Any]) -> Any:
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            return body(connection)
    finally:
        engine.dispose()


def run_async(url: str, body: Callable[[Any], Any]) -> Any:
    async def main() -> Any:
        engine = create_async_engine(url)
        try:
            async with engine.begin() as connection:
                return await connection.run_sync(body)
        finally:
            await engine.dispose()

    return asyncio.run(main())


def runner(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Run]:
    driver = request.param
    if "sqlite" in driver:
        url = f"sqlite{'+aiosqlite' if driver == 'aiosqlite' else ''}:///{tmp_path / 'test.db'}"
    elif "mysql" in driver or driver == "asyncmy":
        url = request.getfixturevalue("mariadb_url")
    else:
        url = request.getfixturevalue("postgres_url").replace("postgresql://", f"postgresql+{driver.removesuffix('-async')}://", 1)
    blocking = driver in ("sqlite", "psycopg", "pymysql")
    yield lambda body: (run_sync if blocking else run_async)(url, body)


every_driver = pytest.fixture(params=DRIVERS)(runner)
every_postgres = pytest.fixture(params=[one for one in DRIVERS if "pg" in one])(runner)
