"""Which driver a URL means: `driver_for(url, is_async=...)`, and the pool class that fits.

    sqlite                  sqlite+pysqlite, sqlite+aiosqlite (one driver a colour; the package aiosqlite is not needed)
    postgresql              = postgresql+psycopg, both colours; postgresql+psycopg_async; postgresql+asyncpg (async)
    mariadb, mysql          = +pymysql (sync) or +asyncmy (async; +aiomysql means the same)

Rule: driver modules are imported when a URL asks for them, so that ambo imports fast and runs without those not installed.
Third parties add theirs with `register(drivername, is_async, "package.module:DriverClass")`.
"""

from __future__ import annotations

import importlib
from typing import Any

from ambo.connecting import async_pool, sync_pool
from ambo.connecting.checkout import BasePool
from ambo.connecting.url import URL
from ambo.drivers.base import Driver
from ambo.errors import ArgumentError, NoSuchModuleError, suggestion

_SQLITE = "ambo.drivers.sqlite:SqliteDriver"
_SQLITE_ASYNC = "ambo.drivers.sqlite_async:AsyncSqliteDriver"
_PSYCOPG = "ambo.drivers.psycopg:PsycopgDriver"
_PSYCOPG_ASYNC = "ambo.drivers.psycopg_async:AsyncPsycopgDriver"
_ASYNCPG = "ambo.drivers.asyncpg:AsyncpgDriver"
_PYMYSQL = "ambo.drivers.mariadb:PymysqlDriver"
_ASYNCMY = "ambo.drivers.mariadb_async:AsyncmyDriver"

_PLACES: dict[tuple[str, bool], str] = {
    ("sqlite", False): _SQLITE,
    ("sqlite+pysqlite", False): _SQLITE,
    ("sqlite", True): _SQLITE_ASYNC,
    ("sqlite+aiosqlite", True): _SQLITE_ASYNC,
    ("postgresql", False): _PSYCOPG,
    ("postgresql+psycopg", False): _PSYCOPG,
    ("postgresql", True): _PSYCOPG_ASYNC,
    ("postgresql+psycopg", True): _PSYCOPG_ASYNC,
    ("postgresql+psycopg_async", True): _PSYCOPG_ASYNC,
    ("postgresql+asyncpg", True): _ASYNCPG,
}
for _database in ("mariadb", "mysql"):
    _PLACES |= {
        (_database, False): _PYMYSQL,
        (_database + "+pymysql", False): _PYMYSQL,
        (_database, True): _ASYNCMY,
        (_database + "+asyncmy", True): _ASYNCMY,
        (_database + "+aiomysql", True): _ASYNCMY,
    }

# What exists elsewhere: the drivername to write instead, or None where ambo has nothing for that database.
_REPLACEMENTS: dict[str, str | None] = {
    "postgresql+psycopg2": "postgresql+psycopg",
    "postgresql+psycopg2cffi": "postgresql+psycopg",
    "postgresql+pg8000": "postgresql+psycopg",
    "postgres": "postgresql",
    "sqlite+pysqlcipher": None,
    "mysql+mysqldb": "mysql+pymysql",
    "mysql+mysqlclient": "mysql+pymysql",
    "mysql+mysqlconnector": "mysql+pymysql",
    "mysql+mariadbconnector": "mysql+pymysql",
    "mysql+cymysql": "mysql+pymysql",
    "mysql+pyodbc": "mysql+pymysql",
    "mariadb+mysqldb": "mariadb+pymysql",
    "mariadb+mariadbconnector": "mariadb+pymysql",
    "mariadb+mysqlconnector": "mariadb+pymysql",
    "mssql": None,
    "oracle": None,
    "cockroachdb": None,
    "snowflake": None,
    "duckdb": None,
}


def register(drivername: str, is_async: bool, place: str) -> None:
    """Make a URL's drivername known; `place` is `"package.module:DriverClass"`."""
    _PLACES[drivername, is_async] = place


def driver_for(url: URL, *, is_async: bool) -> Driver:
    """Return the driver that a URL means in one colour.

    Raises NoSuchModuleError for an unknown or missing driver, ArgumentError for one of the other colour.
    """
    place = _PLACES.get((url.drivername, is_async))
    if place is None:
        raise _unknown(url.drivername, is_async)
    return load(place)


def load(place: str) -> Driver:
    """Import a driver's class and make a driver.

    Raises NoSuchModuleError with the command to run if its package is not installed.
    """
    module, _, name = place.partition(":")
    try:
        found: Driver = getattr(importlib.import_module(module), name)()
    except ModuleNotFoundError as error:
        raise _not_installed(error) from error
    return found


_EXTRAS = {"psycopg": "postgresql", "asyncpg": "asyncpg", "pymysql": "mariadb", "asyncmy": "mariadb"}


def _not_installed(error: ModuleNotFoundError) -> NoSuchModuleError:
    package = (error.name or "").partition(".")[0]
    extra = _EXTRAS.get(package)
    wanted = f"ambo[{extra}]" if extra else package
    return NoSuchModuleError(f"this URL needs the package {package!r}, which is not installed; run: pip install '{wanted}'")


def _unknown(name: str, is_async: bool) -> ArgumentError:
    colour, other, maker = ("async", "sync", "create_engine()") if is_async else ("sync", "async", "create_async_engine()")
    if (name, not is_async) in _PLACES:
        names = sorted(known for known, one in _PLACES if one is is_async and known.partition("+")[0] == name.partition("+")[0])
        return ArgumentError(f"{name!r} is a driver for {other} engines ({maker}); for {colour} ones write {' or '.join(map(repr, names))}")
    if name in _REPLACEMENTS or name.partition("+")[0] in _REPLACEMENTS:
        instead = _REPLACEMENTS.get(name)
        remedy = f"write {instead!r} instead" if instead else "ambo speaks PostgreSQL, SQLite, MariaDB and MySQL"
        return NoSuchModuleError(f"ambo has no driver {name!r}: {remedy}")
    known = sorted({known for known, one in _PLACES if one is is_async})
    return NoSuchModuleError(f"unknown database or driver {name!r} in a URL{suggestion(name, known)} (known: {', '.join(known)})")


_ASYNC_POOLS: dict[type[BasePool], type[async_pool.AsyncPool]] = {
    sync_pool.QueuePool: async_pool.AsyncAdaptedQueuePool,
    sync_pool.NullPool: async_pool.AsyncNullPool,
    sync_pool.StaticPool: async_pool.AsyncStaticPool,
    sync_pool.SingletonThreadPool: async_pool.AsyncStaticPool,
    sync_pool.AssertionPool: async_pool.AsyncAssertionPool,
}


BLOCKING_ONLY: tuple[type[BasePool], ...] = (sync_pool.QueuePool, sync_pool.SingletonThreadPool)
"""What an async engine refuses when a program asks for it: its threads wait for each other."""


def awaiting_pool(pool: BasePool) -> BasePool | None:
    """Return what serves an async engine in the place of a pool made for blocking ones; None for pools that could not wait there."""
    sibling = _ASYNC_POOLS.get(type(pool)) if type(pool) not in BLOCKING_ONLY else None
    return None if sibling is None else pool.remade(sibling)


def pool_class(driver: Driver, url: URL, asked: type[BasePool] | None = None) -> Any:
    """Return the class of an engine's pool: the one asked for in the driver's colour, or the one that fits the URL.

    Raises ArgumentError if an awaiting pool is asked for in a blocking engine.
    """
    wanted = asked if asked is not None else getattr(sync_pool, driver.pool_name(url))
    if driver.is_async:
        return wanted if issubclass(wanted, async_pool.AsyncPool) else _ASYNC_POOLS.get(wanted, async_pool.AsyncAdaptedQueuePool)
    if issubclass(wanted, async_pool.AsyncPool):
        raise ArgumentError(f"{wanted.__name__} is for create_async_engine(); use QueuePool, NullPool or StaticPool with create_engine()")
    return wanted
